// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* How many lines are longer than so many bytes? README.md shows it. */
#include <lambda_bpf.h>

LAMBDA_ARGS(struct longer { __u32 than; });
LAMBDA_OUTPUT(struct found { __u64 lines; });

LAMBDA_PROGRAM(longlines)(struct lambda_ctx *ctx)
{
	const struct longer *longer = lambda_args(ctx);
	struct found *found = lambda_out(ctx);
	const char *p = lambda_in(ctx), *end = p + ctx->in_len, *line = p;

	for (; p < end; p++)
		if (*p == '\n') {
			found->lines += p - line > longer->than;
			line = p + 1;
		}
	return sizeof(*found);
}
