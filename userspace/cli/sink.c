// SPDX-License-Identifier: GPL-2.0-only
/* Output as bytes, as a hex dump, or as numbers. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "sink.h"

/* Bytes that a line of each format takes. */
static size_t sink_line_size(const struct sink *sink)
{
	if (sink_has_fields(sink))
		return sink->layout->size;
	return sink->format == FORMAT_HEX ? 16 : 8;
}

/* Before a line: which file it is of, as grep tells it. */
static int sink_write_name(const struct sink *sink)
{
	char safe[PATH_MAX];

	if (!sink->name)
		return 0;
	lambda_printable(sink->name, safe, sizeof(safe));
	return write_whole(sink->fd, safe, strlen(safe)) ?:
		       write_whole(sink->fd, ":", 1);
}

static int sink_write_hex(struct sink *sink, const unsigned char *p, size_t len)
{
	char line[96];
	size_t i;
	int n;

	n = sprintf(line, "%08llx ", sink->offset);
	for (i = 0; i < len; i++)
		n += sprintf(line + n, " %02x", p[i]);
	line[n++] = '\n';
	sink->offset += len;
	return write_whole(sink->fd, line, n);
}

static int sink_write_line(struct sink *sink, const unsigned char *p,
			   size_t len)
{
	long long number;
	char line[32];
	int n, err;

	if (sink_has_fields(sink))
		return fields_write(sink, p);
	err = sink_write_name(sink);
	if (err)
		return err;
	if (sink->format == FORMAT_HEX)
		return sink_write_hex(sink, p, len);
	memcpy(&number, p, sizeof(number));
	n = sprintf(line, sink->format == FORMAT_I64 ? "%lld\n" : "%llu\n",
		    number);
	return write_whole(sink->fd, line, n);
}

int sink_write(struct sink *sink, const void *bytes, size_t len)
{
	const size_t size = sink_line_size(sink);
	const unsigned char *p = bytes;
	unsigned char *part = sink->part;
	int err = 0;

	if (sink->format == FORMAT_RAW)
		return write_whole(sink->fd, bytes, len);
	if (sink_has_bytes(sink))
		return bytes_write(sink, bytes, len);
	if (sink_has_fields(sink)) {
		if (!sink->row)
			sink->row = malloc(size);
		if (!sink->row)
			return -ENOMEM;
		part = sink->row;
	}
	while (len && !err) {
		size_t n = size - sink->len < len ? size - sink->len : len;

		memcpy(part + sink->len, p, n);
		sink->len += n;
		p += n;
		len -= n;
		if (sink->len < size)
			break;
		sink->len = 0;
		err = sink_write_line(sink, part, size);
	}
	return err;
}

int sink_file(struct sink *sink, const char *name)
{
	sink->name = name;
	sink->offset = 0;
	sink->answers = 0;
	return fields_file(sink);
}

int sink_file_end(struct sink *sink)
{
	sink->files++;
	return fields_file_end(sink);
}

int sink_abandon(struct sink *sink)
{
	bool seen = sink->rows || sink->answers || sink->format == FORMAT_JSON;
	int err = sink_has_bytes(sink)	? bytes_abandon(sink) :
		  sink_has_fields(sink) ? fields_abandon(sink) :
					  0;

	sink->len = 0;
	/* Else the names of columns are still to come. */
	return err || !seen ? err : sink_file_end(sink);
}

int sink_end(struct sink *sink)
{
	size_t len = sink->len;

	if (sink_has_bytes(sink))
		return bytes_end(sink);
	if (!len)
		return sink_has_fields(sink) ? fields_end(sink) : 0;
	if (sink->format != FORMAT_HEX)
		return -EBADMSG;
	sink->len = 0;
	return sink_write_hex(sink, sink->part, len);
}

int sink_close(struct sink *sink)
{
	const char *end = "\n";
	int err = 0;

	if (sink->several)
		end = sink->files ? "]\n" : "[]\n";
	if (sink->format == FORMAT_JSON)
		err = write_whole(sink->fd, end, strlen(end));
	free(sink->row);
	sink->row = NULL;
	return err;
}
