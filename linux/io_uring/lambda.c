// SPDX-License-Identifier: GPL-2.0-only
/*
 * λs through a ring: a small lambda_pread() over what is in the page cache at
 * once, as a read is; one that a drive runs without a task that waits for it; and
 * everything else by a worker.
 *
 * Of an SQE, @fd is the file, @off where in it, @addr and @len the buffer as the
 * system calls have it; @splice_fd_in is the λ handle, a registered one with
 * SPLICE_F_FD_IN_FIXED in @splice_flags, and @addr3 the struct lambda_io or 0.
 * Its result is stored before the request is completed.
 */
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/io_uring.h>
#include <linux/lambda.h>
#include <linux/splice.h>
#include <uapi/linux/io_uring.h>

#include "../fs/lambda/input.h"
#include "../fs/lambda/syscalls.h"

#include "cancel.h"
#include "io_uring.h"
#include "lambda.h"

/*
 * @pending: what is kept of one that was not done at once: it is among those of
 * its ring, unless a worker is to run it
 */
struct io_lambda {
	struct file			*file;
	void __user			*buf;
	struct lambda_io __user		*io;
	loff_t				off;
	u32				len;
	int				lambda;
	struct lambda_pending		*pending;
	bool				fixed;
};

int io_lambda_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe)
{
	struct io_lambda *l = io_kiocb_to_cmd(req, struct io_lambda);
	unsigned int flags = READ_ONCE(sqe->splice_flags);

	BUILD_BUG_ON(IORING_OP_LAMBDA_READ != LAMBDA_RING_PREAD);
	BUILD_BUG_ON(IORING_OP_LAMBDA_WRITE != LAMBDA_RING_PWRITE);

	if (unlikely(flags & ~SPLICE_F_FD_IN_FIXED || sqe->buf_index ||
		     sqe->__pad2[0]))
		return -EINVAL;
	l->buf = u64_to_user_ptr(READ_ONCE(sqe->addr));
	l->io = u64_to_user_ptr(READ_ONCE(sqe->addr3));
	l->off = READ_ONCE(sqe->off);
	l->len = READ_ONCE(sqe->len);
	l->lambda = READ_ONCE(sqe->splice_fd_in);
	l->fixed = flags & SPLICE_F_FD_IN_FIXED;
	l->pending = NULL;
	if (req->opcode == IORING_OP_LAMBDA_WRITE)
		req->flags |= REQ_F_FORCE_ASYNC;
	return 0;
}

/* A request that is gone before its worker has run it. */
void io_lambda_cleanup(struct io_kiocb *req)
{
	struct io_lambda *l = io_kiocb_to_cmd(req, struct io_lambda);

	if (l->pending)
		lambda_call_drop(l->pending);
	l->pending = NULL;
}

/* A worker does not go back to user mode, where a request would begin anew. */
static void io_lambda_set_res(struct io_kiocb *req, ssize_t ret,
			      bool cancelled)
{
	if (ret == -ERESTARTSYS)
		ret = cancelled ? -ECANCELED : -EINTR;
	if (ret < 0)
		req_set_fail(req);
	io_req_set_res(req, ret, 0);
}

/* A drive has ended it, or has not run it, and a worker has to. */
static void io_lambda_complete(struct io_kiocb *req, struct io_tw_state *ts)
{
	struct io_lambda *l = io_kiocb_to_cmd(req, struct io_lambda);
	ssize_t ret = -ERESTARTSYS;

	io_tw_lock(req->ctx, ts);
	hlist_del_init(&req->hash_node);
	if (likely(!io_should_terminate_tw(req->ctx)))
		ret = lambda_call_finish(l->pending);
	else
		lambda_call_drop(l->pending);
	if (ret == -EAGAIN) {
		req->flags |= REQ_F_FORCE_ASYNC;
		io_req_task_submit(req, ts);
		return;
	}
	l->pending = NULL;
	io_lambda_set_res(req, ret, true);
	io_req_task_complete(req, ts);
}

static void io_lambda_ended(void *private)
{
	struct io_kiocb *req = private;

	req->io_task_work.func = io_lambda_complete;
	io_req_task_work_add(req);
}

static ssize_t io_lambda_call(struct io_kiocb *req, struct file *lambda,
			      bool nowait)
{
	struct io_lambda *l = io_kiocb_to_cmd(req, struct io_lambda);
	struct lambda_call call = {
		.file = l->file,
		.lambda = lambda,
		.buf = l->buf,
		.count = l->len,
		.offset = l->off,
		.io = l->io,
		.write = req->opcode == IORING_OP_LAMBDA_WRITE,
		.nowait = nowait,
		.ended = io_lambda_ended,
		.private = req,
	};
	ssize_t ret = lambda_call(&call);

	l->pending = call.pending;
	if (ret == -EIOCBQUEUED)
		hlist_add_head(&req->hash_node, &req->ctx->lambda_list);
	if (l->pending)
		req->flags |= REQ_F_NEED_CLEANUP;
	return ret;
}

static ssize_t io_lambda_begin(struct io_kiocb *req, unsigned int issue_flags)
{
	struct io_lambda *l = io_kiocb_to_cmd(req, struct io_lambda);
	ssize_t ret = -EBADF;
	struct file *lambda;

	if (l->fixed)
		lambda = io_file_get_fixed(req, l->lambda, issue_flags);
	else
		lambda = io_file_get_normal(req, l->lambda);
	if (lambda)
		ret = io_lambda_call(req, lambda,
				     issue_flags & IO_URING_F_NONBLOCK);
	if (lambda && !l->fixed)
		fput(lambda);
	return ret;
}

int io_lambda(struct io_kiocb *req, unsigned int issue_flags)
{
	struct io_lambda *l = io_kiocb_to_cmd(req, struct io_lambda);
	ssize_t ret;

	if (l->pending) {
		ret = lambda_call_resume(l->pending);
		l->pending = NULL;
	} else {
		ret = io_lambda_begin(req, issue_flags);
	}
	if (ret == -EIOCBQUEUED)
		return IOU_ISSUE_SKIP_COMPLETE;
	if (issue_flags & IO_URING_F_NONBLOCK && ret == -EAGAIN)
		return -EAGAIN;
	io_lambda_set_res(req, ret, __io_wq_cancel_seen(req, issue_flags));
	return IOU_OK;
}

/* Cancelling what drives have */

static bool io_lambda_cancel_one(struct io_kiocb *req)
{
	struct io_lambda *l = io_kiocb_to_cmd(req, struct io_lambda);

	return lambda_pending_cancel(l->pending);
}

int io_lambda_cancel(struct io_ring_ctx *ctx, struct io_cancel_data *cd,
		     unsigned int issue_flags)
{
	struct io_kiocb *req;
	int ret = -ENOENT;

	io_ring_submit_lock(ctx, issue_flags);
	hlist_for_each_entry(req, &ctx->lambda_list, hash_node) {
		if (!io_cancel_req_match(req, cd))
			continue;
		ret = io_lambda_cancel_one(req) ? 0 : -EALREADY;
		break;
	}
	io_ring_submit_unlock(ctx, issue_flags);
	return ret;
}

/* Return: whether any was there that was not cancelled before. */
bool io_lambda_cancel_all(struct io_ring_ctx *ctx, struct task_struct *task,
			  bool cancel_all)
{
	struct io_kiocb *req;
	bool found = false;

	lockdep_assert_held(&ctx->uring_lock);

	hlist_for_each_entry(req, &ctx->lambda_list, hash_node)
		if (io_match_task_safe(req, task, cancel_all))
			found |= io_lambda_cancel_one(req);
	return found;
}
