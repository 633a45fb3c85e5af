// SPDX-License-Identifier: GPL-2.0-only
#include "lambda_bpf.h"

extern int elsewhere;

LAMBDA_PROGRAM(refused)(struct lambda_ctx *ctx)
{
	return elsewhere + ctx->in_len;
}
