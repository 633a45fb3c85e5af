// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Groups of rows. Sums are integers of 128 bits with a scale; what has no short
 * form is added up beside them as PostgreSQL does it, and both are one in the
 * end.
 */
#include "pg_lambda.h"

#include "common/hashfn.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/fmgrprotos.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#define GROUPS_LONG_TEXT	255	/* of a key that the λ does not have */

static uint32
groups_hash(const void *key, Size size)
{
	const PglKey *k = key;

	return DatumGetUInt32(hash_any((const unsigned char *) k->data, k->len));
}

static int
groups_compare(const void *a, const void *b, Size size)
{
	const PglKey *x = a;
	const PglKey *y = b;

	return x->len != y->len || memcmp(x->data, y->data, x->len) != 0;
}

void
pgl_groups_begin(PglGroups *groups)
{
	HASHCTL		ctl = {
		.keysize = sizeof(PglKey),
		.entrysize = sizeof(PglGroup),
		.hash = groups_hash,
		.match = groups_compare,
	};

	if (groups->context != NULL)
		MemoryContextDelete(groups->context);
	groups->context = AllocSetContextCreate(CurrentMemoryContext,
											"pg_lambda groups",
											ALLOCSET_DEFAULT_SIZES);
	ctl.hcxt = groups->context;
	groups->table = hash_create("pg_lambda groups", 64, &ctl,
								HASH_ELEM | HASH_FUNCTION | HASH_COMPARE |
								HASH_CONTEXT);
}

/* The group of a key, which is new where there was none. */
PglGroup *
pgl_groups_find(PglGroups *groups, const char *key, int len)
{
	PglKey		wanted = {.data = key,.len = len};
	PglGroup   *group;
	bool		found;
	char	   *copy;

	group = hash_search(groups->table, &wanted, HASH_ENTER, &found);
	if (found)
		return group;
	copy = MemoryContextAlloc(groups->context, Max(len, 1));
	memcpy(copy, key, len);
	memset((char *) group + sizeof(PglKey), 0,
		   sizeof(PglGroup) - sizeof(PglKey));
	group->key.data = copy;
	for (int i = 0; i < PGL_VALUES; i++)
	{
		group->value[i].min = PG_INT64_MAX;
		group->value[i].max = PG_INT64_MIN;
	}
	return group;
}

/* Adds a group of a request; false: it is none. */
bool
pgl_groups_merge(PglGroups *groups, const struct pgl_group *from, int values)
{
	PglGroup   *group;

	if (from->key_len > PGL_KEY_BYTES)
		return false;
	group = pgl_groups_find(groups, (const char *) from->key, from->key_len);
	group->count += from->count;
	for (int i = 0; i < values; i++)
	{
		PglGroupValue *to = &group->value[i];
		const struct pgl_value *value = &from->value[i];

		to->sum += ((int128) value->sum_hi << 64) + value->sum_lo;
		to->min = Min(to->min, value->min);
		to->max = Max(to->max, value->max);
		to->count += value->count;
	}
	return true;
}

/* What takes the place of *@have outlives the row. */
static void
groups_keep(PglGroups *groups, Datum *have, Datum now)
{
	MemoryContext old = MemoryContextSwitchTo(groups->context);
	Datum		copy = PointerGetDatum(DatumGetNumericCopy(now));

	MemoryContextSwitchTo(old);
	if (DatumGetPointer(*have) != NULL)
		pfree(DatumGetPointer(*have));
	*have = copy;
}

static void
groups_add_slow(PglGroups *groups, PglGroupValue *value, Datum datum)
{
	Datum		sum = datum,
				min = datum,
				max = datum;

	if (value->slow++ > 0)
	{
		sum = DirectFunctionCall2(numeric_add, value->slow_sum, datum);
		min = DirectFunctionCall2(numeric_smaller, value->slow_min, datum);
		max = DirectFunctionCall2(numeric_larger, value->slow_max, datum);
	}
	groups_keep(groups, &value->slow_sum, sum);
	groups_keep(groups, &value->slow_min, min);
	groups_keep(groups, &value->slow_max, max);
}

/* Adds a value that is not null. */
void
pgl_groups_add(PglGroups *groups, PglGroupValue *value, const PglType *type,
			   Datum datum)
{
	int64		number = 0;
	int			dscale;

	value->count++;
	switch (type->kind)
	{
		case PGL_KIND_NUMERIC:
			if (!pgl_numeric_to_int(datum, type->scale, &number, &dscale) ||
				dscale != type->dscale)
			{
				groups_add_slow(groups, value, datum);
				return;
			}
			break;
		case PGL_KIND_INT:
			number = type->width == 1 ? DatumGetBool(datum) :
				type->width == 2 ? DatumGetInt16(datum) :
				type->width == 4 ? DatumGetInt32(datum) : DatumGetInt64(datum);
			break;
		case PGL_KIND_DATE:
			number = DatumGetDateADT(datum);
			break;
		case PGL_KIND_TIME:
			number = DatumGetTimestamp(datum);
			break;
		default:
			break;				/* is counted, no more */
	}
	value->sum += number;
	value->min = Min(value->min, number);
	value->max = Max(value->max, number);
}

/* A λ has no extremes of values of which none are asked for: it is counts that tell. */
static bool
groups_only_slow(const PglGroupValue *value)
{
	return value->slow == value->count;
}

/* The sum of values of which there are some, as a numeric. */
Datum
pgl_groups_sum(const PglGroupValue *value, const PglType *type)
{
	Datum		sum;

	if (groups_only_slow(value))
		return value->slow_sum;
	sum = pgl_int128_to_numeric(value->sum, type->scale, type->dscale);
	return value->slow > 0 ?
		DirectFunctionCall2(numeric_add, sum, value->slow_sum) : sum;
}

static Datum
groups_average(Datum sum, int64 count)
{
	return DirectFunctionCall2(numeric_div, sum,
							   NumericGetDatum(int64_to_numeric(count)));
}

static Datum
groups_extreme(const PglGroupValue *value, const PglType *type, bool least)
{
	Datum		number;

	if (groups_only_slow(value))
		return least ? value->slow_min : value->slow_max;
	number = pgl_int128_to_numeric(least ? value->min : value->max,
								   type->scale, type->dscale);
	if (value->slow == 0)
		return number;
	return least ?
		DirectFunctionCall2(numeric_smaller, number, value->slow_min) :
		DirectFunctionCall2(numeric_larger, number, value->slow_max);
}

static Datum
groups_number(int64 number, const PglType *type)
{
	if (type->kind == PGL_KIND_TIME || type->width == 8)
		return Int64GetDatum(number);
	return type->width == 2 ? Int16GetDatum(number) : Int32GetDatum(number);
}

/* What an aggregate function makes of the values of a group. */
Datum
pgl_groups_result(const PglGroup *group, const PglGroupValue *value, Oid func,
				  const PglType *type, bool *isnull)
{
	*isnull = false;
	if (func == F_COUNT_)
		return Int64GetDatum(group->count);
	if (func == F_COUNT_ANY)
		return Int64GetDatum(value->count);
	*isnull = value->count == 0;
	if (*isnull)
		return (Datum) 0;
	switch (func)
	{
		case F_SUM_INT2:
		case F_SUM_INT4:
			return Int64GetDatum((int64) value->sum);
		case F_SUM_INT8:
			return pgl_int128_to_numeric(value->sum, 0, 0);
		case F_SUM_NUMERIC:
			return pgl_groups_sum(value, type);
		case F_AVG_INT2:
		case F_AVG_INT4:
		case F_AVG_INT8:
			return groups_average(pgl_int128_to_numeric(value->sum, 0, 0),
								  value->count);
		case F_AVG_NUMERIC:
			return groups_average(pgl_groups_sum(value, type),
								  value->count);
		case F_MIN_NUMERIC:
			return groups_extreme(value, type, true);
		case F_MAX_NUMERIC:
			return groups_extreme(value, type, false);
		case F_MIN_INT2:
		case F_MIN_INT4:
		case F_MIN_INT8:
		case F_MIN_DATE:
		case F_MIN_TIMESTAMP:
		case F_MIN_TIMESTAMPTZ:
			return groups_number(value->min, type);
		default:
			return groups_number(value->max, type);
	}
}

/* Whether an aggregate of a value is its least or greatest. */
bool
pgl_groups_is_extreme(Oid func)
{
	switch (func)
	{
		case F_COUNT_ANY:
		case F_SUM_INT2:
		case F_SUM_INT4:
		case F_SUM_INT8:
		case F_SUM_NUMERIC:
		case F_AVG_INT2:
		case F_AVG_INT4:
		case F_AVG_INT8:
		case F_AVG_NUMERIC:
			return false;
		default:
			return true;
	}
}

/* Adds a column to a key, as the λ does where that has room for it. */
void
pgl_key_put(StringInfo to, Datum value, bool isnull, const PglType *type)
{
	int64		number;

	if (isnull)
	{
		appendStringInfoChar(to, 0);
		return;
	}
	if (type->kind >= PGL_KIND_TEXT)
	{
		text	   *str = DatumGetTextPP(value);
		int			len = VARSIZE_ANY_EXHDR(str);

		if (len < PGL_KEY_BYTES)
			appendStringInfoChar(to, len + 2);
		else
		{
			appendStringInfoChar(to, (char) GROUPS_LONG_TEXT);
			appendBinaryStringInfo(to, (char *) &len, sizeof(len));
		}
		appendBinaryStringInfo(to, VARDATA_ANY(str), len);
		return;
	}
	number = type->width == 1 ? DatumGetBool(value) :
		type->width == 2 ? DatumGetInt16(value) :
		type->width == 4 ? DatumGetInt32(value) : DatumGetInt64(value);
	appendStringInfoChar(to, 1);
	appendBinaryStringInfo(to, (char *) &number, sizeof(number));
}

/* The way back; returns what is behind the column in the key. */
const char *
pgl_key_get(const char *at, const PglType *type, Datum *value, bool *isnull)
{
	uint8		kind = *at++;
	int64		number;
	int			len = kind - 2;

	*isnull = kind == 0;
	*value = (Datum) 0;
	if (kind == 0)
		return at;
	if (kind == 1)
	{
		memcpy(&number, at, sizeof(number));
		*value = type->width == 1 ? BoolGetDatum(number != 0) :
			groups_number(number, type);
		return at + sizeof(number);
	}
	if (kind == GROUPS_LONG_TEXT)
	{
		memcpy(&len, at, sizeof(len));
		at += sizeof(len);
	}
	*value = PointerGetDatum(cstring_to_text_with_len(at, len));
	return at + len;
}
