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
#include "json.h"

#define REQUEST_EVENT	"lambda_request"

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
static bool cli_event_split(char *line, char *parts[4])
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

static bool cli_event_read_comm(const char *pid, char comm[32])
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
static bool cli_event_read_noted(const char *sysfs, const char *pid,
				 char comm[32])
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
static const char *cli_event_task_name(const char *task, const char *sysfs,
				       char *text, size_t size)
{
	static const char unknown[] = "<...>-";
	const char *pid = task + sizeof(unknown) - 1;
	char comm[32];

	/* A task may call itself that, and something else than a number. */
	if (strncmp(task, unknown, sizeof(unknown) - 1) ||
	    pid[strspn(pid, "0123456789")] ||
	    (!cli_event_read_comm(pid, comm) &&
	     !cli_event_read_noted(sysfs, pid, comm)))
		return task;
	comm[strcspn(comm, "\n")] = '\0';
	snprintf(text, size, "%s-%s", comm, pid);
	return text;
}

/* Values of names that are not known are left out. */
static bool cli_event_parse(const char *text, struct request *req)
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
static const char *cli_event_disk_name(const char *dev, const char *sysfs,
				       struct disk *disk)
{
	unsigned int major, minor;

	if (sscanf(dev, "%u:%u", &major, &minor) == 2 &&
	    !cli_disk_of(sysfs, makedev(major, minor), disk))
		return disk->name;
	return dev;
}

static double cli_event_ms(const char *ns)
{
	return strtoull(ns, NULL, 10) / 1e6;
}

static unsigned int cli_event_percent(const char *part, const char *whole)
{
	double all = strtod(whole, NULL);

	return all > 0 ? strtod(part, NULL) * 100 / all : 0;
}

/* What was expected of a side; nothing where nobody asked. */
static const char *cli_event_expected(const char *ns, char *text, size_t size)
{
	double value = cli_event_ms(ns);

	if (value > 0)
		snprintf(text, size, "%.3f", value);
	return value > 0 ? text : "-";
}

/* Where it ran; where that is not where it was sent, both. */
static const char *cli_event_where(const struct request *req, char *text,
				   size_t size)
{
	const char *side = req->values[SIDE], *chosen = req->values[CHOSEN];

	snprintf(text, size, "%s%s%s", chosen, strcmp(chosen, side) ? ">" : "",
		 strcmp(chosen, side) ? side : "");
	return text;
}

enum {
	SECONDS,
	TASK,
	FILE_NAME,
	LAMBDA_IMAGE,
	OP,
	IN,
	PART_CACHED,
	OUTPUT,
	WHERE,
	WHY,
	HOST_MS,
	DEVICE_MS,
	TOOK,
	END,
	CELLS,
};

/* What is the least use goes first where a terminal is narrow. */
static const struct column columns[] = {
	[SECONDS] = { "SECONDS", 12, 5, false },
	[TASK] = { "TASK", -16, 0, false },
	[FILE_NAME] = { "DISK:INODE", -16, 1, false },
	[LAMBDA_IMAGE] = { "IMAGE", 5, 10, false },
	[OP] = { "OP", -5, 3, false },
	[IN] = { "IN", 10, 2, false },
	[PART_CACHED] = { "CACHED", 6, 6, false },
	[OUTPUT] = { "OUT", 10, 9, false },
	[WHERE] = { "SIDE", -11, 0, false },
	[WHY] = { "REASON", -10, 4, false },
	[HOST_MS] = { "HOST ms", 9, 7, false },
	[DEVICE_MS] = { "DEVICE ms", 9, 8, false },
	[TOOK] = { "TOOK ms", 9, 0, false },
	[END] = { "STATUS", -9, 0, false },
	[CELLS] = { NULL, 0, 0, false },
};

void cli_event_print_titles(const struct page *page)
{
	struct table table;

	cli_table_begin(&table, columns, page);
	cli_table_titles(&table);
}

static void cli_event_print_request(const char *task, const char *time,
				    const struct request *req,
				    const char *sysfs, const struct page *page)
{
	const char *const *v = req->values;
	char side[64], host[32], device[32], file[300], cached[16], took[32];
	const char *const cells[CELLS] = {
		time,
		task,
		file,
		v[IMAGE],
		req->op,
		v[BYTES],
		cached,
		v[OUT],
		cli_event_where(req, side, sizeof(side)),
		v[REASON],
		cli_event_expected(v[HOST], host, sizeof(host)),
		cli_event_expected(v[DEVICE], device, sizeof(device)),
		took,
		v[STATUS],
	};
	struct table table;
	struct disk disk;

	snprintf(file, sizeof(file), "%s:%s",
		 cli_event_disk_name(req->dev, sysfs, &disk), v[INO]);
	snprintf(cached, sizeof(cached), "%u %%",
		 cli_event_percent(v[CACHED], v[BYTES]));
	snprintf(took, sizeof(took), "%.3f", cli_event_ms(v[NS]));
	cli_table_begin(&table, columns, page);
	cli_table_row(&table, cells);
}

int cli_event_print(char *line, const char *sysfs, const struct page *page)
{
	struct request req;
	const char *task;
	char *parts[4], name[64];

	if (!cli_event_split(line, parts)) {
		cli_table_line(page, "%s", line);
		return 0;
	}
	task = cli_event_task_name(parts[0], sysfs, name, sizeof(name));
	if (!strcmp(parts[2], REQUEST_EVENT) && cli_event_parse(parts[3], &req))
		cli_event_print_request(task, parts[1], &req, sysfs, page);
	else
		cli_table_line(page, "%12s %-16s %s: %s", parts[1], task,
			       parts[2], parts[3]);
	return 1;
}

/* A task is its name, a '-', and its id. */
static void cli_event_put_task(struct json *json, const char *task)
{
	const char *dash = strrchr(task, '-');
	char name[64];

	snprintf(name, sizeof(name), "%.*s", (int)(dash - task), task);
	json_text(json, "task", name);
	json_count(json, "pid", strtoull(dash + 1, NULL, 10));
}

/* What was expected of a side, if somebody asked. */
static void cli_event_put_foretold(struct json *json, const char *name,
				   const char *ns)
{
	if (strtoull(ns, NULL, 10))
		json_word(json, name, ns);
	else
		json_text(json, name, NULL);
}

static void cli_event_put_request(struct json *json, const struct request *req,
				  const char *sysfs)
{
	const char *const *v = req->values;
	struct disk disk;

	json_text(json, "disk", cli_event_disk_name(req->dev, sysfs, &disk));
	json_word(json, "inode", v[INO]);
	json_word(json, "image", v[IMAGE]);
	json_text(json, "op", req->op);
	json_word(json, "in_bytes", v[BYTES]);
	json_word(json, "cached_bytes", v[CACHED]);
	json_word(json, "out_bytes", v[OUT]);
	json_text(json, "chosen", v[CHOSEN]);
	json_text(json, "side", v[SIDE]);
	json_text(json, "reason", v[REASON]);
	json_text(json, "status", v[STATUS]);
	cli_event_put_foretold(json, "host_ns", v[HOST]);
	cli_event_put_foretold(json, "device_ns", v[DEVICE]);
	json_word(json, "ns", v[NS]);
}

static void cli_event_put(struct json *json, char *parts[4], const char *sysfs)
{
	struct request req;
	char name[64];

	json_real(json, "seconds", strtod(parts[1], NULL));
	cli_event_put_task(json,
			   cli_event_task_name(parts[0], sysfs, name,
					       sizeof(name)));
	json_text(json, "event", parts[2]);
	if (!strcmp(parts[2], REQUEST_EVENT) && cli_event_parse(parts[3], &req))
		cli_event_put_request(json, &req, sysfs);
	else
		json_text(json, "text", parts[3]);
}

int cli_event_json(char *line, const char *sysfs, FILE *to)
{
	struct json json = { .to = to };
	char *parts[4];
	bool event = cli_event_split(line, parts);

	json_begin(&json, NULL, '{');
	if (event)
		cli_event_put(&json, parts, sysfs);
	else
		json_text(&json, "remark", line);
	json_end(&json, '}');
	json_done(&json);
	return event;
}
