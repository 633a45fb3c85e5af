// SPDX-License-Identifier: GPL-2.0-only
/* lambda(1): finds the verb and hands over. */
#include <argp.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"

static const struct verb {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *what;
} verbs[] = {
	{ "load", cmd_load, "load a λ program and say what it is" },
	{ "run", cmd_run, "run a λ program over a file" },
	{ "ls", cmd_ls, "list the λ programs and handles in the kernel" },
	{ "info", cmd_info, "show what an object holds, or what a disk or the kernel can" },
	{ "top", cmd_top, "show which side runs what, and what is known of both" },
	{ "trace", cmd_trace, "show requests as they end" },
};

#define NR_VERBS (sizeof(verbs) / sizeof(*verbs))

static void usage(FILE *to)
{
	size_t i;

	fputs("Usage: lambda VERB …\n\n", to);
	for (i = 0; i < NR_VERBS; i++)
		fprintf(to, "  %-6s %s\n", verbs[i].name, verbs[i].what);
	fputs("\n`lambda VERB --help` says more.\n", to);
}

static int run_verb(const struct verb *verb, int argc, char **argv)
{
	/* What argp puts before its messages. */
	static char name[32];

	snprintf(name, sizeof(name), "lambda %s", verb->name);
	argv[0] = name;
	return verb->run(argc, argv);
}

int main(int argc, char **argv)
{
	size_t i;

	argp_err_exit_status = EXIT_USAGE;
	if (argc < 2) {
		usage(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "help")) {
		usage(stdout);
		return 0;
	}
	for (i = 0; i < NR_VERBS; i++)
		if (!strcmp(argv[1], verbs[i].name))
			return run_verb(&verbs[i], argc - 1, argv + 1);
	return complain(EXIT_USAGE,
			"no verb '%s'; `lambda --help` lists them", argv[1]);
}
