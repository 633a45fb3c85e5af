// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a clock that counts instructions makes of things that take a processor
 * more or less: the same loops, to be run where time is counted and where it
 * passes. A line has the name of a thing, what it is counted by, nanoseconds.
 */
#include <errno.h>
#include <fcntl.h>
#include <immintrin.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"

#define COPY	1048576u
#define MEMORY	(32 * COPY)
#define TURNS	32
#define LINES	(MEMORY / 64)
#define CALLS	4096

static uint64_t *memory, *other;

/* The compiler has to think that the value is wanted. */
static void calibrate_use(uint64_t value)
{
	asm volatile("" : : "r" (value));
}

/* What a processor can hold near itself, several times over. */
static double calibrate_sum_scalar(void)
{
	uint64_t sum = 0;
	size_t turn, k;

	for (turn = 0; turn < TURNS; turn++) {
		for (k = 0; k < COPY / 8; k++) {
			sum += memory[k];
			/* One at a time. */
			asm volatile("" : "+r" (sum));
		}
	}
	return TURNS * COPY / 8;
}

__attribute__((target("avx2"))) static double calibrate_sum_vector(void)
{
	__m256i sum = _mm256_setzero_si256();
	size_t turn, k;

	for (turn = 0; turn < TURNS; turn++) {
		for (k = 0; k < COPY / 8; k += 4) {
			sum = _mm256_add_epi64(sum, _mm256_loadu_si256((void *)
							(memory + k)));
			asm volatile("" : "+x" (sum));
		}
	}
	return TURNS * COPY / 8;
}

static double calibrate_copy_string(void)
{
	void *to = other, *from = memory;
	size_t len = COPY;

	asm volatile("rep movsb" : "+D" (to), "+S" (from), "+c" (len)
		     : : "memory");
	return COPY;
}

static double calibrate_copy_library(void)
{
	memcpy(other, memory, COPY);
	asm volatile("" : : "r" (other) : "memory");
	return COPY;
}

/* A permutation of all cache lines that is one cycle. */
static void calibrate_lay_chain(void)
{
	size_t k;

	for (k = 0; k < LINES; k++)
		other[k * 8] = (k * 40501 + 12345) % LINES * 8;
}

static double calibrate_chase(void)
{
	uint64_t at = 0;
	size_t k;

	for (k = 0; k < LINES; k++)
		at = other[at];
	calibrate_use(at);
	return LINES;
}

static double calibrate_touch_pages(void)
{
	char *mem = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t at;

	if (mem == MAP_FAILED)
		return 0;
	madvise(mem, MEMORY, MADV_NOHUGEPAGE);
	for (at = 0; at < MEMORY; at += 4096)
		mem[at] = 1;
	munmap(mem, MEMORY);
	return MEMORY / 4096;
}

static int file = -1;

static double calibrate_read_cached(void)
{
	return pread(file, other, COPY, 0) == COPY ? COPY : 0;
}

static double calibrate_call_kernel(void)
{
	int k;

	for (k = 0; k < CALLS; k++)
		syscall(SYS_getppid);
	return CALLS;
}

static const struct thing {
	const char *name;
	const char *unit;
	double (*func)(void);
	void (*prepare)(void);
} things[] = {
	{ "scalar sum", "64-bit word", calibrate_sum_scalar, NULL },
	{ "AVX2 sum", "64-bit word", calibrate_sum_vector, NULL },
	{ "rep movsb", "byte", calibrate_copy_string, NULL },
	{ "memcpy()", "byte", calibrate_copy_library, NULL },
	{ "cached pread()", "byte", calibrate_read_cached, NULL },
	{ "dependent load in 32 MiB", "load", calibrate_chase, calibrate_lay_chain },
	{ "page fault", "page", calibrate_touch_pages, NULL },
	{ "system call", "call", calibrate_call_kernel, NULL },
};

static int calibrate_measure(const struct thing *thing)
{
	unsigned long long start;
	double amount;

	if (thing->prepare)
		thing->prepare();
	/* Once for caches, page tables and whatever else remembers. */
	thing->func();
	start = now_ns();
	amount = thing->func();
	start = now_ns() - start;
	if (amount == 0)
		return fail("%s: %s", thing->name, strerror(errno));
	printf("%s,%s,%.4f\n", thing->name, thing->unit, start / amount);
	return 0;
}

int calibrate_print(const char *path)
{
	size_t k;

	file = open(path, O_RDONLY | O_CLOEXEC);
	memory = aligned_alloc(4096, MEMORY);
	other = aligned_alloc(4096, MEMORY);
	if (file < 0 || !memory || !other)
		return fail("%s: %s", path, strerror(errno));
	memset(memory, 1, MEMORY);
	memset(other, 1, MEMORY);
	puts("thing,unit,ns");
	for (k = 0; k < ARRAY_SIZE(things); k++)
		if (calibrate_measure(&things[k]))
			return -1;
	return 0;
}
