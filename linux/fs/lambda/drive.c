// SPDX-License-Identifier: GPL-2.0-only
/*
 * DRIVE: one request in the drive that holds the file.
 *
 * Whatever touches user memory or allocates much is done first, while nothing
 * is locked: arguments and input are copied, and the drive gets program and
 * input. Then the file is asked where the range lies, which it holds in place
 * until the drive has answered; and then, with nothing locked again and nothing
 * of the drive's kept, output goes to the caller. So the caller's buffer may be
 * a mapping of the very file, or one whose faults are never answered.
 *
 * The lock of a file is as good as any user's: a direct read into memory that
 * does not answer has it for ever. So it is taken only if it can be had at once.
 * If not, all that the drive has given is given back, and the wait has an end.
 *
 * The host can run the request whenever this returns a reason: the drive has
 * not run the λ then, or not to its end, and nothing has changed. A request
 * whose end is not known is never run again.
 */
#include <linux/blkdev.h>
#include <linux/bpf_lambda.h>
#include <linux/delay.h>
#include <linux/lambda_fs.h>
#include <linux/minmax.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "copy.h"
#include "drive.h"
#include "handle.h"
#include "internal.h"

/* The device that the bytes of the file lie on, if they lie on one. */
static struct block_device *drive_device_of(const struct file *file)
{
	struct inode *inode = file->f_mapping->host;

	return S_ISBLK(inode->i_mode) ? I_BDEV(inode) : inode->i_sb->s_bdev;
}

/**
 * lambda_drive_get - the drive that can run λs over a file
 * @file:   any file
 * @layout: set to how it is spread, if there is one
 *
 * Return: the descriptor of its disk, with a reference; NULL if the file is
 * not on such a disk or does not tell where on it.
 */
struct blk_lambda *lambda_drive_get(const struct file *file,
				    struct blk_lambda_layout *layout)
{
	struct block_device *bdev;

	if (!file->f_op->lambda || !file->f_op->lambda->begin)
		return NULL;
	bdev = drive_device_of(file);
	return bdev ? blk_lambda_stack_get(bdev, layout) : NULL;
}

/**
 * lambda_drive_submits - whether a drive runs reads for which no task waits
 * @file: the file
 * @bl:   what lambda_drive_get() returned for it
 *
 * Return: whether it does.
 */
bool lambda_drive_submits(const struct file *file, const struct blk_lambda *bl)
{
	return blk_lambda_disk_submits(bl, drive_device_of(file));
}

/* All but the room for extents, which is large. */
static void drive_fill_attempt(struct lambda_attempt *a,
			       struct lambda_request *req,
			       struct blk_lambda *bl, bool write, u32 in_len)
{
	a->req = req;
	a->bl = bl;
	a->prepared = false;
	a->charged = 0;
	a->rq = (struct blk_lambda_request) {
		.bdev = drive_device_of(req->file),
		.image = &req->handle->image,
		.budget = req->handle->budget,
		.default_budget = req->handle->default_budget,
		.write = write,
		.copy = req->copy,
		.spans = req->spans,
		.nr_spans = req->nr_spans,
		.offset = write ? 0 : req->offset,
		.in_len = in_len,
		.out_cap = req->io.out_cap,
		.args_len = req->io.args_len,
		.task = current,
		.payer = bpf_lambda_current_payer(),
	};
	a->range = (struct lambda_range) {
		.iocb = &a->kiocb,
		.len = write ? req->io.out_cap :
		       req->nr_spans ? req->reach : in_len,
		.write = write,
		.bdev = a->rq.bdev,
		.extents = a->few,
		.max = LAMBDA_FEW_EXTENTS,
	};
	init_sync_kiocb(&a->kiocb, req->file);
	a->kiocb.ki_pos = req->offset;
}

/* Buffers */

/* What the host does without is not worth an error. */
static int drive_copy_in(const void **ret, const void __user *from, u32 len)
{
	void *copy;

	if (!len)
		return 0;
	copy = kvmalloc(len, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!copy)
		return LAMBDA_REASON_BUSY;
	*ret = copy;
	return lambda_copy_in(copy, from, len);
}

static int drive_get_buffers(struct lambda_attempt *a)
{
	const struct lambda_request *req = a->req;
	struct blk_lambda_request *rq = &a->rq;
	u32 in_len = rq->write ? rq->in_len : 0;
	u32 pages = DIV_ROUND_UP(rq->args_len, PAGE_SIZE) +
		    DIV_ROUND_UP(in_len, PAGE_SIZE);
	int ret;

	if (!blk_lambda_disk_fits(a->bl, rq))
		return LAMBDA_REASON_TOO_LARGE;
	if (bpf_lambda_charge_pay(&rq->payer, BPF_LAMBDA_PRIVATE, 0, pages))
		return LAMBDA_REASON_BUSY;
	a->charged = pages;
	ret = drive_copy_in(&rq->args, u64_to_user_ptr(req->io.args),
			    rq->args_len);
	return ret ?: drive_copy_in(&rq->in, req->buf, in_len);
}

static void drive_put_buffers(struct lambda_attempt *a)
{
	if (a->range.extents != a->few)
		kvfree(a->range.extents);
	kvfree(a->rq.args);
	kvfree(a->rq.in);
	bpf_lambda_charge_unpay(&a->rq.payer, BPF_LAMBDA_PRIVATE, a->charged);
}

/* The way to the drive */

static int drive_begin_range(struct lambda_attempt *a)
{
	const struct cred *old = lambda_use_cred(a->req);
	int ret = a->req->file->f_op->lambda->begin(&a->range);

	lambda_revert_cred(old);
	return ret;
}

static int drive_make_room(struct lambda_attempt *a, u32 max)
{
	struct blk_lambda_extent *extents;
	u32 pages = DIV_ROUND_UP(max * sizeof(*extents), PAGE_SIZE);

	if (bpf_lambda_charge_pay(&a->rq.payer, BPF_LAMBDA_PRIVATE, a->charged,
				  pages))
		return -ENOMEM;
	a->charged += pages;
	extents = kvmalloc_array(max, sizeof(*extents),
				 GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!extents)
		return -ENOMEM;
	a->range.extents = extents;
	a->range.max = max;
	return 0;
}

/* Has the file locate and hold the range, in as many extents as it takes. */
static int drive_locate_range(struct lambda_attempt *a)
{
	struct lambda_range *range = &a->range;
	size_t len = range->len;
	int ret = drive_begin_range(a);
	u32 max;

	if (ret != LAMBDA_REASON_EXTENTS)
		return ret;
	/* No extent but the edges is shorter than a sector. */
	max = min_t(u64, a->bl->limits.extents_max, len / SECTOR_SIZE + 2);
	if (max <= LAMBDA_FEW_EXTENTS)
		return ret;
	if (drive_make_room(a, max))
		return LAMBDA_REASON_BUSY;
	range->len = len;
	return drive_begin_range(a);
}

/**
 * lambda_drive_locate - find out which drives have a part of a file
 * @req:       a read of that part
 * @bl:        the drive that the file's device begins on
 * @copy:      as blk_lambda_stack_locate() has it
 * @copy_span: likewise
 * @runs:      likewise
 * @nr:        likewise
 *
 * Context: process context without locks; may sleep.
 * Return: as lambda_attempt_run(); each of @runs has a reference to be put.
 */
int lambda_drive_locate(struct lambda_request *req, struct blk_lambda *bl,
			u32 copy, u64 copy_span,
			struct blk_lambda_run *runs, u32 *nr)
{
	struct lambda_attempt a __uninitialized;
	int why;

	drive_fill_attempt(&a, req, bl, false, req->count);
	why = drive_locate_range(&a);
	if (!why) {
		why = blk_lambda_stack_locate(a.rq.bdev, a.range.extents,
					      a.range.nr,
					      copy, copy_span, runs, nr);
		req->file->f_op->lambda->end(&a.range, 0);
	}
	drive_put_buffers(&a);
	return why;
}

/* How many bytes of the range may have changed. */
static size_t drive_bytes_changed(const struct lambda_attempt *a, int ret)
{
	if (!a->rq.write || ret > 0 || ret == -ERESTARTSYS)
		return 0;
	if (ret < 0)
		return a->range.len;
	return a->rq.result.out_len;
}

/*
 * Without any input the λ does not run. Return: 0; an enum lambda_reason: the file
 * has become too short for parts of it.
 */
static int drive_take_extents(struct lambda_attempt *a)
{
	struct blk_lambda_request *rq = &a->rq;

	rq->extents = a->range.extents;
	rq->nr_extents = a->range.nr;
	if (rq->nr_spans)
		return a->range.len < a->req->reach ? LAMBDA_REASON_DIVIDED : 0;
	if (!rq->write)
		rq->in_len = a->range.len;
	return 0;
}

/* Gives back what the attempt has of the drive. */
static void release_drive(struct lambda_attempt *a)
{
	if (a->prepared)
		blk_lambda_disk_finish(a->bl, &a->rq);
	a->prepared = false;
}

/* Tells the request what the drive did, and lets the file go. */
static void drive_end_run(struct lambda_attempt *a, int ret)
{
	struct lambda_result *res = &a->req->io.result;

	if (ret == -ERESTARTSYS)
		res->status = LAMBDA_STATUS_KILLED;
	if (ret < 0 && ret != -ENOMEM) {
		res->side = LAMBDA_SIDE_DEVICE;
		res->out_len = drive_bytes_changed(a, ret);
	}
	a->req->file->f_op->lambda->end(&a->range, drive_bytes_changed(a, ret));
}

/**
 * lambda_attempt_run - locate the range and have the drive run the λ
 * @a: the attempt, begun
 *
 * Touches no user memory, so that any task may do it, which gets no signals in
 * place of the caller.
 *
 * Context: process context without locks; may sleep.
 * Return: 0, an enum lambda_reason for the host to run it, or an errno; then
 * the request's @io tells the side if the drive was told to. -EAGAIN: the file
 * is locked, and the drive has not been told. Unless 0 is returned, nothing of
 * the drive's is kept.
 */
int lambda_attempt_run(struct lambda_attempt *a)
{
	int ret = drive_locate_range(a);

	if (!ret) {
		ret = drive_take_extents(a);
		if (!ret && a->rq.in_len)
			ret = blk_lambda_stack_execute(a->bl, &a->rq);
		drive_end_run(a, ret);
	}
	/* The caller may be kept by its file, or by a request of its own. */
	if (ret)
		release_drive(a);
	return ret;
}

/**
 * lambda_attempt_locate - locate the range of a read for which no task waits
 * @a: the attempt, with a place in the drive that is ready
 *
 * Context: process context without locks; may sleep.
 * Return: 0, and the range is held until lambda_attempt_ran(); else as
 * lambda_attempt_run().
 */
int lambda_attempt_locate(struct lambda_attempt *a)
{
	int ret = drive_locate_range(a);

	drive_take_extents(a);
	if (ret)
		release_drive(a);
	return ret;
}

/**
 * lambda_attempt_ran - let the file go, and what of the drive's is not kept
 * @a:   the attempt, which was located
 * @ret: how it has ended: as lambda_attempt_run() would return
 */
void lambda_attempt_ran(struct lambda_attempt *a, int ret)
{
	drive_end_run(a, ret);
	if (ret)
		release_drive(a);
}

/**
 * lambda_attempt_result - tell the request how its λ ended
 * @a: the attempt, run to an end
 *
 * Return: the length of its output, which is &blk_lambda_request.output of a
 * read until lambda_attempt_end(); or an error.
 */
ssize_t lambda_attempt_result(const struct lambda_attempt *a)
{
	const struct blk_lambda_request *rq = &a->rq;

	if (!rq->in_len)
		return 0;
	a->req->io.result = rq->result;
	a->req->ns_drive = rq->ns_drive;
	return rq->result.status == LAMBDA_STATUS_OK ? rq->result.out_len :
						       -ECANCELED;
}

/* Return: the call's result: bytes of output, or an error. */
static ssize_t drive_deliver_output(const struct lambda_attempt *a)
{
	ssize_t len = lambda_attempt_result(a);

	lambda_request_ended(a->req);
	if (len > 0 && !a->rq.write)
		return lambda_copy_out(a->req->buf, a->rq.output, len) ?: len;
	return len;
}

/* What is done with the drive prepared. */
static int drive_run_prepared(struct lambda_attempt *a, ssize_t *ret)
{
	int why = lambda_attempt_run(a);

	if (!a->rq.write && why <= 0 && why != -EAGAIN)
		file_accessed(a->req->file);
	if (!why)
		*ret = drive_deliver_output(a);
	return why;
}

/**
 * lambda_attempt_begin - get buffers and drive ready for a request
 * @a:      filled in
 * @req:    a checked request with a @count that is not 0
 * @bl:     the drive
 * @write:  lambda_pwrite()
 * @in_len: bytes of input, not 0
 *
 * Waits for a frozen filesystem before it has anything of the drive.
 *
 * Context: the caller's, without locks.
 * Return: 0, and lambda_attempt_end() is owed; an enum lambda_reason for the
 * host to run it; -ERESTARTSYS, -EFAULT, -ENOMEM.
 */
int lambda_attempt_begin(struct lambda_attempt *a, struct lambda_request *req,
			 struct blk_lambda *bl, bool write, u32 in_len)
{
	int why;

	drive_fill_attempt(a, req, bl, write, in_len);
	why = drive_get_buffers(a);
	if (!why)
		why = blk_lambda_disk_admit(a->bl, &a->rq);
	req->ns_limited = a->rq.ns_limited;
	if (why)
		goto put;
	if (write)
		file_start_write(req->file);
	why = blk_lambda_disk_prepare(a->bl, &a->rq);
	a->prepared = !why;
	if (!why)
		return 0;
	if (write)
		file_end_write(req->file);
put:
	drive_put_buffers(a);
	return why;
}

/**
 * lambda_attempt_init - get buffers ready for a read for which no task waits
 * @a:      filled in
 * @req:    as lambda_attempt_begin() has it
 * @bl:     the drive
 * @in_len: bytes of input, not 0
 *
 * Context: the caller's, without locks; waits for its memory only.
 * Return: 0, and lambda_attempt_end() is owed; an enum lambda_reason for the
 * host to run it; -EFAULT, -ENOMEM; -EAGAIN where it would wait.
 */
int lambda_attempt_init(struct lambda_attempt *a, struct lambda_request *req,
			struct blk_lambda *bl, u32 in_len)
{
	int why;

	drive_fill_attempt(a, req, bl, false, in_len);
	a->rq.task = NULL;
	a->rq.nowait = true;
	why = drive_get_buffers(a);
	if (!why)
		why = blk_lambda_disk_admit(bl, &a->rq);
	if (why)
		drive_put_buffers(a);
	return why;
}

/**
 * lambda_attempt_end - give back what lambda_attempt_begin() got
 * @a: the attempt
 */
void lambda_attempt_end(struct lambda_attempt *a)
{
	release_drive(a);
	if (a->rq.write)
		file_end_write(a->req->file);
	blk_lambda_charge_written(a->bl, &a->rq);
	a->req->ns_limited = a->rq.ns_limited;
	drive_put_buffers(a);
}

static bool drive_is_locked(struct inode *inode, bool write)
{
	if (!(write ? inode_trylock(inode) : inode_trylock_shared(inode)))
		return true;
	if (write)
		inode_unlock(inode);
	else
		inode_unlock_shared(inode);
	return false;
}

/**
 * lambda_drive_wait - wait for a file that is locked
 * @file:  the file
 * @write: it is wanted exclusively
 * @end:   when to give up, in jiffies
 *
 * Context: process context with nothing held that others wait for.
 * Return: 0 when it was not locked; an enum lambda_reason; -ERESTARTSYS.
 */
int lambda_drive_wait(const struct file *file, bool write, unsigned long end)
{
	unsigned int us = 16;
	int err;

	while (drive_is_locked(file->f_mapping->host, write)) {
		usleep_range_state(us, 2 * us, TASK_KILLABLE);
		err = bpf_lambda_signal_pause();
		if (err)
			return err;
		if (time_after(jiffies, end))
			return LAMBDA_REASON_BUSY;
		us = min(2 * us, 1024U);
	}
	return 0;
}

static int drive_try_attempt(struct lambda_attempt *a,
			     struct lambda_request *req, struct blk_lambda *bl,
			     bool write, u32 in_len, ssize_t *ret)
{
	int why = lambda_attempt_begin(a, req, bl, write, in_len);

	if (!why) {
		why = drive_run_prepared(a, ret);
		lambda_attempt_end(a);
	}
	return why;
}

static int drive_run_attempt(struct lambda_attempt *a,
			     struct lambda_request *req, struct blk_lambda *bl,
			     bool write, u32 in_len, ssize_t *ret)
{
	unsigned long end = jiffies + LAMBDA_LOCK_TIMEOUT;
	int why;

	while ((why = drive_try_attempt(a, req, bl, write, in_len, ret)) ==
	       -EAGAIN) {
		why = lambda_drive_wait(req->file, write, end);
		if (why)
			break;
	}
	/* The host may need less. */
	if (why == -ENOMEM)
		return LAMBDA_REASON_BUSY;
	if (why < 0)
		*ret = why;
	return max(why, 0);
}

/**
 * lambda_drive_read - run a λ over a part of a file, in its drive
 * @req: a checked request with a @count that is not 0
 * @bl:  the drive
 * @ret: the result of the call, when 0 is returned: bytes of output put in the
 *       caller's buffer, 0 at the end of the file; -ECANCELED for a λ that
 *       ended badly; -ERESTARTSYS, -EFAULT, or what the file says
 *
 * Return: 0, or an enum lambda_reason for the host to run it.
 */
int lambda_drive_read(struct lambda_request *req, struct blk_lambda *bl,
		      ssize_t *ret)
{
	loff_t rest = i_size_read(req->file->f_mapping->host) - req->offset;
	struct lambda_attempt a __uninitialized;

	*ret = 0;
	if (rest <= 0)
		return 0;
	return drive_run_attempt(&a, req, bl, false,
				 min_t(loff_t, rest, req->count), ret);
}

/**
 * lambda_drive_write - run a λ over a buffer and have the drive write its
 *                      output to the file
 * @req: a checked request with a @count that is not 0
 * @bl:  the drive
 * @ret: the result of the call, when 0 is returned: bytes written;
 *       -ECANCELED for a λ that ended badly; -ERESTARTSYS, -EFAULT, or what
 *       the file says; -EIO with the drive as the result's side and NOT_RUN as
 *       its status when its out_len bytes may have changed
 *
 * Return: 0, or an enum lambda_reason for the host to run it.
 */
int lambda_drive_write(struct lambda_request *req, struct blk_lambda *bl,
		       ssize_t *ret)
{
	struct lambda_attempt a __uninitialized;
	int why = drive_run_attempt(&a, req, bl, true, req->count, ret);

	if (!why && *ret > 0) {
		a.kiocb.ki_pos += *ret;
		*ret = generic_write_sync(&a.kiocb, *ret);
	}
	return why;
}
