// SPDX-License-Identifier: GPL-2.0-only
/* Lines: how many there are, how long the longest is, and the bytes of all. */
#include "lambda_bpf.h"

LAMBDA_LINES();

struct lines {
	__u64 count;
	__u64 longest;
	__u64 bytes;
};

static void add(struct lines *sum, __u64 len)
{
	sum->count++;
	sum->bytes += len;
	if (len > sum->longest)
		sum->longest = len;
}

LAMBDA_PROGRAM(lines)(struct lambda_ctx *ctx)
{
	const char *in = lambda_in(ctx);
	struct lines *out = lambda_out(ctx);
	__u64 from = 0;

	if (ctx->out_cap < sizeof(*out))
		return -ENOSPC;
	for (__u64 i = 0; i < ctx->in_len; i++) {
		if (in[i] != '\n')
			continue;
		add(out, i - from);
		from = i + 1;
	}
	if (from < ctx->in_len)
		add(out, ctx->in_len - from);
	return sizeof(*out);
}

LAMBDA_MERGE(lines)(struct lambda_ctx *ctx)
{
	const struct lines *in = lambda_in(ctx);
	struct lines *out = lambda_out(ctx);

	if (ctx->in_len % sizeof(*in) || ctx->out_cap < sizeof(*out))
		return -EINVAL;
	for (__u64 i = 0; i < ctx->in_len / sizeof(*in); i++) {
		out->count += in[i].count;
		out->bytes += in[i].bytes;
		if (in[i].longest > out->longest)
			out->longest = in[i].longest;
	}
	return sizeof(*out);
}
