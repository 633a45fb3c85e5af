// SPDX-License-Identifier: GPL-2.0-only
// says: calls 'nowhere', which no file defines
#include <lambda_bpf.h>

int nowhere(int n);

LAMBDA_PROGRAM(ends)(struct lambda_ctx *ctx)
{
	return nowhere(ctx->in_len);
}
