// SPDX-License-Identifier: GPL-2.0-only
/* 128 bits: products, quotients, shifts, arguments, results, overflows. */
#include "native.h"

typedef unsigned __int128 wide;
typedef __int128 signed_wide;

static void put_wide(wide n)
{
	put64(n);
	put64(n >> 64);
}

static __attribute__((noinline)) wide mix(wide a, uint64_t b, signed_wide c,
					  int d, wide e)
{
	return a * b + (wide)(c / (d | 1)) - e % (a | 1);
}

static uint64_t of_any_size(void)
{
	uint64_t n = any();

	return n >> n % 61;
}

static void program(const unsigned char *in, size_t len)
{
	int i;

	random_state += len;
	for (i = 0; i < 400; i++) {
		wide a = (wide)of_any_size() << 64 | of_any_size();
		wide b = of_any_size();
		uint64_t x = of_any_size(), y = of_any_size(), product;
		int64_t signed_product;

		if (i % 3)
			b |= (wide)of_any_size() << 64;
		put_wide(a * b);
		put_wide(a / (b | 1));
		put_wide(a % (b | 1));
		put_wide((signed_wide)a / (signed_wide)(b | 1));
		put_wide((signed_wide)a % -(signed_wide)(b | 1));
		put_wide(-a >> i % 128);
		put_wide((signed_wide)-a >> i % 128);
		put_wide(a << i % 128);
		put64(a < b);
		put64((signed_wide)-a < (signed_wide)b);
		put_wide((wide)x * y);
		put64(((signed_wide)(int64_t)x * (int64_t)-y) >> 64);
		put64(__builtin_mul_overflow(x, y, &product));
		put64(product);
		put64(__builtin_mul_overflow((int64_t)x, -(int64_t)y,
					     &signed_product));
		put64(signed_product);
		put_wide(mix(a, x, -(signed_wide)b, i - 200, a ^ b));
	}
}
