/* SPDX-License-Identifier: GPL-2.0-only */
/* What gives a file the blocks of another one, and that one its own. */
#ifndef LAMBDA_SELFTEST_SWAP_BLOCKS_H
#define LAMBDA_SELFTEST_SWAP_BLOCKS_H

#include <sys/stat.h>

#include "common.h"
#include "drive.h"

/* As in fs/ext4/ext4.h; no header for programs has it. */
struct ext4_move_extent {
	__u32 reserved;
	__u32 donor_fd;
	__u64 orig_start;
	__u64 donor_start;
	__u64 len;
	__u64 moved_len;
};

#define EXT4_IOC_MOVE_EXT	_IOWR('f', 15, struct ext4_move_extent)

/* Defragmentation: the data of @fd moves to the blocks of @donor. */
static inline int ext4_move_extents(int fd, int donor, __u64 start, __u64 nr)
{
	struct ext4_move_extent move = {
		.donor_fd = donor, .orig_start = start, .donor_start = start,
		.len = nr,
	};

	if (ioctl(fd, EXT4_IOC_MOVE_EXT, &move))
		return -1;
	return move.moved_len == nr ? 0 : -1;
}

/* As in fs/ext4/ext4.h */
#define EXT4_IOC_SWAP_BOOT	_IO('f', 17)

/* As in fs/xfs/libxfs/xfs_fs.h */
struct xfs_exchange {
	__s32 file1_fd;
	__u32 pad;
	__u64 file1_offset;
	__u64 file2_offset;
	__u64 length;
	__u64 flags;
};

#define XFS_IOC_EXCHANGE_RANGE	_IOW('X', 129, struct xfs_exchange)

static inline int xfs_exchange_range(int fd, int other, __u64 start, __u64 len)
{
	struct xfs_exchange exchange = {
		.file1_fd = other, .file1_offset = start,
		.file2_offset = start, .length = len,
	};

	return ioctl(fd, XFS_IOC_EXCHANGE_RANGE, &exchange);
}

/* As in fs/xfs/libxfs/xfs_fs.h; of the first part only the times are read. */
struct xfs_stat_time {
	long sec;
	__s32 nsec;
};

struct xfs_swap {
	__s64 version;
	__s64 target;
	__s64 tmp;
	__s64 offset;
	__s64 length;
	char pad[16];
	struct {
		__u8 unused[40];
		struct xfs_stat_time atime, mtime, ctime;
		__u8 unused_too[48];
	} stat;
};

#define XFS_IOC_SWAPEXT		_IOWR('X', 109, struct xfs_swap)

/*
 * The exchange that xfs_fsr makes: of two whole files, both of @len bytes.
 * Fails with EBUSY when @fd was written after @before was taken.
 */
static inline int xfs_swap_extents(int fd, int other, __u64 len,
				   const struct stat *before)
{
	struct xfs_swap swap = {
		.target = fd, .tmp = other, .length = len,
		.stat.mtime = {
			before->st_mtim.tv_sec, before->st_mtim.tv_nsec
		},
		.stat.ctime = {
			before->st_ctim.tv_sec, before->st_ctim.tv_nsec
		},
	};

	return ioctl(fd, XFS_IOC_SWAPEXT, &swap);
}

static inline __u32 software_crc32c(__u32 crc, const __u8 *p, size_t len)
{
	int bit;

	while (len--) {
		crc ^= *p++;
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return crc;
}

/* Bytes of the superblock: the last one of the incompatible features. */
#define XFS_SB_FEATURES_INCOMPAT	219
#define XFS_SB_CRC			224
#define XFS_SB_EXCHANGE			0x40

/*
 * Sets the feature bit of exchanges, younger than the mkfs of some
 * distributions, in the superblock of what is mounted at @dir.
 */
static inline void xfs_allow_exchange(const char *device, const char *dir)
{
	__u32 value = 0;
	__u8 sb[512];
	int fd;

	if (umount(dir))
		mount_failed(dir);
	fd = open(device, O_RDWR | O_CLOEXEC);
	if (pread(fd, sb, sizeof(sb), 0) != sizeof(sb))
		mount_failed(device);
	sb[XFS_SB_FEATURES_INCOMPAT] |= XFS_SB_EXCHANGE;
	memcpy(sb + XFS_SB_CRC, &value, sizeof(value));
	value = ~software_crc32c(~0u, sb, sizeof(sb));
	memcpy(sb + XFS_SB_CRC, &value, sizeof(value));
	if (pwrite(fd, sb, sizeof(sb), 0) != sizeof(sb) || fsync(fd) ||
	    close(fd) || mount(device, dir, "xfs", 0, NULL))
		mount_failed(dir);
}

#endif /* LAMBDA_SELFTEST_SWAP_BLOCKS_H */
