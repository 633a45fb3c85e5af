// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * How translated code counts instructions.
 *
 * A block is entered at its first instruction and left at its last, so it is
 * counted by one addition. After
 *
 *	A	if (condition) goto C
 *	B	one block, which runs into C
 *	C	reached in no other way
 *
 * C is executed whenever A is, so it is counted with A, and whatever is counted
 * with C as well: a chain. Where a chain ends in a backward jump, which counts
 * anyway, both are one addition: the body of a loop costs no more than the
 * jump. Other chains are counted in advance.
 *
 * So the counter is wrong between the ends of a chain, and whoever ends a run
 * there puts it right with sbpf_jit_blocks_uncounted().
 */
#include "jit.h"

static __u32 jit_block_next_insn(const struct sbpf_insn *insns, __u32 i)
{
	return i + (insns[i].code == SBPF_INSN_LD_IMM64 ? 2 : 1);
}

/* Whether the instruction ends a block. */
static bool jit_block_ends(const struct sbpf_insn *insn)
{
	__u8 class = SBPF_CLASS(insn->code);

	if (insn->code == SBPF_INSN_CALL)
		return SBPF_SRC(insn) == SBPF_CALL_LOCAL;
	return class == SBPF_JMP || class == SBPF_JMP32;
}

static void jit_block_mark_target(__u32 *at, __u32 from, __u32 target)
{
	at[target] |= JIT_LEADER |
		      (at[target] & JIT_TARGET ? JIT_TARGETS : JIT_TARGET);
	if (target <= from)
		at[target] |= JIT_LOOP;
}

static void jit_block_find_leaders(struct sbpf_check *ck, __u32 *at)
{
	__u32 i, k;

	for (i = 0; i <= ck->len; i++)
		at[i] = 0;
	for (k = 0; k < ck->nr_funcs; k++)
		at[ck->funcs[k].start] |= JIT_LEADER;
	for (i = 0; i < ck->len; i = jit_block_next_insn(ck->insns, i)) {
		if (!jit_block_ends(&ck->insns[i]))
			continue;
		at[i + 1] |= JIT_LEADER;
		if (sbpf_check_is_jump(&ck->insns[i]))
			jit_block_mark_target(at, i, (__u32)
					      sbpf_check_jump_target(ck, i));
	}
}

/* Target of a conditional jump ahead, or 0. */
static __u32 jit_block_branch_ahead(const struct sbpf_check *ck, __u32 i)
{
	const struct sbpf_insn *insn = &ck->insns[i];

	if (!sbpf_check_is_jump(insn) || SBPF_OP(insn->code) == SBPF_JA ||
	    insn->off <= 0)
		return 0;
	return (__u32)sbpf_check_jump_target(ck, i);
}

/* Where the block that @i begins runs into another one, or 0. */
static __u32 jit_block_runs_into(const struct sbpf_check *ck, const __u32 *at,
				 __u32 i)
{
	do {
		if (jit_block_ends(&ck->insns[i]))
			return 0;
		i = jit_block_next_insn(ck->insns, i);
	} while (!(at[i] & JIT_LEADER));
	return i;
}

void sbpf_jit_blocks_find(struct sbpf_program *program, struct sbpf_code *code)
{
	struct sbpf_check *ck = &program->check;
	__u32 *at = code->at;
	__u32 i;

	jit_block_find_leaders(ck, at);
	for (i = 0; i < ck->len; i = jit_block_next_insn(ck->insns, i)) {
		__u32 target = jit_block_branch_ahead(ck, i);

		if (!target || at[target] & JIT_TARGETS ||
		    at[i + 1] & JIT_TARGET)
			continue;
		if (jit_block_runs_into(ck, at, i + 1) == target)
			at[target] |= JIT_PAID;
	}
}

#define NONE	(~0u)

/* The instruction that is counted together with @i and follows it. */
static __u32 jit_block_next_in_chain(const struct sbpf_check *ck,
				     const __u32 *at, __u32 i)
{
	__u32 next = jit_block_next_insn(ck->insns, i);

	if (!jit_block_ends(&ck->insns[i]))
		return at[next] & JIT_LEADER ? NONE : next;
	next = jit_block_branch_ahead(ck, i);
	return next && at[next] & JIT_PAID ? next : NONE;
}

bool sbpf_jit_blocks_chain(const struct sbpf_program *program,
			   const struct sbpf_code *code, __u32 head, __u32 insn,
			   struct sbpf_jit_chain *chain)
{
	const struct sbpf_check *ck = &program->check;
	__u32 i, last = head;
	bool found = false;

	chain->total = 0;
	for (i = head; i != NONE;
	     i = jit_block_next_in_chain(ck, code->at, i)) {
		if (i == insn) {
			chain->before = chain->total;
			found = true;
		}
		chain->total++;
		last = i;
	}
	chain->late = sbpf_check_is_jump(&ck->insns[last]) &&
		      sbpf_check_jump_target(ck, last) <= last;
	return found;
}

/* The chain that @insn is in; only ever asked when a run was cut short. */
static void jit_block_find_chain(const struct sbpf_program *program,
				 const struct sbpf_code *code, __u32 insn,
				 struct sbpf_jit_chain *chain)
{
	const struct sbpf_check *ck = &program->check;
	__u32 i = ck->funcs[sbpf_program_func_at(program, insn)].start;

	for (;; i = jit_block_next_insn(ck->insns, i)) {
		__u32 flags = code->at[i];

		if ((flags & JIT_LEADER) && !(flags & JIT_PAID) &&
		    sbpf_jit_blocks_chain(program, code, i, insn, chain))
			return;
	}
}

/* What the counter lacks when so many of a chain were executed. */
static __s64 jit_block_lack(const struct sbpf_jit_chain *chain, __u32 executed)
{
	return (__s64)executed - (chain->late ? 0 : chain->total);
}

__s64 sbpf_jit_blocks_uncounted(const struct sbpf_program *program,
				const struct sbpf_code *code, __u32 where)
{
	const struct sbpf_check *ck = &program->check;
	struct sbpf_jit_chain chain;
	__u32 next;
	__s64 n;

	if (jit_block_ends(&ck->insns[where]))
		return 0;
	jit_block_find_chain(program, code, where, &chain);
	n = jit_block_lack(&chain, chain.before + 1);
	next = jit_block_runs_into(ck, code->at, where);
	if (next && code->at[next] & JIT_PAID) {
		jit_block_find_chain(program, code, next, &chain);
		n += jit_block_lack(&chain, chain.before);
	}
	return n;
}
