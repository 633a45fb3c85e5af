// SPDX-License-Identifier: GPL-2.0-only
/* The options of lambda run. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run.h"

enum {
	KEY_EACH = 256,
	KEY_IN,
	KEY_SIDE,
	KEY_NO_FALLBACK,
	KEY_SNAPSHOT,
	KEY_REPEAT,
	KEY_CSV,
	KEY_LOCAL,
	KEY_PROFILE,
	KEY_DEPTH,
};

static const struct argp_option options[] = {
	{ "each", KEY_EACH, NULL, 0, "One answer for each batch", 2 },
	{ "out", 'O', "PATH", 0,
	  "Put the output there when all of it is there (standard output)", 2 },
	{ "print", 'P', "FORMAT", 0,
	  "Output as raw, hex, i64, u64, fields, json or csv (fields where the object declares them, else hex on a terminal, else raw)",
	  2 },
	{ "json", 'j', NULL, 0,
	  "Short for --print=json; with --verbose, so is what it says", 2 },
	{ "csv", KEY_CSV, NULL, 0, "Short for --print=csv", 2 },
	{ "recursive", 'r', NULL, 0,
	  "Run over the files of folders, too, and go on where one cannot be read",
	  2 },
	{ "with-filename", 'H', NULL, 0,
	  "Put the file's name before its results (if there are several)", 2 },
	{ "no-filename", 'h', NULL, 0, "Put no names before results", 2 },
	{ "write", 'w', NULL, 0,
	  "Run over the standard input and write the output to FILE", 3 },
	{ "in", KEY_IN, "PATH", 0, "With --write: input from there", 3 },
	{ "side", KEY_SIDE, "SIDE", 0,
	  "Run on the host, in the device if it can, or where it is expected to end first: host, device or auto (auto)",
	  4 },
	{ "no-fallback", KEY_NO_FALLBACK, NULL, 0,
	  "With --side=device: fail where the device does not run it", 4 },
	{ "local", KEY_LOCAL, NULL, 0,
	  "Run in this process, which needs no kernel with λ-IO", 4 },
	{ "profile", KEY_PROFILE, NULL, 0,
	  "With --local: say at the end how many instructions and how much of the budget each line of the source took",
	  4 },
	{ "depth", KEY_DEPTH, "N", 0,
	  "Keep N requests under way by one thread through a ring of io_uring, in place of --jobs",
	  4 },
	{ "snapshot", KEY_SNAPSHOT, NULL, 0,
	  "Copy the input before the program sees it", 4 },
	{ "repeat", KEY_REPEAT, "N", 0,
	  "Do it all N times, with the output of the first", 4 },
	{ "verbose", 'v', NULL, 0, "Say at the end what it took", 4 },
	{ 0 }
};

static bool run_options_parse_format(struct run *run, const char *arg)
{
	static const char *const names[] = {
		[FORMAT_RAW] = "raw",
		[FORMAT_HEX] = "hex",
		[FORMAT_I64] = "i64",
		[FORMAT_U64] = "u64",
		[FORMAT_FIELDS] = "fields",
		[FORMAT_JSON] = "json",
		[FORMAT_CSV] = "csv",
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (!strcmp(arg, names[i])) {
			run->format = i;
			return true;
		}
	}
	return false;
}

static bool run_options_parse_side(struct run *run, const char *arg)
{
	run->flags &= ~(LAMBDA_IO_HOST | LAMBDA_IO_DEVICE);
	if (!strcmp(arg, "host"))
		run->flags |= LAMBDA_IO_HOST;
	else if (!strcmp(arg, "device"))
		run->flags |= LAMBDA_IO_DEVICE;
	else
		return !strcmp(arg, "auto");
	return true;
}

static error_t run_options_parse_flag(struct run *run, int key)
{
	switch (key) {
	case KEY_EACH:
		run->how |= LAMBDA_RUN_EACH;
		return 0;
	case 'j':
		run->format = FORMAT_JSON;
		return 0;
	case KEY_CSV:
		run->format = FORMAT_CSV;
		return 0;
	case 'w':
		run->write = true;
		return 0;
	case 'r':
		run->recursive = true;
		return 0;
	case 'H':
	case 'h':
		run->named = key == 'H';
		return 0;
	case KEY_NO_FALLBACK:
		run->flags |= LAMBDA_IO_NO_FALLBACK;
		return 0;
	case KEY_SNAPSHOT:
		run->flags |= LAMBDA_IO_SNAPSHOT;
		return 0;
	case KEY_LOCAL:
		run->locally = true;
		return 0;
	case KEY_PROFILE:
		run->profile = true;
		return 0;
	case 'v':
		run->verbose = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void run_options_parse_init(struct run *run, struct argp_state *state)
{
	state->child_inputs[0] = run;
	run->repeat = 1;
	run->format = -1;
	run->named = -1;
	run->file = -1;
	run->in = STDIN_FILENO;
}

/* What is wrong with the value of an option, or NULL. */
static const char *run_options_parse_value(struct run *run, int key, char *arg)
{
	switch (key) {
	case 'O':
		run->out_path = arg;
		return NULL;
	case KEY_IN:
		run->in_path = arg;
		return NULL;
	case 'P':
		return run_options_parse_format(run, arg) ?
			       NULL :
			       "not raw, hex, i64, u64, fields, json or csv";
	default:
		return run_options_parse_side(run, arg) ?
			       NULL :
			       "not host, device or auto";
	}
}

/* Once all arguments are known. */
static void run_options_parse_end(struct run *run, struct argp_state *state)
{
	bool device = run->flags & LAMBDA_IO_DEVICE;

	if (run->recursive && run->loaded.path && !run->nr_paths)
		run_asked_add_word(run, ".", state);
	if (!run->nr_paths)
		argp_error(state, "which object, over which file?");
	if (run->write && (run->nr_paths > 1 || run->recursive))
		argp_error(state, "--write goes to one file");
	run->path = *run->paths;
	if (run->write && run->repeat != 1)
		argp_error(state, "--write goes without --repeat");
	if (run->locally && device)
		argp_error(state, "--local runs on no device");
	if (run->locally && run->depth)
		argp_error(state, "--local goes without --depth");
	if (run->write && run->depth)
		argp_error(state, "--write goes without --depth");
	if (run->profile && !run->locally)
		argp_error(state, "--profile goes with --local");
	if (run->flags & LAMBDA_IO_NO_FALLBACK && !device)
		argp_error(state, "--no-fallback goes with --side=device");
}

static error_t run_options_parse(int key, char *arg, struct argp_state *state)
{
	struct run *run = state->input;
	const char *why;

	switch (key) {
	case ARGP_KEY_INIT:
		run_options_parse_init(run, state);
		return 0;
	case KEY_REPEAT:
		run->repeat = cli_number_option(state, "repeat", arg, 0,
						LLONG_MAX);
		return 0;
	case KEY_DEPTH:
		run->depth = cli_number_option(state, "depth", arg, 1,
					       LAMBDA_JOBS_MAX);
		return 0;
	case ARGP_KEY_END:
		run_options_parse_end(run, state);
		return 0;
	case 'O':
	case KEY_IN:
	case 'P':
	case KEY_SIDE:
		why = run_options_parse_value(run, key, arg);
		if (why)
			argp_error(state, "'%s': %s", arg, why);
		return 0;
	default:
		return run_options_parse_flag(run, key);
	}
}

static const struct argp_child children[] = { { &run_asked_argp, 0, NULL, 0 },
					      { 0 } };

const struct argp run_argp = {
	options,
	run_options_parse,
	"OBJ [NAME=VALUE...] FILE...",
	"Runs a λ program over each FILE, - being the standard input, with arguments by name as lambda info OBJ shows them, and puts its answers to the standard output. OBJ is a path, or a name that lambda list shows.",
	children,
	NULL,
	NULL
};
