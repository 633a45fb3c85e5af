// SPDX-License-Identifier: GPL-2.0-only
/* Arguments and an output of all types that can be told; puts out the former. */
#include <stdbool.h>

#include "lambda_bpf.h"

enum colour {
	COLOUR_RED,
	COLOUR_DARK_BLUE = 7,
};

enum sign {
	MINUS = -1,
	PLUS = 1,
};

struct place {
	__s16 x;
	__s16 y[2];
};

struct types {
	__u8 small;
	bool flag;
	char letter;
	char name[12];
	enum colour colour;
	enum sign sign;
	struct place place;
	__u16 pad;
	struct place corners[2];
	union {
		__u32 word;
		__u32 same;
	};
	const volatile __u64 large;
	void *pointer;
};

LAMBDA_ARGS(struct types, .flag = 1, .letter = 'x', .name = "a, .small =",
	    .colour = COLOUR_DARK_BLUE, .sign = MINUS, .place = { 1, { -2, 3 } },
	    .pad = 0, .corners = { { .x = 5 } }, .word = 9, .large = ~0ull,
	    .pointer = (void *)0);
LAMBDA_OUTPUT(struct types);

LAMBDA_PROGRAM(types)(struct lambda_ctx *ctx)
{
	if (ctx->out_cap < ctx->args_len)
		return -ENOSPC;
	lambda_memcpy(lambda_out(ctx), lambda_args(ctx), ctx->args_len);
	return ctx->args_len;
}
