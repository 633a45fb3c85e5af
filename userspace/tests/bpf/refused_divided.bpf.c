// SPDX-License-Identifier: GPL-2.0-only
#include "lambda_lines.h"

LAMBDA_PROGRAM(refused)(struct lambda_ctx *ctx)
{
	return ctx->in_len;
}
