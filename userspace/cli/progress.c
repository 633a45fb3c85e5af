// SPDX-License-Identifier: GPL-2.0-only
/* How far a run is, for somebody at a terminal who has waited for a second. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "run.h"

/* Seconds before the first line, and between two. */
#define FIRST	1.0
#define NEXT	0.2

static double progress_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* Nothing that is said here is worth an error. */
static void progress_show(const char *text)
{
	if (write_whole(STDERR_FILENO, text, strlen(text)))
		return;
}

void progress_begin(struct progress *progress)
{
	const char *term = getenv("TERM");

	progress->on = isatty(STDERR_FILENO) && term && strcmp(term, "dumb");
	progress->begin = progress_now();
	progress->last = progress->begin + FIRST - NEXT;
	progress->bytes = 0;
}

void progress_clear(struct progress *progress)
{
	if (progress->shown)
		progress_show("\r\033[K");
	progress->shown = false;
}

void progress_note(struct progress *progress, const char *path, off_t from,
		   const struct lambda_request *request)
{
	off_t at = request->offset + request->count;
	char name[60], line[160];
	double time;
	int n;

	progress->bytes += request->merge ? 0 : request->count;
	if (!progress->on)
		return;
	time = progress_now();
	if (time - progress->last < NEXT)
		return;
	progress->last = time;
	lambda_printable(path, name, sizeof(name));
	n = snprintf(line, sizeof(line), "\r%s: %.1f MB/s", name,
		     progress->bytes / 1e6 / (time - progress->begin));
	if (request->end > from && at <= request->end)
		n += snprintf(line + n, sizeof(line) - n, ", %d %%",
			      (int)((at - from) * 100.0 / (request->end - from)));
	snprintf(line + n, sizeof(line) - n, "\033[K");
	progress_show(line);
	progress->shown = true;
}
