// SPDX-License-Identifier: GPL-2.0-only
/* Options that change how a program is loaded. */
#include <argp.h>

#include "cli.h"

/* Others than those of lambda run. */
enum {
	KEY_HEAP = 512,
};

static const struct argp_option options[] = {
	{ "program", 'p', "NAME", 0,
	  "Entry function, where the object has several", 1 },
	{ "heap", KEY_HEAP, "BYTES", 0, "Heap, instead of the object's own", 1 },
	{ "frame", 'F', "BYTES", 0,
	  "Stack of each function, a multiple of 4K", 1 },
	{ "budget", 'B', "JUMPS", 0, "Backward jumps a request may take", 1 },
	{ 0 }
};

static void loaded_options_init(struct loaded *loaded)
{
	loaded->heap = -1;
	loaded->frame = -1;
	loaded->budget = -1;
	loaded->fd = -1;
	loaded->pinned = -1;
	loaded->pinned_merge = -1;
	loaded->pinned_whole = -1;
}

static error_t loaded_options_parse(int key, char *arg,
				    struct argp_state *state)
{
	struct loaded *loaded = state->input;

	switch (key) {
	case 'p':
		loaded->name = arg;
		return 0;
	case KEY_HEAP:
		loaded->heap = cli_number_option(state, "heap", arg, 0,
						 SBPF_HEAP_MAX);
		return 0;
	case 'F':
		loaded->frame = cli_number_option(state, "frame", arg, 0,
						  SBPF_FRAME_MAX);
		if (loaded->frame % SBPF_PAGE_SIZE)
			argp_error(state,
				   "a frame of %s is not a multiple of 4K",
				   arg);
		return 0;
	case 'B':
		loaded->budget = cli_number_option(state, "budget", arg, 0,
						   SBPF_BUDGET_MAX);
		return 0;
	case ARGP_KEY_INIT:
		loaded_options_init(loaded);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp load_argp = { options, loaded_options_parse, 0, 0, 0, 0, 0 };

void loaded_options_attr(const struct loaded *loaded,
			 struct lambda_load_attr *attr)
{
	lambda_program__attr(loaded->prog, attr);
	if (loaded->heap >= 0)
		attr->heap_len = loaded->heap;
	if (loaded->frame >= 0)
		attr->frame_len = loaded->frame;
	if (loaded->budget >= 0) {
		attr->budget = loaded->budget;
		attr->flags |= LAMBDA_ATTR_BUDGET;
	}
}
