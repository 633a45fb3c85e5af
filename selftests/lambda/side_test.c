// SPDX-License-Identifier: GPL-2.0-only
/*
 * A read runs in the drive as on the host: output, status, fault address and
 * lengths are the same, whatever the shape of the file and of the request.
 */
#include <linux/fiemap.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "both.h"
#include "common.h"
#include "drive.h"
#include "harness.h"

#define SIZE	(1 * MIB + 12345)

/* Puts its context and its arguments into the output. */
static const struct bpf_insn copy_context[] = {
	MOV(R7, R1),
	MOV(R2, R1),
	MOVI(R3, sizeof(struct lambda_ctx)),
	CTX(R1, R1, out),
	CALL(SBPF_HELPER_MEMCPY),
	CTX(R2, R7, args),
	CTX(R3, R7, args_len),
	CTX(R1, R7, out),
	ADDI(R1, sizeof(struct lambda_ctx)),
	CALL(SBPF_HELPER_MEMCPY),
	CTX(R0, R7, args_len),
	ADDI(R0, sizeof(struct lambda_ctx)),
	EXIT(),
};

/* Reads the byte whose window address it is given, and writes what follows. */
static const struct bpf_insn poke[] = {
	CTX(R2, R1, args),
	LDX(BPF_DW, R3, R2, 0),
	LDX(BPF_DW, R4, R2, 8),
	LDX(BPF_B, R0, R3, 0),
	STX(BPF_B, R4, 0, R0),
	MOVI(R0, 1),
	EXIT(),
};

/* Makes 4 bytes of any input, to have all the drive's memory for that. */
static const struct bpf_insn checksum[] = {
	CTX(R2, R1, in),
	CTX(R3, R1, in_len),
	CTX(R6, R1, out),
	MOVI(R1, -1),
	CALL(SBPF_HELPER_CRC32C),
	STX(BPF_W, R6, 0, R0),
	MOVI(R0, 4),
	EXIT(),
};

FIXTURE(side) {
	char path[128];
	int fd, lambda;
};

FIXTURE_VARIANT(side) {
	const char *dir;
};

#define VARIANT(name, where)						\
	FIXTURE_VARIANT_ADD(side, name) { .dir = where }

VARIANT(ext4, EXT4);
VARIANT(ext4_1k, EXT4_1K);
VARIANT(xfs, XFS);
VARIANT(xfs_4k, XFS_4K);

/* Bytes that are nowhere 0, from @offset on. */
static bool put(int fd, size_t len, off_t offset)
{
	char *data = malloc(len);
	ssize_t ret;

	fill(data, len, offset);
	ret = pwrite(fd, data, len, offset);
	free(data);
	return ret == (ssize_t)len;
}

FIXTURE_SETUP(side)
{
	snprintf(self->path, sizeof(self->path), "%s/side", variant->dir);
	self->fd = open(self->path, O_RDWR | O_CREAT | O_TRUNC, 0644);
	ASSERT_LE(0, self->fd);
	self->lambda = HANDLE(copy_input);
	ASSERT_LE(0, self->lambda);
}

FIXTURE_TEARDOWN(side)
{
	close(self->fd);
	close(self->lambda);
	unlink(self->path);
}

#define EXPECT_SAME(...)						\
	EXPECT_TRUE(same_on_both(QUESTION(__VA_ARGS__), NULL))

static const size_t counts[] = {
	1, 2, 511, 512, 513, 1023, 4095, 4096, 4097, 65535, 65536, 65537,
	131073, 1 * MIB, 2 * MIB,
};

static const off_t offsets[] = {
	0, 1, 511, 512, 4095, 4096, 5000, 65535, 1 * MIB - 1, 1 * MIB,
	SIZE - 4097, SIZE - 1,
};

static void every_range(struct __test_metadata *_metadata,
			FIXTURE_DATA(side) *self)
{
	size_t i, k;

	for (i = 0; i < ARRAY_SIZE(counts); i++)
		for (k = 0; k < ARRAY_SIZE(offsets); k++)
			EXPECT_SAME(.count = counts[i], .offset = offsets[k],
				    .cap = counts[i]);
}

TEST_F(side, contiguous)
{
	ASSERT_TRUE(put(self->fd, SIZE, 0));
	every_range(_metadata, self);
}

/* A file with a hole at its head, in the middle and at its end. */
TEST_F(side, holes)
{
	ASSERT_TRUE(put(self->fd, 100000, 5000));
	ASSERT_TRUE(put(self->fd, 7, 300000));
	ASSERT_TRUE(put(self->fd, 300000, 500000));
	ASSERT_EQ(0, ftruncate(self->fd, SIZE));
	every_range(_metadata, self);
}

/* The disk's bytes from a file's place, around the page cache. */
static bool read_place(int fd, off_t offset, char *page)
{
	struct {
		struct fiemap map;
		struct fiemap_extent extent;
	} q = {
		.map = { .fm_start = offset, .fm_length = 1,
			 .fm_extent_count = 1 },
	};
	char link[64], target[256] = "", path[64];
	struct stat st;
	int disk;

	if (fstat(fd, &st) || ioctl(fd, FS_IOC_FIEMAP, &q) ||
	    !q.map.fm_mapped_extents)
		return false;
	snprintf(link, sizeof(link), "/sys/dev/block/%u:%u", major(st.st_dev),
		 minor(st.st_dev));
	if (readlink(link, target, sizeof(target) - 1) < 0)
		return false;
	snprintf(path, sizeof(path), "/dev/%.40s", strrchr(target, '/') + 1);
	disk = open(path, O_RDONLY | O_DIRECT);
	offset += q.extent.fe_physical - q.extent.fe_logical;
	if (pread(disk, page, PAGE, offset) != (ssize_t)PAGE)
		return false;
	close(disk);
	return true;
}

/* Leaves the bytes of a file behind where the next one will lie. */
static bool leave_bytes(const char *dir)
{
	char path[160];
	bool ok;
	int fd;

	snprintf(path, sizeof(path), "%s/litter", dir);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	ok = fd >= 0 && put(fd, 48 * MIB, 0) && !fsync(fd) &&
	     !ftruncate(fd, 0) && !syncfs(fd);
	close(fd);
	unlink(path);
	return ok;
}

/* A file with a place allocated and not written; the rest of it is. */
static int open_unwritten(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);

	if (fd < 0)
		return -1;
	unlink(path);
	if (fallocate(fd, 0, 0, SIZE) || !put(fd, 300000, 500000) || fsync(fd)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Litter is nowhere 0. */
static bool lies_on_litter(int fd)
{
	static char page[PAGE] __attribute__((aligned(PAGE)));

	return read_place(fd, 8192, page) && !memchr(page, 0, PAGE);
}

/*
 * Where a file will lie is the filesystem's affair. Those that do not lie where
 * the bytes were left are in the way of the next one.
 */
static int open_on_litter(const char *path)
{
	int fds[100], fd = -1;
	size_t n = 0;

	while (n < ARRAY_SIZE(fds)) {
		fd = open_unwritten(path);
		if (fd < 0 || lies_on_litter(fd))
			break;
		fds[n++] = fd;
		fd = -1;
	}
	while (n--)
		close(fds[n]);
	return fd;
}

/* Allocated, but never written: zeros, whatever the disk has there. */
TEST_F(side, unwritten)
{
	char path[170];

	ASSERT_TRUE(leave_bytes(variant->dir));
	snprintf(path, sizeof(path), "%s.unwritten", self->path);
	close(self->fd);
	self->fd = open_on_litter(path);
	ASSERT_LE(0, self->fd);
	every_range(_metadata, self);
}

static __u32 extents_of(int fd)
{
	struct fiemap map = { .fm_length = ~0ull, .fm_flags = FIEMAP_FLAG_SYNC };

	return ioctl(fd, FS_IOC_FIEMAP, &map) ? 0 : map.fm_mapped_extents;
}

/*
 * Every other block: more extents than a drive takes at once. As many as it
 * takes it does; what has more of them runs on the host.
 */
TEST_F(side, fragmented)
{
	const size_t block = 4096, nr = 5001;
	struct question many = {
		.fd = self->fd, .lambda = HANDLE(checksum),
		.count = 5000 * block, .offset = 77, .cap = 4,
	};
	struct answer wish, host;
	size_t i;

	for (i = 0; i < nr; i++)
		ASSERT_TRUE(put(self->fd, block, 2 * i * block));
	EXPECT_LT(5000, extents_of(self->fd));
	ask(&many, LAMBDA_IO_DEVICE, &wish);
	EXPECT_EQ(LAMBDA_SIDE_HOST, wish.io.result.side);
	EXPECT_EQ(LAMBDA_REASON_EXTENTS, wish.io.result.reason);
	ask(&many, LAMBDA_IO_HOST, &host);
	EXPECT_TRUE(same_answers(&host, &wish, many.cap));
	free(wish.out);
	free(host.out);
	self->lambda = many.lambda;
	EXPECT_SAME(.count = 4096 * block, .offset = 100 * block, .cap = 4);
	EXPECT_SAME(.count = 4095 * block - 2, .offset = 77 * block + 1,
		    .cap = 4);
	EXPECT_SAME(.count = 100 * block, .offset = 9955 * block - 77,
		    .cap = 4);
}

/* Two files that got their blocks in turn. */
TEST_F(side, interleaved)
{
	const size_t block = 4096, nr = 2500;
	int other;
	size_t i;

	snprintf(self->path, sizeof(self->path), "%s/other", variant->dir);
	other = open(self->path, O_RDWR | O_CREAT, 0600);
	ASSERT_LE(0, other);
	for (i = 0; i < nr; i++) {
		ASSERT_EQ(0, fallocate(self->fd, 0, i * block, block));
		ASSERT_EQ(0, fallocate(other, 0, i * block, block));
	}
	ASSERT_TRUE(put(self->fd, nr * block, 0));
	ASSERT_TRUE(put(other, nr * block, 12345678));
	EXPECT_LT(2000, extents_of(self->fd));
	EXPECT_LT(2000, extents_of(other));
	EXPECT_SAME(.count = nr * block, .cap = nr * block);
	EXPECT_SAME(.count = nr * block - 4097, .offset = 4095,
		    .cap = nr * block);
	self->fd = other;
	EXPECT_SAME(.count = nr * block, .cap = nr * block);
}

TEST_F(side, end_of_file)
{
	ASSERT_TRUE(put(self->fd, SIZE, 0));
	EXPECT_SAME(.count = 100, .offset = SIZE, .cap = 100);
	EXPECT_SAME(.count = 100, .offset = SIZE + 1, .cap = 100);
	EXPECT_SAME(.count = 100, .offset = 1ul << 60, .cap = 100);
	EXPECT_SAME(.count = 100, .offset = SIZE - 1, .cap = 100);
	EXPECT_SAME(.count = 8 * MIB, .offset = 0, .cap = 8 * MIB);
}

/* Far into a large file. */
TEST_F(side, four_gib)
{
	const off_t far = 4 * GIB - 5000;

	ASSERT_EQ(0, ftruncate(self->fd, 4 * GIB + 777));
	ASSERT_TRUE(put(self->fd, 4321, far));
	EXPECT_SAME(.count = 10000, .offset = far - 500, .cap = 10000);
	EXPECT_SAME(.count = 1 * MIB, .offset = 4 * GIB - MIB,
		    .cap = 1 * MIB);
	EXPECT_SAME(.count = 1 * MIB, .offset = 4 * GIB, .cap = 1 * MIB);
	EXPECT_SAME(.count = 1 * MIB, .offset = 2 * GIB, .cap = 1 * MIB);
}

TEST_F(side, around_the_cache)
{
	ASSERT_TRUE(put(self->fd, SIZE, 0));
	EXPECT_SAME(.count = SIZE, .cap = SIZE, .flags = LAMBDA_IO_SNAPSHOT);
	close(self->fd);
	self->fd = open(self->path, O_RDWR | O_DIRECT);
	ASSERT_LE(0, self->fd);
	EXPECT_SAME(.count = 2 * MIB, .cap = 2 * MIB);
	EXPECT_SAME(.count = 8192, .offset = 4096, .cap = 8192);
}

/* What the λ finds beside its input. */
TEST_F(side, context)
{
	static char args[SBPF_ARGS_MAX];
	const size_t cap = sizeof(struct lambda_ctx) + sizeof(args);
	const struct lambda_load_attr attr = { .heap_len = 10000 };
	struct answer a;

	self->lambda = handle_attr(copy_context, ARRAY_SIZE(copy_context),
				   &attr);
	ASSERT_LE(0, self->lambda);
	fill(args, sizeof(args), 5);
	ASSERT_TRUE(put(self->fd, SIZE, 0));
	EXPECT_SAME(.count = 100, .offset = 4097, .cap = 72);
	EXPECT_SAME(.count = 100, .offset = 0, .cap = cap, .args = args,
		    .args_len = 1);
	EXPECT_SAME(.count = 2 * MIB, .offset = 100, .cap = cap,
		    .args = args, .args_len = sizeof(args));
	ask(QUESTION(.count = 2 * MIB, .offset = 4097, .cap = cap,
		     .args = args, .args_len = 9), FORCED, &a);
	EXPECT_EQ(sizeof(struct lambda_ctx) + 9, a.ret);
	EXPECT_EQ(4097, ((struct lambda_ctx *)a.out)->offset);
	EXPECT_EQ(SIZE - 4097, ((struct lambda_ctx *)a.out)->in_len);
	EXPECT_EQ(SIZE - 4097, a.io.result.in_len);
	free(a.out);
}

/* No room for output, and less than the λ would like. */
TEST_F(side, capacity)
{
	const struct bpf_insn none[] = { MOVI(R0, 0), EXIT() };

	ASSERT_TRUE(put(self->fd, SIZE, 0));
	EXPECT_SAME(.count = 1);
	EXPECT_SAME(.count = SIZE, .cap = 1);
	EXPECT_SAME(.count = 10000, .offset = 3, .cap = 9999);
	self->lambda = HANDLE(none);
	EXPECT_SAME(.count = SIZE);
	EXPECT_SAME(.count = 1, .cap = 4096);
}

/* Each forbidden place around each segment, for a read and for a write. */
TEST_F(side, faults)
{
	static const __u64 places[] = {
		0, 0xfff, SBPF_CTX_BASE - 1, SBPF_CTX_BASE + PAGE,
		SBPF_ARGS_BASE + PAGE, SBPF_IN_BASE - 1, SBPF_IN_BASE,
		SBPF_IN_BASE + 2 * PAGE, SBPF_OUT_BASE - 1, SBPF_OUT_BASE,
		SBPF_OUT_BASE + PAGE, SBPF_HEAP_BASE, 0xffffffff,
		SBPF_OUT_BASE + 4095, 1ull << 32, ~0ull, SBPF_STACK_BASE,
	};
	__u64 args[2];
	size_t i, k;

	self->lambda = HANDLE(poke);
	ASSERT_TRUE(put(self->fd, 3 * PAGE, 0));
	for (i = 0; i < ARRAY_SIZE(places); i++) {
		for (k = 0; k < ARRAY_SIZE(places); k++) {
			args[0] = places[i];
			args[1] = places[k];
			EXPECT_SAME(.count = PAGE, .offset = PAGE,
				    .cap = 100, .args = args,
				    .args_len = sizeof(args));
		}
	}
}

TEST_F(side, bad_ends)
{
	const struct bpf_insn error[] = {
		CTX(R2, R1, out), ST(BPF_DW, R2, 0, -1), MOVI(R0, -7), EXIT() };
	const struct bpf_insn length[] = { MOVI(R0, 101), EXIT() };
	const struct bpf_insn forever[] = {
		CTX(R2, R1, out), ST(BPF_DW, R2, 0, -1), GOTO(-1) };
	const struct { int lambda; __u32 status; } ends[] = {
		{ HANDLE(error), LAMBDA_STATUS_ERROR },
		{ HANDLE(length), LAMBDA_STATUS_BAD_LENGTH },
		{ handle_budget(forever, ARRAY_SIZE(forever), 100000),
		  LAMBDA_STATUS_OVER_BUDGET },
	};
	struct answer a;
	size_t i;

	ASSERT_TRUE(put(self->fd, SIZE, 0));
	for (i = 0; i < ARRAY_SIZE(ends); i++) {
		self->lambda = ends[i].lambda;
		EXPECT_TRUE(same_on_both(QUESTION(.count = 1000, .cap = 100),
					 &a));
		EXPECT_EQ(ends[i].status, a.io.result.status);
		EXPECT_EQ(ECANCELED, a.err);
		free(a.out);
	}
}

/* What was moved is told, and no time of the drive's is 0. */
TEST_F(side, figures)
{
	struct answer a;

	ASSERT_TRUE(put(self->fd, SIZE, 0));
	ask(QUESTION(.count = 100000, .offset = 4096, .cap = 100000), FORCED,
	    &a);
	EXPECT_EQ(100000, a.ret);
	EXPECT_EQ(100000, a.io.result.bytes_media);
	EXPECT_LE(100000, a.io.result.bytes_link);
	EXPECT_NE(0, a.io.result.ns_media);
	EXPECT_NE(0, a.io.result.ns_link);
	EXPECT_NE(0, a.io.result.ns_compute);
	free(a.out);
}

/* A read leaves behind what any read does. */
TEST_F(side, access_time)
{
	struct timespec old[2] = { { .tv_sec = 1000 }, { .tv_sec = 2000 } };
	struct answer a;
	struct stat st;

	ASSERT_TRUE(put(self->fd, SIZE, 0));
	ASSERT_EQ(0, futimens(self->fd, old));
	EXPECT_SAME(.count = 100, .offset = SIZE, .cap = 100);
	ASSERT_EQ(0, fstat(self->fd, &st));
	EXPECT_EQ(1000, st.st_atime);
	ask(QUESTION(.count = 100, .cap = 100), FORCED, &a);
	EXPECT_EQ(100, a.ret);
	free(a.out);
	ASSERT_EQ(0, fstat(self->fd, &st));
	EXPECT_LT(1000, st.st_atime);
	EXPECT_EQ(2000, st.st_mtime);
}

static bool reads_ahead(const struct question *q)
{
	char *map = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, q->fd, 0);
	unsigned char there = 2;
	struct answer a;
	int i;

	ask(q, LAMBDA_IO_HOST, &a);
	free(a.out);
	/* What is still being read is not there yet. */
	for (i = 0; i < 50 && !(there & 1); i++) {
		usleep(5000);
		mincore(map + q->offset + q->count, 1, &there);
	}
	munmap(map, SIZE);
	return there & 1;
}

#define AT(at)	QUESTION(.count = 16384, .offset = at, .cap = 16384)
/* A reader that goes on where the drive has read is one that reads on. */
TEST_F(side, readahead)
{
	struct answer a;

	ASSERT_TRUE(put(self->fd, SIZE, 0));
	ASSERT_EQ(0, fsync(self->fd));
	ASSERT_EQ(0, posix_fadvise(self->fd, 0, 0, POSIX_FADV_DONTNEED));
	EXPECT_FALSE(reads_ahead(AT(524288)));
	ask(AT(65536), FORCED, &a);
	EXPECT_EQ(16384, a.ret);
	free(a.out);
	EXPECT_TRUE(reads_ahead(AT(65536 + 16384)));
}

/* Users who may read the file may have the drive read it, and no others. */
TEST_F(side, unprivileged)
{
	int write_only = open(self->path, O_WRONLY);
	struct answer a;

	ASSERT_TRUE(put(self->fd, SIZE, 0));
	ASSERT_EQ(0, fsync(self->fd));
	close(self->fd);
	ASSERT_EQ(0, setgid(65534));
	ASSERT_EQ(0, setuid(65534));
	self->fd = open(self->path, O_RDONLY);
	ASSERT_LE(0, self->fd);
	EXPECT_SAME(.count = SIZE, .offset = 1, .cap = SIZE);
	self->fd = write_only;
	ask(QUESTION(.count = 100, .cap = 100), FORCED, &a);
	EXPECT_EQ(-1, a.ret);
	EXPECT_EQ(EBADF, a.err);
	free(a.out);
}

/* The output goes where the input comes from. */
TEST_F(side, buffer_is_the_file)
{
	struct lambda_io io = io_for(100000, NULL, 0);
	char *map;

	ASSERT_TRUE(put(self->fd, SIZE, 0));
	map = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd, 0);
	ASSERT_NE(MAP_FAILED, map);
	io.flags = FORCED;
	ASSERT_EQ(100000, lambda_pread(self->fd, map + 5, 100000, 300001,
				       self->lambda, &io));
	EXPECT_EQ(0, memcmp(map + 5, map + 300001, 100000));
	EXPECT_SAME(.count = SIZE, .cap = SIZE);
}

/* A bare device, a partition of one, up to their ends. */
static void bare(struct __test_metadata *_metadata, const char *path,
		 off_t size)
{
	struct question q = { .lambda = HANDLE(copy_input) };
	size_t i;

	q.fd = open(path, O_RDONLY);
	ASSERT_LE(0, q.fd);
	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		q.count = counts[i];
		q.cap = counts[i];
		q.offset = 0;
		EXPECT_TRUE(same_on_both(&q, NULL));
		q.offset = 12345;
		EXPECT_TRUE(same_on_both(&q, NULL));
		q.offset = size - counts[i];
		EXPECT_TRUE(same_on_both(&q, NULL));
		q.offset = size - counts[i] / 2;
		EXPECT_TRUE(same_on_both(&q, NULL));
	}
	close(q.fd);
	close(q.lambda);
}

TEST(partition)
{
	int fd = open(drive_spare, O_WRONLY);

	ASSERT_TRUE(put(fd, 33 * MIB, 0));
	close(fd);
	bare(_metadata, drive_spare, 33 * MIB);
}

TEST(whole_disk)
{
	int fd = open(drive_disk[0], O_RDONLY);
	off_t size = lseek(fd, 0, SEEK_END);

	close(fd);
	bare(_metadata, drive_disk[0], size);
}

static void __attribute__((constructor)) before_tests(void)
{
	drive_begin();
}

TEST_HARNESS_MAIN
