// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* What is wrong with an object. */
#include <stdarg.h>

#include "internal.h"

int lambda_refuse(const struct lambda_log *log, int err,
		  const struct lambda_object *obj, const char *fmt, ...)
{
	va_list args;

	if (log->size)
		*log->buf = '\0';
	lambda_log_add(log, "%s: ", obj->name);
	va_start(args, fmt);
	lambda_log_vadd(log, fmt, args);
	va_end(args);
	return err;
}
