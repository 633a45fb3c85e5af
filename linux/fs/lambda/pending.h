/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads of a ring that are not done at once: those in a drive have no task. */
#ifndef _FS_LAMBDA_PENDING_H
#define _FS_LAMBDA_PENDING_H

#include <linux/lambda_sched.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "drive.h"
#include "internal.h"

/**
 * struct lambda_pending - a request that was put off, or that a drive has
 * @req:     the request
 * @query:   what the choice was made by
 * @choice:  which side is to run it
 * @call:    what was asked for
 * @lambda:  the λ handle's file, referenced
 * @attempt: in a drive
 * @held:    lambda_attempt_end() is owed
 * @why:     0: as chosen, or the drive has run it; else as lambda_attempt_run()
 * @ran:     the drive has run it
 * @work:    goes on when there is a place in the drive
 * @waits:   for that
 * @begun:   when, in ns
 * @ns:      that it took until the drive had ended it; 0: it has not
 * @cpu:     ns of CPU time that it had until now
 * @lock:    of all below
 * @cancelled: it is not wanted any more
 * @sent:    the drive's driver has it
 * @over:    it only has to be told
 */
struct lambda_pending {
	struct lambda_request req;
	struct blk_lambda_query query;
	struct blk_lambda_choice choice;
	struct lambda_call call;
	struct file *lambda;
	struct lambda_attempt attempt;
	bool held;
	int why;
	bool ran;
	struct delayed_work work;
	bool waits;
	u64 begun;
	u64 ns;
	u64 cpu;
	struct mutex lock;	/* between what goes on and who cancels */
	bool cancelled;
	bool sent;
	bool over;
};

#ifdef CONFIG_LAMBDA_DRIVE
ssize_t lambda_pending_keep(struct lambda_request *req);
ssize_t lambda_pending_deliver(struct lambda_pending *p);
void lambda_pending_let(struct lambda_pending *p);
void lambda_pending_free(struct lambda_pending *p);
#else
static inline ssize_t lambda_pending_keep(struct lambda_request *req)
{
	return -EAGAIN;
}

static inline ssize_t lambda_pending_deliver(struct lambda_pending *p)
{
	return -EAGAIN;
}

static inline void lambda_pending_let(struct lambda_pending *p)
{
}

static inline void lambda_pending_free(struct lambda_pending *p)
{
}
#endif

#endif /* _FS_LAMBDA_PENDING_H */
