// SPDX-License-Identifier: GPL-2.0-only
// says: attribute constructor
#include <lambda_bpf.h>

__attribute__((constructor)) static void early(void)
{
}

LAMBDA_PROGRAM(ends)(struct lambda_ctx *ctx)
{
	return 0;
}
