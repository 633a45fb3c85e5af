// SPDX-License-Identifier: GPL-2.0-only
/* What is declared weak may be defined nowhere. */
#include "native.h"

__attribute__((weak)) int nowhere(int x);
extern __attribute__((weak)) int no_variable;
__attribute__((weak)) int somewhere(int x);

int somewhere(int x)
{
	return x + 1;
}

static void program(const unsigned char *in, size_t len)
{
	put64(len != 0);
	put64(nowhere ? nowhere(in[0]) : -1);
	put64(&no_variable ? no_variable : -2);
	put64(somewhere ? somewhere(in[0]) : -3);
}
