/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Disks that run λs: what the drivers of such disks, the block layer and
 * fs/lambda share.
 *
 * A driver registers its disk with what the drive can do and the methods that
 * have it done. fs/lambda looks a file's disk up, and per request prepares,
 * executes and finishes:
 *
 *	bl = blk_lambda_get(bdev);
 *	ret = blk_lambda_prepare(bl, &rq);	no locks held: may allocate
 *	... lock the inode, fill in rq.extents ...
 *	ret = blk_lambda_execute(bl, &rq);	allocates nothing that needs FS
 *	... unlock ...
 *	blk_lambda_finish(bl, &rq);
 *	blk_lambda_put(bl);
 */
#ifndef _LINUX_BLK_LAMBDA_H
#define _LINUX_BLK_LAMBDA_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/types.h>

struct block_device;
struct bpf_lambda_image;
struct gendisk;

/* Address of an extent that reads as zeros. */
#define BLK_LAMBDA_HOLE		U64_MAX

/**
 * struct blk_lambda_extent - a range of bytes of a disk
 * @addr: first byte, counted from the start of the whole disk, or
 *        BLK_LAMBDA_HOLE
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
 * @depth:       requests that it works on at a time, at least 1
 * @media_bps:   bytes per second that its media delivers
 * @link_bps:    bytes per second that its link to the host carries
 * @core_ips:    BPF instructions per second of one of its cores
 * @cores:       how many it has
 */
struct blk_lambda_limits {
	u64 in_max;
	u64 out_max;
	u32 args_max;
	u32 extents_max;
	u32 depth;
	u64 media_bps;
	u64 link_bps;
	u64 core_ips;
	u32 cores;
};

/**
 * struct blk_lambda_request - one λ run in a drive
 * @image:    program and globals
 * @budget:   backward jumps it may take; unused with @default_budget
 * @default_budget: the budget follows the length of the input
 * @write:    the input is @in and the output goes to @extents; else the input
 *            comes from @extents and the output goes to @output
 * @offset:   file offset of the input; 0 with @write
 * @in_len:   bytes of input, at least 1; of a read it may be lowered between
 *            prepare and execute
 * @out_cap:  bytes the output may have
 * @args:     arguments, in kernel memory
 * @args_len: bytes of them
 * @in:       @write: the input, in kernel memory
 * @extents:  set before execute; @nr_extents of them, within the disk, apart
 *            from each other; of a read they add up to @in_len
 * @nr_extents: how many
 * @driver:   for the driver, between prepare and finish
 * @status:   result: enum lambda_status
 * @retval:   result: what the program returned (OK, ERROR and BAD_LENGTH)
 * @fault_addr: result: lowest forbidden byte (FAULT)
 * @fault_write: result: it was a write (FAULT)
 * @out_len:  result: bytes of output (OK)
 * @output:   result: else than @write, these bytes, in kernel memory of the
 *            driver's, until finish; a large @out_cap costs nothing as long as
 *            the output is small
 * @insns:    result: BPF instructions executed
 * @ns_media: result: ns of the drive's time spent on its media
 * @ns_link:  result: ns spent on the link
 * @ns_compute: result: ns spent on a core
 * @bytes_media: result: bytes read from or written to the media
 * @bytes_link: result: bytes that crossed the link
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
	void *driver;

	u32 status;
	s32 retval;
	s64 fault_addr;
	bool fault_write;
	u32 out_len;
	const void *output;
	u64 insns;
	u64 ns_media;
	u64 ns_link;
	u64 ns_compute;
	u64 bytes_media;
	u64 bytes_link;
};

/**
 * struct blk_lambda_ops - methods of a driver
 *
 * Each is called with a reference to the disk's descriptor; the disk may be
 * gone by then, which is an answer like any other. A positive return value is
 * an enum lambda_reason: the drive did not run the λ and nothing has changed,
 * so that the host can run it. A negative one is an errno that ends the
 * request.
 */
struct blk_lambda_ops {
	/**
	 * @prepare: Brings program and, of a write, input to the drive and
	 * reserves what execute needs. Called without locks; sleeps killably.
	 */
	int (*prepare)(void *private, struct blk_lambda_request *rq);
	/**
	 * @execute: Runs the λ and fills in the result. Called under inode
	 * locks: no allocation may enter a filesystem. Nothing of @rq is
	 * touched by the drive after it has returned.
	 *
	 * Return: 0 when the λ ran to an end, good or bad; a reason; -EINTR on
	 * a fatal signal; -ENOMEM; -EIO when the extents of a write may have
	 * changed, nobody knows how.
	 */
	int (*execute)(void *private, struct blk_lambda_request *rq);
	/** @finish: Gives back what @prepare took; it returned 0. */
	void (*finish)(void *private, struct blk_lambda_request *rq);
	/**
	 * @forget: No request will use this image any more. Does not wait
	 * for the drive.
	 */
	void (*forget)(void *private, u64 image_id);
	/** @release: The last reference is gone. */
	void (*release)(void *private);
};

/**
 * struct blk_lambda - descriptor of a disk that runs λs
 * @ref:     one for the disk while it is registered, one per user
 * @ops:     the driver's methods
 * @private: handed to them
 * @limits:  what the drive can do
 * @list:    among all such disks; under a lock of blk-lambda.c
 */
struct blk_lambda {
	refcount_t ref;
	const struct blk_lambda_ops *ops;
	void *private;
	struct blk_lambda_limits limits;
	struct list_head list;
};

int blk_lambda_register(struct gendisk *disk, const struct blk_lambda_ops *ops,
			const struct blk_lambda_limits *limits, void *private);
void blk_lambda_unregister(struct gendisk *disk);
struct blk_lambda *blk_lambda_get(struct block_device *bdev);
void blk_lambda_put(struct blk_lambda *bl);
int blk_lambda_prepare(struct blk_lambda *bl, struct blk_lambda_request *rq);
int blk_lambda_execute(struct blk_lambda *bl, struct blk_lambda_request *rq);
void blk_lambda_finish(struct blk_lambda *bl, struct blk_lambda_request *rq);
void blk_lambda_forget(u64 image_id);

#endif /* _LINUX_BLK_LAMBDA_H */
