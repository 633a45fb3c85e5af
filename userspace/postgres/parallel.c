// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * What the processes of a parallel plan share of a scan: its blocks, and what each
 * of them did.
 */
#include "pg_lambda.h"

#include "access/parallel.h"
#include "storage/bufmgr.h"
#include "storage/dsm.h"
#include "utils/memutils.h"

Size
pgl_parallel_size(ParallelContext *pcxt)
{
	return add_size(offsetof(PglShared, stats),
					mul_size(pcxt->nworkers, sizeof(PglStats)));
}

/*
 * Takes over what workers did. They have ended, or the query has failed, and then
 * nobody asks: the segment is let go behind that and before memory is.
 */
static void
parallel_collect(dsm_segment *seg, Datum arg)
{
	PglReader  *reader = (PglReader *) DatumGetPointer(arg);
	PglShared  *shared = reader->shared;

	if (shared == NULL)
		return;
	for (int i = 0; i < Min(shared->workers, reader->workers); i++)
		pgl_stats_add(&reader->worker[i], &shared->stats[i]);
	reader->shared = NULL;
}

/* Of the leader. A scan that is begun anew may have another segment each time. */
void
pgl_parallel_begin(PglReader *reader, ParallelContext *pcxt, void *at)
{
	PglShared  *shared = at;

	pg_atomic_init_u64(&shared->next, 0);
	shared->nblocks = RelationGetNumberOfBlocks(reader->rel);
	shared->workers = pcxt->nworkers;
	memset(shared->stats, 0, pcxt->nworkers * sizeof(PglStats));
	if (reader->worker == NULL)
	{
		reader->workers = pcxt->nworkers;
		reader->worker =
			MemoryContextAllocZero(MemoryContextGetParent(reader->context),
								   Max(pcxt->nworkers, 1) * sizeof(PglStats));
	}
	reader->shared = shared;
	if (pcxt->seg != NULL)
		on_dsm_detach(pcxt->seg, parallel_collect, PointerGetDatum(reader));
}

/* Of the leader, before workers begin once more. */
void
pgl_parallel_again(void *at)
{
	PglShared  *shared = at;

	pg_atomic_write_u64(&shared->next, 0);
}

/* Of a worker; the one of this number may have been there before. */
void
pgl_parallel_join(PglReader *reader, void *at)
{
	reader->shared = at;
	reader->told = reader->shared->stats[ParallelWorkerNumber];
}

/* Of a worker, which may be told more than once that it is over. */
void
pgl_parallel_tell(PglReader *reader)
{
	PglStats   *stats;

	if (!IsParallelWorker() || reader->shared == NULL)
		return;
	stats = &reader->shared->stats[ParallelWorkerNumber];
	*stats = reader->told;
	pgl_stats_add(stats, &reader->stats);
}

/* What all processes did that are known of. */
void
pgl_parallel_total(const PglReader *reader, PglStats *total)
{
	*total = reader->stats;
	for (int i = 0; i < reader->workers; i++)
		pgl_stats_add(total, &reader->worker[i]);
}
