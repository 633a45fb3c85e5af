/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Translating λs on x86-64: what do_jit() calls (bpf_lambda_jit.c), and what that
 * stands on: a look at all of a function before its code is made
 * (bpf_lambda_plan.c), accesses (bpf_lambda_access.c), and instructions that are
 * translated together (bpf_lambda_rules.c).
 */
#ifndef _BPF_LAMBDA_INTERNAL_H
#define _BPF_LAMBDA_INTERNAL_H

#include <linux/filter.h>
#include <linux/log2.h>
#include <linux/types.h>
#include <asm/extable.h>

struct bpf_prog;

/* What images of λs are aligned to, so that their loop heads are. */
#define LAMBDA_IMAGE_ALIGN	64

/* Bytes that a function's constants are apart, behind its code. */
#define LAMBDA_POOL_ENTRY	8

/**
 * struct lambda_step - what is planned of one instruction
 * @rule:  of bpf_lambda_rules.c, from 1; 0: it is translated by itself
 * @len:   instructions that are translated with it, itself included
 * @until: instructions up to the last that uses what @rule makes
 * @align: what its code begins at a multiple of, if not 0
 * @joins: jumps that lead here; LAMBDA_MANY: so many or more
 */
struct lambda_step {
	u8 rule;
	u8 len;
	u8 until;
	u8 align;
	u8 joins;
};

#define LAMBDA_MANY	255

/**
 * struct lambda_plan - what is known of a function before its code is made
 * @prog:     the function
 * @blinded:  its constants are hidden by means of BPF_REG_AX, which is r10
 * @nr_back:  jumps backward
 * @nr_pool:  constants behind the code
 * @cold_len: bytes of code that selects go to
 * @held_until: last instruction that a sum is held for, as far as is planned
 * @live:     registers that are read after each instruction, one bit each
 * @steps:    of each instruction
 */
struct lambda_plan {
	const struct bpf_prog *prog;
	bool blinded;
	u32 nr_back;
	u32 nr_pool;
	u32 cold_len;
	u32 held_until;
	u16 *live;
	struct lambda_step steps[];
};

/**
 * struct lambda_held - the base of accesses that a register holds
 * @base:  BPF register it was, in its low 32 bits; LAMBDA_NO_BASE: none
 * @delta: what has been added to that register since
 */
struct lambda_held {
	u8 base;
	int delta;
};

#define LAMBDA_NO_BASE	0xff

/* Bases are held in r11, and in r10 where nothing is blinded. */
#define LAMBDA_HELD	2

/**
 * struct lambda_jit - one pass of do_jit() over one function of a λ
 * @prog:        the function
 * @plan:        what is known of it
 * @addrs:       end of each instruction in the image, as do_jit() has it
 * @image:       where the image will run, or NULL while sizes are found
 * @rw_image:    where it is written
 * @callee_regs_used: which callee-saved registers the function uses
 * @temp:        where the instruction at hand begins
 * @proglen:     offset of that in the image
 * @done:        instructions whose code has been emitted with that of another
 * @cold:        offset of the next select's code, after the last instruction
 * @stubs:       offset of the next budget stub, after that code
 * @pool:        offset of the constants, after the stubs
 * @pool_next:   number of the next constant
 * @pool_of:     number of the constant that a BPF register is, unless loaded
 * @held:        bases in r11 and r10
 * @held_last:   the one used last
 * @pinned:      the one that must stay
 * @pinned_until: up to this instruction
 * @nr_accesses: extable entries made so far
 */
struct lambda_jit {
	struct bpf_prog *prog;
	const struct lambda_plan *plan;
	int *addrs;
	u8 *image;
	u8 *rw_image;
	bool *callee_regs_used;
	u8 *temp;
	int proglen;
	int done;
	int cold;
	int stubs;
	int pool;
	u32 pool_next;
	u32 pool_of[MAX_BPF_REG];
	struct lambda_held held[LAMBDA_HELD];
	u8 held_last;
	u8 pinned;
	u32 pinned_until;
	u32 nr_accesses;
};

/* Offset in the image of what is emitted at @prog. */
static inline int lambda_jit_here(const struct lambda_jit *lj, const u8 *prog)
{
	return lj->proglen + (prog - lj->temp);
}

/*
 * EX_DATA_FLAG of an operation on memory, which loads so many bytes before it
 * stores: what it lacks to load is not to be told as a write.
 */
#define LAMBDA_EX_LOADS(size)	(ilog2(size) + 1)
#define LAMBDA_EX_SIZE(flags)	(BIT(flags) >> 1)

/* bpf_lambda_plan.c */

/* Registers of one instruction, a bit for each. */
struct lambda_regs {
	u16 uses;
	u16 defs;
};

bool lambda_plan_is_jump(const struct bpf_insn *insn);
int lambda_plan_jump_off(const struct bpf_insn *insn);
struct lambda_regs lambda_plan_regs_of(const struct bpf_insn *insn);
bool lambda_plan_is_line(const struct lambda_plan *plan, u32 k, u32 n);
bool lambda_plan_is_dead(const struct lambda_plan *plan, u32 k, u32 reg);
struct lambda_plan *lambda_plan_look(const struct bpf_prog *prog);

/* bpf_lambda_access.c */

/**
 * struct lambda_ref - an operand in memory
 * @reg:   base as the emitters of bpf_jit_comp.h take it
 * @index: index
 * @off:   displacement
 */
struct lambda_ref {
	u32 reg;
	u32 index;
	int off;
};

void lambda_access_drop_bases(struct lambda_jit *lj);
bool lambda_access_takes_aux(const struct bpf_insn *insn);
void lambda_access_note(struct lambda_jit *lj, u32 k);
void lambda_access_note_all(struct lambda_jit *lj, u32 k, u32 n);
u32 lambda_access_hold_sum(struct lambda_jit *lj, u32 k, u32 base, u32 until);
struct lambda_ref lambda_access_reach(u8 **pprog, struct lambda_jit *lj, u32 k,
				      u32 base, int off);
int lambda_access_add_extable(struct lambda_jit *lj, int at, u32 loads);
void emit_lambda_access_load(u8 **pprog, const struct bpf_insn *insn,
			     const struct lambda_ref *ref);
int emit_lambda_access(u8 **pprog, struct lambda_jit *lj, u32 k);

/* bpf_lambda_rules.c */

struct lambda_plan *lambda_rules_plan(const struct bpf_prog *prog);
void emit_lambda_rule_jump(u8 **pprog, u8 *temp, int proglen,
			   const struct lambda_jit *lj, int i, u8 jcc);
int emit_lambda_rule(u8 **pprog, struct lambda_jit *lj, u32 k);
void emit_lambda_rule_cold(u8 **pprog, const struct lambda_jit *lj, u32 k,
			   int at);
bool lambda_rules_pool_value(const struct lambda_plan *plan, u32 k, u64 *value);

/* bpf_lambda_jit.c */

void emit_lambda_prologue(u8 **pprog, const struct lambda_jit *lj);
int emit_lambda_insn(u8 **pprog, u8 *temp, int proglen, struct lambda_jit *lj,
		     int i);
void emit_lambda_align(u8 **pprog, u8 *temp, int proglen,
		       const struct lambda_jit *lj, int i);
int emit_lambda_tail(const struct lambda_jit *lj, int proglen, int oldproglen);
void lambda_jit_begin(struct lambda_jit *lj);

#endif /* _BPF_LAMBDA_INTERNAL_H */
