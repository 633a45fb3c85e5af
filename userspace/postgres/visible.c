// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Which blocks a λ may look at: those of which the file says what everybody
 * sees, before the request and until after it.
 *
 * The order is this. The position of the log is noted; then no buffer of the
 * block may be dirty, so that the file is not behind; then the visibility map
 * has to have the block. The λ reads the file, and leaves a page whose own flag
 * is clear or whose position is above the noted one. After that the map has to
 * have the block still, and has to be no younger than the position, so that a
 * bit that went and came back meanwhile is told from one that stayed. What a
 * snapshot does not see keeps the bit away, because it holds back the horizon
 * that VACUUM goes by.
 */
#include "pg_lambda.h"

#include "access/heapam.h"
#include "access/visibilitymap.h"
#include "access/xlog.h"
#include "access/xlogutils.h"
#include "catalog/catalog.h"
#include "storage/buf_internals.h"
#include "storage/bufmgr.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

/* Whether scans of a relation may be pushed down at all; it is open. */
bool
pgl_relation_fits(Relation rel, const char **why)
{
	if (rel->rd_rel->relkind != RELKIND_RELATION &&
		rel->rd_rel->relkind != RELKIND_MATVIEW)
		*why = "it is not a table";
	else if (rel->rd_tableam != GetHeapamTableAmRoutine())
		*why = "it is not a heap";
	else if (rel->rd_rel->relpersistence != RELPERSISTENCE_PERMANENT ||
			 !RelationNeedsWAL(rel))
		*why = "its changes are not logged";
	else if (IsCatalogRelation(rel) || IsToastRelation(rel))
		*why = "it is of the catalog";
	else if (RecoveryInProgress())
		*why = "the server is in recovery";
	else if (OldSnapshotThresholdActive())
		*why = "old_snapshot_threshold is set";
	else
		return true;
	return false;
}

/* A buffer may hold what the file does not have yet. */
static bool
visible_is_dirty(Relation rel, BlockNumber block)
{
	BufferTag	tag;
	uint32		hash;
	LWLock	   *lock;
	int			buffer;
	bool		dirty = false;

	INIT_BUFFERTAG(tag, rel->rd_node, MAIN_FORKNUM, block);
	hash = BufTableHashCode(&tag);
	lock = BufMappingPartitionLock(hash);
	LWLockAcquire(lock, LW_SHARED);
	buffer = BufTableLookup(&tag, hash);
	if (buffer >= 0)
		dirty = (pg_atomic_read_u32(&GetBufferDescriptor(buffer)->state) &
				 BM_DIRTY) != 0;
	LWLockRelease(lock);
	return dirty;
}

static bool
visible_in_map(PglGuard *guard, BlockNumber block)
{
	return (visibilitymap_get_status(guard->rel, block, &guard->map) &
			VISIBILITYMAP_ALL_VISIBLE) != 0;
}

/* Notes in @why of @n blocks from @first on those that a λ may not look at. */
void
pgl_guard_before(PglGuard *guard, BlockNumber first, int n, uint8 *why)
{
	guard->position = GetXLogInsertRecPtr();
	for (int i = 0; i < n; i++)
	{
		why[i] = PGL_DONE;
		if (visible_is_dirty(guard->rel, first + i))
			why[i] = PGL_DIRTY;
		else if (!visible_in_map(guard, first + i))
			why[i] = PGL_MAP;
	}
}

static int
visible_count(const uint8 *why, int n)
{
	int			done = 0;

	for (int i = 0; i < n; i++)
		done += why[i] == PGL_DONE;
	return done;
}

/*
 * Notes of blocks that one page of the map has, from the @i-th on, those that this
 * does not have still, or did not have all the time. Returns the next.
 */
static int
visible_again(PglGuard *guard, BlockNumber first, int i, int n, uint8 *why)
{
	bool		stayed;

	/* The map's page is pinned by this, if it is there. */
	visible_in_map(guard, first + i);
	if (!BufferIsValid(guard->map))
	{
		if (why[i] == PGL_DONE)
			why[i] = PGL_REDONE;
		return i + 1;
	}
	LockBuffer(guard->map, BUFFER_LOCK_SHARE);
	stayed = PageGetLSN(BufferGetPage(guard->map)) <= guard->position;
	do
	{
		if (why[i] == PGL_DONE &&
			!(stayed && visible_in_map(guard, first + i)))
			why[i] = PGL_REDONE;
		i++;
	} while (i < n && visibilitymap_pin_ok(first + i, guard->map));
	LockBuffer(guard->map, BUFFER_LOCK_UNLOCK);
	return i;
}

/* The same after the request, and how many of them are new. */
int
pgl_guard_after(PglGuard *guard, BlockNumber first, int n, uint8 *why)
{
	int			done = visible_count(why, n);

	for (int i = 0; i < n;)
		i = visible_again(guard, first, i, n, why);
	return done - visible_count(why, n);
}

void
pgl_guard_end(PglGuard *guard)
{
	if (BufferIsValid(guard->map))
		ReleaseBuffer(guard->map);
	guard->map = InvalidBuffer;
}
