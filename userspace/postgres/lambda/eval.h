/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* The code of a query, run over one row. */
#ifndef PGL_EVAL_H
#define PGL_EVAL_H

#include "group.h"
#include "like.h"
#include "put.h"

/* How a row ends, unless the page is to be left, which t->why tells. */
enum { PGL_ROW_NO, PGL_ROW_YES };

PGL_CALLED int pgl_eval_mul_fits(__s64 a, __s64 b)
{
	__u64 x = a < 0 ? -(__u64)a : (__u64)a;
	__u64 y = b < 0 ? -(__u64)b : (__u64)b;

	if (!((x | y) >> 31) || (!(x >> 47) && !(y >> 16)) ||
	    (!(x >> 16) && !(y >> 47)))
		return 1;
	if (!x || !y)
		return 1;
	return x <= 0x7fffffffffffffffULL / y;
}

static inline int pgl_eval_fits(__s64 value, __u32 size)
{
	if (size == 4)
		return value == (__s32)value;
	if (size == 2)
		return value == (__s16)value;
	return 1;
}

PGL_CALLED int pgl_eval_is_in(const struct pgl_args *args, __s64 imm,
			      __s64 value)
{
	const pgl_u64 *set = (const void *)((const __u8 *)args +
					    PGL_POOL_OFF(imm));
	__u32 low = 0, high = PGL_POOL_LEN(imm);

	while (low < high) {
		__u32 middle = (low + high) / 2;

		if ((__s64)set[middle] < value)
			low = middle + 1;
		else
			high = middle;
	}
	return low < PGL_POOL_LEN(imm) && (__s64)set[low] == value;
}

PGL_CALLED int pgl_eval_has_bit(const struct pgl_args *args, __s64 imm,
				__s64 value)
{
	const struct pgl_bits *bits = (const void *)((const __u8 *)args +
						     PGL_POOL_OFF(imm));
	__u64 at = ((__u64)value - bits->least) * bits->factor >>
		   (bits->shift & 63);

	return at <= bits->most && (bits->word[at >> 6] >> (at & 63) & 1);
}

PGL_CALLED int pgl_eval_is_text(const struct pgl_args *args, __s64 imm,
				const __s64 *r)
{
	return (__u64)r[1] == PGL_POOL_LEN(imm) &&
	       pgl_tuple_same((const void *)r[0],
			      (const __u8 *)args + PGL_POOL_OFF(imm), r[1]);
}

PGL_CALLED void pgl_eval_get_text(struct pgl_tuple *t, const __u8 *p,
				  __u32 trim, __s64 *r)
{
	__u32 len = 0;
	const __u8 *s = pgl_tuple_bytes_at(t, p, &len);

	if (!s)
		return;
	while (trim && len && s[len - 1] == ' ')
		len--;
	r[0] = (__u64)s;
	r[1] = len;
}

/* Puts a column that is not null into a register, or two. */
static inline void pgl_eval_get(struct pgl_tuple *t, const struct pgl_insn *in,
				const __u8 *p, __s64 *r)
{
	if (in->op == PGL_INT)
		*r = pgl_tuple_int_at(p, in->b);
	else if (in->op == PGL_NUM)
		*r = pgl_tuple_numeric_at(t, p, in->b, in->c);
	else if (in->op == PGL_STR)
		pgl_eval_get_text(t, p, in->b, r);
	else if (in->op == PGL_F4)
		*r = pgl_tuple_order_float4(t, pgl_load32(p));
	else
		*r = pgl_tuple_order_float8(pgl_load64(p));
}

/* Adds, subtracts or multiplies; what PostgreSQL calls out of range is left. */
static inline void pgl_eval_reckon(struct pgl_tuple *t,
				   const struct pgl_insn *in, __s64 *a, __s64 b)
{
	__s64 ret;

	if (in->op >= PGL_MUL) {
		if (lambda_rarely(!pgl_eval_mul_fits(*a, b))) {
			pgl_tuple_leave(t, PGL_RANGE);
			return;
		}
		ret = *a * b;
	} else {
		/* -b is b for one value alone, with which nothing is added */
		if (in->op == PGL_SUB)
			b = -(__u64)b;
		ret = (__u64)*a + b;
		if (lambda_rarely(b == (__s64)(1ULL << 63) ||
				  ((*a ^ ret) & (b ^ ret)) < 0)) {
			pgl_tuple_leave(t, PGL_RANGE);
			return;
		}
	}
	if (lambda_rarely(!pgl_eval_fits(ret, in->c)))
		pgl_tuple_leave(t, PGL_RANGE);
	*a = ret;
}

PGL_CALLED int pgl_eval_matches(const struct pgl_args *args, __s64 imm,
				const __s64 *r)
{
	const __u8 *p = (const __u8 *)args + PGL_POOL_OFF(imm);

	return pgl_is_like((const void *)r[0], r[1], p, p + PGL_POOL_LEN(imm),
			   args->utf8);
}

static inline int pgl_eval_test(const struct pgl_insn *in, const __s64 *r,
				const struct pgl_args *args)
{
	__s64 a = r[in->a];

	switch (in->op) {
	case PGL_LT:
		return a < r[in->b];
	case PGL_LE:
		return a <= r[in->b];
	case PGL_EQ:
		return a == r[in->b];
	case PGL_LTK:
		return a < in->imm;
	case PGL_LEK:
		return a <= in->imm;
	case PGL_EQK:
		return a == in->imm;
	case PGL_STREQ:
		return pgl_eval_is_text(args, in->imm, &r[in->a]);
	case PGL_LIKE:
		return pgl_eval_matches(args, in->imm, &r[in->a]);
	case PGL_BITS:
		return pgl_eval_has_bit(args, in->imm, a);
	default:
		return pgl_eval_is_in(args, in->imm, a);
	}
}

/* The row belongs to the group whose key was put together. */
PGL_CALLED struct pgl_staged *pgl_eval_begin_staged(struct pgl_tuple *t,
						    struct pgl_page *page)
{
	struct pgl_staged *row = &page->staged[page->nstaged];

	row->group = pgl_group_find(t, page);
	row->present = 0;
	return row;
}

/* What does not come back to the code but for the next step. */
static inline void pgl_eval_collect(struct pgl_tuple *t, struct pgl_page *page,
				    const struct pgl_args *args,
				    const struct pgl_insn *in, const __s64 *r)
{
	struct pgl_staged *row = &page->staged[page->nstaged];

	switch (in->op) {
	case PGL_KEYI:
		pgl_group_key_number(t, page, r[in->a]);
		break;
	case PGL_KEYS:
		pgl_group_key_text(t, page, (const void *)r[in->a],
				   r[in->a + 1]);
		break;
	case PGL_KEYN:
		pgl_group_key_null(t, page);
		break;
	case PGL_VALUE:
		row->value[in->b] = r[in->a];
		row->present |= 1u << in->b;
		break;
	case PGL_BEGIN:
		pgl_put_begin(t, page, args);
		break;
	default:
		pgl_eval_begin_staged(t, page);
	}
}

/* Runs the code over row @t. */
PGL_CALLED int pgl_eval(struct pgl_tuple *t, const struct pgl_args *args,
			struct pgl_page *page)
{
	const struct pgl_insn *code = (const void *)((const __u8 *)args +
						     args->insns);
	const struct pgl_insn *in = code;
	__s64 r[PGL_REGS + 1];
	int off;

	if (args->grouped)
		pgl_group_key_begin(page);
	for (;;) {
		__u8 op = in->op;

		if (op <= PGL_NULL) {
			off = PGL_NULL_OFF;
			if (!pgl_is_put(op) || in->imm < t->natts)
				off = pgl_tuple_find(t, args, in->imm);
			if (lambda_rarely(off < 0))
				return PGL_ROW_NO;
			if (pgl_is_put(op)) {
				pgl_put_column(t, page, in, off);
				in++;
				continue;
			}
			if (op == PGL_NULL) {
				in = code + (off == PGL_NULL_OFF ? in->t :
								   in->f);
				continue;
			}
			if (off == PGL_NULL_OFF) {
				in = code + in->f;
				continue;
			}
			pgl_eval_get(t, in, t->data + off, &r[in->a]);
		} else if (op == PGL_CONST) {
			r[in->a] = in->imm;
		} else if (op <= PGL_IN) {
			in = code +
			     (pgl_eval_test(in, r, args) ? in->t : in->f);
			continue;
		} else if (op <= PGL_MULK) {
			pgl_eval_reckon(t, in, &r[in->a],
					op == PGL_MULK ? in->imm : r[in->b]);
		} else if (op == PGL_JUMP) {
			in = code + in->t;
			continue;
		} else if (op <= PGL_END) {
			return op == PGL_ROW ? PGL_ROW_YES : PGL_ROW_NO;
		}
		if (op > PGL_END)
			pgl_eval_collect(t, page, args, in, r);
		if (lambda_rarely(t->why))
			return PGL_ROW_NO;
		in++;
	}
}

/*
 * The same as PGL_QUICK_MAX instructions, which the extension puts in the place of these. They
 * begin again with pgl_eval() where they do not know what to do.
 */
PGL_CALLED int pgl_eval_quick(struct pgl_tuple *t, const struct pgl_args *args,
			      struct pgl_page *page)
{
	int ret;

	__asm__ volatile(".fill 8192, 8, 0xb7\n\t%0 = 0"
			 : "=r"(ret) : "r"(t), "r"(args), "r"(page) : "memory");
	return ret;
}

#endif /* PGL_EVAL_H */
