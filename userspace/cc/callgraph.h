/* SPDX-License-Identifier: GPL-2.0-only */
/* Which function calls which. */
#ifndef LAMBDA_CC_CALLGRAPH_H
#define LAMBDA_CC_CALLGRAPH_H

#include "cc.h"

/**
 * struct cc_node - a function that is defined
 * @function: itself
 * @callees:  numbers of the functions that it calls, each call once
 * @nr_calls: how many that are
 * @insns:    its own instructions
 * @group:    number of the group that it is in: functions that all call each
 *            other, perhaps by way of others. Callees' groups come first
 * @cyclic:   it can be called before it has returned
 * @depth:    calls within calls from here on, this one included
 * @weight:   instructions from here on, as in linux/sbpf.h, roughly
 */
struct cc_node {
	LLVMValueRef function;
	unsigned int *callees;
	unsigned int nr_calls;
	unsigned int insns;
	unsigned int group;
	bool cyclic;
	unsigned int depth;
	__u64 weight;
};

/**
 * struct cc_graph - all functions that are defined
 * @nodes:     by their addresses
 * @order:     numbers of nodes, callees first
 * @count:     of nodes
 * @nr_groups: of groups
 */
struct cc_graph {
	struct cc_node *nodes;
	unsigned int *order;
	unsigned int count;
	unsigned int nr_groups;
};

/* Finds out; the caller frees it by cc_graph_free(). */
void cc_graph_make(struct cc *cc, struct cc_graph *graph);
void cc_graph_free(struct cc_graph *graph);

#endif /* LAMBDA_CC_CALLGRAPH_H */
