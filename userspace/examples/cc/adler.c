// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include "adler.h"

#define MODULUS 65521u
#define BATCH 5552u	/* bytes that cannot overflow 32 bits */

struct adler adler_start(void)
{
	return (struct adler) { 1, 0 };
}

struct adler adler_add(struct adler sum, const void *p, size_t len)
{
	const unsigned char *s = p;

	while (len) {
		size_t left = len < BATCH ? len : BATCH;

		len -= left;
		while (left--) {
			sum.a += *s++;
			sum.b += sum.a;
		}
		sum.a %= MODULUS;
		sum.b %= MODULUS;
	}
	return sum;
}

uint32_t adler_end(struct adler sum)
{
	return sum.b << 16 | sum.a;
}
