// SPDX-License-Identifier: GPL-2.0-only
/*
 * λs through a ring in the drive: one thread has many requests there, and each
 * ends when it is cancelled or too late, with its place given back.
 */
#include "common.h"
#include "drive.h"
#include "harness.h"
#include "places.h"
#include "ring.h"

#define SOON	5.0
#define NR	8
#define DELAY	400		/* ms that the drive keeps a request in a test */
#define LONG	20000
#define TAG	77

FIXTURE(ring) {
	struct io_uring ring;
	struct lambda_io io;
	char out[LEN];
	int lambda, copy;
};

FIXTURE_SETUP(ring)
{
	ASSERT_EQ(0, io_uring_queue_init(NR, &self->ring, 0));
	self->lambda = HANDLE(eight);
	self->copy = HANDLE(copy_input);
	make_files();
	/* With arguments it has a slot, and a command that a test can keep. */
	self->io = io_for(8, "12345678", 8);
	self->io.flags = FORCED;
	/* From now on the drive has the program. */
	ASSERT_EQ(8, lambda_pread(files[0], self->out, PAGE, 0, self->lambda,
				  &self->io));
}

FIXTURE_TEARDOWN(ring)
{
	drive_order(0, 0);
	io_uring_queue_exit(&self->ring);
	close_files();
	close(self->lambda);
	close(self->copy);
}

/* A read of a page in the drive by no other. */
#define PUT(tag)							\
	put_request(&self->ring, LAMBDA_RING_PREAD, files[0], self->out,	\
		    PAGE, 0, self->lambda, &self->io, tag)

TEST_F(ring, both_sides)
{
	static const __u32 sides[] = { FORCED, LAMBDA_IO_HOST };
	char *data = malloc(LEN);
	size_t i;

	for (i = 0; i < LEN; i++)
		data[i] = i * 7 + i / 250;
	ASSERT_EQ(LEN, pwrite(files[1], data, LEN, 0));
	for (i = 0; i < ARRAY_SIZE(sides); i++) {
		self->io = io_for(LEN, NULL, 0);
		self->io.flags = sides[i];
		memset(self->out, 0, LEN);
		EXPECT_EQ(LEN - 3, run_request(&self->ring, LAMBDA_RING_PREAD,
					       files[1], self->out, LEN, 3,
					       self->copy, &self->io));
		EXPECT_EQ(i ? LAMBDA_SIDE_HOST : LAMBDA_SIDE_DEVICE,
			  self->io.result.side);
		EXPECT_EQ(0, memcmp(self->out, data + 3, LEN - 3));
	}
	self->io = io_for(LEN, NULL, 0);
	self->io.flags = FORCED;
	EXPECT_EQ(PAGE, run_request(&self->ring, LAMBDA_RING_PWRITE, files[1],
				    data + 100, PAGE, 0, self->copy,
				    &self->io));
	EXPECT_EQ(LAMBDA_SIDE_DEVICE, self->io.result.side);
	EXPECT_EQ(PAGE, pread(files[1], self->out, PAGE, 0));
	EXPECT_EQ(0, memcmp(self->out, data + 100, PAGE));
	free(data);
}

/* The host does at once what is cached; the drive's requests take no worker. */
TEST_F(ring, cached)
{
	static char data[LEN];
	int i;

	memset(data, 'd', LEN);
	ASSERT_EQ(LEN, pwrite(files[1], data, LEN, 0));
	ASSERT_EQ(0, fsync(files[1]));
	for (i = 0; i < NR; i++) {
		self->io = io_for(LEN, NULL, 0);
		self->io.flags = LAMBDA_IO_HOST;
		EXPECT_EQ(PAGE, run_request(&self->ring, LAMBDA_RING_PREAD,
					    files[1], self->out, PAGE, i * 777,
					    self->copy, &self->io));
		EXPECT_EQ(LAMBDA_SIDE_HOST, self->io.result.side);
		EXPECT_EQ(LAMBDA_REASON_FORCED, self->io.result.reason);
		EXPECT_EQ(0, memcmp(self->out, data, PAGE));
	}
	self->io.flags = FORCED;
	EXPECT_EQ(PAGE, run_request(&self->ring, LAMBDA_RING_PREAD, files[1],
				    self->out, PAGE, 0, self->copy,
				    &self->io));
	EXPECT_EQ(LAMBDA_SIDE_DEVICE, self->io.result.side);
	EXPECT_EQ(0, memcmp(self->out, data, PAGE));
	EXPECT_EQ(0, ring_workers());
}

/* All are in the drive at a time, so that they take as long as one. */
TEST_F(ring, one_thread_many_requests)
{
	int i, nr = drive_depth() < NR ? drive_depth() : NR;
	struct lambda_io ios[NR];
	double begun = now();

	ASSERT_EQ(0, drive_keep(DELAY, nr));
	for (i = 0; i < nr; i++) {
		ios[i] = self->io;
		ASSERT_NE(NULL, put_request(&self->ring, LAMBDA_RING_PREAD,
					    files[0], self->out + 8 * i, PAGE,
					    0, self->lambda, &ios[i], i));
	}
	ASSERT_EQ(nr, io_uring_submit(&self->ring));
	for (i = 0; i < nr; i++)
		EXPECT_EQ(8, take_result(&self->ring, NULL));
	for (i = 0; i < nr; i++)
		EXPECT_EQ(LAMBDA_SIDE_DEVICE, ios[i].result.side);
	EXPECT_LT(DELAY / 1e3, now() - begun);
	EXPECT_GT(nr * DELAY / 1e3 / 2, now() - begun);
}

/* Each but the first waits for those before it, and the first is late. */
TEST_F(ring, drained)
{
	__u64 tag;
	int i;

	ASSERT_EQ(0, drive_keep(DELAY, 1));
	for (i = 0; i < 3; i++) {
		struct io_uring_sqe *sqe = PUT(i);

		ASSERT_NE(NULL, sqe);
		if (i)
			sqe->flags |= IOSQE_IO_DRAIN;
	}
	ASSERT_EQ(3, io_uring_submit(&self->ring));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(8, take_result(&self->ring, &tag));
		EXPECT_EQ(i, tag);
	}
	EXPECT_EQ(LAMBDA_SIDE_DEVICE, self->io.result.side);
}

/* The one with the tag was cancelled, soon after @begun; what did it said @how. */
static bool ended_soon(struct io_uring *ring, double begun, int how)
{
	bool ok = true;
	__u64 tag = 0;
	int i, ret;

	for (i = 0; i < 2; i++) {
		ret = take_result(ring, &tag);
		if (tag == TAG)
			ok &= ret == -ECANCELED;
		else
			ok &= ret == how;
	}
	return ok && now() - begun < SOON;
}

TEST_F(ring, cancel)
{
	double begun;

	ASSERT_EQ(0, drive_keep(LONG, 1));
	ASSERT_NE(NULL, PUT(TAG));
	io_uring_submit(&self->ring);
	usleep(300000);
	begun = now();
	io_uring_prep_cancel64(io_uring_get_sqe(&self->ring), TAG, 0);
	io_uring_submit(&self->ring);
	EXPECT_TRUE(ended_soon(&self->ring, begun, 0));
	EXPECT_EQ(LAMBDA_STATUS_KILLED, self->io.result.status);
	EXPECT_EQ(10, others(self->lambda, 10));
}

TEST_F(ring, link_timeout)
{
	struct __kernel_timespec half = { .tv_nsec = 500000000 };
	struct io_uring_sqe *sqe;
	double begun = now();

	ASSERT_EQ(0, drive_keep(LONG, 1));
	sqe = PUT(TAG);
	ASSERT_NE(NULL, sqe);
	io_uring_sqe_set_flags(sqe, IOSQE_IO_LINK);
	io_uring_prep_link_timeout(io_uring_get_sqe(&self->ring), &half, 0);
	io_uring_submit(&self->ring);
	EXPECT_TRUE(ended_soon(&self->ring, begun, -ETIME));
	EXPECT_EQ(10, others(self->lambda, 10));
}

/* A process that goes leaves nothing in the drive. */
TEST_F(ring, process_goes)
{
	double begun;
	int status;
	pid_t pid;

	ASSERT_EQ(0, drive_keep(LONG, 1));
	pid = fork();
	if (!pid) {
		struct io_uring ring;

		if (io_uring_queue_init(4, &ring, 0) ||
		    run_request(&ring, LAMBDA_RING_PREAD, files[0], self->out,
				PAGE, 0, self->lambda, &self->io))
			_exit(1);
		_exit(0);
	}
	usleep(500000);
	begun = now();
	kill(pid, SIGKILL);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(SIGKILL, status);
	EXPECT_GT(SOON, now() - begun);
	EXPECT_EQ(10, others(self->lambda, 10));
}

static void __attribute__((constructor)) before_tests(void)
{
	drive_begin();
}

TEST_HARNESS_MAIN
