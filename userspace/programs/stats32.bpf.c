// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Minimum, maximum and sum of signed 32-bit numbers. */
#define STATS_ELEMENT __s32
#define STATS_TYPE SBPF_TYPE_S32
#include "stats.h"

LAMBDA_ABOUT("least, largest and sum of signed 32-bit numbers");
LAMBDA_RECORD(sizeof(STATS_ELEMENT));
LAMBDA_OUTPUT(struct stats_out);

LAMBDA_PROGRAM(stats32)(struct lambda_ctx *ctx)
{
	return stats(ctx);
}

LAMBDA_MERGE(stats32)(struct lambda_ctx *ctx)
{
	return stats_merge(ctx);
}
