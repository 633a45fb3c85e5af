/* SPDX-License-Identifier: GPL-2.0-only */
/* A table that is as wide as there is room for: columns that do not fit go. */
#ifndef LAMBDA_CLI_TABLE_H
#define LAMBDA_CLI_TABLE_H

#include <stdbool.h>
#include <stdio.h>

/* As many as a table has at most. */
#define TABLE_COLUMNS	16

/**
 * struct column - one of a table
 * @title: above it
 * @width: characters, negative where they begin at the left; longer texts move
 *         what follows, unless @cut
 * @drop:  the column with the largest goes first; one with 0 stays
 * @cut:   longer texts lose their end
 */
struct column {
	const char *title;
	int width;
	unsigned int drop;
	bool cut;
};

/**
 * struct page - where tables go
 * @to:   written to
 * @room: characters of a line, and lines that are longer are cut; 0: no end
 * @bold: titles are shown so
 */
struct page {
	FILE *to;
	unsigned int room;
	bool bold;
};

/**
 * struct table - a table while it is written
 * @columns: its columns, to one without a title
 * @count:   of them
 * @page:    where it goes
 * @shown:   which columns there is room for
 */
struct table {
	const struct column *columns;
	size_t count;
	struct page page;
	bool shown[TABLE_COLUMNS];
};

/* Begins a table, with as many columns as @page has room for. */
void cli_table_begin(struct table *table, const struct column *columns,
		     const struct page *page);

/* Writes the titles. */
void cli_table_titles(struct table *table);

/* Writes a line of @cells, of which those that are NULL are empty. */
void cli_table_row(struct table *table, const char *const *cells);

/* Writes a line of text, made harmless. */
__attribute__((format(printf, 2,
		      3))) void cli_table_line(const struct page *page,
							  const char *fmt, ...);

/* Characters that a text takes on a terminal. */
unsigned int cli_table_text_width(const char *text);

#endif /* LAMBDA_CLI_TABLE_H */
