// SPDX-License-Identifier: GPL-2.0-only
/* One way to the answer: first to see what comes of it, then by the clock. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "bench.h"

static const unsigned int flags[BENCH_METHODS] = {
	[BENCH_HOST] = LAMBDA_IO_HOST,
	[BENCH_DEVICE] = LAMBDA_IO_DEVICE | LAMBDA_IO_NO_FALLBACK,
};

/* A run that is under way. */
struct bench_pass {
	struct bench *bench;
	enum bench_method method;
	struct bench_row *row;
	bool hash;
	unsigned int reason;
};

static unsigned long long bench_row_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

/* FNV-1a, which is not timed. */
static int bench_row_take_answer(void *data, const void *bytes, size_t len)
{
	struct bench_pass *pass = data;
	const unsigned char *p = bytes;
	size_t i;

	if (!pass->hash)
		return 0;
	pass->row->answer += len;
	for (i = 0; i < len; i++)
		pass->row->hash = (pass->row->hash ^ p[i]) * 0x100000001b3ull;
	return 0;
}

static int bench_row_note_request(void *data,
				  const struct lambda_request *request)
{
	struct bench_pass *pass = data;
	struct run *run = &pass->bench->run;

	pass->reason = request->io->result.reason;
	progress_note(&run->progress, request);
	return 0;
}

static int bench_row_run(struct bench_pass *pass,
			 const struct lambda_engine *engine, char *why,
			 size_t size)
{
	struct run *run = &pass->bench->run;
	struct lambda_run_attr attr = run_asked_attr(run);
	int err;

	if (pass->method == BENCH_LOCAL)
		attr.flags |= LAMBDA_RUN_LOCAL;
	attr.io_flags = flags[pass->method];
	attr.output = bench_row_take_answer;
	attr.request = bench_row_note_request;
	attr.data = pass;
	attr.engine = engine;
	attr.jobs = pass->row->jobs;
	run->total = (struct lambda_run_total){ .size = sizeof(run->total) };
	progress_begin(&run->progress);
	progress_file(&run->progress, bench_table_name(pass->method),
		      run->offset);
	err = lambda_program__run(run->loaded.prog, run->loaded.fd, run->file,
				  &attr, why, size);
	progress_clear(&run->progress);
	return err;
}

/* A pass by native code; what is mapped is, and let go, within its time. */
static int bench_row_run_native(struct bench_pass *pass, char *why, size_t size)
{
	struct bench_engine native;
	struct lambda_engine engine;
	int err = bench_engine_begin(&native, pass->bench,
				     pass->method == BENCH_MMAP);

	bench_engine_fill(&native, &engine);
	if (err)
		snprintf(why, size, "%s", strerror(-err));
	else
		err = bench_row_run(pass, &engine, why, size);
	bench_engine_end(&native);
	if (err == -ECANCELED)
		snprintf(why, size, "the native code returned %d",
			 native.failed);
	return err;
}

static int bench_row_pass(struct bench_pass *pass)
{
	char *why = pass->row->why;
	size_t size = sizeof(pass->row->why);

	if (pass->method >= BENCH_READ)
		return bench_row_run_native(pass, why, size);
	return bench_row_run(pass, NULL, why, size);
}

/* Rounds of one state. What fails now did not before, and leaves no figure. */
static void bench_row_time(struct bench_pass *pass, int state)
{
	struct bench *bench = pass->bench;
	unsigned long long begin, took;
	long long i;
	int err = 0;

	for (i = 0; i < bench->rounds && !err; i++) {
		if (state == BENCH_COLD && !bench_cold_drop(bench))
			return;
		begin = bench_row_now();
		err = bench_row_pass(pass);
		took = bench_row_now() - begin;
		if (!err && (!i || took < pass->row->ns[state]))
			pass->row->ns[state] = took;
	}
	if (err)
		pass->row->there = false;
}

/* What is known before anything is tried. False: it cannot be measured. */
static bool bench_row_prepare(struct bench *bench, enum bench_method method)
{
	struct bench_row *row = &bench->rows[method];

	row->jobs = bench->run.jobs;
	row->hash = 0xcbf29ce484222325ull;
	if (method <= BENCH_AUTO)
		return bench->run.loaded.fd >= 0;
	if (method == BENCH_LOCAL)
		return true;
	if (!bench->native.run)
		snprintf(row->why, sizeof(row->why), "%s", bench->native.why);
	else if (method == BENCH_MMAP && !bench->bytes)
		snprintf(row->why, sizeof(row->why), "nothing is mapped");
	else if (bench->native.initial)
		row->jobs = 1;
	return !*row->why;
}

void bench_row_measure(struct bench *bench, enum bench_method method)
{
	struct bench_row *row = &bench->rows[method];
	struct bench_pass pass = { bench, method, row, true, 0 };
	int state;

	if (!bench_row_prepare(bench, method))
		return;
	row->err = bench_row_pass(&pass);
	row->there = !row->err;
	if (row->err == -EOPNOTSUPP && method == BENCH_DEVICE)
		snprintf(row->why, sizeof(row->why), "%s",
			 summary_reason(pass.reason));
	if (!row->there)
		return;
	if (method == BENCH_LOCAL)
		bench->bytes = bench->run.total.in_bytes;
	pass.hash = false;
	for (state = 0; row->there && state < BENCH_STATES; state++)
		bench_row_time(&pass, state);
}
