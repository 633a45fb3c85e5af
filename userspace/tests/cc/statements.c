// SPDX-License-Identifier: GPL-2.0-only
/* What C has: switches, gotos, bit fields, unions, compound literals, atomics. */
#include <stdatomic.h>
#include <stdbool.h>

#include "native.h"

static _Thread_local int own = 3;
static __thread int old = 4;
int tentative;

union number {
	uint32_t word;
	unsigned char bytes[4];
	struct { unsigned int low:5, middle:11, high:16; } bits;
};

struct flexible { int count; short items[]; };

static int classify(int c)
{
	switch (c) {
	case 'a' ... 'f': return 1;
	case 'g': case 'h': case 'x': return 2;
	case '0': return 3;
	case '1': return 4;
	case '2': return 50;
	case '3': return -6;
	case '4': return 7;
	case '5': return 800;
	case 1000: return 9;
	default: return 0;
	}
}

static int duff(const unsigned char *in, int n)
{
	int sum = 0, turns = (n + 3) / 4;

	switch (n % 4) {
	case 0: do { sum += *in++;
	case 3: sum = sum * 3 + *in++;
	case 2: sum ^= *in++;
	case 1: sum -= *in++;
		} while (--turns > 0);
	}
	return sum;
}

static long interpret(const unsigned char *in, size_t len)
{
	static void *const labels[] = { &&add, &&multiply, &&exclude, &&skip };
	long n = 1;
	size_t i = 0;

next:
	if (i == len)
		return n;
	goto *labels[in[i++] & 3];
add:
	n += i;
	goto next;
multiply:
	n *= 3;
	goto next;
exclude:
	n ^= i << 3;
skip:
	goto next;
}

static void program(const unsigned char *in, size_t len)
{
	static atomic_int count;
	static struct flexible items = { 3, { 1, 2, 3 } };
	union number number = { .word = 0x12345678 };
	int i, n = len < 300 ? len : 300, k = 0;
	const char *names[] = { [3] = "three", [1] = "one" };
	int signed_numbers[] = { -7, 7, -2147483647 - 1, 1000000 };
	int by[] = { 3, -3, 16, 1000 };

	for (i = 0; i < n; i++) {
		put64(classify(in[i]));
		atomic_fetch_add(&count, in[i]);
		__sync_fetch_and_or(&tentative, in[i]);
		own += in[i];
		old ^= own;
	}
	put64(count);
	put64(own * 100000l + old + tentative);
	put64(duff(in, n));
	number.bits.middle = in[3];
	number.bits.high++;
	put(&number, 4);
	number.bytes[2] = 9;
	put64(number.bits.high);
	put(items.items, 6);
again:
	if (k++ < 5)
		goto again;
	put64(k);
	put(names[3], 5);
	put64(names[0] == NULL);
	for (i = 0; i < 16; i++) {
		put64(signed_numbers[i % 4] / by[i / 4]);
		put64(signed_numbers[i % 4] % by[i / 4]);
		put64((long)signed_numbers[i % 4] / by[i / 4]);
	}
	for (i = 1; i < 40; i++) {
		put64(__builtin_clz(i * 77) + __builtin_ctz(i) * 100 +
		      __builtin_popcount(i * 12345) * 10000 +
		      __builtin_clzll(i * 0x123456789ull) * 1000000l);
		put64(__builtin_bswap32(i * 0x01020304) ^
		      __builtin_bswap64(i * 0x0102030405060708ull));
	}
	put64(((struct { int a, b; }) { 1, n }).b);
	put64(({ int t = n; t * 2; }));
	put64(n ?: 5);
	put64(interpret(in, n));
	put64((bool)(n & 8));
}
