/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * λs through io_uring: entries of a submission queue, filled in. They go with
 * liburing as well as with a ring of one's own.
 */
#ifndef LAMBDA_RING_H
#define LAMBDA_RING_H

#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/lambda.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Not for callers. */
static inline void lambda_prep__fill(struct io_uring_sqe *sqe, int opcode,
				     int fd, const void *buf, uint32_t count,
				     uint64_t offset, int lambda,
				     struct lambda_io *io)
{
	memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = (__u8)opcode;
	sqe->fd = fd;
	sqe->addr = (uintptr_t)buf;
	sqe->len = count;
	sqe->off = offset;
	sqe->splice_fd_in = lambda;
	sqe->addr3 = (uintptr_t)io;
}

/**
 * lambda_prep_pread - fill in an entry that does what lambda_pread() does
 * @sqe:    the entry; all of it is set
 * @fd:     file to read, or its place among the ring's registered ones, if
 *          IOSQE_FIXED_FILE is set in @sqe->flags afterwards
 * @buf:    takes the output
 * @count:  bytes of input
 * @offset: where in the file the input starts
 * @lambda: λ handle
 * @io:     arguments, limits and flags, or NULL; takes the result, which is
 *          there once the request is completed. Stays the kernel's until then,
 *          with @buf
 *
 * The completion has what lambda_pread() returns, with an error as a negative
 * errno, or -ECANCELED for a request that was cancelled.
 */
static inline void lambda_prep_pread(struct io_uring_sqe *sqe, int fd,
				     void *buf, uint32_t count, uint64_t offset,
				     int lambda, struct lambda_io *io)
{
	lambda_prep__fill(sqe, LAMBDA_RING_PREAD, fd, buf, count, offset,
			  lambda, io);
}

/**
 * lambda_prep_pwrite - the same for lambda_pwrite()
 * @sqe:    the entry
 * @fd:     file to write
 * @buf:    the input
 * @count:  bytes of it
 * @offset: where in the file the output goes
 * @lambda: λ handle
 * @io:     arguments, limits and flags, or NULL
 */
static inline void lambda_prep_pwrite(struct io_uring_sqe *sqe, int fd,
				      const void *buf, uint32_t count,
				      uint64_t offset, int lambda,
				      struct lambda_io *io)
{
	lambda_prep__fill(sqe, LAMBDA_RING_PWRITE, fd, buf, count, offset,
			  lambda, io);
}

/**
 * lambda_prep_registered - have an entry's λ handle be a registered one
 * @sqe: what one of the two above has filled in; its @lambda was the handle's
 *       place among the registered files of the ring
 */
static inline void lambda_prep_registered(struct io_uring_sqe *sqe)
{
	sqe->splice_flags = 1u << 31;	/* SPLICE_F_FD_IN_FIXED */
}

#ifdef __cplusplus
}
#endif

#endif /* LAMBDA_RING_H */
