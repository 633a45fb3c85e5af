// SPDX-License-Identifier: GPL-2.0-only
/*
 * Functions with the attribute constructor: each program calls them first, as
 * globals begin anew with each request. Destructors would change nothing any
 * more, and are not called.
 */
#include <llvm-c/DebugInfo.h>
#include <stdlib.h>

#include "cc.h"

/* Of struct { i32 priority, ptr function, ptr data } in the module's list. */
static unsigned long long constructor_priority(LLVMValueRef item)
{
	return LLVMConstIntGetZExtValue(LLVMGetOperand(item, 0));
}

static int constructor_compare(const void *a, const void *b)
{
	unsigned long long x = constructor_priority(*(LLVMValueRef *)a);
	unsigned long long y = constructor_priority(*(LLVMValueRef *)b);

	return (x > y) - (x < y);
}

/* What a call is said to be at: the beginning of the program. */
static void constructor_set_place(struct cc *cc, LLVMValueRef program)
{
	LLVMMetadataRef told = LLVMGetSubprogram(program), place;

	cc_ir_at_start(cc, program);
	if (!told)
		return;
	place = LLVMDIBuilderCreateDebugLocation(cc->context,
						 LLVMDISubprogramGetLine(told),
						 0, told, NULL);
	LLVMSetCurrentDebugLocation2(cc->builder, place);
}

/* The one that comes first last, for each call goes before all others. */
static void constructor_call_all(struct cc *cc, LLVMValueRef program,
				 LLVMValueRef *items, int count)
{
	LLVMTypeRef type = LLVMFunctionType(cc->nothing, NULL, 0, false);

	while (count--) {
		constructor_set_place(cc, program);
		LLVMBuildCall2(cc->builder, type,
			       LLVMGetOperand(items[count], 1), NULL, 0, "");
	}
}

void cc_call_constructors(struct cc *cc)
{
	LLVMValueRef list = LLVMGetNamedGlobal(cc->module, "llvm.global_ctors");
	LLVMValueRef program, *items;
	int count, i;

	if (!list)
		return;
	list = LLVMGetInitializer(list);
	count = LLVMGetNumOperands(list);
	items = calloc(count + 1, sizeof(*items));
	if (!items)
		cc_die("out of memory");
	for (i = 0; i < count; i++)
		items[i] = LLVMGetOperand(list, i);
	/* Of equal ones glibc's qsort() leaves the order; so do linkers. */
	qsort(items, count, sizeof(*items), constructor_compare);
	for (program = LLVMGetFirstFunction(cc->module); program;
	     program = LLVMGetNextFunction(program))
		if (!LLVMIsDeclaration(program) && cc_ir_is_entry(program))
			constructor_call_all(cc, program, items, count);
	free(items);
}
