// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Messages: a buffer of the caller's, to which parts are added. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

/* Bytes of one part of a message; names in it are shorter. */
#define PART_MAX	8192

/* Whatever names are in it, a message does nothing to a terminal. */
static void log_append(const struct lambda_log *log, const char *text)
{
	size_t used;

	if (!log->size)
		return;
	used = strnlen(log->buf, log->size - 1);
	lambda_printable(text, log->buf + used, log->size - used);
}

void lambda_log_vadd(const struct lambda_log *log, const char *fmt,
		     va_list args)
{
	LAMBDA_KEEP_ERRNO;
	char part[PART_MAX];

	vsnprintf(part, sizeof(part), fmt, args);
	log_append(log, part);
}

void lambda_log_add(const struct lambda_log *log, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	lambda_log_vadd(log, fmt, args);
	va_end(args);
}

static void log_new_line(const struct lambda_log *log)
{
	size_t used = log->size ? strnlen(log->buf, log->size - 1) : 0;

	if (used + 1 < log->size)
		memcpy(log->buf + used, "\n", 2);
}

void lambda_log_lines(const struct lambda_log *log, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		lambda_log_add(log, "%.*s", (int)len, text);
		if (text[len])
			log_new_line(log);
		text += len + (text[len] != '\0');
	}
}

int lambda_log_end(const struct lambda_log *log, int err)
{
	if (err < 0 && log->size && !*log->buf)
		lambda_log_add(log, "%s",
			       err == -ENOMEM ? "out of memory" :
						strerror(-err));
	return err;
}
