// SPDX-License-Identifier: GPL-2.0-only
/* What several passes need of LLVM's functions, calls and instructions. */
#include <stdlib.h>
#include <string.h>

#include "cc.h"
#include "lambda_end.h"

void cc_ir_each_of(struct cc *cc, LLVMValueRef function, cc_visitor visit,
		   void *data)
{
	LLVMBasicBlockRef block;
	LLVMValueRef insn, next;

	for (block = LLVMGetFirstBasicBlock(function); block;
	     block = LLVMGetNextBasicBlock(block)) {
		for (insn = LLVMGetFirstInstruction(block); insn; insn = next) {
			next = LLVMGetNextInstruction(insn);
			visit(cc, insn, data);
		}
	}
}

void cc_ir_each(struct cc *cc, cc_visitor visit, void *data)
{
	LLVMValueRef function;

	for (function = LLVMGetFirstFunction(cc->module); function;
	     function = LLVMGetNextFunction(function))
		cc_ir_each_of(cc, function, visit, data);
}

LLVMValueRef cc_ir_callee(LLVMValueRef insn)
{
	if (!LLVMIsACallInst(insn))
		return NULL;
	return LLVMIsAFunction(LLVMGetCalledValue(insn));
}

bool cc_ir_calls(LLVMValueRef insn, const char *prefix)
{
	LLVMValueRef callee = cc_ir_callee(insn);

	return callee && !strncmp(cc_ir_name(callee), prefix, strlen(prefix));
}

LLVMValueRef cc_ir_function_of(LLVMValueRef insn)
{
	return LLVMGetBasicBlockParent(LLVMGetInstructionParent(insn));
}

const char *cc_ir_name(LLVMValueRef value)
{
	size_t length;

	return LLVMGetValueName2(value, &length);
}

bool cc_ir_constant(LLVMValueRef value, __u64 *ret)
{
	if (!LLVMIsAConstantInt(value) ||
	    LLVMGetIntTypeWidth(LLVMTypeOf(value)) > 64)
		return false;
	*ret = LLVMConstIntGetZExtValue(value);
	return true;
}

LLVMValueRef cc_ir_number(struct cc *cc, __u64 value)
{
	return LLVMConstInt(cc->i64, value, false);
}

LLVMValueRef cc_ir_address(struct cc *cc, __u64 value)
{
	return LLVMConstIntToPtr(cc_ir_number(cc, value), cc->ptr);
}

void cc_ir_at_start(struct cc *cc, LLVMValueRef function)
{
	LLVMBasicBlockRef block = LLVMGetEntryBasicBlock(function);
	LLVMValueRef insn = LLVMGetFirstInstruction(block);

	if (insn)
		LLVMPositionBuilderBefore(cc->builder, insn);
	else
		LLVMPositionBuilderAtEnd(cc->builder, block);
	LLVMSetCurrentDebugLocation2(cc->builder, NULL);
}

void cc_ir_before(struct cc *cc, LLVMValueRef insn)
{
	LLVMMetadataRef place = LLVMInstructionGetDebugLoc(insn);
	LLVMMetadataRef scope = LLVMGetSubprogram(cc_ir_function_of(insn));

	/* LLVM insists that calls have a place where functions have one. */
	if (!place && scope)
		place = LLVMDIBuilderCreateDebugLocation(cc->context, 0, 0,
							 scope, NULL);
	LLVMPositionBuilderBefore(cc->builder, insn);
	LLVMSetCurrentDebugLocation2(cc->builder, place);
}

LLVMValueRef cc_ir_local(struct cc *cc, LLVMValueRef function, LLVMTypeRef type,
			 const char *name)
{
	cc_ir_at_start(cc, function);
	return LLVMBuildAlloca(cc->builder, type, name);
}

void cc_ir_replace(LLVMValueRef insn, LLVMValueRef value)
{
	if (value)
		LLVMReplaceAllUsesWith(insn, value);
	LLVMInstructionEraseFromParent(insn);
}

LLVMAttributeRef cc_ir_attribute(LLVMValueRef value, unsigned int index,
				 const char *name)
{
	unsigned int kind = LLVMGetEnumAttributeKindForName(name, strlen(name));

	if (!kind)
		return NULL;
	if (LLVMIsAFunction(value))
		return LLVMGetEnumAttributeAtIndex(value, index, kind);
	return LLVMGetCallSiteEnumAttribute(value, index, kind);
}

void cc_ir_drop_attribute(LLVMValueRef value, unsigned int index,
			  const char *name)
{
	unsigned int kind = LLVMGetEnumAttributeKindForName(name, strlen(name));

	if (LLVMIsAFunction(value))
		LLVMRemoveEnumAttributeAtIndex(value, index, kind);
	else
		LLVMRemoveCallSiteEnumAttribute(value, index, kind);
}

static void ir_copy_attributes(LLVMValueRef from, LLVMValueRef to)
{
	unsigned int count, i;
	LLVMAttributeRef *all;

	count = LLVMGetAttributeCountAtIndex(from, LLVMAttributeFunctionIndex);
	all = calloc(count + 1, sizeof(*all));
	if (!all)
		cc_die("out of memory");
	LLVMGetAttributesAtIndex(from, LLVMAttributeFunctionIndex, all);
	for (i = 0; i < count; i++)
		LLVMAddAttributeAtIndex(to, LLVMAttributeFunctionIndex, all[i]);
	free(all);
}

LLVMValueRef cc_ir_retype(struct cc *cc, LLVMValueRef function,
			  LLVMTypeRef type)
{
	LLVMBasicBlockRef block, next;
	LLVMValueRef fresh;
	char *name = strdup(cc_ir_name(function));

	LLVMSetValueName2(function, "", 0);
	fresh = LLVMAddFunction(cc->module, name, type);
	free(name);
	ir_copy_attributes(function, fresh);
	LLVMSetLinkage(fresh, LLVMGetLinkage(function));
	LLVMSetSection(fresh, LLVMGetSection(function));
	if (LLVMGetSubprogram(function)) {
		LLVMSetSubprogram(fresh, LLVMGetSubprogram(function));
		LLVMSetSubprogram(function, NULL);
	}
	for (block = LLVMGetFirstBasicBlock(function); block; block = next) {
		next = LLVMGetNextBasicBlock(block);
		LLVMRemoveBasicBlockFromParent(block);
		LLVMAppendExistingBasicBlock(fresh, block);
	}
	return fresh;
}

LLVMValueRef *cc_ir_calls_of(LLVMValueRef function)
{
	size_t count = 0;
	LLVMValueRef *calls;
	LLVMUseRef use;

	for (use = LLVMGetFirstUse(function); use; use = LLVMGetNextUse(use))
		count++;
	calls = calloc(count + 1, sizeof(*calls));
	if (!calls)
		cc_die("out of memory");
	count = 0;
	for (use = LLVMGetFirstUse(function); use; use = LLVMGetNextUse(use)) {
		LLVMValueRef user = LLVMGetUser(use);
		size_t i;

		if (cc_ir_callee(user) != function)
			continue;
		/* A call that is given its callee's address uses it twice. */
		for (i = 0; i < count && calls[i] != user; i++)
			;
		calls[i] = user;
		count += i == count;
	}
	return calls;
}

void cc_ir_extend_arguments(LLVMValueRef call, LLVMValueRef function)
{
	static const char *const names[] = { "signext", "zeroext" };
	unsigned int i, k;

	for (i = 1; i <= LLVMCountParams(function); i++) {
		for (k = 0; k < 2; k++) {
			LLVMAttributeRef attribute =
				cc_ir_attribute(function, i, names[k]);

			if (attribute)
				LLVMAddCallSiteAttribute(call, i, attribute);
		}
	}
}

void cc_ir_forget_loop(struct cc *cc, LLVMValueRef insn)
{
	LLVMSetMetadata(insn, LLVMGetMDKindIDInContext(cc->context, "llvm.loop",
						       9), NULL);
}

void cc_ir_build_end(struct cc *cc, unsigned int end)
{
	LLVMValueRef store;

	store = LLVMBuildStore(cc->builder, LLVMConstNull(cc->i8),
			       cc_ir_address(cc, LAMBDA_END_BASE + end));
	LLVMSetVolatile(store, true);
}

bool cc_ir_is_entry(LLVMValueRef function)
{
	const char *section = LLVMGetSection(function);

	if (!section || LLVMGetLinkage(function) == LLVMInternalLinkage)
		return false;
	return !strcmp(section, "lambda") || !strncmp(section, "lambda/", 7) ||
	       !strncmp(section, "lambda.merge/", 13) ||
	       !strncmp(section, "lambda.whole/", 13);
}
