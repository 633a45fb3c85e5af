// SPDX-License-Identifier: GPL-2.0-only
/*
 * lambda bench: one program over one file by each way there is, with native
 * code of its own by read() and mmap() beside it. All have to come to the same answer.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "json.h"
#include "kernel.h"

#define ROUNDS_DEFAULT	3

enum {
	KEY_NATIVE = 256,
	KEY_ROUNDS,
};

static const struct argp_option options[] = {
	JSON_OPTION,
	{ "native", KEY_NATIVE, "PATH", 0,
	  "The program as native code: a shared library, or the source to compile it of",
	  3 },
	{ "rounds", KEY_ROUNDS, "N", 0,
	  "Measure each figure so often, and tell the shortest time (3)", 4 },
	{ 0 }
};

static void cmd_bench_parse_end(struct bench *bench, struct argp_state *state)
{
	struct run *run = &bench->run;

	if (!run->nr_paths)
		argp_error(state, "which object, over which file?");
	if (run->nr_paths > 1)
		argp_error(state, "'%s': it measures over one file",
			   run->paths[1]);
}

static error_t cmd_bench_parse(int key, char *arg, struct argp_state *state)
{
	struct bench *bench = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &bench->run;
		bench->rounds = ROUNDS_DEFAULT;
		return 0;
	case 'j':
		bench->json = true;
		return 0;
	case KEY_NATIVE:
		bench->native_path = arg;
		return 0;
	case KEY_ROUNDS:
		bench->rounds = cli_number_option(state, "rounds", arg, 1,
						  LLONG_MAX);
		return 0;
	case ARGP_KEY_END:
		cmd_bench_parse_end(bench, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = { { &run_asked_argp, 0, NULL, 0 },
					      { 0 } };

static const struct argp argp = {
	options,
	cmd_bench_parse,
	"OBJ [NAME=VALUE...] FILE",
	"Measures a λ program over FILE on each side there is, in this process, and as native code by read() and mmap(), and prints one table. What cannot be measured here is named with its reason.",
	children,
	NULL,
	NULL
};

/* A handle for the ways through the kernel, or why there are none. */
static void cmd_bench_load(struct bench *bench)
{
	struct run *run = &bench->run;
	char why[sizeof(bench->rows->why)] = "";
	int method, abi = kernel_abi();

	if (abi >= 0)
		run->loaded.fd = lambda_program__load(run->loaded.prog,
						      &run->attr, why,
						      sizeof(why));
	else
		lambda_why_not(abi, why, sizeof(why));
	if (run->loaded.fd >= 0)
		return;
	/* Of what the verifier says, the first line. */
	why[strcspn(why, "\n")] = '\0';
	for (method = BENCH_HOST; method <= BENCH_AUTO; method++)
		memcpy(bench->rows[method].why, why, sizeof(why));
}

/* Whether answers of all that could be measured are one. */
static bool cmd_bench_is_equal(const struct bench *bench)
{
	const struct bench_row *row, *first = NULL;

	for (row = bench->rows; row < bench->rows + BENCH_METHODS; row++) {
		if (!row->there)
			continue;
		if (!first)
			first = row;
		if (row->hash != first->hash || row->answer != first->answer)
			return false;
	}
	return true;
}

static int cmd_bench_show(struct bench *bench)
{
	bench->equal = cmd_bench_is_equal(bench);
	if (bench->json)
		bench_table_print_json(bench);
	else
		bench_table_print(bench);
	if (bench->equal)
		return 0;
	return complain(EXIT_ENDED_BADLY,
			"the answers are not all the same");
}

static int cmd_bench_measure(struct bench *bench)
{
	struct bench_row *local = &bench->rows[BENCH_LOCAL];
	int method;

	bench->run.file = *bench->run.files;
	bench_native_open(bench);
	if (bench->native_path && !bench->native.run)
		return complain(EXIT_SYSTEM, "%s", bench->native.why);
	cmd_bench_load(bench);
	/* What gives no answer here gives none elsewhere. */
	bench_row_measure(bench, BENCH_LOCAL);
	if (!local->there)
		return complain(complain_exit_code_of_run(local->err), "%s: %s",
				bench->run.path, local->why);
	for (method = 0; method < BENCH_METHODS; method++)
		if (method != BENCH_LOCAL)
			bench_row_measure(bench, method);
	return cmd_bench_show(bench);
}

int cmd_bench(int argc, char **argv)
{
	static struct bench bench;
	struct run *run = &bench.run;
	int code;

	progress_answer_signals(&run->progress);
	argp_parse(&argp, argc, argv, 0, NULL, &bench);
	code = loaded_open(&run->loaded);
	if (!code)
		code = run_args_take(run);
	if (!code) {
		loaded_options_attr(&run->loaded, &run->attr);
		code = run_local_open(run);
	}
	if (!code)
		code = run_files_open_inputs(run);
	if (!code)
		code = cmd_bench_measure(&bench);
	code = run_files_close(run, code);
	bench_native_close(&bench.native);
	lambda_local__close(run->local);
	free(run->words);
	free(run->paths);
	loaded_close(&run->loaded);
	return code;
}
