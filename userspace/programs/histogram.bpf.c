// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* How often each byte value occurs. */
#include "formats.h"
#include "lambda_array.h"

LAMBDA_ABOUT("how often each byte occurs");
LAMBDA_RECORD(1);
LAMBDA_OUTPUT(struct histogram_out);

LAMBDA_PROGRAM(histogram)(struct lambda_ctx *ctx)
{
	struct histogram_out *out = lambda_out(ctx);

	if (ctx->out_cap < sizeof(*out))
		return -ENOSPC;
#ifndef __bpf__
	/* Only a λ gets its output zeroed. */
	memset(out, 0, sizeof(*out));
#endif
	lambda_histogram(out->count, lambda_in(ctx), ctx->in_len);
	return sizeof(*out);
}

LAMBDA_MERGE(histogram)(struct lambda_ctx *ctx)
{
	const struct histogram_out *in = lambda_in(ctx);
	struct histogram_out *out = lambda_out(ctx);
	__u64 parts = ctx->in_len / sizeof(*in);

	if (ctx->in_len % sizeof(*in))
		return -EINVAL;
	if (ctx->out_cap < sizeof(*out))
		return -ENOSPC;
	for (__u64 i = 0; i < parts; i++)
		for (__u64 k = 0; k < 256; k++)
			out->count[k] += in[i].count[k];
	return sizeof(*out);
}
