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
#include "json.h"
#include "kernel.h"
#include "terminal.h"
#include "top.h"

#define NAMES	64

static const struct argp_option options[] = {
	{ "once", '1', NULL, 0, "Print one table and end", 0 },
	{ "count", 'n', "N", 0, "Print N tables, one below the other", 0 },
	{ "interval", 'i', "SECONDS", 0, "Time between tables (1)", 0 },
	JSON_OPTION,
	{ 0 }
};

static error_t cmd_top_parse(int key, char *arg, struct argp_state *state)
{
	struct top_options *top = state->input;
	char *end;

	switch (key) {
	case '1':
		top->count = 1;
		return 0;
	case 'n':
		top->count = cli_number_option(state, "count", arg, 1,
					       LLONG_MAX);
		return 0;
	case 'i':
		top->interval = strtod(arg, &end);
		if (end == arg || *end || !(top->interval >= 0.01) ||
		    top->interval > 86400)
			argp_error(state, "'%s': 0.01 to 86400 seconds", arg);
		return 0;
	case 'j':
		top->json = true;
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
	"Shows for each disk that runs λs, and for each λ, how many requests and bytes each side ran, what the model knows of both, and by how much its predictions miss. Ends when it is interrupted, or at a terminal by q.",
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

/* Both samples of a table, the one before it being NULL for the first. */
struct samples {
	struct sample both[2];
	const struct sample *before;
	struct sample *now;
};

static int cmd_top_take_sample(const char *sysfs, struct samples *samples)
{
	int err;

	samples->before = samples->now;
	samples->now = &samples->both[samples->now == samples->both];
	err = top_sample_take(sysfs, cmd_top_now(), samples->now);
	if (err)
		return complain(EXIT_SYSTEM, "cannot read %s: %s", sysfs,
				strerror(-err));
	nr_names = 0;
	kernel_handles(cmd_top_note_name, NULL);
	return 0;
}

/* The table on the screen, in place of what was there. */
static int cmd_top_show_screen(const struct samples *samples)
{
	struct page page;
	char *text;
	size_t size;

	terminal_page(&page);
	page.to = open_memstream(&text, &size);
	if (!page.to)
		return complain(EXIT_SYSTEM, "%s", strerror(errno));
	top_sample_print(samples->now, samples->before, cmd_top_find_name,
			 &page);
	fclose(page.to);
	terminal_show(text);
	free(text);
	return 0;
}

static int cmd_top_show(const struct samples *samples,
			const struct top_options *top, bool screen)
{
	struct page page;
	int code = 0;

	if (screen) {
		code = cmd_top_show_screen(samples);
	} else if (top->json) {
		top_json_sample(samples->now, cmd_top_find_name, stdout);
	} else {
		terminal_page(&page);
		if (samples->before)
			putchar('\n');
		top_sample_print(samples->now, samples->before,
				 cmd_top_find_name, &page);
	}
	/* Why it cannot write is told at the end, as of all verbs. */
	if (fflush(stdout) && !cli_signals_interrupted())
		return EXIT_SYSTEM;
	return code;
}

/* Returns false when it is time to end. A screen follows what happens to it. */
static bool cmd_top_wait(const struct samples *samples,
			 const struct top_options *top, bool screen)
{
	struct timespec ts = {
		.tv_sec = top->interval,
		.tv_nsec = (top->interval - (time_t)top->interval) * 1e9,
	};
	int ret;

	while ((ret = terminal_wait(-1, &ts)) == -EAGAIN)
		if (screen && cmd_top_show(samples, top, screen))
			return false;
	return ret == 0;
}

int cmd_top_run(const struct top_options *top, const char *sysfs)
{
	static struct samples samples;
	long long left = top->count;
	bool screen;
	int code;

	cli_signals_catch();
	screen = terminal_open(top->count == LLONG_MAX && !top->json);
	do {
		code = cmd_top_take_sample(sysfs, &samples);
		if (!code)
			code = cmd_top_show(&samples, top, screen);
	} while (!code && --left && cmd_top_wait(&samples, top, screen));
	terminal_close();
	return code;
}

int cmd_top(int argc, char **argv)
{
	struct top_options top = { .count = LLONG_MAX, .interval = 1 };
	int code;

	argp_parse(&argp, argc, argv, 0, NULL, &top);
	code = kernel_needed();
	return code ?: cmd_top_run(&top, SYSFS);
}
