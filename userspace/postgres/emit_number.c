// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Numerics as instructions: those that are as long as most of their column, and have as
 * many digits behind the point as it shows, are read where they are. A call reads the
 * others.
 */
#include "emit.h"

#define EMIT_DIGITS		3		/* of 10000 each, that are read without a call */

/* What a positive numeric in its short form has in front of its digits. */
static int
emit_number_head(int dscale, int weight)
{
	return 0x8000 | dscale << 7 | (weight & 0x7f);
}

/* R0 is the number at R2, of @n digits; else it goes on where *@other jumps to. */
static void
emit_number_digits(Emit *emit, const struct pgl_insn *step, int n, int *other)
{
	int			all;

	emit_load(emit, BPF_H, 4, 2, 1);
	emit_load(emit, BPF_H, 0, 2, 3);
	for (int i = 1; i < n; i++)
	{
		emit_alu_imm(emit, BPF_MUL, 0, 10000);
		emit_load(emit, BPF_H, 5, 2, 3 + 2 * i);
		emit_alu(emit, BPF_ADD, 0, 5);
	}
	all = emit_skip(emit, BPF_JEQ, 4,
					emit_number_head(step->c, n - 1 - step->b));
	*other = emit_skip(emit, BPF_JNE, 4,
					   emit_number_head(step->c, n - step->b));
	/* Its last four digits are zeros, which it does not have. */
	emit_alu_imm(emit, BPF_MUL, 0, 10000);
	emit_here(emit, all);
}

static void
emit_number_call(Emit *emit, const struct pgl_insn *step)
{
	emit_mov(emit, 1, 6);
	emit_alu_imm(emit, BPF_MOV, 3, step->b);
	emit_alu_imm(emit, BPF_MOV, 4, step->c);
	emit_call(emit, "pgl_tuple_numeric_at");
	emit_check(emit);
}

static void
emit_number_read(Emit *emit, const struct pgl_insn *step)
{
	int			size = emit_usual_size(emit, step->imm);
	int			n = (size - 3) / 2;
	int			longer,
				other,
				done;

	emit_address(emit, step->imm, 2);
	if (n < 1 || n > EMIT_DIGITS || step->c == PGL_ANY_DSCALE)
	{
		emit_number_call(emit, step);
		return;
	}
	emit_load(emit, BPF_B, 3, 2, 0);
	longer = emit_skip(emit, BPF_JNE, 3, size << 1 | 1);
	emit_number_digits(emit, step, n, &other);
	done = emit_skip(emit, BPF_JA, 0, 0);
	emit_here(emit, longer);
	emit_here(emit, other);
	emit_number_call(emit, step);
	emit_here(emit, done);
}

/* One that was read on the way to here is still on the stack. */
void
emit_numeric(Emit *emit, const struct pgl_insn *step)
{
	bool		read = emit->straight &&
		emit->number[step->imm] == step->b + 1;

	if (read)
		emit_load(emit, BPF_DW, 0, 10, EMIT_NUMBER(step->imm));
	else
		emit_number_read(emit, step);
	if (emit->straight && !read)
	{
		emit_store(emit, BPF_DW, 10, EMIT_NUMBER(step->imm), 0);
		emit->number[step->imm] = step->b + 1;
	}
	emit_set(emit, step->a, 0);
}
