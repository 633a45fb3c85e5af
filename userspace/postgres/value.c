// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Columns, constants and arithmetic as code of a λ. */
#include "pg_lambda.h"

#include "catalog/pg_type_d.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "utils/date.h"
#include "utils/fmgroids.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#define VALUE_SCALE_MAX		16
#define VALUE_SCALE_ANY		8		/* of a column that has any */

/* What is below casts that change nothing but the name of a type. */
Expr *
pgl_strip(Expr *expr)
{
	while (expr != NULL && IsA(expr, RelabelType))
		expr = ((RelabelType *) expr)->arg;
	return expr;
}

static bool
value_type(PglType *type, PglKind kind, int width)
{
	type->kind = kind;
	type->width = width;
	return true;
}

/* False: not a type that λs know. */
bool
pgl_type_of(Expr *expr, PglType *type)
{
	memset(type, 0, sizeof(*type));
	type->oid = exprType((Node *) expr);
	switch (type->oid)
	{
		case BOOLOID:
			return value_type(type, PGL_KIND_INT, 1);
		case INT2OID:
			return value_type(type, PGL_KIND_INT, 2);
		case INT4OID:
			return value_type(type, PGL_KIND_INT, 4);
		case INT8OID:
			return value_type(type, PGL_KIND_INT, 8);
		case DATEOID:
			return value_type(type, PGL_KIND_DATE, 4);
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			return value_type(type, PGL_KIND_TIME, 8);
		case FLOAT4OID:
			return value_type(type, PGL_KIND_FLOAT, 4);
		case FLOAT8OID:
			return value_type(type, PGL_KIND_FLOAT, 8);
		case NUMERICOID:
			return value_type(type, PGL_KIND_NUMERIC, 8);
		case TEXTOID:
		case VARCHAROID:
			return value_type(type, PGL_KIND_TEXT, 0);
		case BPCHAROID:
			return value_type(type, PGL_KIND_BPCHAR, 0);
		default:
			return false;
	}
}

/* It has one value for all rows of a scan. */
bool
pgl_is_constant(Expr *expr)
{
	Node	   *node = (Node *) expr;

	if (IsA(node, Const))
		return true;
	return !contain_var_clause(node) && !contain_agg_clause(node) &&
		!contain_subplans(node) && !contain_volatile_functions(node);
}

/* That value. Where code is only tried out it is that of constants alone. */
Datum
pgl_constant(PglCode *code, Expr *expr, bool *isnull)
{
	ExprState  *state;

	if (IsA(expr, Const))
	{
		*isnull = ((Const *) expr)->constisnull;
		return ((Const *) expr)->constvalue;
	}
	Assert(!code->dry);
	state = ExecInitExpr(expr, code->ps);
	return ExecEvalExprSwitchContext(state, code->ps->ps_ExprContext, isnull);
}

/* The column that an expression is; NULL: it is none, or none for a λ. */
Var *
pgl_column(PglCode *code, Expr *expr)
{
	Var		   *var = (Var *) pgl_strip(expr);

	if (!IsA(var, Var) || var->varno != code->varno || var->varlevelsup != 0 ||
		var->varattno <= 0)
	{
		pgl_code_fail(code, "not a column");
		return NULL;
	}
	if (var->varattno > PGL_ATTS)
	{
		pgl_code_fail(code, "a column behind the first 64");
		return NULL;
	}
	for (int i = code->natts; i < var->varattno; i++)
	{
		if (TupleDescAttr(code->desc, i)->attlen < -1)
		{
			pgl_code_fail(code, "a column behind one of type cstring");
			return NULL;
		}
	}
	code->natts = Max(code->natts, var->varattno);
	return var;
}

/* Puts a column into a register; of text it is the next one as well. */
bool
pgl_load(PglCode *code, Var *var, const PglType *type, int reg, int null_label)
{
	static const enum pgl_op op[] = {
		[PGL_KIND_INT] = PGL_INT,
		[PGL_KIND_DATE] = PGL_INT,
		[PGL_KIND_TIME] = PGL_INT,
		[PGL_KIND_NUMERIC] = PGL_NUM,
		[PGL_KIND_FLOAT] = PGL_F8,
		[PGL_KIND_TEXT] = PGL_STR,
		[PGL_KIND_BPCHAR] = PGL_STR,
	};
	struct pgl_insn *insn;

	if (reg >= PGL_REGS)
		return pgl_code_fail(code, "an expression that is too deep");
	insn = pgl_code_add(code, op[type->kind]);
	insn->a = reg;
	insn->b = type->width;
	insn->f = null_label;
	insn->imm = var->varattno - 1;
	if (type->kind == PGL_KIND_NUMERIC)
	{
		insn->b = type->scale / 4;
		insn->c = type->dscale < 0 ? PGL_ANY_DSCALE : type->dscale;
	}
	else if (type->kind == PGL_KIND_FLOAT && type->width == 4)
		insn->op = PGL_F4;
	else if (type->kind == PGL_KIND_BPCHAR)
		insn->b = 1;
	return true;
}

/* The order of floats, as the λ has it. */
static int64
value_order_float(double value)
{
	int64		bits;

	if (isnan(value))
		return PG_INT64_MAX;
	memcpy(&bits, &value, sizeof(bits));
	return bits < 0 ? -(bits & PG_INT64_MAX) : bits;
}

/* A constant as the integer that a register has for it. */
bool
pgl_constant_int(PglCode *code, const PglType *type, Datum value, int64 *ret)
{
	int			dscale;

	switch (type->kind)
	{
		case PGL_KIND_INT:
			*ret = type->width == 1 ? DatumGetBool(value) :
				type->width == 2 ? DatumGetInt16(value) :
				type->width == 4 ? DatumGetInt32(value) : DatumGetInt64(value);
			return true;
		case PGL_KIND_DATE:
			*ret = DatumGetDateADT(value);
			return true;
		case PGL_KIND_TIME:
			*ret = DatumGetTimestamp(value);
			return true;
		case PGL_KIND_FLOAT:
			*ret = value_order_float(type->width == 4 ?
									 (double) DatumGetFloat4(value) :
									 DatumGetFloat8(value));
			return true;
		case PGL_KIND_NUMERIC:
			if (pgl_numeric_to_int(value, type->scale, ret, &dscale))
				return true;
			return pgl_code_fail(code, "a number beyond 64 bits");
		default:
			return pgl_code_fail(code, "a constant of this type");
	}
}

static bool
value_column(PglCode *code, Expr *expr, int reg, int null_label, PglType *type)
{
	Var		   *var = pgl_column(code, expr);

	if (var == NULL)
		return false;
	if (type->kind == PGL_KIND_NUMERIC)
	{
		type->dscale = pgl_typmod_scale(var->vartypmod);
		type->scale = type->dscale < 0 ? VALUE_SCALE_ANY :
			(type->dscale + 3) / 4 * 4;
		if (type->scale > VALUE_SCALE_MAX)
			return pgl_code_fail(code, "a number of more than 16 decimals");
	}
	return pgl_load(code, var, type, reg, null_label);
}

static bool
value_constant(PglCode *code, Expr *expr, int reg, int null_label,
			   PglType *type)
{
	struct pgl_insn *insn;
	bool		isnull = false;
	Datum		value;
	int64		number = 0;

	if (type->kind >= PGL_KIND_TEXT)
		return pgl_code_fail(code, "a text that is compared with a text");
	if (code->dry && !IsA(expr, Const))
		isnull = true;
	else
		value = pgl_constant(code, expr, &isnull);
	if (isnull)
	{
		pgl_code_add(code, PGL_JUMP)->t = null_label;
		return true;
	}
	if (type->kind == PGL_KIND_NUMERIC)
	{
		type->scale = pgl_numeric_scale(value);
		if (!pgl_numeric_to_int(value, type->scale, &number, &type->dscale))
			return pgl_code_fail(code, "a number beyond 64 bits");
	}
	else if (!pgl_constant_int(code, type, value, &number))
		return false;
	insn = pgl_code_add(code, PGL_CONST);
	insn->a = reg;
	insn->imm = number;
	return true;
}

static bool
value_raise_scale(PglCode *code, int reg, int from, int to)
{
	int64		factor = 1;
	struct pgl_insn *insn;

	if (from == to)
		return true;
	if (to - from > VALUE_SCALE_MAX)
		return pgl_code_fail(code, "a number of more than 16 decimals");
	for (; from < to; from++)
		factor *= 10;
	insn = pgl_code_add(code, PGL_MULK);
	insn->a = reg;
	insn->c = 8;
	insn->imm = factor;
	return true;
}

/* Gives two numbers in registers that follow each other the same scale. */
bool
pgl_align_scales(PglCode *code, int reg, PglType *left, PglType *right)
{
	int			scale = Max(left->scale, right->scale);

	if (!value_raise_scale(code, reg, left->scale, scale) ||
		!value_raise_scale(code, reg + 1, right->scale, scale))
		return false;
	left->scale = right->scale = scale;
	return true;
}

static bool
value_operator(Oid func, enum pgl_op *op)
{
	switch (func)
	{
		case F_INT2PL:
		case F_INT4PL:
		case F_INT8PL:
		case F_INT24PL:
		case F_INT42PL:
		case F_INT28PL:
		case F_INT82PL:
		case F_INT48PL:
		case F_INT84PL:
		case F_NUMERIC_ADD:
			*op = PGL_ADD;
			return true;
		case F_INT2MI:
		case F_INT4MI:
		case F_INT8MI:
		case F_INT24MI:
		case F_INT42MI:
		case F_INT28MI:
		case F_INT82MI:
		case F_INT48MI:
		case F_INT84MI:
		case F_NUMERIC_SUB:
			*op = PGL_SUB;
			return true;
		case F_INT2MUL:
		case F_INT4MUL:
		case F_INT8MUL:
		case F_INT24MUL:
		case F_INT42MUL:
		case F_INT28MUL:
		case F_INT82MUL:
		case F_INT48MUL:
		case F_INT84MUL:
		case F_NUMERIC_MUL:
			*op = PGL_MUL;
			return true;
		default:
			return false;
	}
}

static bool
value_arithmetic(PglCode *code, OpExpr *expr, int reg, int null_label,
				 PglType *type)
{
	PglType		left,
				right;
	enum pgl_op op;
	struct pgl_insn *insn;

	set_opfuncid(expr);
	if (list_length(expr->args) != 2 || !value_operator(expr->opfuncid, &op))
		return pgl_code_fail(code, "an operator that is not pushed down");
	if (!pgl_value(code, linitial(expr->args), reg, null_label, &left) ||
		!pgl_value(code, lsecond(expr->args), reg + 1, null_label, &right))
		return false;
	if (op != PGL_MUL && !pgl_align_scales(code, reg, &left, &right))
		return false;
	type->scale = op == PGL_MUL ? left.scale + right.scale : left.scale;
	if (type->scale > 2 * VALUE_SCALE_MAX)
		return pgl_code_fail(code, "a number of more than 32 decimals");
	if (left.dscale < 0 || right.dscale < 0)
		type->dscale = -1;
	else
		type->dscale = op == PGL_MUL ? left.dscale + right.dscale :
			Max(left.dscale, right.dscale);
	insn = pgl_code_add(code, op);
	insn->a = reg;
	insn->b = reg + 1;
	insn->c = type->width;
	return true;
}

/* A cast from an integer to a wider one, or to numeric. */
static bool
value_cast(PglCode *code, FuncExpr *expr, int reg, int null_label,
		   PglType *type)
{
	PglType		from;

	switch (expr->funcid)
	{
		case F_INT4_INT2:
		case F_INT8_INT2:
		case F_INT8_INT4:
		case F_NUMERIC_INT2:
		case F_NUMERIC_INT4:
		case F_NUMERIC_INT8:
			return pgl_value(code, linitial(expr->args), reg, null_label,
							 &from);
		default:
			return pgl_code_fail(code, "a function that is not pushed down");
	}
}

/*
 * Puts the value of an expression into a register, or goes to @null_label where
 * it is null. Of a numeric, @type gets the scales. Uses registers above @reg.
 */
bool
pgl_value(PglCode *code, Expr *expr, int reg, int null_label, PglType *type)
{
	Expr	   *inner = pgl_strip(expr);

	check_stack_depth();
	if (!pgl_type_of(expr, type))
		return pgl_code_fail(code, "a type that is not pushed down");
	if (reg >= PGL_REGS - 1)
		return pgl_code_fail(code, "an expression that is too deep");
	if (pgl_is_constant(expr))
		return value_constant(code, expr, reg, null_label, type);
	if (IsA(inner, Var))
		return value_column(code, expr, reg, null_label, type);
	if (type->kind != PGL_KIND_INT && type->kind != PGL_KIND_NUMERIC)
		return pgl_code_fail(code, "an expression that is not pushed down");
	if (IsA(inner, OpExpr))
		return value_arithmetic(code, (OpExpr *) inner, reg, null_label, type);
	if (IsA(inner, FuncExpr))
		return value_cast(code, (FuncExpr *) inner, reg, null_label, type);
	return pgl_code_fail(code, "an expression that is not pushed down");
}
