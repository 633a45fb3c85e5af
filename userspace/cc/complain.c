// SPDX-License-Identifier: GPL-2.0-only
/* Messages: what is wrong, with what, and what to do. */
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

/* Where a value stands in the source, as far as that is known. */
static void complain_say_place(LLVMValueRef value)
{
	const char *file = NULL;
	unsigned int length = 0, line = 0;

	if (LLVMIsAInstruction(value) || LLVMIsAFunction(value) ||
	    LLVMIsAGlobalVariable(value)) {
		file = LLVMGetDebugLocFilename(value, &length);
		line = LLVMGetDebugLocLine(value);
	}
	if (file && length && line)
		fprintf(stderr, "%.*s:%u: ", (int)length, file, line);
	if (LLVMIsAInstruction(value))
		fprintf(stderr, "function '%s': ",
			cc_name(cc_function_of(value)));
	else if (LLVMIsAFunction(value))
		fprintf(stderr, "function '%s': ", cc_name(value));
	else if (LLVMIsAGlobalVariable(value))
		fprintf(stderr, "variable '%s': ", cc_name(value));
}

void cc_refuse(struct cc *cc, LLVMValueRef value, const char *format, ...)
{
	va_list args;

	fputs("lambda cc: ", stderr);
	if (value)
		complain_say_place(value);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	if (++cc->errors >= CC_ERRORS_MAX)
		cc_stop_on_errors(cc);
}
