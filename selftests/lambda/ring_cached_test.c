// SPDX-License-Identifier: GPL-2.0-only
/*
 * λs through a ring over what is in the page cache: small reads are done as they
 * are submitted, and what would keep the submitter is a worker's.
 */
#include "common.h"
#include "harness.h"
#include "mounts.h"
#include "ring.h"

#define SIZE	(256 * KIB)
#define SOON	5.0
#define TAG	77
/* Some 100 ms where a jump takes a nanosecond. */
#define LONG	100000000

static const struct bpf_insn spin[] = { GOTO(-1) };

/* Takes its time, and then 8 bytes of output are zero. */
static const struct bpf_insn slow[] = {
	MOV(R6, R1), MOVI(R2, LONG), ADDI(R2, -1), JMPI(BPF_JNE, R2, 0, -2),
	CTX(R2, R6, out), ST(BPF_DW, R2, 0, 0), MOVI(R0, 8), EXIT(),
};

static const struct bpf_insn give_up[] = { MOVI(R0, -5), EXIT() };

FIXTURE(cached) {
	struct io_uring ring;
	struct lambda_io io;
	int fd, copy;
	char *data, *out;
};

FIXTURE_VARIANT(cached) {
	const char *path;
};

FIXTURE_VARIANT_ADD(cached, ext4) { .path = MOUNTS "/ext4/ring" };
FIXTURE_VARIANT_ADD(cached, xfs) { .path = MOUNTS "/xfs/ring" };

FIXTURE_SETUP(cached)
{
	ASSERT_EQ(0, io_uring_queue_init(64, &self->ring, 0));
	self->data = ring_bytes(SIZE);
	self->out = calloc(1, SIZE);
	self->fd = open(variant->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ASSERT_EQ(SIZE, pwrite(self->fd, self->data, SIZE, 0));
	ASSERT_EQ(0, fsync(self->fd));
	self->copy = HANDLE(copy_input);
	self->io = io_for(SIZE, NULL, 0);
	self->io.flags = LAMBDA_IO_HOST;
}

FIXTURE_TEARDOWN(cached)
{
	io_uring_queue_exit(&self->ring);
	close(self->fd);
	close(self->copy);
	free(self->data);
	free(self->out);
}

#define READ(count, offset, lambda)					\
	run_request(&self->ring, LAMBDA_RING_PREAD, self->fd, self->out,	\
		    count, offset, lambda, &self->io)

TEST_F(cached, small_reads_take_no_worker)
{
	enum { NR = 32, PART = 4096 };
	struct lambda_io ios[NR];
	__u64 tag = 0;
	int i;

	for (i = 0; i < NR; i++) {
		ios[i] = self->io;
		put_request(&self->ring, LAMBDA_RING_PREAD, self->fd,
			    self->out + i * PART, PART, i * PART, self->copy,
			    &ios[i], i);
	}
	ASSERT_EQ(NR, io_uring_submit(&self->ring));
	for (i = 0; i < NR; i++) {
		EXPECT_EQ(PART, take_result(&self->ring, &tag));
		EXPECT_EQ(LAMBDA_STATUS_OK, ios[tag].result.status);
		EXPECT_EQ(LAMBDA_SIDE_HOST, ios[tag].result.side);
		EXPECT_EQ(PART, ios[tag].result.in_len);
	}
	EXPECT_EQ(0, memcmp(self->out, self->data, NR * PART));
	EXPECT_EQ(5000, READ(5000, 777, self->copy));
	EXPECT_EQ(0, memcmp(self->out, self->data + 777, 5000));
	EXPECT_EQ(10, READ(4096, SIZE - 10, self->copy));
	EXPECT_EQ(0, READ(4096, SIZE, self->copy));
	EXPECT_EQ(0, ring_workers());
}

TEST_F(cached, bad_ends_take_no_worker)
{
	int lambda = HANDLE(give_up);

	EXPECT_EQ(-ECANCELED, READ(4096, 0, lambda));
	EXPECT_EQ(LAMBDA_STATUS_ERROR, self->io.result.status);
	EXPECT_EQ(-5, self->io.result.retval);
	EXPECT_EQ(-EFAULT, run_request(&self->ring, LAMBDA_RING_PREAD, self->fd,
				       (void *)8, 4096, 0, self->copy,
				       &self->io));
	EXPECT_EQ(0, ring_workers());
	close(lambda);
}

TEST_F(cached, large_reads_take_one)
{
	EXPECT_EQ(SIZE, READ(SIZE, 0, self->copy));
	EXPECT_EQ(0, memcmp(self->out, self->data, SIZE));
	EXPECT_LT(0, ring_workers());
}

TEST_F(cached, what_is_not_cached_takes_one)
{
	ASSERT_EQ(0, posix_fadvise(self->fd, 0, 0, POSIX_FADV_DONTNEED));
	EXPECT_EQ(4096, READ(4096, 8192, self->copy));
	EXPECT_EQ(0, memcmp(self->out, self->data + 8192, 4096));
	EXPECT_LT(0, ring_workers());
}

/* The submitter is kept for a million instructions; a worker begins anew. */
TEST_F(cached, slow_lambdas_take_one)
{
	int lambda = handle_budget(slow, ARRAY_SIZE(slow), 2ul * LONG), i;

	for (i = 0; i < 2; i++) {
		memset(self->out, 'o', 8);
		EXPECT_EQ(8, READ(4096, 0, lambda));
		EXPECT_EQ(LAMBDA_STATUS_OK, self->io.result.status);
		EXPECT_EQ(LONG, self->io.result.budget_used);
		EXPECT_EQ(0, *(__u64 *)self->out);
	}
	EXPECT_LT(0, ring_workers());
	close(lambda);
}

TEST_F(cached, endless_lambdas_keep_nobody)
{
	int lambda = handle_budget(spin, ARRAY_SIZE(spin), SBPF_BUDGET_MAX);
	double begun = now();
	__u64 tag = 0;
	int i, ret;

	for (i = 0; i < 2; i++)
		put_request(&self->ring, LAMBDA_RING_PREAD, self->fd, self->out,
			    4096, 0, lambda, NULL, TAG);
	io_uring_submit(&self->ring);
	EXPECT_GT(SOON, now() - begun);
	usleep(100000);
	io_uring_prep_cancel64(io_uring_get_sqe(&self->ring), TAG,
			       IORING_ASYNC_CANCEL_ALL);
	io_uring_submit(&self->ring);
	for (i = 0; i < 3; i++) {
		ret = take_result(&self->ring, &tag);
		EXPECT_EQ(tag == TAG ? -ECANCELED : 0, ret);
	}
	EXPECT_GT(SOON, now() - begun);
	close(lambda);
}

static void __attribute__((constructor)) before_tests(void)
{
	mounts_begin();
	mount_ext4(MOUNTS "/ext4");
	mount_image("xfs", 320 * MIB, MOUNTS "/xfs", NULL);
}

TEST_HARNESS_MAIN
