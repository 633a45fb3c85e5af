// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What each program is run on: made up here, alike each time, or given. */
#include <stdio.h>
#include <string.h>

#include "bench.h"

#define DECLARE(name) \
	int name(struct lambda_ctx *ctx); \
	int name##_vector(struct lambda_ctx *ctx)
#define TWINS(name) .twins = { name, name##_vector }

DECLARE(bitmap);
DECLARE(csvfilter);
DECLARE(grep);
DECLARE(histogram);
DECLARE(knn);
DECLARE(stats32);
DECLARE(stats64);
DECLARE(wordcount);

/* What a search would look for in source text. */
static const char pattern[] = "copy_from_user";
static const struct csvfilter_args filter = {
	.column = 2, .op = CSVFILTER_GE, .value = 80,
};

/* Runs that expand to 32 times as much. */
#define RUNS	(OUTPUT / 32)

static __u8 input[INPUT], text[INPUT], csv[INPUT];
static __u16 runs[RUNS / 2];

const struct job jobs[] = {
	{ "stats32", TWINS(stats32), input, INPUT, NULL, 0 },
	{ "stats64", TWINS(stats64), input, INPUT, NULL, 0 },
	{ "knn", TWINS(knn), input, INPUT, input, sizeof(struct knn_args) },
	{ "histogram", TWINS(histogram), text, INPUT, NULL, 0 },
	{ "wordcount", TWINS(wordcount), text, INPUT, NULL, 0 },
	{ "grep", TWINS(grep), text, INPUT, pattern, sizeof(pattern) - 1 },
	{ "csvfilter", TWINS(csvfilter), csv, INPUT, &filter, sizeof(filter) },
	{ "bitmap", TWINS(bitmap), (const __u8 *)runs, RUNS, NULL, 0 },
};

const unsigned int nr_jobs = ARRAY_SIZE(jobs);

static __u32 pick(__u32 below)
{
	static __u64 state = 88172645463325252ull;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (__u32)(state >> 33) % below;
}

static void make_inputs(void)
{
	char line[64];
	__u32 at, len;

	for (at = 0; at < INPUT; at++) {
		input[at] = pick(256);
		text[at] = pick(6) ? 'a' + pick(26) : pick(8) ? ' ' : '\n';
	}
	for (at = 0; at < INPUT; at += len) {
		len = snprintf(line, sizeof(line), "%u,name%u,%u,x\n",
			       pick(100000), pick(100), pick(100));
		len = len < INPUT - at ? len : INPUT - at;
		memcpy(csv + at, line, len);
	}
	for (at = 0; at < RUNS / 2; at += 2) {
		len = pick(1024);
		runs[at] = BITMAP_ONES | len;
		runs[at + 1] = 1024 - len;
	}
}

static void read_file(const char *folder, const char *name, void *to,
		      size_t len)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "re");
	if (!file || fread(to, 1, len, file) != len)
		die(path, "is missing or too short");
	fclose(file);
}

void get_inputs(const char *folder)
{
	if (!folder) {
		make_inputs();
		return;
	}
	read_file(folder, "numbers", input, INPUT);
	read_file(folder, "text", text, INPUT);
	read_file(folder, "csv", csv, INPUT);
	read_file(folder, "runs", runs, RUNS);
}
