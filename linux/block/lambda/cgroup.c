// SPDX-License-Identifier: GPL-2.0-only
/*
 * Charging the I/O of a λ in a drive to the task and cgroup that caused it.
 *
 * What a drive reads or writes for a λ never becomes bios, which is what the
 * accounts and limits of the block layer look at. So bios without data stand
 * for it. They go the way of all others up to where a disk would get them, and
 * end there: past the accounts of the caller's task and cgroup (/proc/PID/io,
 * io.stat), and io.max, which holds them back as long as it would hold back
 * read() or write(). They are cut as a disk wants them, so that io.max counts as
 * many operations.
 *
 * A read pays before it takes a place in the drive, for all of its input,
 * whatever holes are in it. How much a write will write is not known before; it
 * pays for that afterwards, when it holds nothing any more.
 *
 * Controllers that look at how requests fare in a disk, io.latency and io.cost,
 * could not be obeyed by what has no time of its own there. On a disk that has
 * one of them no cgroup but the root's is let to the drive.
 */
#include <linux/bio.h>
#include <linux/blk-cgroup.h>
#include <linux/blk-lambda.h>
#include <linux/blkdev.h>
#include <linux/bpf_lambda.h>
#include <linux/cgroup.h>
#include <linux/cleanup.h>
#include <linux/completion.h>
#include <linux/cred.h>
#include <linux/device.h>
#include <linux/errno.h>
#include <linux/ktime.h>
#include <linux/lambda.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/task_io_accounting_ops.h>
#include <linux/workqueue.h>

#include "../blk-rq-qos.h"
#include "../blk-throttle.h"
#include "../blk.h"
#include "sched.h"

/* Cgroups */

/* The caller's cgroup of the I/O controller; NULL in that of the root. */
static struct cgroup_subsys_state *own_cgroup(void)
{
#ifdef CONFIG_BLK_CGROUP
	struct cgroup_subsys_state *css = task_css(current, io_cgrp_id);

	return css->parent ? css : NULL;
#else
	return NULL;
#endif
}

/**
 * blk_lambda_flow - the flow that the caller's requests belong to
 *
 * That is the caller's cgroup: more processes make no more flows. In the root
 * cgroup it is the caller's user.
 *
 * Return: a number that is not 0 and no other cgroup's or user's.
 */
u64 blk_lambda_cgroup_flow(void)
{
	struct cgroup_subsys_state *css;

	guard(rcu)();
	css = own_cgroup();
	/* Serial numbers count up from 1. */
	if (css)
		return css->serial_nr;
	return BIT_ULL(63) | from_kuid(&init_user_ns, current_uid());
}

static bool in_root_cgroup(void)
{
	guard(rcu)();
	return !own_cgroup();
}

/* A queue that is frozen just now may be about to get a controller. */
static bool cgroup_has_qos(struct request_queue *q)
{
	bool ret;

	if (!READ_ONCE(q->rq_qos) || blk_queue_enter(q, BLK_MQ_REQ_NOWAIT))
		return false;
	ret = rq_qos_id(q, RQ_QOS_LATENCY) || rq_qos_id(q, RQ_QOS_COST);
	blk_queue_exit(q);
	return ret;
}

/* Charging */

/**
 * struct bio_charge - a bio that stands for what a drive does by itself
 * @bio:  without data
 * @done: it may be done now
 * @ref:  of the bio and of its owner, a task that may be killed before it ends
 * @free: where the owner is gone: the disk may go with the bio, and waits for
 *        the work in which that ends
 *
 * A bio that is held back outlives an owner that is killed, and with it what
 * kept the driver: the owner's open file, the filesystem. When the disk is
 * removed the bio ends soon, but later than that, and the driver's module may be
 * gone by then. So it keeps what the block layer needs for itself and nothing
 * that takes the driver's code to be released: the disk, and the module whose
 * methods this has, as an open file would. It does not keep the descriptor.
 */
struct bio_charge {
	struct bio bio;
	struct completion done;
	refcount_t ref;
	struct work_struct free;
};

static struct gendisk *cgroup_disk_of(const struct bio_charge *c)
{
	return c->bio.bi_bdev->bd_disk;
}

static void cgroup_free_charge(struct bio_charge *c)
{
	struct gendisk *disk = cgroup_disk_of(c);
	struct module *owner = disk->fops->owner;

	bio_uninit(&c->bio);
	put_device(disk_to_dev(disk));
	module_put(owner);
	kfree(c);
}

static void cgroup_free_work(struct work_struct *work)
{
	cgroup_free_charge(container_of(work, struct bio_charge, free));
}

/**
 * blk_lambda_end_charge - &bio.bi_end_io, by which such a bio is known
 * @bio: the bio
 */
void blk_lambda_end_charge(struct bio *bio)
{
	struct bio_charge *c = container_of(bio, struct bio_charge, bio);

	complete(&c->done);
	if (!refcount_dec_and_test(&c->ref))
		return;
	INIT_WORK(&c->free, cgroup_free_work);
	schedule_work(&c->free);
}

static struct bio_charge *cgroup_alloc_charge(struct blk_lambda *bl,
					      enum req_op op, u32 bytes)
{
	struct bio_charge *c = kmalloc(sizeof(*c), GFP_KERNEL);

	if (!c)
		return NULL;
	bio_init(&c->bio, bl->disk->part0, NULL, 0, op);
	c->bio.bi_iter.bi_size = bytes;
	c->bio.bi_end_io = blk_lambda_end_charge;
	init_completion(&c->done);
	refcount_set(&c->ref, 2);
	/* Both are there: the caller has a file of the disk's open. */
	get_device(disk_to_dev(bl->disk));
	__module_get(bl->disk->fops->owner);
	return c;
}

static int cgroup_wait_for_charge(struct bio_charge *c, u64 *waited)
{
	u64 begun;
	int ret, token;

	if (try_wait_for_completion(&c->done))
		return 0;
	begun = ktime_get_ns();
	token = io_schedule_prepare();
	if (bpf_lambda_held())
		ret = wait_for_completion_killable(&c->done);
	else
		ret = wait_for_completion_interruptible(&c->done);
	io_schedule_finish(token);
	*waited += ktime_get_ns() - begun;
	return ret;
}

/* Whether io.max may hold it back. */
static bool cgroup_is_limited(const struct bio *bio)
{
#ifdef CONFIG_BLK_DEV_THROTTLING
	const struct throtl_grp *tg;
	int rw = bio_data_dir(bio);

	if (!blk_throtl_activated(bio->bi_bdev->bd_queue))
		return false;
	tg = blkg_to_tg(bio->bi_blkg);
	return tg->has_rules_iops[rw] || tg->has_rules_bps[rw];
#else
	return false;
#endif
}

/* Without a wait: -EAGAIN where there may be one. */
static int cgroup_try_to_charge(struct bio_charge *c)
{
	if (cgroup_is_limited(&c->bio)) {
		/* what its end would drop */
		refcount_dec(&c->ref);
		return -EAGAIN;
	}
	c->bio.bi_opf |= REQ_NOWAIT;
	submit_bio(&c->bio);
	if (!try_wait_for_completion(&c->done) || c->bio.bi_status)
		return -EAGAIN;
	return 0;
}

static int cgroup_charge_bytes(struct blk_lambda *bl, enum req_op op, u32 bytes,
			       bool nowait, u64 *waited)
{
	struct bio_charge *c = cgroup_alloc_charge(bl, op, bytes);
	int ret;

	if (!c)
		return -ENOMEM;
	if (nowait) {
		ret = cgroup_try_to_charge(c);
	} else {
		submit_bio(&c->bio);
		ret = cgroup_wait_for_charge(c, waited);
	}
	if (refcount_dec_and_test(&c->ref))
		cgroup_free_charge(c);
	return ret;
}

static int cgroup_charge_all(struct blk_lambda *bl,
			     struct blk_lambda_request *rq, enum req_op op,
			     u64 bytes)
{
	u64 most = (u64)queue_max_sectors(bl->disk->queue) << SECTOR_SHIFT;
	u64 len;
	int ret = 0;

	for (bytes = round_up(bytes, SECTOR_SIZE); bytes && !ret; bytes -= len) {
		len = min(bytes, most);
		ret = cgroup_charge_bytes(bl, op, len, rq->nowait,
					  &rq->ns_limited);
	}
	return ret;
}

/**
 * blk_lambda_charge - have a request pay for what it is going to read
 * @bl: descriptor of the disk
 * @rq: the request with its lengths
 *
 * Context: as for blk_lambda_disk_admit().
 * Return: 0; LAMBDA_REASON_CGROUP when the drive is not for this cgroup;
 * -ERESTARTSYS on a signal, and what was paid is paid; -ENOMEM; -EAGAIN of one
 * that does not wait.
 */
int blk_lambda_charge(struct blk_lambda *bl, struct blk_lambda_request *rq)
{
	if (cgroup_has_qos(bl->disk->queue) && !in_root_cgroup())
		return LAMBDA_REASON_CGROUP;
	return rq->write ? 0 :
			   cgroup_charge_all(bl, rq, REQ_OP_READ, rq->in_len);
}

/**
 * blk_lambda_charge_written - have a request pay for what it has written
 * @bl: descriptor of the disk
 * @rq: the request, which was finished; nothing happens for a read
 *
 * Context: as for blk_lambda_disk_admit(). A task that gets a signal does not
 * wait, and what it owes holds back what comes next.
 */
void blk_lambda_charge_written(struct blk_lambda *bl,
			       struct blk_lambda_request *rq)
{
	if (!rq->write || !rq->result.bytes_media)
		return;
	task_io_account_write(rq->result.bytes_media);
	cgroup_charge_all(bl, rq, REQ_OP_WRITE, rq->result.bytes_media);
}
