// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* What is wrong in an object: in which function, and which line of it. */
#include <stdarg.h>

#include "internal.h"

/* Names the place: function and line where they are known, else the offset. */
static void refuse_at_log_place(const struct lambda_log *log,
				const struct lambda_object *obj, size_t section,
				__u64 offset)
{
	const struct lambda_symbol *func;
	const struct bpf_line_info *line;

	func = lambda_symbols_function(obj, section, offset);
	if (func)
		lambda_log_add(log, "function %s", func->name);
	else
		lambda_log_add(log, "offset 0x%llx", offset);
	line = lambda_lines_at(obj, section, offset);
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

	lambda_refuse(log, err, obj, "section %s, ",
		      obj->sections[section].name);
	refuse_at_log_place(log, obj, section, offset);
	va_start(args, fmt);
	lambda_log_vadd(log, fmt, args);
	va_end(args);
	return err;
}
