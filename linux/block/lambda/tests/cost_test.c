// SPDX-License-Identifier: GPL-2.0-only
/* Tests of the cost model of disks that run λs. */
#include <kunit/test.h>
#include <linux/minmax.h>

#include "../cost.h"
#include "test.h"

static void rates_are_bounded(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, blk_lambda_cost_rate(0), 0);
	KUNIT_EXPECT_EQ(test, blk_lambda_cost_rate(1000000000), MIB);
	KUNIT_EXPECT_EQ(test, blk_lambda_cost_rate(U64_MAX), 0);
	KUNIT_EXPECT_EQ(test, blk_lambda_cost_rate(1), BLK_LAMBDA_RATE_MAX);
}

static void drive_says_nothing(struct kunit *test)
{
	struct blk_lambda_limits l = {};
	struct blk_lambda_drive d;

	blk_lambda_cost_init_drive(&d, &l, 0);
	KUNIT_EXPECT_EQ(test, d.media_read, 0);
	KUNIT_EXPECT_EQ(test, d.core, BLK_LAMBDA_ONE);
	KUNIT_EXPECT_EQ(test, d.cores, 1);
	KUNIT_EXPECT_EQ(test, d.depth, 1);
	KUNIT_EXPECT_EQ(test, d.cpus, 1);
	l.media_bps = 1000000000;
	l.core_ips = U64_MAX;
	l.cores = U32_MAX;
	blk_lambda_cost_init_drive(&d, &l, 8);
	KUNIT_EXPECT_EQ(test, d.media_write, d.media_read);
	KUNIT_EXPECT_EQ(test, d.core, 1);
	KUNIT_EXPECT_EQ(test, d.cores, BLK_LAMBDA_COUNT_MAX);
	l.media_write_bps = 500000000;
	blk_lambda_cost_init_drive(&d, &l, 8);
	KUNIT_EXPECT_EQ(test, d.media_write, 2 * d.media_read);
}

/* Nothing was measured: what the drive says, and a host of 10^9 a second. */
static void what_is_not_measured_is_guessed(struct kunit *test)
{
	struct blk_lambda_features w = { .bytes = MIB, .missing = MIB };
	struct blk_lambda_estimate host, device;
	struct blk_lambda_drive d;
	struct blk_lambda_cost c;

	fill_example(&d, &c);
	blk_lambda_cost_host(&c, &d, &w, &host);
	blk_lambda_cost_device(&c, &d, &w, &device);
	KUNIT_EXPECT_EQ(test, host.cpu, (MIB >> 1) + (MIB >> 2));
	KUNIT_EXPECT_EQ(test, host.wait, d.media_read + d.link);
	KUNIT_EXPECT_EQ(test, device.load.core, MIB >> 1);
	KUNIT_EXPECT_EQ(test, device.load.media, d.media_read);
	KUNIT_EXPECT_EQ(test, device.wait,
			20 * US + (MIB >> 1) + d.media_read);
	/* A write reads nothing, and may make more than it is given. */
	w.write = true;
	w.room = 4 * MIB;
	blk_lambda_cost_device(&c, &d, &w, &device);
	KUNIT_EXPECT_EQ(test, device.load.core, 2 * MIB);
	KUNIT_EXPECT_EQ(test, device.load.media, 4 * d.media_write);
	KUNIT_EXPECT_EQ(test, device.load.link, d.link);
	blk_lambda_cost_host(&c, &d, &w, &host);
	KUNIT_EXPECT_EQ(test, host.cpu, 2 * MIB);
	KUNIT_EXPECT_EQ(test, host.wait, 4 * (d.media_write + d.link));
}

/* Each of four drives does a fourth, all at the same time. */
static void drives_have_a_share_each(struct kunit *test)
{
	struct blk_lambda_features w = { .bytes = 4 * MIB, .missing = 4 * MIB,
					 .drives = 4 };
	struct blk_lambda_features one = { .bytes = MIB, .missing = MIB };
	struct blk_lambda_observation o = {
		.side = LAMBDA_SIDE_DEVICE, .cost = MS, .ns = 2 * MS,
		.cpu = 400 * US, .core = 4 * MS, .out = MIB,
		.stages = 8 * MS, .drive = 2 * MS,
	};
	struct blk_lambda_estimate four, alone;
	struct blk_lambda_drive d;
	struct blk_lambda_cost c;

	fill_example(&d, &c);
	for (int round = 0; round < 2; round++) {
		blk_lambda_cost_device(&c, &d, &w, &four);
		blk_lambda_cost_device(&c, &d, &one, &alone);
		KUNIT_EXPECT_EQ(test, four.wait, alone.wait);
		KUNIT_EXPECT_EQ(test, four.load.core, alone.load.core);
		KUNIT_EXPECT_EQ(test, four.load.media, alone.load.media);
		if (round)
			break;
		blk_lambda_learn_share(&w, &o);
		KUNIT_EXPECT_EQ(test, w.bytes, MIB);
		KUNIT_EXPECT_EQ(test, w.drives, 1);
		KUNIT_EXPECT_EQ(test, o.core, MS);
		KUNIT_EXPECT_EQ(test, o.stages, 2 * MS);
		blk_lambda_learn_cost(&c, &d, &w, &o);
		w.bytes = 4 * MIB;
		w.drives = 4;
	}
	/* The host tells each of them. */
	KUNIT_EXPECT_EQ(test, four.cpu, 4 * alone.cpu);
	blk_lambda_cost_host(&c, &d, &w, &four);
	blk_lambda_cost_host(&c, &d, &one, &alone);
	KUNIT_EXPECT_EQ(test, four.load.media, alone.load.media);
	KUNIT_EXPECT_EQ(test, four.load.link, alone.load.link);
}

/* The host has yet to write back what was made, to the bytes seen. */
static void a_write_on_the_host_is_written_back(struct kunit *test)
{
	struct blk_lambda_features w = {
		.write = true, .bytes = MIB, .room = 4 * MIB,
	};
	struct blk_lambda_observation o = {
		.side = LAMBDA_SIDE_HOST, .cost = MS, .ns = MS, .cpu = MS,
		.out = 2 * MIB,
	};
	struct blk_lambda_estimate host;
	struct blk_lambda_drive d;
	struct blk_lambda_cost c;
	u64 back;

	fill_example(&d, &c);
	blk_lambda_learn_cost(&c, &d, &w, &o);
	blk_lambda_cost_host(&c, &d, &w, &host);
	back = 2 * (d.media_write + d.link);
	KUNIT_EXPECT_EQ(test, host.cpu, MS);
	KUNIT_EXPECT_EQ(test, host.cost, MS + back);
	/* A request that waited for nothing else is known to be that much sooner. */
	o.cost = host.cost;
	blk_lambda_learn_cost(&c, &d, &w, &o);
	blk_lambda_cost_host(&c, &d, &w, &host);
	KUNIT_EXPECT_EQ(test, host.cost, MS + back);
	KUNIT_EXPECT_LE(test, host.ns, MS);
	KUNIT_EXPECT_GE(test, host.ns, MS - US);
	/* Where others do as well, the slowest of all is the bound. */
	w.outstanding = 8;
	d.cpus = 8;
	blk_lambda_cost_host(&c, &d, &w, &host);
	KUNIT_EXPECT_EQ(test, host.bound,
			max(8 * 2 * max(d.media_write, d.link), MS));
}

/* The host is guessed by the drive's cores, until it has run one itself. */
static void cores_tell_of_the_host(struct kunit *test)
{
	struct blk_lambda_features w = { .bytes = MIB };
	struct blk_lambda_estimate host;
	struct blk_lambda_drive d;
	struct blk_lambda_cost c;

	fill_example(&d, &c);
	d.core = 3 * BLK_LAMBDA_ONE;
	run_device(&c, &d, &w);
	blk_lambda_cost_host(&c, &d, &w, &host);
	KUNIT_EXPECT_EQ(test, host.cpu, 300 * US);
	run_host(&c, &d, &w);
	run_device(&c, &d, &w);
	blk_lambda_cost_host(&c, &d, &w, &host);
	KUNIT_EXPECT_EQ(test, host.cpu, MS);
}

/* The table in the head of cost.c. */
static void the_example_of_the_essay(struct kunit *test)
{
	struct blk_lambda_features w = { .bytes = MIB, .missing = MIB };
	struct blk_lambda_estimate host, device;
	struct blk_lambda_drive d;
	struct blk_lambda_cost c;

	learn_example(&d, &c);
	blk_lambda_cost_host(&c, &d, &w, &host);
	EXPECT_NEAR(test, host.cpu, 1250 * US, 1);
	EXPECT_NEAR(test, host.wait, 627 * US, 1);
	EXPECT_NEAR(test, host.cost, 1877 * US, 1);
	EXPECT_NEAR(test, host.bound, 328 * US, 1);
	blk_lambda_cost_device(&c, &d, &w, &device);
	EXPECT_NEAR(test, device.cpu, 30 * US, 1);
	EXPECT_NEAR(test, device.wait, 1220 * US, 1);
	EXPECT_NEAR(test, device.cost, 1250 * US, 1);
	EXPECT_NEAR(test, device.bound, 300 * US, 1);
	w.missing = MIB - MIB * 71 / 100;
	blk_lambda_cost_host(&c, &d, &w, &host);
	EXPECT_NEAR(test, host.cost, device.cost, 1);
	w.missing = 0;
	blk_lambda_cost_host(&c, &d, &w, &host);
	EXPECT_NEAR(test, host.cost, 1000 * US, 1);
	w.outstanding = 8;
	blk_lambda_cost_host(&c, &d, &w, &host);
	EXPECT_NEAR(test, host.cost, 2000 * US, 1);
	blk_lambda_cost_device(&c, &d, &w, &device);
	EXPECT_NEAR(test, device.cost, 2400 * US, 1);
	w.missing = MIB;
	blk_lambda_cost_host(&c, &d, &w, &host);
	EXPECT_NEAR(test, host.cost, 2620 * US, 1);
}

static void others_are_waited_for(struct kunit *test)
{
	struct blk_lambda_features w = { .bytes = MIB, .outstanding = 1 };
	struct blk_lambda_estimate e;
	struct blk_lambda_drive d;
	struct blk_lambda_cost c;

	learn_example(&d, &c);
	w.others.core = 40 * MS;
	blk_lambda_cost_device(&c, &d, &w, &e);
	EXPECT_NEAR(test, e.cost, 10 * MS + 225 * US, 1);
	w.others.media = 30 * MS;
	blk_lambda_cost_device(&c, &d, &w, &e);
	EXPECT_NEAR(test, e.cost, 30 * MS + 300 * US, 1);
	w.others.slot = 400 * MS;
	blk_lambda_cost_device(&c, &d, &w, &e);
	EXPECT_NEAR(test, e.cost, 50 * MS + 152 * US, 1);
	/* Everything is cached: the host has no use for the drive. */
	blk_lambda_cost_host(&c, &d, &w, &e);
	EXPECT_NEAR(test, e.cost, MS, 1);
	w.runnable = 40;
	blk_lambda_cost_host(&c, &d, &w, &e);
	EXPECT_NEAR(test, e.cost, 10 * MS, 1);
	w.missing = MIB;
	w.others.link = 50 * MS;
	blk_lambda_cost_host(&c, &d, &w, &e);
	EXPECT_NEAR(test, e.cost, 50 * MS + 328 * US, 1);
}

static void dirty_bytes_cost(struct kunit *test)
{
	struct blk_lambda_features w = { .bytes = MIB };
	struct blk_lambda_observation o = {
		.side = LAMBDA_SIDE_DEVICE,
		.ns = 11 * MS, .cpu = MS, .drive = 4 * MS, .stages = 4 * MS,
	};
	struct blk_lambda_estimate clean, dirty;
	struct blk_lambda_drive d;
	struct blk_lambda_cost c;
	u32 i;

	learn_example(&d, &c);
	blk_lambda_cost_device(&c, &d, &w, &clean);
	w.dirty = MIB;
	blk_lambda_cost_device(&c, &d, &w, &dirty);
	KUNIT_EXPECT_EQ(test, dirty.cost - clean.cost, d.media_write + d.link);
	/* It took 6 ms that were neither CPU nor drive. */
	for (i = 0; i < 60; i++)
		blk_lambda_learn_cost(&c, &d, &w, &o);
	EXPECT_NEAR(test, c.flush, 6 * MS, 1);
	w.write = true;
	blk_lambda_cost_device(&c, &d, &w, &dirty);
	KUNIT_EXPECT_GE(test, dirty.cost, 10 * MS);
}

static void readahead_is_foreseen(struct kunit *test)
{
	struct blk_lambda_features w = {
		.bytes = MIB, .missing = MIB, .streak = 2,
	};
	struct blk_lambda_cost c = {};
	u32 i;

	/* There is none where a task reads here and there. */
	KUNIT_EXPECT_EQ(test, blk_lambda_cost_ahead(&c, &w), MIB);
	KUNIT_EXPECT_EQ(test, c.nr_warm, 0);
	w.follows = true;
	w.streak = 1;
	KUNIT_EXPECT_EQ(test, blk_lambda_cost_ahead(&c, &w), MIB);
	/* After some requests on the host, a quarter is missing. */
	w.streak = 2;
	w.missing = MIB / 4;
	KUNIT_EXPECT_EQ(test, blk_lambda_cost_ahead(&c, &w), MIB / 4);
	/* After one on the device all is, and would not be on the host. */
	w.streak = -1;
	w.missing = MIB;
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_EQ(test, blk_lambda_cost_ahead(&c, &w), MIB / 4);
	/* The one on the host that does wait pays for the others. */
	w.streak = 2;
	KUNIT_EXPECT_EQ(test, blk_lambda_cost_ahead(&c, &w), MIB * 5 / 8);
	/* Without readahead there is no difference. */
	for (i = 0; i < 20; i++)
		blk_lambda_cost_ahead(&c, &w);
	w.streak = -1;
	EXPECT_NEAR(test, blk_lambda_cost_ahead(&c, &w), MIB, 1);
	w = (struct blk_lambda_features) {
		.follows = true, .streak = -S32_MAX,
	};
	KUNIT_EXPECT_EQ(test, blk_lambda_cost_ahead(&c, &w), 0);
}

/* What was read ahead lies before the device for a while. */
static void what_is_left_is_not_cold(struct kunit *test)
{
	struct blk_lambda_features w = {
		.bytes = MIB / 4, .missing = MIB / 4, .follows = true,
		.streak = 2,
	};
	struct blk_lambda_cost c = {};

	blk_lambda_cost_ahead(&c, &w);
	w.streak = -1;
	w.missing = 0;
	blk_lambda_cost_ahead(&c, &w);
	KUNIT_EXPECT_EQ(test, c.nr_cold, 0);
	w.streak = -2;
	blk_lambda_cost_ahead(&c, &w);
	KUNIT_EXPECT_EQ(test, c.nr_cold, 1);
}

/* What a MiB costs on the host after one more that took @ns there. */
static u64 host_after(struct blk_lambda_cost *c,
		      const struct blk_lambda_drive *d, u64 ns)
{
	struct blk_lambda_features w = { .bytes = MIB };
	struct blk_lambda_observation o = {
		.side = LAMBDA_SIDE_HOST, .ns = ns, .cpu = ns,
	};
	struct blk_lambda_estimate e;

	blk_lambda_learn_cost(c, d, &w, &o);
	blk_lambda_cost_host(c, d, &w, &e);
	return e.cost;
}

static void what_is_old_gives_way(struct kunit *test)
{
	struct blk_lambda_features w = { .bytes = MIB };
	struct blk_lambda_estimate e;
	struct blk_lambda_drive d;
	struct blk_lambda_cost c;

	learn_example(&d, &c);
	blk_lambda_cost_age(&c);
	KUNIT_EXPECT_EQ(test, c.device.count, 1);
	blk_lambda_cost_host(&c, &d, &w, &e);
	EXPECT_NEAR(test, e.cost, MS, 1);
	EXPECT_NEAR(test, host_after(&c, &d, 10 * MS), 10 * MS, 1);
}

/* Each has the file for itself while it writes. */
static void each_write_has_the_file(struct kunit *test)
{
	struct blk_lambda_features w = { .bytes = MIB, .outstanding = 3 };
	struct blk_lambda_estimate apart, together;
	struct blk_lambda_drive d;
	struct blk_lambda_cost c;

	learn_example(&d, &c);
	blk_lambda_cost_device(&c, &d, &w, &apart);
	w.serial = true;
	blk_lambda_cost_device(&c, &d, &w, &together);
	KUNIT_EXPECT_EQ(test, together.cost, 3 * together.wait);
	KUNIT_EXPECT_LT(test, apart.cost, together.cost);
}

static void a_makeshift_gives_way(struct kunit *test)
{
	struct blk_lambda_drive d;
	struct blk_lambda_cost c;

	learn_example(&d, &c);
	blk_lambda_cost_age_host(&c);
	EXPECT_NEAR(test, host_after(&c, &d, 5 * MS), 5 * MS, 1);
	KUNIT_EXPECT_GE(test, c.device.count, 20);
}

static void the_model_takes_any_number(struct kunit *test)
{
	struct blk_lambda_drive d;
	struct blk_lambda_cost c;
	u64 s = 7, most = 0;
	u32 i;

	fill_example(&d, &c);
	for (i = 0; i < 100000; i++) {
		struct blk_lambda_features w = {
			.write = any_number(&s) & 1, .bytes = any_number(&s),
			.missing = any_number(&s), .dirty = any_number(&s),
			.outstanding = any_number(&s),
			.runnable = any_number(&s),
			.streak = any_number(&s), .follows = any_number(&s) & 1,
			.others.core = any_number(&s),
			.others.media = any_number(&s),
			.others.link = any_number(&s),
		};
		struct blk_lambda_observation o = {
			.side = any_number(&s) & 1 ? LAMBDA_SIDE_HOST :
						     LAMBDA_SIDE_DEVICE,
			.cost = any_number(&s), .out = any_number(&s),
			.ns = any_number(&s), .cpu = any_number(&s),
			.drive = any_number(&s), .core = any_number(&s),
			.stages = any_number(&s),
		};
		struct blk_lambda_estimate host, device;

		KUNIT_EXPECT_LE(test, blk_lambda_cost_ahead(&c, &w), w.missing);
		blk_lambda_cost_host(&c, &d, &w, &host);
		blk_lambda_cost_device(&c, &d, &w, &device);
		most = max3(most, host.cost, device.cost);
		blk_lambda_learn_cost(&c, &d, &w, &o);
	}
	KUNIT_EXPECT_LE(test, most, BIT_ULL(52));
}

static struct kunit_case cost_cases[] = {
	KUNIT_CASE(rates_are_bounded),
	KUNIT_CASE(drive_says_nothing),
	KUNIT_CASE(what_is_not_measured_is_guessed),
	KUNIT_CASE(cores_tell_of_the_host),
	KUNIT_CASE(drives_have_a_share_each),
	KUNIT_CASE(a_write_on_the_host_is_written_back),
	KUNIT_CASE(the_example_of_the_essay),
	KUNIT_CASE(others_are_waited_for),
	KUNIT_CASE(dirty_bytes_cost),
	KUNIT_CASE(readahead_is_foreseen),
	KUNIT_CASE(what_is_left_is_not_cold),
	KUNIT_CASE(what_is_old_gives_way),
	KUNIT_CASE(each_write_has_the_file),
	KUNIT_CASE(a_makeshift_gives_way),
	KUNIT_CASE(the_model_takes_any_number),
	{}
};

static struct kunit_suite cost_suite = {
	.name = "blk_lambda_cost",
	.test_cases = cost_cases,
};

kunit_test_suite(cost_suite);
