/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef LAMBDA_COMPLEX_H
#define LAMBDA_COMPLEX_H

#include <lambda_libc.h>
#include <math.h>

#define complex _Complex
#define _Complex_I (__extension__ 1.0iF)
#define I _Complex_I
#define CMPLX(x, y) __builtin_complex((double)(x), (double)(y))
#define CMPLXF(x, y) __builtin_complex((float)(x), (float)(y))

/*
 * Front ends of clang pass complex numbers differently, and so nothing that takes
 * one is compiled before.
 */

static inline double creal(double complex z)
{
	return __real__ z;
}

static inline double cimag(double complex z)
{
	return __imag__ z;
}

static inline double cabs(double complex z)
{
	return hypot(__real__ z, __imag__ z);
}

static inline double carg(double complex z)
{
	return atan2(__imag__ z, __real__ z);
}

static inline double complex conj(double complex z)
{
	return CMPLX(__real__ z, -__imag__ z);
}

static inline double complex cexp(double complex z)
{
	double size = exp(__real__ z);

	if (__imag__ z == 0)
		return CMPLX(size, __imag__ z);
	return CMPLX(size * cos(__imag__ z), size * sin(__imag__ z));
}

static inline double complex csqrt(double complex z)
{
	double x = __real__ z, y = __imag__ z, root;

	if (x == 0 && y == 0)
		return CMPLX(0, y);
	root = sqrt((fabs(x) + hypot(x, y)) / 2);
	if (x >= 0)
		return CMPLX(root, y / (2 * root));
	return CMPLX(fabs(y) / (2 * root), copysign(root, y));
}

static inline float crealf(float complex z)
{
	return __real__ z;
}

static inline float cimagf(float complex z)
{
	return __imag__ z;
}

static inline float cabsf(float complex z)
{
	return hypotf(__real__ z, __imag__ z);
}

static inline float cargf(float complex z)
{
	return atan2f(__imag__ z, __real__ z);
}

static inline float complex conjf(float complex z)
{
	return CMPLXF(__real__ z, -__imag__ z);
}

#endif /* LAMBDA_COMPLEX_H */
