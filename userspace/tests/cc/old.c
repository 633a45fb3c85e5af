// SPDX-License-Identifier: GPL-2.0-only
/* Calls of what no header declares: here there is none of stdio.h or alloca.h. */
#include "native.h"

void *alloca(unsigned long size);

static __attribute__((noinline)) int text(char *to, int n)
{
	return sprintf(to, "%d %s %ld %.2f %c", n, "text", 1l << 40, n / 4.0, 'x');
}

static __attribute__((noinline)) uint64_t copies(const unsigned char *in, int n)
{
	unsigned char *copy = alloca(n), *other = n > 50 ? alloca(2 * n) : copy;
	uint64_t sum = 0;
	int i;

	for (i = 0; i < n; i++)
		copy[i] = in[i];
	for (i = 0; i < n; i++)
		other[i] = copy[i] + i;
	for (i = 0; i < n; i++)
		sum = sum * 31 + copy[i] + other[i];
	return sum;
}

static void program(const unsigned char *in, size_t len)
{
	char to[100];
	int n;

	for (n = 0; n < 100; n += 7) {
		put64(text(to, n * n + len));
		put(to, 20);
		put64(copies(in, n + 3));
	}
}
