// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Tables that do not change: all but ORDERS and LINEITEM. */
#include "tpch.h"

enum { TABLE_REGION = 1, TABLE_NATION, TABLE_SUPPLIER, TABLE_PART, TABLE_PARTSUPP,
	TABLE_CUSTOMER };

/* The day @day days after 1970-01-01, of the years that there are. */
void tables_put_date(FILE *to, int day)
{
	static const int length[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int year = 1970, month = 0;

	for (; day >= 365 + !(year % 4); year++)
		day -= 365 + !(year % 4);
	for (; day >= length[month] + (month == 1 && !(year % 4)); month++)
		day -= length[month] + (month == 1 && !(year % 4));
	fprintf(to, "%d-%02d-%02d", year, month + 1, day + 1);
}

void tables_put_money(FILE *to, int64_t cents)
{
	int64_t size = cents < 0 ? -cents : cents;

	fprintf(to, "%s%lld.%02d", cents < 0 ? "-" : "", (long long)size / 100,
		(int)(size % 100));
}

static void tables_put_phone(FILE *to, struct random *random, int nation)
{
	int area = random_in(random, 100, 999), exchange = random_in(random, 100, 999);

	fprintf(to, "%d-%d-%d-%d", nation + 10, area, exchange,
		(int)random_in(random, 1000, 9999));
}

static void tables_regions(const char *folder)
{
	FILE *to = generate_open(folder, "region");

	for (int i = 0; i < words_regions.count; i++) {
		struct random random = random_of(TABLE_REGION, i);

		fprintf(to, "%d|%s|", i, words_regions.word[i]);
		words_put_text(to, &random, 31, 115);
		fputc('\n', to);
	}
	generate_close(to);
	to = generate_open(folder, "nation");
	for (int i = 0; i < words_nations.count; i++) {
		struct random random = random_of(TABLE_NATION, i);

		fprintf(to, "%d|%s|%d|", i, words_nations.word[i], words_region_of[i]);
		words_put_text(to, &random, 31, 114);
		fputc('\n', to);
	}
	generate_close(to);
}

/* Five of 10000 suppliers have complaints, five are recommended. */
static void tables_supplier_comment(FILE *to, struct random *random, int64_t key)
{
	int64_t place = (key * 7919 + 4241) % 10000;
	const char *what = place < 5 ? "Complaints" : "Recommends";

	if (place >= 10) {
		words_put_text(to, random, 25, 100);
		return;
	}
	words_put_text(to, random, 2, 30);
	fputs("Customer", to);
	words_put_text(to, random, 1, 20);
	fputs(what, to);
	words_put_text(to, random, 2, 20);
}

static void tables_suppliers(const char *folder, int64_t suppliers)
{
	FILE *to = generate_open(folder, "supplier");

	for (int64_t key = 1; key <= suppliers; key++) {
		struct random random = random_of(TABLE_SUPPLIER, key);
		int nation = random_in(&random, 0, 24);

		fprintf(to, "%lld|Supplier#%09lld|", (long long)key, (long long)key);
		words_put_address(to, &random);
		fprintf(to, "|%d|", nation);
		tables_put_phone(to, &random, nation);
		fputc('|', to);
		tables_put_money(to, random_in(&random, -99999, 999999));
		fputc('|', to);
		tables_supplier_comment(to, &random, key);
		fputc('\n', to);
	}
	generate_close(to);
}

/* Five different colours. */
static void tables_part_name(FILE *to, struct random *random)
{
	int64_t taken[5];

	for (int i = 0; i < 5; i++) {
		int other = 0;

		taken[i] = random_in(random, 0, words_colours.count - 1);
		while (other < i && taken[other] != taken[i])
			other++;
		if (other < i) {
			i--;
			continue;
		}
		fprintf(to, "%s%s", i ? " " : "", words_colours.word[taken[i]]);
	}
}

static void tables_parts(const char *folder, int64_t suppliers)
{
	FILE *to = generate_open(folder, "part");

	for (int64_t key = 1; key <= suppliers * 20; key++) {
		struct random random = random_of(TABLE_PART, key);
		int maker = random_in(&random, 1, 5);

		fprintf(to, "%lld|", (long long)key);
		tables_part_name(to, &random);
		fprintf(to, "|Manufacturer#%d|Brand#%d%d|", maker, maker,
			(int)random_in(&random, 1, 5));
		for (int i = 0; i < 3; i++)
			fprintf(to, "%s%s", i ? " " : "",
				words_pick(&random, &words_types[i]));
		fprintf(to, "|%d|", (int)random_in(&random, 1, 50));
		fprintf(to, "%s ", words_pick(&random, &words_containers[0]));
		fprintf(to, "%s|", words_pick(&random, &words_containers[1]));
		tables_put_money(to, generate_retail_price(key));
		fputc('|', to);
		words_put_text(to, &random, 5, 22);
		fputc('\n', to);
	}
	generate_close(to);
}

static void tables_parts_of_suppliers(const char *folder, int64_t suppliers)
{
	FILE *to = generate_open(folder, "partsupp");

	for (int64_t i = 0; i < suppliers * 80; i++) {
		struct random random = random_of(TABLE_PARTSUPP, i);
		int64_t part = i / 4 + 1;

		fprintf(to, "%lld|%lld|%d|", (long long)part,
			(long long)generate_supplier_of(part, i % 4, suppliers),
			(int)random_in(&random, 1, 9999));
		tables_put_money(to, random_in(&random, 100, 100000));
		fputc('|', to);
		words_put_text(to, &random, 49, 198);
		fputc('\n', to);
	}
	generate_close(to);
}

static void tables_customers(const char *folder, int64_t suppliers)
{
	FILE *to = generate_open(folder, "customer");

	for (int64_t key = 1; key <= suppliers * 15; key++) {
		struct random random = random_of(TABLE_CUSTOMER, key);
		int nation = random_in(&random, 0, 24);

		fprintf(to, "%lld|Customer#%09lld|", (long long)key, (long long)key);
		words_put_address(to, &random);
		fprintf(to, "|%d|", nation);
		tables_put_phone(to, &random, nation);
		fputc('|', to);
		tables_put_money(to, random_in(&random, -99999, 999999));
		fprintf(to, "|%s|", words_pick(&random, &words_segments));
		words_put_text(to, &random, 29, 116);
		fputc('\n', to);
	}
	generate_close(to);
}

void tables_base(const char *folder, int64_t suppliers)
{
	tables_regions(folder);
	tables_suppliers(folder, suppliers);
	tables_parts(folder, suppliers);
	tables_parts_of_suppliers(folder, suppliers);
	tables_customers(folder, suppliers);
}
