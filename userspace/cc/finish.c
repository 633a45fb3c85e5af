// SPDX-License-Identifier: GPL-2.0-only
/*
 * The last pass, after which nothing is optimised any more: what an optimiser
 * may know of C, but a λ has to have.
 */
#include <linux/sbpf.h>
#include <string.h>

#include "cc.h"
#include "lambda_end.h"

#define WORD 8u

/* How much of @left a load may take: a power of two up to a word. */
static unsigned int finish_piece(__u64 left)
{
	unsigned int size = WORD;

	while (size > left)
		size /= 2;
	return size;
}

static LLVMTypeRef finish_integer(struct cc *cc, unsigned int bytes)
{
	return LLVMIntTypeInContext(cc->context, bytes * 8);
}

static LLVMValueRef finish_place(struct cc *cc, LLVMValueRef start,
				 __u64 offset)
{
	LLVMValueRef index = cc_ir_number(cc, offset);

	return LLVMBuildGEP2(cc->builder, cc->i8, start, &index, 1, "");
}

/* A copy of few bytes, all of which are read before any is written. */
static void finish_build_copy(struct cc *cc, LLVMValueRef to, LLVMValueRef from,
			      __u64 size)
{
	LLVMValueRef words[CC_INLINE_BYTES / WORD + 3];
	unsigned int count = 0;
	__u64 at, step;

	for (at = 0; at < size; at += step) {
		step = finish_piece(size - at);
		words[count++] = LLVMBuildLoad2(cc->builder,
						finish_integer(cc, step),
						finish_place(cc, from, at), "");
	}
	count = 0;
	for (at = 0; at < size; at += step) {
		step = finish_piece(size - at);
		LLVMBuildStore(cc->builder, words[count++],
			       finish_place(cc, to, at));
	}
}

static void finish_build_fill(struct cc *cc, LLVMValueRef to, LLVMValueRef byte,
			      __u64 size)
{
	LLVMValueRef word, all = cc_ir_number(cc, 0x0101010101010101ull);
	__u64 at, step;

	word = LLVMBuildZExt(cc->builder, byte, cc->i64, "");
	word = LLVMBuildMul(cc->builder, word, all, "");
	for (at = 0; at < size; at += step) {
		step = finish_piece(size - at);
		LLVMBuildStore(cc->builder,
			       LLVMBuildTrunc(cc->builder, word,
					      finish_integer(cc, step), ""),
			       finish_place(cc, to, at));
	}
}

static void finish_build_helper(struct cc *cc, enum sbpf_helper helper,
				LLVMValueRef first, LLVMValueRef second,
				LLVMValueRef size)
{
	LLVMValueRef values[] = { first, second, size };
	LLVMTypeRef params[] = { cc->ptr, LLVMTypeOf(second), cc->i64 };
	LLVMTypeRef type = LLVMFunctionType(cc->ptr, params, 3, false);

	LLVMBuildCall2(cc->builder, type, cc_ir_address(cc, helper), values, 3,
		       "");
}

static void finish_lower_memory(struct cc *cc, LLVMValueRef insn)
{
	LLVMValueRef to = LLVMGetOperand(insn, 0);
	LLVMValueRef from = LLVMGetOperand(insn, 1);
	LLVMValueRef size = LLVMGetOperand(insn, 2);
	bool fills = cc_ir_calls(insn, "llvm.memset");
	__u64 bytes;
	bool few;

	cc_ir_before(cc, insn);
	few = cc_ir_constant(size, &bytes) && bytes <= CC_INLINE_BYTES;
	size = LLVMBuildZExt(cc->builder, size, cc->i64, "");
	if (fills && few)
		finish_build_fill(cc, to, from, bytes);
	else if (fills)
		finish_build_helper(cc, SBPF_HELPER_MEMSET, to,
				    LLVMBuildZExt(cc->builder, from, cc->i32,
						  ""),
				    size);
	else if (few)
		finish_build_copy(cc, to, from, bytes);
	else
		finish_build_helper(cc,
				    cc_ir_calls(insn, "llvm.memcpy") ?
					    SBPF_HELPER_MEMCPY :
					    SBPF_HELPER_MEMMOVE,
				    to, from, size);
	cc_ir_replace(insn, NULL);
}

/* A function that is left is left by an instruction that the check can see. */
static void finish_end_block(struct cc *cc, LLVMValueRef insn)
{
	LLVMTypeRef type, ret;

	type = LLVMGlobalGetValueType(cc_ir_function_of(insn));
	ret = LLVMGetReturnType(type);
	cc_ir_before(cc, insn);
	cc_ir_build_end(cc, LAMBDA_END_TRAP);
	if (ret == cc->nothing)
		LLVMBuildRetVoid(cc->builder);
	else
		LLVMBuildRet(cc->builder, LLVMConstNull(ret));
	cc_ir_replace(insn, NULL);
}

/* Hints, and what has no meaning here. */
static bool finish_is_idle(LLVMValueRef insn)
{
	static const char *const names[] = {
		"llvm.lifetime.", "llvm.assume", "llvm.donothing",
		"llvm.prefetch", "llvm.dbg.", "llvm.stackrestore",
		"llvm.experimental.noalias.scope.decl", "llvm.var.annotation",
		"llvm.sideeffect", "llvm.pseudoprobe",
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (cc_ir_calls(insn, names[i]))
			return true;
	return false;
}

/* A value that is never looked at is one nevertheless: zero, everywhere. */
static void finish_define_operands(LLVMValueRef insn)
{
	int count = LLVMGetNumOperands(insn), i;

	for (i = 0; i < count; i++) {
		LLVMValueRef value = LLVMGetOperand(insn, i);

		if (value && LLVMIsUndef(value))
			LLVMSetOperand(insn, i,
				       LLVMConstNull(LLVMTypeOf(value)));
	}
}

/* Any address will do for a λ, which the back end does not know of. */
static void finish_align(struct cc *cc, LLVMValueRef insn)
{
	LLVMTypeRef type = LLVMTypeOf(insn);
	unsigned int natural = 1;
	__u64 size;

	if (LLVMIsAStoreInst(insn))
		type = LLVMTypeOf(LLVMGetOperand(insn, 0));
	size = LLVMABISizeOfType(cc->layout, type);
	while (natural < WORD && natural < size)
		natural *= 2;
	if (LLVMGetAlignment(insn) < natural)
		LLVMSetAlignment(insn, natural);
}

/* Is a place in the source one of the C library? */
static bool finish_in_libc(LLVMMetadataRef location)
{
	static const char folder[] = "lambda_libc/";
	LLVMMetadataRef file;
	unsigned int length;
	const char *name;

	file = LLVMDIScopeGetFile(LLVMDILocationGetScope(location));
	if (!file)
		return false;
	name = LLVMDIFileGetFilename(file, &length);
	return length > sizeof(folder) - 1 &&
	       !strncmp(name, folder, sizeof(folder) - 1);
}

/* What was inlined of the C library goes wrong where it was called. */
static void finish_place_in_caller(LLVMValueRef insn)
{
	LLVMMetadataRef location = LLVMInstructionGetDebugLoc(insn), outer;

	while (location && finish_in_libc(location)) {
		outer = LLVMDILocationGetInlinedAt(location);
		if (!outer)
			break;
		location = outer;
		LLVMInstructionSetDebugLoc(insn, location);
	}
}

static void finish_insn(struct cc *cc, LLVMValueRef insn, void *unused)
{
	(void)unused;
	finish_place_in_caller(insn);
	if (cc_ir_calls(insn, "llvm.memcpy") ||
	    cc_ir_calls(insn, "llvm.memmove") ||
	    cc_ir_calls(insn, "llvm.memset")) {
		finish_lower_memory(cc, insn);
	} else if (LLVMIsAUnreachableInst(insn)) {
		finish_end_block(cc, insn);
	} else if (cc_ir_calls(insn, "llvm.trap") ||
		   cc_ir_calls(insn, "llvm.debugtrap") ||
		   cc_ir_calls(insn, "llvm.ubsantrap")) {
		cc_ir_before(cc, insn);
		cc_ir_build_end(cc, LAMBDA_END_TRAP);
		cc_ir_replace(insn, NULL);
	} else if (cc_ir_calls(insn, "llvm.stacksave")) {
		cc_ir_replace(insn, LLVMConstNull(cc->ptr));
	} else if (finish_is_idle(insn)) {
		cc_ir_replace(insn, LLVMTypeOf(insn) == cc->nothing ? NULL :
			      LLVMConstNull(LLVMTypeOf(insn)));
	}
}

static void finish_tidy(struct cc *cc, LLVMValueRef insn, void *unused)
{
	(void)unused;
	finish_define_operands(insn);
	if (LLVMIsALoadInst(insn) || LLVMIsAStoreInst(insn))
		finish_align(cc, insn);
}

/*
 * Lines of a function that has no place would be entered as another's; the back
 * end makes some of loops, too.
 */
static void finish_drop_place(struct cc *cc, LLVMValueRef insn, void *unused)
{
	(void)unused;
	cc_ir_forget_loop(cc, insn);
	LLVMInstructionSetDebugLoc(insn, NULL);
}

/* Every function returns, and is left in no other way. */
static void finish_say_returns(struct cc *cc, LLVMValueRef function)
{
	const unsigned int at = LLVMAttributeFunctionIndex;
	unsigned int kind = LLVMGetEnumAttributeKindForName("nounwind", 8);

	cc_ir_drop_attribute(function, at, "noreturn");
	LLVMAddAttributeAtIndex(function, at,
				LLVMCreateEnumAttribute(cc->context, kind, 0));
	LLVMAddAttributeAtIndex(function, at,
				LLVMCreateStringAttribute(cc->context,
							  "no-jump-tables", 14,
							  "true", 4));
}

static void finish_call_returns(struct cc *cc, LLVMValueRef insn, void *unused)
{
	(void)cc;
	(void)unused;
	if (LLVMIsACallInst(insn))
		cc_ir_drop_attribute(insn, LLVMAttributeFunctionIndex,
				     "noreturn");
}

/* Local variables of a function, and the largest of them. */
struct locals {
	__u64 total;
	__u64 most;
	LLVMValueRef largest;
};

static void finish_measure(struct cc *cc, LLVMValueRef insn, void *data)
{
	struct locals *locals = data;
	__u64 size;

	if (!LLVMIsAAllocaInst(insn) ||
	    !cc_ir_constant(LLVMGetOperand(insn, 0), &size))
		return;
	size *= LLVMABISizeOfType(cc->layout, LLVMGetAllocatedType(insn));
	locals->total += size;
	if (size > locals->most) {
		locals->most = size;
		locals->largest = insn;
	}
}

static void finish_make_static(struct cc *cc, LLVMValueRef insn, __u64 size)
{
	LLVMTypeRef type = LLVMArrayType2(cc->i8, size);
	unsigned int align = LLVMGetAlignment(insn);
	LLVMValueRef variable;

	variable = LLVMAddGlobal(cc->module, type, "local");
	LLVMSetInitializer(variable, LLVMConstNull(type));
	LLVMSetLinkage(variable, LLVMInternalLinkage);
	/* What was computed with its address relies on where it may lie. */
	LLVMSetAlignment(variable, align > 16 ? align : 16);
	cc_ir_replace(insn, variable);
}

/*
 * A large local variable is among the globals, and so are the largest of many
 * that together are more than instructions reach: no function is called before
 * it has returned, so one place for each is enough, and the stack is small.
 */
static void finish_limit_frame(struct cc *cc, LLVMValueRef function)
{
	struct locals locals;

	for (;;) {
		locals = (struct locals) { 0 };
		cc_ir_each_of(cc, function, finish_measure, &locals);
		if (locals.most <= CC_LOCAL_BYTES &&
		    locals.total <= CC_FRAME_BYTES)
			break;
		finish_make_static(cc, locals.largest, locals.most);
	}
}

void cc_finish(struct cc *cc)
{
	LLVMValueRef function;

	for (function = LLVMGetFirstFunction(cc->module); function;
	     function = LLVMGetNextFunction(function))
		finish_limit_frame(cc, function);
	cc_stop_on_errors(cc);
	for (function = LLVMGetFirstFunction(cc->module); function;
	     function = LLVMGetNextFunction(function))
		if (!LLVMGetIntrinsicID(function))
			finish_say_returns(cc, function);
	cc_ir_each(cc, finish_call_returns, NULL);
	cc_ir_each(cc, finish_insn, NULL);
	cc_ir_each(cc, finish_tidy, NULL);
	for (function = LLVMGetFirstFunction(cc->module); function;
	     function = LLVMGetNextFunction(function))
		if (!LLVMGetSubprogram(function))
			cc_ir_each_of(cc, function, finish_drop_place, NULL);
}
