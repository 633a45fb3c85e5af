// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * The functions of math.h that are not exact. Each is computed in 64 bits, of
 * a series that is short because its argument was made small, and rounded: to
 * the nearest double but in about one of five hundred cases, in which it is
 * the next one. A power of a large result may be off by a few.
 */
#include <errno.h>
#include <math.h>

#include "ext.h"

static const struct ext ln2_high = { 0xb17217f7d1cf4000ull, -64, 0 };
static const struct ext ln2_low = { 0xe6af278ece600fccull, -114, 0 };
static const struct ext ln2 = { 0xb17217f7d1cf79acull, -64, 0 };
static const struct ext log2_e = { 0xb8aa3b295c17f0bcull, -63, 0 };
static const struct ext log10_e = { 0xde5bd8a937287195ull, -65, 0 };
static const struct ext half_pi = { 0xc90fdaa22168c235ull, -63, 0 };
static const struct ext pi = { 0xc90fdaa22168c235ull, -62, 0 };

/* 1, 1/2, 1/3 and so on. */
static const struct ext parts[] = {
	{ 0x8000000000000000ull, -63, 0 },
	{ 0x8000000000000000ull, -64, 0 },
	{ 0xaaaaaaaaaaaaaaabull, -65, 0 },
	{ 0x8000000000000000ull, -65, 0 },
	{ 0xcccccccccccccccdull, -66, 0 },
	{ 0xaaaaaaaaaaaaaaabull, -66, 0 },
	{ 0x9249249249249249ull, -66, 0 },
	{ 0x8000000000000000ull, -66, 0 },
	{ 0xe38e38e38e38e38eull, -67, 0 },
	{ 0xcccccccccccccccdull, -67, 0 },
	{ 0xba2e8ba2e8ba2e8cull, -67, 0 },
	{ 0xaaaaaaaaaaaaaaabull, -67, 0 },
	{ 0x9d89d89d89d89d8aull, -67, 0 },
	{ 0x9249249249249249ull, -67, 0 },
	{ 0x8888888888888889ull, -67, 0 },
	{ 0x8000000000000000ull, -67, 0 },
	{ 0xf0f0f0f0f0f0f0f1ull, -68, 0 },
	{ 0xe38e38e38e38e38eull, -68, 0 },
	{ 0xd79435e50d79435eull, -68, 0 },
	{ 0xcccccccccccccccdull, -68, 0 },
	{ 0xc30c30c30c30c30cull, -68, 0 },
	{ 0xba2e8ba2e8ba2e8cull, -68, 0 },
	{ 0xb21642c8590b2164ull, -68, 0 },
	{ 0xaaaaaaaaaaaaaaabull, -68, 0 },
	{ 0xa3d70a3d70a3d70aull, -68, 0 },
	{ 0x9d89d89d89d89d8aull, -68, 0 },
	{ 0x97b425ed097b425full, -68, 0 },
};

/* Of 0, 1/8, 1/4 and so on up to 1. */
static const struct ext arc_tangents[] = {
	{ 0, 0, 0 },
	{ 0xfeadd4d5617b6e33ull, -67, 0 },
	{ 0xfadbafc96406eb15ull, -66, 0 },
	{ 0xb7b0ca0f26f78474ull, -65, 0 },
	{ 0xed63382b0dda7b45ull, -65, 0 },
	{ 0x8f005d5ef7f59f9bull, -64, 0 },
	{ 0xa4bc7d1934f70924ull, -64, 0 },
	{ 0xb8053e2bc2319e74ull, -64, 0 },
	{ 0xc90fdaa22168c235ull, -64, 0 },
};

/* 2/pi, 64 bits of it after the other. */
static const uint64_t two_by_pi[] = {
	0xa2f9836e4e441529ull, 0xfc2757d1f534ddc0ull,
	0xdb6295993c439041ull, 0xfe5163abdebbc561ull,
	0xb7246e3a424dd2e0ull, 0x06492eea09d1921cull,
	0xfe1deb1cb129a73eull, 0xe88235f52ebb4484ull,
	0xe99c7026b45f7e41ull, 0x3991d639835339f4ull,
	0x9c845f8bbdf9283bull, 0x1ff897ffde05980full,
	0xef2f118b5a0a6d1full, 0x6d367ecf27cb09b7ull,
	0x4f463f669e5fea2dull, 0x7527bac7ebe5f17bull,
	0x3d0739f78a5292eaull, 0x6bfb5fb11f8d5d08ull,
	0x56033046fc7b6babull, 0xf0cfbc209af4361dull,
	0xa9e391615ee61b08ull,
};

#define NR_PARTS ((int)(sizeof(parts) / sizeof(*parts)))

/* e^r - 1, of r between -0.35 and 0.35. */
static struct ext elementary_exp_less_one(struct ext r)
{
	struct ext sum = EXT_ONE;
	int n;

	for (n = 18; n >= 2; n--)
		sum = ext_plus(EXT_ONE,
			       ext_times(ext_times(r, parts[n - 1]), sum));
	return ext_times(r, sum);
}

/* e^x, of x within what has a result. */
static struct ext elementary_exp_of(struct ext x)
{
	int k = (int)rint(ext_to(ext_times(x, log2_e)));
	struct ext r;

	r = ext_minus(ext_minus(x, ext_times(ext_whole(k), ln2_high)),
		      ext_times(ext_whole(k), ln2_low));
	return ext_scale(ext_plus(EXT_ONE, elementary_exp_less_one(r)), k);
}

/* The logarithm of (1 + s) / (1 - s), of s between -0.18 and 0.18. */
static struct ext elementary_log_series(struct ext s)
{
	struct ext square = ext_times(s, s), sum = parts[26];
	int n;

	for (n = 25; n >= 1; n -= 2)
		sum = ext_plus(parts[n - 1], ext_times(square, sum));
	return ext_scale(ext_times(s, sum), 1);
}

static struct ext elementary_log_of(struct ext x)
{
	int k = x.e + 63;
	struct ext m = { x.m, -63, 0 };

	/* Between the root of 1/2 and that of 2. */
	if (m.m > 0xb504f333f9de6484ull) {
		m.e--;
		k++;
	}
	m = elementary_log_series(ext_by(ext_minus(m, EXT_ONE),
					 ext_plus(m, EXT_ONE)));
	return ext_plus(ext_times(ext_whole(k), ln2), m);
}

static struct ext elementary_tangent_series(struct ext t)
{
	struct ext square = ext_times(t, t), sum = parts[18];
	int n;

	for (n = 17; n >= 1; n -= 2)
		sum = ext_minus(parts[n - 1], ext_times(square, sum));
	return ext_times(t, sum);
}

/* The arc tangent, of x from 0 on. */
static struct ext elementary_atan_of(struct ext x)
{
	int large = x.m && x.e + 63 >= 0, k;
	struct ext c;

	if (large)
		x = ext_by(EXT_ONE, x);
	k = (int)rint(ext_to(ext_scale(x, 3)));
	c = ext_scale(ext_whole(k), -3);
	x = ext_by(ext_minus(x, c), ext_plus(EXT_ONE, ext_times(x, c)));
	x = ext_plus(arc_tangents[k], elementary_tangent_series(x));
	return large ? ext_minus(half_pi, x) : x;
}

static struct ext elementary_sine_series(struct ext r, int n)
{
	struct ext square = ext_times(r, r), sum = EXT_ONE;

	for (; n >= 2; n -= 2)
		sum = ext_minus(EXT_ONE, ext_times(ext_times(square, sum),
						   ext_times(parts[n - 1],
							     parts[n - 2])));
	return sum;
}

/*
 * What is left of x after quarters of a turn, which are counted in @quarters:
 * between -pi/4 and pi/4. Of 2/pi, 192 bits are taken where they matter: those
 * before only count whole turns.
 */
static struct ext elementary_reduce_angle(double x, int *quarters)
{
	struct ext a = ext_from(fabs(x)), r;
	int e = a.e + 11, start = e > 2 ? e - 2 : 0, i;
	uint64_t m = a.m >> 11, product[4] = { 0 }, window[3];

	*quarters = 0;
	if (fabs(x) < 0.785)
		return a;
	for (i = 0; i < 3; i++) {
		int word = start / 64 + i, shift = start % 64;

		window[i] = two_by_pi[word] << shift;
		if (shift)
			window[i] |= two_by_pi[word + 1] >> (64 - shift);
	}
	/* The lowest word of the product first. */
	for (i = 2; i >= 0; i--) {
		uint64_t low = m * window[i];
		uint64_t high = lambda_multiply_high(m, window[i]);

		product[2 - i] += low;
		product[3 - i] = high + (product[2 - i] < low);
	}
	/* Its unit is 2^(e - start - 192): shifted so that it is 2^-254. */
	for (i = 62 + e - start; i > 0; i--) {
		product[3] = product[3] << 1 | product[2] >> 63;
		product[2] = product[2] << 1 | product[1] >> 63;
		product[1] = product[1] << 1 | product[0] >> 63;
		product[0] <<= 1;
	}
	*quarters = product[3] >> 62;
	product[3] <<= 2;
	product[3] |= product[2] >> 62;
	product[2] = product[2] << 2 | product[1] >> 62;
	/* More than half a quarter is less than the next. */
	i = product[3] >> 63;
	if (i) {
		*quarters = (*quarters + 1) & 3;
		product[2] = -product[2];
		product[3] = ~product[3] + !product[2];
	}
	r = ext_plus(ext_normal(product[3], -64, i),
		     ext_normal(product[2], -128, i));
	return ext_times(r, half_pi);
}

/* The sine of x, and of so many quarters of a turn more. */
static double elementary_sine_of(double x, int more)
{
	struct ext r;
	int quarters;

	if (!isfinite(x))
		return x - x;
	r = elementary_reduce_angle(x, &quarters);
	/* Backwards if x is below zero; the cosine does not mind. */
	if (signbit(x)) {
		r = ext_negate(r);
		quarters = -quarters;
	}
	quarters = (quarters + more) & 3;
	if (quarters & 1)
		r = elementary_sine_series(r, 20);
	else
		r = ext_times(r, elementary_sine_series(r, 21));
	return ext_to(quarters & 2 ? ext_negate(r) : r);
}

double sin(double x)
{
	return x == 0 ? x : elementary_sine_of(x, 0);
}

double cos(double x)
{
	return elementary_sine_of(x, 1);
}

double tan(double x)
{
	struct ext r;
	int quarters;

	if (!isfinite(x) || x == 0)
		return isfinite(x) ? x : x - x;
	r = elementary_reduce_angle(x, &quarters);
	if (quarters & 1)
		r = ext_by(ext_negate(elementary_sine_series(r, 20)),
			   ext_times(r, elementary_sine_series(r, 21)));
	else
		r = ext_by(ext_times(r, elementary_sine_series(r, 21)),
			   elementary_sine_series(r, 20));
	return ext_to(signbit(x) ? ext_negate(r) : r);
}

double atan(double x)
{
	struct ext r;

	if (isnan(x) || x == 0)
		return x;
	r = isinf(x) ? half_pi : elementary_atan_of(ext_from(fabs(x)));
	r.negative = signbit(x) != 0;
	return ext_to(r);
}

double atan2(double y, double x)
{
	struct ext r = { 0 };

	if (isnan(x) || isnan(y))
		return x + y;
	if (isinf(x) && isinf(y))
		r = elementary_atan_of(EXT_ONE);
	else if (x == 0 || isinf(y))
		r = y == 0 ? r : half_pi;
	else if (!isinf(x))
		r = elementary_atan_of(ext_by(ext_from(fabs(y)),
					      ext_from(fabs(x))));
	if (signbit(x))
		r = ext_minus(pi, r);
	r.negative = signbit(y) != 0;
	return r.m ? ext_to(r) : copysign(0, y);
}

/* Of a triangle with a right angle, a longest side of 1, and a leg of @a. */
static struct ext elementary_other_leg(struct ext a)
{
	return lambda_ext_root(ext_times(ext_minus(EXT_ONE, a),
					 ext_plus(EXT_ONE, a)));
}

double asin(double x)
{
	struct ext a;

	if (!(fabs(x) <= 1))
		return x == x ? NAN : x;
	if (x == 0)
		return x;
	a = ext_from(fabs(x));
	if (fabs(x) == 1)
		a = half_pi;
	else
		a = elementary_atan_of(ext_by(a, elementary_other_leg(a)));
	a.negative = signbit(x) != 0;
	return ext_to(a);
}

double acos(double x)
{
	struct ext a;

	if (!(fabs(x) <= 1))
		return x == x ? NAN : x;
	if (x == 0)
		return ext_to(half_pi);
	a = ext_from(fabs(x));
	a = elementary_atan_of(ext_by(elementary_other_leg(a), a));
	return ext_to(x < 0 ? ext_minus(pi, a) : a);
}

double exp(double x)
{
	if (isnan(x))
		return x;
	if (x > 709.79 || x < -745.2) {
		if (!isinf(x))
			errno = ERANGE;
		return x > 0 ? INFINITY : 0;
	}
	return ext_to(elementary_exp_of(ext_from(x)));
}

double exp2(double x)
{
	struct ext r;
	int k;

	if (isnan(x))
		return x;
	if (x >= 1024 || x < -1080)
		return x > 0 ? INFINITY : 0;
	k = (int)rint(x);
	r = ext_times(ext_from(x - k), ln2);
	return ext_to(ext_scale(ext_plus(EXT_ONE, elementary_exp_less_one(r)),
				k));
}

double expm1(double x)
{
	if (isnan(x) || x == 0)
		return x;
	if (fabs(x) < 0.34)
		return ext_to(elementary_exp_less_one(ext_from(x)));
	if (x > 709.79)
		return INFINITY;
	return x < -60 ? -1 :
	       ext_to(ext_minus(elementary_exp_of(ext_from(x)), EXT_ONE));
}

/* What a logarithm has of numbers that have none; 1 if that is all. */
static int elementary_no_logarithm(double x, double *ret)
{
	if (x > 0 && isfinite(x))
		return 0;
	if (x < 0)
		errno = EDOM;
	*ret = isnan(x) ? x : x == 0 ? -INFINITY : x < 0 ? NAN : x;
	return 1;
}

double log(double x)
{
	double ret;

	return elementary_no_logarithm(x, &ret) ? ret :
	       ext_to(elementary_log_of(ext_from(x)));
}

double log2(double x)
{
	struct ext a;
	double ret;

	if (elementary_no_logarithm(x, &ret))
		return ret;
	a = ext_from(x);
	if (a.m == 1ull << 63)
		return a.e + 63;
	return ext_to(ext_times(elementary_log_of(a), log2_e));
}

double log10(double x)
{
	double ret;

	if (elementary_no_logarithm(x, &ret))
		return ret;
	return ext_to(ext_times(elementary_log_of(ext_from(x)), log10_e));
}

double log1p(double x)
{
	struct ext a;
	double ret;

	if (isnan(x) || x == 0 || x == INFINITY)
		return x;
	if (elementary_no_logarithm(x + 1, &ret))
		return ret;
	a = ext_from(x);
	if (fabs(x) > 0.3)
		return ext_to(elementary_log_of(ext_plus(EXT_ONE, a)));
	a = ext_by(a, ext_plus(ext_scale(EXT_ONE, 1), a));
	return ext_to(elementary_log_series(a));
}

/* Powers that are products. */
static struct ext elementary_power_of(struct ext x, unsigned int n)
{
	struct ext ret = EXT_ONE;

	for (; n; n >>= 1) {
		if (n & 1)
			ret = ext_times(ret, x);
		x = ext_times(x, x);
	}
	return ret;
}

/* Whether y is a whole number, 2 if it is an odd one. */
static int elementary_is_whole(double y)
{
	if (fabs(y) >= 0x1p53)
		return 1;
	return y == trunc(y) ? 1 + ((long)y & 1) : 0;
}

static double elementary_finite_power(double x, double y, int odd)
{
	struct ext a = ext_from(fabs(x)), r;

	if (elementary_is_whole(y) && fabs(y) <= 64) {
		r = elementary_power_of(a, (unsigned int)fabs(y));
		r = y < 0 ? ext_by(EXT_ONE, r) : r;
	} else {
		r = ext_times(elementary_log_of(a), ext_from(y));
		/* Beyond all doubles, whatever the sign of r is. */
		if (r.m && r.e + 63 >= 10)
			return r.negative ? odd ? -0.0 : 0 :
			       odd ? -INFINITY : INFINITY;
		r = elementary_exp_of(r);
	}
	r.negative = odd;
	return ext_to(r);
}

double pow(double x, double y)
{
	int odd = signbit(x) && elementary_is_whole(y) == 2;

	if (y == 0 || x == 1)
		return 1;
	if (isnan(x) || isnan(y))
		return x + y;
	if (isinf(y)) {
		if (fabs(x) == 1)
			return 1;
		return (fabs(x) > 1) == (y > 0) ? INFINITY : 0;
	}
	if (x == 0 || isinf(x)) {
		double ret = (x == 0) == (y > 0) ? 0 : INFINITY;

		return odd ? -ret : ret;
	}
	if (x < 0 && !elementary_is_whole(y)) {
		errno = EDOM;
		return NAN;
	}
	return elementary_finite_power(x, y, odd);
}

double cbrt(double x)
{
	struct ext a, c;

	if (!isfinite(x) || x == 0)
		return x;
	a = ext_from(fabs(x));
	c = elementary_exp_of(ext_times(elementary_log_of(a), parts[2]));
	/* One step of Newton's doubles the bits that are right. */
	c = ext_minus(c, ext_times(ext_minus(c, ext_by(a, ext_times(c, c))),
				   parts[2]));
	c.negative = signbit(x) != 0;
	return ext_to(c);
}

double hypot(double x, double y)
{
	struct ext a, b;

	if (isinf(x) || isinf(y))
		return INFINITY;
	if (isnan(x) || isnan(y))
		return x + y;
	a = ext_from(x);
	b = ext_from(y);
	a = ext_plus(ext_times(a, a), ext_times(b, b));
	return ext_to(lambda_ext_root(a));
}

/* (e^x - e^-x) / 2 of x from 0 on, by e^x - 1 where that is small. */
static struct ext elementary_sinh_of(double x)
{
	struct ext e;

	if (x < 0.34) {
		e = elementary_exp_less_one(ext_from(x));
		return ext_scale(ext_plus(e, ext_by(e, ext_plus(e, EXT_ONE))),
				 -1);
	}
	e = elementary_exp_of(ext_from(x));
	return ext_scale(ext_minus(e, ext_by(EXT_ONE, e)), -1);
}

static struct ext elementary_cosh_of(double x)
{
	struct ext e = elementary_exp_of(ext_from(x));

	return ext_scale(ext_plus(e, ext_by(EXT_ONE, e)), -1);
}

double sinh(double x)
{
	if (!isfinite(x) || x == 0)
		return x;
	if (fabs(x) > 711)
		return copysign(INFINITY, x);
	return copysign(ext_to(elementary_sinh_of(fabs(x))), x);
}

double cosh(double x)
{
	if (isnan(x))
		return x;
	return fabs(x) > 711 ? INFINITY : ext_to(elementary_cosh_of(fabs(x)));
}

double tanh(double x)
{
	if (isnan(x) || x == 0)
		return x;
	if (fabs(x) > 22)
		return copysign(1, x);
	return copysign(ext_to(ext_by(elementary_sinh_of(fabs(x)),
				      elementary_cosh_of(fabs(x)))), x);
}
