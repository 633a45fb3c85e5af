/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of the model share. */
#ifndef BLK_LAMBDA_TEST_H
#define BLK_LAMBDA_TEST_H

#include <linux/bits.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/types.h>

#define MIB	BIT_ULL(20)
#define US	1000ULL
#define MS	1000000ULL

/* Nearly: within @percent of @b. */
#define EXPECT_NEAR(test, a, b, percent) do {				\
	u64 __a = (a), __b = (b), __d = __b * (percent) / 100;		\
	KUNIT_EXPECT_GE(test, __a, __b - __d);				\
	KUNIT_EXPECT_LE(test, __a, __b + __d);				\
} while (0)

/* Numbers that have always been trouble, and others. */
static inline u64 odd_number(u32 i)
{
	static const u64 odd[] = {
		0, 1, 2, 63, 64, 65, 4095, 4096, MIB, BIT_ULL(30),
		BIT_ULL(30) + 1, BIT_ULL(31), U32_MAX, BIT_ULL(32), BIT_ULL(36),
		BIT_ULL(38), BIT_ULL(53), S64_MAX, BIT_ULL(63), U64_MAX - 1,
		U64_MAX,
	};

	return odd[i % ARRAY_SIZE(odd)];
}

static inline u64 any_number(u64 *state)
{
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return *state >> 58 < 24 ? odd_number(*state >> 40) :
				   *state >> (*state >> 58);
}

#endif /* BLK_LAMBDA_TEST_H */
