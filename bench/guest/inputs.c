// SPDX-License-Identifier: GPL-2.0-only
/* What jobs take from the data that they are run on. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

int guest_inputs_prepare(const char *folder)
{
	struct knn_row row;
	char path[4096];
	ssize_t got;
	int fd;

	/* Native code is for processors that have these, at least. */
	if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("bmi2"))
		return fail("this processor is older than x86-64-v3");
	snprintf(path, sizeof(path), "%s/numbers", folder);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail("%s: %s", path, strerror(errno));
	got = read(fd, &row, sizeof(row));
	close(fd);
	if (got != sizeof(row))
		return fail("%s: too short", path);
	jobs_set_neighbour(&row);
	return 0;
}
