// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files that a drive must not touch, each for a reason of its own: the host
 * runs the λ, or nobody, and the reason is told.
 */
#include <linux/dm-ioctl.h>
#include <linux/fscrypt.h>
#include <linux/fsverity.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/swap.h>

#include "both.h"
#include "common.h"
#include "drive.h"
#include "harness.h"
#include "sysctl.h"

#define SIZE	(256 * KIB)

/* A filesystem of the test's own, on the spare partition. */
#define OWN	MOUNTS "/own"

static void put(int fd)
{
	char *data = malloc(SIZE);
	unsigned int seed = 11;
	size_t i;

	for (i = 0; i < SIZE; i++)
		data[i] = rand_r(&seed);
	if (pwrite(fd, data, SIZE, 0) != SIZE || fsync(fd))
		mount_failed("a file");
	free(data);
}

static int make_file(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);

	if (fd < 0)
		mount_failed(path);
	put(fd);
	return fd;
}

static bool refused(const struct question *q, __u32 reason)
{
	struct answer a;
	bool ok;

	ask(q, FORCED, &a);
	ok = a.ret == -1 && a.err == EOPNOTSUPP &&
	     a.io.result.reason == reason &&
	     a.io.result.side == LAMBDA_SIDE_NONE &&
	     a.io.result.status == LAMBDA_STATUS_NOT_RUN;
	if (!ok)
		show("nobody", &a);
	free(a.out);
	return ok;
}

/* The host does it instead, and does it right. */
static bool replaced(const struct question *q, __u32 reason)
{
	struct answer host, wish;
	bool ok;

	ask(q, LAMBDA_IO_HOST, &host);
	ask(q, LAMBDA_IO_DEVICE, &wish);
	ok = same_answers(&host, &wish, q->cap) && wish.ret > 0 &&
	     wish.io.result.side == LAMBDA_SIDE_HOST &&
	     wish.io.result.reason == reason;
	if (!ok) {
		show("host", &host);
		show("host for drive", &wish);
	}
	free(host.out);
	free(wish.out);
	return ok;
}

static bool host_reads(int fd, __u32 reason)
{
	struct question q = {
		.fd = fd, .lambda = HANDLE(copy_input), .count = SIZE,
		.cap = SIZE,
	};
	bool ok = refused(&q, reason) && replaced(&q, reason);

	close(q.lambda);
	return ok;
}

/* The file is one of those that the drive does read. */
static bool drive_reads(int fd)
{
	struct question q = {
		.fd = fd, .lambda = HANDLE(copy_input), .count = SIZE,
		.cap = SIZE,
	};
	bool ok = same_on_both(&q, NULL);

	close(q.lambda);
	return ok;
}

/* No drive: a stack of devices, no device at all */

TEST(loop)
{
	int image = open(EXT4 "/image", O_RDWR | O_CREAT, 0600);
	char path[32];
	int fd;

	ASSERT_EQ(0, ftruncate(image, 4 * MIB));
	loop_over(image, path, sizeof(path));
	fd = open(path, O_RDWR);
	put(fd);
	EXPECT_TRUE(host_reads(fd, LAMBDA_REASON_NO_DISK));
	close(fd);
	unlink(EXT4 "/image");
}

/* Asks the device mapper; @spec goes into the target's line. */
static int ask_mapper(int cmd, __u32 flags, const char *spec)
{
	struct {
		struct dm_ioctl head;
		struct dm_target_spec target;
		char params[128];
	} dm = {
		.head = {
			.version = { 4, 0, 0 }, .data_size = sizeof(dm),
			.data_start = sizeof(dm.head), .flags = flags,
			.target_count = spec ? 1 : 0, .name = "lambda",
		},
		.target = { .length = 8192, .target_type = "delay" },
	};
	int fd = open("/dev/mapper/control", O_RDWR | O_CLOEXEC), ret;

	if (spec)
		snprintf(dm.params, sizeof(dm.params), "%s", spec);
	ret = ioctl(fd, cmd, &dm);
	close(fd);
	return ret ? -1 : (int)(dm.head.dev & 0xff);
}

TEST(device_mapper)
{
	char path[64], spec[64];
	int fd, minor;

	snprintf(spec, sizeof(spec), "%s 0 0", drive_spare);
	minor = ask_mapper(DM_DEV_CREATE, 0, NULL);
	ASSERT_LE(0, minor);
	ASSERT_LE(0, ask_mapper(DM_TABLE_LOAD, 0, spec));
	ASSERT_LE(0, ask_mapper(DM_DEV_SUSPEND, 0, NULL));
	snprintf(path, sizeof(path), "/dev/dm-%d", minor);
	fd = open(path, O_RDWR);
	ASSERT_LE(0, fd);
	put(fd);
	EXPECT_TRUE(host_reads(fd, LAMBDA_REASON_NO_DISK));
	close(fd);
	EXPECT_LE(0, ask_mapper(DM_DEV_REMOVE, 0, NULL));
	fd = open(drive_spare, O_RDWR);
	EXPECT_TRUE(drive_reads(fd));
}

TEST(tmpfs)
{
	EXPECT_TRUE(host_reads(make_file(MOUNTS "/file"),
			       LAMBDA_REASON_NO_DISK));
}

/* Files whose blocks are not their bytes */

#define OWN_EXT4(...)							\
	DRIVE_MKFS(OWN, "ext4", drive_spare, NULL, "mkfs.ext4", "-q",	\
		   "-F", ##__VA_ARGS__, drive_spare)

TEST(inline_data)
{
	struct question q = { .lambda = HANDLE(copy_input), .count = 50,
			      .cap = 50 };

	OWN_EXT4("-O", "inline_data");
	q.fd = open(OWN "/file", O_RDWR | O_CREAT, 0600);
	ASSERT_EQ(50, pwrite(q.fd, "some bytes, few enough to be kept in the inode...",
			     50, 0));
	EXPECT_TRUE(refused(&q, LAMBDA_REASON_INLINE));
	EXPECT_TRUE(replaced(&q, LAMBDA_REASON_INLINE));
	/* It grows out of it. */
	put(q.fd);
	EXPECT_TRUE(drive_reads(q.fd));
	close(q.fd);
	umount(OWN);
}

static int change_flags(int fd, int flag, bool on)
{
	int flags;

	if (ioctl(fd, FS_IOC_GETFLAGS, &flags))
		return -1;
	flags = on ? flags | flag : flags & ~flag;
	return ioctl(fd, FS_IOC_SETFLAGS, &flags);
}

/* By its flag, which counts for nothing together with delayed allocation. */
TEST(journalled_data)
{
	int fd;

	DRIVE_MKFS(OWN, "ext4", drive_spare, "nodelalloc", "mkfs.ext4", "-q",
		   "-F", drive_spare);
	fd = make_file(OWN "/file");
	ASSERT_EQ(0, change_flags(fd, FS_JOURNAL_DATA_FL, true));
	EXPECT_TRUE(host_reads(fd, LAMBDA_REASON_JOURNALLED));
	put(fd);
	EXPECT_TRUE(host_reads(fd, LAMBDA_REASON_JOURNALLED));
	ASSERT_EQ(0, change_flags(fd, FS_JOURNAL_DATA_FL, false));
	EXPECT_TRUE(host_reads(fd, LAMBDA_REASON_STALE));
	close(fd);
	umount(OWN);
}

/* Files whose blocks may count as written before they are */

static void mounted_so(struct __test_metadata *_metadata, const char *options)
{
	int fd;

	DRIVE_MKFS(OWN, "ext4", drive_spare, options, "mkfs.ext4", "-q", "-F",
		   drive_spare);
	fd = make_file(OWN "/file");
	EXPECT_TRUE(host_reads(fd, LAMBDA_REASON_STALE));
	close(fd);
	umount(OWN);
}

TEST(no_delayed_allocation)
{
	mounted_so(_metadata, "nodelalloc");
}

TEST(direct_reads_locked)
{
	mounted_so(_metadata, "dioread_lock");
}

/* Of one file, and of all of a filesystem. */
TEST(no_extents)
{
	int fd = open(EXT4 "/file", O_RDWR | O_CREAT | O_TRUNC, 0600);

	/* ext4 takes the extents of small files only. */
	ASSERT_EQ(0, change_flags(fd, FS_EXTENT_FL, false));
	put(fd);
	EXPECT_TRUE(host_reads(fd, LAMBDA_REASON_STALE));
	ASSERT_EQ(0, change_flags(fd, FS_EXTENT_FL, true));
	EXPECT_TRUE(drive_reads(fd));
	close(fd);
	fd = make_file(EXT3 "/file");
	EXPECT_TRUE(host_reads(fd, LAMBDA_REASON_STALE));
	close(fd);
}

/* Leaves bytes that are not 0 where the next file will lie. */
static void leave_bytes(void)
{
	int fd = open(OWN "/litter", O_RDWR | O_CREAT, 0600), i;
	char *data = malloc(MIB);

	memset(data, 'l', MIB);
	for (i = 0; i < 20; i++)
		if (pwrite(fd, data, MIB, i * MIB) != MIB)
			mount_failed("litter");
	if (fsync(fd) || unlink(OWN "/litter") || close(fd))
		mount_failed("litter");
	free(data);
	sync();
}

#define HOLES	(2 * MIB)

struct holes {
	int fd;
	atomic_bool done;
};

/* A byte in each hole, through a mapping. */
static void *fill_holes(void *arg)
{
	struct holes *h = arg;
	char *pages;
	size_t i;

	pages = mmap(NULL, HOLES, PROT_READ | PROT_WRITE, MAP_SHARED, h->fd, 0);
	for (i = 0; i < HOLES; i += PAGE) {
		pages[i] = 'x';
		usleep(200);
	}
	munmap(pages, HOLES);
	h->done = true;
	return NULL;
}

/* While that is going on, nobody sees what had been there. */
TEST(holes_that_are_filled)
{
	struct question q = {
		.lambda = HANDLE(copy_input), .count = HOLES, .cap = HOLES,
	};
	struct holes h = {};
	pthread_t thread;
	struct answer a;
	int round;

	DRIVE_MKFS(OWN, "ext4", drive_spare, "nodelalloc", "mkfs.ext4", "-q",
		   "-F", drive_spare);
	for (round = 0; round < 5; round++) {
		leave_bytes();
		h.fd = open(OWN "/holes", O_RDWR | O_CREAT | O_TRUNC, 0600);
		ASSERT_EQ(0, ftruncate(h.fd, HOLES));
		h.done = false;
		q.fd = h.fd;
		ASSERT_EQ(0, pthread_create(&thread, NULL, fill_holes, &h));
		while (!h.done) {
			ask(&q, LAMBDA_IO_DEVICE, &a);
			ASSERT_EQ(HOLES, a.ret);
			ASSERT_EQ(NULL, memchr(a.out, 'l', HOLES));
			free(a.out);
		}
		pthread_join(thread, NULL);
		close(h.fd);
	}
	umount(OWN);
}

/* As all of a filesystem are. */
TEST(all_data_journalled)
{
	int fd;

	DRIVE_MKFS(OWN, "ext4", drive_spare, "data=journal", "mkfs.ext4", "-q",
		   "-F", drive_spare);
	fd = make_file(OWN "/file");
	EXPECT_TRUE(host_reads(fd, LAMBDA_REASON_JOURNALLED));
	close(fd);
	umount(OWN);
}

TEST(encrypted)
{
	struct {
		struct fscrypt_add_key_arg arg;
		__u8 raw[64];
	} key = {
		.arg = { .key_spec.type = FSCRYPT_KEY_SPEC_TYPE_IDENTIFIER,
			 .raw_size = sizeof(key.raw) },
		.raw = "any key will do",
	};
	struct fscrypt_policy_v2 policy = {
		.version = FSCRYPT_POLICY_V2,
		.contents_encryption_mode = FSCRYPT_MODE_AES_256_XTS,
		.filenames_encryption_mode = FSCRYPT_MODE_AES_256_CTS,
		.flags = FSCRYPT_POLICY_FLAGS_PAD_32,
	};
	int dir;

	ASSERT_EQ(0, mkdir(EXT4 "/secret", 0700));
	dir = open(EXT4 "/secret", O_RDONLY);
	ASSERT_EQ(0, ioctl(dir, FS_IOC_ADD_ENCRYPTION_KEY, &key));
	memcpy(policy.master_key_identifier, key.arg.key_spec.u.identifier,
	       sizeof(policy.master_key_identifier));
	ASSERT_EQ(0, ioctl(dir, FS_IOC_SET_ENCRYPTION_POLICY, &policy));
	EXPECT_TRUE(host_reads(make_file(EXT4 "/secret/file"),
			       LAMBDA_REASON_ENCRYPTED));
	unlink(EXT4 "/secret/file");
	rmdir(EXT4 "/secret");
}

TEST(verity)
{
	struct fsverity_enable_arg arg = {
		.version = 1, .hash_algorithm = FS_VERITY_HASH_ALG_SHA256,
		.block_size = 4096,
	};
	int fd = make_file(EXT4 "/sealed");

	EXPECT_TRUE(drive_reads(fd));
	close(fd);
	fd = open(EXT4 "/sealed", O_RDONLY);
	ASSERT_EQ(0, ioctl(fd, FS_IOC_ENABLE_VERITY, &arg));
	EXPECT_TRUE(host_reads(fd, LAMBDA_REASON_VERITY));
	unlink(EXT4 "/sealed");
}

/* Left behind by kernels that could compress. */
TEST(compressed)
{
	int fd;

	OWN_EXT4("-O", "^metadata_csum");
	close(make_file(OWN "/file"));
	ASSERT_EQ(0, umount(OWN));
	run_quietly((char *[]) { "debugfs", "-w", "-R",
		    "set_inode_field /file flags 0x80004", drive_spare, NULL });
	ASSERT_EQ(0, mount(drive_spare, OWN, "ext4", 0, NULL));
	fd = open(OWN "/file", O_RDWR);
	EXPECT_TRUE(host_reads(fd, LAMBDA_REASON_COMPRESSED));
	close(fd);
	umount(OWN);
}

/* The whole file, as long as it shares anything. */
TEST(shared)
{
	int fd = make_file(XFS "/one"), other;

	EXPECT_TRUE(drive_reads(fd));
	other = open(XFS "/two", O_RDWR | O_CREAT, 0600);
	ASSERT_EQ(0, ioctl(other, FICLONE, fd));
	EXPECT_TRUE(host_reads(fd, LAMBDA_REASON_SHARED));
	EXPECT_TRUE(host_reads(other, LAMBDA_REASON_SHARED));
	put(other);
	EXPECT_TRUE(host_reads(other, LAMBDA_REASON_SHARED));
	unlink(XFS "/one");
	unlink(XFS "/two");
}

TEST(swap_file)
{
	int fd = make_file(EXT4 "/swap");

	ASSERT_EQ(0, fchmod(fd, 0600));
	run_quietly((char *[]) { "mkswap", EXT4 "/swap", NULL });
	ASSERT_EQ(0, fsync(fd));
	ASSERT_EQ(0, swapon(EXT4 "/swap", 0));
	EXPECT_TRUE(host_reads(fd, LAMBDA_REASON_SWAPFILE));
	ASSERT_EQ(0, swapoff(EXT4 "/swap"));
	EXPECT_TRUE(drive_reads(fd));
	unlink(EXT4 "/swap");
}

/* Files on another device than their filesystem's, or beyond its end */

TEST(realtime)
{
	struct fsxattr attr;
	char rtdev[64];
	int fd;

	ASSERT_EQ(0, umount(XFS_4K));
	snprintf(rtdev, sizeof(rtdev), "rtdev=%s", drive_spare);
	DRIVE_MKFS(OWN, "xfs", drive_disk[1], rtdev, "mkfs.xfs", "-q", "-f",
		   "-m", "reflink=0,rmapbt=0", "-r", rtdev, drive_disk[1]);
	fd = open(OWN "/file", O_RDWR | O_CREAT, 0600);
	ASSERT_EQ(0, ioctl(fd, FS_IOC_FSGETXATTR, &attr));
	attr.fsx_xflags |= FS_XFLAG_REALTIME;
	ASSERT_EQ(0, ioctl(fd, FS_IOC_FSSETXATTR, &attr));
	put(fd);
	EXPECT_TRUE(host_reads(fd, LAMBDA_REASON_OTHER_DISK));
	close(fd);
	fd = make_file(OWN "/plain");
	EXPECT_TRUE(drive_reads(fd));
	close(fd);
	umount(OWN);
}

static int resize_spare(long long length)
{
	struct blkpg_partition part = {
		.start = 7 * 512, .length = length, .pno = 1 };
	struct blkpg_ioctl_arg arg = {
		.op = BLKPG_RESIZE_PARTITION, .datalen = sizeof(part),
		.data = &part };
	int fd = open(drive_disk[0], O_RDWR | O_CLOEXEC);
	int ret = ioctl(fd, BLKPG, &arg);

	close(fd);
	return ret;
}

/* What lies there now belongs to another partition. */
TEST(partition_shrunk)
{
	int fd;

	OWN_EXT4("-O", "^has_journal");
	fd = make_file(OWN "/file");
	EXPECT_TRUE(drive_reads(fd));
	ASSERT_EQ(0, resize_spare(64 * KIB));
	EXPECT_TRUE(host_reads(fd, LAMBDA_REASON_OTHER_DISK));
	ASSERT_EQ(0, resize_spare(33 * MIB));
	EXPECT_TRUE(drive_reads(fd));
	close(fd);
	umount(OWN);
}

/* Pages that cannot be written back */

#define FAIL	"/sys/kernel/debug/fail_make_request/"

static void fail_spare(int on)
{
	const char *part = drive_spare + strlen("/dev/");
	char path[128];

	snprintf(path, sizeof(path), "/sys/class/block/%s/make-it-fail", part);
	if (sysctl_write(path, on) || sysctl_write(FAIL "verbose", 0) ||
	    sysctl_write(FAIL "times", -1) ||
	    sysctl_write(FAIL "probability", 100 * on))
		mount_failed("a failing disk");
}

TEST(writeback_fails)
{
	struct question q = { .lambda = HANDLE(copy_input), .count = SIZE,
			      .cap = SIZE };
	struct lambda_io io = io_for(100, NULL, 0);
	char data[100] = "does not get to the disk";

	OWN_EXT4();
	q.fd = make_file(OWN "/file");
	EXPECT_TRUE(drive_reads(q.fd));
	ASSERT_EQ(100, pwrite(q.fd, data, 100, 0));
	fail_spare(1);
	EXPECT_TRUE(refused(&q, LAMBDA_REASON_BUSY_PAGES));
	ASSERT_EQ(100, pwrite(q.fd, data, 100, 0));
	io.flags = FORCED;
	EXPECT_EQ(-1, lambda_pwrite(q.fd, data, 100, 50, q.lambda, &io));
	EXPECT_EQ(EOPNOTSUPP, errno);
	EXPECT_EQ(LAMBDA_REASON_BUSY_PAGES, io.result.reason);
	ASSERT_EQ(100, pwrite(q.fd, data, 100, 0));
	EXPECT_TRUE(replaced(&q, LAMBDA_REASON_BUSY_PAGES));
	fail_spare(0);
	ASSERT_EQ(100, pwrite(q.fd, data, 100, 0));
	EXPECT_TRUE(drive_reads(q.fd));
	close(q.fd);
	umount(OWN);
}

/* More than the drive takes */

TEST(too_large)
{
	struct question q = {
		.fd = make_file(EXT4 "/file"), .lambda = HANDLE(copy_input),
		.count = SIZE, .cap = SBPF_OUT_MAX,
	};
	struct lambda_io io = io_for(q.cap, NULL, 0);
	char *out = malloc(SIZE);

	io.flags = FORCED;
	EXPECT_EQ(-1, lambda_pread(q.fd, out, SIZE, 0, q.lambda, &io));
	EXPECT_EQ(EOPNOTSUPP, errno);
	EXPECT_EQ(LAMBDA_REASON_TOO_LARGE, io.result.reason);
	io.flags = LAMBDA_IO_DEVICE;
	EXPECT_EQ(SIZE, lambda_pread(q.fd, out, SIZE, 0, q.lambda, &io));
	EXPECT_EQ(LAMBDA_REASON_TOO_LARGE, io.result.reason);
	unlink(EXT4 "/file");
}

/* Pages of requests count, on the way to a drive and back as well. */
TEST(user_pages)
{
	struct question q = {
		.fd = make_file(EXT4 "/file"), .lambda = HANDLE(copy_input),
	};
	struct lambda_io io = io_for(SIZE, NULL, 0);
	long long pages = sysctl_read(USER_PAGES);
	char *data = calloc(1, SIZE);

	ASSERT_EQ(0, sysctl_write(USER_PAGES, 10));
	io.flags = FORCED;
	EXPECT_EQ(-1, lambda_pwrite(q.fd, data, SIZE, 0, q.lambda, &io));
	EXPECT_EQ(EOPNOTSUPP, errno);
	EXPECT_EQ(LAMBDA_REASON_BUSY, io.result.reason);
	EXPECT_EQ(-1, lambda_pread(q.fd, data, SIZE, 0, q.lambda, &io));
	EXPECT_EQ(EOPNOTSUPP, errno);
	EXPECT_EQ(LAMBDA_REASON_BUSY, io.result.reason);
	ASSERT_EQ(0, sysctl_write(USER_PAGES, pages));
	EXPECT_EQ(SIZE, lambda_pread(q.fd, data, SIZE, 0, q.lambda, &io));
	EXPECT_EQ(LAMBDA_SIDE_DEVICE, io.result.side);
	EXPECT_EQ(SIZE, lambda_pwrite(q.fd, data, SIZE, 0, q.lambda, &io));
	EXPECT_EQ(LAMBDA_SIDE_DEVICE, io.result.side);
	unlink(EXT4 "/file");
}

static void __attribute__((constructor)) before_tests(void)
{
	drive_begin();
}

TEST_HARNESS_MAIN
