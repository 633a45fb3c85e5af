/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The instruction encoding of RFC 9669, as far as sBPF uses it.
 *
 * The names carry a prefix of their own because the file is also compiled
 * where the kernel's BPF_ macros are in scope, and where there is no kernel.
 */
#ifndef _LINUX_SBPF_ISA_H
#define _LINUX_SBPF_ISA_H

/* Classes: the low three bits of an opcode. */
#define SBPF_CLASS(code)	((code) & 0x07)
#define SBPF_LD			0x00
#define SBPF_LDX		0x01
#define SBPF_ST			0x02
#define SBPF_STX		0x03
#define SBPF_ALU		0x04
#define SBPF_JMP		0x05
#define SBPF_JMP32		0x06
#define SBPF_ALU64		0x07

/* Loads and stores: size and mode. */
#define SBPF_SIZE(code)		((code) & 0x18)
#define SBPF_W			0x00
#define SBPF_H			0x08
#define SBPF_B			0x10
#define SBPF_DW			0x18
#define SBPF_MODE(code)		((code) & 0xe0)
#define SBPF_IMM		0x00
#define SBPF_ABS		0x20
#define SBPF_IND		0x40
#define SBPF_MEM		0x60
#define SBPF_MEMSX		0x80
#define SBPF_ATOMIC		0xc0

/* Arithmetic and jumps: the operation, and whether the source is a register. */
#define SBPF_OP(code)		((code) & 0xf0)
#define SBPF_X			0x08

#define SBPF_ADD		0x00
#define SBPF_SUB		0x10
#define SBPF_MUL		0x20
#define SBPF_DIV		0x30
#define SBPF_OR			0x40
#define SBPF_AND		0x50
#define SBPF_LSH		0x60
#define SBPF_RSH		0x70
#define SBPF_NEG		0x80
#define SBPF_MOD		0x90
#define SBPF_XOR		0xa0
#define SBPF_MOV		0xb0
#define SBPF_ARSH		0xc0
#define SBPF_END		0xd0

#define SBPF_JA			0x00
#define SBPF_JEQ		0x10
#define SBPF_JGT		0x20
#define SBPF_JGE		0x30
#define SBPF_JSET		0x40
#define SBPF_JNE		0x50
#define SBPF_JSGT		0x60
#define SBPF_JSGE		0x70
#define SBPF_CALL		0x80
#define SBPF_EXIT		0x90
#define SBPF_JLT		0xa0
#define SBPF_JLE		0xb0
#define SBPF_JSLT		0xc0
#define SBPF_JSLE		0xd0
#define SBPF_JCOND		0xe0

/* Whole opcodes that are spoken of by name. */
#define SBPF_INSN_LD_IMM64	(SBPF_LD | SBPF_IMM | SBPF_DW)
#define SBPF_INSN_JA		(SBPF_JMP | SBPF_JA)
#define SBPF_INSN_GOTOL		(SBPF_JMP32 | SBPF_JA)
#define SBPF_INSN_CALL		(SBPF_JMP | SBPF_CALL)
#define SBPF_INSN_EXIT		(SBPF_JMP | SBPF_EXIT)

/* What the source register field of a call selects. */
#define SBPF_CALL_HELPER	0
#define SBPF_CALL_LOCAL		1
#define SBPF_CALL_KFUNC		2

/* What the source register field of a 64-bit immediate load selects. */
#define SBPF_LD_VALUE		0
#define SBPF_LD_MAP_FD		1
#define SBPF_LD_MAP_VALUE	2
#define SBPF_LD_BTF_ID		3
#define SBPF_LD_FUNC		4
#define SBPF_LD_MAP_IDX		5
#define SBPF_LD_MAP_IDX_VALUE	6

/* The offset field of a division or modulo: signed or not. */
#define SBPF_SIGNED		1

/* The offset field of a 64-bit move that converts addresses; not in sBPF. */
#define SBPF_ADDR_SPACE_CAST	1
#define SBPF_ADDR_PERCPU	(-1)

#define SBPF_DST(insn)		((insn)->regs & 0x0f)
#define SBPF_SRC(insn)		((insn)->regs >> 4)
#define SBPF_REGS		11
#define SBPF_FP			10

#endif /* _LINUX_SBPF_ISA_H */
