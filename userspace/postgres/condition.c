// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Conditions as code of a λ. What is asked of one is whether it is true; null
 * and false are the same. As negation is moved down to the tests, what is left
 * of AND and OR keeps that: it is true if it is when null is taken for false.
 */
#include "pg_lambda.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

static bool
condition_is_like(Oid func, bool *negate)
{
	switch (func)
	{
		case F_TEXTLIKE:
		case F_LIKE_TEXT_TEXT:
		case F_BPCHARLIKE:
			return true;
		case F_TEXTNLIKE:
		case F_NOTLIKE_TEXT_TEXT:
		case F_BPCHARNLIKE:
			*negate = !*negate;
			return true;
		default:
			return false;
	}
}

/* Whether it looks for a text at every place of another. */
bool
pgl_is_search(OpExpr *expr)
{
	bool		negate = false;
	Const	   *pattern;

	set_opfuncid(expr);
	if (!condition_is_like(expr->opfuncid, &negate) ||
		!IsA(lsecond(expr->args), Const))
		return false;
	pattern = lsecond_node(Const, expr->args);
	return !pattern->constisnull &&
		VARSIZE_ANY_EXHDR(DatumGetPointer(pattern->constvalue)) > 0 &&
		*VARDATA_ANY(DatumGetPointer(pattern->constvalue)) == '%';
}

static bool
condition_like(PglCode *code, OpExpr *expr, bool negate, int t, int f)
{
	Expr	   *pattern = lsecond(expr->args);
	Var		   *var = pgl_column(code, linitial(expr->args));
	PglType		type = {.kind = PGL_KIND_TEXT};
	StringInfoData parts;
	struct pgl_insn *insn;
	Datum		value;
	int64		imm;

	if (var == NULL)
		return false;
	if (!pgl_is_constant(pattern))
		return pgl_code_fail(code, "a pattern that is no constant");
	if (!OidIsValid(expr->inputcollid) ||
		!get_collation_isdeterministic(expr->inputcollid))
		return pgl_code_fail(code, "a collation that is not deterministic");
	if (GetDatabaseEncoding() != PG_UTF8 &&
		pg_database_encoding_max_length() > 1)
		return pgl_code_fail(code, "an encoding that is not pushed down");
	if (!pgl_comparison_constant(code, pattern, &value))
	{
		pgl_jump(code, f);
		return true;
	}
	initStringInfo(&parts);
	if (!pgl_pattern(&parts, VARDATA_ANY(DatumGetTextPP(value)),
					 VARSIZE_ANY_EXHDR(DatumGetTextPP(value))))
		return pgl_code_fail(code, "a pattern that is not pushed down");
	imm = pgl_code_pool(code, parts.data, parts.len);
	pgl_load(code, var, &type, 0, f);
	insn = pgl_test(code, PGL_LIKE, negate ? f : t, negate ? t : f);
	insn->imm = imm;
	return true;
}

static bool
condition_bool(PglCode *code, BoolExpr *expr, bool negate, int t, int f)
{
	bool		any = (expr->boolop == OR_EXPR) != negate;
	ListCell   *lc;

	if (expr->boolop == NOT_EXPR)
		return pgl_condition(code, linitial(expr->args), !negate, t, f);
	foreach(lc, expr->args)
	{
		int			next = pgl_code_label(code);
		bool		last = lnext(expr->args, lc) == NULL;

		if (!pgl_condition(code, lfirst(lc), negate,
						   any || last ? t : next, !any || last ? f : next))
			return false;
		pgl_code_here(code, next);
	}
	return true;
}

static bool
condition_null(PglCode *code, NullTest *test, bool negate, int t, int f)
{
	Var		   *var = pgl_column(code, test->arg);
	bool		isnull = (test->nulltesttype == IS_NULL) != negate;

	if (var == NULL)
		return false;
	if (test->argisrow)
		return pgl_code_fail(code, "a row that is tested for null");
	pgl_test(code, PGL_NULL, isnull ? t : f,
				   isnull ? f : t)->imm = var->varattno - 1;
	return true;
}

static bool
condition_constant_bool(PglCode *code, Expr *expr, bool negate, int t, int f)
{
	Datum		value;

	if (!pgl_comparison_constant(code, expr, &value))
		pgl_jump(code, f);
	else
		pgl_jump(code, DatumGetBool(value) != negate ? t : f);
	return true;
}

/* Goes on at @t if the condition, or with @negate its negation, is true. */
bool
pgl_condition(PglCode *code, Expr *expr, bool negate, int t, int f)
{
	PglType		type;

	check_stack_depth();
	expr = pgl_strip(expr);
	if (IsA(expr, BoolExpr))
		return condition_bool(code, (BoolExpr *) expr, negate, t, f);
	if (IsA(expr, NullTest))
		return condition_null(code, (NullTest *) expr, negate, t, f);
	if (IsA(expr, ScalarArrayOpExpr))
		return pgl_list(code, (ScalarArrayOpExpr *) expr, negate, t, f);
	if (pgl_is_constant(expr))
		return condition_constant_bool(code, expr, negate, t, f);
	if (IsA(expr, Var))
	{
		if (!pgl_value(code, expr, 0, f, &type))
			return false;
		pgl_test(code, PGL_EQK, negate ? f : t,
					   negate ? t : f)->imm = 1;
		return true;
	}
	if (IsA(expr, OpExpr) && list_length(((OpExpr *) expr)->args) == 2)
	{
		set_opfuncid((OpExpr *) expr);
		if (condition_is_like(((OpExpr *) expr)->opfuncid, &negate))
			return condition_like(code, (OpExpr *) expr, negate, t, f);
		return pgl_comparison(code, (OpExpr *) expr, negate, t, f);
	}
	return pgl_code_fail(code, "an expression that is not pushed down");
}

/* All of them are true, or it goes on at @f. */
bool
pgl_conditions(PglCode *code, List *exprs, int f)
{
	ListCell   *lc;

	foreach(lc, exprs)
	{
		int			next = pgl_code_label(code);

		pgl_code_point(code);
		if (!pgl_condition(code, lfirst(lc), false, next, f))
			return false;
		pgl_code_here(code, next);
	}
	return true;
}
