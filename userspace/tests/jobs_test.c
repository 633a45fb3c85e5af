// SPDX-License-Identifier: GPL-2.0-only
/*
 * lambda_program__run() with several requests at the same time: one answer,
 * whatever the batches, the threads and the order in which requests end.
 */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "linked.h"
#include "test.h"

#define SIZE	300000

static int file;
static unsigned int seed = 1;

static struct {
	unsigned char bytes[2 * SIZE];
	size_t len, calls;
	off_t told;		/* where the last request that was told ends */
	bool disorder;
} answer;

static char why[512];
static struct lambda_run_total total;

static unsigned int roll(unsigned int sides)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	unsigned int value;

	pthread_mutex_lock(&lock);
	seed = seed * 1103515245 + 12345;
	value = seed >> 16;
	pthread_mutex_unlock(&lock);
	return value % sides;
}

static int take(void *data, const void *bytes, size_t len)
{
	(void)data;
	if (answer.len + len > sizeof(answer.bytes))
		return 1;
	memcpy(answer.bytes + answer.len, bytes, len);
	answer.len += len;
	answer.calls++;
	return 0;
}

static int note(void *data, const struct lambda_request *request)
{
	(void)data;
	if (request->merge || request->ret < 0)
		return 0;
	answer.disorder |= request->offset != answer.told ||
			   request->end != SIZE;
	answer.told += request->io->result.in_len;
	return 0;
}

static int run_with(const struct lambda_program *prog,
		    struct lambda_run_attr attr)
{
	memset(&answer, 0, sizeof(answer));
	attr.size = sizeof(attr);
	attr.length = UINT64_MAX;
	attr.output = take;
	attr.request = note;
	attr.total = &total;
	total.size = sizeof(total);
	return lambda_program__run(prog, -1, file, &attr, why, sizeof(why));
}

static void fill_file(void)
{
	static char text[SIZE];
	size_t i;

	for (i = 0; i < SIZE; i++)
		text[i] = roll(20) ? 'a' + roll(26) : roll(3) ? ' ' : '\n';
	if (pwrite(file, text, SIZE, 0) != SIZE)
		exit(1);
}

static void test_answers(const char *object, const char *name)
{
	static unsigned char expected[sizeof(answer.bytes)];
	struct lambda_program *prog;
	struct lambda_object *obj;
	size_t len;
	int i;

	prog = open_linked(object, name, &obj);
	i = run_with(prog, (struct lambda_run_attr){
			.flags = LAMBDA_RUN_LOCAL, .batch = SIZE });
	if (!test_ok(!i, "%s: in one request: %s", object, why))
		return;
	len = answer.len;
	memcpy(expected, answer.bytes, len);
	for (i = 0; i < 40; i++) {
		struct lambda_run_attr attr = {
			.flags = LAMBDA_RUN_LOCAL,
			.batch = 500 + roll(i % 2 ? 9000 : 200000),
			.jobs = 1 + roll(16),
		};

		if (run_with(prog, attr) || answer.disorder ||
		    answer.len != len || memcmp(answer.bytes, expected, len) ||
		    answer.told != SIZE || total.in_bytes != SIZE ||
		    total.out_bytes != len || total.jobs > attr.jobs)
			break;
	}
	test_ok(i == 40, "%s: the same in other batches, by other numbers of threads: %s",
		object, why);
	lambda_object__close(obj);
}

/* Engines that do what kernels and servers do */

static struct {
	pthread_mutex_t lock;
	int inside, most, busy, calls;
	bool exclusive, shortens, slow, overtaken;
	off_t fails;
} engine = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* Until somebody else has come, be it for long. */
static void wait_for_others(void)
{
	struct timespec ts = { .tv_nsec = 1000000 };
	int i;

	for (i = 0; i < 5000 && !__atomic_load_n(&engine.busy, __ATOMIC_RELAXED);
	     i++)
		nanosleep(&ts, NULL);
}

/* Until so many were made as do not fit into the threads. */
static void be_overtaken(void)
{
	struct timespec ts = { .tv_nsec = 1000000 };
	int i;

	for (i = 0; i < 5000 && !engine.overtaken; i++) {
		nanosleep(&ts, NULL);
		engine.overtaken = __atomic_load_n(&engine.calls,
						   __ATOMIC_RELAXED) > 30;
	}
}

/* The output is the input. */
static ssize_t copy(void *data, int fd, void *buf, size_t count, off_t offset,
		    struct lambda_io *io)
{
	struct timespec ts = { .tv_nsec = roll(200000) };
	bool busy;

	(void)data;
	pthread_mutex_lock(&engine.lock);
	engine.calls++;
	busy = engine.exclusive && engine.inside;
	engine.busy += busy;
	engine.inside += !busy;
	if (engine.inside > engine.most)
		engine.most = engine.inside;
	pthread_mutex_unlock(&engine.lock);
	if (busy)
		return -EBUSY;
	if (engine.exclusive)
		wait_for_others();
	nanosleep(&ts, NULL);
	if (engine.slow && !offset)
		be_overtaken();
	if (engine.shortens && !roll(5))
		count -= roll(count);
	count = pread(fd, buf, count, offset);
	io->result.in_len = count;
	io->result.side = LAMBDA_SIDE_HOST;
	pthread_mutex_lock(&engine.lock);
	engine.inside--;
	pthread_mutex_unlock(&engine.lock);
	if (engine.fails && offset >= engine.fails)
		return -EIO;
	return count;
}

static ssize_t no_merge(void *data, const void *in, size_t len, void *buf,
			off_t offset, struct lambda_io *io)
{
	(void)data;
	(void)in;
	(void)len;
	(void)buf;
	(void)offset;
	(void)io;
	return -ENOTTY;
}

static const struct lambda_engine copies = { .pread = copy, .merge = no_merge };

static int run_copies(const struct lambda_program *prog, unsigned int jobs)
{
	engine.most = 0;
	engine.busy = 0;
	engine.calls = 0;
	return run_with(prog, (struct lambda_run_attr){
		.engine = &copies, .batch = 2400, .jobs = jobs });
}

static bool is_copy(void)
{
	static unsigned char expected[SIZE];

	return pread(file, expected, SIZE, 0) == SIZE && answer.len == SIZE &&
	       !memcmp(answer.bytes, expected, SIZE);
}

static void test_engines(void)
{
	struct lambda_program *prog;
	struct lambda_object *obj;

	prog = open_linked("tests/rows", "rows", &obj);
	test_ok(!run_copies(prog, 8) && is_copy() && !answer.disorder &&
		engine.most > 1 && engine.most <= 8 &&
		total.requests[LAMBDA_SIDE_HOST] == SIZE / 2400,
		"engine: several at a time, in order");
	engine.exclusive = true;
	test_ok(!run_copies(prog, 8) && is_copy() && engine.most == 1 &&
		engine.busy, "engine: busy, which those that wait outlast: %s",
		why);
	engine.exclusive = false;
	engine.shortens = true;
	test_ok(!run_copies(prog, 8) && is_copy(),
		"engine: less than asked for, which is cut again: %s", why);
	engine.shortens = false;
	engine.slow = true;
	test_ok(!run_copies(prog, 4) && is_copy() && !answer.disorder &&
		engine.overtaken, "engine: one that takes long holds up no others");
	engine.slow = false;
	engine.fails = 100000;
	test_ok(run_copies(prog, 8) == -EIO && answer.len == 100800 &&
		strstr(why, "bytes 100800 to 103200: Input/output error"),
		"engine: the first error in the file is told: %s", why);
	engine.fails = 0;
	test_ok(run_copies(prog, LAMBDA_JOBS_MAX + 1) == -EINVAL &&
		run_copies(prog, LAMBDA_JOBS_MAX) == 0, "engine: limit of jobs");
	lambda_object__close(obj);
}

/* Being told to stop */

static int stop;

static void *stop_soon(void *unused)
{
	struct timespec ts = { .tv_nsec = 50000000 };

	nanosleep(&ts, NULL);
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	return unused;
}

static void test_stop(void)
{
	struct lambda_load_attr load;
	struct lambda_program *prog;
	struct lambda_object *obj;
	pthread_t thread;

	prog = open_linked("tests/ends", "forever", &obj);
	lambda_program__attr(prog, &load);
	load.budget = SBPF_BUDGET_MAX;
	load.flags |= LAMBDA_ATTR_BUDGET;
	pthread_create(&thread, NULL, stop_soon, NULL);
	test_ok(run_with(prog, (struct lambda_run_attr){
			.flags = LAMBDA_RUN_LOCAL | LAMBDA_RUN_EACH,
			.batch = 1000, .jobs = 4, .stop = &stop,
			.load = &load }) == -EINTR && !answer.calls &&
		strstr(why, "told to stop"), "stop: %s", why);
	pthread_join(thread, NULL);
	test_ok(run_with(prog, (struct lambda_run_attr){
			.flags = LAMBDA_RUN_LOCAL | LAMBDA_RUN_EACH,
			.stop = &stop }) == -EINTR &&
		!total.insns, "stop: before it begins");
	lambda_object__close(obj);
}

/* Output that does not fit what a request has at first */

static void test_room(void)
{
	struct lambda_program *prog;
	struct lambda_object *obj;
	__u16 runs[100];
	size_t i;

	for (i = 0; i < 100; i++)
		runs[i] = 0xffff;
	file = memfd_create("runs", MFD_CLOEXEC);
	if (pwrite(file, runs, sizeof(runs), 0) != sizeof(runs))
		exit(1);
	prog = open_linked("programs/bitmap", NULL, &obj);
	test_ok(!run_with(prog, (struct lambda_run_attr){
			.flags = LAMBDA_RUN_LOCAL }) &&
		answer.len == (100 * 0x7fff + 7) / 8,
		"room: an output that is longer than its input: %s", why);
	test_ok(run_with(prog, (struct lambda_run_attr){
			.flags = LAMBDA_RUN_LOCAL, .out_cap = 1000 }) ==
		-ECANCELED && strstr(why, "returned -28"),
		"room: no more than was said: %s", why);
	lambda_object__close(obj);
}

int main(void)
{
	file = memfd_create("input", MFD_CLOEXEC);
	fill_file();
	test_answers("programs/wordcount", NULL);
	test_answers("programs/histogram", NULL);
	test_answers("tests/lines", NULL);
	test_answers("tests/rows", "rows");
	test_answers("tests/rows", "count_rows");
	test_engines();
	test_stop();
	test_room();
	return test_done();
}
