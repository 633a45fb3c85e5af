// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* A program over a range of a file, and one answer of what its requests gave. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "local.h"
#include "run.h"

/* Outputs are merged when they are this many bytes, or at the end. */
#define PIECES_MAX	(1u << 20)

int lambda_run_tell(struct lambda_run *run, const struct lambda_worker *worker,
		    bool merge)
{
	const struct lambda_result *result = &worker->io.result;
	struct lambda_run_total *total = &run->total;
	const struct lambda_request request = {
		.offset = worker->at,
		.count = worker->count,
		.ret = worker->ret,
		.merge = merge,
		.io = &worker->io,
		.end = run->hint < run->end ? run->hint : run->end,
	};

	if (merge && worker->ret >= 0)
		total->merges++;
	else if (worker->ret >= 0 && result->side <= LAMBDA_SIDE_BOTH)
		total->requests[result->side]++;
	if (!merge && worker->ret >= 0)
		total->in_bytes += result->in_len;
	if (!run->attr.request)
		return 0;
	return run->attr.request(run->attr.data, &request);
}

static int run_put_answer(struct lambda_run *run, const void *bytes, size_t len)
{
	run->total.out_bytes += len;
	return run->attr.output(run->attr.data, bytes, len);
}

/* Outputs that are to be merged */

/* Returns 0 or -ENOMEM. */
static int run_add_piece(struct lambda_pieces *pieces, const void *bytes,
			 size_t len)
{
	size_t room = pieces->room;
	__u8 *more = pieces->bytes;

	if (len > room - pieces->len) {
		room = (pieces->len + len) * 2;
		more = realloc(more, room);
		if (!more)
			return -ENOMEM;
		pieces->bytes = more;
		pieces->room = room;
	}
	if (len)
		memcpy(more + pieces->len, bytes, len);
	pieces->len += len;
	pieces->count++;
	return 0;
}

static ssize_t run_call_merge(struct lambda_run *run,
			      struct lambda_worker *worker,
			      const struct lambda_pieces *pieces)
{
	int err;

	if (run->engine)
		return run->engine->merge(run->engine->data, pieces->bytes,
					  pieces->len, worker->out, worker->at,
					  &worker->io);
	if (!run->merger) {
		err = lambda_local__open(run->prog->merge, run->attr.load,
					 worker->why, sizeof(worker->why),
					 &run->merger);
		if (err)
			return err;
		if (run->attr.stop)
			run->merger->stop = run->attr.stop;
	}
	return lambda_local__run(run->merger, pieces->bytes, pieces->len,
				 worker->out, worker->at, &worker->io);
}

/* One output of all pieces, in @worker->out. */
static int run_merge_to_one(struct lambda_run *run,
			    struct lambda_worker *worker)
{
	const struct lambda_pieces *pieces = &run->pieces;
	int err;

	lambda_worker_io(worker, pieces->len);
	if (pieces->len > SBPF_IN_MAX - SBPF_PAGE_SIZE)
		return lambda_worker_fail(worker, -EMSGSIZE,
					  "there are %zu bytes to merge, more than a request may have",
					  pieces->len);
	err = lambda_worker_room(worker, pieces->len);
	if (err)
		return err;
	worker->ret = run_call_merge(run, worker, pieces);
	err = lambda_run_tell(run, worker, true);
	if (err || worker->ret >= 0 || (run->log.size && *run->log.buf))
		return err ? err : worker->ret < 0 ? worker->ret : 0;
	return lambda_worker_explain(worker, run->prog->merge, run->merger);
}

/*
 * Makes one output of all pieces. The merge program sees the offset at which
 * the range begins, as it does when the kernel divides a request.
 */
static int run_merge_pieces(struct lambda_run *run,
			    struct lambda_worker *worker)
{
	off_t at = worker->at;
	size_t count = worker->count;
	int err;

	if (run->pieces.count < 2 || !run->pieces.len)
		return 0;
	worker->count += worker->at - run->attr.offset;
	worker->at = run->attr.offset;
	err = run_merge_to_one(run, worker);
	worker->at = at;
	worker->count = count;
	if (err)
		return err;
	run->pieces.len = 0;
	run->pieces.count = 0;
	err = run_add_piece(&run->pieces, worker->out, worker->ret);
	return err ? lambda_worker_fail(worker, err, "no memory to merge") : 0;
}

int lambda_run_deliver(struct lambda_run *run, struct lambda_worker *worker)
{
	int err;

	if (!run->merge)
		return run_put_answer(run, worker->out, worker->ret);
	err = run_add_piece(&run->pieces, worker->out, worker->ret);
	if (err)
		return lambda_worker_fail(worker, err,
					  "no memory to merge the outputs");
	return run->pieces.len < PIECES_MAX ? 0 : run_merge_pieces(run, worker);
}

/* The answer, if it is not out already. */
static int run_finish(struct lambda_run *run)
{
	struct lambda_worker *worker = run->workers;
	int err = 0;

	*worker->why = '\0';
	if (run->merge) {
		worker->at = run->at;
		worker->count = 0;
		err = run_merge_pieces(run, worker);
	}
	if (!err && run->pieces.count)
		err = run_put_answer(run, run->pieces.bytes, run->pieces.len);
	if (err && *worker->why)
		lambda_log_add(&run->log, "%s", worker->why);
	return err;
}

/* Of the call as a whole */

static int run_choose_cut(struct lambda_run *run)
{
	size_t record = run->prog->obj->attr.record_len;
	bool lines = run->prog->obj->lines ||
		     run->attr.flags & LAMBDA_RUN_LINES;

	if (record && lines)
		return -EINVAL;
	run->record = record ? record : 1;
	if (record)
		run->cut = LAMBDA_CUT_RECORDS;
	else if (lines)
		run->cut = LAMBDA_CUT_LINES;
	else
		run->cut = run->attr.flags & LAMBDA_RUN_EACH ?
			   LAMBDA_CUT_ANYWHERE : LAMBDA_CUT_NOWHERE;
	run->merge = run->prog->merge && run->cut != LAMBDA_CUT_NOWHERE &&
		     !(run->attr.flags & LAMBDA_RUN_EACH);
	return 0;
}

static int run_prepare(struct lambda_run *run,
		       const struct lambda_run_attr *attr)
{
	const unsigned int flags = LAMBDA_RUN_EACH | LAMBDA_RUN_LINES |
				   LAMBDA_RUN_LOCAL;
	size_t size = attr->size < sizeof(*attr) ? attr->size : sizeof(*attr);

	memcpy(&run->attr, attr, size);
	if (!run->attr.jobs)
		run->attr.jobs = 1;
	if (run->attr.flags & ~flags || run->attr.offset < 0 ||
	    !run->attr.output || run->attr.jobs > LAMBDA_JOBS_MAX) {
		lambda_log_add(&run->log, "bad flags, offset, jobs or output");
		return -EINVAL;
	}
	run->hint = lambda_input_hint(run->fd);
	run->at = run->attr.offset;
	run->end = run->attr.length < (__u64)(LLONG_MAX - run->at) ?
			   run->at + (off_t)run->attr.length : LLONG_MAX;
	if (run_choose_cut(run)) {
		lambda_log_add(&run->log,
			       "the program is over records of %zu bytes, not over lines",
			       (size_t)run->prog->obj->attr.record_len);
		return -EINVAL;
	}
	run->workers = calloc(run->attr.jobs, sizeof(*run->workers));
	return run->workers ? 0 : -ENOMEM;
}

static int run_to_end(struct lambda_run *run)
{
	int err;

	pthread_mutex_init(&run->lock, NULL);
	pthread_cond_init(&run->changed, NULL);
	err = lambda_workers_run(run);
	/* Of nothing there is an answer, too; but it has no batches. */
	if (!err && run->at == run->attr.offset &&
	    !(run->attr.flags & LAMBDA_RUN_EACH))
		err = lambda_workers_nothing(run);
	if (!err)
		err = run_finish(run);
	pthread_cond_destroy(&run->changed);
	pthread_mutex_destroy(&run->lock);
	return err;
}

static void run_add_up(struct lambda_run *run, const struct lambda_local *local)
{
	if (!local)
		return;
	run->total.insns += lambda_local__insns(local);
	run->total.translated = lambda_local__translated(local);
}

static void run_clean_up(struct lambda_run *run)
{
	unsigned int i;

	for (i = 0; run->workers && i < run->attr.jobs; i++) {
		run_add_up(run, run->workers[i].local);
		lambda_local__close(run->workers[i].local);
		free(run->workers[i].out);
	}
	lambda_workers_forget(run);
	run_add_up(run, run->merger);
	lambda_local__close(run->merger);
	free(run->workers);
	free(run->pieces.bytes);
}

/* As much of it as the caller knows of. */
static void run_put_total(struct lambda_run *run)
{
	size_t size = run->attr.total->size;

	run->total.size = size;
	memcpy(run->attr.total, &run->total,
	       size < sizeof(run->total) ? size : sizeof(run->total));
}

LAMBDA_API int lambda_program__run(const struct lambda_program *prog,
				   int lambda, int fd,
				   const struct lambda_run_attr *attr,
				   char *log, size_t log_size)
{
	LAMBDA_KEEP_ERRNO;
	struct lambda_kernel kernel = {
		.prog = prog,
		.lambda = lambda,
		.merge = -1,
		.log = log,
		.log_size = log_size,
	};
	struct lambda_engine engine = lambda_kernel_engine;
	struct lambda_run run = {
		.log = { log, log_size },
		.prog = prog,
		.fd = fd,
	};
	int err;

	if (log_size)
		*log = '\0';
	err = run_prepare(&run, attr);
	kernel.load = run.attr.load;
	engine.data = &kernel;
	if (!(run.attr.flags & LAMBDA_RUN_LOCAL))
		run.engine = run.attr.engine ? run.attr.engine : &engine;
	if (!err)
		err = run_to_end(&run);
	lambda_engine_close(&kernel);
	run_clean_up(&run);
	if (run.attr.total)
		run_put_total(&run);
	return lambda_log_end(&run.log, err);
}
