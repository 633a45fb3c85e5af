// SPDX-License-Identifier: GPL-2.0-only
#include "lambda_bpf.h"

LAMBDA_RECORD(SBPF_IN_MAX + 1ull);

LAMBDA_PROGRAM(refused)(struct lambda_ctx *ctx)
{
	return ctx->heap_len;
}
