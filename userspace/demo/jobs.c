// SPDX-License-Identifier: GPL-2.0-only
/* Which program runs over which file, with which arguments. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "demo.h"
#include "formats.h"

twin_fn bitmap, csvfilter, grep, histogram, knn, stats32, stats64, wordcount;

static const char pattern[] = "copy_from_user";

static const struct csvfilter_args long_lines = {
	.column = 2,
	.op = CSVFILTER_GE,
	.value = 80,
};

static struct knn_args point;

struct job jobs[] = {
	{
		.name = "stats32",
		.file = "num32",
		.twin = stats32,
		.out_cap = sizeof(struct stats_out),
	}, {
		.name = "stats64",
		.file = "num64",
		.twin = stats64,
		.out_cap = sizeof(struct stats_out),
	}, {
		.name = "knn",
		.file = "knn",
		.twin = knn,
		.out_cap = BATCH / sizeof(struct knn_row) *
			   sizeof(struct knn_out),
		.args = &point,
		.args_len = sizeof(point),
	}, {
		.name = "grep",
		.file = "text",
		.twin = grep,
		.out_cap = BATCH / GREP_ROW * sizeof(__s64),
		.args = pattern,
		.args_len = sizeof(pattern) - 1,
	}, {
		.name = "wordcount",
		.file = "text",
		.twin = wordcount,
		.out_cap = sizeof(struct wordcount_out),
	}, {
		.name = "histogram",
		.file = "text",
		.twin = histogram,
		.out_cap = sizeof(struct histogram_out),
	}, {
		.name = "csvfilter",
		.file = "csv",
		.twin = csvfilter,
		.out_cap = BATCH,
		.lines = true,
		.args = &long_lines,
		.args_len = sizeof(long_lines),
	}, {
		.name = "bitmap",
		.file = "runs",
		.twin = bitmap,
		/* Two runs of 2 bytes make a line of source, on average. */
		.out_cap = 4 * BATCH,
		.write = true,
	},
	{ 0 }
};

int jobs_prepare(const char *folder)
{
	struct knn_row row;
	char path[4096];
	ssize_t got;
	int fd;

	/* The neighbours of the first row are looked for. */
	snprintf(path, sizeof(path), "%s/knn", folder);
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
