// SPDX-License-Identifier: GPL-2.0-only
/*
 * lambda-bench run LIST FOLDER [OBJECTS]: measures the points of LIST over the
 * data in FOLDER, with the λ programs of the folder OBJECTS.
 *
 * lambda-bench jit [OBJECTS]: prints the code the kernel's JIT made of each.
 *
 * lambda-bench worth FILE: what the clock makes of common work; reads FILE.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bench.h"

int fail(const char *fmt, ...)
{
	va_list args;

	fputs("lambda-bench: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	return -1;
}

int main(int argc, char **argv)
{
	int err;

	if (argc >= 4 && argc <= 5 && !strcmp(argv[1], "run")) {
		err = run_list(argv[2], argv[3],
			       argc > 4 ? argv[4] : OBJECTS_DEFAULT);
	} else if (argc >= 2 && argc <= 3 && !strcmp(argv[1], "jit")) {
		err = print_jit(argc > 2 ? argv[2] : OBJECTS_DEFAULT);
	} else if (argc == 3 && !strcmp(argv[1], "worth")) {
		err = print_worth(argv[2]);
	} else {
		fprintf(stderr, "Usage: lambda-bench run LIST FOLDER [OBJECTS]\n"
				"       lambda-bench jit [OBJECTS]\n"
				"       lambda-bench worth FILE\n");
		return 2;
	}
	return err ? 1 : 0;
}
