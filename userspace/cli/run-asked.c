// SPDX-License-Identifier: GPL-2.0-only
/* What run and bench are asked alike: program, arguments, file, and requests. */
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "run.h"

/* Requests at the same time at most, if not told. */
#define JOBS_DEFAULT_MAX	16

/* Others than those of the verbs. */
enum {
	KEY_LINES = 768,
	KEY_OUT_CAP,
	KEY_JOBS,
};

static const struct argp_option options[] = {
	{ "args", 'a', "SPEC", 0,
	  "Append to the program's arguments: str:TEXT, hex:DIGITS, file:PATH, or a number after u8: … u64:, i8: … i64:",
	  2 },
	{ "offset", 'o', "BYTES", 0, "Begin there in FILE", 2 },
	{ "length", 'l', "BYTES", 0, "Use that much input (all there is)", 2 },
	{ "batch", 'b', "BYTES", 0,
	  "Input of one request, of a program over records or lines (1M); max: all that one may have",
	  2 },
	{ "lines", KEY_LINES, NULL, 0,
	  "The program is over lines: give it whole ones", 2 },
	{ "out-cap", KEY_OUT_CAP, "BYTES", 0,
	  "Output a request may have (as much as input, at least 64K)", 2 },
	{ "jobs", KEY_JOBS, "N", 0,
	  "Requests to make at the same time (as many as there are CPUs, 16 at most)",
	  4 },
	{ 0 }
};

/* As many as there are CPUs for this process. */
static unsigned int run_asked_default_jobs(void)
{
	cpu_set_t cpus;
	int count = 1;

	if (!sched_getaffinity(0, sizeof(cpus), &cpus))
		count = CPU_COUNT(&cpus);
	return count < JOBS_DEFAULT_MAX ? count : JOBS_DEFAULT_MAX;
}

/* NAME=VALUE, NAME being such as members of structs have. */
static bool run_asked_is_argument(const char *word)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
	size_t len = strcspn(word, "=");

	return word[len] && len && strchr(letters, *word) &&
	       !memchr(word, '/', len);
}

/* The object first, then the file, and arguments by name in between. */
void run_asked_add_word(struct run *run, char *arg, struct argp_state *state)
{
	const char **more;

	if (!run->loaded.path) {
		run->loaded.path = arg;
	} else if (run_asked_is_argument(arg)) {
		more = realloc(run->words, (run->nr_words + 1) * sizeof(*more));
		if (!more)
			argp_failure(state, EXIT_SYSTEM, 0, "out of memory");
		run->words = more;
		run->words[run->nr_words++] = arg;
	} else {
		more = realloc(run->paths, (run->nr_paths + 1) * sizeof(*more));
		if (!more)
			argp_failure(state, EXIT_SYSTEM, 0, "out of memory");
		run->paths = more;
		run->paths[run->nr_paths++] = arg;
	}
}

static error_t run_asked_parse_number(struct run *run, int key, const char *arg,
				      struct argp_state *state)
{
	switch (key) {
	case 'o':
		run->offset = cli_number_option(state, "offset", arg, 0,
						LLONG_MAX);
		return 0;
	case 'l':
		run->length = cli_number_option(state, "length", arg, 0,
						LLONG_MAX);
		return 0;
	case 'b':
		run->batch = strcmp(arg, "max") ?
				     cli_number_option(state, "batch", arg, 1,
						       SBPF_IN_MAX) :
				     SBPF_IN_MAX;
		return 0;
	case KEY_OUT_CAP:
		run->out_cap = cli_number_option(state, "out-cap", arg, 1,
						 SBPF_OUT_MAX);
		return 0;
	case KEY_JOBS:
		run->jobs = cli_number_option(state, "jobs", arg, 1,
					      LAMBDA_JOBS_MAX);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t run_asked_parse(int key, char *arg, struct argp_state *state)
{
	struct run *run = state->input;
	const char *why;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &run->loaded;
		run->length = LLONG_MAX;
		run->jobs = run_asked_default_jobs();
		return 0;
	case ARGP_KEY_ARG:
		run_asked_add_word(run, arg, state);
		return 0;
	case ARGP_KEY_END:
		/* No file goes on behind the largest offset. */
		if (run->length > LLONG_MAX - run->offset)
			run->length = LLONG_MAX - run->offset;
		return 0;
	case 'a':
		run->has_block = true;
		why = args_add(&run->block, arg);
		if (why)
			argp_error(state, "'%s': %s", arg, why);
		return 0;
	case KEY_LINES:
		run->how |= LAMBDA_RUN_LINES;
		return 0;
	default:
		return run_asked_parse_number(run, key, arg, state);
	}
}

struct lambda_run_attr run_asked_attr(struct run *run)
{
	return (struct lambda_run_attr){
		.size = sizeof(struct lambda_run_attr),
		.flags = run->how,
		.args = run->block.bytes,
		.args_len = run->block.len,
		.offset = run->offset,
		.length = run->length,
		.batch = run->batch,
		.out_cap = run->out_cap,
		.load = &run->attr,
		.jobs = run->jobs,
		.total = &run->total,
	};
}

static const struct argp_child children[] = { { &load_argp, 0, NULL, 0 },
					      { 0 } };

const struct argp run_asked_argp = { options, run_asked_parse, NULL, NULL,
				     children, NULL, NULL };
