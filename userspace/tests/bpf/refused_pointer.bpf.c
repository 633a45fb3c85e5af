// SPDX-License-Identifier: GPL-2.0-only
#include "lambda_bpf.h"

static __attribute__((noinline)) int one(int n)
{
	return n + 1;
}

LAMBDA_PROGRAM(refused)(struct lambda_ctx *ctx)
{
	*(__u64 *)lambda_out(ctx) = (__u64)&one;
	return one(8);
}
