// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * The three system calls, which C libraries do not know yet. There are kernels
 * that have them for x86-64 alone; others may come to mean something else by the
 * numbers, and are not asked.
 */
#include <errno.h>
#include <lambda.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

/* ABI `64`, above all that upstream has numbered. */
#ifndef __NR_lambda_load
#define __NR_lambda_load	548
#define __NR_lambda_pread	549
#define __NR_lambda_pwrite	550
#endif

#ifdef __x86_64__
#define syscall_if_any	syscall
#else
static long syscall_if_any(long number, ...)
{
	(void)number;
	errno = ENOSYS;
	return -1;
}
#endif

LAMBDA_API int lambda_load(const struct lambda_load_attr *attr, size_t size,
			   unsigned int flags)
{
	LAMBDA_KEEP_ERRNO;
	long ret = syscall_if_any(__NR_lambda_load, attr, size, flags);

	return ret < 0 ? -errno : ret;
}

LAMBDA_API ssize_t lambda_pread(int fd, void *buf, size_t count, off_t offset,
				int lambda, struct lambda_io *io)
{
	LAMBDA_KEEP_ERRNO;
	long ret = syscall_if_any(__NR_lambda_pread, fd, buf, count, offset,
				  lambda, io);

	return ret < 0 ? -errno : ret;
}

LAMBDA_API ssize_t lambda_pwrite(int fd, const void *buf, size_t count,
				 off_t offset, int lambda, struct lambda_io *io)
{
	LAMBDA_KEEP_ERRNO;
	long ret = syscall_if_any(__NR_lambda_pwrite, fd, buf, count, offset,
				  lambda, io);

	return ret < 0 ? -errno : ret;
}
