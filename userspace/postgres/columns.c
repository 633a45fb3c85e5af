// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Columns that a scan puts out, where that is all that is asked of a row: they take
 * less room than the row, and the executor need not look for them in it.
 */
#include "pg_lambda.h"

#include "access/sysattr.h"
#include "access/tupmacs.h"
#include "executor/tuptable.h"
#include "optimizer/optimizer.h"

/* Whether a column can be put out by itself. */
static bool
columns_fit(TupleDesc desc, int att)
{
	Form_pg_attribute form = TupleDescAttr(desc, att);

	/* What rows are too old to have is not null, but something else. */
	if (att >= PGL_ATTS || form->attisdropped || form->atthasmissing)
		return false;
	return form->attbyval || form->attlen == -1;
}

/* Which columns a plan asks for; whole rows, if they are not all of them fit. */
void
pgl_columns_begin(PglColumns *columns, CustomScan *scan, TupleDesc desc)
{
	Bitmapset  *atts = NULL;
	int			at = -1;

	pull_varattnos((Node *) scan->scan.plan.targetlist, scan->scan.scanrelid,
				   &atts);
	pull_varattnos((Node *) scan->scan.plan.qual, scan->scan.scanrelid, &atts);
	columns->count = 0;
	while ((at = bms_next_member(atts, at)) >= 0)
	{
		int			att = at + FirstLowInvalidHeapAttributeNumber - 1;

		if (att < 0 || columns->count == PGL_PUTS || !columns_fit(desc, att))
		{
			columns->count = -1;
			break;
		}
		columns->att[columns->count++] = att;
	}
	bms_free(atts);
	/* A column of type cstring cannot be gone past. */
	for (int i = 0; columns->count > 0 &&
		 i < columns->att[columns->count - 1]; i++)
	{
		if (TupleDescAttr(desc, i)->attlen < -1)
			columns->count = -1;
	}
}

/* The steps that put them out. */
bool
pgl_columns_code(PglColumns *columns, PglCode *code)
{
	if (columns->count < 0)
		return true;
	code->puts = columns->count;
	pgl_code_point(code);
	pgl_code_add(code, PGL_BEGIN);
	for (int i = 0; i < columns->count; i++)
	{
		int			att = columns->att[i];
		Form_pg_attribute form = TupleDescAttr(code->desc, att);
		struct pgl_insn *insn;

		insn = pgl_code_add(code, form->attlen < 0 ? PGL_PUTV : PGL_PUT);
		insn->imm = att;
		insn->a = i;
		insn->b = form->attlen;
		code->natts = Max(code->natts, att + 1);
	}
	return true;
}

/* Bytes of the output of a page, of rows that have all that they have to have. */
Size
pgl_columns_room(const PglColumns *columns, TupleDesc desc)
{
	Size		least = MAXALIGN(SizeofHeapTupleHeader);
	int			rows;

	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute form = TupleDescAttr(desc, i);

		if (form->attnotnull && !form->atthasmissing && !form->attisdropped)
			least += form->attlen > 0 ? form->attlen : 1;
	}
	rows = BLCKSZ / (MAXALIGN(least) + sizeof(ItemIdData));
	return BLCKSZ + rows * (sizeof(struct pgl_row) + sizeof(struct pgl_put) +
							columns->count * 2 * sizeof(uint64));
}

/* Whether a value that says its size lies inside of what was put out. */
static bool
columns_inside(const struct pgl_row *row, uint64 off)
{
	const char *at = (const char *) (row + 1) + off;

	if (off >= row->len)
		return false;
	if (VARATT_IS_1B_E(at))
		return row->len - off >= VARHDRSZ_EXTERNAL &&
			VARSIZE_EXTERNAL(at) <= row->len - off;
	if (VARATT_IS_1B(at))
		return VARSIZE_1B(at) <= row->len - off;
	return row->len - off >= VARHDRSZ && VARSIZE_4B(at) >= VARHDRSZ &&
		VARSIZE_4B(at) <= row->len - off;
}

/* Stores them in a slot, whose other columns are null; false: they are none. */
bool
pgl_columns_store(const PglColumns *columns, const struct pgl_row *row,
				  TupleTableSlot *slot)
{
	const struct pgl_put *put = (const struct pgl_put *) (row + 1);

	if (row->len < sizeof(*put) + columns->count * sizeof(uint64))
		return false;
	ExecClearTuple(slot);
	for (int i = 0; i < columns->count; i++)
	{
		int			att = columns->att[i];
		Form_pg_attribute form = TupleDescAttr(slot->tts_tupleDescriptor, att);

		slot->tts_isnull[att] = (put->nulls >> i & 1) != 0;
		if (slot->tts_isnull[att])
			slot->tts_values[att] = (Datum) 0;
		else if (form->attbyval)
			slot->tts_values[att] = fetch_att(&put->column[i], true,
											  form->attlen);
		else if (columns_inside(row, put->column[i]))
			slot->tts_values[att] = PointerGetDatum((char *) put +
													put->column[i]);
		else
			return false;
	}
	ExecStoreVirtualTuple(slot);
	return true;
}
