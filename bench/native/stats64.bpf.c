// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Minimum, maximum and sum of signed 64-bit numbers. */
#define STATS_ELEMENT __s64
#include "stats.h"

LAMBDA_RECORD(sizeof(STATS_ELEMENT));

LAMBDA_PROGRAM(stats64)(struct lambda_ctx *ctx)
{
	return stats(ctx);
}

LAMBDA_MERGE(stats64)(struct lambda_ctx *ctx)
{
	return stats_merge(ctx);
}
