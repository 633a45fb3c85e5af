// SPDX-License-Identifier: GPL-2.0-only
/* More arguments than registers, structs by value, both ways. */
#include "native.h"

struct pair { int a, b; };
struct triple { long a, b, c; };
struct large { unsigned char bytes[100]; };
struct odd { char a; short b; };

static __attribute__((noinline)) long many(char a, short b, int c, long d,
		unsigned char e, unsigned int f, long g, signed char h)
{
	return a + b * 3 + c * 5 + d * 7 + e * 11 + f * 13 + g * 17 + h * 19;
}

static __attribute__((noinline)) struct pair swap(struct pair p)
{
	return (struct pair) { p.b, p.a };
}

static __attribute__((noinline)) struct triple turn(struct triple t, int by)
{
	while (by--)
		t = (struct triple) { t.b, t.c, t.a };
	return t;
}

static __attribute__((noinline)) struct large fill(struct large l, int n,
		struct pair p, struct triple t, struct odd o, long last)
{
	for (int i = 0; i < 100; i++)
		l.bytes[i] += n + p.a * i + t.c + o.b + last;
	return l;
}

static __attribute__((noinline)) unsigned char by_value(struct large l)
{
	l.bytes[0]++;
	return l.bytes[0] + l.bytes[99];
}

static long (*volatile through)(char, short, int, long, unsigned char,
				unsigned int, long, signed char) = many;
static struct large (*volatile filling)(struct large, int, struct pair,
		struct triple, struct odd, long) = fill;

static void program(const unsigned char *in, size_t len)
{
	struct large l = { { 1, 2, 3 } };
	struct pair p = { len, 7 };
	struct triple t = { 1, -2, len };
	struct odd o = { 3, -4 };

	put64(many(in[0], -2, 3, -4, 250, 6, -7, -8));
	put64(through(-1, in[1], -3, 4, 5, 4000000000u, 7, 8));
	p = swap(p);
	put(&p, sizeof(p));
	t = turn(t, 4);
	put(&t, sizeof(t));
	l = fill(l, in[2], p, t, o, 9);
	put(&l, sizeof(l));
	l = filling(l, 1, swap(p), turn(t, 1), o, -9);
	put(&l, sizeof(l));
	put64(by_value(l));
	put64(by_value(l));
}
