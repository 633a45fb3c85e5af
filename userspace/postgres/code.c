// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* The code of a query while it is made, and the arguments of a λ made of it. */
#include "pg_lambda.h"

#include "mb/pg_wchar.h"

#include "linux/sbpf.h"

void
pgl_code_begin(PglCode *code, TupleDesc desc, Index varno, PlanState *ps)
{
	memset(code, 0, sizeof(*code));
	code->desc = desc;
	code->varno = varno;
	code->dry = ps == NULL;
	code->ps = ps;
	code->puts = PGL_PUT_ALL;
	initStringInfo(&code->insns);
	initStringInfo(&code->pool);
	initStringInfo(&code->labels);
	initStringInfo(&code->points);
	/* Of steps that go nowhere. */
	(void) pgl_code_label(code);
}

/* The first reason is kept. */
bool
pgl_code_fail(PglCode *code, const char *why)
{
	if (code->why == NULL)
		code->why = why;
	return false;
}

static int
code_count(PglCode *code)
{
	return code->insns.len / sizeof(struct pgl_insn);
}

/* The step is valid until the next one is added. */
struct pgl_insn *
pgl_code_add(PglCode *code, enum pgl_op op)
{
	struct pgl_insn insn = {.op = op};

	appendBinaryStringInfo(&code->insns, (char *) &insn, sizeof(insn));
	return (struct pgl_insn *) (code->insns.data + code->insns.len) - 1;
}

/* A place that is not known yet. */
int
pgl_code_label(PglCode *code)
{
	int			nowhere = -1;

	appendBinaryStringInfo(&code->labels, (char *) &nowhere, sizeof(int));
	return code->labels.len / sizeof(int) - 1;
}

/* It is the one of the next step. */
void
pgl_code_here(PglCode *code, int label)
{
	((int *) code->labels.data)[label] = code_count(code);
}

/* Whatever comes behind the next step comes by way of it, unless it ends the row. */
void
pgl_code_point(PglCode *code)
{
	int			here = code_count(code);

	appendBinaryStringInfo(&code->points, (char *) &here, sizeof(int));
}

/* Bytes beside the code; for now their place is that in the pool. */
int64
pgl_code_pool(PglCode *code, const void *bytes, int len)
{
	int			off;

	while (code->pool.len % 8 != 0)
		appendStringInfoChar(&code->pool, '\0');
	off = code->pool.len;
	appendBinaryStringInfo(&code->pool, bytes, len);
	return PGL_POOL(off, len);
}

/* Columns as the λ walks over them. */
static void
code_describe(PglCode *code, struct pgl_args *args)
{
	uint32		off = 0;
	bool		fixed = true;

	args->natts = code->natts;
	for (int i = 0; i < code->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(code->desc, i);
		struct pgl_att *to = &args->att[i];

		to->len = att->attlen;
		to->align = att->attalign == TYPALIGN_CHAR ? 1 :
			att->attalign == TYPALIGN_SHORT ? 2 :
			att->attalign == TYPALIGN_INT ? 4 : 8;
		fixed = fixed && att->attlen > 0;
		if (!fixed)
			continue;
		off = TYPEALIGN(to->align, off);
		to->off = off;
		off += att->attlen;
		args->fixed++;
	}
}

/* Places of labels and of the pool become those that the λ sees. */
static void
code_settle(PglCode *code, struct pgl_insn *insn, int pool)
{
	int		   *labels = (int *) code->labels.data;

	insn->t = labels[insn->t];
	insn->f = labels[insn->f];
	if (insn->op >= PGL_STREQ && insn->op <= PGL_IN)
		insn->imm += PGL_POOL(pool, 0);
}

/* The arguments of a request, of *@len bytes; NULL: too long. */
struct pgl_args *
pgl_code_end(PglCode *code, int *len)
{
	int			insns = MAXALIGN(offsetof(struct pgl_args, att) +
								 code->natts * sizeof(struct pgl_att));
	int			pool = insns + code->insns.len;
	struct pgl_args *args;

	*len = pool + code->pool.len;
	if (*len > SBPF_ARGS_MAX || code_count(code) > PG_UINT16_MAX ||
		code->labels.len / sizeof(int) > PG_UINT16_MAX)
		return NULL;
	args = palloc0(*len);
	code_describe(code, args);
	args->insns = insns;
	args->ninsns = code_count(code);
	args->values = code->values;
	args->puts = code->puts;
	args->extremes = code->extremes;
	args->grouped = code->grouped;
	args->utf8 = GetDatabaseEncoding() == PG_UTF8;
	memcpy((char *) args + insns, code->insns.data, code->insns.len);
	for (int i = 0; i < args->ninsns; i++)
		code_settle(code, (struct pgl_insn *) ((char *) args + insns) + i,
					pool);
	memcpy((char *) args + pool, code->pool.data, code->pool.len);
	return args;
}
