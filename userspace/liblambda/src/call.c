// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* One request of a run: made by the kernel or in this process, and explained. */
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "local.h"
#include "call.h"

/* Output of a request that is not told: as much as input, but in between. */
#define OUT_CAP_LEAST 65536u
#define OUT_CAP_FIRST (1u << 20)
/* What lambda_lines.h puts out beside the result, if lines are not long. */
#define OUT_CAP_LINES 65536u
/* What did not fit is tried again with so many times the room. */
#define OUT_CAP_GROWTH 8

bool lambda_call_is_stopped(const struct lambda_run *run)
{
	return run->attr.stop &&
	       __atomic_load_n(run->attr.stop, __ATOMIC_RELAXED);
}

int lambda_call_fail(struct lambda_worker *worker, int err, const char *fmt,
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

int lambda_call_room(struct lambda_worker *worker, size_t cap)
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
		return lambda_call_fail(worker, -ENOMEM,
					"no memory for %zu bytes of output",
					cap);
	worker->room = cap;
	return 0;
}

void lambda_call_io(struct lambda_worker *worker, size_t cap)
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
static int call_open_local(struct lambda_worker *worker)
{
	struct lambda_run *run = worker->run;
	char why[sizeof(worker->why)];
	int err;

	if (worker->local)
		return 0;
	err = lambda_local__open(run->prog, run->attr.load, why, sizeof(why),
				 &worker->local);
	if (err)
		return lambda_call_fail(worker, err, "%s", why);
	if (run->attr.stop)
		worker->local->stop = run->attr.stop;
	lambda_local__print(worker->local, run->attr.print, run->attr.data);
	if (run->attr.counts && lambda_local_count(worker->local))
		return lambda_call_fail(worker, -ENOMEM,
					"no memory to count instructions");
	return 0;
}

static ssize_t call_once(struct lambda_worker *worker)
{
	struct lambda_run *run = worker->run;
	int err;

	if (run->engine && worker->count)
		return run->engine->pread(run->engine->data, run->fd,
					  worker->out, worker->count,
					  worker->at, &worker->io);
	err = call_open_local(worker);
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
static ssize_t call_in_turn(struct lambda_worker *worker)
{
	struct lambda_run *run = worker->run;
	ssize_t ret;

	pthread_mutex_lock(&run->lock);
	for (;;) {
		bool alone = !run->calls++;
		__u64 begun = ++run->begun;

		pthread_mutex_unlock(&run->lock);
		ret = call_once(worker);
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

size_t lambda_call_first_cap(struct lambda_run *run, size_t count)
{
	size_t cap = count;

	if (run->attr.out_cap)
		return run->attr.out_cap;
	if (cap < OUT_CAP_LEAST)
		cap = OUT_CAP_LEAST;
	else if (cap > OUT_CAP_FIRST)
		cap = OUT_CAP_FIRST;
	if (run->prog->divided)
		cap += OUT_CAP_LINES;
	pthread_mutex_lock(&run->lock);
	if (cap < run->cap)
		cap = run->cap;
	pthread_mutex_unlock(&run->lock);
	return cap;
}

size_t lambda_call_more_room(const struct lambda_worker *worker, size_t cap)
{
	if (worker->ret != -ECANCELED ||
	    worker->io.result.status != LAMBDA_STATUS_ERROR ||
	    worker->io.result.retval != -ENOSPC || cap >= SBPF_OUT_MAX)
		return 0;
	return cap < SBPF_OUT_MAX / OUT_CAP_GROWTH ? cap * OUT_CAP_GROWTH :
						     SBPF_OUT_MAX;
}

size_t lambda_call_more_cap(struct lambda_run *run, size_t cap)
{
	pthread_mutex_lock(&run->lock);
	if (run->cap < cap)
		run->cap = cap;
	cap = run->cap;
	pthread_mutex_unlock(&run->lock);
	return cap;
}

void lambda_call_make(struct lambda_worker *worker)
{
	size_t cap = lambda_call_first_cap(worker->run, worker->count);

	for (;;) {
		lambda_call_io(worker, cap);
		worker->ret = lambda_call_room(worker, cap);
		if (worker->ret)
			return;
		worker->ret = call_in_turn(worker);
		cap = lambda_call_more_room(worker, cap);
		if (!cap || worker->run->attr.out_cap ||
		    lambda_call_is_stopped(worker->run))
			return;
		cap = lambda_call_more_cap(worker->run, cap);
	}
}

/* Did it end in the same way? */
static bool call_is_same_end(const struct lambda_result *a,
			     const struct lambda_result *b)
{
	return a->status == b->status && a->retval == b->retval &&
	       a->fault_addr == b->fault_addr &&
	       a->fault_write == b->fault_write;
}

/* The request or merge that ended badly once more, by @local. */
static bool call_repeat(const struct lambda_worker *worker,
			struct lambda_local *local)
{
	struct lambda_run *run = worker->run;
	const struct lambda_pieces *pieces = &run->pieces;
	struct lambda_io io = worker->io;

	if (run->attr.stop)
		local->stop = run->attr.stop;
	if (local->prog == run->prog)
		lambda_local__pread(local, run->fd, worker->out, worker->count,
				    worker->at, &io);
	else
		lambda_local__run(local, pieces->bytes, pieces->len,
				  worker->out, worker->at, &io);
	return call_is_same_end(&io.result, &worker->io.result);
}

/*
 * The kernel and a drive do not tell at which instruction it ended. Over the same
 * bytes it ends at the same one here; if it does not, they are others by now. To
 * be closed by the caller, if it is not NULL.
 */
static struct lambda_local *call_again(const struct lambda_worker *worker,
				       const struct lambda_program *prog)
{
	const struct lambda_result *result = &worker->io.result;
	struct lambda_local *local;

	if (result->side == LAMBDA_SIDE_NONE ||
	    result->status == LAMBDA_STATUS_KILLED ||
	    lambda_local__open(prog, worker->run->attr.load, NULL, 0, &local))
		return NULL;
	if (call_repeat(worker, local))
		return local;
	lambda_local__close(local);
	return NULL;
}

static void call_say_side(const struct lambda_result *result,
			  const struct lambda_log *log)
{
	if (result->side == LAMBDA_SIDE_HOST)
		lambda_log_add(log, ", on the host");
	else if (result->side == LAMBDA_SIDE_DEVICE)
		lambda_log_add(log, ", in the device");
	else if (result->side == LAMBDA_SIDE_BOTH)
		lambda_log_add(log, ", on both sides");
}

static void call_say_where(const struct lambda_local *local,
			   const struct lambda_log *log)
{
	struct lambda_function func;

	if (!local || lambda_local__where(local, &func))
		return;
	lambda_log_add(log, ", in function %s", func.name);
	if (func.file)
		lambda_log_add(log, " (%s:%u)", func.file, func.line);
	else
		lambda_log_add(log, ", instruction %zu of it",
			       local->run.where - func.start);
}

int lambda_call_explain(struct lambda_worker *worker,
			const struct lambda_program *prog,
			const struct lambda_local *local)
{
	struct lambda_local *again = NULL;
	char why[512], where[256] = "";
	const struct lambda_log log = { where, sizeof(where) };
	int err = worker->ret;

	if (*worker->why)
		return err;
	if (err != -ECANCELED)
		return lambda_call_fail(worker, err, "%s%s", strerror(-err),
					lambda_why_no_request(err));
	lambda_explain(prog, &worker->io, why, sizeof(why));
	call_say_side(&worker->io.result, &log);
	if (!local)
		again = call_again(worker, prog);
	call_say_where(local ? local : again, &log);
	lambda_local__close(again);
	return lambda_call_fail(worker, err, "%s: %s%s",
				lambda_program__name(prog), why, where);
}
