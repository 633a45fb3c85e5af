// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which drives have which parts of a request's range, for it may lie on several:
 * a volume or an array is spread over them.
 *
 * Pieces begin and end between records. A record of which not all is on one
 * drive is a piece of the host's, as short as that. Whatever else a drive has is one
 * piece in spans, if it can: it has one command then, however often a stripe of it
 * comes.
 */
#include <linux/blk-lambda.h>
#include <linux/lambda_sched.h>
#include <linux/math64.h>
#include <linux/slab.h>

#include "drive.h"
#include "internal.h"
#include "pieces.h"

/* Runs of bytes on one drive. A request that has more is the host's. */
#define RUNS_MAX	2048

/* Files of small requests are read from all copies, each from one for so long. */
#define COPY_SHIFT	20

/**
 * lambda_pieces_of_one - a range that is taken to lie on one drive
 * @ps:  filled in; lambda_pieces_free() is owed
 * @bl:  the drive
 * @at:  first byte of the range
 * @len: bytes of it
 */
void lambda_pieces_of_one(struct lambda_pieces *ps, struct blk_lambda *bl,
			  u64 at, u64 len)
{
	refcount_inc(&bl->ref);
	ps->one = (struct lambda_piece) { .at = at, .len = len, .bl = bl };
	ps->list = &ps->one;
	ps->nr = 1;
}

static void pieces_put(struct blk_lambda *bl)
{
	if (bl)
		blk_lambda_put(bl);
}

/**
 * lambda_pieces_free - give back what the pieces of a range have
 * @ps: the pieces
 */
void lambda_pieces_free(struct lambda_pieces *ps)
{
	while (ps->nr)
		pieces_put(ps->list[--ps->nr].bl);
	if (ps->list != &ps->one)
		kvfree(ps->list);
	kvfree(ps->order);
	kvfree(ps->spans);
}

/* Takes the reference. */
static void pieces_add(struct lambda_pieces *ps, u64 at, u64 end,
		       struct blk_lambda *bl, u32 copy)
{
	struct lambda_piece *last = ps->nr ? &ps->list[ps->nr - 1] : NULL;

	if (last && last->bl == bl && last->copy == copy) {
		last->len += end - at;
		pieces_put(bl);
	} else if (at < end) {
		ps->list[ps->nr++] = (struct lambda_piece) {
			.at = at,
			.len = end - at,
			.bl = bl,
			.copy = copy,
		};
	} else {
		pieces_put(bl);
	}
}

/* Of each run the whole records; what is left between them is the host's. */
static void pieces_cut(struct lambda_pieces *ps, struct blk_lambda_run *runs,
		       u32 nr, u64 at, u32 record)
{
	u64 done = at, begin, end;

	for (u32 i = 0; i < nr; i++) {
		begin = div64_u64(at + record - 1, record) * record;
		at += runs[i].len;
		end = i + 1 < nr ? div64_u64(at, record) * record : at;
		if (begin >= end) {
			blk_lambda_put(runs[i].bl);
			continue;
		}
		pieces_add(ps, done, begin, NULL, 0);
		pieces_add(ps, begin, end, runs[i].bl, runs[i].copy);
		done = end;
	}
	pieces_add(ps, done, at, NULL, 0);
}

/* With the output of all its drive has that of one run at hand, and its input. */
static bool pieces_may_be_span(const struct lambda_pieces *ps,
			       const struct lambda_piece *run)
{
	return run->bl && run->bl->limits.spans_max &&
	       2 * (u64)ps->out_cap + run->len <= run->bl->limits.out_max;
}

static bool pieces_have_room(const struct lambda_piece *p,
			     const struct lambda_piece *run)
{
	return p->bl == run->bl && p->nr_spans < run->bl->limits.spans_max &&
	       p->len + run->len <= run->bl->limits.in_max;
}

/*
 * The piece among the first @nr of @list that @run can be a span of, or @nr. There
 * are few to look at: a drive's first one comes early, and is seldom full.
 */
static u32 pieces_of_drive(const struct lambda_pieces *ps,
			   const struct lambda_piece *list, u32 nr,
			   const struct lambda_piece *run)
{
	u32 i;

	if (!pieces_may_be_span(ps, run))
		return nr;
	for (i = 0; i < nr; i++)
		if (pieces_have_room(&list[i], run))
			break;
	return i;
}

/* Makes one piece of all that a drive has; each tells how many spans that is. */
static u32 pieces_gather(const struct lambda_pieces *ps,
			 struct lambda_piece *list, u32 *order)
{
	u32 nr = 0;

	for (u32 i = 0; i < ps->nr; i++) {
		const struct lambda_piece *run = &ps->list[i];
		u32 n = pieces_of_drive(ps, list, nr, run);

		order[i] = n;
		if (n == nr) {
			list[nr++] = *run;
		} else {
			list[n].len += run->len;
			pieces_put(run->bl);
		}
		list[n].nr_spans++;
		list[n].reach = run->at + run->len - list[n].at;
	}
	return nr;
}

/* Gives each its spans, of which it knows how many. */
static void pieces_fill_spans(struct lambda_pieces *ps,
			      struct lambda_piece *list, u32 nr)
{
	struct blk_lambda_span *span = ps->spans;

	for (u32 i = 0; i < nr; i++) {
		list[i].spans = span;
		span += list[i].nr_spans;
		list[i].nr_spans = 0;
	}
	for (u32 i = 0; i < ps->nr; i++) {
		struct lambda_piece *p = &list[ps->order[i]];

		p->spans[p->nr_spans++] = (struct blk_lambda_span) {
			.at = ps->list[i].at - p->at,
			.len = ps->list[i].len,
			.copy = ps->list[i].copy,
		};
	}
	for (u32 i = 0; i < nr; i++)
		if (list[i].nr_spans == 1)
			list[i].nr_spans = 0;
}

/* Without the memory they stay as they are. */
static void pieces_join_runs(struct lambda_pieces *ps)
{
	struct lambda_piece *list;
	u32 nr;

	list = kvmalloc_array(ps->nr, sizeof(*list), GFP_KERNEL_ACCOUNT |
			      __GFP_NOWARN);
	ps->order = kvmalloc_array(ps->nr, sizeof(*ps->order),
				   GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	ps->spans = kvmalloc_array(ps->nr, sizeof(*ps->spans),
				   GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!list || !ps->order || !ps->spans) {
		kvfree(list);
		kvfree(ps->order);
		ps->order = NULL;
		return;
	}
	nr = pieces_gather(ps, list, ps->order);
	pieces_fill_spans(ps, list, nr);
	kvfree(ps->list);
	ps->list = list;
	ps->nr_order = ps->nr;
	ps->nr = nr;
}

/* All of it lies on one drive, or it may be divided. */
static int pieces_of_runs(struct lambda_pieces *ps, struct blk_lambda_run *runs,
			  u32 nr, u64 at, u32 record)
{
	/* The file has become shorter. */
	if (!nr)
		return LAMBDA_REASON_DIVIDED;
	if (nr == 1) {
		ps->one = (struct lambda_piece) {
			.at = at,
			.len = runs->len,
			.bl = runs->bl,
			.copy = runs->copy,
		};
		ps->list = &ps->one;
		ps->nr = 1;
		return 0;
	}
	ps->list = record ? kvmalloc_array(2 * nr + 1, sizeof(*ps->list),
					   GFP_KERNEL_ACCOUNT | __GFP_NOWARN) :
			    NULL;
	if (ps->list) {
		pieces_cut(ps, runs, nr, at, record);
		pieces_join_runs(ps);
		return 0;
	}
	while (nr)
		blk_lambda_put(runs[--nr].bl);
	return record ? LAMBDA_REASON_BUSY : LAMBDA_REASON_OTHER_DISK;
}

/**
 * lambda_pieces_find - find out which drives have a range
 * @ps:    filled in; lambda_pieces_free() is owed if 0 is returned
 * @req:   a checked read
 * @bl:    the drive that has the first byte of the filesystem's device
 * @query: what is known of the request
 * @at:    first byte of the range, which goes on to the request's end
 *
 * Context: process context without locks; may sleep.
 * Return: 0; an enum lambda_reason; or what the file says, -EAGAIN: it is
 * locked.
 */
int lambda_pieces_find(struct lambda_pieces *ps, struct lambda_request *req,
		       struct blk_lambda *bl,
		       const struct blk_lambda_query *query, u64 at)
{
	u64 span = query->record && query->drives > 1 ?
		   query->chunk * query->drives : 0;
	struct lambda_request part = *req;
	struct blk_lambda_run *runs;
	u32 nr = RUNS_MAX;
	int ret;

	*ps = (struct lambda_pieces) { .out_cap = req->io.out_cap };
	runs = kvmalloc_array(nr, sizeof(*runs), GFP_KERNEL_ACCOUNT |
			      __GFP_NOWARN);
	if (!runs)
		return LAMBDA_REASON_BUSY;
	part.offset += at;
	part.count = query->bytes - at;
	ret = lambda_drive_locate(&part, bl, part.offset >> COPY_SHIFT, span,
				  runs, &nr);
	if (!ret)
		ret = pieces_of_runs(ps, runs, nr, at, query->record);
	kvfree(runs);
	return ret;
}
