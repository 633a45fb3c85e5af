// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the x86-64 JIT emits for λ programs (sBPF) and for nothing else.
 *
 * do_jit() calls this where a program is a λ. Registers beyond the usual mapping:
 *
 *   r12  kernel address of window address 0, loaded by the entry function
 *   r9   backward jumps left before the next tick
 *   r11  base register of one access, zero-extended just before it
 *
 * R10 of a λ is a constant per function, so rbp stays a true frame pointer.
 *
 * Confinement does not rest on the check at load: every access that is emitted
 * here is [r11 + r12 + s16] with r11 < 2^32, or [r12 + constant], and both lie
 * between the guards of the window; the header before it is for prologue and
 * epilogue of the entry only. Nor does termination: every jump whose
 * target is not behind it takes one unit out of r9, as the final instructions
 * have it.
 *
 * Sizes must not depend on the pass, since padded loop heads would keep the
 * image from converging: forward jumps are always long, and the length of a
 * backward jump follows from addresses that the same pass has already fixed.
 */
#include <linux/bitops.h>
#include <linux/bpf.h>
#include <linux/bpf_lambda.h>
#include <linux/filter.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <asm/alternative.h>
#include <asm/extable.h>
#include <asm/nospec-branch.h>

#include "bpf_jit_comp.h"
#include "bpf_lambda_jit.h"

/*
 * Loop heads start at multiples of this, a cache line: a short loop that lies in
 * two takes twice as long on some processors. The image itself starts 8 bytes
 * (the pack header) after a multiple of LAMBDA_IMAGE_ALIGN.
 */
#define LAMBDA_LOOP_ALIGN	64
#define LAMBDA_IMAGE_SKEW	offsetof(struct bpf_binary_header, image)

/* The entry saves them all, whatever it uses. */
static bool lambda_callee_regs[4] = { true, true, true, true };

static bool lambda_jit_is_jump(const struct bpf_insn *insn)
{
	u8 class = BPF_CLASS(insn->code);
	u8 op = BPF_OP(insn->code);

	return (class == BPF_JMP || class == BPF_JMP32) &&
	       op != BPF_CALL && op != BPF_EXIT;
}

/* Instructions from the one after @insn to its target. */
static int lambda_jit_jump_off(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP32 | BPF_JA) ? insn->imm : insn->off;
}

static bool lambda_jit_is_back_jump(const struct bpf_insn *insn)
{
	return lambda_jit_is_jump(insn) && lambda_jit_jump_off(insn) < 0;
}

/**
 * lambda_loop_heads - find the instructions that backward jumps go to
 * @prog: a function of a λ
 *
 * Return: one bit for each instruction, to be freed with kvfree(), or NULL
 * without memory.
 */
unsigned long *lambda_loop_heads(const struct bpf_prog *prog)
{
	unsigned long *heads;
	int i;

	heads = kvcalloc(BITS_TO_LONGS(prog->len), sizeof(long), GFP_KERNEL);
	if (!heads)
		return NULL;
	for (i = 0; i < prog->len; i++)
		if (lambda_jit_is_back_jump(&prog->insnsi[i]))
			__set_bit(i + 1 + lambda_jit_jump_off(&prog->insnsi[i]),
				  heads);
	return heads;
}

/**
 * emit_lambda_prologue - emit how a function of a λ begins
 * @pprog: where to
 * @lj:    the pass
 *
 * The entry is called with the window's header and keeps what an abort needs
 * to return in its stead: all callee-saved registers pushed in the order that
 * bpf_lambda_abort pops them, and the stack pointer after that.
 */
void emit_lambda_prologue(u8 **pprog, const struct lambda_jit *lj)
{
	u8 *prog = *pprog;

	if (bpf_is_subprog(lj->prog)) {
		push_callee_regs(&prog, lj->callee_regs_used);
		*pprog = prog;
		return;
	}
	push_r12(&prog);
	push_callee_regs(&prog, lambda_callee_regs);
	/* lea r12, [rdi + BPF_LAMBDA_GUARD] */
	EMIT3_off32(0x4C, 0x8D, 0xA7, BPF_LAMBDA_GUARD);
	/* mov [rdi + sp], rsp */
	EMIT4(0x48, 0x89, 0x67, offsetof(struct bpf_lambda_header, sp));
	/* mov r9, [rdi + ticks] */
	EMIT4(0x4C, 0x8B, 0x4F, offsetof(struct bpf_lambda_header, ticks));
	/* mov edi, SBPF_CTX_BASE */
	EMIT1_off32(0xBF, SBPF_CTX_BASE);
	*pprog = prog;
}

static void lambda_jit_emit_exit(u8 **pprog, u8 *temp, int proglen,
				 const struct lambda_jit *lj)
{
	u8 *prog = *pprog;

	if (bpf_is_subprog(lj->prog)) {
		pop_callee_regs(&prog, lj->callee_regs_used);
	} else {
		/* mov [r12 + ticks - BPF_LAMBDA_GUARD], r9 */
		EMIT4_off32(0x4D, 0x89, 0x8C, 0x24,
			    (int)offsetof(struct bpf_lambda_header, ticks) -
			    BPF_LAMBDA_GUARD);
		pop_callee_regs(&prog, lambda_callee_regs);
		pop_r12(&prog);
	}
	EMIT1(0xC9);         /* leave */
	emit_return(&prog, lj->image + proglen + (prog - temp));
	*pprog = prog;
}

static u32 lambda_jit_frame_top(const struct lambda_jit *lj)
{
	return SBPF_FRAME_TOP(lj->prog->aux->func_idx);
}

/* LDXS: dst_reg = *(s8*)(src_reg + index_reg + off), or s16, or s32 */
static void lambda_jit_emit_ldsx_index(u8 **pprog, u32 size, u32 dst_reg,
				       u32 src_reg, u32 index_reg, int off)
{
	u8 rex = add_3mod(0x48, src_reg, dst_reg, index_reg);
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
	emit_insn_suffix_SIB(&prog, src_reg, dst_reg, index_reg, off);
	*pprog = prog;
}

/* The table entry that sends a fault at image offset @at to the thunks. */
static int lambda_jit_add_extable(struct lambda_jit *lj, int at)
{
	struct exception_table_entry *ex;
	s64 delta;

	if (!lj->prog->aux->extable)
		return 0;
	if (lj->nr_accesses >= lj->prog->aux->num_exentries) {
		pr_err("bpf_jit: more accesses in a lambda than counted\n");
		return -EFAULT;
	}
	ex = &lj->prog->aux->extable[lj->nr_accesses++];
	delta = lj->image + at - (u8 *)&ex->insn;
	if (!is_simm32(delta)) {
		pr_err("extable->insn doesn't fit into 32-bit\n");
		return -EFAULT;
	}
	ex = (void *)lj->rw_image + ((void *)ex - (void *)lj->image);
	ex->insn = delta;
	ex->fixup = 0;
	ex->data = EX_TYPE_BPF_LAMBDA;
	return 0;
}

static int lambda_jit_emit_access(u8 **pprog, u8 *temp, int proglen,
				  struct lambda_jit *lj,
				  const struct bpf_insn *insn)
{
	bool load = BPF_CLASS(insn->code) == BPF_LDX;
	u32 base = load ? insn->src_reg : insn->dst_reg;
	u32 size = BPF_SIZE(insn->code);
	u32 index = X86_REG_R12;
	u8 *prog = *pprog;
	int off = insn->off;
	int at;

	if (base == BPF_REG_FP) {
		base = X86_REG_R12;
		index = X86_REG_NONE;
		off += lambda_jit_frame_top(lj);
	} else {
		emit_mov_reg(&prog, false, AUX_REG, base);
		base = AUX_REG;
	}
	at = proglen + (prog - temp);
	if (BPF_MODE(insn->code) == BPF_MEMSX)
		lambda_jit_emit_ldsx_index(&prog, size, insn->dst_reg, base,
					   index, off);
	else if (load)
		emit_ldx_index(&prog, size, insn->dst_reg, base, index, off);
	else if (BPF_CLASS(insn->code) == BPF_STX)
		emit_stx_index(&prog, size, base, insn->src_reg, index, off);
	else
		emit_st_index(&prog, size, base, index, off, insn->imm);
	*pprog = prog;
	return lambda_jit_add_extable(lj, at);
}

/*
 * Division as RFC 9669 has it and x86 has not: by zero the quotient is 0 and
 * the remainder the dividend, by -1 the smallest number does not trap. r11
 * holds the divisor; rax and rdx are kept unless they are the destination.
 */
static void lambda_jit_emit_div_core(u8 **pprog, const struct bpf_insn *insn)
{
	bool is64 = BPF_CLASS(insn->code) == BPF_ALU64;
	u32 dst = insn->dst_reg;
	u32 result = BPF_OP(insn->code) == BPF_DIV ? BPF_REG_0 : BPF_REG_3;
	u8 *prog = *pprog;

	if (dst != BPF_REG_0)
		EMIT1(0x50);			/* push rax */
	if (dst != BPF_REG_3)
		EMIT1(0x52);			/* push rdx */
	if (dst != BPF_REG_0)
		emit_mov_reg(&prog, is64, BPF_REG_0, dst);
	if (!insn->off)
		EMIT2(0x31, 0xD2);		/* xor edx, edx */
	else if (is64)
		EMIT2(0x48, 0x99);		/* cqo */
	else
		EMIT1(0x99);			/* cdq */
	maybe_emit_1mod(&prog, AUX_REG, is64);
	/* idiv r11, or div r11 */
	EMIT2(0xF7, add_1reg(insn->off ? 0xF8 : 0xF0, AUX_REG));
	if (dst != result)
		emit_mov_reg(&prog, is64, dst, result);
	if (dst != BPF_REG_3)
		EMIT1(0x5A);			/* pop rdx */
	if (dst != BPF_REG_0)
		EMIT1(0x58);			/* pop rax */
	*pprog = prog;
}

/* What is left of a division by 0 or, where @minus_one, by -1. */
static void lambda_jit_emit_div_special(u8 **pprog, const struct bpf_insn *insn,
					bool minus_one)
{
	bool is64 = BPF_CLASS(insn->code) == BPF_ALU64;
	bool div = BPF_OP(insn->code) == BPF_DIV;
	u32 dst = insn->dst_reg;
	u8 *prog = *pprog;

	if (minus_one && div) {
		maybe_emit_1mod(&prog, dst, is64);
		EMIT2(0xF7, add_1reg(0xD8, dst));	/* neg dst */
	} else if (minus_one || div) {
		maybe_emit_mod(&prog, dst, dst, false);
		EMIT2(0x31, add_2reg(0xC0, dst, dst));	/* xor dst, dst */
	} else if (!is64) {
		/* Not emit_mov_reg(), which leaves out a move to itself. */
		maybe_emit_mod(&prog, dst, dst, false);
		EMIT2(0x89, add_2reg(0xC0, dst, dst));	/* mov dst, dst */
	}
	*pprog = prog;
}

/* A short jump over code not emitted yet; returns where its length goes. */
static u8 *lambda_jit_emit_skip(u8 **pprog, u8 opcode)
{
	u8 *prog = *pprog;

	EMIT2(opcode, 0);
	*pprog = prog;
	return prog;
}

static void lambda_jit_skip_to(u8 *from, const u8 *here)
{
	from[-1] = here - from;
}

static void lambda_jit_emit_div(u8 **pprog, const struct bpf_insn *insn)
{
	bool is64 = BPF_CLASS(insn->code) == BPF_ALU64;
	bool imm = BPF_SRC(insn->code) == BPF_K;
	u8 *prog = *pprog, *zero, *minus_one, *end1, *end2;

	if (imm && (!insn->imm || (insn->off && insn->imm == -1))) {
		lambda_jit_emit_div_special(pprog, insn, insn->imm);
		return;
	}
	if (imm) {
		/* mov r11, imm32 */
		EMIT3_off32(0x49, 0xC7, 0xC3, insn->imm);
		lambda_jit_emit_div_core(&prog, insn);
		*pprog = prog;
		return;
	}
	EMIT_mov(AUX_REG, insn->src_reg);
	maybe_emit_mod(&prog, AUX_REG, AUX_REG, is64);
	EMIT2(0x85, add_2reg(0xC0, AUX_REG, AUX_REG));	/* test r11, r11 */
	zero = lambda_jit_emit_skip(&prog, X86_JE);
	if (insn->off) {
		maybe_emit_1mod(&prog, AUX_REG, is64);
		/* cmp r11, -1 */
		EMIT3(0x83, add_1reg(0xF8, AUX_REG), 0xFF);
		minus_one = lambda_jit_emit_skip(&prog, X86_JE);
	}
	lambda_jit_emit_div_core(&prog, insn);
	end1 = lambda_jit_emit_skip(&prog, 0xEB);
	if (insn->off) {
		lambda_jit_skip_to(minus_one, prog);
		lambda_jit_emit_div_special(&prog, insn, true);
		end2 = lambda_jit_emit_skip(&prog, 0xEB);
		lambda_jit_skip_to(end2, prog);
	}
	lambda_jit_skip_to(zero, prog);
	lambda_jit_emit_div_special(&prog, insn, false);
	lambda_jit_skip_to(end1, prog);
	if (insn->off)
		lambda_jit_skip_to(end2, prog);
	*pprog = prog;
}

static u8 *lambda_jit_ip(const struct lambda_jit *lj, int proglen, u8 *prog,
			 u8 *temp)
{
	return lj->image + proglen + (prog - temp);
}

/* A call of a helper goes through the thunk that knows r9 and r12. */
static int lambda_jit_emit_helper(u8 **pprog, u8 *temp, int proglen,
				  const struct lambda_jit *lj,
				  const struct bpf_insn *insn)
{
	u32 nr = insn->imm - SBPF_HELPER_MEMCPY;
	u8 *prog = *pprog;
	void *func;

	if (nr >= SBPF_HELPER_END - SBPF_HELPER_MEMCPY)
		return -EINVAL;
	func = bpf_lambda_helper_thunks[nr];
	x86_call_depth_emit_accounting(&prog, func,
				       lambda_jit_ip(lj, proglen, prog, temp));
	if (emit_call(&prog, func, lambda_jit_ip(lj, proglen, prog, temp)))
		return -EINVAL;
	*pprog = prog;
	return 0;
}

/* sub r9, 1 */
static void lambda_jit_emit_count(u8 **pprog)
{
	u8 *prog = *pprog;

	EMIT4(0x49, 0x83, 0xE9, 0x01);
	*pprog = prog;
}

/* Bytes of one stub: call with its accounting, jump. */
static int lambda_jit_stub_len(void)
{
	u8 temp[BPF_INSN_SAFETY], *prog = temp;

	return x86_call_depth_emit_accounting(&prog, bpf_lambda_tick_thunk,
					      NULL) + 2 * X86_PATCH_SIZE;
}

/* Takes the next stub; returns its distance from the end of @prog + @len. */
static int lambda_jit_take_stub(struct lambda_jit *lj, int proglen, u8 *prog,
				u8 *temp, int len)
{
	int at = lj->stubs;

	lj->stubs += lambda_jit_stub_len();
	return at - (proglen + (prog - temp) + len);
}

/**
 * emit_lambda_jump - emit a conditional jump, short only where that never changes
 * @pprog:   where to
 * @temp:    where the instruction begins
 * @proglen: offset of that in the image
 * @lj:      the pass
 * @i:       the instruction, from 1, as do_jit() counts
 * @jcc:     the condition's opcode
 */
void emit_lambda_jump(u8 **pprog, u8 *temp, int proglen,
		      const struct lambda_jit *lj, int i, u8 jcc)
{
	int off = lambda_jit_jump_off(&lj->prog->insnsi[i - 1]);
	u8 *prog = *pprog;
	int dist = lj->addrs[i + off] - (proglen + (prog - temp));

	if (off < 0 && is_imm8(dist - 2))
		EMIT2(jcc, dist - 2);
	else
		EMIT2_off32(0x0F, jcc + 0x10, dist - 6);
	*pprog = prog;
}

/*
 * An unconditional jump. Backward, the count itself is what decides: while it
 * lasts, one subtraction and one taken branch make a turn of the loop.
 */
static void lambda_jit_emit_ja(u8 **pprog, u8 *temp, int proglen,
			       struct lambda_jit *lj, int i)
{
	int off = lambda_jit_jump_off(&lj->prog->insnsi[i - 1]);
	u8 *prog = *pprog;
	int dist;

	if (off < 0) {
		lambda_jit_emit_count(&prog);
		emit_lambda_jump(&prog, temp, proglen, lj, i, X86_JNS);
		dist = lambda_jit_take_stub(lj, proglen, prog, temp, 5);
		EMIT1_off32(0xE9, dist);
	} else if (off) {
		dist = lj->addrs[i + off] - (proglen + (prog - temp) + 5);
		EMIT1_off32(0xE9, dist);
	}
	*pprog = prog;
}

/**
 * emit_lambda_insn - emit an instruction where a λ differs
 * @pprog:   where to
 * @temp:    where the instruction begins
 * @proglen: offset of that in the image
 * @lj:      the pass
 * @i:       the instruction, from 1, as do_jit() counts
 *
 * Return: 1 when it is done, 0 when do_jit() has to go on with it; or an errno.
 */
int emit_lambda_insn(u8 **pprog, u8 *temp, int proglen, struct lambda_jit *lj,
		     int i)
{
	const struct bpf_insn *insn = &lj->prog->insnsi[i - 1];
	u8 *prog = *pprog;
	int err = 0, dist;

	switch (BPF_CLASS(insn->code)) {
	case BPF_LDX:
	case BPF_ST:
	case BPF_STX:
		err = lambda_jit_emit_access(&prog, temp, proglen, lj, insn);
		break;
	case BPF_ALU:
	case BPF_ALU64:
		if (BPF_OP(insn->code) == BPF_DIV ||
		    BPF_OP(insn->code) == BPF_MOD)
			lambda_jit_emit_div(&prog, insn);
		else if (insn->code == (BPF_ALU64 | BPF_MOV | BPF_X) &&
			 insn->src_reg == BPF_REG_FP)
			emit_mov_imm32(&prog, false, insn->dst_reg,
				       lambda_jit_frame_top(lj));
		else
			return 0;
		break;
	case BPF_JMP:
	case BPF_JMP32:
		if (BPF_OP(insn->code) == BPF_JA) {
			lambda_jit_emit_ja(&prog, temp, proglen, lj, i);
		} else if (BPF_OP(insn->code) == BPF_EXIT) {
			lambda_jit_emit_exit(&prog, temp, proglen, lj);
		} else if (BPF_OP(insn->code) == BPF_CALL) {
			if (insn->src_reg == BPF_PSEUDO_CALL)
				return 0;
			err = lambda_jit_emit_helper(&prog, temp, proglen, lj,
						     insn);
		} else if (insn->off < 0) {
			lambda_jit_emit_count(&prog);
			dist = lambda_jit_take_stub(lj, proglen, prog, temp, 6);
			EMIT2_off32(0x0F, X86_JS + 0x10, dist);
			*pprog = prog;
			return 0;
		} else {
			return 0;
		}
		break;
	default:
		return 0;
	}
	*pprog = prog;
	return err ?: 1;
}

/**
 * emit_lambda_align - pad after an instruction where the next is a loop head
 * @pprog:   where to
 * @temp:    where the instruction begins
 * @proglen: offset of that in the image
 * @lj:      the pass
 * @i:       the instruction, from 1, as do_jit() counts
 */
void emit_lambda_align(u8 **pprog, u8 *temp, int proglen,
		       const struct lambda_jit *lj, int i)
{
	int at = LAMBDA_IMAGE_SKEW + proglen + (*pprog - temp);

	if (i < lj->prog->len && test_bit(i, lj->heads))
		emit_nops(pprog, -at & (LAMBDA_LOOP_ALIGN - 1));
}

/* Where the slow path of back jump @i returns to. */
static int lambda_jit_stub_target(const struct lambda_jit *lj, int i)
{
	const struct bpf_insn *insn = &lj->prog->insnsi[i - 1];

	if (BPF_OP(insn->code) == BPF_JA)
		return lj->addrs[i + lambda_jit_jump_off(insn)];
	return lj->addrs[i - 1] + 4 + 6;	/* after the count and its js */
}

/**
 * emit_lambda_stubs - emit the slow paths of backward jumps
 * @lj:         the pass
 * @proglen:    length of the image up to here, its last instruction included
 * @oldproglen: its length after the pass before
 *
 * They are out of line, one for each backward jump in order.
 *
 * Return: the image's length with them, or an errno.
 */
int emit_lambda_stubs(const struct lambda_jit *lj, int proglen, int oldproglen)
{
	u8 temp[BPF_MAX_INSN_SIZE + BPF_INSN_SAFETY], *prog;
	int i, len = lambda_jit_stub_len();

	for (i = 1; i <= lj->prog->len; i++) {
		if (!lambda_jit_is_back_jump(&lj->prog->insnsi[i - 1]))
			continue;
		prog = temp;
		x86_call_depth_emit_accounting(&prog, bpf_lambda_tick_thunk,
					       lambda_jit_ip(lj, proglen, prog,
							     temp));
		if (emit_call(&prog, bpf_lambda_tick_thunk,
			      lambda_jit_ip(lj, proglen, prog, temp)))
			return -EINVAL;
		EMIT1_off32(0xE9,
			    lambda_jit_stub_target(lj, i) - (proglen + len));
		if (lj->image) {
			if (proglen + len > oldproglen ||
			    prog - temp != len) {
				pr_err("bpf_jit: lambda stubs moved\n");
				return -EFAULT;
			}
			memcpy(lj->rw_image + proglen, temp, len);
		}
		proglen += len;
	}
	return proglen;
}
