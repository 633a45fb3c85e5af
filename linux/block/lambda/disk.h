/* SPDX-License-Identifier: GPL-2.0-only */
/* A disk that runs λs itself, for those who look for it below others. */
#ifndef _BLOCK_LAMBDA_DISK_H
#define _BLOCK_LAMBDA_DISK_H

#include <linux/blk-lambda.h>

struct blk_lambda *blk_lambda_get_disk(struct gendisk *disk);
int blk_lambda_execute_disk(struct blk_lambda *bl,
			    struct blk_lambda_request *rq);

#endif /* _BLOCK_LAMBDA_DISK_H */
