/* SPDX-License-Identifier: GPL-2.0-only */
/* When a side is tried that is not expected to be the better one. */
#ifndef BLK_LAMBDA_TRIAL_H
#define BLK_LAMBDA_TRIAL_H

#include <linux/lambda.h>
#include <linux/types.h>

/* Of the time that requests take, one part in this many may go to probing. */
#define BLK_LAMBDA_PROBE_SHARE	50

/**
 * struct blk_lambda_probe - where in its period a λ on a disk is
 * @seen:   requests of the period
 * @used:   those of them that were probes
 * @trial_left: requests of @task that a probe of the host has still to go
 * @task:   task whose requests it is made of
 * @since:  @seen when it made the last one
 * @known:  both sides have been measured and the first probes are paid for
 * @budget: what probing may cost still, in BLK_LAMBDA_ONEths of the time that
 *          a request takes; may be negative
 */
struct blk_lambda_probe {
	u32 seen;
	u32 used;
	u32 trial_left;
	u32 task;
	u32 since;
	bool known;
	s64 budget;
};

/**
 * struct blk_lambda_arms - what a probe is decided by
 * @cost:  ns that a request costs, by side
 * @count: requests that this was learnt from, by side; 0 makes it a guess
 * @busy:  requests under way, by side
 * @task:   number of the task
 * @streak: as in struct blk_lambda_features
 * @follows: likewise
 *
 * Indexed by enum lambda_side less one.
 */
struct blk_lambda_arms {
	u64 cost[2];
	u32 count[2];
	u32 busy[2];
	u32 task;
	s32 streak;
	bool follows;
};

bool blk_lambda_trial_probe(struct blk_lambda_probe *p, u32 period, u32 most,
			    const struct blk_lambda_arms *arms,
			    enum lambda_side *side);

#endif /* BLK_LAMBDA_TRIAL_H */
