// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * The requests of a run, many at a time, made by one thread with a ring. They are
 * delivered as those of several threads are, see worker.c.
 */
#include <errno.h>
#include <lambda_ring.h>
#include <string.h>

#include "call.h"
#include "uring.h"

/* The tag of what is no request. */
#define RING_CANCEL	(~0ull)

/**
 * enum ring_state - what becomes of a worker's request
 * @RING_FREE:  it has none
 * @RING_BUSY:  the kernel has it
 * @RING_LATER: it is to be made again when no other is
 * @RING_ENDED: it has ended, and waits for its turn
 */
enum ring_state {
	RING_FREE,
	RING_BUSY,
	RING_LATER,
	RING_ENDED,
};

/**
 * struct ring_worker - what the ring adds to a worker
 * @state: of its request
 * @cap:   bytes of output that has room for
 * @alone: no other was under way when it was made
 */
struct ring_worker {
	enum ring_state state;
	size_t cap;
	bool alone;
};

/**
 * struct ring - a run through a ring
 * @run:     the run
 * @uring:   the ring
 * @lambda:  the handle
 * @workers: one for each of the run's
 * @busy:    requests that the kernel has
 */
struct ring {
	struct lambda_run *run;
	struct lambda_uring *uring;
	int lambda;
	struct ring_worker workers[LAMBDA_JOBS_MAX];
	unsigned int busy;
};

static void ring_put(struct ring *ring, unsigned int i)
{
	struct lambda_worker *worker = &ring->run->workers[i];
	struct ring_worker *w = &ring->workers[i];
	struct io_uring_sqe *sqe;

	lambda_call_io(worker, w->cap);
	worker->ret = lambda_call_room(worker, w->cap);
	if (worker->ret) {
		w->state = RING_ENDED;
		return;
	}
	sqe = lambda_uring_put(ring->uring);
	lambda_prep_pread(sqe, ring->run->fd, worker->out, worker->count,
			  worker->at, ring->lambda, &worker->io);
	sqe->user_data = i;
	w->alone = !ring->busy++;
	w->state = RING_BUSY;
}

/* Returns false when there is nothing more to be cut now. */
static bool lambda_ring_begin(struct ring *ring, unsigned int i)
{
	struct lambda_run *run = ring->run;
	struct lambda_worker *worker = &run->workers[i];
	struct ring_worker *w = &ring->workers[i];
	bool more;

	worker->run = run;
	pthread_mutex_lock(&run->lock);
	more = lambda_worker_cut(run, worker);
	pthread_mutex_unlock(&run->lock);
	if (!more)
		return false;
	if (worker->uncut) {
		w->state = RING_ENDED;
		return true;
	}
	w->cap = lambda_call_first_cap(run, worker->count);
	ring_put(ring, i);
	return true;
}

/* As many as there may be, but for one that has to be alone. */
static void lambda_ring_fill(struct ring *ring)
{
	unsigned int i;

	for (i = 0; i < ring->run->attr.depth; i++) {
		if (ring->workers[i].state == RING_LATER) {
			if (!ring->busy)
				ring_put(ring, i);
			return;
		}
	}
	for (i = 0; i < ring->run->attr.depth && !ring->run->done; i++)
		if (ring->workers[i].state == RING_FREE &&
		    !lambda_ring_begin(ring, i))
			return;
}

/* One whose turn has come lets others have theirs. */
static void lambda_ring_deliver(struct ring *ring)
{
	struct lambda_run *run = ring->run;
	unsigned int i;
	__u64 before;

	pthread_mutex_lock(&run->lock);
	do {
		before = run->delivered;
		for (i = 0; i < run->attr.depth; i++)
			if (ring->workers[i].state == RING_ENDED &&
			    lambda_worker_turn(run, &run->workers[i]))
				ring->workers[i].state = RING_FREE;
	} while (run->delivered != before);
	pthread_mutex_unlock(&run->lock);
}

/* A request has ended, unless it is made again. */
static void lambda_ring_end(struct ring *ring, unsigned int i, int res)
{
	struct lambda_run *run = ring->run;
	struct lambda_worker *worker = &run->workers[i];
	struct ring_worker *w = &ring->workers[i];
	size_t cap;

	ring->busy--;
	worker->ret = res;
	w->state = RING_ENDED;
	if (run->done || lambda_call_is_stopped(run))
		return;
	cap = run->attr.out_cap ? 0 : lambda_call_more_room(worker, w->cap);
	if (cap) {
		w->cap = lambda_call_more_cap(run, cap);
		ring_put(ring, i);
	} else if (res == -EINTR) {
		ring_put(ring, i);
	} else if (res == -EBUSY && (!w->alone || ring->busy)) {
		w->state = RING_LATER;
	}
}

static void ring_take(struct ring *ring)
{
	__u64 tag;
	int res;

	while (lambda_uring_take(ring->uring, &tag, &res))
		if (tag != RING_CANCEL)
			lambda_ring_end(ring, tag, res);
}

/* The kernel has memory of theirs until they have ended, which is to be soon. */
static int lambda_ring_cancel(struct ring *ring)
{
	struct io_uring_sqe *sqe;
	int err = 0;

	if (ring->busy) {
		sqe = lambda_uring_put(ring->uring);
		memset(sqe, 0, sizeof(*sqe));
		sqe->opcode = IORING_OP_ASYNC_CANCEL;
		sqe->cancel_flags = IORING_ASYNC_CANCEL_ANY;
		sqe->user_data = RING_CANCEL;
	}
	while (ring->busy && !err) {
		err = lambda_uring_wait(ring->uring);
		ring_take(ring);
	}
	return err;
}

int lambda_ring_run(struct lambda_run *run, struct lambda_uring *uring,
		    int lambda)
{
	struct ring ring = { .run = run, .uring = uring, .lambda = lambda };
	int err = 0;

	while (!run->done && !err) {
		lambda_ring_fill(&ring);
		lambda_ring_deliver(&ring);
		if (!ring.busy)
			continue;
		err = lambda_uring_wait(uring);
		ring_take(&ring);
		lambda_ring_deliver(&ring);
	}
	if (!err)
		err = lambda_ring_cancel(&ring);
	run->total.jobs = 1;
	run->total.depth = run->attr.depth;
	return run->err ? run->err : err;
}
