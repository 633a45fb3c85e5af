// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device side: one request in the drive that holds the file.
 *
 * Whatever touches user memory or allocates much is done first, while nothing
 * is locked: arguments and input are copied, and the drive gets program and
 * input. Then the file is asked where the range lies, which it holds in place
 * until the drive has answered; and then, with nothing locked again, output
 * goes to the caller. So the caller's buffer may be a mapping of the very file.
 *
 * The host can run the request whenever this returns a reason: the drive has
 * not run the λ then, or not to its end, and nothing has changed. A request
 * whose end is not known is never run again.
 */
#include <linux/blkdev.h>
#include <linux/bpf_lambda.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched/user.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "device.h"
#include "handle.h"
#include "request.h"

/* The device that the bytes of the file lie on, if they lie on one. */
static struct block_device *device_of(const struct file *file)
{
	struct inode *inode = file->f_mapping->host;

	return S_ISBLK(inode->i_mode) ? I_BDEV(inode) : inode->i_sb->s_bdev;
}

/**
 * lambda_device_get - the drive that can run λs over a file
 * @file: any file
 *
 * Return: the descriptor of its disk, with a reference; NULL if the file is
 * not on such a disk or does not tell where on it.
 */
struct blk_lambda *lambda_device_get(const struct file *file)
{
	struct block_device *bdev;

	if (!file->f_op->lambda || !file->f_op->lambda->begin)
		return NULL;
	bdev = device_of(file);
	return bdev ? blk_lambda_get(bdev) : NULL;
}

/* All but the room for extents, which is large. */
static void fill(struct lambda_attempt *a, struct lambda_request *req,
		 struct blk_lambda *bl, bool write, u32 in_len)
{
	a->req = req;
	a->bl = bl;
	a->charged = 0;
	a->rq = (struct blk_lambda_request) {
		.image = &req->handle->image,
		.budget = req->handle->budget,
		.default_budget = req->handle->default_budget,
		.write = write,
		.offset = write ? 0 : req->offset,
		.in_len = in_len,
		.out_cap = req->io.out_cap,
		.args_len = req->io.args_len,
		.task = current,
	};
	a->range = (struct lambda_range) {
		.iocb = &a->kiocb,
		.len = write ? req->io.out_cap : in_len,
		.write = write,
		.bdev = device_of(req->file),
		.extents = a->few,
		.max = LAMBDA_FEW_EXTENTS,
	};
	init_sync_kiocb(&a->kiocb, req->file);
	a->kiocb.ki_pos = req->offset;
}

/* Buffers */

/* What the host does without is not worth an error. */
static int copy_in(const void **ret, const void __user *from, u32 len)
{
	void *copy;

	if (!len)
		return 0;
	copy = kvmalloc(len, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!copy)
		return LAMBDA_REASON_BUSY;
	*ret = copy;
	return copy_from_user(copy, from, len) ? -EFAULT : 0;
}

static int get_buffers(struct lambda_attempt *a)
{
	const struct lambda_request *req = a->req;
	struct blk_lambda_request *rq = &a->rq;
	u32 in_len = rq->write ? rq->in_len : 0;
	u32 pages = DIV_ROUND_UP(rq->args_len, PAGE_SIZE) +
		    DIV_ROUND_UP(in_len, PAGE_SIZE);
	int ret;

	if (!blk_lambda_fits(a->bl, rq))
		return LAMBDA_REASON_TOO_LARGE;
	if (bpf_lambda_charge(current_user(), pages))
		return LAMBDA_REASON_BUSY;
	a->charged = pages;
	ret = copy_in(&rq->args, u64_to_user_ptr(req->io.args), rq->args_len);
	return ret ?: copy_in(&rq->in, req->buf, in_len);
}

static void put_buffers(struct lambda_attempt *a)
{
	if (a->range.extents != a->few)
		kvfree(a->range.extents);
	kvfree(a->rq.args);
	kvfree(a->rq.in);
	bpf_lambda_uncharge(current_user(), a->charged);
}

/* The way to the drive */

static int begin(struct lambda_attempt *a)
{
	return a->req->file->f_op->lambda->begin(&a->range);
}

/* Has the file locate and hold the range, in as many extents as it takes. */
static int locate(struct lambda_attempt *a)
{
	struct lambda_range *range = &a->range;
	size_t len = range->len;
	int ret = begin(a);
	u32 max;

	if (ret != LAMBDA_REASON_EXTENTS)
		return ret;
	/* No extent but the edges is shorter than a sector. */
	max = min_t(u64, a->bl->limits.extents_max, len / SECTOR_SIZE + 2);
	if (max <= LAMBDA_FEW_EXTENTS)
		return ret;
	range->extents = kvmalloc_array(max, sizeof(*range->extents),
					GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!range->extents) {
		range->extents = a->few;
		return LAMBDA_REASON_BUSY;
	}
	range->max = max;
	range->len = len;
	return begin(a);
}

/* How many bytes of the range may have changed. */
static size_t changed(const struct lambda_attempt *a, int ret)
{
	if (!a->rq.write || ret > 0)
		return 0;
	if (ret < 0)
		return a->range.len;
	return a->rq.status == LAMBDA_STATUS_OK ? a->rq.out_len : 0;
}

/* Runs the λ with the range held. */
static int execute(struct lambda_attempt *a)
{
	struct blk_lambda_request *rq = &a->rq;
	struct lambda_io *io = &a->req->io;
	int ret;

	rq->extents = a->range.extents;
	rq->nr_extents = a->range.nr;
	if (!rq->write)
		rq->in_len = a->range.len;
	if (!rq->in_len)
		return 0;
	ret = blk_lambda_execute(a->bl, rq);
	if (ret == -EINTR)
		io->status = LAMBDA_STATUS_KILLED;
	if (ret < 0 && ret != -ENOMEM) {
		io->side = LAMBDA_SIDE_DEVICE;
		io->out_len = changed(a, ret);
	}
	return ret;
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
 * the request's @io tells the side if the drive was told to.
 */
int lambda_attempt_run(struct lambda_attempt *a)
{
	int ret = locate(a);

	if (ret)
		return ret;
	ret = execute(a);
	a->req->file->f_op->lambda->end(&a->range, changed(a, ret));
	return ret;
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
	struct lambda_io *io = &a->req->io;

	if (!rq->in_len)
		return 0;
	io->side = LAMBDA_SIDE_DEVICE;
	io->status = rq->status;
	io->retval = rq->retval;
	io->fault_addr = rq->fault_addr;
	io->fault_write = rq->fault_write;
	io->in_len = rq->in_len;
	io->ns_media = rq->ns_media;
	io->ns_link = rq->ns_link;
	io->ns_compute = rq->ns_compute;
	a->req->ns_drive = rq->ns_drive;
	io->bytes_media = rq->bytes_media;
	io->bytes_link = rq->bytes_link;
	if (rq->status != LAMBDA_STATUS_OK)
		return -ECANCELED;
	io->out_len = rq->out_len;
	return rq->out_len;
}

/* Return: the call's result: bytes of output, or an error. */
static ssize_t deliver(const struct lambda_attempt *a)
{
	ssize_t len = lambda_attempt_result(a);

	if (len > 0 && !a->rq.write &&
	    copy_to_user(a->req->buf, a->rq.output, len))
		return -EFAULT;
	return len;
}

/* What is done with the drive prepared. */
static int run_prepared(struct lambda_attempt *a, ssize_t *ret)
{
	struct file *file = a->req->file;
	int why;

	if (a->rq.write)
		file_start_write(file);
	why = lambda_attempt_run(a);
	if (a->rq.write)
		file_end_write(file);
	else if (why <= 0)
		file_accessed(file);
	if (!why)
		*ret = deliver(a);
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
 * Context: the caller's, without locks.
 * Return: 0, and lambda_attempt_end() is owed; an enum lambda_reason for the
 * host to run it; -EINTR, -EFAULT, -ENOMEM.
 */
int lambda_attempt_begin(struct lambda_attempt *a, struct lambda_request *req,
			 struct blk_lambda *bl, bool write, u32 in_len)
{
	int why;

	fill(a, req, bl, write, in_len);
	why = get_buffers(a);
	if (!why)
		why = blk_lambda_prepare(a->bl, &a->rq);
	if (why)
		put_buffers(a);
	return why;
}

/**
 * lambda_attempt_end - give back what lambda_attempt_begin() got
 * @a: the attempt
 */
void lambda_attempt_end(struct lambda_attempt *a)
{
	blk_lambda_finish(a->bl, &a->rq);
	put_buffers(a);
}

static int run(struct lambda_attempt *a, struct lambda_request *req,
	       struct blk_lambda *bl, bool write, u32 in_len, ssize_t *ret)
{
	int why = lambda_attempt_begin(a, req, bl, write, in_len);

	if (!why) {
		why = run_prepared(a, ret);
		lambda_attempt_end(a);
	}
	/* The host may need less. */
	if (why == -ENOMEM)
		return LAMBDA_REASON_BUSY;
	if (why < 0)
		*ret = why;
	return max(why, 0);
}

/**
 * lambda_device_read - run a λ over a part of a file, in its drive
 * @req: a checked request with a @count that is not 0
 * @bl:  the drive
 * @ret: the result of the call, when 0 is returned: bytes of output put in the
 *       caller's buffer, 0 at the end of the file; -ECANCELED for a λ that
 *       ended badly; -EINTR, -EFAULT, or what the file says
 *
 * Return: 0, or an enum lambda_reason for the host to run it.
 */
int lambda_device_read(struct lambda_request *req, struct blk_lambda *bl,
		       ssize_t *ret)
{
	loff_t rest = i_size_read(req->file->f_mapping->host) - req->offset;
	struct lambda_attempt a __uninitialized;

	*ret = 0;
	if (rest <= 0)
		return 0;
	return run(&a, req, bl, false, min_t(loff_t, rest, req->count), ret);
}

/**
 * lambda_device_write - run a λ over a buffer and have the drive write its
 *                       output to the file
 * @req: a checked request with a @count that is not 0
 * @bl:  the drive
 * @ret: the result of the call, when 0 is returned: bytes written;
 *       -ECANCELED for a λ that ended badly; -EINTR, -EFAULT, or what the file
 *       says; -EIO with @req->io.side set and its status NOT_RUN when
 *       @req->io.out_len bytes may have changed
 *
 * Return: 0, or an enum lambda_reason for the host to run it.
 */
int lambda_device_write(struct lambda_request *req, struct blk_lambda *bl,
			ssize_t *ret)
{
	struct lambda_attempt a __uninitialized;
	int why = run(&a, req, bl, true, req->count, ret);

	if (!why && *ret > 0) {
		a.kiocb.ki_pos += *ret;
		*ret = generic_write_sync(&a.kiocb, *ret);
	}
	return why;
}
