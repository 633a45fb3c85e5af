/* SPDX-License-Identifier: GPL-2.0-only */
/* What each λ program is run on, wherever it is measured. */
#ifndef BENCH_JOBS_H
#define BENCH_JOBS_H

#include <linux/sbpf.h>
#include <stdbool.h>
#include <stddef.h>

#include "formats.h"

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

typedef int native_fn(struct lambda_ctx *ctx);

/**
 * struct job - a λ program and what it is run on
 * @name:     of the program
 * @file:     input or, for a write, the file that is written
 * @native:   its source in bench/native compiled for this machine, as fast as it gets
 * @out:      output bytes for @per bytes of the file, at most
 * @per:      bytes
 * @extra:    output bytes beside that
 * @expand:   for a write: bytes of the file for one byte of input, which comes
 *            from @source; 0 for a read
 * @source:   input of a write
 * @args:     arguments
 * @args_len: bytes
 * @overhead: the program does next to nothing: it tells what a request costs
 */
struct job {
	const char *name;
	const char *file;
	native_fn *native;
	unsigned int out;
	unsigned int per;
	unsigned int extra;
	unsigned int expand;
	const char *source;
	const void *args;
	size_t args_len;
	bool overhead;
};

extern const struct job jobs[];
extern const size_t nr_jobs;

/* The job of that name, or NULL. */
const struct job *jobs_find(const char *name);

/* Has knn look for the neighbours of a row, the first of the input. */
void jobs_set_neighbour(const struct knn_row *row);

#endif /* BENCH_JOBS_H */
