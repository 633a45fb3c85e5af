// SPDX-License-Identifier: GPL-2.0-only
/* Output by the names of its fields: for people, as JSON, and as CSV. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "sink.h"

/* The text of a row while it is put together; @lost when memory is. */
struct text {
	char *bytes;
	size_t len, room;
	bool lost;
};

static void fields_put_bytes(struct text *text, const char *bytes, size_t len)
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

__attribute__((format(printf, 2, 3))) static void
fields_put(struct text *text, const char *fmt, ...)
{
	char small[128];
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(small, sizeof(small), fmt, args);
	va_end(args);
	fields_put_bytes(text, small,
			 (size_t)len < sizeof(small) ? (size_t)len :
						       sizeof(small) - 1);
}

static void fields_put_string(struct text *text, const char *string)
{
	fields_put_bytes(text, string, strlen(string));
}

/* Elements */

/* Bytes that mean nothing here are hexadecimal digits. */
static void fields_put_hex(struct text *text, const unsigned char *bytes,
			   size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		fields_put(text, "%02x", bytes[i]);
}

static void fields_put_quoted(struct text *text, enum format format,
			      const char *string)
{
	fields_put(text, "\"");
	for (; *string; string++) {
		unsigned char c = *string;

		if (format == FORMAT_CSV && c == '"')
			fields_put(text, "\"\"");
		else if (format == FORMAT_CSV)
			fields_put_bytes(text, string, 1);
		else if (c == '"' || c == '\\')
			fields_put(text, "\\%c", c);
		else if (c < 0x20)
			fields_put(text, "\\u%04x", c);
		else
			fields_put_bytes(text, string, 1);
	}
	fields_put(text, "\"");
}

/* What does nothing to a terminal, and is UTF-8. */
static void fields_put_safe(struct text *text, enum format format,
			    const char *string)
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
		fields_put_quoted(text, format, safe);
	else
		fields_put_string(text, safe);
	free(safe);
}

static void fields_put_chars(struct text *text, enum format format,
			     const struct lambda_field *field,
			     const unsigned char *row)
{
	char *string = strndup((const char *)row + field->offset,
			       field->count);

	if (string)
		fields_put_safe(text, format, string);
	else
		text->lost = true;
	free(string);
}

static void fields_put_element(struct text *text, enum format format,
			       const struct lambda_field *field,
			       const unsigned char *row, __u32 i)
{
	const struct lambda_enumerator *known;
	const char *quote = format == FORMAT_JSON ? "\"" : "";
	__s64 value;

	if (field->kind == LAMBDA_KIND_BYTES) {
		fields_put_string(text, quote);
		fields_put_hex(text,
			       row + field->offset + (size_t)i * field->size,
			       field->size);
		fields_put_string(text, quote);
		return;
	}
	value = lambda_field__number(field, row, i);
	known = lambda_field__value(field, value);
	if (known) {
		fields_put_string(text, quote);
		fields_put_string(text, known->brief);
		fields_put_string(text, quote);
	} else if (field->kind == LAMBDA_KIND_CHAR && value > ' ' &&
		   value < 0x7f) {
		const char letter[] = { value, '\0' };

		fields_put_safe(text, format, letter);
	} else if (field->kind == LAMBDA_KIND_BOOL && format == FORMAT_JSON) {
		fields_put_string(text, value ? "true" : "false");
	} else if (field->kind == LAMBDA_KIND_UINT) {
		fields_put(text, "%llu", (unsigned long long)value);
	} else {
		fields_put(text, "%lld", (long long)value);
	}
}

static void fields_put_field(struct text *text, enum format format,
			     const struct lambda_field *field,
			     const unsigned char *row)
{
	const char *between = format == FORMAT_JSON ? ", " :
			      format == FORMAT_CSV ? "," : " ";
	__u32 i;

	if (field->kind == LAMBDA_KIND_CHAR && field->array) {
		fields_put_chars(text, format, field, row);
		return;
	}
	if (field->array && format == FORMAT_JSON)
		fields_put(text, "[");
	for (i = 0; i < field->count; i++) {
		if (i)
			fields_put_string(text, between);
		fields_put_element(text, format, field, row, i);
	}
	if (field->array && format == FORMAT_JSON)
		fields_put(text, "]");
}

/* Rows */

static bool fields_is_struct(const struct lambda_layout *layout)
{
	return layout->nr_fields != 1 || *layout->fields->name;
}

static void fields_put_json(struct text *text, const struct sink *sink,
			    const unsigned char *row)
{
	const struct lambda_layout *layout = sink->layout;
	__u32 i;

	if (!fields_is_struct(layout)) {
		fields_put_field(text, FORMAT_JSON, layout->fields, row);
		return;
	}
	fields_put(text, "{");
	for (i = 0; i < layout->nr_fields; i++) {
		if (i)
			fields_put(text, ", ");
		fields_put_quoted(text, FORMAT_JSON, layout->fields[i].name);
		fields_put(text, ": ");
		fields_put_field(text, FORMAT_JSON, &layout->fields[i], row);
	}
	fields_put(text, "}");
}

/* A column for each element, strings being one. */
static void fields_put_names(struct text *text, const struct sink *sink,
			     const char *between)
{
	const struct lambda_layout *layout = sink->layout;
	__u32 i, k;

	if (sink->name) {
		fields_put(text, "file");
		fields_put_string(text, between);
	}
	for (i = 0; i < layout->nr_fields; i++) {
		const struct lambda_field *field = &layout->fields[i];
		const char *name = *field->name ? field->name : "value";
		bool string = field->kind == LAMBDA_KIND_CHAR && field->array;

		for (k = 0; k < (string ? 1 : field->count); k++) {
			if (i || k)
				fields_put_string(text, between);
			fields_put_string(text, name);
			if (field->array && !string)
				fields_put(text, "[%u]", k);
		}
	}
	fields_put(text, "\n");
}

static void fields_put_row(struct text *text, const struct sink *sink,
			   const unsigned char *row)
{
	const char *between = sink->format == FORMAT_CSV ? "," : "\t";
	const struct lambda_layout *layout = sink->layout;
	__u32 i;

	if (sink->name) {
		fields_put_safe(text, sink->format, sink->name);
		fields_put_string(text, fields_is_struct(layout)   ? between :
					sink->format == FORMAT_CSV ? "," :
								     ":");
	}
	for (i = 0; i < layout->nr_fields; i++) {
		if (i)
			fields_put_string(text, between);
		fields_put_field(text, sink->format, &layout->fields[i], row);
	}
	fields_put(text, "\n");
}

/* One that stands alone: a line for each field, its name before it. */
static void fields_put_lines(struct text *text, const struct sink *sink,
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
			fields_put_safe(text, FORMAT_FIELDS, sink->name);
			fields_put(text, ":");
		}
		fields_put_string(text, name);
		if (*name)
			fields_put(text, "%*s", widest + 2 - (int)strlen(name),
				   "");
		fields_put_field(text, FORMAT_FIELDS, &layout->fields[i], row);
		fields_put(text, "\n");
	}
}

/* The names of columns stand above all files. */
static bool fields_is_first(const struct sink *sink)
{
	return !sink->rows && !sink->answers && !sink->files;
}

static void fields_before_row(struct text *text, const struct sink *sink)
{
	if (sink->format == FORMAT_JSON) {
		if (!sink->rows && sink->answers)
			fields_put(text, ",\n");
		if (sink->layout->rows)
			fields_put(text, sink->rows ? ",\n" : "[");
	} else if (sink->format == FORMAT_CSV) {
		if (fields_is_first(sink))
			fields_put_names(text, sink, ",");
	} else if (sink->layout->rows) {
		if (fields_is_first(sink) && fields_is_struct(sink->layout))
			fields_put_names(text, sink, "\t");
	} else if (!fields_is_first(sink) && fields_is_struct(sink->layout)) {
		fields_put(text, "\n");
	}
}

static int fields_write_text(const struct sink *sink, struct text *text)
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
	fields_before_row(&text, sink);
	if (sink->format == FORMAT_JSON)
		fields_put_json(&text, sink, row);
	else if (sink->format == FORMAT_CSV || sink->layout->rows)
		fields_put_row(&text, sink, row);
	else
		fields_put_lines(&text, sink, row);
	sink->rows++;
	return fields_write_text(sink, &text);
}

int fields_end(struct sink *sink)
{
	struct text text = { 0 };

	if (!sink->rows && !sink->layout->rows)
		return -EBADMSG;
	if (sink->format == FORMAT_JSON) {
		if (!sink->rows)
			fields_before_row(&text, sink);
		if (sink->layout->rows)
			fields_put(&text, "]");
	} else if (fields_is_first(sink) && (sink->format == FORMAT_CSV ||
					     fields_is_struct(sink->layout))) {
		fields_put_names(&text, sink,
				 sink->format == FORMAT_CSV ? "," : "\t");
	}
	sink->rows = 0;
	sink->answers++;
	return fields_write_text(sink, &text);
}

int fields_abandon(struct sink *sink)
{
	struct text text = { 0 };

	if (sink->format == FORMAT_JSON && sink->rows && sink->layout->rows)
		fields_put(&text, "]");
	else if (sink->format == FORMAT_JSON && !sink->rows && !sink->each)
		fields_put(&text, "null");
	sink->rows = 0;
	return fields_write_text(sink, &text);
}

int fields_file(struct sink *sink)
{
	struct text text = { 0 };

	if (sink->format != FORMAT_JSON)
		return 0;
	if (sink->several)
		fields_put(&text, sink->files ? ",\n" : "[");
	if (sink->name) {
		fields_put(&text, "{\"file\": ");
		fields_put_safe(&text, FORMAT_JSON, sink->name);
		fields_put(&text, ", \"answer\": ");
	}
	if (sink->each)
		fields_put(&text, "[");
	return fields_write_text(sink, &text);
}

int fields_file_end(struct sink *sink)
{
	struct text text = { 0 };

	if (sink->format != FORMAT_JSON)
		return 0;
	if (sink->each)
		fields_put(&text, "]");
	if (sink->name)
		fields_put(&text, "}");
	return fields_write_text(sink, &text);
}
