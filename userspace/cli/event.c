// SPDX-License-Identifier: GPL-2.0-only
/*
 * One event, as lambda trace shows it. The kernel's line is `task-pid [cpu]
 * seconds: name: text`; the text of a request is a device number, then names
 * that are followed by a value each, with `read` or `write` among them.
 */
#include <regex.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "cli.h"
#include "disk.h"
#include "event.h"

enum value {
	INO,
	IMAGE,
	BYTES,
	CACHED,
	OUT,
	CHOSEN,
	SIDE,
	REASON,
	STATUS,
	HOST,
	DEVICE,
	NS,
	NR_VALUES
};

static const char *const names[NR_VALUES] = {
	"ino", "image", "bytes", "cached", "out", "chosen", "side",
	"reason", "status", "host", "device", "ns",
};

/* Its text, taken to pieces. */
struct request {
	char text[1024];
	const char *dev;
	const char *op;
	const char *values[NR_VALUES];
};

/*
 * The parts of a line: task, time, name and text. A task's name may look like
 * all of that, so it is the longest that fits.
 */
static bool event_split(char *line, char *parts[4])
{
	static const char pattern[] =
		"^ *(.*-[0-9]+) +\\[[0-9]+\\] +([0-9.]+): ([a-z0-9_]+): (.*)$";
	regmatch_t found[5];
	regex_t regex;
	bool fits;
	int i;

	if (regcomp(&regex, pattern, REG_EXTENDED))
		return false;
	fits = !regexec(&regex, line, 5, found, 0);
	regfree(&regex);
	for (i = 0; fits && i < 4; i++) {
		parts[i] = line + found[i + 1].rm_so;
		line[found[i + 1].rm_eo] = '\0';
	}
	return fits;
}

static bool event_read_comm(const char *pid, char comm[32])
{
	char path[64];
	FILE *file;
	bool ok;

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	ok = fgets(comm, 32, file);
	fclose(file);
	return ok;
}

/* What the kernel has noted: lines of an id and a name. */
static bool event_read_noted(const char *sysfs, const char *pid, char comm[32])
{
	size_t len = strlen(pid);
	char path[PATH_MAX], line[64];
	bool ok = false;
	FILE *file;

	snprintf(path, sizeof(path), "%s/kernel/tracing/saved_cmdlines", sysfs);
	file = fopen(path, "re");
	if (!file)
		return false;
	while (!ok && fgets(line, sizeof(line), file))
		ok = !strncmp(line, pid, len) && line[len] == ' ';
	fclose(file);
	if (ok)
		snprintf(comm, 32, "%.31s", line + len + 1);
	return ok;
}

/*
 * The kernel notes a task's name when it leaves the CPU. Who reads an event
 * sooner gets this instead, but then the task is still there to be looked up;
 * or it has ended since, and was noted then.
 */
static const char *event_task_name(const char *task, const char *sysfs,
				   char *text, size_t size)
{
	static const char unknown[] = "<...>-";
	const char *pid = task + sizeof(unknown) - 1;
	char comm[32];

	/* A task may call itself that, and something else than a number. */
	if (strncmp(task, unknown, sizeof(unknown) - 1) ||
	    pid[strspn(pid, "0123456789")] ||
	    (!event_read_comm(pid, comm) &&
	     !event_read_noted(sysfs, pid, comm)))
		return task;
	comm[strcspn(comm, "\n")] = '\0';
	snprintf(text, size, "%s-%s", comm, pid);
	return text;
}

/* Values of names that are not known are left out. */
static bool event_parse(const char *text, struct request *req)
{
	char *name, *rest;
	size_t i;

	memset(req, 0, sizeof(*req));
	snprintf(req->text, sizeof(req->text), "%s", text);
	req->dev = strtok_r(req->text, " ", &rest);
	while ((name = strtok_r(NULL, " ", &rest))) {
		const char *value = name;

		if (!strcmp(name, "read") || !strcmp(name, "write"))
			req->op = value;
		else
			value = strtok_r(NULL, " ", &rest);
		for (i = 0; i < NR_VALUES; i++)
			if (!strcmp(name, names[i]))
				req->values[i] = value;
	}
	for (i = 0; i < NR_VALUES && req->values[i]; i++)
		;
	return req->op && i == NR_VALUES;
}

/* The device number of a filesystem that has no disk stays a number. */
static const char *event_disk_name(const char *dev, const char *sysfs,
				   struct disk *disk)
{
	unsigned int major, minor;

	if (sscanf(dev, "%u:%u", &major, &minor) == 2 &&
	    !disk_of(sysfs, makedev(major, minor), disk))
		return disk->name;
	return dev;
}

static double event_ms(const char *ns)
{
	return strtoull(ns, NULL, 10) / 1e6;
}

static unsigned int event_percent(const char *part, const char *whole)
{
	double all = strtod(whole, NULL);

	return all > 0 ? strtod(part, NULL) * 100 / all : 0;
}

/* What was expected of a side; nothing where nobody asked. */
static const char *event_expected(const char *ns, char *text, size_t size)
{
	double value = event_ms(ns);

	if (value > 0)
		snprintf(text, size, "%.3f", value);
	return value > 0 ? text : "-";
}

/* Where it ran; where that is not where it was sent, both. */
static const char *event_where(const struct request *req, char *text,
			       size_t size)
{
	const char *side = req->values[SIDE], *chosen = req->values[CHOSEN];

	snprintf(text, size, "%s%s%s", chosen, strcmp(chosen, side) ? ">" : "",
		 strcmp(chosen, side) ? side : "");
	return text;
}

void event_print_header(FILE *to)
{
	fprintf(to,
		"%12s %-16s %-16s %5s %-5s %10s %6s %10s %-11s %-10s %9s %9s %9s %s\n",
		"SECONDS", "TASK", "DISK:INODE", "IMAGE", "OP", "IN", "CACHED",
		"OUT", "SIDE", "REASON", "HOST ms", "DEVICE ms", "TOOK ms",
		"STATUS");
}

static void event_print_request(const char *task, const char *time,
				const struct request *req, const char *sysfs,
				FILE *to)
{
	const char *const *v = req->values;
	char side[64], host[32], device[32], file[300];
	struct disk disk;

	snprintf(file, sizeof(file), "%s:%s",
		 event_disk_name(req->dev, sysfs, &disk), v[INO]);
	print(to,
	      "%12s %-16s %-16s %5s %-5s %10s %4u %% %10s %-11s %-10s %9s %9s %9.3f %s\n",
	      time, task, file, v[IMAGE], req->op, v[BYTES],
	      event_percent(v[CACHED], v[BYTES]), v[OUT],
	      event_where(req, side, sizeof(side)), v[REASON],
	      event_expected(v[HOST], host, sizeof(host)),
	      event_expected(v[DEVICE], device, sizeof(device)),
	      event_ms(v[NS]), v[STATUS]);
}

int event_print(char *line, const char *sysfs, FILE *to)
{
	struct request req;
	const char *task;
	char *parts[4], name[64];

	if (!event_split(line, parts)) {
		print(to, "%s\n", line);
		return 0;
	}
	task = event_task_name(parts[0], sysfs, name, sizeof(name));
	if (!strcmp(parts[2], "lambda_request") && event_parse(parts[3], &req))
		event_print_request(task, parts[1], &req, sysfs, to);
	else
		print(to, "%12s %-16s %s: %s\n", parts[1], task, parts[2],
		      parts[3]);
	return 1;
}
