// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Lines, words and bytes. */
#include "formats.h"
#include "lambda_array.h"

LAMBDA_ABOUT("lines, words and bytes of a text");
LAMBDA_RECORD(1);
LAMBDA_OUTPUT(struct wordcount_out);

/* What is looked at together: what there is stack for a bit of each byte. */
#define PIECE 3072

static __u64 wordcount_ones(__u64 x)
{
	x -= x >> 1 & 0x5555555555555555ULL;
	x = (x & 0x3333333333333333ULL) + (x >> 2 & 0x3333333333333333ULL);
	x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0fULL;
	return x * 0x0101010101010101ULL >> 56;
}

LAMBDA_PROGRAM(wordcount)(struct lambda_ctx *ctx)
{
	const __u8 *in = lambda_in(ctx);
	struct wordcount_out *out = lambda_out(ctx);
	__u64 lines = 0, words = 0, inside = 0, left, n, bits[PIECE / 64];

	if (ctx->out_cap < sizeof(*out))
		return -ENOSPC;
	out->first = ctx->in_len && *in > ' ';
	/* @inside: the byte before is part of a word, which is above a space. */
	for (left = ctx->in_len; left; left -= n, in += n) {
		n = left < PIECE ? left : PIECE;
		lines += lambda_compare(SBPF_OP_EQ, SBPF_TYPE_U8, bits, in, n,
					'\n');
		lambda_compare(SBPF_OP_GT, SBPF_TYPE_U8, bits, in, n, ' ');
		LAMBDA_UNROLL(4)
		for (__u64 i = 0; i < (n + 63) / 64; i++) {
			__u64 word = bits[i];

			words += wordcount_ones(word & ~(word << 1 | inside));
			inside = word >> 63;
		}
	}
	out->lines = lines;
	out->words = words;
	out->bytes = ctx->in_len;
	out->last = ctx->in_len && in[-1] > ' ';
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
