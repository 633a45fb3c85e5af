// SPDX-License-Identifier: GPL-2.0-only
/*
 * What tasks leave to a worker, for signals wait for them.
 *
 * To let go of a page takes a twentieth to a tenth of a microsecond, and of all
 * that one user may have longer than a signal is to wait. They are paid for
 * until they are gone, and a request that begins anew waits for that: a user
 * who is sent signals has no more of them than others. Where there is one CPU
 * for all, the worker gives way to who is to hear of the signal.
 */
#include <linux/bpf_lambda.h>
#include <linux/cleanup.h>
#include <linux/cred.h>
#include <linux/init.h>
#include <linux/jiffies.h>
#include <linux/sched/mm.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "internal.h"

#define LEAVE_PAGES	1024		/* more take a tenth of a millisecond */
#define LEFT_TIME	(HZ / 4)	/* longest wait for those left */
#define LEFT_NICE	10		/* a tenth of the CPU beside others */

static DEFINE_SPINLOCK(left_lock);	/* guards the two below */
static LIST_HEAD(left_list);
static u32 left_nr;			/* that are not put yet */
static DECLARE_WAIT_QUEUE_HEAD(left_wait);

static struct bpf_lambda_left *left_take_next(void)
{
	struct bpf_lambda_left *left;

	guard(spinlock)(&left_lock);
	left = list_first_entry_or_null(&left_list, struct bpf_lambda_left,
					list);
	if (left)
		list_del(&left->list);
	return left;
}

static void left_put_all(struct work_struct *work)
{
	struct bpf_lambda_left *left;

	while ((left = left_take_next())) {
		struct bpf_lambda_payer payer = left->payer;

		left->put(left);
		put_ucounts(payer.ucounts);
		if (payer.mm)
			mmdrop(payer.mm);
		scoped_guard(spinlock, &left_lock)
			left_nr--;
		wake_up(&left_wait);
	}
}

static DECLARE_WORK(left_work, left_put_all);
static struct workqueue_struct *left_workers;

bool bpf_lambda_leave(struct bpf_lambda_left *left,
		      const struct bpf_lambda_payer *payer, u32 pages,
		      void (*put)(struct bpf_lambda_left *left))
{
	if (pages <= LEAVE_PAGES || !bpf_lambda_interrupted(current) ||
	    !left_workers || !get_ucounts(payer->ucounts))
		return false;
	if (payer->mm)
		mmgrab(payer->mm);
	left->payer = *payer;
	left->put = put;
	scoped_guard(spinlock, &left_lock) {
		list_add_tail(&left->list, &left_list);
		left_nr++;
	}
	queue_work(left_workers, &left_work);
	return true;
}

static bool left_is_none(void)
{
	guard(spinlock)(&left_lock);
	return !left_nr;
}

int bpf_lambda_await_left(void)
{
	long left;

	if (bpf_lambda_held())
		left = wait_event_killable_timeout(left_wait, left_is_none(),
						   LEFT_TIME);
	else
		left = wait_event_interruptible_timeout(left_wait,
							left_is_none(),
							LEFT_TIME);
	return min(left, 0L);
}

static int __init left_init(void)
{
	struct workqueue_attrs *attrs = alloc_workqueue_attrs();
	int err = -ENOMEM;

	left_workers = alloc_workqueue("lambda_left", WQ_UNBOUND, 1);
	if (attrs && left_workers) {
		attrs->nice = LEFT_NICE;
		err = apply_workqueue_attrs(left_workers, attrs);
	}
	free_workqueue_attrs(attrs);
	return err;
}
fs_initcall(left_init);
