// SPDX-License-Identifier: GPL-2.0-only
/* More local variables than instructions reach from where the frame ends. */
#include "native.h"

#define LENGTH 4000

static __attribute__((noinline)) void fill(unsigned char *p, int n)
{
	int i;

	for (i = 0; i < LENGTH; i++)
		p[i] = n * 7 + i;
}

static __attribute__((noinline)) long many(int n)
{
	unsigned char a[LENGTH], b[LENGTH], c[LENGTH], d[LENGTH], e[LENGTH];
	unsigned char f[LENGTH], g[LENGTH], h[LENGTH], i[LENGTH], j[LENGTH];
	unsigned char k[LENGTH], l[LENGTH];
	volatile long sum = n;

	fill(a, n);
	fill(b, n + 1);
	fill(c, n + 2);
	fill(d, n + 3);
	fill(e, n + 4);
	fill(f, n + 5);
	fill(g, n + 6);
	fill(h, n + 7);
	fill(i, n + 8);
	fill(j, n + 9);
	fill(k, n + 10);
	fill(l, n + 11);
	a[3] ^= b[3999];
	c[5]++;
	d[7] = e[0];
	f[1] = g[2] + h[3];
	sum += a[3] + b[5] * 2 + c[5] * 3 + d[7] * 4 + e[9] * 5 + f[1] * 6;
	sum += g[13] + h[15] * 2 + i[17] * 3 + j[19] * 4 + k[21] * 5 + l[23] * 6;
	put(a, 8);
	put(d, 8);
	put(h, 8);
	put(i, 8);
	put(l, 8);
	return sum;
}

/* One that is called before the other has returned. */
static __attribute__((noinline)) long more(int n)
{
	unsigned char a[LENGTH], b[LENGTH], c[LENGTH], d[LENGTH], e[LENGTH];
	long sum;

	fill(a, n);
	fill(b, n * 3);
	fill(c, n * 5);
	fill(d, n * 7);
	fill(e, n * 9);
	sum = many(n + 1);
	return sum + a[n] + b[n] + c[n] + d[n] + e[n];
}

static void program(const unsigned char *in, size_t len)
{
	put64(many(in[0]));
	put64(more(len % 100));
}
