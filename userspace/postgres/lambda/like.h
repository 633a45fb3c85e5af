/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* LIKE over a pattern that was taken apart. */
#ifndef PGL_LIKE_H
#define PGL_LIKE_H

#include "tuple.h"

static inline const struct pgl_part_head *pgl_like_next_part(const __u8 **p)
{
	const struct pgl_part_head *part = (const void *)*p;

	*p += sizeof(*part) + ((part->len + 3u) & ~3u);
	return part;
}

static inline const __u8 *pgl_like_skip_char(const __u8 *s, const __u8 *end,
					     __u32 utf8)
{
	s++;
	while (utf8 && s < end && (*s & 0xc0) == 0x80)
		s++;
	return s;
}

#define LIKE_ONES	0x0101010101010101ULL
#define LIKE_HIGH	0x8080808080808080ULL
#define LIKE_LONG	512u	/* bytes from which on a helper is called */

/* Whether the text at @s goes on as @part does behind its first two bytes. */
static inline int pgl_like_goes_on(const __u8 *s,
				   const struct pgl_part_head *part)
{
	const __u8 *p = (const __u8 *)(part + 1);

	for (__u32 i = 2; i < part->len; i++)
		if (s[i] != p[i])
			return 0;
	return 1;
}

/* The first place in [@s, @last] where the text of @part is; NULL: none. */
static inline const __u8 *
pgl_like_search_bytes(const __u8 *s, const __u8 *last,
		      const struct pgl_part_head *part)
{
	const __u8 *p = (const __u8 *)(part + 1);

	for (; s <= last; s++)
		if (s[0] == p[0] && s[1] == p[1] && pgl_like_goes_on(s, part))
			return s;
	return NULL;
}

/*
 * The first place of the text of @part in [@s, @end). The texts of columns are
 * short: to look for two of its bytes in eight places at a time costs less than
 * to call for it. Where the lowest such place is said to be there is one, and
 * above it perhaps.
 */
static __attribute__((noinline)) const __u8 *
pgl_search(const __u8 *s, const __u8 *end, const struct pgl_part_head *part)
{
	const __u8 *p = (const __u8 *)(part + 1), *last = end - part->len;
	__u64 first, second, x;

	if (end - s < part->len)
		return NULL;
	if (part->len < 2 || end - s >= LIKE_LONG)
		return lambda_memmem(s, end - s, p, part->len);
	first = p[0] * LIKE_ONES;
	second = p[1] * LIKE_ONES;
	for (; end - s >= 9; s += 8) {
		x = (pgl_load64(s) ^ first) | (pgl_load64(s + 1) ^ second);
		if ((x - LIKE_ONES) & ~x & LIKE_HIGH) {
			const __u8 *to = last - s > 7 ? s + 7 : last;
			const __u8 *found = pgl_like_search_bytes(s, to, part);

			if (found)
				return found;
		}
	}
	return pgl_like_search_bytes(s, last, part);
}

/*
 * After a wildcard comes a text or the end. The first place where the text is
 * found is tried, and when what follows does not fit, the next one.
 */
static __attribute__((noinline)) int
pgl_is_like(const __u8 *s, __u32 len, const __u8 *p, const __u8 *pend,
	    __u32 utf8)
{
	const __u8 *end = s + len, *again = NULL, *from = NULL;

	for (;;) {
		const struct pgl_part_head *part;

		if (p == pend) {
			if (s == end)
				return 1;
			goto again;
		}
		part = pgl_like_next_part(&p);
		if (part->kind == PGL_PART_ANY) {
			if (p == pend)
				return 1;
			again = p;
			from = s;
			goto search;
		}
		if (part->kind == PGL_PART_CHAR) {
			if (s == end)
				goto again;
			s = pgl_like_skip_char(s, end, utf8);
			continue;
		}
		if (end - s >= part->len &&
		    pgl_tuple_same(s, (const void *)(part + 1), part->len)) {
			s += part->len;
			continue;
		}
again:
		if (!again || from == end)
			return 0;
		from++;
search:
		p = again;
		part = pgl_like_next_part(&p);
		s = pgl_search(from, end, part);
		if (!s)
			return 0;
		from = s;
		s += part->len;
	}
}

#endif /* PGL_LIKE_H */
