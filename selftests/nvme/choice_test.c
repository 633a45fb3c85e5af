// SPDX-License-Identifier: GPL-2.0-only
/*
 * How the kernel's choice of a side follows what changes: the page cache, the
 * drive's speed, the number of clients, and another application beside. Each
 * time both sides are measured first, so that it is known which is right, and
 * by how much. From one period of profiling after the change on, all requests
 * but those that measure go there, and a few during which something else wants
 * the CPU.
 *
 * Needs a drive `balanced` with faults=on, which the filesystem at argv[1] lies
 * on, and no other load. Prints what it measured: under -icount each run
 * measures the same nanoseconds.
 */
#include <fcntl.h>
#include <lambda.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "csd.h"

#define SIZE		(64u << 20)	/* of the file */
#define LARGE		(128u << 10)	/* requests that the drive is good at */
#define SMALL		(16u << 10)	/* and the host, from its cache */
#define PERIOD		200		/* of profiling: lambda/period */
#define TRIES		50		/* to know a side's time */
#define CLIENTS		9
#define STRAY		(PERIOD / 50)	/* requests of a period */

/*
 * A task that makes requests: a λ over places of the file far from each other,
 * where nobody reads ahead, and all different from one drop_cache() to the next.
 */
struct client {
	int file, lambda;
	unsigned int size;
	unsigned int requests;		/* to make */
	__u32 flags;			/* LAMBDA_IO_HOST or _DEVICE, or none */
	unsigned int next;		/* makes the place of its next one */
	unsigned int wrong[2];		/* of a period, on the other side */
};

static unsigned int tests, failures;

static __u64 now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static void result(bool good, const char *name)
{
	printf("%sok %u - %s\n", good ? "" : "not ", ++tests, name);
	failures += !good;
}

static int load(void)
{
	struct lambda_program *prog;
	struct lambda_object *obj;
	char why[4096];
	int fd;

	if (lambda_object__open(OBJECTS "stats64.bpf.o", why, sizeof(why),
				&obj) ||
	    lambda_object__program(obj, NULL, why, sizeof(why), &prog))
		csd_bail_out(why);
	fd = lambda_program__load(prog, NULL, why, sizeof(why));
	if (fd < 0)
		csd_bail_out(why);
	lambda_object__close(obj);
	return fd;
}

static int make_file(const char *folder, const char *name)
{
	static __u64 numbers[LARGE / 8];
	char path[256];
	__u64 k = 0;
	unsigned int i;
	int file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	while (k < SIZE / 8) {
		for (i = 0; i < LARGE / 8; i++)
			numbers[i] = k++ * 0x9e3779b97f4a7c15ull;
		if (write(file, numbers, LARGE) != LARGE)
			csd_bail_out(path);
	}
	if (fsync(file))
		csd_bail_out(path);
	return file;
}

/* The kernel holds pages of the last requests for a second. */
static void drop_cache(int file)
{
	sleep(2);
	if (posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED))
		csd_bail_out("fadvise");
}

static void fill_cache(int file)
{
	static char bytes[LARGE];
	off_t at;

	for (at = 0; at < SIZE; at += LARGE)
		if (pread(file, bytes, LARGE, at) != LARGE)
			csd_bail_out("read");
}

/* All executions from now on end a ms later, which is three times as long. */
static void slow_down(void)
{
	if (system("./fault delay 0x9a after more=65535 value=1"))
		csd_bail_out("the drive takes no orders: faults=on is missing");
}

static void speed_up(void)
{
	if (system("./fault none"))
		csd_bail_out("fault none");
}

/* Return: whether the request went to the side, or was to measure the other. */
static bool request(struct client *c, __u32 side)
{
	struct lambda_io io = { .size = sizeof(io),
				.result_size = sizeof(io.result),
				.flags = c->flags,
				.out_cap = sizeof(struct stats_out) };
	struct stats_out out;
	off_t at;

	/* A task that begins at 0 seems to go on from there. */
	at = (1 + c->next++ * 101 % (SIZE / c->size - 1)) * c->size;
	if (lambda_pread(c->file, &out, c->size, at, c->lambda, &io) !=
	    sizeof(out))
		csd_bail_out("lambda_pread");
	return io.result.side == side ||
	       io.result.reason == LAMBDA_REASON_PROFILE;
}

static void *run(void *arg)
{
	struct client *c = arg;
	unsigned int k;

	for (k = 0; k < c->requests; k++)
		request(c, 0);
	return NULL;
}

/* How long so many clients take for the same. */
static __u64 together(const struct client *like, unsigned int n, __u32 flags)
{
	struct client c[CLIENTS];
	pthread_t ids[CLIENTS];
	__u64 begin = now();
	unsigned int k;

	for (k = 0; k < n; k++) {
		c[k] = *like;
		c[k].next = k * 7;
		c[k].requests = TRIES;
		c[k].flags = flags;
		if (pthread_create(&ids[k], NULL, run, &c[k]))
			csd_bail_out("thread");
	}
	for (k = 0; k < n; k++)
		pthread_join(ids[k], NULL);
	return now() - begin;
}

/*
 * Measures both sides, with a λ of its own, over a file that is cached or not,
 * as it is afterwards. Return: the one that is faster.
 */
static __u32 right_side(const struct client *c, unsigned int n, bool cold,
			const char *name)
{
	struct client like = *c;
	__u64 host, device;

	like.lambda = load();
	if (cold)
		drop_cache(c->file);
	else
		fill_cache(c->file);
	host = together(&like, n, LAMBDA_IO_HOST);
	device = together(&like, n, LAMBDA_IO_DEVICE | LAMBDA_IO_NO_FALLBACK);
	close(like.lambda);
	if (cold)
		drop_cache(c->file);
	printf("# %s: %llu ns a request on the host, %llu in the drive\n", name,
	       host / TRIES / n, device / TRIES / n);
	return host <= device ? LAMBDA_SIDE_HOST : LAMBDA_SIDE_DEVICE;
}

/* Two periods of requests, of which most should go to the side. */
static void settle(struct client *c, __u32 side)
{
	unsigned int k;

	c->wrong[0] = 0;
	c->wrong[1] = 0;
	for (k = 0; k < 2 * PERIOD; k++)
		c->wrong[k / PERIOD] += !request(c, side);
}

static void judge(const struct client *c, __u32 side, __u32 wanted,
		  const char *name)
{
	printf("# %s: %u of %u requests on the other side, then %u of %u\n",
	       name, c->wrong[0], PERIOD, c->wrong[1], PERIOD);
	result(side == wanted && c->wrong[1] <= STRAY, name);
}

static void follows(struct client *c, __u32 side, __u32 wanted,
		    const char *name)
{
	settle(c, side);
	judge(c, side, wanted, name);
}

static void test_changes(struct client *c)
{
	follows(c, right_side(c, 1, true, "cold"), LAMBDA_SIDE_DEVICE, "cold");
	follows(c, right_side(c, 1, false, "cache filled"), LAMBDA_SIDE_HOST,
		"cache filled");
	follows(c, right_side(c, 1, true, "cache dropped"), LAMBDA_SIDE_DEVICE,
		"cache dropped");
	slow_down();
	follows(c, right_side(c, 1, true, "drive slowed down"),
		LAMBDA_SIDE_HOST, "drive slowed down");
	speed_up();
	follows(c, right_side(c, 1, true, "drive as before"),
		LAMBDA_SIDE_DEVICE, "drive as before");
	fill_cache(c->file);
	follows(c, LAMBDA_SIDE_HOST, LAMBDA_SIDE_HOST, "cache filled again");
}

/* Beside eight others of its kind, until it has seen two periods. */
static void test_clients(struct client *c)
{
	__u32 side = right_side(c, CLIENTS, false, "nine clients");
	struct client others[CLIENTS - 1];
	pthread_t ids[CLIENTS - 1];
	unsigned int k;

	for (k = 0; k < CLIENTS - 1; k++) {
		others[k] = *c;
		others[k].next = k * 7;
		others[k].requests = 2 * PERIOD;
		if (pthread_create(&ids[k], NULL, run, &others[k]))
			csd_bail_out("thread");
	}
	follows(c, side, LAMBDA_SIDE_DEVICE, "eight more clients");
	for (k = 0; k < CLIENTS - 1; k++)
		pthread_join(ids[k], NULL);
	follows(c, LAMBDA_SIDE_HOST, LAMBDA_SIDE_HOST, "alone again");
}

static void *settle_on_host(void *client)
{
	settle(client, LAMBDA_SIDE_HOST);
	return NULL;
}

static void test_applications(struct client *large, int file)
{
	struct client small = { .file = file, .lambda = load(), .size = SMALL };
	__u32 side = right_side(&small, 1, false, "small requests");
	__u32 other = right_side(large, 1, true, "large requests");
	pthread_t id;

	if (pthread_create(&id, NULL, settle_on_host, &small))
		csd_bail_out("thread");
	follows(large, other, LAMBDA_SIDE_DEVICE,
		"an application that the drive suits");
	pthread_join(id, NULL);
	judge(&small, side, LAMBDA_SIDE_HOST,
	      "beside it one that the host suits");
	close(small.lambda);
}

int main(int argc, char **argv)
{
	struct client c = { .size = LARGE };

	if (argc != 2)
		return 2;
	c.file = make_file(argv[1], "numbers");
	c.lambda = load();
	printf("TAP version 13\n1..10\n");
	test_changes(&c);
	test_clients(&c);
	test_applications(&c, make_file(argv[1], "other"));
	return failures != 0;
}
