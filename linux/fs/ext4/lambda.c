// SPDX-License-Identifier: GPL-2.0-only
/*
 * What ext4 offers to λs: its page cache, and the place of a file's blocks for
 * a disk that runs them itself.
 */
#include <linux/fs.h>
#include <linux/lambda.h>
#include <linux/lambda_fs.h>
#include <linux/lambda_range.h>
#include <linux/pagemap.h>

#include "ext4.h"
#include "ext4_jbd2.h"

static int ext4_lambda_folios(struct kiocb *iocb, size_t count,
			      struct folio_batch *fbatch)
{
	if (unlikely(ext4_forced_shutdown(file_inode(iocb->ki_filp)->i_sb)))
		return -EIO;
	return filemap_get_pages(iocb, count, fbatch, true);
}

/* Each of these can come and go, but not while the inode lock is held. */
static int ext4_lambda_refuse(struct inode *inode)
{
	if (ext4_has_inline_data(inode))
		return LAMBDA_REASON_INLINE;
	if (ext4_should_journal_data(inode))
		return LAMBDA_REASON_JOURNALLED;
	if (ext4_test_inode_flag(inode, EXT4_INODE_COMPR))
		return LAMBDA_REASON_COMPRESSED;
	return 0;
}

/*
 * A store through a mapping may have a block allocated for a hole between the
 * writeback and the look at the extents. In most files it counts as unwritten
 * until its data is there; in these it does not, and the drive would read what
 * another file had in it. A write drops the pages and keeps faults off.
 */
static int ext4_lambda_stale(const struct lambda_range *range,
			     struct inode *inode)
{
	if (!range->write && !ext4_should_dioread_nolock(inode))
		return LAMBDA_REASON_STALE;
	return 0;
}

/* The checks of ext4_write_checks() and what it leaves on the inode. */
static int ext4_lambda_modify(struct lambda_range *range, struct inode *inode)
{
	if (!range->write)
		return 0;
	if (unlikely(IS_IMMUTABLE(inode)))
		return -EPERM;
	return file_modified(range->iocb->ki_filp);
}

static int ext4_lambda_begin(struct lambda_range *range)
{
	struct inode *inode = file_inode(range->iocb->ki_filp);
	int ret;

	if (unlikely(ext4_forced_shutdown(inode->i_sb)))
		return -EIO;
	ret = lambda_range_lock(range);
	if (ret)
		return ret;
	ret = ext4_lambda_refuse(inode) ?:
	      lambda_range_check(range) ?:
	      ext4_lambda_stale(range, inode) ?:
	      ext4_lambda_modify(range, inode) ?:
	      lambda_range_map(range, &ext4_iomap_report_ops);
	if (ret || !range->write)
		lambda_range_unlock(range);
	return ret;
}

static void ext4_lambda_end(struct lambda_range *range, size_t written)
{
	lambda_range_unmap(range, written);
	if (range->write)
		lambda_range_unlock(range);
}

const struct lambda_file_operations ext4_lambda_operations = {
	.folios		= ext4_lambda_folios,
	.begin		= PTR_IF(IS_ENABLED(CONFIG_LAMBDA_DRIVE),
				 ext4_lambda_begin),
	.end		= PTR_IF(IS_ENABLED(CONFIG_LAMBDA_DRIVE),
				 ext4_lambda_end),
};
