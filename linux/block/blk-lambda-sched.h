/* SPDX-License-Identifier: GPL-2.0-only */
/* What a disk that runs λs learns of its requests. */
#ifndef BLK_LAMBDA_SCHED_H
#define BLK_LAMBDA_SCHED_H

#include <linux/types.h>

struct blk_lambda_choice;
struct blk_lambda_query;
struct blk_lambda_sample;
struct blk_lambda_sched;

struct blk_lambda_sched *blk_lambda_sched_alloc(void);
void blk_lambda_sched_free(struct blk_lambda_sched *s);
void blk_lambda_sched_choose(struct blk_lambda_sched *s,
			     const struct blk_lambda_query *q,
			     struct blk_lambda_choice *c);
void blk_lambda_sched_learn(struct blk_lambda_sched *s,
			    const struct blk_lambda_query *q,
			    const struct blk_lambda_choice *c,
			    const struct blk_lambda_sample *sample, u64 ns);

#endif /* BLK_LAMBDA_SCHED_H */
