// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two programs and the functions that both or one of them call, in another
 * order than they are called, and libc's functions as a compiler calls them.
 */
#include <linux/sbpf.h>

#include "libc.h"

#define apart __attribute__((noinline))

static apart int last(int n)
{
	return n * 7 + 1;
}

static apart int middle(int n)
{
	return last(n) ^ 0x55;
}

apart int unused(int n)
{
	return last(n) + middle(n);
}

__attribute__((section("lambda/first"), used)) int
first(struct lambda_ctx *ctx)
{
	memcpy((void *)ctx->out, (void *)ctx->in, ctx->in_len);
	return middle(ctx->in_len) & 0xf;
}

__attribute__((section("lambda"), used)) int second(struct lambda_ctx *ctx)
{
	memset((void *)ctx->out, 0x5a, ctx->out_cap);
	return last(ctx->in_len) & 0xf;
}
