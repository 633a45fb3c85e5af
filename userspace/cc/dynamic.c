// SPDX-License-Identifier: GPL-2.0-only
/*
 * Local variables whose size or number only a run knows: arrays of variable
 * length, and alloca(). BPF's frames have no room for them, so they lie on a
 * stack of their own among the globals, whose top a function that has any puts
 * back before it returns, as LLVM does where a block of the source ends.
 */
#include <string.h>

#include "cc.h"
#include "lambda_end.h"

#define ALIGN 16u

/**
 * struct dynamic - the stack of what is of variable size
 * @memory: it, of the size that --stack= says, and a byte behind it
 * @top:    the variable that has the address of its first free byte
 * @any:    the function at hand uses it
 */
struct dynamic {
	LLVMValueRef memory;
	LLVMValueRef top;
	bool any;
};

static LLVMValueRef dynamic_add_global(struct cc *cc, LLVMTypeRef type,
				       const char *name, LLVMValueRef value)
{
	LLVMValueRef ret = LLVMAddGlobal(cc->module, type, name);

	LLVMSetInitializer(ret, value);
	LLVMSetLinkage(ret, LLVMInternalLinkage);
	LLVMSetAlignment(ret, ALIGN);
	return ret;
}

static void dynamic_make_stack(struct cc *cc, struct dynamic *dynamic)
{
	LLVMTypeRef type = LLVMArrayType2(cc->i8, cc->stack + 1);

	if (dynamic->memory)
		return;
	dynamic->memory = dynamic_add_global(cc, type, "dynamic.stack",
					     LLVMConstNull(type));
	dynamic->top = dynamic_add_global(cc, cc->ptr, "dynamic.top",
					  dynamic->memory);
}

/* Is it one that a frame has: of a known size, and once in each call? */
static bool dynamic_is_static(LLVMValueRef insn)
{
	LLVMBasicBlockRef block = LLVMGetInstructionParent(insn);
	__u64 count;

	return cc_ir_constant(LLVMGetOperand(insn, 0), &count) &&
	       block == LLVMGetEntryBasicBlock(cc_ir_function_of(insn));
}

/*
 * Ends the run unless @size more bytes fit behind @top: without a branch, by a
 * byte that is written there, or where a write ends it.
 */
static void dynamic_build_check(struct cc *cc, const struct dynamic *dynamic,
				LLVMValueRef top, LLVMValueRef size)
{
	LLVMValueRef end = cc_ir_number(cc, cc->stack), left, fits, store;

	end = LLVMBuildGEP2(cc->builder, cc->i8, dynamic->memory, &end, 1, "");
	left = LLVMBuildSub(cc->builder,
			    LLVMBuildPtrToInt(cc->builder, end, cc->i64, ""),
			    LLVMBuildPtrToInt(cc->builder, top, cc->i64, ""),
			    "");
	fits = LLVMBuildICmp(cc->builder, LLVMIntULE, size, left, "");
	end = cc_ir_address(cc, LAMBDA_END_BASE + LAMBDA_END_DEPTH);
	store = LLVMBuildStore(cc->builder, LLVMConstNull(cc->i8),
			       LLVMBuildSelect(cc->builder, fits, top, end,
					       ""));
	LLVMSetVolatile(store, true);
}

/* The first place from @top on that is a multiple of @align. */
static LLVMValueRef dynamic_align(struct cc *cc, LLVMValueRef top,
				  unsigned int align)
{
	LLVMValueRef over, gap;

	if (align <= ALIGN)
		return top;
	over = LLVMBuildPtrToInt(cc->builder, top, cc->i64, "");
	gap = LLVMBuildAnd(cc->builder, LLVMBuildNeg(cc->builder, over, ""),
			   cc_ir_number(cc, align - 1), "");
	return LLVMBuildGEP2(cc->builder, cc->i8, top, &gap, 1, "");
}

static void dynamic_take(struct cc *cc, LLVMValueRef insn, void *data)
{
	LLVMValueRef size, each, top, next, rounded;
	struct dynamic *dynamic = data;

	if (!LLVMIsAAllocaInst(insn) || dynamic_is_static(insn))
		return;
	dynamic_make_stack(cc, dynamic);
	cc_ir_before(cc, insn);
	size = LLVMBuildIntCast2(cc->builder, LLVMGetOperand(insn, 0), cc->i64,
				 false, "");
	each = cc_ir_number(cc, LLVMABISizeOfType(cc->layout,
						  LLVMGetAllocatedType(insn)));
	size = LLVMBuildMul(cc->builder, size, each, "");
	top = LLVMBuildLoad2(cc->builder, cc->ptr, dynamic->top, "");
	top = dynamic_align(cc, top, LLVMGetAlignment(insn));
	dynamic_build_check(cc, dynamic, top, size);
	rounded = LLVMBuildAdd(cc->builder, size, cc_ir_number(cc, ALIGN - 1),
			       "");
	rounded = LLVMBuildAnd(cc->builder, rounded,
			       cc_ir_number(cc, -(__u64)ALIGN), "");
	next = LLVMBuildGEP2(cc->builder, cc->i8, top, &rounded, 1, "");
	LLVMBuildStore(cc->builder, next, dynamic->top);
	cc_ir_replace(insn, top);
	dynamic->any = true;
}

/* A call of alloca() without its header, whose result may be any type. */
static void dynamic_lower_call(struct cc *cc, LLVMValueRef insn, void *unused)
{
	LLVMTypeRef type = LLVMTypeOf(insn);
	LLVMValueRef callee = cc_ir_callee(insn), value;

	(void)unused;
	if (!callee || !LLVMIsDeclaration(callee) ||
	    strcmp(cc_ir_name(callee), "alloca") ||
	    LLVMGetNumArgOperands(insn) != 1)
		return;
	cc_ir_before(cc, insn);
	value = LLVMBuildArrayAlloca(cc->builder, cc->i8,
				     LLVMGetOperand(insn, 0), "");
	LLVMSetAlignment(value, ALIGN);
	if (type != cc->ptr)
		value = LLVMBuildPtrToInt(cc->builder, value, type, "");
	cc_ir_replace(insn, value);
}

struct put_back {
	const struct dynamic *dynamic;
	LLVMValueRef top;
};

static void dynamic_put_back(struct cc *cc, LLVMValueRef insn, void *data)
{
	const struct put_back *back = data;

	if (!LLVMIsAReturnInst(insn))
		return;
	cc_ir_before(cc, insn);
	LLVMBuildStore(cc->builder, back->top, back->dynamic->top);
}

static void dynamic_keep_top(struct cc *cc, const struct dynamic *dynamic,
			     LLVMValueRef function)
{
	struct put_back back = { .dynamic = dynamic };

	cc_ir_at_start(cc, function);
	back.top = LLVMBuildLoad2(cc->builder, cc->ptr, dynamic->top, "");
	cc_ir_each_of(cc, function, dynamic_put_back, &back);
	cc_ir_drop_attribute(function, LLVMAttributeFunctionIndex, "memory");
}

/* Where a block of the source begins and ends. */
static void dynamic_keep_in_block(struct cc *cc, LLVMValueRef insn, void *data)
{
	const struct dynamic *dynamic = data;

	if (cc_ir_calls(insn, "llvm.stacksave")) {
		cc_ir_before(cc, insn);
		cc_ir_replace(insn, LLVMBuildLoad2(cc->builder, cc->ptr,
						   dynamic->top, ""));
	} else if (cc_ir_calls(insn, "llvm.stackrestore")) {
		cc_ir_before(cc, insn);
		LLVMBuildStore(cc->builder, LLVMGetOperand(insn, 0),
			       dynamic->top);
		cc_ir_replace(insn, NULL);
	}
}

void cc_lower_dynamic(struct cc *cc)
{
	struct dynamic dynamic = { 0 };
	LLVMValueRef function;

	cc_ir_each(cc, dynamic_lower_call, NULL);
	for (function = LLVMGetFirstFunction(cc->module); function;
	     function = LLVMGetNextFunction(function)) {
		dynamic.any = false;
		cc_ir_each_of(cc, function, dynamic_take, &dynamic);
		if (dynamic.any)
			dynamic_keep_top(cc, &dynamic, function);
	}
	if (dynamic.memory)
		cc_ir_each(cc, dynamic_keep_in_block, &dynamic);
}
