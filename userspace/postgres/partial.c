// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * What a group comes to where it is put together with those of other processes: the
 * states that PostgreSQL's own aggregate has before its last step. Those that it keeps
 * to itself are made by its own functions, of values that have the sum and the count
 * which the group has.
 */
#include "pg_lambda.h"

#include "catalog/pg_type_d.h"
#include "utils/array.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"

/* Of integers, and of numerics. */
static const Oid partial_accum[] = {F_INT8_AVG_ACCUM, F_NUMERIC_AVG_ACCUM};
static const Oid partial_combine[] = {F_INT8_AVG_COMBINE, F_NUMERIC_AVG_COMBINE};
static const Oid partial_serialize[] = {F_INT8_AVG_SERIALIZE, F_NUMERIC_AVG_SERIALIZE};

/* States are made in the memory of a row of @econtext. */
void
pgl_partial_begin(PglPartial *partial, ExprContext *econtext)
{
	partial->agg = makeNode(AggState);
	partial->agg->curaggcontext = econtext;
	for (int i = 0; i < lengthof(partial_accum); i++)
	{
		fmgr_info(partial_accum[i], &partial->accum[i]);
		fmgr_info(partial_combine[i], &partial->combine[i]);
		fmgr_info(partial_serialize[i], &partial->serialize[i]);
	}
}

/* Calls a function of an aggregate; a state of 0 is none. */
static Datum
partial_call(PglPartial *partial, FmgrInfo *func, Datum state, Datum value,
			 bool isnull)
{
	LOCAL_FCINFO(fcinfo, 2);

	InitFunctionCallInfoData(*fcinfo, func, func->fn_nargs, InvalidOid,
							 (fmNodePtr) partial->agg, NULL);
	fcinfo->args[0].value = state;
	fcinfo->args[0].isnull = state == (Datum) 0;
	fcinfo->args[1].value = value;
	fcinfo->args[1].isnull = isnull;
	return FunctionCallInvoke(fcinfo);
}

static Datum
partial_both(PglPartial *partial, int kind, Datum a, Datum b)
{
	return partial_call(partial, &partial->combine[kind], a, b, b == (Datum) 0);
}

/* The state of @value, @count times: it is doubled as often as @count has bits. */
static Datum
partial_times(PglPartial *partial, int kind, Datum value, int64 count)
{
	Datum		state = (Datum) 0;
	Datum		power;

	if (count == 0)
		return state;
	power = partial_call(partial, &partial->accum[kind], (Datum) 0, value, false);
	for (;;)
	{
		if (count & 1)
			state = partial_both(partial, kind, state, power);
		count >>= 1;
		if (count == 0)
			return state;
		/* A state that is added to none is copied. */
		power = partial_both(partial, kind,
							 partial_both(partial, kind, (Datum) 0, power),
							 power);
	}
}

/* Integers of 64 bits have an average that lies between two of those. */
static Datum
partial_integers(PglPartial *partial, int128 sum, int64 count)
{
	int128		average = sum / count;
	int64		more;

	if (average * count > sum)
		average--;
	more = (int64) (sum - average * count);
	return partial_both(partial, 0,
						partial_times(partial, 0,
									  Int64GetDatum((int64) average),
									  count - more),
						partial_times(partial, 0,
									  Int64GetDatum((int64) (average + 1)),
									  more));
}

/* The sum once, and zeros; a sum that is no number makes all that be none. */
static Datum
partial_numerics(PglPartial *partial, Datum sum, int64 count)
{
	Datum		zero = NumericGetDatum(int64_to_numeric(0));

	return partial_both(partial, 1,
						partial_times(partial, 1, sum, 1),
						partial_times(partial, 1, zero, count - 1));
}

/* Count and sum, as the average of short integers has them. */
static Datum
partial_pair(const PglGroupValue *value)
{
	Datum		pair[2] = {Int64GetDatum(value->count),
	Int64GetDatum((int64) value->sum)};

	return PointerGetDatum(construct_array(pair, lengthof(pair), INT8OID,
										   sizeof(int64), FLOAT8PASSBYVAL,
										   TYPALIGN_DOUBLE));
}

/* What an aggregate function has of the values of a group; its last step is not done. */
Datum
pgl_partial_result(PglPartial *partial, const PglGroup *group,
				   const PglGroupValue *value, Oid func, const PglType *type,
				   bool *isnull)
{
	Datum		state;
	int			kind = 1;

	*isnull = false;
	switch (func)
	{
		case F_AVG_INT2:
		case F_AVG_INT4:
			return partial_pair(value);
		case F_SUM_INT8:
		case F_AVG_INT8:
			kind = 0;
			break;
		case F_SUM_NUMERIC:
		case F_AVG_NUMERIC:
			break;
		default:
			/* The state is the result, of counts, extremes and short sums. */
			return pgl_groups_result(group, value, func, type, isnull);
	}
	*isnull = value->count == 0;
	if (*isnull)
		return (Datum) 0;
	state = kind == 0 ?
		partial_integers(partial, value->sum, value->count) :
		partial_numerics(partial, pgl_groups_sum(value, type), value->count);
	return partial_call(partial, &partial->serialize[kind], state, (Datum) 0,
						true);
}
