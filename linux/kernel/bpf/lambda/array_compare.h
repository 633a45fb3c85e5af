/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The loops that compare elements of one type, for array_int.h and array_float.c:
 * with ELEMENT, VALUE and ARRAY_NAME(). What is no number is in no order, and makes
 * none of the comparisons true.
 */

static __always_inline bool ARRAY_NAME(answer)(VALUE x, VALUE y,
					       enum array_how how, bool swap)
{
	VALUE l = swap ? y : x, r = swap ? x : y;

	return how == ARRAY_LT ? l < r : how == ARRAY_LE ? l <= r : l == r;
}

/* The answers for 64 elements. */
static __always_inline __u64
ARRAY_NAME(word)(const ELEMENT *x, const ELEMENT *y, VALUE value, bool each,
		 enum array_how how, bool swap)
{
	__u8 flags[64];
	__u32 k;

	for (k = 0; k < 64; k++)
		flags[k] = (__u8)-ARRAY_NAME(answer)(x[k], each ? y[k] : value,
						     how, swap);
	return array_loops_word(flags);
}

/* For @n, which are fewer. */
static __always_inline __u64
ARRAY_NAME(rest)(const ELEMENT *x, const ELEMENT *y, VALUE value, bool each,
		 enum array_how how, bool swap, __u32 n)
{
	__u64 word = 0;
	__u32 k;

	for (k = 0; k < n; k++) {
		word |= (__u64)ARRAY_NAME(answer)(x[k], each ? y[k] : value, how,
						  swap) << k;
		array_loops_no_vectors();
	}
	return word;
}

static __always_inline void
ARRAY_NAME(compare_by)(struct sbpf_array *a, const ELEMENT *x, const ELEMENT *y,
		       __u8 *to, __u64 nr, bool each, enum array_how how,
		       bool swap, bool invert)
{
	VALUE value = ARRAY_NAME(value)(a);
	__u64 i, word;

	for (i = 0; i + 64 <= nr; i += 64) {
		word = ARRAY_NAME(word)(x + i, y + i, value, each, how, swap);
		array_loops_put_word(a, to, i, 64, word, invert);
	}
	if (i == nr)
		return;
	word = ARRAY_NAME(rest)(x + i, y + i, value, each, how, swap,
				(__u32)(nr - i));
	array_loops_put_word(a, to, i, (__u32)(nr - i), word, invert);
}

static void ARRAY_NAME(compare)(struct sbpf_array *a, const ELEMENT *x,
				const ELEMENT *y, __u8 *to, __u64 nr)
{
	switch (a->op) {
	case SBPF_OP_EQUAL:
	case SBPF_OP_EQ_EACH:
		ARRAY_NAME(compare_by)(a, x, y, to, nr, true, ARRAY_EQ, false,
				       false);
		break;
	case SBPF_OP_NE_EACH:
		ARRAY_NAME(compare_by)(a, x, y, to, nr, true, ARRAY_EQ, false,
				       true);
		break;
	case SBPF_OP_LT_EACH:
		ARRAY_NAME(compare_by)(a, x, y, to, nr, true, ARRAY_LT, false,
				       false);
		break;
	case SBPF_OP_LE_EACH:
		ARRAY_NAME(compare_by)(a, x, y, to, nr, true, ARRAY_LE, false,
				       false);
		break;
	case SBPF_OP_LT:
		ARRAY_NAME(compare_by)(a, x, y, to, nr, false, ARRAY_LT, false,
				       false);
		break;
	case SBPF_OP_LE:
		ARRAY_NAME(compare_by)(a, x, y, to, nr, false, ARRAY_LE, false,
				       false);
		break;
	case SBPF_OP_EQ:
		ARRAY_NAME(compare_by)(a, x, y, to, nr, false, ARRAY_EQ, false,
				       false);
		break;
	case SBPF_OP_NE:
		ARRAY_NAME(compare_by)(a, x, y, to, nr, false, ARRAY_EQ, false,
				       true);
		break;
	case SBPF_OP_GE:
		ARRAY_NAME(compare_by)(a, x, y, to, nr, false, ARRAY_LE, true,
				       false);
		break;
	default: /* GT */
		ARRAY_NAME(compare_by)(a, x, y, to, nr, false, ARRAY_LT, true,
				       false);
	}
}
