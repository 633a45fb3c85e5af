// SPDX-License-Identifier: GPL-2.0-only
/* lambda(1): finds the verb and hands over. */
#include <errno.h>
#include <locale.h>
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
	{ "bench", cmd_bench, "measure a λ program by each way there is" },
	{ "list", cmd_list, "list the λ programs that need no path" },
	{ "ls", cmd_ls, "list the λ programs and handles in the kernel" },
	{ "info", cmd_info, "show what an object holds, or what a disk or the kernel can" },
	{ "top", cmd_top, "show which side runs what, and what is known of both" },
	{ "trace", cmd_trace, "show requests as they end" },
	{ "cc", cmd_cc, "make an object of C sources" },
	{ "version", cmd_version, "say which versions command, kernel and drives are" },
};

#define NR_VERBS (sizeof(verbs) / sizeof(*verbs))

static void main_list_verbs(FILE *to)
{
	size_t i;

	fputs("Usage: lambda VERB …\n\n", to);
	for (i = 0; i < NR_VERBS; i++)
		fprintf(to, "  %-7s %s\n", verbs[i].name, verbs[i].what);
	fputs("\n`lambda help VERB` says more.\n",
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

static const struct verb *main_find_verb(const char *name)
{
	size_t i;

	for (i = 0; i < NR_VERBS; i++)
		if (!strcmp(name, verbs[i].name))
			return &verbs[i];
	complain(0, "no verb '%s'; `lambda --help` lists them", name);
	return NULL;
}

static int main_say_usage(char *word)
{
	char option[] = "--help";
	char *arguments[3] = { word, option };
	const struct verb *verb;

	if (!word) {
		main_list_verbs(stdout);
		return 0;
	}
	verb = main_find_verb(word);
	if (!verb)
		return EXIT_USAGE;
	help_page(verb->name);
	return main_run_verb(verb, 2, arguments);
}

/* What could not be written may show only when the output is closed. */
static void main_close_stdout(int code, void *unused)
{
	/* A descriptor that was never open is no error of what wrote nothing. */
	bool wrote = __fpending(stdout) > 0, failed = ferror(stdout);
	int err = failed ? errno : 0;

	(void)unused;
	/* A reader that does not read is not waited for. */
	if (cli_signals_interrupted())
		__fpurge(stdout);
	if (fclose(stdout) && (wrote || errno != EBADF)) {
		failed = true;
		err = errno;
	}
	if (!failed || cli_signals_interrupted())
		return;
	/* A reader that has enough is no news. */
	if (err != EPIPE)
		complain(0, "cannot write the output: %s",
			 err ? strerror(err) : "some of it is lost");
	_exit(code ?: EXIT_SYSTEM);
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";
	const struct verb *verb;

	if (!standard_hold_descriptors())
		return EXIT_SYSTEM;
	argp_err_exit_status = EXIT_USAGE;
	argp_program_version_hook = cmd_version_say;
	setlocale(LC_CTYPE, "");
	speak_guard_stdout();
	complain_guard_stderr();
	on_exit(main_close_stdout, NULL);
	if (argc < 2) {
		main_list_verbs(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(word, "--help") || !strcmp(word, "-h"))
		return main_say_usage(NULL);
	if (!strcmp(word, "help"))
		return main_say_usage(argv[2]);
	if (!strcmp(word, "--version") || !strcmp(word, "-V"))
		word = "version";
	verb = main_find_verb(word);
	return verb ? main_run_verb(verb, argc - 1, argv + 1) : EXIT_USAGE;
}
