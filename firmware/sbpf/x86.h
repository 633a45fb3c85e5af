/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * x86-64 instructions as bytes.
 *
 * Code is emitted twice: the first time nowhere, to learn where everything
 * comes to lie. Every instruction is therefore of one length whatever the
 * distance of a jump.
 */
#ifndef FW_SBPF_X86_H
#define FW_SBPF_X86_H

#include <linux/types.h>
#include <stdbool.h>

enum x86_reg {
	RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI,
	R8, R9, R10, R11, R12, R13, R14, R15,
	NO_INDEX,
};

/* Operations "op reg, reg"; and of those with an immediate, the extension. */
enum x86_alu {
	X86_ADD = 0x01,
	X86_OR = 0x09,
	X86_ADC = 0x11,
	X86_SBB = 0x19,
	X86_AND = 0x21,
	X86_SUB = 0x29,
	X86_XOR = 0x31,
	X86_CMP = 0x39,
	X86_TEST = 0x85,
	X86_MOV = 0x89,
};

enum x86_shift {
	X86_ROR = 1,
	X86_SHL = 4,
	X86_SHR = 5,
	X86_SAR = 7,
};

/* The F7 group: one operand, rdx:rax implied. */
enum x86_unary {
	X86_NEG = 3,
	X86_DIV = 6,
	X86_IDIV = 7,
};

/* Conditions, as the low half of the opcode. */
enum x86_cond {
	X86_JB = 2, X86_JAE = 3, X86_JE = 4, X86_JNE = 5, X86_JBE = 6,
	X86_JA = 7, X86_JS = 8, X86_JL = 12, X86_JGE = 13, X86_JLE = 14,
	X86_JG = 15,
};

static inline enum x86_cond x86_not(enum x86_cond cond)
{
	return cond ^ 1;
}

/**
 * struct x86_code - where code is emitted
 * @bytes: memory to write to, or NULL
 * @at:    bytes emitted so far
 */
struct x86_code {
	__u8 *bytes;
	__u32 at;
};

/* A memory operand: base + index + displacement. */
struct x86_mem {
	__u8 base;
	__u8 index;	/* or NO_INDEX */
	__u8 scale;	/* of the index: 0 for 1, 3 for 8 */
	__s32 disp;
};

static inline struct x86_mem x86_at(enum x86_reg base, __s32 disp)
{
	return (struct x86_mem) { base, NO_INDEX, 0, disp };
}

#define X86_INT3	0xcc	/* nothing behind it is executed */
void x86_byte(struct x86_code *c, __u8 byte);
void x86_align(struct x86_code *c, __u32 to);

void x86_alu(struct x86_code *c, bool wide, enum x86_alu op, enum x86_reg dst,
	     enum x86_reg src);
void x86_alu_imm(struct x86_code *c, bool wide, enum x86_alu op,
		 enum x86_reg dst, __s32 imm);
void x86_mov_imm(struct x86_code *c, enum x86_reg dst, __u64 imm);
void x86_mul(struct x86_code *c, bool wide, enum x86_reg dst,
	     enum x86_reg src);
void x86_mul_imm(struct x86_code *c, bool wide, enum x86_reg dst, __s32 imm);
void x86_shift_imm(struct x86_code *c, bool wide, enum x86_shift op,
		   enum x86_reg dst, __u8 by);
/* By cl. */
void x86_shift(struct x86_code *c, bool wide, enum x86_shift op,
	       enum x86_reg dst);
void x86_unary(struct x86_code *c, bool wide, enum x86_unary op,
	       enum x86_reg reg);
/* rdx:rax = rax, sign-extended. */
void x86_sign_rax(struct x86_code *c, bool wide);
/* Sign-extend from 8, 16 or 32 bits; to 32 bits unless wide. */
void x86_movsx(struct x86_code *c, bool wide, int bits, enum x86_reg dst,
	       enum x86_reg src);
void x86_movzx16(struct x86_code *c, enum x86_reg reg);
void x86_swap16(struct x86_code *c, enum x86_reg reg);
void x86_bswap(struct x86_code *c, bool wide, enum x86_reg reg);

/* Load with zero- or sign-extension to 64 bits; store; store a constant. */
void x86_load(struct x86_code *c, int size, bool sign, enum x86_reg dst,
	      struct x86_mem mem);
void x86_store(struct x86_code *c, int size, struct x86_mem mem,
	       enum x86_reg src);
void x86_store_imm(struct x86_code *c, int size, struct x86_mem mem,
		   __s32 imm);
/* 64-bit "op reg, [mem]" of x86_alu() but X86_TEST; dst = [mem] * imm. */
void x86_alu_mem(struct x86_code *c, enum x86_alu op, enum x86_reg dst,
		 struct x86_mem mem);
void x86_mul_mem(struct x86_code *c, enum x86_reg dst, struct x86_mem mem,
		 __s32 imm);
/* dst = address of the operand, or its low 32 bits */
void x86_lea(struct x86_code *c, bool wide, enum x86_reg dst,
	     struct x86_mem mem);
/* 32-bit compare of memory with a small constant. */
void x86_cmp_mem_imm(struct x86_code *c, struct x86_mem mem, __s8 imm);

/* If @cond: dst = src, in 64 bits; the low byte of dst = 1, else = 0. */
void x86_cmov(struct x86_code *c, enum x86_cond cond, enum x86_reg dst,
	      enum x86_reg src);
void x86_setcc(struct x86_code *c, enum x86_cond cond, enum x86_reg dst);

void x86_push(struct x86_code *c, enum x86_reg reg);
void x86_pop(struct x86_code *c, enum x86_reg reg);
void x86_ret(struct x86_code *c);
/* To another place of the same code. */
void x86_jmp(struct x86_code *c, __u32 target);
void x86_jcc(struct x86_code *c, enum x86_cond cond, __u32 target);
/* Ahead, to where x86_land() will be called with their result. */
__u32 x86_jmp_ahead(struct x86_code *c);
__u32 x86_jcc_ahead(struct x86_code *c, enum x86_cond cond);
void x86_land(struct x86_code *c, __u32 jump);
#define X86_CALL_BYTES	5
void x86_call(struct x86_code *c, __u32 target);
void x86_call_reg(struct x86_code *c, enum x86_reg reg);

#endif /* FW_SBPF_X86_H */
