// SPDX-License-Identifier: GPL-2.0-only
/* A variable that is not set where it is not used; functions that do not return. */
#include <assert.h>
#include <stdlib.h>

#include "native.h"

static __attribute__((noinline)) int checked(int n)
{
	if (n > 1000)
		abort();
	return n;
}

static __attribute__((noinline)) int kind(int c)
{
	switch (c & 3) {
	case 0: return 7;
	case 1: return 11;
	case 2: return 13;
	case 3: return 17;
	}
	__builtin_unreachable();
}

static void program(const unsigned char *in, size_t len)
{
	unsigned int max = 0, row;
	size_t i, at;

	for (i = 0; i < len; i++) {
		if (in[i] > max) {
			max = in[i];
			at = i;
		}
	}
	if (max)
		put64(at);
	for (row = 0; row < len / 8; row++) {
		int most = 0, where;

		for (i = 0; i < 8; i++) {
			if (in[row * 8 + i] > most) {
				most = in[row * 8 + i];
				where = i;
			}
		}
		put64(most ? where : -1);
		put64(checked(most) + kind(most));
	}
	assert(len > 0);
	if (!len)
		exit(3);
}
