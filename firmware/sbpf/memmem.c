// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Substring search in linear time and constant space.
 *
 * Most places are ruled out by the first and the last byte of the needle, for
 * which many places are looked at together. That is quick until the haystack is
 * full of near matches; then the search goes on by the two-way algorithm of
 * Crochemore and Perrin: the needle is cut where its right part is a maximal
 * suffix; the right part is compared forwards, then the left one backwards,
 * and every mismatch allows a shift that repays the comparisons.
 */
#include <string.h>

#include "internal.h"

/* Where the maximal suffix of @x begins, less one, and its period. */
static ptrdiff_t memmem_maximal_suffix(const __u8 *x, ptrdiff_t len,
				       bool reverse, ptrdiff_t *period)
{
	ptrdiff_t suffix = -1, at = 0, k = 1;

	*period = 1;
	while (at + k < len) {
		__u8 a = x[at + k], b = x[suffix + k];

		if (a == b) {
			if (k++ == *period) {
				at += *period;
				k = 1;
			}
		} else if (reverse ? a > b : a < b) {
			at += k;
			k = 1;
			*period = at - suffix;
		} else {
			suffix = at++;
			k = 1;
			*period = 1;
		}
	}
	return suffix;
}

struct needle {
	const __u8 *x;
	ptrdiff_t len;
	ptrdiff_t cut;		/* last index of the left part, or -1 */
	ptrdiff_t period;	/* shift when the right part matches */
	bool periodic;		/* the whole needle has that period */
};

static void memmem_cut_needle(struct needle *n)
{
	ptrdiff_t other_period;
	ptrdiff_t other =
		memmem_maximal_suffix(n->x, n->len, true, &other_period);

	n->cut = memmem_maximal_suffix(n->x, n->len, false, &n->period);
	if (other > n->cut) {
		n->cut = other;
		n->period = other_period;
	}
	n->periodic = n->cut + 1 + n->period <= n->len &&
		      !memcmp(n->x, n->x + n->period, n->cut + 1);
	if (!n->periodic) {
		ptrdiff_t right = n->len - n->cut - 1;

		n->period = (n->cut + 1 > right ? n->cut + 1 : right) + 1;
	}
}

static const __u8 *memmem_search(const struct needle *n, const __u8 *y,
				 ptrdiff_t hay_len)
{
	ptrdiff_t known = -1;	/* last index of the prefix known to match */
	ptrdiff_t j = 0, i;

	while (j <= hay_len - n->len) {
		const __u8 *p;

		if (known < 0) {
			/* Nothing to lose: leap to the right part's start. */
			p = memchr(y + j + n->cut + 1, n->x[n->cut + 1],
				   hay_len - n->len - j + 1);
			if (!p)
				return NULL;
			j = p - y - n->cut - 1;
		}
		i = (n->cut > known ? n->cut : known) + 1;
		while (i < n->len && n->x[i] == y[i + j])
			i++;
		if (i < n->len) {
			j += i - n->cut;
			known = -1;
			continue;
		}
		for (i = n->cut; i > known && n->x[i] == y[i + j]; )
			i--;
		if (i <= known)
			return y + j;
		j += n->period;
		known = n->periodic ? n->len - n->period - 1 : -1;
	}
	return NULL;
}

/* Places looked at together, anywhere in memory; the compiler knows how. */
typedef __u8 lanes __attribute__((vector_size(16), aligned(1), may_alias));
typedef __u64 words __attribute__((vector_size(16)));

/* Comparisons in vain that are too few to give up for. */
#define PATIENCE	4096u

/* Sets to other than 0 where @y is @first and, @span on, @last; if anywhere. */
static bool memmem_find_candidates(lanes *found, const __u8 *y, ptrdiff_t span,
				   __u8 first, __u8 last)
{
	words all;

	*found = (lanes)((*(const lanes *)y == first) &
			 (*(const lanes *)(y + span) == last));
	all = (words)*found;
	return all[0] | all[1];
}

/*
 * Looks at places as long as that is quick. Returns the match, or NULL with
 * the next place to look at in @at.
 */
static const __u8 *memmem_scan(const struct needle *n, const __u8 *y,
			       ptrdiff_t hay_len, ptrdiff_t *at)
{
	ptrdiff_t end = hay_len - n->len + 1 - (ptrdiff_t)sizeof(lanes), j;
	ptrdiff_t vain = -(ptrdiff_t)PATIENCE;
	lanes found;
	__u32 k;

	for (j = 0; j <= end; j += sizeof(lanes), vain -= sizeof(lanes)) {
		if (!memmem_find_candidates(&found, y + j, n->len - 1, n->x[0],
					    n->x[n->len - 1]))
			continue;
		for (k = 0; k < sizeof(lanes) && vain <= 0; k++) {
			if (!found[k])
				continue;
			if (!memcmp(y + j + k, n->x, n->len))
				return y + j + k;
			vain += n->len;
		}
		if (vain > 0) {
			j += k;
			break;
		}
	}
	*at = j;
	return NULL;
}

const __u8 *sbpf_memmem(const __u8 *hay, size_t hay_len, const __u8 *needle,
			size_t needle_len)
{
	struct needle n = { .x = needle, .len = (ptrdiff_t)needle_len };
	const __u8 *match;
	ptrdiff_t at;

	if (needle_len == 0)
		return hay;
	if (needle_len > hay_len)
		return NULL;
	match = memmem_scan(&n, hay, (ptrdiff_t)hay_len, &at);
	if (match || at > (ptrdiff_t)(hay_len - needle_len))
		return match;
	memmem_cut_needle(&n);
	return memmem_search(&n, hay + at, (ptrdiff_t)hay_len - at);
}
