// SPDX-License-Identifier: GPL-2.0-only
// says: asks for the address of its frame or of its caller
#include <lambda_bpf.h>

LAMBDA_PROGRAM(asks)(struct lambda_ctx *ctx)
{
	(void)ctx;
	return __builtin_return_address(0) != 0;
}
