// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Finds hash joins, and tells the scan of the outer side which one it is for. */
#include "pg_lambda.h"

#include "executor/executor.h"
#include "executor/hashjoin.h"
#include "nodes/nodeFuncs.h"

#define JOIN_INT2EQ		94	/* operators: pg_operator.dat has no names of them */
#define JOIN_INT4EQ		96
#define JOIN_INT8EQ		410

static ExecutorStart_hook_type join_next_start;

/* Whether an operator finds integers of one kind equal. */
bool
pgl_join_is_equality(Oid opno)
{
	return opno == JOIN_INT2EQ || opno == JOIN_INT4EQ || opno == JOIN_INT8EQ;
}

/* Where column @att of a table is among what its scan puts out; 0: nowhere. */
static int
join_place(Plan *scan, Index varno, int att)
{
	ListCell   *lc;

	foreach(lc, scan->targetlist)
	{
		Var		   *var = (Var *) lfirst_node(TargetEntry, lc)->expr;

		if (IsA(var, Var) && var->varno == varno && var->varattno == att)
			return lfirst_node(TargetEntry, lc)->resno;
	}
	return 0;
}

/* The column of the inner side that the key of the scan is compared with, or 0. */
static AttrNumber
join_inner(HashJoin *join, Hash *hash, int place)
{
	ListCell   *outer,
			   *inner,
			   *op;

	forthree(outer, join->hashkeys, inner, hash->hashkeys,
			 op, join->hashoperators)
	{
		Var		   *var = lfirst(outer);
		Var		   *other = lfirst(inner);

		if (IsA(var, Var) && var->varno == OUTER_VAR &&
			var->varattno == place && IsA(other, Var) &&
			other->varno == OUTER_VAR && pgl_join_is_equality(lfirst_oid(op)))
			return other->varattno;
	}
	return 0;
}

/* Tells a scan which join it is for. */
static void
join_link(HashJoinState *state)
{
	HashJoin   *join = (HashJoin *) state->js.ps.plan;
	PlanState  *outer = outerPlanState(state);
	CustomScan *scan;
	AttrNumber	inner;
	int			key;

	if (!IsA(outer, CustomScanState) ||
		((CustomScanState *) outer)->methods != &pgl_scan_exec_methods ||
		(join->join.jointype != JOIN_INNER && join->join.jointype != JOIN_SEMI))
		return;
	scan = (CustomScan *) outer->plan;
	key = pgl_scan_key(scan);
	if (key == 0)
		return;
	inner = join_inner(join, (Hash *) innerPlan(join),
					   join_place(&scan->scan.plan, scan->scan.scanrelid,
								  key));
	if (inner == 0)
		return;
	pgl_scan_join((CustomScanState *) outer, state, inner);
	/* Else a row would be asked for before there is a hash table. */
	state->hj_OuterNotEmpty = true;
}

static bool
join_walker(PlanState *state, void *context)
{
	if (IsA(state, HashJoinState))
		join_link((HashJoinState *) state);
	return planstate_tree_walker(state, join_walker, context);
}

static void
join_start(QueryDesc *query, int eflags)
{
	if (join_next_start)
		join_next_start(query, eflags);
	else
		standard_ExecutorStart(query, eflags);
	if (query->planstate != NULL)
		(void) join_walker(query->planstate, NULL);
}

void
pgl_join_init(void)
{
	join_next_start = ExecutorStart_hook;
	ExecutorStart_hook = join_start;
}
