/* SPDX-License-Identifier: GPL-2.0-only */
/* λs through a ring: requests are put into it and taken out by liburing. */
#ifndef LAMBDA_SELFTEST_RING_H
#define LAMBDA_SELFTEST_RING_H

#include <dirent.h>
#include <liburing.h>
#include <stdio.h>
#include <string.h>

#include "common.h"

/* What a file is filled with. */
static inline char *ring_bytes(size_t len)
{
	char *bytes = malloc(len);
	size_t i;

	for (i = 0; i < len; i++)
		bytes[i] = i * 31 + i / 255;
	return bytes;
}

/* A lambda_pread() or, by @opcode, lambda_pwrite() to be submitted. */
static inline struct io_uring_sqe *
put_request(struct io_uring *ring, int opcode, int fd, void *buf, size_t count,
	    off_t offset, int lambda, struct lambda_io *io, __u64 tag)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);

	if (!sqe)
		return NULL;
	io_uring_prep_rw(opcode, sqe, fd, buf, count, offset);
	sqe->splice_fd_in = lambda;
	sqe->addr3 = (uintptr_t)io;
	sqe->user_data = tag;
	return sqe;
}

/* The result of the next one to be completed, whose tag is put in @tag. */
static inline int take_result(struct io_uring *ring, __u64 *tag)
{
	struct io_uring_cqe *cqe;
	int ret = io_uring_wait_cqe(ring, &cqe);

	if (ret)
		return ret;
	ret = cqe->res;
	if (tag)
		*tag = cqe->user_data;
	io_uring_cqe_seen(ring, cqe);
	return ret;
}

/* One request, from its submission to its result. */
static inline int run_request(struct io_uring *ring, int opcode, int fd,
			      void *buf, size_t count, off_t offset, int lambda,
			      struct lambda_io *io)
{
	if (!put_request(ring, opcode, fd, buf, count, offset, lambda, io, 0) ||
	    io_uring_submit(ring) != 1)
		return -EBUSY;
	return take_result(ring, NULL);
}

/* Workers that the process's rings have had in the last seconds. */
static inline int ring_workers(void)
{
	DIR *dir = opendir("/proc/self/task");
	struct dirent *entry;
	char path[300], name[16];
	int nr = 0;
	FILE *from;

	while (dir && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "/proc/self/task/%s/comm",
			 entry->d_name);
		from = fopen(path, "r");
		if (from && fgets(name, sizeof(name), from))
			nr += !strncmp(name, "iou-wrk", 7);
		if (from)
			fclose(from);
	}
	if (dir)
		closedir(dir);
	return nr;
}

#endif /* LAMBDA_SELFTEST_RING_H */
