// SPDX-License-Identifier: GPL-2.0-only
/* sscanf(): each conversion, widths, sets, and what does not match. */
#include "native.h"
#include <stdio.h>
#include <string.h>
static void program(const unsigned char *in, size_t len)
{
	int a = 0, b = 0, n = 0;
	double d = 0;
	float f = 0;
	char s[20] = "", t[20] = "";
	unsigned x;
	long l;
	put64(sscanf("12 -7 3.5e2 abc [q]", "%d %d %lg %3s [%c]", &a, &b, &d, s,
		     t));
	put64(a);
	put64(b);
	put(&d, 8);
	put(s, 4);
	put64(sscanf("ff:10,0x1f", "%x:%d,%i%n", &x, &a, &b, &n));
	put64(x);
	put64(b);
	put64(n);
	put64(sscanf("key = value;", "%[a-z] = %[^;]", s, t));
	put(s, 4);
	put(t, 6);
	put64(sscanf("", "%d", &a));
	put64(sscanf("x", "%d", &a));
	put64(sscanf(" \t", "%x", &x));
	put64(sscanf("", "key"));
	put64(sscanf("12", "%*d %d", &a));
	put64(sscanf("7 %9", "%d%%%d", &a, &b));
	put64(sscanf("6exp", "%lf%x", &d, &x));
	put64(sscanf("2ee-4", "%lf%x", &d, &x));
	put64(x);
	put64(sscanf("4e+a 0x1pg", "%f%x %lf%1s", &f, &x, &d, s));
	put(&f, 4);
	put(&d, 8);
	put(s, 2);
	put64(sscanf("1e2e3", "%lf%s", &d, s));
	put(s, 3);
	put64(a * 100 + b);
	put64(sscanf("123456", "%2d%2d%f", &a, &b, &f));
	put(&f, 4);
	put64(a * b);
	put64(sscanf("9999999999 %", "%ld %%%n", &l, &n));
	put64(l);
}
