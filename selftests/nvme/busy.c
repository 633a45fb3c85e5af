// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keeps the drive at work with λs, one after the other, until a command fails:
 * that is what a drive which is pulled out does. Prints how many have run.
 */
#include <linux/sbpf.h>
#include <stdbool.h>
#include <stdio.h>

#include "csd.h"

int main(void)
{
	static struct answer a;
	unsigned int n = 0;
	__u64 result;
	__u32 id;
	int status;

	csd_open();
	if (load_object(OBJECTS "stats32.bpf.o", 1 << 16, &id))
		csd_bail_out("stats32");
	for (;; n++) {
		status = fast(id, 0, 8u << 20, &a, &result);
		if (status)
			break;
		if (NVME_LAMBDA_RESULT_VALUE(result) != sizeof(a.out) ||
		    a.result.in_len != 8u << 20)
			csd_bail_out("another answer than before");
	}
	printf("%u ran, then %d\n", n, status);
	return 0;
}
