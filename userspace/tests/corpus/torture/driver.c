// SPDX-License-Identifier: GPL-2.0-only
/* The λ around a program's main(), whose parameters it does not know. */
#include <lambda_bpf.h>

int main();

LAMBDA_PROGRAM(torture)(struct lambda_ctx *ctx)
{
	static char name[] = "torture", *arguments[] = { name, 0 };

	(void)ctx;
	return main(1, arguments) != 0;
}
