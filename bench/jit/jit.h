/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* jit-bench: the jobs, and the methods by which each is done. */
#ifndef JIT_H
#define JIT_H

#include <lambda.h>
#include <stdio.h>
#include <stdlib.h>

#include "jobs.h"
#include "platform/posix/sbpf_posix.h"

#define INPUT	1048576u
#define OUTPUT	(4 * INPUT)
#define ROUNDS_MAX	10001

/**
 * enum method - how a job is done
 * @METHOD_SCALAR:    by bench/native compiled for this machine, without vectors
 * @METHOD_VECTOR:    by the same as fast as the compiler can make it
 * @METHOD_OWN:       by the λ's own source, likewise
 * @METHOD_UNCHECKED: translated by the drive's JIT, confined by nothing
 * @METHOD_GUARDED:   translated by the drive's JIT, confined by the MMU
 * @METHOD_COMPARE:   translated by the drive's JIT, confined by comparing
 * @METHOD_BARE:      by the code of the kernel's JIT with its checks taken out
 * @METHOD_KERNEL:    by the code of the kernel's JIT
 * @NR_METHODS:       how many there are
 */
enum method {
	METHOD_SCALAR,
	METHOD_VECTOR,
	METHOD_OWN,
	METHOD_UNCHECKED,
	METHOD_GUARDED,
	METHOD_COMPARE,
	METHOD_BARE,
	METHOD_KERNEL,
	NR_METHODS,
};

extern const char *const method_names[NR_METHODS];

/**
 * struct subject - a program that is timed
 * @name:   of the program and its job
 * @scalar: METHOD_SCALAR of it
 * @own:    METHOD_OWN of it
 */
struct subject {
	const char *name;
	native_fn *scalar;
	native_fn *own;
};

extern const struct subject subjects[];
extern const unsigned int nr_subjects;

/*
 * Fills the inputs of all jobs: with the files of a folder, or with what is
 * made up when that is NULL.
 */
void jit_input_get_all(const char *folder);

/* What of it a job is done over: INPUT bytes or fewer. */
const __u8 *jit_input_get(const struct job *job, __u32 *len);

/**
 * struct bench - a job at work
 * @job:     which
 * @subject: which program
 * @in:      input
 * @in_len:  bytes
 * @program: loaded and checked
 * @attr:    its data image
 * @jitted:  @program as each mode of the drive's JIT made it
 * @windows: what each translated method runs in
 * @entries: of what the kernel made of it
 * @retval:  what native code returned
 */
struct bench {
	const struct job *job;
	const struct subject *subject;
	const __u8 *in;
	__u32 in_len;
	struct sbpf_program program;
	struct lambda_load_attr attr;
	struct sbpf_program jitted[NR_METHODS];
	struct sbpf_window windows[NR_METHODS];
	void *entries[NR_METHODS];
	__s32 retval;
};

/* Whether the job can be done by this method. */
bool jit_method_there_is(const struct bench *b, enum method method);

/* Readies all methods, and takes everything back. */
void jit_method_set_up(struct bench *b);
void jit_method_tear_down(struct bench *b);

/*
 * Does the job once; METHOD_SCALAR, which goes first, says what output is right.
 * Returns seconds of processor time.
 */
double jit_method_run(struct bench *b, enum method method);

/* Bytes of code, from its entry on, that samples tell apart. */
#define SAMPLE_MAX	65536

/*
 * Does the job for a while. Returns how often each byte of the kernel's code
 * was the one at work.
 */
const __u32 *sample(struct bench *b, enum method method, double seconds);

__attribute__((noreturn))
static inline void die(const char *what, const char *why)
{
	fprintf(stderr, "jit-bench: %s: %s\n", what, why);
	exit(1);
}

#endif /* JIT_H */
