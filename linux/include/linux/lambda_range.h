/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ranges of files that disks work on by themselves: what filesystems make the
 * begin and end of &struct lambda_file_operations of, see fs/lambda/range.c.
 */
#ifndef _LINUX_LAMBDA_RANGE_H
#define _LINUX_LAMBDA_RANGE_H

#include <linux/types.h>

struct blk_lambda_extent;
struct block_device;
struct iomap_ops;
struct kiocb;

/**
 * struct lambda_range - a range of a file that its disk works on by itself
 * @iocb:    the open file and where the range starts
 * @len:     bytes of the range, more than 0; ->begin() cuts off what lies
 *           beyond the end of the file
 * @write:   the range is going to be overwritten, else read
 * @bdev:    where the extents must lie: the device of the filesystem, or the
 *           file itself
 * @extents: room for @max extents; ->begin() fills in the first @nr
 * @max:     how many there is room for
 * @nr:      how many there are
 *
 * Lives on the stack of the one task that makes the request.
 */
struct lambda_range {
	struct kiocb *iocb;
	size_t len;
	bool write;
	struct block_device *bdev;
	struct blk_lambda_extent *extents;
	u32 max;
	u32 nr;
};

int lambda_range_lock(struct lambda_range *range);
void lambda_range_unlock(struct lambda_range *range);
int lambda_range_check(struct lambda_range *range);
int lambda_range_map(struct lambda_range *range, const struct iomap_ops *ops);
void lambda_range_unmap(struct lambda_range *range, size_t written);

#endif /* _LINUX_LAMBDA_RANGE_H */
