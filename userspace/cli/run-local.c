// SPDX-License-Identifier: GPL-2.0-only
/* The program of lambda run in this process, and where no request may end. */
#include "run.h"

int run_local_open(struct run *run)
{
	char why[4096];
	int err;

	if (run->local)
		return 0;
	err = lambda_local__open(run->loaded.prog, &run->attr, why, sizeof(why),
				 &run->local);
	return err ? complain_lines(exit_code(err), why) : 0;
}

int run_local_no_drive(const struct run *run)
{
	return complain(EXIT_SYSTEM,
			"%s: the drive did not run it: %s; leave --no-fallback out to let the host do it",
			run->path, summary_reason(run->last.result.reason));
}
