/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel tells about its memory. */
#ifndef LAMBDA_SELFTEST_MEMINFO_H
#define LAMBDA_SELFTEST_MEMINFO_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* KiB of the line @name of /proc/meminfo; -1: there is none. */
static inline long memory_figure(const char *name)
{
	FILE *f = fopen("/proc/meminfo", "r");
	size_t len = strlen(name);
	char line[128];
	long kib = -1;

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, len) && line[len] == ':')
			kib = atol(line + len + 1);
	if (f)
		fclose(f);
	return kib;
}

/*
 * KiB that are free, with those that processors keep for themselves: since Linux
 * 6.7 these are many where much was freed, and MemFree has none of them.
 */
static inline long memory_free(void)
{
	FILE *f = fopen("/proc/zoneinfo", "r");
	long kib = memory_figure("MemFree"), pages;
	char line[128];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, " count: %ld", &pages) == 1)
			kib += pages * (sysconf(_SC_PAGESIZE) / 1024);
	if (f)
		fclose(f);
	return kib;
}

#endif
