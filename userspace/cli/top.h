/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of lambda top. */
#ifndef LAMBDA_CLI_TOP_H
#define LAMBDA_CLI_TOP_H

#include <stdio.h>

#include "sched.h"
#include "table.h"

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
 * @page:   where it goes
 */
void top_sample_print(const struct sample *now, const struct sample *before,
		      const char *(*name)(unsigned long long image),
		      const struct page *page);

/* The same as JSON, without rates: who reads two can tell them. */
void top_json_sample(const struct sample *now,
		     const char *(*name)(unsigned long long image), FILE *to);

/**
 * struct top_options - what lambda top is to do
 * @count:    tables to show; LLONG_MAX: until it is told to end, each in place of
 *            the one before where there is a screen for that
 * @interval: seconds between two
 * @json:     as JSON, a line for each
 */
struct top_options {
	long long count;
	double interval;
	bool json;
};

/* Does it, with sysfs mounted on @sysfs. Returns an exit code. */
int cmd_top_run(const struct top_options *top, const char *sysfs);

#endif /* LAMBDA_CLI_TOP_H */
