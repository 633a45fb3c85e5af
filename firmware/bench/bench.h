/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* jit_bench: jobs, and the ways in which each is done. */
#ifndef BENCH_H
#define BENCH_H

#include <lambda.h>

#include "formats.h"
#include "platform/posix/sbpf_posix.h"

#define INPUT	1048576u
#define OUTPUT	(4 * INPUT)
#define ROUNDS_MAX	10001
#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

typedef int twin_fn(struct lambda_ctx *ctx);

/**
 * enum way - in which a job is done
 * @SCALAR:    the source compiled for this machine, without vectors
 * @VECTOR:    the same as fast as the compiler can make it
 * @UNCHECKED: translated by the drive's JIT, confined by nothing
 * @GUARDED:   translated by the drive's JIT, confined by the MMU
 * @COMPARE:   translated by the drive's JIT, confined by comparing
 * @BARE:      the code of the kernel's JIT with its checks taken out
 * @KERNEL:    the code of the kernel's JIT
 * @WAYS:      how many there are
 */
enum way { SCALAR, VECTOR, UNCHECKED, GUARDED, COMPARE, BARE, KERNEL, WAYS };

extern const char *const way_names[WAYS];

/**
 * struct job - a program and what it is run on
 * @name:     of the program
 * @twins:    the same source compiled for this machine: SCALAR, VECTOR
 * @in:       input
 * @in_len:   bytes, at most INPUT
 * @args:     arguments
 * @args_len: bytes
 */
struct job {
	const char *name;
	twin_fn *twins[2];
	const __u8 *in;
	__u32 in_len;
	const void *args;
	__u32 args_len;
};

extern const struct job jobs[];
extern const unsigned int nr_jobs;

/*
 * Fills the inputs of all jobs: with the files of a folder, or with what is
 * made up when that is NULL.
 */
void get_inputs(const char *folder);

/**
 * struct bench - a job at work
 * @job:     which
 * @program: loaded and checked
 * @attr:    its data image
 * @jitted:  @program as each mode of the drive's JIT made it
 * @windows: what each translated way runs in
 * @entries: of what the kernel made of it
 * @retval:  what native code returned
 */
struct bench {
	const struct job *job;
	struct sbpf_program program;
	struct lambda_load_attr attr;
	struct sbpf_program jitted[WAYS];
	struct sbpf_window windows[WAYS];
	void *entries[WAYS];
	__s32 retval;
};

/* Whether the job can be done in this way. */
bool has_way(const struct bench *b, enum way way);

/* Readies all ways, and takes everything back. */
void set_up(struct bench *b);
void tear_down(struct bench *b);

/*
 * Does the job once; SCALAR, which goes first, says what output is right.
 * Returns seconds of processor time.
 */
double run_way(struct bench *b, enum way way);

/* Bytes of code, from its entry on, that samples tell apart. */
#define SAMPLE_MAX	65536

/*
 * Does the job for a while. Returns how often each byte of the kernel's code
 * was the one at work.
 */
const __u32 *sample(struct bench *b, enum way way, double seconds);

__attribute__((noreturn)) void die(const char *what, const char *why);

#endif /* BENCH_H */
