/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the translator and the code it makes have in common.
 *
 * Registers: R0 to R9 are those below, R10 is a constant. Code counts in r9,
 * backward jumps and instructions at once. rbp points to struct
 * sbpf_jit_state, r10 and r11 are scratch, r12 the window's base or, where
 * addresses are compared, scratch as well.
 */
#ifndef FW_SBPF_JIT_H
#define FW_SBPF_JIT_H

#include <kernel/bpf/lambda/flow.h>
#include <stdint.h>

#include "internal.h"
#include "x86.h"

#define JIT_COUNT	R9
#define JIT_SCRATCH	R11
#define JIT_SPARE	R10
#define JIT_BASE	R12
#define JIT_STATE	RBP

extern const __u8 sbpf_jit_reg[SBPF_REGS - 1];

/* An entry of sbpf_code.at: an offset, and what the instruction starts. */
#define JIT_LEADER	0x80000000u	/* a block: no jumps in or out of it */
#define JIT_LOOP	0x40000000u	/* a loop */
#define JIT_TARGET	0x20000000u	/* a jump leads here */
#define JIT_TARGETS	0x10000000u	/* several do */
#define JIT_PAID	0x08000000u	/* a block that was counted before */
#define JIT_OFFSET	0x07ffffffu

/**
 * struct sbpf_code - a translated program
 * @mode:  how it confines accesses
 * @text:  the code
 * @size:  bytes of it
 * @leave: offset at which a run ends, its counters still in registers
 * @cut:   offset at which one ends within calls that have not returned
 * @enter: offset at which it begins
 * @entry: offset of each function
 * @at:    offset and flags of each instruction
 */
struct sbpf_code {
	enum sbpf_jit_mode mode;
	const __u8 *text;
	__u32 size;
	__u32 leave;
	__u32 cut;
	__u32 enter;
	__u32 entry[SBPF_FUNCS_MAX];
	__u32 at[];
};

/*
 * The counter: above, how many backward jumps may be taken before the next
 * look at budget and maximum, the ticks; below, how many instructions were
 * executed since the last one. It is negative when there was no tick left.
 */
#define JIT_TICK_SHIFT	24
#define JIT_TICK	0x1000000

/* By the upper four bits of an address, the stretch last accessed there. */
#define JIT_SLOTS	16
#define JIT_SLOT_SHIFT	28

/**
 * struct sbpf_jit_state - what translated code has at hand
 * @sp:         stack pointer to leave with
 * @r0:         what the entry function returned
 * @count:      r9, spilled
 * @insns:      instructions left, less those in @count
 * @base:       of the window
 * @frame_top:  memory above the first function's frame
 * @stride:     bytes from one frame to the next
 * @where:      last instruction executed, where it matters
 * @stopped:    the run has ended before its return
 * @run:        the run
 * @reserve:    budget left, less the ticks in @count
 * @slots:      for reading, for writing; the length is short by 7 so that
 *              whatever begins before it also ends in the stretch
 */
struct sbpf_jit_state {
	__u64 sp;
	__u64 r0;
	__s64 count;
	__s64 insns;
	__u8 *base;
	__u8 *frame_top;
	__u64 stride;
	__u32 where;
	__u32 stopped;
	struct sbpf_run *run;
	__u64 reserve;
	struct sbpf_slot slots[2][JIT_SLOTS];
};

#define JIT_FIELD(field) \
	x86_at(JIT_STATE, (__s32)offsetof(struct sbpf_jit_state, field))

/* Called by translated code. */
__u64 sbpf_jit_run_tick(struct sbpf_jit_state *state);
__u64 sbpf_jit_run_slot(struct sbpf_jit_state *state, __s64 addr, __u32 access);
__u64 sbpf_jit_run_helper(__u64 r1, __u64 r2, __u64 r3, __u64 r4,
			  struct sbpf_jit_state *state, __s32 id);

/* What sbpf_jit_run_slot() is told of an access: its bytes, and: */
#define JIT_WRITE	16

/* Translate an arithmetic instruction other than a move of R10. */
void sbpf_jit_alu(struct x86_code *c, const struct sbpf_insn *insn);

/* Whether the arithmetic instruction needs r11. */
bool sbpf_jit_alu_uses_r11(const struct sbpf_insn *insn);

/* Compare as a conditional jump does; what it then depends on. */
enum x86_cond sbpf_jit_fuse_test(struct x86_code *c,
				 const struct sbpf_insn *insn);

/**
 * sbpf_jit_fuse_alu - several instructions as one
 * @program: being translated
 * @code:    its table, with flags set
 * @i:       the first of them
 * @insn:    in: that one; out: what to translate
 *
 * Return: how many it stands for.
 */
__u32 sbpf_jit_fuse_alu(const struct sbpf_program *program,
			const struct sbpf_code *code, __u32 i,
			struct sbpf_insn *insn);

/**
 * sbpf_jit_fuse_sum - a move and an addition to what was moved
 * @c:       where to translate them to
 * @program: being translated
 * @code:    its table, with flags set
 * @i:       the move
 * @address: out: the low half of the sum was put in r11 alone, for the load
 *           that follows, which uses it as its base and then overwrites it
 *
 * Return: 2, or 0 if there is something else.
 */
__u32 sbpf_jit_fuse_sum(struct x86_code *c, const struct sbpf_program *program,
			const struct sbpf_code *code, __u32 i, bool *address);

/**
 * sbpf_jit_fuse_is_select - whether a conditional jump skips one move
 * @program: being translated
 * @code:    its table, with flags set
 * @i:       the jump
 *
 * What such a jump depends on is often not to be foretold, and what it skips
 * costs next to nothing.
 *
 * Return: whether sbpf_jit_fuse_select() can translate it.
 */
bool sbpf_jit_fuse_is_select(const struct sbpf_program *program,
			     const struct sbpf_code *code, __u32 i);

/**
 * sbpf_jit_fuse_select - a jump over a move, without a jump
 * @c:       where to translate it to
 * @insn:    the jump and the move
 * @counted: add the move to the counter if it is made
 */
void sbpf_jit_fuse_select(struct x86_code *c, const struct sbpf_insn *insn,
			  bool counted);

/* Set the flags of @code->at. */
void sbpf_jit_blocks_find(struct sbpf_program *program,
			  struct sbpf_code *code);

/**
 * struct sbpf_jit_chain - instructions counted in one go
 * @total:  how many they are
 * @before: how many of them come before the one that was asked for
 * @late:   counted by the backward jump that they end with, not in advance
 */
struct sbpf_jit_chain {
	__u32 total;
	__u32 before;
	bool late;
};

/**
 * sbpf_jit_chain - what is counted together
 * @program: being translated, or translated
 * @code:    its table, with flags set
 * @head:    the first of them
 * @insn:    one that is asked for
 * @chain:   out
 *
 * Return: whether @insn is one of them.
 */
bool sbpf_jit_blocks_chain(const struct sbpf_program *program,
			   const struct sbpf_code *code, __u32 head, __u32 insn,
			   struct sbpf_jit_chain *chain);

/**
 * sbpf_jit_blocks_uncounted - how far the counter is from the truth
 * @program: translated
 * @code:    the code that was run
 * @where:   the last instruction executed
 *
 * Return: instructions executed and not counted, less those counted and not
 * executed.
 */
__s64 sbpf_jit_blocks_uncounted(const struct sbpf_program *program,
				const struct sbpf_code *code, __u32 where);

#endif /* FW_SBPF_JIT_H */
