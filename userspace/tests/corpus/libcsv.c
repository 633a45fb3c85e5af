// SPDX-License-Identifier: GPL-2.0-only
// package: libcsv
// sources: libcsv.c
// flags: -I.
// input: csv 128K
/* Reads a table, with a function for each field and row. */
#include <csv.h>

#include "corpus.h"

struct sums {
	uint64_t fields, rows, bytes;
};

static void count_field(void *text, size_t len, void *data)
{
	struct sums *sums = data;

	sums->fields++;
	sums->bytes += len;
	if (sums->fields % 97 == 0)
		put(text, len);
}

static void count_row(int end, void *data)
{
	struct sums *sums = data;

	(void)end;
	sums->rows++;
}

static void work(const unsigned char *in, size_t len)
{
	struct sums sums = { 0 };
	struct csv_parser parser;

	put64(csv_init(&parser, CSV_APPEND_NULL));
	put64(csv_parse(&parser, in, len, count_field, count_row, &sums));
	put64(csv_fini(&parser, count_field, count_row, &sums));
	csv_free(&parser);
	put(&sums, sizeof(sums));
}
