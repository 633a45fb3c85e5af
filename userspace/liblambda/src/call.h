/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * What lambda_program__run() is made of, which is in run.c: worker.c has requests
 * cut, made and delivered.
 */
#ifndef LAMBDA_SRC_CALL_H
#define LAMBDA_SRC_CALL_H

#include <pthread.h>

#include "internal.h"

/* Where the file may be cut between two requests. */
enum lambda_cut {
	LAMBDA_CUT_NOWHERE,
	LAMBDA_CUT_ANYWHERE,	/* with LAMBDA_RUN_EACH */
	LAMBDA_CUT_RECORDS,
	LAMBDA_CUT_LINES,
};

/*
 * Requests that have ended while earlier ones have not, and bytes of their
 * output: what is kept of them, so that nothing waits for one that takes long.
 */
#define LAMBDA_EARLY_MAX	64u
#define LAMBDA_EARLY_BYTES	(8u << 20)

struct lambda_run;
struct lambda_uring;

/**
 * struct lambda_pieces - outputs that are to be merged
 * @bytes: them, one after the other
 * @len:   bytes of them
 * @room:  bytes allocated
 * @count: how many they are
 */
struct lambda_pieces {
	__u8 *bytes;
	size_t len, room, count;
};

/**
 * struct lambda_worker - a thread that makes requests, one after the other
 * @run:    what it works for
 * @thread: it; of the first one the caller
 * @local:  the program in this process, where that is to run it
 * @at:     offset of its request
 * @count:  bytes of input of that
 * @seq:    which of the requests it is, from 0
 * @epoch:  @run->epoch when it was cut from the file
 * @io:     what was asked, and the result
 * @ret:    what the call returned, or the errno of cutting the request
 * @uncut:  that is what it is
 * @out:    output of it, @room bytes
 * @why:    what is wrong, if something is
 */
struct lambda_worker {
	struct lambda_run *run;
	pthread_t thread;
	struct lambda_local *local;
	off_t at;
	size_t count;
	__u64 seq, epoch;
	struct lambda_io io;
	ssize_t ret;
	bool uncut;
	__u8 *out;
	size_t room;
	char why[1024];
};

/**
 * struct lambda_run - one call of lambda_program__run()
 * @attr:   what it was given, as far as the caller knew of it
 * @engine: what makes the requests; NULL: this process
 * @log:    where to say why not
 * @prog:   the program
 * @fd:     the file
 * @cut:    where it may be cut
 * @merge:  outputs are merged
 * @record: bytes of a record, 1 where there are none
 * @end:    where the range ends
 * @hint:   where the file does, as it says; 0: it says nothing
 * @pieces: outputs to be merged
 * @merger: the merge program in this process, where that is to run it
 * @total:  what is told at the end
 * @workers: all of them, @nr_workers
 *
 * Requests are cut from the file one after the other, made at the same time by
 * several threads, and what comes of them is delivered in their order, by the
 * thread whose turn it is. Where a request was given less than it was cut to be,
 * the rest of the range is cut anew, and what others made of it is forgotten:
 * another epoch begins. The rest is under @lock:
 *
 * @changed: one of the following has
 * @at:      offset of the next request
 * @last:    there is no more to cut
 * @tries:   requests for the same range
 * @early:   copies of workers whose requests ended before their turn, by @seq
 * @early_bytes: of their output
 * @taken:   requests that were cut, but for those that were forgotten
 * @delivered: of those, how many were delivered
 * @epoch:   see above
 * @calls:   requests that are being made
 * @begun:   requests that were, one that was made again counting again
 * @cap:     bytes of output that one took which did not fit into less
 * @threads: workers that there are
 * @done:    all is delivered, or @err
 * @err:     how it ended
 */
struct lambda_run {
	struct lambda_run_attr attr;
	const struct lambda_engine *engine;
	struct lambda_log log;
	const struct lambda_program *prog;
	int fd;
	enum lambda_cut cut;
	bool merge;
	size_t record;
	off_t end, hint;
	struct lambda_pieces pieces;
	struct lambda_local *merger;
	struct lambda_run_total total;
	struct lambda_worker *workers;
	unsigned int nr_workers;

	pthread_mutex_t lock;
	pthread_cond_t changed;
	off_t at;
	bool last;
	int tries;
	struct lambda_worker *early[LAMBDA_EARLY_MAX];
	size_t early_bytes;
	__u64 taken, delivered, epoch;
	unsigned int calls;
	__u64 begun;
	size_t cap;
	unsigned int threads;
	bool done;
	int err;
};

/*
 * cut.c: what the next request at @run->at is given, in @worker->at and
 * @worker->count, under the lock. Returns 0; 1: there is no more; an errno that
 * is told.
 */
int lambda_cut_next(struct lambda_run *run, struct lambda_worker *worker);

/*
 * Judges a request that was given @took bytes, less than it was cut to. Its
 * output counts if the file ends there now, or if it may be cut there. Returns
 * 1 for that, with @ended set if it does; 0 to ask again; or an errno that is
 * told.
 */
int lambda_cut_judge(struct lambda_run *run, struct lambda_worker *worker,
		     size_t took, bool *ended);

/* worker.c: makes all requests. Returns 0 or an errno that is told. */
int lambda_workers_run(struct lambda_run *run);

/* Forgets requests that ended before their turn. */
void lambda_workers_forget(struct lambda_run *run);

/*
 * Cuts a request, under the lock. Returns false when there is none to make now,
 * because others are not delivered yet or because all is done.
 */
bool lambda_worker_cut(struct lambda_run *run, struct lambda_worker *worker);

/*
 * Delivers a request that has ended when it is its turn, and what has been waiting
 * for that, unless it is not wanted any more. Under the lock, but not while it
 * delivers. Returns false when the worker has to wait for it.
 */
bool lambda_worker_turn(struct lambda_run *run, struct lambda_worker *worker);

/*
 * ring.c: makes all requests by this thread and a ring, through @lambda. Returns
 * 0 or an errno, one of a request's being told.
 */
int lambda_ring_run(struct lambda_run *run, struct lambda_uring *uring,
		    int lambda);

/* Runs over no input at all, in this process. */
int lambda_workers_nothing(struct lambda_run *run);

/*
 * call.c: makes the request that @worker was given. What comes of it is in
 * @worker->ret, @worker->io and @worker->out.
 */
void lambda_call_make(struct lambda_worker *worker);

/* Whether the run was told to stop. */
bool lambda_call_is_stopped(const struct lambda_run *run);

/* Bytes of input of @worker->at on, in words; returns @err. */
LAMBDA_PRINTF(3, 4)
int lambda_call_fail(struct lambda_worker *worker, int err, const char *fmt,
		     ...);

/* Room for an output of @cap bytes. Returns 0 or an errno that is told. */
int lambda_call_room(struct lambda_worker *worker, size_t cap);

/*
 * Bytes of output to try a request with again that had room for @cap; 0: that
 * was not what it wanted, or it may not have more.
 */
size_t lambda_call_more_room(const struct lambda_worker *worker, size_t cap);

/* Bytes of output that one of @count bytes of input has room for at first. */
size_t lambda_call_first_cap(struct lambda_run *run, size_t count);

/* At least @cap, and what others of the run needed. */
size_t lambda_call_more_cap(struct lambda_run *run, size_t cap);

/* What a request is given besides its input. */
void lambda_call_io(struct lambda_worker *worker, size_t cap);

/*
 * Why a request of @prog gave no output, @local being what ran it, if that was
 * in this process. Returns its errno.
 */
int lambda_call_explain(struct lambda_worker *worker,
			const struct lambda_program *prog,
			const struct lambda_local *local);

/* deliver.c: takes what a request put out; by one thread at a time. */
int lambda_deliver(struct lambda_run *run, struct lambda_worker *worker);

/* Tells of a request; returns what the caller says. */
int lambda_deliver_tell(struct lambda_run *run,
			const struct lambda_worker *worker, bool merge);

/* The answer, if it is not out already. */
int lambda_deliver_end(struct lambda_run *run);

#endif /* LAMBDA_SRC_CALL_H */
