// SPDX-License-Identifier: GPL-2.0-only
/*
 * How the command says anything: names that objects, tasks and files have do
 * nothing to a terminal, and make no lines that it did not mean to print.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "sink.h"

/* Puts @len bytes, or those before a NUL among them. */
static void complain_put_safely(const char *text, size_t len, FILE *to)
{
	char *copy = strndup(text, len);
	size_t size = copy ? lambda_printable(copy, NULL, 0) + 1 : 0;
	char *safe = malloc(size ?: 1);

	if (copy && safe) {
		lambda_printable(copy, safe, size);
		fputs(safe, to);
	} else {
		fputs("(out of memory)", to);
	}
	free(safe);
	free(copy);
}

static void complain_vprint(FILE *to, const char *fmt, va_list args)
{
	size_t len = strlen(fmt);
	bool line = len && fmt[len - 1] == '\n';
	char *text;
	int size = vasprintf(&text, fmt, args);

	if (size < 0) {
		fputs("(out of memory)\n", to);
		return;
	}
	complain_put_safely(text, size - line, to);
	if (line)
		fputc('\n', to);
	free(text);
}

void print(FILE *to, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	complain_vprint(to, fmt, args);
	va_end(args);
}

int complain(int code, const char *fmt, ...)
{
	va_list args;

	fputs("lambda: ", stderr);
	va_start(args, fmt);
	complain_vprint(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	return code;
}

int complain_lines(int code, const char *lines)
{
	fprintf(stderr, "lambda: %s\n", lines);
	return code;
}

/* Bytes at the end that are a letter's, which goes on in what is written next. */
static size_t complain_begun_letter(const char *text, size_t size)
{
	size_t i;

	for (i = 1; i < 4 && i <= size; i++) {
		unsigned char c = text[size - i];

		if ((c & 0xc0) == 0x80)
			continue;
		return c >= 0xf0 || (c >= 0xe0 && i < 3) ||
			       (c >= 0xc0 && i < 2) ? i : 0;
	}
	return 0;
}

/* One line of it, or a part of one. */
static bool complain_write_line(const char *text, size_t len, bool ends)
{
	char *line = strndup(text, len);
	size_t size = line ? lambda_printable(line, NULL, 0) + 1 : 0;
	char *safe = malloc(size ?: 1);
	bool ok = line && safe;

	if (ok) {
		lambda_printable(line, safe, size);
		ok = !speak_whole(STDERR_FILENO, safe, size - 1) &&
		     (!ends || !speak_whole(STDERR_FILENO, "\n", 1));
	}
	free(safe);
	free(line);
	return ok;
}

/* What other parts of the C library say goes this way, with its lines. */
static ssize_t complain_write_safely(void *unused, const char *text,
				     size_t size)
{
	static char held[4];
	static size_t nr_held;
	size_t have = nr_held + size, used = 0;
	char *all = malloc(have ?: 1);
	bool ok = all;

	(void)unused;
	if (!ok)
		return 0;
	memcpy(all, held, nr_held);
	memcpy(all + nr_held, text, size);
	nr_held = complain_begun_letter(all, have);
	have -= nr_held;
	memcpy(held, all + have, nr_held);
	while (ok && used < have) {
		const char *end = memchr(all + used, '\n', have - used);
		size_t len = (end ? end : all + have) - (all + used);

		ok = complain_write_line(all + used, len, end);
		used += len + !!end;
	}
	free(all);
	return ok ? size : 0;
}

void complain_guard_stderr(void)
{
	const cookie_io_functions_t functions = {
		.write = complain_write_safely
	};
	FILE *guarded = fopencookie(NULL, "w", functions);

	if (!guarded)
		return;
	setvbuf(guarded, NULL, _IOLBF, 65536);
	stderr = guarded;
}

int complain_exit_code_of_run(int err)
{
	switch (-err) {
	case ECANCELED:
		return EXIT_ENDED_BADLY;
	case ENOSYS:
	case EPROTONOSUPPORT:
		return EXIT_UNSUPPORTED;
	default:
		return EXIT_SYSTEM;
	}
}

int complain_exit_code(int err)
{
	switch (-err) {
	case ENOEXEC:
	case EOPNOTSUPP:
	case EINVAL:
	case EMSGSIZE:
		return EXIT_REFUSED;
	default:
		return complain_exit_code_of_run(err);
	}
}
