/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Columns of a row that are put out, behind the rows before. */
#ifndef PGL_PUT_H
#define PGL_PUT_H

#include "tuple.h"

/* The row's columns are put out from here on. */
PGL_CALLED struct pgl_put *pgl_put_begin(struct pgl_tuple *t,
					 struct pgl_page *page,
					 const struct pgl_args *args)
{
	struct pgl_put *put = page->put;

	if (lambda_rarely((__u64)(page->put_end - (__u8 *)put) < PGL_PUT_ROOM)) {
		pgl_tuple_leave(t, PGL_ROOM);
		return put;
	}
	put->nulls = 0;
	page->put_next = (__u8 *)&put->column[args->puts];
	return put;
}

static inline void pgl_put_words(__u8 *to, const __u8 *p, __u32 n)
{
	for (; n >= 8; n -= 8, p += 8, to += 8)
		*(pgl_u64 *)to = pgl_load64(p);
	if (n & 4) {
		*(pgl_u32 *)to = pgl_load32(p);
		p += 4;
		to += 4;
	}
	if (n & 2) {
		*(pgl_u16 *)to = pgl_load16(p);
		p += 2;
		to += 2;
	}
	if (n & 1)
		*to = *p;
}

/* Puts out what is at @p, which says its size, as column @i. */
PGL_CALLED void pgl_put_bytes(struct pgl_tuple *t, struct pgl_page *page,
			      const __u8 *p, __u32 i)
{
	__u32 size = pgl_tuple_varlena_size(t, p - t->data);

	if (lambda_rarely(size > t->len)) {
		pgl_tuple_leave(t, PGL_LAYOUT);
		return;
	}
	page->put->column[i] = page->put_next - (__u8 *)page->put;
	pgl_put_words(page->put_next, p, size);
	page->put_next += (size + 7) & ~7u;
}

/* Puts out a column at @off, which rows may be too old to have: then it is null. */
static inline void pgl_put_column(struct pgl_tuple *t, struct pgl_page *page,
				  const struct pgl_insn *in, __u32 off)
{
	if (off == PGL_NULL_OFF) {
		page->put->nulls |= 1ULL << in->a;
		page->put->column[in->a] = 0;
	} else if (in->op == PGL_PUTV) {
		pgl_put_bytes(t, page, t->data + off, in->a);
	} else {
		page->put->column[in->a] = pgl_tuple_int_at(t->data + off,
							    in->b);
	}
}

static inline int pgl_is_put(__u8 op)
{
	return op == PGL_PUT || op == PGL_PUTV;
}

#endif /* PGL_PUT_H */
