// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* x IN (list), and x = ANY (array), as code of a λ. */
#include "pg_lambda.h"

#include "access/stratnum.h"
#include "catalog/pg_type_d.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "utils/array.h"
#include "utils/lsyscache.h"

#define LIST_MAX		2048	/* numbers */
#define LIST_TEXTS_MAX	64		/* texts */

static int
list_of_order(const void *a, const void *b)
{
	int64		x = *(const int64 *) a;
	int64		y = *(const int64 *) b;

	return x < y ? -1 : x > y;
}

/* The numbers of an array that are not null, which is what IN is about. */
static bool
list_of_set(PglCode *code, Expr *column, const PglType *type, Datum *values,
			  int n, int t, int f)
{
	int64	   *set = palloc(Max(n, 1) * sizeof(int64));
	PglType		elem = *type;
	PglType		left;
	int64		imm;

	if (n > LIST_MAX)
		return pgl_code_fail(code, "a list of more than 2048");
	for (int i = 0; elem.kind == PGL_KIND_NUMERIC && i < n; i++)
		elem.scale = Max(elem.scale, pgl_numeric_scale(values[i]));
	if (!pgl_value(code, column, 0, f, &left))
		return false;
	if (elem.kind == PGL_KIND_NUMERIC)
	{
		PglType		same = {.scale = left.scale};

		if (elem.scale > left.scale)
		{
			/* Register 1 is of no use, but is scaled like the elements. */
			same.scale = elem.scale;
			pgl_code_add(code, PGL_CONST)->a = 1;
			if (!pgl_align_scales(code, 0, &left, &same))
				return false;
		}
		elem.scale = left.scale;
	}
	for (int i = 0; i < n; i++)
	{
		if (!pgl_constant_int(code, &elem, values[i], &set[i]))
			return false;
	}
	qsort(set, n, sizeof(int64), list_of_order);
	imm = pgl_code_pool(code, set, n * sizeof(int64));
	pgl_test(code, PGL_IN, t, f)->imm = PGL_POOL(PGL_POOL_OFF(imm), n);
	return true;
}

static bool
list_of_texts(PglCode *code, ScalarArrayOpExpr *expr, const PglType *type,
				Datum *values, int n, int t, int f)
{
	if (n > LIST_TEXTS_MAX)
		return pgl_code_fail(code, "a list of more than 64 texts");
	for (int i = 0; i < n; i++)
	{
		Expr	   *value = (Expr *) makeConst(TEXTOID, -1, InvalidOid, -1,
											   values[i], false, false);
		int			next = pgl_code_label(code);

		if (!pgl_comparison_text(code, linitial(expr->args), value,
							expr->inputcollid, false, t, next, type))
			return false;
		pgl_code_here(code, next);
	}
	pgl_jump(code, f);
	return true;
}

/* The elements of an array; those that are null are left out and noted. */
static int
list_of_elements(Datum datum, Oid elemtype, Datum **values, bool *hasnull)
{
	ArrayType  *array = DatumGetArrayTypeP(datum);
	int16		len;
	bool		byval;
	char		align;
	bool	   *nulls;
	int			n,
				kept = 0;

	get_typlenbyvalalign(elemtype, &len, &byval, &align);
	deconstruct_array(array, elemtype, len, byval, align, values, &nulls, &n);
	*hasnull = false;
	for (int i = 0; i < n; i++)
	{
		if (nulls[i])
			*hasnull = true;
		else
			(*values)[kept++] = (*values)[i];
	}
	return kept;
}

/*
 * x = ANY (array), negated: that is true if it is known to be none of them. With
 * no elements at all x may be null.
 */
static bool
list_of_any(PglCode *code, ScalarArrayOpExpr *expr, Oid elemtype,
			  const PglType *type, Datum array, bool negate, int t, int f)
{
	Datum	   *values;
	bool		hasnull;
	int			n = list_of_elements(array, elemtype, &values, &hasnull);
	int			isnull = f;

	if (n == 0 || (negate && hasnull))
	{
		pgl_jump(code, n == 0 && negate && !hasnull ? t : f);
		return true;
	}
	if (!negate)
		return type->kind >= PGL_KIND_TEXT ?
			list_of_texts(code, expr, type, values, n, t, f) :
			list_of_set(code, linitial(expr->args), type, values, n, t, f);
	if (type->kind < PGL_KIND_TEXT)
	{
		/* Null goes to @f as well as what is in the set: a test of its own. */
		Var		   *var = pgl_column(code, linitial(expr->args));

		if (var == NULL)
			return false;
		isnull = pgl_code_label(code);
		pgl_test(code, PGL_NULL, f, isnull)->imm = var->varattno - 1;
		pgl_code_here(code, isnull);
		return list_of_set(code, linitial(expr->args), type, values, n, f,
							 t);
	}
	return pgl_code_fail(code, "a list of texts that is negated");
}

bool
pgl_list(PglCode *code, ScalarArrayOpExpr *expr, bool negate, int t,
				int f)
{
	Expr	   *array = lsecond(expr->args);
	Oid			elemtype = get_element_type(exprType((Node *) array));
	PglType		type,
				elem;
	int			strategy;
	bool		differs = false;
	Datum		value;
	Const		probe = {{T_Const}};

	probe.consttype = elemtype;
	if (!OidIsValid(elemtype) || !pgl_is_constant(array) ||
		!pgl_type_of(linitial(expr->args), &type) ||
		!pgl_type_of((Expr *) &probe, &elem))
		return pgl_code_fail(code, "a list that is not pushed down");
	if (!pgl_strategy(expr->opno, &type, &elem, &strategy, &differs) ||
		strategy != BTEqualStrategyNumber || differs == expr->useOr ||
		type.kind != elem.kind ||
		(type.kind == PGL_KIND_TIME && type.oid != elem.oid))
		return pgl_code_fail(code, "an operator that is not pushed down");
	if (pgl_column(code, linitial(expr->args)) == NULL)
		return false;
	if (type.kind >= PGL_KIND_TEXT &&
		(!OidIsValid(expr->inputcollid) ||
		 !get_collation_isdeterministic(expr->inputcollid)))
		return pgl_code_fail(code, "a collation that is not deterministic");
	if (!pgl_comparison_constant(code, array, &value))
	{
		pgl_jump(code, f);
		return true;
	}
	/* x <> ALL (array) is NOT (x = ANY (array)). */
	negate ^= !expr->useOr;
	return list_of_any(code, expr, elemtype,
						 type.kind >= PGL_KIND_TEXT ? &type : &elem, value,
						 negate, t, f);
}
