// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Rows of a heap of PostgreSQL 15 that a condition holds for, or aggregates of
 * them. Pages of which it is not sure that everybody sees all of their rows, and
 * such as hold anything unexpected, are left to the server, as wholes.
 */
#include "checksum.h"
#include "eval.h"

LAMBDA_ABOUT("rows of a PostgreSQL heap, or aggregates of them");
LAMBDA_RECORD(PGL_BLOCK);
LAMBDA_HEAP(sizeof(struct pgl_page));

#define PD_ALL_VISIBLE	4u
#define PD_HEADER	24u
#define LP_UNUSED	0u
#define LP_NORMAL	1u
#define LP_REDIRECT	2u

/* What has registers to itself. */
#define SCAN_APART __attribute__((noinline))

struct pgl_out {
	__u8 *at;
	__u8 *end;
	__u32 rows;
	__u64 seen;
};

/* A row of a page, by its line pointer. */
struct pgl_item {
	const __u8 *page;
	__u32 block;
	__u32 number;
	__u32 lp;
};

/* Returns 0; -ENOSPC. */
static inline int scan_put_row(struct pgl_out *out, __u32 block, __u32 item,
			       const __u8 *tuple, __u32 len)
{
	struct pgl_row *row = (void *)out->at;
	__u32 room = (len + 7) & ~7u;

	if (lambda_rarely((__u64)(out->end - out->at) < sizeof(*row) + room))
		return -ENOSPC;
	row->block = block;
	row->item = item;
	row->len = len;
	memcpy(row + 1, tuple, len);
	out->at += sizeof(*row) + room;
	out->rows++;
	return 0;
}

/* Where the columns of the next row go, if it is they that are put out. */
static inline void scan_begin_put(struct pgl_page *page,
				  const struct pgl_out *out)
{
	page->put = (void *)(out->at + sizeof(struct pgl_row));
	page->put_end = out->end;
}

/* Ends a row whose columns were put out. */
static inline void scan_put_columns(struct pgl_page *page, struct pgl_out *out,
				    const struct pgl_item *item)
{
	struct pgl_row *row = (void *)out->at;

	row->block = item->block;
	row->item = item->number;
	row->len = page->put_next - (__u8 *)page->put;
	out->at = page->put_next;
	out->rows++;
	scan_begin_put(page, out);
}

static inline __u32 scan_judge_page(const __u8 *p, const struct pgl_args *args)
{
	__u64 lsn = (__u64)pgl_load32(p) << 32 | pgl_load32(p + 4);
	__u32 lower = pgl_load16(p + 12), upper = pgl_load16(p + 14);

	if (!(pgl_load16(p + 10) & PD_ALL_VISIBLE))
		return PGL_NOT_VISIBLE;
	if (lsn > args->lsn)
		return PGL_TOO_NEW;
	if (pgl_load16(p + 18) != (PGL_BLOCK | 4) || lower < PD_HEADER ||
	    lower > upper || upper > PGL_BLOCK ||
	    pgl_load16(p + 16) != PGL_BLOCK ||
	    (lower - PD_HEADER) / 4 > PGL_ROWS_MAX)
		return PGL_LAYOUT;
	return PGL_DONE;
}

/* Whether the header of a row says that everybody sees it. */
static inline int scan_header_tells(__u32 infomask)
{
	return (infomask & HEAP_XMIN_COMMITTED) && !(infomask & HEAP_MOVED) &&
	       (infomask & (HEAP_XMAX_INVALID | HEAP_XMAX_LOCK_ONLY));
}

/* The header of a row from its 16th byte on: what most of them have in common. */
#define SCAN_COMMON	(0xffULL << 48 | (__u64)(HEAP_HASNULL | \
			 HEAP_XMIN_COMMITTED | HEAP_MOVED | \
			 HEAP_XMAX_INVALID) << 32)
#define SCAN_HAS	(24ULL << 48 | (__u64)(HEAP_XMIN_COMMITTED | \
			 HEAP_XMAX_INVALID) << 32)

/* Of a row with a header of another kind: its bytes before the data, or 0. */
static SCAN_APART __u32 scan_judge_header(struct pgl_tuple *t,
					  const __u8 *tuple, __u32 len)
{
	__u32 infomask = pgl_load16(tuple + 20), hoff = tuple[22];

	if (infomask & HEAP_HASNULL)
		t->bits = tuple + HEAP_HEADER;
	if (hoff > len || hoff < HEAP_HEADER || (hoff & 7) ||
	    (t->bits && hoff < HEAP_HEADER + (t->natts + 7) / 8)) {
		pgl_tuple_leave(t, PGL_LAYOUT);
		return 0;
	}
	if (!scan_header_tells(infomask)) {
		pgl_tuple_leave(t, PGL_TUPLE);
		return 0;
	}
	return hoff;
}

/* What line pointer @lp of page @p points at. */
static inline void scan_open_row(struct pgl_tuple *t, const __u8 *p, __u32 lp)
{
	const __u8 *tuple = p + (lp & 0x7fff);
	__u32 len = lp >> 17, hoff = 24;
	__u64 head;

	if (lambda_rarely(lp & 7))
		goto bad;
	if (lambda_rarely(len <= HEAP_HEADER))
		goto bad;
	if (lambda_rarely((lp & 0x7fff) + len > PGL_BLOCK))
		goto bad;
	head = pgl_load64(tuple + 16);
	t->natts = head >> 16 & HEAP_NATTS_MASK;
	t->bits = NULL;
	if (lambda_rarely((head & SCAN_COMMON) != SCAN_HAS)) {
		hoff = scan_judge_header(t, tuple, len);
		if (!hoff)
			return;
	}
	t->data = tuple + hoff;
	t->len = len - hoff;
	t->known = 0;
	t->next = 0;
	return;
bad:
	pgl_tuple_leave(t, PGL_LAYOUT);
}

/* Puts row @item of the page out, or its values aside. Returns 0; -ENOSPC. */
static SCAN_APART int scan_take_row(const struct pgl_args *args,
				    struct pgl_page *page, struct pgl_out *out,
				    const struct pgl_item *item)
{
	if (args->grouped) {
		page->nstaged++;
		return 0;
	}
	if (args->puts != PGL_PUT_ALL) {
		scan_put_columns(page, out, item);
		return 0;
	}
	return scan_put_row(out, item->block, item->number,
			    item->page + (item->lp & 0x7fff), item->lp >> 17);
}

/* Goes over the rows of a page. Returns 0; -ENOSPC. */
static SCAN_APART int scan_rows(struct pgl_tuple *t,
				const struct pgl_args *args,
				struct pgl_page *page, struct pgl_out *out,
				struct pgl_item *item)
{
	const __u8 *at = item->page + PD_HEADER;
	__u32 items = (pgl_load16(item->page + 12) - PD_HEADER) / 4;

	out->seen += items;
	for (item->number = 1; item->number <= items; item->number++, at += 4) {
		__u32 lp = pgl_load32(at), state = lp >> 15 & 3;

		if (lambda_rarely(state != LP_NORMAL)) {
			out->seen--;
			if (state == LP_UNUSED || state == LP_REDIRECT)
				continue;
			pgl_tuple_leave(t, PGL_LAYOUT);
			return 0;
		}
		scan_open_row(t, item->page, lp);
		if (lambda_rarely(t->why))
			return 0;
		if ((args->quick ? pgl_eval_quick(t, args, page) :
				   pgl_eval(t, args, page)) == PGL_ROW_YES) {
			item->lp = lp;
			if (scan_take_row(args, page, out, item))
				return -ENOSPC;
		}
		if (lambda_rarely(t->why))
			return 0;
	}
	return 0;
}

/*
 * Reads the page from its beginning to its end, which is how memory likes it; its
 * rows lie the other way round.
 */
static inline void scan_fetch(const __u8 *p)
{
	__u64 all = 0;

	LAMBDA_UNROLL(8)
	for (__u32 i = 0; i < PGL_BLOCK; i += 64)
		all |= pgl_load64(p + i);
	lambda_keep(all);
}

/* Returns why the page was left, or -ENOSPC. */
static int scan_page(struct pgl_tuple *t, const __u8 *p, __u32 block,
		     const struct pgl_args *args, struct pgl_page *page,
		     struct pgl_out *out)
{
	struct pgl_item item = { .page = p, .block = block };
	struct pgl_out before = *out;
	int err;

	t->why = scan_judge_page(p, args);
	if (t->why)
		return t->why;
	if (!args->checked)
		scan_fetch(p);
	else if (!checksum_is_right(p, block))
		return PGL_CHECKSUM;
	scan_begin_put(page, out);
	err = scan_rows(t, args, page, out, &item);
	if (err)
		return err;
	if (t->why)
		*out = before;
	else if (page->nstaged)
		pgl_group_commit(page, args->values, args->extremes);
	page->nstaged = 0;
	return t->why;
}

/* Returns 0; -ENOSPC. */
static int scan_put_groups(struct pgl_page *page, const struct pgl_args *args,
			   struct pgl_out *out)
{
	__u32 size = __builtin_offsetof(struct pgl_group, value) +
		     args->values * sizeof(struct pgl_value);

	for (__u32 i = 0; i < page->ngroups; i++) {
		if (!page->group[i].count)
			continue;
		if ((__u64)(out->end - out->at) < size)
			return -ENOSPC;
		memcpy(out->at, &page->group[i], size);
		out->at += size;
		out->rows++;
	}
	return 0;
}

/* Whether the extension wants page @at of the file to be looked at. */
static inline int scan_is_wanted(const struct pgl_args *args, __u32 at)
{
	at -= args->first_page;
	return at < PGL_BLOCKS && !(args->skip[at >> 3] >> (at & 7) & 1);
}

LAMBDA_PROGRAM(pg_scan)(struct lambda_ctx *ctx)
{
	const struct pgl_args *args = lambda_args(ctx);
	struct pgl_head *head = lambda_out(ctx);
	struct pgl_page *page = lambda_heap(ctx);
	const __u8 *in = lambda_in(ctx);
	__u32 pages = ctx->in_len / PGL_BLOCK, first = ctx->offset / PGL_BLOCK;
	struct pgl_out out = {
		.at = (__u8 *)(head + 1),
		.end = (__u8 *)head + ctx->out_cap,
	};
	struct pgl_tuple t;
	int why;

	if (ctx->args_len < sizeof(*args) || pages > PGL_BLOCKS)
		return -EINVAL;
	if (ctx->out_cap < sizeof(*head))
		return -ENOSPC;
	for (__u32 i = 0; i < pages; i++) {
		why = PGL_SKIPPED;
		if (scan_is_wanted(args, first + i))
			why = scan_page(&t, in + i * PGL_BLOCK,
					args->block + first + i, args, page,
					&out);
		if (why < 0)
			return why;
		head->page[i] = why;
	}
	if (args->grouped && scan_put_groups(page, args, &out))
		return -ENOSPC;
	head->len = out.at - (__u8 *)head;
	head->block = args->block + first;
	head->pages = pages;
	head->rows = out.rows;
	head->seen = out.seen;
	return head->len;
}
