/* SPDX-License-Identifier: GPL-2.0-only */
/* Functions that become one, with calls among them that are jumps. */
#ifndef LAMBDA_CC_GROUP_H
#define LAMBDA_CC_GROUP_H

#include "cc.h"

/**
 * struct cc_member - a function of a group that becomes one function
 * @function: itself, and later what is called in its place from outside
 * @entry:    where its code begins
 * @check:    where a call of it goes: is there room for its frame?
 * @count:    its parameters
 * @types:    of these
 * @places:   of these in its frame
 * @ret:      type of its result, which lies where the frame begins
 * @size:     of its frame
 */
struct cc_member {
	LLVMValueRef function;
	LLVMBasicBlockRef entry;
	LLVMBasicBlockRef check;
	unsigned int count;
	LLVMTypeRef *types;
	__u64 *places;
	LLVMTypeRef ret;
	__u64 size;
};

/**
 * struct cc_group - functions that become one
 * @members: the functions
 * @count:   how many
 * @merged:  the one
 * @frame:   its variable that has the address of the frame
 * @stack:   where frames are
 * @align:   of each frame
 * @leave:   the block that returns, to whom the frame says
 * @back:    its last instruction, with a case for each call
 * @nr_back: how many cases there are
 */
struct cc_group {
	struct cc_member *members;
	unsigned int count;
	LLVMValueRef merged;
	LLVMValueRef frame;
	LLVMValueRef stack;
	unsigned int align;
	LLVMBasicBlockRef leave;
	LLVMValueRef back;
	unsigned int nr_back;
};

#define CC_FRAME_RESULT 0u	/* where in a frame the result is, */
#define CC_FRAME_BACK 16u	/* whom to return to, */
#define CC_FRAME_HEAD 24u	/* and all else */

/*
 * Leaves of each program, or of each that is called, only a call of a function
 * that has its code.
 */
void cc_recursion_split_entries(struct cc *cc, bool all);

/* The member that an instruction calls, or NULL. */
struct cc_member *cc_group_member(const struct cc_group *group,
				  LLVMValueRef insn);

/*
 * frame.c: gives a place in the frame to what a member needs after a call of
 * another, and to what others may have the address of. The member's code is
 * then ready to be moved to the merged function: nothing in it uses parameters.
 * Raises the alignment of frames to what the member needs.
 */
void cc_frame_member(struct cc *cc, struct cc_group *group,
		     struct cc_member *member);

/* Once all members have their places: gives each frame its size. */
void cc_frame_sizes(struct cc_group *group);

/* An address in the frame, at the builder's place. */
LLVMValueRef cc_frame_place(struct cc *cc, const struct cc_group *group,
			    __u64 offset);

#endif /* LAMBDA_CC_GROUP_H */
