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

LONG_ONE(fabs)
LONG_ONE(sqrt)
LONG_ONE(floor)
LONG_ONE(ceil)
LONG_ONE(trunc)
LONG_ONE(round)
LONG_ONE(rint)
LONG_ONE(nearbyint)
LONG_ONE(logb)
LONG_ONE(sin)
LONG_ONE(cos)
LONG_ONE(tan)
LONG_ONE(asin)
LONG_ONE(acos)
LONG_ONE(atan)
LONG_ONE(sinh)
LONG_ONE(cosh)
LONG_ONE(tanh)
LONG_ONE(exp)
LONG_ONE(exp2)
LONG_ONE(expm1)
LONG_ONE(log)
LONG_ONE(log2)
LONG_ONE(log10)
LONG_ONE(log1p)
LONG_ONE(cbrt)
LONG_ONE(asinh)
LONG_ONE(acosh)
LONG_ONE(atanh)
LONG_ONE(erf)
LONG_ONE(erfc)
LONG_ONE(tgamma)
LONG_ONE(lgamma)
LONG_TWO(copysign)
LONG_TWO(fmod)
LONG_TWO(fmin)
LONG_TWO(fmax)
LONG_TWO(fdim)
LONG_TWO(nextafter)
LONG_TWO(remainder)
LONG_TWO(atan2)
LONG_TWO(pow)
LONG_TWO(hypot)

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
