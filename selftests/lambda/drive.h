/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A drive that runs λs, and filesystems on it.
 *
 * The drive of the project's emulator is found by its serial number. Its first
 * namespace, of 512-byte blocks, is cut into partitions that start where no
 * 4 KiB block does; the second is used whole.
 */
#ifndef LAMBDA_SELFTEST_DRIVE_H
#define LAMBDA_SELFTEST_DRIVE_H

#include <dirent.h>
#include <linux/blkpg.h>
#include <linux/fs.h>
#include <linux/nvme_ioctl.h>
#include <stdbool.h>
#include <sys/ioctl.h>

#include "common.h"
#include "mounts.h"

#define FORCED		(LAMBDA_IO_DEVICE | LAMBDA_IO_NO_FALLBACK)
#define PAGE		4096ul

/* As in <linux/nvme-lambda.h>, which is not for programs. */
#define DRIVE_FAULT		0xc1
#define DRIVE_FAIL		0x100
#define DRIVE_DELAY		0x200	/* with DRIVE_AFTER */
#define DRIVE_LOSE		0x300
#define DRIVE_AFTER		0x1000
#define DRIVE_ADMIN		0x2000
#define DRIVE_MORE(n)		((__u32)(n) << 16)	/* in the value */
#define DRIVE_EXEC_READ		0x90
#define DRIVE_ALLOC		0x80
#define DRIVE_OPEN		0xc2
#define DRIVE_RELEASE		0xcc
#define DRIVE_GRANT		64	/* bytes that OPEN tells */

/* The whole namespaces' nodes. */
static char drive_disk[2][32];

/* What a file of the system's says; empty where there is none. */
static inline void drive_read_text(const char *path, char *text, size_t len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = 0;

	if (fd >= 0) {
		got = read(fd, text, len - 1);
		close(fd);
	}
	text[got > 0 ? got : 0] = 0;
}

/* A line of what the system tells about a disk; empty where it does not. */
static inline void drive_attribute(const char *disk, const char *name,
				   char *text, size_t len)
{
	char path[320];

	snprintf(path, sizeof(path), "/sys/block/%s/%s", disk, name);
	drive_read_text(path, text, len);
}

/* 1 or 2 for a namespace of the drive; its name may have another number. */
static inline int drive_namespace(const char *disk)
{
	char serial[16], id[16];

	drive_attribute(disk, "device/serial", serial, sizeof(serial));
	drive_attribute(disk, "nsid", id, sizeof(id));
	return strncmp(serial, "CSD", 3) ? 0 : atoi(id);
}

/*
 * Ends the program when there is no drive: as skipped, but as failed where the
 * runner has promised one.
 */
static inline void drive_find(void)
{
	DIR *blocks = opendir("/sys/block");
	struct dirent *entry;
	int found = 0, which;

	while (blocks && (entry = readdir(blocks))) {
		which = drive_namespace(entry->d_name);
		if (which < 1 || which > 2)
			continue;
		snprintf(drive_disk[which - 1], sizeof(drive_disk[0]),
			 "/dev/%.20s", entry->d_name);
		found++;
	}
	if (blocks)
		closedir(blocks);
	if (found == 2)
		return;
	if (getenv("LAMBDA_DRIVE"))
		ksft_exit_fail_msg("found %d namespaces of a drive, not 2\n",
				   found);
	ksft_exit_skip("no drive that runs λs\n");
}

/* The controller's node, which is a disk's without its end. */
static inline void drive_controller(const char *disk, char *path, size_t len)
{
	snprintf(path, len, "%.*s", (int)(strrchr(disk, 'n') - disk), disk);
}

/* An ioctl() of the controller's node. */
static inline int drive_control_of(const char *disk, unsigned long request,
				   void *arg)
{
	char path[32];
	int fd, ret;

	drive_controller(disk, path, sizeof(path));
	fd = open(path, O_RDONLY);
	ret = ioctl(fd, request, arg);
	close(fd);
	return ret;
}

static inline int drive_control(unsigned long request, void *arg)
{
	return drive_control_of(drive_disk[0], request, arg);
}

/*
 * Orders what becomes of the next commands with an opcode, by its status or ms;
 * 0 takes all orders back.
 */
static inline int drive_order_of(const char *disk, __u32 what, __u32 value)
{
	struct nvme_passthru_cmd cmd = {
		.opcode = 0x09, .cdw10 = DRIVE_FAULT, .cdw11 = what,
		.cdw12 = value,
	};

	return drive_control_of(disk, NVME_IOCTL_ADMIN_CMD, &cmd);
}

static inline int drive_order(__u32 what, __u32 value)
{
	return drive_order_of(drive_disk[0], what, value);
}

/* Has the drive keep its next read by way of a slot, and more of them, for ms. */
static inline int drive_keep(int ms, int more)
{
	return drive_order(DRIVE_DELAY | DRIVE_AFTER | DRIVE_EXEC_READ,
			   ms | DRIVE_MORE(more));
}

/* Resets the controller, and returns when it is up. */
static inline int drive_reset(void)
{
	return drive_control(NVME_IOCTL_RESET, NULL);
}

/* Makes partition @number of the first namespace; bytes from the start. */
static inline void drive_partition(int number, long long start,
				   long long length, char *path, size_t len)
{
	struct blkpg_partition part = {
		.start = start, .length = length, .pno = number };
	struct blkpg_ioctl_arg arg = {
		.op = BLKPG_ADD_PARTITION, .datalen = sizeof(part),
		.data = &part };
	int fd = open(drive_disk[0], O_RDWR | O_CLOEXEC);

	if (fd < 0 || ioctl(fd, BLKPG, &arg))
		mount_failed("a partition");
	close(fd);
	snprintf(path, len, "%sp%d", drive_disk[0], number);
}

/* Makes a filesystem on a device, and mounts it on @dir. */
static inline void drive_mount(char *const mkfs[], const char *type,
			       const char *device, const char *dir,
			       const char *options)
{
	run_quietly(mkfs);
	if ((mkdir(dir, 0777) && errno != EEXIST) ||
	    mount(device, dir, type, 0, options))
		mount_failed(dir);
	/* Tests drop their privileges. */
	chmod(dir, 0777);
}

#define DRIVE_MKFS(dir, type, device, options, ...)			\
	drive_mount((char *[]) { __VA_ARGS__, NULL }, type, device, dir, \
		    options)

/* Filesystems of several tests; what is mounted where. */
#define EXT4	MOUNTS "/ext4"
#define EXT4_1K	MOUNTS "/ext4-1k"
#define EXT3	MOUNTS "/ext3"
#define XFS	MOUNTS "/xfs"
#define XFS_4K	MOUNTS "/xfs-4k"

/* A device of 32 MiB for whoever wants a bare one, or a filesystem more. */
static char drive_spare[48];
/* What XFS is on. */
static char drive_xfs[48];

/*
 * In MiB: a spare partition, ext4 with blocks of 4 KiB, of 1 KiB, and without
 * extents, XFS; XFS with sectors of 4 KiB on the second namespace.
 */
static inline void drive_begin(void)
{
	static const int mib[] = { 33, 160, 96, 96, 320 };
	char dev[ARRAY_SIZE(mib)][48];
	long long start = 7 * 512;
	size_t i;

	drive_find();
	mounts_begin();
	for (i = 0; i < ARRAY_SIZE(mib); i++) {
		drive_partition(i + 1, start, mib[i] * MIB, dev[i],
				sizeof(dev[i]));
		start += mib[i] * MIB;
	}
	memcpy(drive_spare, dev[0], sizeof(drive_spare));
	memcpy(drive_xfs, dev[4], sizeof(drive_xfs));
	DRIVE_MKFS(EXT4, "ext4", dev[1], NULL, "mkfs.ext4", "-q", "-F", "-b",
		   "4096", "-O", "encrypt,verity", dev[1]);
	DRIVE_MKFS(EXT4_1K, "ext4", dev[2], NULL, "mkfs.ext4", "-q", "-F",
		   "-b", "1024", dev[2]);
	DRIVE_MKFS(EXT3, "ext4", dev[3], NULL, "mkfs.ext3", "-q", "-F", "-b",
		   "4096", dev[3]);
	DRIVE_MKFS(XFS, "xfs", dev[4], NULL, "mkfs.xfs", "-q", "-f", dev[4]);
	DRIVE_MKFS(XFS_4K, "xfs", drive_disk[1], NULL, "mkfs.xfs", "-q", "-f",
		   drive_disk[1]);
}

#endif /* LAMBDA_SELFTEST_DRIVE_H */
