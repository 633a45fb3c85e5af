// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Expands run lengths to a bitmap, as it is written to a file. */
#include "formats.h"
#include "lambda_bpf.h"

/* Up to here some stores cost less than to call a helper. */
#define FEW 64

static void bitmap_set_bytes(__u8 *p, __u64 len)
{
	if (len > FEW) {
		lambda_memset(p, 0xff, len);
		return;
	}
	for (; len >= 8; len -= 8, p += 8)
		lambda_store64(p, ~0ULL);
	for (; len; len--)
		*p++ = 0xff;
}

/* Sets bits @from … @to - 1; @to is larger. The output starts as zeros. */
static void bitmap_set_bits(__u8 *out, __u64 from, __u64 to)
{
	__u64 first = from / 8, last = (to - 1) / 8;
	__u8 head = 0xff << from % 8, tail = 0xff >> (7 - (to - 1) % 8);

	if (first == last) {
		out[first] |= head & tail;
		return;
	}
	out[first] |= head;
	bitmap_set_bytes(out + first + 1, last - first - 1);
	out[last] |= tail;
}

LAMBDA_PROGRAM(bitmap)(struct lambda_ctx *ctx)
{
	const __u16 *run = lambda_in(ctx);
	const __u16 *end = run + ctx->in_len / sizeof(*run);
	__u64 bit = 0, bits = ctx->out_cap * 8;

	if (ctx->in_len % sizeof(*run))
		return -EINVAL;
	for (; run != end; run++) {
		__u64 next = bit + (*run & BITMAP_LENGTH);

		if (next > bits)
			return -ENOSPC;
		if (*run & BITMAP_ONES && next != bit)
			bitmap_set_bits(lambda_out(ctx), bit, next);
		bit = next;
	}
	return (bit + 7) / 8;
}
