// SPDX-License-Identifier: GPL-2.0-only
/* Tests of where a request is divided, and whether it is. */
#include <kunit/test.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/types.h>

#include "../cost.h"
#include "../split.h"
#include "test.h"

#define PERIOD	200

/* One λ on one drive: what is known, and a request. */
struct split_scene {
	struct blk_lambda_drive d;
	struct blk_lambda_cost c;
	struct blk_lambda_features w;
	struct blk_lambda_estimate host, device;
	struct blk_lambda_plan plan;
};

static const struct blk_lambda_limits disk_limits = {
	.depth = 16,
	.media_bps = 3500000000ULL,
	.link_bps = 3200000000ULL,
	.core_ips = 1000000000ULL,
	.cores = 4,
};

/* Both sides have run it, on @bytes, and took so many ns per MiB and more. */
static void know_sides(struct split_scene *s, u64 bytes, u64 host, u64 device,
		       u64 fixed)
{
	u64 mib = bytes / MIB;
	struct blk_lambda_observation o = {
		.side = LAMBDA_SIDE_HOST,
		.ns = host * mib + fixed,
		.cpu = host * mib + fixed,
	};
	struct blk_lambda_features w = {
		.bytes = bytes,
		.outstanding = 1,
		.runnable = 1,
	};

	blk_lambda_learn_cost(&s->c, &s->d, &w, &o);
	o = (struct blk_lambda_observation) {
		.side = LAMBDA_SIDE_DEVICE,
		.ns = device * mib + fixed,
		.drive = device * mib + fixed,
		.core = device * mib,
		.stages = device * mib,
		.out = 32,
	};
	blk_lambda_learn_cost(&s->c, &s->d, &w, &o);
}

static void plan_split(struct split_scene *s, u32 record)
{
	blk_lambda_cost_host(&s->c, &s->d, &s->w, &s->host);
	blk_lambda_cost_device(&s->c, &s->d, &s->w, &s->device);
	blk_lambda_split_plan(&s->c, &s->d, &s->w, &s->host, &s->device,
			      record, &s->plan);
}

/* Knows what requests of 8 MiB take, and those of half of that. */
static void begin_scene(struct split_scene *s, u64 host, u64 device, u64 fixed)
{
	memset(s, 0, sizeof(*s));
	blk_lambda_cost_init_drive(&s->d, &disk_limits, 1);
	blk_lambda_cost_init(&s->c, &s->d);
	know_sides(s, 8 * MIB, host, device, fixed);
	know_sides(s, 4 * MIB, host, device, fixed);
	know_sides(s, 8 * MIB, host, device, fixed);
	s->w = (struct blk_lambda_features) {
		.bytes = 8 * MIB,
		.outstanding = 1,
		.runnable = 1,
	};
}

/* What the host is expected to get, and how long it is all to take. */
static void expect_plan(struct kunit *test, struct split_scene *s, u64 bytes,
			u64 ns)
{
	plan_split(s, 8);
	EXPECT_NEAR(test, s->plan.host, bytes, 3);
	EXPECT_NEAR(test, s->plan.ns, ns, 3);
}

static void equal_sides_get_equal_parts(struct kunit *test)
{
	struct split_scene s;

	begin_scene(&s, 2 * MS, 2 * MS, 0);
	expect_plan(test, &s, 4 * MIB, 8 * MS);
}

static void both_end_together(struct kunit *test)
{
	struct split_scene s;

	/* 3 MiB at 3 ms on the host are as long as 5 at 1.8 in the drive. */
	begin_scene(&s, 3 * MS, 1800 * US, 0);
	expect_plan(test, &s, 3 * MIB, 9 * MS);
	begin_scene(&s, 1800 * US, 3 * MS, 0);
	expect_plan(test, &s, 5 * MIB, 9 * MS);
}

/* After requests of one length only, time comes with the bytes. */
static void one_length_is_enough(struct kunit *test)
{
	struct split_scene s;

	begin_scene(&s, 0, 0, 0);
	blk_lambda_cost_init(&s.c, &s.d);
	know_sides(&s, 8 * MIB, 3 * MS, 1800 * US, 0);
	plan_split(&s, 8);
	EXPECT_NEAR(test, s.plan.host, 3 * MIB, 5);
	EXPECT_NEAR(test, s.plan.ns, 9 * MS, 5);
}

static void fixed_time_is_not_shared(struct kunit *test)
{
	struct split_scene s;

	begin_scene(&s, 1 * MS, 1 * MS, 4 * MS);
	plan_split(&s, 8);
	EXPECT_NEAR(test, s.plan.host, 4 * MIB, 5);
	EXPECT_NEAR(test, s.plan.ns, 8 * MS, 5);
	/* So much of it that it does not pay: 12 ms on either side. */
	KUNIT_EXPECT_LT(test, s.plan.ns, 12 * MS);
	s.w.bytes = 512 * 1024;
	plan_split(&s, 8);
	KUNIT_EXPECT_GE(test, s.plan.ns, 4 * MS);
}

static void parts_are_whole_records(struct kunit *test)
{
	static const u32 records[] = {
		1, 2, 3, 8, 100, 2048, 4096, 65537, 1000003,
	};
	struct split_scene s;
	u32 i;

	begin_scene(&s, 3 * MS, 2 * MS, 0);
	s.w.bytes = 8 * MIB - 12345;
	for (i = 0; i < ARRAY_SIZE(records); i++) {
		plan_split(&s, records[i]);
		KUNIT_EXPECT_GE(test, s.plan.host, 1);
		KUNIT_EXPECT_EQ(test, s.plan.host % records[i], 0);
		KUNIT_EXPECT_GE(test, s.plan.host, BLK_LAMBDA_PART_MIN);
		KUNIT_EXPECT_LE(test, s.plan.host,
				s.w.bytes - BLK_LAMBDA_PART_MIN);
	}
}

static void small_requests_stay_whole(struct kunit *test)
{
	struct split_scene s;

	begin_scene(&s, 3 * MS, 2 * MS, 0);
	s.w.bytes = 2 * BLK_LAMBDA_PART_MIN - 1;
	plan_split(&s, 1);
	KUNIT_EXPECT_EQ(test, s.plan.host, 0);
	s.w.bytes = 2 * BLK_LAMBDA_PART_MIN;
	plan_split(&s, 1);
	KUNIT_EXPECT_EQ(test, s.plan.host, BLK_LAMBDA_PART_MIN);
	s.w.bytes = 0;
	plan_split(&s, 1);
	KUNIT_EXPECT_EQ(test, s.plan.host, 0);
	/* Two records, but neither end of one is far enough from an end. */
	s.w.bytes = 8 * MIB;
	plan_split(&s, 8 * MIB - 1000);
	KUNIT_EXPECT_EQ(test, s.plan.host, 0);
	plan_split(&s, U32_MAX);
	KUNIT_EXPECT_EQ(test, s.plan.host, 0);
}

/* The drive has no time left before a part of the least length is through. */
static void a_hopeless_side_gets_the_least(struct kunit *test)
{
	struct split_scene s;

	begin_scene(&s, 900 * MS, 1 * MS, 0);
	plan_split(&s, 4096);
	KUNIT_EXPECT_EQ(test, s.plan.host, BLK_LAMBDA_PART_MIN);
	begin_scene(&s, 1 * MS, 900 * MS, 0);
	plan_split(&s, 4096);
	KUNIT_EXPECT_EQ(test, s.plan.host, 8 * MIB - BLK_LAMBDA_PART_MIN);
}

/* What is missing on the host comes from the media that the drive reads. */
static void the_media_serve_both(struct kunit *test)
{
	struct split_scene s;
	u64 media;

	begin_scene(&s, 100 * US, 100 * US, 0);
	media = blk_lambda_scale(8 * MIB, s.d.media_read);
	s.w.missing = s.w.bytes;
	plan_split(&s, 8);
	KUNIT_EXPECT_GE(test, s.plan.ns, media);
	begin_scene(&s, 100 * US, 100 * US, 0);
	plan_split(&s, 8);
	KUNIT_EXPECT_LT(test, s.plan.ns, media);
}

static bool split_pays(struct blk_lambda_split *s, u64 ns, u64 better)
{
	struct blk_lambda_plan p = { .host = MIB, .ns = ns };

	return blk_lambda_split_pays(s, PERIOD, &p, better);
}

static void a_tenth_is_to_be_gained(struct kunit *test)
{
	struct blk_lambda_plan none = { .ns = 1 };
	struct blk_lambda_split s = {};

	KUNIT_EXPECT_TRUE(test, split_pays(&s, 900, 1000));
	KUNIT_EXPECT_FALSE(test, split_pays(&s, 901, 1000));
	KUNIT_EXPECT_FALSE(test, split_pays(&s, 1000, 1000));
	KUNIT_EXPECT_FALSE(test, split_pays(&s, 0, 0));
	KUNIT_EXPECT_FALSE(test, split_pays(&s, U32_MAX, 1));
	KUNIT_EXPECT_FALSE(test, blk_lambda_split_pays(&s, PERIOD, &none, MS));
}

/* What takes longer than expected is expected to, from then on. */
static void delays_are_remembered(struct kunit *test)
{
	struct blk_lambda_split s = {};
	struct blk_lambda_plan p;
	u32 i;

	for (i = 0; i < 30; i++) {
		p = (struct blk_lambda_plan) { .host = MIB, .ns = MS };
		blk_lambda_split_pays(&s, PERIOD, &p, 100 * MS);
		blk_lambda_split_learn(&s, p.ns, 1500 * US);
	}
	EXPECT_NEAR(test, p.ns, 1500 * US, 2);
	KUNIT_EXPECT_FALSE(test, split_pays(&s, MS, 1500 * US));
	KUNIT_EXPECT_TRUE(test, split_pays(&s, MS, 1700 * US));
	for (i = 0; i < 30; i++) {
		p = (struct blk_lambda_plan) { .host = MIB, .ns = MS };
		blk_lambda_split_pays(&s, PERIOD, &p, 100 * MS);
		blk_lambda_split_learn(&s, p.ns, 700 * US);
	}
	EXPECT_NEAR(test, p.ns, 700 * US, 2);
}

/* One that is in vain is not tried again at once, but some time. */
static void vain_attempts_are_rare(struct kunit *test)
{
	struct blk_lambda_split s = {};
	u32 i, tried = 0;

	for (i = 0; i < 20 * PERIOD; i++) {
		if (!split_pays(&s, 600 * US, MS))
			continue;
		tried++;
		blk_lambda_split_learn(&s, 600 * US, 1600 * US);
	}
	KUNIT_EXPECT_GE(test, tried, 5);
	KUNIT_EXPECT_LE(test, tried, 20);
}

/* Whatever the numbers, nothing overflows and a part is within the whole. */
static void any_numbers_do(struct kunit *test)
{
	struct blk_lambda_split split = {};
	u64 state = 1, record;
	struct split_scene s;
	u32 i;

	begin_scene(&s, 3 * MS, 2 * MS, 0);
	for (i = 0; i < 20000; i++) {
		s.w.bytes = any_number(&state);
		s.w.missing = any_number(&state);
		s.w.dirty = any_number(&state);
		s.w.outstanding = any_number(&state);
		s.w.runnable = any_number(&state);
		s.w.others.core = any_number(&state);
		s.w.others.media = any_number(&state);
		record = (u32)any_number(&state) ?: 1;
		if (i % 16 == 0)
			know_sides(&s, any_number(&state) % (64 * MIB),
				   any_number(&state) >> 8,
				   any_number(&state) >> 8,
				   any_number(&state) >> 8);
		plan_split(&s, record);
		KUNIT_EXPECT_LE(test, s.plan.host, s.w.bytes);
		KUNIT_EXPECT_EQ(test, s.plan.host % record, 0);
		blk_lambda_split_pays(&split, PERIOD, &s.plan,
				      any_number(&state));
		blk_lambda_split_learn(&split, any_number(&state),
				       any_number(&state));
	}
}

static struct kunit_case split_cases[] = {
	KUNIT_CASE(equal_sides_get_equal_parts),
	KUNIT_CASE(both_end_together),
	KUNIT_CASE(one_length_is_enough),
	KUNIT_CASE(fixed_time_is_not_shared),
	KUNIT_CASE(parts_are_whole_records),
	KUNIT_CASE(small_requests_stay_whole),
	KUNIT_CASE(a_hopeless_side_gets_the_least),
	KUNIT_CASE(the_media_serve_both),
	KUNIT_CASE(a_tenth_is_to_be_gained),
	KUNIT_CASE(delays_are_remembered),
	KUNIT_CASE(vain_attempts_are_rare),
	KUNIT_CASE(any_numbers_do),
	{}
};

static struct kunit_suite split_suite = {
	.name = "blk_lambda_split",
	.test_cases = split_cases,
};

kunit_test_suite(split_suite);
