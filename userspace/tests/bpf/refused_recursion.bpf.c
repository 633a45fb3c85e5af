// SPDX-License-Identifier: GPL-2.0-only
#include "lambda_bpf.h"

static __attribute__((noinline)) int odd(int n);

static __attribute__((noinline)) int even(int n)
{
	return n ? odd(n - 1) + 3 : 1;
}

static __attribute__((noinline)) int odd(int n)
{
	return n ? even(n - 1) * 5 : 0;
}

LAMBDA_PROGRAM(refused)(struct lambda_ctx *ctx)
{
	return even(ctx->in_len);
}
