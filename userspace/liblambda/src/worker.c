// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * The requests of a run, made by as many threads as are wanted, and delivered
 * in the order of the file. A thread begins when there is work for one more.
 */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "local.h"
#include "run.h"

/* Output of a request that is not told: as much as input, but in between. */
#define OUT_CAP_LEAST	65536u
#define OUT_CAP_FIRST	(1u << 20)
/* What did not fit is tried again with so many times the room. */
#define OUT_CAP_GROWTH	8

static bool worker_is_stopped(const struct lambda_run *run)
{
	return run->attr.stop &&
	       __atomic_load_n(run->attr.stop, __ATOMIC_RELAXED);
}

/* One request */

int lambda_worker_fail(struct lambda_worker *worker, int err, const char *fmt,
		       ...)
{
	va_list args;
	int n;

	n = snprintf(worker->why, sizeof(worker->why),
		     "bytes %lld to %lld: ", (long long)worker->at,
		     (long long)(worker->at + worker->count));
	va_start(args, fmt);
	vsnprintf(worker->why + n, sizeof(worker->why) - n, fmt, args);
	va_end(args);
	return err;
}

int lambda_worker_room(struct lambda_worker *worker, size_t cap)
{
	void *room;

	if (cap <= worker->room)
		return 0;
	/* What the output before had there is of no use. */
	free(worker->out);
	worker->room = 0;
	room = malloc(cap);
	worker->out = room;
	if (!room)
		return lambda_worker_fail(worker, -ENOMEM,
					  "no memory for %zu bytes of output",
					  cap);
	worker->room = cap;
	return 0;
}

void lambda_worker_io(struct lambda_worker *worker, size_t cap)
{
	const struct lambda_run_attr *attr = &worker->run->attr;
	struct lambda_io *io = &worker->io;

	memset(io, 0, sizeof(*io));
	io->size = sizeof(*io);
	io->result_size = sizeof(io->result);
	io->flags = attr->io_flags;
	io->out_cap = cap;
	io->args = (uintptr_t)attr->args;
	io->args_len = attr->args_len;
	io->result.status = LAMBDA_STATUS_NOT_RUN;
}

/* The program in this process, by this worker. */
static int worker_open_local(struct lambda_worker *worker)
{
	struct lambda_run *run = worker->run;
	char why[sizeof(worker->why)];
	int err;

	if (worker->local)
		return 0;
	err = lambda_local__open(run->prog, run->attr.load, why, sizeof(why),
				 &worker->local);
	if (err)
		return lambda_worker_fail(worker, err, "%s", why);
	if (run->attr.stop)
		worker->local->stop = run->attr.stop;
	return 0;
}

static ssize_t worker_call(struct lambda_worker *worker)
{
	struct lambda_run *run = worker->run;
	int err;

	if (run->engine && worker->count)
		return run->engine->pread(run->engine->data, run->fd,
					  worker->out, worker->count,
					  worker->at, &worker->io);
	err = worker_open_local(worker);
	if (err)
		return err;
	if (!worker->count)
		return lambda_local__run(worker->local, NULL, 0, worker->out,
					 worker->at, &worker->io);
	return lambda_local__pread(worker->local, run->fd, worker->out,
				   worker->count, worker->at, &worker->io);
}

/*
 * Requests at the same time may together need more memory than their user may
 * have: then one waits until no other is made.
 */
static ssize_t worker_call_in_turn(struct lambda_worker *worker)
{
	struct lambda_run *run = worker->run;
	ssize_t ret;

	pthread_mutex_lock(&run->lock);
	for (;;) {
		bool alone = !run->calls++;
		__u64 begun = ++run->begun;

		pthread_mutex_unlock(&run->lock);
		ret = worker_call(worker);
		pthread_mutex_lock(&run->lock);
		run->calls--;
		pthread_cond_broadcast(&run->changed);
		/* No other was made at any time meanwhile. */
		alone &= begun == run->begun;
		if (ret != -EBUSY || alone || run->done)
			break;
		while (run->calls)
			pthread_cond_wait(&run->changed, &run->lock);
	}
	pthread_mutex_unlock(&run->lock);
	return ret;
}

static size_t worker_first_cap(struct lambda_run *run, size_t count)
{
	size_t cap = count;

	if (run->attr.out_cap)
		return run->attr.out_cap;
	if (cap < OUT_CAP_LEAST)
		cap = OUT_CAP_LEAST;
	else if (cap > OUT_CAP_FIRST)
		cap = OUT_CAP_FIRST;
	pthread_mutex_lock(&run->lock);
	if (cap < run->cap)
		cap = run->cap;
	pthread_mutex_unlock(&run->lock);
	return cap;
}

/* Whether the program wants more room for its output than it had, and may. */
static bool worker_wants_room(const struct lambda_worker *worker, size_t cap)
{
	return worker->ret == -ECANCELED &&
	       worker->io.result.status == LAMBDA_STATUS_ERROR &&
	       worker->io.result.retval == -ENOSPC &&
	       !worker->run->attr.out_cap && cap < SBPF_OUT_MAX;
}

static size_t worker_more_cap(struct lambda_run *run, size_t cap)
{
	cap = cap < SBPF_OUT_MAX / OUT_CAP_GROWTH ? cap * OUT_CAP_GROWTH :
						    SBPF_OUT_MAX;
	pthread_mutex_lock(&run->lock);
	if (run->cap < cap)
		run->cap = cap;
	cap = run->cap;
	pthread_mutex_unlock(&run->lock);
	return cap;
}

static void worker_request(struct lambda_worker *worker)
{
	size_t cap = worker_first_cap(worker->run, worker->count);

	for (;;) {
		lambda_worker_io(worker, cap);
		worker->ret = lambda_worker_room(worker, cap);
		if (worker->ret)
			return;
		worker->ret = worker_call_in_turn(worker);
		if (!worker_wants_room(worker, cap) ||
		    worker_is_stopped(worker->run))
			return;
		cap = worker_more_cap(worker->run, cap);
	}
}

/* Where it ended badly, as far as that is known. */
static void worker_say_where(const struct lambda_result *result,
			     const struct lambda_local *local, char *buf,
			     size_t size)
{
	const struct lambda_log log = { buf, size };
	struct lambda_function func;

	if (result->side == LAMBDA_SIDE_HOST)
		lambda_log_add(&log, ", on the host");
	else if (result->side == LAMBDA_SIDE_DEVICE)
		lambda_log_add(&log, ", in the device");
	else if (result->side == LAMBDA_SIDE_BOTH)
		lambda_log_add(&log, ", on both sides");
	if (!local || lambda_local__where(local, &func))
		return;
	lambda_log_add(&log, ", in function %s", func.name);
	if (func.file)
		lambda_log_add(&log, " (%s:%u)", func.file, func.line);
	else
		lambda_log_add(&log, ", instruction %zu of it",
			       local->run.where - func.start);
}

int lambda_worker_explain(struct lambda_worker *worker,
			  const struct lambda_program *prog,
			  const struct lambda_local *local)
{
	int err = worker->ret;
	char why[512], where[256] = "";

	if (*worker->why)
		return err;
	if (err != -ECANCELED)
		return lambda_worker_fail(worker, err, "%s%s", strerror(-err),
					  lambda_why_no_request(err));
	lambda_explain(prog, &worker->io, why, sizeof(why));
	worker_say_where(&worker->io.result, local, where, sizeof(where));
	return lambda_worker_fail(worker, err, "%s: %s%s",
				  lambda_program__name(prog), why, where);
}

/* Requests that ended before their turn. Under the lock, but for the last one. */

static struct lambda_worker **worker_early_place(struct lambda_run *run,
						 __u64 seq)
{
	return &run->early[seq % LAMBDA_EARLY_MAX];
}

static void worker_free_early(struct lambda_worker *early)
{
	if (early)
		free(early->out);
	free(early);
}

void lambda_workers_forget(struct lambda_run *run)
{
	unsigned int i;

	for (i = 0; i < LAMBDA_EARLY_MAX; i++) {
		worker_free_early(run->early[i]);
		run->early[i] = NULL;
	}
	run->early_bytes = 0;
}

/* Whether a copy of it was kept, so that the worker may go on. */
static bool worker_keep_early(struct lambda_run *run,
			      const struct lambda_worker *worker)
{
	struct lambda_worker *early;

	if (worker->ret < 0 ||
	    worker->seq - run->delivered >= LAMBDA_EARLY_MAX ||
	    (size_t)worker->ret > LAMBDA_EARLY_BYTES - run->early_bytes)
		return false;
	early = malloc(sizeof(*early));
	if (!early)
		return false;
	*early = *worker;
	early->local = NULL;
	early->room = worker->ret;
	early->out = malloc(early->room + 1);
	if (!early->out) {
		free(early);
		return false;
	}
	memcpy(early->out, worker->out, early->room);
	run->early_bytes += early->room;
	*worker_early_place(run, worker->seq) = early;
	return true;
}

/* The one whose turn it is, if it ended before that. */
static struct lambda_worker *worker_take_early(struct lambda_run *run)
{
	struct lambda_worker **place = worker_early_place(run, run->delivered);
	struct lambda_worker *early = *place;

	if (run->done || !early || early->seq != run->delivered)
		return NULL;
	*place = NULL;
	run->early_bytes -= early->room;
	return early;
}

/* Workers */

/* Nothing behind @at is of any worth: it is cut again, unless it is the end. */
static void worker_cut_again(struct lambda_run *run, off_t at, __u64 seq,
			     bool last)
{
	run->at = at;
	run->last = last;
	run->taken = seq;
	run->epoch++;
	lambda_workers_forget(run);
}

/* What comes of a request whose turn it is. Not under the lock. */
static int worker_deliver(struct lambda_worker *worker)
{
	struct lambda_run *run = worker->run;
	size_t took = worker->io.result.in_len;
	bool ended = false;
	int err, use = 1;

	if (worker->uncut)
		return worker->ret;
	err = lambda_run_tell(run, worker, false);
	if (err)
		return err;
	if (worker->ret < 0)
		return lambda_worker_explain(worker, run->prog, worker->local);
	if (took < worker->count) {
		use = lambda_cut_judge(run, worker, took, &ended);
		if (use < 0)
			return use;
		pthread_mutex_lock(&run->lock);
		worker_cut_again(run, worker->at + (use ? took : 0),
				 worker->seq + 1, ended);
		pthread_mutex_unlock(&run->lock);
	}
	if (!use)
		return 0;
	run->tries = 0;
	return took ? lambda_run_deliver(run, worker) : 0;
}

/* Under the lock, as all that follows. */
static void worker_end_run(struct lambda_run *run, struct lambda_worker *worker,
			   int err)
{
	if (run->done)
		return;
	run->done = true;
	run->err = err;
	if (err && *worker->why)
		lambda_log_add(&run->log, "%s", worker->why);
	pthread_cond_broadcast(&run->changed);
}

static int worker_stopped(struct lambda_worker *worker)
{
	return lambda_worker_fail(worker, -EINTR, "it was told to stop");
}

static void *worker_thread(void *data);

/* One more thread, where there is work for it. It does without. */
static void worker_add_thread(struct lambda_run *run)
{
	struct lambda_worker *worker;
	sigset_t all, old;

	if (run->last || run->threads >= run->attr.jobs)
		return;
	worker = &run->workers[run->threads];
	/* Signals are for the threads of the program. */
	sigfillset(&all);
	sigdelset(&all, SIGSEGV);
	sigdelset(&all, SIGBUS);
	sigdelset(&all, SIGFPE);
	sigdelset(&all, SIGILL);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	worker->run = run;
	if (pthread_create(&worker->thread, NULL, worker_thread, worker))
		run->attr.jobs = run->threads;
	else
		run->threads++;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

/*
 * Cuts a request, and makes it. Returns false when there is none to make now,
 * because others are not delivered yet or because all is done.
 */
static bool worker_take(struct lambda_run *run, struct lambda_worker *worker)
{
	int ret;

	if (worker_is_stopped(run)) {
		worker->at = run->at;
		worker->count = 0;
		worker_end_run(run, worker, worker_stopped(worker));
		return false;
	}
	ret = lambda_cut_next(run, worker);
	if (ret == 1) {
		if (run->taken == run->delivered)
			worker_end_run(run, worker, 0);
		return false;
	}
	worker->ret = ret;
	worker->uncut = ret;
	worker->seq = run->taken++;
	worker->epoch = run->epoch;
	if (ret)
		return true;
	worker_add_thread(run);
	pthread_mutex_unlock(&run->lock);
	worker_request(worker);
	pthread_mutex_lock(&run->lock);
	return true;
}

static void worker_deliver_one(struct lambda_run *run,
			       struct lambda_worker *worker)
{
	int err;

	pthread_mutex_unlock(&run->lock);
	err = worker_is_stopped(run) ? worker_stopped(worker) :
				       worker_deliver(worker);
	pthread_mutex_lock(&run->lock);
	run->delivered++;
	if (err)
		worker_end_run(run, worker, err);
	pthread_cond_broadcast(&run->changed);
}

/*
 * Delivers when it is its turn, and what has been waiting for that, unless it is
 * not wanted any more. Before its turn it is left to others, or waits.
 */
static void worker_deliver_in_turn(struct lambda_run *run,
				   struct lambda_worker *worker)
{
	struct lambda_worker *early;

	while (!run->done && worker->epoch == run->epoch &&
	       worker->seq != run->delivered) {
		if (worker_keep_early(run, worker))
			return;
		pthread_cond_wait(&run->changed, &run->lock);
	}
	if (run->done || worker->epoch != run->epoch)
		return;
	worker_deliver_one(run, worker);
	while ((early = worker_take_early(run))) {
		worker_deliver_one(run, early);
		worker_free_early(early);
	}
}

static void *worker_thread(void *data)
{
	struct lambda_worker *worker = data;
	struct lambda_run *run = worker->run;

	pthread_mutex_lock(&run->lock);
	while (!run->done) {
		if (worker_take(run, worker))
			worker_deliver_in_turn(run, worker);
		else if (!run->done)
			pthread_cond_wait(&run->changed, &run->lock);
	}
	pthread_mutex_unlock(&run->lock);
	return NULL;
}

int lambda_workers_run(struct lambda_run *run)
{
	unsigned int i;

	run->threads = 1;
	run->workers->run = run;
	worker_thread(run->workers);
	/* None is added by a run that is done. */
	for (i = 1; i < run->threads; i++)
		pthread_join(run->workers[i].thread, NULL);
	run->total.jobs = run->threads;
	return run->err;
}

int lambda_workers_nothing(struct lambda_run *run)
{
	struct lambda_worker *worker = run->workers;
	int err;

	worker->at = run->attr.offset;
	worker->count = 0;
	worker_request(worker);
	err = lambda_run_tell(run, worker, false);
	if (!err && worker->ret < 0)
		err = lambda_worker_explain(worker, run->prog, worker->local);
	if (!err)
		err = lambda_run_deliver(run, worker);
	if (err && *worker->why)
		lambda_log_add(&run->log, "%s", worker->why);
	return err;
}
