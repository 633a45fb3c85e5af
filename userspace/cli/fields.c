// SPDX-License-Identifier: GPL-2.0-only
/* Output by the names of its fields: for people, as JSON, and as CSV. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sink.h"

/* The text of a row while it is put together; @lost when memory is. */
struct text {
	char *bytes;
	size_t len, room;
	bool lost;
};

static void put_bytes(struct text *text, const char *bytes, size_t len)
{
	if (text->len + len > text->room) {
		size_t room = (text->len + len) * 2;
		char *more = realloc(text->bytes, room);

		if (!more) {
			text->lost = true;
			return;
		}
		text->bytes = more;
		text->room = room;
	}
	memcpy(text->bytes + text->len, bytes, len);
	text->len += len;
}

__attribute__((format(printf, 2, 3)))
static void put(struct text *text, const char *fmt, ...)
{
	char small[128];
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(small, sizeof(small), fmt, args);
	va_end(args);
	put_bytes(text, small, (size_t)len < sizeof(small) ?
			  (size_t)len : sizeof(small) - 1);
}

static void put_string(struct text *text, const char *string)
{
	put_bytes(text, string, strlen(string));
}

/* Elements */

/* Bytes that mean nothing here are hexadecimal digits. */
static void put_hex(struct text *text, const unsigned char *bytes, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		put(text, "%02x", bytes[i]);
}

static void put_quoted(struct text *text, enum format format, const char *string)
{
	put(text, "\"");
	for (; *string; string++) {
		unsigned char c = *string;

		if (format == FORMAT_CSV && c == '"')
			put(text, "\"\"");
		else if (format == FORMAT_CSV)
			put_bytes(text, string, 1);
		else if (c == '"' || c == '\\')
			put(text, "\\%c", c);
		else if (c < 0x20)
			put(text, "\\u%04x", c);
		else
			put_bytes(text, string, 1);
	}
	put(text, "\"");
}

/* What does nothing to a terminal, and is UTF-8. */
static void put_safe(struct text *text, enum format format, const char *string)
{
	size_t size = lambda_printable(string, NULL, 0) + 1;
	char *safe = malloc(size);

	if (!safe) {
		text->lost = true;
		return;
	}
	lambda_printable(string, safe, size);
	if (format == FORMAT_JSON ||
	    (format == FORMAT_CSV && strpbrk(safe, "\",\n\r")))
		put_quoted(text, format, safe);
	else
		put_string(text, safe);
	free(safe);
}

static void put_chars(struct text *text, enum format format,
		      const struct lambda_field *field,
		      const unsigned char *row)
{
	char *string = strndup((const char *)row + field->offset,
			       field->count);

	if (string)
		put_safe(text, format, string);
	else
		text->lost = true;
	free(string);
}

static void put_element(struct text *text, enum format format,
			const struct lambda_field *field,
			const unsigned char *row, __u32 i)
{
	const struct lambda_enumerator *known;
	const char *quote = format == FORMAT_JSON ? "\"" : "";
	__s64 value;

	if (field->kind == LAMBDA_KIND_BYTES) {
		put_string(text, quote);
		put_hex(text, row + field->offset + (size_t)i * field->size,
			field->size);
		put_string(text, quote);
		return;
	}
	value = lambda_field__number(field, row, i);
	known = lambda_field__value(field, value);
	if (known) {
		put_string(text, quote);
		put_string(text, known->brief);
		put_string(text, quote);
	} else if (field->kind == LAMBDA_KIND_CHAR && value > ' ' &&
		   value < 0x7f) {
		const char letter[] = { value, '\0' };

		put_safe(text, format, letter);
	} else if (field->kind == LAMBDA_KIND_BOOL && format == FORMAT_JSON) {
		put_string(text, value ? "true" : "false");
	} else if (field->kind == LAMBDA_KIND_UINT) {
		put(text, "%llu", (unsigned long long)value);
	} else {
		put(text, "%lld", (long long)value);
	}
}

static void put_field(struct text *text, enum format format,
		      const struct lambda_field *field,
		      const unsigned char *row)
{
	const char *between = format == FORMAT_JSON ? ", " :
			      format == FORMAT_CSV ? "," : " ";
	__u32 i;

	if (field->kind == LAMBDA_KIND_CHAR && field->array) {
		put_chars(text, format, field, row);
		return;
	}
	if (field->array && format == FORMAT_JSON)
		put(text, "[");
	for (i = 0; i < field->count; i++) {
		if (i)
			put_string(text, between);
		put_element(text, format, field, row, i);
	}
	if (field->array && format == FORMAT_JSON)
		put(text, "]");
}

/* Rows */

static bool is_struct(const struct lambda_layout *layout)
{
	return layout->nr_fields != 1 || *layout->fields->name;
}

static void put_json(struct text *text, const struct sink *sink,
		     const unsigned char *row)
{
	const struct lambda_layout *layout = sink->layout;
	__u32 i;

	if (!is_struct(layout)) {
		put_field(text, FORMAT_JSON, layout->fields, row);
		return;
	}
	put(text, "{");
	for (i = 0; i < layout->nr_fields; i++) {
		if (i)
			put(text, ", ");
		put_quoted(text, FORMAT_JSON, layout->fields[i].name);
		put(text, ": ");
		put_field(text, FORMAT_JSON, &layout->fields[i], row);
	}
	put(text, "}");
}

/* A column for each element, strings being one. */
static void put_names(struct text *text, const struct sink *sink,
		      const char *between)
{
	const struct lambda_layout *layout = sink->layout;
	__u32 i, k;

	if (sink->name) {
		put(text, "file");
		put_string(text, between);
	}
	for (i = 0; i < layout->nr_fields; i++) {
		const struct lambda_field *field = &layout->fields[i];
		const char *name = *field->name ? field->name : "value";
		bool string = field->kind == LAMBDA_KIND_CHAR && field->array;

		for (k = 0; k < (string ? 1 : field->count); k++) {
			if (i || k)
				put_string(text, between);
			put_string(text, name);
			if (field->array && !string)
				put(text, "[%u]", k);
		}
	}
	put(text, "\n");
}

static void put_row(struct text *text, const struct sink *sink,
		    const unsigned char *row)
{
	const char *between = sink->format == FORMAT_CSV ? "," : "\t";
	const struct lambda_layout *layout = sink->layout;
	__u32 i;

	if (sink->name) {
		put_safe(text, sink->format, sink->name);
		put_string(text, is_struct(layout) ? between :
				 sink->format == FORMAT_CSV ? "," : ":");
	}
	for (i = 0; i < layout->nr_fields; i++) {
		if (i)
			put_string(text, between);
		put_field(text, sink->format, &layout->fields[i], row);
	}
	put(text, "\n");
}

/* One that stands alone: a line for each field, its name before it. */
static void put_lines(struct text *text, const struct sink *sink,
		      const unsigned char *row)
{
	const struct lambda_layout *layout = sink->layout;
	int widest = 0, len;
	__u32 i;

	for (i = 0; i < layout->nr_fields; i++) {
		len = strlen(layout->fields[i].name);
		if (len > widest)
			widest = len;
	}
	for (i = 0; i < layout->nr_fields; i++) {
		const char *name = layout->fields[i].name;

		if (sink->name) {
			put_safe(text, FORMAT_FIELDS, sink->name);
			put(text, ":");
		}
		put_string(text, name);
		if (*name)
			put(text, "%*s", widest + 2 - (int)strlen(name), "");
		put_field(text, FORMAT_FIELDS, &layout->fields[i], row);
		put(text, "\n");
	}
}

/* The names of columns stand above all files. */
static bool is_first(const struct sink *sink)
{
	return !sink->rows && !sink->answers && !sink->files;
}

static void before_row(struct text *text, const struct sink *sink)
{
	if (sink->format == FORMAT_JSON) {
		if (!sink->rows && sink->answers)
			put(text, ",\n");
		if (sink->layout->rows)
			put(text, sink->rows ? ",\n" : "[");
	} else if (sink->format == FORMAT_CSV) {
		if (is_first(sink))
			put_names(text, sink, ",");
	} else if (sink->layout->rows) {
		if (is_first(sink) && is_struct(sink->layout))
			put_names(text, sink, "\t");
	} else if (!is_first(sink) && is_struct(sink->layout)) {
		put(text, "\n");
	}
}

static int write_text(const struct sink *sink, struct text *text)
{
	int err = text->lost ? -ENOMEM :
			       write_whole(sink->fd, text->bytes, text->len);

	free(text->bytes);
	return err;
}

int fields_write(struct sink *sink, const unsigned char *row)
{
	struct text text = { 0 };

	if (sink->rows && !sink->layout->rows)
		return -EBADMSG;
	before_row(&text, sink);
	if (sink->format == FORMAT_JSON)
		put_json(&text, sink, row);
	else if (sink->format == FORMAT_CSV || sink->layout->rows)
		put_row(&text, sink, row);
	else
		put_lines(&text, sink, row);
	sink->rows++;
	return write_text(sink, &text);
}

int fields_end(struct sink *sink)
{
	struct text text = { 0 };

	if (!sink->rows && !sink->layout->rows)
		return -EBADMSG;
	if (sink->format == FORMAT_JSON) {
		if (!sink->rows)
			before_row(&text, sink);
		if (sink->layout->rows)
			put(&text, "]");
	} else if (is_first(sink) &&
		   (sink->format == FORMAT_CSV || is_struct(sink->layout))) {
		put_names(&text, sink, sink->format == FORMAT_CSV ? "," : "\t");
	}
	sink->rows = 0;
	sink->answers++;
	return write_text(sink, &text);
}

int fields_file(struct sink *sink)
{
	struct text text = { 0 };

	if (sink->format != FORMAT_JSON)
		return 0;
	if (sink->name) {
		put(&text, sink->files ? ",\n{\"file\": " : "[{\"file\": ");
		put_safe(&text, FORMAT_JSON, sink->name);
		put(&text, ", \"answer\": ");
	}
	if (sink->each)
		put(&text, "[");
	return write_text(sink, &text);
}

int fields_file_end(struct sink *sink)
{
	struct text text = { 0 };

	if (sink->format != FORMAT_JSON)
		return 0;
	if (sink->each)
		put(&text, "]");
	if (sink->name)
		put(&text, "}");
	return write_text(sink, &text);
}

int sink_close(struct sink *sink)
{
	int err = 0;

	if (sink->format == FORMAT_JSON)
		err = sink->name ? write_whole(sink->fd, "]\n", 2) :
				   write_whole(sink->fd, "\n", 1);
	free(sink->row);
	sink->row = NULL;
	return err;
}
