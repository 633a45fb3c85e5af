// SPDX-License-Identifier: GPL-2.0-only
/*
 * Samples of the disks that run λs, and their table: a line for each disk and
 * each of its sides, and two for each λ, one for the host and one for the drive.
 * Where requests were divided, another one tells how both sides did.
 */
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "top.h"

static int top_no_dots(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int top_sample_take(const char *sysfs, double seconds, struct sample *sample)
{
	char dir[PATH_MAX];
	struct dirent **entries;
	int count, i;

	sample->seconds = seconds;
	sample->count = 0;
	snprintf(dir, sizeof(dir), "%s/block", sysfs);
	count = scandir(dir, &entries, top_no_dots, alphasort);
	if (count < 0)
		return -errno;
	for (i = 0; i < count; i++) {
		snprintf(dir, sizeof(dir), "%s/block/%s", sysfs,
			 entries[i]->d_name);
		if (sample->count < TOP_DISKS &&
		    !cli_sched_read(dir, sysfs, &sample->disks[sample->count]))
			sample->count++;
		free(entries[i]);
	}
	free(entries);
	return 0;
}

/* A number with a unit, at most 7 characters. */
static const char *top_short_number(double number, char text[16])
{
	static const char units[] = " KMGTPE";
	size_t unit = 0;

	while (number >= 999999.5 && units[unit + 1]) {
		number /= 1000;
		unit++;
	}
	snprintf(text, 16, "%.0f%.*s", number, unit > 0, units + unit);
	return text;
}

enum {
	IMAGE,
	NAME,
	OP,
	SIDE,
	REQUESTS,
	REQUESTS_RATE,
	BYTES,
	BYTES_RATE,
	CPU,
	WAIT,
	MISS,
	BIAS,
	NOTE,
	CELLS,
};

/*
 * What is the least use goes first where a terminal is narrow, and a rate before
 * what it is one of.
 */
static const struct column columns[] = {
	[IMAGE] = { "IMAGE", 8, 4, false },
	[NAME] = { "NAME", -16, 0, true },
	[OP] = { "OP", -5, 3, false },
	[SIDE] = { "SIDE", -6, 0, false },
	[REQUESTS] = { "REQUESTS", 8, 0, false },
	[REQUESTS_RATE] = { "/s", 7, 0, false },
	[BYTES] = { "BYTES", 8, 1, false },
	[BYTES_RATE] = { "/s", 7, 2, false },
	[CPU] = { "CPU µs+/MiB", 11, 5, false },
	[WAIT] = { "WAIT", 11, 6, false },
	[MISS] = { "MISS,CORE", 9, 8, false },
	[BIAS] = { "BIAS", 6, 7, false },
	[NOTE] = { "", -27, 9, false },
	[CELLS] = { NULL, 0, 0, false },
};

/* A line while its cells are filled in. */
struct cells {
	char texts[CELLS][64];
	const char *cells[CELLS];
};

__attribute__((format(printf, 3, 4))) static void
top_set(struct cells *row, size_t cell, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(row->texts[cell], sizeof(row->texts[cell]), fmt, args);
	va_end(args);
	row->cells[cell] = row->texts[cell];
}

/* Two numbers that have grown, and by how much in a second. */
static void top_set_stats(struct cells *row, const struct side_stats *now,
			  const struct side_stats *before, double seconds)
{
	row->cells[REQUESTS] =
		top_short_number(now->requests, row->texts[REQUESTS]);
	row->cells[BYTES] = top_short_number(now->bytes, row->texts[BYTES]);
	row->cells[REQUESTS_RATE] = "-";
	row->cells[BYTES_RATE] = "-";
	/* A λ that is unloaded and loaded again begins from 0. */
	if (!before || seconds <= 0 || now->requests < before->requests)
		return;
	row->cells[REQUESTS_RATE] =
		top_short_number((now->requests - before->requests) / seconds,
				 row->texts[REQUESTS_RATE]);
	row->cells[BYTES_RATE] =
		top_short_number((now->bytes - before->bytes) / seconds,
				 row->texts[BYTES_RATE]);
}

static void top_set_line(struct cells *row, size_t cell,
			 const struct line *line)
{
	top_set(row, cell, "%.0f+%.0f", line->fixed / 1e3, line->slope / 1e3);
}

static void top_print_both(struct table *table, const struct profile *now,
			   const struct profile *before, double seconds)
{
	struct cells row = { .cells[SIDE] = "both" };

	top_set_stats(&row, &now->both, before ? &before->both : NULL, seconds);
	top_set(&row, BIAS, "%.2f", now->both_bias / 1024.0);
	cli_table_row(table, row.cells);
}

static void top_print_host(struct table *table, const struct profile *now,
			   const struct profile *before, double seconds,
			   const char *name)
{
	struct cells row = {
		.cells[NAME] = name ?: "-",
		.cells[OP] = now->write ? "write" : "read",
		.cells[SIDE] = "host",
	};

	top_set(&row, IMAGE, "%llu", now->image);
	top_set_stats(&row, &now->host, before ? &before->host : NULL, seconds);
	top_set_line(&row, CPU, &now->host_cpu);
	top_set_line(&row, WAIT, &now->host_wait);
	top_set(&row, MISS, "%.0f", now->miss / 1e3);
	top_set(&row, BIAS, "%.2f", now->host_bias / 1024.0);
	cli_table_row(table, row.cells);
}

static void top_print_device(struct table *table, const struct profile *now,
			     const struct profile *before, double seconds)
{
	struct cells row = { .cells[SIDE] = "device" };

	top_set_stats(&row, &now->device, before ? &before->device : NULL,
		      seconds);
	top_set_line(&row, CPU, &now->device_cpu);
	top_set_line(&row, WAIT, &now->device_wait);
	top_set(&row, MISS, "%.0f", now->core / 1e3);
	top_set(&row, BIAS, "%.2f", now->device_bias / 1024.0);
	top_set(&row, NOTE, " error %.1f %%, out %.1f %%",
		now->error * 100 / 1024.0, now->out * 100 / 1048576.0);
	cli_table_row(table, row.cells);
}

static void top_print_profile(struct table *table, const struct profile *now,
			      const struct profile *before, double seconds,
			      const char *name)
{
	top_print_host(table, now, before, seconds, name);
	top_print_device(table, now, before, seconds);
	if (now->both.requests)
		top_print_both(table, now, before, seconds);
}

static const struct profile *top_find_profile(const struct sched *sched,
					      const struct profile *other)
{
	size_t i;

	for (i = 0; sched && i < sched->nr_profiles; i++)
		if (sched->profiles[i].image == other->image &&
		    sched->profiles[i].write == other->write)
			return &sched->profiles[i];
	return NULL;
}

static const struct sched *top_find_disk(const struct sample *sample,
					 const char *disk)
{
	size_t i;

	for (i = 0; sample && i < sample->count; i++)
		if (!strcmp(sample->disks[i].disk, disk))
			return &sample->disks[i];
	return NULL;
}

static void top_print_settings(const struct page *page, const struct sched *now)
{
	char busy[128];

	snprintf(busy, sizeof(busy),
		 "under way: media %.0f µs, link %.0f µs, cores %.0f µs",
		 now->busy_media / 1e3, now->busy_link / 1e3,
		 now->busy_core / 1e3);
	cli_table_line(page,
		       "%s: policy %s, %u probes in %u, %llu left to the host; %s%s",
		       now->disk, now->policy, now->probes, now->period,
		       now->fallback,
		       now->hidden ? "what is under way, and its λs: " : "",
		       now->hidden ? cli_sched_why_hidden(now) : busy);
}

/* What a side ran of the disk as a whole. */
static void top_print_side(struct table *table, const char *name,
			   const char *side, const struct side_stats *now,
			   const struct side_stats *before, double seconds)
{
	struct cells row = { .cells[SIDE] = side };

	if (name)
		top_set(&row, IMAGE, "%s", name);
	top_set_stats(&row, now, before, seconds);
	cli_table_row(table, row.cells);
}

static void top_print_disk(const struct page *page, const struct sched *now,
			   const struct sched *before, double seconds,
			   const char *(*name)(unsigned long long image))
{
	struct table table;
	size_t i;

	top_print_settings(page, now);
	cli_table_begin(&table, columns, page);
	cli_table_titles(&table);
	top_print_side(&table, "all", "host", &now->host,
		       before ? &before->host : NULL, seconds);
	top_print_side(&table, NULL, "device", &now->device,
		       before ? &before->device : NULL, seconds);
	top_print_side(&table, NULL, "both", &now->both,
		       before ? &before->both : NULL, seconds);
	for (i = 0; i < now->nr_profiles; i++)
		top_print_profile(&table, &now->profiles[i],
				  top_find_profile(before, &now->profiles[i]),
				  seconds, name(now->profiles[i].image));
}

void top_sample_print(const struct sample *now, const struct sample *before,
		      const char *(*name)(unsigned long long image),
		      const struct page *page)
{
	double seconds = before ? now->seconds - before->seconds : 0;
	size_t i;

	if (!now->count)
		cli_table_line(page, "no disk runs λs");
	for (i = 0; i < now->count; i++)
		top_print_disk(page, &now->disks[i],
			       top_find_disk(before, now->disks[i].disk),
			       seconds, name);
}
