// SPDX-License-Identifier: GPL-2.0-only
/* Tests of when a side is tried that is not expected to win. */
#include <kunit/test.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/types.h>

#include "../cost.h"
#include "../trial.h"

#define PERIOD	200
#define MOST	5
#define HOST	(LAMBDA_SIDE_HOST - 1)
#define DEVICE	(LAMBDA_SIDE_DEVICE - 1)

static const struct blk_lambda_arms known_arms = {
	.count = { 9, 9 }, .follows = true,
};

static enum lambda_side pick_side(struct blk_lambda_probe *p,
				  const struct blk_lambda_arms *arms)
{
	enum lambda_side side = LAMBDA_SIDE_NONE;

	blk_lambda_trial_probe(p, PERIOD, 0, arms, &side);
	return side;
}

static bool ask_probe(struct blk_lambda_probe *p,
		      const struct blk_lambda_arms *arms,
		      enum lambda_side *side)
{
	return blk_lambda_trial_probe(p, PERIOD, MOST, arms, side);
}

static void the_lower_cost_wins(struct kunit *test)
{
	struct blk_lambda_probe p = {};
	struct blk_lambda_arms arms = known_arms;

	arms.cost[HOST] = 1001;
	arms.cost[DEVICE] = 1000;
	KUNIT_EXPECT_EQ(test, pick_side(&p, &arms), LAMBDA_SIDE_DEVICE);
	arms.cost[HOST] = 999;
	KUNIT_EXPECT_EQ(test, pick_side(&p, &arms), LAMBDA_SIDE_HOST);
}

static void ties_go_to_the_host(struct kunit *test)
{
	struct blk_lambda_probe p = {};
	struct blk_lambda_arms arms = known_arms;

	KUNIT_EXPECT_EQ(test, pick_side(&p, &arms), LAMBDA_SIDE_HOST);
	arms.cost[HOST] = 7;
	arms.cost[DEVICE] = 7;
	KUNIT_EXPECT_EQ(test, pick_side(&p, &arms), LAMBDA_SIDE_HOST);
	arms.cost[HOST] = U64_MAX;
	arms.cost[DEVICE] = U64_MAX;
	KUNIT_EXPECT_EQ(test, pick_side(&p, &arms), LAMBDA_SIDE_HOST);
}

/* Each side is measured once at first, whatever is guessed. */
static void what_is_unknown_is_tried(struct kunit *test)
{
	struct blk_lambda_probe p = {};
	struct blk_lambda_arms arms = { .cost = { 10, 40 }, .follows = true };
	enum lambda_side side;

	KUNIT_EXPECT_TRUE(test, ask_probe(&p, &arms, &side));
	KUNIT_EXPECT_EQ(test, side, LAMBDA_SIDE_DEVICE);
	/* Others, until that has ended, go where it is guessed to be better. */
	arms.busy[DEVICE] = 1;
	arms.task = 1;
	KUNIT_EXPECT_TRUE(test, ask_probe(&p, &arms, &side));
	KUNIT_EXPECT_EQ(test, side, LAMBDA_SIDE_HOST);
	KUNIT_EXPECT_EQ(test, p.trial_left, 0);
	arms.cost[DEVICE] = 5;
	ask_probe(&p, &arms, &side);
	KUNIT_EXPECT_EQ(test, side, LAMBDA_SIDE_DEVICE);
	/* Then the host, if only in a run. */
	arms.busy[DEVICE] = 0;
	arms.count[DEVICE] = 1;
	KUNIT_EXPECT_TRUE(test, ask_probe(&p, &arms, &side));
	KUNIT_EXPECT_EQ(test, side, LAMBDA_SIDE_HOST);
	KUNIT_EXPECT_GE(test, p.trial_left, 1);
	/* Meanwhile others stay where it is known to be as it is. */
	arms.busy[HOST] = 1;
	arms.cost[DEVICE] = 40;
	arms.task = 2;
	KUNIT_EXPECT_FALSE(test, ask_probe(&p, &arms, &side));
	KUNIT_EXPECT_EQ(test, side, LAMBDA_SIDE_DEVICE);
	/* Unless it is guessed to take far too long. */
	p = (struct blk_lambda_probe) {};
	arms = (struct blk_lambda_arms) {
		.cost = { 10, 1000 }, .count = { 9 },
	};
	KUNIT_EXPECT_FALSE(test, ask_probe(&p, &arms, &side));
	KUNIT_EXPECT_EQ(test, side, LAMBDA_SIDE_HOST);
	/* Both are known now, and what it cost is owed. */
	arms.count[DEVICE] = 1;
	KUNIT_EXPECT_FALSE(test, ask_probe(&p, &arms, &side));
	KUNIT_EXPECT_EQ(test, side, LAMBDA_SIDE_HOST);
	KUNIT_EXPECT_LT(test, p.budget, 0);
	/* Where the host is that bad, one request has to do. */
	p = (struct blk_lambda_probe) {};
	arms = (struct blk_lambda_arms) {
		.cost = { 45, 10 }, .count = { 0, 1 }, .follows = true,
	};
	KUNIT_EXPECT_TRUE(test, ask_probe(&p, &arms, &side));
	KUNIT_EXPECT_EQ(test, side, LAMBDA_SIDE_HOST);
	KUNIT_EXPECT_EQ(test, p.trial_left, 0);
}

/* It waits for as many periods as pay for it. */
static void what_is_unknown_and_dear_waits(struct kunit *test)
{
	struct blk_lambda_arms arms = {
		.cost = { 130, 10 }, .count = { 0, 1 }, .follows = true,
	};
	struct blk_lambda_probe p = {};
	enum lambda_side side;
	u32 i;

	for (i = 0; i < 2 * PERIOD; i++) {
		KUNIT_EXPECT_FALSE(test, ask_probe(&p, &arms, &side));
		KUNIT_EXPECT_EQ(test, side, LAMBDA_SIDE_DEVICE);
	}
	KUNIT_EXPECT_TRUE(test, ask_probe(&p, &arms, &side));
	KUNIT_EXPECT_EQ(test, side, LAMBDA_SIDE_HOST);
}

/* Probes among @n requests where one side takes @ratio times as long. */
static u32 count_probes(struct blk_lambda_probe *p, u32 n, u32 ratio, u32 most)
{
	struct blk_lambda_arms arms = known_arms;
	enum lambda_side side;
	u32 count = 0, i;

	arms.follows = false;
	arms.cost[HOST] = 1000;
	arms.cost[DEVICE] = 1000 * ratio;
	for (i = 0; i < n; i++) {
		bool probe = blk_lambda_trial_probe(p, PERIOD, most, &arms,
						    &side);
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
		u32 count = count_probes(&p, n, ratios[i], MOST);

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
		u32 count = count_probes(&p, 2000 * PERIOD, ratio, MOST);

		KUNIT_EXPECT_LT(test, count, last);
		last = count;
	}
}

static void a_period_has_so_many(struct kunit *test)
{
	struct blk_lambda_probe p = {};

	/* The other side costs the same: only their number is limited. */
	KUNIT_EXPECT_EQ(test, count_probes(&p, 0, 1, MOST), 0);
	p = (struct blk_lambda_probe) {};
	/* To have got to know both was one of them. */
	KUNIT_EXPECT_EQ(test, count_probes(&p, PERIOD, 1, MOST), MOST - 1);
	KUNIT_EXPECT_EQ(test, count_probes(&p, PERIOD, 1, MOST), MOST);
	KUNIT_EXPECT_EQ(test, count_probes(&p, PERIOD, 1, 0), 0);
	/* A side that takes five times as long is tried once in each. */
	p = (struct blk_lambda_probe) {};
	count_probes(&p, PERIOD, 5, MOST);
	KUNIT_EXPECT_EQ(test, count_probes(&p, PERIOD, 5, MOST), 1);
	KUNIT_EXPECT_EQ(test, count_probes(&p, PERIOD, 5, MOST), 1);
}

/* What one finds out, others need not wait for. */
static void one_probe_at_a_time(struct kunit *test)
{
	struct blk_lambda_probe p = { .known = true };
	struct blk_lambda_arms arms = known_arms;
	enum lambda_side side;

	arms.busy[DEVICE] = 1;
	KUNIT_EXPECT_FALSE(test, ask_probe(&p, &arms, &side));
	arms.busy[DEVICE] = 0;
	KUNIT_EXPECT_TRUE(test, ask_probe(&p, &arms, &side));
}

/* Requests of a streak that are sent to the host as a probe, at most @n. */
static u32 run_trial(struct blk_lambda_probe *p, struct blk_lambda_arms *arms,
		     u32 n)
{
	enum lambda_side side;
	u32 i;

	for (i = 0; i < n; i++) {
		if (!ask_probe(p, arms, &side) || side != LAMBDA_SIDE_HOST)
			return i;
		arms->streak = max(arms->streak, 0) + 1;
	}
	return n;
}

/* The device was better so far; @host is what the other side costs. */
static struct blk_lambda_arms on_device(u64 host)
{
	struct blk_lambda_arms arms = known_arms;

	arms.cost[HOST] = host;
	arms.cost[DEVICE] = 1000;
	arms.streak = -9;
	return arms;
}

/* Readahead needs some requests of the same task. */
static void the_host_is_probed_in_a_streak(struct kunit *test)
{
	struct blk_lambda_probe p = { .known = true };
	struct blk_lambda_arms arms = on_device(1250), other;
	enum lambda_side side;

	arms.task = 7;
	other = arms;
	other.task = 8;
	KUNIT_EXPECT_EQ(test, run_trial(&p, &arms, 3), 3);
	/* Others go their way. */
	KUNIT_EXPECT_FALSE(test, ask_probe(&p, &other, &side));
	KUNIT_EXPECT_EQ(test, side, LAMBDA_SIDE_DEVICE);
	KUNIT_EXPECT_EQ(test, run_trial(&p, &arms, 100), 5);
	/* All eight count, and were paid for. */
	KUNIT_EXPECT_EQ(test, p.used, 8);
	KUNIT_EXPECT_EQ(test, p.budget,
			PERIOD * BLK_LAMBDA_ONE / BLK_LAMBDA_PROBE_SHARE -
			2 * BLK_LAMBDA_ONE);
}

/* The device's comes in between what is read ahead. */
static void to_interrupt_costs_more(struct kunit *test)
{
	struct blk_lambda_probe p = { .known = true };
	struct blk_lambda_arms arms = known_arms;
	enum lambda_side side;

	arms.cost[HOST] = 1000;
	arms.cost[DEVICE] = 1000;
	KUNIT_EXPECT_TRUE(test, ask_probe(&p, &arms, &side));
	KUNIT_EXPECT_EQ(test, side, LAMBDA_SIDE_DEVICE);
	KUNIT_EXPECT_EQ(test, p.budget,
			PERIOD * BLK_LAMBDA_ONE / BLK_LAMBDA_PROBE_SHARE -
			BLK_LAMBDA_WARMUP * BLK_LAMBDA_ONE);
}

/* One request on a side that is as bad as that is all that it gets. */
static void what_is_bad_is_not_led_up_to(struct kunit *test)
{
	struct blk_lambda_probe p = { .known = true };
	struct blk_lambda_arms arms = on_device(4900);

	KUNIT_EXPECT_EQ(test, run_trial(&p, &arms, 100), 1);
	KUNIT_EXPECT_EQ(test, p.trial_left, 0);
}

/* Where nothing is read ahead, one request tells all. */
static void here_and_there_one_will_do(struct kunit *test)
{
	struct blk_lambda_probe p = { .known = true };
	struct blk_lambda_arms arms = on_device(1250);

	arms.follows = false;
	KUNIT_EXPECT_EQ(test, run_trial(&p, &arms, 100), 1);
	p = (struct blk_lambda_probe) {};
	arms.count[HOST] = 0;
	KUNIT_EXPECT_EQ(test, run_trial(&p, &arms, 1), 1);
	KUNIT_EXPECT_EQ(test, p.trial_left, 0);
}

static void a_run_is_broken_off(struct kunit *test)
{
	struct blk_lambda_probe p = { .known = true };
	struct blk_lambda_arms arms = known_arms, other;
	enum lambda_side side;

	arms.cost[HOST] = 2000;
	arms.cost[DEVICE] = 1000;
	other = arms;
	other.task = 8;
	/* The host is clearly worse, and one measure has to do. */
	KUNIT_EXPECT_EQ(test, run_trial(&p, &arms, 100), 3);
	/* A task that does not come back is not waited for. */
	p = (struct blk_lambda_probe) { .known = true };
	arms.streak = -9;
	KUNIT_EXPECT_EQ(test, run_trial(&p, &arms, 1), 1);
	p.budget = 9 * BLK_LAMBDA_ONE;
	while (p.seen < PERIOD)
		KUNIT_EXPECT_FALSE(test, ask_probe(&p, &other, &side));
	KUNIT_EXPECT_EQ(test, p.trial_left, 0);
	KUNIT_EXPECT_EQ(test, run_trial(&p, &other, 1), 1);
}

/* A task that changes over to the host stays, and that is no probe. */
static void a_change_is_a_run(struct kunit *test)
{
	struct blk_lambda_probe p = { .known = true };
	struct blk_lambda_arms arms = known_arms;
	enum lambda_side side;

	arms.cost[HOST] = 900;
	arms.cost[DEVICE] = 1000;
	arms.streak = -1;
	KUNIT_EXPECT_EQ(test, pick_side(&p, &arms), LAMBDA_SIDE_HOST);
	/* A miss on the way is no reason to go back. */
	arms.streak = 1;
	arms.cost[HOST] = 1400;
	KUNIT_EXPECT_TRUE(test, ask_probe(&p, &arms, &side));
	KUNIT_EXPECT_EQ(test, side, LAMBDA_SIDE_HOST);
	KUNIT_EXPECT_EQ(test, p.used, 0);
	/* But a host that is worse after all is. */
	arms.streak = 3;
	arms.cost[HOST] = 1600;
	KUNIT_EXPECT_FALSE(test, ask_probe(&p, &arms, &side));
	KUNIT_EXPECT_EQ(test, side, LAMBDA_SIDE_DEVICE);
}

static void any_cost_will_do(struct kunit *test)
{
	static const u64 costs[] = { 0, 1, BIT_ULL(38), U64_MAX / 2, U64_MAX };
	struct blk_lambda_probe p = {};
	struct blk_lambda_arms arms = known_arms;
	enum lambda_side side;
	u32 i;

	for (i = 0; i < 25 * PERIOD; i++) {
		arms.cost[HOST] = costs[i % 5];
		arms.cost[DEVICE] = costs[i / 5 % 5];
		blk_lambda_trial_probe(&p, i % 7 ? PERIOD : 1, MOST, &arms,
				       &side);
		KUNIT_EXPECT_TRUE(test, side == LAMBDA_SIDE_HOST ||
				  side == LAMBDA_SIDE_DEVICE);
	}
}

static struct kunit_case probe_cases[] = {
	KUNIT_CASE(the_lower_cost_wins),
	KUNIT_CASE(ties_go_to_the_host),
	KUNIT_CASE(what_is_unknown_is_tried),
	KUNIT_CASE(what_is_unknown_and_dear_waits),
	KUNIT_CASE(probing_costs_two_percent),
	KUNIT_CASE(intervals_grow_with_the_ratio),
	KUNIT_CASE(a_period_has_so_many),
	KUNIT_CASE(one_probe_at_a_time),
	KUNIT_CASE(the_host_is_probed_in_a_streak),
	KUNIT_CASE(to_interrupt_costs_more),
	KUNIT_CASE(what_is_bad_is_not_led_up_to),
	KUNIT_CASE(here_and_there_one_will_do),
	KUNIT_CASE(a_run_is_broken_off),
	KUNIT_CASE(a_change_is_a_run),
	KUNIT_CASE(any_cost_will_do),
	{}
};

static struct kunit_suite probe_suite = {
	.name = "blk_lambda_probe",
	.test_cases = probe_cases,
};

kunit_test_suite(probe_suite);
