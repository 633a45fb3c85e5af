// SPDX-License-Identifier: GPL-2.0-only
// says: cannot be reached
#include <lambda_bpf.h>

LAMBDA_PROGRAM(ends)(struct lambda_ctx *ctx)
{
	if (ctx->in_len)
		__builtin_trap();
	return 0;
}
