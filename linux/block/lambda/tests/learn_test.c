// SPDX-License-Identifier: GPL-2.0-only
/* Tests of what the cost model learns of requests. */
#include <kunit/test.h>
#include <linux/minmax.h>

#include "../cost.h"
#include "test.h"

/* Until what was learnt before is forgotten. */
static void learn_often(struct blk_lambda_cost *c,
			const struct blk_lambda_drive *d,
			const struct blk_lambda_features *w,
			const struct blk_lambda_observation *o)
{
	u32 i;

	for (i = 0; i < 20; i++)
		blk_lambda_learn_cost(c, d, w, o);
}

/* Beside others a request takes longer, but not because of itself. */
static void contention_teaches_nothing(struct kunit *test)
{
	struct blk_lambda_features w = { .bytes = MIB, .outstanding = 8 };
	struct blk_lambda_observation o = {
		.side = LAMBDA_SIDE_DEVICE,
		.ns = 90 * MS, .cpu = 30 * US, .drive = 9 * MS, .out = 24,
		.core = 900 * US, .stages = 1220 * US,
	};
	struct blk_lambda_estimate e;
	struct blk_lambda_drive d;
	struct blk_lambda_cost c;

	fill_example(&d, &c);
	learn_often(&c, &d, &w, &o);
	blk_lambda_cost_device(&c, &d, &w, &e);
	EXPECT_NEAR(test, e.wait, 1270 * US, 1);
	/* Alone, it is what it takes; and that is remembered. */
	w.outstanding = 1;
	learn_often(&c, &d, &w, &o);
	blk_lambda_cost_device(&c, &d, &w, &e);
	EXPECT_NEAR(test, e.wait, 9 * MS, 1);
	w.outstanding = 8;
	o.drive = 18 * MS;
	learn_often(&c, &d, &w, &o);
	blk_lambda_cost_device(&c, &d, &w, &e);
	EXPECT_NEAR(test, e.wait, 9 * MS, 1);
	/* The way of the input is no stage of the drive's. */
	fill_example(&d, &c);
	w.write = true;
	blk_lambda_learn_cost(&c, &d, &w, &o);
	blk_lambda_cost_device(&c, &d, &w, &e);
	EXPECT_NEAR(test, e.wait, 1270 * US + d.link, 1);
}

/* Tasks that had the CPU are no wait for the drive. */
static void tasks_make_way(struct kunit *test)
{
	struct blk_lambda_features w = {
		.bytes = MIB, .missing = MIB, .runnable = 8,
	};
	struct blk_lambda_observation o = {
		.side = LAMBDA_SIDE_HOST, .ns = 3 * MS, .cpu = MS,
	};
	struct blk_lambda_estimate e;
	struct blk_lambda_drive d;
	struct blk_lambda_cost c;

	fill_example(&d, &c);
	learn_often(&c, &d, &w, &o);
	blk_lambda_cost_host(&c, &d, &w, &e);
	EXPECT_NEAR(test, e.wait, MS, 1);
	/* Where the link is the bound, it explains a wait as long as all take. */
	w.outstanding = 100;
	o.ns = 30 * MS;
	learn_often(&c, &d, &w, &o);
	blk_lambda_cost_host(&c, &d, &w, &e);
	EXPECT_NEAR(test, e.wait, MS, 1);
	/* But no longer one. */
	o.ns = 80 * MS;
	learn_often(&c, &d, &w, &o);
	blk_lambda_cost_host(&c, &d, &w, &e);
	KUNIT_EXPECT_GE(test, e.wait, 40 * MS);
}

/* A part has waited for the other one; it may only be faster than thought. */
static void parts_teach_no_waits(struct kunit *test)
{
	struct blk_lambda_features w = { .bytes = MIB, .missing = MIB };
	struct blk_lambda_observation o = {
		.side = LAMBDA_SIDE_HOST, .part = true, .ns = 9 * MS, .cpu = MS,
	};
	struct blk_lambda_estimate before, e;
	struct blk_lambda_drive d;
	struct blk_lambda_cost c;

	learn_example(&d, &c);
	blk_lambda_cost_host(&c, &d, &w, &before);
	learn_often(&c, &d, &w, &o);
	blk_lambda_cost_host(&c, &d, &w, &e);
	EXPECT_NEAR(test, e.wait, before.wait, 1);
	o.ns = MS + 300 * US;
	learn_often(&c, &d, &w, &o);
	blk_lambda_cost_host(&c, &d, &w, &e);
	EXPECT_NEAR(test, e.wait, 300 * US, 1);
}

static void drivers_need_not_measure(struct kunit *test)
{
	struct blk_lambda_features w = { .bytes = MIB };
	struct blk_lambda_observation o = {
		.side = LAMBDA_SIDE_DEVICE,
		.ns = 2 * MS, .cpu = MS / 2, .core = MS, .stages = MS,
	};
	struct blk_lambda_estimate e;
	struct blk_lambda_drive d;
	struct blk_lambda_cost c;

	fill_example(&d, &c);
	blk_lambda_learn_cost(&c, &d, &w, &o);
	blk_lambda_cost_device(&c, &d, &w, &e);
	EXPECT_NEAR(test, e.wait, 3 * MS / 2, 1);
}

/* Sent to the drive, run by the host: that is what it costs to send it. */
static void what_was_tried_in_vain(struct kunit *test)
{
	struct blk_lambda_features w = { .bytes = MIB };
	struct blk_lambda_observation o = {
		.side = LAMBDA_SIDE_DEVICE, .ns = 30 * MS, .cpu = 10 * MS,
	};
	struct blk_lambda_estimate e;
	struct blk_lambda_drive d;
	struct blk_lambda_cost c;
	u64 core;

	learn_example(&d, &c);
	core = c.core;
	learn_often(&c, &d, &w, &o);
	blk_lambda_cost_device(&c, &d, &w, &e);
	EXPECT_NEAR(test, e.cost, 30 * MS, 3);
	KUNIT_EXPECT_EQ(test, c.core, core);
}

static void predictions_follow_delays(struct kunit *test)
{
	struct blk_lambda_features w = { .bytes = MIB };
	struct blk_lambda_observation o = {
		.side = LAMBDA_SIDE_HOST, .ns = 2 * MS, .cpu = MS, .cost = MS,
	};
	struct blk_lambda_estimate e;
	struct blk_lambda_drive d;
	struct blk_lambda_cost c;

	fill_example(&d, &c);
	blk_lambda_learn_cost(&c, &d, &w, &o);
	KUNIT_EXPECT_EQ(test, blk_lambda_cost_bias(&c.host),
			BLK_LAMBDA_BIAS_ONE);
	learn_often(&c, &d, &w, &o);
	blk_lambda_cost_host(&c, &d, &w, &e);
	EXPECT_NEAR(test, e.cost, MS, 1);
	EXPECT_NEAR(test, e.ns, 2 * MS, 1);
	/* An accident counts as much as is usual. */
	o.ns = U64_MAX;
	blk_lambda_learn_cost(&c, &d, &w, &o);
	KUNIT_EXPECT_LE(test, blk_lambda_cost_bias(&c.host),
			3 * BLK_LAMBDA_BIAS_ONE);
}

/* On a busy CPU these are far apart: one is never off it, one comes back last. */
static void who_waits_for_pages_has_a_bias_of_its_own(struct kunit *test)
{
	struct blk_lambda_features w = { .bytes = MIB, .outstanding = 8 };
	struct blk_lambda_observation o = {
		.side = LAMBDA_SIDE_HOST, .cpu = MS,
	};
	struct blk_lambda_estimate e;
	struct blk_lambda_drive d;
	struct blk_lambda_cost c;
	u32 i;

	fill_example(&d, &c);
	for (i = 0; i < 100; i++) {
		w.missing = i % 2 * 4096;
		o.ns = i % 2 ? 12 * MS : MS;
		blk_lambda_cost_host(&c, &d, &w, &e);
		o.cost = e.cost;
		blk_lambda_learn_cost(&c, &d, &w, &o);
	}
	w.missing = 0;
	blk_lambda_cost_host(&c, &d, &w, &e);
	EXPECT_NEAR(test, e.ns, MS, 10);
	w.missing = 4096;
	blk_lambda_cost_host(&c, &d, &w, &e);
	EXPECT_NEAR(test, e.ns, 12 * MS, 10);
}

/* A page that is missing is not to blame for all that a request took longer. */
static void little_that_is_missing_tells_little(struct kunit *test)
{
	struct blk_lambda_features w = { .bytes = MIB, .missing = MIB };
	struct blk_lambda_observation o = {
		.side = LAMBDA_SIDE_HOST, .cost = MS, .ns = 2 * MS,
		.cpu = 2 * MS,
	};
	struct blk_lambda_estimate e;
	struct blk_lambda_drive d;
	struct blk_lambda_cost c;
	u64 before;

	learn_example(&d, &c);
	blk_lambda_cost_host(&c, &d, &w, &e);
	before = e.cpu;
	w.missing = 4096;
	blk_lambda_learn_cost(&c, &d, &w, &o);
	w.missing = MIB;
	blk_lambda_cost_host(&c, &d, &w, &e);
	EXPECT_NEAR(test, e.cpu, before, 20);
}

static struct kunit_case learn_cases[] = {
	KUNIT_CASE(contention_teaches_nothing),
	KUNIT_CASE(tasks_make_way),
	KUNIT_CASE(parts_teach_no_waits),
	KUNIT_CASE(drivers_need_not_measure),
	KUNIT_CASE(what_was_tried_in_vain),
	KUNIT_CASE(predictions_follow_delays),
	KUNIT_CASE(who_waits_for_pages_has_a_bias_of_its_own),
	KUNIT_CASE(little_that_is_missing_tells_little),
	{}
};

static struct kunit_suite learn_suite = {
	.name = "blk_lambda_learn",
	.test_cases = learn_cases,
};

kunit_test_suite(learn_suite);
