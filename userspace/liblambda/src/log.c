// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Messages: which object, which function, which line, what is wrong. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

static void log_vadd(const struct lambda_log *log, const char *fmt,
		     va_list args)
{
	size_t used = log->size ? strnlen(log->buf, log->size - 1) : 0;

	vsnprintf(log->size ? log->buf + used : NULL, log->size - used, fmt,
		  args);
}

void lambda_log_add(const struct lambda_log *log, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	log_vadd(log, fmt, args);
	va_end(args);
}

static void log_start(const struct lambda_log *log,
		      const struct lambda_object *obj)
{
	if (log->size)
		*log->buf = '\0';
	lambda_log_add(log, "%s: ", obj->name);
}

int lambda_refuse(const struct lambda_log *log, int err,
		  const struct lambda_object *obj, const char *fmt, ...)
{
	va_list args;

	log_start(log, obj);
	va_start(args, fmt);
	log_vadd(log, fmt, args);
	va_end(args);
	return err;
}

/* Names the place: function and line where they are known, else the offset. */
static void log_place(const struct lambda_log *log,
		      const struct lambda_object *obj, size_t section,
		      __u64 offset)
{
	const struct lambda_symbol *func;
	const struct bpf_line_info *line;

	lambda_log_add(log, "section %s, ", obj->sections[section].name);
	func = lambda_elf_function(obj, section, offset);
	if (func)
		lambda_log_add(log, "function %s", func->name);
	else
		lambda_log_add(log, "offset 0x%llx",
			       offset);
	line = lambda_line_at(obj, section, offset);
	if (line)
		lambda_log_add(log, " (%s:%u)",
			       lambda_btf_string(&obj->btf,
						 line->file_name_off),
			       BPF_LINE_INFO_LINE_NUM(line->line_col));
	lambda_log_add(log, ": ");
}

int lambda_refuse_at(const struct lambda_log *log, int err,
		     const struct lambda_object *obj, size_t section,
		     __u64 offset, const char *fmt, ...)
{
	va_list args;

	log_start(log, obj);
	log_place(log, obj, section, offset);
	va_start(args, fmt);
	log_vadd(log, fmt, args);
	va_end(args);
	return err;
}
