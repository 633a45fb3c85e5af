// SPDX-License-Identifier: GPL-2.0-only
/* Arrays whose length only the run knows, and alloca(). */
#include <alloca.h>
#include <string.h>

#include "native.h"

static uint64_t sum_of(const unsigned char *p, size_t len)
{
	uint64_t sum = 0;

	while (len--)
		sum = sum * 31 + *p++;
	return sum;
}

/* Each turn has its own, and all of it is given back at its end. */
static uint64_t turns(const unsigned char *in, size_t len)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < 5000; i++) {
		size_t size = i % 300 + 1;
		unsigned char copy[size], other[2 * size];

		memcpy(copy, in + i % (len - 300), size);
		memset(other, i, sizeof(other));
		sum = sum * 7 + sum_of(copy, size) + other[size];
	}
	return sum;
}

/* All that a function takes stays until it returns. */
struct link {
	struct link *next;
	size_t value;
};

static uint64_t chain(size_t count)
{
	struct link *first = NULL, *link;
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < count; i++) {
		link = alloca(sizeof(*link));
		link->next = first;
		link->value = i * i;
		first = link;
	}
	for (link = first; link; link = link->next)
		sum = sum * 3 + link->value;
	return sum;
}

/* As does what a function that calls itself has. */
__attribute__((noinline))
static uint64_t deep(const unsigned char *in, size_t len, size_t n)
{
	unsigned char copy[n + 1];
	uint64_t sum;

	memcpy(copy, in, n);
	copy[n] = n;
	sum = n ? deep(in + 1, len - 1, n - 1) : 1;
	return sum * 5 + sum_of(copy, n + 1);
}

__attribute__((noinline))
static uint64_t matrix(size_t rows, size_t columns)
{
	int cells[rows][columns], (*last)[columns] = &cells[rows - 1];
	size_t i, k;

	for (i = 0; i < rows; i++)
		for (k = 0; k < columns; k++)
			cells[i][k] = i * columns + k;
	return (*last)[columns / 2] + sizeof(cells);
}

/* A goto out of a block leaves what is in it, and its end is its end. */
static uint64_t jumps(size_t count)
{
	uint64_t sum = 0;
	size_t n = 0;

again:
	{
		char text[n + 10];

		memset(text, 'a' + n % 26, sizeof(text));
		sum = sum * 11 + text[n];
		if (++n < count)
			goto again;
	}
	return sum;
}

static void program(const unsigned char *in, size_t len)
{
	size_t i;

	put64(turns(in, len));
	for (i = 0; i < 200; i++)
		put64(chain(i + len % 10));
	put64(deep(in, len, len % 100 + 40));
	put64(matrix(len % 7 + 3, len % 5 + 2));
	put64(jumps(1000));
	put64(len % 2 ? jumps(3) : jumps(4));
}
