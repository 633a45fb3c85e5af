// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Rows of TPC-H's tables after the specification, as PostgreSQL's COPY reads them
 * with | between columns: the tables, and sets of orders for the refresh functions.
 * The same call writes the same bytes.
 */
#include "tpch.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define GENERATE_TEXT_MAX (300 << 20)

FILE *generate_open(const char *folder, const char *name)
{
	char path[4096];
	FILE *to;

	snprintf(path, sizeof(path), "%s/%s.tbl", folder, name);
	to = fopen(path, "w");
	if (!to) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		exit(1);
	}
	return to;
}

void generate_close(FILE *to)
{
	int failed = ferror(to);

	if (fclose(to) || failed) {
		fprintf(stderr, "rows could not be written: %s\n", strerror(errno));
		exit(1);
	}
}

int64_t generate_retail_price(int64_t part)
{
	return 90000 + part / 10 % 20001 + 100 * (part % 1000);
}

/* Supplier @i, of 4, of a part. */
int64_t generate_supplier_of(int64_t part, int i, int64_t suppliers)
{
	return (part + i * (suppliers / 4 + (part - 1) / suppliers)) % suppliers + 1;
}

static int generate_usage(void)
{
	fprintf(stderr, "generate SCALE FOLDER SETS\n"
		"writes TPC-H's tables of that scale factor, from 0.01 on, into FOLDER,\n"
		"and so many SETS of orders for the refresh functions\n");
	return 2;
}

int main(int argc, char **argv)
{
	double scale = argc == 4 ? strtod(argv[1], NULL) : 0;
	int64_t suppliers = llround(scale * 10000);
	size_t text = scale * GENERATE_TEXT_MAX;

	if (suppliers < 100 || suppliers > 10000000)
		return generate_usage();
	/* The specification has 300 MiB of it, whatever the scale. */
	words_make_text(text < 16 << 20 ? 16 << 20 :
			text > GENERATE_TEXT_MAX ? GENERATE_TEXT_MAX : text);
	tables_base(argv[2], suppliers);
	orders_base(argv[2], suppliers);
	for (int set = 1; set <= atoi(argv[3]); set++)
		orders_refresh(argv[2], suppliers, set);
	others_log(argv[2], suppliers);
	others_wide(argv[2], suppliers);
	return 0;
}
