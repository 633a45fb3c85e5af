// SPDX-License-Identifier: GPL-2.0-only
/* Tests of how requests queue for a drive. */
#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/blk-lambda.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/sched/signal.h>

#include "blk-lambda-sched.h"
#include "blk-lambda-test.h"

#define PLACES	2

static int queue_init(struct kunit *test)
{
	test->priv = kunit_kzalloc(test, sizeof(struct blk_lambda_queue),
				   GFP_KERNEL);
	if (!test->priv)
		return -ENOMEM;
	blk_lambda_queue_init(test->priv, PLACES);
	return 0;
}

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
	struct blk_lambda_queue *q = test->priv;
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
	struct blk_lambda_queue *q = test->priv;
	u32 i;

	for (i = 0; i < PLACES; i++)
		KUNIT_ASSERT_EQ(test, blk_lambda_queue_enter(q, 7, 1), 0);
	q->patience = 1;
	KUNIT_EXPECT_EQ(test, blk_lambda_queue_enter(q, 8, 1),
			LAMBDA_REASON_BUSY);
	KUNIT_EXPECT_EQ(test, waiting(q), 0);
	for (i = 0; i < PLACES; i++)
		blk_lambda_queue_leave(q);
	KUNIT_EXPECT_EQ(test, q->taken, 0);
}

static void waiting_ends_by_a_signal(struct kunit *test)
{
	struct blk_lambda_queue *q = test->priv;
	atomic_t order = ATOMIC_INIT(0);
	struct visitor v = { .q = q, .order = &order, .tgid = 1, .bytes = 1 };
	struct task_struct *task;
	u32 i;

	for (i = 0; i < PLACES; i++)
		KUNIT_ASSERT_EQ(test, blk_lambda_queue_enter(q, 7, 1), 0);
	task = send(test, &v);
	send_sig(SIGKILL, task, 1);
	wait_for_completion(&v.done);
	KUNIT_EXPECT_EQ(test, v.ret, -EINTR);
	KUNIT_EXPECT_EQ(test, waiting(q), 0);
	for (i = 0; i < PLACES; i++)
		blk_lambda_queue_leave(q);
	KUNIT_EXPECT_EQ(test, q->taken, 0);
}

/* More processes than are told apart: nobody is turned away. */
static void many_processes(struct kunit *test)
{
	struct blk_lambda_queue *q = test->priv;
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

static struct kunit_case queue_cases[] = {
	KUNIT_CASE(places_go_by_bytes),
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
