// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * The code of a query as BPF instructions, for rows in which no column is null:
 * all others the λ interprets. Constants stay in the arguments, so that the
 * instructions are the same for each execution of a statement.
 */
#include "emit.h"

/* Rows of another kind than the instructions are for are interpreted. */
static void
emit_begin(Emit *emit)
{
	int			end = 0;

	for (int i = 0; i < emit->args->fixed; i++)
		end = emit->args->att[i].off + emit->args->att[i].len;
	emit_mov(emit, 6, 1);
	emit_alu_imm(emit, BPF_MOV, 8, 0);
	emit_alu_imm(emit, BPF_MOV, 9, 0);
	emit_load(emit, BPF_DW, 7, 6, offsetof(struct pgl_tuple, data));
	emit_load(emit, BPF_DW, 1, 6, offsetof(struct pgl_tuple, bits));
	emit_jump_imm(emit, BPF_JNE, 1, 0, EMIT_BAIL);
	emit_load(emit, BPF_W, 1, 6, offsetof(struct pgl_tuple, natts));
	emit_jump_imm(emit, BPF_JLT, 1, emit->args->natts, EMIT_BAIL);
	emit_load(emit, BPF_W, 1, 6, offsetof(struct pgl_tuple, len));
	emit_jump_imm(emit, BPF_JLT, 1, end, EMIT_BAIL);
}

/* What is beside the code: interprets the row from its beginning, or leaves. */
static void
emit_exits(Emit *emit, int place[3])
{
	place[0] = emit_count(emit);
	emit_mov(emit, 1, 6);
	emit_alu_imm(emit, BPF_MOV, 2, SBPF_ARGS_BASE);
	emit_alu_imm(emit, BPF_MOV, 3, SBPF_HEAP_BASE);
	emit_call(emit, "pgl_eval");
	emit_put(emit, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	place[2] = emit_count(emit);
	emit_alu_imm(emit, BPF_MOV, 1, PGL_RANGE);
	emit_store(emit, BPF_W, 6, offsetof(struct pgl_tuple, why), 1);
	place[1] = emit_count(emit);
	emit_end(emit, 0);
}

static void
emit_settle(Emit *emit)
{
	EmitJump   *jump = (EmitJump *) emit->jumps.data;
	EmitJump   *end = (EmitJump *) (emit->jumps.data + emit->jumps.len);
	int			exits[3];

	emit_exits(emit, exits);
	for (; jump < end; jump++)
	{
		int			to = jump->to < 0 ? exits[-jump->to - 1] :
			emit->place[jump->to];

		((struct bpf_insn *) emit->insns.data)[jump->at].off =
			to - jump->at - 1;
	}
}

static void
emit_all(Emit *emit, const int *points, int npoints)
{
	int			nsteps = emit->args->ninsns;
	int			next = 0;

	emit_begin(emit);
	for (int i = 0; i < nsteps; i++)
	{
		if (emit->steps[i].op < PGL_NULL)
			emit->wanted |= UINT64CONST(1) << emit->steps[i].imm;
	}
	for (int i = 0; i < nsteps; i++)
	{
		emit->place[i] = emit_count(emit);
		while (next < npoints && points[next] == i)
		{
			next++;
			emit_walk_for(emit, i, next < npoints ? points[next] : nsteps);
		}
		emit_step(emit, i);
	}
	emit_settle(emit);
}

/* Makes instructions of code, if all of it is of kinds that they are made of. */
void
pgl_emit(PglQuick *quick, PglCode *code, const struct pgl_args *args)
{
	Emit		emit = {.args = args,.desc = code->desc};

	quick->insns = NULL;
	quick->count = 0;
	emit.self = pgl_engine_function("pgl_eval_quick");
	if (pgl_interpret || emit.self < 0)
		return;
	emit.steps = (const struct pgl_insn *) ((char *) args + args->insns);
	initStringInfo(&emit.insns);
	initStringInfo(&emit.jumps);
	emit.place = palloc0(args->ninsns * sizeof(int));
	emit_all(&emit, (int *) code->points.data,
			 code->points.len / sizeof(int));
	if (emit.failed || emit_count(&emit) > PGL_QUICK_MAX)
		return;
	quick->insns = (struct bpf_insn *) emit.insns.data;
	quick->count = emit_count(&emit);
}
