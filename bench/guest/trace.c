// SPDX-License-Identifier: GPL-2.0-only
/*
 * How far predictions were off: what the tracepoint lambda_request said was
 * expected of each request that the model chose a side for, and what it took.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

#define TRACING	"/sys/kernel/tracing/"

static int guest_trace_put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	bool ok = fd >= 0 &&
		  write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return ok ? 0 : fail("%s: %s", path, strerror(errno));
}

int guest_trace_start(void)
{
	return guest_trace_put(TRACING "events/lambda/lambda_request/enable",
			       "1") ||
	       guest_trace_put(TRACING "trace", "") ? -1 : 0;
}

static unsigned long long guest_trace_field(const char *line, const char *name)
{
	const char *at = strstr(line, name);

	return at ? strtoull(at + strlen(name), NULL, 10) : 0;
}

/* In a thousandth of what it took; more than expected is negative. */
static void guest_trace_add_miss(struct misses *m, const char *line)
{
	long long expected = guest_trace_field(line, " expected "),
		  ns = guest_trace_field(line, " ns ");

	if (!ns || m->count == MISSES_MAX)
		return;
	m->permille[m->count++] = (expected - ns) * 1000 / ns;
}

int guest_trace_read(struct misses *m)
{
	FILE *file = fopen(TRACING "trace", "re");
	char line[4096];

	if (!file)
		return fail("the trace: %s", strerror(errno));
	while (fgets(line, sizeof(line), file))
		if (strstr(line, " reason model "))
			guest_trace_add_miss(m, line);
	fclose(file);
	return 0;
}
