// SPDX-License-Identifier: GPL-2.0-only
/*
 * Recursion. A λ's function has one frame, and may not be called before it has
 * returned. So functions that call each other in a circle become one function,
 * in which a call among them is a jump: arguments, and where to go on, are
 * written to a frame on a stack of the program's own, and to return is a jump
 * as well. How deep they may go is a matter of that stack's size alone, and each
 * call takes of the budget as any jump backwards does.
 *
 * The same is done to what nests too deep for a λ, or weighs too much, because
 * calls among many lead to many (depth.c).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "callgraph.h"
#include "group.h"
#include "lambda_end.h"

/*
 * What follows a call goes to a block of its own, so that the passes that put
 * values that live in several blocks into variables see that it is one.
 */
static LLVMBasicBlockRef recursion_split_behind(struct cc *cc,
						LLVMValueRef insn)
{
	LLVMBasicBlockRef rest;
	LLVMValueRef moved;

	rest = LLVMAppendBasicBlockInContext(cc->context,
					     cc_ir_function_of(insn), "");
	LLVMPositionBuilderAtEnd(cc->builder, rest);
	LLVMSetCurrentDebugLocation2(cc->builder, NULL);
	while ((moved = LLVMGetNextInstruction(insn))) {
		LLVMMetadataRef place = LLVMInstructionGetDebugLoc(moved);

		LLVMInstructionRemoveFromParent(moved);
		LLVMInsertIntoBuilder(cc->builder, moved);
		LLVMInstructionSetDebugLoc(moved, place);
	}
	LLVMPositionBuilderAtEnd(cc->builder, LLVMGetInstructionParent(insn));
	LLVMBuildBr(cc->builder, rest);
	return rest;
}

static LLVMValueRef recursion_first_call(const struct cc_group *group,
					 LLVMBasicBlockRef block)
{
	LLVMValueRef insn = LLVMGetFirstInstruction(block);

	while (insn && !cc_group_member(group, insn))
		insn = LLVMGetNextInstruction(insn);
	return insn;
}

/* New blocks come last, and are looked at in their turn. */
static void recursion_split_calls(struct cc *cc, const struct cc_group *group,
				  LLVMValueRef function)
{
	LLVMBasicBlockRef block;

	for (block = LLVMGetFirstBasicBlock(function); block;
	     block = LLVMGetNextBasicBlock(block)) {
		LLVMValueRef insn = recursion_first_call(group, block);

		if (insn)
			recursion_split_behind(cc, insn);
	}
}

/* A call becomes a jump, and what follows it a place to come back to. */
static void recursion_jump_to(struct cc *cc, struct cc_group *group,
			      const struct cc_member *from,
			      const struct cc_member *to, LLVMValueRef call)
{
	LLVMBasicBlockRef rest = recursion_split_behind(cc, call);
	LLVMValueRef frame, value, first = LLVMGetFirstInstruction(rest);
	LLVMValueRef number = cc_ir_number(cc, ++group->nr_back);
	LLVMValueRef down = cc_ir_number(cc, -from->size);
	LLVMBasicBlockRef block = LLVMGetInstructionParent(call);
	unsigned int i;

	LLVMInstructionEraseFromParent(LLVMGetBasicBlockTerminator(block));
	cc_ir_before(cc, call);
	for (i = 0; i < to->count; i++)
		LLVMBuildStore(cc->builder, LLVMGetOperand(call, i),
			       cc_frame_place(cc, group, from->size +
					      to->places[i]));
	LLVMBuildStore(cc->builder, number,
		       cc_frame_place(cc, group, from->size + CC_FRAME_BACK));
	LLVMBuildStore(cc->builder, cc_frame_place(cc, group, from->size),
		       group->frame);
	LLVMBuildBr(cc->builder, to->check);
	LLVMAddCase(group->back, number, rest);
	cc_ir_before(cc, first);
	frame = LLVMBuildLoad2(cc->builder, cc->ptr, group->frame, "");
	value = NULL;
	if (to->ret != cc->nothing)
		value = LLVMBuildLoad2(cc->builder, to->ret, frame, "");
	frame = LLVMBuildGEP2(cc->builder, cc->i8, frame, &down, 1, "");
	LLVMBuildStore(cc->builder, frame, group->frame);
	cc_ir_replace(call, value);
}

static void recursion_jump_back(struct cc *cc, const struct cc_group *group,
				LLVMValueRef insn)
{
	cc_ir_before(cc, insn);
	if (LLVMGetNumOperands(insn))
		LLVMBuildStore(cc->builder, LLVMGetOperand(insn, 0),
			       cc_frame_place(cc, group, CC_FRAME_RESULT));
	LLVMBuildBr(cc->builder, group->leave);
	cc_ir_replace(insn, NULL);
}

/* Where a place in the source is, from the merged function's point of view. */
static LLVMMetadataRef
recursion_move_place(struct cc *cc, LLVMMetadataRef place, LLVMMetadataRef at)
{
	LLVMMetadataRef inlined = LLVMDILocationGetInlinedAt(place);

	return LLVMDIBuilderCreateDebugLocation(cc->context,
			LLVMDILocationGetLine(place),
			LLVMDILocationGetColumn(place),
			LLVMDILocationGetScope(place),
			inlined ? recursion_move_place(cc, inlined, at) : at);
}

static void recursion_move_places(struct cc *cc, LLVMValueRef insn, void *at)
{
	LLVMMetadataRef place = LLVMInstructionGetDebugLoc(insn);

	cc_ir_forget_loop(cc, insn);
	if (place)
		LLVMInstructionSetDebugLoc(insn,
					   recursion_move_place(cc, place, at));
}

static void recursion_set_place(struct cc *cc, LLVMValueRef insn, void *place)
{
	cc_ir_forget_loop(cc, insn);
	LLVMInstructionSetDebugLoc(insn, place);
}

/*
 * In the source the merged function is the first member that is there, and
 * others are within it. What an optimiser left of a function without a place
 * has none either.
 */
static void recursion_take_places(struct cc *cc, struct cc_member *member,
				  LLVMMetadataRef whole)
{
	LLVMMetadataRef own = LLVMGetSubprogram(member->function), at;

	if (!whole || own == whole)
		return;
	at = LLVMDIBuilderCreateDebugLocation(cc->context, own ?
					      LLVMDISubprogramGetLine(own) : 0,
					      0, whole, NULL);
	cc_ir_each_of(cc, member->function,
		      own ? recursion_move_places : recursion_set_place, at);
	LLVMSetSubprogram(member->function, NULL);
}

static LLVMMetadataRef recursion_first_place(const struct cc_group *group)
{
	LLVMMetadataRef place = NULL;
	unsigned int i;

	for (i = 0; !place && i < group->count; i++)
		place = LLVMGetSubprogram(group->members[i].function);
	return place;
}

static void recursion_move_blocks(LLVMValueRef from, LLVMValueRef to)
{
	LLVMBasicBlockRef block, next;

	for (block = LLVMGetFirstBasicBlock(from); block; block = next) {
		next = LLVMGetNextBasicBlock(block);
		LLVMRemoveBasicBlockFromParent(block);
		LLVMAppendExistingBasicBlock(to, block);
	}
}

/* Before a member's code: is there room for its frame, and for a result? */
static void recursion_build_check(struct cc *cc, struct cc_group *group,
				  struct cc_member *member)
{
	LLVMBasicBlockRef full;
	LLVMValueRef frame, last, fits;

	full = LLVMAppendBasicBlockInContext(cc->context, group->merged, "");
	LLVMPositionBuilderAtEnd(cc->builder, full);
	LLVMSetCurrentDebugLocation2(cc->builder, NULL);
	cc_ir_build_end(cc, LAMBDA_END_DEPTH);
	LLVMBuildUnreachable(cc->builder);
	LLVMPositionBuilderAtEnd(cc->builder, member->check);
	frame = LLVMBuildLoad2(cc->builder, cc->ptr, group->frame, "");
	last = cc_ir_number(cc, cc->stack - member->size - CC_FRAME_HEAD);
	last = LLVMBuildGEP2(cc->builder, cc->i8, group->stack, &last, 1, "");
	fits = LLVMBuildICmp(cc->builder, LLVMIntULE, frame, last, "");
	LLVMBuildCondBr(cc->builder, fits, member->entry, full);
}

/* What is called from outside: enters the merged function at this member. */
static void recursion_build_outside(struct cc *cc, struct cc_group *group,
				    unsigned int number)
{
	struct cc_member *member = &group->members[number];
	LLVMBasicBlockRef block;
	LLVMValueRef place, which = cc_ir_number(cc, number);
	unsigned int i;

	block = LLVMAppendBasicBlockInContext(cc->context, member->function,
					      "");
	LLVMPositionBuilderAtEnd(cc->builder, block);
	LLVMSetCurrentDebugLocation2(cc->builder, NULL);
	for (i = 0; i < member->count; i++) {
		place = cc_ir_number(cc, member->places[i]);
		place = LLVMBuildGEP2(cc->builder, cc->i8, group->stack, &place,
				      1, "");
		LLVMBuildStore(cc->builder, LLVMGetParam(member->function, i),
			       place);
	}
	place = cc_ir_number(cc, CC_FRAME_BACK);
	place = LLVMBuildGEP2(cc->builder, cc->i8, group->stack, &place, 1, "");
	LLVMBuildStore(cc->builder, cc_ir_number(cc, 0), place);
	LLVMBuildCall2(cc->builder, LLVMGlobalGetValueType(group->merged),
		       group->merged, &which, 1, "");
	if (member->ret == cc->nothing)
		LLVMBuildRetVoid(cc->builder);
	else
		LLVMBuildRet(cc->builder,
			     LLVMBuildLoad2(cc->builder, member->ret,
					    group->stack, ""));
}

static void recursion_build_stack(struct cc *cc, struct cc_group *group)
{
	LLVMTypeRef type = LLVMArrayType2(cc->i8, cc->stack);

	group->stack = LLVMAddGlobal(cc->module, type, "recursion.stack");
	LLVMSetInitializer(group->stack, LLVMConstNull(type));
	LLVMSetLinkage(group->stack, LLVMInternalLinkage);
}

/* The one function, as far as it is nobody's code; where it chooses is told. */
static LLVMValueRef recursion_build_merged(struct cc *cc,
					   struct cc_group *group)
{
	LLVMTypeRef type = LLVMFunctionType(cc->nothing, &cc->i64, 1, false);
	LLVMBasicBlockRef entry, out;
	LLVMValueRef choice, back;
	char name[256];

	snprintf(name, sizeof(name), "%s.recursive",
		 cc_ir_name(group->members[0].function));
	group->merged = LLVMAddFunction(cc->module, name, type);
	LLVMSetLinkage(group->merged, LLVMInternalLinkage);
	entry = LLVMAppendBasicBlockInContext(cc->context, group->merged, "");
	out = LLVMAppendBasicBlockInContext(cc->context, group->merged, "");
	group->leave = LLVMAppendBasicBlockInContext(cc->context,
						     group->merged, "");
	LLVMSetCurrentDebugLocation2(cc->builder, NULL);
	LLVMPositionBuilderAtEnd(cc->builder, entry);
	group->frame = LLVMBuildAlloca(cc->builder, cc->ptr, "frame");
	LLVMBuildStore(cc->builder, group->stack, group->frame);
	choice = LLVMBuildSwitch(cc->builder, LLVMGetParam(group->merged, 0),
				 out, group->count);
	LLVMPositionBuilderAtEnd(cc->builder, out);
	LLVMBuildRetVoid(cc->builder);
	LLVMPositionBuilderAtEnd(cc->builder, group->leave);
	back = LLVMBuildLoad2(cc->builder, cc->i64,
			      cc_frame_place(cc, group, CC_FRAME_BACK), "");
	group->back = LLVMBuildSwitch(cc->builder, back, out, 16);
	return choice;
}

/* Calls and returns of a member, which is a part of the merged function now. */
static void recursion_build_jumps(struct cc *cc, struct cc_group *group,
				  struct cc_member *member, LLVMValueRef *calls)
{
	size_t i;

	for (i = 0; calls[i]; i++) {
		if (LLVMIsAReturnInst(calls[i]))
			recursion_jump_back(cc, group, calls[i]);
		else
			recursion_jump_to(cc, group, member,
					  cc_group_member(group, calls[i]),
					  calls[i]);
	}
}

struct listing {
	const struct cc_group *group;
	LLVMValueRef *list;
	size_t count;
};

static void recursion_list_jump(struct cc *cc, LLVMValueRef insn, void *data)
{
	struct listing *listing = data;

	(void)cc;
	if (!LLVMIsAReturnInst(insn) && !cc_group_member(listing->group, insn))
		return;
	if (listing->list)
		listing->list[listing->count] = insn;
	listing->count++;
}

static LLVMValueRef *recursion_list_jumps(struct cc *cc,
					  const struct cc_group *group,
					  LLVMValueRef function)
{
	struct listing listing = { .group = group };

	cc_ir_each_of(cc, function, recursion_list_jump, &listing);
	listing.list = calloc(listing.count + 1, sizeof(*listing.list));
	if (!listing.list)
		cc_die("out of memory");
	listing.count = 0;
	cc_ir_each_of(cc, function, recursion_list_jump, &listing);
	return listing.list;
}

static void recursion_merge(struct cc *cc, struct cc_group *group)
{
	LLVMMetadataRef whole = recursion_first_place(group);
	LLVMValueRef choice, **jumps;
	unsigned int i;

	jumps = calloc(group->count, sizeof(*jumps));
	if (!jumps)
		cc_die("out of memory");
	recursion_build_stack(cc, group);
	choice = recursion_build_merged(cc, group);
	for (i = 0; i < group->count; i++) {
		struct cc_member *member = &group->members[i];

		cc_frame_member(cc, group, member);
		jumps[i] = recursion_list_jumps(cc, group, member->function);
		member->entry = LLVMGetEntryBasicBlock(member->function);
		recursion_take_places(cc, member, whole);
		recursion_move_blocks(member->function, group->merged);
		member->check = LLVMAppendBasicBlockInContext(cc->context,
							      group->merged,
							      "");
		LLVMAddCase(choice, cc_ir_number(cc, i), member->check);
	}
	cc_frame_sizes(group);
	for (i = 0; i < group->count; i++) {
		recursion_build_jumps(cc, group, &group->members[i], jumps[i]);
		recursion_build_check(cc, group, &group->members[i]);
		free(jumps[i]);
	}
	for (i = 0; i < group->count; i++) {
		LLVMSetSubprogram(group->members[i].function, NULL);
		recursion_build_outside(cc, group, i);
	}
	if (whole)
		LLVMSetSubprogram(group->merged, whole);
	free(jumps);
}

static void recursion_free_group(struct cc_group *group)
{
	unsigned int i;

	for (i = 0; i < group->count; i++) {
		free(group->members[i].types);
		free(group->members[i].places);
	}
	free(group->members);
}

void cc_recursion_merge_groups(struct cc *cc, struct cc_group *groups,
			       unsigned int count)
{
	unsigned int g, i;

	for (g = 0; g < count; g++) {
		for (i = 0; i < groups[g].count; i++) {
			struct cc_member *member = &groups[g].members[i];
			LLVMTypeRef type;

			type = LLVMGlobalGetValueType(member->function);
			member->count = LLVMCountParams(member->function);
			member->ret = LLVMGetReturnType(type);
		}
	}
	/* No value is to live in several blocks, those behind calls included. */
	cc_run_passes(cc, "function(reg2mem)");
	for (g = 0; g < count; g++)
		for (i = 0; i < groups[g].count; i++)
			recursion_split_calls(cc, &groups[g],
					      groups[g].members[i].function);
	cc_run_passes(cc, "function(reg2mem)");
	for (g = 0; g < count; g++)
		recursion_merge(cc, &groups[g]);
	for (g = 0; g < count; g++)
		recursion_free_group(&groups[g]);
	/* Without what might make floating point of integers again. */
	cc_run_passes(cc,
		      "function(sroa,early-cse,simplifycfg,gvn,dse,simplifycfg),globaldce");
}

/* A program that is called is one, and a function that is called, too. */
static void recursion_split_entry(struct cc *cc, LLVMValueRef entry)
{
	LLVMTypeRef type = LLVMGlobalGetValueType(entry);
	LLVMValueRef fresh, value, call;
	LLVMBasicBlockRef block;

	fresh = cc_ir_retype(cc, entry, type);
	LLVMReplaceAllUsesWith(entry, fresh);
	LLVMReplaceAllUsesWith(LLVMGetParam(entry, 0), LLVMGetParam(fresh, 0));
	value = LLVMGetParam(entry, 0);
	LLVMSetValueName2(entry, cc_ir_name(fresh), strlen(cc_ir_name(fresh)));
	LLVMSetLinkage(fresh, LLVMInternalLinkage);
	LLVMSetSection(fresh, "");
	block = LLVMAppendBasicBlockInContext(cc->context, entry, "");
	LLVMPositionBuilderAtEnd(cc->builder, block);
	LLVMSetCurrentDebugLocation2(cc->builder, NULL);
	call = LLVMBuildCall2(cc->builder, type, fresh, &value, 1, "");
	LLVMBuildRet(cc->builder, call);
}

void cc_recursion_split_entries(struct cc *cc, bool all)
{
	LLVMValueRef function, next;

	for (function = LLVMGetFirstFunction(cc->module); function;
	     function = next) {
		next = LLVMGetNextFunction(function);
		if (!LLVMIsDeclaration(function) && cc_ir_is_entry(function) &&
		    (all || LLVMGetFirstUse(function)))
			recursion_split_entry(cc, function);
	}
}

bool cc_flatten_recursion(struct cc *cc)
{
	struct cc_graph graph;
	struct cc_group *groups;
	unsigned int i, count = 0;

	cc_recursion_split_entries(cc, false);
	cc_graph_make(cc, &graph);
	groups = calloc(graph.nr_groups + 1, sizeof(*groups));
	if (!groups)
		cc_die("out of memory");
	for (i = 0; i < graph.count; i++) {
		struct cc_node *node = &graph.nodes[graph.order[i]];
		struct cc_group *group = &groups[count];

		if (!node->cyclic)
			continue;
		if (!group->members)
			group->members = calloc(graph.count,
						sizeof(*group->members));
		if (!group->members)
			cc_die("out of memory");
		group->members[group->count++].function = node->function;
		/* Members of a group follow each other. */
		if (i + 1 == graph.count ||
		    graph.nodes[graph.order[i + 1]].group != node->group)
			count++;
	}
	cc_graph_free(&graph);
	if (count)
		cc_recursion_merge_groups(cc, groups, count);
	free(groups);
	return count;
}
