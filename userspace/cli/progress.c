// SPDX-License-Identifier: GPL-2.0-only
/*
 * How far a run is: for somebody at a terminal who has waited for a second, and for
 * whoever asks by a signal, as of dd.
 */
#include <pthread.h>
#include <signal.h>
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
static void progress_show(const void *text, size_t len)
{
	if (write_whole(STDERR_FILENO, text, len))
		return;
}

/* Under the lock, as all that has "line" in its name. */
static void progress_clear_line(struct progress *progress)
{
	static const char away[] = "\r\033[K";

	if (progress->shown)
		progress_show(away, strlen(away));
	progress->shown = false;
}

static double progress_rate(const struct progress *progress, double now)
{
	double time = now - progress->begin;

	return time > 0 ? progress->bytes / 1e6 / time : 0;
}

/* ", 50 %" of the range, if it is known where that ends. */
static const char *progress_line_part(const struct progress *progress,
				      char part[16])
{
	off_t range = progress->end - progress->from;
	off_t done = progress->at - progress->from;

	*part = '\0';
	if (range > 0 && done <= range)
		snprintf(part, 16, ", %d %%", (int)(done * 100.0 / range));
	return part;
}

/* What was asked for; it comes in one piece between what others say. */
static void progress_tell_line(struct progress *progress)
{
	double now = progress_now();
	char text[200], part[16];
	int n;

	progress_clear_line(progress);
	n = snprintf(text, sizeof(text),
		     "lambda: %s%s%llu bytes, %.1f s, %.1f MB/s%s\n",
		     progress->name, *progress->name ? ": " : "",
		     progress->bytes, now - progress->begin,
		     progress_rate(progress, now),
		     progress_line_part(progress, part));
	/* As with all that is said here. */
	if (speak_whole(STDERR_FILENO, text, n))
		return;
}

static void *progress_answer(void *data)
{
	struct progress *progress = data;
	sigset_t asks;
	int signal;

	sigemptyset(&asks);
	sigaddset(&asks, SIGUSR1);
	while (!sigwait(&asks, &signal)) {
		pthread_mutex_lock(&progress->lock);
		progress_tell_line(progress);
		pthread_mutex_unlock(&progress->lock);
	}
	return NULL;
}

/*
 * A thread takes the signal, so that it ends no system call of the run, and is
 * answered while a request takes long. Without one it is not answered.
 */
void progress_answer_signals(struct progress *progress)
{
	pthread_t thread;
	sigset_t asks;

	pthread_mutex_init(&progress->lock, NULL);
	progress->begin = progress_now();
	sigemptyset(&asks);
	sigaddset(&asks, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &asks, NULL);
	if (!pthread_create(&thread, NULL, progress_answer, progress))
		pthread_detach(thread);
}

void progress_begin(struct progress *progress)
{
	const char *term = getenv("TERM");

	pthread_mutex_lock(&progress->lock);
	progress->on = isatty(STDERR_FILENO) && term && strcmp(term, "dumb");
	progress->begin = progress_now();
	progress->last = progress->begin + FIRST - NEXT;
	progress->bytes = 0;
	pthread_mutex_unlock(&progress->lock);
}

void progress_file(struct progress *progress, const char *path, off_t from)
{
	pthread_mutex_lock(&progress->lock);
	lambda_printable(path, progress->name, sizeof(progress->name));
	progress->from = from;
	progress->at = from;
	progress->end = 0;
	pthread_mutex_unlock(&progress->lock);
}

void progress_clear(struct progress *progress)
{
	pthread_mutex_lock(&progress->lock);
	progress_clear_line(progress);
	pthread_mutex_unlock(&progress->lock);
}

void progress_print(struct progress *progress, const void *text, size_t len)
{
	pthread_mutex_lock(&progress->lock);
	progress_clear_line(progress);
	progress_show(text, len);
	pthread_mutex_unlock(&progress->lock);
}

static void progress_draw_line(struct progress *progress)
{
	double now = progress_now();
	char text[160], part[16];

	if (!progress->on || now - progress->last < NEXT)
		return;
	progress->last = now;
	snprintf(text, sizeof(text), "\r%s: %.1f MB/s%s\033[K", progress->name,
		 progress_rate(progress, now),
		 progress_line_part(progress, part));
	progress_show(text, strlen(text));
	progress->shown = true;
}

void progress_add(struct progress *progress, size_t count)
{
	pthread_mutex_lock(&progress->lock);
	progress->bytes += count;
	pthread_mutex_unlock(&progress->lock);
}

void progress_note(struct progress *progress,
		   const struct lambda_request *request)
{
	pthread_mutex_lock(&progress->lock);
	progress->bytes += request->merge ? 0 : request->count;
	progress->at = request->offset + request->count;
	progress->end = request->end;
	progress_draw_line(progress);
	pthread_mutex_unlock(&progress->lock);
}
