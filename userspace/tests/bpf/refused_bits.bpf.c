// SPDX-License-Identifier: GPL-2.0-only
#include "lambda_bpf.h"

struct args {
	__u32 few : 3;
};

LAMBDA_ARGS(struct args);

LAMBDA_PROGRAM(refused)(struct lambda_ctx *ctx)
{
	return ctx->heap_len;
}
