// SPDX-License-Identifier: GPL-2.0-only
/*
 * How much of a range is in the page cache, for the decision where to run a
 * request: what is cached the host need not read, and what is dirty has to be
 * written back before the drive may.
 */
#include <linux/fs.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/rcupdate_wait.h>
#include <linux/sched.h>
#include <linux/xarray.h>

#include "residency.h"

/*
 * Whether a folio holds the data of the file. Without a reference it may be
 * another one's by now, or none: then the answer is a guess, but no more.
 */
static bool residency_is_uptodate(const struct folio *folio)
{
	return test_bit(PG_uptodate, &folio->flags);
}

static bool residency_is_dirty(const struct xa_state *xas)
{
	return xas_get_mark(xas, PAGECACHE_TAG_DIRTY) ||
	       xas_get_mark(xas, PAGECACHE_TAG_WRITEBACK);
}

/* Bytes that the entry at hand and the range from @pos to @end share. */
static u64 residency_entry_overlap(const struct xa_state *xas, loff_t pos,
				   loff_t end)
{
	unsigned int order = xas_get_order((struct xa_state *)xas);
	pgoff_t first = round_down(xas->xa_index, 1UL << order);
	loff_t from = (loff_t)first << PAGE_SHIFT;

	return min_t(loff_t, end, from + (PAGE_SIZE << order)) -
	       max_t(loff_t, pos, from);
}

/**
 * lambda_residency - count what of a range is in the page cache
 * @mapping: the file's
 * @pos:     first byte
 * @len:     bytes
 * @dirty:   takes how many of them are not on the disk yet
 *
 * Looks at the tree only and locks nothing: what it says may be over already.
 *
 * Return: how many bytes are there to be read.
 */
u64 lambda_residency(struct address_space *mapping, loff_t pos, size_t len,
		     u64 *dirty)
{
	XA_STATE(xas, &mapping->i_pages, pos >> PAGE_SHIFT);
	loff_t end = pos + len;
	struct folio *folio;
	u64 cached = 0;

	*dirty = 0;
	if (!len || !mapping->nrpages)
		return 0;
	rcu_read_lock();
	xas_for_each(&xas, folio, (end - 1) >> PAGE_SHIFT) {
		if (xas_retry(&xas, folio) || xa_is_value(folio))
			continue;
		if (residency_is_uptodate(folio))
			cached += residency_entry_overlap(&xas, pos, end);
		if (residency_is_dirty(&xas))
			*dirty += residency_entry_overlap(&xas, pos, end);
		if (need_resched()) {
			xas_pause(&xas);
			cond_resched_rcu();
		}
	}
	rcu_read_unlock();
	return cached;
}
