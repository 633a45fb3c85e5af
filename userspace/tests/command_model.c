// SPDX-License-Identifier: GPL-2.0-only
/* Programs with their native versions, and files for them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <formats.h>

#include "command_model.h"

static const struct csvfilter_args second_is_half = {
	.column = 1, .op = CSVFILTER_GE, .value = 500,
};

static const struct knn_args point = { .coord = { 1, -2, 3 } };

const struct model_program model_programs[] = {
	{ "programs/wordcount", "wordcount", wordcount, .record = 1 },
	{ "programs/stats64", "stats64", stats64, .record = 8 },
	{ "programs/stats32", "stats32", stats32, .record = 4 },
	{ "programs/knn", "knn", knn, .record = sizeof(struct knn_row),
	  .strict = true, .words = { "coord=1,-2,3" },
	  .block = &point, .block_len = sizeof(point) },
	{ "programs/histogram", "histogram", histogram, .record = 1 },
	{ "programs/grep", "grep", grep, .record = GREP_ROW,
	  .args = { "--args=str:ab" }, .block = "ab", .block_len = 2 },
	{ "programs/csvfilter", "csvfilter", csvfilter_whole, .lines = true,
	  .args = { "--args=u32:1", "--args=u32:5", "--args=i64:500" },
	  .block = &second_is_half, .block_len = sizeof(second_is_half) },
	{ "programs/csvfilter", "csvfilter", csvfilter_whole, .lines = true,
	  .words = { "value=500", "op=GE", "column=1" },
	  .block = &second_is_half, .block_len = sizeof(second_is_half) },
	{ "tests/rows", "rows", rows, .record = 24 },
	{ "tests/rows", "count_rows", count_rows, .record = 24 },
	{ "tests/lines", "lines", lines, .lines = true },
	{ "tests/whole", "whole", whole, .record = 0 },
};

const size_t model_nr_programs = sizeof(model_programs) /
				 sizeof(*model_programs);

static uint64_t state;

void model_seed(uint64_t seed)
{
	state = seed;
}

/* SplitMix64 (Steele, Lea, Flood 2014). */
uint64_t model_random(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

uint64_t below(uint64_t n)
{
	return model_random() % n;
}

bool chance(unsigned int percent)
{
	return below(100) < percent;
}

struct model_answer model_answer(const struct model_program *program,
				 const void *in, size_t len, off_t offset)
{
	static unsigned char *out, *copy;
	size_t cap = len < 65536 ? 65536 : len;
	struct lambda_ctx ctx = {
		.in_len = len,
		.out_cap = cap,
		.args = (uintptr_t)program->block,
		.args_len = program->block_len,
		.offset = offset,
	};

	out = realloc(out, cap);
	copy = realloc(copy, len + 1);
	if (!out || !copy)
		abort();
	/* Native code may ask for alignment, which a range of a file has not. */
	memcpy(copy, in, len);
	ctx.in = (uintptr_t)copy;
	memset(out, 0, cap);
	ctx.out = (uintptr_t)out;
	return (struct model_answer){ program->native(&ctx), out };
}

/* Rows of three columns, now and then one with a column that is very long. */
static size_t add_row(char *to, size_t room, unsigned int i, bool longer)
{
	size_t len = snprintf(to, room, "row %u,%u,", i, i * 7 % 1000), more;

	if (len >= room)
		return room;
	more = longer && below(1000) == 0 ? below(1500000) : below(60);
	for (; more && len < room; more--)
		to[len++] = "abcdefgh ,"[below(10)];
	if (len < room)
		to[len++] = '\n';
	return len;
}

static void fill_text(char *to, bool longer)
{
	size_t len = 0;
	unsigned int i;

	for (i = 0; len < POOL_SIZE; i++)
		len += add_row(to + len, POOL_SIZE - len, i, longer);
}

static void fill_bytes(unsigned char *to)
{
	size_t i;

	for (i = 0; i < POOL_SIZE; i += 8) {
		uint64_t value = model_random();

		memcpy(to + i, &value, sizeof(value));
	}
}

const unsigned char *model_pool(unsigned int kind)
{
	static unsigned char *pools[MODEL_POOLS];
	uint64_t before = state;

	if (pools[kind])
		return pools[kind];
	pools[kind] = malloc(POOL_SIZE);
	if (!pools[kind])
		abort();
	model_seed(kind);
	switch (kind) {
	case 0:
	case 1:
		fill_text((char *)pools[kind], kind);
		break;
	case 2:
		fill_bytes(pools[kind]);
		break;
	default:
		/* No newline at all. */
		memset(pools[kind], 'x', POOL_SIZE);
	}
	state = before;
	return pools[kind];
}
