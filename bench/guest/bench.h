/* SPDX-License-Identifier: GPL-2.0-only */
/* lambda-bench: what its parts share. */
#ifndef LAMBDA_BENCH_H
#define LAMBDA_BENCH_H

#include <lambda.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "jobs.h"

#define THREADS_MAX	64

struct io_uring;

#define OBJECTS_DEFAULT	"/usr/lib/lambda"

/* Fills in the arguments that depend on input in @folder. */
int guest_inputs_prepare(const char *folder);

/**
 * enum method - how requests are made
 * @METHOD_READ:   read() or write() and native code
 * @METHOD_DIRECT: the same past the page cache
 * @METHOD_MMAP:   mmap() and native code
 * @METHOD_HOST:   a λ in the host's kernel, which is the first of those with one
 * @METHOD_DRIVE:  a λ in the drive
 * @METHOD_AUTO:   a λ where the kernel likes
 * @METHOD_BOTH:   a λ on both sides at once, a part of each request on either
 * @METHOD_RING_HOST: as METHOD_HOST, by one thread with a ring
 * @METHOD_RING_DRIVE: as METHOD_DRIVE, likewise
 * @NR_METHODS:    how many there are
 */
enum method {
	METHOD_READ,
	METHOD_DIRECT,
	METHOD_MMAP,
	METHOD_HOST,
	METHOD_DRIVE,
	METHOD_AUTO,
	METHOD_BOTH,
	METHOD_RING_HOST,
	METHOD_RING_DRIVE,
	NR_METHODS,
};

extern const char *const method_names[NR_METHODS];

/**
 * struct point - requests that are made and measured together
 * @id:      for the one who reads the result
 * @job:     what is done
 * @method:  how
 * @file:    of @job, or another
 * @size:    bytes of the file that a request reads or writes
 * @count:   requests
 * @start:   where in the file the first begins
 * @stride:  from one to the next
 * @cached:  percent of each request that the page cache holds, from its start
 * @threads: that make requests, each one at a time; of a ring, requests that one
 *           has under way
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
	enum method method;
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
 * @fd:       of the file, for this method
 * @plain:    of the file, for the page cache
 * @map:      of the file, for METHOD_MMAP
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
 * @ring:     through which requests are made, or NULL
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
	struct io_uring *ring;
};

#define MISSES_MAX	4096

/* By how many thousandths of what it took each prediction was off. */
struct misses {
	size_t count;
	int permille[MISSES_MAX];
};

/**
 * struct outcome - what the requests of a point came to
 * @hash:        of all output
 * @ns:          all rounds took, from the first request to the last
 * @out:         bytes of output
 * @host:        requests that the host ran
 * @device:      that the drive ran
 * @both:        that were divided
 * @profiled:    that were sent to a side to get to know it
 * @ns_requests: what each took by itself, added up
 * @ns_profiled: likewise of those profiled
 * @longest:     nanoseconds of one
 * @p99:         nanoseconds within which 99 of 100 were through
 * @media:       what the kernel said of them: nanoseconds that media,
 * @link:        link
 * @compute:     and processors were busy with them
 * @bytes_media: bytes that crossed either
 * @bytes_link:  likewise
 * @misses:      of predictions, where they were traced
 */
struct outcome {
	uint64_t hash;
	unsigned long long ns, out, host, device, both, profiled;
	unsigned long long ns_requests, ns_profiled, longest, p99;
	unsigned long long media, link, compute, bytes_media, bytes_link;
	struct misses misses;
};

/* From here on requests are traced. */
int guest_trace_start(void);

/* Adds what was traced. */
int guest_trace_read(struct misses *m);

/* Opens files, loads the λ, gets memory: all that is not measured. */
int work_open(struct work *w, const char *folder, const char *objects);
int work_close(struct work *w);

/* Makes one request by the point's method; the thread has the buffer @buf. */
int guest_method_request(struct work *w, struct request *r, unsigned char *buf);

/* What a λ is asked. */
void guest_method_fill_io(const struct work *w, struct request *r);

/* Judges what it returned; returns 0 or -1. */
int guest_method_ended(const struct work *w, struct request *r, ssize_t done);

/* A ring for the point; makes all requests through it. */
int guest_ring_open(struct work *w);
void guest_ring_close(struct work *w);
int guest_ring_make_requests(struct work *w);

/* Makes sure that all that was written is on the medium. */
int guest_method_sync_output(struct work *w);

/* Tells the disk how the point wants it to choose a side, or as before. */
int guest_disk_tell(struct work *w);
int guest_disk_tell_again(struct work *w);

/* Waits for the other process of a pair, where there is one. */
void work_meet(const struct work *w);

/* Empties the page cache and puts into it what the point wants there. */
int work_set_cache(struct work *w);

/* Measures a point; waits for the process that is @beside, or NULL. */
int measure_point(const struct point *p, const char *folder,
		  const char *objects, pthread_barrier_t *beside,
		  struct outcome *t);

/* The same, and prints it. */
int row_run(const struct point *p, const char *folder, const char *objects,
	    pthread_barrier_t *beside);

/* The head of what is printed of points. */
void row_print_columns(void);

/* Measures each point of a list; prints a line of CSV for each. */
int guest_list_run(const char *list, const char *folder, const char *objects);

/* Does all jobs over the demo's data and compares the results. */
int demo_run(const char *folder, const char *objects);

/* Prints the code that the kernel made of each program in @objects. */
int dump_print(const char *objects);

/* Prints what some things take that processors are good or bad at. */
int calibrate_print(const char *file);

static inline unsigned long long now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

/* Says what is wrong; returns -1. */
__attribute__((format(printf, 1, 2)))
int fail(const char *fmt, ...);

#endif /* LAMBDA_BENCH_H */
