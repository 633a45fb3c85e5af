// SPDX-License-Identifier: GPL-2.0-only
/*
 * lambda run --write: a stream through a program into a file. A program over
 * records or lines gets whole ones; one that declares neither, or whose outputs
 * would have to be merged, gets all of the input at once.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run.h"

/* Output of a request that is not told, whatever its input. */
#define OUT_CAP_LEAST	65536

/**
 * struct feed - the input of a run
 * @run:    the command
 * @buf:    what was read and not run over yet
 * @len:    bytes of it
 * @room:   bytes allocated
 * @left:   bytes that may still be read
 * @record: bytes of a record; 0: the input is not cut
 * @lines:  it is cut behind newlines
 * @max:    bytes of input of one request at most
 * @at:     where in the file the next output goes
 * @out:    the output, where this process makes it
 */
struct feed {
	struct run *run;
	unsigned char *buf;
	size_t len, room;
	unsigned long long left;
	size_t record;
	bool lines;
	size_t max;
	long long at;
	unsigned char *out;
};

static int run_write_failed(const struct run *run, int err)
{
	return complain(EXIT_SYSTEM, "%s: %s",
			run->in_path ? run->in_path : "standard input",
			strerror(err));
}

/* Reads until the buffer holds @want bytes, or the input ends. */
static int run_write_fill(struct feed *feed, size_t want)
{
	if (want > feed->room) {
		unsigned char *more = realloc(feed->buf, want);

		if (!more)
			return complain(EXIT_SYSTEM,
					"no memory for %zu bytes of input",
					want);
		feed->buf = more;
		feed->room = want;
	}
	while (feed->len < want && feed->left) {
		size_t n = want - feed->len;
		ssize_t got = read(feed->run->in, feed->buf + feed->len,
				   n < feed->left ? n : feed->left);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return run_write_failed(feed->run, errno);
		feed->len += got;
		feed->left = got ? feed->left - got : 0;
	}
	return 0;
}

/* How much of what is in the buffer makes the next request; 0: read more. */
static size_t run_write_whole(const struct feed *feed)
{
	const unsigned char *newline;

	if (!feed->left)
		return feed->len;
	if (feed->lines) {
		newline = memrchr(feed->buf, '\n', feed->len);
		return newline ? newline + 1 - feed->buf : 0;
	}
	return feed->record ? feed->len - feed->len % feed->record : 0;
}

/* All of the input belongs into one request, and it is too long. */
static int run_write_too_long(const struct feed *feed)
{
	if (lambda_program__merge(feed->run->loaded.prog))
		return complain(EXIT_SYSTEM,
				"the input is longer than %zu bytes, and outputs are not merged on their way to a file; --each cuts the input into batches",
				feed->max);
	return complain(EXIT_SYSTEM,
			"the input is longer than %zu bytes, and the program cannot be run in parts, since it declares neither LAMBDA_RECORD() nor LAMBDA_LINES(); --lines gives it whole lines, --each cuts the input into batches",
			feed->max);
}

/* Reads the input of the next request, of @count bytes; 0 at its end. */
static int run_write_next(struct feed *feed, size_t *count)
{
	size_t want = feed->record ? feed->max : 65536;
	int code;

	for (;;) {
		code = run_write_fill(feed, want);
		*count = run_write_whole(feed);
		if (code || *count || !feed->left)
			break;
		if (want >= feed->max && !feed->lines)
			return run_write_too_long(feed);
		if (want == SBPF_IN_MAX)
			return complain(EXIT_SYSTEM,
					"the input has a line longer than a request may be");
		want = want < SBPF_IN_MAX / 2 ? want * 2 : SBPF_IN_MAX;
		if (!feed->lines && want > feed->max)
			want = feed->max;
	}
	return code;
}

static void run_write_prepare_io(const struct run *run, size_t count,
				 struct lambda_io *io)
{
	memset(io, 0, sizeof(*io));
	io->size = sizeof(*io);
	io->result_size = sizeof(io->result);
	io->flags = run->flags;
	io->out_cap = run->out_cap ? (size_t)run->out_cap :
		      count < OUT_CAP_LEAST ? OUT_CAP_LEAST : count;
	io->args = (unsigned long)run->block.bytes;
	io->args_len = run->block.len;
	io->result.status = LAMBDA_STATUS_NOT_RUN;
}

/* Room for the output of a request of this process. */
static int run_write_make_output(struct feed *feed, size_t count)
{
	struct lambda_io io;
	void *out;

	run_write_prepare_io(feed->run, count, &io);
	out = realloc(feed->out, io.out_cap);
	if (!out)
		return complain(EXIT_SYSTEM,
				"no memory for %llu bytes of output",
				io.out_cap);
	feed->out = out;
	return 0;
}

static bool run_write_is_same_end(const struct lambda_result *a,
				  const struct lambda_result *b)
{
	return a->status == b->status && a->retval == b->retval &&
	       a->fault_addr == b->fault_addr &&
	       a->fault_write == b->fault_write;
}

/* The kernel does not tell at which instruction it ended: made again, it is known. */
static bool run_write_again(struct feed *feed, size_t count)
{
	struct run *run = feed->run;
	struct lambda_io io;

	if (run->locally)
		return true;
	if (run->last.result.status == LAMBDA_STATUS_KILLED ||
	    run_local_open(run) || run_write_make_output(feed, count))
		return false;
	run_write_prepare_io(run, count, &io);
	lambda_local__run(run->local, feed->buf, count, feed->out, 0, &io);
	return run_write_is_same_end(&io.result, &run->last.result);
}

/* Where it ended. */
static void run_write_say_where(struct feed *feed, size_t count, char *buf,
				size_t size)
{
	const struct run *run = feed->run;
	const char *side = run->locally ? "" :
			   summary_place(run->last.result.side);
	struct lambda_function func;

	if (!run_write_again(feed, count) ||
	    lambda_local__where(run->local, &func))
		snprintf(buf, size, "%s", side);
	else
		snprintf(buf, size, "%s%sin function %s (%s:%u)", side,
			 *side ? ", " : "", func.name, func.file ?: "no line",
			 func.line);
}

static int run_write_ended_badly(struct feed *feed, size_t count, ssize_t err)
{
	const struct run *run = feed->run;
	char why[512], where[512] = "";

	if (err == -ECANCELED)
		run_write_say_where(feed, count, where, sizeof(where));

	if (err == -EOPNOTSUPP && run->flags & LAMBDA_IO_NO_FALLBACK)
		return run_local_no_drive(run);
	if ((err == -EPERM || err == -ENOSYS) && !run->locally) {
		lambda_why_not(err, why, sizeof(why));
		complain(0, "%s: output at %lld: %s", run->path, feed->at, why);
		return kernel_offer_local(complain_exit_code_of_run(err));
	}
	if (err != -ECANCELED)
		return complain(complain_exit_code_of_run(err),
				"%s: output at %lld: %s", run->path, feed->at,
				strerror(-err));
	lambda_explain(run->loaded.prog, &run->last, why, sizeof(why));
	return complain(EXIT_ENDED_BADLY,
			"%s: output at %lld, of %zu bytes of input: %s: %s%s%s",
			run->path, feed->at, count,
			lambda_program__name(run->loaded.prog), why,
			*where ? ", " : "", where);
}

/*
 * The file took a part of the output. What is missing is made again, in this
 * process, and written until the errno is known, or all is there.
 */
static int run_write_rest(struct feed *feed, size_t count, size_t put)
{
	struct run *run = feed->run;
	struct lambda_io io;
	ssize_t len, n;
	int code = run_local_open(run);

	if (!code)
		code = run_write_make_output(feed, count);
	if (code)
		return code;
	run_write_prepare_io(run, count, &io);
	len = lambda_local__run(run->local, feed->buf, count, feed->out, 0,
				&io);
	for (; len > 0 && put < (size_t)len; put += n) {
		n = pwrite(run->file, feed->out + put, len - put, feed->at + put);
		if (n < 0)
			return complain(EXIT_SYSTEM,
					"%s: of bytes %lld to %lld of the output only %zu could be written: %s",
					run->path, feed->at, feed->at + len,
					put, strerror(errno));
	}
	return 0;
}

/* As lambda_pwrite() does. */
static ssize_t run_write_locally(struct feed *feed, size_t count)
{
	struct run *run = feed->run;
	ssize_t ret = lambda_local__run(run->local, feed->buf, count,
					feed->out, 0, &run->last);

	if (ret <= 0)
		return ret;
	ret = pwrite(run->file, feed->out, ret, feed->at);
	return ret < 0 ? -errno : ret;
}

static int run_write_request(struct feed *feed, size_t count)
{
	struct run *run = feed->run;
	ssize_t put;
	int code = run->locally ? run_write_make_output(feed, count) : 0;

	if (code)
		return code;
	run_write_prepare_io(run, count, &run->last);
	if (run->locally)
		put = run_write_locally(feed, count);
	else
		put = lambda_pwrite(run->file, feed->buf, count, feed->at,
				    run->loaded.fd, &run->last);
	if (put < 0)
		return run_write_ended_badly(feed, count, put);
	run->written += put;
	if ((unsigned long long)put < run->last.result.out_len) {
		code = run_write_rest(feed, count, put);
		if (code)
			return code;
	}
	summary_add(&run->sum, &run->last, run->last.result.out_len);
	run->sum.answer_bytes += run->last.result.out_len;
	feed->at += run->last.result.out_len;
	progress_add(&run->progress, count);
	return 0;
}

static void run_write_set_up(struct feed *feed, struct run *run)
{
	size_t batch = run->batch ? (size_t)run->batch : LAMBDA_BATCH_DEFAULT;
	const struct lambda_program *prog = run->loaded.prog;
	size_t record = run->attr.record_len;

	feed->run = run;
	feed->left = run->length;
	feed->at = run->offset;
	feed->lines = run->how & LAMBDA_RUN_LINES ||
		      lambda_program__lines(prog);
	if (run->how & LAMBDA_RUN_EACH)
		feed->record = record ? record : 1;
	else if (!lambda_program__merge(prog))
		feed->record = record;
	else
		feed->lines = false;
	if (feed->lines)
		feed->record = 1;
	if (feed->record)
		feed->max = batch < feed->record ? feed->record :
						   batch - batch % feed->record;
	else if (run->batch && !lambda_program__merge(prog))
		feed->max = batch;
	else
		feed->max = SBPF_IN_MAX;
}

int run_write(struct run *run)
{
	struct feed feed = { 0 };
	size_t count;
	int code;

	run_write_set_up(&feed, run);
	progress_begin(&run->progress);
	progress_file(&run->progress, run->path, run->offset);
	do {
		code = run_write_next(&feed, &count);
		if (code || !count)
			break;
		code = run_write_request(&feed, count);
		feed.len -= count;
		memmove(feed.buf, feed.buf + count, feed.len);
	} while (!code);
	free(feed.buf);
	free(feed.out);
	return code;
}
