/* SPDX-License-Identifier: GPL-2.0-only */
/* Several drives that run λs, beside the one of drive.h. */
#ifndef LAMBDA_SELFTEST_DRIVES_H
#define LAMBDA_SELFTEST_DRIVES_H

#include "drive.h"

#define DRIVES	4
#define EACH	(12 * MIB)		/* bytes of each drive that are used */
#define DRIVE	(32 * MIB)		/* that it has */

static char disks[DRIVES][32];

/* A counter of what a drive has run, as it is told of its disk. */
static inline unsigned long long drives_counter(const char *disk,
						const char *name)
{
	char text[32];

	drive_attribute(strrchr(disk, '/') + 1, name, text, sizeof(text));
	return strtoull(text, NULL, 10);
}

/* Bytes of input, and requests. */
static inline unsigned long long drives_bytes_of(const char *disk)
{
	return drives_counter(disk, "lambda/stats/device_bytes");
}

static inline unsigned long long drives_requests_of(const char *disk)
{
	return drives_counter(disk, "lambda/stats/device_requests");
}

/* The drives that have one namespace, which is nobody's. */
static inline void drives_find(void)
{
	DIR *blocks = opendir("/sys/block");
	struct dirent *entry;
	int found = 0;
	char size[32];

	while (blocks && (entry = readdir(blocks)) && found < DRIVES) {
		drive_attribute(entry->d_name, "size", size, sizeof(size));
		if (drive_namespace(entry->d_name) == 1 &&
		    512 * atoll(size) == (long long)DRIVE)
			snprintf(disks[found++], sizeof(disks[0]), "/dev/%.20s",
				 entry->d_name);
	}
	if (blocks)
		closedir(blocks);
	if (found == DRIVES)
		return;
	if (getenv("LAMBDA_DRIVE"))
		ksft_exit_fail_msg("found %d drives to spread over, not %d\n",
				   found, DRIVES);
	ksft_exit_skip("no drives to spread over\n");
}

#endif /* LAMBDA_SELFTEST_DRIVES_H */
