// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a range of a file lies on its disk, and that it stays there: what the
 * begin and end methods of all filesystems have in common.
 *
 * A read is a direct read as far as others can tell: dirty pages are written
 * back and the range is looked up under the inode lock, then the inode counts
 * a direct I/O and the lock is dropped. Stores through a mapping that come
 * after the writeback are not seen, as direct reads do not see them.
 *
 * What keeps the blocks in place after that is no rule of the VFS but a
 * property of each filesystem, and direct I/O that is synchronous does without
 * it where it keeps the lock: every path that moves, frees or shares blocks
 * below i_size has to take the lock exclusively and then inode_dio_wait(). A
 * filesystem may only offer its blocks when all of its paths have been looked
 * at. Those of ext4 and XFS are listed in
 * Documentation/userspace-api/lambda.rst, each with what makes it wait.
 *
 * A write holds the inode lock exclusively all the time, which keeps out
 * write() and all that moves blocks, and the invalidate lock, which keeps out
 * page faults and readahead: what they would bring into the page cache would
 * be old, and a store to it lost or, once written back, in the way of what the
 * drive has written. Pages are written back and dropped inside, for whatever is
 * dirtied before the lock is taken.
 */
#include <linux/blk-lambda.h>
#include <linux/blkdev.h>
#include <linux/export.h>
#include <linux/fs.h>
#include <linux/iomap.h>
#include <linux/lambda.h>
#include <linux/lambda_range.h>
#include <linux/minmax.h>
#include <linux/pagemap.h>
#include <linux/sched.h>

static struct address_space *range_mapping(const struct lambda_range *range)
{
	return range->iocb->ki_filp->f_mapping;
}

/**
 * lambda_range_lock - lock the inode of a range, if that can be had at once
 * @range: the range; a write's is locked exclusively
 *
 * The caller has what others wait for, and the lock may never be had.
 *
 * Return: 0, and lambda_range_unlock() is owed; -EAGAIN.
 */
int lambda_range_lock(struct lambda_range *range)
{
	struct inode *inode = range_mapping(range)->host;

	if (range->write ? inode_trylock(inode) : inode_trylock_shared(inode))
		return 0;
	return -EAGAIN;
}
EXPORT_SYMBOL_GPL(lambda_range_lock);

/**
 * lambda_range_unlock - undo lambda_range_lock()
 * @range: the range
 */
void lambda_range_unlock(struct lambda_range *range)
{
	struct inode *inode = range_mapping(range)->host;

	if (range->write)
		inode_unlock(inode);
	else
		inode_unlock_shared(inode);
}
EXPORT_SYMBOL_GPL(lambda_range_unlock);

/* Files whose blocks are not their bytes, or not theirs alone. */
static int range_refuse_inode(const struct inode *inode)
{
	if (IS_SWAPFILE(inode))
		return LAMBDA_REASON_SWAPFILE;
	if (IS_ENCRYPTED(inode))
		return LAMBDA_REASON_ENCRYPTED;
	if (IS_VERITY(inode))
		return LAMBDA_REASON_VERITY;
	if (IS_DAX(inode))
		return LAMBDA_REASON_DAX;
	return 0;
}

/*
 * What write() checks. Its errors are the request's: the host's write fails,
 * too. Without any room for output there is no range to be located.
 */
static int range_check_write(struct lambda_range *range,
			     const struct inode *inode)
{
	loff_t len = range->len;
	int err;

	if (range->iocb->ki_flags & IOCB_APPEND)
		return LAMBDA_REASON_APPEND;
	if (!range->len)
		return LAMBDA_REASON_NO_ROOM;
	if (range->iocb->ki_pos >= i_size_read(inode))
		return LAMBDA_REASON_EOF;
	/* Writing the page cache would find out later; the drive never would. */
	if (sb_rdonly(inode->i_sb))
		return -EROFS;
	err = generic_write_checks_count(range->iocb, &len);
	range->len = len;
	return err;
}

/**
 * lambda_range_check - whether a drive may touch a range at all
 * @range: the range; that of a write is cut to what the process may write
 *
 * Context: the inode lock is held, exclusively for a write.
 * Return: 0, an enum lambda_reason, or an errno of write().
 */
int lambda_range_check(struct lambda_range *range)
{
	const struct inode *inode = range_mapping(range)->host;
	int ret = range_refuse_inode(inode);

	if (!ret && range->write)
		ret = range_check_write(range, inode);
	return ret;
}
EXPORT_SYMBOL_GPL(lambda_range_check);

static bool range_extent_follows(const struct blk_lambda_extent *last, u64 addr)
{
	if (last->addr == BLK_LAMBDA_HOLE || addr == BLK_LAMBDA_HOLE)
		return last->addr == addr;
	return last->addr + last->len == addr;
}

static int range_add_extent(struct lambda_range *range, u64 addr, u64 len)
{
	if (range->nr &&
	    range_extent_follows(&range->extents[range->nr - 1], addr)) {
		range->extents[range->nr - 1].len += len;
		return 0;
	}
	if (range->nr == range->max)
		return LAMBDA_REASON_EXTENTS;
	range->extents[range->nr++] = (struct blk_lambda_extent) {
		.addr = addr,
		.len = len,
	};
	return 0;
}

/* Filesystems count from the start of their partition, drives do not. */
static int range_add_mapped(struct lambda_range *range,
			    const struct iomap *iomap, loff_t pos, u64 len)
{
	u64 addr = iomap->addr + (pos - iomap->offset);
	u64 size = bdev_nr_bytes(range->bdev);

	if (iomap->bdev != range->bdev || addr > size || len > size - addr)
		return LAMBDA_REASON_OTHER_DISK;
	addr += (u64)get_start_sect(range->bdev) << SECTOR_SHIFT;
	return range_add_extent(range, addr, len);
}

/*
 * What is not written yet reads as zeros, like a hole: had there been data for
 * it in the page cache, the writeback before would have made it written.
 */
static int range_add_iomap(struct lambda_range *range,
			   const struct iomap_iter *iter)
{
	const struct iomap *iomap = &iter->iomap;
	u64 len = iomap_length(iter);

	if (iomap->flags & IOMAP_F_SHARED)
		return LAMBDA_REASON_SHARED;
	switch (iomap->type) {
	case IOMAP_MAPPED:
		return range_add_mapped(range, iomap, iter->pos, len);
	case IOMAP_INLINE:
		return LAMBDA_REASON_INLINE;
	case IOMAP_DELALLOC:
		/* A store came after the writeback; its page is the data. */
		if (!range->write)
			return LAMBDA_REASON_BUSY_PAGES;
		break;
	default:
		if (!range->write)
			return range_add_extent(range, BLK_LAMBDA_HOLE, len);
	}
	return LAMBDA_REASON_UNWRITTEN;
}

static int range_collect_extents(struct lambda_range *range,
				 const struct iomap_ops *ops)
{
	struct iomap_iter iter = {
		.inode = range_mapping(range)->host,
		.pos = range->iocb->ki_pos,
		.len = range->len,
		.flags = IOMAP_REPORT,
	};
	int ret, reason = 0;

	range->nr = 0;
	while ((ret = iomap_iter(&iter, ops)) > 0) {
		reason = range_add_iomap(range, &iter);
		if (!reason)
			iter.processed = iomap_length(&iter);
		cond_resched();
	}
	if (ret < 0)
		return ret;
	if (reason != LAMBDA_REASON_UNWRITTEN || !range->nr)
		return reason;
	range->len = iter.pos - range->iocb->ki_pos;
	return 0;
}

static int range_map_read(struct lambda_range *range,
			  const struct iomap_ops *ops)
{
	struct address_space *mapping = range_mapping(range);
	loff_t pos = range->iocb->ki_pos;
	int ret = 0;

	range->len = clamp_t(loff_t, i_size_read(mapping->host) - pos, 0,
			     range->len);
	if (range->len) {
		if (filemap_write_and_wait_range(mapping, pos,
						 pos + range->len - 1))
			return LAMBDA_REASON_BUSY_PAGES;
		ret = range_collect_extents(range, ops);
	}
	if (!ret)
		inode_dio_begin(mapping->host);
	return ret;
}

static int range_map_write(struct lambda_range *range,
			   const struct iomap_ops *ops)
{
	struct address_space *mapping = range_mapping(range);
	loff_t pos = range->iocb->ki_pos;
	int ret;

	range->len = min_t(loff_t, i_size_read(mapping->host) - pos,
			   range->len);
	inode_dio_wait(mapping->host);
	filemap_invalidate_lock(mapping);
	if (filemap_invalidate_pages(mapping, pos, pos + range->len - 1, false))
		ret = LAMBDA_REASON_BUSY_PAGES;
	else
		ret = range_collect_extents(range, ops);
	if (ret)
		filemap_invalidate_unlock(mapping);
	return ret;
}

/**
 * lambda_range_map - fill in the extents of a range and keep them in place
 * @range: a range that passed lambda_range_check()
 * @ops:   tell the extents without allocating any
 *
 * After it has returned 0 the range is kept by lambda_range_unmap() to come:
 * the inode lock may be dropped for a read, and is to be held for a write.
 *
 * Context: the inode lock is held, exclusively for a write; may sleep.
 * Return: 0, an enum lambda_reason, or an errno of the filesystem.
 */
int lambda_range_map(struct lambda_range *range, const struct iomap_ops *ops)
{
	return range->write ? range_map_write(range, ops) :
			      range_map_read(range, ops);
}
EXPORT_SYMBOL_GPL(lambda_range_map);

/**
 * lambda_range_unmap - let a range go
 * @range:   a range for which lambda_range_map() returned 0
 * @written: how many bytes of it may have changed
 *
 * Context: the inode lock is held for a write.
 */
void lambda_range_unmap(struct lambda_range *range, size_t written)
{
	struct address_space *mapping = range_mapping(range);

	if (!range->write) {
		inode_dio_end(mapping->host);
		return;
	}
	/*
	 * Blocks of a device can get into its page cache without any of the
	 * locks, by the hand of a filesystem on it.
	 */
	if (written)
		kiocb_invalidate_post_direct_write(range->iocb, written);
	filemap_invalidate_unlock(mapping);
}
EXPORT_SYMBOL_GPL(lambda_range_unmap);
