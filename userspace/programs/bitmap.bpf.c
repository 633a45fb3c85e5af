// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Expands run lengths to a bitmap, as it is written to a file. By whole words:
 * most runs are too short for a helper to pay, and a word takes one store.
 */
#include "formats.h"
#include "lambda_bpf.h"

LAMBDA_ABOUT("expands run lengths to a bitmap");

/* Sets bits @from … @to - 1, of which there is one, in words that all exist. */
static void bitmap_set_words(__u8 *out, __u64 from, __u64 to)
{
	__u8 *p = out + from / 64 * 8, *last = out + (to - 1) / 64 * 8;
	__u64 head = ~0ULL << from % 64, tail = ~0ULL >> (-to % 64);

	if (p == last) {
		lambda_store64(p, lambda_load64(p) | (head & tail));
		return;
	}
	lambda_store64(p, lambda_load64(p) | head);
	for (p += 8; p != last; p += 8)
		lambda_store64(p, ~0ULL);
	lambda_store64(p, lambda_load64(p) | tail);
}

/* The same where the last word may be cut: behind bit @whole there is none. */
static void bitmap_set_end(__u8 *out, __u64 from, __u64 to, __u64 whole)
{
	if (from < whole) {
		bitmap_set_words(out, from, whole);
		from = whole;
	}
	for (; from != to; from++)
		out[from / 8] |= 1 << from % 8;
}

LAMBDA_PROGRAM(bitmap)(struct lambda_ctx *ctx)
{
	const __u16 *run = lambda_in(ctx);
	const __u16 *end = run + ctx->in_len / sizeof(*run);
	__u64 whole = ctx->out_cap / 8 * 64;
	__u64 bit = 0;

	if (ctx->in_len % sizeof(*run))
		return -EINVAL;
	for (; run != end; run++) {
		__u64 next = bit + (*run & BITMAP_LENGTH);

		if (lambda_rarely(next > whole)) {
			if (next > ctx->out_cap * 8)
				return -ENOSPC;
			if (*run & BITMAP_ONES)
				bitmap_set_end(lambda_out(ctx), bit, next, whole);
		} else if (*run & BITMAP_ONES && next != bit) {
			bitmap_set_words(lambda_out(ctx), bit, next);
		}
		bit = next;
	}
	return (bit + 7) / 8;
}
