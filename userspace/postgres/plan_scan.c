// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Paths that scan a table by a λ, beside those that PostgreSQL has. */
#include "pg_lambda.h"

#include "access/sysattr.h"
#include "access/table.h"
#include "catalog/pg_type_d.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "optimizer/restrictinfo.h"
#include "parser/parsetree.h"
#include "utils/spccache.h"

/* What a λ takes of what the executor takes, for a row and for a condition. */
#define PLAN_ROW_SHARE		0.1
#define PLAN_QUAL_SHARE		0.25

static set_rel_pathlist_hook_type plan_scan_next_hook;

static bool
plan_scan_needs_system(RelOptInfo *rel)
{
	for (int i = rel->min_attr; i < 0; i++)
	{
		if (i != SelfItemPointerAttributeNumber &&
			i != TableOidAttributeNumber &&
			!bms_is_empty(rel->attr_needed[i - rel->min_attr]))
			return true;
	}
	return false;
}

/* Why a relation of a query is not for λs; NULL: it is. */
const char *
pgl_relation_unfit(PlannerInfo *root, RelOptInfo *rel, RangeTblEntry *rte)
{
	const char *why = NULL;
	Relation	relation;

	if (rte->rtekind != RTE_RELATION || rte->inh ||
		(rte->relkind != RELKIND_RELATION && rte->relkind != RELKIND_MATVIEW))
		return "it is not a table";
	if (rte->tablesample != NULL)
		return "it is sampled";
	if (root->rowMarks != NIL || bms_is_member(rel->relid,
											   root->all_result_relids))
		return "rows are locked or changed";
	if (plan_scan_needs_system(rel))
		return "a system column is wanted";
	relation = table_open(rte->relid, NoLock);
	(void) pgl_relation_fits(relation, &why);
	table_close(relation, NoLock);
	return why;
}

/* Whether a condition can be pushed down. */
bool
pgl_clause_fits(Expr *clause, Index varno, Oid relid, const char **why)
{
	Relation	relation = table_open(relid, NoLock);
	PglCode		code;
	int			next;
	bool		fits;

	pgl_code_begin(&code, RelationGetDescr(relation), varno, NULL);
	next = pgl_code_label(&code);
	fits = pgl_condition(&code, clause, false, next, next);
	*why = code.why;
	table_close(relation, NoLock);
	return fits;
}

/*
 * Conditions in the order in which PostgreSQL tests them, so that one which raises
 * an error is behind those that are to keep it from that.
 */
List *
pgl_order_clauses(PlannerInfo *root, List *clauses)
{
	List	   *ordered = NIL;
	List	   *costs = NIL;
	ListCell   *lc;

	foreach(lc, clauses)
	{
		RestrictInfo *info = lfirst_node(RestrictInfo, lc);
		double	   *rank = palloc(sizeof(double));
		QualCost	cost;
		int			at = list_length(ordered);

		cost_qual_eval_node(&cost, (Node *) info->clause, root);
		*rank = cost.per_tuple + (info->leakproof && cost.per_tuple <
								  10 * cpu_operator_cost ? 0 :
								  1e20 * info->security_level);
		while (at > 0 && *(double *) list_nth(costs, at - 1) > *rank)
			at--;
		ordered = list_insert_nth(ordered, at, info);
		costs = list_insert_nth(costs, at, rank);
	}
	list_free_deep(costs);
	return ordered;
}

/* Whether it may raise an error, of what is pushed down. */
static bool
plan_scan_may_fail(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, FuncExpr) ||
		(IsA(node, OpExpr) && ((OpExpr *) node)->opresulttype != BOOLOID))
		return true;
	return expression_tree_walker(node, plan_scan_may_fail, context);
}

/*
 * Conditions of a relation that may be tested in front of all others, and can
 * be by a λ. The others go to *@rest, with the reasons in *@notes.
 */
static List *
plan_scan_divide(PlannerInfo *root, RelOptInfo *rel, Oid relid, List *clauses,
				 List **rest, List **notes)
{
	List	   *pushed = NIL;
	ListCell   *lc;

	foreach(lc, pgl_order_clauses(root, clauses))
	{
		RestrictInfo *info = lfirst_node(RestrictInfo, lc);
		const char *why = "it is behind a security barrier";

		if (info->pseudoconstant)
			continue;
		if (restriction_is_securely_promotable(info, rel) &&
			pgl_clause_fits(info->clause, rel->relid, relid, &why))
		{
			/* It stays behind what is tested in front of it. */
			if (*rest == NIL ||
				!plan_scan_may_fail((Node *) info->clause, NULL))
			{
				pushed = lappend(pushed, info->clause);
				continue;
			}
			why = "an error behind what is not pushed down";
		}
		*rest = lappend(*rest, info->clause);
		*notes = lappend(*notes, makeString(pstrdup(why)));
	}
	return pushed;
}

/* Of a scan that puts out *@rows. */
Cost
pgl_cost(RelOptInfo *rel, List *pushed, double *rows)
{
	double		page_cost,
				share = rel->allvisfrac;
	QualCost	qual;
	Cost		ordinary,
				quick;

	get_tablespace_page_costs(rel->reltablespace, NULL, &page_cost);
	cost_qual_eval(&qual, pushed, NULL);
	ordinary = cpu_tuple_cost + qual.per_tuple;
	quick = PLAN_ROW_SHARE * cpu_tuple_cost +
		PLAN_QUAL_SHARE * qual.per_tuple;
	if (pgl_always)
		return 0;
	return page_cost * rel->pages +
		rel->tuples * (share * quick + (1 - share) * 1.1 * ordinary) +
		*rows * cpu_tuple_cost;
}

static Plan *
plan_scan_make(PlannerInfo *root, RelOptInfo *rel, CustomPath *path,
			   List *tlist, List *clauses, List *plans)
{
	CustomScan *scan = makeNode(CustomScan);
	List	   *rest = NIL,
			   *notes = NIL;
	Oid			relid = planner_rt_fetch(rel->relid, root)->relid;

	scan->custom_exprs = plan_scan_divide(root, rel, relid, clauses, &rest,
										  &notes);
	scan->scan.plan.targetlist = tlist;
	scan->scan.plan.qual = rest;
	scan->scan.scanrelid = rel->relid;
	scan->custom_private = list_make1(notes);
	scan->flags = path->flags;
	scan->methods = &pgl_scan_methods;
	return &scan->scan.plan;
}

static const CustomPathMethods plan_scan_path_methods = {
	.CustomName = "Lambda Scan",
	.PlanCustomPath = plan_scan_make,
};

static CustomPath *
plan_scan_path(PlannerInfo *root, RelOptInfo *rel, List *pushed, List *rest)
{
	CustomPath *path = makeNode(CustomPath);
	double		rows = rel->tuples *
		clauselist_selectivity(root, pushed, rel->relid, JOIN_INNER, NULL);
	QualCost	qual;

	path->path.pathtype = T_CustomScan;
	path->path.parent = rel;
	path->path.pathtarget = rel->reltarget;
	path->path.param_info =
		get_baserel_parampathinfo(root, rel, rel->lateral_relids);
	path->path.parallel_safe = rel->consider_parallel;
	path->path.rows = path->path.param_info ?
		path->path.param_info->ppi_rows : rel->rows;
	cost_qual_eval(&qual, rest, root);
	path->path.startup_cost = rel->reltarget->cost.startup + qual.startup;
	path->path.total_cost = path->path.startup_cost +
		pgl_cost(rel, pushed, &rows) + rows * qual.per_tuple +
		path->path.rows * rel->reltarget->cost.per_tuple;
	path->flags = CUSTOMPATH_SUPPORT_PROJECTION;
	path->methods = &plan_scan_path_methods;
	return path;
}

/* As parallel scans of PostgreSQL do, workers share what there is to do. */
static void
plan_scan_partial(RelOptInfo *rel, const CustomPath *whole)
{
	CustomPath *path;
	int			workers = compute_parallel_worker(rel, rel->pages, -1,
												  max_parallel_workers_per_gather);
	double		divisor;

	if (workers <= 0)
		return;
	path = makeNode(CustomPath);
	*path = *whole;
	divisor = workers;
	if (parallel_leader_participation && workers < 4)
		divisor += 1.0 - 0.3 * workers;
	path->path.parallel_aware = true;
	path->path.parallel_workers = workers;
	path->path.rows = clamp_row_est(path->path.rows / divisor);
	/* The disk is one, as PostgreSQL has it, but is a part of this all. */
	path->path.total_cost = path->path.startup_cost +
		(path->path.total_cost - path->path.startup_cost) / divisor;
	add_partial_path(rel, &path->path);
}

static void
plan_scan_hook(PlannerInfo *root, RelOptInfo *rel, Index rti,
			   RangeTblEntry *rte)
{
	List	   *rest = NIL,
			   *notes = NIL,
			   *pushed;
	CustomPath *path;

	if (plan_scan_next_hook)
		plan_scan_next_hook(root, rel, rti, rte);
	if (pgl_side == PGL_SIDE_OFF || rel->baserestrictinfo == NIL ||
		IS_DUMMY_REL(rel) || pgl_relation_unfit(root, rel, rte) != NULL)
		return;
	pushed = plan_scan_divide(root, rel, rte->relid, rel->baserestrictinfo,
							  &rest, &notes);
	if (pushed == NIL)
		return;
	path = plan_scan_path(root, rel, pushed, rest);
	if (rel->consider_parallel && bms_is_empty(rel->lateral_relids))
		plan_scan_partial(rel, path);
	add_path(rel, &path->path);
}

void
pgl_plan_scan_init(void)
{
	plan_scan_next_hook = set_rel_pathlist_hook;
	set_rel_pathlist_hook = plan_scan_hook;
	RegisterCustomScanMethods(&pgl_scan_methods);
}
