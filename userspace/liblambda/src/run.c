// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * A program over a range of a file: which requests that takes, and one answer
 * of their outputs. Where a request ends is known before it is made, so that
 * neither a record nor a line is cut, and nothing is run twice.
 */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* Output of a request that is not told, whatever its input. */
#define OUT_CAP_LEAST	65536
/* Outputs are merged when they are this many bytes, or at the end. */
#define PIECES_MAX	(1u << 20)
/* How often a range is asked for again that changed while it was read. */
#define TRIES		8

/* Where the file may be cut between two requests. */
enum cut {
	CUT_NOWHERE,
	CUT_ANYWHERE,	/* with LAMBDA_RUN_EACH */
	CUT_RECORDS,
	CUT_LINES,
};

/**
 * struct run - one call of lambda_program__run()
 * @attr:   what it was given, as far as the caller knew of it
 * @engine: what makes the requests
 * @log:    where to say why not
 * @prog:   the program
 * @fd:     the file
 * @cut:    where it may be cut
 * @merge:  outputs are merged
 * @record: bytes of a record, 1 where there are none
 * @at:     offset of the next request
 * @end:    where the range ends
 * @last:   the next request reaches the end of file or range
 * @tries:  requests for the same range
 * @out:    output of a request, @out_room bytes
 * @pieces: outputs to be merged
 */
struct run {
	struct lambda_run_attr attr;
	const struct lambda_engine *engine;
	struct lambda_log log;
	const struct lambda_program *prog;
	int fd;
	enum cut cut;
	bool merge;
	size_t record;
	off_t at, end;
	bool last;
	int tries;
	__u8 *out;
	size_t out_room;
	struct lambda_pieces pieces;
};

LAMBDA_PRINTF(4, 5)
static int fail(const struct run *run, int err, size_t count, const char *fmt,
		...)
{
	va_list args;
	char why[256];

	va_start(args, fmt);
	vsnprintf(why, sizeof(why), fmt, args);
	va_end(args);
	lambda_log_add(&run->log, "bytes %lld to %lld: %s", (long long)run->at,
		       (long long)(run->at + count), why);
	return err;
}

/* The most that one request at @run->at may have. */
static size_t request_max(const struct run *run)
{
	return SBPF_IN_MAX - run->at % SBPF_PAGE_SIZE;
}

/* Whole records, one at least. */
static size_t in_records(const struct run *run, size_t len)
{
	size_t whole = len - len % run->record;

	return whole ? whole : run->record;
}

static size_t first_want(const struct run *run)
{
	size_t batch = run->attr.batch, max = request_max(run);

	if (run->cut == CUT_NOWHERE)
		return batch && batch < max ? batch : max;
	if (!batch)
		batch = LAMBDA_BATCH_DEFAULT;
	return in_records(run, batch < max ? batch : max);
}

/* How many of @want bytes there are; notes whether that is all. */
static ssize_t find_extent(struct run *run, size_t want)
{
	__u64 left = run->end - run->at;
	ssize_t have;

	if (want > left)
		want = left;
	have = lambda_extent(run->fd, run->at, want);
	if (have < 0)
		return fail(run, have, want, "%s", strerror(-have));
	run->last = (size_t)have < want || (size_t)have == left;
	return have;
}

/* Of a program that cannot be run in parts: all there is, or an error. */
static ssize_t next_whole(struct run *run)
{
	size_t max = first_want(run);
	ssize_t have = find_extent(run, max), more;

	if (have <= 0 || run->last)
		return have;
	/* It may end just there. */
	more = lambda_extent(run->fd, run->at + have, 1);
	if (more <= 0) {
		run->last = true;
		return have;
	}
	return fail(run, -EMSGSIZE, have,
		    "the range is longer, and the program cannot be run in parts, since it declares neither LAMBDA_RECORD() nor LAMBDA_LINES()%s",
		    run->attr.batch ? "; take a larger batch" : "");
}

/* Up to the last newline, however far the first one is. */
static ssize_t next_lines(struct run *run)
{
	size_t want = first_want(run), max = request_max(run);
	ssize_t have, whole;

	for (;;) {
		have = find_extent(run, want);
		if (have <= 0 || run->last)
			return have;
		whole = lambda_whole_lines(run->fd, run->at, have);
		if (whole < 0)
			return fail(run, whole, have, "%s", strerror(-whole));
		if (whole)
			return whole;
		if (want == max)
			return fail(run, -EMSGSIZE, have,
				    "no newline, and a request may not be longer: only a program that declares LAMBDA_RECORD() can be run over such a line");
		want = want < max / 2 ? want * 2 : max;
	}
}

/* Input of the next request, 0 at the end, or an errno that is told. */
static ssize_t next_count(struct run *run)
{
	switch (run->cut) {
	case CUT_NOWHERE:
		return next_whole(run);
	case CUT_LINES:
		return next_lines(run);
	default:
		return find_extent(run, first_want(run));
	}
}

/* Requests */

static int make_room(struct run *run, size_t count)
{
	size_t cap = run->attr.out_cap;
	void *room;

	if (!cap)
		cap = count < OUT_CAP_LEAST ? OUT_CAP_LEAST : count;
	if (cap <= run->out_room)
		return 0;
	room = realloc(run->out, cap);
	if (!room)
		return fail(run, -ENOMEM, count,
			    "no memory for %zu bytes of output", cap);
	run->out = room;
	run->out_room = cap;
	return 0;
}

static void prepare_io(const struct run *run, struct lambda_io *io)
{
	memset(io, 0, sizeof(*io));
	io->size = sizeof(*io);
	io->result_size = sizeof(io->result);
	io->flags = run->attr.io_flags;
	io->out_cap = run->out_room;
	io->args = (uintptr_t)run->attr.args;
	io->args_len = run->attr.args_len;
	io->result.status = LAMBDA_STATUS_NOT_RUN;
}

static int tell(const struct run *run, size_t count, ssize_t ret, bool merge,
		const struct lambda_io *io)
{
	const struct lambda_request request = {
		.offset = run->at,
		.count = count,
		.ret = ret,
		.merge = merge,
		.io = io,
	};

	if (!run->attr.request)
		return 0;
	return run->attr.request(run->attr.data, &request);
}

/* Says why a request gave no output. */
static int ended_badly(const struct run *run, size_t count, ssize_t err,
		       const struct lambda_program *prog,
		       const struct lambda_io *io)
{
	char why[256];

	if (err != -ECANCELED)
		return fail(run, err, count, "%s%s", strerror(-err),
			    lambda_why_no_request(err));
	lambda_explain(prog, io, why, sizeof(why));
	return fail(run, err, count, "%s: %s", lambda_program__name(prog), why);
}

/*
 * Makes one output of all pieces. The merge program sees the offset at which
 * the range begins, as it does when the kernel divides a request.
 */
static int merge_pieces(struct run *run)
{
	struct lambda_pieces *pieces = &run->pieces;
	off_t at = run->at;
	struct lambda_io io;
	ssize_t ret;
	int err;

	if (pieces->count < 2 || !pieces->len)
		return 0;
	if (pieces->len > SBPF_IN_MAX - SBPF_PAGE_SIZE)
		return fail(run, -EMSGSIZE, 0,
			    "there are %zu bytes to merge, more than a request may have",
			    pieces->len);
	err = make_room(run, pieces->len);
	if (err)
		return err;
	run->at = run->attr.offset;
	prepare_io(run, &io);
	ret = run->engine->merge(run->engine->data, pieces->bytes, pieces->len,
				 run->out, run->at, &io);
	err = tell(run, pieces->len, ret, true, &io);
	if (!err && ret < 0 && !(run->log.size && *run->log.buf))
		err = ended_badly(run, at - run->at, ret, run->prog->merge,
				  &io);
	run->at = at;
	if (err || ret < 0)
		return err ? err : ret;
	pieces->len = 0;
	pieces->count = 0;
	return lambda_pieces_add(pieces, run->out, ret);
}

static int put_out(struct run *run, size_t len)
{
	int err;

	if (!run->merge)
		return run->attr.output(run->attr.data, run->out, len);
	err = lambda_pieces_add(&run->pieces, run->out, len);
	if (err)
		return fail(run, err, 0, "no memory to merge the outputs");
	return run->pieces.len < PIECES_MAX ? 0 : merge_pieces(run);
}

/*
 * Judges a request that was given less than was there a moment ago. Its output
 * counts if the file ends there now, or if it may be cut there. Returns 1 for
 * that, 0 to ask again, or an errno that is told.
 */
static int judge_short(struct run *run, size_t count, size_t took)
{
	ssize_t more = lambda_extent(run->fd, run->at + took, 1);

	if (!more) {
		run->last = true;
		return 1;
	}
	run->last = false;
	if (took && run->cut != CUT_LINES && run->cut != CUT_NOWHERE &&
	    took % run->record == 0)
		return 1;
	if (more < 0)
		return fail(run, more, count, "%s", strerror(-more));
	if (++run->tries < TRIES)
		return 0;
	return fail(run, -EAGAIN, count,
		    "the file became shorter and longer again, over and over");
}

/* One request over @count bytes. Returns 0, or an errno that is told. */
static int run_once(struct run *run, size_t count)
{
	struct lambda_io io;
	int err = make_room(run, count);
	size_t took;
	ssize_t ret;

	if (err)
		return err;
	prepare_io(run, &io);
	ret = run->engine->pread(run->engine->data, run->fd, run->out, count,
				 run->at, &io);
	took = io.result.in_len;
	err = tell(run, count, ret, false, &io);
	if (err)
		return err;
	if (ret < 0)
		return ended_badly(run, count, ret, run->prog, &io);
	if (took < count) {
		err = judge_short(run, count, took);
		if (err <= 0)
			return err;
	}
	run->tries = 0;
	err = took ? put_out(run, ret) : 0;
	run->at += took;
	return err;
}

static int run_all(struct run *run)
{
	ssize_t count;
	int err = 0;

	while (!err && !run->last && run->at < run->end) {
		count = next_count(run);
		if (count <= 0)
			return count;
		err = run_once(run, count);
	}
	return err;
}

/* Of the call as a whole */

static int choose_cut(struct run *run)
{
	size_t record = run->prog->obj->attr.record_len;
	bool lines = run->prog->obj->lines ||
		     run->attr.flags & LAMBDA_RUN_LINES;

	if (record && lines)
		return -EINVAL;
	run->record = record ? record : 1;
	if (record)
		run->cut = CUT_RECORDS;
	else if (lines)
		run->cut = CUT_LINES;
	else
		run->cut = run->attr.flags & LAMBDA_RUN_EACH ? CUT_ANYWHERE :
							       CUT_NOWHERE;
	run->merge = run->prog->merge && run->cut != CUT_NOWHERE &&
		     !(run->attr.flags & LAMBDA_RUN_EACH);
	return 0;
}

static int prepare(struct run *run, const struct lambda_run_attr *attr)
{
	size_t size = attr->size < sizeof(*attr) ? attr->size : sizeof(*attr);

	memcpy(&run->attr, attr, size);
	if (run->attr.flags & ~(LAMBDA_RUN_EACH | LAMBDA_RUN_LINES) ||
	    run->attr.offset < 0 || !run->attr.output) {
		lambda_log_add(&run->log, "bad flags, offset or output");
		return -EINVAL;
	}
	run->at = run->attr.offset;
	run->end = run->attr.length < (__u64)(LLONG_MAX - run->at) ?
			   run->at + (off_t)run->attr.length : LLONG_MAX;
	if (!choose_cut(run))
		return 0;
	lambda_log_add(&run->log,
		       "the program is over records of %zu bytes, not over lines",
		       (size_t)run->prog->obj->attr.record_len);
	return -EINVAL;
}

static int run_to_end(struct run *run)
{
	int err = run_all(run);

	if (!err && run->merge)
		err = merge_pieces(run);
	if (!err && run->pieces.count)
		err = run->attr.output(run->attr.data, run->pieces.bytes,
				       run->pieces.len);
	return err;
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
	struct run run = {
		.log = { log, log_size },
		.prog = prog,
		.fd = fd,
	};
	int err;

	if (log_size)
		*log = '\0';
	err = prepare(&run, attr);
	kernel.load = run.attr.load;
	engine.data = &kernel;
	run.engine = run.attr.engine ? run.attr.engine : &engine;
	if (!err)
		err = run_to_end(&run);
	lambda_kernel_close(&kernel);
	free(run.pieces.bytes);
	free(run.out);
	return err;
}

LAMBDA_API int lambda_program__lines(const struct lambda_program *prog)
{
	return prog->obj->lines;
}
