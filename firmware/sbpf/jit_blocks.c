// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * How translated code counts instructions.
 *
 * A block is entered at its first instruction and left at its last, so it is
 * counted by one subtraction where it begins. After
 *
 *	A	if (condition) goto C
 *	B	one block, which runs into C
 *	C	reached in no other way
 *
 * C is executed whenever A is, so A counts for C as well, and for what C counts
 * for in turn: the loop around a few such conditions counts once. A run that
 * ends inside a block has counted too many; sbpf_jit_counted() also tells how
 * many of them were still to come.
 */
#include "jit.h"

static __u32 next_insn(const struct sbpf_insn *insns, __u32 i)
{
	return i + (insns[i].code == SBPF_INSN_LD_IMM64 ? 2 : 1);
}

bool sbpf_jit_ends_block(const struct sbpf_insn *insn)
{
	__u8 class = SBPF_CLASS(insn->code);

	if (insn->code == SBPF_INSN_CALL)
		return SBPF_SRC(insn) == SBPF_CALL_LOCAL;
	return class == SBPF_JMP || class == SBPF_JMP32;
}

static void mark_target(__u32 *at, __u32 from, __u32 target)
{
	at[target] |= JIT_LEADER |
		      (at[target] & JIT_TARGET ? JIT_TARGETS : JIT_TARGET);
	if (target <= from)
		at[target] |= JIT_LOOP;
}

static void find_leaders(struct sbpf_check *ck, __u32 *at)
{
	__u32 i, k;

	for (i = 0; i <= ck->len; i++)
		at[i] = 0;
	for (k = 0; k < ck->nr_funcs; k++)
		at[ck->funcs[k].start] |= JIT_LEADER;
	for (i = 0; i < ck->len; i = next_insn(ck->insns, i)) {
		if (!sbpf_jit_ends_block(&ck->insns[i]))
			continue;
		at[i + 1] |= JIT_LEADER;
		if (sbpf_is_jump(&ck->insns[i]))
			mark_target(at, i, (__u32)sbpf_jump_target(ck, i));
	}
}

/* Target of a conditional jump ahead, or 0. */
static __u32 branch_ahead(const struct sbpf_check *ck, __u32 i)
{
	const struct sbpf_insn *insn = &ck->insns[i];

	if (!sbpf_is_jump(insn) || SBPF_OP(insn->code) == SBPF_JA ||
	    insn->off <= 0)
		return 0;
	return (__u32)sbpf_jump_target(ck, i);
}

/* Where the block that @i begins runs into another one, or 0. */
static __u32 runs_into(const struct sbpf_check *ck, const __u32 *at, __u32 i)
{
	do {
		if (sbpf_jit_ends_block(&ck->insns[i]))
			return 0;
		i = next_insn(ck->insns, i);
	} while (!(at[i] & JIT_LEADER));
	return i;
}

void sbpf_jit_find_blocks(struct sbpf_program *program, struct sbpf_code *code)
{
	struct sbpf_check *ck = &program->check;
	__u32 *at = code->at;
	__u32 i;

	find_leaders(ck, at);
	for (i = 0; i < ck->len; i = next_insn(ck->insns, i)) {
		__u32 target = branch_ahead(ck, i);

		if (!target || at[target] & JIT_TARGETS ||
		    at[i + 1] & JIT_TARGET)
			continue;
		if (runs_into(ck, at, i + 1) == target)
			at[target] |= JIT_PAID;
	}
}

__u32 sbpf_jit_counted(const struct sbpf_program *program,
		       const struct sbpf_code *code, __u32 i, bool through)
{
	const struct sbpf_check *ck = &program->check;
	const __u32 *at = code->at;
	__u32 n = 0;

	for (;;) {
		__u32 next = next_insn(ck->insns, i);

		n++;
		if (sbpf_jit_ends_block(&ck->insns[i])) {
			next = branch_ahead(ck, i);
			if (!next || !(at[next] & JIT_PAID))
				return n;
		} else if (at[next] & JIT_LEADER &&
			   !(through && at[next] & JIT_PAID)) {
			return n;
		}
		i = next;
	}
}
