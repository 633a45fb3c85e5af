// SPDX-License-Identifier: GPL-2.0-only
/*
 * λs over arrays: where bytes of one lie on its members, while these stay.
 *
 * An array is held as for I/O that is under way. So what suspends it, as all does
 * that adds, removes or moves members, waits for a request that a drive has; and
 * an array that is suspended gets none.
 */
#include <linux/blk-lambda-stack.h>
#include <linux/lambda.h>

#include "md.h"
#include "md-lambda.h"

static int md_lambda_hold(struct gendisk *disk, struct blk_lambda_hold *hold)
{
	struct mddev *mddev = disk->private_data;

	if (!mddev || !percpu_ref_tryget_live(&mddev->active_io))
		return LAMBDA_REASON_BUSY;
	hold->map = mddev;
	return 0;
}

/**
 * md_lambda_map - where bytes of an array lie
 * @mddev: the array, held as long as that is to count
 * @below: the bytes
 *
 * What a reshape has moved already is known to its personality alone.
 *
 * Return: 0, or an enum lambda_reason.
 */
int md_lambda_map(struct mddev *mddev, struct blk_lambda_below *below)
{
	if (!mddev->pers || !mddev->pers->lambda_map)
		return LAMBDA_REASON_NO_DISK;
	if (mddev->reshape_position != MaxSector)
		return LAMBDA_REASON_BUSY;
	return mddev->pers->lambda_map(mddev, below);
}
EXPORT_SYMBOL_GPL(md_lambda_map);

static int md_lambda_map_held(struct blk_lambda_hold *hold,
			      struct blk_lambda_below *below)
{
	return md_lambda_map(hold->map, below);
}

static void md_lambda_let(struct gendisk *disk, struct blk_lambda_hold *hold)
{
	struct mddev *mddev = hold->map;

	percpu_ref_put(&mddev->active_io);
}

const struct blk_lambda_stack_ops md_lambda_ops = {
	.hold	= md_lambda_hold,
	.map	= md_lambda_map_held,
	.let	= md_lambda_let,
};

static bool md_lambda_has_badblock(struct md_rdev *rdev,
				   const struct blk_lambda_below *below)
{
	sector_t first = below->addr >> SECTOR_SHIFT;
	sector_t last = (below->addr + below->len - 1) >> SECTOR_SHIFT;

	return rdev_has_badblock(rdev, first, last - first + 1);
}

/**
 * md_lambda_reads - whether a member can serve a read like any other of its kind
 * @mddev: the array, held
 * @rdev:  the member, or NULL
 * @below: the bytes, as they are on the array
 *
 * Return: true if its data is as good as any's, and it is to be read at all.
 */
bool md_lambda_reads(struct mddev *mddev, struct md_rdev *rdev,
		     const struct blk_lambda_below *below)
{
	return rdev && test_bit(In_sync, &rdev->flags) &&
	       !test_bit(Faulty, &rdev->flags) &&
	       !test_bit(WriteMostly, &rdev->flags) &&
	       !md_lambda_has_badblock(rdev, below);
}
EXPORT_SYMBOL_GPL(md_lambda_reads);
