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

/*
 * What a λ takes over tables that are mapped, measured where the executor takes 57 ns
 * for a row, which is the unit of all but the share of a condition: for a row, for a
 * page beyond what that costs the executor, and to begin; for a row that it puts out,
 * and for each of its bytes, beyond what they cost the executor. Of a condition a row
 * sees so many tests at most.
 */
#define PLAN_ROW			0.26
#define PLAN_QUAL_SHARE		0.3
#define PLAN_QUALS			4
#define PLAN_OUT			0.5
#define PLAN_OUT_BYTE		0.013
#define PLAN_PAGE			13
#define PLAN_LIKE			1.8		/* what a λ spares in a search by LIKE */
#define PLAN_BEGIN			1750

/*
 * A scan by a λ stands in for one of PostgreSQL's where that would be taken. With
 * what else there may be PostgreSQL's costs are not fit to compare it: they have
 * a disk in mind, and a λ saves time of the processor.
 */
#define PLAN_SCAN_LEAST		0.98

/* Of what a scan of PostgreSQL's takes beside the disk, so much is no gain yet. */
#define PLAN_SCAN_EVEN		0.93

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

/* What PostgreSQL's own scan of a relation costs: of the disk, and all. */
Cost
pgl_ordinary_cost(RelOptInfo *rel, Cost *disk)
{
	double		page_cost;

	get_tablespace_page_costs(rel->reltablespace, NULL, &page_cost);
	*disk = page_cost * rel->pages;
	return *disk + rel->tuples *
		(cpu_tuple_cost + rel->baserestrictcost.per_tuple);
}

/* What it takes to put out a row, of the columns that are asked of it. */
static double
plan_scan_out(RelOptInfo *rel)
{
	int			columns = list_length(rel->reltarget->exprs);

	return PLAN_OUT + PLAN_OUT_BYTE *
		(sizeof(struct pgl_row) + sizeof(struct pgl_put) +
		 columns * sizeof(uint64) + rel->reltarget->width);
}

static bool
plan_scan_searches_walker(Node *node, int *count)
{
	if (node == NULL)
		return false;
	if (IsA(node, OpExpr) && pgl_is_search((OpExpr *) node))
		++*count;
	return expression_tree_walker(node, plan_scan_searches_walker, count);
}

/*
 * Searches by LIKE that a row sees. For PostgreSQL they are operators like others, and
 * take it ten times as long.
 */
static double
plan_scan_searches(PlannerInfo *root, RelOptInfo *rel, List *pushed)
{
	double		searches = 0,
				share = 1;
	ListCell   *lc;

	foreach(lc, pushed)
	{
		int			count = 0;

		(void) plan_scan_searches_walker(lfirst(lc), &count);
		searches += share * count;
		share *= clause_selectivity(root, lfirst(lc), rel->relid, JOIN_INNER,
									NULL);
	}
	return searches;
}

/*
 * Of a λ that puts out @rows, each of which takes @out. A page that is not its own is
 * looked at twice.
 */
Cost
pgl_cost(PlannerInfo *root, RelOptInfo *rel, List *pushed, double rows,
		 double out)
{
	double		share = rel->allvisfrac;
	QualCost	qual;
	Cost		ordinary,
				gain,
				disk;

	if (pgl_always)
		return 0;
	cost_qual_eval(&qual, pushed, NULL);
	ordinary = cpu_tuple_cost + qual.per_tuple;
	gain = (1 - PLAN_ROW) * cpu_tuple_cost + (1 - PLAN_QUAL_SHARE) *
		Min(qual.per_tuple, PLAN_QUALS * cpu_operator_cost) +
		PLAN_LIKE * cpu_tuple_cost * plan_scan_searches(root, rel, pushed);
	(void) pgl_ordinary_cost(rel, &disk);
	return disk + cpu_tuple_cost *
		(PLAN_BEGIN + PLAN_PAGE * (double) rel->pages + out * rows) +
		rel->tuples * (share * (ordinary - gain) +
					   (1 - share) * 1.1 * ordinary);
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
	scan->custom_private = list_make2(notes, path->custom_private);
	scan->flags = path->flags;
	scan->methods = &pgl_scan_methods;
	return &scan->scan.plan;
}

static const CustomPathMethods plan_scan_path_methods = {
	.CustomName = "Lambda Scan",
	.PlanCustomPath = plan_scan_make,
};

/*
 * Whether the first rows of a scan may be all that is asked for. To sort or to group
 * takes them all, and then what comes before the first one is of no matter: it would
 * keep λs out of joins where they spare less than a hundredth.
 */
static bool
plan_scan_may_end_early(PlannerInfo *root)
{
	Query	   *parse = root->parse;

	return root->tuple_fraction > 0 && parse->sortClause == NIL &&
		parse->groupClause == NIL && parse->groupingSets == NIL &&
		parse->distinctClause == NIL && !parse->hasAggs &&
		!parse->hasWindowFuncs;
}

/*
 * The time until the first request is over goes by before the first row. False if
 * it is no less than PostgreSQL's own scan.
 */
static bool
plan_scan_cost(PlannerInfo *root, RelOptInfo *rel, Path *path, List *pushed,
			   List *rest, double share)
{
	double		rows = share * rel->tuples *
		clauselist_selectivity(root, pushed, rel->relid, JOIN_INNER, NULL);
	Cost		scan = pgl_cost(root, rel, pushed, rows, plan_scan_out(rel));
	QualCost	qual;
	Cost		disk,
				ordinary = pgl_ordinary_cost(rel, &disk);
	bool		gain;

	cost_qual_eval(&qual, rest, root);
	scan += rows * qual.per_tuple;
	gain = scan - disk < PLAN_SCAN_EVEN * (ordinary - disk);
	if (!pgl_always)
		scan = Max(scan, PLAN_SCAN_LEAST * ordinary);
	path->startup_cost = rel->reltarget->cost.startup + qual.startup;
	path->total_cost = path->startup_cost + scan +
		path->rows * rel->reltarget->cost.per_tuple;
	if (plan_scan_may_end_early(root))
		path->startup_cost += scan * Min(1, (double) PGL_BLOCKS / rel->pages);
	return gain || pgl_always;
}

/*
 * Of rows that have a key of column @key, if that is one; a @share of all has. NULL: it
 * is not worth it.
 */
static CustomPath *
plan_scan_path(PlannerInfo *root, RelOptInfo *rel, List *pushed, List *rest,
			   int key, double share)
{
	CustomPath *path = makeNode(CustomPath);

	path->path.pathtype = T_CustomScan;
	path->path.parent = rel;
	path->path.pathtarget = rel->reltarget;
	path->path.param_info =
		get_baserel_parampathinfo(root, rel, rel->lateral_relids);
	path->path.parallel_safe = rel->consider_parallel;
	path->path.rows = path->path.param_info ?
		path->path.param_info->ppi_rows : rel->rows;
	path->path.rows = clamp_row_est(path->path.rows * share);
	if (!plan_scan_cost(root, rel, &path->path, pushed, rest, share))
		return NULL;
	path->flags = CUSTOMPATH_SUPPORT_PROJECTION;
	path->custom_private = list_make1_int(key);
	path->methods = &plan_scan_path_methods;
	return path;
}

/* For the outer side of a join; NULL: there is none, or it is not worth it. */
Path *
pgl_scan_path(PlannerInfo *root, RelOptInfo *rel, int key, double share)
{
	RangeTblEntry *rte = planner_rt_fetch(rel->relid, root);
	List	   *rest = NIL,
			   *notes = NIL,
			   *pushed;

	if (IS_DUMMY_REL(rel) || pgl_relation_unfit(root, rel, rte) != NULL)
		return NULL;
	pushed = plan_scan_divide(root, rel, rte->relid, rel->baserestrictinfo,
							  &rest, &notes);
	return (Path *) plan_scan_path(root, rel, pushed, rest, key, share);
}

/* Workers that share a table, and how many times as fast it goes with the leader. */
int
pgl_workers(RelOptInfo *rel, double *divisor)
{
	int			workers = compute_parallel_worker(rel, rel->pages, -1,
												  max_parallel_workers_per_gather);

	*divisor = workers;
	if (parallel_leader_participation && workers < 4)
		*divisor += 1.0 - 0.3 * workers;
	return workers;
}

/*
 * As parallel scans of PostgreSQL do, workers share what there is to do, but for
 * the disk, which is one.
 */
static void
plan_scan_partial(RelOptInfo *rel, const CustomPath *whole, Cost disk)
{
	CustomPath *path;
	double		divisor;
	int			workers = pgl_workers(rel, &divisor);

	if (workers <= 0)
		return;
	path = makeNode(CustomPath);
	*path = *whole;
	if (pgl_always)
		disk = 0;
	path->path.parallel_aware = true;
	path->path.parallel_workers = workers;
	path->path.rows = clamp_row_est(path->path.rows / divisor);
	path->path.total_cost = PLAN_SCAN_LEAST * disk +
		(path->path.total_cost - PLAN_SCAN_LEAST * disk) / divisor;
	path->path.startup_cost = Min(path->path.startup_cost,
								  path->path.total_cost);
	add_partial_path(rel, &path->path);
}

static void
plan_scan_hook(PlannerInfo *root, RelOptInfo *rel, Index rti,
			   RangeTblEntry *rte)
{
	List	   *rest = NIL,
			   *notes = NIL,
			   *pushed;
	Cost		disk;
	CustomPath *path;

	if (plan_scan_next_hook)
		plan_scan_next_hook(root, rel, rti, rte);
	if (pgl_side == PGL_SIDE_OFF || pgl_backward || !enable_seqscan ||
		rel->baserestrictinfo == NIL || IS_DUMMY_REL(rel) ||
		pgl_relation_unfit(root, rel, rte) != NULL)
		return;
	pushed = plan_scan_divide(root, rel, rte->relid, rel->baserestrictinfo,
							  &rest, &notes);
	if (pushed == NIL)
		return;
	path = plan_scan_path(root, rel, pushed, rest, 0, 1);
	if (path == NULL)
		return;
	(void) pgl_ordinary_cost(rel, &disk);
	if (rel->consider_parallel && bms_is_empty(rel->lateral_relids))
		plan_scan_partial(rel, path, disk);
	add_path(rel, &path->path);
}

void
pgl_plan_scan_init(void)
{
	plan_scan_next_hook = set_rel_pathlist_hook;
	set_rel_pathlist_hook = plan_scan_hook;
	RegisterCustomScanMethods(&pgl_scan_methods);
}
