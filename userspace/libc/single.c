// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* math.h of floats: the functions of doubles, rounded. */
#include <math.h>

#include "float.h"

float fabsf(float x)
{
	return __builtin_fabsf(x);
}

float copysignf(float x, float y)
{
	return __builtin_copysignf(x, y);
}

float sqrtf(float x)
{
	return sqrt(x);
}

float floorf(float x)
{
	return floor(x);
}

float ceilf(float x)
{
	return ceil(x);
}

float truncf(float x)
{
	return trunc(x);
}

float roundf(float x)
{
	return round(x);
}

float rintf(float x)
{
	return rint(x);
}

long lroundf(float x)
{
	return lround(x);
}

float fmodf(float x, float y)
{
	return fmod(x, y);
}

float fminf(float x, float y)
{
	return fmin(x, y);
}

float fmaxf(float x, float y)
{
	return fmax(x, y);
}

float ldexpf(float x, int exp)
{
	return ldexp(x, exp);
}

float frexpf(float x, int *exp)
{
	return frexp(x, exp);
}

float sinf(float x)
{
	return sin(x);
}

float cosf(float x)
{
	return cos(x);
}

float tanf(float x)
{
	return tan(x);
}

float atanf(float x)
{
	return atan(x);
}

float atan2f(float y, float x)
{
	return atan2(y, x);
}

float expf(float x)
{
	return exp(x);
}

float logf(float x)
{
	return log(x);
}

float log2f(float x)
{
	return log2(x);
}

float log10f(float x)
{
	return log10(x);
}

float powf(float x, float y)
{
	return pow(x, y);
}

float hypotf(float x, float y)
{
	return hypot(x, y);
}

float nearbyintf(float x)
{
	return nearbyint(x);
}

float logbf(float x)
{
	return logb(x);
}

float asinf(float x)
{
	return asin(x);
}

float acosf(float x)
{
	return acos(x);
}

float sinhf(float x)
{
	return sinh(x);
}

float coshf(float x)
{
	return cosh(x);
}

float tanhf(float x)
{
	return tanh(x);
}

float exp2f(float x)
{
	return exp2(x);
}

float expm1f(float x)
{
	return expm1(x);
}

float log1pf(float x)
{
	return log1p(x);
}

float cbrtf(float x)
{
	return cbrt(x);
}

float asinhf(float x)
{
	return asinh(x);
}

float acoshf(float x)
{
	return acosh(x);
}

float atanhf(float x)
{
	return atanh(x);
}

float exp10f(float x)
{
	return exp10(x);
}

float erff(float x)
{
	return erf(x);
}

float erfcf(float x)
{
	return erfc(x);
}

float tgammaf(float x)
{
	return tgamma(x);
}

float lgammaf(float x)
{
	return lgamma(x);
}

float fdimf(float x, float y)
{
	return fdim(x, y);
}

float remainderf(float x, float y)
{
	return remainder(x, y);
}

float scalbnf(float x, int exp)
{
	return scalbn(x, exp);
}

float modff(float x, float *whole)
{
	double part, rest = modf(x, &part);

	*whole = part;
	return rest;
}

float nanf(const char *tag)
{
	return nan(tag);
}

float nextafterf(float x, float y)
{
	unsigned int bits;

	if (isnan(x) || isnan(y) || x == y)
		return isnan(x) ? x : y;
	if (x == 0)
		return copysignf(__FLT_DENORM_MIN__, y);
	__builtin_memcpy(&bits, &x, sizeof(bits));
	bits = (x < y) == (x > 0) ? bits + 1 : bits - 1;
	__builtin_memcpy(&x, &bits, sizeof(x));
	return x;
}

int ilogbf(float x)
{
	return ilogb(x);
}

long lrintf(float x)
{
	return lrint(x);
}

long long llrintf(float x)
{
	return llrint(x);
}

long long llroundf(float x)
{
	return llround(x);
}

/* The product is exact in a double, and the sum is rounded to odd before. */
float fmaf(float x, float y, float z)
{
	double product = (double)x * y, sum = product + z, lost;
	uint64_t bits = lambda_bits_of(sum);

	lost = product - (sum - z) + (z - (sum - (sum - z)));
	if (!isfinite(sum) || lost == 0 || bits & 1)
		return sum;
	return lambda_double_of((lost > 0) == (sum > 0) ? bits + 1 : bits - 1);
}

void sincosf(float x, float *sine, float *cosine)
{
	*sine = sin(x);
	*cosine = cos(x);
}
