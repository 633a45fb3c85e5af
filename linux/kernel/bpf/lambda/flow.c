// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * No register of a λ program is read before it is written.
 *
 * The last pass of the load-time check computes, for each instruction, which
 * registers are written on every path to it. It starts from "all" and takes
 * registers away until nothing changes. An instruction is looked at again
 * only when a register was taken from it, which happens at most eleven times,
 * and waits in the list at most once: time and list stay linear in the
 * program's length however its jumps are laid out.
 *
 * Calls need two rounds. Whether a function leaves R0 written depends on the
 * functions it calls: round one goes from callees to callers and follows R0
 * alone. Which arguments a function may read depends on those that call it:
 * round two goes from callers to callees and follows all registers.
 */
#include <linux/build_bug.h>
#include <linux/lambda_check.h>
#include <linux/sbpf_isa.h>

#include "flow.h"

#define REG(n)		(1u << (n))
#define ARGUMENTS	(REG(1) | REG(2) | REG(3) | REG(4) | REG(5))

static_assert(SBPF_HELPER_END - SBPF_HELPER_MEMCPY == 167,
	      "flow_args(), flow_helper_contract() must know a new helper");

struct flow_state {
	struct sbpf_check *ck;
	__u32 *list;		/* instructions to look at */
	__u32 listed;		/* how many those are */
	__u16 *state;		/* of each instruction */
	__u32 follow;		/* registers followed in this round */
};

/* The parts of the contract without which a helper is another one. */
static __u32 flow_helper_contract(__s32 id)
{
	if (id >= SBPF_HELPER_HISTOGRAM)
		return SBPF_CONTRACT_BULK;
	return id == SBPF_HELPER_MEMCHR || id == SBPF_HELPER_MEMMEM ?
	       SBPF_CONTRACT_CHARGING : 0;
}

/* How many arguments a helper takes: R1 and so on. */
static __u32 flow_args(__s32 id)
{
	if (id >= SBPF_HELPER_OF(SBPF_OP_LT, 0))
		return 4;
	if (id >= SBPF_HELPER_TYPED)
		return 3;
	if (id == SBPF_HELPER_MEMMEM || id == SBPF_HELPER_INDEX)
		return 4;
	return id >= SBPF_HELPER_AND ? 4 : 3;
}

/* Registers that a call reads: a local one leaves that to the callee. */
static __u32 flow_call_reads(const struct sbpf_insn *insn)
{
	if (SBPF_SRC(insn) != SBPF_CALL_HELPER)
		return 0;
	return ARGUMENTS & (REG(flow_args(insn->imm) + 1) - 1);
}

static __u32 flow_regs_read(const struct flow_state *flow, __u32 i)
{
	const struct sbpf_insn *insn = &flow->ck->insns[i];
	__u32 uses = sbpf_check_operands(insn);
	__u32 regs = 0;

	if (insn->code == SBPF_INSN_CALL)
		return flow_call_reads(insn);
	if (insn->code == SBPF_INSN_EXIT)
		return i < flow->ck->funcs[0].len ? REG(0) : 0;
	if (uses & (SBPF_DST_READ | SBPF_DST_BASE))
		regs |= REG(SBPF_DST(insn));
	if (uses & (SBPF_SRC_READ | SBPF_SRC_BASE))
		regs |= REG(SBPF_SRC(insn));
	return regs;
}

/* One more path leads to @i, with @regs written. Did that change anything? */
static int flow_merge(struct flow_state *flow, __u32 i, __u32 regs)
{
	__u32 old = flow->state[i];
	__u32 new = old & (regs | ~SBPF_STATE_REGS);

	if (!(old & SBPF_STATE_SEEN))
		new = old | regs | SBPF_STATE_SEEN;
	flow->state[i] = (__u16)new;
	return new != old;
}

static void flow_to(struct flow_state *flow, __u32 i, __u32 regs)
{
	if (!flow_merge(flow, i, regs))
		return;
	if (flow->state[i] & SBPF_STATE_QUEUED)
		return;
	flow->state[i] |= SBPF_STATE_QUEUED;
	flow->list[flow->listed++] = i;
}

/* Registers written after the call at @i; passes arguments to a callee. */
static __u32 flow_call(struct flow_state *flow, __u32 i, __u32 regs)
{
	const struct sbpf_insn *insn = &flow->ck->insns[i];
	const struct sbpf_func *callee;
	__u32 kept = regs & ~(REG(0) | ARGUMENTS);

	if (SBPF_SRC(insn) == SBPF_CALL_HELPER) {
		flow->ck->contract |= flow_helper_contract(insn->imm);
		return kept | REG(0);
	}
	callee = sbpf_check_callee(flow->ck, i);
	flow_merge(flow, callee->start, regs & (ARGUMENTS | REG(SBPF_FP)));
	if (flow->state[callee->start] & SBPF_STATE_LEAVES_R0)
		return kept | REG(0);
	return kept;
}

static void flow_step(struct flow_state *flow, const struct sbpf_func *func,
		      __u32 i)
{
	const struct sbpf_insn *insn = &flow->ck->insns[i];
	__u32 regs = flow->state[i] & SBPF_STATE_REGS;

	if (insn->code == SBPF_INSN_EXIT) {
		if (!(regs & REG(0)))
			flow->state[func->start] &= ~SBPF_STATE_LEAVES_R0;
		return;
	}
	if (insn->code == SBPF_INSN_CALL)
		regs = flow_call(flow, i, regs);
	else if (sbpf_check_operands(insn) & SBPF_DST_WRITE)
		regs |= REG(SBPF_DST(insn));
	regs &= flow->follow;
	if (sbpf_check_is_jump(insn))
		flow_to(flow, (__u32)sbpf_check_jump_target(flow->ck, i), regs);
	if (insn->code == SBPF_INSN_JA || insn->code == SBPF_INSN_GOTOL)
		return;
	flow_to(flow, i + (insn->code == SBPF_INSN_LD_IMM64 ? 2 : 1), regs);
}

static void flow_func(struct flow_state *flow, const struct sbpf_func *func)
{
	flow->list[0] = func->start;
	flow->listed = 1;
	while (flow->listed) {
		__u32 i = flow->list[--flow->listed];

		flow->state[i] &= ~SBPF_STATE_QUEUED;
		flow_step(flow, func, i);
	}
}

/* Round one: which functions write R0 on every path to their exit. */
static void flow_find_results(struct flow_state *flow, const __u8 *order)
{
	const struct sbpf_check *ck = flow->ck;
	__u32 k;

	flow->follow = REG(0);
	for (k = 0; k < ck->nr_funcs; k++) {
		const struct sbpf_func *func = &ck->funcs[order[k]];

		flow->state[func->start] |= SBPF_STATE_SEEN |
					    SBPF_STATE_LEAVES_R0;
		flow_func(flow, func);
	}
}

/* Round two: which registers are written before each instruction. */
static void flow_find_written(struct flow_state *flow, const __u8 *order)
{
	const struct sbpf_check *ck = flow->ck;
	__u32 k;

	for (k = 0; k < ck->len; k++)
		flow->state[k] &= SBPF_STATE_LEAVES_R0;
	flow->follow = SBPF_STATE_REGS;
	flow_merge(flow, 0, REG(1) | REG(SBPF_FP));
	for (k = ck->nr_funcs; k-- > 0; ) {
		const struct sbpf_func *func = &ck->funcs[order[k]];

		if (flow->state[func->start] & SBPF_STATE_SEEN)
			flow_func(flow, func);
	}
}

static const char *flow_why_unwritten(__u32 regs)
{
	static const char * const why[] = {
		"R0 is read but not written on every path to here",
		"R1 is read but not written on every path to here",
		"R2 is read but not written on every path to here",
		"R3 is read but not written on every path to here",
		"R4 is read but not written on every path to here",
		"R5 is read but not written on every path to here",
		"R6 is read but not written on every path to here",
		"R7 is read but not written on every path to here",
		"R8 is read but not written on every path to here",
		"R9 is read but not written on every path to here",
	};
	__u32 n = 0;

	while (!(regs & REG(n)))
		n++;
	return why[n];
}

int sbpf_flow_check(struct sbpf_check *ck, __u32 *list, __u16 *state,
		    const __u8 *order)
{
	struct flow_state flow = { .ck = ck, .list = list, .state = state };
	__u32 i;

	flow_find_results(&flow, order);
	flow_find_written(&flow, order);
	for (i = 0; i < ck->len; i++) {
		__u32 missing = flow_regs_read(&flow, i) & ~(__u32)state[i];

		if (!(state[i] & SBPF_STATE_SEEN) || !missing)
			continue;
		ck->where = i;
		ck->why = flow_why_unwritten(missing);
		return -1;
	}
	return 0;
}
