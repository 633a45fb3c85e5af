// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Products and quotients of 128 bits, in halves. Those that return as many are
 * inlined, because a register has only half of them.
 */
#include "float.h"

typedef unsigned __int128 wide;
typedef __int128 signed_wide;

#define inlined __attribute__((always_inline))

/* As lambda_multiply_high(), to be called. */
uint64_t lambda_wide_high(uint64_t a, uint64_t b);
uint64_t lambda_wide_high_signed(uint64_t a, uint64_t b);
wide lambda_wide_multiply(wide a, wide b);
wide lambda_wide_divide(wide a, wide b);
wide lambda_wide_remainder(wide a, wide b);
signed_wide lambda_wide_divide_signed(signed_wide a, signed_wide b);
signed_wide lambda_wide_remainder_signed(signed_wide a, signed_wide b);
wide lambda_wide_left(wide a, wide by);
wide lambda_wide_right(wide a, wide by);
signed_wide lambda_wide_right_signed(signed_wide a, signed_wide by);
void lambda_wide_long(uint64_t *n, const uint64_t *d);

uint64_t lambda_wide_high(uint64_t a, uint64_t b)
{
	return lambda_multiply_high(a, b);
}

uint64_t lambda_wide_high_signed(uint64_t a, uint64_t b)
{
	uint64_t high = lambda_multiply_high(a, b);

	return high - ((int64_t)a < 0 ? b : 0) - ((int64_t)b < 0 ? a : 0);
}

inlined wide lambda_wide_multiply(wide a, wide b)
{
	uint64_t a_low = a, a_high = a >> 64, b_low = b, b_high = b >> 64;
	uint64_t high = lambda_wide_high(a_low, b_low);

	high += a_low * b_high + a_high * b_low;
	return (wide)high << 64 | a_low * b_low;
}

/* Divides @n by @d; @n becomes the quotient, and then the remainder follows. */
void lambda_wide_long(uint64_t *n, const uint64_t *d)
{
	uint64_t low = n[0], high = n[1], left = 0, left_high = 0;
	int i;

	if (!high && !d[1] && d[0]) {
		n[0] = low / d[0];
		n[1] = 0;
		n[2] = low % d[0];
		n[3] = 0;
		return;
	}
	for (i = 0; i < 128; i++) {
		left_high = left_high << 1 | left >> 63;
		left = left << 1 | high >> 63;
		high = high << 1 | low >> 63;
		low <<= 1;
		if (left_high < d[1] || (left_high == d[1] && left < d[0]))
			continue;
		left_high -= d[1] + (left < d[0]);
		left -= d[0];
		low |= 1;
	}
	n[0] = low;
	n[1] = high;
	n[2] = left;
	n[3] = left_high;
}

inlined wide lambda_wide_divide(wide a, wide b)
{
	uint64_t n[4] = { a, a >> 64 }, d[2] = { b, b >> 64 };

	lambda_wide_long(n, d);
	return (wide)n[1] << 64 | n[0];
}

inlined wide lambda_wide_remainder(wide a, wide b)
{
	uint64_t n[4] = { a, a >> 64 }, d[2] = { b, b >> 64 };

	lambda_wide_long(n, d);
	return (wide)n[3] << 64 | n[2];
}

static inline inlined wide wide_magnitude(signed_wide n)
{
	return n < 0 ? -(wide)n : (wide)n;
}

inlined signed_wide lambda_wide_divide_signed(signed_wide a, signed_wide b)
{
	wide quotient =
		lambda_wide_divide(wide_magnitude(a), wide_magnitude(b));

	return (a < 0) != (b < 0) ? -quotient : quotient;
}

inlined signed_wide lambda_wide_remainder_signed(signed_wide a, signed_wide b)
{
	wide left = lambda_wide_remainder(wide_magnitude(a), wide_magnitude(b));

	return a < 0 ? -left : left;
}

/* By less than 128, as C has it; a half is shifted by less than 64. */
inlined wide lambda_wide_left(wide a, wide by)
{
	uint64_t low = a, high = a >> 64;
	unsigned int shift = by;

	if (shift & 64)
		return (wide)(low << (shift & 63)) << 64;
	high = high << shift | (low >> 1) >> (63 - shift);
	return (wide)high << 64 | low << shift;
}

inlined wide lambda_wide_right(wide a, wide by)
{
	uint64_t low = a, high = a >> 64;
	unsigned int shift = by;

	if (shift & 64)
		return high >> (shift & 63);
	low = low >> shift | (high << 1) << (63 - shift);
	return (wide)(high >> shift) << 64 | low;
}

inlined signed_wide lambda_wide_right_signed(signed_wide a, signed_wide by)
{
	uint64_t low = a;
	int64_t high = a >> 64;
	unsigned int shift = by;

	if (shift & 64)
		return high >> (shift & 63);
	low = low >> shift | ((uint64_t)high << 1) << (63 - shift);
	return (signed_wide)((wide)(high >> shift) << 64 | low);
}
