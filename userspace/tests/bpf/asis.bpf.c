// SPDX-License-Identifier: GPL-2.0-only
/* What clang leaves in objects: common symbols, COMDAT, an empty function. */
#include "lambda_bpf.h"

__u64 total;
__u32 counts[300];
char last;

inline __attribute__((noinline)) int twice(int n)
{
	return n * 2;
}

extern inline int twice(int n);

__attribute__((used)) static void empty(void)
{
	__builtin_unreachable();
}

__attribute__((weak, noinline)) int next(int n)
{
	return n + 1;
}

LAMBDA_PROGRAM(asis)(struct lambda_ctx *ctx)
{
	const __u8 *in = lambda_in(ctx);

	if (ctx->out_cap < sizeof(total))
		return -ENOSPC;
	for (__u64 i = 0; i < ctx->in_len; i++) {
		counts[in[i]]++;
		last = in[i];
	}
	total += twice(next(counts['\n'])) + last;
	*(__u64 *)lambda_out(ctx) = total;
	return sizeof(total);
}
