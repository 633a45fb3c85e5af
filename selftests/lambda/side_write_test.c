// SPDX-License-Identifier: GPL-2.0-only
/*
 * A write runs in the drive where it overwrites what is there, and leaves the
 * file as pwrite() would; everything else the host does, and says why.
 */
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "both.h"
#include "common.h"
#include "drive.h"
#include "harness.h"

#define SIZE	(1 * MIB + 12345)

/* Writes each byte of input twice. */
static const struct bpf_insn twice[] = {
	CTX(R2, R1, in),
	CTX(R3, R1, in_len),
	CTX(R4, R1, out),
	MOV(R0, R3),
	ALUI(BPF_LSH, R0, 1),
	ADD(R3, R2),
	LDX(BPF_B, R5, R2, 0),
	STX(BPF_B, R4, 0, R5),
	STX(BPF_B, R4, 1, R5),
	ADDI(R4, 2),
	ADDI(R2, 1),
	JMP(BPF_JNE, R2, R3, -6),
	EXIT(),
};

static char *data, *doubled;

FIXTURE(write) {
	char path[128];
	int fd, model, lambda;
	struct lambda_io io;
};

FIXTURE_VARIANT(write) {
	const char *dir;
};

#define VARIANT(name, where)						\
	FIXTURE_VARIANT_ADD(write, name) { .dir = where }

VARIANT(ext4, EXT4);
VARIANT(ext4_1k, EXT4_1K);
VARIANT(ext3, EXT3);
VARIANT(xfs, XFS);
VARIANT(xfs_4k, XFS_4K);

/* The same bytes into the file and its model. */
static bool put(FIXTURE_DATA(write) *self, size_t len, off_t offset)
{
	return pwrite(self->fd, doubled + 7, len, offset) == (ssize_t)len &&
	       pwrite(self->model, doubled + 7, len, offset) == (ssize_t)len;
}

FIXTURE_SETUP(write)
{
	snprintf(self->path, sizeof(self->path), "%s/write", variant->dir);
	self->fd = open(self->path, O_RDWR | O_CREAT | O_TRUNC, 0644);
	ASSERT_LE(0, self->fd);
	self->model = memfd_create("model", 0);
	self->lambda = HANDLE(twice);
	ASSERT_LE(0, self->lambda);
	ASSERT_TRUE(put(self, SIZE, 0));
	ASSERT_EQ(0, fsync(self->fd));
}

FIXTURE_TEARDOWN(write)
{
	close(self->fd);
	close(self->model);
	close(self->lambda);
	unlink(self->path);
}

/* Whether all of the file, as read() shows it, is what the model holds. */
static bool as_model(int fd, int model)
{
	static char x[65536], y[65536];
	off_t at = 0;
	ssize_t n;

	do {
		n = pread(model, y, sizeof(y), at);
		if (pread(fd, x, sizeof(x), at) != n || memcmp(x, y, n)) {
			fprintf(stderr, "# differs in 64 KiB from %lld\n",
				(long long)at);
			return false;
		}
		at += n;
	} while (n);
	return true;
}

/* The same of what is on the disk. */
static bool on_disk(int fd, int model)
{
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	return as_model(fd, model);
}

static ssize_t ask_write(FIXTURE_DATA(write) *self, size_t count, off_t offset,
			 __u32 flags)
{
	self->io = io_for(2 * SIZE, NULL, 0);
	self->io.flags = flags;
	return lambda_pwrite(self->fd, data, count, offset, self->lambda,
			     &self->io);
}

#define EXPECT_WRITES(count, offset, _flags, _side, _reason)         \
	do {                                                         \
		EXPECT_EQ(2 * (ssize_t)(count),                      \
			  ask_write(self, count, offset, _flags))    \
		{                                                    \
			TH_LOG("%zu bytes at %ld: %m, reason %u",    \
			       (size_t)(count), (long)(offset),      \
			       self->io.result.reason);              \
		}                                                    \
		WRITE_MODEL(doubled, 2 * (ssize_t)(count), offset);  \
		EXPECT_EQ(_side, self->io.result.side);              \
		EXPECT_EQ(_reason, self->io.result.reason);          \
		EXPECT_EQ(LAMBDA_STATUS_OK, self->io.result.status); \
		EXPECT_EQ(count, self->io.result.in_len);            \
		EXPECT_EQ(2 * (count), self->io.result.out_len);     \
		EXPECT_TRUE(as_model(self->fd, self->model));        \
		EXPECT_TRUE(on_disk(self->fd, self->model));         \
	} while (0)

#define EXPECT_DRIVE_WRITES(count, offset)				\
	EXPECT_WRITES(count, offset, FORCED, LAMBDA_SIDE_DEVICE,	\
		      LAMBDA_REASON_FORCED)

/* The drive will not, and the host does. */
#define EXPECT_HOST_WRITES(count, offset, reason_)                        \
	do {                                                              \
		EXPECT_EQ(-1, ask_write(self, count, offset, FORCED));    \
		EXPECT_EQ(EOPNOTSUPP, errno);                             \
		EXPECT_EQ(LAMBDA_STATUS_NOT_RUN, self->io.result.status); \
		EXPECT_EQ(LAMBDA_SIDE_NONE, self->io.result.side);        \
		EXPECT_EQ(reason_, self->io.result.reason);               \
		EXPECT_TRUE(as_model(self->fd, self->model));             \
		EXPECT_WRITES(count, offset, LAMBDA_IO_DEVICE,            \
			      LAMBDA_SIDE_HOST, reason_);                 \
	} while (0)

TEST_F(write, inside)
{
	static const size_t counts[] = {
		1, 255, 256, 2047, 2048, 2049, 4096, 32768, 100001,
	};
	static const off_t offsets[] = {
		0, 1, 511, 4095, 4096, 5000, 131071, SIZE - 200002,
	};
	size_t i, k;

	for (i = 0; i < ARRAY_SIZE(counts); i++)
		for (k = 0; k < ARRAY_SIZE(offsets); k++)
			EXPECT_DRIVE_WRITES(counts[i], offsets[k]);
	EXPECT_DRIVE_WRITES(1ul, SIZE - 2);
	EXPECT_DRIVE_WRITES(SIZE / 2ul, 0);
}

/* Pages that are in the page cache do not outlive what they held. */
TEST_F(write, cached)
{
	char *map = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, self->fd, 0);

	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(0, memcmp(map, doubled + 7, SIZE));
	EXPECT_EQ(100000, ask_write(self, 50000, 4097, FORCED));
	EXPECT_EQ(0, memcmp(map + 4097, doubled, 100000));
	EXPECT_EQ(0, memcmp(map, doubled + 7, 4097));
	EXPECT_EQ(0, memcmp(map + 104097, doubled + 7 + 104097, 5000));
}

TEST_F(write, end_of_file)
{
	EXPECT_HOST_WRITES(100ul, SIZE, LAMBDA_REASON_EOF);
	EXPECT_HOST_WRITES(100ul, 2 * SIZE, LAMBDA_REASON_EOF);
}

TEST_F(write, over_the_end)
{
	EXPECT_DRIVE_WRITES(50ul, SIZE - 100);
	EXPECT_HOST_WRITES(50ul, SIZE - 99, LAMBDA_REASON_NO_ROOM);
}

/* A hole of the file is none of the disk's; what comes before it is. */
TEST_F(write, hole)
{
	ASSERT_EQ(0, ftruncate(self->fd, 4 * MIB));
	ASSERT_EQ(0, ftruncate(self->model, 4 * MIB));
	EXPECT_HOST_WRITES(100ul, 3 * MIB, LAMBDA_REASON_UNWRITTEN);
	EXPECT_DRIVE_WRITES(1000ul, SIZE - 2000);
	EXPECT_HOST_WRITES(50000ul, SIZE - 2000, LAMBDA_REASON_NO_ROOM);
}

TEST_F(write, preallocated)
{
	if (fallocate(self->fd, 0, 0, 2 * MIB)) {
		ASSERT_EQ(EOPNOTSUPP, errno);
		ASSERT_EQ(0, strcmp(variant->dir, EXT3));
		return;
	}
	ASSERT_EQ(0, ftruncate(self->model, 2 * MIB));
	EXPECT_HOST_WRITES(100ul, 3 * MIB / 2, LAMBDA_REASON_UNWRITTEN);
	EXPECT_DRIVE_WRITES(50ul, 3 * MIB / 2 + 50);
}

/* Not on the disk yet, but soon. */
TEST_F(write, delayed)
{
	ASSERT_TRUE(put(self, 100000, 2 * MIB));
	EXPECT_DRIVE_WRITES(1000ul, 2 * MIB + 333);
}

TEST_F(write, append)
{
	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, O_APPEND));
	EXPECT_EQ(-1, ask_write(self, 100, 5, FORCED));
	EXPECT_EQ(EOPNOTSUPP, errno);
	EXPECT_EQ(LAMBDA_REASON_APPEND, self->io.result.reason);
	EXPECT_EQ(200, ask_write(self, 100, 5, LAMBDA_IO_DEVICE));
	EXPECT_EQ(LAMBDA_SIDE_HOST, self->io.result.side);
	EXPECT_EQ(LAMBDA_REASON_APPEND, self->io.result.reason);
	WRITE_MODEL(doubled, 200, SIZE);
	EXPECT_TRUE(as_model(self->fd, self->model));
}

TEST_F(write, direct)
{
	close(self->fd);
	self->fd = open(self->path, O_RDWR | O_DIRECT);
	ASSERT_LE(0, self->fd);
	EXPECT_EQ(8192, ask_write(self, 4096, 4096, FORCED));
	EXPECT_EQ(2002, ask_write(self, 1001, 77, FORCED));
	close(self->fd);
	self->fd = open(self->path, O_RDWR);
	WRITE_MODEL(doubled, 8192, 4096);
	WRITE_MODEL(doubled, 2002, 77);
	EXPECT_TRUE(as_model(self->fd, self->model));
}

TEST_F(write, bad_ends)
{
	const struct bpf_insn error[] = {
		CTX(R2, R1, out), ST(BPF_DW, R2, 0, -1), MOVI(R0, -7), EXIT() };
	const struct bpf_insn fault[] = {
		CTX(R2, R1, out), ST(BPF_DW, R2, 0, -1), CTX(R2, R1, in),
		ST(BPF_B, R2, 0, -1), MOVI(R0, 1), EXIT() };
	const struct bpf_insn forever[] = {
		CTX(R2, R1, out), ST(BPF_DW, R2, 0, -1), GOTO(-1) };
	const struct { int lambda; __u32 status; } ends[] = {
		{ HANDLE(error), LAMBDA_STATUS_ERROR },
		{ HANDLE(fault), LAMBDA_STATUS_FAULT },
		{ handle_budget(forever, ARRAY_SIZE(forever), 100000),
		  LAMBDA_STATUS_OVER_BUDGET },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ends); i++) {
		self->lambda = ends[i].lambda;
		EXPECT_EQ(-1, ask_write(self, 100, 10, FORCED));
		EXPECT_EQ(ECANCELED, errno);
		EXPECT_EQ(ends[i].status, self->io.result.status);
		EXPECT_EQ(LAMBDA_SIDE_DEVICE, self->io.result.side);
		EXPECT_EQ(0, self->io.result.out_len);
		EXPECT_TRUE(as_model(self->fd, self->model));
		EXPECT_TRUE(on_disk(self->fd, self->model));
	}
}

TEST_F(write, nothing)
{
	const struct bpf_insn none[] = { MOVI(R0, 0), EXIT() };

	self->lambda = HANDLE(none);
	EXPECT_EQ(0, ask_write(self, 100, 10, FORCED));
	EXPECT_EQ(LAMBDA_STATUS_OK, self->io.result.status);
	EXPECT_EQ(LAMBDA_SIDE_DEVICE, self->io.result.side);
	EXPECT_TRUE(on_disk(self->fd, self->model));
}

/* Where no output fits there is nothing to be located, nor to wait for. */
TEST_F(write, no_room)
{
	const struct bpf_insn none[] = { MOVI(R0, 0), EXIT() };

	self->lambda = HANDLE(none);
	self->io = io_for(0, NULL, 0);
	self->io.flags = FORCED;
	EXPECT_EQ(-1, lambda_pwrite(self->fd, data, 100, 10, self->lambda,
				    &self->io));
	EXPECT_EQ(EOPNOTSUPP, errno);
	EXPECT_EQ(LAMBDA_REASON_NO_ROOM, self->io.result.reason);
	self->io.flags = LAMBDA_IO_DEVICE;
	EXPECT_EQ(0, lambda_pwrite(self->fd, data, 100, 10, self->lambda,
				   &self->io));
	EXPECT_EQ(LAMBDA_STATUS_OK, self->io.result.status);
	EXPECT_EQ(LAMBDA_SIDE_HOST, self->io.result.side);
	EXPECT_TRUE(on_disk(self->fd, self->model));
}

TEST_F(write, times)
{
	struct timespec old[2] = { { .tv_sec = 1000 }, { .tv_sec = 2000 } };
	struct stat before, after;

	ASSERT_EQ(0, futimens(self->fd, old));
	ASSERT_EQ(0, fstat(self->fd, &before));
	usleep(50000);
	EXPECT_EQ(200, ask_write(self, 100, 10, FORCED));
	ASSERT_EQ(0, fstat(self->fd, &after));
	EXPECT_LT(2000, after.st_mtime);
	EXPECT_TRUE(before.st_ctim.tv_sec != after.st_ctim.tv_sec ||
		    before.st_ctim.tv_nsec != after.st_ctim.tv_nsec);
	EXPECT_EQ(SIZE, after.st_size);
}

/* A user that is not root leaves no set-user-ID program behind. */
TEST_F(write, set_user_id)
{
	struct stat st;

	ASSERT_EQ(0, fchown(self->fd, 65534, 65534));
	ASSERT_EQ(0, fchmod(self->fd, 06755));
	ASSERT_EQ(0, setgid(65534));
	ASSERT_EQ(0, setuid(65534));
	EXPECT_EQ(200, ask_write(self, 100, 10, FORCED));
	ASSERT_EQ(0, fstat(self->fd, &st));
	EXPECT_EQ(0755, st.st_mode & 07777);
}

/* The process's limit on file sizes. */
TEST_F(write, file_size_limit)
{
	struct rlimit limit = { 10000, 10000 };

	signal(SIGXFSZ, SIG_IGN);
	ASSERT_EQ(0, setrlimit(RLIMIT_FSIZE, &limit));
	EXPECT_EQ(200, ask_write(self, 100, 9800, FORCED));
	EXPECT_EQ(-1, ask_write(self, 100, 9900, FORCED));
	EXPECT_EQ(EOPNOTSUPP, errno);
	EXPECT_EQ(LAMBDA_REASON_NO_ROOM, self->io.result.reason);
	EXPECT_EQ(100, ask_write(self, 100, 9900, LAMBDA_IO_DEVICE));
	EXPECT_EQ(-1, ask_write(self, 100, 10000, FORCED));
	EXPECT_EQ(EFBIG, errno);
	EXPECT_EQ(LAMBDA_STATUS_NOT_RUN, self->io.result.status);
}

static void set_flag(int fd, int flag, bool on)
{
	int flags;

	if (ioctl(fd, FS_IOC_GETFLAGS, &flags))
		mount_failed("flags of a file");
	flags = on ? flags | flag : flags & ~flag;
	if (ioctl(fd, FS_IOC_SETFLAGS, &flags))
		mount_failed("flags of a file");
}

/* Made immutable after it was opened: as pwrite() has it. */
TEST_F(write, immutable)
{
	ssize_t want;
	int err;

	set_flag(self->fd, FS_IMMUTABLE_FL, true);
	errno = 0;
	want = pwrite(self->fd, doubled, 200, 10);
	err = errno;
	errno = 0;
	EXPECT_EQ(want, ask_write(self, 100, 10, FORCED));
	EXPECT_EQ(err, errno);
	if (want < 0)
		EXPECT_TRUE(on_disk(self->fd, self->model));
	set_flag(self->fd, FS_IMMUTABLE_FL, false);
}

/* How many flushes the disk has been sent. */
static unsigned long flushes(const char *dir)
{
	unsigned long fields[17] = {};
	char path[64];
	FILE *file;
	int i;

	snprintf(path, sizeof(path), "/sys/block/%s/stat",
		 drive_disk[!strcmp(dir, XFS_4K)] + strlen("/dev/"));
	file = fopen(path, "r");
	for (i = 0; file && i < 17; i++)
		if (fscanf(file, "%lu", &fields[i]) != 1)
			break;
	if (file)
		fclose(file);
	return fields[15];
}

TEST_F(write, sync)
{
	static const int flags[] = { O_SYNC, O_DSYNC };
	unsigned long before;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		close(self->fd);
		self->fd = open(self->path, O_RDWR | flags[i]);
		ASSERT_LE(0, self->fd);
		before = flushes(variant->dir);
		EXPECT_EQ(200, ask_write(self, 100, 10, FORCED));
		EXPECT_LT(before, flushes(variant->dir));
	}
}

/* A bare partition, which begins where no page does. */
TEST(partition)
{
	FIXTURE_DATA(write) dev = { .lambda = HANDLE(twice) }, *self = &dev;
	const size_t size = 33 * MIB, last = size - 2000;
	char *zeros = calloc(1, size);

	self->fd = open(drive_spare, O_RDWR);
	ASSERT_LE(0, self->fd);
	self->model = memfd_create("model", 0);
	ASSERT_EQ(size, pwrite(self->model, zeros, size, 0));
	ASSERT_EQ(size, pwrite(self->fd, zeros, size, 0));
	ASSERT_EQ(0, fsync(self->fd));
	EXPECT_DRIVE_WRITES(100000ul, 1);
	EXPECT_DRIVE_WRITES(4096ul, 3 * MIB);
	EXPECT_DRIVE_WRITES(1000ul, last);
	EXPECT_EQ(-1, ask_write(self, 1000, last + 1, FORCED));
	EXPECT_EQ(LAMBDA_REASON_NO_ROOM, self->io.result.reason);
	EXPECT_EQ(1000, ask_write(self, 1000, last + 1000, LAMBDA_IO_DEVICE));
	EXPECT_EQ(LAMBDA_REASON_NO_ROOM, self->io.result.reason);
	EXPECT_EQ(2000, self->io.result.out_len);
	EXPECT_EQ(-1, ask_write(self, 1000, size, LAMBDA_IO_DEVICE));
	EXPECT_EQ(ENOSPC, errno);
	EXPECT_EQ(LAMBDA_REASON_EOF, self->io.result.reason);
}

TEST(read_only_partition)
{
	FIXTURE_DATA(write) dev = { .lambda = HANDLE(twice) }, *self = &dev;
	const int on = 1, off = 0;

	self->fd = open(drive_spare, O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, ioctl(self->fd, BLKROSET, &on));
	EXPECT_EQ(-1, ask_write(self, 100, 0, FORCED));
	EXPECT_EQ(EPERM, errno);
	ASSERT_EQ(0, ioctl(self->fd, BLKROSET, &off));
	EXPECT_EQ(200, ask_write(self, 100, 0, FORCED));
}

static void __attribute__((constructor)) before_tests(void)
{
	size_t i;

	drive_begin();
	data = malloc(SIZE);
	doubled = malloc(2 * SIZE);
	for (i = 0; i < 2 * SIZE; i++) {
		doubled[i] = i / 2 * 13 + i / 8192;
		data[i / 2] = doubled[i];
	}
}

TEST_HARNESS_MAIN
