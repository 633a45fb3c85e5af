/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Numbers of 64 bits and an exponent, in which functions are computed that
 * a double is the result of: eleven bits more leave few of them to be wrong.
 */
#ifndef LAMBDA_EXT_H
#define LAMBDA_EXT_H

#include "float.h"

/* m * 2^e, below zero if @negative; the top bit of @m is set, or all are 0. */
struct ext {
	uint64_t m;
	int e;
	int negative;
};

#define EXT_ONE ((struct ext) { 1ull << 63, -63, 0 })

static inline struct ext ext_normal(uint64_t m, int e, int negative)
{
	int zeros;

	if (!m)
		return (struct ext) { 0 };
	zeros = __builtin_clzll(m);
	return (struct ext) { m << zeros, e - zeros, negative };
}

/* Of a number that is finite. */
static inline struct ext ext_from(double x)
{
	uint64_t bits = lambda_bits_of(x), m;
	int e;

	m = bits & ((1ull << 52) - 1);
	e = bits >> 52 & 0x7ff;
	m |= e ? 1ull << 52 : 0;
	return ext_normal(m, (e ? e : 1) - 1075, bits >> 63);
}

static inline double ext_to(struct ext a)
{
	uint64_t bits = lambda_double_scale(a.m, a.e);

	return lambda_double_of(bits | (uint64_t)a.negative << 63);
}

static inline struct ext ext_negate(struct ext a)
{
	a.negative = !a.negative;
	return a;
}

/* Half, double and so on. */
static inline struct ext ext_scale(struct ext a, int by)
{
	a.e += by;
	return a;
}

struct ext lambda_ext_add(struct ext a, struct ext b);
struct ext lambda_ext_multiply(struct ext a, struct ext b);
struct ext lambda_ext_divide(struct ext a, struct ext b);
struct ext lambda_ext_root(struct ext a);

static inline struct ext ext_plus(struct ext a, struct ext b)
{
	return lambda_ext_add(a, b);
}

static inline struct ext ext_minus(struct ext a, struct ext b)
{
	return lambda_ext_add(a, ext_negate(b));
}

static inline struct ext ext_times(struct ext a, struct ext b)
{
	return lambda_ext_multiply(a, b);
}

static inline struct ext ext_by(struct ext a, struct ext b)
{
	return lambda_ext_divide(a, b);
}

static inline struct ext ext_whole(int n)
{
	return ext_normal(n < 0 ? -(int64_t)n : n, 0, n < 0);
}

#endif /* LAMBDA_EXT_H */
