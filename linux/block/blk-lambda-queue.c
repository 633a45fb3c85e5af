// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who may send a request to a drive, and when.
 *
 * A drive holds so many requests at a time and no more, or ordinary I/O of the
 * disk would queue up behind λs. Who finds it full waits. Places go to
 * processes in turn, by bytes, as in start-time fair queueing: a request starts
 * where the one before of the same process finishes, or now; now is the start
 * of the last one that was let through; the earliest start comes first. So a
 * process with many threads, or with large requests, gets no more bytes than
 * one that has but one small request at a time.
 *
 * Those who have a place may be waiting for locks that anybody can hold for ever,
 * of a frozen filesystem for example. So the wait has an end, and the host runs
 * the request.
 *
 * Of each process only the finish of its last request is kept, and only as long
 * as that lies ahead: behind it, the process is as good as new. When more than
 * BLK_LAMBDA_FLOWS of them lie ahead, the nearest is forgotten, and its process
 * gets a little more than its share.
 */
#include <linux/cleanup.h>
#include <linux/completion.h>
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/lambda.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "blk-lambda-sched.h"

#define PATIENCE	(2 * HZ)

/**
 * struct blk_lambda_waiter - a request that waits for a place
 * @list:  among all waiters
 * @start: its turn
 * @done:  it has got a place
 *
 * Lives on the stack of the task that waits.
 */
struct blk_lambda_waiter {
	struct list_head list;
	u64 start;
	struct completion done;
};

/**
 * blk_lambda_queue_init - nobody is there yet
 * @q:     filled in
 * @depth: places; 0 means 1
 */
void blk_lambda_queue_init(struct blk_lambda_queue *q, u32 depth)
{
	memset(q, 0, sizeof(*q));
	spin_lock_init(&q->lock);
	q->depth = max(depth, 1U);
	q->patience = PATIENCE;
	INIT_LIST_HEAD(&q->waiters);
}

/* The process's flow, or the one that matters least made into it. */
static struct blk_lambda_flow *flow_of(struct blk_lambda_queue *q, pid_t tgid)
{
	struct blk_lambda_flow *f, *least = q->flows;

	for (f = q->flows; f < q->flows + BLK_LAMBDA_FLOWS; f++) {
		if (f->tgid == tgid)
			return f;
		if (f->finish < least->finish)
			least = f;
	}
	*least = (struct blk_lambda_flow) { .tgid = tgid };
	return least;
}

static u64 start_of(struct blk_lambda_queue *q, pid_t tgid, u64 bytes)
{
	struct blk_lambda_flow *f = flow_of(q, tgid);
	u64 start = max(f->finish, q->now);

	f->finish = start + min(bytes, BLK_LAMBDA_BYTES_MAX);
	return start;
}

static void let_through(struct blk_lambda_queue *q, u64 start)
{
	q->taken++;
	q->now = max(q->now, start);
}

static void wake_first(struct blk_lambda_queue *q)
{
	struct blk_lambda_waiter *w, *first = NULL;

	if (q->taken >= q->depth)
		return;
	list_for_each_entry(w, &q->waiters, list)
		if (!first || w->start < first->start)
			first = w;
	if (!first)
		return;
	list_del_init(&first->list);
	let_through(q, first->start);
	complete(&first->done);
}

static bool enter_or_wait(struct blk_lambda_queue *q, pid_t tgid, u64 bytes,
			  struct blk_lambda_waiter *w)
{
	guard(spinlock)(&q->lock);
	w->start = start_of(q, tgid, bytes);
	if (q->taken < q->depth) {
		let_through(q, w->start);
		return true;
	}
	init_completion(&w->done);
	list_add_tail(&w->list, &q->waiters);
	return false;
}

/* Whoever has got a place just as it gave up hands it on. */
static void give_up(struct blk_lambda_queue *q, struct blk_lambda_waiter *w)
{
	guard(spinlock)(&q->lock);
	if (!list_empty(&w->list)) {
		list_del(&w->list);
		return;
	}
	q->taken--;
	wake_first(q);
}

/**
 * blk_lambda_queue_enter - wait for a place
 * @q:     the drive's queue
 * @tgid:  process that wants it
 * @bytes: what the request weighs
 *
 * Context: process context; sleeps killably.
 * Return: 0, and blk_lambda_queue_leave() is owed; LAMBDA_REASON_BUSY when none
 * was to be had; -EINTR on a fatal signal.
 */
int blk_lambda_queue_enter(struct blk_lambda_queue *q, pid_t tgid, u64 bytes)
{
	struct blk_lambda_waiter w;
	long left;

	if (enter_or_wait(q, tgid, bytes, &w))
		return 0;
	left = wait_for_completion_killable_timeout(&w.done, q->patience);
	if (left > 0)
		return 0;
	give_up(q, &w);
	return left ? -EINTR : LAMBDA_REASON_BUSY;
}

/**
 * blk_lambda_queue_leave - give a place back
 * @q: the drive's queue
 */
void blk_lambda_queue_leave(struct blk_lambda_queue *q)
{
	guard(spinlock)(&q->lock);
	q->taken--;
	wake_first(q);
}
