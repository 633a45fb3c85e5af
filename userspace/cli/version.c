// SPDX-License-Identifier: GPL-2.0-only
/*
 * Asks for versions. Of the disks only those that the kernel runs λs on are asked:
 * others may take it for an error.
 */
#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "drive.h"
#include "kernel.h"
#include "version.h"

static int version_no_dots(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int version_identify(const char *name, struct nvme_lambda_id *id)
{
	char node[PATH_MAX];
	int fd, err;

	snprintf(node, sizeof(node), "/dev/%s", name);
	fd = open(node, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = cli_drive_identify(fd, id);
	close(fd);
	/* Which version it is: that is the answer, whether we know it or not. */
	return err == -EPROTONOSUPPORT ? 0 : err;
}

static void version_add_drive(const char *sysfs, const char *name,
			      struct version *version)
{
	struct nvme_lambda_id id = { 0 };
	char dir[PATH_MAX];

	snprintf(dir, sizeof(dir), "%s/block/%s/lambda", sysfs, name);
	if (version->nr == VERSION_DRIVES || access(dir, F_OK))
		return;
	snprintf(version->drives[version->nr].name,
		 sizeof(version->drives->name), "%s", name);
	version->drives[version->nr].err = version_identify(name, &id);
	version->drives[version->nr].commands = le32toh(id.version);
	version->nr++;
}

void version_ask(const char *sysfs, struct version *version)
{
	struct dirent **entries;
	char dir[PATH_MAX];
	int count, i;

	version->kernel = kernel_abi();
	version->nr = 0;
	snprintf(dir, sizeof(dir), "%s/block", sysfs);
	count = scandir(dir, &entries, version_no_dots, alphasort);
	if (count < 0)
		return;
	for (i = 0; i < count; i++) {
		version_add_drive(sysfs, entries[i]->d_name, version);
		free(entries[i]);
	}
	free(entries);
}

static const char *version_why_no_kernel(int err)
{
	return err == -ENOSYS ? "has no λ-IO" : strerror(-err);
}

static const char *version_why_no_drive(int err)
{
	if (err > 0)
		return "the drive does not tell";
	return err == -EACCES || err == -EPERM ? "told to root only" :
						 strerror(-err);
}

/* Each with what this command knows, where that may be another. */
void version_print(const struct version *version, FILE *to)
{
	unsigned int i;

	fprintf(to, "library       %s, of ABI %d, a part of the command\n",
		LAMBDA_VERSION, LAMBDA_SOVERSION);
	if (version->kernel < 0)
		fprintf(to, "kernel        %s\n",
			version_why_no_kernel(version->kernel));
	else
		fprintf(to, "kernel        version %d of its λ-IO interface\n",
			version->kernel);
	fprintf(to, "drives        version %u of the λ command set is known\n",
		NVME_LAMBDA_VERSION);
	for (i = 0; i < version->nr; i++)
		if (version->drives[i].err)
			print(to, "  %-11s %s\n", version->drives[i].name,
			      version_why_no_drive(version->drives[i].err));
		else
			print(to, "  %-11s version %u\n",
			      version->drives[i].name,
			      version->drives[i].commands);
}

static void version_json_or_null(struct json *json, const char *name,
				 bool known, long long number)
{
	if (known)
		json_number(json, name, number);
	else
		json_text(json, name, NULL);
}

void version_json(const struct version *version, FILE *to)
{
	struct json json = { .to = to };
	unsigned int i;

	json_begin(&json, NULL, '{');
	json_text(&json, "version", LAMBDA_VERSION);
	json_number(&json, "abi", LAMBDA_ABI);
	json_number(&json, "library_abi", LAMBDA_SOVERSION);
	version_json_or_null(&json, "kernel_abi", version->kernel >= 0,
			     version->kernel);
	json_number(&json, "command_set", NVME_LAMBDA_VERSION);
	json_begin(&json, "drives", '[');
	for (i = 0; i < version->nr; i++) {
		json_begin(&json, NULL, '{');
		json_text(&json, "disk", version->drives[i].name);
		version_json_or_null(&json, "command_set",
				     !version->drives[i].err,
				     version->drives[i].commands);
		json_end(&json, '}');
	}
	json_end(&json, ']');
	json_end(&json, '}');
	json_done(&json);
}
