// SPDX-License-Identifier: GPL-2.0-only
#include "lambda_bpf.h"

static __u64 counter;

LAMBDA_PROGRAM(refused)(struct lambda_ctx *ctx)
{
	__sync_fetch_and_add(&counter, ctx->in_len);
	return 0;
}
