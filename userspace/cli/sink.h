/* SPDX-License-Identifier: GPL-2.0-only */
/* How the output of a program is put out. */
#ifndef LAMBDA_CLI_SINK_H
#define LAMBDA_CLI_SINK_H

#include <lambda.h>
#include <stdbool.h>
#include <stddef.h>

enum format {
	FORMAT_RAW,
	FORMAT_HEX,
	FORMAT_I64,
	FORMAT_U64,
	FORMAT_FIELDS,		/* this and CSV take a layout */
	FORMAT_JSON,
	FORMAT_CSV,
};

/**
 * struct sink - output on its way
 * @fd:     where it goes
 * @format: in what form
 * @offset: of the next byte, for hex
 * @part:   begin of a line of hex, of a number or of a group of base64 that is not
 *          whole yet
 * @len:    bytes of it
 * @layout: what the output is, where that is declared
 * @row:    begin of a row of @layout that is not whole yet, @len bytes
 * @rows:   rows of this answer that were put out; of bytes, whether it has begun
 * @answers: answers of this file that were
 * @files:  files before this one that had answers
 * @each:   there is an answer for each batch
 * @several: there may be several files
 * @name:   of the file, which goes before each line, or NULL
 */
struct sink {
	int fd;
	enum format format;
	unsigned long long offset;
	unsigned char part[16];
	size_t len;
	const struct lambda_layout *layout;
	unsigned char *row;
	unsigned long long rows, answers, files;
	bool each, several;
	const char *name;
};

/* Whether @sink puts out fields by their names. */
static inline bool sink_has_fields(const struct sink *sink)
{
	return sink->format >= FORMAT_FIELDS && sink->layout;
}

/* Whether it is JSON of bytes that nothing is known of. */
static inline bool sink_has_bytes(const struct sink *sink)
{
	return sink->format == FORMAT_JSON && !sink->layout;
}

/* fields.c: a row of the output, what comes before it included. */
int fields_write(struct sink *sink, const unsigned char *row);

/* The end of an answer. */
int fields_end(struct sink *sink);

/* The end of one that an error has ended. */
int fields_abandon(struct sink *sink);

/* What comes before and after the answers over a file, in JSON of any kind. */
int fields_file(struct sink *sink);
int fields_file_end(struct sink *sink);

/* bytes.c: the same of an answer that is bytes. */
int bytes_write(struct sink *sink, const unsigned char *p, size_t len);
int bytes_end(struct sink *sink);
int bytes_abandon(struct sink *sink);

/**
 * sink_file - begin with the answers over a file
 * @sink: open
 * @name: to tell them from those over others, or NULL
 *
 * Return: as sink_write().
 */
int sink_file(struct sink *sink, const char *name);

/* Puts out what comes after them. Returns as sink_write(). */
int sink_file_end(struct sink *sink);

/* The same where an error has ended them. */
int sink_abandon(struct sink *sink);

/**
 * sink_close - put out what comes after all answers
 * @sink: open, or zeroed
 *
 * Return: as sink_write().
 */
int sink_close(struct sink *sink);

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

#endif /* LAMBDA_CLI_SINK_H */
