// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * math.h of doubles, what is asked for seldom. Remainders, neighbours and fma()
 * are exact or rounded once; the others have thirteen digits.
 */
#include <math.h>
#include <stdint.h>

#include "float.h"

/* Squares of what is below are lost beside 1, and 1 is beside those above. */
#define SMALL (1.0 / (1 << 28))
#define LARGE ((double)(1 << 28))

double nan(const char *tag)
{
	(void)tag;
	return NAN;
}

double nextafter(double x, double y)
{
	uint64_t bits = lambda_bits_of(x);

	if (isnan(x) || isnan(y))
		return x + y;
	if (x == y)
		return y;
	if (x == 0)
		return copysign(lambda_double_of(1), y);
	return lambda_double_of((x < y) == (x > 0) ? bits + 1 : bits - 1);
}

/* Subtracts @times of @y, if there are so many. Returns whether there were. */
static int special_take(double *x, double y, int times)
{
	if (y > __DBL_MAX__ / times || *x < y * times)
		return 0;
	*x -= y * times;
	return 1;
}

double remquo(double x, double y, int *quotient)
{
	double left = fabs(x), by = fabs(y);
	int n = 0;

	*quotient = 0;
	if (isnan(x) || isnan(y) || isinf(x) || y == 0)
		return x * y / (x * y);
	if (isinf(y))
		return x;
	if (by <= __DBL_MAX__ / 8)
		left = fmod(left, by * 8);
	n += special_take(&left, by, 4) * 4;
	n += special_take(&left, by, 2) * 2;
	n += special_take(&left, by, 1);
	/* To the nearest, and to the even one between two. */
	if (left > by - left || (left == by - left && n & 1)) {
		left -= by;
		n++;
	}
	*quotient = (x < 0) != (y < 0) ? -n : n;
	return left == 0 ? copysign(0, x) : x < 0 ? -left : left;
}

double remainder(double x, double y)
{
	int quotient;

	return remquo(x, y, &quotient);
}

double drem(double x, double y)
{
	return remainder(x, y);
}

double scalbln(double x, long exp)
{
	return scalbn(x, exp > 10000 ? 10000 : exp < -10000 ? -10000 : exp);
}

/* m * 2^e, with what was lost of it in the lowest bit. */
struct product {
	unsigned __int128 m;
	int e;
	int negative;
};

static struct product special_open(double x)
{
	struct product p;
	int exp;

	p.m = (uint64_t)ldexp(fabs(frexp(x, &exp)), 53);
	p.e = exp - 53;
	p.negative = signbit(x) != 0;
	return p;
}

/* Has the top bit but one set, for a carry. */
static struct product special_normal(struct product p)
{
	while (p.m && !(p.m >> 126)) {
		p.m <<= 1;
		p.e--;
	}
	return p;
}

static struct product special_lower(struct product p, int by)
{
	unsigned __int128 lost;

	if (by > 126)
		return (struct product) { p.m != 0, p.e + by, p.negative };
	lost = p.m & (((unsigned __int128)1 << by) - 1);
	return (struct product) { p.m >> by | (lost != 0), p.e + by,
				  p.negative };
}

static double special_close(struct product p)
{
	uint64_t high, bits;

	p = special_normal(p);
	high = (uint64_t)(p.m >> 63);
	high |= ((uint64_t)p.m << 1) != 0;
	bits = lambda_double_scale(high, p.e + 63);
	return lambda_double_of(bits | (uint64_t)p.negative << 63);
}

double fma(double x, double y, double z)
{
	struct product a, b, c;

	if (!isfinite(x) || !isfinite(y) || x == 0 || y == 0)
		return x * y + z;
	if (!isfinite(z) || z == 0)
		return z == 0 ? x * y : z;
	a = special_open(x);
	b = special_open(y);
	a.m *= b.m;
	a.e += b.e;
	a.negative ^= b.negative;
	a = special_normal(a);
	b = special_normal(special_open(z));
	if (a.e < b.e || (a.e == b.e && a.m < b.m)) {
		c = a;
		a = b;
		b = c;
	}
	b = special_lower(b, a.e - b.e);
	if (a.negative == b.negative)
		a.m += b.m;
	else
		a.m -= b.m;
	if (!a.m)
		return 0;
	if (a.m >> 127)
		a = special_lower(a, 1);
	return special_close(a);
}

double asinh(double x)
{
	double a = fabs(x);

	if (!isfinite(x) || a < SMALL)
		return x;
	if (a > LARGE)
		return copysign(log(a) + M_LN2, x);
	return copysign(log1p(a + a * a / (1 + sqrt(1 + a * a))), x);
}

double acosh(double x)
{
	double above = x - 1;

	if (x > LARGE)
		return log(x) + M_LN2;
	if (!(x >= 1))
		return NAN;
	return log1p(above + sqrt(2 * above + above * above));
}

double atanh(double x)
{
	double a = fabs(x);

	if (!(a < 1))
		return a == 1 ? copysign(INFINITY, x) : NAN;
	if (a < SMALL)
		return x;
	return copysign(log1p(2 * a / (1 - a)) / 2, x);
}

double exp10(double x)
{
	return pow(10, x);
}

void sincos(double x, double *sine, double *cosine)
{
	*sine = sin(x);
	*cosine = cos(x);
}

/* e^(-x*x), where the square would be rounded. */
static double special_bell(double x)
{
	double high = lambda_double_of(lambda_bits_of(x) & ~0xffffffffull);

	return exp(-high * high) * exp(-(x - high) * (x + high));
}

/* Half of the area below the bell up to @x: a series without differences. */
static double special_erf_near(double x)
{
	double term = x, sum = x;
	int n;

	for (n = 1; n < 100 && term * (1ul << 60) > sum; n++) {
		term *= 2 * x * x / (2 * n + 1);
		sum += term;
	}
	return M_2_SQRTPI * special_bell(x) * sum;
}

/* What is beyond @x: a continued fraction, from its far end. */
static double special_erfc_far(double x)
{
	double rest = x;
	int n;

	for (n = 20 + (int)(250 / (x * x)); n; n--)
		rest = x + n / 2.0 / rest;
	return special_bell(x) / rest * (M_2_SQRTPI / 2);
}

double erf(double x)
{
	double a = fabs(x);

	if (isnan(x) || a == 0)
		return x;
	if (a < 1)
		return copysign(special_erf_near(a), x);
	return copysign(a > 6 ? 1 : 1 - special_erfc_far(a), x);
}

double erfc(double x)
{
	if (isnan(x))
		return x;
	if (x < 1)
		return x > -1 && x != 0 ?
		       1 - copysign(special_erf_near(fabs(x)), x) :
		       1 - erf(x);
	return x > 28 ? 0 : special_erfc_far(x);
}

/* Of Godfrey, for G = 607 / 128: the sum that makes gamma of an exponential. */
#define LANCZOS_G 4.7421875

static double special_lanczos(double x)
{
	static const double part[] = {
		57.156235665862923517, -59.597960355475491248,
		14.136097974741747174, -0.49191381609762019978,
		0.000033994649984811888699, 0.000046523628927048575665,
		-0.000098374475304879564677, 0.00015808870322491248884,
		-0.00021026444172410488319, 0.00021743961811521264320,
		-0.00016431810653676389022, 0.000084418223983852743293,
		-0.000026190838401581408670, 0.0000036899182659531622704,
	};
	double sum = 0.99999999999999709182;
	int i;

	for (i = 0; i < 14; i++)
		sum += part[i] / (x + i);
	return sum * 2.5066282746310005024; /* sqrt(2 pi) */
}

/* Of what is at least a half. */
static double special_gamma(double x)
{
	double t = x + LANCZOS_G - 0.5, half;

	/* In two halves: one would have no room where the result has. */
	half = pow(t, (x - 0.5) / 2);
	return special_lanczos(x) * half * exp(-t) * half;
}

static double special_log_gamma(double x)
{
	double t = x + LANCZOS_G - 0.5;

	return log(special_lanczos(x)) + (x - 0.5) * log(t) - t;
}

/* sin(pi * x), without an error of the product. */
static double special_sin_pi(double x)
{
	double rest = remainder(x, 2);

	if (fabs(rest) > 0.5)
		rest = copysign(1, rest) - rest;
	return sin(M_PI * rest);
}

double tgamma(double x)
{
	double whole = 1;
	int i;

	if (isnan(x) || x == INFINITY)
		return x;
	if (x == 0)
		return copysign(INFINITY, x);
	if (x < 0 && x == floor(x))
		return NAN;
	if (x > 172)
		return INFINITY;
	if (x == floor(x) && x < 24) {
		for (i = 2; i < (int)x; i++)
			whole *= i;
		return whole;
	}
	if (x >= 0.5)
		return special_gamma(x);
	if (x < -184)
		return copysign(0, special_sin_pi(x));
	return M_PI / special_sin_pi(x) / special_gamma(1 - x);
}

double lgamma_r(double x, int *sign)
{
	double wave;

	*sign = signbit(x) && x == 0 ? -1 : 1;
	if (isnan(x) || isinf(x))
		return fabs(x);
	if (x <= 0 && x == floor(x))
		return INFINITY;
	if (x == 1 || x == 2)
		return 0;
	if (x >= 0.5)
		return special_log_gamma(x);
	wave = special_sin_pi(x);
	*sign = wave < 0 ? -1 : 1;
	if (fabs(x) * (1ul << 60) < 1)
		return -log(fabs(x));
	return log(M_PI / fabs(wave)) - special_log_gamma(1 - x);
}

double lgamma(double x)
{
	int sign;

	return lgamma_r(x, &sign);
}
