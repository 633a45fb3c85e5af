// SPDX-License-Identifier: GPL-2.0-only
/* math.h beyond what is exact, to 14 digits, which all libraries have right. */
#include <math.h>
#include <stdio.h>

#include "native.h"

static void print(double x)
{
	char text[40];

	/* Natively, what is no number has a sign as it happens. */
	put(text, snprintf(text, sizeof(text), "%.14g\n", isnan(x) ? NAN : x));
}

static const double numbers[] = {
	0, -0.0, 0.3, -0.7, 1, -1, 2, 2.5, -3.25, 10, 1e-9, 40.5, -300, 700.25,
	1e22, -1e300, INFINITY, -INFINITY, NAN, 1e-310, 0.999999, 3.141592653589793,
};

#define NR_NUMBERS (sizeof(numbers) / sizeof(*numbers))

static void program(const unsigned char *in, size_t len)
{
	static double (*const functions[])(double x) = {
		sin, cos, tan, asin, acos, atan, sinh, cosh, tanh, exp, exp2,
		expm1, log, log2, log10, log1p, cbrt,
	};
	size_t i, k;

	for (i = 0; i < NR_NUMBERS; i++) {
		for (k = 0; k < sizeof(functions) / sizeof(*functions); k++)
			print(functions[k](numbers[i]));
		for (k = 0; k < NR_NUMBERS; k++) {
			print(pow(numbers[i], numbers[k]));
			print(atan2(numbers[i], numbers[k]));
			print(hypot(numbers[i], numbers[k]));
		}
	}
	for (i = 0; i < 40; i++) {
		double x = in[i] / 16.0 + len;

		print(sin(x) + log(x) * exp(-x / 1000) + pow(x, 0.3));
	}
}
