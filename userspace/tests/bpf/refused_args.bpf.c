// SPDX-License-Identifier: GPL-2.0-only
#include "lambda_bpf.h"

struct args {
	char bytes[SBPF_ARGS_MAX + 1];
};

LAMBDA_ARGS(struct args);

LAMBDA_PROGRAM(refused)(struct lambda_ctx *ctx)
{
	return ctx->heap_len;
}
