// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Paths that aggregate a table by a λ. */
#include "plan_group.h"

#include <math.h>

#include "access/table.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/planner.h"
#include "optimizer/restrictinfo.h"
#include "optimizer/tlist.h"
#include "parser/parsetree.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/selfuncs.h"

/* What a λ takes of what PostgreSQL expects for keys and aggregates of a row. */
#define PLAN_AGG_SHARE	0.35
#define PLAN_GROUP_OUT	2.5		/* to put a group out, in rows of the executor */
#define PLAN_GROUPS_MAX	1000	/* that are expected, where costs are of no matter */

static create_upper_paths_hook_type plan_group_next_hook;

static bool
plan_group_conditions(PglPlanGroup *group)
{
	ListCell   *lc;

	foreach(lc, pgl_order_clauses(group->root, group->rel->baserestrictinfo))
	{
		RestrictInfo *info = lfirst_node(RestrictInfo, lc);
		int			next = pgl_code_label(&group->code);

		if (info->pseudoconstant ||
			!restriction_is_securely_promotable(info, group->rel) ||
			!pgl_condition(&group->code, info->clause, false, next, next))
			return false;
		group->conds = lappend(group->conds, info->clause);
	}
	return true;
}

/* Whether a column may be grouped by: equal values have equal bytes. */
static bool
plan_group_key_fits(PglPlanGroup *group, Expr *expr)
{
	PglType		type;

	if (!IsA(expr, Var) || pgl_column(&group->code, expr) == NULL ||
		!pgl_type_of(expr, &type))
		return false;
	switch (type.kind)
	{
		case PGL_KIND_INT:
		case PGL_KIND_DATE:
		case PGL_KIND_TIME:
			return true;
		case PGL_KIND_BPCHAR:
			/* Padded to a length, so that blanks do not tell them apart. */
			return exprTypmod((Node *) expr) > 0 &&
				get_collation_isdeterministic(exprCollation((Node *) expr));
		case PGL_KIND_TEXT:
			return get_collation_isdeterministic(exprCollation((Node *) expr));
		default:
			return false;
	}
}

/* What is grouped by, as the columns of @target have it that are marked so. */
static bool
plan_group_keys(PglPlanGroup *group, PathTarget *target)
{
	List	   *clauses = group->root->parse->groupClause;
	Bitmapset  *found = NULL;
	ListCell   *lc;

	foreach(lc, target->exprs)
	{
		Index		ref = get_pathtarget_sortgroupref(target,
													  foreach_current_index(lc));

		if (ref == 0 || get_sortgroupref_clause_noerr(ref, clauses) == NULL)
			continue;
		if (!plan_group_key_fits(group, lfirst(lc)))
			return false;
		group->keys = list_append_unique(group->keys, lfirst(lc));
		found = bms_add_member(found, ref);
	}
	foreach(lc, clauses)
	{
		if (!bms_is_member(lfirst_node(SortGroupClause, lc)->tleSortGroupRef,
						   found))
			return false;
	}
	return list_length(group->keys) <= PGL_KEYS_MAX;
}

static bool
plan_group_is_known(Oid func)
{
	switch (func)
	{
		case F_SUM_INT2:
		case F_SUM_INT4:
		case F_SUM_INT8:
		case F_SUM_NUMERIC:
		case F_AVG_INT2:
		case F_AVG_INT4:
		case F_AVG_INT8:
		case F_AVG_NUMERIC:
		case F_MIN_INT2:
		case F_MIN_INT4:
		case F_MIN_INT8:
		case F_MIN_DATE:
		case F_MIN_TIMESTAMP:
		case F_MIN_TIMESTAMPTZ:
		case F_MIN_NUMERIC:
		case F_MAX_INT2:
		case F_MAX_INT4:
		case F_MAX_INT8:
		case F_MAX_DATE:
		case F_MAX_TIMESTAMP:
		case F_MAX_TIMESTAMPTZ:
		case F_MAX_NUMERIC:
			return true;
		default:
			return false;
	}
}

/* A value that has a sum, whose digits behind the point are known. */
static bool
plan_group_arg_fits(PglPlanGroup *group, Oid func, Expr *arg)
{
	int			next = pgl_code_label(&group->code);
	PglType		type;

	if (func == F_COUNT_ANY)
		return pgl_column(&group->code, arg) != NULL;
	return plan_group_is_known(func) &&
		pgl_value(&group->code, arg, 0, next, &type) &&
		(type.kind != PGL_KIND_NUMERIC || type.dscale >= 0);
}

static bool
plan_group_agg(PglPlanGroup *group, Aggref *agg)
{
	Expr	   *arg;

	if (agg->aggfilter != NULL || agg->aggdistinct != NIL ||
		agg->aggorder != NIL || agg->aggdirectargs != NIL ||
		agg->agglevelsup != 0 || agg->aggsplit != group->split)
		return false;
	if (list_member(group->aggs, agg))
		return true;
	group->aggs = lappend(group->aggs, agg);
	if (agg->aggstar)
		return agg->aggfnoid == F_COUNT_;
	if (list_length(agg->args) != 1)
		return false;
	arg = linitial_node(TargetEntry, agg->args)->expr;
	if (!plan_group_arg_fits(group, agg->aggfnoid, arg))
		return false;
	group->args = list_append_unique(group->args, arg);
	return list_length(group->args) <= PGL_VALUES;
}

/* Whether all that is put out is made of keys and known aggregates. */
static bool
plan_group_target(PglPlanGroup *group, PathTarget *target, Node *having)
{
	List	   *parts = pull_var_clause((Node *) target->exprs,
										PVC_INCLUDE_AGGREGATES |
										PVC_RECURSE_WINDOWFUNCS |
										PVC_RECURSE_PLACEHOLDERS);
	ListCell   *lc;

	parts = list_concat(parts, pull_var_clause(having,
											   PVC_INCLUDE_AGGREGATES |
											   PVC_RECURSE_PLACEHOLDERS));
	foreach(lc, parts)
	{
		Node	   *node = lfirst(lc);

		if (IsA(node, Aggref) ? !plan_group_agg(group, (Aggref *) node) :
			!list_member(group->keys, node))
			return false;
	}
	return true;
}

static bool
plan_group_params_walker(Node *node, List **params)
{
	if (node == NULL)
		return false;
	if (IsA(node, Param) && ((Param *) node)->paramkind == PARAM_EXEC)
		*params = list_append_unique(*params, node);
	return expression_tree_walker(node, plan_group_params_walker, params);
}

/* Keys, then aggregates, in the order in which the node puts them out. */
static List *
plan_group_tlist(List *keys, List *aggs)
{
	List	   *tlist = NIL;
	ListCell   *lc;

	foreach(lc, list_concat_copy(keys, aggs))
		tlist = lappend(tlist, makeTargetEntry(lfirst(lc),
											   list_length(tlist) + 1, NULL,
											   false));
	return tlist;
}

static const CustomPathMethods plan_group_path_methods;
static const CustomPathMethods plan_partial_path_methods;

static Plan *
plan_group_make(PlannerInfo *root, RelOptInfo *rel, CustomPath *path,
				List *tlist, List *clauses, List *plans)
{
	CustomScan *scan = makeNode(CustomScan);
	List	   *conds = lthird(path->custom_private);
	List	   *aggs = list_nth(path->custom_private, 4);
	List	   *params = NIL;

	fix_opfuncids((Node *) conds);
	fix_opfuncids((Node *) aggs);
	(void) plan_group_params_walker((Node *) conds, &params);
	(void) plan_group_params_walker((Node *) aggs, &params);
	scan->scan.plan.targetlist = tlist;
	scan->scan.plan.qual = llast(path->custom_private);
	scan->scan.scanrelid = 0;
	scan->custom_exprs = params;
	scan->custom_scan_tlist = plan_group_tlist(lfourth(path->custom_private),
											   aggs);
	scan->custom_private = list_copy_head(path->custom_private, 5);
	scan->flags = path->flags;
	scan->methods = path->methods == &plan_partial_path_methods ?
		&pgl_partial_methods : &pgl_group_methods;
	return &scan->scan.plan;
}

static const CustomPathMethods plan_group_path_methods = {
	.CustomName = "Lambda Aggregate",
	.PlanCustomPath = plan_group_make,
};

static const CustomPathMethods plan_partial_path_methods = {
	.CustomName = "Lambda Partial Aggregate",
	.PlanCustomPath = plan_group_make,
};

/* Groups that so many rows make. */
double
pgl_plan_group_count(PglPlanGroup *group, double rows)
{
	if (group->keys == NIL)
		return 1;
	return estimate_num_groups(group->root, group->keys, rows, NULL, NULL);
}

/* All there is to do before the first group is put out. */
static Cost
plan_group_cost(PglPlanGroup *group, double rows)
{
	/* Each request has groups of its own, which are put together. */
	double		groups = Min(rows * ceil((double) group->rel->pages /
										 PGL_BLOCKS), group->rel->rows);
	Cost		agg = PLAN_AGG_SHARE * cpu_operator_cost *
		(list_length(group->keys) + list_length(group->aggs));

	return pgl_cost(group->root, group->rel, group->conds, groups,
					PLAN_GROUP_OUT) +
		(pgl_always ? 0 : group->rel->rows * agg);
}

/* Of the whole table; NULL: it has too many groups. */
CustomPath *
pgl_plan_group_path(PglPlanGroup *group, RelOptInfo *output,
					PathTarget *target, Node *having)
{
	CustomPath *path = makeNode(CustomPath);
	double		rows = pgl_plan_group_count(group, group->rel->rows);
	QualCost	qual;

	/* Beyond as many a request leaves its pages. */
	if (rows > (pgl_always ? PLAN_GROUPS_MAX : PGL_GROUPS))
		return NULL;
	path->path.pathtype = T_CustomScan;
	path->path.parent = output;
	path->path.pathtarget = target;
	path->path.parallel_safe = output->consider_parallel &&
		group->rel->consider_parallel;
	path->path.rows = rows;
	cost_qual_eval(&qual, (List *) having, group->root);
	path->path.startup_cost = plan_group_cost(group, rows) + qual.startup +
		target->cost.startup;
	path->path.total_cost = path->path.startup_cost + rows *
		(cpu_tuple_cost + qual.per_tuple + target->cost.per_tuple);
	path->flags = CUSTOMPATH_SUPPORT_PROJECTION;
	path->custom_private =
		lappend(list_make5(list_make1_oid(group->relid),
						   list_make1_int(group->rel->relid), group->conds,
						   group->keys, group->aggs), having);
	path->methods = group->split == AGGSPLIT_SIMPLE ?
		&plan_group_path_methods : &plan_partial_path_methods;
	return path;
}

/* Whether a λ can compute @target of the rows of a table, and what @having wants. */
bool
pgl_plan_group_fits(PglPlanGroup *group, PathTarget *target, Node *having)
{
	RelOptInfo *rel = group->rel;
	RangeTblEntry *rte;
	Relation	relation;
	bool		fits;

	if ((rel->reloptkind != RELOPT_BASEREL &&
		 rel->reloptkind != RELOPT_OTHER_MEMBER_REL) || IS_DUMMY_REL(rel) ||
		!bms_is_empty(rel->lateral_relids))
		return false;
	rte = planner_rt_fetch(rel->relid, group->root);
	if (pgl_relation_unfit(group->root, rel, rte) != NULL)
		return false;
	group->relid = rte->relid;
	relation = table_open(group->relid, NoLock);
	pgl_code_begin(&group->code, RelationGetDescr(relation), rel->relid, NULL);
	fits = plan_group_conditions(group) && plan_group_keys(group, target) &&
		plan_group_target(group, target, having);
	table_close(relation, NoLock);
	return fits;
}

static void
plan_group_whole(PlannerInfo *root, RelOptInfo *input, RelOptInfo *output,
				 GroupPathExtraData *extra)
{
	PglPlanGroup group = {.root = root,.rel = input,.split = AGGSPLIT_SIMPLE};
	CustomPath *path;

	if (!pgl_plan_group_fits(&group, output->reltarget, extra->havingQual))
		return;
	path = pgl_plan_group_path(&group, output, output->reltarget,
							   extra->havingQual);
	if (path != NULL)
		add_path(output, &path->path);
}

static void
plan_group_hook(PlannerInfo *root, UpperRelationKind stage, RelOptInfo *input,
				RelOptInfo *output, void *extra)
{
	if (plan_group_next_hook)
		plan_group_next_hook(root, stage, input, output, extra);
	if (stage != UPPERREL_GROUP_AGG || pgl_side == PGL_SIDE_OFF ||
		pgl_backward || !enable_seqscan || !pgl_aggregates ||
		root->parse->groupingSets != NIL)
		return;
	if (!pgl_plan_partial(root, input, output, extra))
		plan_group_whole(root, input, output, extra);
}

void
pgl_plan_group_init(void)
{
	plan_group_next_hook = create_upper_paths_hook;
	create_upper_paths_hook = plan_group_hook;
	RegisterCustomScanMethods(&pgl_group_methods);
	RegisterCustomScanMethods(&pgl_partial_methods);
}
