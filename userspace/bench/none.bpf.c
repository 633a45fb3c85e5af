// SPDX-License-Identifier: GPL-2.0-only
/* Looks at nothing: what is left of a request is the cost of its path. */
#include "lambda_bpf.h"

LAMBDA_PROGRAM(none)(struct lambda_ctx *ctx)
{
	__u64 *out = lambda_out(ctx);

	if (ctx->out_cap < sizeof(*out))
		return -ENOSPC;
	*out = ctx->in_len;
	return sizeof(*out);
}
