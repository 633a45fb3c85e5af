// SPDX-License-Identifier: GPL-2.0-only
/* Requests of one thread through a ring, as many under way as there are threads. */
#include <errno.h>
#include <lambda_ring.h>
#include <liburing.h>
#include <string.h>

#include "bench.h"

static int ring_put(struct work *w, struct io_uring *ring, size_t k)
{
	struct request *r = &w->requests[k];
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);

	if (!sqe)
		return fail("the ring is full");
	guest_method_fill_io(w, r);
	lambda_prep_pread(sqe, w->fd, r->out, w->point->size, r->offset,
			  w->lambda, &r->io);
	io_uring_sqe_set_data64(sqe, k);
	r->ns = now_ns();
	return 0;
}

static int ring_take(struct work *w, const struct io_uring_cqe *cqe)
{
	struct request *r = &w->requests[cqe->user_data];

	r->ns = now_ns() - r->ns;
	return guest_method_ended(w, r, cqe->res);
}

/* What has ended, which is one at least. */
static int guest_ring_take_all(struct work *w, struct io_uring *ring,
			       size_t *busy)
{
	struct io_uring_cqe *cqe;
	unsigned int head, nr = 0;
	int err = 0;

	io_uring_for_each_cqe(ring, head, cqe) {
		err = err ? err : ring_take(w, cqe);
		nr++;
	}
	io_uring_cq_advance(ring, nr);
	*busy -= nr;
	return err;
}

int guest_ring_make_requests(struct work *w)
{
	size_t depth = w->point->threads, next = 0, busy = 0;
	int err = 0;

	while (!err && (busy || next < w->point->count)) {
		for (; busy < depth && next < w->point->count; busy++)
			if (ring_put(w, w->ring, next++))
				return -1;
		err = io_uring_submit_and_wait(w->ring, 1);
		if (err < 0)
			return fail("cannot submit: %s", strerror(-err));
		err = guest_ring_take_all(w, w->ring, &busy);
	}
	return err;
}

int guest_ring_open(struct work *w)
{
	static struct io_uring ring;
	int err = io_uring_queue_init(w->point->threads, &ring, 0);

	if (err)
		return fail("no ring: %s", strerror(-err));
	w->ring = &ring;
	return 0;
}

void guest_ring_close(struct work *w)
{
	if (w->ring)
		io_uring_queue_exit(w->ring);
}
