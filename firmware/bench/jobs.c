// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What each program is run on: made up here, alike each time. */
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

static const char pattern[] = "lambda function";
static const struct csvfilter_args filter = {
	.column = 2, .op = CSVFILTER_GE, .value = 80,
};

static __u8 input[INPUT], text[INPUT], csv[INPUT];
static __u16 runs[INPUT / 2];

const struct job jobs[] = {
	{ "stats32", TWINS(stats32), input, NULL, 0 },
	{ "stats64", TWINS(stats64), input, NULL, 0 },
	{ "knn", TWINS(knn), input, input, sizeof(struct knn_args) },
	{ "histogram", TWINS(histogram), input, NULL, 0 },
	{ "wordcount", TWINS(wordcount), text, NULL, 0 },
	{ "grep", TWINS(grep), text, pattern, sizeof(pattern) - 1 },
	{ "csvfilter", TWINS(csvfilter), csv, &filter, sizeof(filter) },
	{ "bitmap", TWINS(bitmap), (const __u8 *)runs, NULL, 0 },
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

void make_inputs(void)
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
	/* Runs whose bits fit the output. */
	for (at = 0; at < INPUT / 2; at++)
		runs[at] = pick(2) << 15 | pick(60);
}
