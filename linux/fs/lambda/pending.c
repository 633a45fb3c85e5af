// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads of a ring that are not done at once.
 *
 * What has to wait is put off to one of the ring's workers, with the side that
 * was chosen for it. A read for a drive does without one: the submitter begins
 * it, and when the drive has no place for it, or program, session or file let it
 * wait, a worker of the kernel goes on that does not wait for the drive. The
 * driver says when it has ended. From then on it has nothing that others wait for,
 * no place, no blocks of the file; its output is kept until the submitter takes
 * it, which may be never.
 *
 * Only the submitter touches its memory. What pays for the request, its user and
 * address space, are kept until that has ended, for the submitter may go first.
 * It cannot be what it is cancelled by: a signal is of no concern to a ring.
 */
#include <linux/blk-lambda.h>
#include <linux/bpf_lambda.h>
#include <linux/cleanup.h>
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/ktime.h>
#include <linux/memcontrol.h>
#include <linux/pagemap.h>
#include <linux/sched.h>
#include <linux/sched/cputime.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>

#include "copy.h"
#include "pending.h"
#include "syscalls.h"

/* What has become of a step. */
enum pending_step {
	PENDING_SENT,	/* the driver has it, and it may be over */
	PENDING_LATER,	/* it has a place, and goes on where it may wait */
	PENDING_OVER,	/* it is over */
};

static void pending_begin_count(struct lambda_pending *p)
{
	p->cpu -= task_sched_runtime(current);
}

static void pending_end_count(struct lambda_pending *p)
{
	p->cpu += task_sched_runtime(current);
}

/* The submitter, or a worker of its, is to go on. */
static void pending_tell(struct lambda_pending *p)
{
	scoped_guard(mutex, &p->lock)
		p->over = true;
	p->call.ended(p->call.private);
}

/* Of a request that was cancelled the drive may say anything. */
static enum pending_step pending_end(struct lambda_pending *p, int ret)
{
	if (ret == -ENOMEM)
		ret = LAMBDA_REASON_BUSY;
	if (ret && READ_ONCE(p->cancelled))
		ret = -ERESTARTSYS;
	if (ret == -ERESTARTSYS)
		p->req.io.result.status = LAMBDA_STATUS_KILLED;
	p->why = ret;
	p->ran = !ret;
	return PENDING_OVER;
}

/* Called by the driver, which is done with it. */
static void pending_has_ended(struct blk_lambda_request *rq, int ret)
{
	struct lambda_pending *p = container_of(rq, struct lambda_pending,
						attempt.rq);

	scoped_guard(mutex, &p->lock)
		p->sent = false;
	blk_lambda_disk_submitted(p->req.bl, rq);
	lambda_attempt_ran(&p->attempt, ret);
	pending_end(p, ret);
	p->ns = ktime_get_ns() - p->begun;
	if (p->ran)
		blk_lambda_ended(p->req.bl, &p->query, &p->choice);
	pending_tell(p);
}

static bool pending_claim(struct lambda_pending *p)
{
	guard(mutex)(&p->lock);
	p->sent = !p->cancelled;
	return p->sent;
}

/* The range is located. */
static enum pending_step pending_send(struct lambda_pending *p)
{
	struct lambda_attempt *a = &p->attempt;
	int ret = 0;

	if (a->rq.in_len) {
		if (pending_claim(p)) {
			pending_end_count(p);
			blk_lambda_disk_submit(a->bl, &a->rq);
			return PENDING_SENT;
		}
		ret = -ERESTARTSYS;
	}
	lambda_attempt_ran(a, ret);
	return pending_end(p, ret);
}

static bool pending_file_waits(const struct lambda_pending *p)
{
	loff_t last = p->req.offset + p->attempt.range.len - 1;

	return filemap_range_needs_writeback(p->req.file->f_mapping,
					     p->req.offset, last);
}

/* With a place in the drive. */
static enum pending_step pending_go_on(struct lambda_pending *p)
{
	struct lambda_attempt *a = &p->attempt;
	int ret;

	if (!a->prepared) {
		ret = blk_lambda_disk_reserve(a->bl, &a->rq);
		if (ret == -EAGAIN && a->rq.nowait)
			return PENDING_LATER;
		if (ret)
			return pending_end(p, ret);
		a->prepared = true;
	}
	if (a->rq.nowait && pending_file_waits(p))
		return PENDING_LATER;
	ret = lambda_attempt_locate(a);
	return ret ? pending_end(p, ret) : pending_send(p);
}

/* Where it may wait for all but the drive. */
static void pending_work(struct work_struct *work)
{
	struct lambda_pending *p = container_of(to_delayed_work(work),
						struct lambda_pending, work);
	struct lambda_attempt *a = &p->attempt;
	struct mem_cgroup *old = set_active_memcg(a->rq.memcg);
	enum pending_step step;
	int ret;

	pending_begin_count(p);
	a->rq.nowait = false;
	ret = p->waits ? blk_lambda_disk_entered(a->bl, &a->rq) : 0;
	step = ret ? pending_end(p, ret) : pending_go_on(p);
	if (step == PENDING_OVER) {
		pending_end_count(p);
		pending_tell(p);
	}
	set_active_memcg(old);
}

/* The payer is there as long as the request is. */
static bool pending_hold_payer(struct lambda_pending *p)
{
	struct blk_lambda_request *rq = &p->attempt.rq;

	if (!get_ucounts(rq->payer.ucounts))
		return false;
	mmgrab(rq->payer.mm);
	rq->memcg = get_mem_cgroup_from_mm(rq->payer.mm);
	return true;
}

static void pending_drop_payer(struct lambda_pending *p)
{
	struct blk_lambda_request *rq = &p->attempt.rq;

	mem_cgroup_put(rq->memcg);
	mmdrop(rq->payer.mm);
	put_ucounts(rq->payer.ucounts);
}

/* Begins it in the drive, and does not wait. */
static ssize_t pending_begin(struct lambda_pending *p)
{
	struct lambda_attempt *a = &p->attempt;
	enum pending_step step;

	a->rq.ended = pending_has_ended;
	p->waits = true;
	pending_end_count(p);
	if (!blk_lambda_disk_enter(a->bl, &a->rq, &p->work))
		return -EIOCBQUEUED;
	pending_begin_count(p);
	p->waits = false;
	step = pending_go_on(p);
	if (step == PENDING_SENT)
		return -EIOCBQUEUED;
	pending_end_count(p);
	if (step == PENDING_OVER)
		pending_tell(p);
	else
		queue_delayed_work(blk_lambda_workers, &p->work, 0);
	return -EIOCBQUEUED;
}

/* Return: -EIOCBQUEUED; else a worker of the ring has to run it. */
static ssize_t pending_try_drive(struct lambda_pending *p)
{
	struct lambda_attempt *a = &p->attempt;
	int ret;

	if (p->choice.side != LAMBDA_SIDE_DEVICE || p->query.chunk ||
	    !lambda_drive_submits(p->req.file, p->req.bl))
		return -EAGAIN;
	ret = lambda_attempt_init(a, &p->req, p->req.bl, p->query.bytes);
	if (ret) {
		p->why = max(ret, 0);
		return -EAGAIN;
	}
	if (!pending_hold_payer(p)) {
		lambda_attempt_end(a);
		return -EAGAIN;
	}
	p->held = true;
	return pending_begin(p);
}

/* What the request has on the stack of its task it has in itself from now on. */
static struct lambda_pending *pending_make(struct lambda_request *req)
{
	struct lambda_pending *p = kzalloc(sizeof(*p), GFP_KERNEL_ACCOUNT);

	if (!p)
		return NULL;
	p->req = *req;
	p->query = *req->query;
	p->choice = *req->choice;
	p->call = *req->call;
	p->req.call = &p->call;
	p->req.query = &p->query;
	p->req.choice = &p->choice;
	p->req.nowait = false;
	p->begun = ktime_get_ns();
	p->lambda = get_file(p->call.lambda);
	refcount_inc(&p->req.bl->ref);
	INIT_DELAYED_WORK(&p->work, pending_work);
	mutex_init(&p->lock);
	return p;
}

/**
 * lambda_pending_keep - put a request off for which a side was chosen
 * @req: the request, of a ring, which may not wait
 *
 * Return: -EIOCBQUEUED, and a drive runs it: &lambda_call.ended will be called,
 * perhaps before this returns; -EAGAIN, and it is for a worker of the ring to run,
 * by lambda_call_resume() if &lambda_call.pending is set, or from its beginning.
 */
ssize_t lambda_pending_keep(struct lambda_request *req)
{
	struct lambda_pending *p = NULL;
	ssize_t ret;

	/* That which is read in place of another file is for this time only. */
	if (req->file == req->call->file)
		p = pending_make(req);
	if (!p) {
		blk_lambda_ended(req->bl, req->query, req->choice);
		return -EAGAIN;
	}
	req->call->pending = p;
	pending_begin_count(p);
	ret = pending_try_drive(p);
	if (ret == -EAGAIN)
		pending_end_count(p);
	return ret;
}

/**
 * lambda_pending_deliver - give the submitter what a drive has made for it
 * @p: the request, which has run
 *
 * Context: the submitter's.
 * Return: bytes of output, or an error.
 */
ssize_t lambda_pending_deliver(struct lambda_pending *p)
{
	ssize_t len = lambda_attempt_result(&p->attempt);

	file_accessed(p->req.file);
	if (len <= 0)
		return len;
	return lambda_copy_out(p->req.buf, p->attempt.rq.output, len) ?: len;
}

/**
 * lambda_pending_let - give back what a request had for its drive
 * @p: the request, which is no drive's, and is run in another way
 */
void lambda_pending_let(struct lambda_pending *p)
{
	if (!p->held)
		return;
	p->held = false;
	lambda_attempt_end(&p->attempt);
	pending_drop_payer(p);
}

/**
 * lambda_pending_free - be done with a request
 * @p: the request, which is no drive's
 */
void lambda_pending_free(struct lambda_pending *p)
{
	blk_lambda_ended(p->req.bl, &p->query, &p->choice);
	lambda_pending_let(p);
	blk_lambda_put(p->req.bl);
	fput(p->lambda);
	kfree(p);
}

/**
 * lambda_pending_cancel - have a request end soon that a drive has or will have
 * @p: the request, which lambda_call() has queued
 *
 * Return: whether it will; else it has ended, or was cancelled before.
 */
bool lambda_pending_cancel(struct lambda_pending *p)
{
	guard(mutex)(&p->lock);
	if (p->over || p->cancelled)
		return false;
	WRITE_ONCE(p->cancelled, true);
	if (p->sent)
		blk_lambda_disk_cancel(p->attempt.bl, &p->attempt.rq);
	else if (cancel_delayed_work(&p->work))
		queue_delayed_work(blk_lambda_workers, &p->work, 0);
	return true;
}
