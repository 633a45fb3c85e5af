// SPDX-License-Identifier: GPL-2.0-only
/* What of math.h is exact. */
#include <math.h>

#include "native.h"

static void put_double(double x)
{
	/* Natively, what is no number has a sign as it happens. */
	if (isnan(x))
		x = NAN;
	put(&x, sizeof(x));
}

static const double numbers[] = {
	0, -0.0, 0.5, -0.5, 1.5, 2.5, -2.5, 0.49999999999999994, 1, -1, 3.7,
	-3.7, 1e-310, -5e-324, 1e300, -1e308, 4503599627370495.5,
	4503599627370497.0, 9007199254740993.0, 123456.789, 1e18, 2.25e-308,
};

static void program(const unsigned char *in, size_t len)
{
	double whole, x = len / 7.0;
	size_t i, k;
	int exp;

	for (i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		double n = numbers[i] * (in[0] == '/' ? 1 : 2);

		put_double(floor(n));
		put_double(ceil(n));
		put_double(trunc(n));
		put_double(round(n));
		put_double(rint(n));
		put_double(sqrt(fabs(n)));
		put_double(frexp(n, &exp));
		put64(exp);
		put_double(modf(n, &whole));
		put_double(whole);
		put64(ilogb(n));
		put64(fpclassify(n));
		for (exp = -1100; exp < 1100; exp += 73)
			put_double(ldexp(n, exp));
		for (k = 0; k < sizeof(numbers) / sizeof(*numbers); k++) {
			put_double(fmod(n, numbers[k]));
			put_double(fmin(n, numbers[k]));
			put_double(fmax(n, numbers[k]));
			put_double(copysign(n, numbers[k]));
			put_double(fmodf(n, numbers[k]));
		}
		put_double(sqrtf(fabs(n)));
		put_double(floorf(n));
	}
	put64(lround(x) + lrint(x * 3));
	put_double(fmod(1e300, 3.3));
}
