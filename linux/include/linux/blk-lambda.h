/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Disks that run λs: what their drivers, the block layer and fs/lambda share.
 *
 * A driver registers its disk with what the drive can do, the methods that have
 * it done, and the drive's queue. fs/lambda looks a file's disk up, and:
 *
 *	bl = blk_lambda_stack_get(bdev, &layout);
 *	ret = blk_lambda_disk_admit(bl, &rq);	may wait long: holds nothing
 *	ret = blk_lambda_disk_prepare(bl, &rq);	no locks held: may allocate
 *	... lock the inode, fill in rq.extents ...
 *	ret = blk_lambda_stack_execute(bl, &rq);	allocates without FS
 *	... unlock; only now touch memory of a user's ...
 *	blk_lambda_disk_finish(bl, &rq);
 *	blk_lambda_charge_written(bl, &rq);
 *	blk_lambda_put(bl);
 *
 * A read for which no task waits: _enter, whose work goes on, _entered,
 * _reserve, _submit, after which rq.ended() goes on, _submitted.
 */
#ifndef _LINUX_BLK_LAMBDA_H
#define _LINUX_BLK_LAMBDA_H

#include <linux/atomic.h>
#include <linux/bpf_lambda.h>
#include <linux/completion.h>
#include <linux/lambda.h>
#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/types.h>

struct blk_lambda_dir;
struct blk_lambda_queue;
struct blk_lambda_sched;
struct block_device;
struct delayed_work;
struct gendisk;
struct mem_cgroup;
struct task_struct;
struct workqueue_struct;

/* Address of an extent that reads as zeros. */
#define BLK_LAMBDA_HOLE		U64_MAX

/**
 * struct blk_lambda_extent - a range of bytes of a disk
 * @addr: first byte, counted from the whole disk's, or BLK_LAMBDA_HOLE
 * @len:  bytes, at least 1
 */
struct blk_lambda_extent {
	u64 addr;
	u64 len;
};

/**
 * struct blk_lambda_limits - what a drive can do, and how fast
 * @in_max:      bytes of input of a request
 * @out_max:     bytes of output
 * @args_max:    bytes of arguments
 * @extents_max: extents
 * @spans_max:   &struct blk_lambda_span, 0 or at least 2
 * @depth:       requests that it works on at a time, at least 1
 * @media_bps:   bytes per second that its media delivers
 * @media_write_bps: bytes per second that it takes; 0: as many
 * @link_bps:    bytes per second that its link to the host carries
 * @core_ips:    BPF instructions per second of one of its cores
 * @cores:       how many it has
 * @contract:    enum sbpf_contract, the parts that it keeps
 */
struct blk_lambda_limits {
	u64 in_max;
	u64 out_max;
	u32 args_max;
	u32 extents_max;
	u32 spans_max;
	u32 depth;
	u64 media_bps;
	u64 media_write_bps;
	u64 link_bps;
	u64 core_ips;
	u32 cores;
	u32 contract;
};

/**
 * struct blk_lambda_span - a part of a read that its λ runs over by itself
 * @at:      its first byte, counted from the first of the request's extents
 * @len:     bytes of it
 * @copy:    as &blk_lambda_request.copy, in place of that
 * @out_len: result: bytes of output
 */
struct blk_lambda_span {
	u64 at;
	u64 len;
	u32 copy;
	u32 out_len;
};

/**
 * struct blk_lambda_place - one of the places that a drive has for requests
 * @list:  among those that are taken or waited for; empty without a place
 * @user:  the owner, only to be compared; NULL: one that may take all places
 * @start: its turn
 * @done:  the task that waited for it has got it
 * @work:  where no task waits: is queued on blk_lambda_workers when it is there,
 *         or was waited for in vain; else NULL
 */
struct blk_lambda_place {
	struct list_head list;
	const void *user;
	u64 start;
	struct completion done;
	struct delayed_work *work;
};

/**
 * struct blk_lambda_request - one λ run in a drive
 * @image:    program and globals
 * @budget:   backward jumps it may take; unused with @default_budget
 * @default_budget: the budget follows the length of the input
 * @write:    from @in to @extents; else from @extents to @output
 * @offset:   file offset of the input; 0 with @write
 * @in_len:   bytes of input, at least 1; of a read without @spans it may be
 *            lowered between prepare and execute
 * @out_cap:  bytes the output may have
 * @args:     arguments, in kernel memory
 * @args_len: bytes of them
 * @in:       @write: the input, in kernel memory
 * @extents:  set before execute: within the disk, apart from each other; of a
 *            read without @spans they add up to @in_len
 * @nr_extents: how many
 * @spans:    of a read from a disk that is made of others: the parts that are
 *            input, in order, each as a request of its own; the output is that
 *            of all. To the driver @extents are theirs, and each begins with one
 * @nr_spans: how many, at least 2; 0: all is input, as one
 * @bdev:     the device that they are on, a partition perhaps, which is open
 * @copy:     which copy of them to read, where there are several
 * @task:     the task whose signals count; it lives until execute has returned,
 *            which another task may have called
 * @payer:    user and address space that pay for memory of the request
 * @sent:     completed once a read's drive knows all and is at work, or earlier
 *            not at all; may be NULL
 * @ended:    of a read for which no task waits: called when it has ended, in
 *            process context, with what &blk_lambda_ops.execute would have
 *            returned; else NULL
 * @nowait:   of the same: prepare and admission return -EAGAIN where they would
 *            wait
 * @memcg:    of the same: pays for memory that is allocated on the way
 * @begun:    of the block layer, in jiffies, from submit on
 * @driver:   for the driver, between prepare and finish
 * @place:    of the block layer, between prepare and the end of execute
 * @result:   what came of it, but for its reason; all 0 before execute
 * @output:   result: else than @write, its out_len bytes of output, in kernel
 *            memory of the driver's, until finish; a large @out_cap costs
 *            nothing as long as the output is small
 * @ns_drive:  result: ns that passed while it had commands of the request,
 *             until their ends were known; 0: the driver does not measure it
 * @ns_limited: result: ns that the limits of its cgroup have held it back
 *
 * The other buffers belong to the caller, and none of them is user memory.
 */
struct blk_lambda_request {
	const struct bpf_lambda_image *image;
	u64 budget;
	bool default_budget;
	bool write;
	u64 offset;
	u32 in_len;
	u32 out_cap;
	const void *args;
	u32 args_len;
	const void *in;
	const struct blk_lambda_extent *extents;
	u32 nr_extents;
	struct blk_lambda_span *spans;
	u32 nr_spans;
	struct block_device *bdev;
	u32 copy;
	struct task_struct *task;
	struct bpf_lambda_payer payer;
	struct completion *sent;
	void (*ended)(struct blk_lambda_request *rq, int ret);
	bool nowait;
	struct mem_cgroup *memcg;
	unsigned long begun;
	void *driver;
	struct blk_lambda_place place;

	struct lambda_result result;
	const void *output;
	u64 ns_drive;
	u64 ns_limited;
};

/**
 * struct blk_lambda_ops - methods of a driver
 *
 * Each is called with a reference to the disk's descriptor, though the disk may
 * be gone. Positive return values are of enum lambda_reason: the drive did not
 * run the λ, nothing has changed, and the host can run it. A negative one is an
 * errno that ends the request.
 */
struct blk_lambda_ops {
	/**
	 * @prepare: Brings program and, of a write, input to the drive and
	 * reserves what execute needs. Called without locks. A signal that
	 * bpf_lambda_interrupted() tells of ends it with -ERESTARTSYS.
	 */
	int (*prepare)(void *private, struct blk_lambda_request *rq);
	/**
	 * @execute: Runs the λ and fills in the result. Called under inode
	 * locks: no allocation may enter a filesystem. Nothing of @rq is
	 * touched by the drive after it has returned.
	 *
	 * Return: 0: the λ ran to an end, good or bad; a reason; -ENOMEM; on a
	 * signal -ERESTARTSYS, and nothing has changed; -EIO: the extents of a
	 * write may have changed.
	 */
	int (*execute)(void *private, struct blk_lambda_request *rq);
	/**
	 * @submit: Has a read done as @execute does, but does not wait for it:
	 * @rq->ended() is called when it has ended, perhaps before this
	 * returns. A driver without it has all of its requests executed.
	 */
	void (*submit)(void *private, struct blk_lambda_request *rq);
	/**
	 * @cancel: Has a request that was or is going to be submitted end soon,
	 * with -ERESTARTSYS or as it would have. Called while its @ended has
	 * not returned.
	 */
	void (*cancel)(void *private, struct blk_lambda_request *rq);
	/** @finish: Gives back what @prepare took; it returned 0. */
	void (*finish)(void *private, struct blk_lambda_request *rq);
	/** @forget: No request uses this image any more. Does not wait. */
	void (*forget)(void *private, u64 image_id);
	/** @release: The last reference is gone. */
	void (*release)(void *private);
};

/**
 * struct blk_lambda_layout - over how much a disk spreads what it has
 * @drives: how many, 1 where all that is near lies on one
 * @chunk:  else, bytes from one to the next
 */
struct blk_lambda_layout {
	u32 drives;
	u64 chunk;
};

/**
 * struct blk_lambda_run - bytes of a range that one drive has
 * @bl:   its descriptor, with a reference
 * @copy: &blk_lambda_request.copy, by which they are found there
 * @len:  how many
 */
struct blk_lambda_run {
	struct blk_lambda *bl;
	u32 copy;
	u64 len;
};

/**
 * struct blk_lambda - descriptor of a disk that runs λs
 * @ref:     one for the disk while it is registered, one per user
 * @disk:    the disk, which is there, if only to be let go, until the last
 *           reference is
 * @ops:     the driver's methods
 * @private: handed to them
 * @limits:  what the drive can do
 * @queue:   requests of all its disks that want to go to the drive
 * @sched:   by what its requests are sent to one side or the other
 * @dir:     its directory in sysfs, or NULL
 * @list:    among all such disks; under a lock of block/lambda/disk.c
 */
struct blk_lambda {
	refcount_t ref;
	struct gendisk *disk;
	const struct blk_lambda_ops *ops;
	void *private;
	struct blk_lambda_limits limits;
	struct blk_lambda_queue *queue;
	struct blk_lambda_sched *sched;
	struct blk_lambda_dir *dir;
	struct list_head list;
};

/* For what goes on when a drive has a place, or ended something. */
extern struct workqueue_struct *blk_lambda_workers;

struct blk_lambda_queue *blk_lambda_queue_alloc(u32 depth);
void blk_lambda_queue_free(struct blk_lambda_queue *q);
void blk_lambda_queue_resize(struct blk_lambda_queue *q, u32 depth);
int blk_lambda_disk_register(struct gendisk *disk,
			     const struct blk_lambda_ops *ops,
			     const struct blk_lambda_limits *limits,
			     struct blk_lambda_queue *queue, void *private);
void blk_lambda_disk_unregister(struct gendisk *disk);
struct blk_lambda *blk_lambda_stack_get(struct block_device *bdev,
					struct blk_lambda_layout *layout);
int blk_lambda_stack_locate(struct block_device *bdev,
			    const struct blk_lambda_extent *extents, u32 nr,
			    u32 copy, u64 copy_span,
			    struct blk_lambda_run *runs, u32 *nr_runs);
bool blk_lambda_disk_fits(const struct blk_lambda *bl,
			  const struct blk_lambda_request *rq);
int blk_lambda_disk_admit(struct blk_lambda *bl, struct blk_lambda_request *rq);
void blk_lambda_charge_written(struct blk_lambda *bl,
			       struct blk_lambda_request *rq);
int blk_lambda_disk_prepare(struct blk_lambda *bl,
			    struct blk_lambda_request *rq);
int blk_lambda_stack_execute(struct blk_lambda *bl,
			     struct blk_lambda_request *rq);
bool blk_lambda_disk_submits(const struct blk_lambda *bl,
			     const struct block_device *bdev);
bool blk_lambda_disk_enter(struct blk_lambda *bl, struct blk_lambda_request *rq,
			   struct delayed_work *work);
int blk_lambda_disk_entered(struct blk_lambda *bl,
			    struct blk_lambda_request *rq);
int blk_lambda_disk_reserve(struct blk_lambda *bl,
			    struct blk_lambda_request *rq);
void blk_lambda_disk_submit(struct blk_lambda *bl,
			    struct blk_lambda_request *rq);
void blk_lambda_disk_submitted(struct blk_lambda *bl,
			       struct blk_lambda_request *rq);
void blk_lambda_disk_cancel(struct blk_lambda *bl,
			    struct blk_lambda_request *rq);
void blk_lambda_disk_finish(struct blk_lambda *bl,
			    struct blk_lambda_request *rq);

#ifdef CONFIG_LAMBDA_DRIVE
void blk_lambda_put(struct blk_lambda *bl);
void blk_lambda_forget(u64 image_id);
#else
static inline void blk_lambda_put(struct blk_lambda *bl)
{
}

static inline void blk_lambda_forget(u64 image_id)
{
}
#endif

#endif /* _LINUX_BLK_LAMBDA_H */
