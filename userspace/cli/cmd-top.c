// SPDX-License-Identifier: GPL-2.0-only
/* lambda top: which side runs what, and what the model makes of it. */
#include <argp.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "disk.h"
#include "kernel.h"
#include "top.h"

#define NAMES	64

/* In place of what was there; lines are cut at the edge, not wrapped. */
#define SCREEN_BEGIN	"\033[?7l\033[H\033[J"
#define SCREEN_END	"\033[?7h"

struct top {
	long long count;	/* of tables still to come */
	double interval;	/* seconds */
	bool live;		/* each in place of the one before */
};

static const struct argp_option options[] = {
	{ "once", '1', NULL, 0, "Print one table and end", 0 },
	{ "count", 'n', "N", 0, "Print N tables, one below the other", 0 },
	{ "interval", 'i', "SECONDS", 0, "Time between tables (1)", 0 },
	{ 0 }
};

static error_t cmd_top_parse(int key, char *arg, struct argp_state *state)
{
	struct top *top = state->input;
	char *end;

	switch (key) {
	case '1':
		top->count = 1;
		return 0;
	case 'n':
		top->count = number_option(state, "count", arg, 1, LLONG_MAX);
		return 0;
	case 'i':
		top->interval = strtod(arg, &end);
		if (end == arg || *end || !(top->interval >= 0.01) ||
		    top->interval > 86400)
			argp_error(state, "'%s': 0.01 to 86400 seconds", arg);
		return 0;
	case ARGP_KEY_ARG:
		argp_usage(state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	options,
	cmd_top_parse,
	NULL,
	"Shows for each disk that runs λs, and for each λ, how many requests and bytes each side ran, what the model knows of both, and by how much its predictions miss. Ends when it is interrupted.",
	NULL,
	NULL,
	NULL
};

/* Names of λs that somebody has a handle to, where this user may know. */
static struct {
	unsigned long long image;
	char name[BPF_OBJ_NAME_LEN];
} names[NAMES];
static size_t nr_names;

static void cmd_top_note_name(const struct handle *handle, void *unused)
{
	struct bpf_prog_info info;

	(void)unused;
	if (nr_names == NAMES || kernel_program(handle->program, &info))
		return;
	names[nr_names].image = handle->image;
	memcpy(names[nr_names++].name, info.name, sizeof(info.name));
}

static const char *cmd_top_find_name(unsigned long long image)
{
	size_t i;

	for (i = 0; i < nr_names; i++)
		if (names[i].image == image)
			return names[i].name;
	return NULL;
}

static double cmd_top_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static int cmd_top_print_table(const struct top *top, struct sample *sample,
			       const struct sample *before)
{
	int err = top_sample_take(SYSFS, cmd_top_now(), sample);

	if (err)
		return complain(EXIT_SYSTEM, "cannot read " SYSFS ": %s",
				strerror(-err));
	nr_names = 0;
	kernel_handles(cmd_top_note_name, NULL);
	if (top->live)
		fputs(SCREEN_BEGIN, stdout);
	else if (before)
		putchar('\n');
	top_sample_print(sample, before, cmd_top_find_name, stdout);
	/* Why it cannot write is told at the end, as of all verbs. */
	return fflush(stdout) && !signals_interrupted() ? EXIT_SYSTEM : 0;
}

/* Returns false when it is time to end. */
static bool cmd_top_wait(const struct top *top)
{
	struct timespec ts = {
		.tv_sec = top->interval,
		.tv_nsec = (top->interval - (time_t)top->interval) * 1e9,
	};

	return signals_wait_for(NULL, 0, &ts) == 0;
}

int cmd_top(int argc, char **argv)
{
	static struct sample samples[2];
	struct top top = { .count = LLONG_MAX, .interval = 1 };
	const struct sample *before = NULL;
	int code, i = 0;

	argp_parse(&argp, argc, argv, 0, NULL, &top);
	code = kernel_needed();
	if (code)
		return code;
	top.live = top.count == LLONG_MAX && isatty(STDOUT_FILENO);
	signals_catch();
	do {
		code = cmd_top_print_table(&top, &samples[i], before);
		before = &samples[i];
		i = !i;
	} while (!code && --top.count && cmd_top_wait(&top));
	if (top.live) {
		fputs(SCREEN_END, stdout);
		fflush(stdout);
	}
	return code;
}
