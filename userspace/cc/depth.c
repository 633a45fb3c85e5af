// SPDX-License-Identifier: GPL-2.0-only
/*
 * How much a program may nest. Calls within calls are eight at most, and no
 * path may be too long that passes no backward jump. What is beyond is inlined
 * as long as that is cheap. Otherwise all but the smallest functions become
 * one, with calls that are jumps, as those that call themselves do.
 */
#include <linux/sbpf.h>
#include <stdlib.h>

#include "callgraph.h"
#include "group.h"

#define GROWTH_MAX 20000u	/* instructions that inlining may add in all */
#define LEAF_DEPTH 2u		/* what may stay a function when others are merged */

/* The entry that is beyond a limit, or NULL. */
static struct cc_node *depth_find_beyond(const struct cc_graph *graph)
{
	unsigned int i;

	for (i = 0; i < graph->count; i++) {
		struct cc_node *node = &graph->nodes[i];

		if (cc_ir_is_entry(node->function) &&
		    (node->depth > SBPF_DEPTH_MAX ||
		     node->weight > SBPF_WEIGHT_MAX ||
		     graph->count > SBPF_FUNCS_MAX))
			return node;
	}
	return NULL;
}

static unsigned int depth_count_calls(LLVMValueRef function)
{
	unsigned int count = 0;
	LLVMUseRef use;

	for (use = LLVMGetFirstUse(function); use; use = LLVMGetNextUse(use))
		count++;
	return count;
}

/* Of the functions on a deepest path, the one that costs least to inline. */
static struct cc_node *depth_find_cheapest(const struct cc_graph *graph,
					   struct cc_node *node,
					   unsigned int *cost)
{
	struct cc_node *best = NULL;
	unsigned int k;

	*cost = -1;
	while (node->nr_calls) {
		struct cc_node *next = NULL;
		unsigned int price;

		for (k = 0; k < node->nr_calls; k++) {
			struct cc_node *to = &graph->nodes[node->callees[k]];

			if (!next || to->depth > next->depth)
				next = to;
		}
		price = next->insns * (depth_count_calls(next->function) - 1);
		if (price < *cost) {
			*cost = price;
			best = next;
		}
		node = next;
	}
	return best;
}

static void depth_inline_always(struct cc *cc, LLVMValueRef function)
{
	unsigned int at = LLVMAttributeFunctionIndex, kind;

	kind = LLVMGetEnumAttributeKindForName("alwaysinline", 12);
	cc_ir_drop_attribute(function, at, "noinline");
	LLVMAddAttributeAtIndex(function, at,
				LLVMCreateEnumAttribute(cc->context, kind, 0));
	cc_run_passes(cc, "always-inline,globaldce");
}

/* What one function weighs that has all those deeper than @leaf in it. */
static __u64 depth_merged_weight(const struct cc_graph *graph,
				 unsigned int leaf)
{
	__u64 sum = 0;
	unsigned int i, k;

	for (i = 0; i < graph->count; i++) {
		struct cc_node *node = &graph->nodes[i];

		if (node->depth <= leaf)
			continue;
		sum += 4 * node->insns;
		for (k = 0; k < node->nr_calls; k++) {
			struct cc_node *to = &graph->nodes[node->callees[k]];

			if (to->depth <= leaf)
				sum += to->weight;
		}
	}
	return sum;
}

/* The smallest functions stay, as far as that is not too heavy. */
static void depth_merge_all(struct cc *cc)
{
	struct cc_group group = { 0 };
	unsigned int i, leaf = LEAF_DEPTH;
	struct cc_graph graph;

	/* The code of programs, too, which calls others in many places. */
	cc_recursion_split_entries(cc, true);
	cc_graph_make(cc, &graph);
	while (leaf && depth_merged_weight(&graph, leaf) > SBPF_WEIGHT_MAX)
		leaf--;
	group.members = calloc(graph.count + 1, sizeof(*group.members));
	if (!group.members)
		cc_die("out of memory");
	for (i = 0; i < graph.count; i++) {
		struct cc_node *node = &graph.nodes[i];

		if (node->depth > leaf && !cc_ir_is_entry(node->function))
			group.members[group.count++].function = node->function;
	}
	cc_graph_free(&graph);
	if (group.count)
		cc_recursion_merge_groups(cc, &group, 1);
	else
		free(group.members);
}

void cc_limit_depth(struct cc *cc)
{
	unsigned int growth = 0, cost;
	struct cc_node *beyond, *cheapest;
	struct cc_graph graph;

	for (;;) {
		cc_graph_make(cc, &graph);
		beyond = depth_find_beyond(&graph);
		if (!beyond)
			break;
		cheapest = beyond->depth > SBPF_DEPTH_MAX ?
			   depth_find_cheapest(&graph, beyond, &cost) : NULL;
		if (!cheapest || cost > GROWTH_MAX - growth) {
			depth_merge_all(cc);
			break;
		}
		growth += cost;
		depth_inline_always(cc, cheapest->function);
		cc_graph_free(&graph);
	}
	cc_graph_free(&graph);
}
