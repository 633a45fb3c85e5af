// SPDX-License-Identifier: GPL-2.0-only
/*
 * Five registers carry arguments, and one the result. What does not fit is
 * passed in the caller's frame, whose address is the last argument.
 */
#include <stdlib.h>
#include <string.h>

#include "cc.h"

#define BLOCK_NAME "spilled.arguments"	/* by which a block is known again */

/**
 * struct shape - how a function is called
 * @count:  its parameters
 * @kept:   those that are in registers
 * @params: types of all
 * @ret:    type of its result
 * @wide:   the result is in the frame, behind the arguments there
 * @block:  what is in the frame; NULL if nothing
 * @type:   of the function as it is called
 */
struct shape {
	unsigned int count;
	unsigned int kept;
	LLVMTypeRef *params;
	LLVMTypeRef ret;
	bool wide;
	LLVMTypeRef block;
	LLVMTypeRef type;
};

/* Registers that a value of this type takes. */
static unsigned int spill_slots(LLVMTypeRef type)
{
	unsigned int count, i, sum = 0;

	switch (LLVMGetTypeKind(type)) {
	case LLVMVoidTypeKind:
		return 0;
	case LLVMIntegerTypeKind:
		return (LLVMGetIntTypeWidth(type) + 63) / 64;
	case LLVMStructTypeKind:
		count = LLVMCountStructElementTypes(type);
		for (i = 0; i < count; i++)
			sum += spill_slots(LLVMStructGetTypeAtIndex(type, i));
		return sum;
	case LLVMArrayTypeKind:
		return LLVMGetArrayLength2(type) *
		       spill_slots(LLVMGetElementType(type));
	case LLVMVectorTypeKind:
		return CC_SLOTS_MAX + 1;
	default:
		return 1;
	}
}

static void spill_find_block(struct cc *cc, struct shape *shape)
{
	unsigned int rest = shape->count - shape->kept, i;
	LLVMTypeRef *types = calloc(rest + 1, sizeof(*types));

	if (!types)
		cc_die("out of memory");
	for (i = 0; i < rest; i++)
		types[i] = shape->params[shape->kept + i];
	if (shape->wide)
		types[rest++] = shape->ret;
	shape->block = LLVMStructTypeInContext(cc->context, types, rest, false);
	free(types);
}

/* Does a function need its frame for calls? Then it says how. */
static bool spill_find_shape(struct cc *cc, LLVMValueRef function,
			     struct shape *shape)
{
	LLVMTypeRef type = LLVMGlobalGetValueType(function), last, ret;
	unsigned int sum = 0, i;

	*shape = (struct shape) {
		.count = LLVMCountParams(function),
		.ret = LLVMGetReturnType(type),
	};
	shape->params = calloc(shape->count + 1, sizeof(*shape->params));
	if (!shape->params)
		cc_die("out of memory");
	LLVMGetParamTypes(type, shape->params);
	shape->wide = spill_slots(shape->ret) > 1;
	for (i = 0; i < shape->count; i++)
		sum += spill_slots(shape->params[i]);
	if (!shape->wide && sum <= CC_SLOTS_MAX)
		return false;
	for (sum = 0; shape->kept < shape->count; shape->kept++) {
		sum += spill_slots(shape->params[shape->kept]);
		if (sum > CC_SLOTS_MAX - 1)
			break;
	}
	spill_find_block(cc, shape);
	last = shape->params[shape->kept];
	shape->params[shape->kept] = cc->ptr;
	ret = shape->wide ? cc->nothing : shape->ret;
	shape->type = LLVMFunctionType(ret, shape->params, shape->kept + 1,
				       false);
	shape->params[shape->kept] = last;
	return true;
}

static LLVMValueRef spill_field(struct cc *cc, const struct shape *shape,
				LLVMValueRef block, unsigned int i)
{
	return LLVMBuildStructGEP2(cc->builder, shape->block, block, i, "");
}

/* One block for all calls in a function of what is passed alike. */
static LLVMValueRef spill_block_of(struct cc *cc, LLVMValueRef function,
				   const struct shape *shape)
{
	LLVMBasicBlockRef entry = LLVMGetEntryBasicBlock(function);
	LLVMValueRef insn;

	for (insn = LLVMGetFirstInstruction(entry);
	     insn && LLVMIsAAllocaInst(insn); insn = LLVMGetNextInstruction(insn))
		if (LLVMGetAllocatedType(insn) == shape->block &&
		    !strncmp(cc_ir_name(insn), BLOCK_NAME, strlen(BLOCK_NAME)))
			return insn;
	return cc_ir_local(cc, function, shape->block, BLOCK_NAME);
}

static void spill_call(struct cc *cc, const struct shape *shape,
		       LLVMValueRef call, LLVMValueRef callee)
{
	LLVMValueRef block = spill_block_of(cc, cc_ir_function_of(call), shape);
	LLVMValueRef values[CC_SLOTS_MAX + 1], fresh;
	unsigned int i;

	cc_ir_before(cc, call);
	for (i = 0; i < shape->kept; i++)
		values[i] = LLVMGetOperand(call, i);
	values[i] = block;
	for (; i < shape->count; i++)
		LLVMBuildStore(cc->builder, LLVMGetOperand(call, i),
			       spill_field(cc, shape, block, i - shape->kept));
	fresh = LLVMBuildCall2(cc->builder, shape->type, callee, values,
			       shape->kept + 1, "");
	cc_ir_extend_arguments(fresh, callee);
	if (shape->wide)
		fresh = LLVMBuildLoad2(cc->builder, shape->ret,
				       spill_field(cc, shape, block,
						   shape->count - shape->kept),
				       "");
	cc_ir_replace(call, fresh);
}

struct wide_return {
	const struct shape *shape;
	LLVMValueRef block;
};

static void spill_return(struct cc *cc, LLVMValueRef insn, void *data)
{
	const struct wide_return *wide = data;
	const struct shape *shape = wide->shape;

	if (!LLVMIsAReturnInst(insn))
		return;
	cc_ir_before(cc, insn);
	LLVMBuildStore(cc->builder, LLVMGetOperand(insn, 0),
		       spill_field(cc, shape, wide->block,
				   shape->count - shape->kept));
	LLVMBuildRetVoid(cc->builder);
	cc_ir_replace(insn, NULL);
}

static void spill_parameters(struct cc *cc, const struct shape *shape,
			     LLVMValueRef function, LLVMValueRef fresh)
{
	struct wide_return wide = {
		.shape = shape,
		.block = LLVMGetParam(fresh, shape->kept),
	};
	unsigned int i;

	cc_ir_at_start(cc, fresh);
	for (i = 0; i < shape->count; i++) {
		LLVMValueRef value;

		if (i < shape->kept)
			value = LLVMGetParam(fresh, i);
		else
			value = LLVMBuildLoad2(cc->builder, shape->params[i],
					       spill_field(cc, shape,
							   wide.block,
							   i - shape->kept),
					       "");
		LLVMReplaceAllUsesWith(LLVMGetParam(function, i), value);
	}
	if (shape->wide)
		cc_ir_each_of(cc, fresh, spill_return, &wide);
}

/* Attributes of the parameters that stay where they are. */
static void spill_keep_extensions(const struct shape *shape,
				  LLVMValueRef function, LLVMValueRef fresh)
{
	static const char *const names[] = { "signext", "zeroext" };
	unsigned int i, k;

	for (i = 1; i <= shape->kept; i++) {
		for (k = 0; k < 2; k++) {
			LLVMAttributeRef attribute =
				cc_ir_attribute(function, i, names[k]);

			if (attribute)
				LLVMAddAttributeAtIndex(fresh, i, attribute);
		}
	}
}

static void spill_drop_effects(LLVMValueRef function)
{
	/* It reads the frame of its caller now, and perhaps writes there. */
	cc_ir_drop_attribute(function, LLVMAttributeFunctionIndex, "memory");
}

static void spill_function(struct cc *cc, LLVMValueRef function)
{
	LLVMValueRef *calls, fresh;
	struct shape shape;
	size_t i;

	if (spill_find_shape(cc, function, &shape)) {
		calls = cc_ir_calls_of(function);
		fresh = cc_ir_retype(cc, function, shape.type);
		spill_drop_effects(fresh);
		spill_keep_extensions(&shape, function, fresh);
		spill_parameters(cc, &shape, function, fresh);
		for (i = 0; calls[i]; i++)
			spill_call(cc, &shape, calls[i], fresh);
		free(calls);
		LLVMDeleteFunction(function);
	}
	free(shape.params);
}

void cc_spill_arguments(struct cc *cc)
{
	LLVMValueRef function, next;

	for (function = LLVMGetFirstFunction(cc->module); function;
	     function = next) {
		next = LLVMGetNextFunction(function);
		if (!LLVMIsDeclaration(function) && !cc_ir_is_entry(function))
			spill_function(cc, function);
	}
}
