// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* A program over a range of a file, and one answer of what its requests gave. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "local.h"
#include "call.h"
#include "uring.h"

static int lambda_run_choose_cut(struct lambda_run *run)
{
	size_t record = run->prog->obj->attr.record_len;
	bool lines = lambda_program__lines(run->prog) ||
		     run->attr.flags & LAMBDA_RUN_LINES;

	if (run->prog->obj->divided)
		record = 0;
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

static int lambda_run_prepare(struct lambda_run *run,
			      const struct lambda_run_attr *attr)
{
	const unsigned int flags = LAMBDA_RUN_EACH | LAMBDA_RUN_LINES |
				   LAMBDA_RUN_LOCAL;
	size_t size = attr->size < sizeof(*attr) ? attr->size : sizeof(*attr);

	memcpy(&run->attr, attr, size);
	if (!run->attr.jobs)
		run->attr.jobs = 1;
	if (run->attr.flags & ~flags || run->attr.offset < 0 ||
	    !run->attr.output || run->attr.jobs > LAMBDA_JOBS_MAX ||
	    run->attr.depth > LAMBDA_JOBS_MAX) {
		lambda_log_add(&run->log,
			       "bad flags, offset, jobs, depth or output");
		return -EINVAL;
	}
	run->hint = lambda_length_hint(run->fd);
	run->at = run->attr.offset;
	run->end = run->attr.length < (__u64)(LLONG_MAX - run->at) ?
			   run->at + (off_t)run->attr.length : LLONG_MAX;
	if (lambda_run_choose_cut(run)) {
		lambda_log_add(&run->log,
			       "the program is over records of %zu bytes, not over lines",
			       (size_t)run->prog->obj->attr.record_len);
		return -EINVAL;
	}
	/* What a ring is for is done by threads where there is none. */
	if (run->attr.depth)
		run->attr.jobs = run->attr.depth;
	run->nr_workers = run->attr.jobs;
	run->workers = calloc(run->nr_workers, sizeof(*run->workers));
	return run->workers ? 0 : -ENOMEM;
}

/* By a ring, if that is wanted and there is one for what the kernel runs. */
static int lambda_run_requests(struct lambda_run *run, const int *lambda)
{
	struct lambda_uring uring;
	int err;

	if (!run->attr.depth || !lambda ||
	    lambda_uring_open(&uring, run->attr.depth + 1))
		return lambda_workers_run(run);
	err = lambda_ring_run(run, &uring, *lambda);
	lambda_uring_close(&uring);
	return err;
}

static int lambda_run_to_end(struct lambda_run *run, const int *lambda)
{
	int err;

	pthread_mutex_init(&run->lock, NULL);
	pthread_cond_init(&run->changed, NULL);
	err = lambda_run_requests(run, lambda);
	/* Of nothing there is an answer, too; but it has no batches. */
	if (!err && run->at == run->attr.offset &&
	    !(run->attr.flags & LAMBDA_RUN_EACH))
		err = lambda_workers_nothing(run);
	if (!err)
		err = lambda_deliver_end(run);
	pthread_cond_destroy(&run->changed);
	pthread_mutex_destroy(&run->lock);
	return err;
}

static void lambda_run_add_up(struct lambda_run *run,
			      const struct lambda_local *local)
{
	if (!local)
		return;
	run->total.insns += lambda_local__insns(local);
	run->total.translated = lambda_local__translated(local);
}

static void lambda_run_add_counts(struct lambda_run *run,
				  const struct lambda_local *local)
{
	struct lambda_count *to = run->attr.counts;
	size_t i;

	for (i = 0; local && local->counts && i < run->prog->count; i++) {
		to[i].insns += local->counts[i].insns;
		to[i].budget += local->counts[i].budget;
	}
}

static void lambda_run_clean_up(struct lambda_run *run)
{
	unsigned int i;

	for (i = 0; run->workers && i < run->nr_workers; i++) {
		lambda_run_add_up(run, run->workers[i].local);
		lambda_run_add_counts(run, run->workers[i].local);
		lambda_local__close(run->workers[i].local);
		free(run->workers[i].out);
	}
	lambda_workers_forget(run);
	lambda_run_add_up(run, run->merger);
	lambda_local__close(run->merger);
	free(run->workers);
	free(run->pieces.bytes);
}

/* As much of it as the caller knows of. */
static void lambda_run_put_total(struct lambda_run *run)
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
	err = lambda_run_prepare(&run, attr);
	kernel.load = run.attr.load;
	engine.data = &kernel;
	if (!(run.attr.flags & LAMBDA_RUN_LOCAL))
		run.engine = run.attr.engine ? run.attr.engine : &engine;
	if (!err)
		err = lambda_run_to_end(&run, run.engine == &engine ? &lambda :
					NULL);
	lambda_engine_close(&kernel);
	lambda_run_clean_up(&run);
	if (run.attr.total)
		lambda_run_put_total(&run);
	return lambda_log_end(&run.log, err);
}
