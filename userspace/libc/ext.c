// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Arithmetic of ext.h. */
#include "ext.h"

struct ext lambda_ext_add(struct ext a, struct ext b)
{
	uint64_t sum;
	int shift;

	if (!a.m || !b.m)
		return a.m ? a : b;
	if (a.e < b.e || (a.e == b.e && a.m < b.m)) {
		struct ext swap = a;

		a = b;
		b = swap;
	}
	shift = a.e - b.e;
	if (shift > 63)
		return a;
	/* What is shifted out rounds the rest. */
	b.m = shift ? (b.m >> shift) + (b.m >> (shift - 1) & 1) : b.m;
	if (a.negative != b.negative)
		return ext_normal(a.m - b.m, a.e, a.negative);
	sum = a.m + b.m;
	if (sum >= a.m)
		return (struct ext) { sum, a.e, a.negative };
	return (struct ext) { sum >> 1 | 1ull << 63, a.e + 1, a.negative };
}

struct ext lambda_ext_multiply(struct ext a, struct ext b)
{
	uint64_t high, low;

	if (!a.m || !b.m)
		return (struct ext) { 0 };
	high = lambda_multiply_high(a.m, b.m);
	low = a.m * b.m;
	if (!(high >> 63)) {
		high = high << 1 | low >> 63;
		return (struct ext) { high, a.e + b.e + 63,
				      a.negative ^ b.negative };
	}
	high += high + 1 ? low >> 63 : 0;
	return (struct ext) { high, a.e + b.e + 64, a.negative ^ b.negative };
}

/*
 * Half of a quotient, of @rest * 2^32 by @by: guessed by the upper half of the
 * divisor, which is at most two too many.
 */
static uint64_t ext_digit(uint64_t *rest, uint64_t by)
{
	uint64_t high = by >> 32, low = (uint32_t)by;
	uint64_t guess = *rest / high, left = *rest % high;

	while (guess >> 32 || guess * low > left << 32) {
		guess--;
		left += high;
		if (left >> 32)
			break;
	}
	*rest = (*rest << 32) - guess * by;
	return guess;
}

struct ext lambda_ext_divide(struct ext a, struct ext b)
{
	uint64_t rest = a.m, quotient;
	int one;

	if (!a.m)
		return a;
	one = rest >= b.m;
	rest -= one ? b.m : 0;
	quotient = ext_digit(&rest, b.m) << 32;
	quotient |= ext_digit(&rest, b.m);
	if (one)
		return (struct ext) { quotient >> 1 | 1ull << 63,
				      a.e - b.e - 63,
				      a.negative ^ b.negative };
	return ext_normal(quotient, a.e - b.e - 64, a.negative ^ b.negative);
}

/* One bit of the root at a time. */
struct ext lambda_ext_root(struct ext a)
{
	uint64_t root = 0, left = 0, m = a.m;
	int i;

	if (!a.m)
		return a;
	/* The exponent has to be even; 64 bits of root take 128 of what it is of. */
	if (a.e & 1) {
		m >>= 1;
		a.e++;
	}
	for (i = 0; i < 64; i++) {
		uint64_t over = left >> 62, next;

		left = left << 2 | m >> 62;
		m <<= 2;
		next = root << 2 | 1;
		root <<= 1;
		/* At the end both have more than 64 bits, or neither. */
		if (over > root >> 63 || (over == root >> 63 && left >= next)) {
			left -= next;
			root |= 1;
		}
	}
	return ext_normal(root, (a.e - 64) / 2, 0);
}
