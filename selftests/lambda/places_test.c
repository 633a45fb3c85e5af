// SPDX-License-Identifier: GPL-2.0-only
/*
 * A user whose requests wait for him, for his own memory or his own file, keeps
 * nothing of the drive that others wait for. His memory is a mapping of a FUSE
 * file whose server does not answer.
 */
#include <linux/fs.h>
#include <sched.h>

#include "common.h"
#include "drive.h"
#include "fuse.h"
#include "harness.h"
#include "places.h"

#define MANY	32	/* processes at most */

/* Processes of KEEPER's, or of users like him. */
static pid_t keepers[MANY];
static int nr_keepers;

/* @silent: a page for each process, which nobody answers for once told so. */
FIXTURE(places) {
	int lambda, depth, fuse;
	struct fuse_plan plan;
	pid_t server;
	char *silent;
	ssize_t *rets;
};

FIXTURE_SETUP(places)
{
	static char bytes[MANY * PAGE];

	self->lambda = HANDLE(eight);
	self->depth = drive_depth();
	ASSERT_LT(1, self->depth);
	ASSERT_GE(MANY - 2, self->depth);
	self->plan = (struct fuse_plan) {
		.data = bytes, .size = sizeof(bytes), .told = sizeof(bytes),
		.chunk = sizeof(bytes), .broken = sizeof(bytes),
		.room = sizeof(bytes), .own = true, .flush = FUSE_NO_FLUSH,
	};
	self->server = mount_fuse(MOUNTS "/fuse", &self->plan);
	self->fuse = open(MOUNTS "/fuse/file", O_RDWR);
	ASSERT_LE(0, self->fuse);
	self->silent = mmap(NULL, sizeof(bytes), PROT_READ | PROT_WRITE,
			    MAP_SHARED, self->fuse, 0);
	ASSERT_NE(MAP_FAILED, self->silent);
	silence_fuse(self->server);
	make_files();
	self->rets = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->rets);
}

FIXTURE_TEARDOWN(places)
{
	int i;

	for (i = 0; i < nr_keepers; i++)
		kill(keepers[i], SIGKILL);
	kill(self->server, SIGCONT);
	for (i = 0; i < nr_keepers; i++)
		waitpid(keepers[i], NULL, 0);
	munmap(self->silent, MANY * PAGE);
	close(self->fuse);
	umount(MOUNTS "/fuse");
	waitpid(self->server, NULL, 0);
	close_files();
}

/* Whether the process goes on as another user. */
static bool keeper_as(uid_t user)
{
	pid_t pid = fork();

	if (pid) {
		keepers[nr_keepers++] = pid;
		return false;
	}
	if (setgid(user) || setuid(user))
		_exit(1);
	end_with_parent();
	return true;
}

static bool keeper(void)
{
	return keeper_as(KEEPER);
}

/* Requests that have run, and have only their output to deliver. */
TEST_F_TIMEOUT(places, memory_that_does_not_answer, 120)
{
	int i, file = make_file(EXT4 "/mine", 0);
	double begin;

	ASSERT_EQ(10, others(self->lambda, 10));
	for (i = 0; i < self->depth; i++)
		if (keeper()) {
			struct lambda_io io;

			self->rets[i] = 1;
			in_drive(file, self->silent + i * PAGE, self->lambda,
				 &io);
			self->rets[i] = 2;
			pause();
		}
	/* The drive has had them all for as long as a place is waited for. */
	sleep(3);
	for (i = 0; i < self->depth; i++)
		EXPECT_EQ(1, self->rets[i]);
	begin = now();
	EXPECT_EQ(10, others(self->lambda, 10));
	EXPECT_GT(5, now() - begin);
}

/*
 * The first keeper reads into memory that does not answer, and so has the file's
 * lock for good; the second one waits to have it alone.
 */
static void keep_locked(int direct, int file, void *silent)
{
	if (keeper()) {
		pread(direct, silent, PAGE, 0);
		_exit(0);
	}
	usleep(300000);
	if (keeper()) {
		pwrite(file, "x", 1, 0);
		_exit(0);
	}
	usleep(300000);
}

/* Requests that wait for a file's lock, which its owner never gives back. */
TEST_F_TIMEOUT(places, file_that_stays_locked, 120)
{
	int direct = make_file(EXT4 "/locked", O_DIRECT);
	int i, left = 0, file = open(EXT4 "/locked", O_RDWR);

	ASSERT_LE(0, file);
	ASSERT_EQ(10, others(self->lambda, 10));
	keep_locked(direct, file, self->silent);
	for (i = 0; i < self->depth; i++)
		if (keeper()) {
			struct lambda_io io;
			char buf[8];

			for (;;)
				in_drive(file, buf, self->lambda, &io);
		}
	usleep(300000);
	EXPECT_EQ(10, others(self->lambda, 10));
	for (i = 2; i < nr_keepers; i++)
		kill(keepers[i], SIGKILL);
	sleep(1);
	for (i = 2; i < nr_keepers; i++)
		left += !waitpid(keepers[i], NULL, WNOHANG);
	EXPECT_EQ(0, left);
	nr_keepers = 2;
	close(direct);
	close(file);
}

/* What is not to be had in time is the host's, or nobody's. */
TEST_F_TIMEOUT(places, locked_for_long_is_busy, 120)
{
	int direct = make_file(EXT4 "/locked", O_DIRECT);
	int file = open(EXT4 "/locked", O_RDWR);
	struct lambda_io io;
	char buf[8];
	double begin;

	ASSERT_LE(0, file);
	keep_locked(direct, file, self->silent);
	begin = now();
	EXPECT_EQ(-1, in_drive(file, buf, self->lambda, &io));
	EXPECT_EQ(EOPNOTSUPP, errno);
	EXPECT_EQ(LAMBDA_REASON_BUSY, io.result.reason);
	EXPECT_LT(1, now() - begin);
	EXPECT_GT(10, now() - begin);
	io = io_for(8, NULL, 0);
	io.flags = LAMBDA_IO_DEVICE;
	EXPECT_EQ(8, lambda_pread(file, buf, PAGE, 0, self->lambda, &io));
	EXPECT_EQ(LAMBDA_SIDE_HOST, io.result.side);
	EXPECT_EQ(LAMBDA_REASON_BUSY, io.result.reason);
	close(direct);
	close(file);
}

/* A lock that is given back is waited for. */
TEST_F_TIMEOUT(places, locked_for_a_while, 120)
{
	int direct = make_file(EXT4 "/locked", O_DIRECT);
	int file = open(EXT4 "/locked", O_RDWR);
	struct lambda_io io;
	char buf[8];

	ASSERT_LE(0, file);
	keep_locked(direct, file, self->silent);
	/* A task that waits for the server is done when it is killed. */
	if (!fork()) {
		usleep(500000);
		kill(keepers[0], SIGKILL);
		_exit(0);
	}
	EXPECT_EQ(8, in_drive(file, buf, self->lambda, &io));
	EXPECT_EQ(LAMBDA_SIDE_DEVICE, io.result.side);
	wait(NULL);
	close(direct);
	close(file);
}

/* Writes to a filesystem that is frozen, of two users, who may have all places. */
TEST_F_TIMEOUT(places, frozen_filesystem, 120)
{
	int i, file = make_file(EXT4_1K "/frozen", 0);
	int dir = open(EXT4_1K, O_RDONLY | O_DIRECTORY);

	ASSERT_EQ(0, ioctl(dir, FIFREEZE, 0));
	for (i = 0; i < self->depth; i++)
		if (keeper_as(KEEPER + 2 * (i % 2))) {
			struct lambda_io io = io_for(8, NULL, 0);

			io.flags = FORCED;
			lambda_pwrite(file, "x", 1, 8 * i, self->lambda, &io);
			_exit(0);
		}
	sleep(3);
	EXPECT_EQ(10, others(self->lambda, 10));
	EXPECT_EQ(0, ioctl(dir, FITHAW, 0));
	close(dir);
	close(file);
}

/* Requests of KEEPER's, of one namespace or both, that the drive is slow to end. */
static int slow(int lambda, int nr, int namespaces)
{
	int i;

	if (drive_keep(6000, nr - 1))
		return -1;
	for (i = 0; i < nr; i++)
		if (keeper()) {
			/* With arguments, they go by way of their slots. */
			struct lambda_io io = io_for(8, "12345678", 8);
			char buf[8];

			io.flags = FORCED;
			lambda_pread(files[i % namespaces], buf, PAGE, 0,
				     lambda, &io);
			_exit(0);
		}
	usleep(500000);
	return 0;
}

/* As many as there are places are those of others as well. */
TEST_F_TIMEOUT(places, all_of_a_namespace, 120)
{
	double begin;

	ASSERT_EQ(10, others(self->lambda, 10));
	ASSERT_EQ(0, slow(self->lambda, self->depth, 1));
	begin = now();
	EXPECT_EQ(10, others(self->lambda, 10));
	EXPECT_GT(2, now() - begin);
	drive_order(0, 0);
}

TEST_F_TIMEOUT(places, all_of_two_namespaces, 120)
{
	double begin;

	ASSERT_EQ(10, others(self->lambda, 10));
	ASSERT_EQ(0, slow(self->lambda, self->depth, 2));
	begin = now();
	EXPECT_EQ(10, others(self->lambda, 10));
	EXPECT_GT(2, now() - begin);
	drive_order(0, 0);
}

static void __attribute__((constructor)) before_tests(void)
{
	drive_begin();
}

TEST_HARNESS_MAIN
