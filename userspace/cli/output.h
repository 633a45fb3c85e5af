/* SPDX-License-Identifier: GPL-2.0-only */
/* A file that is there as a whole, or not at all. */
#ifndef LAMBDA_CLI_OUTPUT_H
#define LAMBDA_CLI_OUTPUT_H

#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>

/**
 * struct output - where an answer goes
 * @path:    as it was named, or NULL for the standard output
 * @target:  what @path leads to, links followed
 * @temp:    name of a temporary file beside @target; empty where it has none
 * @fd:      what is to be written to
 * @old:     @target as it was, open for writing; -1 where there was none, and
 *           where @fd is written directly
 * @st:      of @old
 * @direct:  what is written is there at once: a device, a pipe, a descriptor
 * @spooled: @target cannot be replaced, and is copied to in the end
 */
struct output {
	const char *path;
	char target[PATH_MAX];
	char temp[PATH_MAX];
	int fd, old;
	struct stat st;
	bool direct, spooled;
};

/**
 * output_stat - look at what is going to be replaced or written
 * @path: as output_open() takes it
 * @st:   out: what it is
 *
 * Return: whether it is there.
 */
bool output_stat(const char *path, struct stat *st);

/**
 * output_open - prepare to write a file
 * @out:  set up by this; to be ended by one of the next two if 0 is returned
 * @path: NULL or "-": the standard output; /dev/fd/N and the like: that
 *        descriptor; else a file, which is not changed until output_commit()
 *
 * Return: 0, or an exit code after it has said what is wrong.
 */
int output_open(struct output *out, const char *path);

/**
 * output_commit - put what was written in the place of the file
 * @out: open
 *
 * Mode, owner, attributes and access control list of a file that was there are
 * kept. It is replaced at once by rename(2); where that is not possible (other
 * names lead to it, another user owns it, its folder cannot be written), what
 * was written is copied into it, which an error may interrupt.
 *
 * Return: 0, or an exit code after it has said what is wrong.
 */
int output_commit(struct output *out);

/* Forgets what was written, but for what is direct. */
void output_abort(struct output *out);

#endif /* LAMBDA_CLI_OUTPUT_H */
