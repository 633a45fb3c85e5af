// SPDX-License-Identifier: GPL-2.0-only
/* complex.h, and products and quotients of what is infinite. */
#include "native.h"
#include <complex.h>
#include <math.h>
#include <string.h>

/* To twelve digits: the last ones are not the standard's. */
static void put_double(double x)
{
	int exponent = 0;

	if (isnan(x)) {
		put64(-1);
		return;
	}
	if (isinf(x) || x == 0) {
		put64(isinf(x) ? 1000 : 0);
		put64(signbit(x) != 0);
		return;
	}
	x = frexp(x, &exponent);
	put64(exponent);
	put64(lrint(x * 1e12));
}

static void put_complex(double complex z)
{
	put_double(creal(z));
	put_double(cimag(z));
}

static void put_kind(double x)
{
	put64(isnan(x) ? 3 : isinf(x) ? 2 : x == 0);
}

static void program(const unsigned char *in, size_t len)
{
	static const double some[] = { 0, 1, -2.5, 3e5, -1e-5, INFINITY, NAN };
	const size_t count = sizeof(some) / sizeof(*some);
	double complex z = in[0] + in[1 % len] * I, w = 3 - 4 * I;
	float complex f = 1.5f + 2 * I;
	size_t i;

	for (i = 0; i < 20; i++) {
		z = z * w / (1 + 2 * I) + conj(z) / (i + 7 - 2 * I);
		z /= 4;
		put_complex(z);
		put_double(cabs(z));
		put_double(carg(z));
		put_complex(csqrt(z));
		put_complex(cexp(z / (1 + cabs(z))));
		f = f * f / (2 + cabsf(f));
		put64(lrint(crealf(f) * 1e4) * 100 + lrint(cimagf(f) * 10));
		put64(lrint(cargf(conjf(f)) * 1e3));
	}
	/* Whether each part is finite, infinite or none. */
	for (i = 0; i < count * count * count * count; i++) {
		double complex a = CMPLX(some[i % count],
					 some[i / count % count]);
		double complex b = CMPLX(some[i / count / count % count],
					 some[i / count / count / count]);

		put_kind(creal(a * b));
		put_kind(cimag(a * b));
		put_kind(cabs(a / b));
	}
}
