// SPDX-License-Identifier: GPL-2.0-only
/* Many requests at a time: on one handle, on many, on one file. */
#include <pthread.h>

#include "common.h"
#include "harness.h"
#include "mounts.h"

#define THREADS	64
#define ROUNDS	50
#define LEN	(200 * KIB)

/*
 * Adds up its input in 8-byte words, keeping the sum in .bss, on the heap and
 * on the stack: memory that requests must not share.
 */
static const struct bpf_insn sums[] = {
	CTX(R2, R1, in),
	CTX(R3, R1, in_len),
	LD64(R4, SBPF_DATA_BASE),
	CTX(R5, R1, heap),
	ADD(R3, R2),
	LDX(BPF_DW, R6, R2, 0),
	LDX(BPF_DW, R7, R4, 0),
	ADD(R7, R6),
	STX(BPF_DW, R4, 0, R7),
	LDX(BPF_DW, R7, R5, 0),
	ADD(R7, R6),
	STX(BPF_DW, R5, 0, R7),
	LDX(BPF_DW, R7, R10, -8),
	ADD(R7, R6),
	STX(BPF_DW, R10, -8, R7),
	ADDI(R2, 8),
	JMP(BPF_JLT, R2, R3, -12),
	CTX(R2, R1, out),
	LDX(BPF_DW, R7, R4, 0),
	STX(BPF_DW, R2, 0, R7),
	LDX(BPF_DW, R7, R5, 0),
	STX(BPF_DW, R2, 8, R7),
	LDX(BPF_DW, R7, R10, -8),
	STX(BPF_DW, R2, 16, R7),
	/* the argument, too */
	CTX(R4, R1, args),
	LDX(BPF_DW, R7, R4, 0),
	STX(BPF_DW, R2, 24, R7),
	MOVI(R0, 32),
	EXIT(),
};

static const struct lambda_load_attr sums_attr = {
	.bss_len = 8, .heap_len = 8,
};

struct worker {
	pthread_t thread;
	int lambda, file, number;
	unsigned int wrong;
};

static int worker_file(const char *dir, int number, __u64 *words)
{
	char path[128];
	size_t i;
	int fd;

	for (i = 0; i < LEN / 8; i++)
		words[i] = (number + 1) * 0x9e3779b97f4a7c15 * (i + 1);
	snprintf(path, sizeof(path), "%s/file%d", dir, number);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (pwrite(fd, words, LEN, 0) != LEN)
		mount_failed(path);
	unlink(path);
	return fd;
}

static void *work(void *arg)
{
	struct worker *w = arg;
	static const char *const dirs[] = { MOUNTS "/ext4", MOUNTS "/tmpfs" };
	__u64 *words = malloc(LEN);
	int i, fd = worker_file(dirs[w->number % 2], w->number, words);

	for (i = 0; i < ROUNDS; i++) {
		size_t from = (i * 7919 + w->number * 131) % (LEN / 8 - 1);
		size_t nr = 1 + (i * 104729ul + w->number) % (LEN / 8 - from);
		__u64 sum = 0, arg = w->number * 1000 + i, out[4] = {};
		struct lambda_io io = io_for(sizeof(out), &arg, 8);
		size_t k;

		for (k = 0; k < nr; k++)
			sum += words[from + k];
		if (lambda_pread(fd, out, nr * 8, from * 8, w->lambda, &io) !=
		    32 || out[0] != sum || out[1] != sum || out[2] != sum ||
		    out[3] != arg)
			w->wrong++;
	}
	close(fd);
	free(words);
	return NULL;
}

static void run_workers(struct __test_metadata *_metadata,
			struct worker *workers, void *(*fn)(void *))
{
	int i;

	for (i = 0; i < THREADS; i++) {
		workers[i].number = i;
		ASSERT_EQ(0, pthread_create(&workers[i].thread, NULL, fn,
					    &workers[i]));
	}
	for (i = 0; i < THREADS; i++) {
		pthread_join(workers[i].thread, NULL);
		EXPECT_EQ(0, workers[i].wrong);
	}
}

TEST(one_handle)
{
	struct worker workers[THREADS] = {};
	int i, lambda = handle_attr(sums, ARRAY_SIZE(sums), &sums_attr);

	ASSERT_LE(0, lambda);
	for (i = 0; i < THREADS; i++)
		workers[i].lambda = lambda;
	run_workers(_metadata, workers, work);
}

TEST(handle_for_each)
{
	struct worker workers[THREADS] = {};
	int i;

	for (i = 0; i < THREADS; i++) {
		workers[i].lambda = handle_attr(sums, ARRAY_SIZE(sums),
						&sums_attr);
		ASSERT_LE(0, workers[i].lambda);
	}
	run_workers(_metadata, workers, work);
}

/* Loaded, used and closed, again and again, beside each other. */
static void *load_and_close(void *arg)
{
	struct worker *w = arg;
	int i;

	for (i = 0; i < 20; i++) {
		__u64 value = w->number * 100 + i, result = 0;
		const struct bpf_insn p[] = {
			LD64(R7, value),
			OUTPUT_U64(R7),
		};
		union bpf_attr attr = {
			.prog_type = LAMBDA_PROG_TYPE,
			.insns = (uintptr_t)p, .insn_cnt = ARRAY_SIZE(p),
			.license = (uintptr_t)"GPL",
		};
		struct lambda_load_attr load = {};
		struct lambda_io io;
		int lambda;

		load.prog_fd = bpf_call(BPF_PROG_LOAD, &attr);
		lambda = lambda_load(&load, sizeof(load), 0);
		close(load.prog_fd);
		if (run_plain(lambda, &result, &io) != 8 || result != value)
			w->wrong++;
		close(lambda);
	}
	return NULL;
}

TEST(handles_that_come_and_go)
{
	struct worker workers[THREADS] = {};

	run_workers(_metadata, workers, load_and_close);
}

#define RECORD	(6 * KIB + 100)

/* Appends records that say whose they are, all through. */
static void *append(void *arg)
{
	struct worker *w = arg;
	char record[RECORD];
	int i;

	memset(record, w->number + 1, RECORD);
	for (i = 0; i < ROUNDS; i++)
		if (lambda_pwrite(w->file, record, RECORD, 0, w->lambda,
				  NULL) != RECORD)
			w->wrong++;
	return NULL;
}

/* Each append comes out in one piece. */
static void append_from_all(struct __test_metadata *_metadata,
			    const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0600);
	struct worker workers[THREADS] = {};
	unsigned int seen[THREADS + 1] = {};
	int i, k, lambda = HANDLE(copy_input);
	char record[RECORD];

	ASSERT_LE(0, fd);
	for (i = 0; i < THREADS; i++) {
		workers[i].lambda = lambda;
		workers[i].file = fd;
	}
	run_workers(_metadata, workers, append);
	for (i = 0; i < THREADS * ROUNDS; i++) {
		ASSERT_EQ(RECORD, pread(fd, record, RECORD, i * RECORD));
		for (k = 1; k < RECORD; k++)
			ASSERT_EQ(record[0], record[k]);
		seen[(unsigned char)record[0]]++;
	}
	EXPECT_EQ(0, pread(fd, record, 1, i * RECORD));
	for (i = 1; i <= THREADS; i++)
		EXPECT_EQ(ROUNDS, seen[i]);
	close(fd);
	unlink(path);
}

TEST(appending_to_one_file)
{
	append_from_all(_metadata, MOUNTS "/ext4/log");
	append_from_all(_metadata, MOUNTS "/tmpfs/log");
}

/* Closed while requests run on it: they go on. */
static void *run_long(void *arg)
{
	struct worker *w = arg;
	struct lambda_io io;
	__u64 result = 0;

	if (run_plain(w->lambda, &result, &io) != 8 || result != 42)
		w->wrong++;
	return NULL;
}

TEST(closed_while_running)
{
	const struct bpf_insn countdown[] = {
		LD64(R2, 100000000),
		ADDI(R2, -1),
		JMPI(BPF_JNE, R2, 0, -2),
		MOVI(R3, 42),
		OUTPUT_U64(R3),
	};
	struct worker w = {
		.lambda = handle_budget(countdown, ARRAY_SIZE(countdown),
					SBPF_BUDGET_MAX) };

	ASSERT_LE(0, w.lambda);
	ASSERT_EQ(0, pthread_create(&w.thread, NULL, run_long, &w));
	usleep(50000);
	EXPECT_EQ(0, close(w.lambda));
	pthread_join(w.thread, NULL);
	EXPECT_EQ(0, w.wrong);
}

static void __attribute__((constructor)) before_tests(void)
{
	mounts_begin();
	mount_image("ext4", 128 * MIB, MOUNTS "/ext4", NULL);
	mount_tmpfs(MOUNTS "/tmpfs", NULL);
}

TEST_HARNESS_MAIN
