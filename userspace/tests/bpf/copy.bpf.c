// SPDX-License-Identifier: GPL-2.0-only
/* The output is the input. */
#include "lambda_bpf.h"

LAMBDA_PROGRAM(copy)(struct lambda_ctx *ctx)
{
	if (ctx->out_cap < ctx->in_len)
		return -ENOSPC;
	lambda_memcpy(lambda_out(ctx), lambda_in(ctx), ctx->in_len);
	return ctx->in_len;
}
