// SPDX-License-Identifier: GPL-2.0-only
#include "lambda_bpf.h"

struct {
	int (*type)[1];
} table __section(".maps");

LAMBDA_PROGRAM(refused)(struct lambda_ctx *ctx)
{
	return (long)&table + ctx->in_len;
}
