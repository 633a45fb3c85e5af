// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whatever was done to a file before a λ runs over it in the drive is seen by
 * it: dirty pages, new sizes, holes, other blocks.
 */
#include <linux/falloc.h>
#include <sys/statvfs.h>

#include "common.h"
#include "drive.h"
#include "harness.h"
#include "model.h"

FIXTURE(consistency) {
	struct model m;
};

FIXTURE_VARIANT(consistency) {
	const char *dir;
};

#define VARIANT(name, where)						\
	FIXTURE_VARIANT_ADD(consistency, name) { .dir = where }

VARIANT(ext4, EXT4);
VARIANT(xfs, XFS);

FIXTURE_SETUP(consistency)
{
	model_begin(&self->m, variant->dir);
}

FIXTURE_TEARDOWN(consistency)
{
	model_end(&self->m);
}

TEST_F(consistency, dirty_pages)
{
	struct model *m = &self->m;
	int i;

	for (i = 0; i < 20; i++) {
		put(m, 10000, i * 50000 + i, 100 + i);
		EXPECT_TRUE(drive_sees(m));
	}
}

TEST_F(consistency, mapped_stores)
{
	struct model *m = &self->m;
	char *map = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
			 m->fd, 0);
	int i;

	ASSERT_NE(MAP_FAILED, map);
	for (i = 0; i < 20; i++) {
		fill(map + i * 50001, 5000, i);
		memcpy(m->data + i * 50001, map + i * 50001, 5000);
		EXPECT_TRUE(drive_sees(m));
	}
}

TEST_F(consistency, delayed_allocation)
{
	struct model *m = &self->m;

	put(m, 2 * SIZE, SIZE, 2);
	EXPECT_TRUE(drive_sees(m));
}

TEST_F(consistency, extended_tail)
{
	struct model *m = &self->m;
	size_t at = SIZE, len;

	for (len = 1; len < 9000; len += 777) {
		put(m, len, at, len);
		at += len;
		EXPECT_TRUE(drive_sees(m));
	}
	/* And by nothing but its size. */
	m->size = at + 12345;
	ASSERT_EQ(0, ftruncate(m->fd, m->size));
	EXPECT_TRUE(drive_sees(m));
}

TEST_F(consistency, truncated)
{
	struct model *m = &self->m;

	ASSERT_EQ(0, ftruncate(m->fd, 70001));
	m->size = 70001;
	EXPECT_TRUE(drive_sees(m));
	/* What was cut off does not come back. */
	ASSERT_EQ(0, ftruncate(m->fd, SIZE));
	m->size = SIZE;
	memset(m->data + 70001, 0, SIZE - 70001);
	EXPECT_TRUE(drive_sees(m));
}

TEST_F(consistency, hole_punched)
{
	struct model *m = &self->m;

	ASSERT_EQ(0, fallocate(m->fd, FALLOC_FL_PUNCH_HOLE |
			       FALLOC_FL_KEEP_SIZE, 5000, 300000));
	memset(m->data + 5000, 0, 300000);
	EXPECT_TRUE(drive_sees(m));
	put(m, 3, 100000, 9);
	EXPECT_TRUE(drive_sees(m));
}

TEST_F(consistency, range_zeroed)
{
	struct model *m = &self->m;

	ASSERT_EQ(0, fallocate(m->fd, FALLOC_FL_ZERO_RANGE, 5000, 300000));
	memset(m->data + 5000, 0, 300000);
	EXPECT_TRUE(drive_sees(m));
	put(m, 10000, 90000, 9);
	EXPECT_TRUE(drive_sees(m));
}

TEST_F(consistency, range_collapsed)
{
	struct model *m = &self->m;

	put(m, 5000, 9 * BLOCK, 4);
	ASSERT_EQ(0, fallocate(m->fd, FALLOC_FL_COLLAPSE_RANGE, 8 * BLOCK,
			       16 * BLOCK));
	memmove(m->data + 8 * BLOCK, m->data + 24 * BLOCK,
		SIZE - 24 * BLOCK);
	m->size -= 16 * BLOCK;
	EXPECT_TRUE(drive_sees(m));
}

TEST_F(consistency, range_inserted)
{
	struct model *m = &self->m;

	ASSERT_EQ(0, fallocate(m->fd, FALLOC_FL_INSERT_RANGE, 8 * BLOCK,
			       16 * BLOCK));
	memmove(m->data + 24 * BLOCK, m->data + 8 * BLOCK,
		SIZE - 8 * BLOCK);
	memset(m->data + 8 * BLOCK, 0, 16 * BLOCK);
	m->size += 16 * BLOCK;
	EXPECT_TRUE(drive_sees(m));
}

TEST_F(consistency, preallocated)
{
	struct model *m = &self->m;

	m->size = 2 * SIZE;
	ASSERT_EQ(0, fallocate(m->fd, 0, 0, m->size));
	EXPECT_TRUE(drive_sees(m));
	put(m, 5000, SIZE + 70000, 8);
	EXPECT_TRUE(drive_sees(m));
}

TEST_F(consistency, blocks_swapped)
{
	struct model *m = &self->m;

	ASSERT_EQ(0, fill_other(m));
	put(m, 5000, 12345, 3);
	ASSERT_EQ(0, fsync(m->fd));
	/* Defragmentation moves data with blocks, an exchange does not. */
	if (!strcmp(variant->dir, XFS)) {
		fill(m->data, SIZE, 77);
		ASSERT_EQ(SIZE, pwrite(m->other, m->data, SIZE, 0));
	}
	ASSERT_EQ(0, swap_blocks(m));
	EXPECT_TRUE(drive_sees(m));
}

TEST_F(consistency, written_directly)
{
	struct model *m = &self->m;
	int direct = open(m->path, O_RDWR | O_DIRECT);
	char *buf;
	int i;

	ASSERT_LE(0, direct);
	ASSERT_EQ(0, posix_memalign((void **)&buf, BLOCK, 8 * BLOCK));
	for (i = 0; i < 10; i++) {
		put(m, 9 * BLOCK, i * BLOCK, i);
		fill(buf, 8 * BLOCK, 50 + i);
		ASSERT_EQ(8 * BLOCK, pwrite(direct, buf, 8 * BLOCK, i * BLOCK));
		memcpy(m->data + i * BLOCK, buf, 8 * BLOCK);
		EXPECT_TRUE(drive_sees(m));
	}
}

/* Filesystems that must not be written to */

static char before[SIZE];

static bool is_read_only(const char *dir)
{
	struct statvfs st;

	return !statvfs(dir, &st) && st.f_flag & ST_RDONLY;
}

/* All filesystems, with files open for writing; it is done in background. */
static bool emergency_remount(void)
{
	int fd = open("/proc/sysrq-trigger", O_WRONLY), tries;

	if (write(fd, "u", 1) != 1)
		return false;
	close(fd);
	for (tries = 0; tries < 100; tries++) {
		if (is_read_only(EXT4) && is_read_only(XFS))
			return true;
		usleep(100000);
	}
	return false;
}

static int writable_again(const char *dir)
{
	return mount(NULL, dir, NULL, MS_REMOUNT, NULL);
}

TEST_F(consistency, read_only)
{
	struct model *m = &self->m;
	struct lambda_io io;

	ASSERT_TRUE(emergency_remount());
	io = io_for(SIZE, (__u64 []) { 0 }, 8);
	io.flags = FORCED;
	EXPECT_EQ(-1, lambda_pwrite(m->fd, before, 100, 0, m->lambda,
				    &io));
	EXPECT_EQ(EROFS, errno);
	EXPECT_EQ(LAMBDA_STATUS_NOT_RUN, io.result.status);
	EXPECT_TRUE(drive_sees(m));
	EXPECT_EQ(0, writable_again(EXT4));
	EXPECT_EQ(0, writable_again(EXT4_1K));
	EXPECT_EQ(0, writable_again(EXT3));
	EXPECT_EQ(0, writable_again(XFS));
	EXPECT_EQ(0, writable_again(XFS_4K));
	EXPECT_EQ(100, lambda_pwrite(m->fd, before, 100, 0, m->lambda,
				     &io));
	EXPECT_EQ(LAMBDA_SIDE_DEVICE, io.result.side);
}

#define OWN	MOUNTS "/own"

/* Shut down: neither side touches the disk any more. */
TEST(shut_down)
{
	struct lambda_io io = io_for(100, NULL, 0);
	int fd, lambda = HANDLE(copy_input), how = 2;
	char data[100] = "x";

	DRIVE_MKFS(OWN, "ext4", drive_spare, NULL, "mkfs.ext4", "-q", "-F",
		   drive_spare);
	fd = open(OWN "/file", O_RDWR | O_CREAT, 0600);
	ASSERT_EQ(100, pwrite(fd, data, 100, 0));
	ASSERT_EQ(0, fsync(fd));
	io.flags = FORCED;
	EXPECT_EQ(100, lambda_pread(fd, data, 100, 0, lambda, &io));
	ASSERT_EQ(0, ioctl(fd, _IOR('X', 125, __u32), &how));
	EXPECT_EQ(-1, lambda_pread(fd, data, 100, 0, lambda, &io));
	EXPECT_EQ(EIO, errno);
	EXPECT_EQ(-1, lambda_pwrite(fd, data, 100, 0, lambda, &io));
	EXPECT_EQ(EIO, errno);
	EXPECT_EQ(LAMBDA_STATUS_NOT_RUN, io.result.status);
	EXPECT_EQ(LAMBDA_SIDE_NONE, io.result.side);
	close(fd);
	umount(OWN);
}

static void __attribute__((constructor)) before_tests(void)
{
	drive_begin();
	xfs_allow_exchange(drive_xfs, XFS);
}

TEST_HARNESS_MAIN
