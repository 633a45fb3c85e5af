/* SPDX-License-Identifier: GPL-2.0-only */
/* What a mapped device tells of itself to λs. */
#ifndef DM_LAMBDA_H
#define DM_LAMBDA_H

#include <linux/blk-lambda-stack.h>

extern const struct blk_lambda_stack_ops dm_lambda_ops;

#endif /* DM_LAMBDA_H */
