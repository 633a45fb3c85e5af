/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IOU_LAMBDA_H
#define IOU_LAMBDA_H

#include <linux/io_uring_types.h>

struct io_cancel_data;

int io_lambda_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe);
int io_lambda(struct io_kiocb *req, unsigned int issue_flags);
void io_lambda_cleanup(struct io_kiocb *req);

#ifdef CONFIG_LAMBDA_IO
int io_lambda_cancel(struct io_ring_ctx *ctx, struct io_cancel_data *cd,
		     unsigned int issue_flags);
bool io_lambda_cancel_all(struct io_ring_ctx *ctx, struct task_struct *task,
			  bool cancel_all);
#else
static inline int io_lambda_cancel(struct io_ring_ctx *ctx,
				   struct io_cancel_data *cd,
				   unsigned int issue_flags)
{
	return -ENOENT;
}

static inline bool io_lambda_cancel_all(struct io_ring_ctx *ctx,
					struct task_struct *task,
					bool cancel_all)
{
	return false;
}
#endif

#endif
