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

struct tiny { char a; };
struct odd { char a[3]; };
struct pair { int a, b; };
struct twelve { int a, b, c; };
struct numbers { double x, y; };
struct large { long a, b, c; };

/* Structs of all sizes, among others. */
static __attribute__((noinline)) void structs(int count, ...)
{
	struct numbers numbers;
	struct twelve twelve;
	struct large large;
	struct pair pair;
	struct tiny tiny;
	struct odd odd;
	double (*function)(int);
	va_list args;

	va_start(args, count);
	while (count--) {
		tiny = va_arg(args, struct tiny);
		put(&tiny, sizeof(tiny));
		odd = va_arg(args, struct odd);
		put(&odd, sizeof(odd));
		put64(va_arg(args, int));
		pair = va_arg(args, struct pair);
		put(&pair, sizeof(pair));
		twelve = va_arg(args, struct twelve);
		put(&twelve, sizeof(twelve));
		put64(va_arg(args, long));
		numbers = va_arg(args, struct numbers);
		put(&numbers, sizeof(numbers));
		large = va_arg(args, struct large);
		put(&large, sizeof(large));
		put64(va_arg(args, struct large).b);
		put64(va_arg(args, __int128) >> 60);
		function = va_arg(args, double (*)(int));
		put64(function(count));
	}
	va_end(args);
}

static double half(int n)
{
	return n / 2.0;
}

/* The list is advanced for the one who has it. */
static __attribute__((noinline)) int next(va_list *args)
{
	return va_arg(*args, struct pair).b;
}

static __attribute__((noinline)) long by_others(int count, ...)
{
	va_list args;
	long n = 0;

	va_start(args, count);
	while (count--)
		n = n * 10 + next(&args);
	n += va_arg(args, int);
	va_end(args);
	return n;
}

static long (*volatile through)(const char *kinds, ...) = kinds;

static void program(const unsigned char *in, size_t len)
{
	put64(sum(3, in[0], -2, 7, 1l << 40, "x"));
	put64(sum(0, -5l, "y"));
	structs(2, (struct tiny) { in[0] }, (struct odd) { { 1, 2, in[1] } }, -7,
		(struct pair) { 3, in[2] }, (struct twelve) { 4, -5, 6 }, 1l << 40,
		(struct numbers) { 0.5, in[3] }, (struct large) { 7, 8, 9 },
		(struct large) { 1, -2, 3 }, (__int128)in[4] << 64, half,
		(struct tiny) { -1 }, (struct odd) { { 3, 2, 1 } }, in[5],
		(struct pair) { -3, 4 }, (struct twelve) { 4, 5, -6 }, -9l,
		(struct numbers) { -1.5, 2 }, (struct large) { 9, 8, 7 },
		(struct large) { 4, 5, 6 }, (__int128)5 << 70, half);
	put64(by_others(2, (struct pair) { 1, 2 }, (struct pair) { 3, 4 }, 5));
	put64(kinds("ilsi", (char)in[1], -7ll, "z", len));
	put64(through("iiiiiiil", 1, 2, 3, 4, 5, 6, 7, 1ll << 50));
}
