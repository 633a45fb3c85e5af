/* SPDX-License-Identifier: GPL-2.0-only */
/* The queue in front of a drive, which its disks share. */
#ifndef BLK_LAMBDA_QUEUE_H
#define BLK_LAMBDA_QUEUE_H

#include <linux/blk-lambda.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#define BLK_LAMBDA_FLOWS	32	/* of those told apart in a queue */

/**
 * struct blk_lambda_flow - a cgroup or user whose requests wait for a drive
 * @id:     blk_lambda_cgroup_flow(); 0: unused
 * @finish: when its last request will be through, in bytes of all
 */
struct blk_lambda_flow {
	u64 id;
	u64 finish;
};

/**
 * struct blk_lambda_queue - requests that want to go to a drive
 * @lock:    guards the rest
 * @depth:   requests that may be there at a time
 * @timeout: jiffies that a request waits for a place at most
 * @taken:   that are there
 * @now:     bytes of each process's that were let through, in a fair world
 * @places:  them
 * @waiters: places that are waited for, by arrival
 * @flows:   what they have had lately
 */
struct blk_lambda_queue {
	spinlock_t lock;	/* of all below */
	u32 depth;
	long timeout;
	u32 taken;
	u64 now;
	struct list_head places;
	struct list_head waiters;
	struct blk_lambda_flow flows[BLK_LAMBDA_FLOWS];
};

void blk_lambda_queue_init(struct blk_lambda_queue *q, u32 depth);
int blk_lambda_queue_enter(struct blk_lambda_queue *q,
			   struct blk_lambda_place *p, u64 flow, u64 bytes);
bool blk_lambda_queue_enter_or_wait(struct blk_lambda_queue *q,
				    struct blk_lambda_place *p, u64 flow,
				    u64 bytes);
int blk_lambda_queue_entered(struct blk_lambda_queue *q,
			     struct blk_lambda_place *p);
void blk_lambda_queue_leave(struct blk_lambda_queue *q,
			    struct blk_lambda_place *p);

#endif /* BLK_LAMBDA_QUEUE_H */
