// SPDX-License-Identifier: GPL-2.0-only
/* Tests of lines learnt from samples. */
#include <kunit/test.h>

#include "blk-lambda-line.h"
#include "blk-lambda-test.h"

static void line_without_samples(struct kunit *test)
{
	struct blk_lambda_line l = {};

	KUNIT_EXPECT_EQ(test, blk_lambda_line_rate(&l, 1000), 1000);
	KUNIT_EXPECT_EQ(test, blk_lambda_line_at(&l, MIB, 1000), 1000);
	KUNIT_EXPECT_EQ(test, blk_lambda_line_at(&l, 0, 1000), 0);
}

static void line_through_one_length(struct kunit *test)
{
	struct blk_lambda_line l = {};
	u32 i;

	for (i = 0; i < 20; i++)
		blk_lambda_line_add(&l, MIB, 5 * MS, MS);
	KUNIT_EXPECT_EQ(test, blk_lambda_line_at(&l, MIB, MS), 5 * MS);
	EXPECT_NEAR(test, blk_lambda_line_at(&l, 2 * MIB, MS), 6 * MS, 1);
	EXPECT_NEAR(test, blk_lambda_line_rate(&l, MS), MS, 1);
}

/* 40 µs and 2 ns per byte, seen at four lengths. */
static void line_through_many_lengths(struct kunit *test)
{
	struct blk_lambda_line l = {};
	u32 i;

	for (i = 0; i < 64; i++) {
		u64 bytes = 65536ULL << i % 4;

		blk_lambda_line_add(&l, bytes, 40 * US + 2 * bytes, 0);
	}
	EXPECT_NEAR(test, blk_lambda_line_rate(&l, 0), 2 * MIB, 3);
	EXPECT_NEAR(test, blk_lambda_line_at(&l, 8 * MIB, 0), 16 * MIB, 3);
	EXPECT_NEAR(test, blk_lambda_line_at(&l, 65536, 0), 40 * US + 131072,
		    3);
}

static void line_never_falls(struct kunit *test)
{
	struct blk_lambda_line l = {};
	u32 i;

	for (i = 0; i < 32; i++)
		blk_lambda_line_add(&l, i % 2 ? MIB : 65536,
				    i % 2 ? 10 * MS : 12 * MS, 0);
	KUNIT_EXPECT_EQ(test, blk_lambda_line_rate(&l, 0), 0);
	/* Nor is it ever below nothing. */
	l = (struct blk_lambda_line) {};
	blk_lambda_line_add(&l, MIB, 5, MS);
	KUNIT_EXPECT_EQ(test, blk_lambda_line_at(&l, 0, MS), 0);
}

static void line_as_steep_as_can_be(struct kunit *test)
{
	struct blk_lambda_line l = {};

	l.count = 2;
	l.cov = 1LL << 60;
	KUNIT_EXPECT_EQ(test, blk_lambda_line_rate(&l, 0),
			BLK_LAMBDA_RATE_MAX);
	KUNIT_EXPECT_EQ(test, blk_lambda_line_at(&l, U64_MAX, 0),
			BLK_LAMBDA_NS_MAX);
}

static void line_forgives_an_accident(struct kunit *test)
{
	struct blk_lambda_line l = {};
	u32 i;

	for (i = 0; i < 10; i++)
		blk_lambda_line_add(&l, MIB, MS, 0);
	blk_lambda_line_add(&l, MIB, 1000 * MS, 0);
	EXPECT_NEAR(test, blk_lambda_line_at(&l, MIB, 0), MS, 7);
	blk_lambda_line_add(&l, MIB, 1, 0);
	EXPECT_NEAR(test, blk_lambda_line_at(&l, MIB, 0), MS, 7);
}

static void line_follows_news(struct kunit *test)
{
	struct blk_lambda_line l = {};
	u32 i;

	for (i = 0; i < 10; i++)
		blk_lambda_line_add(&l, MIB, MS, 0);
	for (i = 0; i < 8; i++)
		blk_lambda_line_add(&l, MIB, 3 * MS, 0);
	EXPECT_NEAR(test, blk_lambda_line_at(&l, MIB, 0), 3 * MS, 10);
	for (i = 0; i < 8; i++)
		blk_lambda_line_add(&l, MIB, MS, 0);
	EXPECT_NEAR(test, blk_lambda_line_at(&l, MIB, 0), MS, 10);
}

static void line_takes_any_number(struct kunit *test)
{
	struct blk_lambda_line l = {};
	u64 state = 1;
	u32 i;

	for (i = 0; i < 200000; i++) {
		u64 bytes = any_number(&state), ns = any_number(&state);
		u64 prior = any_number(&state);

		blk_lambda_line_add(&l, bytes, ns, prior);
		if (blk_lambda_line_rate(&l, prior) > BLK_LAMBDA_RATE_MAX ||
		    blk_lambda_line_at(&l, ns, prior) > BLK_LAMBDA_NS_MAX)
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
	KUNIT_CASE(line_forgives_an_accident),
	KUNIT_CASE(line_follows_news),
	KUNIT_CASE(line_takes_any_number),
	{}
};

static struct kunit_suite line_suite = {
	.name = "blk_lambda_line",
	.test_cases = line_cases,
};

kunit_test_suite(line_suite);
