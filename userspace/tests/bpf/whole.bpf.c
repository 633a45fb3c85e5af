// SPDX-License-Identifier: GPL-2.0-only
/* A hash of all there is: no part of it tells anything about the whole. */
#include "lambda_bpf.h"

struct whole {
	__u64 len;
	__u64 hash;
};

LAMBDA_PROGRAM(whole)(struct lambda_ctx *ctx)
{
	const __u8 *in = lambda_in(ctx);
	struct whole *out = lambda_out(ctx);
	__u64 hash = 0xcbf29ce484222325;	/* FNV-1a, 64 bits */

	if (ctx->out_cap < sizeof(*out))
		return -ENOSPC;
	for (__u64 i = 0; i < ctx->in_len; i++)
		hash = (hash ^ in[i]) * 0x100000001b3;
	out->len = ctx->in_len;
	out->hash = hash;
	return sizeof(*out);
}
