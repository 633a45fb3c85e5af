// SPDX-License-Identifier: GPL-2.0-only
/* Nothing is printed, and nothing evaluated to be, where LAMBDA_NDEBUG is defined. */
#define LAMBDA_NDEBUG
#include "lambda_bpf.h"

LAMBDA_PROGRAM(quiet)(struct lambda_ctx *ctx)
{
	__u64 *out = lambda_out(ctx);

	*out = 0;
	if (lambda_print(out, ++*out))
		return -EIO;
	return sizeof(*out);
}
