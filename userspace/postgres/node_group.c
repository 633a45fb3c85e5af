// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Aggregates of a table by a λ, as a node of a plan. */
#include "pg_lambda.h"

#include "access/parallel.h"
#include "access/table.h"
#include "executor/executor.h"
#include "executor/nodeCustom.h"
#include "nodes/nodeFuncs.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"

typedef struct PglGroupState
{
	CustomScanState css;
	PglReader	reader;
	Relation	rel;
	Index		varno;			/* of the relation in expressions */
	List	   *conds;
	List	   *keys;
	List	   *aggs;
	List	   *args;			/* of aggregates, each once */
	PglType		type[PGL_VALUES];
	ExprState  *cond;			/* for rows that no λ has seen */
	List	   *keystates;
	List	   *argstates;
	TupleTableSlot *row;
	StringInfoData key;
	bool		done;
	bool		is_partial;
	PglPartial	partial;
	PglGroups	groups;
	HASH_SEQ_STATUS seq;
	bool		in_seq;
} PglGroupState;

static Node *
node_group_create(CustomScan *scan)
{
	PglGroupState *state = (PglGroupState *)
		newNode(sizeof(PglGroupState), T_CustomScanState);

	state->css.methods = &pgl_group_exec_methods;
	state->is_partial = scan->methods == &pgl_partial_methods;
	return (Node *) state;
}

/* What an aggregate is of; NULL: of rows. */
static Expr *
node_group_arg(Aggref *agg)
{
	return agg->args == NIL ? NULL :
		linitial_node(TargetEntry, agg->args)->expr;
}

static int
node_group_arg_index(PglGroupState *state, Expr *arg)
{
	ListCell   *lc;

	foreach(lc, state->args)
	{
		if (equal(lfirst(lc), arg))
			return foreach_current_index(lc);
	}
	return -1;
}

static void
node_group_unpack(PglGroupState *state, CustomScan *scan)
{
	List	   *private = scan->custom_private;
	ListCell   *lc;

	state->varno = linitial_int(lsecond(private));
	state->conds = lthird(private);
	state->keys = lfourth(private);
	state->aggs = list_nth(private, 4);
	foreach(lc, state->aggs)
	{
		Expr	   *arg = node_group_arg(lfirst(lc));

		if (arg != NULL)
			state->args = list_append_unique(state->args, arg);
	}
}

/* Columns are those of the row at hand, whatever their relation is called. */
static List *
node_group_states(List *exprs)
{
	List	   *states = NIL;
	ListCell   *lc;

	foreach(lc, exprs)
		states = lappend(states, ExecInitExpr(lfirst(lc), NULL));
	return states;
}

static void
node_group_begin(CustomScanState *css, EState *estate, int eflags)
{
	PglGroupState *state = (PglGroupState *) css;
	CustomScan *scan = (CustomScan *) css->ss.ps.plan;

	node_group_unpack(state, scan);
	/* The lock is that of the query, which names the relation; workers have theirs. */
	state->rel = table_open(linitial_oid(linitial(scan->custom_private)),
							IsParallelWorker() ? AccessShareLock : NoLock);
	if (state->is_partial)
		pgl_partial_begin(&state->partial, css->ss.ps.ps_ExprContext);
	state->row = ExecInitExtraTupleSlot(estate, RelationGetDescr(state->rel),
										&TTSOpsHeapTuple);
	state->cond = ExecInitQual(state->conds, NULL);
	state->keystates = node_group_states(state->keys);
	state->argstates = node_group_states(state->args);
	initStringInfo(&state->key);
	pgl_reader_begin(&state->reader, state->rel, estate->es_snapshot);
}

/* A part of the key of a row. */
static bool
node_group_code_key(PglCode *code, Expr *expr)
{
	PglType		type;
	int			isnull = pgl_code_label(code);
	int			next = pgl_code_label(code);
	Var		   *var = pgl_column(code, expr);
	bool		text;

	if (var == NULL || !pgl_type_of(expr, &type))
		return false;
	text = type.kind >= PGL_KIND_TEXT;
	/* As it is, with the blanks that it ends with. */
	if (text)
		type.kind = PGL_KIND_TEXT;
	if (!pgl_load(code, var, &type, 0, isnull))
		return false;
	pgl_code_add(code, text ? PGL_KEYS : PGL_KEYI);
	pgl_jump(code, next);
	pgl_code_here(code, isnull);
	pgl_code_add(code, PGL_KEYN);
	pgl_code_here(code, next);
	return true;
}

/* Whether it is counted alone, so that its type is of no matter. */
static bool
node_group_is_counted(PglGroupState *state, Expr *arg)
{
	ListCell   *lc;

	foreach(lc, state->aggs)
	{
		Aggref	   *agg = lfirst(lc);

		if (agg->aggfnoid != F_COUNT_ANY && equal(node_group_arg(agg), arg))
			return false;
	}
	return true;
}

static bool
node_group_code_value(PglGroupState *state, PglCode *code, Expr *arg, int i)
{
	int			isnull = pgl_code_label(code);
	int			there = pgl_code_label(code);
	bool		fits = true;

	state->type[i].kind = PGL_KIND_TEXT;
	if (node_group_is_counted(state, arg))
	{
		Var		   *var = pgl_column(code, arg);

		fits = var != NULL;
		if (fits)
			pgl_test(code, PGL_NULL, isnull, there)->imm = var->varattno - 1;
		pgl_code_here(code, there);
		pgl_code_add(code, PGL_CONST);
	}
	else
	{
		fits = pgl_value(code, arg, 0, isnull, &state->type[i]);
		/* Scales are known even where they do not suit the λ. */
		if (state->type[i].kind == PGL_KIND_NUMERIC &&
			state->type[i].dscale < 0)
			fits = false;
	}
	pgl_code_add(code, PGL_VALUE)->b = i;
	pgl_code_here(code, isnull);
	return fits;
}

/* A bit for each value that min or max is asked of. */
static uint32
node_group_extremes(PglGroupState *state)
{
	uint32		extremes = 0;
	ListCell   *lc;

	foreach(lc, state->aggs)
	{
		Aggref	   *agg = lfirst(lc);
		Expr	   *arg = node_group_arg(agg);

		if (arg != NULL && pgl_groups_is_extreme(agg->aggfnoid))
			extremes |= 1u << node_group_arg_index(state, arg);
	}
	return extremes;
}

static bool
node_group_code(PglGroupState *state, PglCode *code)
{
	int			miss = pgl_code_label(code);
	bool		fits = pgl_conditions(code, state->conds, miss);
	ListCell   *lc;

	foreach(lc, state->keys)
	{
		pgl_code_point(code);
		fits = node_group_code_key(code, lfirst(lc)) && fits;
	}
	pgl_code_add(code, PGL_COUNT);
	foreach(lc, state->args)
	{
		pgl_code_point(code);
		fits = node_group_code_value(state, code, lfirst(lc),
									 foreach_current_index(lc)) && fits;
	}
	pgl_code_add(code, PGL_ROW);
	pgl_code_here(code, miss);
	pgl_code_add(code, PGL_END);
	code->values = list_length(state->args);
	code->extremes = node_group_extremes(state);
	code->grouped = true;
	return fits;
}

/* Adds what the λ put out. */
static void
node_group_take(PglGroupState *state)
{
	PglReader  *reader = &state->reader;
	int			values = list_length(state->args);
	Size		size = offsetof(struct pgl_group, value) +
		values * sizeof(struct pgl_value);

	for (char *p = reader->out; p < reader->out + reader->out_len;)
	{
		struct pgl_head *head = (struct pgl_head *) p;
		char	   *at = (char *) (head + 1);

		p += head->len;
		for (; p - at >= (ssize_t) size; at += size)
		{
			if (!pgl_groups_merge(&state->groups, (struct pgl_group *) at,
								  values))
				elog(ERROR, "the λ of pg_lambda put out a group that is none");
		}
	}
}

static void
node_group_put_key(PglGroupState *state, ExprContext *econtext)
{
	ListCell   *key,
			   *expr;

	resetStringInfo(&state->key);
	forboth(key, state->keystates, expr, state->keys)
	{
		PglType		type;
		bool		isnull;
		Datum		value = ExecEvalExpr((ExprState *) lfirst(key), econtext,
										 &isnull);

		(void) pgl_type_of(lfirst(expr), &type);
		pgl_key_put(&state->key, value, isnull, &type);
	}
}

/* Adds a row that no λ has seen. */
static void
node_group_add(PglGroupState *state, HeapTuple tuple, ExprContext *econtext)
{
	PglGroup   *group;
	ListCell   *lc;

	ExecStoreHeapTuple(tuple, state->row, false);
	econtext->ecxt_scantuple = state->row;
	if (!ExecQual(state->cond, econtext))
		return;
	node_group_put_key(state, econtext);
	group = pgl_groups_find(&state->groups, state->key.data, state->key.len);
	group->count++;
	foreach(lc, state->argstates)
	{
		int			i = foreach_current_index(lc);
		bool		isnull;
		Datum		value = ExecEvalExpr((ExprState *) lfirst(lc), econtext,
										 &isnull);

		if (!isnull)
			pgl_groups_add(&state->groups, &group->value[i], &state->type[i],
						   value);
	}
}

static void
node_group_add_ordinary(PglGroupState *state)
{
	ExprContext *econtext = state->css.ss.ps.ps_ExprContext;
	HeapTuple	tuple;

	while (pgl_reader_left(&state->reader) < state->reader.n)
	{
		while ((tuple = pgl_stat_ordinary(&state->reader)) != NULL)
		{
			MemoryContext old =
				MemoryContextSwitchTo(econtext->ecxt_per_tuple_memory);

			node_group_add(state, tuple, econtext);
			MemoryContextSwitchTo(old);
			ResetExprContext(econtext);
		}
	}
	ExecClearTuple(state->row);
}

/* Goes over all of the relation. */
static void
node_group_fill(PglGroupState *state)
{
	MemoryContext old = MemoryContextSwitchTo(state->reader.context);
	PglCode		code;
	bool		fits;

	pgl_reader_reset(&state->reader);
	pgl_code_begin(&code, RelationGetDescr(state->rel), state->varno,
				   &state->css.ss.ps);
	fits = node_group_code(state, &code);
	pgl_reader_start(&state->reader, fits ? &code : NULL);
	MemoryContextSwitchTo(state->css.ss.ps.state->es_query_cxt);
	pgl_groups_begin(&state->groups);
	while (pgl_reader_next_range(&state->reader))
	{
		node_group_take(state);
		node_group_add_ordinary(state);
	}
	/* Of no rows at all there is one group where none was asked for. */
	if (state->keys == NIL)
		(void) pgl_groups_find(&state->groups, "", 0);
	hash_seq_init(&state->seq, state->groups.table);
	state->in_seq = true;
	state->done = true;
	MemoryContextSwitchTo(old);
}

static Datum
node_group_result(PglGroupState *state, PglGroup *group, Aggref *agg,
				  bool *isnull)
{
	int			i = Max(node_group_arg_index(state, node_group_arg(agg)), 0);

	if (state->is_partial)
		return pgl_partial_result(&state->partial, group, &group->value[i],
								  agg->aggfnoid, &state->type[i], isnull);
	return pgl_groups_result(group, &group->value[i], agg->aggfnoid,
							 &state->type[i], isnull);
}

static void
node_group_put(PglGroupState *state, PglGroup *group, TupleTableSlot *slot)
{
	const char *at = group->key.data;
	int			column = 0;
	ListCell   *lc;

	foreach(lc, state->keys)
	{
		PglType		type;

		(void) pgl_type_of(lfirst(lc), &type);
		at = pgl_key_get(at, &type, &slot->tts_values[column],
						 &slot->tts_isnull[column]);
		column++;
	}
	foreach(lc, state->aggs)
	{
		slot->tts_values[column] =
			node_group_result(state, group, lfirst(lc),
							  &slot->tts_isnull[column]);
		column++;
	}
	ExecStoreVirtualTuple(slot);
}

static TupleTableSlot *
node_group_next(ScanState *ss)
{
	PglGroupState *state = (PglGroupState *) ss;
	TupleTableSlot *slot = ss->ss_ScanTupleSlot;
	MemoryContext old;
	PglGroup   *group;

	if (!state->done)
		node_group_fill(state);
	ExecClearTuple(slot);
	group = state->in_seq ? hash_seq_search(&state->seq) : NULL;
	if (group == NULL)
	{
		state->in_seq = false;
		return slot;
	}
	old = MemoryContextSwitchTo(ss->ps.ps_ExprContext->ecxt_per_tuple_memory);
	node_group_put(state, group, slot);
	MemoryContextSwitchTo(old);
	return slot;
}

static bool
node_group_recheck(ScanState *ss, TupleTableSlot *slot)
{
	return true;
}

static TupleTableSlot *
node_group_exec(CustomScanState *css)
{
	return ExecScan(&css->ss, node_group_next, node_group_recheck);
}

static void
node_group_stop_seq(PglGroupState *state)
{
	if (state->in_seq)
		hash_seq_term(&state->seq);
	state->in_seq = false;
}

static void
node_group_end(CustomScanState *css)
{
	PglGroupState *state = (PglGroupState *) css;

	node_group_stop_seq(state);
	pgl_stat_add(&state->reader);
	pgl_reader_end(&state->reader);
	table_close(state->rel, NoLock);
}

static void
node_group_rescan(CustomScanState *css)
{
	PglGroupState *state = (PglGroupState *) css;

	ExecScanReScan(&css->ss);
	node_group_stop_seq(state);
	state->done = false;
}

static Size
node_group_estimate_dsm(CustomScanState *css, ParallelContext *pcxt)
{
	return pgl_parallel_size(pcxt);
}

static void
node_group_init_dsm(CustomScanState *css, ParallelContext *pcxt, void *at)
{
	pgl_parallel_begin(&((PglGroupState *) css)->reader, pcxt, at);
}

static void
node_group_reset_dsm(CustomScanState *css, ParallelContext *pcxt, void *at)
{
	pgl_parallel_again(at);
}

static void
node_group_init_worker(CustomScanState *css, shm_toc *toc, void *at)
{
	pgl_parallel_join(&((PglGroupState *) css)->reader, at);
}

static void
node_group_shutdown(CustomScanState *css)
{
	pgl_parallel_tell(&((PglGroupState *) css)->reader);
}

static void
node_group_explain(CustomScanState *css, List *ancestors, ExplainState *es)
{
	PglGroupState *state = (PglGroupState *) css;

	ExplainPropertyText("Relation", RelationGetRelationName(state->rel), es);
	pgl_explain(es, &state->reader, NIL, state->conds, state->varno);
}

const CustomScanMethods pgl_group_methods = {
	.CustomName = "Lambda Aggregate",
	.CreateCustomScanState = node_group_create,
};

/* Of a part of the table, to be put together with the others. */
const CustomScanMethods pgl_partial_methods = {
	.CustomName = "Lambda Partial Aggregate",
	.CreateCustomScanState = node_group_create,
};

const CustomExecMethods pgl_group_exec_methods = {
	.CustomName = "Lambda Aggregate",
	.BeginCustomScan = node_group_begin,
	.ExecCustomScan = node_group_exec,
	.EndCustomScan = node_group_end,
	.ReScanCustomScan = node_group_rescan,
	.EstimateDSMCustomScan = node_group_estimate_dsm,
	.InitializeDSMCustomScan = node_group_init_dsm,
	.ReInitializeDSMCustomScan = node_group_reset_dsm,
	.InitializeWorkerCustomScan = node_group_init_worker,
	.ShutdownCustomScan = node_group_shutdown,
	.ExplainCustomScan = node_group_explain,
};
