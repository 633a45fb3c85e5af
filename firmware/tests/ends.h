/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Counts how random programs end: of every kind there should be enough. */
#ifndef ENDS_H
#define ENDS_H

#include "sandbox.h"

/* How many ended so, by status; those refused come last. */
struct ends {
	unsigned long by_status[32];
};

/* Counts one. */
void ends_count(struct ends *ends, const struct sandbox_result *result);

/**
 * ends_complete - whether generate_case() brought about all that it should
 * @ends:     what came of the programs; printed as remarks
 * @programs: how many there were
 * @declined: some had been given a maximum of instructions
 */
bool ends_complete(const struct ends *ends, unsigned long programs,
		   bool declined);

#endif /* ENDS_H */
