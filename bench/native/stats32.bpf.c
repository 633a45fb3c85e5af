// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Minimum, maximum and sum of signed 32-bit numbers. */
#define STATS_ELEMENT __s32
#include "stats.h"

LAMBDA_RECORD(sizeof(STATS_ELEMENT));

LAMBDA_PROGRAM(stats32)(struct lambda_ctx *ctx)
{
	return stats(ctx);
}

LAMBDA_MERGE(stats32)(struct lambda_ctx *ctx)
{
	return stats_merge(ctx);
}
