/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* LIKE over a pattern that was taken apart. */
#ifndef PGL_LIKE_H
#define PGL_LIKE_H

#include "tuple.h"

static inline const struct pgl_part_head *pgl_next_part(const __u8 **p)
{
	const struct pgl_part_head *part = (const void *)*p;

	*p += sizeof(*part) + ((part->len + 3u) & ~3u);
	return part;
}

static inline const __u8 *pgl_skip_char(const __u8 *s, const __u8 *end,
					__u32 utf8)
{
	s++;
	while (utf8 && s < end && (*s & 0xc0) == 0x80)
		s++;
	return s;
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
		part = pgl_next_part(&p);
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
			s = pgl_skip_char(s, end, utf8);
			continue;
		}
		if (end - s >= part->len &&
		    !lambda_memcmp(s, part + 1, part->len)) {
			s += part->len;
			continue;
		}
again:
		if (!again || from == end)
			return 0;
		from++;
search:
		p = again;
		part = pgl_next_part(&p);
		s = lambda_memmem(from, end - from, part + 1, part->len);
		if (!s)
			return 0;
		from = s;
		s += part->len;
	}
}

#endif /* PGL_LIKE_H */
