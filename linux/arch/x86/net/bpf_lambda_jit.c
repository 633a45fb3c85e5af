// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the x86-64 JIT emits for λ programs (sBPF) and for nothing else.
 *
 * do_jit() calls this where a program is a λ. Registers beyond the usual mapping:
 *
 *   r12  kernel address of window address 0, loaded by the entry function
 *   r9   backward jumps left before the next tick
 *   r11  base register of accesses, zero-extended: bpf_lambda_access.c
 *   r10  another one, where constants are not blinded
 *
 * R10 of a λ is a constant per function, so rbp stays a true frame pointer.
 *
 * Confinement does not rest on the check at load: every access that is emitted
 * is [r11 + r12 + s16] with r11 < 2^32, the same with r10, or [r12 + constant],
 * and all lie between the guards of the window; the header before it is for
 * prologue and epilogue of the entry only, and constants behind the code are only
 * read. Nor does termination: every jump whose
 * target is not behind it takes one unit out of r9, as the final instructions
 * have it.
 *
 * Sizes must not depend on the pass, since padded loop heads would keep the
 * image from converging: forward jumps are always long, and the length of a
 * backward jump follows from addresses that the same pass has already fixed.
 */
#include <linux/bpf.h>
#include <linux/bpf_lambda.h>
#include <linux/filter.h>
#include <linux/printk.h>
#include <linux/string.h>
#include <asm/alternative.h>
#include <asm/extable.h>
#include <asm/nospec-branch.h>

#include "bpf_jit_comp.h"
#include "bpf_lambda_internal.h"

/* The image starts 8 bytes, the pack header, after its alignment. */
#define LAMBDA_IMAGE_SKEW	offsetof(struct bpf_binary_header, image)

/* The entry saves them all, whatever it uses. */
static bool lambda_callee_regs[4] = { true, true, true, true };

static bool lambda_jit_is_back_jump(const struct bpf_insn *insn)
{
	return lambda_plan_is_jump(insn) && lambda_plan_jump_off(insn) < 0;
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
	void *func = bpf_lambda_thunk_array;
	u8 *prog = *pprog;

	if (nr >= SBPF_HELPER_END - SBPF_HELPER_MEMCPY)
		return -EINVAL;
	if (insn->imm < SBPF_HELPER_HISTOGRAM)
		func = bpf_lambda_helper_thunks[nr];
	else
		EMIT2_off32(0x41, 0xB8, insn->imm);	/* mov r8d, imm */
	x86_call_depth_emit_accounting(&prog, func,
				       lambda_jit_ip(lj, proglen, prog, temp));
	if (emit_call(&prog, func, lambda_jit_ip(lj, proglen, prog, temp)))
		return -EINVAL;
	*pprog = prog;
	return 0;
}

/*
 * sub r9, 1: it borrows where nothing is left, as r9 is never negative here.
 * Processors that make one operation of it and a jump do so by the carry, and not
 * all by the sign.
 */
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

/*
 * An unconditional jump. Backward, the count itself is what decides: while it
 * lasts, one subtraction and one taken branch make a turn of the loop.
 */
static void lambda_jit_emit_ja(u8 **pprog, u8 *temp, int proglen,
			       struct lambda_jit *lj, int i)
{
	int off = lambda_plan_jump_off(&lj->prog->insnsi[i - 1]);
	u8 *prog = *pprog;
	int dist;

	if (off < 0) {
		lambda_jit_emit_count(&prog);
		emit_lambda_rule_jump(&prog, temp, proglen, lj, i, X86_JAE);
		dist = lambda_jit_take_stub(lj, proglen, prog, temp, 5);
		EMIT1_off32(0xE9, dist);
	} else if (off) {
		dist = lj->addrs[i + off] - (proglen + (prog - temp) + 5);
		EMIT1_off32(0xE9, dist);
	}
	*pprog = prog;
}

/* Counts a conditional jump backward; do_jit() goes on with the jump. */
static void lambda_jit_emit_back(u8 **pprog, u8 *temp, int proglen,
				 struct lambda_jit *lj)
{
	u8 *prog = *pprog;
	int dist;

	lambda_jit_emit_count(&prog);
	dist = lambda_jit_take_stub(lj, proglen, prog, temp, 6);
	EMIT2_off32(0x0F, X86_JB + 0x10, dist);
	*pprog = prog;
}

/* 1 when it is done, 0 when do_jit() has to go on with it; or an errno. */
static int lambda_jit_emit_alu(u8 **pprog, const struct lambda_jit *lj,
			       const struct bpf_insn *insn)
{
	if (BPF_OP(insn->code) == BPF_DIV || BPF_OP(insn->code) == BPF_MOD)
		lambda_jit_emit_div(pprog, insn);
	else if (insn->code == (BPF_ALU64 | BPF_MOV | BPF_X) &&
		 insn->src_reg == BPF_REG_FP)
		emit_mov_imm32(pprog, false, insn->dst_reg,
			       SBPF_FRAME_TOP(lj->prog->aux->func_idx));
	else
		return 0;
	return 1;
}

/* Likewise. */
static int lambda_jit_emit_jmp(u8 **pprog, u8 *temp, int proglen,
			       struct lambda_jit *lj, int i)
{
	const struct bpf_insn *insn = &lj->prog->insnsi[i - 1];

	switch (BPF_OP(insn->code)) {
	case BPF_JA:
		lambda_jit_emit_ja(pprog, temp, proglen, lj, i);
		return 1;
	case BPF_EXIT:
		lambda_jit_emit_exit(pprog, temp, proglen, lj);
		return 1;
	case BPF_CALL:
		if (insn->src_reg == BPF_PSEUDO_CALL)
			return 0;
		return lambda_jit_emit_helper(pprog, temp, proglen, lj,
					      insn) ?: 1;
	default:
		if (insn->off < 0)
			lambda_jit_emit_back(pprog, temp, proglen, lj);
		return 0;
	}
}

static int lambda_jit_emit_one(u8 **pprog, u8 *temp, int proglen,
			       struct lambda_jit *lj, int i)
{
	const struct bpf_insn *insn = &lj->prog->insnsi[i - 1];

	switch (BPF_CLASS(insn->code)) {
	case BPF_LDX:
	case BPF_ST:
	case BPF_STX:
		return emit_lambda_access(pprog, lj, i - 1) ?: 1;
	case BPF_ALU:
	case BPF_ALU64:
		return lambda_jit_emit_alu(pprog, lj, insn);
	case BPF_JMP:
	case BPF_JMP32:
		return lambda_jit_emit_jmp(pprog, temp, proglen, lj, i);
	default:
		return 0;
	}
}

/**
 * emit_lambda_insn - emit an instruction where a λ differs
 * @pprog:   where to
 * @temp:    where the instruction begins
 * @proglen: offset of that in the image
 * @lj:      the pass
 * @i:       the instruction, from 1, as do_jit() counts
 *
 * The first of those that a rule is for stands for all of them, and the others
 * have no code.
 *
 * Return: 1 when it is done, 0 when do_jit() has to go on with it; or an errno.
 */
int emit_lambda_insn(u8 **pprog, u8 *temp, int proglen, struct lambda_jit *lj,
		     int i)
{
	const struct lambda_step *step = &lj->plan->steps[i - 1];
	int ret;

	lj->temp = temp;
	lj->proglen = proglen;
	if (i <= lj->done)
		return 1;
	if (step->joins)
		lambda_access_drop_bases(lj);
	if (step->rule) {
		lj->done = i - 1 + (step->len ?: 1);
		return emit_lambda_rule(pprog, lj, i - 1) ?: 1;
	}
	ret = lambda_jit_emit_one(pprog, temp, proglen, lj, i);
	lambda_access_note(lj, i - 1);
	return ret;
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

	if (i < lj->prog->len && lj->plan->steps[i].align)
		emit_nops(pprog, -at & (lj->plan->steps[i].align - 1));
}

/* Where the slow path of back jump @i returns to. */
static int lambda_jit_stub_target(const struct lambda_jit *lj, int i)
{
	const struct bpf_insn *insn = &lj->prog->insnsi[i - 1];

	if (BPF_OP(insn->code) == BPF_JA)
		return lj->addrs[i + lambda_plan_jump_off(insn)];
	return lj->addrs[i - 1] + 4 + 6;	/* after the count and its jc */
}

/* A piece of the image that is no instruction's; returns where it ends. */
static int lambda_jit_put(const struct lambda_jit *lj, const u8 *temp, int len,
			  int proglen, int oldproglen)
{
	if (!lj->image)
		return proglen + len;
	if (proglen + len > oldproglen) {
		pr_err("bpf_jit: the end of a lambda moved\n");
		return -EFAULT;
	}
	memcpy(lj->rw_image + proglen, temp, len);
	return proglen + len;
}

static int lambda_jit_emit_stub(const struct lambda_jit *lj, int i, u8 *temp,
				int proglen)
{
	int len = lambda_jit_stub_len();
	u8 *prog = temp;

	x86_call_depth_emit_accounting(&prog, bpf_lambda_tick_thunk,
				       lambda_jit_ip(lj, proglen, prog, temp));
	if (emit_call(&prog, bpf_lambda_tick_thunk,
		      lambda_jit_ip(lj, proglen, prog, temp)))
		return -EINVAL;
	EMIT1_off32(0xE9, lambda_jit_stub_target(lj, i) - (proglen + len));
	return prog - temp == len ? len : -EFAULT;
}

/* The slow paths of backward jumps, one for each in order. */
static int lambda_jit_emit_stubs(const struct lambda_jit *lj, int proglen,
				 int oldproglen)
{
	u8 temp[BPF_MAX_INSN_SIZE + BPF_INSN_SAFETY];
	int i, len;

	for (i = 1; i <= lj->prog->len && proglen > 0; i++) {
		if (!lambda_jit_is_back_jump(&lj->prog->insnsi[i - 1]))
			continue;
		len = lambda_jit_emit_stub(lj, i, temp, proglen);
		if (len < 0)
			return len;
		proglen = lambda_jit_put(lj, temp, len, proglen, oldproglen);
	}
	return proglen;
}

static int lambda_jit_emit_pool(const struct lambda_jit *lj, int proglen,
				int oldproglen)
{
	u8 temp[LAMBDA_POOL_ENTRY] = {};
	u64 value;
	u32 k;

	if (!lj->plan->nr_pool)
		return proglen;
	memset(temp, 0xCC, sizeof(temp));
	proglen = lambda_jit_put(lj, temp, -proglen & (LAMBDA_POOL_ENTRY - 1),
				 proglen, oldproglen);
	for (k = 0; k < lj->prog->len && proglen > 0; k++) {
		if (!lambda_rules_pool_value(lj->plan, k, &value))
			continue;
		memcpy(temp, &value, sizeof(value));
		proglen = lambda_jit_put(lj, temp, sizeof(value), proglen,
					 oldproglen);
	}
	return proglen;
}

/**
 * emit_lambda_tail - emit what is behind the instructions
 * @lj:         the pass
 * @proglen:    length of the image up to here, its last instruction included
 * @oldproglen: its length after the pass before
 *
 * Code that selects go to, then the slow paths of backward jumps, then constants.
 *
 * Return: the image's length with them, or an errno.
 */
int emit_lambda_tail(const struct lambda_jit *lj, int proglen, int oldproglen)
{
	u8 temp[BPF_INSN_SAFETY], *prog;
	u32 k;

	for (k = 0; k < lj->prog->len && proglen > 0; k++) {
		prog = temp;
		emit_lambda_rule_cold(&prog, lj, k, proglen);
		proglen = lambda_jit_put(lj, temp, prog - temp, proglen,
					 oldproglen);
	}
	if (proglen > 0)
		proglen = lambda_jit_emit_stubs(lj, proglen, oldproglen);
	if (proglen > 0)
		proglen = lambda_jit_emit_pool(lj, proglen, oldproglen);
	return proglen;
}

/**
 * lambda_jit_begin - know where the parts behind the instructions will be
 * @lj: the pass, otherwise as it begins
 */
void lambda_jit_begin(struct lambda_jit *lj)
{
	lj->cold = lj->addrs[lj->prog->len];
	lj->stubs = lj->cold + lj->plan->cold_len;
	lj->pool = ALIGN(lj->stubs + lj->plan->nr_back * lambda_jit_stub_len(),
			 LAMBDA_POOL_ENTRY);
	lambda_access_drop_bases(lj);
}
