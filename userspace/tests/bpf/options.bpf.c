// SPDX-License-Identifier: GPL-2.0-only
#include "lambda_bpf.h"

LAMBDA_HEAP(5000);
LAMBDA_FRAME(4097);
LAMBDA_BUDGET(12345);
LAMBDA_RECORD(24);

LAMBDA_PROGRAM(options)(struct lambda_ctx *ctx)
{
	__u8 *heap = lambda_heap(ctx);

	heap[ctx->heap_len - 1] = 1;
	for (__u64 i = 0; i < *(const __u32 *)lambda_in(ctx); i++)
		heap[i % 4096] += i;
	return 0;
}

LAMBDA_MERGE(options)(struct lambda_ctx *ctx)
{
	return ctx->in_len;
}
