/* SPDX-License-Identifier: GPL-2.0-only */
/* What lambda bench measures, by what, and what came of it. */
#ifndef LAMBDA_CLI_BENCH_H
#define LAMBDA_CLI_BENCH_H

#include <pthread.h>

#include "run.h"

typedef int native_fn(struct lambda_ctx *ctx);

/**
 * struct bench_native - a program's source, compiled for this processor
 * @handle: its shared library, or NULL
 * @run:    what the program is there
 * @merge:  what its merge program is, or NULL
 * @image_begin: address of the library
 * @image_end: one past it
 * @globals: @len bytes that it writes to, if the program has such
 * @initial: what these are when a λ begins
 * @why:    why there is none
 */
struct bench_native {
	void *handle;
	native_fn *run, *merge;
	unsigned long image_begin, image_end;
	void *globals, *initial;
	size_t len;
	char why[512];
};

/**
 * struct bench_place - what one native request needs, one at a time
 * @next:   one that nothing uses now
 * @buf:    input that was read, @room bytes
 * @heap:   scratch memory
 * @out:    output that it wrote last, of which @dirty bytes may not be 0
 */
struct bench_place {
	struct bench_place *next;
	void *buf, *heap;
	size_t room;
	void *out;
	size_t dirty;
};

/**
 * struct bench_engine - native code as what makes requests
 * @native: it
 * @heap_len: bytes of scratch memory
 * @map:    the file from @from on, where it is not read; else NULL
 * @map_len: bytes of it
 * @lock:   over @free
 * @free:   places that nothing uses
 * @failed: what the native code returned, if it was an error
 */
struct bench_engine {
	const struct bench_native *native;
	size_t heap_len;
	unsigned char *map;
	off_t from;
	size_t map_len;
	pthread_mutex_t lock;
	struct bench_place *free;
	int failed;
};

enum bench_method {
	BENCH_HOST,
	BENCH_DEVICE,
	BENCH_AUTO,
	BENCH_LOCAL,
	BENCH_READ,
	BENCH_MMAP,
	BENCH_METHODS,
};

/* Each is measured with all of the file in the page cache, and with none. */
enum { BENCH_CACHED, BENCH_COLD, BENCH_STATES };

/**
 * struct bench_row - one way to the answer
 * @there:   it can be gone here
 * @ns:      the shortest time of each state; 0: not measured
 * @jobs:    requests at the same time at most
 * @hash:    of the answer
 * @answer:  bytes of that
 * @err:     why not, as lambda_program__run() has it
 * @why:     that, or what is to be known of the figures; or nothing
 */
struct bench_row {
	bool there;
	unsigned long long ns[BENCH_STATES];
	unsigned int jobs;
	unsigned long long hash, answer;
	int err;
	char why[1024];
};

/**
 * struct bench - one command line
 * @run:    what it has in common with lambda run
 * @native_path: where the native code is, or its source; or NULL
 * @rounds: how often each figure is measured
 * @json:   how to print them
 * @native: the native code
 * @rows:   by enum bench_method
 * @bytes:  of input
 * @warm_only: why nothing is measured without the page cache, or nothing
 * @equal:  all answers are
 */
struct bench {
	struct run run;
	const char *native_path;
	long long rounds;
	bool json;
	struct bench_native native;
	struct bench_row rows[BENCH_METHODS];
	unsigned long long bytes;
	char warm_only[256];
	bool equal;
};

/* bench-native.c: finds or compiles it, or says in it why it is not there. */
void bench_native_open(struct bench *bench);
void bench_native_close(struct bench_native *native);

/* bench-engine.c: an engine of native code, over @map or by read(). */
int bench_engine_begin(struct bench_engine *engine, const struct bench *bench,
		       bool map);
void bench_engine_fill(struct bench_engine *engine,
		       struct lambda_engine *to);
void bench_engine_end(struct bench_engine *engine);

/* bench-row.c: measures one. */
void bench_row_measure(struct bench *bench, enum bench_method method);

/* bench-cold.c: takes the range out of the page cache. False: says why not. */
bool bench_cold_drop(struct bench *bench);

/* bench-table.c: all that was measured. */
const char *bench_table_name(enum bench_method method);
void bench_table_print(const struct bench *bench);
void bench_table_print_json(const struct bench *bench);

#endif /* LAMBDA_CLI_BENCH_H */
