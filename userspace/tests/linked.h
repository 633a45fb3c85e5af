/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs linked programs without a kernel, and finds the objects under test. */
#ifndef LAMBDA_TESTS_LINKED_H
#define LAMBDA_TESTS_LINKED_H

#include <lambda.h>

struct request {
	const void *in;
	size_t in_len;
	const void *args;
	size_t args_len;
	unsigned long long offset;
	size_t out_cap;
};

/*
 * Runs @prog over @req as `lambda run --local` does, translated and then
 * interpreted; ends the test if these two differ in anything. The output, zeros
 * behind it, goes to @out, which has room for out_cap bytes. Returns its length
 * or a negative errno, with @io telling how it ended.
 */
ssize_t run_linked(const struct lambda_program *prog, const struct request *req,
		   void *out, struct lambda_io *io);

/* The same by the native version; returns what that returns. */
int run_native(int (*native)(struct lambda_ctx *ctx),
	       const struct request *req, void *out);

/* Path of an object: "programs/NAME" or "tests/NAME" without ".bpf.o". */
const char *object_path(const char *name);

/* Opens an object and links a program of it; ends the test if it cannot. */
struct lambda_program *open_linked(const char *object, const char *name,
				   struct lambda_object **obj);

/* Reads a whole file, with a NUL behind it; ends the test if it cannot. */
void *read_file(const char *path, size_t *size);

#endif /* LAMBDA_TESTS_LINKED_H */
