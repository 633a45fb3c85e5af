// SPDX-License-Identifier: GPL-2.0-only
/* Names: aliases, sections, weak ones, and functions that are left as written. */
#include "native.h"

int numbers[4] = { 2, 3, 5, 7 };
extern int primes[4] __attribute__((alias("numbers")));

int thrice(int n)
{
	return 3 * n;
}
int triple(int n) __attribute__((alias("thrice")));

static int counter __attribute__((section(".counted"))) = 40;
static const char name[] __attribute__((section(".named"), used)) = "linkage";

__attribute__((section(".text.unlikely"), noinline))
static int seldom(int n)
{
	counter += n;
	return counter;
}

__attribute__((weak, noinline)) int maybe(int n)
{
	return n - 1;
}

__attribute__((optnone, noinline)) static int slow(int n)
{
	int i, sum = 0;

	for (i = 0; i < n; i++)
		sum += i * name[i % 7];
	return sum;
}

__attribute__((visibility("hidden"), cold)) int hidden(int n)
{
	return n ^ 0x55;
}

static void program(const unsigned char *in, size_t len)
{
	int (*chosen)(int) = in[0] & 1 ? triple : hidden;
	size_t i;

	primes[in[1] & 3] += 10;
	for (i = 0; i < 4; i++)
		put64(numbers[i]);
	put64(triple(len) + thrice(1) + chosen(2));
	put64(seldom(3) + seldom(4));
	put64(maybe(5) + slow(len % 50 + 20) + hidden(6));
	put64(counter);
}
