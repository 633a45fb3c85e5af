/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Minimum, maximum and sum over an array of STATS_ELEMENT, which is signed. */
#ifndef LAMBDA_STATS_H
#define LAMBDA_STATS_H

#include "formats.h"
#include "lambda_bpf.h"

static inline int stats(const struct lambda_ctx *ctx)
{
	const STATS_ELEMENT *in = lambda_in(ctx);
	const STATS_ELEMENT *end = in + ctx->in_len / sizeof(*in);
	struct stats_out *out = lambda_out(ctx);
	__s64 min = (1ULL << 63) - 1, max = -min - 1;
	__u64 sum = 0;

	if (ctx->in_len % sizeof(*in))
		return -EINVAL;
	if (ctx->out_cap < sizeof(*out))
		return -ENOSPC;
	out->count = end - in;
	LAMBDA_UNROLL(4)
	for (; in != end; in++) {
		__s64 v = *in;

		sum += v;
		if (lambda_rarely(v < min))
			min = v;
		if (lambda_rarely(v > max))
			max = v;
	}
	out->min = min;
	out->max = max;
	out->sum = sum;
	return sizeof(*out);
}

/* Of neighbours: the smallest, the largest, and the sums of the rest. */
static inline int stats_merge(const struct lambda_ctx *ctx)
{
	const struct stats_out *in = lambda_in(ctx);
	__u64 parts = ctx->in_len / sizeof(*in);
	struct stats_out *out = lambda_out(ctx);

	if (ctx->in_len % sizeof(*in) || !parts)
		return -EINVAL;
	if (ctx->out_cap < sizeof(*out))
		return -ENOSPC;
	*out = in[0];
	for (__u64 i = 1; i < parts; i++) {
		if (in[i].min < out->min)
			out->min = in[i].min;
		if (in[i].max > out->max)
			out->max = in[i].max;
		out->sum = (__u64)out->sum + in[i].sum;
		out->count += in[i].count;
	}
	return sizeof(*out);
}

#endif /* LAMBDA_STATS_H */
