/* SPDX-License-Identifier: GPL-2.0 */
/* Programs that tell which part of a request they run over, or end badly in one. */
#ifndef LAMBDA_SELFTEST_DIVIDED_H
#define LAMBDA_SELFTEST_DIVIDED_H

#include "common.h"

/* A byte that the files here have nowhere else. */
#define MARK	0

/* Puts offset and length of its input into the output. */
static const struct bpf_insn extent[] = {
	CTX(R2, R1, offset),
	CTX(R3, R1, in_len),
	CTX(R4, R1, out),
	STX(BPF_DW, R4, 0, R2),
	STX(BPF_DW, R4, 8, R3),
	MOVI(R0, 16),
	EXIT(),
};

/* Finds the mark, and does what follows with its address, or copies. */
#define AT_MARK(name, ...)						\
static const struct bpf_insn name[] = {					\
	MOV(R7, R1),							\
	CTX(R1, R7, in),						\
	MOVI(R2, MARK),							\
	CTX(R3, R7, in_len),						\
	CALL(SBPF_HELPER_MEMCHR),					\
	JMPI(BPF_JEQ, R0, 0, 4),					\
	MOV(R1, R0),							\
	__VA_ARGS__,							\
	CTX(R2, R7, in),						\
	CTX(R3, R7, in_len),						\
	CTX(R1, R7, out),						\
	MOV(R6, R3),							\
	CALL(SBPF_HELPER_MEMCPY),					\
	MOV(R0, R6),							\
	EXIT(),								\
}

/* The address is below all segments, and tells the mark's place. */
AT_MARK(fault_at_mark,
	ADDI(R1, -0x7fffffff), LDX(BPF_B, R0, R1, 0), EXIT());

static const struct bpf_insn forever[] = { MOVI(R0, 0), GOTO(-1), EXIT() };

#endif /* LAMBDA_SELFTEST_DIVIDED_H */
