// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * The keys of a hash join, for the λ that scans its outer side. They are those of the
 * hash table, which is there before the scan begins; where it is not, or is in parts,
 * the λ puts out all rows, and the join finds what there is for them.
 */
#include "pg_lambda.h"

#include "executor/executor.h"
#include "executor/hashjoin.h"
#include "nodes/nodeFuncs.h"
#include "port/pg_bitutils.h"

#define JOIN_BITS		(1u << 18)	/* of a set of keys at most */
#define JOIN_BITS_LEAST	1024u
#define JOIN_SPREAD		8	/* bits for a key, where they are hashed */
#define JOIN_FACTOR		UINT64CONST(0x9e3779b97f4a7c15)

#define JOIN_INT2EQ		94	/* operators: pg_operator.dat has no names of them */
#define JOIN_INT4EQ		96
#define JOIN_INT8EQ		410

static ExecutorStart_hook_type join_next_start;

/* Whether an operator finds integers of one kind equal. */
bool
pgl_join_is_equality(Oid opno)
{
	return opno == JOIN_INT2EQ || opno == JOIN_INT4EQ || opno == JOIN_INT8EQ;
}

/* Where column @att of a table is among what its scan puts out; 0: nowhere. */
static int
join_place(Plan *scan, Index varno, int att)
{
	ListCell   *lc;

	foreach(lc, scan->targetlist)
	{
		Var		   *var = (Var *) lfirst_node(TargetEntry, lc)->expr;

		if (IsA(var, Var) && var->varno == varno && var->varattno == att)
			return lfirst_node(TargetEntry, lc)->resno;
	}
	return 0;
}

/* The column of the inner side that the key of the scan is compared with, or 0. */
static AttrNumber
join_inner(HashJoin *join, Hash *hash, int place)
{
	ListCell   *outer,
			   *inner,
			   *op;

	forthree(outer, join->hashkeys, inner, hash->hashkeys,
			 op, join->hashoperators)
	{
		Var		   *var = lfirst(outer);
		Var		   *other = lfirst(inner);

		if (IsA(var, Var) && var->varno == OUTER_VAR &&
			var->varattno == place && IsA(other, Var) &&
			other->varno == OUTER_VAR && pgl_join_is_equality(lfirst_oid(op)))
			return other->varattno;
	}
	return 0;
}

/* Tells a scan which join it is for. */
static void
join_link(HashJoinState *state)
{
	HashJoin   *join = (HashJoin *) state->js.ps.plan;
	PlanState  *outer = outerPlanState(state);
	CustomScan *scan;
	AttrNumber	inner;
	int			key;

	if (!IsA(outer, CustomScanState) ||
		((CustomScanState *) outer)->methods != &pgl_scan_exec_methods ||
		(join->join.jointype != JOIN_INNER && join->join.jointype != JOIN_SEMI))
		return;
	scan = (CustomScan *) outer->plan;
	key = pgl_scan_key(scan);
	if (key == 0)
		return;
	inner = join_inner(join, (Hash *) innerPlan(join),
					   join_place(&scan->scan.plan, scan->scan.scanrelid,
								  key));
	if (inner == 0)
		return;
	pgl_scan_join((CustomScanState *) outer, state, inner);
	/* Else a row would be asked for before there is a hash table. */
	state->hj_OuterNotEmpty = true;
}

static bool
join_walker(PlanState *state, void *context)
{
	if (IsA(state, HashJoinState))
		join_link((HashJoinState *) state);
	return planstate_tree_walker(state, join_walker, context);
}

static void
join_start(QueryDesc *query, int eflags)
{
	if (join_next_start)
		join_next_start(query, eflags);
	else
		standard_ExecutorStart(query, eflags);
	if (query->planstate != NULL)
		(void) join_walker(query->planstate, NULL);
}

static int64
join_number(Datum value, int width)
{
	return width == 2 ? DatumGetInt16(value) :
		width == 4 ? DatumGetInt32(value) : DatumGetInt64(value);
}

/* Keys of the hash table, and how many; NULL: they cannot be told. */
static int64 *
join_keys(HashJoinState *state, AttrNumber att, int width, int *count)
{
	HashJoinTable table = state->hj_HashTable;
	TupleTableSlot *slot = state->hj_HashTupleSlot;
	int64	   *keys;

	*count = 0;
	if (table == NULL || table->nbatch != 1 || table->parallel_state != NULL ||
		table->totalTuples > JOIN_BITS / 4)
		return NULL;
	keys = palloc((table->totalTuples + 1) * sizeof(*keys));
	for (HashMemoryChunk chunk = table->chunks; chunk != NULL;
		 chunk = chunk->next.unshared)
	{
		for (Size at = 0; at < chunk->used;)
		{
			MinimalTuple tuple =
				HJTUPLE_MINTUPLE(HASH_CHUNK_DATA(chunk) + at);
			bool		isnull;
			Datum		value;

			if (*count >= table->totalTuples)
				return NULL;
			ExecStoreMinimalTuple(tuple, slot, false);
			value = slot_getattr(slot, att, &isnull);
			if (!isnull)
				keys[(*count)++] = join_number(value, width);
			at += MAXALIGN(HJTUPLE_OVERHEAD + tuple->t_len);
		}
	}
	ExecClearTuple(slot);
	return keys;
}

/* Each key has a bit of its own, or its hash has one that others may have as well. */
static struct pgl_bits *
join_bits(const int64 *keys, int count, int *len)
{
	int64		least = count ? keys[0] : 0,
				most = least;
	uint64		n = JOIN_BITS_LEAST;
	struct pgl_bits *bits;

	for (int i = 0; i < count; i++)
	{
		least = Min(least, keys[i]);
		most = Max(most, keys[i]);
	}
	while (n < JOIN_BITS && n < (uint64) count * JOIN_SPREAD)
		n *= 2;
	if ((uint64) most - least < JOIN_BITS)
		n = (uint64) most - least + 1;
	*len = offsetof(struct pgl_bits, word) + (n + 63) / 64 * sizeof(uint64);
	bits = palloc0(*len);
	bits->least = least;
	bits->most = n - 1;
	bits->factor = (uint64) most - least < JOIN_BITS ? 1 : JOIN_FACTOR;
	bits->shift = bits->factor == 1 ? 0 : 64 - pg_leftmost_one_pos64(n);
	for (int i = 0; i < count; i++)
	{
		uint64		at = ((uint64) keys[i] - least) * bits->factor >>
			bits->shift;

		bits->word[at / 64] |= UINT64CONST(1) << at % 64;
	}
	return bits;
}

/*
 * The test whether a row has a key of the join, which goes on at @f if not. It is none
 * if the keys are not known.
 */
bool
pgl_join_code(PglCode *code, HashJoinState *join, AttrNumber inner, Var *key,
			  int f)
{
	PglType		type;
	int64	   *keys;
	struct pgl_bits *bits;
	int			count,
				len,
				next;

	if (!pgl_type_of((Expr *) key, &type) || type.kind != PGL_KIND_INT)
		return true;
	keys = join_keys(join, inner, type.width, &count);
	if (keys == NULL)
		return true;
	bits = join_bits(keys, count, &len);
	next = pgl_code_label(code);
	pgl_code_point(code);
	if (pgl_column(code, (Expr *) key) == NULL ||
		!pgl_load(code, key, &type, 0, f))
		return false;
	pgl_test(code, PGL_BITS, next, f)->imm = pgl_code_pool(code, bits, len);
	pgl_code_here(code, next);
	pfree(bits);
	pfree(keys);
	return true;
}

void
pgl_join_init(void)
{
	join_next_start = ExecutorStart_hook;
	ExecutorStart_hook = join_start;
}
