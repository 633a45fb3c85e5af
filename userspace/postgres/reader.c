// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Over the blocks of a relation, a range at a time: by a λ what it may look at,
 * and what is left by the server's own scan.
 */
#include "pg_lambda.h"

#include "access/heapam.h"
#include "access/xlog.h"
#include "common/relpath.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "storage/fd.h"
#include "storage/predicate.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#define READER_ROOM		10240	/* bytes of output of a page, if it is as it is */
#define READER_TRIES	3		/* requests over a range */

void
pgl_reader_begin(PglReader *reader, Relation rel, Snapshot snapshot)
{
	memset(reader, 0, sizeof(*reader));
	reader->rel = rel;
	reader->snapshot = snapshot;
	reader->guard.rel = rel;
	reader->guard.map = InvalidBuffer;
	reader->room = READER_ROOM;
	reader->context = AllocSetContextCreate(CurrentMemoryContext,
											"pg_lambda code",
											ALLOCSET_SMALL_SIZES);
}

/*
 * Forgets the code of the time before. What is made of it is made in
 * reader->context.
 */
void
pgl_reader_reset(PglReader *reader)
{
	reader->args = NULL;
	reader->quick.insns = NULL;
	reader->quick.count = 0;
	MemoryContextReset(reader->context);
}

/*
 * As many pages at a time as work_mem has room for their output, and a power of two,
 * so that ranges lie alike in all scans of a table.
 */
static void
reader_make_room(PglReader *reader)
{
	size_t		pages = (size_t) work_mem * 1024 / reader->room;

	if (reader->out != NULL)
		return;
	reader->batch = PGL_BLOCKS;
	while (reader->batch > pages && reader->batch > 8)
		reader->batch /= 2;
	reader->out_cap = sizeof(struct pgl_head) + reader->batch * reader->room +
		PGL_GROUPS * sizeof(struct pgl_group);
	reader->out = MemoryContextAlloc(MemoryContextGetParent(reader->context),
									 reader->out_cap);
}

/* Whether what was planned may be done now. */
static bool
reader_may_push(PglReader *reader)
{
	const char *why;

	return pgl_side != PGL_SIDE_OFF && IsMVCCSnapshot(reader->snapshot) &&
		pgl_relation_fits(reader->rel, &why);
}

/* To the first block, with the code of this time; NULL: without a λ. */
void
pgl_reader_start(PglReader *reader, PglCode *code)
{
	if (code != NULL && reader_may_push(reader))
	{
		reader->args = pgl_code_end(code, &reader->args_len);
		if (reader->args != NULL)
		{
			pgl_emit(&reader->quick, code, reader->args);
			reader->args->quick = reader->quick.insns != NULL;
		}
	}
	reader_make_room(reader);
	reader->nblocks = reader->shared ? reader->shared->nblocks :
		RelationGetNumberOfBlocks(reader->rel);
	reader->next = 0;
	reader->n = reader->redo = 0;
	reader->out_len = 0;
	reader->in_heap = false;
	reader->stats.scans++;
	/* A scan of a whole relation reads what others may write, all of it. */
	PredicateLockRelation(reader->rel, reader->snapshot);
}

/* Cuts the next range, which lies in one segment. */
static bool
reader_cut(PglReader *reader)
{
	BlockNumber left;

	if (reader->shared != NULL)
		reader->next = pg_atomic_fetch_add_u64(&reader->shared->next,
											   reader->batch);
	if (reader->next >= reader->nblocks)
		return false;
	reader->first = reader->next;
	left = Min(reader->nblocks - reader->first,
			   RELSEG_SIZE - reader->first % RELSEG_SIZE);
	reader->n = Min(left, reader->batch);
	reader->next += reader->n;
	reader->redo = 0;
	reader->out_len = 0;
	return true;
}

/* The segment's file, open until pgl_reader_close(); -1: it cannot be opened. */
static int
reader_open(PglReader *reader)
{
	char	   *path = relpathperm(reader->rel->rd_node, MAIN_FORKNUM);
	BlockNumber segment = reader->first / RELSEG_SIZE;
	int			fd;

	if (segment > 0)
	{
		char	   *first = path;

		path = psprintf("%s.%u", first, segment);
		pfree(first);
	}
	fd = OpenTransientFile(path, O_RDONLY | PG_BINARY);
	pfree(path);
	return fd;
}

/* Tells the λ which pages of the range are not for it, and which there are. */
static void
reader_tell(PglReader *reader, int from, int to)
{
	struct pgl_args *args = reader->args;
	BlockNumber start = reader->first % RELSEG_SIZE + from;

	args->lsn = reader->guard.position;
	args->block = reader->first - reader->first % RELSEG_SIZE;
	args->first_page = start;
	args->checked = DataChecksumsEnabled();
	memset(args->skip, 0, sizeof(args->skip));
	for (int i = from; i < to; i++)
	{
		if (reader->why[i] != PGL_DONE)
			args->skip[(i - from) / 8] |= 1 << (i - from) % 8;
	}
}

/* Takes over what one part of the output says of its pages. */
static bool
reader_take_part(PglReader *reader, const struct pgl_head *head, bool *told)
{
	BlockNumber from = head->block - reader->first;

	if (head->pages > PGL_BLOCKS || head->block < reader->first ||
		from + head->pages > reader->n)
		return false;
	for (int i = 0; i < head->pages; i++)
	{
		uint8	   *why = &reader->why[from + i];

		told[from + i] = true;
		if (*why == PGL_DONE)
			*why = head->page[i] < PGL_WHYS ? head->page[i] : PGL_FAILED;
	}
	reader->stats.rows_seen += head->seen;
	return true;
}

/*
 * What the λ says of pages, checked: it is a program, not this server. A page
 * that it says nothing of, since the file is shorter, it has not done. Returns
 * false if it makes no sense.
 */
static bool
reader_take(PglReader *reader, ssize_t len)
{
	char	   *p = reader->out;
	char	   *end = p + len;
	bool		told[PGL_BLOCKS] = {false};

	while (end - p >= (ssize_t) sizeof(struct pgl_head))
	{
		struct pgl_head *head = (struct pgl_head *) p;

		if (head->len < sizeof(*head) || head->len > end - p ||
			!reader_take_part(reader, head, told))
			return false;
		p += head->len;
	}
	for (int i = 0; i < reader->n; i++)
	{
		if (reader->why[i] == PGL_DONE && !told[i])
			reader->why[i] = PGL_FAILED;
	}
	reader->out_len = len;
	return p == end;
}

static void
reader_fail(PglReader *reader, int reason)
{
	for (int i = 0; i < reader->n; i++)
	{
		if (reader->why[i] == PGL_DONE)
			reader->why[i] = reason;
	}
	reader->out_len = 0;
}

/* Makes a request over pages of the range that the file @fd has. */
static ssize_t
reader_run(PglReader *reader, int fd, int from, int to)
{
	ssize_t		ret;
	int			tries = 0;

	do
	{
		CHECK_FOR_INTERRUPTS();
		ret = pgl_engine_run(&reader->quick, pgl_side, fd, reader->out,
							 reader->out_cap, (size_t) (to - from) * BLCKSZ,
							 (off_t) (reader->first % RELSEG_SIZE + from) * BLCKSZ,
							 reader->args, reader->args_len, &reader->stats);
	} while (ret == -EINTR && ++tries < READER_TRIES);
	return ret;
}

/* Looks for what there is to request; false: there was nothing, or no result. */
static bool
reader_request(PglReader *reader)
{
	int			from = 0,
				to = reader->n,
				fd;
	ssize_t		ret;

	while (from < to && reader->why[from] != PGL_DONE)
		from++;
	while (to > from && reader->why[to - 1] != PGL_DONE)
		to--;
	if (from == to)
		return false;
	fd = reader_open(reader);
	if (fd < 0)
		return false;
	reader_tell(reader, from, to);
	if (pgl_request_delay > 0)
		pg_usleep(pgl_request_delay * 1000L);
	ret = reader_run(reader, fd, from, to);
	CloseTransientFile(fd);
	return ret >= 0 && reader_take(reader, ret);
}

/*
 * Aggregates of a range are of all of its pages, so that without one of them it
 * is done again.
 */
static void
reader_push(PglReader *reader)
{
	for (int i = 0; i < READER_TRIES; i++)
	{
		if (!reader_request(reader))
			break;
		if (pgl_guard_after(&reader->guard, reader->first, reader->n,
							reader->why) == 0 || !reader->args->grouped)
			return;
	}
	reader_fail(reader, PGL_FAILED);
}

static void
reader_count(PglReader *reader)
{
	for (int i = 0; i < reader->n; i++)
	{
		if (reader->why[i] == PGL_DONE)
			reader->stats.pages++;
		else
			reader->stats.declined[reader->why[i]]++;
	}
}

/* Goes to the next range; false: there is none. Its output is there then. */
bool
pgl_reader_next_range(PglReader *reader)
{
	CHECK_FOR_INTERRUPTS();
	if (!reader_cut(reader))
		return false;
	memset(reader->why, 0, sizeof(reader->why));
	if (reader->args == NULL)
		reader_fail(reader, PGL_UNFIT);
	else
	{
		pgl_guard_before(&reader->guard, reader->first, reader->n,
						 reader->why);
		reader_push(reader);
	}
	reader_count(reader);
	return true;
}

/* The first page of the range that is to be done yet without a λ, or behind it. */
int
pgl_reader_left(PglReader *reader)
{
	while (reader->redo < reader->n && reader->why[reader->redo] == PGL_DONE)
		reader->redo++;
	return reader->redo;
}

/* Begins to read the next blocks that no λ has done; false: there are none. */
static bool
reader_begin_heap(PglReader *reader)
{
	int			from = pgl_reader_left(reader),
				to;

	for (to = from; to < reader->n && reader->why[to] != PGL_DONE; to++)
		;
	reader->redo = to;
	if (from == to)
		return false;
	if (reader->heap == NULL)
		reader->heap = table_beginscan_strat(reader->rel, reader->snapshot, 0,
											 NULL, true, false);
	else
		heap_rescan(reader->heap, NULL, false, true, false, true);
	heap_setscanlimits(reader->heap, reader->first + from, to - from);
	reader->in_heap = true;
	return true;
}

/*
 * The next visible row of the next blocks in a row that the λ has not done; NULL
 * behind the last one.
 */
HeapTuple
pgl_reader_ordinary(PglReader *reader)
{
	HeapTuple	tuple;

	if (!reader->in_heap && !reader_begin_heap(reader))
		return NULL;
	tuple = heap_getnext(reader->heap, ForwardScanDirection);
	reader->in_heap = tuple != NULL;
	return tuple;
}

void
pgl_reader_end(PglReader *reader)
{
	pgl_guard_end(&reader->guard);
	if (reader->heap != NULL)
		table_endscan(reader->heap);
	reader->heap = NULL;
}
