// SPDX-License-Identifier: GPL-2.0-only
/* lambda trace: requests as they end, from the kernel's tracepoints. */
#include <argp.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "disk.h"
#include "event.h"
#include "json.h"
#include "terminal.h"
#include "tracefs.h"

struct trace_options {
	long long count;
	bool json;
};

static const struct argp_option options[] = {
	{ "count", 'n', "N", 0, "End after N events", 0 },
	JSON_OPTION,
	{ 0 }
};

static error_t cmd_trace_parse(int key, char *arg, struct argp_state *state)
{
	struct trace_options *opts = state->input;

	switch (key) {
	case 'n':
		opts->count = cli_number_option(state, "count", arg, 1,
						LLONG_MAX);
		return 0;
	case 'j':
		opts->json = true;
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
	cmd_trace_parse,
	NULL,
	"Shows each request as it ends: over which file, on which side and why, what the model had expected of each side and what it took. Ends when it is interrupted, or at a terminal by q.",
	NULL,
	NULL,
	NULL
};

/* Then tracefs has no files, or none that can be opened: by what error differs. */
static bool cmd_trace_is_locked_down(void)
{
	FILE *file = fopen(SYSFS "/kernel/security/lockdown", "re");
	char text[128] = "";

	if (!file)
		return false;
	if (!fgets(text, sizeof(text), file))
		text[0] = '\0';
	fclose(file);
	return strstr(text, "[confidentiality]");
}

static int cmd_trace_cannot_trace(int err)
{
	if (cmd_trace_is_locked_down())
		return complain(EXIT_SYSTEM,
				"cannot trace: the kernel is locked down, which forbids it to root as well");
	if (err == -EOPNOTSUPP)
		return complain(EXIT_UNSUPPORTED,
				"this kernel has no tracepoints of λ-IO");
	return complain(EXIT_SYSTEM, "cannot trace: %s%s", strerror(-err),
			err == -EACCES || err == -EPERM ? "; it takes root" :
			err == -ENOENT ? "; " SYSFS "/kernel/tracing is to be mounted" :
			"");
}

static int cmd_trace_show_event(char *line, const char *sysfs, bool json)
{
	struct page page;

	if (json)
		return cli_event_json(line, sysfs, stdout);
	terminal_page(&page);
	return cli_event_print(line, sysfs, &page);
}

/* At the begin, and where a terminal has another width by now. */
static void cmd_trace_show_titles(bool json)
{
	struct page page;

	terminal_page(&page);
	if (!json)
		cli_event_print_titles(&page);
}

static int cmd_trace_follow(struct tracer *tracer, long long count,
			    const char *sysfs, bool json)
{
	char line[1024];
	int err = -EAGAIN;

	while (count > 0) {
		if (err == -EAGAIN)
			cmd_trace_show_titles(json);
		/* Why it cannot write is told at the end, as of all verbs. */
		if (fflush(stdout))
			return cli_signals_interrupted() ? 0 : EXIT_SYSTEM;
		err = tracefs_line(tracer, line, sizeof(line));
		if (err == -EINTR)
			return 0;
		if (err && err != -EAGAIN)
			return cmd_trace_cannot_trace(err);
		if (!err)
			count -= cmd_trace_show_event(line, sysfs, json);
	}
	return 0;
}

int cmd_trace_run(struct tracer *tracer, long long count, const char *sysfs,
		  bool json)
{
	int code;

	terminal_open(false);
	code = cmd_trace_follow(tracer, count, sysfs, json);
	terminal_close();
	return code;
}

int cmd_trace(int argc, char **argv)
{
	struct trace_options opts = { .count = LLONG_MAX };
	static struct tracer tracer;
	int code, err;

	argp_parse(&argp, argc, argv, 0, NULL, &opts);
	code = kernel_needed();
	if (code)
		return code;
	cli_signals_catch();
	err = tracefs_open(SYSFS "/kernel/tracing", "lambda", &tracer);
	if (err)
		return cmd_trace_cannot_trace(err);
	code = cmd_trace_run(&tracer, opts.count, SYSFS, opts.json);
	tracefs_close(&tracer);
	return code;
}
