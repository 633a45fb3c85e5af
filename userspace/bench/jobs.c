// SPDX-License-Identifier: GPL-2.0-only
/* What each program is run on, and with which arguments. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "formats.h"

twin_fn bitmap, csvfilter, grep, histogram, knn, touch, stats32, stats64,
	wordcount;

static const char pattern[] = "copy_from_user";

static const struct csvfilter_args long_lines = {
	.column = 2,
	.op = CSVFILTER_GE,
	.value = 80,
};

static struct knn_args point;

static const struct job jobs[] = {
	{
		.name = "touch",
		.file = "numbers",
		.twin = touch,
		.extra = 8,
	}, {
		.name = "stats32",
		.file = "numbers",
		.twin = stats32,
		.extra = sizeof(struct stats_out),
	}, {
		.name = "stats64",
		.file = "numbers",
		.twin = stats64,
		.extra = sizeof(struct stats_out),
	}, {
		.name = "knn",
		.file = "numbers",
		.twin = knn,
		.out = sizeof(struct knn_out),
		.per = sizeof(struct knn_row),
		.args = &point,
		.args_len = sizeof(point),
	}, {
		.name = "grep",
		.file = "text",
		.twin = grep,
		.out = sizeof(__s64),
		.per = GREP_ROW,
		.args = pattern,
		.args_len = sizeof(pattern) - 1,
	}, {
		.name = "wordcount",
		.file = "text",
		.twin = wordcount,
		.extra = sizeof(struct wordcount_out),
	}, {
		.name = "histogram",
		.file = "text",
		.twin = histogram,
		.extra = sizeof(struct histogram_out),
	}, {
		.name = "csvfilter",
		.file = "csv",
		.twin = csvfilter,
		.out = 1,
		.per = 1,
		.args = &long_lines,
		.args_len = sizeof(long_lines),
	}, {
		.name = "bitmap",
		.file = "bits",
		.twin = bitmap,
		.expand = 32,
		.source = "runs",
	},
};

const struct job *find_job(const char *name)
{
	size_t k;

	for (k = 0; k < sizeof(jobs) / sizeof(*jobs); k++)
		if (!strcmp(jobs[k].name, name))
			return &jobs[k];
	return NULL;
}

/* The neighbours of the first row are looked for. */
int prepare_jobs(const char *folder)
{
	struct knn_row row;
	char path[4096];
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), "%s/numbers", folder);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail("%s: %s", path, strerror(errno));
	got = read(fd, &row, sizeof(row));
	close(fd);
	if (got != sizeof(row))
		return fail("%s: too short", path);
	memcpy(point.coord, row.coord, sizeof(point.coord));
	return 0;
}
