// SPDX-License-Identifier: GPL-2.0-only
/*
 * What block devices offer to λs: their page cache, and their own place for a
 * disk that runs them itself. A partition is a range of its disk.
 */
#include <linux/blkdev.h>
#include <linux/fs.h>
#include <linux/lambda.h>
#include <linux/lambda_fs.h>
#include <linux/lambda_range.h>
#include <linux/pagemap.h>

#include "../blk.h"

/* The device's own inode; that of its node only names it. */
static struct inode *bdev_inode_of(const struct file *file)
{
	return file->f_mapping->host;
}

/* Locks against set_blocksize() as blkdev_read_iter() does. */
static int bdev_lambda_folios(struct kiocb *iocb, size_t count,
			      struct folio_batch *fbatch)
{
	struct inode *bd_inode = bdev_inode_of(iocb->ki_filp);
	int error;

	inode_lock_shared(bd_inode);
	error = filemap_get_pages(iocb, count, fbatch, true);
	inode_unlock_shared(bd_inode);
	return error;
}

/* The checks of blkdev_write_iter() and what it leaves on the inode. */
static int bdev_lambda_modify(struct lambda_range *range)
{
	if (!range->write)
		return 0;
	if (bdev_read_only(range->bdev))
		return -EPERM;
	return file_update_time(range->iocb->ki_filp);
}

static int bdev_lambda_begin(struct lambda_range *range)
{
	int ret = lambda_range_lock(range);

	if (ret)
		return ret;
	ret = lambda_range_check(range) ?:
	      bdev_lambda_modify(range) ?:
	      lambda_range_map(range, &blkdev_iomap_ops);
	if (ret || !range->write)
		lambda_range_unlock(range);
	return ret;
}

static void bdev_lambda_end(struct lambda_range *range, size_t written)
{
	lambda_range_unmap(range, written);
	if (range->write)
		lambda_range_unlock(range);
}

const struct lambda_file_operations blkdev_lambda_operations = {
	.folios		= bdev_lambda_folios,
	.begin		= PTR_IF(IS_ENABLED(CONFIG_LAMBDA_DRIVE),
				 bdev_lambda_begin),
	.end		= PTR_IF(IS_ENABLED(CONFIG_LAMBDA_DRIVE),
				 bdev_lambda_end),
};
