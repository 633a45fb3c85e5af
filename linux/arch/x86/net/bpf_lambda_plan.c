// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the JIT for λs knows of a function before it makes code: which
 * instructions are jumped to, which registers are read later, where loops begin,
 * and which instructions are translated together.
 *
 * All of it follows from the instructions alone, so that it is the same in each
 * pass. It takes time that grows with their number: what would take more is
 * given up, and less is known then.
 */
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "bpf_jit_comp.h"
#include "bpf_lambda_internal.h"

/*
 * A loop of so few instructions begins at a multiple of the cache line, lest it
 * lie in two; others at one of half of it: more would only be padding.
 */
#define PLAN_SHORT_LOOP		12
#define PLAN_ALIGN_SHORT	64
#define PLAN_ALIGN_LOOP		32

/* Sweeps over a function; most take as many as loops are nested, and one. */
#define PLAN_SWEEPS_MAX		10

#define PLAN_ALL_REGS		GENMASK(MAX_BPF_EXT_REG - 1, 0)

bool lambda_plan_is_jump(const struct bpf_insn *insn)
{
	u8 class = BPF_CLASS(insn->code);
	u8 op = BPF_OP(insn->code);

	return (class == BPF_JMP || class == BPF_JMP32) &&
	       op != BPF_CALL && op != BPF_EXIT;
}

/* Instructions from the one after @insn to its target. */
int lambda_plan_jump_off(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP32 | BPF_JA) ? insn->imm : insn->off;
}

static struct lambda_regs plan_alu_regs(const struct bpf_insn *insn)
{
	u8 op = BPF_OP(insn->code);
	struct lambda_regs regs = { .defs = BIT(insn->dst_reg) };

	/* Also of a constant 0 that is hidden. */
	if (op == BPF_XOR && BPF_SRC(insn->code) == BPF_X &&
	    insn->src_reg == insn->dst_reg)
		return regs;
	if (op != BPF_MOV)
		regs.uses |= BIT(insn->dst_reg);
	if (BPF_SRC(insn->code) == BPF_X && op != BPF_NEG && op != BPF_END)
		regs.uses |= BIT(insn->src_reg);
	return regs;
}

static struct lambda_regs plan_jump_regs(const struct bpf_insn *insn)
{
	struct lambda_regs regs = {};

	switch (BPF_OP(insn->code)) {
	case BPF_JA:
		break;
	case BPF_EXIT:
		regs.uses = BIT(BPF_REG_0);
		break;
	case BPF_CALL:
		regs.uses = GENMASK(BPF_REG_5, BPF_REG_1);
		regs.defs = GENMASK(BPF_REG_5, BPF_REG_0);
		break;
	default:
		regs.uses = BIT(insn->dst_reg);
		if (BPF_SRC(insn->code) == BPF_X)
			regs.uses |= BIT(insn->src_reg);
	}
	return regs;
}

/**
 * lambda_plan_regs_of - the registers that an instruction reads and writes
 * @insn: the instruction
 *
 * A call is taken to read all arguments, and writes what it leaves undefined.
 *
 * Return: a bit for each.
 */
struct lambda_regs lambda_plan_regs_of(const struct bpf_insn *insn)
{
	struct lambda_regs regs = {};

	switch (BPF_CLASS(insn->code)) {
	case BPF_LD:
		if (insn->code)		/* else the other half */
			regs.defs = BIT(insn->dst_reg);
		break;
	case BPF_LDX:
		regs.uses = BIT(insn->src_reg);
		regs.defs = BIT(insn->dst_reg);
		break;
	case BPF_STX:
		regs.uses = BIT(insn->src_reg);
		fallthrough;
	case BPF_ST:
		regs.uses |= BIT(insn->dst_reg);
		break;
	case BPF_ALU:
	case BPF_ALU64:
		return plan_alu_regs(insn);
	default:
		return plan_jump_regs(insn);
	}
	return regs;
}

/* What is read after instruction @k, as far as the sweep has come. */
static u16 plan_live_after(const struct lambda_plan *plan, const u16 *before,
			   u32 k)
{
	const struct bpf_insn *insn = &plan->prog->insnsi[k];
	u16 live = 0;

	if (insn->code == (BPF_JMP | BPF_EXIT))
		return 0;
	if (lambda_plan_is_jump(insn))
		live = before[k + 1 + lambda_plan_jump_off(insn)];
	if (!lambda_plan_is_jump(insn) || BPF_OP(insn->code) != BPF_JA)
		live |= before[k + 1];
	return live;
}

static bool plan_sweep(struct lambda_plan *plan, u16 *before)
{
	bool changed = false;
	u32 k;

	for (k = plan->prog->len; k-- > 0;) {
		struct lambda_regs regs =
			lambda_plan_regs_of(&plan->prog->insnsi[k]);
		u16 live;

		plan->live[k] = plan_live_after(plan, before, k);
		live = regs.uses | (plan->live[k] & ~regs.defs);
		changed |= live != before[k];
		before[k] = live;
	}
	return changed;
}

/* From the end to the beginning, until nothing changes. */
static int plan_find_live(struct lambda_plan *plan)
{
	u32 len = plan->prog->len, sweeps = 0, k;
	u16 *before = kvcalloc(len + 1, sizeof(*before), GFP_KERNEL);
	bool changed;

	if (!before)
		return -ENOMEM;
	do {
		changed = plan_sweep(plan, before);
		cond_resched();
	} while (changed && ++sweeps < PLAN_SWEEPS_MAX);
	for (k = 0; changed && k < len; k++)
		plan->live[k] = PLAN_ALL_REGS;
	kvfree(before);
	return 0;
}

static void plan_find_joins(struct lambda_plan *plan)
{
	const struct bpf_insn *insn;
	u32 k, to;

	for (k = 0; k < plan->prog->len; k++) {
		insn = &plan->prog->insnsi[k];
		if (!lambda_plan_is_jump(insn))
			continue;
		to = k + 1 + lambda_plan_jump_off(insn);
		if (plan->steps[to].joins < LAMBDA_MANY)
			plan->steps[to].joins++;
		if (to > k)
			continue;
		plan->nr_back++;
		if (k - to < PLAN_SHORT_LOOP && !plan->steps[to].align)
			plan->steps[to].align = PLAN_ALIGN_SHORT;
		else if (k - to >= PLAN_SHORT_LOOP)
			plan->steps[to].align = PLAN_ALIGN_LOOP;
	}
}

/**
 * lambda_plan_is_line - whether instructions may be translated as one
 * @plan: of the function
 * @k:    the first of them
 * @n:    how many
 *
 * Return: nothing leads in between, and none is part of another rule's.
 */
bool lambda_plan_is_line(const struct lambda_plan *plan, u32 k, u32 n)
{
	u32 end = k + n;

	if (end > plan->prog->len || plan->steps[k].rule)
		return false;
	while (++k < end)
		if (plan->steps[k].joins || plan->steps[k].rule)
			return false;
	return true;
}

/* Whether nothing after instruction @k reads what @reg is there. */
bool lambda_plan_is_dead(const struct lambda_plan *plan, u32 k, u32 reg)
{
	return !(plan->live[k] & BIT(reg));
}

/**
 * lambda_plan_look - look at all of a function
 * @prog: a function of a λ
 *
 * Return: what is known of it, with a rule for none of its instructions; NULL
 * without memory.
 */
struct lambda_plan *lambda_plan_look(const struct bpf_prog *prog)
{
	struct lambda_plan *plan;

	plan = kvzalloc(struct_size(plan, steps, prog->len) +
			(prog->len + 1) * sizeof(*plan->live), GFP_KERNEL);
	if (!plan)
		return NULL;
	plan->prog = prog;
	plan->blinded = prog->blinded;
	plan->live = PTR_ALIGN((void *)&plan->steps[prog->len],
			       sizeof(*plan->live));
	plan_find_joins(plan);
	if (plan_find_live(plan)) {
		kvfree(plan);
		return NULL;
	}
	return plan;
}
