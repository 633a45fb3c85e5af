// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* How often each byte value occurs, counted in a global array. */
#include "formats.h"
#include "lambda_bpf.h"

LAMBDA_RECORD(1);

static struct histogram_out seen;

LAMBDA_PROGRAM(histogram)(struct lambda_ctx *ctx)
{
	const __u8 *in = lambda_in(ctx);
	__u64 *count = seen.count;

	if (ctx->out_cap < sizeof(seen))
		return -ENOSPC;
#ifndef __bpf__
	/* Only a λ gets its globals afresh for each request. */
	memset(&seen, 0, sizeof(seen));
#endif
	lambda_keep(count);
	LAMBDA_UNROLL(8)
	for (const __u8 *end = in + ctx->in_len; in != end; in++)
		count[*in]++;
	lambda_memcpy(lambda_out(ctx), &seen, sizeof(seen));
	return sizeof(seen);
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
