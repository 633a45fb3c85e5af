// SPDX-License-Identifier: GPL-2.0-only
/* lambda run over a file: the library makes the requests. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "run.h"

static int run_read_note_request(void *data,
				 const struct lambda_request *request)
{
	struct run *run = data;

	run->last = *request->io;
	progress_note(&run->progress, request);
	if (request->ret < 0)
		return 0;
	if (request->merge)
		run->sum.ns_compute += request->io->result.ns_compute;
	else
		summary_add(&run->sum, request->io, request->ret);
	return 0;
}

/* Returns what is no errno, so that it is not taken for one of a request. */
static int run_read_put_answer(void *data, const void *bytes, size_t len)
{
	struct run *run = data;
	int err = 0;

	progress_clear(&run->progress);
	if (!run->discard) {
		err = sink_write(&run->sink, bytes, len);
		if (!err && run->sink.each)
			err = sink_end(&run->sink);
	}
	run->put_err = err;
	run->sum.answer_bytes += len;
	return err ? 1 : 0;
}

static int run_read_cannot_put(const struct run *run)
{
	const struct lambda_layout *layout = run->sink.layout;

	/* It was a thread of the run that wrote, and these take no signals. */
	if (run->put_err == -EPIPE)
		raise(SIGPIPE);
	if (run->put_err == -EBADMSG && sink_has_fields(&run->sink))
		return complain(EXIT_SYSTEM,
				"the output is not the %s of %u bytes that the object declares: --print=hex shows it",
				layout->type, layout->size);
	if (run->put_err == -EBADMSG)
		return complain(EXIT_SYSTEM,
				"the output is no row of whole 64-bit numbers, %zu bytes are left over: --print=hex shows them",
				run->sink.len);
	return complain(EXIT_SYSTEM, "%s: cannot write the output: %s",
			run->output.path, strerror(-run->put_err));
}

/* Explains why there is no answer; @why is the library's explanation. */
static int run_read_no_answer(const struct run *run, int err, const char *why)
{
	const struct lambda_load_attr *attr = &run->attr;
	const char *more = "";

	if (err == -EOPNOTSUPP && run->flags & LAMBDA_IO_NO_FALLBACK)
		return run_local_no_drive(run);
	if (err == -EMSGSIZE && !(run->how & LAMBDA_RUN_EACH) &&
	    !attr->record_len && !lambda_program__lines(run->loaded.prog))
		more = "; --lines gives it whole lines, --each an answer for each batch";
	/* What was made again, and ended otherwise, has no place. */
	if (err == -ECANCELED && !run->locally &&
	    !strstr(why, ", in function ") && run->last.result.status != LAMBDA_STATUS_KILLED)
		more = "; `lambda run --local` tells function and line";
	complain(0, "%s: %s%s", run->path, why, more);
	if ((err == -EPERM || err == -ENOSYS) && !run->locally)
		kernel_offer_local(0);
	return complain_exit_code_of_run(err);
}

static int run_read_begin_file(struct run *run)
{
	const char *path = strcmp(run->path, "-") ? run->path :
						    "(standard input)";

	return sink_file(&run->sink, run->named ? path : NULL);
}

/* Its answer, or what comes after those of all batches. */
static int run_read_end_file(struct sink *sink)
{
	int err = sink->each ? 0 : sink_end(sink);

	return err ?: sink_file_end(sink);
}

/* Threads make the requests just as well; what is slower is said once. */
static void run_read_tell_depth(struct run *run)
{
	if (!run->depth || run->total.depth || !run->total.jobs || run->told)
		return;
	run->told = true;
	complain(0, "--depth=%lld: %s, so that many threads make the requests",
		 run->depth,
		 run->loaded.pinned >= 0 ?
			 "a pinned program has no ring" :
			 "this kernel has no ring for λs, or lets nobody have one");
}

int run_read(struct run *run)
{
	struct lambda_run_attr attr = run_asked_attr(run);
	char why[16384];
	int err;

	if (run->locally) {
		attr.flags |= LAMBDA_RUN_LOCAL;
		attr.print = run_local_print;
	} else if (run->loaded.pinned >= 0) {
		attr.engine = &run->engine;
	}
	attr.io_flags = run->flags;
	attr.output = run_read_put_answer;
	attr.request = run_read_note_request;
	attr.data = run;
	attr.counts = run->counts;
	attr.merge_counts = run->merge_counts;
	attr.depth = run->depth;
	run->put_err = run->discard ? 0 : run_read_begin_file(run);
	if (run->put_err)
		return run_read_cannot_put(run);
	run->total.size = sizeof(run->total);
	progress_file(&run->progress, run->path, run->offset);
	err = lambda_program__run(run->loaded.prog, run->loaded.fd, run->file,
				  &attr, why, sizeof(why));
	progress_clear(&run->progress);
	run->insns += run->total.insns;
	run_read_tell_depth(run);
	if (!err && !run->discard)
		run->put_err = run_read_end_file(&run->sink);
	if (err && !run->put_err && !run->discard && run->recursive)
		run->put_err = sink_abandon(&run->sink);
	if (run->put_err)
		return run_read_cannot_put(run);
	return err ? run_read_no_answer(run, err, why) : 0;
}

int run_read_end(struct run *run)
{
	run->put_err = sink_close(&run->sink);
	return run->put_err ? run_read_cannot_put(run) : 0;
}
