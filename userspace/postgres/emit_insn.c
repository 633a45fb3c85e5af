// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* BPF instructions, one by one. */
#include "emit.h"

int
emit_count(Emit *emit)
{
	return emit->insns.len / sizeof(struct bpf_insn);
}

int
emit_put(Emit *emit, uint8 code, int dst, int src, int off, int imm)
{
	struct bpf_insn insn = {
		.code = code,
		.dst_reg = dst,
		.src_reg = src,
		.off = off,
		.imm = imm,
	};

	appendBinaryStringInfo(&emit->insns, (char *) &insn, sizeof(insn));
	return emit_count(emit) - 1;
}

void
emit_alu(Emit *emit, int op, int dst, int src)
{
	emit_put(emit, BPF_ALU64 | BPF_X | op, dst, src, 0, 0);
}

void
emit_alu_imm(Emit *emit, int op, int dst, int imm)
{
	emit_put(emit, BPF_ALU64 | BPF_K | op, dst, 0, 0, imm);
}

void
emit_mov(Emit *emit, int dst, int src)
{
	if (dst != src)
		emit_alu(emit, BPF_MOV, dst, src);
}

void
emit_load(Emit *emit, int size, int dst, int src, int off)
{
	emit_put(emit, BPF_LDX | BPF_MEM | size, dst, src, off, 0);
}

void
emit_store(Emit *emit, int size, int dst, int off, int src)
{
	emit_put(emit, BPF_STX | BPF_MEM | size, dst, src, off, 0);
}

void
emit_jump_to(Emit *emit, int at, int to)
{
	EmitJump	jump = {.at = at,.to = to};

	appendBinaryStringInfo(&emit->jumps, (char *) &jump, sizeof(jump));
}

/* Jumps to a step, or to EMIT_*. */
void
emit_jump(Emit *emit, int op, int dst, int src, int to)
{
	emit_jump_to(emit, emit_put(emit, BPF_JMP | BPF_X | op, dst, src, 0, 0),
				 to);
}

void
emit_jump_imm(Emit *emit, int op, int dst, int imm, int to)
{
	emit_jump_to(emit, emit_put(emit, BPF_JMP | BPF_K | op, dst, 0, 0, imm),
				 to);
}

/* A jump forward to a place that emit_here() tells. */
int
emit_skip(Emit *emit, int op, int dst, int imm)
{
	return emit_put(emit, BPF_JMP | BPF_K | op, dst, 0, 0, imm);
}

void
emit_here(Emit *emit, int at)
{
	((struct bpf_insn *) emit->insns.data)[at].off = emit_count(emit) - at - 1;
}

void
emit_call(Emit *emit, const char *name)
{
	int			func = pgl_engine_function(name);

	if (func < 0)
		emit->failed = true;
	emit_put(emit, BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0,
			 func - (emit->self + emit_count(emit)) - 1);
}

/* Leaves the page if a function has said so. */
void
emit_check(Emit *emit)
{
	emit_load(emit, BPF_W, 1, 6, offsetof(struct pgl_tuple, why));
	emit_jump_imm(emit, BPF_JNE, 1, 0, EMIT_LEAVE);
}

/* The register of BPF that has register @i of the code; @spare, if it is none. */
int
emit_get(Emit *emit, int i, int spare)
{
	if (i < 2)
		return 8 + i;
	emit_load(emit, BPF_DW, spare, 10, EMIT_REG(i));
	return spare;
}

void
emit_set(Emit *emit, int i, int from)
{
	if (i < 2)
		emit_mov(emit, 8 + i, from);
	else
		emit_store(emit, BPF_DW, 10, EMIT_REG(i), from);
}

/* The constant of a step, which is in the arguments. */
void
emit_constant(Emit *emit, int step, int dst)
{
	emit_alu_imm(emit, BPF_MOV, dst, SBPF_ARGS_BASE + emit->args->insns +
				 step * sizeof(struct pgl_insn) +
				 offsetof(struct pgl_insn, imm));
	emit_load(emit, BPF_DW, dst, dst, 0);
}
