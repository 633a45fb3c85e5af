// SPDX-License-Identifier: GPL-2.0-only
/* lambda info of a disk: what its drive can, and what it has done. */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "disk.h"
#include "drive.h"
#include "kernel.h"
#include "layers.h"
#include "sched.h"

/*
 * What a drive told: the errors of asking, as cli_drive_identify() and
 * cli_drive_stats() have them, and the pages.
 */
struct answer {
	int id_err, stats_err;
	struct nvme_lambda_id id;
	struct nvme_lambda_stats stats;
};

/* @err is what asking the drive gave. */
static int info_disk_cannot_ask(const struct disk *disk, int err)
{
	if ((err == -EACCES || err == -EPERM) && geteuid())
		return complain(EXIT_SYSTEM,
				"%s: %s; only root may ask a drive about itself",
				disk->node, strerror(-err));
	if (err > 0)
		return complain(EXIT_SYSTEM,
				"%s: the drive refuses to tell about itself with status 0x%x",
				disk->node, err);
	return complain(EXIT_SYSTEM, "%s: cannot ask the drive: %s",
			disk->node, strerror(-err));
}

static void info_disk_ask_drive(const struct disk *disk, struct answer *answer)
{
	int fd = open(disk->node, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		answer->id_err = -errno;
		return;
	}
	answer->id_err = cli_drive_identify(fd, &answer->id);
	if (!answer->id_err)
		answer->stats_err = cli_drive_stats(fd, &answer->stats);
	close(fd);
}

/* Says what was wrong with it, if anything was; returns an exit code. */
static int info_disk_judge(const struct disk *disk, const struct answer *answer)
{
	fflush(stdout);
	if (answer->id_err == -ENODEV)
		return 0;
	if (answer->id_err == -EPROTONOSUPPORT)
		return complain(EXIT_UNSUPPORTED,
				"%s: the drive speaks version %u of the λ command set; this command knows %u",
				disk->node, le32toh(answer->id.version),
				NVME_LAMBDA_VERSION);
	if (answer->id_err || answer->stats_err)
		return info_disk_cannot_ask(disk, answer->id_err ?:
							  answer->stats_err);
	return 0;
}

static int info_disk_print_drive(const struct disk *disk,
				 const struct answer *answer)
{
	if (!answer->id_err)
		cli_drive_print_capability(&answer->id, stdout);
	if (!answer->id_err && !answer->stats_err)
		cli_drive_print_stats(&answer->id, &answer->stats, stdout);
	return info_disk_judge(disk, answer);
}

/* What the kernel makes of it, if it uses it. */
static int info_disk_print_kernel(const struct layers *layers,
				  const struct answer *answer,
				  const struct sched *sched)
{
	bool runs = answer->id_err != -ENODEV;
	int code = 0;

	if (sched)
		cli_sched_print(layers->disk.dir, sched, stdout);
	else if (kernel_abi() < 0)
		code = kernel_needed();
	else if (layers_end(layers))
		return 0;
	else if (!runs)
		printf("an ordinary disk: λs over its files run on the host\n");
	else if (!answer->id_err)
		printf("kernel        does not use it: λs over its files run on the host\n");
	return code;
}

static int info_disk_print_json(const struct disk *disk,
				const struct layers *layers,
				const struct answer *answer,
				const struct sched *sched)
{
	struct json json = { .to = stdout };
	int code;

	json_begin(&json, NULL, '{');
	json_text(&json, "disk", disk->name);
	json_text(&json, "node", disk->node);
	layers_json(&json, layers);
	drive_json(&json, answer->id_err ? NULL : &answer->id,
		   answer->id_err || answer->stats_err ? NULL : &answer->stats);
	if (sched)
		cli_sched_json(&json, "kernel", layers->disk.dir, sched);
	else
		json_text(&json, "kernel", NULL);
	json_end(&json, '}');
	json_done(&json);
	code = info_disk_judge(&layers->disk, answer);
	return code || sched || kernel_abi() >= 0 ? code : kernel_needed();
}

/* What the drive and the kernel tell, where λs get to the drive. */
static void info_disk_ask(const struct layers *layers, struct answer *answer,
			  struct sched *sched, bool *used)
{
	*used = false;
	answer->id_err = -ENODEV;
	if (layers_end(layers))
		return;
	info_disk_ask_drive(&layers->disk, answer);
	*used = !cli_sched_read(layers->disk.dir, SYSFS, sched);
}

int info_disk(const char *path, bool json)
{
	static struct sched sched;
	static struct layers layers;
	struct answer answer = { 0 };
	struct disk disk;
	int code, more;
	bool used;

	code = cli_disk_find(path, &disk);
	if (code)
		return code;
	layers_find(SYSFS, &disk, &layers);
	info_disk_ask(&layers, &answer, &sched, &used);
	if (json)
		return info_disk_print_json(&disk, &layers, &answer,
					    used ? &sched : NULL);
	print(stdout, "disk          %s\n", disk.name);
	layers_print(&layers, stdout);
	code = info_disk_print_drive(&layers.disk, &answer);
	more = info_disk_print_kernel(&layers, &answer, used ? &sched : NULL);
	return code ?: more;
}
