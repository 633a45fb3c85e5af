// SPDX-License-Identifier: GPL-2.0-only
/*
 * Disks that are made of others, as logical volumes are: what lies on one lies on
 * a drive that runs λs where each of the bytes that are asked for does.
 *
 * Such a disk may change what it is made of at any time. So it is held while a
 * request is in the drive, and a change waits for that, as it does for I/O.
 */
#include <linux/blk-lambda-stack.h>
#include <linux/blkdev.h>
#include <linux/lambda.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "disk.h"

/* Disks above a drive: a logical volume is one, whatever it lies on. */
#define STACK_MAX	4

/* Disks that are made of others, of which a request may lie on so many. */
#define STACK_HELD_MAX	16

/* Drives that a request is expected to be spread over at most. */
#define STACK_DRIVES_MAX	64U

/**
 * struct stack_walk - from a disk down to those that have the bytes
 * @held:  disks that are made of others, held as they are until the end
 * @nr:    how many
 * @write: as &blk_lambda_below has it
 * @copy:  likewise
 * @found: is told of bytes where they lie; a reason ends the walk
 */
struct stack_walk {
	struct {
		struct gendisk *disk;
		struct blk_lambda_hold hold;
	} held[STACK_HELD_MAX];
	unsigned int nr;
	bool write;
	u32 copy;
	int (*found)(struct stack_walk *w, struct gendisk *disk, u64 addr,
		     u64 len);
};

/* Once a walk. Return: 0; a reason. */
static int stack_hold(struct stack_walk *w, struct gendisk *disk,
		      struct blk_lambda_hold **hold)
{
	unsigned int i;
	int ret;

	for (i = 0; i < w->nr && w->held[i].disk != disk; i++)
		;
	if (i == STACK_HELD_MAX)
		return LAMBDA_REASON_OTHER_DISK;
	*hold = &w->held[i].hold;
	if (i < w->nr)
		return 0;
	ret = disk->fops->lambda->hold(disk, *hold);
	if (ret)
		return ret;
	w->held[w->nr++].disk = disk;
	return 0;
}

static void stack_let(struct stack_walk *w)
{
	while (w->nr) {
		struct gendisk *disk = w->held[--w->nr].disk;

		disk->fops->lambda->let(disk, &w->held[w->nr].hold);
	}
}

static int stack_walk(struct stack_walk *w, struct gendisk *disk, u64 addr,
		      u64 len, unsigned int above);

static int stack_walk_below(struct stack_walk *w,
			    const struct blk_lambda_below *below,
			    unsigned int above)
{
	u64 start = (u64)get_start_sect(below->bdev) << SECTOR_SHIFT;

	return stack_walk(w, below->bdev->bd_disk, start + below->addr,
			  below->len, above);
}

/* Bytes of a disk that has @above others above it. */
static int stack_walk(struct stack_walk *w, struct gendisk *disk, u64 addr,
		      u64 len, unsigned int above)
{
	const struct blk_lambda_stack_ops *ops = disk->fops->lambda;
	struct blk_lambda_hold *hold;
	int ret;

	if (!ops)
		return w->found(w, disk, addr, len);
	if (above == STACK_MAX)
		return LAMBDA_REASON_OTHER_DISK;
	ret = stack_hold(w, disk, &hold);
	while (len && !ret) {
		struct blk_lambda_below below = {
			.write = w->write,
			.copy = w->copy,
			.addr = addr,
			.len = len,
			.disks = 1,
		};

		ret = ops->map(hold, &below);
		if (ret)
			break;
		addr += below.len;
		len -= below.len;
		ret = stack_walk_below(w, &below, above + 1);
	}
	return ret;
}

/* What is spread at one level is spread again at the next. */
static void stack_add_layout(struct blk_lambda_layout *l,
			     const struct blk_lambda_below *below)
{
	if (below->disks < 2)
		return;
	l->chunk = l->drives > 1 ? min(l->chunk, below->chunk) : below->chunk;
	l->drives *= min(below->disks, STACK_DRIVES_MAX / l->drives);
}

/* The disk below the first byte is held by the one above, and so on. */
static struct blk_lambda *stack_get(struct gendisk *disk, unsigned int above,
				    struct blk_lambda_layout *layout)
{
	const struct blk_lambda_stack_ops *ops = disk->fops->lambda;
	struct blk_lambda_below below = { .len = 1, .disks = 1 };
	struct blk_lambda *bl = blk_lambda_get_disk(disk);
	struct blk_lambda_hold hold;

	if (bl || !ops || above == STACK_MAX || ops->hold(disk, &hold))
		return bl;
	if (!ops->map(&hold, &below)) {
		stack_add_layout(layout, &below);
		bl = stack_get(below.bdev->bd_disk, above + 1, layout);
	}
	ops->let(disk, &hold);
	return bl;
}

/**
 * blk_lambda_stack_get - look up what a device's disk can do for λs
 * @bdev:   an open block device, a partition too
 * @layout: set to how its disk spreads what it has, as far as that is so at its
 *          beginning
 *
 * Of a disk that is made of others it is the drive that the first byte lies on;
 * what lies elsewhere is found out by blk_lambda_stack_locate().
 *
 * Return: the descriptor with a reference, or NULL: an ordinary disk.
 */
struct blk_lambda *blk_lambda_stack_get(struct block_device *bdev,
					struct blk_lambda_layout *layout)
{
	*layout = (struct blk_lambda_layout) { .drives = 1 };
	return stack_get(bdev->bd_disk, 0, layout);
}

/* Runs, as they are found; @skipped: bytes before them that lie on no disk. */
struct stack_runs {
	struct stack_walk walk;
	struct blk_lambda_run *runs;
	u32 nr;
	u32 max;
	u64 skipped;
};

/* What lies on no disk goes with what comes before it, or else behind it. */
static void stack_add_hole(struct stack_runs *r, u64 len)
{
	if (r->nr)
		r->runs[r->nr - 1].len += len;
	else
		r->skipped += len;
}

static int stack_add_run(struct stack_walk *w, struct gendisk *disk, u64 addr,
			 u64 len)
{
	struct stack_runs *r = container_of(w, struct stack_runs, walk);
	struct blk_lambda_run *last = r->nr ? &r->runs[r->nr - 1] : NULL;
	struct blk_lambda *bl;

	if (last && last->bl->disk == disk && last->copy == w->copy) {
		last->len += len;
		return 0;
	}
	if (r->nr == r->max)
		return LAMBDA_REASON_EXTENTS;
	bl = blk_lambda_get_disk(disk);
	if (!bl)
		return LAMBDA_REASON_OTHER_DISK;
	r->runs[r->nr++] = (struct blk_lambda_run) { bl, w->copy, r->skipped + len };
	r->skipped = 0;
	return 0;
}

/* Where all is a hole, any drive will do. */
static int stack_end_runs(struct stack_runs *r, struct block_device *bdev)
{
	struct blk_lambda_layout layout;
	struct blk_lambda *bl;

	if (!r->skipped)
		return 0;
	bl = blk_lambda_stack_get(bdev, &layout);
	if (!bl)
		return LAMBDA_REASON_NO_DISK;
	r->runs[r->nr++] = (struct blk_lambda_run) { bl, 0, r->skipped };
	return 0;
}

/* One extent, which begins at @pos, in steps that take the next copy each. */
static int stack_locate_extent(struct stack_runs *r, struct gendisk *disk,
			       struct blk_lambda_extent e, u64 pos, u32 copy,
			       u64 copy_span)
{
	int ret = 0;

	if (e.addr == BLK_LAMBDA_HOLE) {
		stack_add_hole(r, e.len);
		return 0;
	}
	while (e.len && !ret) {
		u64 len = e.len, rest;

		r->walk.copy = copy;
		if (copy_span) {
			r->walk.copy += div64_u64_rem(pos, copy_span, &rest);
			len = min(len, copy_span - rest);
		}
		ret = stack_walk(&r->walk, disk, e.addr, len, 0);
		e.addr += len;
		e.len -= len;
		pos += len;
	}
	return ret;
}

/**
 * blk_lambda_stack_locate - which drives have which bytes of a range
 * @bdev:      the device that it is on
 * @extents:   where on the whole disk, kept in place by the caller
 * @nr:        how many
 * @copy:      which copy to begin with, where there are several
 * @copy_span: bytes to take from it before the next one; 0: all
 * @runs:      filled in, in the order of the range
 * @nr_runs:   how many at most, at least 1; set to how many there are
 *
 * What is told is as of now: blk_lambda_stack_execute() finds out for itself,
 * and holds it.
 *
 * Context: process context; inode locks may be held.
 * Return: 0, or an enum lambda_reason, and there are none. Of each run there is a
 * reference to be put.
 */
int blk_lambda_stack_locate(struct block_device *bdev,
			    const struct blk_lambda_extent *extents, u32 nr,
			    u32 copy, u64 copy_span,
			    struct blk_lambda_run *runs, u32 *nr_runs)
{
	struct stack_runs r = {
		.walk.found = stack_add_run,
		.runs = runs,
		.max = *nr_runs,
	};
	unsigned int noio = memalloc_noio_save();
	u64 pos = 0;
	int ret = 0;

	for (u32 i = 0; i < nr && !ret; i++) {
		ret = stack_locate_extent(&r, bdev->bd_disk, extents[i], pos,
					  copy, copy_span);
		pos += extents[i].len;
	}
	if (!ret)
		ret = stack_end_runs(&r, bdev);
	stack_let(&r.walk);
	memalloc_noio_restore(noio);
	while (ret && r.nr)
		blk_lambda_put(r.runs[--r.nr].bl);
	*nr_runs = r.nr;
	return ret;
}

/**
 * struct stack_extents - those of a request, where they are on its drive
 * @walk: what holds the disks above it
 * @disk: the drive's
 * @to:   filled in, or NULL: they are counted
 * @nr:   how many
 * @max:  how many at most
 */
struct stack_extents {
	struct stack_walk walk;
	struct gendisk *disk;
	struct blk_lambda_extent *to;
	u32 nr;
	u32 max;
};

static int stack_add_extent(struct stack_extents *x, u64 addr, u64 len)
{
	if (x->nr == x->max)
		return LAMBDA_REASON_EXTENTS;
	if (x->to)
		x->to[x->nr] = (struct blk_lambda_extent){ addr, len };
	x->nr++;
	return 0;
}

static int stack_found_extent(struct stack_walk *w, struct gendisk *disk,
			      u64 addr, u64 len)
{
	struct stack_extents *x = container_of(w, struct stack_extents, walk);

	return disk == x->disk ? stack_add_extent(x, addr, len) :
				 LAMBDA_REASON_OTHER_DISK;
}

/* Of an extent, the bytes from @skip on. */
static int stack_find_extent(struct stack_extents *x,
			     const struct blk_lambda_request *rq,
			     const struct blk_lambda_extent *e, u64 skip,
			     u64 len)
{
	if (e->addr == BLK_LAMBDA_HOLE)
		return stack_add_extent(x, e->addr, len);
	return stack_walk(&x->walk, rq->bdev->bd_disk, e->addr + skip, len, 0);
}

/* Of each span, which goes on where the last one has ended, or later. */
static int stack_find_spans(struct stack_extents *x,
			    const struct blk_lambda_request *rq)
{
	const struct blk_lambda_extent *e = rq->extents;
	u64 pos = 0;	/* of @e */
	int ret = 0;

	for (u32 i = 0; i < rq->nr_spans; i++) {
		u64 at = rq->spans[i].at, end = at + rq->spans[i].len, to;

		x->walk.copy = rq->spans[i].copy;
		for (; at < end && !ret; at = to) {
			while (pos + e->len <= at)
				pos += e++->len;
			to = min(end, pos + e->len);
			ret = stack_find_extent(x, rq, e, at - pos, to - at);
		}
	}
	return ret;
}

static int stack_find_extents(struct stack_extents *x,
			      const struct blk_lambda_request *rq)
{
	int ret = 0;

	x->nr = 0;
	if (rq->nr_spans)
		return stack_find_spans(x, rq);
	for (u32 i = 0; i < rq->nr_extents && !ret; i++)
		ret = stack_find_extent(x, rq, &rq->extents[i], 0,
					rq->extents[i].len);
	return ret;
}

/*
 * The extents: counted, and then made. No allocation may enter a filesystem here.
 * stack_let() is owed, whatever this returns.
 */
static int stack_make_extents(struct stack_extents *x,
			      const struct blk_lambda_request *rq)
{
	int ret = stack_find_extents(x, rq);

	if (ret)
		return ret;
	/* A mirror may have failed by the second time. */
	x->max = x->nr;
	x->to = kvmalloc_array(x->nr, sizeof(*x->to), GFP_NOIO | __GFP_NOWARN);
	return x->to ? stack_find_extents(x, rq) : LAMBDA_REASON_BUSY;
}

/**
 * blk_lambda_stack_execute - run a request that was prepared
 * @bl: descriptor of the disk
 * @rq: the request with its extents, which reach as far as its spans do
 *
 * Then the drive is done with it, and its place is another's: the caller may be
 * kept by memory of a user's from now on.
 *
 * Context: process context; inode locks may be held.
 * Return: as &blk_lambda_ops.execute says; a reason, too, where the extents do
 * not all lie on @bl.
 */
int blk_lambda_stack_execute(struct blk_lambda *bl,
			     struct blk_lambda_request *rq)
{
	const struct blk_lambda_extent *extents = rq->extents;
	u32 nr_extents = rq->nr_extents;
	struct stack_extents x = {
		.walk = {
			.found = stack_found_extent,
			.write = rq->write,
			.copy = rq->copy,
		},
		.disk = bl->disk,
		.max = bl->limits.extents_max,
	};
	unsigned int noio;
	int ret;

	if (rq->bdev->bd_disk == bl->disk)
		return blk_lambda_execute_disk(bl, rq);
	/* I/O to a disk that is being suspended waits, and that for this. */
	noio = memalloc_noio_save();
	ret = stack_make_extents(&x, rq);
	if (!ret) {
		rq->extents = x.to;
		rq->nr_extents = x.nr;
		ret = blk_lambda_execute_disk(bl, rq);
		rq->extents = extents;
		rq->nr_extents = nr_extents;
	}
	stack_let(&x.walk);
	kvfree(x.to);
	memalloc_noio_restore(noio);
	return ret;
}
