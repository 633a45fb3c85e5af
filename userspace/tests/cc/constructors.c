// SPDX-License-Identifier: GPL-2.0-only
/* Constructors run before the program, by their priority. */
#include "native.h"

static uint64_t order = 1, sum;

__attribute__((constructor)) static void last(void)
{
	order = order * 10 + 4;
}

__attribute__((constructor(301))) static void third(void)
{
	order = order * 10 + 3;
	for (int i = 0; i < 100; i++)
		sum += i * order;
}

__attribute__((constructor(200))) static void first(void)
{
	order = order * 10 + 1;
}

__attribute__((constructor(300))) static void second(void)
{
	order = order * 10 + 2;
}

__attribute__((destructor)) static void never(void)
{
	order = 0;
}

static void program(const unsigned char *in, size_t len)
{
	put64(order);
	put64(sum);
	put64(in[0] + len);
	second();
	put64(order);
}
