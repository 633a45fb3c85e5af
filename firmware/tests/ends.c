// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Counts how random programs end: see ends.h. */
#include "ends.h"
#include "insn.h"

#define REFUSED	31

static const struct {
	int status;
	const char *name;
	unsigned int share;	/* at least one in so many */
} kinds[] = {
	{ LAMBDA_STATUS_OK, "ok", 4 },
	{ LAMBDA_STATUS_ERROR, "error", 2000 },
	{ LAMBDA_STATUS_BAD_LENGTH, "bad length", 1000 },
	{ LAMBDA_STATUS_FAULT, "fault", 30 },
	{ LAMBDA_STATUS_OVER_BUDGET, "over budget", 20 },
	{ REFUSED, "refused", 50 },
	{ SBPF_STATUS_DECLINED, "declined", 200 },
};

void ends_count(struct ends *ends, const struct sandbox_result *result)
{
	ends->by_status[result->refused ? REFUSED : result->run.status & 31]++;
}

bool ends_complete(const struct ends *ends, unsigned long programs,
		   bool declined)
{
	bool all = true;
	size_t k;

	for (k = 0; k < ARRAY_SIZE(kinds); k++) {
		unsigned long n = ends->by_status[kinds[k].status];

		if (kinds[k].status == SBPF_STATUS_DECLINED && !declined)
			continue;
		printf("# %lu %s\n", n, kinds[k].name);
		all &= n >= programs / kinds[k].share;
	}
	return all;
}
