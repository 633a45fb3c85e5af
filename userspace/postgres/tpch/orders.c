// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* ORDERS and LINEITEM, and the sets of both that the refresh functions take. */
#include "tpch.h"

#define ORDERS_LINES_MAX 7

enum { ORDERS_TABLE = 16, ORDERS_REFRESH };

struct orders_line {
	int64_t part, supplier, price;
	int quantity, discount, tax;
	int shipped, committed, received;
	char flag, status;
	struct random rest;
};

struct orders_file {
	FILE *orders, *lines;
	int64_t suppliers;
};

/*
 * Of 32 keys in a row the first eight are those of the table, the next eight of
 * the orders that come later.
 */
static int64_t orders_key(int64_t number, int later)
{
	return number / 8 * 32 + number % 8 + 1 + later * 8;
}

static void orders_make_line(struct orders_line *line, struct random *random,
			     int ordered, int64_t suppliers)
{
	line->part = random_in(random, 1, suppliers * 20);
	line->supplier = generate_supplier_of(line->part, random_in(random, 0, 3),
					      suppliers);
	line->quantity = random_in(random, 1, 50);
	line->price = line->quantity * generate_retail_price(line->part);
	line->discount = random_in(random, 0, 10);
	line->tax = random_in(random, 0, 8);
	line->shipped = ordered + random_in(random, 1, 121);
	line->committed = ordered + random_in(random, 30, 90);
	line->received = line->shipped + random_in(random, 1, 30);
	line->flag = line->received > DATE_CURRENT ? 'N' :
		     random_in(random, 0, 1) ? 'R' : 'A';
	line->status = line->shipped > DATE_CURRENT ? 'O' : 'F';
	line->rest = *random;
	/* What is yet to be drawn for this line is its own. */
	(void)random_in(random, 0, 1);
}

static void orders_put_line(FILE *to, struct orders_line *line, int64_t key, int number)
{
	fprintf(to, "%lld|%lld|%lld|%d|%d|", (long long)key, (long long)line->part,
		(long long)line->supplier, number, line->quantity);
	tables_put_money(to, line->price);
	fprintf(to, "|0.%02d|0.%02d|%c|%c|", line->discount, line->tax, line->flag,
		line->status);
	tables_put_date(to, line->shipped);
	fputc('|', to);
	tables_put_date(to, line->committed);
	fputc('|', to);
	tables_put_date(to, line->received);
	fprintf(to, "|%s", words_pick(&line->rest, &words_instructs));
	fprintf(to, "|%s|", words_pick(&line->rest, &words_modes));
	words_put_text(to, &line->rest, 10, 43);
	fputc('\n', to);
}

/* With a tax, less a discount, of each line to the cent. */
static int64_t orders_total(const struct orders_line *line, int count)
{
	int64_t total = 0;

	for (int i = 0; i < count; i++)
		total += (line[i].price * (100 - line[i].discount) *
			  (100 + line[i].tax) + 5000) / 10000;
	return total;
}

static char orders_status(const struct orders_line *line, int count)
{
	int open = 0;

	for (int i = 0; i < count; i++)
		open += line[i].status == 'O';
	return open == 0 ? 'F' : open == count ? 'O' : 'P';
}

/* A third of the customers never orders. */
static int64_t orders_customer(struct random *random, int64_t suppliers)
{
	int64_t key;

	do {
		key = random_in(random, 1, suppliers * 15);
	} while (key % 3 == 0);
	return key;
}

static void orders_put(struct orders_file *to, struct random random, int64_t key)
{
	int64_t customer = orders_customer(&random, to->suppliers);
	int ordered = random_in(&random, DATE_FIRST, DATE_LAST - 151);
	int count = random_in(&random, 1, ORDERS_LINES_MAX);
	struct orders_line line[ORDERS_LINES_MAX];
	int64_t clerks = to->suppliers / 10;

	for (int i = 0; i < count; i++) {
		orders_make_line(&line[i], &random, ordered, to->suppliers);
		orders_put_line(to->lines, &line[i], key, i + 1);
		random.state += line[i].rest.state;
	}
	fprintf(to->orders, "%lld|%lld|%c|", (long long)key, (long long)customer,
		orders_status(line, count));
	tables_put_money(to->orders, orders_total(line, count));
	fputc('|', to->orders);
	tables_put_date(to->orders, ordered);
	fprintf(to->orders, "|%s|", words_pick(&random, &words_priorities));
	fprintf(to->orders, "Clerk#%09lld|0|", (long long)random_in(&random, 1, clerks));
	words_put_text(to->orders, &random, 19, 78);
	fputc('\n', to->orders);
}

void orders_base(const char *folder, int64_t suppliers)
{
	struct orders_file to = { generate_open(folder, "orders"),
		generate_open(folder, "lineitem"), suppliers };

	for (int64_t i = 0; i < suppliers * 150; i++)
		orders_put(&to, random_of(ORDERS_TABLE, i), orders_key(i, 0));
	generate_close(to.orders);
	generate_close(to.lines);
}

/* Orders that RF1 adds, and keys of those that RF2 takes away. */
void orders_refresh(const char *folder, int64_t suppliers, int set)
{
	int64_t count = suppliers * 3 / 20, first = count * (set - 1);
	struct orders_file to = { .suppliers = suppliers };
	char name[64];
	FILE *gone;

	snprintf(name, sizeof(name), "orders.%d", set);
	to.orders = generate_open(folder, name);
	snprintf(name, sizeof(name), "lineitem.%d", set);
	to.lines = generate_open(folder, name);
	snprintf(name, sizeof(name), "delete.%d", set);
	gone = generate_open(folder, name);
	for (int64_t i = first; i < first + count; i++) {
		orders_put(&to, random_of(ORDERS_REFRESH, i),
			   orders_key(i % (suppliers * 150), 1));
		fprintf(gone, "%lld\n",
			(long long)orders_key(i % (suppliers * 150), 0));
	}
	generate_close(to.orders);
	generate_close(to.lines);
	generate_close(gone);
}
