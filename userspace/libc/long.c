// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* math.h of long doubles, which are doubles. */
#include <math.h>

#define LONG_ONE(name) \
	long double name##l(long double x) \
	{ \
		return name(x); \
	}
#define LONG_TWO(name) \
	long double name##l(long double x, long double y) \
	{ \
		return name(x, y); \
	}

LAMBDA_LONG_MATH(LONG_ONE, LONG_TWO)

long double ldexpl(long double x, int exp)
{
	return ldexp(x, exp);
}

long double scalbnl(long double x, int exp)
{
	return scalbn(x, exp);
}

long double frexpl(long double x, int *exp)
{
	return frexp(x, exp);
}

long double modfl(long double x, long double *whole)
{
	double part, rest = modf(x, &part);

	*whole = part;
	return rest;
}

long lroundl(long double x)
{
	return lround(x);
}

long lrintl(long double x)
{
	return lrint(x);
}
