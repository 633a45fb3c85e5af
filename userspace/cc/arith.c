// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arithmetic that BPF does not have, by calls of the runtime in libc/float.c
 * and libc/wide.c. Floats and doubles are in registers as what they are, and
 * in calls as the bits they are made of.
 */
#include <stdio.h>
#include <string.h>

#include "cc.h"

/* Calls a function of the runtime, which internalizing has left alone. */
static LLVMValueRef arith_call(struct cc *cc, const char *name,
			       LLVMValueRef *values, unsigned int count)
{
	LLVMValueRef function = LLVMGetNamedFunction(cc->module, name);

	if (!function)
		cc_die("%s is not in the C library: install it again", name);
	return LLVMBuildCall2(cc->builder, LLVMGlobalGetValueType(function),
			      function, values, count, "");
}

static bool arith_is_float(LLVMTypeRef type)
{
	return LLVMGetTypeKind(type) == LLVMFloatTypeKind;
}

static bool arith_is_double(LLVMTypeRef type)
{
	return LLVMGetTypeKind(type) == LLVMDoubleTypeKind;
}

static bool arith_is_wide(LLVMTypeRef type)
{
	return LLVMGetTypeKind(type) == LLVMIntegerTypeKind &&
	       LLVMGetIntTypeWidth(type) > 64;
}

/* The bits of a float or a double, as those of a double. */
static LLVMValueRef arith_bits_of(struct cc *cc, LLVMValueRef value)
{
	LLVMValueRef bits;

	if (arith_is_double(LLVMTypeOf(value)))
		return LLVMBuildBitCast(cc->builder, value, cc->i64, "");
	bits = LLVMBuildBitCast(cc->builder, value, cc->i32, "");
	return arith_call(cc, "lambda_double_from_float", &bits, 1);
}

static LLVMValueRef arith_number_of(struct cc *cc, LLVMValueRef bits,
				    LLVMTypeRef type)
{
	if (arith_is_float(type))
		bits = arith_call(cc, "lambda_float_from_double", &bits, 1);
	return LLVMBuildBitCast(cc->builder, bits, type, "");
}

static LLVMValueRef arith_operate(struct cc *cc, LLVMValueRef insn,
				  const char *name)
{
	LLVMValueRef values[] = {
		arith_bits_of(cc, LLVMGetOperand(insn, 0)),
		arith_bits_of(cc, LLVMGetOperand(insn, 1)),
	};

	return arith_number_of(cc, arith_call(cc, name, values, 2),
			       LLVMTypeOf(insn));
}

/* The bits of a number with some of them changed. */
static LLVMValueRef arith_masked(struct cc *cc, LLVMValueRef value,
				 LLVMOpcode opcode, bool sign)
{
	LLVMTypeRef type = LLVMTypeOf(value);
	LLVMTypeRef word = arith_is_double(type) ? cc->i64 : cc->i32;
	unsigned int top = arith_is_double(type) ? 63 : 31;
	__u64 mask = sign ? 1ull << top : (1ull << top) - 1;
	LLVMValueRef bits = LLVMBuildBitCast(cc->builder, value, word, "");

	return LLVMBuildBinOp(cc->builder, opcode, bits,
			      LLVMConstInt(word, mask, false), "");
}

static LLVMValueRef arith_negate(struct cc *cc, LLVMValueRef insn)
{
	LLVMValueRef bits =
		arith_masked(cc, LLVMGetOperand(insn, 0), LLVMXor, true);

	return LLVMBuildBitCast(cc->builder, bits, LLVMTypeOf(insn), "");
}

/* lambda_double_compare() says -1, 0, 1, or 2 for none of them. */
static LLVMValueRef arith_compare(struct cc *cc, LLVMValueRef insn)
{
	static const struct {
		LLVMIntPredicate predicate;
		int with;
		bool odd;	/* of the lowest bit: -1 or 1 */
	} tests[] = {
		[LLVMRealOEQ] = { LLVMIntEQ, 0, false },
		[LLVMRealOGT] = { LLVMIntEQ, 1, false },
		[LLVMRealOGE] = { LLVMIntULE, 1, false },
		[LLVMRealOLT] = { LLVMIntEQ, -1, false },
		[LLVMRealOLE] = { LLVMIntSLE, 0, false },
		[LLVMRealONE] = { LLVMIntEQ, 1, true },
		[LLVMRealORD] = { LLVMIntNE, 2, false },
		[LLVMRealUNO] = { LLVMIntEQ, 2, false },
		[LLVMRealUEQ] = { LLVMIntEQ, 0, true },
		[LLVMRealUGT] = { LLVMIntSGT, 0, false },
		[LLVMRealUGE] = { LLVMIntSGE, 0, false },
		[LLVMRealULT] = { LLVMIntUGT, 1, false },
		[LLVMRealULE] = { LLVMIntNE, 1, false },
		[LLVMRealUNE] = { LLVMIntNE, 0, false },
	};
	LLVMRealPredicate predicate = LLVMGetFCmpPredicate(insn);
	LLVMTypeRef bit = LLVMInt1TypeInContext(cc->context);
	LLVMValueRef values[2], order;

	if (predicate == LLVMRealPredicateFalse ||
	    predicate == LLVMRealPredicateTrue)
		return LLVMConstInt(bit, predicate == LLVMRealPredicateTrue,
				    false);
	values[0] = arith_bits_of(cc, LLVMGetOperand(insn, 0));
	values[1] = arith_bits_of(cc, LLVMGetOperand(insn, 1));
	order = arith_call(cc, "lambda_double_compare", values, 2);
	if (tests[predicate].odd)
		order = LLVMBuildAnd(cc->builder, order,
				     LLVMConstInt(cc->i32, 1, false), "");
	return LLVMBuildICmp(cc->builder, tests[predicate].predicate, order,
			     LLVMConstInt(cc->i32, tests[predicate].with, true),
			     "");
}

static LLVMValueRef arith_from_integer(struct cc *cc, LLVMValueRef insn,
				       bool is_signed)
{
	LLVMValueRef value = LLVMGetOperand(insn, 0);
	LLVMTypeRef type = LLVMTypeOf(insn);
	const char *name;

	if (arith_is_wide(LLVMTypeOf(value))) {
		cc_refuse(cc, insn,
			  "makes a floating-point number of 128 bits: make it of 64");
		return LLVMConstNull(LLVMTypeOf(insn));
	}
	value = LLVMBuildIntCast2(cc->builder, value, cc->i64, is_signed, "");
	name = arith_is_float(type) ?
	       is_signed ? "lambda_float_from_signed" :
			   "lambda_float_from_unsigned" :
	       is_signed ? "lambda_double_from_signed" :
			   "lambda_double_from_unsigned";
	return LLVMBuildBitCast(cc->builder, arith_call(cc, name, &value, 1),
				type, "");
}

static LLVMValueRef arith_to_integer(struct cc *cc, LLVMValueRef insn,
				     bool is_signed)
{
	LLVMTypeRef type = LLVMTypeOf(insn);
	LLVMValueRef bits = arith_bits_of(cc, LLVMGetOperand(insn, 0));
	const char *name = "lambda_double_to_signed";

	if (arith_is_wide(type)) {
		cc_refuse(cc, insn,
			  "makes 128 bits of a floating-point number: make it 64");
		return LLVMConstNull(type);
	}
	/* As a processor does it, which shows when the number does not fit. */
	if (LLVMGetIntTypeWidth(type) == 64 && !is_signed)
		name = "lambda_double_to_unsigned";
	else if (LLVMGetIntTypeWidth(type) <= (is_signed ? 32 : 16))
		name = "lambda_double_to_int";
	bits = arith_call(cc, name, &bits, 1);
	return LLVMBuildIntCast2(cc->builder, bits, type, is_signed, "");
}

/* Of which class a number is, as what it is: a double is small where it is. */
static LLVMValueRef arith_class(struct cc *cc, LLVMValueRef value)
{
	bool wide = arith_is_double(LLVMTypeOf(value));
	LLVMValueRef bits = LLVMBuildBitCast(cc->builder, value,
					     wide ? cc->i64 : cc->i32, "");

	return arith_call(cc, wide ? "lambda_double_class" :
			  "lambda_float_class", &bits, 1);
}

/* Intrinsics that an optimiser makes; those of math.h are calls of it. */
static LLVMValueRef arith_intrinsic(struct cc *cc, LLVMValueRef insn)
{
	LLVMTypeRef type = LLVMTypeOf(insn);
	LLVMValueRef value = LLVMGetOperand(insn, 0), bits;

	if (cc_ir_calls(insn, "llvm.fabs."))
		return LLVMBuildBitCast(cc->builder,
					arith_masked(cc, value, LLVMAnd, false),
					type, "");
	if (cc_ir_calls(insn, "llvm.copysign.")) {
		bits = LLVMBuildOr(cc->builder,
				   arith_masked(cc, value, LLVMAnd, false),
				   arith_masked(cc, LLVMGetOperand(insn, 1),
						LLVMAnd, true),
				   "");
		return LLVMBuildBitCast(cc->builder, bits, type, "");
	}
	if (cc_ir_calls(insn, "llvm.sqrt.")) {
		bits = arith_bits_of(cc, value);
		bits = arith_call(cc, "lambda_double_root", &bits, 1);
		return arith_number_of(cc, bits, type);
	}
	if (cc_ir_calls(insn, "llvm.fmuladd.")) {
		LLVMValueRef values[] = {
			arith_bits_of(cc, value),
			arith_bits_of(cc, LLVMGetOperand(insn, 1)),
		};
		LLVMValueRef sum[] = {
			arith_call(cc, "lambda_double_multiply", values, 2),
			arith_bits_of(cc, LLVMGetOperand(insn, 2)),
		};

		bits = arith_call(cc, "lambda_double_add", sum, 2);
		return arith_number_of(cc, bits, type);
	}
	if (cc_ir_calls(insn, "llvm.is.fpclass.")) {
		bits = arith_class(cc, value);
		bits = LLVMBuildAnd(cc->builder, bits, LLVMGetOperand(insn, 1),
				    "");
		return LLVMBuildICmp(cc->builder, LLVMIntNE, bits,
				     LLVMConstNull(cc->i32), "");
	}
	return NULL;
}

static LLVMValueRef arith_floating(struct cc *cc, LLVMValueRef insn)
{
	LLVMTypeRef type = LLVMTypeOf(insn);
	LLVMValueRef bits;

	switch (LLVMGetInstructionOpcode(insn)) {
	case LLVMFAdd:
		return arith_operate(cc, insn, "lambda_double_add");
	case LLVMFSub:
		return arith_operate(cc, insn, "lambda_double_subtract");
	case LLVMFMul:
		return arith_operate(cc, insn, "lambda_double_multiply");
	case LLVMFDiv:
		return arith_operate(cc, insn, "lambda_double_divide");
	case LLVMFRem:
		return arith_operate(cc, insn, "lambda_double_remainder");
	case LLVMFNeg:
		return arith_negate(cc, insn);
	case LLVMFCmp:
		return arith_compare(cc, insn);
	case LLVMSIToFP:
		return arith_from_integer(cc, insn, true);
	case LLVMUIToFP:
		return arith_from_integer(cc, insn, false);
	case LLVMFPToSI:
		return arith_to_integer(cc, insn, true);
	case LLVMFPToUI:
		return arith_to_integer(cc, insn, false);
	case LLVMFPExt:
	case LLVMFPTrunc:
		bits = arith_bits_of(cc, LLVMGetOperand(insn, 0));
		return arith_number_of(cc, bits, type);
	case LLVMCall:
		return arith_intrinsic(cc, insn);
	default:
		return NULL;
	}
}

static LLVMValueRef arith_wide_operation(struct cc *cc, LLVMValueRef insn,
					 const char *name, bool is_signed)
{
	LLVMTypeRef wide = LLVMIntTypeInContext(cc->context, 128);
	LLVMTypeRef type = LLVMTypeOf(insn);
	LLVMValueRef values[2], ret;
	unsigned int i;

	if (!arith_is_wide(type))
		return NULL;
	if (LLVMGetIntTypeWidth(type) > 128) {
		cc_refuse(cc, insn, "computes with more than 128 bits");
		return LLVMConstNull(type);
	}
	for (i = 0; i < 2; i++)
		values[i] = LLVMBuildIntCast2(cc->builder,
					      LLVMGetOperand(insn, i), wide,
					      is_signed, "");
	ret = arith_call(cc, name, values, 2);
	return LLVMBuildIntCast2(cc->builder, ret, type, false, "");
}

/* A product of 64 bits, and whether it overflows. */
static LLVMValueRef arith_checked_product(struct cc *cc, LLVMValueRef insn)
{
	bool is_signed = cc_ir_calls(insn, "llvm.smul.with.overflow.i64");
	LLVMValueRef values[2], low, high, ret;

	if (!is_signed && !cc_ir_calls(insn, "llvm.umul.with.overflow.i64"))
		return NULL;
	values[0] = LLVMGetOperand(insn, 0);
	values[1] = LLVMGetOperand(insn, 1);
	low = LLVMBuildMul(cc->builder, values[0], values[1], "");
	high = arith_call(cc, is_signed ? "lambda_wide_high_signed" :
			  "lambda_wide_high", values, 2);
	ret = is_signed ?
	      LLVMBuildAShr(cc->builder, low, cc_ir_number(cc, 63), "") :
			  cc_ir_number(cc, 0);
	high = LLVMBuildICmp(cc->builder, LLVMIntNE, high, ret, "");
	ret = LLVMConstNull(LLVMTypeOf(insn));
	ret = LLVMBuildInsertValue(cc->builder, ret, low, 0, "");
	return LLVMBuildInsertValue(cc->builder, ret, high, 1, "");
}

static LLVMValueRef arith_shift(struct cc *cc, LLVMValueRef insn,
				const char *name, bool is_signed)
{
	/* By a number that is known, the back end does it. */
	if (LLVMIsAConstantInt(LLVMGetOperand(insn, 1)))
		return NULL;
	return arith_wide_operation(cc, insn, name, is_signed);
}

static LLVMValueRef arith_magnitude(struct cc *cc, LLVMValueRef value)
{
	LLVMValueRef zero = LLVMConstNull(LLVMTypeOf(value));
	LLVMValueRef below;

	below = LLVMBuildICmp(cc->builder, LLVMIntSLT, value, zero, "");
	return LLVMBuildSelect(cc->builder, below,
			       LLVMBuildNeg(cc->builder, value, ""), value, "");
}

/* Version 3 of BPF divides without signs only. */
static LLVMValueRef arith_divide_signed(struct cc *cc, LLVMValueRef insn)
{
	LLVMValueRef a = LLVMGetOperand(insn, 0), b = LLVMGetOperand(insn, 1);
	LLVMValueRef zero = LLVMConstNull(LLVMTypeOf(insn)), sign, ret;
	bool remains = LLVMGetInstructionOpcode(insn) == LLVMSRem;

	if (cc->divides_signed)
		return NULL;
	ret = LLVMBuildBinOp(cc->builder, remains ? LLVMURem : LLVMUDiv,
			     arith_magnitude(cc, a), arith_magnitude(cc, b),
			     "");
	sign = remains ? a : LLVMBuildXor(cc->builder, a, b, "");
	sign = LLVMBuildICmp(cc->builder, LLVMIntSLT, sign, zero, "");
	return LLVMBuildSelect(cc->builder, sign,
			       LLVMBuildNeg(cc->builder, ret, ""), ret, "");
}

static LLVMValueRef arith_wide(struct cc *cc, LLVMValueRef insn)
{
	LLVMOpcode opcode = LLVMGetInstructionOpcode(insn);

	if ((opcode == LLVMSDiv || opcode == LLVMSRem) &&
	    !arith_is_wide(LLVMTypeOf(insn)))
		return arith_divide_signed(cc, insn);
	switch (opcode) {
	case LLVMShl:
		return arith_shift(cc, insn, "lambda_wide_left", false);
	case LLVMLShr:
		return arith_shift(cc, insn, "lambda_wide_right", false);
	case LLVMAShr:
		return arith_shift(cc, insn, "lambda_wide_right_signed", true);
	case LLVMMul:
		return arith_wide_operation(cc, insn, "lambda_wide_multiply",
					    false);
	case LLVMUDiv:
		return arith_wide_operation(cc, insn, "lambda_wide_divide",
					    false);
	case LLVMURem:
		return arith_wide_operation(cc, insn, "lambda_wide_remainder",
					    false);
	case LLVMSDiv:
		return arith_wide_operation(cc, insn,
					    "lambda_wide_divide_signed", true);
	case LLVMSRem:
		return arith_wide_operation(cc, insn,
					    "lambda_wide_remainder_signed",
					    true);
	case LLVMCall:
		return arith_checked_product(cc, insn);
	default:
		return NULL;
	}
}

static void arith_lower(struct cc *cc, LLVMValueRef insn, void *unused)
{
	LLVMValueRef value;

	(void)unused;
	cc_ir_before(cc, insn);
	value = arith_floating(cc, insn);
	if (!value)
		value = arith_wide(cc, insn);
	if (value)
		cc_ir_replace(insn, value);
}

void cc_lower_arithmetic(struct cc *cc)
{
	cc_ir_each(cc, arith_lower, NULL);
	cc_stop_on_errors(cc);
	cc_link_close_runtime(cc);
	cc_run_passes(cc, "always-inline,function(sroa,early-cse,simplifycfg,adce),globaldce");
}
