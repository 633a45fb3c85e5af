/* SPDX-License-Identifier: GPL-2.0-only */
/* What instructions compute, in C that is written from the BPF standard. */
#ifndef LAMBDA_SELFTEST_REFERENCE_H
#define LAMBDA_SELFTEST_REFERENCE_H

#include "insn.h"

static inline __s64 sdiv64(__s64 a, __s64 b)
{
	if (!b)
		return 0;
	return b == -1 ? (__s64)-(__u64)a : a / b;
}

static inline __s64 smod64(__s64 a, __s64 b)
{
	if (!b)
		return a;
	return b == -1 ? 0 : a % b;
}

static inline __u64 swapped(__u64 a, int width)
{
	switch (width) {
	case 16:
		return __builtin_bswap16(a);
	case 32:
		return __builtin_bswap32(a);
	default:
		return __builtin_bswap64(a);
	}
}

static inline __u64 shortened(__u64 a, int width)
{
	return width == 64 ? a : a & ((1ull << width) - 1);
}

static inline __u64 extended(__u64 a, int width)
{
	int shift = 64 - width;

	return (__s64)(a << shift) >> shift;
}

/* 64-bit arithmetic; @off is the instruction's offset field. */
static inline __u64 alu64(__u8 op, __u64 a, __u64 b, int off)
{
	switch (op) {
	case BPF_ADD:
		return a + b;
	case BPF_SUB:
		return a - b;
	case BPF_MUL:
		return a * b;
	case BPF_DIV:
		return off ? sdiv64(a, b) : b ? a / b : 0;
	case BPF_MOD:
		return off ? smod64(a, b) : b ? a % b : a;
	case BPF_OR:
		return a | b;
	case BPF_AND:
		return a & b;
	case BPF_XOR:
		return a ^ b;
	case BPF_LSH:
		return a << (b & 63);
	case BPF_RSH:
		return a >> (b & 63);
	case BPF_ARSH:
		return (__s64)a >> (b & 63);
	case BPF_NEG:
		return -a;
	default:
		return off ? extended(b, off) : b;
	}
}

/* The same on the low halves; the upper half becomes zero. */
static inline __u64 alu32(__u8 op, __u32 a, __u32 b, int off)
{
	switch (op) {
	case BPF_LSH:
		return (__u32)(a << (b & 31));
	case BPF_RSH:
		return a >> (b & 31);
	case BPF_ARSH:
		return (__u32)((__s32)a >> (b & 31));
	case BPF_DIV:
	case BPF_MOD:
		if (off)
			return (__u32)alu64(op, (__s64)(__s32)a,
					    (__s64)(__s32)b, off);
	}
	return (__u32)alu64(op, a, b, off);
}

static inline bool taken(__u8 op, __u64 a, __u64 b)
{
	switch (op) {
	case BPF_JEQ:
		return a == b;
	case BPF_JNE:
		return a != b;
	case BPF_JGT:
		return a > b;
	case BPF_JGE:
		return a >= b;
	case BPF_JLT:
		return a < b;
	case BPF_JLE:
		return a <= b;
	case BPF_JSGT:
		return (__s64)a > (__s64)b;
	case BPF_JSGE:
		return (__s64)a >= (__s64)b;
	case BPF_JSLT:
		return (__s64)a < (__s64)b;
	case BPF_JSLE:
		return (__s64)a <= (__s64)b;
	default:
		return a & b;
	}
}

static inline __u64 reference(const struct bpf_insn *i, __u64 a, __u64 b)
{
	__u8 class = BPF_CLASS(i->code), op = BPF_OP(i->code);
	bool jump32 = class == BPF_JMP32;

	if (op == BPF_END && (class == BPF_ALU || class == BPF_ALU64)) {
		if (class == BPF_ALU64 || BPF_SRC(i->code) == BPF_TO_BE)
			return swapped(a, i->imm);
		return shortened(a, i->imm);
	}
	if (BPF_SRC(i->code) == BPF_K)
		b = (__s64)i->imm;
	switch (class) {
	case BPF_ALU64:
		return alu64(op, a, b, i->off);
	case BPF_ALU:
		return alu32(op, a, b, i->off);
	}
	/* Signed or not, the low halves compare like their extensions. */
	if (jump32 && op >= BPF_JSGT && op != BPF_JLT && op != BPF_JLE)
		return taken(op, (__s64)(__s32)a, (__s64)(__s32)b);
	return jump32 ? taken(op, (__u32)a, (__u32)b) : taken(op, a, b);
}

static const __u8 alu_ops[] = {
	BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_OR, BPF_AND, BPF_LSH, BPF_RSH,
	BPF_MOD, BPF_XOR, BPF_MOV, BPF_ARSH,
};

static const __u8 jump_ops[] = {
	BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET, BPF_JNE, BPF_JSGT, BPF_JSGE,
	BPF_JLT, BPF_JLE, BPF_JSLT, BPF_JSLE,
};

#endif /* LAMBDA_SELFTEST_REFERENCE_H */
