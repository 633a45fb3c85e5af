// SPDX-License-Identifier: GPL-2.0-only
/*
 * Variables lie where their alignment says, and where an optimiser that knows of
 * it computes them to be: in a frame, in that of a function that calls itself,
 * among the globals, and as arguments.
 */
#include "native.h"

struct block { _Alignas(64) unsigned char bytes[64]; int used; };

/* Where something lies, told by a number that no optimiser knows. */
static void place(const void *p)
{
	volatile uintptr_t at = (uintptr_t)p;

	put64(at & 63);
}

static _Alignas(64) unsigned char global[65];

static __attribute__((noinline)) int small(int n)
{
	_Alignas(64) unsigned char own[70];
	int i;

	for (i = 0; i < 70; i++)
		own[i] = n + i;
	place(own);
	put(own, sizeof(own));
	return own[n % 70];
}

/* More than a frame has. */
static __attribute__((noinline)) int large(int n)
{
	unsigned char before[5001];
	_Alignas(64) unsigned char own[6001];
	unsigned char *at;
	int i;

	for (i = 0; i < 5001; i++)
		before[i] = own[i] = n * i;
	place(own);
	at = (unsigned char *)((uintptr_t)own | n % 64);
	put(at, 32);
	return before[n] + *at;
}

static __attribute__((noinline)) int deep(int n, const unsigned char *above)
{
	unsigned char odd[3] = { n, n + 1, n + 2 };
	_Alignas(64) unsigned char own[65];
	int i;

	for (i = 0; i < 65; i++)
		own[i] = n + i + (above ? above[64 - i] : 0);
	place(own);
	if (!n)
		return own[9];
	return deep(n - 1, own) * 3 + own[n % 65] + odd[n % 3];
}

static __attribute__((noinline)) int by_value(struct block b, int n)
{
	unsigned char *at = (unsigned char *)((uintptr_t)b.bytes | n % 64);

	place(&b);
	b.used += *at;
	return b.used;
}

static __attribute__((noinline)) int of_length(int n)
{
	unsigned char before[n + 1];
	_Alignas(64) unsigned char own[n + 2];

	before[n] = own[n] = n;
	place(own);
	put(own + n, 1);
	return before[n] + own[n];
}

static void program(const unsigned char *in, size_t len)
{
	struct block b = { { 5, 6, 7, 8 }, 9 };
	int n = len % 64;

	b.bytes[n] = in[0];
	place(global);
	put64(small(n));
	put64(large(n));
	put64(deep(9, NULL));
	put64(of_length(n));
	put64(of_length(n + 7));
	put64(by_value(b, n));
	put64(by_value(b, 2));
}
