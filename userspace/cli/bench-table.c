// SPDX-License-Identifier: GPL-2.0-only
/* What lambda bench has measured, for people and as JSON. */
#include <stdio.h>

#include "bench.h"
#include "json.h"

static const struct {
	const char *name, *what;
} methods[BENCH_METHODS] = {
	[BENCH_HOST] = { "host", "λ in the kernel" },
	[BENCH_DEVICE] = { "device", "λ in the drive" },
	[BENCH_AUTO] = { "auto", "λ where the kernel likes" },
	[BENCH_LOCAL] = { "local", "λ in this process" },
	[BENCH_READ] = { "read", "native code, by read()" },
	[BENCH_MMAP] = { "mmap", "native code, by mmap()" },
};

static const char *const states[BENCH_STATES] = { "cached", "cold" };

const char *bench_table_name(enum bench_method method)
{
	return methods[method].name;
}

static void bench_table_print_figure(const struct bench *bench,
				     unsigned long long ns)
{
	if (ns)
		printf("  %9.1f %8.1f", ns / 1e6, bench->bytes * 1e3 / ns);
	else
		printf("  %9s %8s", "-", "-");
}

/* Whether a row came to what this process came to. */
static bool bench_table_is_equal(const struct bench *bench,
				 const struct bench_row *row)
{
	const struct bench_row *local = &bench->rows[BENCH_LOCAL];

	return row->hash == local->hash && row->answer == local->answer;
}

static void bench_table_print_row(const struct bench *bench, int method)
{
	const struct bench_row *row = &bench->rows[method];
	int state;

	printf("%-7s", methods[method].name);
	if (!row->there) {
		print(stdout, "  not measured: %s\n", row->why);
		return;
	}
	for (state = 0; state < BENCH_STATES; state++)
		bench_table_print_figure(bench, row->ns[state]);
	printf("  %s", methods[method].what);
	if (row->jobs != bench->run.jobs)
		fputs(", one request at a time since it has globals", stdout);
	if (!bench_table_is_equal(bench, row))
		fputs(", WITH ANOTHER ANSWER", stdout);
	putchar('\n');
}

void bench_table_print(const struct bench *bench)
{
	int method;

	print(stdout, "%s over %s: %llu bytes, --jobs=%lld, the shortest time of %lld\n",
	      lambda_program__name(bench->run.loaded.prog), bench->run.path,
	      bench->bytes, bench->run.jobs, bench->rounds);
	printf("\n%-7s  %9s %8s  %9s %8s\n%-7s  %9s %8s  %9s %8s\n", "",
	       states[BENCH_CACHED], "", states[BENCH_COLD], "", "", "ms",
	       "MB/s", "ms", "MB/s");
	for (method = 0; method < BENCH_METHODS; method++)
		bench_table_print_row(bench, method);
	if (*bench->warm_only)
		print(stdout, "not measured cold: %s\n", bench->warm_only);
}

static void bench_table_put_row(struct json *json, const struct bench *bench,
				int method)
{
	const struct bench_row *row = &bench->rows[method];
	int state;

	json_begin(json, NULL, '{');
	json_text(json, "method", methods[method].name);
	json_count(json, "jobs", row->jobs);
	for (state = 0; state < BENCH_STATES; state++) {
		if (row->there && row->ns[state])
			json_real(json, states[state], row->ns[state] / 1e9);
		else
			json_text(json, states[state], NULL);
	}
	if (row->there)
		json_flag(json, "equal", bench_table_is_equal(bench, row));
	else
		json_text(json, "equal", NULL);
	json_text(json, "why", row->there ? NULL : row->why);
	json_end(json, '}');
}

void bench_table_print_json(const struct bench *bench)
{
	struct json json = { .to = stdout };
	int method;

	json_begin(&json, NULL, '{');
	json_text(&json, "program",
		  lambda_program__name(bench->run.loaded.prog));
	json_text(&json, "file", bench->run.path);
	json_count(&json, "bytes", bench->bytes);
	json_count(&json, "rounds", bench->rounds);
	json_flag(&json, "equal", bench->equal);
	json_begin(&json, "rows", '[');
	for (method = 0; method < BENCH_METHODS; method++)
		bench_table_put_row(&json, bench, method);
	json_end(&json, ']');
	json_text(&json, "warm_only", *bench->warm_only ? bench->warm_only :
							  NULL);
	json_end(&json, '}');
	json_done(&json);
}
