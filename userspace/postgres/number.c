// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Numerics as integers, and the way back. PostgreSQL keeps the layout of a
 * numeric to itself; what is known of it here is what is on disk.
 */
#include "pg_lambda.h"

#include "utils/builtins.h"
#include "utils/numeric.h"

#define NUMBER_GROUP	10000	/* a digit of a numeric */
#define NUMBER_ROOM		64		/* an int128 as text, a point and a sign */

typedef struct NumberParts
{
	bool		negative;
	int			dscale;
	int			weight;
	int			n;
	const uint16 *digit;
} NumberParts;

/* False for NaN and infinities. */
static bool
number_take_apart(Numeric numeric, NumberParts *parts)
{
	const uint16 *head = (const uint16 *) VARDATA_ANY(numeric);
	int			len = VARSIZE_ANY_EXHDR(numeric);

	if ((head[0] & 0xc000) == 0xc000)
		return false;
	if ((head[0] & 0x8000) != 0)
	{
		parts->negative = (head[0] & 0x2000) != 0;
		parts->dscale = head[0] >> 7 & 0x3f;
		parts->weight = (head[0] & 0x40) ? (head[0] & 0x3f) - 64 :
			head[0] & 0x3f;
		parts->digit = head + 1;
		parts->n = (len - 2) / 2;
		return true;
	}
	parts->negative = (head[0] & 0x4000) != 0;
	parts->dscale = head[0] & 0x3fff;
	parts->weight = (int16) head[1];
	parts->digit = head + 2;
	parts->n = (len - 4) / 2;
	return true;
}

/*
 * A numeric times 10 to the power of @scale, a multiple of 4. False: that is not
 * an integer of 64 bits.
 */
bool
pgl_numeric_to_int(Datum datum, int scale, int64 *ret, int *dscale)
{
	Numeric		numeric = DatumGetNumeric(datum);
	NumberParts parts;
	int			power;
	int128		value = 0;

	if (!number_take_apart(numeric, &parts))
		return false;
	power = parts.weight - (parts.n - 1) + scale / 4;
	*dscale = parts.dscale;
	*ret = 0;
	if (parts.n == 0)
		return true;
	if (power < 0 || parts.n + power > 6)
		return false;
	for (int i = 0; i < parts.n; i++)
		value = value * NUMBER_GROUP + parts.digit[i];
	while (power-- > 0)
		value *= NUMBER_GROUP;
	if (value > PG_INT64_MAX)
		return false;
	*ret = parts.negative ? -(int64) value : (int64) value;
	return true;
}

/*
 * The greatest integer that is not above a numeric times 10 to the power of
 * @scale, a multiple of 4, and whether it is that. Returns 1 or -1 where the
 * numeric is above or below all integers of 64 bits, as NaN is above all, else 0.
 */
int
pgl_numeric_floor(Datum datum, int scale, int64 *ret, bool *exact)
{
	NumberParts parts;
	int			whole;
	int128		value = 0;

	*exact = true;
	if (!number_take_apart(DatumGetNumeric(datum), &parts))
	{
		Datum		zero = DirectFunctionCall1(int4_numeric, Int32GetDatum(0));

		return DatumGetBool(DirectFunctionCall2(numeric_lt, datum, zero)) ?
			-1 : 1;
	}
	/* So many groups of digits are in front of the point then. */
	whole = parts.n == 0 ? 0 : parts.weight + 1 + scale / 4;
	if (whole > 6)
		return parts.negative ? -1 : 1;
	for (int i = 0; i < Max(parts.n, whole); i++)
	{
		int			digit = i < parts.n ? parts.digit[i] : 0;

		if (i < whole)
			value = value * NUMBER_GROUP + digit;
		else if (digit != 0)
			*exact = false;
	}
	if (parts.negative)
		value = -value - (*exact ? 0 : 1);
	if (value > PG_INT64_MAX || value < PG_INT64_MIN)
		return parts.negative ? -1 : 1;
	*ret = value;
	return 0;
}

/* The least multiple of 4 that is no less than the digits behind its point. */
int
pgl_numeric_scale(Datum datum)
{
	NumberParts parts;

	if (!number_take_apart(DatumGetNumeric(datum), &parts))
		return 0;
	return (Max(parts.dscale, 0) + 3) / 4 * 4;
}

/* Of a column of that type modifier; -1: any. */
int
pgl_typmod_scale(int32 typmod)
{
	int			scale;

	if (typmod < (int32) VARHDRSZ)
		return -1;
	scale = (((typmod - VARHDRSZ) & 0x7ff) ^ 1024) - 1024;
	return Max(scale, 0);
}

/* Writes down to @end, which is behind the last byte, and returns the first. */
static char *
number_put_digits(char *end, uint128 value, int dscale)
{
	int			digits = 0;

	*--end = '\0';
	do
	{
		if (digits == dscale && dscale > 0)
			*--end = '.';
		*--end = '0' + (int) (value % 10);
		value /= 10;
		digits++;
	} while (value != 0 || digits <= dscale);
	return end;
}

/* @value / 10^@scale, shown with @dscale digits, which are all that there are. */
Datum
pgl_int128_to_numeric(int128 value, int scale, int dscale)
{
	char		text[NUMBER_ROOM];
	char	   *begin;
	uint128		size = value < 0 ? -(uint128) value : (uint128) value;

	for (; scale > dscale; scale--)
	{
		if (size % 10 != 0)
			elog(ERROR, "a sum of numbers of scale %d has more digits", dscale);
		size /= 10;
	}
	begin = number_put_digits(text + sizeof(text), size, dscale);
	if (value < 0)
		*--begin = '-';
	return DirectFunctionCall3(numeric_in, CStringGetDatum(begin),
							   ObjectIdGetDatum(InvalidOid),
							   Int32GetDatum(-1));
}
