/* SPDX-License-Identifier: GPL-2.0-only */
/* One cell: what is run over what, and what has to come of it. */
#ifndef LAMBDA_TESTS_CELLS_H
#define LAMBDA_TESTS_CELLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/sbpf.h>
#include <sys/types.h>

#define CELLS_SPARSE	(16ull << 30)
#define CELLS_REQUESTS	10000
/* Of the command beside what its requests have. */
#define CELLS_RESIDENT	(16ull << 20)

typedef int native_fn(struct lambda_ctx *ctx);
native_fn bitmap, csvfilter_whole, grep, histogram, knn, stats32, stats64,
	  wordcount;

/**
 * struct subject - a program
 * @name:     of the program
 * @native:   its native version
 * @record:   bytes of a record; 0: it cannot be run in parts
 * @lines:    it is over lines
 * @words:    arguments by name
 * @args:     the same as bytes, @args_len of them
 */
struct subject {
	const char *name;
	native_fn *native;
	size_t record;
	bool lines;
	const char *words[4];
	const void *args;
	size_t args_len;
};

struct cell {
	const struct subject *subject;
	uint64_t size, batch, content;
	unsigned int jobs;
	const char *side;
	bool sparse;
};

/* How the command ended. */
struct outcome {
	int status;
	uint64_t resident;
	char said[1000];
};

/* What is right: the output, and the longest line of the file. */
struct answer {
	ssize_t len;
	unsigned char *bytes;
	size_t room;
	uint64_t longest;
};

/* SplitMix64 (Steele, Lea, Flood 2014). */
uint64_t cells_random(uint64_t *state);

/* The cell of that seed and index. */
void cells_draw(struct cell *cell, uint64_t seed, uint64_t index,
		char *const *sides, unsigned int nr_sides);

/* Its file. */
void cells_make_file(const struct cell *cell, const char *path);

/* Its answer, by the native version over all of the file at once. */
void cells_answer(const struct cell *cell, const char *path,
		  struct answer *answer);
void cells_answer_free(struct answer *answer);

/* Bytes that a request of @len bytes of input puts out at most. */
uint64_t cells_output_most(const struct cell *cell, uint64_t len);

bool cells_file_is(const char *path, const void *bytes, size_t len);
void cells_read_said(const char *path, char *said, size_t size);

#endif /* LAMBDA_TESTS_CELLS_H */
