// SPDX-License-Identifier: GPL-2.0-only
// says: the program called exit(3), in function ends (
#include <lambda_bpf.h>
#include <stdlib.h>

LAMBDA_PROGRAM(ends)(struct lambda_ctx *ctx)
{
	if (ctx->in_len)
		exit(3);
	return 0;
}
