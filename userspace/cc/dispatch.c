// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls through pointers. A λ cannot make any, so the address of a function is
 * a number, and a call through a pointer asks for the numbers of the functions
 * of its type, which are all that it may be of. Any other number, a null
 * pointer or one to data, ends the run.
 */
#include <linux/sbpf.h>
#include <stdlib.h>
#include <string.h>

#include "cc.h"
#include "lambda_end.h"

#define TYPES_MAX 4096u

/**
 * struct dispatch - what is known of functions and their types
 * @taken:    functions that have an address, in its order
 * @nr_taken: how many
 * @types:    types of functions that are called through pointers
 * @callers:  for each, the function that makes such calls
 * @nr_types: how many
 */
struct dispatch {
	LLVMValueRef *taken;
	size_t nr_taken;
	LLVMTypeRef types[TYPES_MAX];
	LLVMValueRef callers[TYPES_MAX];
	size_t nr_types;
};

static bool dispatch_used_beyond(LLVMValueRef function, LLVMValueRef *calls)
{
	size_t nr_calls = 0, uses = 0;
	LLVMUseRef use;

	while (calls[nr_calls])
		nr_calls++;
	for (use = LLVMGetFirstUse(function); use; use = LLVMGetNextUse(use))
		uses++;
	return uses > nr_calls;
}

/* Gives a function a number in the place of its address. */
static void dispatch_number_function(struct cc *cc, struct dispatch *dispatch,
				     LLVMValueRef function)
{
	LLVMValueRef *calls = cc_ir_calls_of(function);
	__u64 address;
	size_t i;

	if (dispatch_used_beyond(function, calls)) {
		address = CC_FUNCTION_BASE +
			  CC_FUNCTION_STRIDE * dispatch->nr_taken;
		dispatch->taken[dispatch->nr_taken++] = function;
		LLVMReplaceAllUsesWith(function, cc_ir_address(cc, address));
		/* Calls by name were uses as well. */
		for (i = 0; calls[i]; i++)
			LLVMSetOperand(calls[i],
				       LLVMGetNumOperands(calls[i]) - 1,
				       function);
	}
	free(calls);
}

static void dispatch_number_functions(struct cc *cc, struct dispatch *dispatch)
{
	LLVMValueRef function;
	size_t count = 0;

	for (function = LLVMGetFirstFunction(cc->module); function;
	     function = LLVMGetNextFunction(function))
		count++;
	dispatch->taken = calloc(count + 1, sizeof(*dispatch->taken));
	if (!dispatch->taken)
		cc_die("out of memory");
	for (function = LLVMGetFirstFunction(cc->module); function;
	     function = LLVMGetNextFunction(function))
		if (!LLVMIsDeclaration(function))
			dispatch_number_function(cc, dispatch, function);
}

/* What a λ calls by a number is a helper, or a function that is known now. */
static bool dispatch_calls_helper(LLVMValueRef called)
{
	__u64 id;

	return LLVMIsAConstantExpr(called) &&
	       LLVMGetConstOpcode(called) == LLVMIntToPtr &&
	       cc_ir_constant(LLVMGetOperand(called, 0), &id) &&
	       id >= SBPF_HELPER_MEMCPY && id < SBPF_HELPER_END;
}

/* The function that calls one of this type, whose address comes first. */
static LLVMValueRef dispatch_caller_of(struct cc *cc, struct dispatch *dispatch,
				       LLVMTypeRef type)
{
	unsigned int count = LLVMCountParamTypes(type);
	LLVMTypeRef *params;
	size_t i;

	for (i = 0; i < dispatch->nr_types; i++)
		if (dispatch->types[i] == type)
			return dispatch->callers[i];
	if (dispatch->nr_types == TYPES_MAX)
		cc_die("calls through pointers of more than %u types",
		       TYPES_MAX);
	params = calloc(count + 1, sizeof(*params));
	if (!params)
		cc_die("out of memory");
	params[0] = cc->ptr;
	LLVMGetParamTypes(type, params + 1);
	dispatch->types[i] = type;
	dispatch->callers[i] =
		LLVMAddFunction(cc->module, "call.through.pointer",
				LLVMFunctionType(LLVMGetReturnType(type),
						 params, count + 1, false));
	LLVMSetLinkage(dispatch->callers[i], LLVMInternalLinkage);
	dispatch->nr_types++;
	free(params);
	return dispatch->callers[i];
}

static void dispatch_replace_call(struct cc *cc, LLVMValueRef insn, void *data)
{
	LLVMValueRef called, caller, *values, fresh;
	unsigned int count, i;

	if (!LLVMIsACallInst(insn))
		return;
	called = LLVMGetCalledValue(insn);
	if (LLVMIsAFunction(called) || LLVMIsAInlineAsm(called) ||
	    dispatch_calls_helper(called))
		return;
	caller = dispatch_caller_of(cc, data, LLVMGetCalledFunctionType(insn));
	count = LLVMGetNumArgOperands(insn);
	values = calloc(count + 1, sizeof(*values));
	if (!values)
		cc_die("out of memory");
	values[0] = called;
	for (i = 0; i < count; i++)
		values[i + 1] = LLVMGetOperand(insn, i);
	cc_ir_before(cc, insn);
	fresh = LLVMBuildCall2(cc->builder, LLVMGlobalGetValueType(caller),
			       caller, values, count + 1, "");
	free(values);
	cc_ir_replace(insn, fresh);
}

static void dispatch_build_return(struct cc *cc, LLVMValueRef value)
{
	if (LLVMGetTypeKind(LLVMTypeOf(value)) == LLVMVoidTypeKind)
		LLVMBuildRetVoid(cc->builder);
	else
		LLVMBuildRet(cc->builder, value);
}

static void dispatch_build_case(struct cc *cc, LLVMValueRef caller,
				LLVMTypeRef type, LLVMValueRef choice,
				LLVMValueRef function, __u64 address)
{
	unsigned int count = LLVMCountParams(caller) - 1, i;
	LLVMValueRef *values = calloc(count + 1, sizeof(*values)), call;
	LLVMBasicBlockRef block;

	if (!values)
		cc_die("out of memory");
	block = LLVMAppendBasicBlockInContext(cc->context, caller, "");
	LLVMAddCase(choice, cc_ir_number(cc, address), block);
	LLVMPositionBuilderAtEnd(cc->builder, block);
	for (i = 0; i < count; i++)
		values[i] = LLVMGetParam(caller, i + 1);
	call = LLVMBuildCall2(cc->builder, type, function, values, count, "");
	cc_ir_extend_arguments(call, function);
	dispatch_build_return(cc, call);
	free(values);
}

/* The calls of one type: one of the functions that have it, or the end. */
static void dispatch_build_caller(struct cc *cc,
				  const struct dispatch *dispatch, size_t k)
{
	LLVMValueRef caller = dispatch->callers[k], choice, pointer;
	LLVMBasicBlockRef entry, wrong;
	size_t i;

	entry = LLVMAppendBasicBlockInContext(cc->context, caller, "");
	wrong = LLVMAppendBasicBlockInContext(cc->context, caller, "");
	LLVMPositionBuilderAtEnd(cc->builder, wrong);
	LLVMSetCurrentDebugLocation2(cc->builder, NULL);
	cc_ir_build_end(cc, LAMBDA_END_POINTER);
	LLVMBuildUnreachable(cc->builder);
	LLVMPositionBuilderAtEnd(cc->builder, entry);
	pointer = LLVMBuildPtrToInt(cc->builder, LLVMGetParam(caller, 0),
				    cc->i64, "");
	choice = LLVMBuildSwitch(cc->builder, pointer, wrong, 8);
	for (i = 0; i < dispatch->nr_taken; i++)
		if (LLVMGlobalGetValueType(dispatch->taken[i]) ==
		    dispatch->types[k])
			dispatch_build_case(cc, caller, dispatch->types[k],
					    choice, dispatch->taken[i],
					    CC_FUNCTION_BASE +
						    CC_FUNCTION_STRIDE * i);
}

bool cc_dispatch(struct cc *cc)
{
	struct dispatch *dispatch = calloc(1, sizeof(*dispatch));
	bool any;
	size_t k;

	if (!dispatch)
		cc_die("out of memory");
	dispatch_number_functions(cc, dispatch);
	cc_ir_each(cc, dispatch_replace_call, dispatch);
	for (k = 0; k < dispatch->nr_types; k++)
		dispatch_build_caller(cc, dispatch, k);
	any = dispatch->nr_types;
	free(dispatch->taken);
	free(dispatch);
	return any;
}
