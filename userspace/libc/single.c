// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* math.h of floats: the functions of doubles, rounded. */
#include <math.h>

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
