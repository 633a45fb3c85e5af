/* SPDX-License-Identifier: GPL-2.0-only */
/* What the command is compared with: programs, files, and how a run may end. */
#ifndef LAMBDA_COMMAND_MODEL_H
#define LAMBDA_COMMAND_MODEL_H

#include <linux/sbpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define POOL_SIZE	(5u << 20)	/* bytes of the largest file */

/* The native versions. */
int wordcount(struct lambda_ctx *ctx);
int stats32(struct lambda_ctx *ctx);
int stats64(struct lambda_ctx *ctx);
int knn(struct lambda_ctx *ctx);
int histogram(struct lambda_ctx *ctx);
int grep(struct lambda_ctx *ctx);
int csvfilter_whole(struct lambda_ctx *ctx);
int rows(struct lambda_ctx *ctx);
int count_rows(struct lambda_ctx *ctx);
int lines(struct lambda_ctx *ctx);
int whole(struct lambda_ctx *ctx);

/* A program, and its native version. */
struct model_program {
	const char *object, *name;
	int (*native)(struct lambda_ctx *ctx);
	size_t record;		/* 0: it declares none */
	bool lines;
	bool strict;		/* a record that is cut is an error */
	const char *args[4];	/* of the command */
	const char *words[4];	/* likewise, by name, behind the object */
	const void *block;	/* the same for the native version */
	size_t block_len;
};

extern const struct model_program model_programs[];
extern const size_t model_nr_programs;

/* Bytes of a file and the answer over them. */
struct model_answer {
	ssize_t len;		/* negative: the program returns an error */
	unsigned char *bytes;
};

/* Runs the native version. The answer is valid until the next call. */
struct model_answer model_answer(const struct model_program *program,
				 const void *in, size_t len, off_t offset);

/* POOL_SIZE bytes of one of a few kinds, always the same. */
const unsigned char *model_pool(unsigned int kind);
#define MODEL_POOLS	4

/* A small generator, so that a seed is a run on any machine. */
uint64_t model_random(void);
void model_seed(uint64_t seed);
uint64_t below(uint64_t n);
bool chance(unsigned int percent);

#endif /* LAMBDA_COMMAND_MODEL_H */
