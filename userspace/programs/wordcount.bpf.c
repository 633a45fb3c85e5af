// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Lines, words and bytes. */
#include "formats.h"
#include "lambda_bpf.h"

LAMBDA_RECORD(1);

LAMBDA_PROGRAM(wordcount)(struct lambda_ctx *ctx)
{
	const __u8 *in = lambda_in(ctx);
	const __u8 *end = in + ctx->in_len;
	struct wordcount_out *out = lambda_out(ctx);
	__u64 lines = 0, words = 0;
	__u32 inside = 0;

	if (ctx->out_cap < sizeof(*out))
		return -ENOSPC;
	out->first = ctx->in_len && *in > ' ';
	for (; in != end; in++) {
		__u32 before = inside;

		lines += *in == '\n';
		inside = *in > ' ';
		words += inside > before;
	}
	out->lines = lines;
	out->words = words;
	out->bytes = ctx->in_len;
	out->last = inside;
	return sizeof(*out);
}

LAMBDA_MERGE(wordcount)(struct lambda_ctx *ctx)
{
	const struct wordcount_out *in = lambda_in(ctx);
	__u64 parts = ctx->in_len / sizeof(*in);
	struct wordcount_out *out = lambda_out(ctx);

	if (ctx->in_len % sizeof(*in) || !parts)
		return -EINVAL;
	if (ctx->out_cap < sizeof(*out))
		return -ENOSPC;
	*out = in[0];
	for (__u64 i = 1; i < parts; i++) {
		out->lines += in[i].lines;
		/* One word on both sides of a cut was counted twice. */
		out->words += in[i].words - (out->last && in[i].first);
		out->bytes += in[i].bytes;
		out->last = in[i].last;
	}
	return sizeof(*out);
}
