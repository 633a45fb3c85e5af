// SPDX-License-Identifier: GPL-2.0-only
/*
 * A short read beside a long λ. The λ computes for 200 turns and longer; a read
 * of 4 KiB may wait for the turns of it that media or link are in the middle of,
 * never for its end. Prints what it measured: under -icount each run measures
 * the same nanoseconds.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sbpf.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "csd.h"

#define INPUT		(64u << 20)	/* of the λ, from byte 0 */
#define READS		200

/* A turn of 64 KiB on one of the channels, and what the guest itself takes. */
#define TURN_NS		200000ull
#define LONG_NS		(200 * TURN_NS)

static __u32 stats32;
static bool running;
static struct answer answer;
static int direct;
static void *buffer;

static __u64 now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

/* Reads 4 KiB where the λ does not; the time it took. */
static __u64 timed_read(unsigned int i)
{
	__u64 begin = now();

	if (pread(direct, buffer, PAGE, INPUT + i * 17ull * PAGE) != PAGE)
		csd_bail_out("read");
	return now() - begin;
}

static __u64 slowest_read(void)
{
	__u64 slowest = 0, ns;
	unsigned int i;

	for (i = 0; i < READS; i++) {
		ns = timed_read(i);
		slowest = ns > slowest ? ns : slowest;
	}
	return slowest;
}

static void *lambda(void *unused)
{
	__u64 result;
	int status = fast(stats32, 0, INPUT, &answer, &result);

	(void)unused;
	__atomic_store_n(&running, false, __ATOMIC_RELEASE);
	return (void *)(uintptr_t)(status | (result >> 32));
}

int main(void)
{
	__u64 alone, beside = 0, begin, took, ns;
	unsigned int reads = 0;
	pthread_t thread;
	void *failed;

	csd_open();
	direct = open(DISK, O_RDONLY | O_DIRECT);
	buffer = aligned_alloc(PAGE, PAGE);
	if (direct < 0 || !buffer)
		csd_bail_out(DISK);
	if (load_object(OBJECTS "stats32.bpf.o", 1 << 16, &stats32))
		csd_bail_out("stats32");
	printf("TAP version 13\n1..3\n");
	alone = slowest_read();
	running = true;
	begin = now();
	if (pthread_create(&thread, NULL, lambda, NULL))
		csd_bail_out("thread");
	for (; __atomic_load_n(&running, __ATOMIC_ACQUIRE); reads++) {
		ns = timed_read(reads % READS);
		beside = ns > beside ? ns : beside;
	}
	pthread_join(thread, &failed);
	took = now() - begin;
	printf("# λ %llu ns, of these computing %llu; %u reads beside it\n",
	       took, answer.result.ns_compute, reads);
	printf("# slowest read alone %llu ns, beside the λ %llu ns\n", alone,
	       beside);
	printf("%sok 1 - the λ succeeds\n", failed ? "not " : "");
	printf("%sok 2 - it is long\n",
	       answer.result.ns_compute >= LONG_NS ? "" : "not ");
	printf("%sok 3 - no read waits for it\n",
	       reads > 100 && beside <= alone + TURN_NS ? "" : "not ");
	return 0;
}
