// SPDX-License-Identifier: GPL-2.0-only
/* How the command tells what went wrong: in words, and by its exit code. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "cli.h"

int complain(int code, const char *fmt, ...)
{
	va_list args;

	fputs("lambda: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	return code;
}

int exit_code(int err)
{
	switch (-err) {
	case ECANCELED:
		return EXIT_ENDED_BADLY;
	case ENOSYS:
		return EXIT_UNSUPPORTED;
	case ENOEXEC:
	case EOPNOTSUPP:
	case EINVAL:
	case EMSGSIZE:
		return EXIT_REFUSED;
	default:
		return EXIT_SYSTEM;
	}
}
