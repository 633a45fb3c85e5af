// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cells of a table drawn by a seed: a program, a batch, a number of jobs, a side
 * and a file. lambda run has to give one answer over each, the native version's
 * over the whole file, or the same refusal, in the memory that its manual page
 * promises.
 *
 *	cells SEED FROM COUNT FOLDER SIDE...
 *
 * LAMBDA is the command, BPF_OBJECTS the folder of the objects. One line of TAP a
 * cell.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <formats.h>

#include "cells.h"
#include "test.h"

static const struct csvfilter_args second = {
	.column = 1, .op = CSVFILTER_GE, .value = 500,
};

static const struct knn_args point = { .coord = { 1, -2, 3 } };

static const struct subject subjects[] = {
	{ "stats32", stats32, 4, false, { NULL }, NULL, 0 },
	{ "stats64", stats64, 8, false, { NULL }, NULL, 0 },
	{ "knn", knn, sizeof(struct knn_row), false, { "coord=1,-2,3" },
	  &point, sizeof(point) },
	{ "grep", grep, GREP_ROW, false, { "what=ab" }, "ab", 2 },
	{ "wordcount", wordcount, 1, false, { NULL }, NULL, 0 },
	{ "histogram", histogram, 1, false, { NULL }, NULL, 0 },
	{ "csvfilter", csvfilter_whole, 1, true,
	  { "column=1", "op=GE", "value=500" }, &second, sizeof(second) },
	{ "bitmap", bitmap, 0, false, { NULL }, NULL, 0 },
};

/* A number from 2^@from to 2^@to, of each size as often. */
static uint64_t cells_log_uniform(uint64_t *state, unsigned int from,
				  unsigned int to)
{
	uint64_t top = from + cells_random(state) % (to - from);

	return (1ull << top) + cells_random(state) % (1ull << top);
}

static void cells_draw_size(struct cell *cell, uint64_t *state, uint64_t index)
{
	uint64_t kind = cells_random(state) % 10;

	cell->sparse = index % 37 == 36;
	if (cell->sparse)
		cell->size = CELLS_SPARSE - cells_random(state) % 5000;
	else
		cell->size = kind == 0 ? 0 :
			     cells_log_uniform(state, kind < 4 ? 0 : 12, 26);
	if (!cell->subject->record && !cell->sparse)
		cell->size %= 65536;
	/* Whole rows more often than not. */
	if (cell->subject->record && cells_random(state) % 4)
		cell->size -= cell->size % cell->subject->record;
}

void cells_draw(struct cell *cell, uint64_t seed, uint64_t index,
		char *const *sides, unsigned int nr_sides)
{
	uint64_t state = seed * 0x9e3779b97f4a7c15 + index, least;

	memset(cell, 0, sizeof(*cell));
	cell->subject = &subjects[cells_random(&state) %
				  (sizeof(subjects) / sizeof(*subjects))];
	cells_draw_size(cell, &state, index);
	cell->batch = cells_log_uniform(&state, 0, 26);
	cell->jobs = 1 + cells_random(&state) % 16;
	cell->side = sides[cells_random(&state) % nr_sides];
	cell->content = cells_random(&state);
	/* No more requests than can be waited for. */
	least = cell->size / CELLS_REQUESTS + 1;
	if (cell->batch < least)
		cell->batch = least;
}

/* The command */

static void cells_become_command(const struct cell *cell, const char *in,
				 const char *out, const char *said)
{
	char batch[40], jobs[40], side[40], to[4200], object[4200], *argv[16];
	const char *folder = getenv("BPF_OBJECTS") ?: "/usr/lib/lambda";
	int fd = open(said, O_WRONLY | O_CREAT | O_TRUNC, 0600), n = 0, i;

	snprintf(object, sizeof(object), "%s/programs/%s.bpf.o", folder,
		 cell->subject->name);
	if (access(object, R_OK))
		snprintf(object, sizeof(object), "%s/%s.bpf.o", folder,
			 cell->subject->name);
	snprintf(batch, sizeof(batch), "--batch=%llu",
		 (unsigned long long)cell->batch);
	snprintf(jobs, sizeof(jobs), "--jobs=%u", cell->jobs);
	snprintf(side, sizeof(side), "--side=%s", cell->side);
	snprintf(to, sizeof(to), "--out=%s", out);
	argv[n++] = "lambda";
	argv[n++] = "run";
	argv[n++] = "--print=raw";
	argv[n++] = batch;
	argv[n++] = jobs;
	argv[n++] = strcmp(cell->side, "local") ? side : "--local";
	argv[n++] = to;
	argv[n++] = object;
	for (i = 0; i < 4 && cell->subject->words[i]; i++)
		argv[n++] = (char *)cell->subject->words[i];
	argv[n++] = (char *)in;
	argv[n] = NULL;
	dup2(fd, STDERR_FILENO);
	execvp(getenv("LAMBDA") ?: "lambda", argv);
	_exit(99);
}

static void cells_run(const struct cell *cell, const char *in, const char *out,
		      const char *said, struct outcome *outcome)
{
	struct rusage usage;
	int status;
	pid_t pid;

	unlink(out);
	fflush(stdout);
	pid = fork();
	if (!pid)
		cells_become_command(cell, in, out, said);
	if (wait4(pid, &status, 0, &usage) != pid)
		exit(1);
	outcome->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
	outcome->resident = usage.ru_maxrss * 1024ull;
	cells_read_said(said, outcome->said, sizeof(outcome->said));
}

/* Judging */

/* Of bytes that a request has at most: a row that is longer is not cut. */
static uint64_t cells_input_most(const struct cell *cell,
				 const struct answer *answer)
{
	uint64_t row = cell->subject->record ?: cell->size;

	if (cell->subject->lines)
		row = answer->longest;
	return row > cell->batch ? row : cell->batch;
}

static bool cells_is_refusal(const struct cell *cell,
			     const struct outcome *outcome)
{
	return outcome->status == 1 && cell->size > cell->batch &&
	       strstr(outcome->said, "cannot be run in parts");
}

static const char *cells_judge(const struct cell *cell,
			       const struct answer *answer,
			       const struct outcome *outcome, const char *out)
{
	uint64_t most = cells_input_most(cell, answer), bound;

	if (!cell->subject->record && cell->size > cell->batch)
		return cells_is_refusal(cell, outcome) ? NULL :
							 "not refused";
	if (answer->len < 0)
		return outcome->status == 4 ? NULL : "ended well";
	if (outcome->status)
		return outcome->said;
	if (!cells_file_is(out, answer->bytes, answer->len))
		return "another answer";
	if (most > cell->size)
		most = cell->size;
	bound = cell->jobs * (most + cells_output_most(cell, most)) +
		CELLS_RESIDENT;
	return outcome->resident <= bound ? NULL : "more memory";
}

static void cells_try(uint64_t seed, uint64_t index, const char *folder,
		      char *const *sides, unsigned int nr_sides)
{
	char in[4096], out[4096], said[4096];
	struct outcome outcome = { 0 };
	struct answer answer;
	struct cell cell;
	const char *wrong;

	snprintf(in, sizeof(in), "%s/in", folder);
	snprintf(out, sizeof(out), "%s/out", folder);
	snprintf(said, sizeof(said), "%s/said", folder);
	cells_draw(&cell, seed, index, sides, nr_sides);
	cells_make_file(&cell, in);
	cells_run(&cell, in, out, said, &outcome);
	cells_answer(&cell, in, &answer);
	wrong = cells_judge(&cell, &answer, &outcome, out);
	test_ok(!wrong,
		"cell %llu of seed %llu: %s, %llu bytes, batch %llu, %u jobs, %s, %.1f MiB resident%s%s",
		(unsigned long long)index, (unsigned long long)seed,
		cell.subject->name, (unsigned long long)cell.size,
		(unsigned long long)cell.batch, cell.jobs, cell.side,
		outcome.resident / 1048576.0, wrong ? ": " : "", wrong ?: "");
	fflush(stdout);
	cells_answer_free(&answer);
	unlink(in);
	unlink(out);
	unlink(said);
}

int main(int argc, char **argv)
{
	uint64_t seed, from, count, i;

	if (argc < 6) {
		fprintf(stderr, "cells SEED FROM COUNT FOLDER SIDE...\n");
		return 2;
	}
	seed = strtoull(argv[1], NULL, 0);
	from = strtoull(argv[2], NULL, 0);
	count = strtoull(argv[3], NULL, 0);
	for (i = from; i < from + count; i++)
		cells_try(seed, i, argv[4], argv + 5, argc - 5);
	return test_done();
}
