// SPDX-License-Identifier: GPL-2.0-only
/* Tests of lines learnt from samples. */
#include <kunit/test.h>

#include "../linreg.h"
#include "test.h"

static void line_without_samples(struct kunit *test)
{
	struct blk_lambda_linreg l = { .rate = 1000 };

	KUNIT_EXPECT_EQ(test, blk_lambda_linreg_at(&l, MIB), 1000);
	KUNIT_EXPECT_EQ(test, blk_lambda_linreg_at(&l, 0), 0);
}

static void line_through_one_length(struct kunit *test)
{
	struct blk_lambda_linreg l = {};
	u32 i;

	for (i = 0; i < 20; i++)
		blk_lambda_linreg_add(&l, MIB, 5 * MS, MS);
	KUNIT_EXPECT_EQ(test, blk_lambda_linreg_at(&l, MIB), 5 * MS);
	EXPECT_NEAR(test, blk_lambda_linreg_at(&l, 2 * MIB), 6 * MS, 1);
	EXPECT_NEAR(test, l.rate, MS, 1);
}

/* 40 µs and 2 ns per byte, seen at four lengths. */
static void line_through_many_lengths(struct kunit *test)
{
	struct blk_lambda_linreg l = {};
	u32 i;

	for (i = 0; i < 64; i++) {
		u64 bytes = 65536ULL << i % 4;

		blk_lambda_linreg_add(&l, bytes, 40 * US + 2 * bytes, 0);
	}
	EXPECT_NEAR(test, l.rate, 2 * MIB, 3);
	EXPECT_NEAR(test, blk_lambda_linreg_at(&l, 8 * MIB), 16 * MIB, 3);
	EXPECT_NEAR(test, blk_lambda_linreg_at(&l, 65536), 40 * US + 131072,
		    3);
}

static void line_never_falls(struct kunit *test)
{
	struct blk_lambda_linreg l = {};
	u32 i;

	for (i = 0; i < 32; i++)
		blk_lambda_linreg_add(&l, i % 2 ? MIB : 65536,
				      i % 2 ? 10 * MS : 12 * MS, 0);
	KUNIT_EXPECT_EQ(test, l.rate, 0);
	/* Nor is it ever below nothing. */
	l = (struct blk_lambda_linreg) {};
	blk_lambda_linreg_add(&l, MIB, 5, MS);
	KUNIT_EXPECT_EQ(test, blk_lambda_linreg_at(&l, 0), 0);
}

static void line_as_steep_as_can_be(struct kunit *test)
{
	struct blk_lambda_linreg l = {};
	u32 i;

	for (i = 0; i < 32; i++)
		blk_lambda_linreg_add(&l, i % 2 ? 64 : 0,
				      i % 2 ? BLK_LAMBDA_NS_MAX : 0, 0);
	KUNIT_EXPECT_EQ(test, l.rate, BLK_LAMBDA_RATE_MAX);
	KUNIT_EXPECT_EQ(test, blk_lambda_linreg_at(&l, U64_MAX),
			BLK_LAMBDA_NS_MAX);
}

/* All of the time comes with the bytes, as far as one length can tell. */
static void line_through_nothing(struct kunit *test)
{
	struct blk_lambda_linreg l = {};

	blk_lambda_linreg_add(&l, 0, MS, BLK_LAMBDA_RATE_MEAN);
	KUNIT_EXPECT_EQ(test, blk_lambda_linreg_at(&l, 0), MS);
	l = (struct blk_lambda_linreg) {};
	blk_lambda_linreg_add(&l, MIB, 5 * MS, BLK_LAMBDA_RATE_MEAN);
	EXPECT_NEAR(test, blk_lambda_linreg_at(&l, 3 * MIB), 15 * MS, 1);
	EXPECT_NEAR(test, blk_lambda_linreg_at(&l, MIB / 4), 5 * MS / 4, 1);
}

static void line_forgives_an_accident(struct kunit *test)
{
	struct blk_lambda_linreg l = {};
	u32 i;

	for (i = 0; i < 10; i++)
		blk_lambda_linreg_add(&l, MIB, MS, 0);
	blk_lambda_linreg_add(&l, MIB, 1000 * MS, 0);
	EXPECT_NEAR(test, blk_lambda_linreg_at(&l, MIB), MS, 7);
	blk_lambda_linreg_add(&l, MIB, 1, 0);
	EXPECT_NEAR(test, blk_lambda_linreg_at(&l, MIB), MS, 7);
}

static void line_follows_a_change(struct kunit *test)
{
	struct blk_lambda_linreg l = {};
	u32 i;

	for (i = 0; i < 10; i++)
		blk_lambda_linreg_add(&l, MIB, MS, 0);
	for (i = 0; i < 8; i++)
		blk_lambda_linreg_add(&l, MIB, 3 * MS, 0);
	EXPECT_NEAR(test, blk_lambda_linreg_at(&l, MIB), 3 * MS, 10);
	for (i = 0; i < 8; i++)
		blk_lambda_linreg_add(&l, MIB, MS, 0);
	EXPECT_NEAR(test, blk_lambda_linreg_at(&l, MIB), MS, 10);
}

static void line_takes_any_number(struct kunit *test)
{
	struct blk_lambda_linreg l = {};
	u64 state = 1;
	u32 i;

	for (i = 0; i < 200000; i++) {
		u64 bytes = any_number(&state), ns = any_number(&state);
		u64 prior = any_number(&state);

		blk_lambda_linreg_add(&l, bytes, ns, prior);
		if (l.rate > BLK_LAMBDA_RATE_MAX ||
		    blk_lambda_linreg_at(&l, ns) > BLK_LAMBDA_NS_MAX)
			break;
	}
	KUNIT_EXPECT_EQ(test, i, 200000);
}

static struct kunit_case line_cases[] = {
	KUNIT_CASE(line_without_samples),
	KUNIT_CASE(line_through_one_length),
	KUNIT_CASE(line_through_many_lengths),
	KUNIT_CASE(line_never_falls),
	KUNIT_CASE(line_as_steep_as_can_be),
	KUNIT_CASE(line_through_nothing),
	KUNIT_CASE(line_forgives_an_accident),
	KUNIT_CASE(line_follows_a_change),
	KUNIT_CASE(line_takes_any_number),
	{}
};

static struct kunit_suite line_suite = {
	.name = "blk_lambda_linreg",
	.test_cases = line_cases,
};

kunit_test_suite(line_suite);
