/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A small assembler for BPF instructions.
 *
 * The tests hand raw instructions to the kernel: a compiler would not write
 * most of what an attacker would, and what it writes changes with its version.
 */
#ifndef LAMBDA_SELFTEST_INSN_H
#define LAMBDA_SELFTEST_INSN_H

#include <linux/bpf.h>

/* Younger than the headers that some distributions install. */
#ifndef BPF_MEMSX
#define BPF_MEMSX	0x80
#endif
#ifndef BPF_JCOND
#define BPF_JCOND	0xe0
#endif

enum { R0, R1, R2, R3, R4, R5, R6, R7, R8, R9, R10, R11 };

#define INSN(_code, _dst, _src, _off, _imm)				\
	((struct bpf_insn) { .code = (_code), .dst_reg = (_dst),	\
			     .src_reg = (_src), .off = (_off),		\
			     .imm = (__s32)(_imm) })

/* Arithmetic: with a register, with a constant; the 32-bit forms end in 32. */
#define ALU(op, d, s)		INSN(BPF_ALU64 | BPF_X | (op), d, s, 0, 0)
#define ALUI(op, d, i)		INSN(BPF_ALU64 | BPF_K | (op), d, 0, 0, i)
#define ALU32(op, d, s)		INSN(BPF_ALU | BPF_X | (op), d, s, 0, 0)
#define ALUI32(op, d, i)	INSN(BPF_ALU | BPF_K | (op), d, 0, 0, i)
#define MOV(d, s)		ALU(BPF_MOV, d, s)
#define MOVI(d, i)		ALUI(BPF_MOV, d, i)
#define ADD(d, s)		ALU(BPF_ADD, d, s)
#define ADDI(d, i)		ALUI(BPF_ADD, d, i)

/* Two instructions: a 64-bit constant. */
#define LD64(d, v)							\
	INSN(BPF_LD | BPF_DW | BPF_IMM, d, 0, 0, (__u32)(v)),		\
	INSN(0, 0, 0, 0, (__u64)(v) >> 32)

#define LDX(size, d, s, o)	INSN(BPF_LDX | BPF_MEM | (size), d, s, o, 0)
#define LDSX(size, d, s, o)	INSN(BPF_LDX | BPF_MEMSX | (size), d, s, o, 0)
#define STX(size, d, o, s)	INSN(BPF_STX | BPF_MEM | (size), d, s, o, 0)
#define ST(size, d, o, i)	INSN(BPF_ST | BPF_MEM | (size), d, 0, o, i)

/* Offsets count instructions from the one after the jump. */
#define JMP(op, d, s, o)	INSN(BPF_JMP | BPF_X | (op), d, s, o, 0)
#define JMPI(op, d, i, o)	INSN(BPF_JMP | BPF_K | (op), d, 0, o, i)
#define JMP32(op, d, s, o)	INSN(BPF_JMP32 | BPF_X | (op), d, s, o, 0)
#define JMPI32(op, d, i, o)	INSN(BPF_JMP32 | BPF_K | (op), d, 0, o, i)
#define GOTO(o)			INSN(BPF_JMP | BPF_JA, 0, 0, o, 0)
#define GOTOL(i)		INSN(BPF_JMP32 | BPF_JA, 0, 0, 0, i)

#define CALL(id)		INSN(BPF_JMP | BPF_CALL, 0, 0, 0, id)
#define CALL_LOCAL(i)	INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, i)
#define EXIT()			INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

/* Loads a field of struct lambda_ctx. */
#define CTX(d, s, field)						\
	LDX(BPF_DW, d, s, offsetof(struct lambda_ctx, field))

#endif /* LAMBDA_SELFTEST_INSN_H */
