/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * The checksum of a page, as PostgreSQL 15 has it in storage/checksum_impl.h: 32
 * sums, each over every 32nd word of the page, and what is between two words of one
 * sum depends on both. So four of them are made at a time, as many as there are
 * registers for.
 */
#ifndef PGL_CHECKSUM_H
#define PGL_CHECKSUM_H

#include "tuple.h"

#define CHECKSUM_SUMS	32u
#define CHECKSUM_ROW	(CHECKSUM_SUMS * 4)	/* bytes */
#define CHECKSUM_PRIME	16777619u		/* of FNV-1a */
#define CHECKSUM_AT	8u			/* pd_checksum, which is taken for 0 */

/* What the sums begin with. */
static const __u32 checksum_begin[CHECKSUM_SUMS] = {
	0x5b1f36e9, 0xb8525960, 0x02ab50aa, 0x1de66d2a,
	0x79ff467a, 0x9bb9f8a3, 0x217e7cd2, 0x83e13d2c,
	0xf8d4474f, 0xe39eb970, 0x42c6ae16, 0x993216fa,
	0x7b093b5d, 0x98daff3c, 0xf718902a, 0x0b1c9cdb,
	0xe58f764b, 0x187636bc, 0x5d7b3bb1, 0xe73de7de,
	0x92bec979, 0xcca6c0b2, 0x304a0979, 0x85aa43d4,
	0x783125bb, 0x6ca8eaa2, 0xe407eac6, 0x4b5cfc3e,
	0x9fbf8c76, 0x15ca20be, 0xf2ca9fd3, 0x959bd756,
};

static inline __u32 checksum_add(__u32 sum, __u32 word)
{
	sum ^= word;
	return sum * CHECKSUM_PRIME ^ sum >> 17;
}

static inline __u32 checksum_end(__u32 sum)
{
	return checksum_add(checksum_add(sum, 0), 0);
}

/* Four sums from the @i-th on, of which those of the first row are begun. */
static inline __u32 checksum_four(const __u8 *page, __u32 i, __u32 third)
{
	const __u8 *at = page + i * 4, *end = at + PGL_BLOCK;
	__u32 a = checksum_add(checksum_begin[i], pgl_load32(at));
	__u32 b = checksum_add(checksum_begin[i + 1], pgl_load32(at + 4));
	__u32 c = checksum_add(checksum_begin[i + 2], third);
	__u32 d = checksum_add(checksum_begin[i + 3], pgl_load32(at + 12));

	LAMBDA_UNROLL(3)
	for (at += CHECKSUM_ROW; at != end; at += CHECKSUM_ROW) {
		a = checksum_add(a, pgl_load32(at));
		b = checksum_add(b, pgl_load32(at + 4));
		c = checksum_add(c, pgl_load32(at + 8));
		d = checksum_add(d, pgl_load32(at + 12));
	}
	return checksum_end(a) ^ checksum_end(b) ^ checksum_end(c) ^
	       checksum_end(d);
}

/* Whether a page has the checksum that it says, as block @block of its table. */
static __attribute__((noinline)) int checksum_is_right(const __u8 *page,
						       __u32 block)
{
	__u32 all = block;

	/* pd_checksum is half of the third word, with pd_flags above it. */
	all ^= checksum_four(page, 0,
			     pgl_load32(page + CHECKSUM_AT) & 0xffff0000);
	for (__u32 i = 4; i < CHECKSUM_SUMS; i += 4)
		all ^= checksum_four(page, i, pgl_load32(page + i * 4 + 8));
	return all % 65535 + 1 == pgl_load16(page + CHECKSUM_AT);
}

#endif /* PGL_CHECKSUM_H */
