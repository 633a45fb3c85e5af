// SPDX-License-Identifier: GPL-2.0-only
/* What is wrong with a part of the program, and where in its source that is. */
#include <stdarg.h>
#include <stdio.h>

#include "cc.h"

/* Where a value stands in the source, as far as that is known. */
static void cc_refuse_say_place(LLVMValueRef value)
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
			cc_ir_name(cc_ir_function_of(value)));
	else if (LLVMIsAFunction(value))
		fprintf(stderr, "function '%s': ", cc_ir_name(value));
	else if (LLVMIsAGlobalVariable(value))
		fprintf(stderr, "variable '%s': ", cc_ir_name(value));
}

void cc_refuse(struct cc *cc, LLVMValueRef value, const char *format, ...)
{
	va_list args;

	fputs("lambda cc: ", stderr);
	if (value)
		cc_refuse_say_place(value);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	if (++cc->errors >= CC_ERRORS_MAX)
		cc_stop_on_errors(cc);
}
