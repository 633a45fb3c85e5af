/* SPDX-License-Identifier: GPL-2.0-only */
/* When a request runs on both sides, and where it is divided. */
#ifndef BLK_LAMBDA_SPLIT_H
#define BLK_LAMBDA_SPLIT_H

#include <linux/types.h>

#include "cost.h"

/*
 * Bytes that a part has at least. From here on default budgets follow the
 * length of the input, so that the parts' are together what the whole has.
 */
#define BLK_LAMBDA_PART_MIN	(256 * 1024)

/* Of the time of the better side, one part in this many is to be gained. */
#define BLK_LAMBDA_SPLIT_GAIN	10

/**
 * struct blk_lambda_split - how requests that were divided have fared
 * @bias:  what they took lately, for BLK_LAMBDA_ONE that was expected, less
 *         BLK_LAMBDA_ONE
 * @seen:  requests that might have been divided since that was lowered
 */
struct blk_lambda_split {
	s32 bias;
	u32 seen;
};

/**
 * struct blk_lambda_plan - a request in two parts
 * @host: bytes from its beginning that are the host's; 0: not to be divided
 * @ns:   what it is expected to take
 * @load: what both parts keep busy
 */
struct blk_lambda_plan {
	u64 host;
	u64 ns;
	struct blk_lambda_load load;
};

void blk_lambda_split_plan(const struct blk_lambda_cost *c,
			   const struct blk_lambda_drive *d,
			   const struct blk_lambda_features *w,
			   const struct blk_lambda_estimate *host,
			   const struct blk_lambda_estimate *device,
			   u32 record, struct blk_lambda_plan *plan);
bool blk_lambda_split_pays(struct blk_lambda_split *s, u32 period,
			   struct blk_lambda_plan *plan, u64 better);
void blk_lambda_split_learn(struct blk_lambda_split *s, u64 expected, u64 ns);

#endif /* BLK_LAMBDA_SPLIT_H */
