// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Paths that aggregate a table by a λ. */
#include "pg_lambda.h"

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

/* What is to be computed, while it is found out whether a λ can. */
typedef struct PlanGroup
{
	PlannerInfo *root;
	RelOptInfo *rel;
	Oid			relid;
	PglCode		code;
	List	   *conds;
	List	   *keys;
	List	   *aggs;			/* Aggref */
	List	   *args;			/* that differ */
} PlanGroup;

static bool
plan_group_conditions(PlanGroup *group)
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
plan_group_key_fits(PlanGroup *group, Expr *expr)
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

static bool
plan_group_keys(PlanGroup *group)
{
	Query	   *parse = group->root->parse;
	ListCell   *lc;

	foreach(lc, parse->groupClause)
	{
		Expr	   *expr = (Expr *)
			get_sortgroupclause_expr(lfirst(lc), group->root->processed_tlist);

		if (!plan_group_key_fits(group, expr))
			return false;
		group->keys = list_append_unique(group->keys, expr);
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
plan_group_arg_fits(PlanGroup *group, Oid func, Expr *arg)
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
plan_group_agg(PlanGroup *group, Aggref *agg)
{
	Expr	   *arg;

	if (agg->aggfilter != NULL || agg->aggdistinct != NIL ||
		agg->aggorder != NIL || agg->aggdirectargs != NIL ||
		agg->agglevelsup != 0 || agg->aggsplit != AGGSPLIT_SIMPLE)
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
plan_group_target(PlanGroup *group, Node *having)
{
	PathTarget *target = group->root->upper_targets[UPPERREL_GROUP_AGG];
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

static Plan *
plan_group_make(PlannerInfo *root, RelOptInfo *rel, CustomPath *path,
				List *tlist, List *clauses, List *plans)
{
	CustomScan *scan = makeNode(CustomScan);
	List	   *conds = lthird(path->custom_private);
	List	   *aggs = llast(path->custom_private);
	List	   *params = NIL;

	fix_opfuncids((Node *) conds);
	fix_opfuncids((Node *) aggs);
	(void) plan_group_params_walker((Node *) conds, &params);
	(void) plan_group_params_walker((Node *) aggs, &params);
	scan->scan.plan.targetlist = tlist;
	scan->scan.plan.qual = (List *) root->parse->havingQual;
	scan->scan.scanrelid = 0;
	scan->custom_exprs = params;
	scan->custom_scan_tlist = plan_group_tlist(lfourth(path->custom_private),
											   aggs);
	scan->custom_private = path->custom_private;
	scan->flags = path->flags;
	scan->methods = &pgl_group_methods;
	return &scan->scan.plan;
}

static const CustomPathMethods plan_group_path_methods = {
	.CustomName = "Lambda Aggregate",
	.PlanCustomPath = plan_group_make,
};

static double
plan_group_count(PlanGroup *group)
{
	if (group->keys == NIL)
		return 1;
	return estimate_num_groups(group->root, group->keys, group->rel->rows,
							   NULL, NULL);
}

static void
plan_group_cost(PlanGroup *group, Path *path, Node *having)
{
	QualCost	target;
	/* Each request has groups of its own, which are put together. */
	double		groups = Min(path->rows * ceil((double) group->rel->pages /
											   PGL_BLOCKS), group->rel->rows);
	Cost		agg = PLAN_AGG_SHARE * cpu_operator_cost *
		(list_length(group->keys) + list_length(group->aggs));

	cost_qual_eval(&target, (List *) having, group->root);
	path->startup_cost = pgl_cost(group->root, group->rel, group->conds,
								  groups, PLAN_GROUP_OUT) +
		(pgl_always ? 0 : group->rel->rows * agg) + target.startup +
		path->pathtarget->cost.startup;
	path->total_cost = path->startup_cost + path->rows *
		(cpu_tuple_cost + target.per_tuple + path->pathtarget->cost.per_tuple);
}

static void
plan_group_add(PlanGroup *group, RelOptInfo *output, Node *having)
{
	CustomPath *path = makeNode(CustomPath);
	double		rows = plan_group_count(group);

	/* Beyond as many a request leaves its pages. */
	if (rows > (pgl_always ? PLAN_GROUPS_MAX : PGL_GROUPS))
		return;
	path->path.pathtype = T_CustomScan;
	path->path.parent = output;
	path->path.pathtarget = group->root->upper_targets[UPPERREL_GROUP_AGG];
	path->path.parallel_safe = false;
	path->path.rows = rows;
	plan_group_cost(group, &path->path, having);
	path->flags = CUSTOMPATH_SUPPORT_PROJECTION;
	path->custom_private = list_make5(list_make1_oid(group->relid),
									  list_make1_int(group->rel->relid),
									  group->conds, group->keys, group->aggs);
	path->methods = &plan_group_path_methods;
	add_path(output, &path->path);
}

static bool
plan_group_fits(PlanGroup *group, Node *having)
{
	Relation	relation = table_open(group->relid, NoLock);
	bool		fits;

	pgl_code_begin(&group->code, RelationGetDescr(relation),
				   group->rel->relid, NULL);
	fits = plan_group_conditions(group) && plan_group_keys(group) &&
		plan_group_target(group, having);
	table_close(relation, NoLock);
	return fits;
}

static void
plan_group_hook(PlannerInfo *root, UpperRelationKind stage, RelOptInfo *input,
				RelOptInfo *output, void *extra)
{
	PlanGroup	group = {.root = root,.rel = input};
	RangeTblEntry *rte;
	Node	   *having;

	if (plan_group_next_hook)
		plan_group_next_hook(root, stage, input, output, extra);
	if (stage != UPPERREL_GROUP_AGG || pgl_side == PGL_SIDE_OFF ||
		pgl_backward || !enable_seqscan || !pgl_aggregates ||
		input->reloptkind != RELOPT_BASEREL ||
		root->parse->groupingSets != NIL || IS_DUMMY_REL(input) ||
		!bms_is_empty(input->lateral_relids))
		return;
	rte = planner_rt_fetch(input->relid, root);
	if (pgl_relation_unfit(root, input, rte) != NULL)
		return;
	group.relid = rte->relid;
	having = ((GroupPathExtraData *) extra)->havingQual;
	if (plan_group_fits(&group, having))
		plan_group_add(&group, output, having);
}

void
pgl_plan_group_init(void)
{
	plan_group_next_hook = create_upper_paths_hook;
	create_upper_paths_hook = plan_group_hook;
	RegisterCustomScanMethods(&pgl_group_methods);
}
