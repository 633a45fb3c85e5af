// SPDX-License-Identifier: GPL-2.0-only
/*
 * Computed goto. The address of a label is a number, and a jump to one asks
 * which label of its function it is; any other number ends the run.
 */
#include "cc.h"
#include "lambda_end.h"

/* Between the numbers of functions, which are multiples of their stride. */
#define LABEL_BASE (CC_FUNCTION_BASE + CC_FUNCTION_STRIDE / 2)

/* A block's number: its place in the function, which no pass has changed yet. */
static __u64 branches_number_of(LLVMValueRef function, LLVMBasicBlockRef block)
{
	__u64 number = LABEL_BASE;
	LLVMBasicBlockRef other;

	for (other = LLVMGetFirstBasicBlock(function); other != block;
	     other = LLVMGetNextBasicBlock(other))
		number += CC_FUNCTION_STRIDE;
	return number;
}

static void branches_choose_label(struct cc *cc, LLVMValueRef insn,
				  void *unused)
{
	LLVMValueRef function, choice, address, other;
	LLVMBasicBlockRef wrong;
	unsigned int count, i, k;

	(void)unused;
	if (!LLVMIsAIndirectBrInst(insn))
		return;
	function = cc_ir_function_of(insn);
	count = LLVMGetNumSuccessors(insn);
	wrong = LLVMAppendBasicBlockInContext(cc->context, function, "");
	cc_ir_before(cc, insn);
	address = LLVMBuildPtrToInt(cc->builder, LLVMGetOperand(insn, 0),
				    cc->i64, "");
	choice = LLVMBuildSwitch(cc->builder, address, wrong, count);
	for (i = 0; i < count; i++) {
		LLVMBasicBlockRef block = LLVMGetSuccessor(insn, i);

		for (k = 0; k < i && LLVMGetSuccessor(insn, k) != block; k++)
			;
		if (k < i)
			continue;
		address = cc_ir_number(cc, branches_number_of(function, block));
		other = LLVMBlockAddress(function, block);
		LLVMAddCase(choice, address, block);
		LLVMReplaceAllUsesWith(other,
				       LLVMConstIntToPtr(address, cc->ptr));
	}
	LLVMPositionBuilderAtEnd(cc->builder, wrong);
	LLVMSetCurrentDebugLocation2(cc->builder,
				     LLVMInstructionGetDebugLoc(insn));
	cc_ir_build_end(cc, LAMBDA_END_POINTER);
	LLVMBuildUnreachable(cc->builder);
	cc_ir_replace(insn, NULL);
}

void cc_lower_branches(struct cc *cc)
{
	cc_ir_each(cc, branches_choose_label, NULL);
}
