// SPDX-License-Identifier: GPL-2.0-only
/* Calls through pointers: tables, arguments, members, in both directions. */
#include "native.h"

typedef uint64_t (*step)(uint64_t n);

static uint64_t twice(uint64_t n)
{
	return n * 2;
}

static uint64_t next(uint64_t n)
{
	return n + 1;
}

static uint64_t square(uint64_t n)
{
	return n * n;
}

static uint64_t add(uint64_t a, uint64_t b)
{
	return a + b;
}

static int small(signed char c, unsigned short s, int n)
{
	return c * 1000 + s + n;
}

static const step steps[] = { twice, next, square };

struct operations {
	step one;
	uint64_t (*two)(uint64_t a, uint64_t b);
	int (*narrow)(signed char c, unsigned short s, int n);
	const struct operations *other;
};

static const struct operations second = { .one = next };
static const struct operations first = {
	.one = square, .two = add, .narrow = small, .other = &second,
};

static uint64_t apply(step one, uint64_t n)
{
	return one(n);
}

static void program(const unsigned char *in, size_t len)
{
	const struct operations *volatile operations = &first;
	step chosen = NULL;
	size_t i;

	for (i = 0; i < len && i < 200; i++) {
		put64(steps[in[i] % 3](i));
		put64(apply(steps[in[i] / 3 % 3], in[i]));
		if (in[i] == 'z')
			chosen = operations->one;
		if (chosen)
			put64(chosen(in[i]));
	}
	put64(operations->two(1, 2));
	put64(operations->narrow(-3, 65535, -7));
	put64(operations->other->one(41));
	put64(steps[0] == twice);
	put64(steps[1] == operations->one);
	put64(chosen != NULL);
}
