// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Hash joins whose outer side a λ scans: it knows the keys of the inner side by then,
 * and leaves rows that would find none.
 */
#include "pg_lambda.h"

#include "nodes/makefuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "optimizer/restrictinfo.h"
#include "parser/parsetree.h"
#include "utils/selfuncs.h"

/* Of rows, so many are left at least; else to look for keys is no gain. */
#define PLAN_JOIN_SHARE	0.5

static set_join_pathlist_hook_type plan_join_next_hook;

/* Whether a clause says what is to be hashed of each side. */
static bool
plan_join_may_hash(RestrictInfo *info, RelOptInfo *outer, RelOptInfo *inner)
{
	if (!info->can_join || info->hashjoinoperator == InvalidOid)
		return false;
	info->outer_is_left = bms_is_subset(info->left_relids, outer->relids) &&
		bms_is_subset(info->right_relids, inner->relids);
	return info->outer_is_left ||
		(bms_is_subset(info->left_relids, inner->relids) &&
		 bms_is_subset(info->right_relids, outer->relids));
}

/* The column of the outer side, if both are columns of one kind of integers. */
static Var *
plan_join_key(RestrictInfo *info, Var **inner)
{
	OpExpr	   *op = (OpExpr *) info->clause;
	Expr	   *outer;

	if (!IsA(op, OpExpr) || !pgl_join_is_equality(op->opno))
		return NULL;
	outer = info->outer_is_left ? linitial(op->args) : lsecond(op->args);
	*inner = info->outer_is_left ? lsecond(op->args) : linitial(op->args);
	if (!IsA(outer, Var) || !IsA(*inner, Var))
		return NULL;
	return (Var *) outer;
}

/* Of the rows of the outer side, which part has a key of the inner one. */
static double
plan_join_share(PlannerInfo *root, RelOptInfo *outer, RelOptInfo *inner,
				Var *key, Var *other)
{
	double		keys = estimate_num_groups(root, list_make1(key),
										   outer->tuples, NULL, NULL);
	double		others = estimate_num_groups(root, list_make1(other),
											 inner->rows, NULL, NULL);

	return Min(1, others / Max(keys, 1));
}

/*
 * Clauses to hash by, and of them the key that leaves most; 0: there is none that is
 * worth it.
 */
static int
plan_join_clauses(PlannerInfo *root, RelOptInfo *outer, RelOptInfo *inner,
				  List *restricts, List **hashed, double *share)
{
	int			key = 0;
	ListCell   *lc;

	*share = pgl_always ? 2 : PLAN_JOIN_SHARE;
	foreach(lc, restricts)
	{
		RestrictInfo *info = lfirst_node(RestrictInfo, lc);
		Var		   *other,
				   *var;
		double		part;

		if (!plan_join_may_hash(info, outer, inner))
			continue;
		*hashed = lappend(*hashed, info);
		var = plan_join_key(info, &other);
		if (var == NULL || var->varattno <= 0)
			continue;
		part = plan_join_share(root, outer, inner, var, other);
		if (part >= *share)
			continue;
		*share = part;
		key = var->varattno;
	}
	return key;
}

static void
plan_join_add(PlannerInfo *root, RelOptInfo *joinrel, JoinType jointype,
			  JoinPathExtraData *extra, Path *outer, Path *inner,
			  List *hashed)
{
	JoinCostWorkspace workspace;

	initial_cost_hashjoin(root, &workspace, jointype, hashed, outer, inner,
						  extra, false);
	/* Of a table in several parts the keys are not at hand. */
	if (workspace.numbatches > 1 ||
		!add_path_precheck(joinrel, workspace.startup_cost,
						   workspace.total_cost, NIL, NULL))
		return;
	add_path(joinrel, (Path *)
			 create_hashjoin_path(root, joinrel, jointype, &workspace, extra,
								  outer, inner, false, extra->restrictlist,
								  NULL, hashed));
}

static void
plan_join_hook(PlannerInfo *root, RelOptInfo *joinrel, RelOptInfo *outer,
			   RelOptInfo *inner, JoinType jointype, JoinPathExtraData *extra)
{
	Path	   *inside = inner->cheapest_total_path;
	List	   *hashed = NIL;
	Path	   *scan;
	double		share;
	int			key;

	if (plan_join_next_hook)
		plan_join_next_hook(root, joinrel, outer, inner, jointype, extra);
	if (pgl_side == PGL_SIDE_OFF || pgl_backward || !pgl_joins ||
		!enable_seqscan || !enable_hashjoin ||
		(jointype != JOIN_INNER && jointype != JOIN_SEMI) ||
		outer->reloptkind != RELOPT_BASEREL ||
		outer->rtekind != RTE_RELATION ||
		!bms_is_empty(outer->lateral_relids) ||
		!bms_is_empty(joinrel->lateral_relids) || inside == NULL ||
		!bms_is_empty(PATH_REQ_OUTER(inside)))
		return;
	key = plan_join_clauses(root, outer, inner, extra->restrictlist, &hashed,
							&share);
	if (key == 0)
		return;
	scan = pgl_scan_path(root, outer, key, share);
	if (scan != NULL)
		plan_join_add(root, joinrel, jointype, extra, scan, inside, hashed);
}

void
pgl_plan_join_init(void)
{
	plan_join_next_hook = set_join_pathlist_hook;
	set_join_pathlist_hook = plan_join_hook;
}
