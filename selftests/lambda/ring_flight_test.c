// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads of a ring in the drive: no task waits for them, whatever they wait for,
 * and when one is not wanted any more nothing of it is left.
 */
#include <sys/mman.h>

#include "common.h"
#include "drive.h"
#include "harness.h"
#include "places.h"
#include "ring.h"

/* Seconds for what takes milliseconds, where the time is not the guest's own. */
#define SOON	5.0
#define NR	64
#define LONG	20000		/* ms */
#define PART	1024ul
#define ROUNDS	200

/* As in <linux/nvme-lambda.h>. */
#define SC_DECLINED_INSNS	0x1c1
#define SC_BUSY			0x1c9

/* Where time counts instructions, it is what is promised. */
static double soon(void)
{
	const char *ms = getenv("SIGNAL_MS");

	return ms ? atoi(ms) / 1e3 : SOON;
}

FIXTURE(flight) {
	struct io_uring ring;
	struct lambda_io io, ios[NR];
	char out[LEN];
	int lambda, copy;
};

FIXTURE_SETUP(flight)
{
	ASSERT_EQ(0, io_uring_queue_init(2 * NR, &self->ring, 0));
	self->lambda = HANDLE(eight);
	self->copy = HANDLE(copy_input);
	make_files();
	/* With arguments it has a slot, and a command that a test can keep. */
	self->io = io_for(8, "12345678", 8);
	self->io.flags = FORCED;
}

FIXTURE_TEARDOWN(flight)
{
	drive_order(0, 0);
	io_uring_queue_exit(&self->ring);
	close_files();
	close(self->lambda);
	close(self->copy);
}

/* A read of a page in the drive by no other. */
static bool put_one(struct io_uring *ring, int fd, char *out, int lambda,
		    struct lambda_io *io, __u64 tag)
{
	return put_request(ring, LAMBDA_RING_PREAD, fd, out, PAGE, 0, lambda,
			   io, tag);
}

#define PUT_ALL()							\
({									\
	int put;							\
									\
	for (put = 0; put < NR; put++) {				\
		self->ios[put] = self->io;				\
		put_one(&self->ring, files[0], self->out + 8 * put,	\
			self->lambda, &self->ios[put], put);		\
	}								\
	io_uring_submit(&self->ring);					\
})

/*
 * More than there are places, of a drive that knows neither program nor slots,
 * and a file that is not written back.
 */
TEST_F(flight, busy_drive_without_workers)
{
	__u64 tag, seen = 0;
	int i, looks = 0;

	ASSERT_LT(drive_depth(), NR);
	ASSERT_EQ(PAGE, pwrite(files[0], self->out, PAGE, 0));
	ASSERT_EQ(0, drive_keep(100, NR));
	ASSERT_EQ(NR, PUT_ALL());
	for (; io_uring_cq_ready(&self->ring) < NR; looks++) {
		EXPECT_EQ(0, ring_workers());
		usleep(20000);
	}
	EXPECT_LT(3, looks);
	for (i = 0; i < NR; i++) {
		EXPECT_EQ(8, take_result(&self->ring, &tag));
		seen |= 1ull << tag;
	}
	EXPECT_EQ(~0ull, seen);
	EXPECT_EQ(0, ring_workers());
	for (i = 0; i < NR; i++) {
		EXPECT_EQ(LAMBDA_STATUS_OK, self->ios[i].result.status);
		EXPECT_EQ(LAMBDA_SIDE_DEVICE, self->ios[i].result.side);
		EXPECT_EQ(PAGE, self->ios[i].result.in_len);
	}
}

/* Each has the bytes that it asked for, on the fast path and on the other. */
TEST_F(flight, answers)
{
	char *data = ring_bytes(LEN);
	int i, way;
	__u64 tag;

	ASSERT_EQ(LEN, pwrite(files[1], data, LEN, 0));
	for (way = 0; way < 2; way++) {
		memset(self->out, 0, LEN);
		for (i = 0; i < NR; i++) {
			self->ios[i] = io_for(PART, way ? "x" : NULL, way);
			self->ios[i].flags = FORCED;
			put_request(&self->ring, LAMBDA_RING_PREAD, files[1],
				    self->out + i * PART, PART, i * PART,
				    self->copy, &self->ios[i], i);
		}
		ASSERT_EQ(NR, io_uring_submit(&self->ring));
		for (i = 0; i < NR; i++) {
			EXPECT_EQ(PART, take_result(&self->ring, &tag));
			EXPECT_EQ(PART, self->ios[tag].result.out_len);
		}
		EXPECT_EQ(0, memcmp(data, self->out, LEN));
	}
	EXPECT_EQ(0, ring_workers());
	free(data);
}

/* A large output is sent in parts; what is behind the end is not there. */
TEST_F(flight, whole_file)
{
	char *data = ring_bytes(LEN);

	ASSERT_EQ(LEN, pwrite(files[0], data, LEN, 0));
	self->io = io_for(LEN, NULL, 0);
	self->io.flags = FORCED;
	EXPECT_EQ(LEN - 5, run_request(&self->ring, LAMBDA_RING_PREAD, files[0],
				       self->out, LEN, 5, self->copy,
				       &self->io));
	EXPECT_EQ(0, memcmp(data + 5, self->out, LEN - 5));
	EXPECT_EQ(0, run_request(&self->ring, LAMBDA_RING_PREAD, files[0],
				 self->out, LEN, LEN, self->copy, &self->io));
	EXPECT_EQ(0, ring_workers());
	free(data);
}

/* What the drive does not run the host does, in a worker; or it is an error. */
TEST_F(flight, declined)
{
	static const int want[] = { -EOPNOTSUPP, 8 };
	int i;

	for (i = 0; i < 2; i++) {
		drive_order(DRIVE_FAIL | DRIVE_EXEC_READ,
			    SC_DECLINED_INSNS | DRIVE_MORE(1));
		self->io.flags = i ? LAMBDA_IO_DEVICE : FORCED;
		EXPECT_EQ(want[i], run_request(&self->ring, LAMBDA_RING_PREAD,
					       files[0], self->out, PAGE, 0,
					       self->lambda, &self->io));
		EXPECT_EQ(LAMBDA_REASON_INSNS, self->io.result.reason);
	}
	EXPECT_EQ(LAMBDA_SIDE_HOST, self->io.result.side);
}

/* A drive that is busy for a moment is asked again. */
TEST_F(flight, busy_for_a_moment)
{
	drive_order(DRIVE_FAIL | DRIVE_EXEC_READ, SC_BUSY | DRIVE_MORE(3));
	EXPECT_EQ(8, run_request(&self->ring, LAMBDA_RING_PREAD, files[0],
				 self->out, PAGE, 0, self->lambda, &self->io));
	EXPECT_EQ(LAMBDA_SIDE_DEVICE, self->io.result.side);
	EXPECT_EQ(0, ring_workers());
}

/* All of them, in the drive and in front of it. */
TEST_F(flight, cancel_all)
{
	double begun;
	__u64 tag;
	int i, ret;

	memset(self->out, 'o', LEN);
	ASSERT_EQ(0, drive_keep(LONG, NR));
	ASSERT_EQ(NR, PUT_ALL());
	usleep(300000);
	begun = now();
	io_uring_prep_cancel64(io_uring_get_sqe(&self->ring), 0,
			       IORING_ASYNC_CANCEL_ANY);
	io_uring_sqe_set_data64(io_uring_get_sqe(&self->ring), 0);
	io_uring_submit(&self->ring);
	for (i = 0; i < NR; i++) {
		ret = take_result(&self->ring, &tag);
		if (ret == NR || ret == 0)
			i--;
		else
			EXPECT_EQ(-ECANCELED, ret);
	}
	EXPECT_GT(soon(), now() - begun);
	for (i = 0; i < NR; i++)
		EXPECT_EQ(LAMBDA_STATUS_KILLED, self->ios[i].result.status);
	for (i = 0; i < LEN; i++)
		ASSERT_EQ('o', self->out[i]);
	EXPECT_EQ(10, others(self->lambda, 10));
}

/* 0: exit; 1: execve(); 2: SIGKILL; 3: the ring is closed. */
static void go(struct io_uring *ring, int way)
{
	if (way == 1)
		execl("/bin/true", "true", NULL);
	if (way == 2)
		kill(getpid(), SIGKILL);
	if (way == 3)
		io_uring_queue_exit(ring);
	_exit(0);
}

/* A process that goes, at @when, while the drive has requests of its. */
static void begin_and_go(int lambda, struct lambda_io *io, char *out, int way,
			 int nr, double *when)
{
	struct io_uring ring;
	int i;

	if (io_uring_queue_init(NR, &ring, 0))
		_exit(1);
	for (i = 0; i < nr; i++)
		put_one(&ring, files[0], out, lambda, io, i);
	if (io_uring_submit(&ring) != nr)
		_exit(1);
	usleep(way ? 2000 : 0);
	*when = now();
	go(&ring, way);
}

/* All places were its, and who comes next has one. */
TEST_F(flight, process_goes)
{
	int i, status, nr = drive_depth();
	double begun, *when;
	pid_t pid;

	when = mmap(NULL, sizeof(*when), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_EQ(8, lambda_pread(files[0], self->out, PAGE, 0, self->lambda,
				  &self->io));
	ASSERT_EQ(0, drive_keep(LONG, nr * ROUNDS));
	for (i = 0; i < ROUNDS; i++) {
		pid = fork();
		if (!pid)
			begin_and_go(self->lambda, &self->io, self->out, i % 4,
				     nr, when);
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		ASSERT_EQ(i % 4 == 2 ? SIGKILL : 0, status);
		ASSERT_EQ(8, in_drive(files[1], self->out, self->lambda,
				      self->ios));
		ASSERT_GT(soon(), now() - *when);
	}
	drive_order(0, 0);
	/* So are pages that users may have, and the file's blocks. */
	EXPECT_EQ(10, others(self->lambda, 10));
	begun = now();
	EXPECT_EQ(0, ftruncate(files[0], 0));
	EXPECT_GT(SOON, now() - begun);
	munmap(when, sizeof(*when));
}

/* A file is the user's again when the drive is through, not when he looks. */
TEST_F(flight, answer_not_taken)
{
	struct io_uring_params p = {
		.flags = IORING_SETUP_DEFER_TASKRUN |
			 IORING_SETUP_SINGLE_ISSUER,
	};
	struct io_uring ring;
	double begun;
	int i;

	ASSERT_EQ(0, io_uring_queue_init_params(NR, &ring, &p));
	for (i = 0; i < NR; i++)
		put_one(&ring, files[0], self->out, self->lambda, &self->io, i);
	ASSERT_EQ(NR, io_uring_submit(&ring));
	/* Nothing is taken out, and no task work run. */
	begun = now();
	EXPECT_EQ(10, others(self->lambda, 10));
	EXPECT_EQ(0, ftruncate(files[0], 100));
	EXPECT_GT(SOON, now() - begun);
	for (i = 0; i < NR; i++)
		EXPECT_EQ(8, take_result(&ring, NULL));
	io_uring_queue_exit(&ring);
}

static void __attribute__((constructor)) before_tests(void)
{
	drive_begin();
}

TEST_HARNESS_MAIN
