// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a function that may be called before it has returned keeps, and where.
 *
 * All values that live in more than one block are in local variables by now.
 * One of them goes into the frame if its address is known to others, or if its
 * value is needed after a call: then it is live there, as compilers call it.
 * All others stay ordinary variables, which become registers again.
 */
#include <stdlib.h>
#include <string.h>

#include "group.h"

#define ALIGN 16u	/* of frames that need no more */

/**
 * struct locals - local variables of a function that hold one value
 * @group:  what the function is a member of
 * @all:    the variables
 * @kept:   for each, is it in the frame?
 * @count:  how many
 * @words:  of a set of them
 * @blocks: how many blocks the function has
 * @block:  these
 * @live:   for each block, those needed where it begins
 */
struct locals {
	const struct cc_group *group;
	LLVMValueRef *all;
	bool *kept;
	size_t count;
	size_t words;
	size_t blocks;
	LLVMBasicBlockRef *block;
	__u64 *live;
};

static void *frame_array(size_t count, size_t size)
{
	void *ret = calloc(count + 1, size);

	if (!ret)
		cc_die("out of memory");
	return ret;
}

static bool frame_has(const __u64 *set, size_t i)
{
	return set[i / 64] >> (i % 64) & 1;
}

static void frame_add(__u64 *set, size_t i)
{
	set[i / 64] |= 1ull << (i % 64);
}

static void frame_drop(__u64 *set, size_t i)
{
	set[i / 64] &= ~(1ull << (i % 64));
}

/* Pointers as keys: the variables and blocks are sorted by address. */
static int frame_compare(const void *a, const void *b)
{
	const void *x = *(void *const *)a, *y = *(void *const *)b;

	return (x > y) - (x < y);
}

static size_t frame_number_of(const struct locals *locals,
			      LLVMValueRef variable)
{
	LLVMValueRef *found = bsearch(&variable, locals->all, locals->count,
				      sizeof(variable), frame_compare);

	return found ? (size_t)(found - locals->all) : locals->count;
}

static size_t frame_block_number(const struct locals *locals,
				 LLVMBasicBlockRef block)
{
	LLVMBasicBlockRef *found = bsearch(&block, locals->block,
					   locals->blocks, sizeof(block),
					   frame_compare);

	return found - locals->block;
}

/* Is it only read and written, whole, by those who know its name? */
static bool frame_is_simple(LLVMValueRef variable)
{
	LLVMTypeRef type = LLVMGetAllocatedType(variable);
	LLVMUseRef use;

	if (LLVMGetTypeKind(type) == LLVMArrayTypeKind ||
	    LLVMGetTypeKind(type) == LLVMStructTypeKind)
		return false;
	for (use = LLVMGetFirstUse(variable); use; use = LLVMGetNextUse(use)) {
		LLVMValueRef user = LLVMGetUser(use);

		if (LLVMIsALoadInst(user) && LLVMTypeOf(user) == type)
			continue;
		if (LLVMIsAStoreInst(user) &&
		    LLVMGetOperand(user, 0) != variable &&
		    LLVMTypeOf(LLVMGetOperand(user, 0)) == type)
			continue;
		return false;
	}
	return true;
}

/* Goes backwards over one instruction with the set of what is needed. */
static void frame_step(struct locals *locals, LLVMValueRef insn, __u64 *set)
{
	size_t i;

	if (LLVMIsALoadInst(insn)) {
		i = frame_number_of(locals, LLVMGetOperand(insn, 0));
		if (i < locals->count)
			frame_add(set, i);
	} else if (LLVMIsAStoreInst(insn)) {
		i = frame_number_of(locals, LLVMGetOperand(insn, 1));
		if (i < locals->count)
			frame_drop(set, i);
	} else if (cc_group_member(locals->group, insn)) {
		for (i = 0; i < locals->count; i++)
			if (frame_has(set, i))
				locals->kept[i] = true;
	}
}

/* What is needed where a block begins; did that grow? */
static bool frame_flow(struct locals *locals, size_t b, __u64 *set)
{
	LLVMBasicBlockRef block = locals->block[b];
	LLVMValueRef last = LLVMGetBasicBlockTerminator(block), insn;
	unsigned int i;
	size_t w;
	bool grew = false;

	memset(set, 0, locals->words * sizeof(*set));
	for (i = 0; i < LLVMGetNumSuccessors(last); i++) {
		size_t to =
			frame_block_number(locals, LLVMGetSuccessor(last, i));

		for (w = 0; w < locals->words; w++)
			set[w] |= locals->live[to * locals->words + w];
	}
	for (insn = last; insn; insn = LLVMGetPreviousInstruction(insn))
		frame_step(locals, insn, set);
	for (w = 0; w < locals->words; w++) {
		__u64 *old = &locals->live[b * locals->words + w];

		grew |= (set[w] & ~*old) != 0;
		*old |= set[w];
	}
	return grew;
}

static void frame_find_kept(struct cc *cc, struct locals *locals,
			    LLVMValueRef function)
{
	__u64 *set;
	bool grew = true;
	size_t b;

	(void)cc;
	locals->blocks = LLVMCountBasicBlocks(function);
	locals->block = frame_array(locals->blocks, sizeof(*locals->block));
	LLVMGetBasicBlocks(function, locals->block);
	qsort(locals->block, locals->blocks, sizeof(*locals->block),
	      frame_compare);
	locals->words = locals->count / 64 + 1;
	locals->live =
		frame_array(locals->blocks * locals->words, sizeof(__u64));
	set = frame_array(locals->words, sizeof(*set));
	while (grew)
		for (grew = false, b = locals->blocks; b--; )
			grew |= frame_flow(locals, b, set);
	free(set);
	free(locals->live);
	free(locals->block);
}

LLVMValueRef cc_frame_place(struct cc *cc, const struct cc_group *group,
			    __u64 offset)
{
	LLVMValueRef frame, index = cc_ir_number(cc, offset);

	frame = LLVMBuildLoad2(cc->builder, cc->ptr, group->frame, "");
	return LLVMBuildGEP2(cc->builder, cc->i8, frame, &index, 1, "");
}

static __u64 frame_take_place(struct cc *cc, struct cc_member *member,
			      LLVMTypeRef type, __u64 align)
{
	__u64 at;

	at = (member->size + align - 1) / align * align;
	member->size = at + LLVMABISizeOfType(cc->layout, type);
	return at;
}

/* Each use of a variable in the frame is of an address that is found anew. */
static void frame_move_variable(struct cc *cc, const struct cc_group *group,
				LLVMValueRef variable, __u64 place)
{
	LLVMUseRef use;
	int i;

	while ((use = LLVMGetFirstUse(variable))) {
		LLVMValueRef user = LLVMGetUser(use), address;

		cc_ir_before(cc, user);
		address = cc_frame_place(cc, group, place);
		for (i = 0; i < LLVMGetNumOperands(user); i++)
			if (LLVMGetOperand(user, i) == variable)
				LLVMSetOperand(user, i, address);
	}
	cc_ir_replace(variable, NULL);
}

/* A value that may be used anywhere is read from a variable where it is. */
static void frame_spread(struct cc *cc, LLVMValueRef value,
			 LLVMValueRef variable)
{
	LLVMTypeRef type = LLVMTypeOf(value);
	LLVMUseRef use;
	int i;

	while ((use = LLVMGetFirstUse(value))) {
		LLVMValueRef user = LLVMGetUser(use), copy;

		cc_ir_before(cc, user);
		copy = LLVMBuildLoad2(cc->builder, type, variable, "");
		for (i = 0; i < LLVMGetNumOperands(user); i++)
			if (LLVMGetOperand(user, i) == value)
				LLVMSetOperand(user, i, copy);
	}
}

/* Parameters come in the frame, and become variables. */
static void frame_keep_parameters(struct cc *cc, const struct cc_group *group,
				  struct cc_member *member)
{
	unsigned int i;

	member->types = frame_array(member->count, sizeof(*member->types));
	member->places = frame_array(member->count, sizeof(*member->places));
	for (i = 0; i < member->count; i++) {
		LLVMValueRef parameter = LLVMGetParam(member->function, i);
		LLVMTypeRef type = LLVMTypeOf(parameter);
		LLVMValueRef variable, value;
		__u64 align;

		member->types[i] = type;
		align = LLVMABIAlignmentOfType(cc->layout, type);
		member->places[i] = frame_take_place(cc, member, type,
						     align > ALIGN ? ALIGN :
						     align);
		if (!LLVMGetFirstUse(parameter))
			continue;
		variable = cc_ir_local(cc, member->function, type, "");
		frame_spread(cc, parameter, variable);
		cc_ir_before(cc, LLVMGetNextInstruction(variable));
		value = cc_frame_place(cc, group, member->places[i]);
		value = LLVMBuildLoad2(cc->builder, type, value, "");
		LLVMBuildStore(cc->builder, value, variable);
	}
}

static size_t frame_list_variables(LLVMValueRef function, LLVMValueRef *all)
{
	LLVMValueRef insn;
	size_t count = 0;

	insn = LLVMGetFirstInstruction(LLVMGetEntryBasicBlock(function));
	for (; insn; insn = LLVMGetNextInstruction(insn)) {
		if (!LLVMIsAAllocaInst(insn))
			continue;
		if (all)
			all[count] = insn;
		count++;
	}
	return count;
}

static void frame_drop_lifetimes(struct cc *cc, LLVMValueRef insn, void *unused)
{
	(void)cc;
	(void)unused;
	if (cc_ir_calls(insn, "llvm.lifetime."))
		cc_ir_replace(insn, NULL);
}

/* Variables that stay are those of the merged function. */
static void frame_place_variables(struct cc *cc, struct cc_group *group,
				  struct cc_member *member,
				  struct locals *locals)
{
	size_t i;

	for (i = 0; i < locals->count; i++) {
		LLVMValueRef variable = locals->all[i];
		LLVMTypeRef type = LLVMGetAllocatedType(variable);
		unsigned int align = LLVMGetAlignment(variable);

		if (locals->kept[i]) {
			frame_move_variable(cc, group, variable,
					    frame_take_place(cc, member, type,
							     align));
			if (align > group->align)
				group->align = align;
			continue;
		}
		LLVMInstructionRemoveFromParent(variable);
		cc_ir_at_start(cc, group->merged);
		LLVMInsertIntoBuilder(cc->builder, variable);
	}
}

void cc_frame_member(struct cc *cc, struct cc_group *group,
		     struct cc_member *member)
{
	struct locals locals = { .group = group };
	size_t i;

	cc_ir_each_of(cc, member->function, frame_drop_lifetimes, NULL);
	member->size = CC_FRAME_HEAD;
	frame_keep_parameters(cc, group, member);
	locals.count = frame_list_variables(member->function, NULL);
	locals.all = frame_array(locals.count, sizeof(*locals.all));
	locals.kept = frame_array(locals.count, sizeof(*locals.kept));
	frame_list_variables(member->function, locals.all);
	qsort(locals.all, locals.count, sizeof(*locals.all), frame_compare);
	for (i = 0; i < locals.count; i++)
		locals.kept[i] = !frame_is_simple(locals.all[i]);
	frame_find_kept(cc, &locals, member->function);
	frame_place_variables(cc, group, member, &locals);
	free(locals.all);
	free(locals.kept);
}

void cc_frame_sizes(struct cc_group *group)
{
	unsigned int i;

	if (group->align < ALIGN)
		group->align = ALIGN;
	for (i = 0; i < group->count; i++) {
		__u64 *size = &group->members[i].size;

		*size = (*size + group->align - 1) / group->align *
			group->align;
	}
	LLVMSetAlignment(group->stack, group->align);
}
