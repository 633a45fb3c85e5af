// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* math.h of floats: the functions of doubles, rounded. */
#include <math.h>

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
