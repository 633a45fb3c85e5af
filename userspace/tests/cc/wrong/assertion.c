// SPDX-License-Identifier: GPL-2.0-only
// says: assertion does not hold, in function ends (
#include <assert.h>
#include <lambda_bpf.h>

LAMBDA_PROGRAM(ends)(struct lambda_ctx *ctx)
{
	assert(!ctx->in_len);
	return 0;
}
