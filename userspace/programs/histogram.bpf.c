// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* How often each byte value occurs, counted in a global array. */
#include "formats.h"
#include "lambda_bpf.h"

static struct histogram_out seen;

LAMBDA_PROGRAM(histogram)(struct lambda_ctx *ctx)
{
	const __u8 *in = lambda_in(ctx);

	if (ctx->out_cap < sizeof(seen))
		return -ENOSPC;
#ifndef __bpf__
	/* Only a λ gets its globals afresh for each request. */
	memset(&seen, 0, sizeof(seen));
#endif
	for (__u64 i = 0; i < ctx->in_len; i++)
		seen.count[in[i]]++;
	lambda_memcpy(lambda_out(ctx), &seen, sizeof(seen));
	return sizeof(seen);
}
