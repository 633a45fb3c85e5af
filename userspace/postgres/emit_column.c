// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Where the columns of a row are, as instructions. */
#include "emit.h"

#include "catalog/pg_type_d.h"
#include "utils/lsyscache.h"

static bool
emit_is_fixed(Emit *emit, int att)
{
	return att < emit->args->fixed;
}

/* R1 up to a multiple of @align. */
static void
emit_align(Emit *emit, int align)
{
	if (align == 1)
		return;
	emit_alu_imm(emit, BPF_ADD, 1, align - 1);
	emit_alu_imm(emit, BPF_AND, 1, -align);
}

/* Keeps the address of a column, which is in R1, for steps that read it. */
static void
emit_keep(Emit *emit, int att)
{
	if (emit->wanted >> att & 1)
		emit_store(emit, BPF_DW, 10, EMIT_AT(att), 1);
}

/*
 * Bytes that most values of a column have; 0: they differ. Blanks make all values of a
 * char(n) as long as each other. Numerics have two bytes for four digits beside three,
 * and what they have on average is little less than most of them do.
 */
int
emit_usual_size(Emit *emit, int att)
{
	Form_pg_attribute form = TupleDescAttr(emit->desc, att);
	int			width;

	if (form->atttypid == BPCHAROID)
		return form->atttypmod - VARHDRSZ + 1;
	if (form->atttypid != NUMERICOID)
		return 0;
	width = get_attavgwidth(form->attrelid, form->attnum);
	return width > 0 ? width | 1 : 0;
}

/* A processor that expects so goes on before it has read how long a value is. */
static void
emit_guess(Emit *emit, int att, int *guessed)
{
	int			size = emit_usual_size(emit, att);
	int			other;

	if (size < 2 || size > 126)
		return;
	other = emit_skip(emit, BPF_JNE, 3, size << 1 | 1);
	emit_alu_imm(emit, BPF_ADD, 1, size);
	*guessed = emit_skip(emit, BPF_JA, 0, 0);
	emit_here(emit, other);
}

/*
 * R1 from where a value that says its size may begin to what is behind it. One of a
 * short header is not aligned, and one of a long header is aligned already, if there
 * is nothing in front of it.
 */
static void
emit_pass_varlena(Emit *emit, int att)
{
	int			guessed = -1,
				brief,
				done,
				skip;

	emit_load(emit, BPF_B, 3, 1, 0);
	brief = emit_skip(emit, BPF_JSET, 3, 1);
	emit_align(emit, emit->args->att[att].align);
	emit_keep(emit, att);
	emit_load(emit, BPF_W, 3, 1, 0);
	emit_jump_imm(emit, BPF_JSET, 3, 1, EMIT_BAIL);
	emit_alu_imm(emit, BPF_RSH, 3, 2);
	done = emit_skip(emit, BPF_JA, 0, 0);
	emit_here(emit, brief);
	emit_keep(emit, att);
	emit_guess(emit, att, &guessed);
	skip = emit_skip(emit, BPF_JNE, 3, 1);
	/* What is stored elsewhere is a pointer of 18 bytes. */
	emit_alu_imm(emit, BPF_MOV, 3, 36);
	emit_here(emit, skip);
	emit_alu_imm(emit, BPF_RSH, 3, 1);
	emit_here(emit, done);
	emit_alu(emit, BPF_ADD, 1, 3);
	if (guessed >= 0)
		emit_here(emit, guessed);
}

/* Puts on the stack where the columns up to @att are. */
static void
emit_walk(Emit *emit, int att)
{
	if (emit_is_fixed(emit, att) || att < emit->known)
		return;
	if (emit->known <= emit->args->fixed)
	{
		int			last = emit->args->fixed - 1;

		emit->known = emit->args->fixed;
		emit_mov(emit, 1, 7);
		if (last >= 0)
			emit_alu_imm(emit, BPF_ADD, 1, emit->args->att[last].off +
						 emit->args->att[last].len);
	}
	else
		emit_load(emit, BPF_DW, 1, 10, EMIT_NEXT);
	for (; emit->known <= att; emit->known++)
	{
		const struct pgl_att *a = &emit->args->att[emit->known];

		if (a->len < 0)
		{
			emit_pass_varlena(emit, emit->known);
			continue;
		}
		emit_align(emit, a->align);
		emit_keep(emit, emit->known);
		emit_alu_imm(emit, BPF_ADD, 1, a->len);
	}
	emit_store(emit, BPF_DW, 10, EMIT_NEXT, 1);
	emit_load(emit, BPF_W, 2, 6, offsetof(struct pgl_tuple, len));
	emit_alu(emit, BPF_ADD, 2, 7);
	emit_jump(emit, BPF_JGT, 1, 2, EMIT_BAIL);
}

/* The steps from @from that are reached from there alone need these columns. */
void
emit_walk_for(Emit *emit, int from, int to)
{
	int			most = -1;

	for (int i = from; i < to; i++)
	{
		if (emit->steps[i].op < PGL_NULL)
			most = Max(most, emit->steps[i].imm);
	}
	if (most >= 0)
		emit_walk(emit, most);
}

/* Address of a column in @dst. */
void
emit_address(Emit *emit, int att, int dst)
{
	if (!emit_is_fixed(emit, att))
	{
		emit_load(emit, BPF_DW, dst, 10, EMIT_AT(att));
		return;
	}
	emit_mov(emit, dst, 7);
	emit_alu_imm(emit, BPF_ADD, dst, emit->args->att[att].off);
}
