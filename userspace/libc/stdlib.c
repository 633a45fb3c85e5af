// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* stdlib.h without the heap and numbers as text; what is small of others. */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "helpers.h"

int errno;

__attribute__((always_inline)) void exit(int status)
{
	lambda_end(LAMBDA_END_EXIT + (status & 0xff));
}

void _Exit(int status)
{
	exit(status);
}

__attribute__((always_inline)) void abort(void)
{
	lambda_end(LAMBDA_END_ABORT);
}

__attribute__((always_inline)) void lambda_assert_failed(void)
{
	lambda_end(LAMBDA_END_ASSERT);
}

__attribute__((always_inline)) void longjmp(jmp_buf env, int value)
{
	(void)env;
	(void)value;
	lambda_end(LAMBDA_END_LONGJMP);
}

/* What clang calls from version 21 on where a path cannot be reached. */
void __bpf_trap(void);

__attribute__((always_inline)) void __bpf_trap(void)
{
	lambda_end(LAMBDA_END_TRAP);
}

time_t time(time_t *ret)
{
	if (ret)
		*ret = -1;
	return -1;
}

int gettimeofday(struct timeval *ret, void *zone)
{
	(void)zone;
	*ret = (struct timeval){ 0 };
	return 0;
}

pid_t getpid(void)
{
	return 1;
}

clock_t clock(void)
{
	return -1;
}

double difftime(time_t end, time_t start)
{
	return end - start;
}

int atexit(void (*function)(void))
{
	(void)function;
	return 0;
}

char *getenv(const char *name)
{
	(void)name;
	return NULL;
}

char *setlocale(int category, const char *name)
{
	(void)category;
	return !name || !*name || (*name == 'C' && !name[1]) ? "C" : NULL;
}

struct lconv *localeconv(void)
{
	static struct lconv c = { .decimal_point = ".", .thousands_sep = "" };

	return &c;
}

int abs(int n)
{
	return n < 0 ? -n : n;
}

long labs(long n)
{
	return n < 0 ? -n : n;
}

long long llabs(long long n)
{
	return n < 0 ? -n : n;
}

intmax_t imaxabs(intmax_t n)
{
	return n < 0 ? -n : n;
}

div_t div(int n, int by)
{
	return (div_t) { n / by, n % by };
}

ldiv_t ldiv(long n, long by)
{
	return (ldiv_t) { n / by, n % by };
}

lldiv_t lldiv(long long n, long long by)
{
	return (lldiv_t) { n / by, n % by };
}

static uint64_t random_state = 1;

void srand(unsigned int seed)
{
	random_state = seed;
}

int rand(void)
{
	random_state = random_state * 6364136223846793005ull +
		       1442695040888963407ull;
	return random_state >> 33;
}

typedef int (*comparison)(const void *a, const void *b);

/* Merges two neighbouring runs of @from, of which the first comes first. */
static void stdlib_merge(char *to, const char *from, size_t left, size_t right,
			 size_t size, comparison compare)
{
	const char *other = from + left * size;

	while (left && right) {
		if (compare(from, other) <= 0) {
			__builtin_memcpy(to, from, size);
			from += size;
			left--;
		} else {
			__builtin_memcpy(to, other, size);
			other += size;
			right--;
		}
		to += size;
	}
	__builtin_memcpy(to, from, left * size);
	__builtin_memcpy(to + left * size, other, right * size);
}

/* All runs of @length elements become half as many of twice as many. */
static void stdlib_merge_runs(char *to, const char *from, size_t length,
			      size_t count, size_t size, comparison compare)
{
	size_t at, left, right;

	for (at = 0; at < count; at += left + right) {
		left = count - at < length ? count - at : length;
		right = count - at - left < length ? count - at - left : length;
		stdlib_merge(to + at * size, from + at * size, left, right,
			     size, compare);
	}
}

/*
 * Merges runs of elements, in place and in a copy by turns: n log n whatever
 * the order is, without recursion. Like glibc's, it keeps the order of what
 * compares equal, which C leaves open and programs come to rely on.
 */
void qsort(void *base, size_t count, size_t size, comparison compare)
{
	char *from = base, *to, *copy, *swap;
	size_t length;

	if (count < 2 || !size)
		return;
	copy = malloc(count * size);
	if (!copy)
		lambda_end(LAMBDA_END_ABORT);
	to = copy;
	for (length = 1; length < count; length *= 2) {
		stdlib_merge_runs(to, from, length, count, size, compare);
		swap = from;
		from = to;
		to = swap;
	}
	if (from != base)
		__builtin_memcpy(base, from, count * size);
	free(copy);
}

void *bsearch(const void *key, const void *base, size_t count, size_t size,
	      comparison compare)
{
	const char *low = base;

	while (count) {
		const char *middle = low + count / 2 * size;
		int order = compare(key, middle);

		if (!order)
			return (void *)middle;
		if (order > 0) {
			low = middle + size;
			count--;
		}
		count /= 2;
	}
	return NULL;
}

sighandler_t signal(int number, sighandler_t handler)
{
	(void)number;
	(void)handler;
	errno = ENOSYS;
	return SIG_ERR;
}

/* What qsort_r() is about, while qsort() works. */
static struct {
	int (*compare)(const void *a, const void *b, void *context);
	void *context;
} stdlib_sort;

static int stdlib_compare(const void *a, const void *b)
{
	return stdlib_sort.compare(a, b, stdlib_sort.context);
}

void qsort_r(void *base, size_t count, size_t size,
	     int (*compare)(const void *a, const void *b, void *context),
	     void *context)
{
	__typeof__(stdlib_sort) before = stdlib_sort;

	stdlib_sort.compare = compare;
	stdlib_sort.context = context;
	qsort(base, count, size, stdlib_compare);
	stdlib_sort = before;
}

void srandom(unsigned int seed)
{
	srand(seed);
}

long random(void)
{
	return rand();
}

/* The sequence that POSIX gives as an example, with more bits. */
int rand_r(unsigned int *seed)
{
	*seed = *seed * 1103515245 + 12345;
	return *seed >> 1;
}

/* POSIX says how: 48 bits, of which all count. */
static uint64_t drand_state = 0x1234abcd330eull;

void srand48(long seed)
{
	drand_state = (uint64_t)(uint32_t)seed << 16 | 0x330e;
}

double drand48(void)
{
	drand_state = (drand_state * 0x5deece66dull + 11) & 0xffffffffffffull;
	return drand_state / (double)(1ull << 48);
}
