// SPDX-License-Identifier: GPL-2.0-only
/* The λ around a program's main(), which is told by -D to have another name. */
#include <lambda_bpf.h>

int torture_main();

LAMBDA_PROGRAM(torture)(struct lambda_ctx *ctx)
{
	static char name[] = "torture", *arguments[] = { name, 0 };

	(void)ctx;
	return torture_main(1, arguments) != 0;
}
