// SPDX-License-Identifier: GPL-2.0-only
/*
 * Disks that run λs: which they are, and how long one may be used.
 *
 * The descriptor of such a disk outlives the disk while a request uses it. To
 * remove a disk is not to wait for its requests: they end by the driver's
 * hand, and the last user gone releases the descriptor.
 */
#include <linux/blk-lambda.h>
#include <linux/blkdev.h>
#include <linux/bpf_lambda.h>
#include <linux/capability.h>
#include <linux/cleanup.h>
#include <linux/cred.h>
#include <linux/jiffies.h>
#include <linux/lambda.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>

#include "disk.h"
#include "queue.h"
#include "sched.h"

/* All registered descriptors, for what concerns every disk. */
static LIST_HEAD(disks);
static DEFINE_MUTEX(disks_lock);

/**
 * blk_lambda_disk_register - make known that a disk runs λs
 * @disk:    the disk, which was added
 * @ops:     the driver's methods
 * @limits:  what the drive can do; copied
 * @queue:   the drive's, which its other disks are registered with as well; it
 *           stays until @ops->release() is called
 * @private: for the methods, until @ops->release() is called
 *
 * Return: 0, or -ENOMEM; then @ops->release() is not called.
 */
int blk_lambda_disk_register(struct gendisk *disk,
			     const struct blk_lambda_ops *ops,
			     const struct blk_lambda_limits *limits,
			     struct blk_lambda_queue *queue, void *private)
{
	struct blk_lambda *bl = kzalloc(sizeof(*bl), GFP_KERNEL);

	if (!bl)
		return -ENOMEM;
	bl->sched = blk_lambda_sched_alloc(limits);
	if (!bl->sched) {
		kfree(bl);
		return -ENOMEM;
	}
	refcount_set(&bl->ref, 1);
	bl->disk = disk;
	bl->ops = ops;
	bl->queue = queue;
	bl->private = private;
	bl->limits = *limits;
	scoped_guard(mutex, &disks_lock)
		list_add_tail(&bl->list, &disks);
	rcu_assign_pointer(disk->lambda, bl);
	blk_lambda_sysfs_add(bl);
	blk_lambda_debugfs_add(bl);
	return 0;
}
EXPORT_SYMBOL_GPL(blk_lambda_disk_register);

/**
 * blk_lambda_disk_unregister - a disk runs no more λs
 * @disk: the disk, not deleted yet; nothing happens when it never did
 *
 * Requests that have begun go on; none begins after this.
 */
void blk_lambda_disk_unregister(struct gendisk *disk)
{
	struct blk_lambda *bl;

	bl = rcu_replace_pointer(disk->lambda, NULL, true);
	if (!bl)
		return;
	scoped_guard(mutex, &disks_lock)
		list_del(&bl->list);
	blk_lambda_debugfs_del(bl);
	blk_lambda_sysfs_del(bl);
	synchronize_rcu();
	blk_lambda_put(bl);
}
EXPORT_SYMBOL_GPL(blk_lambda_disk_unregister);

/**
 * blk_lambda_get_disk - look up what a disk itself can do for λs
 * @disk: a disk that is there
 *
 * Return: the descriptor with a reference, or NULL: an ordinary disk.
 */
struct blk_lambda *blk_lambda_get_disk(struct gendisk *disk)
{
	struct blk_lambda *bl;

	guard(rcu)();
	bl = rcu_dereference(disk->lambda);
	if (bl && !refcount_inc_not_zero(&bl->ref))
		bl = NULL;
	return bl;
}

/**
 * blk_lambda_put - give a reference back
 * @bl: the descriptor
 */
void blk_lambda_put(struct blk_lambda *bl)
{
	if (!refcount_dec_and_test(&bl->ref))
		return;
	bl->ops->release(bl->private);
	blk_lambda_sched_free(bl->sched);
	kfree(bl);
}

/**
 * blk_lambda_disk_fits - whether a drive takes requests of a size at all
 * @bl: descriptor of its disk
 * @rq: a request with its lengths
 *
 * To be asked before buffers are made; the rest the drive answers itself.
 *
 * Return: whether it does.
 */
bool blk_lambda_disk_fits(const struct blk_lambda *bl,
			  const struct blk_lambda_request *rq)
{
	const struct blk_lambda_limits *l = &bl->limits;

	return rq->in_len <= l->in_max && rq->out_cap <= l->out_max &&
	       rq->args_len <= l->args_max;
}

/* Whether the program would end in the drive as it does elsewhere. */
static bool blk_disk_keeps_contract(const struct blk_lambda *bl,
				    const struct bpf_lambda_image *image)
{
	return !(image->prog->aux->lambda->contract & ~bl->limits.contract);
}

/* The user a place is counted for; NULL: one that may take all places. */
static const void *blk_disk_user_of_place(void)
{
	if (ns_capable_noaudit(&init_user_ns, CAP_SYS_RESOURCE))
		return NULL;
	return bpf_lambda_charge_owner(current_ucounts());
}

/**
 * blk_lambda_disk_admit - whether a drive may have a request, and when
 * @bl: descriptor of its disk
 * @rq: the request, but for its extents; it fits
 *
 * Waits without an end while the limits on the I/O of the caller's cgroup want
 * it.
 *
 * Context: the caller's, process context without locks and without a place in
 * the drive; sleeps interruptibly, or killably while bpf_lambda_held().
 * Return: 0; an enum lambda_reason where the drive cannot have it; -ERESTARTSYS
 * on a signal; -ENOMEM.
 */
int blk_lambda_disk_admit(struct blk_lambda *bl, struct blk_lambda_request *rq)
{
	if (!blk_disk_keeps_contract(bl, rq->image))
		return LAMBDA_REASON_CONTRACT;
	return blk_lambda_charge(bl, rq);
}

/**
 * blk_lambda_disk_prepare - get a drive ready for a request
 * @bl: descriptor of its disk
 * @rq: the request, admitted, but for its extents
 *
 * Waits for its turn where the drive has its hands full.
 *
 * Context: process context without locks; sleeps as blk_lambda_queue_enter().
 * Return: 0, and blk_lambda_disk_finish() is owed; an enum lambda_reason where
 * the drive cannot have it; else as &blk_lambda_ops.prepare says.
 */
int blk_lambda_disk_prepare(struct blk_lambda *bl,
			    struct blk_lambda_request *rq)
{
	int ret;

	if (!blk_lambda_disk_fits(bl, rq))
		return LAMBDA_REASON_TOO_LARGE;
	rq->place.user = blk_disk_user_of_place();
	ret = blk_lambda_queue_enter(bl->queue, &rq->place,
				     blk_lambda_cgroup_flow(), rq->in_len);
	if (ret)
		return ret;
	ret = bl->ops->prepare(bl->private, rq);
	if (ret)
		blk_lambda_queue_leave(bl->queue, &rq->place);
	return ret;
}

static bool blk_disk_counts(const struct block_device *bdev)
{
	return blk_queue_io_stat(bdev->bd_disk->queue);
}

static enum req_op blk_disk_op_of(const struct blk_lambda_request *rq)
{
	return rq->write ? REQ_OP_WRITE : REQ_OP_READ;
}

static void blk_disk_account_begin(const struct blk_lambda *bl,
				   struct blk_lambda_request *rq)
{
	struct block_device *own = bl->disk->part0;

	rq->begun = jiffies;
	if (blk_disk_counts(rq->bdev))
		bdev_start_io_acct(rq->bdev, blk_disk_op_of(rq), rq->begun);
	if (rq->bdev->bd_disk != bl->disk && blk_disk_counts(own))
		bdev_start_io_acct(own, blk_disk_op_of(rq), rq->begun);
}

static void blk_disk_account_end(const struct blk_lambda *bl,
				 const struct blk_lambda_request *rq)
{
	unsigned int sectors = rq->result.bytes_media >> SECTOR_SHIFT;
	struct block_device *own = bl->disk->part0;

	if (rq->bdev->bd_disk != bl->disk && blk_disk_counts(own))
		bdev_end_io_acct(own, blk_disk_op_of(rq), sectors, rq->begun);
	if (blk_disk_counts(rq->bdev))
		bdev_end_io_acct(rq->bdev, blk_disk_op_of(rq), sectors,
				 rq->begun);
}

/**
 * blk_lambda_execute_disk - run a request whose extents are on the drive's disk
 * @bl: descriptor of the disk
 * @rq: the request
 *
 * It is in /proc/diskstats, of the disk and of the one above that the file lies
 * on, and the root cgroup's account gets it.
 *
 * Context and return: as blk_lambda_stack_execute().
 */
int blk_lambda_execute_disk(struct blk_lambda *bl,
			    struct blk_lambda_request *rq)
{
	int ret, token;

	blk_disk_account_begin(bl, rq);
	token = io_schedule_prepare();
	ret = bl->ops->execute(bl->private, rq);
	io_schedule_finish(token);
	blk_disk_account_end(bl, rq);
	blk_lambda_queue_leave(bl->queue, &rq->place);
	return ret;
}

/* Reads for which no task waits */

/**
 * blk_lambda_disk_submits - whether a drive runs reads for which no task waits
 * @bl:   descriptor of its disk
 * @bdev: the device that the extents are on
 *
 * What holds a disk that is made of others is a task.
 *
 * Return: whether it does.
 */
bool blk_lambda_disk_submits(const struct blk_lambda *bl,
			     const struct block_device *bdev)
{
	return bl->ops->submit && bdev->bd_disk == bl->disk;
}

/**
 * blk_lambda_disk_enter - take a drive's place, or wait without a task
 * @bl:   descriptor of its disk
 * @rq:   the read, admitted
 * @work: queued on blk_lambda_workers, if this is false, when there is a place,
 *        or none was to be had in time
 *
 * Context: the caller's, whose user and cgroup the place is counted for.
 * Return: true where there is one, and blk_lambda_disk_finish() is owed; false,
 * and blk_lambda_disk_entered() is to be called by @work, which may be brought
 * forward.
 */
bool blk_lambda_disk_enter(struct blk_lambda *bl, struct blk_lambda_request *rq,
			   struct delayed_work *work)
{
	rq->place.user = blk_disk_user_of_place();
	rq->place.work = work;
	return blk_lambda_queue_enter_or_wait(bl->queue, &rq->place,
					      blk_lambda_cgroup_flow(),
					      rq->in_len);
}

/**
 * blk_lambda_disk_entered - see whether a read that waited has a place
 * @bl: descriptor of the disk
 * @rq: the read
 *
 * Return: 0, and blk_lambda_disk_finish() is owed; LAMBDA_REASON_BUSY, and it
 * waits no longer.
 */
int blk_lambda_disk_entered(struct blk_lambda *bl,
			    struct blk_lambda_request *rq)
{
	return blk_lambda_queue_entered(bl->queue, &rq->place);
}

/**
 * blk_lambda_disk_reserve - get a drive ready for a read that has a place
 * @bl: descriptor of the disk
 * @rq: the read
 *
 * Context: process context; sleeps unless the read is not to wait.
 * Return: 0; -EAGAIN, and it is to be called again where it may wait; else as
 * &blk_lambda_ops.prepare says, and the place is given back.
 */
int blk_lambda_disk_reserve(struct blk_lambda *bl,
			    struct blk_lambda_request *rq)
{
	int ret = bl->ops->prepare(bl->private, rq);

	if (ret && !(rq->nowait && ret == -EAGAIN))
		blk_lambda_queue_leave(bl->queue, &rq->place);
	return ret;
}

/**
 * blk_lambda_disk_submit - have a read begin
 * @bl: descriptor of the disk
 * @rq: the read, reserved, with its extents
 *
 * Its @ended is called when it is over, perhaps before this returns, and has to
 * call blk_lambda_disk_submitted().
 */
void blk_lambda_disk_submit(struct blk_lambda *bl,
			    struct blk_lambda_request *rq)
{
	blk_disk_account_begin(bl, rq);
	bl->ops->submit(bl->private, rq);
}

/**
 * blk_lambda_disk_submitted - give a place back when a read has ended
 * @bl: descriptor of the disk
 * @rq: the read
 */
void blk_lambda_disk_submitted(struct blk_lambda *bl,
			       struct blk_lambda_request *rq)
{
	blk_disk_account_end(bl, rq);
	blk_lambda_queue_leave(bl->queue, &rq->place);
}

/**
 * blk_lambda_disk_cancel - have a read end soon
 * @bl: descriptor of the disk
 * @rq: the read, reserved; its @ended has not returned
 */
void blk_lambda_disk_cancel(struct blk_lambda *bl,
			    struct blk_lambda_request *rq)
{
	bl->ops->cancel(bl->private, rq);
}

/**
 * blk_lambda_disk_finish - be done with a request that was prepared
 * @bl: descriptor of the disk
 * @rq: the request, executed or not
 */
void blk_lambda_disk_finish(struct blk_lambda *bl,
			    struct blk_lambda_request *rq)
{
	bl->ops->finish(bl->private, rq);
	blk_lambda_queue_leave(bl->queue, &rq->place);
}

/**
 * blk_lambda_forget - tell all drives that an image is gone
 * @image_id: its id, which no other image will have
 *
 * Context: process context; does not wait for any drive.
 */
void blk_lambda_forget(u64 image_id)
{
	struct blk_lambda *bl;

	guard(mutex)(&disks_lock);
	list_for_each_entry(bl, &disks, list) {
		blk_lambda_profile_forget(bl->sched, image_id);
		bl->ops->forget(bl->private, image_id);
	}
}
