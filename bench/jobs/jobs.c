// SPDX-License-Identifier: GPL-2.0-only
/* The table: one entry for each λ program, with its arguments. */
#include <string.h>

#include "jobs.h"

native_fn bitmap_vector, csvfilter_vector, grep_vector, histogram_vector,
	  knn_vector, touch_vector, stats32_vector, stats64_vector,
	  wordcount_vector;

/* What a search would look for in source text. */
static const char pattern[] = "copy_from_user";

static const struct csvfilter_args long_lines = {
	.column = 2,
	.op = CSVFILTER_GE,
	.value = 80,
};

static struct knn_args neighbour;

const struct job jobs[] = {
	{
		.name = "touch",
		.file = "numbers",
		.native = touch_vector,
		.extra = 8,
		.overhead = true,
	}, {
		.name = "stats32",
		.file = "numbers",
		.native = stats32_vector,
		.extra = sizeof(struct stats_out),
	}, {
		.name = "stats64",
		.file = "numbers",
		.native = stats64_vector,
		.extra = sizeof(struct stats_out),
	}, {
		.name = "knn",
		.file = "numbers",
		.native = knn_vector,
		.out = sizeof(struct knn_out),
		.per = sizeof(struct knn_row),
		.args = &neighbour,
		.args_len = sizeof(neighbour),
	}, {
		.name = "grep",
		.file = "text",
		.native = grep_vector,
		.out = sizeof(__s64),
		.per = GREP_ROW,
		.args = pattern,
		.args_len = sizeof(pattern) - 1,
	}, {
		.name = "wordcount",
		.file = "text",
		.native = wordcount_vector,
		.extra = sizeof(struct wordcount_out),
	}, {
		.name = "histogram",
		.file = "text",
		.native = histogram_vector,
		.extra = sizeof(struct histogram_out),
	}, {
		.name = "csvfilter",
		.file = "csv",
		.native = csvfilter_vector,
		.out = 1,
		.per = 1,
		.extra = 4096,
		.args = &long_lines,
		.args_len = sizeof(long_lines),
	}, {
		.name = "bitmap",
		.file = "bits",
		.native = bitmap_vector,
		.expand = 32,
		.source = "runs",
	},
};

const size_t nr_jobs = ARRAY_SIZE(jobs);

const struct job *jobs_find(const char *name)
{
	size_t k;

	for (k = 0; k < nr_jobs; k++)
		if (!strcmp(jobs[k].name, name))
			return &jobs[k];
	return NULL;
}

void jobs_set_neighbour(const struct knn_row *row)
{
	memcpy(neighbour.coord, row->coord, sizeof(neighbour.coord));
}
