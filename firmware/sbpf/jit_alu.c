// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Arithmetic of λ programs in x86-64 instructions. */
#include "jit.h"

const __u8 sbpf_jit_reg[SBPF_REGS - 1] = {
	RAX, RDI, RSI, RDX, RCX, R8, RBX, R13, R14, R15,
};

static void jit_alu_move(struct x86_code *c, enum x86_reg dst, enum x86_reg src)
{
	if (dst != src)
		x86_alu(c, true, X86_MOV, dst, src);
}

static enum x86_alu jit_alu_plain_op(__u8 op)
{
	switch (op) {
	case SBPF_ADD:
		return X86_ADD;
	case SBPF_SUB:
		return X86_SUB;
	case SBPF_OR:
		return X86_OR;
	case SBPF_AND:
		return X86_AND;
	default: /* SBPF_XOR */
		return X86_XOR;
	}
}

static enum x86_shift jit_alu_shift_op(__u8 op)
{
	switch (op) {
	case SBPF_LSH:
		return X86_SHL;
	case SBPF_RSH:
		return X86_SHR;
	default: /* SBPF_ARSH */
		return X86_SAR;
	}
}

/* The processor shifts by cl alone, so rcx is lent out. */
static void jit_alu_shift(struct x86_code *c, bool wide, enum x86_shift op,
			  enum x86_reg dst, enum x86_reg src)
{
	if (src == RCX) {
		x86_shift(c, wide, op, dst);
		return;
	}
	jit_alu_move(c, JIT_SCRATCH, RCX);
	jit_alu_move(c, RCX, src);
	x86_shift(c, wide, op, dst == RCX ? JIT_SCRATCH : dst);
	jit_alu_move(c, RCX, JIT_SCRATCH);
}

/* What a division by zero, or a signed one by -1, leaves in @dst. */
static void jit_alu_divide_special(struct x86_code *c, bool wide, bool mod,
				   bool minus, enum x86_reg dst)
{
	if (minus && !mod)
		x86_unary(c, wide, X86_NEG, dst);
	else if (mod && !minus && !wide)
		x86_alu(c, false, X86_MOV, dst, dst);
	else if (!mod || minus)
		x86_mov_imm(c, dst, 0);
}

/* Divide by r11, neither 0 nor -1. */
static void jit_alu_divide_plain(struct x86_code *c, bool wide, bool mod,
				 bool sign, enum x86_reg dst)
{
	if (dst != RAX)
		x86_push(c, RAX);
	if (dst != RDX)
		x86_push(c, RDX);
	jit_alu_move(c, RAX, dst);
	if (sign)
		x86_sign_rax(c, wide);
	else
		x86_mov_imm(c, RDX, 0);
	x86_unary(c, wide, sign ? X86_IDIV : X86_DIV, JIT_SCRATCH);
	jit_alu_move(c, dst, mod ? RDX : RAX);
	if (dst != RDX)
		x86_pop(c, RDX);
	if (dst != RAX)
		x86_pop(c, RAX);
}

/* Divide by r11: nothing of it is known. */
static void jit_alu_divide_reg(struct x86_code *c, bool wide, bool mod,
			       bool sign, enum x86_reg dst)
{
	__u32 nonzero, other, done, done_minus = 0;

	x86_alu(c, wide, X86_TEST, JIT_SCRATCH, JIT_SCRATCH);
	nonzero = x86_jcc_ahead(c, X86_JNE);
	jit_alu_divide_special(c, wide, mod, false, dst);
	done = x86_jmp_ahead(c);
	x86_land(c, nonzero);
	if (sign) {
		x86_alu_imm(c, wide, X86_CMP, JIT_SCRATCH, -1);
		other = x86_jcc_ahead(c, X86_JNE);
		jit_alu_divide_special(c, wide, mod, true, dst);
		done_minus = x86_jmp_ahead(c);
		x86_land(c, other);
	}
	jit_alu_divide_plain(c, wide, mod, sign, dst);
	x86_land(c, done);
	if (sign)
		x86_land(c, done_minus);
}

static void jit_alu_divide(struct x86_code *c, const struct sbpf_insn *insn,
			   bool wide)
{
	enum x86_reg dst = sbpf_jit_reg[SBPF_DST(insn)];
	bool mod = SBPF_OP(insn->code) == SBPF_MOD;
	bool sign = insn->off == SBPF_SIGNED;

	if (insn->code & SBPF_X) {
		jit_alu_move(c, JIT_SCRATCH, sbpf_jit_reg[SBPF_SRC(insn)]);
		jit_alu_divide_reg(c, wide, mod, sign, dst);
	} else if (insn->imm == 0 || (sign && insn->imm == -1)) {
		jit_alu_divide_special(c, wide, mod, insn->imm == -1, dst);
	} else {
		x86_mov_imm(c, JIT_SCRATCH, (__u64)insn->imm);
		jit_alu_divide_plain(c, wide, mod, sign, dst);
	}
}

static void jit_alu_byte_order(struct x86_code *c, const struct sbpf_insn *insn,
			       enum x86_reg reg)
{
	bool swap = SBPF_CLASS(insn->code) == SBPF_ALU64 ||
		    (insn->code & SBPF_X);

	if (insn->imm == 16) {
		if (swap)
			x86_swap16(c, reg);
		x86_movzx16(c, reg);
	} else if (swap) {
		x86_bswap(c, insn->imm == 64, reg);
	} else if (insn->imm == 32) {
		x86_alu(c, false, X86_MOV, reg, reg);
	}
}

static void jit_alu_move_insn(struct x86_code *c, const struct sbpf_insn *insn,
			      bool wide, enum x86_reg dst)
{
	enum x86_reg src;

	if (!(insn->code & SBPF_X)) {
		x86_mov_imm(c, dst, wide ? (__u64)insn->imm :
			    (__u64)(__u32)insn->imm);
		return;
	}
	src = sbpf_jit_reg[SBPF_SRC(insn)];
	if (insn->off)
		x86_movsx(c, wide, insn->off, dst, src);
	else if (wide)
		jit_alu_move(c, dst, src);
	else
		x86_alu(c, false, X86_MOV, dst, src);
}

static void jit_alu_shift_insn(struct x86_code *c, const struct sbpf_insn *insn,
			       bool wide, enum x86_reg dst)
{
	enum x86_shift op = jit_alu_shift_op(SBPF_OP(insn->code));

	if (insn->code & SBPF_X)
		jit_alu_shift(c, wide, op, dst, sbpf_jit_reg[SBPF_SRC(insn)]);
	else
		x86_shift_imm(c, wide, op, dst, insn->imm & (wide ? 63 : 31));
}

static void jit_alu_plain_insn(struct x86_code *c, const struct sbpf_insn *insn,
			       bool wide, enum x86_reg dst)
{
	enum x86_alu op = jit_alu_plain_op(SBPF_OP(insn->code));

	if (insn->code & SBPF_X)
		x86_alu(c, wide, op, dst, sbpf_jit_reg[SBPF_SRC(insn)]);
	else
		x86_alu_imm(c, wide, op, dst, insn->imm);
}

bool sbpf_jit_alu_uses_r11(const struct sbpf_insn *insn)
{
	switch (SBPF_OP(insn->code)) {
	case SBPF_DIV:
	case SBPF_MOD:
		return true;
	case SBPF_LSH:
	case SBPF_RSH:
	case SBPF_ARSH:
		return insn->code & SBPF_X;
	default:
		return false;
	}
}

void sbpf_jit_alu(struct x86_code *c, const struct sbpf_insn *insn)
{
	enum x86_reg dst = sbpf_jit_reg[SBPF_DST(insn)];
	bool wide = SBPF_CLASS(insn->code) == SBPF_ALU64;

	switch (SBPF_OP(insn->code)) {
	case SBPF_MOV:
		jit_alu_move_insn(c, insn, wide, dst);
		break;
	case SBPF_NEG:
		x86_unary(c, wide, X86_NEG, dst);
		break;
	case SBPF_END:
		jit_alu_byte_order(c, insn, dst);
		break;
	case SBPF_LSH:
	case SBPF_RSH:
	case SBPF_ARSH:
		jit_alu_shift_insn(c, insn, wide, dst);
		break;
	case SBPF_MUL:
		if (insn->code & SBPF_X)
			x86_mul(c, wide, dst, sbpf_jit_reg[SBPF_SRC(insn)]);
		else
			x86_mul_imm(c, wide, dst, insn->imm);
		break;
	case SBPF_DIV:
	case SBPF_MOD:
		jit_alu_divide(c, insn, wide);
		break;
	default:
		jit_alu_plain_insn(c, insn, wide, dst);
		break;
	}
}
