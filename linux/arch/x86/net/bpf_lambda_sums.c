// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rules for sums and constants of λs: see bpf_lambda_rules.c.
 */
#include <linux/bpf.h>
#include <linux/filter.h>

#include "bpf_jit_comp.h"
#include "bpf_lambda_rules.h"

/* Of simple operations: add, or, and, sub, xor. */
bool lambda_sums_is_simple(const struct bpf_insn *insn)
{
	u8 class = BPF_CLASS(insn->code);

	if (class != BPF_ALU && class != BPF_ALU64)
		return false;
	switch (BPF_OP(insn->code)) {
	case BPF_ADD:
	case BPF_OR:
	case BPF_AND:
	case BPF_SUB:
	case BPF_XOR:
		return true;
	default:
		return false;
	}
}

/* What x86 numbers a simple operation with; its opcodes begin at 8 of that. */
u8 lambda_sums_op_number(const struct bpf_insn *insn)
{
	switch (BPF_OP(insn->code)) {
	case BPF_OR:
		return 1;
	case BPF_AND:
		return 4;
	case BPF_SUB:
		return 5;
	case BPF_XOR:
		return 6;
	default:
		return 0;
	}
}

/* Instructions looked at for what becomes of a register. */
#define SUMS_AHEAD	48

/* @dst = @base + (@index << @shift) + @disp; @index may be X86_REG_NONE. */
struct sums_sum {
	u32 len;
	u32 dst;
	u32 base;
	u32 index;
	u8 shift;
	int disp;
};

/* mov d, s; add d, x, where x is a register or a constant */
static bool sums_parse_add(const struct bpf_insn *insn, struct sums_sum *sum)
{
	const struct bpf_insn *add = insn + 1;

	if (insn->code != (BPF_ALU64 | BPF_MOV | BPF_X) || insn->off ||
	    insn->src_reg == BPF_REG_FP || insn->src_reg == insn->dst_reg ||
	    add->dst_reg != insn->dst_reg)
		return false;
	*sum = (struct sums_sum) {
		.len = 2,
		.dst = insn->dst_reg,
		.base = insn->src_reg,
		.index = X86_REG_NONE,
	};
	if (add->code == (BPF_ALU64 | BPF_ADD | BPF_K)) {
		sum->disp = add->imm;
		return true;
	}
	sum->index = add->src_reg == sum->dst ? sum->base : add->src_reg;
	return add->code == (BPF_ALU64 | BPF_ADD | BPF_X);
}

/* The same with x shifted by 1 to 3 before, and not read later. */
static bool sums_parse_shifted(const struct lambda_plan *plan, u32 k,
			       struct sums_sum *sum)
{
	const struct bpf_insn *insn = &plan->prog->insnsi[k];

	if (insn->code != (BPF_ALU64 | BPF_LSH | BPF_K) || insn->imm < 1 ||
	    insn->imm > 3 || !sums_parse_add(insn + 1, sum) ||
	    sum->index != insn->dst_reg || sum->base == insn->dst_reg ||
	    sum->dst == insn->dst_reg)
		return false;
	sum->shift = insn->imm;
	sum->len = 3;
	return lambda_plan_is_dead(plan, k + 2, insn->dst_reg);
}

/* The sum that begins at @k. */
static bool sums_find(const struct lambda_plan *plan, u32 k,
		      struct sums_sum *sum)
{
	const struct bpf_insn *insn = &plan->prog->insnsi[k];

	if (lambda_plan_is_line(plan, k, 3) && sums_parse_shifted(plan, k, sum))
		return true;
	return lambda_plan_is_line(plan, k, 2) && sums_parse_add(insn, sum);
}

/* The same when it has been found to be one, and is being translated. */
static struct sums_sum sums_again(const struct lambda_jit *lj, u32 k)
{
	const struct bpf_insn *insn = &lj->prog->insnsi[k];
	struct sums_sum sum = {};

	if (lj->plan->steps[k].len == 2)
		sums_parse_add(insn, &sum);
	else
		sums_parse_shifted(lj->plan, k, &sum);
	return sum;
}

/* lea of 32 or 64 bits; without a displacement where that can be. */
static void sums_emit_lea(u8 **pprog, const struct sums_sum *sum, u32 dst,
			  bool is64)
{
	u8 rex = add_3mod(is64 ? 0x48 : 0x40, sum->base, dst, sum->index);
	u8 *prog = *pprog;

	EMIT2(rex, 0x8D);
	if (sum->index == X86_REG_NONE && is_imm8(sum->disp)) {
		EMIT2(add_2reg(0x40, sum->base, dst), sum->disp);
	} else if (sum->index == X86_REG_NONE) {
		EMIT1_off32(add_2reg(0x80, sum->base, dst), sum->disp);
	} else if (sum->base == BPF_REG_7) {
		/* r13 has to have a displacement. */
		EMIT3(add_2reg(0x44, BPF_REG_0, dst),
		      add_2reg(sum->shift << 6, sum->base, sum->index), 0);
	} else {
		EMIT2(add_2reg(0x04, BPF_REG_0, dst),
		      add_2reg(sum->shift << 6, sum->base, sum->index));
	}
	*pprog = prog;
}

u32 lambda_sums_match(struct lambda_plan *plan, u32 k)
{
	struct sums_sum sum;

	return sums_find(plan, k, &sum) ? sum.len : 0;
}

int emit_lambda_sum(u8 **pprog, struct lambda_jit *lj, u32 k)
{
	struct sums_sum sum = sums_again(lj, k);

	sums_emit_lea(pprog, &sum, sum.dst, true);
	lambda_access_note_all(lj, k, sum.len);
	return 0;
}

/* Whether @insn accesses memory by base @reg, and reads it for nothing else. */
static bool sums_is_access_by(const struct bpf_insn *insn, u32 reg)
{
	switch (BPF_CLASS(insn->code)) {
	case BPF_LDX:
		return insn->src_reg == reg;
	case BPF_ST:
		return insn->dst_reg == reg;
	case BPF_STX:
		return insn->dst_reg == reg && insn->src_reg != reg;
	default:
		return false;
	}
}

static bool sums_is_jump_or_call(const struct bpf_insn *insn)
{
	return BPF_CLASS(insn->code) == BPF_JMP ||
	       BPF_CLASS(insn->code) == BPF_JMP32;
}

/* Instructions from @k to the last access by what @sum is; 0: it is no address. */
static u32 sums_last_access(const struct lambda_plan *plan, u32 k,
			    const struct sums_sum *sum)
{
	u32 end = min(plan->prog->len, k + SUMS_AHEAD), last = 0, j;

	for (j = k + sum->len; j < end; j++) {
		const struct bpf_insn *insn = &plan->prog->insnsi[j];
		struct lambda_regs regs = lambda_plan_regs_of(insn);

		if (plan->steps[j].joins || sums_is_jump_or_call(insn) ||
		    lambda_access_takes_aux(insn))
			return 0;
		if (regs.uses & BIT(sum->dst)) {
			if (!sums_is_access_by(insn, sum->dst))
				return 0;
			last = j - k;
		}
		if (regs.defs & BIT(sum->dst) ||
		    lambda_plan_is_dead(plan, j, sum->dst))
			return last;
	}
	return 0;
}

/*
 * A sum that is nothing but the base of accesses: its low 32 bits, which are all
 * that matter of it, go where bases are held.
 */
u32 lambda_sums_match_address(struct lambda_plan *plan, u32 k)
{
	struct sums_sum sum;
	u32 until;

	if (plan->blinded || k <= plan->held_until ||
	    !sums_find(plan, k, &sum))
		return 0;
	until = sums_last_access(plan, k, &sum);
	if (!until)
		return 0;
	plan->steps[k].until = until;
	plan->held_until = k + until;
	return sum.len;
}

int emit_lambda_sum_address(u8 **pprog, struct lambda_jit *lj, u32 k)
{
	struct sums_sum sum = sums_again(lj, k);
	u32 reg;

	lambda_access_note_all(lj, k, sum.len);
	reg = lambda_access_hold_sum(lj, k, sum.dst,
				     k + lj->plan->steps[k].until);
	sums_emit_lea(pprog, &sum, reg, false);
	return 0;
}

/* Whether a constant takes 10 bytes of code to load. */
static bool sums_is_wide(const struct bpf_insn *insn)
{
	u64 value = (u64)(u32)insn[1].imm << 32 | (u32)insn->imm;

	return value > U32_MAX && (s64)value != (s32)value;
}

/* Whether a constant in memory may take the place of the source of @insn. */
static bool sums_takes_constant(const struct lambda_plan *plan, u32 k, u32 reg)
{
	const struct bpf_insn *insn = &plan->prog->insnsi[k];

	return !plan->steps[k].rule && BPF_CLASS(insn->code) == BPF_ALU64 &&
	       BPF_SRC(insn->code) == BPF_X && insn->src_reg == reg &&
	       insn->dst_reg != reg &&
	       (lambda_sums_is_simple(insn) || BPF_OP(insn->code) == BPF_MUL);
}

/* Marks what reads the constant of @k; or finds that something else does. */
static bool sums_mark_uses(struct lambda_plan *plan, u32 k, bool mark)
{
	u32 end = min(plan->prog->len, k + SUMS_AHEAD), j;
	u32 reg = plan->prog->insnsi[k].dst_reg;
	bool used = false;

	for (j = k + 2; j < end; j++) {
		const struct bpf_insn *insn = &plan->prog->insnsi[j];
		struct lambda_regs regs = lambda_plan_regs_of(insn);

		if (plan->steps[j].joins || sums_is_jump_or_call(insn))
			return false;
		if (regs.uses & BIT(reg)) {
			if (!mark && !sums_takes_constant(plan, j, reg))
				return false;
			if (mark)
				plan->steps[j].rule = RULE_CONSTANT_USE;
			used = true;
		}
		if (regs.defs & BIT(reg) || lambda_plan_is_dead(plan, j, reg))
			return used;
	}
	return false;
}

/*
 * A constant of 64 bits that is only ever the source of operations: these read
 * it from behind the code, and nothing loads it.
 */
u32 lambda_sums_match_constant(struct lambda_plan *plan, u32 k)
{
	const struct bpf_insn *insn = &plan->prog->insnsi[k];

	if (plan->blinded || insn->code != (BPF_LD | BPF_IMM | BPF_DW) ||
	    !sums_is_wide(insn) || !lambda_plan_is_line(plan, k, 2) ||
	    !sums_mark_uses(plan, k, false))
		return 0;
	sums_mark_uses(plan, k, true);
	plan->nr_pool++;
	return 2;
}

int emit_lambda_sum_constant(u8 **pprog, struct lambda_jit *lj, u32 k)
{
	lj->pool_of[lj->prog->insnsi[k].dst_reg] = lj->pool_next++;
	lambda_access_note_all(lj, k, 2);
	return 0;
}

/* op d, [rip + constant] */
int emit_lambda_sum_constant_use(u8 **pprog, struct lambda_jit *lj, u32 k)
{
	const struct bpf_insn *insn = &lj->prog->insnsi[k];
	int at = lj->pool + LAMBDA_POOL_ENTRY * lj->pool_of[insn->src_reg];
	u32 dst = insn->dst_reg;
	u8 *prog = *pprog;

	if (BPF_OP(insn->code) == BPF_MUL)
		EMIT3(add_2mod(0x48, BPF_REG_0, dst), 0x0F, 0xAF);
	else
		EMIT2(add_2mod(0x48, BPF_REG_0, dst),
		      lambda_sums_op_number(insn) * 8 + 3);
	EMIT1(add_2reg(0x05, BPF_REG_0, dst));
	EMIT(at - (lambda_jit_here(lj, prog) + 4), 4);
	lambda_access_note(lj, k);
	*pprog = prog;
	return 0;
}
