// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * The requests of a run, made by as many threads as are wanted, and delivered
 * in the order of the file. A thread begins when there is work for one more.
 */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "local.h"
#include "call.h"

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
	err = lambda_deliver_tell(run, worker, false);
	if (err)
		return err;
	if (worker->ret < 0)
		return lambda_call_explain(worker, run->prog, worker->local);
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
	return took ? lambda_deliver(run, worker) : 0;
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
	return lambda_call_fail(worker, -EINTR, "it was told to stop");
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

bool lambda_worker_cut(struct lambda_run *run, struct lambda_worker *worker)
{
	int ret;

	if (lambda_call_is_stopped(run)) {
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
	return true;
}

/* Cuts a request, and makes it; returns false when there is none to make now. */
static bool worker_take(struct lambda_run *run, struct lambda_worker *worker)
{
	if (!lambda_worker_cut(run, worker))
		return false;
	if (worker->uncut)
		return true;
	worker_add_thread(run);
	pthread_mutex_unlock(&run->lock);
	lambda_call_make(worker);
	pthread_mutex_lock(&run->lock);
	return true;
}

static void worker_deliver_one(struct lambda_run *run,
			       struct lambda_worker *worker)
{
	int err;

	pthread_mutex_unlock(&run->lock);
	err = lambda_call_is_stopped(run) ? worker_stopped(worker) :
					    worker_deliver(worker);
	pthread_mutex_lock(&run->lock);
	run->delivered++;
	if (err)
		worker_end_run(run, worker, err);
	pthread_cond_broadcast(&run->changed);
}

bool lambda_worker_turn(struct lambda_run *run, struct lambda_worker *worker)
{
	struct lambda_worker *early;

	if (run->done || worker->epoch != run->epoch)
		return true;
	if (worker->seq != run->delivered)
		return worker_keep_early(run, worker);
	worker_deliver_one(run, worker);
	while ((early = worker_take_early(run))) {
		worker_deliver_one(run, early);
		worker_free_early(early);
	}
	return true;
}

static void *worker_thread(void *data)
{
	struct lambda_worker *worker = data;
	struct lambda_run *run = worker->run;

	pthread_mutex_lock(&run->lock);
	while (!run->done) {
		if (worker_take(run, worker))
			while (!lambda_worker_turn(run, worker))
				pthread_cond_wait(&run->changed, &run->lock);
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
	lambda_call_make(worker);
	err = lambda_deliver_tell(run, worker, false);
	if (!err && worker->ret < 0)
		err = lambda_call_explain(worker, run->prog, worker->local);
	if (!err)
		err = lambda_deliver(run, worker);
	if (err && *worker->why)
		lambda_log_add(&run->log, "%s", worker->why);
	return err;
}
