// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads what Documentation/ABI/testing/sysfs-block-lambda describes, and what
 * Documentation/block/lambda.rst says of debugfs.
 */
#include <dirent.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "sched.h"

/* A file of the disk's in sysfs; NULL with errno. */
static FILE *cli_sched_open_file(const char *dir, const char *name)
{
	char path[2 * PATH_MAX];

	snprintf(path, sizeof(path), "%s/lambda/%s", dir, name);
	return fopen(path, "re");
}

/* The number in a file; 0 where there is none. */
static unsigned long long cli_sched_read_number(const char *dir,
						const char *name)
{
	FILE *file = cli_sched_open_file(dir, name);
	unsigned long long ret;

	if (!file)
		return 0;
	if (fscanf(file, "%llu", &ret) != 1)
		ret = 0;
	fclose(file);
	return ret;
}

/* The one in brackets. */
static void cli_sched_read_policy(const char *dir, struct sched *sched)
{
	FILE *file = cli_sched_open_file(dir, "policy");
	char line[64] = "", *at;

	if (!file)
		return;
	at = fgets(line, sizeof(line), file) ? strchr(line, '[') : NULL;
	if (at)
		snprintf(sched->policy, sizeof(sched->policy), "%.*s",
			 (int)strcspn(at + 1, "]"), at + 1);
	fclose(file);
}

static void cli_sched_read_stats(const char *dir, const char *side,
				 struct side_stats *stats)
{
	char name[64];

	snprintf(name, sizeof(name), "stats/%s_requests", side);
	stats->requests = cli_sched_read_number(dir, name);
	snprintf(name, sizeof(name), "stats/%s_bytes", side);
	stats->bytes = cli_sched_read_number(dir, name);
}

/* A line of a file in debugfs, and where its number belongs. */
struct field {
	const char *name;
	size_t at;
};

static const struct field model_fields[] = {
	{ "busy_media", offsetof(struct sched, busy_media) },
	{ "busy_link", offsetof(struct sched, busy_link) },
	{ "busy_core", offsetof(struct sched, busy_core) },
	{ NULL, 0 },
};

static const struct field profile_fields[] = {
	{ "image", offsetof(struct profile, image) },
	{ "host_requests", offsetof(struct profile, host.requests) },
	{ "host_bytes", offsetof(struct profile, host.bytes) },
	{ "host_cpu_fixed", offsetof(struct profile, host_cpu.fixed) },
	{ "host_cpu_slope", offsetof(struct profile, host_cpu.slope) },
	{ "host_wait_fixed", offsetof(struct profile, host_wait.fixed) },
	{ "host_wait_slope", offsetof(struct profile, host_wait.slope) },
	{ "host_miss", offsetof(struct profile, miss) },
	{ "host_bias", offsetof(struct profile, host_bias) },
	{ "device_requests", offsetof(struct profile, device.requests) },
	{ "device_bytes", offsetof(struct profile, device.bytes) },
	{ "device_cpu_fixed", offsetof(struct profile, device_cpu.fixed) },
	{ "device_cpu_slope", offsetof(struct profile, device_cpu.slope) },
	{ "device_wait_fixed", offsetof(struct profile, device_wait.fixed) },
	{ "device_wait_slope", offsetof(struct profile, device_wait.slope) },
	{ "device_core", offsetof(struct profile, core) },
	{ "device_bias", offsetof(struct profile, device_bias) },
	{ "both_requests", offsetof(struct profile, both.requests) },
	{ "both_bytes", offsetof(struct profile, both.bytes) },
	{ "both_bias", offsetof(struct profile, both_bias) },
	{ "output", offsetof(struct profile, out) },
	{ "error", offsetof(struct profile, error) },
	{ NULL, 0 },
};

static void cli_sched_parse_field(const char *line, const struct field *field,
				  void *to)
{
	size_t len = strcspn(line, " ");

	for (; field->name; field++)
		if (strlen(field->name) == len &&
		    !strncmp(line, field->name, len))
			*(unsigned long long *)((char *)to + field->at) =
				strtoull(line + len, NULL, 10);
}

/* A file of the disk's in debugfs; NULL with the reason in @sched. */
static FILE *cli_sched_open_debug(const char *sysfs, const char *name,
				  struct sched *sched)
{
	char path[2 * PATH_MAX];
	FILE *file;

	snprintf(path, sizeof(path), "%s/kernel/debug/block/%s/lambda/%s",
		 sysfs, sched->disk, name);
	file = fopen(path, "re");
	if (!file)
		sched->hidden = errno;
	return file;
}

static void cli_sched_read_model(const char *sysfs, struct sched *sched)
{
	FILE *file = cli_sched_open_debug(sysfs, "model", sched);
	char line[128];

	if (!file)
		return;
	while (fgets(line, sizeof(line), file))
		cli_sched_parse_field(line, model_fields, sched);
	fclose(file);
}

/* A line with "image" begins another profile. */
static void cli_sched_read_profiles(const char *sysfs, struct sched *sched)
{
	FILE *file = cli_sched_open_debug(sysfs, "profiles", sched);
	struct profile *p = NULL;
	char line[128];

	if (!file)
		return;
	while (fgets(line, sizeof(line), file)) {
		if (!strncmp(line, "image ", 6)) {
			if (sched->nr_profiles == SCHED_PROFILES)
				break;
			p = &sched->profiles[sched->nr_profiles++];
		}
		if (!p)
			continue;
		cli_sched_parse_field(line, profile_fields, p);
		if (!strcmp(line, "op write\n"))
			p->write = true;
	}
	fclose(file);
}

int cli_sched_read(const char *dir, const char *sysfs, struct sched *ret)
{
	char path[PATH_MAX + 32];

	memset(ret, 0, sizeof(*ret));
	snprintf(path, sizeof(path), "%s/lambda", dir);
	if (access(path, F_OK))
		return -errno;
	snprintf(ret->disk, sizeof(ret->disk), "%s", strrchr(dir, '/') + 1);
	cli_sched_read_policy(dir, ret);
	ret->period = cli_sched_read_number(dir, "period");
	ret->probes = cli_sched_read_number(dir, "probes");
	cli_sched_read_stats(dir, "host", &ret->host);
	cli_sched_read_stats(dir, "device", &ret->device);
	cli_sched_read_stats(dir, "both", &ret->both);
	ret->fallback = cli_sched_read_number(dir, "stats/fallback");
	cli_sched_read_model(sysfs, ret);
	cli_sched_read_profiles(sysfs, ret);
	return 0;
}

const char *cli_sched_why_hidden(const struct sched *sched)
{
	if (sched->hidden == EACCES || sched->hidden == EPERM)
		return "shown to root only";
	if (sched->hidden == ENOENT)
		return "to be seen when debugfs is mounted on /sys/kernel/debug";
	return strerror(sched->hidden);
}

static int cli_sched_is_number(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* Numbers of a directory on their way. */
struct listing {
	FILE *to;
	struct json *json;	/* instead of @to */
	const char *between;
};

/* Of those that are 0 only JSON has each. */
static void cli_sched_put_number(struct listing *listing, const char *name,
				 unsigned long long value)
{
	if (listing->json) {
		json_count(listing->json, name, value);
	} else if (value) {
		print(listing->to, "%s%s %llu", listing->between, name, value);
		listing->between = ", ";
	}
}

/*
 * The numbers in files of a directory whose names begin with @prefix, by the rest
 * of the name.
 */
static void cli_sched_list_numbers(const char *dir, const char *sub,
				   const char *prefix, struct listing *listing)
{
	char path[PATH_MAX + 32], file[NAME_MAX + 32];
	struct dirent **entries;
	int count, i;

	snprintf(path, sizeof(path), "%s/lambda/%s", dir, sub);
	count = scandir(path, &entries, cli_sched_is_number, alphasort);
	for (i = 0; i < count; i++) {
		const char *name = entries[i]->d_name;

		snprintf(file, sizeof(file), "%s/%s", sub, name);
		if (!strncmp(name, prefix, strlen(prefix)))
			cli_sched_put_number(listing, name + strlen(prefix),
					     cli_sched_read_number(dir, file));
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

/* Those that are not 0, on a line. */
static void cli_sched_print_numbers(const char *dir, const char *sub,
				    const char *prefix, FILE *to)
{
	struct listing listing = { .to = to, .between = "" };

	cli_sched_list_numbers(dir, sub, prefix, &listing);
	fputc('\n', to);
}

void cli_sched_print(const char *dir, const struct sched *sched, FILE *to)
{
	print(to, "kernel        policy %s, %u probes in %u requests of a λ\n",
	      sched->policy, sched->probes, sched->period);
	fputs("limits        ", to);
	cli_sched_print_numbers(dir, "limits", "", to);
	fprintf(to,
		"requests      host %llu of %llu bytes, device %llu of %llu bytes, both %llu of %llu bytes, left to the host %llu\n",
		sched->host.requests, sched->host.bytes,
		sched->device.requests, sched->device.bytes,
		sched->both.requests, sched->both.bytes, sched->fallback);
	fputs("reasons       ", to);
	cli_sched_print_numbers(dir, "stats", "reason_", to);
	fputs("statuses      ", to);
	cli_sched_print_numbers(dir, "stats", "status_", to);
	if (sched->hidden)
		fprintf(to, "profiles      %s\n", cli_sched_why_hidden(sched));
	else
		fprintf(to, "profiles      %zu; lambda top shows them\n",
			sched->nr_profiles);
}

void cli_sched_json_side(struct json *json, const char *name,
			 const struct side_stats *stats)
{
	json_begin(json, name, '{');
	json_count(json, "requests", stats->requests);
	json_count(json, "bytes", stats->bytes);
}

static void cli_sched_put_side(struct json *json, const char *name,
			       const struct side_stats *stats)
{
	cli_sched_json_side(json, name, stats);
	json_end(json, '}');
}

void cli_sched_json_requests(struct json *json, const struct sched *sched)
{
	json_text(json, "policy", sched->policy);
	json_count(json, "period", sched->period);
	json_count(json, "probes", sched->probes);
	cli_sched_put_side(json, "host", &sched->host);
	cli_sched_put_side(json, "device", &sched->device);
	cli_sched_put_side(json, "both", &sched->both);
	json_count(json, "fallback", sched->fallback);
	json_text(json, "hidden",
		  sched->hidden ? cli_sched_why_hidden(sched) : NULL);
}

static void cli_sched_put_numbers(struct json *json, const char *name,
				  const char *dir, const char *sub,
				  const char *prefix)
{
	struct listing listing = { .json = json };

	json_begin(json, name, '{');
	cli_sched_list_numbers(dir, sub, prefix, &listing);
	json_end(json, '}');
}

void cli_sched_json(struct json *json, const char *name, const char *dir,
		    const struct sched *sched)
{
	json_begin(json, name, '{');
	cli_sched_json_requests(json, sched);
	json_count(json, "profiles", sched->nr_profiles);
	cli_sched_put_numbers(json, "limits", dir, "limits", "");
	cli_sched_put_numbers(json, "reasons", dir, "stats", "reason_");
	cli_sched_put_numbers(json, "statuses", dir, "stats", "status_");
	json_end(json, '}');
}
