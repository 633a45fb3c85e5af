// SPDX-License-Identifier: GPL-2.0-only
/*
 * lambda_pwrite(): errors in the order in which they are looked for, the file
 * against pwrite(), and what happens when a file takes a part or nothing.
 */
#include <linux/dqblk_xfs.h>
#include <mntent.h>
#include <signal.h>
#include <sys/quota.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "common.h"
#include "harness.h"
#include "mounts.h"

#define PAGE	4096ul

/* Writes each byte of input twice: a file grows by more than was handed in. */
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

FIXTURE(pwrite) {
	int file, model, lambda;
	char path[128];
	char *data, *doubled;
	struct lambda_io io;
};

FIXTURE_VARIANT(pwrite) {
	const char *dir;
};

#define VARIANT(name, ...)						\
	FIXTURE_VARIANT_ADD(pwrite, name) { __VA_ARGS__ }

VARIANT(ext4, MOUNTS "/ext4");
VARIANT(xfs, MOUNTS "/xfs");
VARIANT(tmpfs, MOUNTS "/tmpfs");
VARIANT(overlay, MOUNTS "/overlay");

#define LEN	(1 * MIB)

FIXTURE_SETUP(pwrite)
{
	size_t i;

	snprintf(self->path, sizeof(self->path), "%s/lambda-pwrite", variant->dir);
	self->file = open(self->path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	ASSERT_LE(0, self->file);
	self->model = memfd_create("model", 0);
	self->lambda = HANDLE(twice);
	ASSERT_LE(0, self->lambda);
	self->data = malloc(LEN);
	self->doubled = malloc(2 * LEN);
	for (i = 0; i < 2 * LEN; i++) {
		self->doubled[i] = i / 2 * 13 + i / 8192;
		self->data[i / 2] = self->doubled[i];
	}
	self->io = io_for(2 * LEN, NULL, 0);
}

FIXTURE_TEARDOWN(pwrite)
{
	close(self->file);
	close(self->model);
	close(self->lambda);
	unlink(self->path);
	free(self->data);
	free(self->doubled);
}

/* Whether the file holds what the model holds, in the same length. */
static bool same_files(int a, int b)
{
	static char x[65536], y[65536];
	off_t at = 0;
	ssize_t n;

	do {
		n = pread(a, x, sizeof(x), at);
		if (n < 0 || pread(b, y, sizeof(y), at) != n ||
		    memcmp(x, y, n))
			return false;
		at += n;
	} while (n);
	return true;
}

/* A lambda_pwrite() to the file is a pwrite() of its output to the model. */
#define EXPECT_WRITES(count, offset)                                           \
	do {                                                                   \
		EXPECT_EQ(2 * (count),                                         \
			  lambda_pwrite(self->file, self->data, count, offset, \
					self->lambda, &self->io))              \
		{                                                              \
			TH_LOG("%ld bytes at %ld: %m", (long)(count),          \
			       (long)(offset));                                \
		}                                                              \
		WRITE_MODEL(self->doubled, 2 * (count), offset);	       \
		EXPECT_EQ(count, self->io.result.in_len);                      \
		EXPECT_EQ(2 * (count), self->io.result.out_len);               \
		EXPECT_EQ(2 * (count), self->io.result.bytes_media);           \
		EXPECT_EQ(LAMBDA_STATUS_OK, self->io.result.status);           \
		EXPECT_TRUE(same_files(self->file, self->model));              \
	} while (0)

#define EXPECT_ERROR(err, ...) do {					\
	EXPECT_EQ(-1, lambda_pwrite(__VA_ARGS__));			\
	EXPECT_EQ(err, errno);						\
} while (0)

TEST_F(pwrite, sizes_and_offsets)
{
	static const ssize_t counts[] = {
		1, 2, 2047, 2048, 2049, 4095, 4096, 4097, 32768, 65535, 65537,
		300000, LEN,
	};
	static const off_t offsets[] = {
		0, 1, 4095, 4096, 5000, 131071, 2 * MIB, 3 * MIB + 77,
	};
	size_t i, k;

	for (i = 0; i < ARRAY_SIZE(counts); i++)
		for (k = 0; k < ARRAY_SIZE(offsets); k++)
			EXPECT_WRITES(counts[i], offsets[k]);
}

TEST_F(pwrite, sparse)
{
	EXPECT_WRITES(100, 3 * MIB + 5);
	EXPECT_WRITES(5000, 9 * MIB);
	EXPECT_WRITES(4096, 1 * MIB - 1);
}

TEST_F(pwrite, to_disk_and_back)
{
	EXPECT_WRITES(LEN, 1234);
	EXPECT_EQ(0, fsync(self->file));
	posix_fadvise(self->file, 0, 0, POSIX_FADV_DONTNEED);
	EXPECT_TRUE(same_files(self->file, self->model));
}

TEST_F(pwrite, append)
{
	off_t end = 0;
	int i;

	ASSERT_EQ(0, fcntl(self->file, F_SETFL, O_APPEND));
	for (i = 1; i < 20; i++) {
		/* The offset does not count, as with pwrite(). */
		EXPECT_EQ(2 * i * 777, lambda_pwrite(self->file, self->data,
						     i * 777, 5, self->lambda,
						     &self->io));
		WRITE_MODEL(self->doubled, 2 * i * 777, end);
		end += 2 * i * 777;
	}
	EXPECT_TRUE(same_files(self->file, self->model));
	EXPECT_EQ(LAMBDA_SIDE_HOST, self->io.result.side);
}

/* Output that was never touched is zeros, and they are written. */
TEST_F(pwrite, untouched_output)
{
	const struct bpf_insn zeros[] = { MOVI(R0, 20000), EXIT() };
	char *want = calloc(1, 20000);

	EXPECT_WRITES(15000, 0);
	EXPECT_EQ(20000, lambda_pwrite(self->file, self->data, 1, 100,
				       HANDLE(zeros), &self->io));
	WRITE_MODEL(want, 20000, 100);
	EXPECT_TRUE(same_files(self->file, self->model));
}

TEST_F(pwrite, nothing)
{
	const struct bpf_insn none[] = { MOVI(R0, 0), EXIT() };

	EXPECT_EQ(0, lambda_pwrite(self->file, self->data, 0, 0, self->lambda,
				   &self->io));
	EXPECT_EQ(LAMBDA_STATUS_NOT_RUN, self->io.result.status);
	EXPECT_EQ(0, lambda_pwrite(self->file, self->data, 10, 1000,
				   HANDLE(none), &self->io));
	EXPECT_EQ(LAMBDA_STATUS_OK, self->io.result.status);
	EXPECT_EQ(0, lseek(self->file, 0, SEEK_END));
}

TEST_F(pwrite, without_io)
{
	/* The output may be no longer than the input then. */
	EXPECT_ERROR(ECANCELED, self->file, self->data, 100, 0, self->lambda,
		     NULL);
	EXPECT_EQ(0, lseek(self->file, 0, SEEK_END));
}

TEST_F(pwrite, bad_ends)
{
	const struct bpf_insn error[] = {
		CTX(R2, R1, out), ST(BPF_DW, R2, 0, -1), MOVI(R0, -7), EXIT() };
	const struct bpf_insn fault[] = {
		CTX(R2, R1, in), ST(BPF_B, R2, 0, -1), MOVI(R0, 1), EXIT() };
	const struct bpf_insn budget[] = {
		CTX(R2, R1, out), ST(BPF_DW, R2, 0, -1), GOTO(-1) };
	const struct { int lambda; __u32 status; } ends[] = {
		{ HANDLE(error), LAMBDA_STATUS_ERROR },
		{ HANDLE(fault), LAMBDA_STATUS_FAULT },
		{ HANDLE(budget), LAMBDA_STATUS_OVER_BUDGET },
	};
	size_t i;

	EXPECT_WRITES(3000, 0);
	for (i = 0; i < ARRAY_SIZE(ends); i++) {
		EXPECT_ERROR(ECANCELED, self->file, self->data, 100, 10,
			     ends[i].lambda, &self->io);
		EXPECT_EQ(ends[i].status, self->io.result.status);
		EXPECT_TRUE(same_files(self->file, self->model));
	}
}

TEST_F(pwrite, order_of_errors)
{
	int ends[2], read_only = open(self->path, O_RDONLY);
	struct lambda_io *io = &self->io;
	const off_t last = 0x7fffffffffffffff;

	ASSERT_EQ(0, pipe(ends));
	signal(SIGPIPE, SIG_IGN);
	io->size = 8;
	io->flags = 1u << 30;
	io->out_cap = SBPF_OUT_MAX + 1ull;
	io->args_len = 8;
	EXPECT_ERROR(EFAULT, -1, NULL, 1ul << 40, -1, -1, (void *)8);
	EXPECT_ERROR(EPROTONOSUPPORT, -1, NULL, 1ul << 40, -1, -1, io);
	io->size = 1 << 20;
	EXPECT_ERROR(E2BIG, -1, NULL, 1ul << 40, -1, -1, io);
	io->size = sizeof(*io);
	io->result_size = sizeof(io->result);
	EXPECT_ERROR(EINVAL, -1, NULL, 1ul << 40, -1, -1, io);
	io->flags = 0;
	EXPECT_ERROR(EINVAL, -1, NULL, 1ul << 40, -1, -1, io);
	EXPECT_ERROR(EMSGSIZE, -1, NULL, 1ul << 40, last, -1, io);
	io->out_cap = 100;
	EXPECT_ERROR(EMSGSIZE, -1, NULL, 1ul << 40, last, -1, io);
	EXPECT_ERROR(EBADF, -1, NULL, 8, last, -1, io);
	EXPECT_ERROR(EBADF, ends[1], NULL, 8, last, -1, io);
	EXPECT_ERROR(EINVAL, ends[1], NULL, 8, last, self->file, io);
	EXPECT_ERROR(ESPIPE, ends[1], NULL, 8, last, self->lambda, io);
	EXPECT_ERROR(EBADF, read_only, NULL, 8, last, self->lambda, io);
	EXPECT_ERROR(EFAULT, self->file, (void *)-4096ul, 8, last,
		     self->lambda, io);
	EXPECT_ERROR(EINVAL, self->file, NULL, 8, last, self->lambda, io);
	io->flags = LAMBDA_IO_DEVICE | LAMBDA_IO_NO_FALLBACK;
	EXPECT_ERROR(EOPNOTSUPP, self->file, NULL, 8, 0, self->lambda, io);
	io->flags = 0;
	EXPECT_ERROR(EFAULT, self->file, self->data, 8, 0, self->lambda, io);
	io->args_len = 0;
	EXPECT_ERROR(EFAULT, self->file, NULL, 8, 0, self->lambda, io);
	EXPECT_EQ(LAMBDA_STATUS_NOT_RUN, io->result.status);
	EXPECT_EQ(0, lseek(self->file, 0, SEEK_END));
	EXPECT_WRITES(8L, 0);
}

/* Files that can only be written from user memory. */
TEST_F(pwrite, kinds_of_files)
{
	int fd = open("/proc/self/mem", O_RDWR);

	EXPECT_ERROR(EINVAL, fd, self->data, 8, 0x400000, self->lambda,
		     &self->io);
	fd = open("/dev/null", O_WRONLY);
	EXPECT_ERROR(EINVAL, fd, self->data, 8, 5, self->lambda, &self->io);
	fd = open("/dev/full", O_WRONLY);
	EXPECT_ERROR(EINVAL, fd, self->data, 8, 5, self->lambda, &self->io);
	EXPECT_EQ(LAMBDA_STATUS_NOT_RUN, self->io.result.status);
}

/* A file that says no for a reason of its own. */
TEST_F(pwrite, sealed)
{
	int fd = memfd_create("sealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	ASSERT_EQ(0, fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	EXPECT_ERROR(EPERM, fd, self->data, 8, 0, self->lambda, &self->io);
	EXPECT_EQ(LAMBDA_STATUS_OK, self->io.result.status);
	EXPECT_EQ(16, self->io.result.out_len);
	EXPECT_EQ(0, self->io.result.bytes_media);
}

/* The process's limit on file sizes cuts a write short, then refuses it. */
TEST_F(pwrite, file_size_limit)
{
	struct rlimit limit = { 10000, 10000 };

	signal(SIGXFSZ, SIG_IGN);
	ASSERT_EQ(0, setrlimit(RLIMIT_FSIZE, &limit));
	EXPECT_EQ(10000 - 4000, lambda_pwrite(self->file, self->data, 5000,
					      4000, self->lambda, &self->io));
	EXPECT_EQ(10000, self->io.result.out_len);
	EXPECT_EQ(6000, self->io.result.bytes_media);
	EXPECT_EQ(LAMBDA_STATUS_OK, self->io.result.status);
	EXPECT_ERROR(EFBIG, self->file, self->data, 5000, 10000, self->lambda,
		     &self->io);
	EXPECT_EQ(10000, self->io.result.out_len);
	EXPECT_EQ(10000, lseek(self->file, 0, SEEK_END));
}

/* Unaligned output to an O_DIRECT file, as pwrite() has it; and aligned. */
TEST_F(pwrite, direct)
{
	ssize_t want;
	void *buf;
	int fd;

	fd = open(self->path, O_RDWR | O_DIRECT);
	if (fd < 0) {
		EXPECT_EQ(EINVAL, errno);
		return;
	}
	ASSERT_EQ(0, posix_memalign(&buf, PAGE, 2 * PAGE));
	memset(buf, 0, 2 * PAGE);
	want = pwrite(fd, buf, 2 * 1001, 0);
	EXPECT_EQ(want, lambda_pwrite(fd, self->data, 1001, 0, self->lambda,
				      &self->io));
	want = pwrite(fd, buf, 2 * PAGE, 7);
	EXPECT_EQ(want, lambda_pwrite(fd, self->data, PAGE, 7, self->lambda,
				      &self->io));
	EXPECT_EQ(2 * PAGE, lambda_pwrite(fd, self->data, PAGE, PAGE,
					  self->lambda, &self->io));
	EXPECT_EQ(2 * LEN, lambda_pwrite(fd, self->data, LEN, 0, self->lambda,
					 &self->io));
	EXPECT_EQ(0, ftruncate(fd, 2 * LEN));
	WRITE_MODEL(self->doubled, 2 * LEN, 0);
	EXPECT_TRUE(same_files(self->file, self->model));
}

/*
 * A filesystem that runs full in the middle of an output. Returns whether one
 * was cut short: XFS reserves quota for all of a write, or refuses it.
 */
static bool fill_up(struct __test_metadata *_metadata, const char *dir,
		    int lambda, const char *data, int err)
{
	struct lambda_io io = io_for(2 * LEN, NULL, 0);
	ssize_t ret, total = 0;
	char path[128];
	bool cut = false;
	int fd;

	snprintf(path, sizeof(path), "%s/full", dir);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	ASSERT_LE(0, fd);
	while ((ret = lambda_pwrite(fd, data, LEN, total, lambda, &io)) > 0) {
		EXPECT_EQ(2 * LEN, io.result.out_len);
		EXPECT_EQ(ret, io.result.bytes_media);
		cut |= ret < 2 * LEN;
		total += ret;
	}
	EXPECT_EQ(-1, ret);
	EXPECT_EQ(err, errno);
	/* The λ itself did well. */
	EXPECT_EQ(LAMBDA_STATUS_OK, io.result.status);
	EXPECT_EQ(2 * LEN, io.result.out_len);
	EXPECT_LT(2 * LEN, total);
	EXPECT_EQ(total, lseek(fd, 0, SEEK_END));
	unlink(path);
	close(fd);
	return cut;
}

TEST_F(pwrite, no_space)
{
	char dir[160];

	snprintf(dir, sizeof(dir), "%s-small", variant->dir);
	if (!strcmp(variant->dir, MOUNTS "/tmpfs"))
		mount_tmpfs(dir, "size=3001k");
	else if (!strcmp(variant->dir, MOUNTS "/ext4"))
		mount_image("ext4", 9 * MIB + 12 * KIB, dir, "nodelalloc");
	else
		return;
	EXPECT_TRUE(fill_up(_metadata, dir, self->lambda, self->data, ENOSPC));
}

/* A user's quota, on the filesystem that needs no tools for it. */
TEST_F(pwrite, quota)
{
	struct fs_disk_quota quota = {
		.d_version = FS_DQUOT_VERSION, .d_flags = FS_USER_QUOTA,
		.d_fieldmask = FS_DQ_BHARD | FS_DQ_BSOFT, .d_id = 65534,
		/* In units of 512 bytes. */
		.d_blk_hardlimit = 5001 * 2, .d_blk_softlimit = 5001 * 2,
	};
	const char *dir = MOUNTS "/quota";
	FILE *mounts = setmntent("/proc/self/mounts", "r");
	struct mntent *entry;

	if (strcmp(variant->dir, MOUNTS "/xfs"))
		return;
	mount_image("xfs", 320 * MIB, dir, "uquota");
	do {
		entry = getmntent(mounts);
		ASSERT_NE(NULL, entry);
	} while (strcmp(entry->mnt_dir, dir));
	ASSERT_EQ(0, quotactl(QCMD(Q_XSETQLIM, USRQUOTA), entry->mnt_fsname,
			      65534, (void *)&quota));
	ASSERT_EQ(0, chmod(dir, 0777));
	ASSERT_EQ(0, setgid(65534));
	ASSERT_EQ(0, setuid(65534));
	fill_up(_metadata, dir, self->lambda, self->data, EDQUOT);
}

static void __attribute__((constructor)) before_tests(void)
{
	mounts_begin();
	mount_ext4(MOUNTS "/ext4");
	mount_image("xfs", 320 * MIB, MOUNTS "/xfs", NULL);
	mount_tmpfs(MOUNTS "/tmpfs", NULL);
	mount_overlay(MOUNTS "/overlay");
}

TEST_HARNESS_MAIN
