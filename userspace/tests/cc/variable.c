// SPDX-License-Identifier: GPL-2.0-only
/* Functions of as many arguments as one likes. */
#include <stdarg.h>

#include "native.h"

static __attribute__((noinline)) long sum(int count, ...)
{
	va_list args;
	long n = 0;

	va_start(args, count);
	while (count--)
		n += va_arg(args, int);
	n += va_arg(args, long);
	n += *va_arg(args, const char *);
	va_end(args);
	return n;
}

static long of_list(const char *kinds, va_list args)
{
	va_list again;
	long n = 0;

	va_copy(again, args);
	for (; *kinds; kinds++) {
		n *= 3;
		if (*kinds == 'i')
			n += va_arg(args, int);
		else if (*kinds == 'l')
			n += va_arg(args, long long);
		else
			n += *va_arg(args, char *);
	}
	n = n * 10 + va_arg(again, int);
	va_end(again);
	return n;
}

static __attribute__((noinline)) long kinds(const char *kinds, ...)
{
	va_list args;
	long n;

	va_start(args, kinds);
	n = of_list(kinds, args);
	va_end(args);
	return n;
}

static long (*volatile through)(const char *kinds, ...) = kinds;

static void program(const unsigned char *in, size_t len)
{
	put64(sum(3, in[0], -2, 7, 1l << 40, "x"));
	put64(sum(0, -5l, "y"));
	put64(kinds("ilsi", (char)in[1], -7ll, "z", len));
	put64(through("iiiiiiil", 1, 2, 3, 4, 5, 6, 7, 1ll << 50));
}
