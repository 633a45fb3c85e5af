// SPDX-License-Identifier: GPL-2.0-only
/*
 * The demo: each job by three methods, first with an empty page cache and then
 * with all in it, in one table. All results of a job have to be equal.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "bench.h"

/* Bytes of the file of one request. */
#define BATCH	1048576
/* Each is measured this often, and the shortest time is told. */
#define ROUNDS	3

static const enum method methods[] = { METHOD_AUTO, METHOD_READ, METHOD_MMAP };

#define COLUMNS	ARRAY_SIZE(methods)

/* What a job came to: nanoseconds of each cell, cold ones first. */
struct row {
	unsigned long long ns[2][COLUMNS];
	uint64_t hash;
	bool equal;
};

static int demo_init_point(struct point *p, const struct job *job,
			   const char *folder)
{
	char path[4096];
	struct stat st;

	*p = (struct point) {
		.job = job, .size = BATCH, .stride = BATCH,
		.threads = 1, .rounds = 1,
	};
	snprintf(p->id, sizeof(p->id), "%s", job->name);
	snprintf(p->file, sizeof(p->file), "%s", job->file);
	snprintf(path, sizeof(path), "%s/%s", folder, job->file);
	if (stat(path, &st))
		return fail("%s: %s", path, strerror(errno));
	p->count = st.st_size / BATCH;
	return p->count ? 0 : fail("%s: too short", path);
}

static int demo_measure_cell(const struct point *p, const char *folder,
			     const char *objects, unsigned long long *ns,
			     struct row *row)
{
	static struct outcome outcome;
	int round;

	for (round = 0; round < ROUNDS; round++) {
		if (measure_point(p, folder, objects, NULL, &outcome))
			return -1;
		if (!round || outcome.ns < *ns)
			*ns = outcome.ns;
		if (!row->hash)
			row->hash = outcome.hash;
		if (row->hash != outcome.hash || !outcome.out)
			row->equal = false;
	}
	return 0;
}

static void demo_print_row(const struct point *p, const struct row *row)
{
	int warm;
	size_t k;

	printf("%-10s %11zu  %-5s", p->job->name, p->count * p->size,
	       row->equal ? "yes" : "NO");
	for (warm = 1; warm >= 0; warm--)
		for (k = 0; k < COLUMNS; k++)
			printf(" %9.1f", row->ns[warm][k] / 1e6);
	putchar('\n');
	fflush(stdout);
}

static int demo_run_job(const struct job *job, const char *folder,
			const char *objects)
{
	struct row row = { .equal = true };
	struct point p;
	int warm;
	size_t k;

	if (demo_init_point(&p, job, folder))
		return -1;
	/* Cold first, so that the code of all methods has run before. */
	for (warm = 0; warm < 2; warm++) {
		p.cached = warm ? 100 : 0;
		for (k = 0; k < COLUMNS; k++) {
			p.method = methods[k];
			if (demo_measure_cell(&p, folder, objects,
					      &row.ns[warm][k], &row))
				return -1;
		}
	}
	demo_print_row(&p, &row);
	return row.equal ? 0 : -1;
}

static void demo_print_head(void)
{
	printf("Milliseconds over each file in requests of 1 MiB, the shortest of %d runs. λ is\n"
	       "lambda_pread() or lambda_pwrite(), the others read() and mmap() with native\n"
	       "code of bench/native. bitmap writes, to the disk. In an emulated guest times\n"
	       "tell the methods apart; they are no figures of speed.\n\n",
	       ROUNDS);
	printf("%-10s %11s  %-5s %29s %29s\n", "", "", "",
	       "---------- cached ----------", "----------- cold -----------");
	printf("%-10s %11s  %-5s %10s %9s %9s %10s %9s %9s\n", "program",
	       "bytes", "equal", "λ", "read", "mmap", "λ", "read", "mmap");
	fflush(stdout);
}

int demo_run(const char *folder, const char *objects)
{
	int failed = 0;
	size_t k;

	if (guest_inputs_prepare(folder))
		return -1;
	demo_print_head();
	for (k = 0; k < nr_jobs; k++)
		if (!jobs[k].overhead &&
		    demo_run_job(&jobs[k], folder, objects))
			failed++;
	return failed ? fail("%d of the programs failed or gave unequal results",
			     failed) : 0;
}
