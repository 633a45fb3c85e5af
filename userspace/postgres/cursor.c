// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Cursors that are declared neither as SCROLL nor as NO SCROLL. Of one whose plan
 * can, PostgreSQL fetches backward, which scans by λs cannot: those that go back
 * without the extension do so with it, by rows that are kept, or by another plan
 * where that is cheaper. Other servers ask by such cursors (postgres_fdw).
 */
#include "pg_lambda.h"

#include "executor/executor.h"
#include "nodes/parsenodes.h"
#include "optimizer/planner.h"

bool		pgl_backward = false;

static planner_hook_type cursor_next_hook;

static PlannedStmt *
cursor_plan_next(Query *parse, const char *text, int options,
				 ParamListInfo params)
{
	return cursor_next_hook ?
		cursor_next_hook(parse, text, options, params) :
		standard_planner(parse, text, options, params);
}

/* The plan without λs. */
static PlannedStmt *
cursor_plan_backward(Query *parse, const char *text, int options,
					 ParamListInfo params)
{
	bool		before = pgl_backward;
	PlannedStmt *plan;

	pgl_backward = true;
	PG_TRY();
	{
		plan = cursor_plan_next(parse, text, options, params);
	}
	PG_FINALLY();
	{
		pgl_backward = before;
	}
	PG_END_TRY();
	return plan;
}

static PlannedStmt *
cursor_plan(Query *parse, const char *text, int options, ParamListInfo params)
{
	bool		may = pgl_side != PGL_SIDE_OFF &&
		(options & CURSOR_OPT_FAST_PLAN) &&
		!(options & (CURSOR_OPT_SCROLL | CURSOR_OPT_NO_SCROLL)) &&
		parse->commandType == CMD_SELECT && parse->rowMarks == NIL;
	/* A query is planned only once. */
	Query	   *second = may ? copyObject(parse) : NULL;
	Query	   *third = may ? copyObject(parse) : NULL;
	PlannedStmt *plan = cursor_plan_next(parse, text, options, params);
	PlannedStmt *other,
			   *kept;

	if (!may || ExecSupportsBackwardScan(plan->planTree))
		return plan;
	other = cursor_plan_backward(second, text, options, params);
	if (!ExecSupportsBackwardScan(other->planTree))
		return plan;
	kept = cursor_plan_next(third, text, options | CURSOR_OPT_SCROLL, params);
	return pgl_always ||
		kept->planTree->total_cost < other->planTree->total_cost ? kept : other;
}

void
pgl_cursor_init(void)
{
	cursor_next_hook = planner_hook;
	planner_hook = cursor_plan;
}
