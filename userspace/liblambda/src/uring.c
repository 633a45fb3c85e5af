// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * A ring of io_uring without liburing, which a program over files should not
 * need for that.
 */
#include <errno.h>
#include <linux/lambda.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "uring.h"

#ifndef __NR_io_uring_setup
#define __NR_io_uring_setup	425
#define __NR_io_uring_enter	426
#define __NR_io_uring_register	427
#endif

/* Operations that are numbered. */
#define URING_OPS	256

static int uring_probe(int fd)
{
	struct io_uring_probe *probe;
	size_t size = sizeof(*probe) + URING_OPS * sizeof(*probe->ops);
	int err = 0;

	probe = calloc(1, size);
	if (!probe)
		return -ENOMEM;
	if (syscall(__NR_io_uring_register, fd, IORING_REGISTER_PROBE, probe,
		    URING_OPS) < 0)
		err = errno == EINVAL ? -EOPNOTSUPP : -errno;
	else if (!(probe->ops[LAMBDA_RING_PREAD].flags & IO_URING_OP_SUPPORTED))
		err = -EOPNOTSUPP;
	free(probe);
	return err;
}

static void *uring_at(const struct lambda_uring *ring, __u32 offset)
{
	return (char *)ring->map + offset;
}

static int uring_map(struct lambda_uring *ring, const struct io_uring_params *p)
{
	size_t sq = p->sq_off.array + p->sq_entries * sizeof(__u32);
	size_t cq = p->cq_off.cqes + p->cq_entries * sizeof(*ring->cqes);
	const int prot = PROT_READ | PROT_WRITE;

	if (!(p->features & IORING_FEAT_SINGLE_MMAP))
		return -EOPNOTSUPP;
	ring->map_len = sq > cq ? sq : cq;
	ring->map = mmap(NULL, ring->map_len, prot, MAP_SHARED | MAP_POPULATE,
			 ring->fd, IORING_OFF_SQ_RING);
	if (ring->map == MAP_FAILED)
		return -errno;
	ring->sqes = mmap(NULL, p->sq_entries * sizeof(*ring->sqes), prot,
			  MAP_SHARED | MAP_POPULATE, ring->fd, IORING_OFF_SQES);
	if (ring->sqes == MAP_FAILED) {
		int err = -errno;

		munmap(ring->map, ring->map_len);
		return err;
	}
	ring->entries = p->sq_entries;
	ring->sq_tail = uring_at(ring, p->sq_off.tail);
	ring->sq_array = uring_at(ring, p->sq_off.array);
	ring->sq_mask = *(unsigned int *)uring_at(ring, p->sq_off.ring_mask);
	ring->cq_head = uring_at(ring, p->cq_off.head);
	ring->cq_tail = uring_at(ring, p->cq_off.tail);
	ring->cq_mask = *(unsigned int *)uring_at(ring, p->cq_off.ring_mask);
	ring->cqes = uring_at(ring, p->cq_off.cqes);
	return 0;
}

/* A kernel without io_uring, and one without λs in it, are alike. */
static int uring_setup(struct io_uring_params *p, unsigned int entries)
{
	int fd = syscall(__NR_io_uring_setup, entries, p);

	if (fd >= 0)
		return fd;
	return errno == ENOSYS ? -EOPNOTSUPP : -errno;
}

int lambda_uring_open(struct lambda_uring *ring, unsigned int entries)
{
	struct io_uring_params p = { 0 };
	int err;

	memset(ring, 0, sizeof(*ring));
	ring->fd = uring_setup(&p, entries);
	if (ring->fd < 0)
		return ring->fd;
	err = uring_probe(ring->fd);
	if (!err)
		err = uring_map(ring, &p);
	if (err)
		close(ring->fd);
	return err;
}

void lambda_uring_close(struct lambda_uring *ring)
{
	munmap(ring->sqes, ring->entries * sizeof(*ring->sqes));
	munmap(ring->map, ring->map_len);
	close(ring->fd);
}

struct io_uring_sqe *lambda_uring_put(struct lambda_uring *ring)
{
	unsigned int at = (*ring->sq_tail + ring->queued) & ring->sq_mask;

	ring->sq_array[at] = at;
	ring->queued++;
	return &ring->sqes[at];
}

int lambda_uring_wait(struct lambda_uring *ring)
{
	unsigned int left = ring->queued;
	int ret;

	__atomic_store_n(ring->sq_tail, *ring->sq_tail + left,
			 __ATOMIC_RELEASE);
	ring->queued = 0;
	do {
		ret = syscall(__NR_io_uring_enter, ring->fd, left, 1,
			      IORING_ENTER_GETEVENTS, NULL, _NSIG / 8);
		if (ret > 0)
			left -= (unsigned int)ret < left ? (unsigned int)ret :
							   left;
		/* A handler of a signal has run, and it is gone on with. */
	} while ((ret < 0 && errno == EINTR) || (ret >= 0 && left));
	return ret < 0 ? -errno : 0;
}

bool lambda_uring_take(struct lambda_uring *ring, __u64 *tag, int *res)
{
	const unsigned int head = *ring->cq_head;
	const struct io_uring_cqe *cqe = &ring->cqes[head & ring->cq_mask];

	if (head == __atomic_load_n(ring->cq_tail, __ATOMIC_ACQUIRE))
		return false;
	*tag = cqe->user_data;
	*res = cqe->res;
	__atomic_store_n(ring->cq_head, head + 1, __ATOMIC_RELEASE);
	return true;
}
