// SPDX-License-Identifier: GPL-2.0-only
/* Calls within calls, more than a λ may have, and paths that weigh too much. */
#include "native.h"

#define NOINLINE __attribute__((noinline))

static NOINLINE long level0(long n, const unsigned char *in)
{
	return n * 31 + in[n & 15];
}

#define LEVEL(above, below)						\
static NOINLINE long above(long n, const unsigned char *in)		\
{									\
	long sum = n;							\
									\
	for (int i = 0; i < 2; i++)					\
		sum = sum * 3 + below(sum + i, in);			\
	return sum + in[sum & 7];					\
}

LEVEL(level1, level0)
LEVEL(level2, level1)
LEVEL(level3, level2)
LEVEL(level4, level3)
LEVEL(level5, level4)
LEVEL(level6, level5)
LEVEL(level7, level6)
LEVEL(level8, level7)
LEVEL(level9, level8)
LEVEL(level10, level9)
LEVEL(level11, level10)

/* Each of these is eight of the one below: 8 to the 8th is too long a path. */
#define WIDE(above, below)						\
static NOINLINE long above(long n, const unsigned char *in)		\
{									\
	if (n & 1)							\
		return n + in[1];					\
	n = below(n / 2, in) + below(n / 2 + 1, in) * 3;		\
	n += below(n / 2, in) + below(n / 2 + 2, in) * 5;		\
	n += below(n / 2 | 1, in) + below(n / 2 + 3, in) * 7;		\
	return n + below(n / 2 | 1, in) + below(n / 2 + 4, in) * 11;	\
}

WIDE(wide1, level0)
WIDE(wide2, wide1)
WIDE(wide3, wide2)
WIDE(wide4, wide3)
WIDE(wide5, wide4)
WIDE(wide6, wide5)
WIDE(wide7, wide6)

static void program(const unsigned char *in, size_t len)
{
	int i;

	put64(level11(len, in));
	for (i = 0; i < 50; i++)
		put64(wide7(in[i] + i, in));
}
