// SPDX-License-Identifier: GPL-2.0-only
/* Messages of the command itself. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "cc.h"

void cc_die(const char *format, ...)
{
	va_list args;

	fputs("lambda cc: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

void cc_stop_on_errors(const struct cc *cc)
{
	if (cc->errors)
		cc_die("%u error%s, nothing written", cc->errors,
		       cc->errors == 1 ? "" : "s");
}
