// SPDX-License-Identifier: GPL-2.0-only
#include "lambda_bpf.h"

__u8 huge[(16 << 20) + 1];

LAMBDA_PROGRAM(refused)(struct lambda_ctx *ctx)
{
	return huge[ctx->in_len];
}
