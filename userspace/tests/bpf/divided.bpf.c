// SPDX-License-Identifier: GPL-2.0-only
/* Over lines, wherever they are cut. */
#define LAMBDA_LINE_MAX 20000
#include "lambda_lines.h"

/* The length of each, which may take more room than the line. */
LAMBDA_LINES_PROGRAM(lengths)(struct lambda_ctx *ctx)
{
	const char *line = lambda_in(ctx), *end = line + ctx->in_len;
	__u64 *out = lambda_out(ctx), count = 0;

	while (line != end) {
		const char *newline = lambda_memchr(line, '\n', end - line);
		const char *next = newline ? newline + 1 : end;

		if (ctx->out_cap < (count + 1) * sizeof(*out))
			return -ENOSPC;
		out[count++] = next - line;
		line = next;
	}
	return count * sizeof(*out);
}

struct totals {
	__u64 lines;
	__u64 longest;
	__u64 empty;
};

/* Adds to what is there, which has to be zeros. */
LAMBDA_LINES_MERGED(totals)(struct lambda_ctx *ctx)
{
	const char *in = lambda_in(ctx);
	struct totals *out = lambda_out(ctx);
	__u64 from = 0;

	if (ctx->out_cap < sizeof(*out))
		return -ENOSPC;
	for (__u64 i = 0; i < ctx->in_len; i++) {
		if (in[i] != '\n' && i + 1 != ctx->in_len)
			continue;
		out->lines++;
		out->empty += i == from && in[i] == '\n';
		if (i + 1 - from > out->longest)
			out->longest = i + 1 - from;
		from = i + 1;
	}
	return sizeof(*out);
}

LAMBDA_LINES_MERGE(totals)(struct lambda_ctx *ctx)
{
	const struct totals *in = lambda_in(ctx);
	struct totals *out = lambda_out(ctx);

	if (!ctx->in_len || ctx->in_len % sizeof(*in))
		return -EINVAL;
	if (ctx->out_cap < sizeof(*out))
		return -ENOSPC;
	for (__u64 i = 0; i < ctx->in_len / sizeof(*in); i++) {
		out->lines += in[i].lines;
		out->empty += in[i].empty;
		if (in[i].longest > out->longest)
			out->longest = in[i].longest;
	}
	return sizeof(*out);
}
