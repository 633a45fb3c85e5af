// SPDX-License-Identifier: GPL-2.0-only
// says: through a pointer to no function of that type
#include <lambda_bpf.h>

static int one(int n)
{
	return n + 1;
}

static long other(long n)
{
	return n + 2;
}

static void *volatile pointers[] = { other, one };

LAMBDA_PROGRAM(ends)(struct lambda_ctx *ctx)
{
	int (*f)(int n) = pointers[ctx->out_cap & 0];

	return f(1);
}
