// SPDX-License-Identifier: GPL-2.0-only
/*
 * A request of a record-wise λ runs on both sides at the same time, and what
 * comes of it is what one side would have made: output, status, fault address
 * and lengths, whatever happens to a part.
 */
#include <pthread.h>
#include <sys/wait.h>

#include "both.h"
#include "common.h"
#include "divided.h"
#include "drive.h"
#include "harness.h"

#define SIZE	(4 * MIB + 12345)
/* A part has so many bytes at least. */
#define LEAST	(256 * KIB)

/* Of two extents, which must be neighbours, one; else the error -3. */
static const struct bpf_insn join_extents[] = {
	CTX(R2, R1, in),
	CTX(R3, R1, in_len),
	CTX(R4, R1, out),
	MOVI(R0, -3),
	JMPI(BPF_JNE, R3, 32, 10),
	LDX(BPF_DW, R3, R2, 0),
	LDX(BPF_DW, R5, R2, 8),
	STX(BPF_DW, R4, 0, R3),
	ADD(R3, R5),
	LDX(BPF_DW, R6, R2, 16),
	JMP(BPF_JNE, R3, R6, 4),
	LDX(BPF_DW, R6, R2, 24),
	ADD(R5, R6),
	STX(BPF_DW, R4, 8, R5),
	MOVI(R0, 16),
	EXIT(),
};

AT_MARK(error_at_mark, MOVI(R0, -7), EXIT(), EXIT());
AT_MARK(too_long_at_mark, MOVI(R0, 0x7fffffff), EXIT(), EXIT());
AT_MARK(forever_at_mark, MOVI(R0, 0), GOTO(-1), EXIT());

/* Merge programs that fail */
static const struct bpf_insn merge_error[] = { MOVI(R0, -5), EXIT() };
static const struct bpf_insn merge_too_long[] = { MOVI(R0, 17), EXIT() };
static const struct bpf_insn merge_fault[] = {
	MOVI(R1, 0), LDX(BPF_B, R0, R1, 0), EXIT() };

/* How the disk decides. */
static bool set_policy(const char *policy)
{
	char path[80];
	bool ok;
	int fd;

	snprintf(path, sizeof(path), "/sys/block/%s/lambda/policy",
		 strrchr(drive_disk[0], '/') + 1);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	ok = fd >= 0 &&
	     write(fd, policy, strlen(policy)) == (ssize_t)strlen(policy);
	close(fd);
	return ok;
}

static int record_wise(const struct bpf_insn *insns, size_t nr, __u32 record)
{
	const struct lambda_load_attr attr = { .record_len = record };

	return handle_attr(insns, nr, &attr);
}

#define RECORD_WISE(insns, record)					\
	record_wise(insns, ARRAY_SIZE(insns), record)

static int merging(const struct bpf_insn *merge, size_t nr)
{
	struct lambda_load_attr attr = {
		.flags = LAMBDA_ATTR_MERGE,
		.record_len = 1,
		.merge_fd = prog_load(merge, nr),
	};
	int fd = handle_attr(extent, ARRAY_SIZE(extent), &attr);

	close(attr.merge_fd);
	return fd;
}

FIXTURE(split) {
	char path[128], *data;
	int fd, lambda;
};

FIXTURE_VARIANT(split) {
	const char *dir;
};

#define VARIANT(name, where)						\
	FIXTURE_VARIANT_ADD(split, name) { .dir = where }

VARIANT(ext4, EXT4);
VARIANT(xfs, XFS);

FIXTURE_SETUP(split)
{
	snprintf(self->path, sizeof(self->path), "%s/split", variant->dir);
	self->fd = open(self->path, O_RDWR | O_CREAT | O_TRUNC, 0644);
	ASSERT_LE(0, self->fd);
	self->data = malloc(SIZE);
	fill(self->data, SIZE, 1);
	ASSERT_EQ(SIZE, pwrite(self->fd, self->data, SIZE, 0));
	ASSERT_EQ(0, fsync(self->fd));
	self->lambda = RECORD_WISE(copy_input, 1);
	ASSERT_LE(0, self->lambda);
	ASSERT_TRUE(set_policy("both"));
}

FIXTURE_TEARDOWN(split)
{
	set_policy("auto");
	close(self->fd);
	close(self->lambda);
	unlink(self->path);
	free(self->data);
}

/*
 * Makes the request where the disk likes and on the host, and compares. Return:
 * the side and the reason it was run for, or -1 when something differed.
 */
static int divided(const struct question *q, __u32 *reason)
{
	struct answer both, host;
	int side;

	ask(q, 0, &both);
	ask(q, LAMBDA_IO_HOST, &host);
	side = same_answers(&host, &both, q->cap) ? (int)both.io.result.side :
						    -1;
	if (side < 0) {
		fprintf(stderr, "# %zu bytes at %lld\n", q->count,
			(long long)q->offset);
		show("host", &host);
		show("both", &both);
	}
	*reason = both.io.result.reason;
	free(both.out);
	free(host.out);
	return side;
}

#define EXPECT_SIDE(side, why, ...) do {				\
	__u32 _reason = 0;						\
									\
	EXPECT_EQ(side, divided(QUESTION(__VA_ARGS__), &_reason));	\
	EXPECT_EQ(why, _reason);					\
} while (0)

#define EXPECT_BOTH(...)						\
	EXPECT_SIDE(LAMBDA_SIDE_BOTH, LAMBDA_REASON_POLICY, __VA_ARGS__)
/* In parts at first, then on the host. */
#define EXPECT_WHOLE(...)						\
	EXPECT_SIDE(LAMBDA_SIDE_HOST, LAMBDA_REASON_DIVIDED, __VA_ARGS__)

/* Not even tried in parts. */
#define EXPECT_NOT_DIVIDED(...) do {					\
	__u32 _reason = 0;						\
	int _side = divided(QUESTION(__VA_ARGS__), &_reason);		\
									\
	EXPECT_LE(LAMBDA_SIDE_HOST, _side);				\
	EXPECT_GE(LAMBDA_SIDE_DEVICE, _side);				\
	EXPECT_NE(LAMBDA_REASON_DIVIDED, _reason);			\
} while (0)

/* Odd lengths, odd offsets, records that do and do not divide them. */
TEST_F(split, concatenated)
{
	static const size_t counts[] = {
		2 * LEAST + 65537, 1 * MIB - 1, 1 * MIB, 3 * MIB + 4097, SIZE,
		8 * MIB,
	};
	static const off_t offsets[] = { 0, 1, 511, 4096, 5000, MIB - 1 };
	static const __u32 records[] = { 1, 3, 8, 2048, 4096, 65537 };
	size_t i, k, r;

	for (r = 0; r < ARRAY_SIZE(records); r++) {
		self->lambda = RECORD_WISE(copy_input, records[r]);
		ASSERT_LE(0, self->lambda);
		for (i = 0; i < ARRAY_SIZE(counts); i++)
			for (k = 0; k < ARRAY_SIZE(offsets); k++)
				EXPECT_BOTH(.count = counts[i],
					    .offset = offsets[k],
					    .cap = counts[i]);
		close(self->lambda);
	}
}

/* Holes and blocks that were never written are zeros on both sides. */
TEST_F(split, holes)
{
	ASSERT_EQ(0, ftruncate(self->fd, 0));
	ASSERT_EQ(100000, pwrite(self->fd, self->data, 100000, 700000));
	ASSERT_EQ(100000, pwrite(self->fd, self->data, 100000, 3000000));
	ASSERT_EQ(0, ftruncate(self->fd, SIZE));
	EXPECT_BOTH(.count = SIZE, .offset = 0, .cap = SIZE);
	EXPECT_BOTH(.count = SIZE, .offset = 333, .cap = SIZE);
}

/* What was just written is seen by both. */
TEST_F(split, dirty)
{
	int i;

	for (i = 0; i < 8; i++) {
		fill(self->data, SIZE, 100 + i);
		ASSERT_EQ(SIZE, pwrite(self->fd, self->data, SIZE, 0));
		EXPECT_BOTH(.count = SIZE, .offset = i, .cap = SIZE);
	}
}

TEST_F(split, merged)
{
	__u64 out[2] = {};
	struct lambda_io io = io_for(sizeof(out), NULL, 0);

	self->lambda = merging(join_extents, ARRAY_SIZE(join_extents));
	ASSERT_LE(0, self->lambda);
	EXPECT_BOTH(.count = SIZE, .cap = 16);
	EXPECT_BOTH(.count = 2 * MIB + 7, .offset = 4099, .cap = 100);
	ASSERT_EQ(16, lambda_pread(self->fd, out, SIZE, 11, self->lambda, &io));
	EXPECT_EQ(LAMBDA_SIDE_BOTH, io.result.side);
	EXPECT_EQ(11, out[0]);
	EXPECT_EQ(SIZE - 11, out[1]);
}

/* Without a struct lambda_io there is as much room as there is input. */
TEST_F(split, plain_call)
{
	char *out = malloc(SIZE);

	ASSERT_EQ(SIZE, lambda_pread(self->fd, out, SIZE, 0, self->lambda,
				     NULL));
	EXPECT_EQ(0, memcmp(out, self->data, SIZE));
	free(out);
}

/* Nothing that one side would have moved or taken is left out. */
TEST_F(split, figures)
{
	struct answer a;

	ask(QUESTION(.count = SIZE, .cap = SIZE), 0, &a);
	EXPECT_EQ(LAMBDA_SIDE_BOTH, a.io.result.side);
	EXPECT_EQ(SIZE, a.ret);
	EXPECT_EQ(SIZE, a.io.result.in_len);
	EXPECT_EQ(SIZE, a.io.result.out_len);
	EXPECT_EQ(SIZE, a.io.result.retval);
	EXPECT_EQ(SIZE, a.io.result.bytes_media);
	EXPECT_LT(LEAST, a.io.result.bytes_link);
	EXPECT_NE(0, a.io.result.ns_media);
	EXPECT_NE(0, a.io.result.ns_link);
	EXPECT_NE(0, a.io.result.ns_compute);
	free(a.out);
}

/* What must not be divided */

TEST_F(split, not_record_wise)
{
	self->lambda = HANDLE(copy_input);
	EXPECT_NOT_DIVIDED(.count = SIZE, .cap = SIZE);
}

TEST_F(split, budget_of_its_own)
{
	const struct lambda_load_attr attr = {
		.record_len = 1,
		.flags = LAMBDA_ATTR_BUDGET,
		.budget = SBPF_BUDGET_MAX,
	};

	self->lambda = handle_attr(copy_input, ARRAY_SIZE(copy_input), &attr);
	EXPECT_NOT_DIVIDED(.count = SIZE, .cap = SIZE);
}

TEST_F(split, small)
{
	EXPECT_BOTH(.count = 2 * LEAST, .cap = SIZE);
	EXPECT_NOT_DIVIDED(.count = 2 * LEAST - 1, .cap = SIZE);
	EXPECT_NOT_DIVIDED(.count = SIZE, .offset = SIZE - 2 * LEAST + 1,
			   .cap = SIZE);
	self->lambda = RECORD_WISE(copy_input, SIZE - LEAST + 1);
	EXPECT_NOT_DIVIDED(.count = SIZE, .cap = SIZE);
}

TEST_F(split, direct)
{
	close(self->fd);
	self->fd = open(self->path, O_RDONLY | O_DIRECT);
	ASSERT_LE(0, self->fd);
	EXPECT_NOT_DIVIDED(.count = 2 * MIB, .cap = 2 * MIB);
}

TEST_F(split, forced)
{
	struct answer a;

	ask(QUESTION(.count = SIZE, .cap = SIZE), LAMBDA_IO_HOST, &a);
	EXPECT_EQ(LAMBDA_SIDE_HOST, a.io.result.side);
	free(a.out);
	ask(QUESTION(.count = SIZE, .cap = SIZE), FORCED, &a);
	EXPECT_EQ(LAMBDA_SIDE_DEVICE, a.io.result.side);
	EXPECT_EQ(SIZE, a.ret);
	free(a.out);
}

/* What must not show: a part ends badly, the first or the second */

static void mark(struct __test_metadata *_metadata, FIXTURE_DATA(split) *self,
		 off_t place)
{
	const char byte = MARK;

	ASSERT_EQ(SIZE, pwrite(self->fd, self->data, SIZE, 0));
	ASSERT_EQ(1, pwrite(self->fd, &byte, 1, place));
	ASSERT_EQ(0, fsync(self->fd));
}

#define ENDS_BADLY(name)						\
TEST_F(split, name)							\
{									\
	self->lambda = RECORD_WISE(name, 1);				\
	ASSERT_LE(0, self->lambda);					\
	EXPECT_BOTH(.count = SIZE, .cap = SIZE);			\
	mark(_metadata, self, 1000);					\
	EXPECT_WHOLE(.count = SIZE, .cap = SIZE);			\
	mark(_metadata, self, SIZE - 1000);				\
	EXPECT_WHOLE(.count = SIZE, .cap = SIZE);			\
	EXPECT_WHOLE(.count = SIZE, .offset = 77, .cap = SIZE);		\
}

ENDS_BADLY(fault_at_mark)
ENDS_BADLY(error_at_mark)
ENDS_BADLY(too_long_at_mark)

/* The drive gives up before the budget is spent, and says so. */
TEST_F(split, forever_at_mark)
{
	__u32 reason;

	self->lambda = RECORD_WISE(forever_at_mark, 1);
	mark(_metadata, self, SIZE - 1000);
	EXPECT_EQ(LAMBDA_SIDE_HOST, divided(QUESTION(.count = MIB,
						     .offset = SIZE - MIB,
						     .cap = MIB), &reason));
}

/* Each part has room, both together have not. */
TEST_F(split, output_too_long)
{
	EXPECT_WHOLE(.count = SIZE, .cap = SIZE - 1);
	EXPECT_BOTH(.count = SIZE, .cap = SIZE);
	EXPECT_WHOLE(.count = SIZE, .cap = 0);
}

TEST_F(split, merge_fails)
{
	self->lambda = merging(merge_error, ARRAY_SIZE(merge_error));
	EXPECT_WHOLE(.count = SIZE, .cap = 16);
	self->lambda = merging(merge_too_long, ARRAY_SIZE(merge_too_long));
	EXPECT_WHOLE(.count = SIZE, .cap = 16);
	self->lambda = merging(merge_fault, ARRAY_SIZE(merge_fault));
	EXPECT_WHOLE(.count = SIZE, .cap = 16);
}

TEST_F(split, unwritable_buffer)
{
	struct lambda_io io = io_for(SIZE, NULL, 0);
	char *map = mmap(NULL, 8 * MIB, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, map);
	ASSERT_EQ(0, munmap(map + 2 * MIB, 6 * MIB));
	EXPECT_EQ(-1, lambda_pread(self->fd, map, SIZE, 0, self->lambda, &io));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(LAMBDA_STATUS_OK, io.result.status);
	EXPECT_EQ(0, memcmp(map, self->data, 2 * MIB));
}

/* The output goes where the input comes from. */
TEST_F(split, buffer_is_the_file)
{
	struct lambda_io io = io_for(2 * MIB, NULL, 0);
	char *map = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
			 self->fd, 0);

	ASSERT_NE(MAP_FAILED, map);
	ASSERT_EQ(2 * MIB, lambda_pread(self->fd, map, 2 * MIB, 2 * MIB,
					self->lambda, &io));
	EXPECT_EQ(LAMBDA_SIDE_BOTH, io.result.side);
	EXPECT_EQ(0, memcmp(map, self->data + 2 * MIB, 2 * MIB));
}

/* The file is cut while both read it. */

#define SHORT	(100 * KIB + 777)

struct cutter {
	int fd;
	useconds_t after;
};

static void *cut(void *arg)
{
	const struct cutter *c = arg;

	usleep(c->after);
	return ftruncate(c->fd, SHORT) ? arg : NULL;
}

/* What was there, or behind the new end zeros, up to one of both ends. */
static bool all_right(const char *out, ssize_t len, const char *data)
{
	ssize_t i;

	if (len < (ssize_t)SHORT || len > (ssize_t)SIZE ||
	    memcmp(out, data, SHORT))
		return false;
	for (i = SHORT; i < len; i++)
		if (out[i] != data[i] && out[i])
			return false;
	return true;
}

TEST_F(split, truncated_meanwhile)
{
	struct cutter c = { .fd = self->fd };
	struct lambda_io io;
	char *out = malloc(SIZE);
	int i, shorter = 0;
	pthread_t thread;
	ssize_t len;
	void *bad;

	for (i = 0; i < 100; i++) {
		ASSERT_EQ(SIZE, pwrite(self->fd, self->data, SIZE, 0));
		io = io_for(SIZE, NULL, 0);
		/* Some just as it begins, some later. */
		c.after = i % 2 ? i * 300 : i * 3;
		ASSERT_EQ(0, pthread_create(&thread, NULL, cut, &c));
		len = lambda_pread(self->fd, out, SIZE, 0, self->lambda, &io);
		pthread_join(thread, &bad);
		EXPECT_EQ(NULL, bad);
		EXPECT_TRUE(all_right(out, len, self->data));
		EXPECT_EQ(len, (ssize_t)io.result.in_len);
		shorter += len < (ssize_t)SIZE;
	}
	TH_LOG("%d of %d were shorter", shorter, i);
	free(out);
}

/* The caller is killed while both run. */

TEST_F(split, killed)
{
	char *out = malloc(SIZE);
	int status, tries = 5;
	double begin, took;
	pid_t pid;

	self->lambda = RECORD_WISE(forever, 1);
	do {
		pid = fork();
		if (!pid) {
			lambda_pread(self->fd, out, SIZE, 0, self->lambda,
				     NULL);
			_exit(0);
		}
		usleep(100000);
		begin = now();
		kill(pid, SIGKILL);
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		took = now() - begin;
		EXPECT_TRUE(WIFSIGNALED(status));
	} while (took > 0.3 && --tries);
	EXPECT_GT(0.3, took);
	free(out);
	/* And nothing is held any more. */
	close(self->lambda);
	self->lambda = RECORD_WISE(copy_input, 1);
	EXPECT_BOTH(.count = SIZE, .cap = SIZE);
	EXPECT_EQ(0, ftruncate(self->fd, 0));
}

/* Many at a time, more than the drive has places. */

struct client {
	int fd, lambda, wrong;
	const char *data;
};

static void *make_requests(void *arg)
{
	struct client *c = arg;
	char *out = malloc(SIZE);
	int i;

	for (i = 0; i < 10; i++)
		c->wrong += lambda_pread(c->fd, out, SIZE, i, c->lambda,
					 NULL) != (ssize_t)SIZE - i ||
			    memcmp(out, c->data + i, SIZE - i);
	free(out);
	return NULL;
}

TEST_F(split, crowd)
{
	struct client c[24];
	pthread_t threads[ARRAY_SIZE(c)];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(c); i++) {
		c[i] = (struct client) { .fd = self->fd, .data = self->data,
					 .lambda = self->lambda };
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, make_requests,
					    &c[i]));
	}
	for (i = 0; i < ARRAY_SIZE(c); i++) {
		pthread_join(threads[i], NULL);
		EXPECT_EQ(0, c[i].wrong);
	}
}

static void __attribute__((constructor)) before_tests(void)
{
	drive_begin();
}

TEST_HARNESS_MAIN
