// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Conditions as code of a λ. What is asked of one is whether it is true; null
 * and false are the same. As negation is moved down to the tests, what is left
 * of AND and OR keeps that: it is true if it is when null is taken for false.
 */
#include "pg_lambda.h"

#include "access/stratnum.h"
#include "catalog/pg_type_d.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

void
pgl_jump(PglCode *code, int to)
{
	pgl_code_add(code, PGL_JUMP)->t = to;
}

/* Adds a test on register 0, or 0 and 1. */
struct pgl_insn *
pgl_test(PglCode *code, enum pgl_op op, int t, int f)
{
	struct pgl_insn *insn = pgl_code_add(code, op);

	insn->b = 1;
	insn->t = t;
	insn->f = f;
	return insn;
}

static Oid
condition_family(const PglType *type)
{
	return lookup_type_cache(type->oid, TYPECACHE_BTREE_OPFAMILY)->btree_opf;
}

/*
 * The strategy of an operator between values of these types, with @negate
 * toggled where it is that of the operator's negator. False: not one of the
 * family of both.
 */
bool
pgl_strategy(Oid opno, const PglType *left, const PglType *right,
				   int *strategy, bool *negate)
{
	Oid			family = condition_family(left);
	Oid			negator;

	if (family != condition_family(right))
		return false;
	*strategy = get_op_opfamily_strategy(opno, family);
	if (*strategy != 0)
		return true;
	negator = get_negator(opno);
	if (!OidIsValid(negator) ||
		get_op_opfamily_strategy(negator, family) != BTEqualStrategyNumber)
		return false;
	*strategy = BTEqualStrategyNumber;
	*negate = !*negate;
	return true;
}

/* Greater is not less or equal. */
static int
condition_less(int strategy, bool *negate)
{
	if (strategy == BTGreaterStrategyNumber)
		strategy = BTLessEqualStrategyNumber;
	else if (strategy == BTGreaterEqualStrategyNumber)
		strategy = BTLessStrategyNumber;
	else
		return strategy;
	*negate = !*negate;
	return strategy;
}

static enum pgl_op
condition_op(int strategy)
{
	return strategy == BTLessStrategyNumber ? PGL_LT :
		strategy == BTLessEqualStrategyNumber ? PGL_LE : PGL_EQ;
}

static int
condition_commute(int strategy)
{
	return BTMaxStrategyNumber + 1 - strategy;
}

/* A constant to compare with; false: the condition is null. */
bool
pgl_condition_constant(PglCode *code, Expr *expr, Datum *value)
{
	bool		isnull;

	if (code->dry && !IsA(expr, Const))
		return false;
	*value = pgl_constant(code, expr, &isnull);
	return !isnull;
}

/*
 * A timestamp as the date that is in the same order to all dates: the first one
 * not before it for <, else the last one not behind it. Returns false if no
 * date equals it.
 */
static bool
condition_date_of(Timestamp time, bool less, int64 *day)
{
	int64		days = time / USECS_PER_DAY;
	int64		rest = time % USECS_PER_DAY;

	if (TIMESTAMP_IS_NOBEGIN(time) || TIMESTAMP_IS_NOEND(time))
	{
		*day = TIMESTAMP_IS_NOBEGIN(time) ? DATEVAL_NOBEGIN : DATEVAL_NOEND;
		return true;
	}
	if (rest < 0)
	{
		days--;
		rest += USECS_PER_DAY;
	}
	*day = less && rest != 0 ? days + 1 : days;
	return rest == 0;
}

static bool
condition_date(PglCode *code, Expr *column, Expr *constant, int strategy,
			   bool negate, int t, int f, const PglType *type)
{
	Var		   *var = pgl_column(code, column);
	Datum		value;
	int64		day;
	bool		exact;
	struct pgl_insn *insn;

	if (var == NULL)
		return false;
	if (!pgl_condition_constant(code, constant, &value))
	{
		pgl_jump(code, f);
		return true;
	}
	strategy = condition_less(strategy, &negate);
	exact = condition_date_of(DatumGetTimestamp(value),
							  strategy == BTLessStrategyNumber, &day);
	pgl_load(code, var, type, 0, f);
	if (strategy == BTEqualStrategyNumber && !exact)
	{
		pgl_jump(code, negate ? t : f);
		return true;
	}
	insn = pgl_test(code, condition_op(strategy) + PGL_LTK - PGL_LT,
						  negate ? f : t, negate ? t : f);
	insn->imm = day;
	return true;
}

/* Texts and blank-padded texts are tested for equality alone. */
bool
pgl_condition_text(PglCode *code, Expr *column, Expr *constant, Oid collation,
			   bool negate, int t, int f, const PglType *type)
{
	Var		   *var = pgl_column(code, column);
	Datum		value;
	text	   *str;
	int			len;
	struct pgl_insn *insn;
	int64		imm;

	if (var == NULL)
		return false;
	if (!OidIsValid(collation) || !get_collation_isdeterministic(collation))
		return pgl_code_fail(code, "a collation that is not deterministic");
	if (!pgl_condition_constant(code, constant, &value))
	{
		pgl_jump(code, f);
		return true;
	}
	str = DatumGetTextPP(value);
	len = VARSIZE_ANY_EXHDR(str);
	if (type->kind == PGL_KIND_BPCHAR)
		len = bpchartruelen(VARDATA_ANY(str), len);
	imm = pgl_code_pool(code, VARDATA_ANY(str), len);
	pgl_load(code, var, type, 0, f);
	insn = pgl_test(code, PGL_STREQ, negate ? f : t, negate ? t : f);
	insn->imm = imm;
	return true;
}

/* Both sides in registers. */
static bool
condition_compare_values(PglCode *code, Expr *a, Expr *b, int strategy,
						 bool negate, int t, int f)
{
	PglType		left,
				right;

	if (!pgl_value(code, a, 0, f, &left) || !pgl_value(code, b, 1, f, &right))
		return false;
	if (left.kind == PGL_KIND_NUMERIC &&
		!pgl_align_scales(code, 0, &left, &right))
		return false;
	strategy = condition_less(strategy, &negate);
	pgl_test(code, condition_op(strategy), negate ? f : t,
				   negate ? t : f);
	return true;
}

/* A value and a number, which most conditions are about. */
static bool
condition_compare_number(PglCode *code, Expr *a, Expr *constant, int strategy,
						 bool negate, int t, int f, const PglType *type)
{
	PglType		left;
	Datum		value;
	int64		number;

	if (!pgl_condition_constant(code, constant, &value))
	{
		pgl_jump(code, f);
		return pgl_value(code, a, 0, f, &left);
	}
	if (!pgl_value(code, a, 0, f, &left) ||
		!pgl_constant_int(code, type, value, &number))
		return false;
	strategy = condition_less(strategy, &negate);
	pgl_test(code, condition_op(strategy) + PGL_LTK - PGL_LT,
				   negate ? f : t, negate ? t : f)->imm = number;
	return true;
}

/*
 * A value of some digits and a constant, which may have more of them: the value,
 * as an integer, is less than that if it is not above the integer below it.
 */
static bool
condition_compare_numeric(PglCode *code, Expr *a, Expr *constant, int strategy,
						  bool negate, int t, int f)
{
	PglType		left;
	Datum		value;
	int64		number;
	bool		exact,
				known = pgl_condition_constant(code, constant, &value);
	int			beyond;

	if (!pgl_value(code, a, 0, f, &left))
		return false;
	if (!known)
	{
		pgl_jump(code, f);
		return true;
	}
	beyond = pgl_numeric_floor(value, left.scale, &number, &exact);
	strategy = condition_less(strategy, &negate);
	if (beyond != 0 || (strategy == BTEqualStrategyNumber && !exact))
	{
		bool		holds = beyond > 0 && strategy != BTEqualStrategyNumber;

		pgl_jump(code, holds != negate ? t : f);
		return true;
	}
	if (!exact)
		strategy = BTLessEqualStrategyNumber;
	pgl_test(code, condition_op(strategy) + PGL_LTK - PGL_LT,
			 negate ? f : t, negate ? t : f)->imm = number;
	return true;
}

static bool
condition_compare(PglCode *code, OpExpr *expr, bool negate, int t, int f)
{
	Expr	   *a = linitial(expr->args);
	Expr	   *b = lsecond(expr->args);
	PglType		left,
				right;
	int			strategy;

	if (!pgl_type_of(a, &left) || !pgl_type_of(b, &right))
		return pgl_code_fail(code, "a type that is not pushed down");
	if (!pgl_strategy(expr->opno, &left, &right, &strategy, &negate))
		return pgl_code_fail(code, "an operator that is not pushed down");
	if (pgl_is_constant(a))
	{
		Expr	   *constant = a;
		PglType		type = left;

		a = b;
		b = constant;
		left = right;
		right = type;
		strategy = condition_commute(strategy);
	}
	if (left.kind >= PGL_KIND_TEXT || right.kind >= PGL_KIND_TEXT)
	{
		if (strategy != BTEqualStrategyNumber || !pgl_is_constant(b))
			return pgl_code_fail(code, "an order of texts");
		return pgl_condition_text(code, a, b, expr->inputcollid, negate, t, f,
							  &left);
	}
	if (left.kind == PGL_KIND_DATE && right.oid == TIMESTAMPOID &&
		pgl_is_constant(b))
		return condition_date(code, a, b, strategy, negate, t, f, &left);
	if (left.kind != right.kind ||
		(left.kind == PGL_KIND_TIME && left.oid != right.oid))
		return pgl_code_fail(code, "a comparison of different types");
	if (left.kind == PGL_KIND_NUMERIC && pgl_is_constant(b))
		return condition_compare_numeric(code, a, b, strategy, negate, t, f);
	if (pgl_is_constant(b))
		return condition_compare_number(code, a, b, strategy, negate, t, f,
										&right);
	return condition_compare_values(code, a, b, strategy, negate, t, f);
}

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
	if (!pgl_condition_constant(code, pattern, &value))
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

	if (!pgl_condition_constant(code, expr, &value))
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
		return condition_compare(code, (OpExpr *) expr, negate, t, f);
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
