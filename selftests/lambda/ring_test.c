// SPDX-License-Identifier: GPL-2.0-only
/*
 * λs through a ring: the answers of the system calls, and how a request ends
 * that is wrong, linked, cancelled, too late or of a process that goes.
 */
#include <sys/wait.h>

#include "common.h"
#include "harness.h"
#include "ring.h"

#define SIZE	(256 * KIB)
#define FOREVER	SBPF_BUDGET_MAX
/* Seconds for what takes milliseconds, on machines that are emulated and busy. */
#define SOON	5.0
#define TAG	77

static const struct bpf_insn spin[] = { GOTO(-1) };

/* An error of its own. */
static const struct bpf_insn give_up[] = { MOVI(R0, -5), EXIT() };

FIXTURE(ring) {
	struct io_uring ring;
	int fd, copy;
	char *data, *out;
};

FIXTURE_SETUP(ring)
{
	ASSERT_EQ(0, io_uring_queue_init(64, &self->ring, 0));
	self->data = ring_bytes(SIZE);
	self->out = calloc(1, SIZE);
	self->fd = memory_file(self->data, SIZE);
	ASSERT_LE(0, self->fd);
	self->copy = HANDLE(copy_input);
	ASSERT_LE(0, self->copy);
}

FIXTURE_TEARDOWN(ring)
{
	io_uring_queue_exit(&self->ring);
	close(self->fd);
	close(self->copy);
	free(self->data);
	free(self->out);
}

#define READ(count, offset, lambda, io)					\
	run_request(&self->ring, LAMBDA_RING_PREAD, self->fd, self->out,	\
		    count, offset, lambda, io)

TEST_F(ring, probe)
{
	struct io_uring_probe *p = io_uring_get_probe_ring(&self->ring);

	ASSERT_NE(NULL, p);
	EXPECT_TRUE(io_uring_opcode_supported(p, LAMBDA_RING_PREAD));
	EXPECT_TRUE(io_uring_opcode_supported(p, LAMBDA_RING_PWRITE));
	EXPECT_FALSE(io_uring_opcode_supported(p, LAMBDA_RING_PREAD - 1));
	EXPECT_FALSE(io_uring_opcode_supported(p, LAMBDA_RING_PWRITE + 1));
	free(p);
}

TEST_F(ring, read)
{
	struct lambda_io io = io_for(SIZE, NULL, 0);

	EXPECT_EQ(100001, READ(100001, 777, self->copy, &io));
	EXPECT_EQ(0, memcmp(self->out, self->data + 777, 100001));
	EXPECT_EQ(LAMBDA_STATUS_OK, io.result.status);
	EXPECT_EQ(LAMBDA_SIDE_HOST, io.result.side);
	EXPECT_EQ(100001, io.result.in_len);
	EXPECT_EQ(100001, io.result.out_len);
	/* What is behind the end of the file is not there. */
	EXPECT_EQ(10, READ(4096, SIZE - 10, self->copy, NULL));
	EXPECT_EQ(0, READ(4096, SIZE, self->copy, NULL));
	EXPECT_EQ(0, READ(0, 0, self->copy, NULL));
}

TEST_F(ring, write)
{
	struct lambda_io io = io_for(SIZE, NULL, 0);
	char text[] = "through a ring", got[sizeof(text)];

	EXPECT_EQ(sizeof(text), run_request(&self->ring, LAMBDA_RING_PWRITE,
					    self->fd, text, sizeof(text), 5000,
					    self->copy, &io));
	EXPECT_EQ(LAMBDA_STATUS_OK, io.result.status);
	EXPECT_EQ(sizeof(got), pread(self->fd, got, sizeof(got), 5000));
	EXPECT_STREQ(text, got);
}

TEST_F(ring, wrong_requests)
{
	struct lambda_io io = io_for(SIZE, NULL, 0);

	EXPECT_EQ(-EBADF, READ(16, 0, -1, &io));
	EXPECT_EQ(-EBADF, READ(16, 0, 9999, &io));
	EXPECT_EQ(-EINVAL, READ(16, 0, self->fd, &io));
	EXPECT_EQ(-EINVAL, READ(16, -1, self->copy, &io));
	EXPECT_EQ(-EFAULT, READ(16, 0, self->copy, (void *)8));
	io.flags = ~0;
	EXPECT_EQ(-EINVAL, READ(16, 0, self->copy, &io));
	EXPECT_EQ(-EBADF, run_request(&self->ring, LAMBDA_RING_PREAD, 9999,
				      self->out, 16, 0, self->copy, NULL));
}

/* What has no meaning has to be 0; one test for each field. */
TEST_F(ring, wrong_sqes)
{
	struct io_uring_sqe *sqe;
	int i;

	for (i = 0; i < 6; i++) {
		sqe = put_request(&self->ring, LAMBDA_RING_PREAD, self->fd,
				  self->out, 16, 0, self->copy, NULL, 0);
		ASSERT_NE(NULL, sqe);
		if (i == 0)
			sqe->splice_flags = 1;
		else if (i == 1)
			sqe->buf_index = 1;
		else if (i == 2)
			sqe->ioprio = 1;
		else if (i == 3)
			sqe->__pad2[0] = 1;
		else if (i == 4)
			io_uring_sqe_set_flags(sqe, IOSQE_BUFFER_SELECT);
		else
			sqe->opcode = LAMBDA_RING_PREAD - 1;
		io_uring_submit(&self->ring);
		EXPECT_EQ(i < 4 ? -EINVAL : -EOPNOTSUPP,
			  take_result(&self->ring, NULL));
	}
}

TEST_F(ring, polled_ring)
{
	struct io_uring ring;

	ASSERT_EQ(0, io_uring_queue_init(4, &ring, IORING_SETUP_IOPOLL));
	ASSERT_NE(NULL, put_request(&ring, LAMBDA_RING_PREAD, self->fd,
				    self->out, 16, 0, self->copy, NULL, 0));
	io_uring_submit(&ring);
	EXPECT_EQ(-EINVAL, take_result(&ring, NULL));
	io_uring_queue_exit(&ring);
}

/* A link goes on behind a short output, and breaks behind a λ's bad end. */
TEST_F(ring, links)
{
	struct lambda_io io = io_for(SIZE, NULL, 0);
	int lambdas[] = { self->copy, HANDLE(give_up) };
	const int first[] = { 10, -ECANCELED }, second[] = { 0, -ECANCELED };
	struct io_uring_sqe *sqe;
	int i;

	for (i = 0; i < 2; i++) {
		sqe = put_request(&self->ring, LAMBDA_RING_PREAD, self->fd,
				  self->out, 4096, SIZE - 10, lambdas[i], &io,
				  1);
		io_uring_sqe_set_flags(sqe, IOSQE_IO_LINK);
		io_uring_prep_nop(io_uring_get_sqe(&self->ring));
		ASSERT_EQ(2, io_uring_submit(&self->ring));
		EXPECT_EQ(first[i], take_result(&self->ring, NULL));
		EXPECT_EQ(second[i], take_result(&self->ring, NULL));
	}
	EXPECT_EQ(LAMBDA_STATUS_ERROR, io.result.status);
	EXPECT_EQ(-5, io.result.retval);
	close(lambdas[1]);
}

TEST_F(ring, registered_files)
{
	const int files[] = { self->fd, self->copy };
	struct io_uring_sqe *sqe;
	int i;

	ASSERT_EQ(0, io_uring_register_files(&self->ring, files, 2));
	for (i = 0; i < 3; i++) {
		sqe = put_request(&self->ring, LAMBDA_RING_PREAD, 0, self->out,
				  5000, 3, i + 1, NULL, 0);
		io_uring_sqe_set_flags(sqe, IOSQE_FIXED_FILE);
		sqe->splice_flags = SPLICE_F_FD_IN_FIXED;
		io_uring_submit(&self->ring);
		EXPECT_EQ(i ? -EBADF : 5000, take_result(&self->ring, NULL));
	}
	EXPECT_EQ(0, memcmp(self->out, self->data + 3, 5000));
}

/* As many as there is room for, each over a part of its own. */
TEST_F(ring, many)
{
	enum { NR = 64, PART = SIZE / NR };
	struct lambda_io ios[NR];
	__u64 tag = 0, seen = 0;
	int i;

	for (i = 0; i < NR; i++) {
		ios[i] = io_for(PART, NULL, 0);
		ASSERT_NE(NULL, put_request(&self->ring, LAMBDA_RING_PREAD,
					    self->fd, self->out + i * PART,
					    PART, i * PART, self->copy, &ios[i],
					    i));
	}
	ASSERT_EQ(NR, io_uring_submit(&self->ring));
	for (i = 0; i < NR; i++) {
		EXPECT_EQ(PART, take_result(&self->ring, &tag));
		/* The result is there before the completion. */
		EXPECT_EQ(LAMBDA_STATUS_OK, ios[tag].result.status);
		seen |= 1ull << tag;
	}
	EXPECT_EQ(~0ull, seen);
	EXPECT_EQ(0, memcmp(self->out, self->data, SIZE));
}

TEST_F(ring, polled_submission)
{
	struct io_uring ring;

	ASSERT_EQ(0, io_uring_queue_init(4, &ring, IORING_SETUP_SQPOLL));
	EXPECT_EQ(5000, run_request(&ring, LAMBDA_RING_PREAD, self->fd,
				    self->out, 5000, 9, self->copy, NULL));
	EXPECT_EQ(0, memcmp(self->out, self->data + 9, 5000));
	io_uring_queue_exit(&ring);
}

/* Starts a λ that does not end by itself, and is in it. */
static bool start_spinning(struct io_uring *ring, int fd, char *out, int lambda,
			   struct lambda_io *io, unsigned int flags)
{
	struct __kernel_timespec half = { .tv_nsec = 500000000 };
	struct io_uring_sqe *sqe, *limit;

	sqe = put_request(ring, LAMBDA_RING_PREAD, fd, out, 4096, 0, lambda, io,
			  TAG);
	io_uring_sqe_set_flags(sqe, flags);
	if (flags) {
		limit = io_uring_get_sqe(ring);
		io_uring_prep_link_timeout(limit, &half, 0);
	}
	if (io_uring_submit(ring) != 1 + !!flags)
		return false;
	usleep(200000);
	return true;
}

TEST_F(ring, cancel)
{
	int lambda = handle_budget(spin, ARRAY_SIZE(spin), FOREVER);
	struct lambda_io io = io_for(SIZE, NULL, 0);
	double begun;
	__u64 tag = 0;
	int i, ret;

	memset(self->out, 'o', 4096);
	ASSERT_TRUE(start_spinning(&self->ring, self->fd, self->out, lambda,
				   &io, 0));
	begun = now();
	io_uring_prep_cancel64(io_uring_get_sqe(&self->ring), TAG, 0);
	io_uring_submit(&self->ring);
	for (i = 0; i < 2; i++) {
		ret = take_result(&self->ring, &tag);
		/* One that runs is told to end. */
		EXPECT_EQ(tag == TAG ? -ECANCELED : -EALREADY, ret);
	}
	EXPECT_GT(SOON, now() - begun);
	EXPECT_EQ(LAMBDA_STATUS_KILLED, io.result.status);
	for (i = 0; i < 4096; i++)
		ASSERT_EQ('o', self->out[i]);
	/* The worker is none the worse for it. */
	EXPECT_EQ(4096, READ(4096, 0, self->copy, &io));
	close(lambda);
}

/* A request that is tried as it is submitted, and one that a worker begins. */
TEST_F(ring, link_timeout)
{
	static const unsigned int ways[] = {
		IOSQE_IO_LINK, IOSQE_IO_LINK | IOSQE_ASYNC,
	};
	int lambda = handle_budget(spin, ARRAY_SIZE(spin), FOREVER);
	double begun;
	__u64 tag = 0;
	int way, i, ret;

	for (way = 0; way < ARRAY_SIZE(ways); way++) {
		struct lambda_io io = io_for(SIZE, NULL, 0);

		begun = now();
		ASSERT_TRUE(start_spinning(&self->ring, self->fd, self->out,
					   lambda, &io, ways[way]));
		for (i = 0; i < 2; i++) {
			ret = take_result(&self->ring, &tag);
			/* Of one that runs a timeout says: not found. */
			EXPECT_EQ(tag == TAG ? -ECANCELED : -ENOENT, ret);
		}
		EXPECT_GT(SOON, now() - begun);
		EXPECT_EQ(LAMBDA_STATUS_KILLED, io.result.status);
	}
	close(lambda);
}

/* Ways for a process to go while its λ runs; 2 is a signal from outside. */
static void go(int way)
{
	if (way == 0)
		_exit(0);
	if (way == 1)
		execl("/bin/true", "true", NULL);
	pause();
	_exit(1);
}

TEST_F(ring, process_goes)
{
	int way, status, lambda;
	double begun;
	pid_t pid;

	lambda = handle_budget(spin, ARRAY_SIZE(spin), FOREVER);
	for (way = 0; way < 3; way++) {
		pid = fork();
		if (!pid) {
			struct io_uring ring;

			if (io_uring_queue_init(4, &ring, 0) ||
			    !start_spinning(&ring, self->fd, self->out, lambda,
					    NULL, 0))
				_exit(1);
			go(way);
		}
		usleep(700000);
		begun = now();
		if (way == 2)
			kill(pid, SIGKILL);
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_GT(SOON, now() - begun);
		EXPECT_EQ(way == 2 ? SIGKILL : 0, status);
	}
	close(lambda);
}

/* A worker stops with its process; the request is for the caller to repeat. */
TEST_F(ring, process_stops)
{
	int status, ready[2], lambda;
	double begun;
	pid_t pid;
	char c;

	lambda = handle_budget(spin, ARRAY_SIZE(spin), FOREVER);
	ASSERT_EQ(0, pipe(ready));
	pid = fork();
	if (!pid) {
		struct io_uring ring;

		if (io_uring_queue_init(4, &ring, 0) ||
		    !start_spinning(&ring, self->fd, self->out, lambda, NULL,
				    0))
			_exit(1);
		write(ready[1], "", 1);
		_exit(take_result(&ring, NULL) == -EINTR ? 42 : 1);
	}
	ASSERT_EQ(1, read(ready[0], &c, 1));
	begun = now();
	kill(pid, SIGSTOP);
	ASSERT_EQ(pid, waitpid(pid, &status, WUNTRACED));
	EXPECT_TRUE(WIFSTOPPED(status));
	kill(pid, SIGCONT);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(42, WEXITSTATUS(status));
	EXPECT_GT(SOON, now() - begun);
	close(lambda);
}

TEST_HARNESS_MAIN
