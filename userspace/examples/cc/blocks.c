// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* A checksum of each 4096 bytes: the few lines that a library of C takes. */
#include <lambda_bpf.h>

#include "adler.h"

LAMBDA_RECORD(4096);

LAMBDA_PROGRAM(blocks)(struct lambda_ctx *ctx)
{
	const char *in = lambda_in(ctx);
	uint32_t *out = lambda_out(ctx);
	uint64_t n = 0, at;

	if (ctx->out_cap < (ctx->in_len + 4095) / 4096 * sizeof(*out))
		return -ENOSPC;
	for (at = 0; at < ctx->in_len; at += 4096) {
		uint64_t left = ctx->in_len - at;

		out[n++] = adler_end(adler_add(adler_start(), in + at,
					       left < 4096 ? left : 4096));
	}
	return n * sizeof(*out);
}
