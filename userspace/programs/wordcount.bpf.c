// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Lines, words and bytes. */
#include "formats.h"
#include "lambda_bpf.h"

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
