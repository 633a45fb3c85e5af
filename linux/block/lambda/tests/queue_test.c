// SPDX-License-Identifier: GPL-2.0-only
/* Tests of how requests queue for a drive. */
#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/blk-lambda.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/sched/signal.h>

#include "../queue.h"
#include "test.h"

#define PLACES	2

static int queue_init(struct kunit *test)
{
	struct blk_lambda_queue *q;

	test->priv = kunit_kzalloc(test, sizeof(struct blk_lambda_queue),
				   GFP_KERNEL);
	if (!test->priv)
		return -ENOMEM;
	q = test->priv;
	blk_lambda_queue_init(q, PLACES);
	/* A machine with much else to do is no reason to give up. */
	q->timeout = 60 * HZ;
	return 0;
}

/**
 * struct queue_visitor - a task that wants a place once
 * @q:     the queue
 * @flow:  the cgroup or user it belongs to
 * @place: with its user; NULL is one that may have them all
 * @bytes: what its request weighs
 * @order: the next number in the order in which places are got
 * @number: its own, from 1
 * @ret:   what it was told
 * @done:  it has been told
 */
struct queue_visitor {
	struct blk_lambda_queue *q;
	u64 flow;
	struct blk_lambda_place place;
	u64 bytes;
	atomic_t *order;
	int number;
	int ret;
	struct completion done;
};

static int run_visitor(void *data)
{
	struct queue_visitor *v = data;

	allow_signal(SIGKILL);
	v->ret = blk_lambda_queue_enter(v->q, &v->place, v->flow, v->bytes);
	v->number = atomic_inc_return(v->order);
	complete(&v->done);
	return 0;
}

static u32 count_waiting(struct blk_lambda_queue *q)
{
	struct list_head *pos;
	u32 n = 0;

	guard(spinlock)(&q->lock);
	list_for_each(pos, &q->waiters)
		n++;
	return n;
}

/* Starts a visitor and waits until it waits. */
static struct task_struct *send_visitor(struct kunit *test,
					struct queue_visitor *v)
{
	u32 before = count_waiting(v->q), i;
	struct task_struct *task;

	init_completion(&v->done);
	task = kthread_run(run_visitor, v, "lambda-visitor");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	for (i = 0; i < 1000 && count_waiting(v->q) == before; i++)
		usleep_range(1000, 2000);
	KUNIT_ASSERT_EQ(test, count_waiting(v->q), before + 1);
	return task;
}

static int enter_queue(struct blk_lambda_queue *q, struct blk_lambda_place *p,
		       const void *user)
{
	*p = (struct blk_lambda_place) { .user = user };
	return blk_lambda_queue_enter(q, p, 7, MIB);
}

static void leave_all(struct blk_lambda_queue *q, struct blk_lambda_place *p,
		      u32 nr)
{
	while (nr--)
		blk_lambda_queue_leave(q, p++);
}

/* The place of the visitor of this number, as soon as it has got it. */
static struct blk_lambda_place *place_of(struct queue_visitor *v, u32 nr,
					 int number)
{
	u32 i;

	for (;; usleep_range(1000, 2000))
		for (i = 0; i < nr; i++)
			if (READ_ONCE(v[i].number) == number)
				return &v[i].place;
}

/* A process of many small requests and one of few large ones. */
static void places_go_by_bytes(struct kunit *test)
{
	struct blk_lambda_queue *q = test->priv;
	atomic_t order = ATOMIC_INIT(0);
	struct blk_lambda_place p[PLACES];
	struct queue_visitor v[7] = {};
	u32 i;

	for (i = 0; i < PLACES; i++)
		KUNIT_ASSERT_EQ(test, enter_queue(q, &p[i], NULL), 0);
	/* 0 to 2 are one process's, of 4 MiB each; 3 to 6 another's, of 1. */
	for (i = 0; i < ARRAY_SIZE(v); i++) {
		v[i] = (struct queue_visitor) { .q = q, .order = &order,
			.flow = i < 3 ? 1 : 2, .bytes = i < 3 ? 4 * MIB : MIB };
		send_visitor(test, &v[i]);
	}
	for (i = 0; i < ARRAY_SIZE(v); i++) {
		/* The request that came in PLACES before goes. */
		blk_lambda_queue_leave(q, i < PLACES ? &p[i] :
				       place_of(v, ARRAY_SIZE(v),
						i + 1 - PLACES));
		place_of(v, ARRAY_SIZE(v), i + 1);
	}
	/* 4 MiB, then as much of the other process, then the next 4. */
	KUNIT_EXPECT_EQ(test, v[0].number, 1);
	for (i = 3; i < 7; i++)
		KUNIT_EXPECT_EQ(test, v[i].number, i - 1);
	KUNIT_EXPECT_EQ(test, v[1].number, 6);
	KUNIT_EXPECT_EQ(test, v[2].number, 7);
	for (i = 0; i < ARRAY_SIZE(v); i++)
		blk_lambda_queue_leave(q, &v[i].place);
	KUNIT_EXPECT_EQ(test, q->taken, 0);
}

/* One user waits beside a free place, which another gets at once. */
static void one_place_is_for_others(struct kunit *test)
{
	struct blk_lambda_queue *q = test->priv;
	struct blk_lambda_place p[PLACES];
	atomic_t order = ATOMIC_INIT(0);
	int one, other;
	struct queue_visitor v = {
		.q = q, .order = &order, .flow = 1, .bytes = 1,
		.place.user = &one,
	};
	u32 i;

	for (i = 0; i < PLACES - 1; i++)
		KUNIT_ASSERT_EQ(test, enter_queue(q, &p[i], &one), 0);
	send_visitor(test, &v);
	KUNIT_ASSERT_EQ(test, enter_queue(q, &p[i], &other), 0);
	/* That it is free again is nothing to the visitor that waits. */
	blk_lambda_queue_leave(q, &p[i]);
	KUNIT_EXPECT_FALSE(test, completion_done(&v.done));
	KUNIT_EXPECT_EQ(test, count_waiting(q), 1);
	blk_lambda_queue_leave(q, &p[0]);
	wait_for_completion(&v.done);
	KUNIT_EXPECT_EQ(test, v.ret, 0);
	KUNIT_EXPECT_EQ(test, count_waiting(q), 0);
	blk_lambda_queue_leave(q, &v.place);
	/* To leave once more is nothing. */
	leave_all(q, p, PLACES);
	KUNIT_EXPECT_EQ(test, q->taken, 0);
	/* Of a single place nothing can be kept. */
	blk_lambda_queue_init(q, 1);
	KUNIT_EXPECT_EQ(test, enter_queue(q, &p[0], &one), 0);
}

static void waiting_has_an_end(struct kunit *test)
{
	struct blk_lambda_queue *q = test->priv;
	struct blk_lambda_place p[PLACES], late;
	u32 i;

	for (i = 0; i < PLACES; i++)
		KUNIT_ASSERT_EQ(test, enter_queue(q, &p[i], NULL), 0);
	q->timeout = 1;
	KUNIT_EXPECT_EQ(test, enter_queue(q, &late, NULL), LAMBDA_REASON_BUSY);
	KUNIT_EXPECT_EQ(test, count_waiting(q), 0);
	leave_all(q, p, PLACES);
	KUNIT_EXPECT_EQ(test, q->taken, 0);
}

static void waiting_ends_by_a_signal(struct kunit *test)
{
	struct blk_lambda_queue *q = test->priv;
	atomic_t order = ATOMIC_INIT(0);
	struct queue_visitor v = {
		.q = q, .order = &order, .flow = 1, .bytes = 1,
	};
	struct blk_lambda_place p[PLACES];
	struct task_struct *task;
	u32 i;

	for (i = 0; i < PLACES; i++)
		KUNIT_ASSERT_EQ(test, enter_queue(q, &p[i], NULL), 0);
	task = send_visitor(test, &v);
	send_sig(SIGKILL, task, 1);
	wait_for_completion(&v.done);
	KUNIT_EXPECT_EQ(test, v.ret, -ERESTARTSYS);
	KUNIT_EXPECT_EQ(test, count_waiting(q), 0);
	leave_all(q, p, PLACES);
	KUNIT_EXPECT_EQ(test, q->taken, 0);
}

/* A drive takes more requests, or fewer: those that have a place keep it. */
static void places_come_and_go(struct kunit *test)
{
	struct blk_lambda_queue *q = test->priv;
	atomic_t order = ATOMIC_INIT(0);
	struct blk_lambda_place p[PLACES];
	struct queue_visitor v[3] = {};
	u32 i;

	for (i = 0; i < PLACES; i++)
		KUNIT_ASSERT_EQ(test, enter_queue(q, &p[i], NULL), 0);
	for (i = 0; i < ARRAY_SIZE(v); i++) {
		v[i] = (struct queue_visitor) { .q = q, .order = &order,
						.flow = i + 1, .bytes = 1 };
		send_visitor(test, &v[i]);
	}
	blk_lambda_queue_resize(q, PLACES + 2);
	for (i = 0; i < 2; i++)
		wait_for_completion(&v[i].done);
	KUNIT_EXPECT_EQ(test, count_waiting(q), 1);
	KUNIT_EXPECT_EQ(test, q->taken, PLACES + 2);
	/* Now one at a time, once all of these are gone. */
	blk_lambda_queue_resize(q, 0);
	leave_all(q, p, PLACES);
	blk_lambda_queue_leave(q, &v[0].place);
	KUNIT_EXPECT_EQ(test, count_waiting(q), 1);
	KUNIT_EXPECT_EQ(test, q->taken, 1);
	blk_lambda_queue_leave(q, &v[1].place);
	wait_for_completion(&v[2].done);
	KUNIT_EXPECT_EQ(test, v[2].ret, 0);
	blk_lambda_queue_leave(q, &v[2].place);
	KUNIT_EXPECT_EQ(test, q->taken, 0);
}

/* More processes than are told apart: none is turned away. */
static void many_processes(struct kunit *test)
{
	struct blk_lambda_queue *q = test->priv;
	struct blk_lambda_place p = {};
	u32 i;

	for (i = 0; i < 10 * BLK_LAMBDA_FLOWS; i++) {
		KUNIT_ASSERT_EQ(test, blk_lambda_queue_enter(q, &p, i + 1,
							     U64_MAX), 0);
		blk_lambda_queue_leave(q, &p);
	}
	KUNIT_EXPECT_EQ(test, q->taken, 0);
	blk_lambda_queue_init(q, 0);
	KUNIT_EXPECT_EQ(test, q->depth, 1);
}

static struct kunit_case queue_cases[] = {
	KUNIT_CASE(places_go_by_bytes),
	KUNIT_CASE(one_place_is_for_others),
	KUNIT_CASE(places_come_and_go),
	KUNIT_CASE(waiting_has_an_end),
	KUNIT_CASE(waiting_ends_by_a_signal),
	KUNIT_CASE(many_processes),
	{}
};

static struct kunit_suite queue_suite = {
	.name = "blk_lambda_queue",
	.init = queue_init,
	.test_cases = queue_cases,
};

kunit_test_suite(queue_suite);
