// SPDX-License-Identifier: GPL-2.0-only
/* Tests of what a disk learns of λs, and of how it queues them. */
#include <kunit/test.h>
#include <linux/blk-lambda.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "blk-lambda-sched.h"
#include "blk-lambda-test.h"

#define DEVICE	(LAMBDA_SIDE_DEVICE - 1)

static const struct blk_lambda_limits limits = {
	.depth = 2,
	.media_bps = 3500000000ULL,
	.link_bps = 3200000000ULL,
	.core_ips = 1000000000ULL,
	.cores = 4,
};

/**
 * struct world - a disk, and what its requests take there
 * @s:      its scheduler
 * @now:    the time
 * @host:   ns of a request on the host
 * @device: ns of one on the device
 * @probes: requests that were probes
 * @runs:   what ran, by side less one
 * @query:  what is asked for
 */
struct world {
	struct blk_lambda_sched *s;
	struct blk_lambda_moment now;
	u64 host;
	u64 device;
	u32 probes;
	u32 runs[2];
	struct blk_lambda_query query;
};

static int world_init(struct kunit *test)
{
	struct world *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);

	if (!w)
		return -ENOMEM;
	w->s = blk_lambda_sched_alloc(&limits);
	if (!w->s)
		return -ENOMEM;
	w->now = (struct blk_lambda_moment) { .ns = MS, .runnable = 1, .cpus = 1 };
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
	struct world *w = test->priv;

	blk_lambda_sched_free(w->s);
}

static void end_request(struct world *w, const struct blk_lambda_choice *c,
			const struct blk_lambda_sample *s, u64 ns)
{
	bool host = c->side == LAMBDA_SIDE_HOST;

	w->now.ns += ns;
	blk_lambda_sched_learn(w->s, &w->query, c, s, ns, host ? ns : 20 * US);
}

/* One request, begun and ended. */
static enum lambda_side request(struct world *w)
{
	struct blk_lambda_choice c = {};
	struct blk_lambda_sample s = { .in_len = MIB, .out_len = 24 };
	u64 ns;

	blk_lambda_sched_choose(w->s, &w->query, &w->now, &c);
	w->probes += c.reason == LAMBDA_REASON_PROFILE;
	s.side = c.side;
	ns = c.side == LAMBDA_SIDE_HOST ? w->host : w->device;
	if (c.side == LAMBDA_SIDE_DEVICE) {
		s.ns_drive = ns - 20 * US;
		s.ns_compute = ns / 2;
	}
	end_request(w, &c, &s, ns);
	w->runs[c.side - 1]++;
	return c.side;
}

static u32 on_device(struct world *w, u32 n)
{
	u32 before = w->runs[DEVICE];

	while (n--)
		request(w);
	return w->runs[DEVICE] - before;
}

static void settles_on_the_faster_side(struct kunit *test)
{
	struct world *w = test->priv;

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
	struct world *w = test->priv;

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
	struct world *w = test->priv;

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
	struct world *w = test->priv;
	struct blk_lambda_tally *t = w->s->tally;

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

static enum lambda_reason ask(struct world *w, enum lambda_side *side)
{
	struct blk_lambda_choice c = {};
	struct blk_lambda_sample s = {};

	blk_lambda_sched_choose(w->s, &w->query, &w->now, &c);
	end_request(w, &c, &s, MS);
	*side = c.side;
	return c.reason;
}

static void policies(struct kunit *test)
{
	struct world *w = test->priv;
	enum lambda_side side;

	on_device(w, 20);
	w->s->policy = BLK_LAMBDA_DEVICE;
	KUNIT_EXPECT_EQ(test, ask(w, &side), LAMBDA_REASON_POLICY);
	KUNIT_EXPECT_EQ(test, side, LAMBDA_SIDE_DEVICE);
	w->query.forced = LAMBDA_SIDE_HOST;
	KUNIT_EXPECT_EQ(test, ask(w, &side), LAMBDA_REASON_FORCED);
	KUNIT_EXPECT_EQ(test, side, LAMBDA_SIDE_HOST);
	w->s->policy = BLK_LAMBDA_HOST;
	KUNIT_EXPECT_EQ(test, ask(w, &side), LAMBDA_REASON_FORCED);
	KUNIT_EXPECT_EQ(test, side, LAMBDA_SIDE_HOST);
	w->query.forced = LAMBDA_SIDE_DEVICE;
	KUNIT_EXPECT_EQ(test, ask(w, &side), LAMBDA_REASON_POLICY);
	KUNIT_EXPECT_EQ(test, side, LAMBDA_SIDE_HOST);
	w->s->policy = BLK_LAMBDA_AUTO;
	KUNIT_EXPECT_EQ(test, ask(w, &side), LAMBDA_REASON_FORCED);
	KUNIT_EXPECT_EQ(test, side, LAMBDA_SIDE_DEVICE);
}

static void the_oldest_profile_goes(struct kunit *test)
{
	struct world *w = test->priv;
	u32 i;

	on_device(w, 20);
	for (i = 0; i < BLK_LAMBDA_PROFILES - 1; i++) {
		w->query.image_id = 100 + i;
		request(w);
	}
	/* All are known; one more, and the first is not. */
	w->query.image_id = 1;
	w->probes = 0;
	on_device(w, 2);
	KUNIT_EXPECT_EQ(test, w->probes, 0);
	w->query.image_id = 2;
	request(w);
	w->query.image_id = 100;
	w->probes = 0;
	request(w);
	KUNIT_EXPECT_EQ(test, w->probes, 1);
}

static void an_image_is_forgotten(struct kunit *test)
{
	struct world *w = test->priv;

	on_device(w, 20);
	w->query.write = true;
	on_device(w, 20);
	blk_lambda_sched_forget(w->s, 1);
	blk_lambda_sched_forget(w->s, 1);
	w->probes = 0;
	on_device(w, 2);
	w->query.write = false;
	on_device(w, 2);
	KUNIT_EXPECT_EQ(test, w->probes, 4);
}

/* What rested for long is measured again. */
static void profiles_expire(struct kunit *test)
{
	struct world *w = test->priv;

	on_device(w, 20);
	w->now.ns += BLK_LAMBDA_STALE_NS / 2;
	w->probes = 0;
	request(w);
	KUNIT_EXPECT_EQ(test, w->probes, 0);
	w->now.ns += BLK_LAMBDA_STALE_NS + 1;
	w->device = MS / 4;
	on_device(w, 20);
	KUNIT_EXPECT_GE(test, w->probes, 1);
	KUNIT_EXPECT_GE(test, on_device(w, 20), 18);
}

static void begin_many(struct kunit *test, struct world *w,
		       struct blk_lambda_choice *c, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++) {
		w->now.client = i;
		blk_lambda_sched_choose(w->s, &w->query, &w->now, &c[i]);
		KUNIT_EXPECT_GE(test, c[i].outstanding, i + 1);
	}
}

static void requests_under_way_count(struct kunit *test)
{
	struct world *w = test->priv;
	struct blk_lambda_sample s = { .side = LAMBDA_SIDE_DEVICE,
				       .in_len = MIB };
	struct blk_lambda_choice c[20] = {};
	u32 i;

	w->query.forced = LAMBDA_SIDE_DEVICE;
	begin_many(test, w, c, ARRAY_SIZE(c));
	KUNIT_EXPECT_GT(test, w->s->load.core, 0);
	/* The profile may have gone meanwhile, and come again. */
	blk_lambda_sched_forget(w->s, 1);
	for (i = 0; i < ARRAY_SIZE(c); i++) {
		if (i == 10)
			request(w);
		end_request(w, &c[i], &s, MS);
	}
	KUNIT_EXPECT_EQ(test, w->s->load.core, 0);
	KUNIT_EXPECT_EQ(test, w->s->load.media, 0);
	KUNIT_EXPECT_EQ(test, w->s->load.link, 0);
	KUNIT_EXPECT_EQ(test, w->s->load.place, 0);
	/* Who has not asked for long does not count. */
	w->now.ns += 200 * MS;
	begin_many(test, w, c, 1);
	KUNIT_EXPECT_EQ(test, c[0].outstanding, 1);
	end_request(w, &c[0], &s, MS);
}

static u64 expected_of_host(struct world *w, u32 cpus)
{
	struct blk_lambda_choice c = {};
	struct blk_lambda_sample s = {};

	w->now.cpus = cpus;
	blk_lambda_sched_choose(w->s, &w->query, &w->now, &c);
	end_request(w, &c, &s, 0);
	return c.ns_host;
}

static void cpus_come_and_go(struct kunit *test)
{
	struct world *w = test->priv;
	u64 one;

	w->now.runnable = 8;
	one = expected_of_host(w, 1);
	KUNIT_EXPECT_EQ(test, expected_of_host(w, 4), one / 4);
	KUNIT_EXPECT_EQ(test, expected_of_host(w, 1), one);
}

/* One that ends as said, after an automatic choice of the device. */
static void end_badly(struct world *w, struct blk_lambda_sample s)
{
	struct blk_lambda_choice c = {};

	s.in_len = MIB;
	w->s->policy = BLK_LAMBDA_DEVICE;
	blk_lambda_sched_choose(w->s, &w->query, &w->now, &c);
	w->s->policy = BLK_LAMBDA_AUTO;
	end_request(w, &c, &s, 10 * US);
}

static u64 expected_of_device(struct world *w)
{
	struct blk_lambda_choice c = {};
	struct blk_lambda_sample s = {};

	blk_lambda_sched_choose(w->s, &w->query, &w->now, &c);
	end_request(w, &c, &s, 0);
	return c.ns_device;
}

static void what_teaches_and_what_counts(struct kunit *test)
{
	struct world *w = test->priv;
	u64 before;

	on_device(w, 50);
	before = expected_of_device(w);
	end_badly(w, (struct blk_lambda_sample) {
		.side = LAMBDA_SIDE_DEVICE, .status = LAMBDA_STATUS_FAULT });
	end_badly(w, (struct blk_lambda_sample) {
		.side = LAMBDA_SIDE_NONE, .status = LAMBDA_STATUS_NOT_RUN });
	end_badly(w, (struct blk_lambda_sample) {
		.side = LAMBDA_SIDE_HOST, .reason = LAMBDA_REASON_INLINE });
	KUNIT_EXPECT_EQ(test, expected_of_device(w), before);
	end_badly(w, (struct blk_lambda_sample) {
		.side = LAMBDA_SIDE_HOST, .reason = LAMBDA_REASON_INSNS });
	KUNIT_EXPECT_NE(test, expected_of_device(w), before);

	KUNIT_EXPECT_EQ(test, w->s->fallbacks, 2);
	KUNIT_EXPECT_EQ(test, w->s->reasons[LAMBDA_REASON_INLINE], 1);
	KUNIT_EXPECT_EQ(test, w->s->reasons[LAMBDA_REASON_INSNS], 1);
	KUNIT_EXPECT_EQ(test, w->s->reasons[LAMBDA_REASON_POLICY], 2);
	KUNIT_EXPECT_EQ(test, w->s->statuses[LAMBDA_STATUS_FAULT], 1);
	KUNIT_EXPECT_EQ(test, w->s->statuses[LAMBDA_STATUS_NOT_RUN], 1);
	/* Numbers that are none of ours do no harm. */
	end_badly(w, (struct blk_lambda_sample) {
		.side = LAMBDA_SIDE_HOST, .reason = 100000, .status = 100000 });
}

/* The queue */

/**
 * struct visitor - a task that wants a place once
 * @q:     the queue
 * @tgid:  the process it passes for
 * @bytes: what its request weighs
 * @order: the next number in the order of who gets a place
 * @place: its own number, from 1
 * @ret:   what it was told
 * @done:  it has been told
 */
struct visitor {
	struct blk_lambda_queue *q;
	pid_t tgid;
	u64 bytes;
	atomic_t *order;
	int place;
	int ret;
	struct completion done;
};

static int visit(void *data)
{
	struct visitor *v = data;

	allow_signal(SIGKILL);
	v->ret = blk_lambda_queue_enter(v->q, v->tgid, v->bytes);
	v->place = atomic_inc_return(v->order);
	complete(&v->done);
	return 0;
}

static u32 waiting(struct blk_lambda_queue *q)
{
	struct list_head *pos;
	u32 n = 0;

	guard(spinlock)(&q->lock);
	list_for_each(pos, &q->waiters)
		n++;
	return n;
}

/* Starts a visitor and waits until it waits. */
static struct task_struct *send(struct kunit *test, struct visitor *v)
{
	u32 before = waiting(v->q), i;
	struct task_struct *task;

	init_completion(&v->done);
	task = kthread_run(visit, v, "lambda-visitor");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	for (i = 0; i < 1000 && waiting(v->q) == before; i++)
		usleep_range(1000, 2000);
	KUNIT_ASSERT_EQ(test, waiting(v->q), before + 1);
	return task;
}

/* A process of many small requests and one of few large ones. */
static void places_go_by_bytes(struct kunit *test)
{
	struct blk_lambda_queue *q = &((struct world *)test->priv)->s->queue;
	atomic_t order = ATOMIC_INIT(0);
	struct visitor v[7] = {};
	u32 i;

	KUNIT_ASSERT_EQ(test, blk_lambda_queue_enter(q, 7, MIB), 0);
	KUNIT_ASSERT_EQ(test, blk_lambda_queue_enter(q, 7, MIB), 0);
	/* 0 to 2 are one process's, of 4 MiB each; 3 to 6 another's, of 1. */
	for (i = 0; i < ARRAY_SIZE(v); i++) {
		v[i] = (struct visitor) { .q = q, .order = &order,
			.tgid = i < 3 ? 1 : 2, .bytes = i < 3 ? 4 * MIB : MIB };
		send(test, &v[i]);
	}
	for (i = 0; i < ARRAY_SIZE(v); i++) {
		blk_lambda_queue_leave(q);
		while (atomic_read(&order) != i + 1)
			usleep_range(1000, 2000);
	}
	/* 4 MiB, then as much of the other process, then the next 4. */
	KUNIT_EXPECT_EQ(test, v[0].place, 1);
	for (i = 3; i < 7; i++)
		KUNIT_EXPECT_EQ(test, v[i].place, i - 1);
	KUNIT_EXPECT_EQ(test, v[1].place, 6);
	KUNIT_EXPECT_EQ(test, v[2].place, 7);
	for (i = 0; i < 2; i++)
		blk_lambda_queue_leave(q);
	KUNIT_EXPECT_EQ(test, q->taken, 0);
}

static void waiting_has_an_end(struct kunit *test)
{
	struct blk_lambda_queue *q = &((struct world *)test->priv)->s->queue;
	u32 i;

	for (i = 0; i < limits.depth; i++)
		KUNIT_ASSERT_EQ(test, blk_lambda_queue_enter(q, 7, 1), 0);
	q->patience = 1;
	KUNIT_EXPECT_EQ(test, blk_lambda_queue_enter(q, 8, 1),
			LAMBDA_REASON_BUSY);
	KUNIT_EXPECT_EQ(test, waiting(q), 0);
	for (i = 0; i < limits.depth; i++)
		blk_lambda_queue_leave(q);
	KUNIT_EXPECT_EQ(test, q->taken, 0);
}

static void waiting_ends_by_a_signal(struct kunit *test)
{
	struct blk_lambda_queue *q = &((struct world *)test->priv)->s->queue;
	atomic_t order = ATOMIC_INIT(0);
	struct visitor v = { .q = q, .order = &order, .tgid = 1, .bytes = 1 };
	struct task_struct *task;
	u32 i;

	for (i = 0; i < limits.depth; i++)
		KUNIT_ASSERT_EQ(test, blk_lambda_queue_enter(q, 7, 1), 0);
	task = send(test, &v);
	send_sig(SIGKILL, task, 1);
	wait_for_completion(&v.done);
	KUNIT_EXPECT_EQ(test, v.ret, -EINTR);
	KUNIT_EXPECT_EQ(test, waiting(q), 0);
	for (i = 0; i < limits.depth; i++)
		blk_lambda_queue_leave(q);
	KUNIT_EXPECT_EQ(test, q->taken, 0);
}

/* More processes than are told apart: nobody is turned away. */
static void many_processes(struct kunit *test)
{
	struct blk_lambda_queue *q = &((struct world *)test->priv)->s->queue;
	u32 i;

	for (i = 0; i < 10 * BLK_LAMBDA_FLOWS; i++) {
		KUNIT_ASSERT_EQ(test, blk_lambda_queue_enter(q, i + 1, U64_MAX),
				0);
		blk_lambda_queue_leave(q);
	}
	KUNIT_EXPECT_EQ(test, q->taken, 0);
	blk_lambda_queue_init(q, 0);
	KUNIT_EXPECT_EQ(test, q->depth, 1);
}

static struct kunit_case sched_cases[] = {
	KUNIT_CASE(settles_on_the_faster_side),
	KUNIT_CASE(follows_within_a_period),
	KUNIT_CASE(probes_are_few),
	KUNIT_CASE(writes_run_once),
	KUNIT_CASE(policies),
	KUNIT_CASE(the_oldest_profile_goes),
	KUNIT_CASE(an_image_is_forgotten),
	KUNIT_CASE(profiles_expire),
	KUNIT_CASE(requests_under_way_count),
	KUNIT_CASE(cpus_come_and_go),
	KUNIT_CASE(what_teaches_and_what_counts),
	KUNIT_CASE(places_go_by_bytes),
	KUNIT_CASE(waiting_has_an_end),
	KUNIT_CASE(waiting_ends_by_a_signal),
	KUNIT_CASE(many_processes),
	{}
};

static struct kunit_suite sched_suite = {
	.name = "blk_lambda_sched",
	.init = world_init,
	.exit = world_exit,
	.test_cases = sched_cases,
};

kunit_test_suite(sched_suite);
