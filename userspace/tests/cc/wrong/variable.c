// SPDX-License-Identifier: GPL-2.0-only
// says: uses 'somewhere', which no file defines
#include <lambda_bpf.h>

extern int somewhere[];

LAMBDA_PROGRAM(ends)(struct lambda_ctx *ctx)
{
	return somewhere[ctx->in_len];
}
