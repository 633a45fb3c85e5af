// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Comparisons of a value with another one or with a constant, as code of a λ. */
#include "pg_lambda.h"

#include "access/stratnum.h"
#include "catalog/pg_type_d.h"
#include "utils/builtins.h"
#include "utils/date.h"
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
comparison_family(const PglType *type)
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
	Oid			family = comparison_family(left);
	Oid			negator;

	if (family != comparison_family(right))
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
comparison_less(int strategy, bool *negate)
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
comparison_op(int strategy)
{
	return strategy == BTLessStrategyNumber ? PGL_LT :
		strategy == BTLessEqualStrategyNumber ? PGL_LE : PGL_EQ;
}

static int
comparison_commute(int strategy)
{
	return BTMaxStrategyNumber + 1 - strategy;
}

/* A constant to compare with; false: the condition is null. */
bool
pgl_comparison_constant(PglCode *code, Expr *expr, Datum *value)
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
comparison_date_of(Timestamp time, bool less, int64 *day)
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
comparison_date(PglCode *code, Expr *column, Expr *constant, int strategy,
			   bool negate, int t, int f, const PglType *type)
{
	Var		   *var = pgl_column(code, column);
	Datum		value;
	int64		day;
	bool		exact;
	struct pgl_insn *insn;

	if (var == NULL)
		return false;
	if (!pgl_comparison_constant(code, constant, &value))
	{
		pgl_jump(code, f);
		return true;
	}
	strategy = comparison_less(strategy, &negate);
	exact = comparison_date_of(DatumGetTimestamp(value),
							  strategy == BTLessStrategyNumber, &day);
	pgl_load(code, var, type, 0, f);
	if (strategy == BTEqualStrategyNumber && !exact)
	{
		pgl_jump(code, negate ? t : f);
		return true;
	}
	insn = pgl_test(code, comparison_op(strategy) + PGL_LTK - PGL_LT,
						  negate ? f : t, negate ? t : f);
	insn->imm = day;
	return true;
}

/* Texts and blank-padded texts are tested for equality alone. */
bool
pgl_comparison_text(PglCode *code, Expr *column, Expr *constant, Oid collation,
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
	if (!pgl_comparison_constant(code, constant, &value))
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
comparison_of_values(PglCode *code, Expr *a, Expr *b, int strategy,
						 bool negate, int t, int f)
{
	PglType		left,
				right;

	if (!pgl_value(code, a, 0, f, &left) || !pgl_value(code, b, 1, f, &right))
		return false;
	if (left.kind == PGL_KIND_NUMERIC &&
		!pgl_align_scales(code, 0, &left, &right))
		return false;
	strategy = comparison_less(strategy, &negate);
	pgl_test(code, comparison_op(strategy), negate ? f : t,
				   negate ? t : f);
	return true;
}

/* A value and a number, which most conditions are about. */
static bool
comparison_with_number(PglCode *code, Expr *a, Expr *constant, int strategy,
						 bool negate, int t, int f, const PglType *type)
{
	PglType		left;
	Datum		value;
	int64		number;

	if (!pgl_comparison_constant(code, constant, &value))
	{
		pgl_jump(code, f);
		return pgl_value(code, a, 0, f, &left);
	}
	if (!pgl_value(code, a, 0, f, &left) ||
		!pgl_constant_int(code, type, value, &number))
		return false;
	strategy = comparison_less(strategy, &negate);
	pgl_test(code, comparison_op(strategy) + PGL_LTK - PGL_LT,
				   negate ? f : t, negate ? t : f)->imm = number;
	return true;
}

/*
 * A value of some digits and a constant, which may have more of them: the value,
 * as an integer, is less than that if it is not above the integer below it.
 */
static bool
comparison_with_numeric(PglCode *code, Expr *a, Expr *constant, int strategy,
						  bool negate, int t, int f)
{
	PglType		left;
	Datum		value;
	int64		number;
	bool		exact,
				known = pgl_comparison_constant(code, constant, &value);
	int			beyond;

	if (!pgl_value(code, a, 0, f, &left))
		return false;
	if (!known)
	{
		pgl_jump(code, f);
		return true;
	}
	beyond = pgl_numeric_floor(value, left.scale, &number, &exact);
	strategy = comparison_less(strategy, &negate);
	if (beyond != 0 || (strategy == BTEqualStrategyNumber && !exact))
	{
		bool		holds = beyond > 0 && strategy != BTEqualStrategyNumber;

		pgl_jump(code, holds != negate ? t : f);
		return true;
	}
	if (!exact)
		strategy = BTLessEqualStrategyNumber;
	pgl_test(code, comparison_op(strategy) + PGL_LTK - PGL_LT,
			 negate ? f : t, negate ? t : f)->imm = number;
	return true;
}

bool
pgl_comparison(PglCode *code, OpExpr *expr, bool negate, int t, int f)
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
		strategy = comparison_commute(strategy);
	}
	if (left.kind >= PGL_KIND_TEXT || right.kind >= PGL_KIND_TEXT)
	{
		if (strategy != BTEqualStrategyNumber || !pgl_is_constant(b))
			return pgl_code_fail(code, "an order of texts");
		return pgl_comparison_text(code, a, b, expr->inputcollid, negate, t, f,
							  &left);
	}
	if (left.kind == PGL_KIND_DATE && right.oid == TIMESTAMPOID &&
		pgl_is_constant(b))
		return comparison_date(code, a, b, strategy, negate, t, f, &left);
	if (left.kind != right.kind ||
		(left.kind == PGL_KIND_TIME && left.oid != right.oid))
		return pgl_code_fail(code, "a comparison of different types");
	if (left.kind == PGL_KIND_NUMERIC && pgl_is_constant(b))
		return comparison_with_numeric(code, a, b, strategy, negate, t, f);
	if (pgl_is_constant(b))
		return comparison_with_number(code, a, b, strategy, negate, t, f,
										&right);
	return comparison_of_values(code, a, b, strategy, negate, t, f);
}
