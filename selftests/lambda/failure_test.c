// SPDX-License-Identifier: GPL-2.0-only
/*
 * A drive that fails in the middle of a request: a read is run by the host, a
 * write says what is certain, and is never done twice.
 */
#include "both.h"
#include "common.h"
#include "drive.h"
#include "harness.h"
#include "sysctl.h"

#define SIZE	(64 * KIB)

enum {
	ALLOC = 0x80,
	FILL = 0x89,
	ANSWER = 0x8e,
	EXEC_WRITE = 0x94,
	EXEC_FAST = 0x9a,
	LOAD = 0xc1,
	OPEN = 0xc2,
	COMMIT = 0xc4,
};

/* Statuses of NVMe, and of the drive's own. */
enum {
	SC_INTERNAL = 0x006,
	SC_RESOURCES = 0x18a,
	SC_PROGRAM_INVALID = 0x18e,
	SC_NO_PROGRAM = 0x196,
	SC_MEMORY = 0x1c0,
	SC_INSNS = 0x1c1,
	SC_TIME = 0x1c2,
	SC_NO_SLOT = 0x1c8,
	SC_NO_ROOM = 0x1cb,
	SC_NO_SESSION = 0x1cc,
	SC_STALE_EPOCH = 0x1cd,
};

static char data[SIZE], got[SIZE];

FIXTURE(failure) {
	char path[128];
	int fd, lambda;
	__u64 args[1];
	struct lambda_io io;
};

FIXTURE_VARIANT(failure) {
	const char *dir;
};

#define VARIANT(name, where)						\
	FIXTURE_VARIANT_ADD(failure, name) { .dir = where }

VARIANT(ext4, EXT4);
VARIANT(xfs, XFS);

/* How many seconds a command may take before it counts as lost. */
static int set_timeout(int seconds)
{
	return sysctl_write("/sys/module/nvme_core/parameters/io_timeout",
			    seconds);
}

FIXTURE_SETUP(failure)
{
	snprintf(self->path, sizeof(self->path), "%s/failure", variant->dir);
	self->fd = open(self->path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	ASSERT_LE(0, self->fd);
	fill(data, SIZE, 1);
	ASSERT_EQ(SIZE, pwrite(self->fd, data, SIZE, 0));
	ASSERT_EQ(0, fsync(self->fd));
	self->lambda = HANDLE(copy_input);
	ASSERT_LE(0, self->lambda);
}

FIXTURE_TEARDOWN(failure)
{
	drive_order(0, 0);
	set_timeout(30);
	close(self->fd);
	close(self->lambda);
	unlink(self->path);
}

/* One read with a fault: the host does it, for this reason. */
static bool host_reads(FIXTURE_DATA(failure) *self, size_t args_len,
		       __u32 what, __u16 status, __u32 reason)
{
	self->io = io_for(SIZE, self->args, args_len);
	self->io.flags = LAMBDA_IO_DEVICE;
	memset(got, 0, SIZE);
	if (drive_order(what, status) ||
	    lambda_pread(self->fd, got, SIZE, 0, self->lambda, &self->io) !=
	    SIZE)
		return false;
	fprintf(stderr, "# fault %x %x: side %u, reason %u\n", what, status,
		self->io.result.side, self->io.result.reason);
	return !memcmp(got, data, SIZE) &&
	       self->io.result.side == LAMBDA_SIDE_HOST &&
	       self->io.result.reason == reason;
}

/* And the next one the drive does again, as soon as it was reset. */
static bool drive_reads(FIXTURE_DATA(failure) *self)
{
	int tries;

	for (tries = 0; tries < 100; tries++) {
		self->io = io_for(SIZE, NULL, 0);
		self->io.flags = FORCED;
		lambda_pread(self->fd, got, SIZE, 0, self->lambda, &self->io);
		if (self->io.result.reason != LAMBDA_REASON_GONE)
			break;
		usleep(100000);
	}
	return same_on_both(QUESTION(.count = SIZE, .cap = SIZE), NULL);
}

static const struct {
	__u16 status;
	__u32 reason;
} ends[] = {
	{ SC_INTERNAL, LAMBDA_REASON_ERROR },
	{ SC_MEMORY, LAMBDA_REASON_MEMORY },
	{ SC_INSNS, LAMBDA_REASON_INSNS },
	{ SC_TIME, LAMBDA_REASON_TIME },
	{ SC_NO_SESSION, LAMBDA_REASON_GONE },
	{ SC_STALE_EPOCH, LAMBDA_REASON_GONE },
};

TEST_F(failure, reads)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ends); i++) {
		EXPECT_TRUE(host_reads(self, 0, DRIVE_FAIL | EXEC_FAST,
				       ends[i].status, ends[i].reason));
		EXPECT_TRUE(drive_reads(self));
		EXPECT_TRUE(host_reads(self, 8, DRIVE_FAIL | DRIVE_EXEC_READ,
				       ends[i].status, ends[i].reason));
		EXPECT_TRUE(drive_reads(self));
	}
}

/* What may pass is tried again. */
TEST_F(failure, busy)
{
	ASSERT_EQ(0, drive_order(DRIVE_FAIL | EXEC_FAST, SC_RESOURCES));
	EXPECT_TRUE(drive_reads(self));
	ASSERT_EQ(0, drive_order(DRIVE_FAIL | DRIVE_EXEC_READ, SC_RESOURCES));
	EXPECT_TRUE(same_on_both(QUESTION(.count = SIZE, .cap = SIZE,
					  .args = self->args, .args_len = 8),
				 NULL));
}

/* Each other command that a read is made of. */
TEST_F(failure, read_steps)
{
	static const __u32 steps[] = { FILL, DRIVE_EXEC_READ, ANSWER };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		EXPECT_TRUE(host_reads(self, 8, DRIVE_FAIL | steps[i],
				       SC_INTERNAL, LAMBDA_REASON_ERROR));
		EXPECT_TRUE(drive_reads(self));
	}
}

/* A program that the drive does not take, and one that gets lost. */
TEST_F(failure, loading)
{
	EXPECT_TRUE(host_reads(self, 0, DRIVE_ADMIN | DRIVE_FAIL | COMMIT,
			       SC_PROGRAM_INVALID, LAMBDA_REASON_REFUSED));
	close(self->lambda);
	self->lambda = HANDLE(copy_input);
	EXPECT_TRUE(host_reads(self, 0, DRIVE_ADMIN | DRIVE_FAIL | LOAD,
			       SC_INTERNAL, LAMBDA_REASON_ERROR));
	close(self->lambda);
	self->lambda = HANDLE(copy_input);
	EXPECT_TRUE(drive_reads(self));
}

/* A program or a slot that the drive says it has not is sent or asked for anew. */
TEST_F(failure, forgotten)
{
	static const __u16 lost[] = { SC_NO_PROGRAM, SC_NO_SLOT };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lost); i++) {
		EXPECT_TRUE(host_reads(self, 8, DRIVE_FAIL | DRIVE_EXEC_READ,
				       lost[i], LAMBDA_REASON_GONE));
		EXPECT_TRUE(same_on_both(QUESTION(.count = SIZE, .cap = SIZE,
						  .args = self->args,
						  .args_len = 8), NULL));
	}
	/* This drive has the slot still, until the session goes. */
	EXPECT_TRUE(host_reads(self, 8, DRIVE_FAIL | FILL, SC_NO_SESSION,
			       LAMBDA_REASON_GONE));
	EXPECT_TRUE(drive_reads(self));
}

/* Programs make way for one another: there are more than the drive holds. */
TEST_F(failure, many_programs)
{
	struct bpf_insn p[] = { MOVI(R1, 0), MOVI(R0, 0), EXIT() };
	int lambda[24];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lambda); i++) {
		p[0].imm = i;
		lambda[i] = HANDLE(p);
		ASSERT_LE(0, lambda[i]);
	}
	for (i = 0; i < 2 * ARRAY_SIZE(lambda); i++) {
		self->io = io_for(SIZE, NULL, 0);
		self->io.flags = FORCED;
		EXPECT_EQ(0, lambda_pread(self->fd, got, SIZE, 0,
					  lambda[i % ARRAY_SIZE(lambda)],
					  &self->io));
		EXPECT_EQ(LAMBDA_SIDE_DEVICE, self->io.result.side);
	}
	for (i = 0; i < ARRAY_SIZE(lambda); i++)
		close(lambda[i]);
}

/* A session that is no more is opened again, also when that fails at first. */
TEST_F(failure, session)
{
	EXPECT_TRUE(drive_reads(self));
	ASSERT_EQ(0, drive_order(DRIVE_ADMIN | DRIVE_FAIL | OPEN, SC_INTERNAL));
	EXPECT_TRUE(host_reads(self, 8, DRIVE_FAIL | FILL, SC_NO_SESSION,
			       LAMBDA_REASON_GONE));
	self->io = io_for(SIZE, NULL, 0);
	self->io.flags = FORCED;
	EXPECT_EQ(-1, lambda_pread(self->fd, got, SIZE, 0, self->lambda,
				   &self->io));
	EXPECT_EQ(LAMBDA_REASON_GONE, self->io.result.reason);
	EXPECT_TRUE(drive_reads(self));
}

/* The caller who wants no other side than the drive gets to know why not. */
TEST_F(failure, no_fallback)
{
	self->io = io_for(SIZE, NULL, 0);
	self->io.flags = FORCED;
	ASSERT_EQ(0, drive_order(DRIVE_FAIL | EXEC_FAST, SC_TIME));
	EXPECT_EQ(-1, lambda_pread(self->fd, got, SIZE, 0, self->lambda,
				   &self->io));
	EXPECT_EQ(EOPNOTSUPP, errno);
	EXPECT_EQ(LAMBDA_REASON_TIME, self->io.result.reason);
	EXPECT_EQ(LAMBDA_STATUS_NOT_RUN, self->io.result.status);
	EXPECT_EQ(LAMBDA_SIDE_NONE, self->io.result.side);
}

/* A command that never ends is aborted, then the drive is reset. */
TEST_F(failure, lost_read)
{
	ASSERT_EQ(0, set_timeout(4));
	EXPECT_TRUE(host_reads(self, 0, DRIVE_LOSE | EXEC_FAST, 0,
			       LAMBDA_REASON_GONE));
	EXPECT_TRUE(drive_reads(self));
}

static ssize_t write_once(FIXTURE_DATA(failure) *self, __u32 flags, __u32 what,
			  __u16 status)
{
	fill(got, SIZE, 2);
	self->io = io_for(SIZE / 4, NULL, 0);
	self->io.flags = flags;
	if (drive_order(what, status))
		return -2;
	return lambda_pwrite(self->fd, got, SIZE / 8, SIZE / 2, self->lambda,
			     &self->io);
}

/* Bytes of the written range from @seed, the others as they were. */
static bool file_has(FIXTURE_DATA(failure) *self, bool written)
{
	static char want[SIZE], is[SIZE];

	memcpy(want, data, SIZE);
	if (written)
		memcpy(want + SIZE / 2, got, SIZE / 8);
	if (pread(self->fd, is, SIZE, 0) != SIZE || memcmp(is, want, SIZE))
		return false;
	posix_fadvise(self->fd, 0, 0, POSIX_FADV_DONTNEED);
	return pread(self->fd, is, SIZE, 0) == SIZE && !memcmp(is, want, SIZE);
}

/* Declined: nothing has changed, so the host writes; once. */
TEST_F(failure, declined_write)
{
	size_t i;

	for (i = 1; i < ARRAY_SIZE(ends); i++) {
		EXPECT_EQ(-1, write_once(self, FORCED, DRIVE_FAIL | EXEC_WRITE,
					 ends[i].status));
		EXPECT_EQ(EOPNOTSUPP, errno);
		EXPECT_EQ(ends[i].reason, self->io.result.reason);
		EXPECT_EQ(0, self->io.result.out_len);
		EXPECT_TRUE(file_has(self, false));
	}
	EXPECT_EQ(SIZE / 8, write_once(self, LAMBDA_IO_DEVICE,
				       DRIVE_FAIL | EXEC_WRITE, SC_NO_ROOM));
	EXPECT_EQ(LAMBDA_SIDE_HOST, self->io.result.side);
	EXPECT_EQ(LAMBDA_REASON_NO_ROOM, self->io.result.reason);
	EXPECT_TRUE(file_has(self, true));
}

/* Before the command that writes, the host can still do it. */
TEST_F(failure, write_steps)
{
	EXPECT_EQ(SIZE / 8, write_once(self, LAMBDA_IO_DEVICE,
				       DRIVE_FAIL | FILL, SC_INTERNAL));
	EXPECT_EQ(LAMBDA_SIDE_HOST, self->io.result.side);
	EXPECT_EQ(LAMBDA_REASON_ERROR, self->io.result.reason);
	EXPECT_TRUE(file_has(self, true));
}

/* What was written was written, told or not by the answer. */
TEST_F(failure, answer_of_a_write)
{
	EXPECT_EQ(SIZE / 8, write_once(self, FORCED, DRIVE_FAIL | ANSWER,
				       SC_INTERNAL));
	EXPECT_EQ(LAMBDA_SIDE_DEVICE, self->io.result.side);
	EXPECT_EQ(SIZE / 8, self->io.result.out_len);
	EXPECT_TRUE(file_has(self, true));
}

/* The two look alike; and with pages in the cache, of before. */
static void unknown(struct __test_metadata *_metadata,
		    FIXTURE_DATA(failure) *self, __u32 what, bool written)
{
	char *map = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, self->fd, 0);

	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(0, memcmp(map, data, SIZE));
	EXPECT_EQ(-1, write_once(self, LAMBDA_IO_DEVICE, what,
				 (what & DRIVE_LOSE) == DRIVE_LOSE ? 0 :
				 SC_INTERNAL));
	EXPECT_EQ(EIO, errno);
	EXPECT_EQ(LAMBDA_STATUS_NOT_RUN, self->io.result.status);
	EXPECT_EQ(LAMBDA_SIDE_DEVICE, self->io.result.side);
	EXPECT_EQ(SIZE / 4, self->io.result.out_len);
	EXPECT_TRUE(file_has(self, written));
	EXPECT_EQ(0, memcmp(map + SIZE / 2, (written ? got : data + SIZE / 2),
			    SIZE / 8));
	munmap(map, SIZE);
	EXPECT_TRUE(drive_reads(self));
}

TEST_F(failure, write_not_done)
{
	unknown(_metadata, self, DRIVE_FAIL | EXEC_WRITE, false);
}

TEST_F(failure, write_done)
{
	unknown(_metadata, self, DRIVE_FAIL | DRIVE_AFTER | EXEC_WRITE, true);
}

TEST_F(failure, write_lost)
{
	ASSERT_EQ(0, set_timeout(4));
	unknown(_metadata, self, DRIVE_LOSE | EXEC_WRITE, false);
}

TEST_F(failure, write_done_and_lost)
{
	ASSERT_EQ(0, set_timeout(4));
	unknown(_metadata, self, DRIVE_LOSE | DRIVE_AFTER | EXEC_WRITE, true);
}

static void __attribute__((constructor)) before_tests(void)
{
	drive_begin();
}

TEST_HARNESS_MAIN
