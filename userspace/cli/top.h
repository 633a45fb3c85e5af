/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of lambda top. */
#ifndef LAMBDA_CLI_TOP_H
#define LAMBDA_CLI_TOP_H

#include <stdio.h>

#include "sched.h"

#define TOP_DISKS	64

/**
 * struct sample - all disks that run λs at one time
 * @seconds: when
 * @count:   of the disks
 * @disks:   them, by name
 */
struct sample {
	double seconds;
	size_t count;
	struct sched disks[TOP_DISKS];
};

/**
 * top_sample_take - look at all disks
 * @sysfs:   where sysfs is mounted
 * @seconds: the time
 * @sample:  out: what there is
 *
 * Return: 0; a negative errno of reading sysfs.
 */
int top_sample_take(const char *sysfs, double seconds, struct sample *sample);

/**
 * top_sample_print - print a sample
 * @now:    the sample
 * @before: an earlier one, or NULL: then there are no rates
 * @name:   names a λ by the id of its image; may return NULL
 * @to:     where it goes
 */
void top_sample_print(const struct sample *now, const struct sample *before,
		      const char *(*name)(unsigned long long image), FILE *to);

#endif /* LAMBDA_CLI_TOP_H */
