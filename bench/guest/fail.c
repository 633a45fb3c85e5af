// SPDX-License-Identifier: GPL-2.0-only
/* How all parts of lambda-bench say what went wrong. */
#include <stdarg.h>
#include <stdio.h>

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
