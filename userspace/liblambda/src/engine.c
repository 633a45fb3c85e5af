// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * The kernel as what runs a program's requests, and its merge program: the
 * outputs to merge lie in a file in memory, at the offset that the request has.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "internal.h"

static ssize_t lambda_engine_pread(void *data, int fd, void *buf, size_t count,
				   off_t offset, struct lambda_io *io)
{
	const struct lambda_kernel *kernel = data;

	return lambda_pread(fd, buf, count, offset, kernel->lambda, io);
}

static int lambda_engine_load_merge(struct lambda_kernel *kernel)
{
	struct lambda_load_attr attr;

	if (kernel->merge >= 0)
		return 0;
	if (kernel->load)
		attr = *kernel->load;
	else
		lambda_program__attr(kernel->prog, &attr);
	attr.flags &= ~LAMBDA_ATTR_MERGE;
	attr.record_len = 0;
	attr.merge_fd = 0;
	kernel->merge = lambda_program__load(kernel->prog->merge, &attr,
					     kernel->log, kernel->log_size);
	return kernel->merge < 0 ? kernel->merge : 0;
}

static int lambda_engine_file_with(const void *in, size_t len, off_t offset)
{
	int fd = memfd_create("lambda merge", MFD_CLOEXEC);
	const char *p = in;
	ssize_t put;

	if (fd < 0)
		return -errno;
	for (; len; len -= put, p += put, offset += put) {
		put = pwrite(fd, p, len, offset);
		if (put > 0)
			continue;
		put = put < 0 ? -errno : -EIO;
		close(fd);
		return put;
	}
	return fd;
}

static ssize_t lambda_engine_merge(void *data, const void *in, size_t len,
				   void *buf,
				   off_t offset, struct lambda_io *io)
{
	struct lambda_kernel *kernel = data;
	int fd, err = lambda_engine_load_merge(kernel);
	ssize_t ret;

	if (err)
		return err;
	fd = lambda_engine_file_with(in, len, offset);
	if (fd < 0)
		return fd;
	/* A file in memory is on no disk. */
	io->flags = 0;
	ret = lambda_pread(fd, buf, len, offset, kernel->merge, io);
	close(fd);
	return ret;
}

const struct lambda_engine lambda_kernel_engine = {
	.pread = lambda_engine_pread,
	.merge = lambda_engine_merge,
};

void lambda_engine_close(struct lambda_kernel *kernel)
{
	if (kernel->merge >= 0)
		close(kernel->merge);
}
