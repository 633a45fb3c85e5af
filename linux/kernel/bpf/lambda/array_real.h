/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The loops over arrays of one type of floats, for array_float.c, which includes
 * this for each, with TYPE, VALUE, what is in memory as ELEMENT, BITS for the bits of one, ORDER
 * for the same with a sign, ORDER_ELEMENT in memory, and INFINITE, the bits of
 * infinity.
 */

/* In memory, anywhere. */
typedef VALUE ELEMENT __aligned(1) __may_alias;
typedef ORDER ORDER_ELEMENT __aligned(1) __may_alias;

/* Adds what @op makes of up to 8 elements to as many sums. */
static __always_inline void ARRAY_NAME(add)(struct float_lanes *lanes,
					    const ELEMENT *x, const ELEMENT *y,
					    enum sbpf_op op, __u32 n)
{
	__u32 k;

	for (k = 0; k < n; k++) {
		double l = x[k], r = op == SBPF_OP_FOLD ? 0 : y[k];

		if (op == SBPF_OP_DOT)
			l = l * r;
		else if (op != SBPF_OP_FOLD)
			l = l - r;
		if (op == SBPF_OP_SQDIFF)
			l = l * l;
		else if (op == SBPF_OP_ABSDIFF)
			l = __builtin_fabs(l);
		lanes->sum[k] += l;
	}
}

static __always_inline void
ARRAY_NAME(sum_by)(struct sbpf_array *a, const ELEMENT *x, const ELEMENT *y,
		   enum sbpf_op op, __u64 nr)
{
	struct float_lanes lanes = array_float_load_lanes(a);
	__u64 i;

	for (i = 0; i + SBPF_ARRAY_LANES <= nr; i += SBPF_ARRAY_LANES)
		ARRAY_NAME(add)(&lanes, x + i, y + i, op, SBPF_ARRAY_LANES);
	ARRAY_NAME(add)(&lanes, x + i, y + i, op, (__u32)(nr - i));
	array_float_store_lanes(a, &lanes);
}

static __always_inline VALUE ARRAY_NAME(of)(BITS bits)
{
	VALUE value;

	__builtin_memcpy(&value, &bits, sizeof(value));
	return value;
}

/* All bits but the sign inverted where that is set: its own inverse. */
static __always_inline ORDER ARRAY_NAME(order)(ORDER bits)
{
	return bits ^ (ORDER)((BITS)(bits >> (8 * sizeof(BITS) - 1)) >> 1);
}

/* The same as array_float_order() of the number as binary64. */
static __always_inline __s64 ARRAY_NAME(widen)(ORDER order)
{
	double x = ARRAY_NAME(of)((BITS)ARRAY_NAME(order)(order));

	return array_float_order(array_float_bits(x));
}

/* The least and the greatest; what is no number counts as neither. */
static void ARRAY_NAME(range)(struct sbpf_array *a, const ORDER_ELEMENT *x,
			      __u64 nr)
{
	ORDER min = INFINITE, max = ~INFINITE;
	__u64 i = 0, end;

	while (i < nr) {
		BITS found = 0;

		for (end = array_loops_block_end(i, nr); i < end; i++) {
			ORDER order = ARRAY_NAME(order)(x[i]);
			bool is = order <= INFINITE && order >= ~INFINITE;
			ORDER low = is ? order : INFINITE;
			ORDER high = is ? order : ~INFINITE;

			min = low < min ? low : min;
			max = high > max ? high : max;
			found += is;
		}
		a->found += found;
	}
	if (ARRAY_NAME(widen)(min) < (__s64)a->min)
		a->min = (__u64)ARRAY_NAME(widen)(min);
	if (ARRAY_NAME(widen)(max) > (__s64)a->max)
		a->max = (__u64)ARRAY_NAME(widen)(max);
}

static __always_inline VALUE ARRAY_NAME(value)(const struct sbpf_array *a)
{
	return ARRAY_NAME(of)((BITS)a->value);
}

#include "array_compare.h"

static void ARRAY_NAME(step)(struct sbpf_array *a, const __u8 *x, const __u8 *y,
			     __u8 *to, __u64 nr)
{
	const ELEMENT *l = (const ELEMENT *)x, *r = (const ELEMENT *)y;

	switch (a->op) {
	case SBPF_OP_FOLD:
		ARRAY_NAME(range)(a, (const ORDER_ELEMENT *)x, nr);
		ARRAY_NAME(sum_by)(a, l, r, SBPF_OP_FOLD, nr);
		break;
	case SBPF_OP_DOT:
		ARRAY_NAME(sum_by)(a, l, r, SBPF_OP_DOT, nr);
		break;
	case SBPF_OP_SQDIFF:
		ARRAY_NAME(sum_by)(a, l, r, SBPF_OP_SQDIFF, nr);
		break;
	case SBPF_OP_ABSDIFF:
		ARRAY_NAME(sum_by)(a, l, r, SBPF_OP_ABSDIFF, nr);
		break;
	default:
		ARRAY_NAME(compare)(a, l, r, to, nr);
	}
}

#undef TYPE
#undef VALUE
#undef ELEMENT
#undef BITS
#undef ORDER
#undef ORDER_ELEMENT
#undef INFINITE
