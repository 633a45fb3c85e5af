// SPDX-License-Identifier: GPL-2.0-only
/*
 * JSON of output that no object declares: what bytes mean is the caller's to
 * know, and all of them are there, in base64.
 */
#include <errno.h>
#include <string.h>

#include "cli.h"
#include "sink.h"

/* Letters that are put out at a time. */
#define BYTES_ROOM	4096

/* The letters of up to three bytes; fewer are filled up as RFC 4648 has it. */
static void bytes_encode(char letters[4], const unsigned char *p, size_t len)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned int bits = p[0] << 16;
	size_t i;

	if (len > 1)
		bits |= p[1] << 8;
	if (len > 2)
		bits |= p[2];
	for (i = 0; i < 4; i++)
		letters[i] = i > len ? '=' : alphabet[bits >> (18 - 6 * i) & 63];
}

static int bytes_put(const struct sink *sink, const char *text)
{
	return write_whole(sink->fd, text, strlen(text));
}

/* Once an answer: the row that is it has begun. */
static int bytes_begin(struct sink *sink)
{
	if (sink->rows)
		return 0;
	sink->rows = 1;
	return bytes_put(sink, sink->answers ? ",\n{\"base64\": \"" :
					       "{\"base64\": \"");
}

int bytes_write(struct sink *sink, const unsigned char *p, size_t len)
{
	char letters[BYTES_ROOM];
	size_t n = 0;
	int err = bytes_begin(sink);

	while (len && !err) {
		sink->part[sink->len++] = *p++;
		len--;
		if (sink->len == 3) {
			bytes_encode(letters + n, sink->part, 3);
			sink->len = 0;
			n += 4;
		}
		if (n == sizeof(letters) || !len) {
			err = write_whole(sink->fd, letters, n);
			n = 0;
		}
	}
	return err;
}

int bytes_end(struct sink *sink)
{
	char letters[4];
	int err = bytes_begin(sink);

	if (!err && sink->len) {
		bytes_encode(letters, sink->part, sink->len);
		err = write_whole(sink->fd, letters, sizeof(letters));
	}
	sink->len = 0;
	sink->rows = 0;
	sink->answers++;
	return err ?: bytes_put(sink, "\"}");
}

int bytes_abandon(struct sink *sink)
{
	bool begun = sink->rows;

	sink->rows = 0;
	if (begun)
		return bytes_put(sink, "\", \"incomplete\": true}");
	return sink->each ? 0 : bytes_put(sink, "null");
}
