// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* A log of a web server, and a table of many columns of which most are null. */
#include "tpch.h"

enum { OTHERS_LOG = 32, OTHERS_WIDE };

#define OTHERS_LOG_ROWS		20	/* for each supplier */
#define OTHERS_WIDE_ROWS	5
#define OTHERS_WIDE_COLUMNS	40

static const char *const others_level[] = { "info", "info", "info", "warn", "error" };

void others_log(const char *folder, int64_t suppliers)
{
	static const int status[] = { 200, 200, 200, 200, 304, 404, 500, 503 };
	FILE *to = generate_open(folder, "log");

	for (int64_t i = 0; i < suppliers * OTHERS_LOG_ROWS; i++) {
		struct random random = random_of(OTHERS_LOG, i);
		int second = i % 86400;

		tables_put_date(to, DATE_FIRST + i / 86400);
		fprintf(to, " %02d:%02d:%02d|web%02d.example.org", second / 3600,
			second / 60 % 60, second % 60, (int)random_in(&random, 1, 12));
		fprintf(to, "|%s", others_level[random_in(&random, 0, 4)]);
		fprintf(to, "|%d|", status[random_in(&random, 0, 7)]);
		if (random_in(&random, 0, 9))
			fprintf(to, "%d", (int)random_in(&random, 0, 100000));
		else
			fputs("\\N", to);
		fprintf(to, "|GET /%s/", words_pick(&random, &words_colours));
		fprintf(to, "%s?id=%d ", words_pick(&random, &words_colours),
			(int)random_in(&random, 1, 1000000));
		words_put_text(to, &random, 10, 160);
		fputc('\n', to);
	}
	generate_close(to);
}

/* Of a type that goes by its number: see schema.sql. */
static void others_put_value(FILE *to, struct random *random, int column)
{
	switch (column % 5) {
	case 0:
		fprintf(to, "%d", (int)random_in(random, -1000, 1000));
		break;
	case 1:
		tables_put_money(to, random_in(random, -100000, 100000));
		break;
	case 2:
		tables_put_date(to, random_in(random, DATE_FIRST, DATE_LAST));
		break;
	case 3:
		fputs(words_pick(random, &words_colours), to);
		break;
	default:
		fputc("tf"[random_in(random, 0, 1)], to);
	}
}

void others_wide(const char *folder, int64_t suppliers)
{
	FILE *to = generate_open(folder, "wide");

	for (int64_t i = 0; i < suppliers * OTHERS_WIDE_ROWS; i++) {
		struct random random = random_of(OTHERS_WIDE, i);

		fprintf(to, "%lld", (long long)i);
		for (int column = 0; column < OTHERS_WIDE_COLUMNS; column++) {
			fputc('|', to);
			/* Some rows have all of them. */
			if (i % 3 && random_in(&random, 0, 99) < 2 * column)
				fputs("\\N", to);
			else
				others_put_value(to, &random, column);
		}
		fputc('\n', to);
	}
	generate_close(to);
}
