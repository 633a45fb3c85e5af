/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Instructions as initializers, for tests that write programs by hand; as
 * expressions they are written THE(MOV(0, 1)).
 */
#ifndef INSN_H
#define INSN_H

#include <linux/lambda_check.h>
#include <linux/sbpf_isa.h>

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

#define INSN(code_, dst, src, off_, imm_)			\
	{ .code = (code_), .regs = (__u8)((dst) | (src) << 4),	\
	  .off = (__s16)(off_), .imm = (imm_) }
#define THE(...)	((struct sbpf_insn)__VA_ARGS__)

/* Arithmetic: 64 bits wide; the 32-bit forms end in 32. */
#define ALU(op, dst, imm)	INSN(SBPF_ALU64 | (op), dst, 0, 0, imm)
#define ALU_X(op, dst, src)	INSN(SBPF_ALU64 | (op) | SBPF_X, dst, src, 0, 0)
#define ALU32(op, dst, imm)	INSN(SBPF_ALU | (op), dst, 0, 0, imm)
#define ALU32_X(op, dst, src)	INSN(SBPF_ALU | (op) | SBPF_X, dst, src, 0, 0)
#define MOV(dst, imm)		ALU(SBPF_MOV, dst, imm)
#define MOV_X(dst, src)		ALU_X(SBPF_MOV, dst, src)
#define MOVSX(dst, src, bits)	\
	INSN(SBPF_ALU64 | SBPF_MOV | SBPF_X, dst, src, bits, 0)
#define SWAP(code, dst, bits)	INSN((code) | SBPF_END, dst, 0, 0, bits)

/* A 64-bit load is two instructions. */
#define LD_IMM64(dst, low)	INSN(SBPF_INSN_LD_IMM64, dst, 0, 0, low)
#define LD_HIGH(high)		INSN(0, 0, 0, 0, high)

#define LDX(size, dst, src, off)	\
	INSN(SBPF_LDX | SBPF_MEM | (size), dst, src, off, 0)
#define LDXS(size, dst, src, off)	\
	INSN(SBPF_LDX | SBPF_MEMSX | (size), dst, src, off, 0)
#define ST(size, dst, off, imm)		\
	INSN(SBPF_ST | SBPF_MEM | (size), dst, 0, off, imm)
#define STX(size, dst, off, src)	\
	INSN(SBPF_STX | SBPF_MEM | (size), dst, src, off, 0)

#define JA(off)			INSN(SBPF_INSN_JA, 0, 0, off, 0)
#define GOTOL(imm)		INSN(SBPF_INSN_GOTOL, 0, 0, 0, imm)
#define JMP(op, dst, imm, off)	INSN(SBPF_JMP | (op), dst, 0, off, imm)
#define JMP_X(op, dst, src, off)	\
	INSN(SBPF_JMP | (op) | SBPF_X, dst, src, off, 0)
#define JMP32(op, dst, imm, off)	INSN(SBPF_JMP32 | (op), dst, 0, off, imm)
#define CALL(id)		INSN(SBPF_INSN_CALL, 0, SBPF_CALL_HELPER, 0, id)
#define CALL_LOCAL(delta)	\
	INSN(SBPF_INSN_CALL, 0, SBPF_CALL_LOCAL, 0, delta)
#define EXIT()			INSN(SBPF_INSN_EXIT, 0, 0, 0, 0)

#endif /* INSN_H */
