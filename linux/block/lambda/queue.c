// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: The queue in front of a drive
 *
 * It says which task may send a request, and when.
 *
 * A drive holds so many requests at a time and no more, or ordinary I/O of its
 * disks would queue up behind λs. All disks of a drive share its queue, and the
 * places in it. A request that finds them taken waits. Places go to
 * cgroups in turn, by bytes, as in start-time fair queueing: a request starts
 * where the one before of the same cgroup finishes, or now; now is the start
 * of the last one that was let through; the earliest start comes first. So a
 * cgroup with many tasks, or with large requests, gets no more bytes than one
 * that has but one small request at a time. In the root cgroup it is users that
 * take turns; each cgroup and each of these users is a flow.
 *
 * A request with a place touches no user memory and waits for no lock that a
 * user can hold: what keeps a place is the drive's work and the file's own
 * writeback. Still the wait has an end, and the host runs the request. And no
 * user has all places: with more than one, the last is left to others. A user
 * is counted with all that run in user namespaces that it owns.
 *
 * Of each flow only the finish of its last request is kept, and only as long as
 * that lies ahead: behind it, the flow is as good as new. When more than
 * BLK_LAMBDA_FLOWS of them lie ahead, the nearest is forgotten, and its flow
 * gets a little more than its share.
 */
#include <linux/bpf_lambda.h>
#include <linux/cleanup.h>
#include <linux/completion.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/jiffies.h>
#include <linux/lambda.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "linreg.h"
#include "queue.h"

/* A request that waits for so long is the host's. */
#define TIMEOUT		(2 * HZ)

struct workqueue_struct *blk_lambda_workers;
EXPORT_SYMBOL_GPL(blk_lambda_workers);

/**
 * blk_lambda_queue_init - begin a queue with all places free
 * @q:     filled in
 * @depth: places; 0 means 1
 */
void blk_lambda_queue_init(struct blk_lambda_queue *q, u32 depth)
{
	memset(q, 0, sizeof(*q));
	spin_lock_init(&q->lock);
	q->depth = max(depth, 1U);
	q->timeout = TIMEOUT;
	INIT_LIST_HEAD(&q->places);
	INIT_LIST_HEAD(&q->waiters);
}

/**
 * blk_lambda_queue_alloc - make the queue of a drive
 * @depth: requests that the drive takes at a time; 0 means 1
 *
 * Return: the queue, for blk_lambda_disk_register(), or NULL without memory.
 */
struct blk_lambda_queue *blk_lambda_queue_alloc(u32 depth)
{
	struct blk_lambda_queue *q = kmalloc(sizeof(*q), GFP_KERNEL);

	if (q)
		blk_lambda_queue_init(q, depth);
	return q;
}
EXPORT_SYMBOL_GPL(blk_lambda_queue_alloc);

/**
 * blk_lambda_queue_free - free the queue of a drive
 * @q: the queue, all of whose disks were released; or NULL
 */
void blk_lambda_queue_free(struct blk_lambda_queue *q)
{
	kfree(q);
}
EXPORT_SYMBOL_GPL(blk_lambda_queue_free);

/* What is known of it, or what matters least made into that. */
static struct blk_lambda_flow *queue_flow_of(struct blk_lambda_queue *q, u64 id)
{
	struct blk_lambda_flow *f, *least = q->flows;

	for (f = q->flows; f < q->flows + BLK_LAMBDA_FLOWS; f++) {
		if (f->id == id)
			return f;
		if (f->finish < least->finish)
			least = f;
	}
	*least = (struct blk_lambda_flow) { .id = id };
	return least;
}

static u64 queue_start_of(struct blk_lambda_queue *q, u64 flow, u64 bytes)
{
	struct blk_lambda_flow *f = queue_flow_of(q, flow);
	u64 start = max(f->finish, q->now);

	f->finish = start + min(bytes, BLK_LAMBDA_BYTES_MAX);
	return start;
}

/* Whether there is a place for a user. */
static bool queue_has_room(const struct blk_lambda_queue *q, const void *user)
{
	const struct blk_lambda_place *p;
	u32 own = 0;

	if (q->taken >= q->depth)
		return false;
	if (!user)
		return true;
	list_for_each_entry(p, &q->places, list)
		own += p->user == user;
	return own < max(q->depth - 1, 1U);
}

static void queue_let_through(struct blk_lambda_queue *q,
			      struct blk_lambda_place *p)
{
	list_add(&p->list, &q->places);
	q->taken++;
	q->now = max(q->now, p->start);
}

/* Return: whether a request that waited has a place now. */
static bool queue_wake_first(struct blk_lambda_queue *q)
{
	struct blk_lambda_place *p, *first = NULL;

	list_for_each_entry(p, &q->waiters, list)
		if ((!first || p->start < first->start) &&
		    queue_has_room(q, p->user))
			first = p;
	if (!first)
		return false;
	list_del(&first->list);
	queue_let_through(q, first);
	if (first->work)
		mod_delayed_work(blk_lambda_workers, first->work, 0);
	else
		complete(&first->done);
	return true;
}

/**
 * blk_lambda_queue_resize - take note that a drive takes more requests or fewer
 * @q:     the drive's queue
 * @depth: requests that it takes at a time from now on; 0 means 1
 *
 * Requests that have a place keep it, even if they are more than that.
 *
 * Context: process context; takes the queue's lock and no other.
 */
void blk_lambda_queue_resize(struct blk_lambda_queue *q, u32 depth)
{
	guard(spinlock)(&q->lock);
	q->depth = max(depth, 1U);
	while (queue_wake_first(q))
		;
}
EXPORT_SYMBOL_GPL(blk_lambda_queue_resize);

static void queue_give_back(struct blk_lambda_queue *q,
			    struct blk_lambda_place *p)
{
	list_del_init(&p->list);
	q->taken--;
	queue_wake_first(q);
}

/* A request that was given a place just as it gave up hands it on. */
static void queue_give_up(struct blk_lambda_queue *q,
			  struct blk_lambda_place *p)
{
	guard(spinlock)(&q->lock);
	if (completion_done(&p->done))
		queue_give_back(q, p);
	else
		list_del_init(&p->list);
}

/**
 * blk_lambda_queue_enter_or_wait - take a place, or wait without a task for one
 * @q:     the drive's queue
 * @p:     the place, with its user, and the work that is to go on then, or NULL
 *         for a task that waits for @p->done itself; the rest is filled in
 * @flow:  as blk_lambda_queue_enter() has it
 * @bytes: likewise
 *
 * Return: true, and blk_lambda_queue_leave() is owed; false, and the work is
 * queued once a place is there or none was to be had, to call
 * blk_lambda_queue_entered().
 */
bool blk_lambda_queue_enter_or_wait(struct blk_lambda_queue *q,
				    struct blk_lambda_place *p, u64 flow,
				    u64 bytes)
{
	guard(spinlock)(&q->lock);
	p->start = queue_start_of(q, flow, bytes);
	if (queue_has_room(q, p->user)) {
		queue_let_through(q, p);
		return true;
	}
	init_completion(&p->done);
	list_add_tail(&p->list, &q->waiters);
	if (p->work)
		queue_delayed_work(blk_lambda_workers, p->work, q->timeout);
	return false;
}

/**
 * blk_lambda_queue_enter - wait for a place
 * @q:     the drive's queue
 * @p:     the place, with the user that wants it; filled in
 * @flow:  the cgroup or user that wants it: blk_lambda_cgroup_flow()
 * @bytes: what the request weighs
 *
 * Context: process context; sleeps interruptibly, or killably while
 * bpf_lambda_held().
 * Return: 0, and blk_lambda_queue_leave() is owed; LAMBDA_REASON_BUSY when none
 * was to be had; -ERESTARTSYS on a signal.
 */
int blk_lambda_queue_enter(struct blk_lambda_queue *q,
			   struct blk_lambda_place *p, u64 flow, u64 bytes)
{
	long left;
	int token;

	if (blk_lambda_queue_enter_or_wait(q, p, flow, bytes))
		return 0;
	token = io_schedule_prepare();
	if (bpf_lambda_held())
		left = wait_for_completion_killable_timeout(&p->done,
							    q->timeout);
	else
		left = wait_for_completion_interruptible_timeout(&p->done,
								 q->timeout);
	io_schedule_finish(token);
	if (left > 0)
		return 0;
	queue_give_up(q, p);
	return left ?: LAMBDA_REASON_BUSY;
}

/**
 * blk_lambda_queue_entered - see whether the wait for a place was worth it
 * @q: the drive's queue
 * @p: the place, whose work runs
 *
 * Return: 0, and blk_lambda_queue_leave() is owed; LAMBDA_REASON_BUSY, and it is
 * waited for no longer.
 */
int blk_lambda_queue_entered(struct blk_lambda_queue *q,
			     struct blk_lambda_place *p)
{
	struct blk_lambda_place *waits;

	guard(spinlock)(&q->lock);
	/* It may have been given just as its time was up. */
	cancel_delayed_work(p->work);
	list_for_each_entry(waits, &q->waiters, list) {
		if (waits != p)
			continue;
		list_del_init(&p->list);
		return LAMBDA_REASON_BUSY;
	}
	return 0;
}

/**
 * blk_lambda_queue_leave - give a place back
 * @q: the drive's queue
 * @p: the place; nothing happens when it was given back already
 */
void blk_lambda_queue_leave(struct blk_lambda_queue *q,
			    struct blk_lambda_place *p)
{
	guard(spinlock)(&q->lock);
	if (!list_empty(&p->list))
		queue_give_back(q, p);
}

static int __init queue_init_workers(void)
{
	blk_lambda_workers = alloc_workqueue("lambda_drive",
					     WQ_UNBOUND | WQ_HIGHPRI, 0);
	return blk_lambda_workers ? 0 : -ENOMEM;
}
subsys_initcall(queue_init_workers);
