/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* TPC-H's data: what the files of the generator share. */
#ifndef TPCH_H
#define TPCH_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* random.c: a stream of its own for each row of each table */
struct random {
	uint64_t state;
};

struct random random_of(unsigned int table, uint64_t row);
int64_t random_in(struct random *random, int64_t least, int64_t most);

/* words.c: the specification's lists, and text by its grammar */
struct words {
	const char *const *word;
	int count;
};

extern const struct words words_colours, words_containers[2], words_instructs;
extern const struct words words_modes, words_priorities, words_segments;
extern const struct words words_types[3], words_regions, words_nations;
extern const int words_region_of[];

const char *words_pick(struct random *random, const struct words *words);
void words_make_text(size_t size);
void words_put_text(FILE *to, struct random *random, int least, int most);
void words_put_address(FILE *to, struct random *random);

/* tables.c: the tables, at a scale of @scale rows of SUPPLIER */
#define DATE_FIRST	8035	/* 1992-01-01, in days since 1970 */
#define DATE_CURRENT	9298	/* 1995-06-17 */
#define DATE_LAST	10591	/* 1998-12-31 */

void tables_put_date(FILE *to, int day);
void tables_put_money(FILE *to, int64_t cents);
void tables_base(const char *folder, int64_t suppliers);

/* orders.c: what RF1 adds and RF2 takes away as well */
void orders_base(const char *folder, int64_t suppliers);
void orders_refresh(const char *folder, int64_t suppliers, int set);

/* others.c: tables that are not TPC-H's */
void others_log(const char *folder, int64_t suppliers);
void others_wide(const char *folder, int64_t suppliers);

FILE *generate_open(const char *folder, const char *name);
void generate_close(FILE *to);
int64_t generate_retail_price(int64_t part);
int64_t generate_supplier_of(int64_t part, int i, int64_t suppliers);

#endif
