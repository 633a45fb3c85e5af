// SPDX-License-Identifier: GPL-2.0-only
/*
 * What XFS offers to λs: its page cache, and the place of a file's blocks for
 * a disk that runs them itself.
 */
#include "xfs.h"
#include "xfs_fs.h"
#include "xfs_shared.h"
#include "xfs_format.h"
#include "xfs_log_format.h"
#include "xfs_trans_resv.h"
#include "xfs_mount.h"
#include "xfs_inode.h"
#include "xfs_iomap.h"
#include "xfs_lambda.h"

#include <linux/lambda.h>
#include <linux/lambda_fs.h>
#include <linux/lambda_range.h>

/* Collects folios for a λ as xfs_file_buffered_read() gets its own. */
static int
xfs_lambda_folios(
	struct kiocb		*iocb,
	size_t			count,
	struct folio_batch	*fbatch)
{
	struct xfs_inode	*ip = XFS_I(file_inode(iocb->ki_filp));
	int			error;

	if (xfs_is_shutdown(ip->i_mount))
		return -EIO;

	xfs_ilock(ip, XFS_IOLOCK_SHARED);
	error = filemap_get_pages(iocb, count, fbatch, true);
	xfs_iunlock(ip, XFS_IOLOCK_SHARED);

	return error;
}

/*
 * Copy-on-write is completed by writeback, which holds neither the IOLOCK nor
 * waits for direct I/O: blocks of a reflinked file can be given to another one
 * while they are read, shared or not at the moment they were looked up.
 */
static int
xfs_lambda_refuse(
	struct xfs_inode	*ip)
{
	if (xfs_is_cow_inode(ip))
		return LAMBDA_REASON_SHARED;
	if (XFS_IS_REALTIME_INODE(ip))
		return LAMBDA_REASON_OTHER_DISK;
	return 0;
}

/*
 * The checks of xfs_file_write_checks() and what it leaves on the inode. Layouts
 * that others hold leases on are recalled, but not waited for.
 */
static int
xfs_lambda_check_write(
	struct lambda_range	*range,
	struct inode		*inode)
{
	int			error;

	if (break_layout(inode, false))
		return LAMBDA_REASON_BUSY_PAGES;
	error = xfs_lambda_refuse(XFS_I(inode));
	if (error)
		return error;
	error = lambda_range_check(range);
	if (error)
		return error;
	return file_modified(range->iocb->ki_filp);
}

static int
xfs_lambda_check_read(
	struct lambda_range	*range,
	struct xfs_inode	*ip)
{
	int			error = xfs_lambda_refuse(ip);

	return error ? error : lambda_range_check(range);
}

static int
xfs_lambda_begin(
	struct lambda_range	*range)
{
	struct inode		*inode = file_inode(range->iocb->ki_filp);
	struct xfs_inode	*ip = XFS_I(inode);
	int			error;

	if (xfs_is_shutdown(ip->i_mount))
		return -EIO;

	/* The IOLOCK is the inode's. */
	error = lambda_range_lock(range);
	if (error)
		return error;
	if (range->write)
		error = xfs_lambda_check_write(range, inode);
	else
		error = xfs_lambda_check_read(range, ip);
	if (!error)
		error = lambda_range_map(range, &xfs_read_iomap_ops);
	if (error || !range->write)
		lambda_range_unlock(range);
	return error;
}

static void
xfs_lambda_end(
	struct lambda_range	*range,
	size_t			written)
{
	lambda_range_unmap(range, written);
	if (range->write)
		lambda_range_unlock(range);
}

const struct lambda_file_operations xfs_lambda_operations = {
	.folios		= xfs_lambda_folios,
	.begin		= PTR_IF(IS_ENABLED(CONFIG_LAMBDA_DRIVE),
				 xfs_lambda_begin),
	.end		= PTR_IF(IS_ENABLED(CONFIG_LAMBDA_DRIVE),
				 xfs_lambda_end),
};
