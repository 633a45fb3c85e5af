// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* math.h: what is exact, by the bits of a double where that is shorter. */
#include <math.h>
#include <stdint.h>

#include "float.h"

#define SIGN (1ull << 63)
#define INFINITE (0x7ffull << 52)

/* The power of two that a number has, from 0 for those nearest to one. */
static int math_power_of(double x)
{
	return (int)(lambda_bits_of(x) >> 52 & 0x7ff) - 1023;
}

double fabs(double x)
{
	return __builtin_fabs(x);
}

double copysign(double x, double y)
{
	return __builtin_copysign(x, y);
}

double sqrt(double x)
{
	return lambda_double_of(lambda_double_root(lambda_bits_of(x)));
}

double trunc(double x)
{
	int power = math_power_of(x);

	if (power >= 52)
		return isnan(x) ? x + x : x;
	if (power < 0)
		return lambda_double_of(lambda_bits_of(x) & SIGN);
	return lambda_double_of(lambda_bits_of(x) & ~(~0ull >> 12 >> power));
}

double floor(double x)
{
	double whole = trunc(x);

	return whole > x ? whole - 1 : whole;
}

double ceil(double x)
{
	double whole = trunc(x);

	return copysign(whole < x ? whole + 1 : whole, x);
}

double round(double x)
{
	double whole = trunc(x);

	if (fabs(x - whole) >= 0.5)
		whole += copysign(1, x);
	return copysign(whole, x);
}

/* To nearest and even: adding this and taking it away leaves no fraction. */
double rint(double x)
{
	volatile double large = copysign(0x1p52, x);

	if (math_power_of(x) >= 52)
		return isnan(x) ? x + x : x;
	return copysign(x + large - large, x);
}

double nearbyint(double x)
{
	return rint(x);
}

long lround(double x)
{
	return (long)round(x);
}

long long llround(double x)
{
	return (long long)round(x);
}

long lrint(double x)
{
	return (long)rint(x);
}

long long llrint(double x)
{
	return (long long)rint(x);
}

double fmod(double x, double y)
{
	return lambda_double_of(lambda_double_remainder(lambda_bits_of(x),
						      lambda_bits_of(y)));
}

double fmin(double x, double y)
{
	if (isnan(x) || isnan(y))
		return isnan(x) ? y : x;
	return x < y ? x : y;
}

double fmax(double x, double y)
{
	if (isnan(x) || isnan(y))
		return isnan(x) ? y : x;
	return x > y ? x : y;
}

double fdim(double x, double y)
{
	return x <= y ? 0 : x - y;
}

static double math_two_to(int exp)
{
	return lambda_double_of((uint64_t)(exp + 1023) << 52);
}

/*
 * The last product alone rounds: what is multiplied before stays well within
 * the numbers that have all their bits.
 */
double scalbn(double x, int exp)
{
	int i;

	for (i = 0; i < 2 && exp > 1023; i++, exp -= 1023)
		x *= math_two_to(1023);
	for (i = 0; i < 2 && exp < -1022; i++, exp += 1022 - 53)
		x *= math_two_to(-1022 + 53);
	exp = exp > 1023 ? 1023 : exp < -1022 ? -1022 : exp;
	return x * math_two_to(exp);
}

double ldexp(double x, int exp)
{
	return scalbn(x, exp);
}

double frexp(double x, int *exp)
{
	*exp = 0;
	if (!isfinite(x) || x == 0)
		return x;
	if (math_power_of(x) == -1023) {
		x *= 0x1p54;
		*exp = -54;
	}
	*exp += math_power_of(x) + 1;
	return lambda_double_of((lambda_bits_of(x) & ~INFINITE) | 1022ull << 52);
}

double modf(double x, double *whole)
{
	*whole = trunc(x);
	return copysign(isinf(x) ? 0 : x - *whole, x);
}

int ilogb(double x)
{
	int exp;

	if (isnan(x) || x == 0)
		return -0x7fffffff - 1;
	if (isinf(x))
		return 0x7fffffff;
	frexp(x, &exp);
	return exp - 1;
}

double logb(double x)
{
	if (x == 0)
		return -INFINITY;
	return isfinite(x) ? ilogb(x) : x * x;
}
