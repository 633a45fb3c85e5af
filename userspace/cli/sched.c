// SPDX-License-Identifier: GPL-2.0-only
/* Reads what Documentation/ABI/testing/sysfs-block-lambda describes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "sched.h"

/* A file of the disk's; NULL with errno. */
static FILE *open_file(const char *dir, const char *name)
{
	char path[PATH_MAX + 32];

	snprintf(path, sizeof(path), "%s/lambda/%s", dir, name);
	return fopen(path, "re");
}

static void read_number(const char *dir, const char *name, unsigned int *ret)
{
	FILE *file = open_file(dir, name);

	if (!file)
		return;
	if (fscanf(file, "%u", ret) != 1)
		*ret = 0;
	fclose(file);
}

/* The one in brackets. */
static void read_policy(const char *dir, struct sched *sched)
{
	FILE *file = open_file(dir, "policy");
	char line[64] = "", *at;

	if (!file)
		return;
	at = fgets(line, sizeof(line), file) ? strchr(line, '[') : NULL;
	if (at)
		snprintf(sched->policy, sizeof(sched->policy), "%.*s",
			 (int)strcspn(at + 1, "]"), at + 1);
	fclose(file);
}

/* A line of a file: a name, and one number or two. */
struct field {
	const char *name;
	unsigned long long *first, *second;	/* @second may be NULL */
};

static void parse_field(const char *line, const struct field *field)
{
	size_t len = strlen(field->name);
	char *end;

	if (strncmp(line, field->name, len) || line[len] != ' ')
		return;
	*field->first = strtoull(line + len, &end, 10);
	if (field->second)
		*field->second = strtoull(end, NULL, 10);
}

static void read_fields(const char *dir, const char *name,
			const struct field *fields, size_t count)
{
	FILE *file = open_file(dir, name);
	char line[128];
	size_t i;

	if (!file)
		return;
	while (fgets(line, sizeof(line), file))
		for (i = 0; i < count; i++)
			parse_field(line, &fields[i]);
	fclose(file);
}

static void read_requests(const char *dir, struct sched *sched)
{
	const struct field fields[] = {
		{ "host", &sched->host.requests, &sched->host.bytes },
		{ "device", &sched->device.requests, &sched->device.bytes },
		{ "both", &sched->both.requests, &sched->both.bytes },
		{ "fallback", &sched->fallback, NULL },
	};

	read_fields(dir, "requests", fields, sizeof(fields) / sizeof(*fields));
}

static void read_model(const char *dir, struct sched *sched)
{
	const struct field fields[] = {
		{ "busy_media", &sched->busy_media, NULL },
		{ "busy_link", &sched->busy_link, NULL },
		{ "busy_core", &sched->busy_core, NULL },
	};

	read_fields(dir, "model", fields, sizeof(fields) / sizeof(*fields));
}

/* More fields may come behind those that are known. */
static bool parse_profile(const char *line, struct profile *p)
{
	unsigned long long *const fields[] = {
		&p->host.requests, &p->host.bytes,
		&p->device.requests, &p->device.bytes, &p->error,
		&p->host_cpu.fixed, &p->host_cpu.slope,
		&p->host_wait.fixed, &p->host_wait.slope, &p->miss,
		&p->host_delay, &p->device_cpu.fixed, &p->device_cpu.slope,
		&p->device_wait.fixed, &p->device_wait.slope, &p->core,
		&p->out, &p->device_delay,
		&p->both.requests, &p->both.bytes, &p->both_delay,
	};
	char op[8], *end;
	size_t i;
	int at;

	if (sscanf(line, "%llu %7s%n", &p->image, op, &at) != 2)
		return false;
	p->write = !strcmp(op, "write");
	for (i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		line += at;
		*fields[i] = strtoull(line, &end, 10);
		at = end - line;
		if (!at)
			return false;
	}
	return true;
}

static void read_profiles(const char *dir, struct sched *sched)
{
	FILE *file = open_file(dir, "profiles");
	char line[1024];

	if (!file)
		return;
	while (sched->nr_profiles < SCHED_PROFILES &&
	       fgets(line, sizeof(line), file))
		sched->nr_profiles +=
			parse_profile(line,
				      sched->profiles + sched->nr_profiles);
	fclose(file);
}

int sched_read(const char *dir, struct sched *ret)
{
	char path[PATH_MAX + 32];

	memset(ret, 0, sizeof(*ret));
	snprintf(path, sizeof(path), "%s/lambda", dir);
	if (access(path, F_OK))
		return -errno;
	snprintf(ret->disk, sizeof(ret->disk), "%s", strrchr(dir, '/') + 1);
	read_policy(dir, ret);
	read_number(dir, "period", &ret->period);
	read_number(dir, "probes", &ret->probes);
	read_requests(dir, ret);
	read_model(dir, ret);
	read_profiles(dir, ret);
	return 0;
}

/* The lines of a file that end in a number other than 0. */
static void print_counters(const char *dir, const char *name, FILE *to)
{
	FILE *file = open_file(dir, name);
	const char *between = "";
	unsigned long long count;
	char what[32];

	if (!file)
		return;
	fprintf(to, "%-14s", name);
	while (fscanf(file, "%31s %llu", what, &count) == 2) {
		if (!count)
			continue;
		print(to, "%s%s %llu", between, what, count);
		between = ", ";
	}
	fputc('\n', to);
	fclose(file);
}

void sched_print(const char *dir, const struct sched *sched, FILE *to)
{
	print(to, "kernel        policy %s, %u probes in %u requests of a λ\n",
	      sched->policy, sched->probes, sched->period);
	fprintf(to,
		"requests      host %llu of %llu bytes, device %llu of %llu bytes, both %llu of %llu bytes, left to the host %llu\n",
		sched->host.requests, sched->host.bytes,
		sched->device.requests, sched->device.bytes,
		sched->both.requests, sched->both.bytes, sched->fallback);
	print_counters(dir, "reasons", to);
	print_counters(dir, "statuses", to);
	fprintf(to, "profiles      %zu; lambda top shows them\n",
		sched->nr_profiles);
}
