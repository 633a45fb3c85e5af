// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a front end leaves to the back end to do with arguments, for all calls,
 * those through pointers included: a struct by value becomes the address of a
 * copy that the caller makes; variable arguments become the address of an array
 * of them.
 */
#include <stdlib.h>
#include <string.h>

#include "cc.h"

#define VA_SLOT 8u	/* bytes that a variable argument takes, or twice that */

/* Bytes of a variable argument of this type. */
static __u64 abi_slot_size(struct cc *cc, LLVMTypeRef type)
{
	__u64 size = LLVMABISizeOfType(cc->layout, type);

	return (size + VA_SLOT - 1) / VA_SLOT * VA_SLOT;
}

/* A pointer to a struct that is passed by value: to a copy from now on. */
static void abi_copy_argument(struct cc *cc, LLVMValueRef call, unsigned int i,
			      LLVMTypeRef type)
{
	LLVMValueRef copy = cc_ir_local(cc, cc_ir_function_of(call), type,
					"by.value");
	LLVMValueRef size = cc_ir_number(cc,
					 LLVMABISizeOfType(cc->layout, type));
	LLVMAttributeRef align = cc_ir_attribute(call, i + 1, "align");

	/* Of the source, which a type of LLVM's does not have. */
	if (align && LLVMGetEnumAttributeValue(align) > LLVMGetAlignment(copy))
		LLVMSetAlignment(copy, LLVMGetEnumAttributeValue(align));
	cc_ir_before(cc, call);
	LLVMBuildMemCpy(cc->builder, copy, VA_SLOT, LLVMGetOperand(call, i),
			VA_SLOT, size);
	LLVMSetOperand(call, i, copy);
}

static void abi_plain_call(struct cc *cc, LLVMValueRef call, void *unused)
{
	LLVMAttributeRef attribute;
	unsigned int i;

	(void)unused;
	if (!LLVMIsACallInst(call))
		return;
	for (i = 0; i < LLVMGetNumArgOperands(call); i++) {
		attribute = cc_ir_attribute(call, i + 1, "byval");
		if (attribute)
			abi_copy_argument(cc, call, i,
					  LLVMGetTypeAttributeValue(attribute));
		cc_ir_drop_attribute(call, i + 1, "byval");
		cc_ir_drop_attribute(call, i + 1, "sret");
	}
	/* Frames are laid out anew. */
	LLVMSetTailCall(call, false);
}

static void abi_plain_function(LLVMValueRef function)
{
	unsigned int i;

	for (i = 1; i <= LLVMCountParams(function); i++) {
		cc_ir_drop_attribute(function, i, "byval");
		cc_ir_drop_attribute(function, i, "sret");
	}
}

/* A type with variable arguments, with the address of them at its end. */
static LLVMTypeRef abi_fixed_type(struct cc *cc, LLVMTypeRef type)
{
	unsigned int count = LLVMCountParamTypes(type);
	LLVMTypeRef *params = calloc(count + 1, sizeof(*params)), ret;

	if (!params)
		cc_die("out of memory");
	LLVMGetParamTypes(type, params);
	params[count] = cc->ptr;
	ret = LLVMFunctionType(LLVMGetReturnType(type), params, count + 1,
			       false);
	free(params);
	return ret;
}

static void abi_start_list(struct cc *cc, LLVMValueRef insn, void *data)
{
	if (!cc_ir_calls(insn, "llvm.va_start"))
		return;
	cc_ir_before(cc, insn);
	LLVMBuildStore(cc->builder, data, LLVMGetOperand(insn, 0));
	cc_ir_replace(insn, NULL);
}

static LLVMValueRef abi_fix_function(struct cc *cc, LLVMValueRef function)
{
	LLVMTypeRef type = abi_fixed_type(cc, LLVMGlobalGetValueType(function));
	LLVMValueRef fresh = cc_ir_retype(cc, function, type);
	unsigned int count = LLVMCountParams(function), i;

	for (i = 0; i < count; i++)
		LLVMReplaceAllUsesWith(LLVMGetParam(function, i),
				       LLVMGetParam(fresh, i));
	cc_ir_each_of(cc, fresh, abi_start_list, LLVMGetParam(fresh, count));
	LLVMReplaceAllUsesWith(function, fresh);
	LLVMDeleteFunction(function);
	return fresh;
}

/* Stores what a call has beyond @fixed arguments; the array's address. */
static LLVMValueRef abi_store_list(struct cc *cc, LLVMValueRef call,
				   unsigned int fixed)
{
	unsigned int count = LLVMGetNumArgOperands(call), i;
	__u64 size = 0, at = 0;
	LLVMValueRef array;

	for (i = fixed; i < count; i++)
		size += abi_slot_size(cc, LLVMTypeOf(LLVMGetOperand(call, i)));
	array = cc_ir_local(cc, cc_ir_function_of(call),
			    LLVMArrayType(cc->i64, size / VA_SLOT + 1),
			    "variable.arguments");
	cc_ir_before(cc, call);
	for (i = fixed; i < count; i++) {
		LLVMValueRef value = LLVMGetOperand(call, i), place;
		LLVMValueRef offset = cc_ir_number(cc, at);

		place = LLVMBuildGEP2(cc->builder, cc->i8, array, &offset, 1,
				      "");
		LLVMBuildStore(cc->builder, value, place);
		at += abi_slot_size(cc, LLVMTypeOf(value));
	}
	return array;
}

/* What a call of variable arguments calls: a function that takes no such? */
static LLVMTypeRef abi_called_type(struct cc *cc, LLVMValueRef call,
				   bool *with_list)
{
	LLVMTypeRef type = LLVMGetCalledFunctionType(call);
	LLVMValueRef callee = cc_ir_callee(call);

	*with_list = true;
	if (callee && LLVMCountParams(callee) == LLVMGetNumArgOperands(call) &&
	    LLVMCountParams(callee) != LLVMCountParamTypes(type) + 1) {
		/* It was declared without its parameters. */
		*with_list = false;
		return LLVMGlobalGetValueType(callee);
	}
	return abi_fixed_type(cc, type);
}

static void abi_fix_call(struct cc *cc, LLVMValueRef call, void *unused)
{
	LLVMTypeRef old, type;
	unsigned int count, i;
	LLVMValueRef *values, fresh;
	bool with_list;

	(void)unused;
	if (!LLVMIsACallInst(call))
		return;
	old = LLVMGetCalledFunctionType(call);
	if (!LLVMIsFunctionVarArg(old) ||
	    LLVMIsAInlineAsm(LLVMGetCalledValue(call)))
		return;
	type = abi_called_type(cc, call, &with_list);
	count = LLVMCountParamTypes(type);
	values = calloc(count + 1, sizeof(*values));
	if (!values)
		cc_die("out of memory");
	for (i = 0; i < count; i++)
		values[i] = with_list && i == count - 1 ?
			    abi_store_list(cc, call, count - 1) :
			    LLVMGetOperand(call, i);
	cc_ir_before(cc, call);
	fresh = LLVMBuildCall2(cc->builder, type, LLVMGetCalledValue(call),
			       values, count, "");
	free(values);
	cc_ir_replace(call, fresh);
}

/*
 * A function of variable arguments that a file calls without its declaration,
 * as C of before 1999 may: it is called as what it is.
 */
static void abi_call_undeclared(struct cc *cc, LLVMValueRef call, void *unused)
{
	LLVMValueRef callee = cc_ir_callee(call), values[32];
	LLVMTypeRef type, params[32];
	unsigned int count, fixed, i;

	(void)unused;
	if (!callee || LLVMIsDeclaration(callee))
		return;
	type = LLVMGlobalGetValueType(callee);
	count = LLVMGetNumArgOperands(call);
	fixed = LLVMCountParamTypes(type);
	if (!LLVMIsFunctionVarArg(type) || count < fixed || count > 32 ||
	    LLVMIsFunctionVarArg(LLVMGetCalledFunctionType(call)) ||
	    LLVMGetReturnType(type) != LLVMTypeOf(call))
		return;
	LLVMGetParamTypes(type, params);
	for (i = 0; i < count; i++) {
		values[i] = LLVMGetOperand(call, i);
		if (i < fixed && LLVMTypeOf(values[i]) != params[i])
			return;
	}
	cc_ir_before(cc, call);
	cc_ir_replace(call, LLVMBuildCall2(cc->builder, type, callee, values,
					   count, ""));
}

/* Clang leaves structs among variable arguments to the back end. */
static void abi_next_argument(struct cc *cc, LLVMValueRef insn)
{
	LLVMTypeRef type = LLVMTypeOf(insn);
	LLVMValueRef list = LLVMGetOperand(insn, 0), at, next, value;
	LLVMValueRef size = cc_ir_number(cc, abi_slot_size(cc, type));

	cc_ir_before(cc, insn);
	at = LLVMBuildLoad2(cc->builder, cc->ptr, list, "");
	next = LLVMBuildGEP2(cc->builder, cc->i8, at, &size, 1, "");
	LLVMBuildStore(cc->builder, next, list);
	value = LLVMBuildLoad2(cc->builder, type, at, "");
	cc_ir_replace(insn, value);
}

static void abi_walk_list(struct cc *cc, LLVMValueRef insn, void *unused)
{
	LLVMValueRef list;

	(void)unused;
	if (LLVMIsAVAArgInst(insn)) {
		abi_next_argument(cc, insn);
	} else if (cc_ir_calls(insn, "llvm.va_end")) {
		cc_ir_replace(insn, NULL);
	} else if (cc_ir_calls(insn, "llvm.va_copy")) {
		cc_ir_before(cc, insn);
		list = LLVMBuildLoad2(cc->builder, cc->ptr,
				      LLVMGetOperand(insn, 1), "");
		LLVMBuildStore(cc->builder, list, LLVMGetOperand(insn, 0));
		cc_ir_replace(insn, NULL);
	}
}

void cc_lower_abi(struct cc *cc)
{
	LLVMValueRef function, next;

	cc_ir_each(cc, abi_plain_call, NULL);
	cc_ir_each(cc, abi_call_undeclared, NULL);
	for (function = LLVMGetFirstFunction(cc->module); function;
	     function = next) {
		next = LLVMGetNextFunction(function);
		if (LLVMGetIntrinsicID(function))
			continue;
		abi_plain_function(function);
		if (LLVMIsFunctionVarArg(LLVMGlobalGetValueType(function)))
			abi_fix_function(cc, function);
	}
	cc_ir_each(cc, abi_fix_call, NULL);
	cc_ir_each(cc, abi_walk_list, NULL);
}
