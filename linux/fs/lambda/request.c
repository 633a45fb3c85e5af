// SPDX-License-Identifier: GPL-2.0-only
/*
 * One request: checks on the file in the order of pread() and pwrite(), the
 * side that runs it, and the bookkeeping that any read or write leaves behind.
 */
#include <linux/blk-lambda.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/fsnotify.h>
#include <linux/lambda_fs.h>
#include <linux/lambda_sched.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/sched/cputime.h>
#include <linux/sched/xacct.h>
#include <linux/uaccess.h>
#include <trace/events/lambda.h>

#include "drive.h"
#include "handle.h"
#include "host.h"
#include "input.h"
#include "internal.h"
#include "pending.h"
#include "request.h"
#include "residency.h"
#include "split.h"

/*
 * A λ's input and output are in kernel memory, which only the iter methods
 * take. A file with both kinds of methods means different things by them.
 */
static int request_check_read(const struct lambda_request *req)
{
	struct file *file = req->file;
	int err;

	if (!(file->f_mode & FMODE_PREAD))
		return -ESPIPE;
	if (!(file->f_mode & FMODE_READ))
		return -EBADF;
	if (!(file->f_mode & FMODE_CAN_READ))
		return -EINVAL;
	if (!access_ok(req->buf, req->io.out_cap))
		return -EFAULT;
	err = rw_verify_area(READ, file, &req->offset, req->count);
	if (err)
		return err;
	if (S_ISDIR(file_inode(file)->i_mode))
		return -EISDIR;
	if (!file->f_op->read_iter || file->f_op->read)
		return -EINVAL;
	return 0;
}

/* The output's length is not known yet, so the most it can be is checked. */
static int request_check_write(const struct lambda_request *req)
{
	struct file *file = req->file;
	int err;

	if (!(file->f_mode & FMODE_PWRITE))
		return -ESPIPE;
	if (!(file->f_mode & FMODE_WRITE))
		return -EBADF;
	if (!(file->f_mode & FMODE_CAN_WRITE))
		return -EINVAL;
	if (!access_ok(req->buf, req->count))
		return -EFAULT;
	err = rw_verify_area(WRITE, file, &req->offset, req->io.out_cap);
	if (err)
		return err;
	if (!file->f_op->write_iter || file->f_op->write)
		return -EINVAL;
	return 0;
}

/* How either side runs a request; a read and a write have one of these each. */
struct side_ops {
	ssize_t (*host)(struct lambda_request *req);
	bool write;	/* and in a drive, where a kernel may have none */
};

static const struct side_ops read_sides = {
	.host = lambda_host_read,
};

static const struct side_ops write_sides = {
	.host = lambda_host_write,
	.write = true,
};

static enum lambda_side request_forced_side(const struct lambda_request *req)
{
	if (req->io.flags & LAMBDA_IO_HOST)
		return LAMBDA_SIDE_HOST;
	if (req->io.flags & LAMBDA_IO_DEVICE)
		return LAMBDA_SIDE_DEVICE;
	return LAMBDA_SIDE_NONE;
}

/* Whatever lies on a disk has a size, and nothing behind it is read. */
static u64 request_bytes_to_read(const struct lambda_request *req)
{
	loff_t size = i_size_read(req->file->f_mapping->host);

	return clamp_t(loff_t, size - req->offset, 0, req->count);
}

/* The page cache would have read ahead for it. */
static bool request_reads_on(const struct lambda_request *req)
{
	return !(req->file->f_mode & FMODE_RANDOM) &&
	       (!req->offset || req->file->f_ra.prev_pos == req->offset);
}

/* Over how many drives it may be spread: as far as the disk's beginning tells. */
static void request_spread(struct blk_lambda_query *query,
			   const struct blk_lambda_layout *layout)
{
	if (layout->drives < 2)
		return;
	query->chunk = layout->chunk;
	if (query->record)
		query->drives = min_t(u64, layout->drives,
				      div64_u64(query->bytes + layout->chunk - 1,
						layout->chunk));
}

/*
 * What the choice depends on. A write has its input in memory; in the drive's
 * way are dirty pages of what is going to be overwritten.
 */
static void request_fill_query(const struct lambda_request *req, bool write,
			       const struct blk_lambda_layout *layout,
			       struct blk_lambda_query *query)
{
	struct inode *inode = req->file->f_mapping->host;

	*query = (struct blk_lambda_query) {
		.image_id = req->handle->image.id,
		.dev = inode->i_sb->s_dev,
		.ino = inode->i_ino,
		.write = write,
		.forced = request_forced_side(req),
		.bytes = req->count,
		.out_cap = req->io.out_cap,
		.drives = 1,
	};
	if (!layout)
		return;
	if (!write) {
		query->bytes = request_bytes_to_read(req);
		query->record = lambda_split_record(req);
		query->follows = request_reads_on(req);
		request_spread(query, layout);
	}
	query->cached = lambda_residency(inode->i_mapping, req->offset,
					 write ? query->out_cap : query->bytes,
					 &query->dirty);
	if (write)
		query->cached = 0;
}

/* Runs it there, unless the caller wants no other side than the drive. */
static ssize_t request_run_on_host(struct lambda_request *req,
				   const struct side_ops *sides, u32 reason)
{
	ssize_t ret;

	if (req->io.flags & LAMBDA_IO_NO_FALLBACK) {
		req->io.result.reason = reason;
		return -EOPNOTSUPP;
	}
	ret = sides->host(req);
	if (req->io.result.status != LAMBDA_STATUS_NOT_RUN) {
		req->io.result.side = LAMBDA_SIDE_HOST;
		req->io.result.reason = reason;
	}
	return ret;
}

/* In the drive that was asked; or in those that have the range, of a read. */
static int request_try_drives(struct lambda_request *req,
			      const struct side_ops *sides,
			      struct blk_lambda *bl,
			      const struct blk_lambda_query *query,
			      const struct blk_lambda_choice *choice,
			      ssize_t *ret)
{
	int why = LAMBDA_REASON_OTHER_DISK;

	if (!query->chunk)
		why = sides->write ? lambda_drive_write(req, bl, ret) :
				     lambda_drive_read(req, bl, ret);
	if (why == LAMBDA_REASON_OTHER_DISK && !sides->write)
		why = lambda_split_read(req, bl, query, choice, ret);
	return why;
}

static ssize_t request_run_in_drive(struct lambda_request *req,
				    const struct side_ops *sides,
				    struct blk_lambda *bl,
				    const struct blk_lambda_query *query,
				    const struct blk_lambda_choice *choice)
{
	ssize_t ret;
	int why = request_try_drives(req, sides, bl, query, choice, &ret);

	if (why)
		return request_run_on_host(req, sides, why);
	if (req->io.result.side == LAMBDA_SIDE_DEVICE)
		req->io.result.reason = choice->reason;
	return ret;
}

/* Only reads are divided. */
static ssize_t request_run_on_both(struct lambda_request *req,
				   const struct side_ops *sides,
				   struct blk_lambda *bl,
				   const struct blk_lambda_query *query,
				   const struct blk_lambda_choice *choice)
{
	ssize_t ret;
	int why = lambda_split_read(req, bl, query, choice, &ret);

	if (why)
		return request_run_on_host(req, sides, why);
	req->io.result.reason = choice->reason;
	return ret;
}

static ssize_t request_run_as_chosen(struct lambda_request *req,
				     const struct side_ops *sides)
{
	const struct blk_lambda_choice *choice = req->choice;

	if (choice->side == LAMBDA_SIDE_BOTH)
		return request_run_on_both(req, sides, req->bl, req->query,
					   choice);
	if (choice->side == LAMBDA_SIDE_DEVICE)
		return request_run_in_drive(req, sides, req->bl, req->query,
					    choice);
	return request_run_on_host(req, sides, choice->reason);
}

/* Only what the host has at hand is done without a wait. */
static bool request_has_to_wait(const struct lambda_request *req)
{
	return req->choice->side != LAMBDA_SIDE_HOST ||
	       req->query->cached < req->query->bytes;
}

/* A request over a file on a disk that runs λs: there is a choice. */
static ssize_t request_run_on_either(struct lambda_request *req,
				     const struct side_ops *sides,
				     struct blk_lambda *bl,
				     const struct blk_lambda_layout *layout)
{
	struct blk_lambda_choice choice __uninitialized;
	struct blk_lambda_sample sample;
	struct blk_lambda_query query __uninitialized;
	ssize_t ret = -EAGAIN;

	request_fill_query(req, sides->write, layout, &query);
	if (!query.bytes)
		return 0;
	blk_lambda_choose(bl, &query, &choice);
	req->timed = true;
	req->bl = bl;
	req->query = &query;
	req->choice = &choice;
	if (!req->nowait || !request_has_to_wait(req))
		ret = request_run_as_chosen(req, sides);
	if (lambda_request_put_off(req, ret))
		return lambda_pending_keep(req);
	sample = lambda_sample(req);
	blk_lambda_learn(bl, &query, &choice, &sample);
	return ret;
}

/* Without such a disk there is no choice, but a tracer hears of the request. */
static ssize_t request_run_traced(struct lambda_request *req,
				  const struct side_ops *sides,
				  enum lambda_reason reason)
{
	struct blk_lambda_choice choice = {
		.side = LAMBDA_SIDE_HOST,
		.reason = reason,
	};
	struct blk_lambda_sample sample;
	struct blk_lambda_query query;
	u64 begun = ktime_get_ns();
	ssize_t ret;

	request_fill_query(req, sides->write, NULL, &query);
	if (!query.bytes)
		return 0;
	ret = request_run_on_host(req, sides, reason);
	if (lambda_request_put_off(req, ret))
		return ret;
	sample = lambda_sample(req);
	trace_lambda_request(&query, &choice, &sample, ktime_get_ns() - begun);
	return ret;
}

static ssize_t request_run_without_drive(struct lambda_request *req,
					 const struct side_ops *sides)
{
	enum lambda_reason reason = req->io.flags & LAMBDA_IO_HOST ?
				    LAMBDA_REASON_FORCED :
				    LAMBDA_REASON_NO_DISK;

	if (req->nowait && req->count > LAMBDA_INPUT_SMALL)
		return -EAGAIN;
	if (trace_lambda_request_enabled())
		return request_run_traced(req, sides, reason);
	return request_run_on_host(req, sides, reason);
}

static ssize_t request_run(struct lambda_request *req,
			   const struct side_ops *sides)
{
	struct blk_lambda_layout layout;
	struct blk_lambda *bl = lambda_drive_get(req->file, &layout);
	ssize_t ret;

	if (!bl)
		return request_run_without_drive(req, sides);
	ret = request_run_on_either(req, sides, bl, &layout);
	blk_lambda_put(bl);
	return ret;
}

static ssize_t request_read_file(struct lambda_request *req)
{
	ssize_t ret = request_run(req, &read_sides);

	/* A reader that goes on from there is to read ahead. */
	if (req->io.result.in_len)
		req->file->f_ra.prev_pos = req->offset + req->io.result.in_len;
	return ret;
}

/* What vfs_iter_read() checks, by which read() passes on. */
static ssize_t request_check_real(const struct lambda_request *req)
{
	const struct cred *old;
	ssize_t err;

	if (!req->file->f_op->read_iter)
		return -EINVAL;
	old = lambda_use_cred(req);
	err = rw_verify_area(READ, req->file, &req->offset, req->count);
	lambda_revert_cred(old);
	return err;
}

/*
 * A file of a stacked filesystem is read by way of the real one, which may be
 * of a stacked filesystem as well: there are FILESYSTEM_MAX_STACK_DEPTH of them
 * at most. Which one it is gets decided here, once, as for a read().
 */
static ssize_t request_read_through(struct lambda_request *req)
{
	struct file *file = req->file, *real;
	const struct cred *cred = req->cred;
	ssize_t ret;

	if (!file->f_op->lambda || !file->f_op->lambda->real)
		return request_read_file(req);
	real = file->f_op->lambda->real(file, &req->cred);
	if (IS_ERR(real))
		return PTR_ERR(real);
	req->file = real;
	ret = request_check_real(req) ?: request_read_through(req);
	if (req->io.result.in_len) {
		fsnotify_access(real);
		file->f_op->lambda->accessed(file);
	}
	req->file = file;
	req->cred = cred;
	fput(real);
	return ret;
}

/* What any read leaves behind. */
static void request_read_ended(const struct lambda_request *req)
{
	if (req->io.result.in_len) {
		fsnotify_access(req->file);
		add_rchar(current, req->io.result.in_len);
	}
	inc_syscr(current);
}

/**
 * lambda_request_read - run a λ over a part of a file
 * @req: the request; its @io takes the result
 *
 * Return: bytes of output put in the caller's buffer, or an error as
 * lambda_pread() documents them; of one that may not wait as lambda_call().
 */
ssize_t lambda_request_read(struct lambda_request *req)
{
	ssize_t ret = request_check_read(req);

	if (ret || !req->count)
		return ret;
	ret = request_read_through(req);
	if (ret == -ERESTARTSYS || lambda_request_put_off(req, ret))
		return ret;
	request_read_ended(req);
	return ret;
}

/* It was in several tasks, and in none. */
static void request_learn_pending(struct lambda_pending *p, u64 ns, u64 cpu)
{
	struct lambda_request *req = &p->req;
	struct blk_lambda_sample sample = lambda_sample(req);

	sample.ns = ns;
	sample.cpu = p->cpu + task_sched_runtime(current) - cpu;
	blk_lambda_learn(req->bl, req->query, req->choice, &sample);
	if (req->io.result.in_len)
		req->file->f_ra.prev_pos = req->offset + req->io.result.in_len;
}

/**
 * lambda_request_finish - tell what came of a read that was pending
 * @p: the read
 *
 * Return: as lambda_request_read(); -EAGAIN, and lambda_request_resume() is to
 * run it.
 */
ssize_t lambda_request_finish(struct lambda_pending *p)
{
	u64 cpu = task_sched_runtime(current);
	struct lambda_request *req = &p->req;
	ssize_t ret = p->why;

	if (ret > 0)
		return -EAGAIN;
	if (ret == -EAGAIN)
		return ret;
	if (p->ran)
		ret = lambda_pending_deliver(p);
	if (req->io.result.side == LAMBDA_SIDE_DEVICE)
		req->io.result.reason = req->choice->reason;
	request_learn_pending(p, p->ns, cpu);
	if (ret != -ERESTARTSYS)
		request_read_ended(req);
	return ret;
}

/**
 * lambda_request_resume - run a read that was put off, where it may wait
 * @p: the read
 *
 * Return: as lambda_request_read().
 */
ssize_t lambda_request_resume(struct lambda_pending *p)
{
	u64 cpu = task_sched_runtime(current);
	struct lambda_request *req = &p->req;
	ssize_t ret;

	lambda_pending_let(p);
	if (p->why > 0)
		ret = request_run_on_host(req, &read_sides, p->why);
	else
		ret = request_run_as_chosen(req, &read_sides);
	request_learn_pending(p, ktime_get_ns() - p->begun, cpu);
	if (ret != -ERESTARTSYS)
		request_read_ended(req);
	return ret;
}

/**
 * lambda_request_write - run a λ over a buffer and write what it makes
 * @req: the request; its @io takes the result
 *
 * Return: bytes written to the file, or an error as lambda_pwrite() documents
 * them.
 */
ssize_t lambda_request_write(struct lambda_request *req)
{
	ssize_t ret = request_check_write(req);

	if (ret || !req->count)
		return ret;
	ret = request_run(req, &write_sides);
	if (ret == -ERESTARTSYS)
		return ret;
	if (ret > 0) {
		fsnotify_modify(req->file);
		add_wchar(current, ret);
	}
	inc_syscw(current);
	return ret;
}
