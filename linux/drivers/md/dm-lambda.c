// SPDX-License-Identifier: GPL-2.0-only
/*
 * λs over mapped devices: where bytes of one lie below it, while its table stays.
 *
 * A table is held as for a bio that is being mapped. So what changes it, or
 * suspends the device, waits for a request that the drive has; and a device that
 * is suspended gets none.
 */
#include <linux/blk-lambda-stack.h>
#include <linux/lambda.h>
#include <linux/minmax.h>

#include "dm-core.h"
#include "dm-lambda.h"

static int dm_lambda_hold(struct gendisk *disk, struct blk_lambda_hold *hold)
{
	struct mapped_device *md = disk->private_data;

	hold->map = dm_get_live_table(md, &hold->token);
	if (hold->map && !test_bit(DMF_BLOCK_IO_FOR_SUSPEND, &md->flags))
		return 0;
	dm_put_live_table(md, hold->token);
	return LAMBDA_REASON_BUSY;
}

/* As much as one target has of it. */
static int dm_lambda_map(struct blk_lambda_hold *hold,
			 struct blk_lambda_below *below)
{
	struct dm_target *ti;
	u64 end;

	ti = dm_table_find_target(hold->map, below->addr >> SECTOR_SHIFT);
	if (!ti || !ti->type->lambda_map)
		return LAMBDA_REASON_NO_DISK;
	end = (u64)(ti->begin + ti->len) << SECTOR_SHIFT;
	below->len = min(below->len, end - below->addr);
	return ti->type->lambda_map(ti, below);
}

static void dm_lambda_let(struct gendisk *disk, struct blk_lambda_hold *hold)
{
	dm_put_live_table(disk->private_data, hold->token);
}

const struct blk_lambda_stack_ops dm_lambda_ops = {
	.hold	= dm_lambda_hold,
	.map	= dm_lambda_map,
	.let	= dm_lambda_let,
};
