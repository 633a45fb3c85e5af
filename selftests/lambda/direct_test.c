// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading around the page cache (O_DIRECT), from a bare block device, and from
 * a disk that fails: lambda_pread() does what pread() does.
 */
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "common.h"
#include "harness.h"
#include "mounts.h"
#include "overlay.h"
#include "sysctl.h"

#define PAGE	4096ul
#define SIZE	(1 * MIB + 5000)

static char *want, *got;

static void make_file(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	unsigned int seed = 3;
	size_t i;

	if (posix_memalign((void **)&want, PAGE, 2 * MIB) ||
	    posix_memalign((void **)&got, PAGE, 2 * MIB))
		mount_failed("memory");
	for (i = 0; i < SIZE; i++)
		want[i] = rand_r(&seed);
	if (pwrite(fd, want, SIZE, 0) != SIZE || fsync(fd))
		mount_failed(path);
	close(fd);
}

/* The same range by both calls: the same bytes, or the same error. */
static bool same_as_pread(int fd, int lambda, size_t count, off_t offset)
{
	ssize_t ret, len;
	int err;

	memset(want, 0, 2 * MIB);
	memset(got, 0, 2 * MIB);
	errno = 0;
	len = pread(fd, want, count, offset);
	err = errno;
	errno = 0;
	ret = lambda_pread(fd, got, count, offset, lambda, NULL);
	if (ret == len && errno == err && !memcmp(want, got, 2 * MIB))
		return true;
	fprintf(stderr, "# %zu at %ld: pread %zd (%d), lambda_pread %zd (%d)\n",
		count, (long)offset, len, err, ret, errno);
	return false;
}

FIXTURE(direct) {
	char path[128];
	int file, lambda;
};

FIXTURE_VARIANT(direct) {
	const char *dir;
};

#define VARIANT(name)							\
	FIXTURE_VARIANT_ADD(direct, name) { .dir = MOUNTS "/" #name }

VARIANT(ext4);
VARIANT(xfs);
VARIANT(overlay);
VARIANT(overlay_ext4);

FIXTURE_SETUP(direct)
{
	snprintf(self->path, sizeof(self->path), "%s/lambda-direct",
		 variant->dir);
	make_file(self->path);
	self->file = open(self->path, O_RDWR | O_DIRECT);
	self->lambda = HANDLE(copy_input);
	ASSERT_LE(0, self->lambda);
}

FIXTURE_TEARDOWN(direct)
{
	unlink(self->path);
}

static const size_t counts[] = {
	1, 511, 512, 513, 1000, 1024, 4095, 4096, 4097, 8192, 65536, 66048,
	69632, 131072, 1 * MIB, 1 * MIB + 512, 1 * MIB + 4096, 2 * MIB - 4096,
	2 * MIB,
};

static const off_t offsets[] = {
	0, 1, 8, 511, 512, 1024, 4095, 4096, 8192, 65536, 1 * MIB,
	1 * MIB + 4096, 1 * MIB + 4608, 1 * MIB + 5000, 1 * MIB + 8192,
	2 * MIB, 3 * MIB,
};

TEST_F(direct, ranges)
{
	size_t i, k;

	if (self->file < 0) {
		/* What has no direct reads has no test of them. */
		ASSERT_EQ(0, strcmp(variant->dir, MOUNTS "/overlay"));
		return;
	}
	for (i = 0; i < ARRAY_SIZE(counts); i++)
		for (k = 0; k < ARRAY_SIZE(offsets); k++)
			EXPECT_TRUE(same_as_pread(self->file, self->lambda,
						  counts[i], offsets[k]));
}

/* The page cache is written back first: nothing stale is seen. */
TEST_F(direct, after_cached_write)
{
	int cached = open(self->path, O_RDWR), i;

	if (self->file < 0)
		return;
	for (i = 0; i < 20; i++) {
		char byte = 'A' + i;

		ASSERT_EQ(1, pwrite(cached, &byte, 1, i * 5000));
		EXPECT_EQ(128 * KIB, lambda_pread(self->file, got, 128 * KIB, 0,
						  self->lambda, NULL));
		EXPECT_EQ(byte, got[i * 5000]);
	}
}

/* The device's node below a mounted filesystem. */
static void device_of(const char *dir, char *path, size_t len)
{
	struct stat st;

	if (stat(dir, &st))
		mount_failed(dir);
	snprintf(path, len, "/dev/loop%u", minor(st.st_dev));
}

TEST(block_device)
{
	int fd, lambda = HANDLE(copy_input);
	char path[64];
	size_t i, k;

	make_file(MOUNTS "/xfs/lambda-device");
	device_of(MOUNTS "/xfs", path, sizeof(path));
	fd = open(path, O_RDONLY);
	ASSERT_LE(0, fd);
	for (i = 0; i < ARRAY_SIZE(counts); i++)
		for (k = 0; k < ARRAY_SIZE(offsets); k++)
			EXPECT_TRUE(same_as_pread(fd, lambda, counts[i],
						  offsets[k]));
	/* Up to its end. */
	EXPECT_TRUE(same_as_pread(fd, lambda, 2 * MIB, 319 * MIB + 77));
	EXPECT_TRUE(same_as_pread(fd, lambda, 100, 320 * MIB));
}

/* Reads of a disk can be made to fail. */
#define FAIL	"/sys/kernel/debug/fail_make_request/"

FIXTURE(broken) {
	char switch_path[128];
};

FIXTURE_SETUP(broken)
{
	char path[32];

	if (sysctl_read(FAIL "probability") < 0)
		mount("none", "/sys/kernel/debug", "debugfs", 0, NULL);
	make_file(MOUNTS "/xfs/lambda-broken");
	device_of(MOUNTS "/xfs", path, sizeof(path));
	snprintf(self->switch_path, sizeof(self->switch_path),
		 "/sys/block/%s/make-it-fail", path + strlen("/dev/"));
	ASSERT_EQ(0, sysctl_write(FAIL "verbose", 0));
	ASSERT_EQ(0, sysctl_write(FAIL "times", -1));
	ASSERT_EQ(0, sysctl_write(FAIL "probability", 100));
}

FIXTURE_TEARDOWN_PARENT(broken)
{
	sysctl_write(self->switch_path, 0);
	sysctl_write(FAIL "probability", 0);
}

/* Mapped, copied, small; the λ never sees what was not read. */
TEST_F(broken, cold_file)
{
	static const struct { size_t count; __u32 flags; } ways[] = {
		{ 1 * MIB, 0 }, { 1 * MIB, LAMBDA_IO_SNAPSHOT }, { 100, 0 },
	};
	int fd = open(MOUNTS "/xfs/lambda-broken", O_RDONLY);
	int lambda = HANDLE(copy_input);
	size_t i;

	ASSERT_LE(0, fd);
	ASSERT_LE(0, lambda);
	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		struct lambda_io io = io_for(2 * MIB, NULL, 0);

		io.flags = ways[i].flags;
		/* Pages that were mapped are held for a second at most. */
		sleep(2);
		posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
		ASSERT_EQ(0, sysctl_write(self->switch_path, 1));
		memset(got, 'o', 2 * MIB);
		EXPECT_EQ(-1, pread(fd, want, ways[i].count, 0));
		EXPECT_EQ(EIO, errno);
		EXPECT_EQ(-1, lambda_pread(fd, got, ways[i].count, 0, lambda,
					   &io));
		EXPECT_EQ(EIO, errno);
		EXPECT_EQ(LAMBDA_STATUS_NOT_RUN, io.result.status);
		EXPECT_EQ('o', got[0]);
		ASSERT_EQ(0, sysctl_write(self->switch_path, 0));
		EXPECT_EQ(ways[i].count, lambda_pread(fd, got, ways[i].count,
						      0, lambda, &io));
	}
}

/* What is cached comes before the error, as a short input. */
TEST_F(broken, partly_cached)
{
	int fd = open(MOUNTS "/xfs/lambda-broken", O_RDONLY);
	struct lambda_load_attr records = {};
	struct lambda_io io = io_for(2 * MIB, NULL, 0);
	int lambda = HANDLE(copy_input);
	ssize_t len;

	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
	ASSERT_EQ(256 * KIB, pread(fd, want, 256 * KIB, 0));
	ASSERT_EQ(0, sysctl_write(self->switch_path, 1));
	len = pread(fd, want, 1 * MIB, 0);
	EXPECT_EQ(256 * KIB, len);
	EXPECT_EQ(len, lambda_pread(fd, got, 1 * MIB, 0, lambda, &io));
	EXPECT_EQ(len, io.result.in_len);
	EXPECT_EQ(0, memcmp(want, got, len));
	/* Of a record-wise λ whole records, if there are any. */
	records.record_len = 1000;
	lambda = handle_attr(copy_input, ARRAY_SIZE(copy_input), &records);
	EXPECT_EQ(262000, lambda_pread(fd, got, 1 * MIB, 0, lambda, &io));
	EXPECT_EQ(262000, io.result.in_len);
	records.record_len = 256 * KIB + 1;
	lambda = handle_attr(copy_input, ARRAY_SIZE(copy_input), &records);
	EXPECT_EQ(-1, lambda_pread(fd, got, 1 * MIB, 0, lambda, &io));
	EXPECT_EQ(EIO, errno);
	ASSERT_EQ(0, sysctl_write(self->switch_path, 0));
}

/* A disk of 1 MiB whose switch is at @path. */
static int open_breakable(int flags, char *path, size_t len)
{
	int image = memfd_create("image", MFD_CLOEXEC);
	char loop[32];

	if (ftruncate(image, MIB))
		return -1;
	loop_over(image, loop, sizeof(loop));
	snprintf(path, len, "/sys/block/%s/make-it-fail",
		 loop + strlen("/dev/"));
	return open(loop, O_RDWR | O_CLOEXEC | flags);
}

/* A disk that takes nothing; the λ itself does well. */
TEST_F(broken, write)
{
	int lambda = HANDLE(copy_input);
	struct lambda_io io = io_for(64 * KIB, NULL, 0);
	char path[64];
	int fd = open_breakable(O_DIRECT, path, sizeof(path));

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, sysctl_write(path, 1));
	EXPECT_EQ(-1, lambda_pwrite(fd, want, 64 * KIB, 0, lambda, &io));
	EXPECT_EQ(EIO, errno);
	EXPECT_EQ(LAMBDA_STATUS_OK, io.result.status);
	EXPECT_EQ(64 * KIB, io.result.out_len);
	EXPECT_EQ(0, io.result.bytes_media);
	ASSERT_EQ(0, sysctl_write(path, 0));
	EXPECT_EQ(64 * KIB, lambda_pwrite(fd, want, 64 * KIB, 0, lambda, &io));
	ASSERT_EQ(64 * KIB, pread(fd, got, 64 * KIB, 0));
	EXPECT_EQ(0, memcmp(want, got, 64 * KIB));
}

/* The output is in the file, and that is all: it was to be durable. */
TEST_F(broken, durable_write)
{
	static const int flags[] = { O_DSYNC, O_SYNC };
	int lambda = HANDLE(copy_input), fd;
	struct lambda_io io;
	char path[64];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		fd = open_breakable(flags[i], path, sizeof(path));
		ASSERT_LE(0, fd);
		io = io_for(64 * KIB, NULL, 0);
		ASSERT_EQ(0, sysctl_write(path, 1));
		EXPECT_EQ(-1, lambda_pwrite(fd, want, 64 * KIB, 0, lambda,
					    &io));
		EXPECT_EQ(EIO, errno);
		EXPECT_EQ(LAMBDA_STATUS_OK, io.result.status);
		EXPECT_EQ(64 * KIB, io.result.out_len);
		memset(got, 'o', 64 * KIB);
		EXPECT_EQ(64 * KIB, pread(fd, got, 64 * KIB, 0));
		EXPECT_EQ(0, memcmp(want, got, 64 * KIB));
		ASSERT_EQ(0, sysctl_write(path, 0));
		EXPECT_EQ(64 * KIB, lambda_pwrite(fd, want, 64 * KIB, 0,
						  lambda, &io));
		close(fd);
	}
}

static void __attribute__((constructor)) before_tests(void)
{
	struct overlay on_ext4;

	mounts_begin();
	mount_ext4(MOUNTS "/ext4");
	mount_image("xfs", 320 * MIB, MOUNTS "/xfs", NULL);
	mount_overlay(MOUNTS "/overlay");
	overlay_layers(&on_ext4, MOUNTS "/ext4", MOUNTS "/ext4");
	overlay_mount(&on_ext4, MOUNTS "/overlay_ext4", "");
}

TEST_HARNESS_MAIN
