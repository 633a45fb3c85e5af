// SPDX-License-Identifier: GPL-2.0-only
/*
 * λs over disks that are made of others: the drive runs them where all bytes lie
 * on it, and who changes what a disk is made of waits for it.
 */
#include <pthread.h>

#include "both.h"
#include "drive.h"
#include "harness.h"
#include "stacks.h"

#define SIZE	(32 * MIB)
#define HALF	(SIZE / 2)
#define NAME	"lambda-test"
#define DELAY	800		/* ms */

FIXTURE(stack) {
	char path[32], *data;
	int fd, lambda;
};

/* The halves of the spare partition, the second one first. */
static int make_halves(char *path, size_t len)
{
	const struct target halves[] = {
		linear(0, HALF, drive_spare, HALF),
		linear(HALF, HALF, drive_spare, 0),
	};

	return stack_make(NAME, halves, 2, path, len);
}

static int write_all(const char *path, const char *data, size_t len)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0 || pwrite(fd, data, len, 0) != (ssize_t)len || fsync(fd))
		mount_failed(path);
	return fd;
}

FIXTURE_SETUP(stack)
{
	self->lambda = HANDLE(copy_input);
	ASSERT_LE(0, self->lambda);
	self->data = malloc(SIZE);
	fill(self->data, SIZE, 77);
	ASSERT_EQ(0, make_halves(self->path, sizeof(self->path)));
	self->fd = write_all(self->path, self->data, SIZE);
}

FIXTURE_TEARDOWN(stack)
{
	drive_order(0, 0);
	close(self->fd);
	stack_remove(NAME);
	close(self->lambda);
	free(self->data);
}

/* A forced request over a device; its reason is put in @reason. */
static ssize_t force(int fd, int lambda, char *out, size_t count, off_t offset,
		     __u32 *reason)
{
	struct lambda_io io = io_for(count, NULL, 0);
	ssize_t ret;

	io.flags = FORCED;
	ret = lambda_pread(fd, out, count, offset, lambda, &io);
	if (reason)
		*reason = io.result.reason;
	return ret;
}

TEST_F(stack, linear)
{
	static const struct { off_t offset; size_t count; } ranges[] = {
		{ 0, 4096 }, { 777, 100001 }, { HALF - 4096, 8192 },
		{ HALF - 1, 2 }, { HALF - 300000, 1 * MIB }, { HALF, 4096 },
		{ SIZE - 10000, 20000 },
	};
	struct answer a;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ranges); i++) {
		ASSERT_TRUE(same_on_both(QUESTION(.count = ranges[i].count,
						  .offset = ranges[i].offset,
						  .cap = ranges[i].count), &a));
		EXPECT_EQ(0, memcmp(a.out, self->data + ranges[i].offset,
				    a.ret));
		free(a.out);
	}
}

TEST_F(stack, write)
{
	struct lambda_io io = io_for(MIB, NULL, 0);
	char *got = malloc(MIB);

	io.flags = FORCED;
	EXPECT_EQ(MIB, lambda_pwrite(self->fd, self->data, MIB, HALF - 4096,
				     self->lambda, &io));
	EXPECT_EQ(LAMBDA_SIDE_DEVICE, io.result.side);
	EXPECT_EQ(MIB, pread(self->fd, got, MIB, HALF - 4096));
	EXPECT_EQ(0, memcmp(got, self->data, MIB));
	free(got);
}

TEST_F(stack, filesystem)
{
	struct question q = { .lambda = self->lambda, .count = 8 * MIB,
			      .offset = 8 * MIB, .cap = 8 * MIB };
	struct answer a = {};

	/* What is open for writing is not mounted. */
	close(self->fd);
	self->fd = -1;
	DRIVE_MKFS(MOUNTS "/stack", "ext4", self->path, NULL, "mkfs.ext4", "-q",
		   "-F", self->path);
	q.fd = open(MOUNTS "/stack/file", O_RDWR | O_CREAT, 0600);
	ASSERT_EQ(20 * MIB, pwrite(q.fd, self->data, 20 * MIB, 0));
	ASSERT_EQ(0, fsync(q.fd));
	EXPECT_TRUE(same_on_both(&q, &a));
	EXPECT_EQ(0, memcmp(a.out, self->data + q.offset, q.count));
	free(a.out);
	close(q.fd);
	EXPECT_EQ(0, umount(MOUNTS "/stack"));
}

/* Devices of a device each: as many as are looked through, and one more. */
TEST_F(stack, deep)
{
	char path[5][32], name[5][32];
	__u32 reason;
	char *out = malloc(MIB);
	int fd, i;

	memcpy(path[0], self->path, sizeof(path[0]));
	for (i = 1; i < 5; i++) {
		const struct target t = linear(0, SIZE - i * MIB, path[i - 1],
					       MIB);

		snprintf(name[i], sizeof(name[i]), NAME "-%d", i);
		ASSERT_EQ(0, stack_make(name[i], &t, 1, path[i],
					sizeof(path[i])));
		fd = open(path[i], O_RDONLY | O_CLOEXEC);
		EXPECT_EQ(i < 4 ? MIB : -1,
			  force(fd, self->lambda, out, MIB, HALF - 5 * MIB,
				&reason));
		EXPECT_TRUE(i < 4 ? !memcmp(out, self->data + HALF +
					    (i - 5) * MIB, MIB) :
			    reason == LAMBDA_REASON_NO_DISK);
		close(fd);
	}
	while (--i)
		stack_remove(name[i]);
	free(out);
}

/* What lies elsewhere, or on what does not tell, is left to the host. */
TEST_F(stack, elsewhere)
{
	static const char zeros[4096];
	char *image = calloc(1, MIB), path[32], loop[32];
	struct target parts[3];
	__u32 reason;
	char out[4096];
	int fd;

	loop_over(memory_file(image, MIB), loop, sizeof(loop));
	parts[0] = linear(0, MIB, drive_spare, 0);
	parts[1] = linear(MIB, MIB, loop, 0);
	parts[2] = (struct target){ .start = 2 * MIB, .length = MIB,
				    .kind = "zero" };
	ASSERT_EQ(0, stack_make(NAME "-mixed", parts, 3, path, sizeof(path)));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	EXPECT_EQ(4096, force(fd, self->lambda, out, 4096, MIB - 4096, &reason));
	EXPECT_EQ(-1, force(fd, self->lambda, out, 4096, MIB, &reason));
	EXPECT_EQ(LAMBDA_REASON_OTHER_DISK, reason);
	EXPECT_EQ(-1, force(fd, self->lambda, out, 4096, MIB - 1, &reason));
	EXPECT_EQ(LAMBDA_REASON_OTHER_DISK, reason);
	EXPECT_EQ(-1, force(fd, self->lambda, out, 4096, 2 * MIB, &reason));
	EXPECT_EQ(LAMBDA_REASON_NO_DISK, reason);
	memset(out, 'o', sizeof(out));
	EXPECT_EQ(4096, lambda_pread(fd, out, 4096, 2 * MIB, self->lambda,
				     NULL));
	EXPECT_EQ(0, memcmp(out, zeros, 4096));
	close(fd);
	stack_remove(NAME "-mixed");
	free(image);
}

struct reader {
	int fd, lambda;
	ssize_t ret;
	char out[4096];
};

static void *read_late(void *data)
{
	struct lambda_io io = io_for(4096, "12345678", 8);
	struct reader *r = data;

	io.flags = FORCED;
	r->ret = lambda_pread(r->fd, r->out, 4096, 0, r->lambda, &io);
	return NULL;
}

/* What suspends a device, as whoever gives it a table does, waits for a drive. */
TEST_F(stack, suspension)
{
	struct reader r = { .fd = self->fd, .lambda = self->lambda };
	pthread_t thread;
	__u32 reason;
	char out[4096];
	double begun;

	/* From now on the drive has the program. */
	ASSERT_EQ(4096, force(self->fd, self->lambda, out, 4096, 0, NULL));
	ASSERT_EQ(0, drive_keep(DELAY, 1));
	pthread_create(&thread, NULL, read_late, &r);
	usleep(DELAY * 1000 / 4);
	begun = now();
	EXPECT_EQ(0, stack_suspend(NAME));
	EXPECT_LT(DELAY / 1e3 / 4, now() - begun);
	pthread_join(thread, NULL);
	EXPECT_EQ(4096, r.ret);
	EXPECT_EQ(0, memcmp(r.out, self->data, 4096));
	EXPECT_EQ(-1, force(self->fd, self->lambda, out, 4096, 0, &reason));
	/* What it is made of is not told then. */
	EXPECT_EQ(LAMBDA_REASON_NO_DISK, reason);
	EXPECT_EQ(0, stack_resume(NAME));
	EXPECT_EQ(4096, force(self->fd, self->lambda, out, 4096, 0, NULL));
}

static bool swapped;
static int swaps;

/* Two places by turns, of which one has a's and the other b's. */
static void *swap_tables(void *data)
{
	const struct target places[] = {
		linear(0, HALF, drive_spare, 0),
		linear(0, HALF, drive_spare, HALF),
	};
	int i;

	for (i = 0; i < 50; i++) {
		usleep(20000);
		swaps += !stack_load(NAME "-swap", &places[i % 2], 1) &&
			 !stack_suspend(NAME "-swap") &&
			 !stack_resume(NAME "-swap");
	}
	__atomic_store_n(&swapped, true, __ATOMIC_RELEASE);
	return NULL;
}

/* A request sees the one table or the other, and each of its own version. */
TEST_F(stack, tables_are_swapped)
{
	const struct target t = linear(0, HALF, drive_spare, 0);
	char *out = malloc(MIB), path[32];
	pthread_t thread;
	int fd, seen[2] = {};
	ssize_t ret;

	memset(self->data, 'b', HALF);
	memset(self->data + HALF, 'a', HALF);
	ASSERT_EQ(SIZE, pwrite(self->fd, self->data, SIZE, 0));
	ASSERT_EQ(0, fsync(self->fd));
	ASSERT_EQ(0, stack_make(NAME "-swap", &t, 1, path, sizeof(path)));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	pthread_create(&thread, NULL, swap_tables, NULL);
	while (!__atomic_load_n(&swapped, __ATOMIC_ACQUIRE)) {
		ret = force(fd, self->lambda, out, MIB, 0, NULL);
		if (ret < 0)
			continue;
		ASSERT_EQ(MIB, ret);
		ASSERT_EQ(0, memcmp(out, out + 1, MIB - 1));
		seen[out[0] == 'b']++;
	}
	pthread_join(thread, NULL);
	EXPECT_EQ(50, swaps);
	EXPECT_LT(0, seen[0]);
	EXPECT_LT(0, seen[1]);
	close(fd);
	stack_remove(NAME "-swap");
	free(out);
}

static void __attribute__((constructor)) before_tests(void)
{
	drive_begin();
}

TEST_HARNESS_MAIN
