// SPDX-License-Identifier: GPL-2.0-only
/* Double and float, by each operation and comparison, over all kinds of them. */
#include "native.h"

/* Which one of two that are no numbers comes out is the compiler's choice. */
static uint64_t bits(double d)
{
	uint64_t n;

	if (d != d)
		return 7;
	__builtin_memcpy(&n, &d, 8);
	return n;
}

static uint32_t float_bits(float f)
{
	uint32_t n;

	if (f != f)
		return 7;
	__builtin_memcpy(&n, &f, 4);
	return n;
}

static double from(uint64_t n)
{
	double d;

	__builtin_memcpy(&d, &n, 8);
	return d;
}

static float float_from(uint32_t n)
{
	float f;

	__builtin_memcpy(&f, &n, 4);
	return f;
}

static const uint64_t special[] = {
	0, 1, 2, 0xfffffffffffff, 0x10000000000000, 0x10000000000001,
	0x3ff0000000000000, 0x3ff0000000000001, 0x3fefffffffffffff,
	0x4000000000000000, 0x7fefffffffffffff, 0x7ff0000000000000,
	0x7ff0000000000001, 0x7ff8000000000000, 0x7fffffffffffffff,
	0x3ca0000000000000, 0x3cb0000000000000, 0x4340000000000000,
	0x43e0000000000000, 0x43f0000000000000, 0x41dfffffffc00000,
	0x41e0000000000000, 0x380fffffe0000000, 0x36a0000000000000,
	0x47efffffe0000000, 0x47effffff0000000, 0x3690000000000000,
};

#define NR_SPECIAL (sizeof(special) / sizeof(*special))

/* Numbers near each other meet more often than any numbers would. */
static uint64_t pick(void)
{
	uint64_t n = any();

	switch (any() >> 60) {
	case 0:
	case 1:
		return special[n % NR_SPECIAL] | (n & 1ull << 63);
	case 2:
		return n;
	case 3:
		return (n & 0x800fffffffffffffull) | (any() % 80) << 52;
	case 4:
		return (n & 0xbfff000000000000ull) | 0x3800000000000000;
	default:
		return (n & 0x800fffffffffffffull) |
		       (1023 - 40 + any() % 80) << 52;
	}
}

static uint64_t sum;

static void add(uint64_t n)
{
	sum = sum * 0x9e3779b97f4a7c15ull + n;
}

static void operate(double a, double b)
{
	float f = a, g = b;

	add(bits(a + b));
	add(bits(a - b));
	add(bits(a * b));
	add(bits(a / b));
	add(bits(-a));
	add(bits(__builtin_sqrt(a < 0 ? -a : a)));
	add((a < b) | (a <= b) << 1 | (a > b) << 2 | (a >= b) << 3 |
	    (a == b) << 4 | (a != b) << 5 | !(a < b) << 6 |
	    __builtin_isunordered(a, b) << 7 | __builtin_islessgreater(a, b) << 8 |
	    !(a <= b) << 9 | !(a > b) << 10 | !(a >= b) << 11);
	add(float_bits(f));
	add(float_bits(f + g));
	add(float_bits(f - g));
	add(float_bits(f * g));
	add(float_bits(f / g));
	add((f < g) | (f == g) << 1 | (f >= g) << 2);
	add(bits((double)f));
	if (a > -2e9 && a < 2e9) {
		add((int)a);
		add((short)(int)(a / 100000));
	}
	if (a > -9e18 && a < 9e18)
		add((long)a);
	if (a > -0.5 && a < 1.8e19)
		add((unsigned long)a);
	if (f > -0.5 && f < 4e9f)
		add((unsigned int)f);
	if (f > -9e18f && f < 9e18f)
		add((long)f);
	add(!!__builtin_isnan(a) | !!__builtin_isinf(a) << 1 |
	    !!__builtin_isfinite(a) << 4 | !!__builtin_signbit(a) << 5);
	add(!!__builtin_isnan(f) | !!__builtin_isinf(f) << 1 |
	    !!__builtin_isfinite(f) << 4 | !!__builtin_signbit(f) << 5);
	add(!!__builtin_isnormal(a) | !!__builtin_isnormal(f) << 1);
	add(bits(__builtin_fabs(a)) + bits(__builtin_copysign(a, b)));
}

static void program(const unsigned char *in, size_t len)
{
	volatile double zero = 0, one = in[0];
	float f;
	size_t i, k;

	random_state += len;
	for (i = 0; i < NR_SPECIAL; i++) {
		for (k = 0; k < NR_SPECIAL; k++) {
			operate(from(special[i]), from(special[k]));
			operate(from(special[i] | 1ull << 63),
				from(special[k]));
		}
		put64(sum);
	}
	for (i = 0; i < 20000; i++) {
		uint64_t a = pick(), b = pick();

		operate(from(a), from(b));
		if (i % 1000 == 0)
			put64(sum);
	}
	for (i = 0; i < 5000; i++) {
		uint64_t n = any() >> any() % 64;

		add(bits((double)n) + float_bits((float)n));
		add(bits((double)(int64_t)n) + float_bits((float)(int64_t)n));
		add(bits((double)(int)n) + float_bits((float)(unsigned int)n));
		f = float_from(any());
		add(float_bits(float_from(n) + f));
		add(float_bits(float_from(n) * f));
		add(float_bits(float_from(n) / f));
	}
	put64(sum);
	/* Numbers that are rounded once, and would not be if it were twice. */
	for (i = 0; i < 64; i++) {
		uint64_t n = (0x8000008000000000ull + i - 32) >> (i & 7);

		put64(float_bits((float)n));
		put64(float_bits((float)(int64_t)-n));
	}
	put64(bits(zero / zero));
	put64(bits(one / 3) + (int)(one * 1.5f));
}
