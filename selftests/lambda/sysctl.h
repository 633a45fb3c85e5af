/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers below /proc/sys. */
#ifndef LAMBDA_SELFTEST_SYSCTL_H
#define LAMBDA_SELFTEST_SYSCTL_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Pages that the λs of a user may have. */
#define USER_PAGES	"/proc/sys/fs/lambda/user_pages"

/* Pages of files that the λs of a user may have mapped. */
#define MAPPED_PAGES	"/proc/sys/fs/lambda/user_mapped_pages"

/* -1 where there is no such file. */
static inline long sysctl_read(const char *path)
{
	char text[32] = {};
	int fd = open(path, O_RDONLY);
	long value = -1;

	if (fd < 0)
		return -1;
	if (read(fd, text, sizeof(text) - 1) > 0)
		value = strtol(text, NULL, 10);
	close(fd);
	return value;
}

static inline int sysctl_write(const char *path, long value)
{
	char text[32];
	int fd = open(path, O_WRONLY), ret;

	if (fd < 0)
		return -1;
	ret = write(fd, text, snprintf(text, sizeof(text), "%ld\n", value));
	close(fd);
	return ret > 0 ? 0 : -1;
}

#endif /* LAMBDA_SELFTEST_SYSCTL_H */
