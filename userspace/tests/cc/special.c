// SPDX-License-Identifier: GPL-2.0-only
/* math.h, what is asked for seldom. */
#include "native.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Exactly, but for which of those that are no numbers it is. */
static void put_exact(double x)
{
	uint64_t bits = 7;

	if (!isnan(x))
		memcpy(&bits, &x, sizeof(bits));
	put64(bits);
}

/* To about eleven digits, between which two sides may not round alike. */
static void put_about(double x)
{
	int exponent = 0;

	if (isnan(x) || isinf(x) || x == 0) {
		put64(isnan(x) ? 1 : isinf(x) ? 2 : 3);
		put64(!isnan(x) && signbit(x));
		return;
	}
	x = frexp(x, &exponent);
	put64(exponent);
	put64(lrint(x * 1e11 + 0.25) >> 2);
}

static double number(int i)
{
	static const double some[] = {
		0, 0.0, 1, -1, 0.5, -2.5, 3, 1e300, -1e-300, 5e-324, -5e-324,
		INFINITY, -INFINITY, NAN, 0x1.fffffffffffffp1023, 7, 0.1,
	};
	const int count = sizeof(some) / sizeof(*some);
	uint64_t bits;
	double x;

	if (i < count)
		return i == 1 ? -some[i] : some[i];
	bits = any();
	/* Of exponents that are near each other. */
	bits = (bits & 0x800fffffffffffffull) |
	       (1023ull + bits / 3 % 60 - 30) << 52;
	memcpy(&x, &bits, sizeof(x));
	return x;
}

static void put_pair(double x, double y)
{
	int quotient = 0;

	put_exact(remainder(x, y));
	put_exact(nextafter(x, y));
	put_exact(remainderf(x, y));
	put_exact(nextafterf(x, y));
	put_exact(remquo(x, y, &quotient));
	if (isfinite(x) && !isnan(y) && y != 0)
		put64(quotient & 7);
	put_exact(fma(x, y, -(x * y)));
	put_exact(fma(x, y, x));
	put_exact(fma(x, y, 1 / y));
	put_exact(fmaf(x, y, (float)y / 3));
}

static void put_one(double x)
{
	int sign;

	put_about(asinh(x));
	put_about(acosh(x));
	put_about(atanh(x));
	put_about(erf(x));
	if (x < 25)
		put_about(erfc(x));
	if (x > -20 && x < 60)
		put_about(tgamma(x));
	if (x > 2.1 || (x > -50 && x < 0.9))
		put_about(lgamma_r(x, &sign));
	put_about(exp10(fmod(x, 300)));
	put64(lrintf(asinf(fmodf(x, 1)) * 1e4f));
	put64(lrintf(tanhf(x) * 1e4f));
	put64(lrintl(sinl(fmod(x, 100)) * 1e10L));
}

static int backward(const void *a, const void *b, void *context)
{
	++*(int *)context;
	return *(const unsigned char *)b - *(const unsigned char *)a;
}

static void program(const unsigned char *in, size_t len)
{
	unsigned char copy[100];
	int i, k, calls = 0;

	for (i = 0; i < 23; i++)
		for (k = 0; k < 23; k++) {
			double x = number(i);

			put_pair(x, number(k));
		}
	for (i = 0; i < 120; i++)
		put_one(i < 17 ? number(i) : (any() >> 40) / 1e5 - 80);
	for (i = 0; i < 100; i++)
		copy[i] = in[i % len];
	qsort_r(copy, sizeof(copy), 1, backward, &calls);
	put(copy, sizeof(copy));
	put64(calls > 100);
	srand48(77);
	put_exact(drand48());
	put_exact(drand48());
}
