/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's tracepoints, as text. */
#ifndef LAMBDA_CLI_TRACEFS_H
#define LAMBDA_CLI_TRACEFS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/**
 * struct tracer - a trace buffer of our own
 * @dir:    its directory in tracefs
 * @pipe:   where its text comes from
 * @unread: text that has been read, @len bytes of it
 * @len:    bytes
 *
 * Others who trace neither see it nor are disturbed by it.
 */
struct tracer {
	char dir[PATH_MAX];
	int pipe;
	char unread[8192];
	size_t len;
};

/**
 * tracefs_open - trace the events of a subsystem from now on
 * @tracefs: where tracefs is mounted
 * @system:  the subsystem
 * @tracer:  out: to be closed if this returned 0
 *
 * Return: 0; -EOPNOTSUPP: the kernel has no such events; another negative errno
 * of tracefs, -EACCES where only root may trace.
 */
int tracefs_open(const char *tracefs, const char *system,
		 struct tracer *tracer);

/**
 * tracefs_line - wait for a line of text
 * @tracer: an open one
 * @line:   out: the line without newline; what does not fit is cut off
 * @size:   bytes of @line
 *
 * Return: 0; -EINTR: the command is to end; -EAGAIN: the terminal has another
 * size, or was somebody else's meanwhile; another negative errno.
 */
int tracefs_line(struct tracer *tracer, char *line, size_t size);

/*
 * Shows the events of an open tracer until @count of them were, with sysfs
 * mounted on @sysfs. Returns an exit code.
 */
int cmd_trace_run(struct tracer *tracer, long long count, const char *sysfs,
		  bool json);

/* Ends what tracefs_open() began. */
void tracefs_close(struct tracer *tracer);

#endif /* LAMBDA_CLI_TRACEFS_H */
