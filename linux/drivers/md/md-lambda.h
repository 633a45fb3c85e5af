/* SPDX-License-Identifier: GPL-2.0-only */
/* What an array tells of itself to λs. */
#ifndef MD_LAMBDA_H
#define MD_LAMBDA_H

#include <linux/blk-lambda-stack.h>
#include <linux/math64.h>
#include <linux/minmax.h>

struct md_rdev;
struct mddev;

extern const struct blk_lambda_stack_ops md_lambda_ops;

int md_lambda_map(struct mddev *mddev, struct blk_lambda_below *below);
bool md_lambda_reads(struct mddev *mddev, struct md_rdev *rdev,
		     const struct blk_lambda_below *below);

/**
 * md_lambda_cut - end what is told of at the end of a chunk
 * @below: the bytes, still as they are on the array
 * @chunk: bytes of a chunk
 * @disks: how many members take turns
 */
static inline void md_lambda_cut(struct blk_lambda_below *below, u64 chunk,
				 u32 disks)
{
	u64 skip;

	div64_u64_rem(below->addr, chunk, &skip);
	below->len = min(below->len, chunk - skip);
	below->disks = disks;
	below->chunk = chunk;
}

#endif /* MD_LAMBDA_H */
