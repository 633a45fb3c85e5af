// SPDX-License-Identifier: GPL-2.0-only
/* A group of functions that become one. */
#include "group.h"

struct cc_member *cc_group_member(const struct cc_group *group,
				  LLVMValueRef insn)
{
	LLVMValueRef callee = cc_ir_callee(insn);
	unsigned int i;

	for (i = 0; callee && i < group->count; i++)
		if (group->members[i].function == callee)
			return &group->members[i];
	return NULL;
}
