/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The loops over arrays of one type of integers, for array_loops.c, which
 * includes this for each, with TYPE and
 *
 * VALUE:    the type
 * UNSIGNED: the same without sign
 * PRODUCT:  holds the product of two, or for 64 bits the lower half of it
 * SQUARE:   likewise, without sign
 * SUM:      holds the sum of ARRAY_BLOCK of them or of their distances
 * PRODUCTS: holds the sum of ARRAY_BLOCK products
 */
#define ARRAY_NAME__(name, type) array_##name##_##type
#define ARRAY_NAME_(name, type) ARRAY_NAME__(name, type)
#define ARRAY_NAME(name) ARRAY_NAME_(name, TYPE)
#define ELEMENT ARRAY_NAME(element)

/* In memory, anywhere. */
typedef VALUE ELEMENT __aligned(1) __may_alias;

static void ARRAY_NAME(fold)(struct sbpf_array *a, const ELEMENT *x, __u64 nr)
{
	VALUE min = (VALUE)a->min, max = (VALUE)a->max;
	__u64 i = 0, end;

	while (i < nr) {
		SUM sum = 0;

		for (end = array_loops_block_end(i, nr); i < end; i++) {
			VALUE v = x[i];

			min = v < min ? v : min;
			max = v > max ? v : max;
			sum += (SUM)v;
		}
		a->sum += (__u64)(__s64)sum;
	}
	a->min = (__u64)(__s64)min;
	a->max = (__u64)(__s64)max;
	a->found += nr;
}

static void ARRAY_NAME(dot)(struct sbpf_array *a, const ELEMENT *x,
			    const ELEMENT *y, __u64 nr)
{
	__u64 i = 0, end;

	while (i < nr) {
		PRODUCTS sum = 0;

		for (end = array_loops_block_end(i, nr); i < end; i++)
			sum += (PRODUCTS)((PRODUCT)x[i] * (PRODUCT)y[i]);
		a->sum += (__u64)(__s64)sum;
	}
}

static __always_inline UNSIGNED ARRAY_NAME(distance)(VALUE x, VALUE y)
{
	return (UNSIGNED)(x > y ? (UNSIGNED)x - (UNSIGNED)y :
				  (UNSIGNED)y - (UNSIGNED)x);
}

static void ARRAY_NAME(sqdiff)(struct sbpf_array *a, const ELEMENT *x,
			       const ELEMENT *y, __u64 nr)
{
	__u64 i = 0, end;

	while (i < nr) {
		PRODUCTS sum = 0;

		for (end = array_loops_block_end(i, nr); i < end; i++) {
			UNSIGNED d = ARRAY_NAME(distance)(x[i], y[i]);

			sum += (PRODUCTS)((SQUARE)d * d);
		}
		a->sum += (__u64)(__s64)sum;
	}
}

static void ARRAY_NAME(absdiff)(struct sbpf_array *a, const ELEMENT *x,
				const ELEMENT *y, __u64 nr)
{
	__u64 i = 0, end;

	while (i < nr) {
		SUM sum = 0;

		for (end = array_loops_block_end(i, nr); i < end; i++)
			sum += (SUM)ARRAY_NAME(distance)(x[i], y[i]);
		a->sum += (__u64)(__s64)sum;
	}
}

static __always_inline VALUE ARRAY_NAME(value)(const struct sbpf_array *a)
{
	return (VALUE)a->value;
}

#include "array_compare.h"

/* What op says, of @nr elements. */
static void ARRAY_NAME(step)(struct sbpf_array *a, const __u8 *x, const __u8 *y,
			     __u8 *to, __u64 nr)
{
	const ELEMENT *l = (const ELEMENT *)x, *r = (const ELEMENT *)y;

	switch (a->op) {
	case SBPF_OP_FOLD:
		ARRAY_NAME(fold)(a, l, nr);
		break;
	case SBPF_OP_DOT:
		ARRAY_NAME(dot)(a, l, r, nr);
		break;
	case SBPF_OP_SQDIFF:
		ARRAY_NAME(sqdiff)(a, l, r, nr);
		break;
	case SBPF_OP_ABSDIFF:
		ARRAY_NAME(absdiff)(a, l, r, nr);
		break;
	default:
		ARRAY_NAME(compare)(a, l, r, to, nr);
	}
}

#undef ELEMENT
#undef TYPE
#undef VALUE
#undef UNSIGNED
#undef PRODUCT
#undef SQUARE
#undef SUM
#undef PRODUCTS
#undef ARRAY_NAME__
#undef ARRAY_NAME_
#undef ARRAY_NAME
