/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* What plan_group.c and plan_partial.c share. */
#ifndef PGL_PLAN_GROUP_H
#define PGL_PLAN_GROUP_H

#include "pg_lambda.h"

/* What is to be computed of a table, while it is found out whether a λ can. */
typedef struct PglPlanGroup
{
	PlannerInfo *root;
	RelOptInfo *rel;
	AggSplit	split;			/* whether it is all of the aggregates */
	Oid			relid;
	PglCode		code;
	List	   *conds;
	List	   *keys;
	List	   *aggs;			/* Aggref */
	List	   *args;			/* that differ */
} PglPlanGroup;

/* plan_group.c */
extern bool pgl_plan_group_fits(PglPlanGroup *group, PathTarget *target,
								Node *having);
extern double pgl_plan_group_count(PglPlanGroup *group, double rows);
extern CustomPath *pgl_plan_group_path(PglPlanGroup *group, RelOptInfo *output,
									   PathTarget *target, Node *having);

/* plan_partial.c */
extern bool pgl_plan_partial(PlannerInfo *root, RelOptInfo *input,
							 RelOptInfo *output, GroupPathExtraData *extra);

#endif							/* PGL_PLAN_GROUP_H */
