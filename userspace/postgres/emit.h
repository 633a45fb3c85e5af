/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * The code of a query while it becomes BPF instructions.
 *
 * R6 is the row, R7 its data, R8 and R9 are the code's first two registers. The
 * others are on the stack, and so is where columns are.
 */
#ifndef PGL_EMIT_H
#define PGL_EMIT_H

#include "pg_lambda.h"

#include <linux/bpf.h>
#include <linux/sbpf.h>

#include "lambda/state.h"

#define EMIT_REG(i)		(-160 + 8 * (i))	/* registers of the code */
#define EMIT_NEXT		(-168)	/* where the next column is */
#define EMIT_ROW		(-176)	/* the row that is collected */
#define EMIT_AT(att)	(-184 - 8 * (att))	/* where a column is */
#define EMIT_NUMBER(att) (-704 - 8 * (att))	/* a numeric that was read */

/* Jumps to places beside the code. */
#define EMIT_BAIL		(-1)	/* have the row interpreted */
#define EMIT_LEAVE		(-2)	/* leave the page; why is told */
#define EMIT_RANGE		(-3)	/* leave it as out of range */

typedef struct EmitJump
{
	int			at;				/* instruction */
	int			to;				/* step, or EMIT_* */
} EmitJump;

typedef struct Emit
{
	const struct pgl_args *args;
	TupleDesc	desc;
	const struct pgl_insn *steps;
	StringInfoData insns;
	StringInfoData jumps;
	int		   *place;			/* of each step */
	int			known;			/* columns whose place is known */
	uint64		wanted;			/* a bit for each that a step reads */
	int			self;			/* where the instructions will be */
	bool		keyed;			/* the key of the row has begun */
	bool		straight;		/* what follows is run from its first step to its last */
	uint8		number[PGL_ATTS];	/* numerics on the stack: their scale / 4 + 1 */
	bool		failed;
} Emit;

/* emit_insn.c: instructions */
extern int	emit_count(Emit *emit);
extern int	emit_put(Emit *emit, uint8 code, int dst, int src, int off,
					  int imm);
extern void	emit_alu(Emit *emit, int op, int dst, int src);
extern void	emit_alu_imm(Emit *emit, int op, int dst, int imm);
extern void	emit_mov(Emit *emit, int dst, int src);
extern void	emit_load(Emit *emit, int size, int dst, int src, int off);
extern void	emit_store(Emit *emit, int size, int dst, int off, int src);
extern void	emit_jump_to(Emit *emit, int at, int to);
extern void	emit_jump(Emit *emit, int op, int dst, int src, int to);
extern void	emit_jump_imm(Emit *emit, int op, int dst, int imm, int to);
extern int	emit_skip(Emit *emit, int op, int dst, int imm);
extern void	emit_here(Emit *emit, int at);
extern void	emit_call(Emit *emit, const char *name);
extern void	emit_check(Emit *emit);
extern int	emit_get(Emit *emit, int i, int spare);
extern void	emit_set(Emit *emit, int i, int from);
extern void	emit_constant(Emit *emit, int step, int dst);

/* emit_column.c: columns */
extern void	emit_address(Emit *emit, int att, int dst);
extern int	emit_usual_size(Emit *emit, int att);
extern void	emit_walk_for(Emit *emit, int from, int to);

/* emit_number.c: numerics */
extern void	emit_numeric(Emit *emit, const struct pgl_insn *step);

/* emit_step.c: steps */
extern void	emit_step(Emit *emit, int i);
extern void	emit_end(Emit *emit, int ret);

#endif							/* PGL_EMIT_H */
