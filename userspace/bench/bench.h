/* SPDX-License-Identifier: GPL-2.0-only */
/* lambda-bench: what its parts share. */
#ifndef LAMBDA_BENCH_H
#define LAMBDA_BENCH_H

#include <lambda.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define THREADS_MAX	64
#define OBJECTS_DEFAULT	"/usr/lib/lambda"

typedef int twin_fn(struct lambda_ctx *ctx);

/**
 * struct job - a λ program and what it is run on
 * @name:   of the program
 * @file:   input or, for a write, the file that is written
 * @twin:   the same source compiled for this machine
 * @out:    output bytes for @per bytes of the file, at most
 * @per:    bytes
 * @extra:  output bytes beside that
 * @expand: for a write: bytes of the file for one byte of input, which comes
 *          from @source; 0 for a read
 * @source: input of a write
 * @args:   arguments
 * @args_len: bytes
 */
struct job {
	const char *name;
	const char *file;
	twin_fn *twin;
	unsigned int out;
	unsigned int per;
	unsigned int extra;
	unsigned int expand;
	const char *source;
	const void *args;
	size_t args_len;
};

/* The job of that name, or NULL. */
const struct job *find_job(const char *name);

/* Fills in the arguments that depend on input in @folder. */
int prepare_jobs(const char *folder);

/**
 * enum way - in which requests are made
 * @UB: read() or write() and native code
 * @UD: the same past the page cache
 * @UM: mmap() and native code
 * @K:  a λ in the host's kernel
 * @D:  a λ in the drive
 * @A:  a λ where the kernel likes
 * @C:  a λ on both sides at once, a part of each request on either
 */
enum way { UB, UD, UM, K, D, A, C, WAYS };

extern const char *const way_names[WAYS];

/**
 * struct point - requests that are made and measured together
 * @id:      for the one who reads the result
 * @job:     what is done
 * @way:     how
 * @file:    of @job, or another
 * @size:    bytes of the file that a request reads or writes
 * @count:   requests
 * @start:   where in the file the first begins
 * @stride:  from one to the next
 * @cached:  percent of each request that the page cache holds, from its start
 * @threads: that make requests, each one at a time
 * @rounds:  how often all requests are made, each time with the cache anew
 * @trace:   tell how far predictions were off
 * @warm:    requests before, which are not measured: one by itself, or rounds
 *           until there were so many
 * @keep:    leave the cache as those before left it
 * @mark:    make a system call that a debugger can wait for before and after
 * @beside:  what another process does meanwhile, which is the point on the next
 *           line of the list or on the one before; empty for a point by itself
 * @period:  requests of the disk's profiling period, or 0 to leave it and
 *           @probes as they are
 * @probes:  how many of them the disk may send to the slower side
 */
struct point {
	char id[64];
	const struct job *job;
	enum way way;
	char file[256];
	size_t size;
	size_t count;
	off_t start;
	off_t stride;
	unsigned int cached;
	unsigned int threads;
	unsigned int rounds;
	size_t warm;
	bool trace;
	bool keep;
	bool mark;
	char beside[64];
	unsigned int period;
	unsigned int probes;
};

/**
 * struct request - one request and what came of it
 * @offset:  in the file
 * @in:      input of a write
 * @in_len:  bytes
 * @out:     room for the output of a read
 * @out_cap: bytes of output, at most
 * @out_len: bytes of output
 * @ns:      it took
 * @io:      what the kernel said of a λ
 */
struct request {
	off_t offset;
	const unsigned char *in;
	size_t in_len;
	unsigned char *out;
	size_t out_cap;
	size_t out_len;
	unsigned long long ns;
	struct lambda_io io;
};

/**
 * struct work - a point at work
 * @point:    which
 * @requests: point->count of them
 * @fd:       of the file, for this way
 * @plain:    of the file, for the page cache
 * @map:      of the file, for UM
 * @map_len:  bytes
 * @lambda:   handle, or -1
 * @object:   that @program is of
 * @program:  for messages
 * @input:    of a write
 * @output:   of all reads
 * @buffers:  of each thread: input of a native read, output of a native write
 * @ns:       all requests together took
 * @beside:   where the processes of a pair wait for each other, or NULL
 * @period:   that the disk had, or 0 if it still has it
 * @probes:   likewise, where @period is not 0
 */
struct work {
	const struct point *point;
	struct request *requests;
	int fd;
	int plain;
	unsigned char *map;
	size_t map_len;
	int lambda;
	struct lambda_object *object;
	struct lambda_program *program;
	unsigned char *input;
	unsigned char *output;
	unsigned char *buffers[THREADS_MAX];
	unsigned long long ns;
	pthread_barrier_t *beside;
	unsigned int period;
	unsigned int probes;
};

#define MISSES_MAX	4096

/* By how many thousandths of what it took each prediction was off. */
struct misses {
	size_t count;
	int permille[MISSES_MAX];
};

/* From here on requests are traced. */
int start_trace(void);

/* Adds what was traced. */
int read_trace(struct misses *m);

/* Opens files, loads the λ, gets memory: all that is not measured. */
int open_work(struct work *w, const char *folder, const char *objects);
int close_work(struct work *w);

/* Makes one request in the point's way; the thread has the buffer @buf. */
int make_request(struct work *w, struct request *r, unsigned char *buf);

/* Makes sure that all that was written is on the medium. */
int settle(struct work *w);

/* Tells the disk how the point wants it to choose a side, or as before. */
int tell_disk(struct work *w);
int tell_disk_again(struct work *w);

/* Waits for the other process of a pair, where there is one. */
void meet(const struct work *w);

/* Empties the page cache and puts into it what the point wants there. */
int set_cache(struct work *w);

/* Measures a point and prints it; waits for whoever is @beside, or NULL. */
int run_point(const struct point *p, const char *folder, const char *objects,
	      pthread_barrier_t *beside);

/* The head of what is printed of points. */
void print_columns(void);

/* Measures each point of a list; prints a line of CSV for each. */
int run_list(const char *list, const char *folder, const char *objects);

/* Prints the code that the kernel made of each program in @objects. */
int print_jit(const char *objects);

/* Prints what some things take that processors are good or bad at. */
int print_worth(const char *file);

unsigned long long now_ns(void);

/* Says what is wrong; returns -1. */
__attribute__((format(printf, 1, 2)))
int fail(const char *fmt, ...);

#endif /* LAMBDA_BENCH_H */
