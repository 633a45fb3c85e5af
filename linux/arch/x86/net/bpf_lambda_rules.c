// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instructions of λs that are translated together: a table of rules.
 *
 * BPF has neither an operation on memory nor a sum of two registers in a third;
 * no sign extension before version 4, and no constant of 64 bits but in a
 * register. What clang makes of such C is several instructions, for which x86 has
 * one. A rule says where that is so. To the λ it makes no difference: the values
 * that are read later are the same, the budget is, and so is what is told of a
 * fault. What else was in a register, nobody asks for.
 *
 * No rule makes use of r10 where constants are blinded, for it is BPF_REG_AX
 * then; nor has it constants behind the code.
 */
#include <linux/bpf.h>
#include <linux/filter.h>

#include "bpf_jit_comp.h"
#include "bpf_lambda_rules.h"

static const struct bpf_insn *rule_insn(const struct lambda_plan *plan, u32 k)
{
	return &plan->prog->insnsi[k];
}

static bool rule_is(const struct bpf_insn *insn, u8 code)
{
	return insn->code == code && !insn->off;
}

/* A number in place of a register of an operand. */
static u8 rule_number_reg(u8 number)
{
	static const u8 regs[] = {
		[0] = BPF_REG_0, [1] = BPF_REG_4, [4] = X86_REG_R12,
		[5] = BPF_REG_FP, [6] = BPF_REG_2, [7] = BPF_REG_1,
	};

	return regs[number];
}

static u32 rule_size(const struct bpf_insn *insn)
{
	switch (BPF_SIZE(insn->code)) {
	case BPF_B:
		return 1;
	case BPF_H:
		return 2;
	case BPF_W:
		return 4;
	default:
		return 8;
	}
}

static bool rule_is_load(const struct bpf_insn *insn)
{
	return BPF_CLASS(insn->code) == BPF_LDX &&
	       BPF_MODE(insn->code) == BPF_MEM;
}

/* [r11 + r12 + off] of any instruction: with which opcode is the caller's. */
static void rule_emit_operand(u8 **pprog, const struct lambda_ref *ref, u8 size,
			      u8 opcode, u8 reg, u8 number_reg)
{
	u8 *prog = *pprog;

	if (size == 2)
		EMIT1(0x66);
	EMIT2(add_3mod(size == 8 ? 0x48 : 0x40, ref->reg, reg, ref->index),
	      opcode);
	emit_insn_suffix_SIB(&prog, ref->reg, number_reg, ref->index, ref->off);
	*pprog = prog;
}

/*
 * load; shl 32; sar 32 -> movslq: a signed number of 32 bits, as clang loads it
 * for version 3.
 */
static u32 rule_match_load_signed(struct lambda_plan *plan, u32 k)
{
	const struct bpf_insn *insn = rule_insn(plan, k);

	if (insn->code != (BPF_LDX | BPF_MEM | BPF_W) ||
	    !lambda_plan_is_line(plan, k, 3))
		return 0;
	if (!rule_is(insn + 1, BPF_ALU64 | BPF_LSH | BPF_K) ||
	    !rule_is(insn + 2, BPF_ALU64 | BPF_ARSH | BPF_K) ||
	    insn[1].imm != 32 || insn[2].imm != 32 ||
	    insn[1].dst_reg != insn->dst_reg ||
	    insn[2].dst_reg != insn->dst_reg)
		return 0;
	return 3;
}

static int rule_emit_load_signed(u8 **pprog, struct lambda_jit *lj, u32 k)
{
	struct bpf_insn insn = lj->prog->insnsi[k];
	struct lambda_ref ref =
		lambda_access_reach(pprog, lj, k, insn.src_reg, insn.off);
	int at = lambda_jit_here(lj, *pprog);

	insn.code = BPF_LDX | BPF_MEMSX | BPF_W;
	emit_lambda_access_load(pprog, &insn, &ref);
	lambda_access_note_all(lj, k, 3);
	return lambda_access_add_extable(lj, at, 0);
}

/* shl 32; sar 32 -> movslq, and shl 32; shr 32 -> mov of 32 bits. */
static u32 rule_match_extend(struct lambda_plan *plan, u32 k)
{
	const struct bpf_insn *insn = rule_insn(plan, k);

	if (!rule_is(insn, BPF_ALU64 | BPF_LSH | BPF_K) || insn->imm != 32 ||
	    !lambda_plan_is_line(plan, k, 2))
		return 0;
	if (!rule_is(insn + 1, BPF_ALU64 | BPF_ARSH | BPF_K) &&
	    !rule_is(insn + 1, BPF_ALU64 | BPF_RSH | BPF_K))
		return 0;
	if (insn[1].imm != 32 || insn[1].dst_reg != insn->dst_reg)
		return 0;
	return 2;
}

static int rule_emit_extend(u8 **pprog, struct lambda_jit *lj, u32 k)
{
	const struct bpf_insn *insn = &lj->prog->insnsi[k];
	u32 dst = insn->dst_reg;
	bool sign = BPF_OP(insn[1].code) == BPF_ARSH;
	u8 *prog = *pprog;

	/* Not emit_mov_reg(), which leaves out a move to itself. */
	maybe_emit_mod(&prog, dst, dst, sign);
	EMIT2(sign ? 0x63 : 0x89, add_2reg(0xC0, dst, dst));
	lambda_access_note_all(lj, k, 2);
	*pprog = prog;
	return 0;
}

static bool rule_is_order(const struct bpf_insn *insn)
{
	switch (BPF_OP(insn->code)) {
	case BPF_JGT:
	case BPF_JGE:
	case BPF_JLT:
	case BPF_JLE:
	case BPF_JSGT:
	case BPF_JSGE:
	case BPF_JSLT:
	case BPF_JSLE:
		return true;
	default:
		return false;
	}
}

static u8 rule_jcc(const struct bpf_insn *insn)
{
	switch (BPF_OP(insn->code)) {
	case BPF_JEQ:
		return X86_JE;
	case BPF_JNE:
		return X86_JNE;
	case BPF_JGT:
		return X86_JA;
	case BPF_JGE:
		return X86_JAE;
	case BPF_JLT:
		return X86_JB;
	case BPF_JLE:
		return X86_JBE;
	case BPF_JSGT:
		return X86_JG;
	case BPF_JSGE:
		return X86_JGE;
	case BPF_JSLT:
		return X86_JL;
	default:
		return X86_JLE;
	}
}

#define RULE_JCC_LEN	6
#define RULE_JMP_LEN	5

/* The move of the select at @k, for which its jump makes way. */
static u8 *rule_emit_select_move(u8 *prog, const struct bpf_insn *insn)
{
	emit_mov_reg(&prog, BPF_CLASS(insn->code) == BPF_ALU64, insn->dst_reg,
		     insn->src_reg);
	return prog;
}

static u32 rule_select_len(const struct bpf_insn *insn)
{
	u8 temp[16];

	return rule_emit_select_move(temp, insn) - temp + RULE_JMP_LEN;
}

/*
 * if (a < b) goto +1; a = b -> the move is behind the function, and code goes
 * there only when it is made. A new minimum or maximum is rare, after the first
 * few; a jump over a move, taken nearly always, costs as much as the rest.
 */
static u32 rule_match_select(struct lambda_plan *plan, u32 k)
{
	const struct bpf_insn *insn = rule_insn(plan, k), *move = insn + 1;
	u8 *joins;

	if (!lambda_plan_is_jump(insn) || BPF_SRC(insn->code) != BPF_X ||
	    insn->off != 1 || !rule_is_order(insn) ||
	    !lambda_plan_is_line(plan, k, 2))
		return 0;
	if (!rule_is(move, BPF_ALU64 | BPF_MOV | BPF_X) &&
	    !rule_is(move, BPF_ALU | BPF_MOV | BPF_X))
		return 0;
	if ((move->dst_reg != insn->dst_reg || move->src_reg != insn->src_reg) &&
	    (move->dst_reg != insn->src_reg || move->src_reg != insn->dst_reg))
		return 0;
	/* Code comes to what follows in one way. */
	joins = &plan->steps[k + 2].joins;
	if (*joins < LAMBDA_MANY)
		--*joins;
	plan->cold_len += rule_select_len(move);
	return 2;
}

static int rule_emit_select(u8 **pprog, struct lambda_jit *lj, u32 k)
{
	const struct bpf_insn *insn = &lj->prog->insnsi[k];
	u8 *prog = *pprog;
	int dist;

	maybe_emit_mod(&prog, insn->dst_reg, insn->src_reg,
		       BPF_CLASS(insn->code) == BPF_JMP);
	EMIT2(0x39, add_2reg(0xC0, insn->dst_reg, insn->src_reg));
	dist = lj->cold - (lambda_jit_here(lj, prog) + RULE_JCC_LEN);
	/* The condition's reverse differs in the last bit. */
	EMIT2_off32(0x0F, (rule_jcc(insn) ^ 1) + 0x10, dist);
	lj->cold += rule_select_len(insn + 1);
	lambda_access_note_all(lj, k, 2);
	*pprog = prog;
	return 0;
}

/*
 * load t; op t; store t -> op on memory, where nobody reads t later. A fault of
 * it counts as one of the load: see LAMBDA_EX_LOADS().
 */
static u32 rule_match_update(struct lambda_plan *plan, u32 k)
{
	const struct bpf_insn *load = rule_insn(plan, k);
	const struct bpf_insn *op = load + 1, *store = load + 2;
	u32 t = load->dst_reg;

	if (!rule_is_load(load) || !lambda_plan_is_line(plan, k, 3) ||
	    !lambda_sums_is_simple(op) || op->dst_reg != t ||
	    load->src_reg == t)
		return 0;
	if (store->code != (BPF_STX | BPF_MEM | BPF_SIZE(load->code)) ||
	    store->src_reg != t || store->dst_reg != load->src_reg ||
	    store->off != load->off || !lambda_plan_is_dead(plan, k + 2, t))
		return 0;
	if (BPF_SIZE(load->code) == BPF_DW && BPF_CLASS(op->code) != BPF_ALU64)
		return 0;
	if (BPF_SRC(op->code) == BPF_X)
		return op->src_reg != t ? 3 : 0;
	/* A constant of 16 bits takes decoders long. */
	return BPF_SIZE(load->code) != BPF_H || is_imm8((s16)op->imm) ? 3 : 0;
}

static void rule_emit_update_const(u8 **pprog, const struct lambda_ref *ref,
				   u32 size, const struct bpf_insn *op)
{
	u8 number = rule_number_reg(lambda_sums_op_number(op));
	int imm = size == 2 ? (s16)op->imm : op->imm;
	u8 *prog = *pprog;

	if (size == 1) {
		rule_emit_operand(&prog, ref, size, 0x80, 0, number);
		EMIT1((u8)imm);
	} else if (is_imm8(imm)) {
		rule_emit_operand(&prog, ref, size, 0x83, 0, number);
		EMIT1((u8)imm);
	} else {
		rule_emit_operand(&prog, ref, size, 0x81, 0, number);
		EMIT(imm, 4);
	}
	*pprog = prog;
}

static int rule_emit_update(u8 **pprog, struct lambda_jit *lj, u32 k)
{
	const struct bpf_insn *load = &lj->prog->insnsi[k], *op = load + 1;
	struct lambda_ref ref =
		lambda_access_reach(pprog, lj, k, load->src_reg, load->off);
	int at = lambda_jit_here(lj, *pprog);
	u32 size = rule_size(load);

	if (BPF_SRC(op->code) == BPF_X)
		rule_emit_operand(pprog, &ref, size,
				  lambda_sums_op_number(op) * 8 + (size > 1),
				  op->src_reg, op->src_reg);
	else
		rule_emit_update_const(pprog, &ref, size, op);
	lambda_access_note_all(lj, k, 3);
	return lambda_access_add_extable(lj, at, size);
}

/**
 * emit_lambda_rule_jump - emit a conditional jump, short where it stays so
 * @pprog:   where to
 * @temp:    where the instruction begins
 * @proglen: offset of that in the image
 * @lj:      the pass
 * @i:       the instruction, from 1, as do_jit() counts
 * @jcc:     the condition's opcode
 */
void emit_lambda_rule_jump(u8 **pprog, u8 *temp, int proglen,
			   const struct lambda_jit *lj, int i, u8 jcc)
{
	int off = lambda_plan_jump_off(&lj->prog->insnsi[i - 1]);
	u8 *prog = *pprog;
	int dist = lj->addrs[i + off] - (proglen + (prog - temp));

	if (off < 0 && is_imm8(dist - 2))
		EMIT2(jcc, dist - 2);
	else
		EMIT2_off32(0x0F, jcc + 0x10, dist - 6);
	*pprog = prog;
}

/* load t; if (t op constant) goto -> cmp with memory, t being read no more. */
static u32 rule_match_compare(struct lambda_plan *plan, u32 k)
{
	const struct bpf_insn *load = rule_insn(plan, k), *jump = load + 1;
	u32 size = BPF_SIZE(load->code);

	if (!rule_is_load(load) || !lambda_plan_is_line(plan, k, 2) ||
	    !lambda_plan_is_jump(jump) || BPF_OP(jump->code) == BPF_JA ||
	    BPF_OP(jump->code) == BPF_JSET || BPF_SRC(jump->code) != BPF_K)
		return 0;
	if (jump->dst_reg != load->dst_reg || jump->off < 0 ||
	    !lambda_plan_is_dead(plan, k + 1, load->dst_reg))
		return 0;
	if (size == BPF_DW)
		return BPF_CLASS(jump->code) == BPF_JMP ? 2 : 0;
	if (size == BPF_W)
		return BPF_CLASS(jump->code) == BPF_JMP32 ? 2 : 0;
	/* What was extended with zeros is compared without these. */
	if (BPF_OP(jump->code) == BPF_JSGT || BPF_OP(jump->code) == BPF_JSGE ||
	    BPF_OP(jump->code) == BPF_JSLT || BPF_OP(jump->code) == BPF_JSLE)
		return 0;
	return jump->imm >= 0 && jump->imm <= (size == BPF_B ? 255 : 127) ? 2 : 0;
}

static int rule_emit_compare(u8 **pprog, struct lambda_jit *lj, u32 k)
{
	const struct bpf_insn *load = &lj->prog->insnsi[k], *jump = load + 1;
	struct lambda_ref ref =
		lambda_access_reach(pprog, lj, k, load->src_reg, load->off);
	int at = lambda_jit_here(lj, *pprog);
	u32 size = rule_size(load);
	bool small = size == 1 || is_imm8(jump->imm);
	u8 *prog = *pprog;

	rule_emit_operand(&prog, &ref, size,
			  size == 1 ? 0x80 : small ? 0x83 : 0x81, 0,
			  rule_number_reg(7));
	EMIT(jump->imm, small ? 1 : 4);
	emit_lambda_rule_jump(&prog, lj->temp, lj->proglen, lj, k + 2,
			      rule_jcc(jump));
	lambda_access_note_all(lj, k, 2);
	*pprog = prog;
	return lambda_access_add_extable(lj, at, 0);
}

/* load t; op d, t -> op d with memory, t being read no more. */
static u32 rule_match_operand(struct lambda_plan *plan, u32 k)
{
	const struct bpf_insn *load = rule_insn(plan, k), *op = load + 1;
	u8 class = BPF_CLASS(op->code);

	if (!rule_is_load(load) || !lambda_plan_is_line(plan, k, 2))
		return 0;
	if (!lambda_sums_is_simple(op) &&
	    op->code != (BPF_ALU64 | BPF_MUL | BPF_X) &&
	    op->code != (BPF_ALU | BPF_MUL | BPF_X))
		return 0;
	if (BPF_SRC(op->code) != BPF_X || op->src_reg != load->dst_reg ||
	    op->dst_reg == load->dst_reg ||
	    !lambda_plan_is_dead(plan, k + 1, load->dst_reg))
		return 0;
	if (BPF_SIZE(load->code) == BPF_DW)
		return class == BPF_ALU64 ? 2 : 0;
	return BPF_SIZE(load->code) == BPF_W && class == BPF_ALU ? 2 : 0;
}

static int rule_emit_operand_op(u8 **pprog, struct lambda_jit *lj, u32 k)
{
	const struct bpf_insn *load = &lj->prog->insnsi[k], *op = load + 1;
	struct lambda_ref ref =
		lambda_access_reach(pprog, lj, k, load->src_reg, load->off);
	int at = lambda_jit_here(lj, *pprog);
	u8 rex = add_3mod(rule_size(load) == 8 ? 0x48 : 0x40, ref.reg,
			  op->dst_reg, ref.index);
	u8 *prog = *pprog;

	if (BPF_OP(op->code) == BPF_MUL)
		EMIT3(rex, 0x0F, 0xAF);
	else
		EMIT2(rex, lambda_sums_op_number(op) * 8 + 3);
	emit_insn_suffix_SIB(&prog, ref.reg, op->dst_reg, ref.index, ref.off);
	lambda_access_note_all(lj, k, 2);
	*pprog = prog;
	return lambda_access_add_extable(lj, at, 0);
}

/**
 * struct lambda_rule - instructions that are translated as one
 * @match: instructions from the k-th on that the rule is for, or 0
 * @emit:  makes their code, and tells lambda_access_note_all() of them; 0, or
 *         an errno
 *
 * The first that matches is taken.
 */
static const struct lambda_rule {
	u32 (*match)(struct lambda_plan *plan, u32 k);
	int (*emit)(u8 **pprog, struct lambda_jit *lj, u32 k);
} rules[NR_RULES] = {
	[RULE_LOAD_SIGNED] = { rule_match_load_signed, rule_emit_load_signed },
	[RULE_EXTEND] = { rule_match_extend, rule_emit_extend },
	[RULE_SELECT] = { rule_match_select, rule_emit_select },
	[RULE_UPDATE] = { rule_match_update, rule_emit_update },
	[RULE_COMPARE] = { rule_match_compare, rule_emit_compare },
	[RULE_OPERAND] = { rule_match_operand, rule_emit_operand_op },
	[RULE_ADDRESS] = { lambda_sums_match_address, emit_lambda_sum_address },
	[RULE_SUM] = { lambda_sums_match, emit_lambda_sum },
	[RULE_CONSTANT] = { lambda_sums_match_constant,
			    emit_lambda_sum_constant },
	/* What RULE_CONSTANT marks. */
	[RULE_CONSTANT_USE] = { NULL, emit_lambda_sum_constant_use },
};

static void rule_find(struct lambda_plan *plan, u32 k)
{
	u32 rule, len;

	for (rule = RULE_NONE + 1; rule < NR_RULES; rule++) {
		if (!rules[rule].match)
			continue;
		len = rules[rule].match(plan, k);
		if (!len)
			continue;
		plan->steps[k].rule = rule;
		plan->steps[k].len = len;
		return;
	}
}

/**
 * lambda_plan - plan how the instructions of a function are translated
 * @prog: a function of a λ
 *
 * Return: the plan, to be freed with kvfree(); NULL without memory.
 */
struct lambda_plan *lambda_rules_plan(const struct bpf_prog *prog)
{
	struct lambda_plan *plan = lambda_plan_look(prog);
	u32 k;

	for (k = 0; plan && k < prog->len; k += plan->steps[k].len ?: 1)
		if (!plan->steps[k].rule)
			rule_find(plan, k);
	return plan;
}

/**
 * emit_lambda_rule - emit instructions that a rule is for
 * @pprog: where to
 * @lj:    the pass
 * @k:     the first of them, which has a rule
 *
 * Return: 0, or an errno.
 */
int emit_lambda_rule(u8 **pprog, struct lambda_jit *lj, u32 k)
{
	return rules[lj->plan->steps[k].rule].emit(pprog, lj, k);
}

/**
 * emit_lambda_rule_cold - emit what a select goes to when it has to move
 * @pprog: where to
 * @lj:    the pass
 * @k:     an instruction; nothing is emitted unless a select begins there
 * @at:    offset of the code in the image
 */
void emit_lambda_rule_cold(u8 **pprog, const struct lambda_jit *lj, u32 k,
			   int at)
{
	u8 *prog = *pprog;

	if (lj->plan->steps[k].rule != RULE_SELECT)
		return;
	prog = rule_emit_select_move(prog, &lj->prog->insnsi[k + 1]);
	at += prog - *pprog + RULE_JMP_LEN;
	EMIT1_off32(0xE9, lj->addrs[k + 2] - at);
	*pprog = prog;
}

/* Whether a constant is behind the code for instruction @k: @value. */
bool lambda_rules_pool_value(const struct lambda_plan *plan, u32 k, u64 *value)
{
	const struct bpf_insn *insn = rule_insn(plan, k);

	if (plan->steps[k].rule != RULE_CONSTANT)
		return false;
	*value = (u64)(u32)insn[1].imm << 32 | (u32)insn->imm;
	return true;
}
