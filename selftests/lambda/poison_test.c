// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that the hardware calls broken, as far as a kernel can be told so
 * without such hardware: in files, under a λ that runs, and at the caller's.
 */
#include <signal.h>
#include <sys/wait.h>

#include "harness.h"
#include "look.h"
#include "mounts.h"
#include "pages.h"

#define SIZE	(1 * MIB)

static char want[SIZE], got[SIZE];

/*
 * Declares a page of the page cache broken. Whoever has it mapped and does so
 * may be killed for it, so that is somebody else.
 */
static void poison(int fd, off_t at)
{
	pid_t pid = fork();

	if (!pid) {
		void *map = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, at);

		if (map == MAP_FAILED)
			_exit(1);
		/* EBUSY and the like: broken, but somebody has it. */
		_exit(madvise(map, PAGE, MADV_HWPOISON) &&
		      (errno == EPERM || errno == EINVAL));
	}
	if (waitpid(pid, &pid, 0) < 0 || (WIFEXITED(pid) && WEXITSTATUS(pid)))
		mount_failed("broken memory (CONFIG_MEMORY_FAILURE)");
}

/*
 * A file full of bytes, on disk and in the page cache. It is written by the
 * page, for folios of one: Linux 6.12 gives a broken page of a larger one to
 * whoever wants memory next, once the file is gone (free_pages_prepare()).
 */
static int full_file(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	unsigned int seed = 11;
	size_t i;

	for (i = 0; i < SIZE; i++)
		want[i] = rand_r(&seed);
	for (i = 0; i < SIZE; i += PAGE)
		if (pwrite(fd, want + i, PAGE, i) != PAGE)
			mount_failed(path);
	if (fsync(fd))
		mount_failed(path);
	return fd;
}

/* A file in memory has nothing to take the place of the page. */
TEST(file_in_memory)
{
	int fd = full_file(MOUNTS "/shm/file"), lambda = HANDLE(copy_input);
	struct lambda_io io = io_for(SIZE, NULL, 0);

	ASSERT_LE(0, lambda);
	poison(fd, 100 * PAGE);
	/* Up to the page, as pread(); from it on, nothing. */
	EXPECT_EQ(100 * PAGE, pread(fd, got, SIZE, 0));
	memset(got, 'o', SIZE);
	EXPECT_EQ(100 * PAGE, lambda_pread(fd, got, SIZE, 0, lambda, &io));
	EXPECT_EQ(100 * PAGE, io.result.in_len);
	EXPECT_EQ(0, memcmp(got, want, 100 * PAGE));
	EXPECT_EQ('o', got[100 * PAGE]);
	EXPECT_EQ(-1, pread(fd, got, PAGE, 100 * PAGE + 5));
	EXPECT_EQ(EIO, errno);
	memset(got, 'o', SIZE);
	EXPECT_EQ(-1, lambda_pread(fd, got, PAGE, 100 * PAGE + 5, lambda, &io));
	EXPECT_EQ(EIO, errno);
	EXPECT_EQ(LAMBDA_STATUS_NOT_RUN, io.result.status);
	EXPECT_EQ('o', got[0]);
	EXPECT_EQ(PAGE, lambda_pread(fd, got, PAGE, 101 * PAGE, lambda, &io));
	close(fd);
}

/*
 * A block device's page that somebody holds stays where it is: it may be a
 * filesystem's own. It is not for a λ to look at; what lies around it is. One
 * that nobody holds is let go, and read anew.
 */
TEST(block_device)
{
	int image = memfd_create("image", MFD_CLOEXEC);
	int lambda = HANDLE(copy_input);
	struct lambda_io io = io_for(SIZE, NULL, 0);
	char path[32];
	pid_t pid;
	int fd;

	ASSERT_LE(0, lambda);
	ASSERT_EQ(0, ftruncate(image, 4 * MIB));
	loop_over(image, path, sizeof(path));
	fd = open(path, O_RDONLY);
	ASSERT_LE(0, fd);
	pid = look_at(fd, SIZE, MIB);
	ASSERT_LT(0, pid);
	poison(fd, MIB + 30 * PAGE);
	kill(pid, SIGKILL);
	EXPECT_EQ(pid, waitpid(pid, NULL, 0));
	memset(got, 'o', SIZE);
	EXPECT_EQ(-1, lambda_pread(fd, got, SIZE, MIB, lambda, &io));
	EXPECT_EQ(EIO, errno);
	EXPECT_EQ(LAMBDA_STATUS_NOT_RUN, io.result.status);
	EXPECT_EQ('o', got[0]);
	EXPECT_EQ(SIZE, lambda_pread(fd, got, SIZE, 2 * MIB, lambda, &io));
	close(fd);
}

FIXTURE(mapped) {
	int fd;
};

FIXTURE_VARIANT(mapped) {
	const char *path;
};

#define VARIANT(name)							\
	FIXTURE_VARIANT_ADD(mapped, name) { .path = MOUNTS "/" #name "/file" }

VARIANT(ext4);
VARIANT(xfs);

FIXTURE_SETUP(mapped)
{
	self->fd = full_file(variant->path);
}

FIXTURE_TEARDOWN(mapped)
{
	close(self->fd);
	unlink(variant->path);
}

/* A page that breaks under a λ: it goes on, and others get a sound one. */
TEST_F(mapped, while_it_runs)
{
	struct lambda_io io = io_for(SIZE, NULL, 0);
	int lambda = HANDLE(copy_input);
	pid_t pid = look_at(self->fd, SIZE, 0);
	ssize_t ret;

	ASSERT_LE(0, lambda);
	ASSERT_LT(0, pid);
	poison(self->fd, 50 * PAGE);
	usleep(100000);
	EXPECT_EQ(0, waitpid(pid, NULL, WNOHANG));

	/* Read from disk again, or kept from everybody. */
	ret = lambda_pread(self->fd, got, SIZE, 0, lambda, &io);
	if (ret < 0) {
		EXPECT_EQ(EIO, errno);
	} else {
		EXPECT_EQ(SIZE, ret);
		EXPECT_EQ(0, memcmp(want, got, SIZE));
	}
	kill(pid, SIGKILL);
	EXPECT_EQ(pid, waitpid(pid, NULL, 0));
	/* Pages that were mapped are held for a second at most. */
	sleep(2);
	posix_fadvise(self->fd, 0, 0, POSIX_FADV_DONTNEED);
	EXPECT_EQ(SIZE, lambda_pread(self->fd, got, SIZE, 0, lambda, &io));
	EXPECT_EQ(0, memcmp(want, got, SIZE));
}

/* The caller's own memory: arguments, input of a write, place for output. */
TEST(memory_of_the_caller)
{
	int memory = full_file(MOUNTS "/shm/memory");
	int lambda = HANDLE(copy_input);
	struct lambda_io io = io_for(100, NULL, 0);
	int fd = memory_file("as it was", 9);
	char *map = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, memory,
			 0);
	char text[16] = {};

	ASSERT_LE(0, lambda);
	ASSERT_NE(MAP_FAILED, map);
	poison(memory, 7 * PAGE);
	io.args = (uintptr_t)map + 7 * PAGE - 5;
	io.args_len = 5;
	EXPECT_EQ(9, lambda_pread(fd, text, 9, 0, lambda, &io));
	io.args_len = 6;
	EXPECT_EQ(-1, lambda_pread(fd, text, 9, 0, lambda, &io));
	EXPECT_EQ(EFAULT, errno);
	io.args_len = 0;
	EXPECT_EQ(-1, lambda_pread(fd, map + 7 * PAGE, 9, 0, lambda, &io));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, lambda_pwrite(fd, map + 7 * PAGE, 9, 0, lambda, &io));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(9, pread(fd, text, sizeof(text), 0));
	EXPECT_STREQ("as it was", text);
}

static void __attribute__((constructor)) before_tests(void)
{
	mounts_begin();
	mount_ext4(MOUNTS "/ext4");
	mount_image("xfs", 320 * MIB, MOUNTS "/xfs", NULL);
	mount_tmpfs(MOUNTS "/shm", NULL);
}

TEST_HARNESS_MAIN
