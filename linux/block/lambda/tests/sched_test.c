// SPDX-License-Identifier: GPL-2.0-only
/* Tests of what a disk learns of λs, and where it sends them. */
#include <kunit/test.h>
#include <linux/blk-lambda.h>
#include <linux/math64.h>
#include <linux/slab.h>

#include "../sched.h"
#include "test.h"

#define DEVICE	(LAMBDA_SIDE_DEVICE - 1)

static const struct blk_lambda_limits disk_limits = {
	.depth = 2,
	.media_bps = 3500000000ULL,
	.link_bps = 3200000000ULL,
	.core_ips = 1000000000ULL,
	.cores = 4,
};

/**
 * struct test_disk - a disk, and what its requests take there
 * @s:      its scheduler
 * @now:    the time
 * @host:   ns of a request on the host
 * @device: ns of one on the device
 * @probes: requests that were probes
 * @runs:   what ran, by side less one
 * @query:  what is asked for
 */
struct test_disk {
	struct blk_lambda_sched *s;
	struct blk_lambda_ctx now;
	u64 host;
	u64 device;
	u32 probes;
	u32 runs[2];
	u64 in_drive;	/* ns that the request that ends was there */
	struct blk_lambda_query query;
};

static int world_init(struct kunit *test)
{
	struct test_disk *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);

	if (!w)
		return -ENOMEM;
	w->s = blk_lambda_sched_alloc(&disk_limits);
	if (!w->s)
		return -ENOMEM;
	w->now = (struct blk_lambda_ctx) { .ns = MS, .runnable = 1, .cpus = 1 };
	w->host = MS;
	w->device = 2 * MS;
	w->query.image_id = 1;
	w->query.bytes = MIB;
	w->query.cached = MIB;
	test->priv = w;
	return 0;
}

static void world_exit(struct kunit *test)
{
	struct test_disk *w = test->priv;

	blk_lambda_sched_free(w->s);
}

static void end_request(struct test_disk *w, struct blk_lambda_choice *c,
			const struct lambda_result *res, u64 ns)
{
	const struct blk_lambda_sample s = { res, .ns_drive = w->in_drive };
	bool host = c->side == LAMBDA_SIDE_HOST;

	w->now.ns += ns;
	blk_lambda_sched_learn(w->s, &w->query, c, &s, ns, host ? ns : 20 * US);
	w->in_drive = 0;
}

/* One request, begun and ended. */
static enum lambda_side run_request(struct test_disk *w)
{
	struct blk_lambda_choice c = {};
	struct lambda_result s = { .in_len = MIB, .out_len = 24 };
	u64 ns;

	blk_lambda_sched_choose(w->s, &w->query, &w->now, &c);
	w->probes += c.reason == LAMBDA_REASON_PROFILE;
	s.side = c.side;
	ns = c.side == LAMBDA_SIDE_HOST ? w->host : w->device;
	if (c.side == LAMBDA_SIDE_DEVICE) {
		w->in_drive = ns - 20 * US;
		s.ns_compute = ns / 2;
	}
	end_request(w, &c, &s, ns);
	w->runs[c.side - 1]++;
	return c.side;
}

static u32 on_device(struct test_disk *w, u32 n)
{
	u32 before = w->runs[DEVICE];

	while (n--)
		run_request(w);
	return w->runs[DEVICE] - before;
}

static void settles_on_the_faster_side(struct kunit *test)
{
	struct test_disk *w = test->priv;

	KUNIT_EXPECT_LE(test, on_device(w, 200), BLK_LAMBDA_PROBES + 1);
	w->query.image_id = 2;
	w->device = MS / 2;
	KUNIT_EXPECT_GE(test, on_device(w, 200), 200 - BLK_LAMBDA_PROBES - 1);
	/* The first one still goes its way. */
	w->query.image_id = 1;
	w->device = 2 * MS;
	KUNIT_EXPECT_LE(test, on_device(w, 200), BLK_LAMBDA_PROBES);
}

static void follows_within_a_period(struct kunit *test)
{
	struct test_disk *w = test->priv;

	on_device(w, 400);
	w->device = MS / 3;
	on_device(w, BLK_LAMBDA_PERIOD + 10);
	KUNIT_EXPECT_GE(test, on_device(w, 100), 95);
	w->device = 3 * MS;
	on_device(w, 20);
	KUNIT_EXPECT_LE(test, on_device(w, 100), BLK_LAMBDA_PROBES);
}

static void probes_are_few(struct kunit *test)
{
	struct test_disk *w = test->priv;

	on_device(w, 200);
	w->probes = 0;
	on_device(w, 10 * BLK_LAMBDA_PERIOD);
	KUNIT_EXPECT_GE(test, w->probes, 10);
	KUNIT_EXPECT_LE(test, w->probes, 11 * BLK_LAMBDA_PROBES);
	w->s->probes = 0;
	w->probes = 0;
	on_device(w, 1000);
	KUNIT_EXPECT_EQ(test, w->probes, 0);
}

/* A write runs once, on one side, measured or not. */
static void writes_run_once(struct kunit *test)
{
	struct test_disk *w = test->priv;
	struct blk_lambda_stats *t = w->s->stats;

	w->query.write = true;
	on_device(w, 1000);
	KUNIT_EXPECT_EQ(test, w->runs[0] + w->runs[1], 1000);
	KUNIT_EXPECT_EQ(test, t[0].requests, w->runs[0]);
	KUNIT_EXPECT_EQ(test, t[1].requests, w->runs[1]);
	KUNIT_EXPECT_EQ(test, t[0].bytes + t[1].bytes, 1000 * MIB);
	KUNIT_EXPECT_GE(test, w->runs[1], 5);
	/* Reading is another kind, of which nothing is known. */
	w->query.write = false;
	w->probes = 0;
	on_device(w, 2);
	KUNIT_EXPECT_EQ(test, w->probes, 2);
}

static enum lambda_reason ask_side(struct test_disk *w, enum lambda_side *side)
{
	struct blk_lambda_choice c = {};
	struct lambda_result s = {};

	blk_lambda_sched_choose(w->s, &w->query, &w->now, &c);
	end_request(w, &c, &s, MS);
	*side = c.side;
	return c.reason;
}

static void policies_are_obeyed(struct kunit *test)
{
	struct test_disk *w = test->priv;
	enum lambda_side side;

	on_device(w, 20);
	w->s->policy = BLK_LAMBDA_DEVICE;
	KUNIT_EXPECT_EQ(test, ask_side(w, &side), LAMBDA_REASON_POLICY);
	KUNIT_EXPECT_EQ(test, side, LAMBDA_SIDE_DEVICE);
	w->query.forced = LAMBDA_SIDE_HOST;
	KUNIT_EXPECT_EQ(test, ask_side(w, &side), LAMBDA_REASON_FORCED);
	KUNIT_EXPECT_EQ(test, side, LAMBDA_SIDE_HOST);
	w->s->policy = BLK_LAMBDA_HOST;
	KUNIT_EXPECT_EQ(test, ask_side(w, &side), LAMBDA_REASON_FORCED);
	KUNIT_EXPECT_EQ(test, side, LAMBDA_SIDE_HOST);
	w->query.forced = LAMBDA_SIDE_DEVICE;
	KUNIT_EXPECT_EQ(test, ask_side(w, &side), LAMBDA_REASON_POLICY);
	KUNIT_EXPECT_EQ(test, side, LAMBDA_SIDE_HOST);
	w->s->policy = BLK_LAMBDA_AUTO;
	KUNIT_EXPECT_EQ(test, ask_side(w, &side), LAMBDA_REASON_FORCED);
	KUNIT_EXPECT_EQ(test, side, LAMBDA_SIDE_DEVICE);
}

/* What is settled is not compared. */
static void one_side_is_asked(struct kunit *test)
{
	struct blk_lambda_choice device = {}, host = {};
	struct test_disk *w = test->priv;

	on_device(w, 20);
	w->query.forced = LAMBDA_SIDE_DEVICE;
	blk_lambda_sched_choose(w->s, &w->query, &w->now, &device);
	KUNIT_EXPECT_EQ(test, device.ns_host, 0);
	KUNIT_EXPECT_GE(test, device.ns_device, 1);
	w->query.forced = LAMBDA_SIDE_HOST;
	blk_lambda_sched_choose(w->s, &w->query, &w->now, &host);
	KUNIT_EXPECT_GE(test, host.ns_host, 1);
	KUNIT_EXPECT_EQ(test, host.ns_device, 0);
}

/* Requests of a kind that are worth being learnt from, of 100. */
static u32 count_learnt(struct test_disk *w, u64 bytes)
{
	struct lambda_result s = { .side = LAMBDA_SIDE_HOST, .in_len = bytes };
	u32 n = 0, i;

	w->query.bytes = bytes;
	for (i = 0; i < 100; i++) {
		struct blk_lambda_choice c = {};

		blk_lambda_sched_choose(w->s, &w->query, &w->now, &c);
		end_request(w, &c, &s, 10 * US);
		n += blk_lambda_ticket(&c)->learn;
	}
	return n;
}

static void small_ones_teach_at_times(struct kunit *test)
{
	struct test_disk *w = test->priv;

	w->query.forced = LAMBDA_SIDE_HOST;
	/* The first ones always. */
	KUNIT_EXPECT_EQ(test, count_learnt(w, 4096), 8 + 92 / 4);
	KUNIT_EXPECT_EQ(test, count_learnt(w, 4096), 100 / 4);
	KUNIT_EXPECT_EQ(test, w->s->stats[0].requests, 200);
	KUNIT_EXPECT_EQ(test, count_learnt(w, MIB), 100);
}

/* A task reads on and on; on the host, the third request finds its pages. */
static u32 read_stream(struct test_disk *w, u32 n)
{
	struct lambda_result s = { .in_len = 65536 };
	u32 warm = 0, device = 0;

	while (n--) {
		struct blk_lambda_choice c = {};

		blk_lambda_sched_choose(w->s, &w->query, &w->now, &c);
		s.side = c.side;
		warm = c.side == LAMBDA_SIDE_HOST ? warm + 1 : 0;
		device += !warm;
		end_request(w, &c, &s, warm > 2 ? MS : warm ? 3 * MS : 1500 * US);
	}
	return device;
}

static void readahead_gets_its_chance(struct kunit *test)
{
	struct test_disk *w = test->priv;

	w->query = (struct blk_lambda_query) {
		.image_id = 1, .bytes = 65536, .follows = true };
	read_stream(w, 2 * BLK_LAMBDA_PERIOD);
	KUNIT_EXPECT_LE(test, read_stream(w, 100), BLK_LAMBDA_PROBES);
}

static void the_oldest_profile_goes(struct kunit *test)
{
	struct test_disk *w = test->priv;
	u32 i;

	on_device(w, 20);
	for (i = 0; i < BLK_LAMBDA_PROFILES - 1; i++) {
		w->query.image_id = 100 + i;
		run_request(w);
	}
	/* All are known; one more, and the first is not. */
	w->query.image_id = 1;
	w->probes = 0;
	on_device(w, 2);
	KUNIT_EXPECT_EQ(test, w->probes, 0);
	w->query.image_id = 2;
	run_request(w);
	w->query.image_id = 100;
	w->probes = 0;
	run_request(w);
	KUNIT_EXPECT_EQ(test, w->probes, 1);
}

static void an_image_is_forgotten(struct kunit *test)
{
	struct test_disk *w = test->priv;

	on_device(w, 20);
	w->query.write = true;
	on_device(w, 20);
	blk_lambda_profile_forget(w->s, 1);
	blk_lambda_profile_forget(w->s, 1);
	w->probes = 0;
	on_device(w, 2);
	w->query.write = false;
	on_device(w, 2);
	KUNIT_EXPECT_EQ(test, w->probes, 4);
}

/* What rested for long is measured again. */
static void profiles_expire(struct kunit *test)
{
	struct test_disk *w = test->priv;

	on_device(w, 20);
	w->now.ns += BLK_LAMBDA_STALE_NS / 2;
	w->probes = 0;
	run_request(w);
	KUNIT_EXPECT_EQ(test, w->probes, 0);
	w->now.ns += BLK_LAMBDA_STALE_NS + 1;
	w->device = MS / 4;
	on_device(w, 20);
	KUNIT_EXPECT_GE(test, w->probes, 1);
	KUNIT_EXPECT_GE(test, on_device(w, 20), 18);
}

static void begin_many(struct kunit *test, struct test_disk *w,
		       struct blk_lambda_choice *c, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++) {
		w->now.task = i;
		blk_lambda_sched_choose(w->s, &w->query, &w->now, &c[i]);
		KUNIT_EXPECT_GE(test, c[i].outstanding, i + 1);
	}
}

static void requests_under_way_count(struct kunit *test)
{
	struct test_disk *w = test->priv;
	const struct lambda_result s = {
		.side = LAMBDA_SIDE_DEVICE, .in_len = MIB };
	struct blk_lambda_choice *c;
	u32 many = 20, i;

	c = kunit_kcalloc(test, many, sizeof(*c), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, c);
	w->query.forced = LAMBDA_SIDE_DEVICE;
	begin_many(test, w, c, many);
	KUNIT_EXPECT_GT(test, w->s->load.core, 0);
	/* The profile may have gone meanwhile, and come again. */
	blk_lambda_profile_forget(w->s, 1);
	for (i = 0; i < many; i++) {
		if (i == 10)
			run_request(w);
		end_request(w, &c[i], &s, MS);
	}
	KUNIT_EXPECT_NULL(test, memchr_inv(&w->s->load, 0,
					   sizeof(w->s->load)));
	/* A task that has not asked for long does not count. */
	w->now.ns += 200 * MS;
	begin_many(test, w, c, 1);
	KUNIT_EXPECT_EQ(test, c[0].outstanding, 1);
	end_request(w, &c[0], &s, MS);
}

static u64 expected_of(struct test_disk *w, enum lambda_side side)
{
	struct blk_lambda_choice c = {};
	struct lambda_result s = {};

	blk_lambda_sched_choose(w->s, &w->query, &w->now, &c);
	end_request(w, &c, &s, 0);
	return side == LAMBDA_SIDE_HOST ? c.ns_host : c.ns_device;
}

static void cpus_come_and_go(struct kunit *test)
{
	struct test_disk *w = test->priv;
	u64 one;

	w->now.runnable = 8;
	one = expected_of(w, LAMBDA_SIDE_HOST);
	w->now.cpus = 4;
	KUNIT_EXPECT_EQ(test, expected_of(w, LAMBDA_SIDE_HOST), one / 4);
	w->now.cpus = 1;
	KUNIT_EXPECT_EQ(test, expected_of(w, LAMBDA_SIDE_HOST), one);
}

/* One that ends as said, after an automatic choice of the device. */
static void end_badly(struct test_disk *w, struct lambda_result s)
{
	struct blk_lambda_choice c = {};

	s.in_len = MIB;
	w->s->policy = BLK_LAMBDA_DEVICE;
	blk_lambda_sched_choose(w->s, &w->query, &w->now, &c);
	w->s->policy = BLK_LAMBDA_AUTO;
	end_request(w, &c, &s, 10 * US);
}

static void what_teaches_and_what_counts(struct kunit *test)
{
	struct test_disk *w = test->priv;
	u64 before;

	on_device(w, 50);
	before = expected_of(w, LAMBDA_SIDE_DEVICE);
	end_badly(w, (struct lambda_result) {
		.side = LAMBDA_SIDE_DEVICE, .status = LAMBDA_STATUS_FAULT });
	end_badly(w, (struct lambda_result) {
		.side = LAMBDA_SIDE_NONE, .status = LAMBDA_STATUS_NOT_RUN });
	end_badly(w, (struct lambda_result) {
		.side = LAMBDA_SIDE_HOST, .reason = LAMBDA_REASON_INLINE });
	KUNIT_EXPECT_EQ(test, expected_of(w, LAMBDA_SIDE_DEVICE), before);
	end_badly(w, (struct lambda_result) {
		.side = LAMBDA_SIDE_HOST, .reason = LAMBDA_REASON_INSNS });
	KUNIT_EXPECT_NE(test, expected_of(w, LAMBDA_SIDE_DEVICE), before);

	KUNIT_EXPECT_EQ(test, w->s->fallbacks, 2);
	KUNIT_EXPECT_EQ(test, w->s->reasons[LAMBDA_REASON_INLINE], 1);
	KUNIT_EXPECT_EQ(test, w->s->reasons[LAMBDA_REASON_INSNS], 1);
	KUNIT_EXPECT_EQ(test, w->s->reasons[LAMBDA_REASON_POLICY], 2);
	KUNIT_EXPECT_EQ(test, w->s->statuses[LAMBDA_STATUS_FAULT], 1);
	KUNIT_EXPECT_EQ(test, w->s->statuses[LAMBDA_STATUS_NOT_RUN], 1);
	/* Numbers that are none of ours do no harm. */
	end_badly(w, (struct lambda_result) {
		.side = LAMBDA_SIDE_HOST, .reason = 100000, .status = 100000 });
}

/* Requests that may be divided */

static void end_part(struct test_disk *w, const struct blk_lambda_choice *c,
		     enum lambda_side side, u64 bytes)
{
	u64 whole = side == LAMBDA_SIDE_HOST ? w->host : w->device;
	u64 ns = div64_u64(whole * bytes, w->query.bytes);
	struct blk_lambda_query q = w->query;
	const struct lambda_result res = {
		.side = side, .in_len = bytes, .out_len = 24, .ns_compute = ns };
	const struct blk_lambda_sample s = { &res, .ns_drive = ns, .ns = ns,
		.cpu = side == LAMBDA_SIDE_HOST ? ns : 20 * US };

	q.bytes = bytes;
	q.cached = bytes;
	blk_lambda_sched_learn_part(&(struct blk_lambda) { .sched = w->s }, &q,
				    c, &s);
}

/* One request, of 8 MiB; if in parts, then they end well or are in vain. */
static enum lambda_side big_request(struct test_disk *w, bool well)
{
	struct blk_lambda_choice c = {};
	struct lambda_result s = { .in_len = 8 * MIB, .out_len = 24 };
	u64 rest, ns;

	w->query.bytes = s.in_len;
	w->query.cached = s.in_len;
	blk_lambda_sched_choose(w->s, &w->query, &w->now, &c);
	s.side = c.side;
	rest = s.in_len - c.split;
	ns = c.side == LAMBDA_SIDE_HOST ? w->host : w->device;
	if (c.side == LAMBDA_SIDE_BOTH && well) {
		end_part(w, &c, LAMBDA_SIDE_HOST, c.split);
		end_part(w, &c, LAMBDA_SIDE_DEVICE, rest);
		ns = div64_u64(max(w->host * c.split, w->device * rest),
			       s.in_len);
	} else if (c.side == LAMBDA_SIDE_BOTH) {
		s.side = LAMBDA_SIDE_HOST;
		s.reason = LAMBDA_REASON_DIVIDED;
		ns = 2 * w->host;
	}
	w->in_drive = ns;
	s.ns_compute = ns;
	end_request(w, &c, &s, ns);
	return c.side;
}

static u32 run_divided(struct test_disk *w, u32 n, bool well)
{
	u32 i, both = 0;

	for (i = 0; i < n; i++)
		both += big_request(w, well) == LAMBDA_SIDE_BOTH;
	return both;
}

static void both_sides_at_once(struct kunit *test)
{
	struct test_disk *w = test->priv;
	struct blk_lambda_profile *p;

	w->query.record = 8;
	w->host = 16 * MS;
	w->device = 12 * MS;
	KUNIT_EXPECT_EQ(test, run_divided(w, 2, true), 0);
	KUNIT_EXPECT_EQ(test, run_divided(w, 500, true), 500);
	KUNIT_EXPECT_EQ(test, w->s->stats[2].requests, 500);
	KUNIT_EXPECT_EQ(test, w->s->stats[2].bytes, 500 * 8 * MIB);
	KUNIT_EXPECT_EQ(test, w->s->load.media, 0);
	KUNIT_EXPECT_EQ(test, w->s->load.core, 0);
	/* What it took is what was expected. */
	p = list_first_entry(&w->s->lru, struct blk_lambda_profile, lru);
	KUNIT_EXPECT_LE(test, p->error, BLK_LAMBDA_ONE / 20);
	/* Its parts tell when a side has become slow. */
	w->device = 900 * MS;
	run_divided(w, 10, true);
	KUNIT_EXPECT_EQ(test, run_divided(w, 50, true), 0);
}

static void the_whole_goes_to_one_side(struct kunit *test)
{
	struct test_disk *w = test->priv;
	struct blk_lambda_choice c = {};
	struct lambda_result s = {};

	w->host = 16 * MS;
	w->device = 12 * MS;
	/* Not record-wise; a side far behind; another one under way. */
	KUNIT_EXPECT_EQ(test, run_divided(w, 100, true), 0);
	w->query.record = 8;
	w->query.image_id = 2;
	w->host = 90 * MS;
	w->device = 4 * MS;
	KUNIT_EXPECT_EQ(test, run_divided(w, 100, true), 0);
	w->query.image_id = 1;
	w->host = 16 * MS;
	w->device = 12 * MS;
	blk_lambda_sched_choose(w->s, &w->query, &w->now, &c);
	w->now.task = 1;
	KUNIT_EXPECT_EQ(test, run_divided(w, 10, true), 0);
	end_request(w, &c, &s, MS);
	w->now.ns += 200 * MS;
	KUNIT_EXPECT_EQ(test, run_divided(w, 1, true), 1);
	/* Unless it is to be; but not against the caller's will. */
	w->s->policy = BLK_LAMBDA_BOTH;
	w->query.image_id = 2;
	KUNIT_EXPECT_EQ(test, run_divided(w, 10, true), 10);
	w->query.image_id = 3;
	KUNIT_EXPECT_EQ(test, run_divided(w, 10, true), 10);
	w->query.forced = LAMBDA_SIDE_HOST;
	KUNIT_EXPECT_EQ(test, run_divided(w, 10, true), 0);
	w->query.forced = LAMBDA_SIDE_NONE;
	w->query.record = 0;
	KUNIT_EXPECT_EQ(test, run_divided(w, 10, true), 0);
}

static void parts_in_vain_are_rare(struct kunit *test)
{
	struct test_disk *w = test->priv;

	w->query.record = 8;
	w->host = 16 * MS;
	w->device = 12 * MS;
	run_divided(w, 2, true);
	KUNIT_EXPECT_LE(test, run_divided(w, 10 * BLK_LAMBDA_PERIOD, false),
			10);
	KUNIT_EXPECT_GE(test, w->s->fallbacks, 1);
	/* Once they are not, they are tried again some time. */
	run_divided(w, 4 * BLK_LAMBDA_PERIOD, true);
	KUNIT_EXPECT_EQ(test, run_divided(w, 100, true), 100);
}

static struct kunit_case sched_cases[] = {
	KUNIT_CASE(settles_on_the_faster_side),
	KUNIT_CASE(follows_within_a_period),
	KUNIT_CASE(probes_are_few),
	KUNIT_CASE(writes_run_once),
	KUNIT_CASE(policies_are_obeyed),
	KUNIT_CASE(one_side_is_asked),
	KUNIT_CASE(small_ones_teach_at_times),
	KUNIT_CASE(readahead_gets_its_chance),
	KUNIT_CASE(the_oldest_profile_goes),
	KUNIT_CASE(an_image_is_forgotten),
	KUNIT_CASE(profiles_expire),
	KUNIT_CASE(requests_under_way_count),
	KUNIT_CASE(cpus_come_and_go),
	KUNIT_CASE(what_teaches_and_what_counts),
	KUNIT_CASE(both_sides_at_once),
	KUNIT_CASE(the_whole_goes_to_one_side),
	KUNIT_CASE(parts_in_vain_are_rare),
	{}
};

static struct kunit_suite sched_suite = {
	.name = "blk_lambda_sched",
	.init = world_init,
	.exit = world_exit,
	.test_cases = sched_cases,
};

kunit_test_suite(sched_suite);
