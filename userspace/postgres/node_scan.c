// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* A scan of a table by a λ, as a node of a plan. */
#include "pg_lambda.h"

#include "executor/executor.h"
#include "executor/nodeCustom.h"
#include "nodes/makefuncs.h"
#include "storage/bufmgr.h"
#include "utils/memutils.h"

typedef struct PglScanState
{
	CustomScanState css;
	PglReader	reader;
	bool		started;
	List	   *exprs;			/* conditions that are pushed down */
	ExprState  *pushed;			/* for rows that no λ has seen */
	char	   *at;				/* in the output of the range */
	char	   *end;			/* of its part at hand */
	HeapTupleData tuple;
	PglColumns	columns;
	TupleTableSlot *whole;		/* for rows that are tuples of the heap */
	HashJoinState *join;		/* that has keys for column @key, or NULL */
	AttrNumber	inner;			/* of its inner side */
} PglScanState;

static Node *
node_scan_create(CustomScan *scan)
{
	PglScanState *state = (PglScanState *)
		newNode(sizeof(PglScanState), T_CustomScanState);

	state->css.methods = &pgl_scan_exec_methods;
	state->exprs = scan->custom_exprs;
	return (Node *) state;
}

/*
 * Rows that no λ has seen are tuples of the heap. Those that it puts out are too, or
 * they are columns; then expressions have to cope with both.
 */
static void
node_scan_set_slot(PglScanState *state, EState *estate)
{
	CustomScanState *css = &state->css;
	CustomScan *scan = (CustomScan *) css->ss.ps.plan;
	TupleDesc	desc = RelationGetDescr(css->ss.ss_currentRelation);

	state->whole = ExecInitExtraTupleSlot(estate, desc, &TTSOpsHeapTuple);
	pgl_columns_begin(&state->columns, scan, desc);
	if (state->columns.count < 0)
		ExecInitScanTupleSlot(estate, &css->ss, desc, &TTSOpsHeapTuple);
	else
	{
		ExecInitScanTupleSlot(estate, &css->ss, desc, &TTSOpsVirtual);
		css->ss.ps.scanopsfixed = false;
		memset(css->ss.ss_ScanTupleSlot->tts_isnull, true, desc->natts);
		memset(css->ss.ss_ScanTupleSlot->tts_values, 0,
			   desc->natts * sizeof(Datum));
	}
	ExecAssignScanProjectionInfoWithVarno(&css->ss, scan->scan.scanrelid);
	css->ss.ps.qual = ExecInitQual(scan->scan.plan.qual, &css->ss.ps);
}

static void
node_scan_begin(CustomScanState *css, EState *estate, int eflags)
{
	PglScanState *state = (PglScanState *) css;

	node_scan_set_slot(state, estate);
	state->pushed = ExecInitQual(state->exprs, &css->ss.ps);
	pgl_reader_begin(&state->reader, css->ss.ss_currentRelation,
					 estate->es_snapshot);
	if (state->columns.count >= 0)
		state->reader.room =
			pgl_columns_room(&state->columns,
							 RelationGetDescr(css->ss.ss_currentRelation));
}

/* The column that is looked for among the keys of a join; 0: none is. */
int
pgl_scan_key(const CustomScan *scan)
{
	return linitial_int(lsecond(scan->custom_private));
}

void
pgl_scan_join(CustomScanState *css, HashJoinState *join, AttrNumber inner)
{
	PglScanState *state = (PglScanState *) css;

	state->join = join;
	state->inner = inner;
}

/* Rows that a join has no partner for go first: its key is often in front. */
static bool
node_scan_code_join(PglScanState *state, PglCode *code, int miss)
{
	CustomScan *scan = (CustomScan *) state->css.ss.ps.plan;
	Form_pg_attribute att;
	Var		   *key;

	if (state->join == NULL)
		return true;
	att = TupleDescAttr(code->desc, pgl_scan_key(scan) - 1);
	key = makeVar(scan->scan.scanrelid, att->attnum, att->atttypid,
				  att->atttypmod, att->attcollation, 0);
	return pgl_join_code(code, state->join, state->inner, key, miss);
}

/* Makes the code with the constants of now. */
static void
node_scan_start(PglScanState *state)
{
	CustomScan *scan = (CustomScan *) state->css.ss.ps.plan;
	MemoryContext old = MemoryContextSwitchTo(state->reader.context);
	PglCode		code;
	int			miss;
	bool		fits;

	pgl_reader_reset(&state->reader);
	pgl_code_begin(&code,
				   RelationGetDescr(state->css.ss.ss_currentRelation),
				   scan->scan.scanrelid, &state->css.ss.ps);
	miss = pgl_code_label(&code);
	fits = node_scan_code_join(state, &code, miss) &&
		pgl_conditions(&code, state->exprs, miss);
	pgl_columns_code(&state->columns, &code);
	pgl_code_add(&code, PGL_ROW);
	pgl_code_here(&code, miss);
	pgl_code_add(&code, PGL_END);
	pgl_reader_start(&state->reader, fits ? &code : NULL);
	state->at = state->end = NULL;
	state->started = true;
	MemoryContextSwitchTo(old);
}

/* To the next part of the output of the range, or its first one. */
static bool
node_scan_next_part(PglScanState *state)
{
	PglReader  *reader = &state->reader;
	char	   *next = state->end ? state->end : reader->out;
	struct pgl_head *head = (struct pgl_head *) next;

	if (next >= reader->out + reader->out_len)
		return false;
	state->at = (char *) (head + 1);
	state->end = next + head->len;
	return true;
}

/* The slot with a row that a λ has put out. */
static TupleTableSlot *
node_scan_store(PglScanState *state, struct pgl_row *row)
{
	TupleTableSlot *slot = state->css.ss.ss_ScanTupleSlot;

	if (state->columns.count >= 0)
	{
		if (!pgl_columns_store(&state->columns, row, slot))
			elog(ERROR, "the λ of pg_lambda put out columns that are none");
		return slot;
	}
	state->tuple.t_len = row->len;
	state->tuple.t_data = (HeapTupleHeader) (row + 1);
	state->tuple.t_tableOid = RelationGetRelid(state->reader.rel);
	ItemPointerSet(&state->tuple.t_self, row->block, row->item);
	return ExecStoreHeapTuple(&state->tuple, slot, false);
}

/* The row at hand if it comes before page @before of the range, or NULL. */
static TupleTableSlot *
node_scan_take(PglScanState *state, int before)
{
	PglReader  *reader = &state->reader;
	struct pgl_row *row = (struct pgl_row *) state->at;
	BlockNumber page = row->block - reader->first;

	if (row->len > state->end - (char *) (row + 1) || page >= reader->n ||
		(state->columns.count < 0 && row->len < SizeofHeapTupleHeader))
		elog(ERROR, "the λ of pg_lambda put out a row that is none");
	if (page >= before)
		return NULL;
	state->at = (char *) (row + 1) + MAXALIGN(row->len);
	reader->stats.rows_out++;
	return node_scan_store(state, row);
}

/* Passes the rows of pages that are done again. */
static void
node_scan_pass(PglScanState *state)
{
	while (state->end - state->at >= (ssize_t) sizeof(struct pgl_row))
	{
		struct pgl_row *row = (struct pgl_row *) state->at;
		BlockNumber page = row->block - state->reader.first;

		if (page >= state->reader.n || state->reader.why[page] == PGL_DONE)
			return;
		state->at += sizeof(*row) + MAXALIGN(row->len);
	}
}

/*
 * The next row that the λ has put out and that counts, before the next page that
 * is to be done without it: rows keep the order that they have in the table.
 */
static TupleTableSlot *
node_scan_next_row(PglScanState *state)
{
	int			before = pgl_reader_left(&state->reader);

	for (;;)
	{
		node_scan_pass(state);
		if (state->end != NULL &&
			state->end - state->at >= (ssize_t) sizeof(struct pgl_row))
			break;
		if (!node_scan_next_part(state))
			return NULL;
	}
	return node_scan_take(state, before);
}

/* A row that no λ has seen, for which the conditions hold. */
static TupleTableSlot *
node_scan_ordinary(PglScanState *state)
{
	TupleTableSlot *slot = state->whole;
	ExprContext *econtext = state->css.ss.ps.ps_ExprContext;
	HeapTuple	tuple;

	while ((tuple = pgl_stat_ordinary(&state->reader)) != NULL)
	{
		ExecStoreHeapTuple(tuple, slot, false);
		econtext->ecxt_scantuple = slot;
		if (ExecQual(state->pushed, econtext))
			return slot;
		ResetExprContext(econtext);
	}
	return NULL;
}

static TupleTableSlot *
node_scan_next(ScanState *ss)
{
	PglScanState *state = (PglScanState *) ss;
	TupleTableSlot *slot;

	if (!state->started)
		node_scan_start(state);
	for (;;)
	{
		if (!state->reader.in_heap &&
			(slot = node_scan_next_row(state)) != NULL)
			return slot;
		if (state->reader.in_heap ||
			pgl_reader_left(&state->reader) < state->reader.n)
		{
			slot = node_scan_ordinary(state);
			if (slot != NULL)
				return slot;
			continue;
		}
		if (!pgl_reader_next_range(&state->reader))
			return ExecClearTuple(ss->ss_ScanTupleSlot);
		state->at = state->end = NULL;
	}
}

static bool
node_scan_recheck(ScanState *ss, TupleTableSlot *slot)
{
	PglScanState *state = (PglScanState *) ss;

	ss->ps.ps_ExprContext->ecxt_scantuple = slot;
	return ExecQual(state->pushed, ss->ps.ps_ExprContext);
}

static TupleTableSlot *
node_scan_exec(CustomScanState *css)
{
	return ExecScan(&css->ss, node_scan_next, node_scan_recheck);
}

static void
node_scan_end(CustomScanState *css)
{
	PglScanState *state = (PglScanState *) css;

	ExecClearTuple(css->ss.ss_ScanTupleSlot);
	ExecClearTuple(state->whole);
	pgl_stat_add(&state->reader);
	pgl_reader_end(&state->reader);
}

static void
node_scan_rescan(CustomScanState *css)
{
	PglScanState *state = (PglScanState *) css;

	ExecScanReScan(&css->ss);
	state->started = false;
}

static Size
node_scan_estimate_dsm(CustomScanState *css, ParallelContext *pcxt)
{
	return pgl_parallel_size(pcxt);
}

static void
node_scan_reset_dsm(CustomScanState *css, ParallelContext *pcxt, void *at)
{
	pgl_parallel_again(at);
}

static void
node_scan_init_dsm(CustomScanState *css, ParallelContext *pcxt, void *at)
{
	pgl_parallel_begin(&((PglScanState *) css)->reader, pcxt, at);
}

static void
node_scan_init_worker(CustomScanState *css, shm_toc *toc, void *at)
{
	pgl_parallel_join(&((PglScanState *) css)->reader, at);
}

static void
node_scan_shutdown(CustomScanState *css)
{
	pgl_parallel_tell(&((PglScanState *) css)->reader);
}

static void
node_scan_explain(CustomScanState *css, List *ancestors, ExplainState *es)
{
	PglScanState *state = (PglScanState *) css;
	CustomScan *scan = (CustomScan *) css->ss.ps.plan;

	pgl_explain_key(es, css->ss.ss_currentRelation, pgl_scan_key(scan));
	pgl_explain(es, &state->reader, linitial(scan->custom_private),
				state->exprs, scan->scan.scanrelid);
}

const CustomScanMethods pgl_scan_methods = {
	.CustomName = "Lambda Scan",
	.CreateCustomScanState = node_scan_create,
};

const CustomExecMethods pgl_scan_exec_methods = {
	.CustomName = "Lambda Scan",
	.BeginCustomScan = node_scan_begin,
	.ExecCustomScan = node_scan_exec,
	.EndCustomScan = node_scan_end,
	.ReScanCustomScan = node_scan_rescan,
	.EstimateDSMCustomScan = node_scan_estimate_dsm,
	.InitializeDSMCustomScan = node_scan_init_dsm,
	.ReInitializeDSMCustomScan = node_scan_reset_dsm,
	.InitializeWorkerCustomScan = node_scan_init_worker,
	.ShutdownCustomScan = node_scan_shutdown,
	.ExplainCustomScan = node_scan_explain,
};
