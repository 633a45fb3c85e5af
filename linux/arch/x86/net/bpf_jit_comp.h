/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the x86-64 JIT emits with, for those of its parts that are not in
 * bpf_jit_comp.c. An emitter writes at *pprog and moves it on; the macros do so
 * with a variable prog.
 */
#ifndef _BPF_JIT_COMP_H
#define _BPF_JIT_COMP_H

#include <linux/compiler.h>
#include <linux/filter.h>
#include <linux/types.h>

static inline u8 *emit_code(u8 *ptr, u32 bytes, unsigned int len)
{
	if (len == 1) {
		*ptr = bytes;
	} else if (len == 2) {
		*(u16 *)ptr = bytes;
	} else {
		*(u32 *)ptr = bytes;
		barrier();
	}
	return ptr + len;
}

#define EMIT(bytes, len)	(prog = emit_code(prog, bytes, len))

#define EMIT1(b1)		EMIT(b1, 1)
#define EMIT2(b1, b2)		EMIT((b1) + ((b2) << 8), 2)
#define EMIT3(b1, b2, b3)	EMIT((b1) + ((b2) << 8) + ((b3) << 16), 3)
#define EMIT4(b1, b2, b3, b4)	\
	EMIT((b1) + ((b2) << 8) + ((b3) << 16) + ((b4) << 24), 4)
#define EMIT5(b1, b2, b3, b4, b5) \
	do { EMIT1(b1); EMIT4(b2, b3, b4, b5); } while (0)

#define EMIT1_off32(b1, off) \
	do { EMIT1(b1); EMIT(off, 4); } while (0)
#define EMIT2_off32(b1, b2, off) \
	do { EMIT2(b1, b2); EMIT(off, 4); } while (0)
#define EMIT3_off32(b1, b2, b3, off) \
	do { EMIT3(b1, b2, b3); EMIT(off, 4); } while (0)
#define EMIT4_off32(b1, b2, b3, b4, off) \
	do { EMIT4(b1, b2, b3, b4); EMIT(off, 4); } while (0)

static inline bool is_imm8(int value)
{
	return value <= 127 && value >= -128;
}

static inline bool is_simm32(s64 value)
{
	return value == (s64)(s32)value;
}

/*
 * List of x86 cond jumps opcodes (. + s8)
 * Add 0x10 (and an extra 0x0f) to generate far jumps (. + s32)
 */
#define X86_JB  0x72
#define X86_JAE 0x73
#define X86_JE  0x74
#define X86_JNE 0x75
#define X86_JBE 0x76
#define X86_JA  0x77
#define X86_JS  0x78
#define X86_JNS 0x79
#define X86_JL  0x7C
#define X86_JGE 0x7D
#define X86_JLE 0x7E
#define X86_JG  0x7F

/* Pick a register outside of BPF range for JIT internal work */
#define AUX_REG (MAX_BPF_JIT_REG + 1)
#define X86_REG_R9 (MAX_BPF_JIT_REG + 2)
#define X86_REG_R12 (MAX_BPF_JIT_REG + 3)
/* As an index register: none */
#define X86_REG_NONE (MAX_BPF_JIT_REG + 4)

/* Maximum number of bytes emitted while JITing one eBPF insn */
#define BPF_MAX_INSN_SIZE	128
#define BPF_INSN_SAFETY		64

/* Number of bytes emit_patch() needs to generate instructions */
#define X86_PATCH_SIZE		5

u8 add_2mod(u8 byte, u32 r1, u32 r2);
u8 add_3mod(u8 byte, u32 r1, u32 r2, u32 index);
u8 add_1reg(u8 byte, u32 dst_reg);
u8 add_2reg(u8 byte, u32 dst_reg, u32 src_reg);

/* mov dst, src */
#define EMIT_mov(DST, SRC)						\
	do {								\
		if ((DST) != (SRC))					\
			EMIT3(add_2mod(0x48, DST, SRC), 0x89,		\
			      add_2reg(0xC0, DST, SRC));		\
	} while (0)

void push_r12(u8 **pprog);
void push_callee_regs(u8 **pprog, bool *callee_regs_used);
void pop_r12(u8 **pprog);
void pop_callee_regs(u8 **pprog, bool *callee_regs_used);
void emit_nops(u8 **pprog, int len);
int emit_call(u8 **pprog, void *func, void *ip);
void emit_return(u8 **pprog, u8 *ip);
void emit_mov_imm32(u8 **pprog, bool sign_propagate, u32 dst_reg, u32 imm32);
void emit_mov_reg(u8 **pprog, bool is64, u32 dst_reg, u32 src_reg);
void emit_insn_suffix_SIB(u8 **pprog, u32 ptr_reg, u32 val_reg, u32 index_reg,
			  int off);
void maybe_emit_mod(u8 **pprog, u32 dst_reg, u32 src_reg, bool is64);
void maybe_emit_1mod(u8 **pprog, u32 reg, bool is64);
void emit_ldx_index(u8 **pprog, u32 size, u32 dst_reg, u32 src_reg,
		    u32 index_reg, int off);
void emit_stx_index(u8 **pprog, u32 size, u32 dst_reg, u32 src_reg,
		    u32 index_reg, int off);
void emit_st_index(u8 **pprog, u32 size, u32 dst_reg, u32 index_reg, int off,
		   int imm);

#endif /* _BPF_JIT_COMP_H */
