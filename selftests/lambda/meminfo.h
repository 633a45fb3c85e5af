/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel tells about its memory. */
#ifndef LAMBDA_SELFTEST_MEMINFO_H
#define LAMBDA_SELFTEST_MEMINFO_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

#endif
