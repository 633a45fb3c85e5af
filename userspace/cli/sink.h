/* SPDX-License-Identifier: GPL-2.0-only */
/* How the output of a program is put out. */
#ifndef LAMBDA_CLI_SINK_H
#define LAMBDA_CLI_SINK_H

#include <stddef.h>

enum format {
	FORMAT_RAW,
	FORMAT_HEX,
	FORMAT_I64,
	FORMAT_U64,
};

/**
 * struct sink - output on its way
 * @fd:     where it goes
 * @format: in what form
 * @offset: of the next byte, for hex
 * @part:   begin of a line of hex or of a number that is not whole yet
 * @len:    bytes of it
 */
struct sink {
	int fd;
	enum format format;
	unsigned long long offset;
	unsigned char part[16];
	size_t len;
};

/**
 * sink_write - put output out
 * @sink:  open
 * @bytes: the output, which may end in the middle of a number
 * @len:   bytes of it
 *
 * Return: 0, or the negative errno with which writing ended.
 */
int sink_write(struct sink *sink, const void *bytes, size_t len);

/**
 * sink_end - put out what is left at the end of an answer
 * @sink: open
 *
 * Return: as sink_write(); -EBADMSG: some bytes are no whole number, and are
 * left in @sink.
 */
int sink_end(struct sink *sink);

/* Writes all of it. Returns 0 or the negative errno with which it ended. */
int write_whole(int fd, const void *bytes, size_t len);

#endif /* LAMBDA_CLI_SINK_H */
