/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Integers of as many bits as doubles need where their digits are exact. */
#ifndef LAMBDA_BIG_H
#define LAMBDA_BIG_H

#include <stdint.h>

/* Of the largest: 800 digits, times 2 to the 1128. */
#define BIG_WORDS 128

/* @count words, the lowest first, of which the last is not zero. */
struct big {
	unsigned int count;
	uint32_t words[BIG_WORDS];
};

static inline void big_set(struct big *n, uint64_t value)
{
	n->words[0] = value;
	n->words[1] = value >> 32;
	n->count = value >> 32 ? 2 : value != 0;
}

/* n = n * by + plus */
static inline void big_multiply(struct big *n, uint32_t by, uint32_t plus)
{
	uint64_t carry = plus;
	unsigned int i;

	for (i = 0; i < n->count; i++) {
		carry += (uint64_t)n->words[i] * by;
		n->words[i] = carry;
		carry >>= 32;
	}
	if (carry && n->count < BIG_WORDS)
		n->words[n->count++] = carry;
}

static inline void big_multiply_ten(struct big *n, unsigned int power)
{
	for (; power >= 9; power -= 9)
		big_multiply(n, 1000000000, 0);
	for (; power; power--)
		big_multiply(n, 10, 0);
}

static inline void big_shift(struct big *n, unsigned int by)
{
	unsigned int words = by / 32, i;

	if (!n->count || n->count + words >= BIG_WORDS)
		return;
	big_multiply(n, 1u << by % 32, 0);
	for (i = n->count; i--; )
		n->words[i + words] = n->words[i];
	for (i = 0; i < words; i++)
		n->words[i] = 0;
	n->count += words;
}

/* n = n / by, and what is left over */
static inline uint32_t big_divide(struct big *n, uint32_t by)
{
	uint64_t left = 0;
	unsigned int i;

	for (i = n->count; i--; ) {
		left = left << 32 | n->words[i];
		n->words[i] = left / by;
		left %= by;
	}
	while (n->count && !n->words[n->count - 1])
		n->count--;
	return left;
}

static inline int big_compare(const struct big *a, const struct big *b)
{
	unsigned int i;

	if (a->count != b->count)
		return a->count < b->count ? -1 : 1;
	for (i = a->count; i--; )
		if (a->words[i] != b->words[i])
			return a->words[i] < b->words[i] ? -1 : 1;
	return 0;
}

#endif /* LAMBDA_BIG_H */
