// SPDX-License-Identifier: GPL-2.0-only
/*
 * lambda-bench jit [OBJECTS]: prints the code the kernel's JIT made of each λ
 * program in the folder OBJECTS.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bench.h"

#define OBJECTS_DEFAULT	"/usr/lib/lambda"

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
	if (argc < 2 || argc > 3 || strcmp(argv[1], "jit")) {
		fprintf(stderr, "Usage: lambda-bench jit [OBJECTS]\n");
		return 2;
	}
	return print_jit(argc > 2 ? argv[2] : OBJECTS_DEFAULT) ? 1 : 0;
}
