// SPDX-License-Identifier: GPL-2.0-only
/* The program of lambda run in this process, and where no request may end. */
#include "run.h"

void run_local_print(void *data, const void *text, size_t len)
{
	struct run *run = data;

	progress_print(&run->progress, text, len);
}

int run_local_open(struct run *run)
{
	char why[4096];
	int err;

	if (run->local)
		return 0;
	err = lambda_local__open(run->loaded.prog, &run->attr, why, sizeof(why),
				 &run->local);
	if (err)
		return complain_lines(complain_exit_code(err), why);
	lambda_local__print(run->local, run_local_print, run);
	return 0;
}

/* A pin has no program to load that merges: that runs here. */
static ssize_t run_local_pinned_pread(void *data, int fd, void *buf,
				      size_t count, off_t offset,
				      struct lambda_io *io)
{
	const struct run *run = data;

	return lambda_pread(fd, buf, count, offset, run->loaded.fd, io);
}

static ssize_t run_local_pinned_merge(void *data, const void *in, size_t len,
				      void *buf, off_t offset,
				      struct lambda_io *io)
{
	const struct lambda_program *merge;
	struct run *run = data;
	int err = 0;

	merge = lambda_program__merge(run->loaded.prog);
	if (!run->merger)
		err = lambda_local__open(merge, &run->attr, NULL, 0,
					 &run->merger);
	return err ?: lambda_local__run(run->merger, in, len, buf, offset, io);
}

void run_local_choose_engine(struct run *run)
{
	run->engine.pread = run_local_pinned_pread;
	run->engine.merge = run_local_pinned_merge;
	run->engine.data = run;
}

int run_local_no_drive(const struct run *run)
{
	return complain(EXIT_SYSTEM,
			"%s: the drive did not run it: %s; leave --no-fallback out to let the host do it",
			run->path, summary_reason(run->last.result.reason));
}
