/* SPDX-License-Identifier: GPL-2.0-only */
/* What the demo does: jobs, each of which is done in three ways. */
#ifndef LAMBDA_DEMO_H
#define LAMBDA_DEMO_H

#include <lambda.h>
#include <stdbool.h>

/* Bytes of input of one request, in all three ways. */
#define BATCH		1048576

typedef int twin_fn(struct lambda_ctx *ctx);

/**
 * struct job - one λ program over one file
 * @name:    of the program
 * @file:    of the input, in the demo's folder
 * @twin:    the same source compiled for this machine
 * @out_cap: output a request may have
 * @lines:   requests end after a newline
 * @write:   the output goes to a file; the input is in memory
 * @args:    arguments
 * @args_len: bytes
 */
struct job {
	const char *name;
	const char *file;
	twin_fn *twin;
	size_t out_cap;
	bool lines;
	bool write;
	const void *args;
	size_t args_len;
};

/**
 * struct data - a job's input, cut into requests, and where its output goes
 * @path:   of the input
 * @fd:     of the input
 * @size:   of the input
 * @ends:   where each request ends
 * @count:  of requests
 * @lambda: the handle
 * @prog:   what it was loaded from
 * @input:  with @job->write: the whole input
 * @out:    room for all output
 * @file:   with @job->write: the file that is written
 */
struct data {
	const struct job *job;
	char path[4096];
	int fd;
	size_t size;
	size_t *ends;
	size_t count;
	int lambda;
	struct lambda_object *obj;
	struct lambda_program *prog;
	unsigned char *input;
	unsigned char *out;
	int file;
};

/**
 * struct result - what one way of doing a job brought
 * @seconds: it took
 * @len:     bytes of output
 * @hash:    of the output
 */
struct result {
	double seconds;
	size_t len;
	unsigned long long hash;
};

/* The jobs; the list ends with one that has no name. */
extern struct job jobs[];

/* Fills in what arguments depend on the input in @folder. */
int jobs_prepare(const char *folder);

enum way {
	WAY_LAMBDA,
	WAY_READ,
	WAY_MMAP,
	NR_WAYS,
};

/*
 * Does the job in one way; the output is in data->out or data->file. Returns
 * its length, or -1 after a message. With @sync what was written must be on
 * the disk.
 */
ssize_t do_job(struct data *data, enum way way, bool sync);

/* Says what is wrong; returns -1. */
__attribute__((format(printf, 1, 2)))
int fail(const char *fmt, ...);

#endif /* LAMBDA_DEMO_H */
