/* SPDX-License-Identifier: GPL-2.0 */
/* Disks that are made of others, and where bytes of one lie below it. */
#ifndef _LINUX_BLK_LAMBDA_STACK_H
#define _LINUX_BLK_LAMBDA_STACK_H

#include <linux/lambda.h>
#include <linux/types.h>

struct block_device;
struct gendisk;

/**
 * struct blk_lambda_hold - what a disk that is made of others is held by
 * @map:   of its driver
 * @token: likewise
 */
struct blk_lambda_hold {
	void *map;
	int token;
};

/**
 * struct blk_lambda_below - where bytes of a disk are on the one below it
 * @write: they are to be written, and there is to be one place for them
 * @copy:  which of several places to tell: any number, what is over counts from
 *         the first again
 * @addr:  first byte on the upper disk; then on @bdev
 * @len:   bytes, at least 1; then as many of them as lie there in one piece
 * @bdev:  then: the device, a partition perhaps
 * @disks: then: how many devices those around them alternate between, or have
 *         copies on; 1 before
 * @chunk: then, of more than one: bytes that one device has before the next one,
 *         or that are worth reading from one copy
 */
struct blk_lambda_below {
	bool write;
	u32 copy;
	u64 addr;
	u64 len;
	struct block_device *bdev;
	u32 disks;
	u64 chunk;
};

/**
 * struct blk_lambda_stack_ops - methods of a disk that is made of others
 *
 * A positive return value is an enum lambda_reason.
 */
struct blk_lambda_stack_ops {
	/**
	 * @hold: Has the disk be made of what it is made of until @let, which
	 * the same task calls. Called under inode locks: does not wait.
	 */
	int (*hold)(struct gendisk *disk, struct blk_lambda_hold *hold);
	/** @map: Tells where bytes are, while held. */
	int (*map)(struct blk_lambda_hold *hold,
		   struct blk_lambda_below *below);
	/** @let: Ends what @hold began when it returned 0. */
	void (*let)(struct gendisk *disk, struct blk_lambda_hold *hold);
};

#endif /* _LINUX_BLK_LAMBDA_STACK_H */
