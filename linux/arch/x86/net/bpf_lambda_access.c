// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accesses of λs: the registers that hold their bases, and what is noted of each
 * for the case that it faults.
 *
 * An access is [r11 + r12 + off] with the low 32 bits of its base in r11, or with
 * r10 in its place. What r11 holds serves until the base changes; and where a
 * constant is added to that, the constant goes into the displacement, as long as
 * this stays within the 16 bits that one instruction has. So every access
 * reaches as far as one that takes its base anew: 32 KiB below the window, and as
 * much above.
 *
 * Nor do both go to different places, although the sum of a base and a constant
 * is cut to 32 bits, and that with a displacement is not. A base is held once an
 * access by it has succeeded; so it is at least 32 KiB, for nothing is mapped below
 * 64 KiB, and at most 32 KiB above 3 GiB. What is added since is less than that.
 *
 * Nothing is held where other code than the one before may have come from: where
 * jumps lead, and behind all that is called, slow paths of backward jumps
 * included. A return that is predicted to go to any of these finds no access by
 * what another function left in r11.
 */
#include <linux/bpf.h>
#include <linux/bpf_lambda.h>
#include <linux/filter.h>
#include <linux/printk.h>
#include <asm/extable.h>

#include "bpf_jit_comp.h"
#include "bpf_lambda_internal.h"

static const u8 access_regs[LAMBDA_HELD] = { AUX_REG, BPF_REG_AX };

static u32 access_nr_held(const struct lambda_jit *lj)
{
	return lj->plan->blinded ? 1 : LAMBDA_HELD;
}

/* Forget what registers hold: the next access takes its base anew. */
void lambda_access_drop_bases(struct lambda_jit *lj)
{
	u32 q;

	for (q = 0; q < LAMBDA_HELD; q++)
		lj->held[q].base = LAMBDA_NO_BASE;
	lj->pinned_until = 0;
}

static void access_forget(struct lambda_jit *lj, u16 regs)
{
	u32 q;

	for (q = 0; q < LAMBDA_HELD; q++)
		if (lj->held[q].base != LAMBDA_NO_BASE &&
		    regs & BIT(lj->held[q].base))
			lj->held[q].base = LAMBDA_NO_BASE;
}

/* Whether @insn adds a constant to a register. */
static bool access_is_step(const struct bpf_insn *insn, int *by)
{
	*by = insn->imm;
	if (insn->code == (BPF_ALU64 | BPF_ADD | BPF_K))
		return true;
	*by = -insn->imm;
	return insn->code == (BPF_ALU64 | BPF_SUB | BPF_K) &&
	       insn->imm != S32_MIN;
}

static void access_step(struct lambda_jit *lj, u32 reg, int by)
{
	struct lambda_held *held;
	s64 delta;

	for (held = lj->held; held < lj->held + LAMBDA_HELD; held++) {
		if (held->base != reg)
			continue;
		delta = (s64)held->delta + by;
		held->delta = delta;
		if (delta != (s16)delta)
			held->base = LAMBDA_NO_BASE;
	}
}

/* Whether r11 is lost where @insn is translated by itself. */
bool lambda_access_takes_aux(const struct bpf_insn *insn)
{
	u8 class = BPF_CLASS(insn->code);

	if (class != BPF_ALU && class != BPF_ALU64)
		return false;
	switch (BPF_OP(insn->code)) {
	case BPF_DIV:
	case BPF_MOD:
		return true;
	case BPF_LSH:
	case BPF_RSH:
	case BPF_ARSH:
		/* Of rcx, on processors without BMI2. */
		return BPF_SRC(insn->code) == BPF_X &&
		       insn->dst_reg == BPF_REG_4;
	default:
		return false;
	}
}

/**
 * lambda_access_note - what an instruction does to bases that registers hold
 * @lj: the pass
 * @k:  the instruction, whose code has been emitted
 */
void lambda_access_note(struct lambda_jit *lj, u32 k)
{
	const struct bpf_insn *insn = &lj->prog->insnsi[k];
	int by;

	if (insn->code == (BPF_JMP | BPF_CALL) ||
	    (lambda_plan_is_jump(insn) && lambda_plan_jump_off(insn) < 0)) {
		lambda_access_drop_bases(lj);
		return;
	}
	if (access_is_step(insn, &by))
		access_step(lj, insn->dst_reg, by);
	else
		access_forget(lj, lambda_plan_regs_of(insn).defs);
	if (lambda_access_takes_aux(insn))
		lj->held[0].base = LAMBDA_NO_BASE;
}

/* The same of @n instructions in a row. */
void lambda_access_note_all(struct lambda_jit *lj, u32 k, u32 n)
{
	for (; n; k++, n--)
		lambda_access_note(lj, k);
}

static bool access_is_live(const struct lambda_jit *lj, u32 k, u32 reg)
{
	struct lambda_regs regs = lambda_plan_regs_of(&lj->prog->insnsi[k]);

	return (regs.uses | (lj->plan->live[k] & ~regs.defs)) & BIT(reg);
}

/* A register for one more base: free, or of no use now, or not used last. */
static u32 access_choose(const struct lambda_jit *lj, u32 k)
{
	bool pinned = k <= lj->pinned_until && lj->pinned_until;
	u32 n = access_nr_held(lj), q;

	if (n == 1)
		return 0;
	if (pinned)
		return !lj->pinned;
	for (q = 0; q < n; q++)
		if (lj->held[q].base == LAMBDA_NO_BASE)
			return q;
	for (q = 0; q < n; q++)
		if (!access_is_live(lj, k, lj->held[q].base))
			return q;
	return !lj->held_last;
}

/**
 * lambda_access_hold_sum - let a register hold a base that no BPF register has
 * @lj:    the pass
 * @k:     the instruction at hand
 * @base:  the BPF register that the base would be in
 * @until: last access by it
 *
 * Return: the register, for its low 32 bits.
 */
u32 lambda_access_hold_sum(struct lambda_jit *lj, u32 k, u32 base, u32 until)
{
	u32 q;

	access_forget(lj, BIT(base));
	q = access_choose(lj, k);
	lj->held[q] = (struct lambda_held) { .base = base };
	lj->held_last = q;
	lj->pinned = q;
	lj->pinned_until = until;
	return access_regs[q];
}

static struct lambda_ref access_held(struct lambda_jit *lj, u32 q, int off)
{
	const struct lambda_held *held = &lj->held[q];

	lj->held_last = q;
	return (struct lambda_ref) {
		.reg = access_regs[q],
		.index = X86_REG_R12,
		.off = off + held->delta,
	};
}

/**
 * lambda_access_reach - make an operand of a base and a displacement
 * @pprog: where to emit what it takes
 * @lj:    the pass
 * @k:     the instruction at hand
 * @base:  BPF register
 * @off:   displacement of the instruction, 16 bits
 *
 * Return: the operand, for one access that follows at once.
 */
struct lambda_ref lambda_access_reach(u8 **pprog, struct lambda_jit *lj, u32 k,
				      u32 base, int off)
{
	int to;
	u32 q;

	if (base == BPF_REG_FP)
		return (struct lambda_ref) {
			.reg = X86_REG_R12,
			.index = X86_REG_NONE,
			.off = off + SBPF_FRAME_TOP(lj->prog->aux->func_idx),
		};
	for (q = 0; q < LAMBDA_HELD; q++) {
		to = off + lj->held[q].delta;
		if (lj->held[q].base == base && to == (s16)to)
			return access_held(lj, q, off);
	}
	/* It is held, but too far away: not in two registers. */
	access_forget(lj, BIT(base));
	q = access_choose(lj, k);
	emit_mov_reg(pprog, false, access_regs[q], base);
	lj->held[q] = (struct lambda_held) { .base = base };
	return access_held(lj, q, off);
}

/**
 * lambda_access_add_extable - let a fault of an access be dealt with
 * @lj:    the pass
 * @at:    offset of the access in the image
 * @loads: bytes that it loads before it stores, if it does both; or 0
 *
 * Return: 0, or an errno.
 */
int lambda_access_add_extable(struct lambda_jit *lj, int at, u32 loads)
{
	struct exception_table_entry *ex;
	u32 n = lj->nr_accesses++;
	s64 delta;

	if (!lj->image)
		return 0;
	if (n >= lj->prog->aux->num_exentries) {
		pr_err("bpf_jit: more accesses in a lambda than counted\n");
		return -EFAULT;
	}
	ex = &lj->prog->aux->extable[n];
	delta = lj->image + at - (u8 *)&ex->insn;
	if (!is_simm32(delta)) {
		pr_err("extable->insn doesn't fit into 32-bit\n");
		return -EFAULT;
	}
	ex = (void *)lj->rw_image + ((void *)ex - (void *)lj->image);
	ex->insn = delta;
	ex->fixup = 0;
	ex->data = EX_TYPE_BPF_LAMBDA |
		   EX_DATA_FLAG(loads ? LAMBDA_EX_LOADS(loads) : 0);
	return 0;
}

/* LDXS: dst_reg = *(s8*)(src_reg + index_reg + off), or s16, or s32 */
static void access_emit_signed(u8 **pprog, u32 size, u32 dst_reg,
			       const struct lambda_ref *ref)
{
	u8 rex = add_3mod(0x48, ref->reg, dst_reg, ref->index);
	u8 *prog = *pprog;

	switch (size) {
	case BPF_B:
		EMIT3(rex, 0x0F, 0xBE);
		break;
	case BPF_H:
		EMIT3(rex, 0x0F, 0xBF);
		break;
	case BPF_W:
		EMIT2(rex, 0x63);
		break;
	}
	emit_insn_suffix_SIB(&prog, ref->reg, dst_reg, ref->index, ref->off);
	*pprog = prog;
}

/* A load of class LDX, or as if it extended the sign. */
void emit_lambda_access_load(u8 **pprog, const struct bpf_insn *insn,
			     const struct lambda_ref *ref)
{
	u32 size = BPF_SIZE(insn->code);

	if (BPF_MODE(insn->code) == BPF_MEMSX)
		access_emit_signed(pprog, size, insn->dst_reg, ref);
	else
		emit_ldx_index(pprog, size, insn->dst_reg, ref->reg, ref->index,
			       ref->off);
}

/**
 * emit_lambda_access - emit a load or a store
 * @pprog: where to
 * @lj:    the pass
 * @k:     the instruction
 *
 * Return: 0, or an errno.
 */
int emit_lambda_access(u8 **pprog, struct lambda_jit *lj, u32 k)
{
	const struct bpf_insn *insn = &lj->prog->insnsi[k];
	bool load = BPF_CLASS(insn->code) == BPF_LDX;
	u32 base = load ? insn->src_reg : insn->dst_reg;
	struct lambda_ref ref = lambda_access_reach(pprog, lj, k, base,
						    insn->off);
	u32 size = BPF_SIZE(insn->code);
	int at = lambda_jit_here(lj, *pprog);

	if (load)
		emit_lambda_access_load(pprog, insn, &ref);
	else if (BPF_CLASS(insn->code) == BPF_STX)
		emit_stx_index(pprog, size, ref.reg, insn->src_reg, ref.index,
			       ref.off);
	else
		emit_st_index(pprog, size, ref.reg, ref.index, ref.off,
			      insn->imm);
	return lambda_access_add_extable(lj, at, 0);
}
