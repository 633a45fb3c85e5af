// SPDX-License-Identifier: GPL-2.0-only
#include "lambda_lines.h"

LAMBDA_LINES();

LAMBDA_LINES_PROGRAM(refused)(struct lambda_ctx *ctx)
{
	return ctx->in_len;
}
