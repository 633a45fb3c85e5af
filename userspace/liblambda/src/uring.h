/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* A ring of io_uring, as much of one as requests of a run take. */
#ifndef LAMBDA_SRC_URING_H
#define LAMBDA_SRC_URING_H

#include <linux/io_uring.h>
#include <stdbool.h>

/**
 * struct lambda_uring - a ring
 * @fd:      of it
 * @entries: requests that go into it at a time
 * @queued:  that were put into it and are not the kernel's yet
 * @map:     both queues, @map_len bytes
 * @sqes:    entries to be submitted
 * @sq_tail: of the queues, as the kernel shares them
 * @sq_mask: likewise, and so on
 */
struct lambda_uring {
	int fd;
	unsigned int entries, queued;
	void *map;
	size_t map_len;
	struct io_uring_sqe *sqes;
	unsigned int *sq_tail, *sq_array, sq_mask;
	unsigned int *cq_head, *cq_tail, cq_mask;
	struct io_uring_cqe *cqes;
};

/*
 * Makes one that runs λs, for @entries requests at a time. Returns 0; -EOPNOTSUPP
 * where the kernel has none, -EPERM where it lets nobody have one; other errnos.
 */
int lambda_uring_open(struct lambda_uring *ring, unsigned int entries);

void lambda_uring_close(struct lambda_uring *ring);

/* An entry to be filled in, of at most @entries under way. */
struct io_uring_sqe *lambda_uring_put(struct lambda_uring *ring);

/* Submits what was put, and waits for one at least. Returns 0 or an errno. */
int lambda_uring_wait(struct lambda_uring *ring);

/* The next one that has ended; returns false when there is none now. */
bool lambda_uring_take(struct lambda_uring *ring, __u64 *tag, int *res);

#endif /* LAMBDA_SRC_URING_H */
