// SPDX-License-Identifier: GPL-2.0-only
/*
 * lambda top and lambda trace over files that stand for the kernel's, for
 * terminal_test.py: screen top SYSFS, screen trace PIPE.
 */
#include <cli.h>
#include <fcntl.h>
#include <limits.h>
#include <locale.h>
#include <string.h>
#include <top.h>
#include <tracefs.h>
#include <unistd.h>

static int show_top(const char *sysfs)
{
	const struct top_options options = {
		.count = LLONG_MAX,
		.interval = 0.1,
	};

	return cmd_top_run(&options, sysfs);
}

static int show_trace(const char *pipe)
{
	static struct tracer tracer;

	/* For writing as well, so that it has no end. */
	tracer.pipe = open(pipe, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (tracer.pipe < 0)
		return EXIT_SYSTEM;
	cli_signals_catch();
	return cmd_trace_run(&tracer, LLONG_MAX, "/nonexistent", false);
}

int main(int argc, char **argv)
{
	int code;

	setlocale(LC_CTYPE, "");
	speak_guard_stdout();
	if (argc != 3)
		return EXIT_USAGE;
	code = strcmp(argv[1], "top") ? show_trace(argv[2]) :
					show_top(argv[2]);
	return fclose(stdout) ? EXIT_SYSTEM : code;
}
