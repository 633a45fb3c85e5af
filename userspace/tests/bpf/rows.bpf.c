// SPDX-License-Identifier: GPL-2.0-only
/* Rows of 24 bytes: the first number of each, and how many there are. */
#include "lambda_bpf.h"

#define ROW	24

LAMBDA_RECORD(ROW);

/* One after the other, which is all that putting parts together takes. */
LAMBDA_PROGRAM(rows)(struct lambda_ctx *ctx)
{
	const __u8 *in = lambda_in(ctx);
	__u64 rows = ctx->in_len / ROW, i;
	__u64 *out = lambda_out(ctx);

	if (ctx->out_cap < rows * sizeof(*out))
		return -ENOSPC;
	for (i = 0; i < rows; i++)
		out[i] = lambda_load64(in + i * ROW);
	return rows * sizeof(*out);
}

/* A number, which parts have to be merged to. */
LAMBDA_PROGRAM(count_rows)(struct lambda_ctx *ctx)
{
	__u64 *out = lambda_out(ctx);

	if (ctx->out_cap < sizeof(*out))
		return -ENOSPC;
	*out = ctx->in_len / ROW;
	return sizeof(*out);
}

LAMBDA_MERGE(count_rows)(struct lambda_ctx *ctx)
{
	const __u64 *in = lambda_in(ctx);
	__u64 *out = lambda_out(ctx), sum = 0;

	if (ctx->in_len % sizeof(*in) || ctx->out_cap < sizeof(*out))
		return -EINVAL;
	for (__u64 i = 0; i < ctx->in_len / sizeof(*in); i++)
		sum += in[i];
	*out = sum;
	return sizeof(*out);
}
