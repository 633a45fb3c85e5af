// SPDX-License-Identifier: GPL-2.0-only
/* lambda(1): finds the verb and hands over. */
#include <errno.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

static const struct verb {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *what;
} verbs[] = {
	{ "load", cmd_load, "load a λ program and say what it is" },
	{ "run", cmd_run, "run a λ program over a file" },
	{ "list", cmd_list, "list the λ programs that need no path" },
	{ "ls", cmd_ls, "list the λ programs and handles in the kernel" },
	{ "info", cmd_info, "show what an object holds, or what a disk or the kernel can" },
	{ "top", cmd_top, "show which side runs what, and what is known of both" },
	{ "trace", cmd_trace, "show requests as they end" },
	{ "cc", cmd_cc, "make an object of C sources" },
};

#define NR_VERBS (sizeof(verbs) / sizeof(*verbs))

static void main_list_verbs(FILE *to)
{
	size_t i;

	fputs("Usage: lambda VERB …\n\n", to);
	for (i = 0; i < NR_VERBS; i++)
		fprintf(to, "  %-6s %s\n", verbs[i].name, verbs[i].what);
	fputs("\n`lambda help VERB` says more, `lambda --version` which one this is.\n",
	      to);
}

static int main_run_verb(const struct verb *verb, int argc, char **argv)
{
	/* What argp puts before its messages. */
	static char name[32];

	snprintf(name, sizeof(name), "lambda %s", verb->name);
	argv[0] = name;
	return verb->run(argc, argv);
}

static int main_find_verb(int argc, char **argv)
{
	size_t i;

	for (i = 0; i < NR_VERBS; i++)
		if (!strcmp(argv[0], verbs[i].name))
			return main_run_verb(&verbs[i], argc, argv);
	return complain(EXIT_USAGE,
			"no verb '%s'; `lambda --help` lists them", argv[0]);
}

static int main_say_usage(char *verb)
{
	char option[] = "--help";
	char *arguments[3] = { verb, option };

	if (verb)
		return main_find_verb(2, arguments);
	main_list_verbs(stdout);
	return 0;
}

static int main_say_version(void)
{
	printf("lambda %s, version %d of the kernel's λ-IO interface\n",
	       LAMBDA_VERSION, LAMBDA_ABI);
	return 0;
}

/* What could not be written may show only when the output is closed. */
static void main_close_stdout(int code, void *unused)
{
	/* A descriptor that was never open is no error of what wrote nothing. */
	bool wrote = __fpending(stdout) > 0, failed = ferror(stdout);
	int err = failed ? errno : 0;

	(void)unused;
	/* A reader that does not read is not waited for. */
	if (signals_interrupted())
		__fpurge(stdout);
	if (fclose(stdout) && (wrote || errno != EBADF)) {
		failed = true;
		err = errno;
	}
	if (!failed || signals_interrupted())
		return;
	/* A reader that has enough is no news. */
	if (err != EPIPE)
		complain(0, "cannot write the output: %s",
			 err ? strerror(err) : "some of it is lost");
	_exit(code ?: EXIT_SYSTEM);
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";

	if (!standard_hold_descriptors())
		return EXIT_SYSTEM;
	argp_err_exit_status = EXIT_USAGE;
	complain_guard_stderr();
	on_exit(main_close_stdout, NULL);
	if (argc < 2) {
		main_list_verbs(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(verb, "--help") || !strcmp(verb, "-h"))
		return main_say_usage(NULL);
	if (!strcmp(verb, "help"))
		return main_say_usage(argv[2]);
	if (!strcmp(verb, "--version") || !strcmp(verb, "-V"))
		return main_say_version();
	return main_find_verb(argc - 1, argv + 1);
}
