// SPDX-License-Identifier: GPL-2.0-only
#include "lambda_bpf.h"

LAMBDA_HEAP((256 << 20) + 1);

LAMBDA_PROGRAM(refused)(struct lambda_ctx *ctx)
{
	return ctx->heap_len != 0;
}
