// SPDX-License-Identifier: GPL-2.0-only
/* Looks at a byte of each page: what else a request costs is its path. */
#include "lambda_bpf.h"

LAMBDA_PROGRAM(touch)(struct lambda_ctx *ctx)
{
	const __u8 *in = lambda_in(ctx);
	__u64 *out = lambda_out(ctx), sum = 0;

	if (ctx->out_cap < sizeof(*out))
		return -ENOSPC;
	for (__u64 at = 0; at < ctx->in_len; at += SBPF_PAGE_SIZE)
		sum += in[at];
	*out = sum;
	return sizeof(*out);
}
