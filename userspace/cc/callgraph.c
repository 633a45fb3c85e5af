// SPDX-License-Identifier: GPL-2.0-only
/* Which function calls which, and which of them in circles. */
#include <stdlib.h>

#include "callgraph.h"

#define UNSEEN 0u

/**
 * struct walk - a search for circles, as Tarjan has it
 * @graph: where
 * @seen:  for each node, when it was met, from 1 on
 * @low:   the earliest node that it leads back to
 * @open:  nodes that belong to no group yet
 * @depth: how many those are
 * @clock: counts nodes as they are met
 * @done:  nodes that @graph->order has
 */
struct walk {
	struct cc_graph *graph;
	unsigned int *seen;
	unsigned int *low;
	unsigned int *open;
	unsigned int depth;
	unsigned int clock;
	unsigned int done;
};

static void *callgraph_array(size_t count, size_t size)
{
	void *ret = calloc(count + 1, size);

	if (!ret)
		cc_die("out of memory");
	return ret;
}

static int callgraph_compare(const void *a, const void *b)
{
	const struct cc_node *x = a, *y = b;

	return (x->function > y->function) - (x->function < y->function);
}

static void callgraph_note_call(struct cc *cc, LLVMValueRef insn, void *data)
{
	struct cc_graph *graph = data;
	struct cc_node key = { .function = cc_ir_function_of(insn) };
	struct cc_node *node, *to;

	(void)cc;
	node = bsearch(&key, graph->nodes, graph->count, sizeof(*node),
		       callgraph_compare);
	node->insns++;
	key.function = cc_ir_callee(insn);
	if (!key.function)
		return;
	to = bsearch(&key, graph->nodes, graph->count, sizeof(*node),
		     callgraph_compare);
	if (!to)
		return;
	/* Grows by doubling: at each power of two. */
	if (!(node->nr_calls & (node->nr_calls - 1))) {
		node->callees = realloc(node->callees, (node->nr_calls ?
					2 * node->nr_calls : 1) *
					sizeof(*node->callees));
		if (!node->callees)
			cc_die("out of memory");
	}
	node->callees[node->nr_calls++] = to - graph->nodes;
}

/* The open nodes from the end down to @n are a group. */
static void callgraph_close_group(struct walk *walk, unsigned int n)
{
	struct cc_graph *graph = walk->graph;
	bool several = walk->open[walk->depth - 1] != n;
	unsigned int member;

	do {
		member = walk->open[--walk->depth];
		graph->nodes[member].group = graph->nr_groups;
		graph->nodes[member].cyclic |= several;
		graph->order[walk->done++] = member;
	} while (member != n);
	graph->nr_groups++;
}

static void callgraph_visit(struct walk *walk, unsigned int n)
{
	struct cc_node *node = &walk->graph->nodes[n];
	unsigned int i;

	walk->seen[n] = ++walk->clock;
	walk->low[n] = walk->clock;
	walk->open[walk->depth++] = n;
	node->group = -1;
	for (i = 0; i < node->nr_calls; i++) {
		unsigned int to = node->callees[i];

		if (to == n)
			node->cyclic = true;
		if (walk->seen[to] == UNSEEN)
			callgraph_visit(walk, to);
		if (walk->graph->nodes[to].group == -1u &&
		    walk->low[to] < walk->low[n])
			walk->low[n] = walk->low[to];
	}
	if (walk->low[n] == walk->seen[n])
		callgraph_close_group(walk, n);
}

/* Depth and weight, where nothing calls itself any more. */
static void callgraph_weigh(struct cc_graph *graph)
{
	unsigned int i, k;

	for (i = 0; i < graph->count; i++) {
		struct cc_node *node = &graph->nodes[graph->order[i]];

		node->depth = 1;
		/* An instruction of LLVM is seldom more than four of BPF's. */
		node->weight = 4 * node->insns;
		for (k = 0; k < node->nr_calls; k++) {
			struct cc_node *to = &graph->nodes[node->callees[k]];

			if (to->group == node->group)
				continue;
			node->weight += to->weight;
			if (node->depth < to->depth + 1)
				node->depth = to->depth + 1;
		}
	}
}

void cc_graph_make(struct cc *cc, struct cc_graph *graph)
{
	struct walk walk = { .graph = graph };
	LLVMValueRef function;
	unsigned int count = 0, i;

	for (function = LLVMGetFirstFunction(cc->module); function;
	     function = LLVMGetNextFunction(function))
		count += !LLVMIsDeclaration(function);
	*graph = (struct cc_graph){
		.nodes = callgraph_array(count, sizeof(*graph->nodes)),
		.order = callgraph_array(count, sizeof(*graph->order)),
	};
	for (function = LLVMGetFirstFunction(cc->module); function;
	     function = LLVMGetNextFunction(function))
		if (!LLVMIsDeclaration(function))
			graph->nodes[graph->count++].function = function;
	qsort(graph->nodes, count, sizeof(*graph->nodes), callgraph_compare);
	cc_ir_each(cc, callgraph_note_call, graph);
	walk.seen = callgraph_array(count, sizeof(*walk.seen));
	walk.low = callgraph_array(count, sizeof(*walk.low));
	walk.open = callgraph_array(count, sizeof(*walk.open));
	for (i = 0; i < count; i++)
		if (walk.seen[i] == UNSEEN)
			callgraph_visit(&walk, i);
	free(walk.seen);
	free(walk.low);
	free(walk.open);
	callgraph_weigh(graph);
}

void cc_graph_free(struct cc_graph *graph)
{
	unsigned int i;

	for (i = 0; i < graph->count; i++)
		free(graph->nodes[i].callees);
	free(graph->nodes);
	free(graph->order);
}
