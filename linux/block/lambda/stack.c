// SPDX-License-Identifier: GPL-2.0-only
/*
 * Disks that are made of others, as logical volumes are: what lies on one lies on
 * a drive that runs λs where each of the bytes that are asked for does.
 *
 * Such a disk may change what it is made of at any time. So it is held while a
 * request is in the drive, and a change waits for that, as it does for I/O.
 */
#include <linux/blkdev.h>
#include <linux/lambda.h>
#include <linux/minmax.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "disk.h"

/* Disks above a drive: a logical volume is one, whatever it lies on. */
#define STACK_MAX	4

/**
 * struct stack_levels - the disks above a drive, held as they are
 * @levels:  those that are held, from the uppermost on
 * @nr:      how many
 * @extents: where those of a request are on the disk below the last one, or NULL
 * @nr_extents: how many
 */
struct stack_levels {
	struct {
		struct gendisk *disk;
		struct blk_lambda_hold hold;
	} levels[STACK_MAX];
	unsigned int nr;
	struct blk_lambda_extent *extents;
	u32 nr_extents;
};

/* What becomes of extents, one disk further down; the counts come first. */
struct stack_pieces {
	struct gendisk *disk;
	struct blk_lambda_extent *to;
	u32 nr;
	u32 max;
};

static int stack_add_piece(struct stack_pieces *p, u64 addr, u64 len)
{
	if (p->nr == p->max)
		return LAMBDA_REASON_EXTENTS;
	if (p->to)
		p->to[p->nr] = (struct blk_lambda_extent){ addr, len };
	p->nr++;
	return 0;
}

/* All has to lie on one disk. */
static int stack_add_below(struct stack_pieces *p,
			   const struct blk_lambda_below *below)
{
	u64 start = (u64)get_start_sect(below->bdev) << SECTOR_SHIFT;
	struct gendisk *disk = below->bdev->bd_disk;

	if (p->disk && p->disk != disk)
		return LAMBDA_REASON_OTHER_DISK;
	p->disk = disk;
	return stack_add_piece(p, start + below->addr, below->len);
}

static int stack_map_extent(const struct blk_lambda_stack_ops *ops,
			    struct blk_lambda_hold *hold,
			    struct blk_lambda_extent e, struct stack_pieces *p)
{
	int ret = 0;

	if (e.addr == BLK_LAMBDA_HOLE)
		return stack_add_piece(p, e.addr, e.len);
	while (e.len && !ret) {
		struct blk_lambda_below below = { .addr = e.addr, .len = e.len };

		ret = ops->map(hold, &below);
		if (ret)
			break;
		e.addr += below.len;
		e.len -= below.len;
		ret = stack_add_below(p, &below);
	}
	return ret;
}

static int stack_map_extents(const struct blk_lambda_stack_ops *ops,
			     struct blk_lambda_hold *hold,
			     const struct blk_lambda_extent *from, u32 nr,
			     struct stack_pieces *p)
{
	int ret = 0;

	p->nr = 0;
	for (u32 i = 0; i < nr && !ret; i++)
		ret = stack_map_extent(ops, hold, from[i], p);
	return ret;
}

/*
 * The extents, one level down: counted, and then made. No allocation may enter a
 * filesystem here.
 */
static int stack_go_down(struct stack_levels *s,
			 const struct blk_lambda_stack_ops *ops,
			 struct blk_lambda_hold *hold,
			 const struct blk_lambda_extent *from, u32 nr,
			 struct stack_pieces *p)
{
	int ret = stack_map_extents(ops, hold, from, nr, p);

	if (ret)
		return ret;
	p->to = kvmalloc_array(p->nr, sizeof(*p->to), GFP_NOIO | __GFP_NOWARN);
	if (!p->to)
		return LAMBDA_REASON_BUSY;
	ret = stack_map_extents(ops, hold, from, nr, p);
	kvfree(s->extents);
	s->extents = p->to;
	s->nr_extents = p->nr;
	return ret;
}

/* Holds one disk, and finds out where the extents are on the one below it. */
static int stack_hold_disk(struct stack_levels *s, struct gendisk *disk,
			   const struct blk_lambda_extent *from, u32 nr,
			   struct stack_pieces *p)
{
	const struct blk_lambda_stack_ops *ops = disk->fops->lambda;
	struct blk_lambda_hold *hold = &s->levels[s->nr].hold;
	int ret;

	if (!ops || s->nr == STACK_MAX)
		return LAMBDA_REASON_OTHER_DISK;
	ret = ops->hold(disk, hold);
	if (ret)
		return ret;
	s->levels[s->nr++].disk = disk;
	return stack_go_down(s, ops, hold, from, nr, p);
}

/* stack_let() is owed, whatever this returns. */
static int stack_hold(struct stack_levels *s, const struct blk_lambda *bl,
		      const struct blk_lambda_request *rq)
{
	const struct blk_lambda_extent *from = rq->extents;
	struct gendisk *disk = rq->bdev->bd_disk;
	u32 nr = rq->nr_extents;
	int ret;

	while (disk != bl->disk) {
		struct stack_pieces p = { .max = bl->limits.extents_max };

		ret = stack_hold_disk(s, disk, from, nr, &p);
		if (ret)
			return ret;
		from = s->extents;
		nr = s->nr_extents;
		/* Holes lie wherever they like. */
		disk = p.disk ?: bl->disk;
	}
	return 0;
}

static void stack_let(struct stack_levels *s)
{
	kvfree(s->extents);
	while (s->nr) {
		struct gendisk *disk = s->levels[--s->nr].disk;

		disk->fops->lambda->let(disk, &s->levels[s->nr].hold);
	}
}

/* The disk below the first byte is held by the one above, and so on. */
static struct blk_lambda *stack_get(struct gendisk *disk, unsigned int above)
{
	const struct blk_lambda_stack_ops *ops = disk->fops->lambda;
	struct blk_lambda_below below = { .len = 1 };
	struct blk_lambda *bl = blk_lambda_get_disk(disk);
	struct blk_lambda_hold hold;

	if (bl || !ops || above == STACK_MAX || ops->hold(disk, &hold))
		return bl;
	if (!ops->map(&hold, &below))
		bl = stack_get(below.bdev->bd_disk, above + 1);
	ops->let(disk, &hold);
	return bl;
}

/**
 * blk_lambda_get - look up what a device's disk can do for λs
 * @bdev: an open block device, a partition too
 *
 * Of a disk that is made of others it is the drive that the first byte lies on;
 * what lies elsewhere is found out by blk_lambda_execute().
 *
 * Return: the descriptor with a reference, or NULL: an ordinary disk.
 */
struct blk_lambda *blk_lambda_get(struct block_device *bdev)
{
	return stack_get(bdev->bd_disk, 0);
}

/**
 * blk_lambda_execute - run a request that was prepared
 * @bl: descriptor of the disk
 * @rq: the request with its extents
 *
 * Then the drive is done with it, and its place is another's: the caller may be
 * kept by memory of a user's from now on.
 *
 * Context: process context; inode locks may be held.
 * Return: as &blk_lambda_ops.execute says; a reason, too, where the extents do
 * not all lie on @bl.
 */
int blk_lambda_execute(struct blk_lambda *bl, struct blk_lambda_request *rq)
{
	const struct blk_lambda_extent *extents = rq->extents;
	u32 nr_extents = rq->nr_extents;
	struct stack_levels s = {};
	unsigned int noio;
	int ret;

	if (rq->bdev->bd_disk == bl->disk)
		return blk_lambda_execute_disk(bl, rq);
	/* I/O to a disk that is being suspended waits, and that for this. */
	noio = memalloc_noio_save();
	ret = stack_hold(&s, bl, rq);
	if (!ret) {
		rq->extents = s.extents;
		rq->nr_extents = s.nr_extents;
		ret = blk_lambda_execute_disk(bl, rq);
		rq->extents = extents;
		rq->nr_extents = nr_extents;
	}
	stack_let(&s);
	memalloc_noio_restore(noio);
	return ret;
}
