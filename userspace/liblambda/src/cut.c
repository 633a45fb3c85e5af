// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Which part of a file a request is given. Where it ends is known before it is
 * made, so that neither a record nor a line is cut.
 */
#include <errno.h>
#include <string.h>

#include "call.h"

/* How often a range is asked for again that changed while it was read. */
#define TRIES		8

/* The most that one request at @run->at may have. */
static size_t cut_request_max(const struct lambda_run *run)
{
	return SBPF_IN_MAX - run->at % SBPF_PAGE_SIZE;
}

/* Whole records, one at least. */
static size_t cut_in_records(const struct lambda_run *run, size_t len)
{
	size_t whole = len - len % run->record;

	return whole ? whole : run->record;
}

static size_t cut_first_want(const struct lambda_run *run)
{
	size_t batch = run->attr.batch, max = cut_request_max(run);

	if (run->cut == LAMBDA_CUT_NOWHERE)
		return batch && batch < max ? batch : max;
	if (!batch)
		batch = LAMBDA_BATCH_DEFAULT;
	return cut_in_records(run, batch < max ? batch : max);
}

static int cut_cannot_read(struct lambda_worker *worker, size_t count, int err)
{
	worker->count = count;
	return lambda_call_fail(worker, err, "%s", strerror(-err));
}

/* How many of @want bytes there are; notes whether that is all. */
static ssize_t cut_there_is(struct lambda_run *run,
			    struct lambda_worker *worker, size_t want)
{
	__u64 left = run->end - run->at;
	ssize_t have;

	if (want > left)
		want = left;
	have = lambda_length(run->fd, run->at, want);
	if (have < 0)
		return cut_cannot_read(worker, want, have);
	run->last = (size_t)have < want || (size_t)have == left;
	return have;
}

/* Of a program that cannot be run in parts: all there is, or an error. */
static ssize_t cut_next_whole(struct lambda_run *run,
			      struct lambda_worker *worker)
{
	size_t max = cut_first_want(run);
	ssize_t have = cut_there_is(run, worker, max), more;

	if (have <= 0 || run->last)
		return have;
	/* It may end just there. */
	more = lambda_length(run->fd, run->at + have, 1);
	if (more <= 0) {
		run->last = true;
		return have;
	}
	worker->count = have;
	return lambda_call_fail(worker, -EMSGSIZE,
				"the range is longer, and the program cannot be run in parts, since it declares neither LAMBDA_RECORD() nor LAMBDA_LINES()%s",
				run->attr.batch ? "; take a larger batch" :
						  "");
}

/* Up to the last newline, however far the first one is. */
static ssize_t cut_next_lines(struct lambda_run *run,
			      struct lambda_worker *worker)
{
	size_t want = cut_first_want(run), max = cut_request_max(run);
	ssize_t have, whole;

	for (;;) {
		have = cut_there_is(run, worker, want);
		if (have <= 0 || run->last)
			return have;
		whole = lambda_length_of_lines(run->fd, run->at, have);
		if (whole < 0)
			return cut_cannot_read(worker, have, whole);
		if (whole)
			return whole;
		if (want == max)
			break;
		want = want < max / 2 ? want * 2 : max;
	}
	worker->count = have;
	return lambda_call_fail(worker, -EMSGSIZE,
				"no newline, and a request may not be longer: only a program that declares LAMBDA_RECORD() can be run over such a line");
}

static ssize_t cut_next_count(struct lambda_run *run,
			      struct lambda_worker *worker)
{
	switch (run->cut) {
	case LAMBDA_CUT_NOWHERE:
		return cut_next_whole(run, worker);
	case LAMBDA_CUT_LINES:
		return cut_next_lines(run, worker);
	default:
		return cut_there_is(run, worker, cut_first_want(run));
	}
}

int lambda_cut_next(struct lambda_run *run, struct lambda_worker *worker)
{
	ssize_t count;

	worker->at = run->at;
	worker->count = 0;
	*worker->why = '\0';
	if (run->last || run->at >= run->end)
		return 1;
	count = cut_next_count(run, worker);
	if (count <= 0) {
		run->last = true;
		return count ? count : 1;
	}
	worker->count = count;
	run->at += count;
	return 0;
}

int lambda_cut_judge(struct lambda_run *run, struct lambda_worker *worker,
		     size_t took, bool *ended)
{
	ssize_t more = lambda_length(run->fd, worker->at + took, 1);

	*ended = !more;
	if (!more)
		return 1;
	if (took && run->cut != LAMBDA_CUT_LINES &&
	    run->cut != LAMBDA_CUT_NOWHERE && took % run->record == 0)
		return 1;
	if (more < 0)
		return lambda_call_fail(worker, more, "%s", strerror(-more));
	if (++run->tries < TRIES)
		return 0;
	return lambda_call_fail(worker, -EAGAIN,
				"the file became shorter and longer again, over and over");
}
