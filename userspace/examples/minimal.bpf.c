// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* The smallest useful λ: how many zero bytes are there? */
#include "lambda_bpf.h"

/* A file may be cut anywhere, and the numbers of its parts add up. */
LAMBDA_RECORD(1);

LAMBDA_PROGRAM(minimal)(struct lambda_ctx *ctx)
{
	const __u8 *in = lambda_in(ctx);
	__u64 *out = lambda_out(ctx), zeros = 0;

	for (__u64 i = 0; i < ctx->in_len; i++)
		zeros += in[i] == 0;
	if (ctx->out_cap < sizeof(zeros))
		return -ENOSPC;
	*out = zeros;
	return sizeof(zeros);
}

LAMBDA_MERGE(minimal)(struct lambda_ctx *ctx)
{
	const __u64 *in = lambda_in(ctx);
	__u64 *out = lambda_out(ctx), zeros = 0;

	for (__u64 i = 0; i < ctx->in_len / sizeof(zeros); i++)
		zeros += in[i];
	*out = zeros;
	return sizeof(zeros);
}
