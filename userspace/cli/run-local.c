// SPDX-License-Identifier: GPL-2.0-only
/* Requests of lambda run that this process makes itself, and where any ended. */
#include <stdio.h>
#include <string.h>

#include "run.h"

static int open_here(struct local *local, const struct lambda_program *prog,
		     const struct run *run)
{
	struct lambda_load_attr attr;
	char why[4096];
	int err;

	if (local->base)
		return 0;
	loaded_attr(&run->loaded, &attr);
	err = local_open(local, prog, &attr, why, sizeof(why));
	if (err && *why)
		return complain(exit_code(err), "%s", why);
	if (err)
		return complain(exit_code(err),
				"%s: program '%s' cannot be run: %s",
				run->loaded.path, lambda_program__name(prog),
				strerror(-err));
	return 0;
}

int run_open_locally(struct run *run)
{
	const struct lambda_program *merge;
	int code;

	code = open_here(&run->local, run->loaded.prog, run);
	merge = lambda_program__merge(run->loaded.prog);
	if (!code && merge)
		code = open_here(&run->merge, merge, run);
	return code;
}

static ssize_t read_here(void *data, int fd, void *buf, size_t count,
			 off_t offset, struct lambda_io *io)
{
	struct run *run = data;

	return local_pread(&run->local, fd, buf, count, offset, io);
}

static ssize_t merge_here(void *data, const void *in, size_t len, void *buf,
			  off_t offset, struct lambda_io *io)
{
	struct run *run = data;
	ssize_t ret = local_over(&run->merge, in, len, offset, io);

	if (ret > 0)
		memcpy(buf, local_output(&run->merge), ret);
	return ret;
}

const struct lambda_engine run_local_engine = {
	.pread = read_here,
	.merge = merge_here,
};

void run_where(const struct run *run, char *buf, size_t size)
{
	/* The kernel does not tell at which instruction it was. */
	if (run->locally)
		local_where(run->last_merged ? &run->merge : &run->local, buf,
			    size);
	else
		snprintf(buf, size, "%s", summary_place(run->last.result.side));
}

int run_no_drive(const struct run *run)
{
	return complain(EXIT_SYSTEM,
			"%s: the drive did not run it: %s; leave --no-fallback out to let the host do it",
			run->path, summary_reason(run->last.result.reason));
}
