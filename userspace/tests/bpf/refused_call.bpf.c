// SPDX-License-Identifier: GPL-2.0-only
#include "lambda_bpf.h"

extern int bpf_printk(const char *text);

static __attribute__((noinline)) int say(int n)
{
	return bpf_printk("hello") + n;
}

LAMBDA_PROGRAM(refused)(struct lambda_ctx *ctx)
{
	return say(ctx->in_len);
}
