// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* The smallest useful λ: how many zero bytes are there? */
#include "lambda_bpf.h"

LAMBDA_PROGRAM(minimal)(struct lambda_ctx *ctx)
{
	const __u8 *in = lambda_in(ctx);
	__u64 zeros = 0;

	for (__u64 i = 0; i < ctx->in_len; i++)
		zeros += in[i] == 0;
	if (ctx->out_cap < sizeof(zeros))
		return -ENOSPC;
	lambda_memcpy(lambda_out(ctx), &zeros, sizeof(zeros));
	return sizeof(zeros);
}
