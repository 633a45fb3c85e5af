// SPDX-License-Identifier: GPL-2.0-only
/* What an object declares of arguments and output, as lambda run takes it. */
#include <errno.h>
#include <string.h>

#include "run.h"

int run_args_take(struct run *run)
{
	const struct lambda_program *prog = run->loaded.prog;
	char why[4096];
	ssize_t len;

	if (run->nr_words && run->has_block)
		return complain(EXIT_USAGE,
				"'%s': arguments are either by name or by --args",
				*run->words);
	if (run->has_block ||
	    (!run->nr_words && !lambda_program__args_layout(prog)))
		return 0;
	len = lambda_program__args(prog, run->words, run->nr_words,
				   run->block.bytes, sizeof(run->block.bytes),
				   why, sizeof(why));
	if (len < 0)
		return complain(EXIT_USAGE, "%s: %s",
				lambda_program__name(prog), why);
	run->block.len = len;
	return 0;
}

int run_args_format(struct run *run)
{
	const struct lambda_layout *layout =
		lambda_program__output_layout(run->loaded.prog);
	struct sink *sink = &run->sink;

	sink->each = run->how & LAMBDA_RUN_EACH;
	sink->several = run->recursive || run->nr_paths > 1;
	if (run->named < 0)
		run->named = sink->several;
	sink->layout = layout;
	if (run->format >= 0)
		sink->format = run->format;
	else if (layout)
		sink->format = FORMAT_FIELDS;
	if (sink->format < FORMAT_FIELDS || sink->format == FORMAT_JSON || layout)
		return 0;
	return complain(EXIT_USAGE,
			"%s does not declare its output by LAMBDA_OUTPUT(), so it has no fields: --json has its bytes, in base64",
			run->loaded.path);
}
