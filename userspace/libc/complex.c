// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * What a compiler calls for products and quotients of complex numbers: as annex
 * G of C99 has them, where infinities stay infinite.
 */
#include <complex.h>
#include <math.h>

/* One that is infinite is as good as 1 in its direction, all else as 0. */
static double complex_unit(double x)
{
	return copysign(isinf(x) ? 1 : 0, x);
}

static double complex_no_nan(double x)
{
	return isnan(x) ? copysign(0, x) : x;
}

static double complex complex_infinite_product(double a, double b, double c,
					       double d)
{
	if (isinf(a) || isinf(b)) {
		a = complex_unit(a);
		b = complex_unit(b);
		c = complex_no_nan(c);
		d = complex_no_nan(d);
	}
	if (isinf(c) || isinf(d)) {
		c = complex_unit(c);
		d = complex_unit(d);
		a = complex_no_nan(a);
		b = complex_no_nan(b);
	}
	return CMPLX(INFINITY * (a * c - b * d), INFINITY * (a * d + b * c));
}

double complex __muldc3(double a, double b, double c, double d);

double complex __muldc3(double a, double b, double c, double d)
{
	double real = a * c - b * d, imag = a * d + b * c;

	if (!isnan(real) || !isnan(imag))
		return CMPLX(real, imag);
	if (isinf(a) || isinf(b) || isinf(c) || isinf(d))
		return complex_infinite_product(a, b, c, d);
	/* Products that had no room, of which a difference is none. */
	if (isinf(a * c) || isinf(b * d) || isinf(a * d) || isinf(b * c))
		return complex_infinite_product(complex_no_nan(a),
						complex_no_nan(b),
						complex_no_nan(c),
						complex_no_nan(d));
	return CMPLX(real, imag);
}

float complex __mulsc3(float a, float b, float c, float d);

float complex __mulsc3(float a, float b, float c, float d)
{
	float real = a * c - b * d, imag = a * d + b * c;

	if (!isnan(real) || !isnan(imag))
		return CMPLXF(real, imag);
	return __muldc3(a, b, c, d);
}

double complex __divdc3(double a, double b, double c, double d);

double complex __divdc3(double a, double b, double c, double d)
{
	double most = fmax(fabs(c), fabs(d)), size, real, imag;
	int exponent = isfinite(most) && most > 0 ? ilogb(most) : 0;

	c = scalbn(c, -exponent);
	d = scalbn(d, -exponent);
	size = c * c + d * d;
	real = scalbn((a * c + b * d) / size, -exponent);
	imag = scalbn((b * c - a * d) / size, -exponent);
	if (!isnan(real) || !isnan(imag))
		return CMPLX(real, imag);
	if (size == 0 && (!isnan(a) || !isnan(b)))
		return CMPLX(copysign(INFINITY, c) * a,
			     copysign(INFINITY, c) * b);
	if ((isinf(a) || isinf(b)) && isfinite(c) && isfinite(d))
		return CMPLX(INFINITY * (complex_unit(a) * c +
					 complex_unit(b) * d),
			     INFINITY * (complex_unit(b) * c -
					 complex_unit(a) * d));
	if (isinf(most) && isfinite(a) && isfinite(b))
		return CMPLX(0 * (a * complex_unit(c) + b * complex_unit(d)),
			     0 * (b * complex_unit(c) - a * complex_unit(d)));
	return CMPLX(real, imag);
}

float complex __divsc3(float a, float b, float c, float d);

float complex __divsc3(float a, float b, float c, float d)
{
	return __divdc3(a, b, c, d);
}
