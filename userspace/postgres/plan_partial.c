// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Paths that aggregate a table in parts, which PostgreSQL puts together: a part is
 * what a process of a parallel plan comes to, or a partition.
 *
 * The planner has paths of its own for this, and uses them, before it asks extensions
 * for theirs. So those of λs are in a relation beside its own, with what gathers and
 * finishes them.
 */
#include "plan_group.h"

#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "optimizer/tlist.h"
#include "utils/selfuncs.h"

/*
 * What a worker takes to begin, and for a page, beyond what a process takes that has
 * done it before: measured as in plan_scan.c, in rows of the executor.
 */
#define PLAN_PARTIAL_BEGIN	12000
#define PLAN_PARTIAL_PAGE	20
#define PLAN_PARTIAL_LEAST	1e-6	/* of its cost, where that is of no matter */

/* What the planner has of parts for a relation; NULL: it cannot be done in parts. */
static RelOptInfo *
plan_partial_planned(PlannerInfo *root, RelOptInfo *input)
{
	Relids		relids = IS_OTHER_REL(input) ? input->relids : NULL;
	ListCell   *lc;

	foreach(lc, root->upper_rels[UPPERREL_PARTIAL_GROUP_AGG])
	{
		RelOptInfo *rel = lfirst(lc);

		if (bms_equal(rel->relids, relids) &&
			(rel->pathlist != NIL || rel->partial_pathlist != NIL))
			return rel;
	}
	return NULL;
}

/* The like of it that has no paths yet. */
static RelOptInfo *
plan_partial_beside(const RelOptInfo *planned)
{
	RelOptInfo *rel = makeNode(RelOptInfo);

	*rel = *planned;
	rel->pathlist = NIL;
	rel->partial_pathlist = NIL;
	rel->cheapest_startup_path = NULL;
	rel->cheapest_total_path = NULL;
	rel->cheapest_unique_path = NULL;
	rel->cheapest_parameterized_paths = NIL;
	return rel;
}

/*
 * What it takes a process to do its share. One that is a worker is new: it loads the λ,
 * and maps the pages that it looks at.
 */
static Cost
plan_partial_cost(PglPlanGroup *group, const CustomPath *whole, double divisor)
{
	Cost		disk;

	if (pgl_always)
		return whole->path.startup_cost / divisor;
	(void) pgl_ordinary_cost(group->rel, &disk);
	return disk + (whole->path.startup_cost - disk) / divisor +
		cpu_tuple_cost * (PLAN_PARTIAL_BEGIN +
						  PLAN_PARTIAL_PAGE * group->rel->pages / divisor);
}

/* What workers share, of a table whose whole is @whole. */
static void
plan_partial_share(PglPlanGroup *group, RelOptInfo *output,
				   const CustomPath *whole)
{
	CustomPath *path;
	double		divisor;
	int			workers = pgl_workers(group->rel, &divisor);

	if (workers <= 0 || !whole->path.parallel_safe)
		return;
	path = makeNode(CustomPath);
	*path = *whole;
	path->path.parallel_aware = true;
	path->path.parallel_workers = workers;
	path->path.rows = pgl_plan_group_count(group, group->rel->rows / divisor);
	path->path.startup_cost = plan_partial_cost(group, whole, divisor);
	path->path.total_cost = path->path.startup_cost + path->path.rows *
		(cpu_tuple_cost + path->path.pathtarget->cost.per_tuple);
	add_partial_path(output, &path->path);
}

/* Of a table; NULL: λs cannot. */
static RelOptInfo *
plan_partial_table(PlannerInfo *root, RelOptInfo *input,
				   RelOptInfo *planned)
{
	PglPlanGroup group = {
		.root = root,
		.rel = input,
		.split = AGGSPLIT_INITIAL_SERIAL,
	};
	RelOptInfo *output;
	CustomPath *path;

	if (!pgl_plan_group_fits(&group, planned->reltarget, NULL))
		return NULL;
	output = plan_partial_beside(planned);
	path = pgl_plan_group_path(&group, output, planned->reltarget, NULL);
	if (path == NULL)
		return NULL;
	plan_partial_share(&group, output, path);
	add_path(output, &path->path);
	set_cheapest(output);
	return output;
}

/* For tests: workers cost nothing, and then are to be had wherever they can be. */
static bool
plan_partial_always(void)
{
	return pgl_always && parallel_setup_cost == 0;
}

static RelOptInfo *plan_partial_parts(PlannerInfo *root, RelOptInfo *input,
									  RelOptInfo *planned);

/*
 * Of a partition, or of what it is divided into: by λs, or as the planner has it where
 * that is cheaper or all there is. NULL: it has nothing either.
 */
static RelOptInfo *
plan_partial_part(PlannerInfo *root, RelOptInfo *input, bool *by_lambda)
{
	RelOptInfo *planned = plan_partial_planned(root, input);
	RelOptInfo *rel;

	if (planned == NULL)
		return NULL;
	rel = IS_PARTITIONED_REL(input) ?
		plan_partial_parts(root, input, planned) :
		plan_partial_table(root, input, planned);
	if (rel == NULL || (planned->cheapest_total_path != NULL && !pgl_always &&
						planned->cheapest_total_path->total_cost <
						rel->cheapest_total_path->total_cost))
		return planned;
	*by_lambda = true;
	return rel;
}

/* Of a partitioned table; NULL: λs cannot. */
static RelOptInfo *
plan_partial_parts(PlannerInfo *root, RelOptInfo *input, RelOptInfo *planned)
{
	RelOptInfo *output;
	List	   *parts = NIL;
	bool		by_lambda = false;
	int			i = -1;

	while ((i = bms_next_member(input->live_parts, i)) >= 0)
	{
		RelOptInfo *part;

		if (IS_DUMMY_REL(input->part_rels[i]))
			continue;
		part = plan_partial_part(root, input->part_rels[i], &by_lambda);
		if (part == NULL)
			return NULL;
		parts = lappend(parts, part);
	}
	if (!by_lambda)
		return NULL;
	output = plan_partial_beside(planned);
	add_paths_to_append_rel(root, output, parts);
	if (output->pathlist == NIL)
		return NULL;
	set_cheapest(output);
	return output;
}

static double
plan_partial_groups(PlannerInfo *root, RelOptInfo *input,
					GroupPathExtraData *extra)
{
	List	   *clauses = root->parse->groupClause;

	if (clauses == NIL)
		return 1;
	return estimate_num_groups(root, get_sortgrouplist_exprs(clauses,
															 extra->targetList),
							   input->rows, NULL, NULL);
}

/* Puts the groups of @path together. */
static void
plan_partial_finish(PlannerInfo *root, RelOptInfo *output, Path *path,
					AggStrategy strategy, GroupPathExtraData *extra,
					double groups)
{
	List	   *clauses = root->parse->groupClause;
	List	   *having = (List *) extra->havingQual;

	if (strategy == AGG_SORTED &&
		!pathkeys_contained_in(root->group_pathkeys, path->pathkeys))
		path = (Path *) create_sort_path(root, output, path,
										 root->group_pathkeys, -1.0);
	if (strategy == AGG_SORTED && !root->parse->hasAggs)
		path = (Path *) create_group_path(root, output, path, clauses, having,
										  groups);
	else
		path = (Path *) create_agg_path(root, output, path, output->reltarget,
										strategy, AGGSPLIT_FINAL_DESERIAL,
										clauses, having,
										&extra->agg_final_costs, groups);
	/* A scan by a λ costs nothing then, with an aggregate of PostgreSQL's above it. */
	if (plan_partial_always())
	{
		path->startup_cost *= PLAN_PARTIAL_LEAST;
		path->total_cost *= PLAN_PARTIAL_LEAST;
	}
	add_path(output, path);
}

/* By what is in order, and by what is cheapest. */
static void
plan_partial_finish_all(PlannerInfo *root, RelOptInfo *rel,
						RelOptInfo *output, GroupPathExtraData *extra,
						double groups)
{
	Path	   *cheapest = rel->cheapest_total_path;
	ListCell   *lc;

	if (root->parse->groupClause == NIL)
	{
		plan_partial_finish(root, output, cheapest, AGG_PLAIN, extra, groups);
		return;
	}
	if (extra->flags & GROUPING_CAN_USE_HASH)
		plan_partial_finish(root, output, cheapest, AGG_HASHED, extra, groups);
	if ((extra->flags & GROUPING_CAN_USE_SORT) == 0)
		return;
	foreach(lc, rel->pathlist)
	{
		Path	   *path = lfirst(lc);

		if (path == cheapest ||
			pathkeys_contained_in(root->group_pathkeys, path->pathkeys))
			plan_partial_finish(root, output, path, AGG_SORTED, extra, groups);
	}
}

/* Adds paths that aggregate in parts. True if none is to be added that does not. */
bool
pgl_plan_partial(PlannerInfo *root, RelOptInfo *input, RelOptInfo *output,
				 GroupPathExtraData *extra)
{
	RelOptInfo *planned,
			   *rel = NULL;
	bool		parts = IS_PARTITIONED_REL(input);

	if ((extra->flags & GROUPING_CAN_PARTIAL_AGG) == 0 ||
		!extra->partial_costs_set)
		return false;
	planned = plan_partial_planned(root, input);
	if (planned != NULL)
		rel = parts ? plan_partial_parts(root, input, planned) :
			plan_partial_table(root, input, planned);
	/* A table that is no partition is in one part without workers. */
	if (rel == NULL || (!parts && rel->partial_pathlist == NIL))
		return false;
	if (!parts)
		rel->pathlist = NIL;
	if (rel->partial_pathlist != NIL)
		generate_useful_gather_paths(root, rel, true);
	set_cheapest(rel);
	plan_partial_finish_all(root, rel, output, extra,
							plan_partial_groups(root, input, extra));
	return !parts && plan_partial_always();
}
