// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Where several instructions of a λ program become fewer of the processor's.
 * What is counted stays the program's.
 */
#include "jit.h"

/* Whether @nr instructions from @i on are executed all or none. */
static bool jit_fuse_in_one_block(const struct sbpf_program *program,
				  const struct sbpf_code *code, __u32 i,
				  __u32 nr)
{
	__u32 k;

	if (i + nr > program->check.len)
		return false;
	for (k = 1; k < nr; k++)
		if (code->at[i + k] & JIT_LEADER)
			return false;
	return true;
}

/*
 * clang has no sign-extending loads and moves before cpu v4: it shifts left,
 * then right. The pair, or a load with it, is one instruction here.
 */
__u32 sbpf_jit_fuse_alu(const struct sbpf_program *program,
			const struct sbpf_code *code, __u32 i,
			struct sbpf_insn *insn)
{
	const struct sbpf_insn *left = &program->check.insns[i], *right;
	bool load = insn->code == (SBPF_LDX | SBPF_MEM | SBPF_W);
	__u32 nr = load ? 3 : 2;

	if (!jit_fuse_in_one_block(program, code, i, nr))
		return 1;
	left += load;
	right = left + 1;
	if (left->code != (SBPF_ALU64 | SBPF_LSH) || left->imm != 32 ||
	    right->imm != 32 || SBPF_DST(left) != SBPF_DST(right) ||
	    SBPF_DST(left) != SBPF_DST(insn))
		return 1;
	if (right->code == (SBPF_ALU64 | SBPF_ARSH)) {
		if (load)
			insn->code = SBPF_LDX | SBPF_MEMSX | SBPF_W;
		else
			*insn = (struct sbpf_insn) {
				.code = SBPF_ALU64 | SBPF_MOV | SBPF_X,
				.regs = SBPF_DST(left) * 0x11, .off = 32,
			};
		return nr;
	}
	if (load || right->code != (SBPF_ALU64 | SBPF_RSH))
		return 1;
	*insn = (struct sbpf_insn) {
		.code = SBPF_ALU | SBPF_MOV | SBPF_X,
		.regs = SBPF_DST(left) * 0x11,
	};
	return nr;
}

/* A 64-bit sum in @insn, and a move to its destination before it. */
static bool jit_fuse_is_sum(const struct sbpf_insn *move,
			    const struct sbpf_insn *insn)
{
	return move->code == (SBPF_ALU64 | SBPF_MOV | SBPF_X) &&
	       move->off == 0 && SBPF_SRC(move) != SBPF_FP &&
	       (insn->code & ~SBPF_X) == (SBPF_ALU64 | SBPF_ADD) &&
	       SBPF_DST(insn) == SBPF_DST(move);
}

/* The sum as an address: what was moved, and what is added to it. */
static struct x86_mem jit_fuse_sum_of(const struct sbpf_insn *move,
				      const struct sbpf_insn *insn)
{
	struct x86_mem mem = x86_at(sbpf_jit_reg[SBPF_SRC(move)], 0);

	if (!(insn->code & SBPF_X))
		mem.disp = insn->imm;
	else if (SBPF_SRC(insn) == SBPF_DST(move))
		mem.index = mem.base;
	else
		mem.index = sbpf_jit_reg[SBPF_SRC(insn)];
	return mem;
}

__u32 sbpf_jit_fuse_sum(struct x86_code *c, const struct sbpf_program *program,
			const struct sbpf_code *code, __u32 i, bool *address)
{
	const struct sbpf_insn *insn = &program->check.insns[i];
	struct x86_mem sum;

	if (!jit_fuse_in_one_block(program, code, i, 2) ||
	    !jit_fuse_is_sum(insn, insn + 1))
		return 0;
	sum = jit_fuse_sum_of(insn, insn + 1);
	*address = jit_fuse_in_one_block(program, code, i, 3) &&
		   SBPF_CLASS(insn[2].code) == SBPF_LDX &&
		   SBPF_SRC(&insn[2]) == SBPF_DST(insn) &&
		   SBPF_DST(&insn[2]) == SBPF_DST(insn);
	if (*address)
		x86_lea(c, false, JIT_SCRATCH, sum);
	else
		x86_lea(c, true, sbpf_jit_reg[SBPF_DST(insn)], sum);
	return 2;
}

static enum x86_cond jit_fuse_condition(__u8 op)
{
	static const __u8 conditions[16] = {
		[SBPF_JEQ >> 4] = X86_JE, [SBPF_JNE >> 4] = X86_JNE,
		[SBPF_JGT >> 4] = X86_JA, [SBPF_JGE >> 4] = X86_JAE,
		[SBPF_JLT >> 4] = X86_JB, [SBPF_JLE >> 4] = X86_JBE,
		[SBPF_JSGT >> 4] = X86_JG, [SBPF_JSGE >> 4] = X86_JGE,
		[SBPF_JSLT >> 4] = X86_JL, [SBPF_JSLE >> 4] = X86_JLE,
		[SBPF_JSET >> 4] = X86_JNE,
	};

	return conditions[op >> 4];
}

/* Above is not below the next number, and 0 is below 1. */
static enum x86_cond jit_fuse_test_imm(struct x86_code *c,
				       const struct sbpf_insn *insn)
{
	enum x86_cond cond = jit_fuse_condition(SBPF_OP(insn->code));
	bool wide = SBPF_CLASS(insn->code) == SBPF_JMP;
	__s32 imm = insn->imm;

	if ((cond == X86_JA || cond == X86_JBE) && imm != -1 &&
	    imm != 0x7fffffff) {
		imm++;
		cond = cond == X86_JA ? X86_JAE : X86_JB;
	} else if ((cond == X86_JE || cond == X86_JNE) && imm == 0) {
		imm++;
		cond = cond == X86_JE ? X86_JB : X86_JAE;
	}
	x86_alu_imm(c, wide, X86_CMP, sbpf_jit_reg[SBPF_DST(insn)], imm);
	return cond;
}

/* Above is below with the operands exchanged. */
static enum x86_cond jit_fuse_test_reg(struct x86_code *c,
				       const struct sbpf_insn *insn)
{
	enum x86_cond cond = jit_fuse_condition(SBPF_OP(insn->code));
	bool wide = SBPF_CLASS(insn->code) == SBPF_JMP;
	enum x86_reg dst = sbpf_jit_reg[SBPF_DST(insn)];
	enum x86_reg src = sbpf_jit_reg[SBPF_SRC(insn)];

	if (cond == X86_JA || cond == X86_JBE) {
		x86_alu(c, wide, X86_CMP, src, dst);
		return cond == X86_JA ? X86_JB : X86_JAE;
	}
	x86_alu(c, wide, X86_CMP, dst, src);
	return cond;
}

enum x86_cond sbpf_jit_fuse_test(struct x86_code *c,
				 const struct sbpf_insn *insn)
{
	enum x86_reg dst = sbpf_jit_reg[SBPF_DST(insn)];
	bool wide = SBPF_CLASS(insn->code) == SBPF_JMP;

	if (SBPF_OP(insn->code) != SBPF_JSET)
		return insn->code & SBPF_X ? jit_fuse_test_reg(c, insn) :
					     jit_fuse_test_imm(c, insn);
	if (insn->code & SBPF_X)
		x86_alu(c, wide, X86_TEST, dst, sbpf_jit_reg[SBPF_SRC(insn)]);
	else
		x86_alu_imm(c, wide, X86_TEST, dst, insn->imm);
	return X86_JNE;
}

bool sbpf_jit_fuse_is_select(const struct sbpf_program *program,
			     const struct sbpf_code *code, __u32 i)
{
	const struct sbpf_insn *insn = &program->check.insns[i];
	__u8 op;

	if (!sbpf_check_is_jump(insn) || SBPF_OP(insn->code) == SBPF_JA ||
	    insn->off != 1 || code->at[i + 1] & JIT_TARGET)
		return false;
	op = insn[1].code & ~SBPF_X;
	if (op != (SBPF_ALU64 | SBPF_MOV) && op != (SBPF_ALU | SBPF_MOV))
		return false;
	return insn[1].off == 0 && SBPF_SRC(&insn[1]) != SBPF_FP;
}

/* Below and not below are the carry flag, which can be added as it is. */
static bool jit_fuse_is_carry(enum x86_cond cond)
{
	return cond == X86_JB || cond == X86_JAE;
}

/* One more instruction was executed if @cond; r10 is 0. */
static void jit_fuse_count_if(struct x86_code *c, enum x86_cond cond)
{
	if (cond == X86_JB) {
		x86_alu_imm(c, true, X86_ADC, JIT_COUNT, 0);
	} else if (cond == X86_JAE) {
		x86_alu_imm(c, true, X86_SBB, JIT_COUNT, -1);
	} else {
		x86_setcc(c, cond, JIT_SPARE);
		x86_alu(c, true, X86_ADD, JIT_COUNT, JIT_SPARE);
	}
}

/* What is moved, in a register as long as a conditional move needs it. */
static enum x86_reg jit_fuse_moved(struct x86_code *c,
				   const struct sbpf_insn *move)
{
	bool wide = SBPF_CLASS(move->code) == SBPF_ALU64;

	if (wide && (move->code & SBPF_X))
		return sbpf_jit_reg[SBPF_SRC(move)];
	if (move->code & SBPF_X)
		x86_alu(c, false, X86_MOV, JIT_SCRATCH,
			sbpf_jit_reg[SBPF_SRC(move)]);
	else
		x86_mov_imm(c, JIT_SCRATCH, wide ? (__u64)move->imm :
			    (__u64)(__u32)move->imm);
	return JIT_SCRATCH;
}

void sbpf_jit_fuse_select(struct x86_code *c, const struct sbpf_insn *insn,
			  bool counted)
{
	struct x86_code nowhere = { 0 };
	enum x86_cond moved = x86_not(sbpf_jit_fuse_test(&nowhere, insn));
	enum x86_reg value = jit_fuse_moved(c, insn + 1);

	/* From here on flags must live. */
	if (counted && !jit_fuse_is_carry(moved))
		x86_mov_imm(c, JIT_SPARE, 0);
	sbpf_jit_fuse_test(c, insn);
	x86_cmov(c, moved, sbpf_jit_reg[SBPF_DST(insn + 1)], value);
	if (counted)
		jit_fuse_count_if(c, moved);
}
