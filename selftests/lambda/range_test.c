// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a λ finds in its input, against pread(): every kind of file and state
 * of its pages, every size and alignment, holes, the end, files that change.
 */
#include <pthread.h>

#include "common.h"
#include "harness.h"
#include "mounts.h"

#define PAGE	4096ul
#define HOLE	(1 * MIB)		/* from here, one MiB */
#define SIZE	(3 * MIB + 1234)

/*
 * Copies the input's pages whole, slack before and after included, and says
 * how long they are together.
 */
static const struct bpf_insn copy_pages[] = {
	CTX(R2, R1, in),
	CTX(R3, R1, in_len),
	CTX(R1, R1, out),
	ADD(R3, R2),
	ADDI(R3, PAGE - 1),
	ALUI(BPF_AND, R3, -PAGE),
	ALUI(BPF_AND, R2, -PAGE),
	ALU(BPF_SUB, R3, R2),
	MOV(R6, R3),
	CALL(SBPF_HELPER_MEMCPY),
	MOV(R0, R6),
	EXIT(),
};

enum state { CACHED, COLD, DIRTY, PARTLY };

FIXTURE(range) {
	int file, lambda;
	char *want, *got;
};

FIXTURE_VARIANT(range) {
	const char *dir;
	enum state state;
	__u32 io_flags;
};

#define VARIANT(name, ...)						\
	FIXTURE_VARIANT_ADD(range, name) { __VA_ARGS__ }

VARIANT(ext4_cached, MOUNTS "/ext4", CACHED);
VARIANT(ext4_cold, MOUNTS "/ext4", COLD);
VARIANT(ext4_dirty, MOUNTS "/ext4", DIRTY);
VARIANT(ext4_partly, MOUNTS "/ext4", PARTLY);
VARIANT(ext4_snapshot, MOUNTS "/ext4", COLD, LAMBDA_IO_SNAPSHOT);
VARIANT(xfs_cached, MOUNTS "/xfs", CACHED);
VARIANT(xfs_cold, MOUNTS "/xfs", COLD);
VARIANT(xfs_dirty, MOUNTS "/xfs", DIRTY);
VARIANT(xfs_partly, MOUNTS "/xfs", PARTLY);
VARIANT(xfs_snapshot, MOUNTS "/xfs", PARTLY, LAMBDA_IO_SNAPSHOT);
VARIANT(tmpfs, MOUNTS "/tmpfs", CACHED);
VARIANT(overlay, MOUNTS "/overlay", CACHED);
VARIANT(host_forced, MOUNTS "/ext4", CACHED, LAMBDA_IO_HOST);
VARIANT(device_wished, MOUNTS "/ext4", CACHED, LAMBDA_IO_DEVICE);

static void write_file(int file)
{
	char *data = malloc(SIZE);
	unsigned int seed = 7;
	size_t i;

	for (i = 0; i < SIZE; i++)
		data[i] = rand_r(&seed) % 255 + 1;
	if (ftruncate(file, SIZE) ||
	    pwrite(file, data, HOLE, 0) != HOLE ||
	    pwrite(file, data + HOLE + MIB, SIZE - HOLE - MIB,
		   HOLE + MIB) != SIZE - HOLE - MIB)
		mount_failed("a file");
	free(data);
}

static void set_state(int file, enum state state)
{
	static char buf[SIZE];
	off_t at;

	if (state == DIRTY)
		return;
	fsync(file);
	posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
	if (state == CACHED)
		pread(file, buf, SIZE, 0);
	/* Every other page, without readahead. */
	posix_fadvise(file, 0, 0, POSIX_FADV_RANDOM);
	for (at = 0; state == PARTLY && at < SIZE; at += 2 * PAGE)
		pread(file, buf, PAGE, at);
	posix_fadvise(file, 0, 0, POSIX_FADV_NORMAL);
}

FIXTURE_SETUP(range)
{
	const size_t len = SIZE + 3 * PAGE;
	char path[128];

	snprintf(path, sizeof(path), "%s/lambda-range", variant->dir);
	self->file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	ASSERT_LE(0, self->file);
	/* Its blocks go back to the disk when the last descriptor does. */
	ASSERT_EQ(0, unlink(path));
	write_file(self->file);
	self->lambda = HANDLE(copy_pages);
	ASSERT_LE(0, self->lambda);
	self->want = malloc(len);
	self->got = malloc(len);
}

FIXTURE_TEARDOWN(range)
{
	close(self->file);
	close(self->lambda);
	free(self->want);
	free(self->got);
}

/* One request; the range is what pread() gives, in pages that else are zero. */
static void try_range(struct __test_metadata *_metadata,
		      FIXTURE_DATA(range) *self, __u32 io_flags, off_t offset,
		      size_t count)
{
	struct lambda_io io = io_for(SIZE + 2 * PAGE, NULL, 0);
	size_t skew = offset % PAGE, pages, room;
	ssize_t ret, len;

	room = (count < SIZE ? count : SIZE) + 2 * PAGE;
	io.flags = io_flags;
	memset(self->got, 0xee, room);
	ret = lambda_pread(self->file, self->got, count, offset, self->lambda,
			   &io);
	memset(self->want, 0, room);
	len = pread(self->file, self->want + skew, count, offset);
	pages = len ? (skew + len + PAGE - 1) & -PAGE : 0;
	EXPECT_EQ(pages, ret) {
		TH_LOG("%zu bytes at %ld: %m", count, offset);
	}
	EXPECT_EQ(len, io.result.in_len);
	EXPECT_EQ(pages, io.result.out_len);
	EXPECT_EQ(len ? LAMBDA_STATUS_OK : LAMBDA_STATUS_NOT_RUN,
		  io.result.status);
	EXPECT_EQ(0, memcmp(self->want, self->got, pages)) {
		TH_LOG("%zu bytes at %ld differ", count, offset);
	}
	/* Nothing behind the output. */
	EXPECT_EQ(0xee, (unsigned char)self->got[pages]);
}

TEST_F(range, sizes_and_alignments)
{
	static const size_t counts[] = {
		1, 2, 7, 8, 63, 64, 511, 512, 4095, 4096, 4097, 8191, 8192,
		12289, 65535, 65536, 65537, 69632, 131072, 262143, 1 * MIB,
		1 * MIB + 1, 2 * MIB, SIZE - 1, SIZE, SIZE + 1, 4 * MIB,
	};
	static const off_t offsets[] = {
		0, 1, 8, 511, 512, 4095, 4096, 4097, 5000, 65536, 1000001,
		HOLE - 1, HOLE, HOLE + 4097, HOLE + MIB - 1, HOLE + MIB,
		2 * MIB - 5, SIZE - 5000, SIZE - 4096, SIZE - 1234, SIZE - 2,
		SIZE - 1,
	};
	size_t i, k;

	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		for (k = 0; k < ARRAY_SIZE(offsets); k++) {
			/* Large ones take long: each with some offsets. */
			if (counts[i] > 64 * KIB && (i + k) % 5)
				continue;
			/* What one request reads is cached for the next. */
			if (k == 0 ||
			    (counts[i] > 64 * KIB && variant->state != CACHED))
				set_state(self->file, variant->state);
			try_range(_metadata, self, variant->io_flags,
				  offsets[k], counts[i]);
		}
	}
}

TEST_F(range, end_of_file)
{
	static const off_t offsets[] = {
		SIZE, SIZE + 1, SIZE + 4096, 1ll << 32, 1ll << 40,
		0x7ffffffffffff000 - (4 << 20),
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		try_range(_metadata, self, variant->io_flags, offsets[i], 1);
		try_range(_metadata, self, variant->io_flags, offsets[i],
			  100000);
	}
	try_range(_metadata, self, variant->io_flags, 0, 0);
}

TEST_F(range, growing_and_shrinking)
{
	static const off_t sizes[] = {
		0, 1, 4095, 4096, 4097, 65536, 65537, 200000, MIB, 300001, 10,
		2 * MIB + 1, 70000, 0, SIZE,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		ASSERT_EQ(0, ftruncate(self->file, sizes[i]));
		try_range(_metadata, self, variant->io_flags, 0, SIZE);
		try_range(_metadata, self, variant->io_flags, 4099, 100000);
		ASSERT_EQ(3, pwrite(self->file, "end", 3, sizes[i]));
		try_range(_metadata, self, variant->io_flags, 1, SIZE);
	}
}

/* No request moves the descriptor. */
TEST_F(range, position)
{
	ASSERT_EQ(77, lseek(self->file, 77, SEEK_SET));
	try_range(_metadata, self, variant->io_flags, 5, 100);
	EXPECT_EQ(77, lseek(self->file, 0, SEEK_CUR));
}

/*
 * Goes over its input again and again, adding it up, for the number of rounds
 * in the arguments; the sums of the first and the last round are the output.
 */
static const struct bpf_insn sum_twice[] = {
	CTX(R6, R1, args),
	LDX(BPF_DW, R6, R6, 0),
	MOV(R9, R6),
	/* one round: R5 the sum */
	CTX(R2, R1, in),
	CTX(R3, R1, in_len),
	MOVI(R5, 0),
	LDX(BPF_DW, R4, R2, 0),
	ADD(R5, R4),
	ADDI(R2, 512),
	ADDI(R3, -512),
	JMPI(BPF_JSGT, R3, 0, -5),
	CTX(R2, R1, out),
	STX(BPF_DW, R2, 8, R5),
	JMP(BPF_JNE, R6, R9, 1),
	STX(BPF_DW, R2, 0, R5),
	ADDI(R6, -1),
	JMPI(BPF_JNE, R6, 0, -14),
	MOVI(R0, 16),
	EXIT(),
};

struct disturber {
	int file;
	bool truncate;
	bool stop;
};

static void *disturb(void *arg)
{
	struct disturber *d = arg;
	static char page[4096];
	unsigned int i;

	for (i = 0; !__atomic_load_n(&d->stop, __ATOMIC_RELAXED); i++) {
		if (d->truncate) {
			ftruncate(d->file, 0);
			ftruncate(d->file, MIB);
		}
		memset(page, i, sizeof(page));
		pwrite(d->file, page, sizeof(page), i % 256 * PAGE);
	}
	return NULL;
}

/* Runs sum_twice while others write; returns what the request does. */
static ssize_t sum_disturbed(int file, __u32 flags, bool truncate,
			     struct lambda_io *io, __u64 *sums)
{
	const struct lambda_load_attr attr = {
		.flags = LAMBDA_ATTR_BUDGET, .budget = SBPF_BUDGET_MAX };
	struct disturber d = { .file = file, .truncate = truncate };
	int lambda = handle_attr(sum_twice, ARRAY_SIZE(sum_twice), &attr);
	__u64 rounds = 1000;
	pthread_t thread;
	ssize_t ret;

	pthread_create(&thread, NULL, disturb, &d);
	*io = io_for(16, &rounds, 8);
	io->flags = flags;
	ret = lambda_pread(file, sums, MIB, 0, lambda, io);
	__atomic_store_n(&d.stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	close(lambda);
	return ret;
}

/* A snapshot does not change while the λ looks at it. */
TEST_F(range, snapshot_stands_still)
{
	struct lambda_io io;
	__u64 sums[2];
	int i;

	for (i = 0; i < 3; i++) {
		EXPECT_EQ(16, sum_disturbed(self->file, LAMBDA_IO_SNAPSHOT,
					    false, &io, sums));
		EXPECT_EQ(MIB, io.result.in_len);
		EXPECT_EQ(sums[0], sums[1]);
	}
}

/* Cut off while the λ runs, its pages stay until it is done. */
TEST_F(range, truncated_while_running)
{
	struct lambda_io io;
	__u64 sums[2];
	int i;

	for (i = 0; i < 5; i++) {
		ssize_t ret = sum_disturbed(self->file, variant->io_flags, true,
					    &io, sums);

		/* Empty at that moment, or some of it was there. */
		if (ret == 0) {
			EXPECT_EQ(LAMBDA_STATUS_NOT_RUN, io.result.status);
			continue;
		}
		EXPECT_EQ(16, ret);
		EXPECT_EQ(LAMBDA_STATUS_OK, io.result.status);
		EXPECT_GE(MIB, io.result.in_len);
	}
}

/* Writes to the end of a file that gets longer and shorter meanwhile. */
static void *resize(void *arg)
{
	static char text[PAGE];
	struct disturber *d = arg;
	unsigned int i, k;

	memset(text, 'x', sizeof(text));
	for (i = 0; !__atomic_load_n(&d->stop, __ATOMIC_RELAXED); i++) {
		off_t at = MIB / 2 + i % 777;

		ftruncate(d->file, at);
		for (k = 0; k < 40; at += 1 + k * 97, k++)
			pwrite(d->file, text, 1 + k * 97, at);
	}
	return NULL;
}

static bool is_zero(const char *p, size_t len)
{
	while (len--)
		if (*p++)
			return false;
	return true;
}

/*
 * At an end that moves, a request may find more or less; what it has, it says,
 * and in its last page there are zeros from there on, although the file has
 * text there by now.
 */
TEST_F(range, moving_end)
{
	static const off_t before_end[] = { 100, 5000, 300000 };
	struct disturber d = { .file = self->file };
	pthread_t thread;
	size_t i;

	memset(self->got, 'x', MIB / 2);
	ASSERT_EQ(MIB / 2, pwrite(self->file, self->got, MIB / 2, 0));
	ASSERT_EQ(0, ftruncate(self->file, MIB / 2));
	ASSERT_EQ(0, pthread_create(&thread, NULL, resize, &d));
	for (i = 0; i < 90; i++) {
		off_t offset = MIB / 2 - before_end[i % 3];
		struct lambda_io io = io_for(SIZE, NULL, 0);
		size_t skew = offset % PAGE, end;
		ssize_t ret;

		io.flags = variant->io_flags;
		ret = lambda_pread(self->file, self->got, MIB, offset,
				   self->lambda, &io);
		end = skew + io.result.in_len;
		EXPECT_LE(before_end[i % 3], io.result.in_len);
		ASSERT_EQ((end + PAGE - 1) & -PAGE, ret);
		EXPECT_TRUE(is_zero(self->got, skew));
		EXPECT_TRUE(is_zero(self->got + end, ret - end)) {
			TH_LOG("behind %llu bytes at %ld", io.result.in_len,
			       offset);
		}
	}
	__atomic_store_n(&d.stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
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
