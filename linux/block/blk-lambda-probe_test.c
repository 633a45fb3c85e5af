// SPDX-License-Identifier: GPL-2.0-only
/* Tests of when a side is tried that is not expected to win. */
#include <kunit/test.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/types.h>

#include "blk-lambda-cost.h"
#include "blk-lambda-probe.h"

#define PERIOD	200
#define MOST	5
#define HOST	(LAMBDA_SIDE_HOST - 1)
#define DEVICE	(LAMBDA_SIDE_DEVICE - 1)

static const struct blk_lambda_bet known = { .count = { 9, 9 } };

static enum lambda_side pick(struct blk_lambda_probe *p,
			     const struct blk_lambda_bet *bet)
{
	enum lambda_side side = LAMBDA_SIDE_NONE;

	blk_lambda_probe(p, PERIOD, 0, bet, &side);
	return side;
}

static enum blk_lambda_try ask(struct blk_lambda_probe *p,
			       const struct blk_lambda_bet *bet,
			       enum lambda_side *side)
{
	return blk_lambda_probe(p, PERIOD, MOST, bet, side);
}

static void the_lower_cost_wins(struct kunit *test)
{
	struct blk_lambda_probe p = {};
	struct blk_lambda_bet bet = known;

	bet.cost[HOST] = 1001;
	bet.cost[DEVICE] = 1000;
	KUNIT_EXPECT_EQ(test, pick(&p, &bet), LAMBDA_SIDE_DEVICE);
	bet.cost[HOST] = 999;
	KUNIT_EXPECT_EQ(test, pick(&p, &bet), LAMBDA_SIDE_HOST);
}

static void ties_go_to_the_host(struct kunit *test)
{
	struct blk_lambda_probe p = {};
	struct blk_lambda_bet bet = known;

	KUNIT_EXPECT_EQ(test, pick(&p, &bet), LAMBDA_SIDE_HOST);
	bet.cost[HOST] = 7;
	bet.cost[DEVICE] = 7;
	KUNIT_EXPECT_EQ(test, pick(&p, &bet), LAMBDA_SIDE_HOST);
	bet.cost[HOST] = U64_MAX;
	bet.cost[DEVICE] = U64_MAX;
	KUNIT_EXPECT_EQ(test, pick(&p, &bet), LAMBDA_SIDE_HOST);
}

/* Each side is measured once at first, whatever is guessed. */
static void what_is_unknown_is_tried(struct kunit *test)
{
	struct blk_lambda_probe p = {};
	struct blk_lambda_bet bet = { .cost = { 10, 40 } };
	enum lambda_side side;

	KUNIT_EXPECT_EQ(test, ask(&p, &bet, &side), BLK_LAMBDA_PROBE);
	KUNIT_EXPECT_EQ(test, side, LAMBDA_SIDE_HOST);
	/* A second one comes before the first has ended. */
	bet.busy[HOST] = 1;
	KUNIT_EXPECT_EQ(test, ask(&p, &bet, &side), BLK_LAMBDA_PROBE);
	KUNIT_EXPECT_EQ(test, side, LAMBDA_SIDE_DEVICE);
	/* And more: they go where it is guessed to be better. */
	bet.busy[DEVICE] = 1;
	KUNIT_EXPECT_EQ(test, ask(&p, &bet, &side), BLK_LAMBDA_PROBE);
	KUNIT_EXPECT_EQ(test, side, LAMBDA_SIDE_HOST);
	bet.cost[DEVICE] = 5;
	blk_lambda_probe(&p, PERIOD, MOST, &bet, &side);
	KUNIT_EXPECT_EQ(test, side, LAMBDA_SIDE_DEVICE);
	/* Unless it is guessed to take far too long. */
	bet = (struct blk_lambda_bet) { .cost = { 10, 1000 }, .count = { 9 } };
	KUNIT_EXPECT_EQ(test, ask(&p, &bet, &side), BLK_LAMBDA_BEST);
	KUNIT_EXPECT_EQ(test, side, LAMBDA_SIDE_HOST);
	/* Both are known now, and what it cost is owed. */
	bet.count[DEVICE] = 1;
	KUNIT_EXPECT_EQ(test, ask(&p, &bet, &side), BLK_LAMBDA_BEST);
	KUNIT_EXPECT_EQ(test, side, LAMBDA_SIDE_HOST);
	KUNIT_EXPECT_LT(test, p.budget, 0);
}

/* Probes among @n requests where one side takes @ratio times as long. */
static u32 probes(struct blk_lambda_probe *p, u32 n, u32 ratio, u32 most)
{
	struct blk_lambda_bet bet = known;
	enum lambda_side side;
	u32 count = 0, i;

	bet.cost[HOST] = 1000;
	bet.cost[DEVICE] = 1000 * ratio;
	for (i = 0; i < n; i++) {
		bool probe = blk_lambda_probe(p, PERIOD, most, &bet, &side) ==
			     BLK_LAMBDA_PROBE;
		bool lost = side == LAMBDA_SIDE_DEVICE;

		/* A probe is of the side that loses, and nothing else is. */
		if (probe != lost)
			return U32_MAX;
		count += probe;
	}
	return count;
}

static void probing_costs_two_percent(struct kunit *test)
{
	static const u32 ratios[] = { 2, 3, 5, 10, 30, 100, 1000 };
	u32 n = 1000 * PERIOD, i;

	for (i = 0; i < ARRAY_SIZE(ratios); i++) {
		struct blk_lambda_probe p = {};
		u32 count = probes(&p, n, ratios[i], MOST);

		KUNIT_EXPECT_LE(test, count * (ratios[i] - 1), n / 50);
		/* It is not too seldom either. */
		KUNIT_EXPECT_GE(test, count * (ratios[i] - 1), n / 120);
	}
}

static void intervals_grow_with_the_ratio(struct kunit *test)
{
	u32 ratio, last = U32_MAX;

	for (ratio = 2; ratio < 300; ratio *= 2) {
		struct blk_lambda_probe p = {};
		u32 count = probes(&p, 2000 * PERIOD, ratio, MOST);

		KUNIT_EXPECT_LT(test, count, last);
		last = count;
	}
}

static void a_period_has_so_many(struct kunit *test)
{
	struct blk_lambda_probe p = {};

	/* The other side costs the same: only their number is limited. */
	KUNIT_EXPECT_EQ(test, probes(&p, 0, 1, MOST), 0);
	p = (struct blk_lambda_probe) {};
	KUNIT_EXPECT_EQ(test, probes(&p, PERIOD, 1, MOST), MOST);
	KUNIT_EXPECT_EQ(test, probes(&p, PERIOD, 1, MOST), MOST);
	KUNIT_EXPECT_EQ(test, probes(&p, PERIOD, 1, 0), 0);
	/* Whoever takes five times as long is tried once in each. */
	p = (struct blk_lambda_probe) {};
	probes(&p, PERIOD, 5, MOST);
	KUNIT_EXPECT_EQ(test, probes(&p, PERIOD, 5, MOST), 1);
	KUNIT_EXPECT_EQ(test, probes(&p, PERIOD, 5, MOST), 1);
}

/* What one finds out, others need not wait for. */
static void one_probe_at_a_time(struct kunit *test)
{
	struct blk_lambda_probe p = {};
	struct blk_lambda_bet bet = known;
	enum lambda_side side;

	bet.busy[DEVICE] = 1;
	KUNIT_EXPECT_EQ(test, ask(&p, &bet, &side), BLK_LAMBDA_BEST);
	bet.busy[DEVICE] = 0;
	KUNIT_EXPECT_EQ(test, ask(&p, &bet, &side), BLK_LAMBDA_PROBE);
}

/* Two requests of the same task lead up to the one that is measured. */
static void the_host_is_probed_in_a_row(struct kunit *test)
{
	struct blk_lambda_probe p = {};
	struct blk_lambda_bet bet = known, other;
	enum lambda_side side;

	bet.cost[HOST] = 2000;
	bet.cost[DEVICE] = 1000;
	bet.client = 7;
	other = bet;
	other.client = 8;
	KUNIT_EXPECT_EQ(test, ask(&p, &bet, &side), BLK_LAMBDA_LEAD);
	KUNIT_EXPECT_EQ(test, side, LAMBDA_SIDE_HOST);
	/* Others go their way. */
	KUNIT_EXPECT_EQ(test, ask(&p, &other, &side), BLK_LAMBDA_BEST);
	KUNIT_EXPECT_EQ(test, side, LAMBDA_SIDE_DEVICE);
	KUNIT_EXPECT_EQ(test, ask(&p, &bet, &side), BLK_LAMBDA_LEAD);
	KUNIT_EXPECT_EQ(test, ask(&p, &bet, &side), BLK_LAMBDA_PROBE);
	KUNIT_EXPECT_EQ(test, side, LAMBDA_SIDE_HOST);
	/* All three were paid for. */
	KUNIT_EXPECT_EQ(test, p.used, 1);
	KUNIT_EXPECT_EQ(test, p.budget,
			PERIOD * BLK_LAMBDA_ONE / BLK_LAMBDA_PROBE_SHARE -
			4 * BLK_LAMBDA_ONE);
	/* A task that does not come back keeps the rest of a period only. */
	p = (struct blk_lambda_probe) { .known = true };
	KUNIT_EXPECT_EQ(test, ask(&p, &bet, &side), BLK_LAMBDA_LEAD);
	while (p.seen < PERIOD)
		KUNIT_EXPECT_EQ(test, ask(&p, &other, &side), BLK_LAMBDA_BEST);
	KUNIT_EXPECT_EQ(test, ask(&p, &other, &side), BLK_LAMBDA_LEAD);
}

static void any_cost_will_do(struct kunit *test)
{
	static const u64 costs[] = { 0, 1, BIT_ULL(38), U64_MAX / 2, U64_MAX };
	struct blk_lambda_probe p = {};
	struct blk_lambda_bet bet = known;
	enum lambda_side side;
	u32 i;

	for (i = 0; i < 25 * PERIOD; i++) {
		bet.cost[HOST] = costs[i % 5];
		bet.cost[DEVICE] = costs[i / 5 % 5];
		blk_lambda_probe(&p, i % 7 ? PERIOD : 1, MOST, &bet, &side);
		KUNIT_EXPECT_TRUE(test, side == LAMBDA_SIDE_HOST ||
				  side == LAMBDA_SIDE_DEVICE);
	}
}

static struct kunit_case probe_cases[] = {
	KUNIT_CASE(the_lower_cost_wins),
	KUNIT_CASE(ties_go_to_the_host),
	KUNIT_CASE(what_is_unknown_is_tried),
	KUNIT_CASE(probing_costs_two_percent),
	KUNIT_CASE(intervals_grow_with_the_ratio),
	KUNIT_CASE(a_period_has_so_many),
	KUNIT_CASE(one_probe_at_a_time),
	KUNIT_CASE(the_host_is_probed_in_a_row),
	KUNIT_CASE(any_cost_will_do),
	{}
};

static struct kunit_suite probe_suite = {
	.name = "blk_lambda_probe",
	.test_cases = probe_cases,
};

kunit_test_suite(probe_suite);
