/* SPDX-License-Identifier: GPL-2.0-only */
/* Both sides: one request in two parts at the same time. */
#ifndef _FS_LAMBDA_SPLIT_H
#define _FS_LAMBDA_SPLIT_H

#include <linux/lambda.h>
#include <linux/lambda_sched.h>
#include <linux/types.h>

#include "internal.h"

struct blk_lambda;

/**
 * lambda_sample - what the block layer learns of a request
 * @req: the request, or a part of one, run to an end
 *
 * Return: it, but for what is told of parts only.
 */
static inline struct blk_lambda_sample
lambda_sample(const struct lambda_request *req)
{
	return (struct blk_lambda_sample) {
		.result = &req->io.result,
		.ns_drive = req->ns_drive,
		.ns_limited = req->ns_limited,
		.elsewhere = req->elsewhere,
	};
}

#ifdef CONFIG_LAMBDA_DRIVE
u32 lambda_split_record(const struct lambda_request *req);
int lambda_split_read(struct lambda_request *req, struct blk_lambda *bl,
		      const struct blk_lambda_query *query,
		      const struct blk_lambda_choice *choice, ssize_t *ret);
#else
static inline u32 lambda_split_record(const struct lambda_request *req)
{
	return 0;
}

static inline int lambda_split_read(struct lambda_request *req,
				    struct blk_lambda *bl,
				    const struct blk_lambda_query *query,
				    const struct blk_lambda_choice *choice,
				    ssize_t *ret)
{
	return LAMBDA_REASON_NO_DISK;
}
#endif

#endif /* _FS_LAMBDA_SPLIT_H */
