// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * The keys of a hash join, for the λ that scans its outer side. They are those of the
 * hash table, which is there before the scan begins; where it is not, or is in parts,
 * the λ puts out all rows, and the join finds what there is for them.
 */
#include "pg_lambda.h"

#include "executor/hashjoin.h"
#include "port/pg_bitutils.h"

#define JOIN_BITS		(1u << 18)	/* of a set of keys at most */
#define JOIN_BITS_LEAST	1024u
#define JOIN_SPREAD		8	/* bits for a key, where they are hashed */
#define JOIN_FACTOR		UINT64CONST(0x9e3779b97f4a7c15)

static int64
join_keys_number(Datum value, int width)
{
	return width == 2 ? DatumGetInt16(value) :
		width == 4 ? DatumGetInt32(value) : DatumGetInt64(value);
}

/* Keys of the hash table, and how many; NULL: they cannot be told. */
static int64 *
join_keys_of(HashJoinState *state, AttrNumber att, int width, int *count)
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
				keys[(*count)++] = join_keys_number(value, width);
			at += MAXALIGN(HJTUPLE_OVERHEAD + tuple->t_len);
		}
	}
	ExecClearTuple(slot);
	return keys;
}

/* Each key has a bit of its own, or its hash has one that others may have as well. */
static struct pgl_bits *
join_keys_bits(const int64 *keys, int count, int *len)
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
	keys = join_keys_of(join, inner, type.width, &count);
	if (keys == NULL)
		return true;
	bits = join_keys_bits(keys, count, &len);
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
