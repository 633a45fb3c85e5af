// SPDX-License-Identifier: GPL-2.0-only
/* Tables as wide as there is room for. */
#include <lambda.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "cli.h"
#include "table.h"

#define LINE	2048

/* Bytes of the character at @at, which takes @width columns. */
static size_t cli_table_char_bytes(const char *at, unsigned int *width)
{
	wchar_t wide;
	size_t len = 1;
	int columns;

	while (((unsigned char)at[len] & 0xc0) == 0x80)
		len++;
	/* Of UTF-8 a locale of single bytes knows nothing: it is shown as ASCII. */
	*width = MB_CUR_MAX > 1 ? 1 : speak_ascii_width(at, len);
	if (MB_CUR_MAX > 1 && mbtowc(&wide, at, len) > 0) {
		columns = wcwidth(wide);
		*width = columns < 0 ? 1 : columns;
	}
	return len;
}

unsigned int cli_table_text_width(const char *text)
{
	unsigned int width = 0, one;

	while (*text) {
		text += cli_table_char_bytes(text, &one);
		width += one;
	}
	return width;
}

/* Bytes of the characters that @room columns have room for. */
static size_t cli_table_bytes_of(const char *text, unsigned int room)
{
	const char *at = text;
	unsigned int one;
	size_t len;

	while (*at) {
		len = cli_table_char_bytes(at, &one);
		if (one > room)
			break;
		room -= one;
		at += len;
	}
	return at - text;
}

static int cli_table_line_bytes(unsigned int room, const char *text)
{
	return room ? cli_table_bytes_of(text, room) : strlen(text);
}

void cli_table_line(const struct page *page, const char *fmt, ...)
{
	char text[LINE], safe[LINE * 4];
	va_list args;
	size_t len;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	len = strlen(text);
	if (len && text[len - 1] == '\n')
		text[len - 1] = '\0';
	lambda_printable(text, safe, sizeof(safe));
	fprintf(page->to, "%.*s\n", cli_table_line_bytes(page->room, safe),
		safe);
}

static unsigned int cli_table_column_width(const struct column *column)
{
	unsigned int least = abs(column->width);

	return least ?: cli_table_text_width(column->title);
}

/* Width of all that are shown, with a blank between two. */
static unsigned int cli_table_width(const struct table *table)
{
	unsigned int width = 0;
	size_t i;

	for (i = 0; i < table->count; i++)
		if (table->shown[i])
			width += cli_table_column_width(&table->columns[i]) +
				 !!width;
	return width;
}

/* Takes one away. False: all that are left have to stay. */
static bool cli_table_drop_one(struct table *table)
{
	size_t i, worst = table->count;

	for (i = 0; i < table->count; i++)
		if (table->shown[i] && table->columns[i].drop &&
		    (worst == table->count ||
		     table->columns[i].drop > table->columns[worst].drop))
			worst = i;
	if (worst == table->count)
		return false;
	table->shown[worst] = false;
	return true;
}

void cli_table_begin(struct table *table, const struct column *columns,
		     const struct page *page)
{
	memset(table, 0, sizeof(*table));
	table->columns = columns;
	table->page = *page;
	while (columns[table->count].title)
		table->shown[table->count++] = true;
	while (page->room && cli_table_width(table) > page->room &&
	       cli_table_drop_one(table))
		;
}

/* A line while it is put together; blanks wait for what follows them. */
struct row {
	char text[LINE];
	size_t len;
	unsigned int blanks;
};

static void cli_table_put_blanks(struct row *row)
{
	while (row->blanks && row->len < LINE - 1) {
		row->text[row->len++] = ' ';
		row->blanks--;
	}
	row->text[row->len] = '\0';
}

static void cli_table_put_cell(struct row *row, const struct column *column,
			       const char *cell)
{
	unsigned int room = cli_table_column_width(column), width, pad;
	char safe[LINE];

	lambda_printable(cell, safe, sizeof(safe));
	if (column->cut)
		safe[cli_table_bytes_of(safe, room)] = '\0';
	width = cli_table_text_width(safe);
	pad = width < room ? room - width : 0;
	if (column->width >= 0)
		row->blanks += pad;
	if (width) {
		cli_table_put_blanks(row);
		row->len += snprintf(row->text + row->len, LINE - row->len,
				     "%s", safe);
		if (row->len >= LINE)
			row->len = LINE - 1;
	}
	if (column->width < 0)
		row->blanks += pad;
}

static void cli_table_make_row(const struct table *table,
			       const char *const *cells, struct row *row)
{
	bool first = true;
	size_t i;

	memset(row, 0, sizeof(*row));
	for (i = 0; i < table->count; i++) {
		if (!table->shown[i])
			continue;
		row->blanks += !first;
		first = false;
		cli_table_put_cell(row, &table->columns[i],
				   cells ? cells[i] ?: "" :
				       table->columns[i].title);
	}
}

static void cli_table_put_row(const struct table *table,
			      const char *const *cells,
			      const char *before, const char *behind)
{
	struct row row;

	cli_table_make_row(table, cells, &row);
	fprintf(table->page.to, "%s%.*s%s\n", before,
		cli_table_line_bytes(table->page.room, row.text), row.text,
		behind);
}

void cli_table_row(struct table *table, const char *const *cells)
{
	cli_table_put_row(table, cells, "", "");
}

void cli_table_titles(struct table *table)
{
	bool bold = table->page.bold;

	cli_table_put_row(table, NULL, bold ? "\033[1m" : "",
			  bold ? "\033[0m" : "");
}
