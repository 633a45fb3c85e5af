// SPDX-License-Identifier: GPL-2.0-only
#include "lambda_bpf.h"

LAMBDA_PROGRAM(refused)(struct lambda_ctx *ctx)
{
	return ctx->heap_len;
}

LAMBDA_MERGE(refused)(struct lambda_ctx *ctx)
{
	return ctx->in_len;
}
