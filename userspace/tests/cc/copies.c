// SPDX-License-Identifier: GPL-2.0-only
/* Copies and fills of every small size, aligned and not, lying over each other. */
#include <string.h>

#include "native.h"

#define EACH(do) do(0) do(1) do(2) do(3) do(4) do(5) do(6) do(7) do(8) do(9) \
	do(10) do(11) do(12) do(13) do(14) do(15) do(16) do(17) do(20) do(24) \
	do(31) do(32) do(33) do(47) do(63) do(64) do(65) do(100) do(128) do(200)

static unsigned char area[4096];

static void program(const unsigned char *in, size_t len)
{
	volatile unsigned int shift = in[0] % 8;
	unsigned char *p = area + shift;
	uint32_t word;
	uint64_t both;

#define COPY(n)						\
	memcpy(p + (n), in + (n) % 7, n);		\
	memmove(p + 1, p, n);				\
	memmove(p, p + 3, n);				\
	memset(p + 500 + (n) * 2, in[n % 5], n);	\
	memset(p + 900, 0, n);				\
	put(area, 1200);
	EACH(COPY)
	/* What is read at an odd place, and what is written there. */
	memcpy(&word, p + 1, 4);
	memcpy(&both, p + 3, 8);
	put64(word + both);
	word = in[len - 1] * 0x01010101u;
	memcpy(p + 5, &word, 4);
	put(area, 100);
}
