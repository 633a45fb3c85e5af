/* SPDX-License-Identifier: GPL-2.0-only */
int io_lambda_prep(struct io_kiocb *req, const struct io_uring_sqe *sqe);
int io_lambda(struct io_kiocb *req, unsigned int issue_flags);
