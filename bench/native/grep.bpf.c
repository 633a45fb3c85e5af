// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* First place of a byte string in each row of 4 KiB. */
#include "formats.h"
#include "lambda_bpf.h"

LAMBDA_RECORD(GREP_ROW);

static __s64 grep_place(const char *row, __u64 len, const void *what,
			__u64 what_len)
{
	const char *hit = lambda_memmem(row, len, what, what_len);

	return hit ? hit - row : -1;
}

LAMBDA_PROGRAM(grep)(struct lambda_ctx *ctx)
{
	const char *in = lambda_in(ctx);
	__s64 *out = lambda_out(ctx);
	__u64 rows = (ctx->in_len + GREP_ROW - 1) / GREP_ROW;

	if (ctx->args_len == 0)
		return -EINVAL;
	if (ctx->out_cap < rows * sizeof(*out))
		return -ENOSPC;
	for (__u64 i = 0; i < rows; i++) {
		__u64 left = ctx->in_len - i * GREP_ROW;

		out[i] = grep_place(in + i * GREP_ROW,
				    left < GREP_ROW ? left : GREP_ROW,
				    lambda_args(ctx), ctx->args_len);
	}
	return rows * sizeof(*out);
}
