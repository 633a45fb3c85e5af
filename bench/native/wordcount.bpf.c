// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Lines, words and bytes. */
#include "formats.h"
#include "lambda_bpf.h"

LAMBDA_RECORD(1);

/* Words are found eight bytes at a time. */
#define EACH(byte) (0x0101010101010101ULL * (byte))
#define TOP_BITS EACH(0x80)

/* The first one lowest. */
static __u64 wordcount_load(const __u8 *p)
{
	__u64 v = lambda_load64(p);

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	v = __builtin_bswap64(v);
#endif
	return v;
}

/* The top bit of each byte that is part of a word, which is above a space. */
static __u64 wordcount_in_words(__u64 v)
{
	return (((v & ~TOP_BITS) + EACH(0x7f - ' ')) | v) & TOP_BITS;
}

/* The top bit of each byte that is a newline. */
static __u64 wordcount_newlines(__u64 v)
{
	v ^= EACH('\n');
	return ~(((v & ~TOP_BITS) + EACH(0x7f)) | v) & TOP_BITS;
}

/* How many top bits there are. */
static __u64 wordcount_count(__u64 tops)
{
	return (tops >> 7) * EACH(1) >> 56;
}

LAMBDA_PROGRAM(wordcount)(struct lambda_ctx *ctx)
{
	const __u8 *in = lambda_in(ctx);
	const __u8 *end = in + ctx->in_len;
	struct wordcount_out *out = lambda_out(ctx);
	__u64 lines = 0, words = 0, inside = 0;

	if (ctx->out_cap < sizeof(*out))
		return -ENOSPC;
	out->first = ctx->in_len && *in > ' ';
	/* @inside is the top bit of the byte before, where it is part of a word. */
	for (; end - in >= 8; in += 8) {
		__u64 v = wordcount_load(in), word = wordcount_in_words(v);

		lines += wordcount_count(wordcount_newlines(v));
		words += wordcount_count(word & ~(word << 8 | inside));
		inside = word >> 56;
	}
	for (; in != end; in++) {
		__u64 word = *in > ' ' ? 0x80 : 0;

		lines += *in == '\n';
		words += word > inside;
		inside = word;
	}
	out->lines = lines;
	out->words = words;
	out->bytes = ctx->in_len;
	out->last = inside != 0;
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
