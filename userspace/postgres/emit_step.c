// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* What instructions each step of the code of a query becomes. */
#include "emit.h"

static void
emit_sign(Emit *emit, int reg, int bits)
{
	emit_alu_imm(emit, BPF_LSH, reg, bits);
	emit_alu_imm(emit, BPF_ARSH, reg, bits);
}

/* BPF's name for so many bytes. */
static int
emit_size(int bytes)
{
	return bytes == 1 ? BPF_B : bytes == 2 ? BPF_H :
		bytes == 4 ? BPF_W : BPF_DW;
}

static void
emit_int(Emit *emit, const struct pgl_insn *step)
{
	emit_address(emit, step->imm, 1);
	emit_load(emit, emit_size(step->b), 1, 1, 0);
	if (step->b == 2 || step->b == 4)
		emit_sign(emit, 1, 64 - 8 * step->b);
	emit_set(emit, step->a, 1);
}

static void
emit_text_by_call(Emit *emit, const struct pgl_insn *step)
{
	emit_mov(emit, 1, 6);
	emit_alu_imm(emit, BPF_MOV, 3, step->b);
	emit_mov(emit, 4, 10);
	emit_alu_imm(emit, BPF_ADD, 4, EMIT_REG(step->a));
	emit_call(emit, "pgl_eval_get_text");
	emit_check(emit);
	for (int i = step->a; i < step->a + 2 && i < 2; i++)
		emit_load(emit, BPF_DW, 8 + i, 10, EMIT_REG(i));
}

/* One of a short header is looked at here, unless its blanks are to be taken off. */
static void
emit_text(Emit *emit, const struct pgl_insn *step)
{
	int			other,
				elsewhere,
				done;

	emit_address(emit, step->imm, 2);
	if (step->b)
	{
		emit_text_by_call(emit, step);
		return;
	}
	emit_load(emit, BPF_B, 3, 2, 0);
	emit_mov(emit, 4, 3);
	emit_alu_imm(emit, BPF_AND, 4, 1);
	other = emit_skip(emit, BPF_JEQ, 4, 0);
	elsewhere = emit_skip(emit, BPF_JEQ, 3, 1);
	emit_alu_imm(emit, BPF_RSH, 3, 1);
	emit_alu_imm(emit, BPF_SUB, 3, 1);
	emit_alu_imm(emit, BPF_ADD, 2, 1);
	emit_set(emit, step->a, 2);
	emit_set(emit, step->a + 1, 3);
	done = emit_skip(emit, BPF_JA, 0, 0);
	emit_here(emit, other);
	emit_here(emit, elsewhere);
	emit_text_by_call(emit, step);
	emit_here(emit, done);
}

/* Tests */

static void
emit_branch(Emit *emit, int i, int op, int otherwise, int dst, int src)
{
	const struct pgl_insn *step = &emit->steps[i];

	if (step->t == i + 1)
	{
		emit_jump(emit, otherwise, dst, src, step->f);
		return;
	}
	emit_jump(emit, op, dst, src, step->t);
	if (step->f != i + 1)
		emit_jump_imm(emit, BPF_JA, 0, 0, step->f);
}

static void
emit_compare(Emit *emit, int i)
{
	static const int ops[][2] = {
		{BPF_JSLT, BPF_JSGE}, {BPF_JSLE, BPF_JSGT}, {BPF_JEQ, BPF_JNE}
	};
	const struct pgl_insn *step = &emit->steps[i];
	int			which = step->op >= PGL_LTK ? step->op - PGL_LTK :
		step->op - PGL_LT;
	int			a = emit_get(emit, step->a, 1),
				b = 2;

	if (step->op >= PGL_LTK)
		emit_constant(emit, i, 2);
	else
		b = emit_get(emit, step->b, 2);
	emit_branch(emit, i, ops[which][0], ops[which][1], a, b);
}

/* What a function tells of a text, or of a number and a set. */
static void
emit_ask(Emit *emit, int i)
{
	const struct pgl_insn *step = &emit->steps[i];

	emit_constant(emit, i, 2);
	if (step->op == PGL_IN || step->op == PGL_BITS)
		emit_mov(emit, 3, emit_get(emit, step->a, 3));
	else
	{
		for (int r = step->a; r < step->a + 2 && r < 2; r++)
			emit_store(emit, BPF_DW, 10, EMIT_REG(r), 8 + r);
		emit_mov(emit, 3, 10);
		emit_alu_imm(emit, BPF_ADD, 3, EMIT_REG(step->a));
	}
	emit_alu_imm(emit, BPF_MOV, 1, SBPF_ARGS_BASE);
	emit_call(emit, step->op == PGL_IN ? "pgl_eval_is_in" :
			  step->op == PGL_BITS ? "pgl_eval_has_bit" :
			  step->op == PGL_LIKE ? "pgl_eval_matches" :
			  "pgl_eval_is_text");
	emit_alu_imm(emit, BPF_MOV, 1, 0);
	emit_branch(emit, i, BPF_JNE, BPF_JEQ, 0, 1);
}

/* Arithmetic */

/* R3 has to be an integer of so many bytes. */
static void
emit_fits(Emit *emit, int size)
{
	if (size == 8)
		return;
	emit_mov(emit, 4, 3);
	emit_sign(emit, 4, 64 - 8 * size);
	emit_jump(emit, BPF_JNE, 4, 3, EMIT_RANGE);
}

static void
emit_add(Emit *emit, const struct pgl_insn *step)
{
	int			a = emit_get(emit, step->a, 1);
	int			b = emit_get(emit, step->b, 2);
	bool		add = step->op == PGL_ADD;

	emit_mov(emit, 3, a);
	emit_alu(emit, add ? BPF_ADD : BPF_SUB, 3, b);
	/* Out of range: signs that are not what those of both sides allow. */
	emit_mov(emit, 4, a);
	emit_alu(emit, BPF_XOR, 4, 3);
	emit_mov(emit, 5, add ? b : a);
	emit_alu(emit, BPF_XOR, 5, add ? 3 : b);
	emit_alu(emit, BPF_AND, 4, 5);
	emit_jump_imm(emit, BPF_JSLT, 4, 0, EMIT_RANGE);
	emit_fits(emit, step->c);
	emit_set(emit, step->a, 3);
}

/* R1 and R2 have what is multiplied. */
static void
emit_factors(Emit *emit, int i)
{
	const struct pgl_insn *step = &emit->steps[i];

	emit_mov(emit, 1, emit_get(emit, step->a, 1));
	if (step->op == PGL_MULK)
		emit_constant(emit, i, 2);
	else
		emit_mov(emit, 2, emit_get(emit, step->b, 2));
}

static void
emit_multiply(Emit *emit, int i)
{
	const struct pgl_insn *step = &emit->steps[i];
	int			wide,
				narrow;

	emit_factors(emit, i);
	/* Of 32 bits each there is no more to check. */
	emit_mov(emit, 3, 1);
	emit_sign(emit, 3, 32);
	wide = emit_put(emit, BPF_JMP | BPF_X | BPF_JNE, 3, 1, 0, 0);
	emit_mov(emit, 3, 2);
	emit_sign(emit, 3, 32);
	narrow = emit_put(emit, BPF_JMP | BPF_X | BPF_JEQ, 3, 2, 0, 0);
	emit_here(emit, wide);
	emit_call(emit, "pgl_eval_mul_fits");
	emit_jump_imm(emit, BPF_JEQ, 0, 0, EMIT_RANGE);
	emit_factors(emit, i);
	emit_here(emit, narrow);
	emit_mov(emit, 3, 1);
	emit_alu(emit, BPF_MUL, 3, 2);
	emit_fits(emit, step->c);
	emit_set(emit, step->a, 3);
}

/* Columns of a row that is put out */

static void
emit_put_begin(Emit *emit)
{
	emit_mov(emit, 1, 6);
	emit_alu_imm(emit, BPF_MOV, 2, SBPF_HEAP_BASE);
	emit_alu_imm(emit, BPF_MOV, 3, SBPF_ARGS_BASE);
	emit_call(emit, "pgl_put_begin");
	emit_store(emit, BPF_DW, 10, EMIT_ROW, 0);
	emit_check(emit);
}

static void
emit_put_column(Emit *emit, const struct pgl_insn *step)
{
	emit_address(emit, step->imm, 3);
	if (step->op == PGL_PUTV)
	{
		emit_mov(emit, 1, 6);
		emit_alu_imm(emit, BPF_MOV, 2, SBPF_HEAP_BASE);
		emit_alu_imm(emit, BPF_MOV, 4, step->a);
		emit_call(emit, "pgl_put_bytes");
		emit_check(emit);
		return;
	}
	emit_load(emit, emit_size(step->b), 3, 3, 0);
	emit_load(emit, BPF_DW, 1, 10, EMIT_ROW);
	emit_store(emit, BPF_DW, 1, offsetof(struct pgl_put, column) +
			   step->a * sizeof(uint64), 3);
}

/* Aggregates */

/* The key of a row is empty before its first part, and goes on from there. */
static void
emit_begin_key(Emit *emit)
{
	if (emit->keyed)
		return;
	emit->keyed = true;
	emit_alu_imm(emit, BPF_MOV, 3, SBPF_HEAP_BASE);
	emit_alu_imm(emit, BPF_MOV, 1, 0);
	emit_store(emit, BPF_W, 3, offsetof(struct pgl_page, key_len), 1);
	for (int i = 0; i < PGL_KEY_BYTES; i += 8)
		emit_store(emit, BPF_DW, 3, offsetof(struct pgl_page, key) + i, 1);
}

static void
emit_key(Emit *emit, const struct pgl_insn *step)
{
	emit_begin_key(emit);
	if (step->op != PGL_KEYN)
		emit_mov(emit, 3, emit_get(emit, step->a, 3));
	if (step->op == PGL_KEYS)
		emit_mov(emit, 4, emit_get(emit, step->a + 1, 4));
	emit_mov(emit, 1, 6);
	emit_alu_imm(emit, BPF_MOV, 2, SBPF_HEAP_BASE);
	emit_call(emit, step->op == PGL_KEYI ? "pgl_group_key_number" :
			  step->op == PGL_KEYS ? "pgl_group_key_text" :
			  "pgl_group_key_null");
	emit_check(emit);
}

static void
emit_begin_staged(Emit *emit)
{
	emit_begin_key(emit);
	emit_mov(emit, 1, 6);
	emit_alu_imm(emit, BPF_MOV, 2, SBPF_HEAP_BASE);
	emit_call(emit, "pgl_eval_begin_staged");
	emit_store(emit, BPF_DW, 10, EMIT_ROW, 0);
	emit_check(emit);
	/* No column is null, so that values follow one another without a choice. */
	emit->straight = true;
}

static void
emit_stage(Emit *emit, const struct pgl_insn *step)
{
	int			present = offsetof(struct pgl_staged, present);

	emit_load(emit, BPF_DW, 1, 10, EMIT_ROW);
	emit_store(emit, BPF_DW, 1, offsetof(struct pgl_staged, value) +
			   step->b * sizeof(int64), emit_get(emit, step->a, 2));
	emit_load(emit, BPF_W, 3, 1, present);
	emit_alu_imm(emit, BPF_OR, 3, 1 << step->b);
	emit_store(emit, BPF_W, 1, present, 3);
}

void
emit_end(Emit *emit, int ret)
{
	emit_alu_imm(emit, BPF_MOV, 0, ret);
	emit_put(emit, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

void
emit_step(Emit *emit, int i)
{
	const struct pgl_insn *step = &emit->steps[i];

	switch ((enum pgl_op) step->op)
	{
		case PGL_INT:
			emit_int(emit, step);
			break;
		case PGL_NUM:
			emit_numeric(emit, step);
			break;
		case PGL_STR:
			emit_text(emit, step);
			break;
		case PGL_F4:
		case PGL_F8:
			emit->failed = true;
			break;
		case PGL_NULL:
			emit_jump_imm(emit, BPF_JA, 0, 0, step->f);
			break;
		case PGL_CONST:
			emit_constant(emit, i, 1);
			emit_set(emit, step->a, 1);
			break;
		case PGL_LT:
		case PGL_LE:
		case PGL_EQ:
		case PGL_LTK:
		case PGL_LEK:
		case PGL_EQK:
			emit_compare(emit, i);
			break;
		case PGL_STREQ:
		case PGL_LIKE:
		case PGL_BITS:
		case PGL_IN:
			emit_ask(emit, i);
			break;
		case PGL_ADD:
		case PGL_SUB:
			emit_add(emit, step);
			break;
		case PGL_MUL:
		case PGL_MULK:
			emit_multiply(emit, i);
			break;
		case PGL_JUMP:
			emit_jump_imm(emit, BPF_JA, 0, 0, step->t);
			break;
		case PGL_ROW:
			emit_end(emit, 1);
			break;
		case PGL_END:
			emit_end(emit, 0);
			break;
		case PGL_KEYI:
		case PGL_KEYS:
		case PGL_KEYN:
			emit_key(emit, step);
			break;
		case PGL_VALUE:
			emit_stage(emit, step);
			break;
		case PGL_BEGIN:
			emit_put_begin(emit);
			break;
		case PGL_PUT:
		case PGL_PUTV:
			emit_put_column(emit, step);
			break;
		case PGL_COUNT:
			emit_begin_staged(emit);
			break;
	}
}
