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
#include "tracefs.h"

static const struct argp_option options[] = {
	{ "count", 'n', "N", 0, "End after N events", 0 },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	long long *count = state->input;

	switch (key) {
	case 'n':
		if (!parse_size(arg, count) || !*count)
			argp_error(state, "'%s' is not a number of events",
				   arg);
		return 0;
	case ARGP_KEY_ARG:
		argp_usage(state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	options, parse, NULL,
	"Shows each request as it ends: over which file, on which side and why, what the model had expected of each side and what it took. Ends when it is interrupted.",
	NULL, NULL, NULL
};

static int cannot_trace(int err)
{
	if (err == -EOPNOTSUPP)
		return complain(EXIT_UNSUPPORTED,
				"this kernel has no tracepoints of λ-IO");
	return complain(EXIT_SYSTEM, "cannot trace: %s%s", strerror(-err),
			err == -EACCES || err == -EPERM ? "; it takes root" :
			err == -ENOENT ? "; " SYSFS "/kernel/tracing is to be mounted" :
			"");
}

static int follow(struct tracer *tracer, const sigset_t *waiting,
		  long long count)
{
	char line[1024];
	int err;

	event_print_header(stdout);
	while (count > 0) {
		if (fflush(stdout))
			return complain(EXIT_SYSTEM, "cannot write: %s",
					strerror(errno));
		err = tracer_line(tracer, waiting, line, sizeof(line));
		if (err == -EINTR)
			return 0;
		if (err)
			return cannot_trace(err);
		count -= event_print(line, SYSFS, stdout);
	}
	return 0;
}

int cmd_trace(int argc, char **argv)
{
	static struct tracer tracer;
	long long count = LLONG_MAX;
	sigset_t waiting;
	int code, err;

	argp_parse(&argp, argc, argv, 0, NULL, &count);
	catch_signals(&waiting);
	err = tracer_open(SYSFS "/kernel/tracing", "lambda", &tracer);
	if (err)
		return cannot_trace(err);
	code = follow(&tracer, &waiting, count);
	tracer_close(&tracer);
	return code;
}
