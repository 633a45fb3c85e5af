/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Minimum, maximum and sum over an array of STATS_ELEMENT, which is STATS_TYPE. */
#ifndef LAMBDA_STATS_H
#define LAMBDA_STATS_H

#include "formats.h"
#include "lambda_array.h"

static inline int stats(const struct lambda_ctx *ctx)
{
	struct stats_out *out = lambda_out(ctx);
	struct sbpf_fold all;

	if (ctx->in_len % sizeof(STATS_ELEMENT))
		return -EINVAL;
	if (ctx->out_cap < sizeof(*out))
		return -ENOSPC;
	lambda_fold(STATS_TYPE, &all, lambda_in(ctx), ctx->in_len);
	out->min = (__s64)all.min;
	out->max = (__s64)all.max;
	out->sum = (__s64)all.sum;
	out->count = all.count;
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
