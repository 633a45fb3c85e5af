// SPDX-License-Identifier: GPL-2.0-only
/*
 * lambda run: one answer of a λ program over a file, or with --write a stream
 * through it into a file.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "run.h"

static double cmd_run_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void cmd_run_say_what_it_took(const struct run *run, double seconds)
{
	if (run->sink.format == FORMAT_JSON) {
		summary_json_say(&run->sum, seconds, run->locally, run->insns,
				 run->total.translated);
		return;
	}
	summary_say(&run->sum, seconds);
	if (run->locally)
		complain(0, "%llu instructions, %s", run->insns,
			 run->total.translated ? "translated" : "interpreted");
}

static int cmd_run_files(struct run *run)
{
	int code = 0;
	size_t i;

	progress_begin(&run->progress);
	if (run->recursive)
		code = run_tree(run);
	for (i = 0; !run->recursive && !code && i < run->nr_paths; i++) {
		run->path = run->paths[i];
		run->file = run->files[i];
		code = run_read(run);
	}
	if (!code && !run->discard)
		code = run_read_end(run);
	return code;
}

static int cmd_run_all(struct run *run)
{
	double begin = cmd_run_now();
	long long i;
	int code = 0;

	for (i = 0; !code && i < run->repeat; i++) {
		run->discard = i > 0;
		code = run->write ? run_write(run) : cmd_run_files(run);
	}
	if (!code && run->verbose)
		cmd_run_say_what_it_took(run, cmd_run_now() - begin);
	return code;
}

int cmd_run(int argc, char **argv)
{
	static struct run run;
	int code;

	progress_answer_signals(&run.progress);
	argp_parse(&run_argp, argc, argv, 0, NULL, &run);
	code = loaded_open(&run.loaded);
	/* What is written is as the program puts it out. */
	if (!code && run.write)
		run.loaded.prog = lambda_program__whole(run.loaded.prog);
	if (!code)
		code = run_args_take(&run);
	if (!code)
		code = run_args_format(&run);
	if (!code) {
		loaded_options_attr(&run.loaded, &run.attr);
		code = run_files_open_inputs(&run);
	}
	if (!code)
		code = run.locally ? run_local_open(&run) :
				     loaded_load(&run.loaded);
	run_local_choose_engine(&run);
	if (!code)
		code = run_files_open_outputs(&run);
	if (!code)
		code = run_profile_begin(&run);
	if (!code)
		code = cmd_run_all(&run);
	code = run_profile_end(&run, code);
	code = run_files_close(&run, code) ?: run.failed;
	lambda_local__close(run.local);
	lambda_local__close(run.merger);
	free(run.words);
	free(run.paths);
	loaded_close(&run.loaded);
	return code;
}
