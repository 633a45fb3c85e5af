// SPDX-License-Identifier: GPL-2.0-only
#include "lambda_bpf.h"

static int one(int n)
{
	return n + 1;
}

static int two(int n)
{
	return n + 2;
}

int (*table[])(int n) = { one, two };

LAMBDA_PROGRAM(refused)(struct lambda_ctx *ctx)
{
	return table[ctx->in_len & 1] == one;
}
