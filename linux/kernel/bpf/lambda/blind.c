// SPDX-License-Identifier: GPL-2.0-only
/*
 * Constant blinding of λ programs, in one pass.
 *
 * bpf_jit_blind_constants() makes room for the instructions that hide one
 * constant, and puts all jumps right, before it goes on to the next: time that
 * grows with the square of the program, of which a λ may have 131072
 * instructions. Here the new place of every instruction is found first. Then
 * each is written once, a jump with the offset that it has between the new
 * places of both its ends.
 *
 * What hides a constant is the same, and so is what may go wrong: a jump of 16
 * bits whose ends have moved too far apart is refused. None wraps around.
 */
#include <linux/bpf_lambda.h>
#include <linux/filter.h>
#include <linux/overflow.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

/* Instructions that bpf_jit_blind_insn() makes of one at most: a half of LD64. */
#define BLIND_MAX	4

/* Instructions between two looks at signals and scheduler. */
#define BLIND_STRIDE	1024

static int blind_breathe(u32 i)
{
	if (i % BLIND_STRIDE)
		return 0;
	cond_resched();
	return fatal_signal_pending(current) ? -EINTR : 0;
}

/* Writes what takes the place of instruction @i. Return: how many. */
static u32 blind_one(const struct bpf_prog *prog, u32 i, struct bpf_insn *to)
{
	const struct bpf_insn *insn = &prog->insnsi[i];
	int n;

	/* Both halves of a 64-bit constant are hidden by way of the first. */
	n = bpf_jit_blind_insn(insn, insn->code ? insn : insn - 1, to,
			       prog->aux->verifier_zext);
	if (n)
		return n;
	*to = *insn;
	return 1;
}

/* Finds the new place of each instruction, and in the last the new length. */
static int blind_measure(const struct bpf_prog *prog, u32 *at)
{
	struct bpf_insn to[BLIND_MAX];
	u32 i;

	at[0] = 0;
	for (i = 0; i < prog->len; i++) {
		if (blind_breathe(i))
			return -EINTR;
		at[i + 1] = at[i] + blind_one(prog, i, to);
	}
	return 0;
}

static bool blind_is_jump(const struct bpf_insn *insn)
{
	u8 class = BPF_CLASS(insn->code);
	u8 op = BPF_OP(insn->code);

	return (class == BPF_JMP || class == BPF_JMP32) &&
	       op != BPF_CALL && op != BPF_EXIT;
}

/* Lets @to, the last one in the place of jump @i, jump where that does. */
static int blind_jump(const struct bpf_prog *prog, u32 i, const u32 *at,
		      struct bpf_insn *to)
{
	const struct bpf_insn *insn = &prog->insnsi[i];
	bool is_long = insn->code == (BPF_JMP32 | BPF_JA);
	s32 off = is_long ? insn->imm : insn->off;

	off = (s32)at[i + 1 + off] - (s32)at[i + 1];
	if (is_long) {
		to->imm = off;
		return 0;
	}
	if (off < S16_MIN || off > S16_MAX)
		return -ERANGE;
	to->off = off;
	return 0;
}

static int blind_write(const struct bpf_prog *prog, const u32 *at,
		       struct bpf_insn *to)
{
	u32 i;

	for (i = 0; i < prog->len; i++) {
		if (blind_breathe(i))
			return -EINTR;
		blind_one(prog, i, &to[at[i]]);
		if (blind_is_jump(&prog->insnsi[i]) &&
		    blind_jump(prog, i, at, &to[at[i + 1] - 1]))
			return -ERANGE;
	}
	return 0;
}

/*
 * Line info is the whole program's, and the function's is found by where its
 * first line begins: what follows the function moves as well.
 */
static void blind_linfo(const struct bpf_prog *prog, const u32 *at)
{
	struct bpf_prog_aux *aux = prog->aux;
	u32 i, off, start;

	if (!aux->nr_linfo)
		return;
	start = aux->linfo[aux->linfo_idx].insn_off;
	for (i = aux->linfo_idx; i < aux->nr_linfo; i++) {
		off = aux->linfo[i].insn_off - start;
		off = off < prog->len ? at[off] : off - prog->len + at[prog->len];
		aux->linfo[i].insn_off = start + off;
	}
}

/* A copy of @prog that has room for @len instructions, and none yet. */
static struct bpf_prog *blind_clone(const struct bpf_prog *prog, u32 len)
{
	size_t size = round_up(bpf_prog_size(len), PAGE_SIZE);
	struct bpf_prog *clone;

	clone = __vmalloc(size, bpf_memcg_flags(GFP_KERNEL | __GFP_ZERO));
	if (!clone)
		return NULL;
	memcpy(clone, prog, offsetof(struct bpf_prog, insnsi));
	clone->pages = size / PAGE_SIZE;
	clone->len = len;
	return clone;
}

/**
 * bpf_lambda_may_blind - whether the jumps of a program fit with it blinded
 * @prog: a λ, or a function of one
 *
 * Return: 0, -ERANGE of a jump that does not, -EINTR, -ENOMEM.
 */
int bpf_lambda_may_blind(const struct bpf_prog *prog)
{
	struct bpf_insn to;
	int err;
	u32 *at, i;

	at = kvmalloc_array(prog->len + 1, sizeof(*at), GFP_KERNEL);
	if (!at)
		return -ENOMEM;
	err = blind_measure(prog, at);
	for (i = 0; !err && i < prog->len; i++)
		if (blind_is_jump(&prog->insnsi[i]))
			err = blind_jump(prog, i, at, &to);
	kvfree(at);
	return err;
}

/**
 * bpf_lambda_blind - hide the constants of a function of a λ
 * @prog: the function; it stays as it is
 *
 * Context: process context, sleeps and gives way to others.
 * Return: a copy without them, which shares its aux with @prog until the JIT
 * lets go of one of the two; ERR_PTR(-ERANGE) of a jump that is too long then,
 * -EINTR on a fatal signal, -ENOMEM.
 */
struct bpf_prog *bpf_lambda_blind(struct bpf_prog *prog)
{
	struct bpf_prog *clone;
	u32 *at;
	int err;

	at = kvmalloc_array(prog->len + 1, sizeof(*at), GFP_KERNEL);
	if (!at)
		return ERR_PTR(-ENOMEM);
	err = blind_measure(prog, at);
	if (err)
		goto out;
	err = -ENOMEM;
	clone = blind_clone(prog, at[prog->len]);
	if (!clone)
		goto out;
	err = blind_write(prog, at, clone->insnsi);
	if (err) {
		bpf_jit_prog_release_other(prog, clone);
		goto out;
	}
	blind_linfo(prog, at);
	clone->blinded = 1;
out:
	kvfree(at);
	return err ? ERR_PTR(err) : clone;
}
