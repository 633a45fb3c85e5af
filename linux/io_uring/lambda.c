// SPDX-License-Identifier: GPL-2.0-only
/*
 * λs through a ring: a small lambda_pread() over what is in the page cache at
 * once, as a read is, and everything else by a worker.
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

#include "io_uring.h"
#include "lambda.h"

struct io_lambda {
	struct file			*file;
	void __user			*buf;
	struct lambda_io __user		*io;
	loff_t				off;
	u32				len;
	int				lambda;
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
	if (req->opcode == IORING_OP_LAMBDA_WRITE ||
	    l->len > LAMBDA_INPUT_SMALL)
		req->flags |= REQ_F_FORCE_ASYNC;
	return 0;
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
	};

	return lambda_call(&call);
}

/* A worker does not go back to user mode, where a request would begin anew. */
int io_lambda(struct io_kiocb *req, unsigned int issue_flags)
{
	struct io_lambda *l = io_kiocb_to_cmd(req, struct io_lambda);
	bool nowait = issue_flags & IO_URING_F_NONBLOCK;
	ssize_t ret = -EBADF;
	struct file *lambda;

	if (l->fixed)
		lambda = io_file_get_fixed(req, l->lambda, issue_flags);
	else
		lambda = io_file_get_normal(req, l->lambda);
	if (lambda)
		ret = io_lambda_call(req, lambda, nowait);
	if (lambda && !l->fixed)
		fput(lambda);
	if (nowait && ret == -EAGAIN)
		return -EAGAIN;
	if (ret == -ERESTARTSYS)
		ret = __io_wq_cancel_seen(req, issue_flags) ? -ECANCELED :
							      -EINTR;
	if (ret < 0)
		req_set_fail(req);
	io_req_set_res(req, ret, 0);
	return IOU_OK;
}
