// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whatever is done to a file before a λ runs over it in the drive is seen by
 * it. What is done while it runs waits, where it would take blocks away from
 * it, and comes after it.
 */
#include <linux/falloc.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "both.h"
#include "common.h"
#include "drive.h"
#include "harness.h"
#include "swap_blocks.h"

#define SIZE	(1 * MIB)
#define BLOCK	4096ul

/*
 * Counts its first argument down to 0, half a billion times a second in the
 * drive, then copies its input.
 */
static const struct bpf_insn slow_copy[] = {
	CTX(R2, R1, args),
	LDX(BPF_DW, R3, R2, 0),
	JMPI(BPF_JEQ, R3, 0, 2),
	ADDI(R3, -1),
	JMPI(BPF_JNE, R3, 0, -2),
	CTX(R2, R1, in),
	CTX(R3, R1, in_len),
	CTX(R1, R1, out),
	MOV(R6, R3),
	CALL(SBPF_HELPER_MEMCPY),
	MOV(R0, R6),
	EXIT(),
};

#define SLOW	200000000ull

/* What the process that runs a slow request tells. */
struct shared {
	double begin, end;		/* s */
	ssize_t ret;
	struct lambda_io io;
	char out[SIZE];
};

FIXTURE(consistency) {
	char path[128], other_path[128];
	int fd, other, lambda;
	char *model;			/* what the file must hold */
	size_t size;
	struct shared *run;
	pid_t pid;
};

FIXTURE_VARIANT(consistency) {
	const char *dir;
};

#define VARIANT(name, where)						\
	FIXTURE_VARIANT_ADD(consistency, name) { .dir = where }

VARIANT(ext4, EXT4);
VARIANT(xfs, XFS);

static void fill(char *data, size_t len, unsigned int seed)
{
	size_t i;

	for (i = 0; i < len; i++)
		data[i] = rand_r(&seed);
}

/* Writes some bytes to the file, and to what it must hold. */
static void put(FIXTURE_DATA(consistency) *self, size_t len, off_t offset,
		unsigned int seed)
{
	fill(self->model + offset, len, seed);
	if (pwrite(self->fd, self->model + offset, len, offset) != (ssize_t)len)
		mount_failed("a file");
	if (offset + len > self->size)
		self->size = offset + len;
}

FIXTURE_SETUP(consistency)
{
	snprintf(self->path, sizeof(self->path), "%s/file", variant->dir);
	snprintf(self->other_path, sizeof(self->other_path), "%s/other",
		 variant->dir);
	self->fd = open(self->path, O_RDWR | O_CREAT | O_TRUNC, 0644);
	self->other = open(self->other_path, O_RDWR | O_CREAT | O_TRUNC, 0644);
	ASSERT_LE(0, self->fd);
	ASSERT_LE(0, self->other);
	self->lambda = handle_budget(slow_copy, ARRAY_SIZE(slow_copy),
				     SBPF_BUDGET_MAX);
	ASSERT_LE(0, self->lambda);
	self->model = calloc(4, SIZE);
	self->run = mmap(NULL, sizeof(*self->run), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->run);
	put(self, SIZE, 0, 1);
	ASSERT_EQ(0, fsync(self->fd));
}

FIXTURE_TEARDOWN(consistency)
{
	close(self->fd);
	close(self->other);
	unlink(self->path);
	unlink(self->other_path);
}

/* What the drive reads is what the file must hold. */
static bool drive_sees(FIXTURE_DATA(consistency) *self)
{
	struct question q = {
		.fd = self->fd, .lambda = self->lambda,
		.args = (__u64 []) { 0 }, .args_len = 8,
	};
	bool ok = true;

	q.cap = SIZE;
	q.count = SIZE;
	for (; ok && q.offset < (off_t)self->size + 1; q.offset += SIZE) {
		size_t left = self->size - q.offset;
		struct answer a;

		ask(&q, FORCED, &a);
		ok = a.ret == (ssize_t)(left < SIZE ? left : SIZE) &&
		     (!a.ret || a.io.side == LAMBDA_SIDE_DEVICE) &&
		     !memcmp(a.out, self->model + q.offset, a.ret);
		if (!ok)
			show("drive", &a);
		free(a.out);
	}
	return ok;
}

/* Before a request: what was done is seen */

TEST_F(consistency, dirty_pages)
{
	int i;

	for (i = 0; i < 20; i++) {
		put(self, 10000, i * 50000 + i, 100 + i);
		EXPECT_TRUE(drive_sees(self));
	}
}

TEST_F(consistency, mapped_stores)
{
	char *map = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
			 self->fd, 0);
	int i;

	ASSERT_NE(MAP_FAILED, map);
	for (i = 0; i < 20; i++) {
		fill(map + i * 50001, 5000, i);
		memcpy(self->model + i * 50001, map + i * 50001, 5000);
		EXPECT_TRUE(drive_sees(self));
	}
}

TEST_F(consistency, delayed_allocation)
{
	put(self, 2 * SIZE, SIZE, 2);
	EXPECT_TRUE(drive_sees(self));
}

TEST_F(consistency, extended_tail)
{
	size_t at = SIZE, len;

	for (len = 1; len < 9000; len += 777) {
		put(self, len, at, len);
		at += len;
		EXPECT_TRUE(drive_sees(self));
	}
	/* And by nothing but its size. */
	self->size = at + 12345;
	ASSERT_EQ(0, ftruncate(self->fd, self->size));
	EXPECT_TRUE(drive_sees(self));
}

TEST_F(consistency, truncated)
{
	ASSERT_EQ(0, ftruncate(self->fd, 70001));
	self->size = 70001;
	EXPECT_TRUE(drive_sees(self));
	/* What was cut off does not come back. */
	ASSERT_EQ(0, ftruncate(self->fd, SIZE));
	self->size = SIZE;
	memset(self->model + 70001, 0, SIZE - 70001);
	EXPECT_TRUE(drive_sees(self));
}

TEST_F(consistency, hole_punched)
{
	ASSERT_EQ(0, fallocate(self->fd, FALLOC_FL_PUNCH_HOLE |
			       FALLOC_FL_KEEP_SIZE, 5000, 300000));
	memset(self->model + 5000, 0, 300000);
	EXPECT_TRUE(drive_sees(self));
	put(self, 3, 100000, 9);
	EXPECT_TRUE(drive_sees(self));
}

TEST_F(consistency, range_zeroed)
{
	ASSERT_EQ(0, fallocate(self->fd, FALLOC_FL_ZERO_RANGE, 5000, 300000));
	memset(self->model + 5000, 0, 300000);
	EXPECT_TRUE(drive_sees(self));
	put(self, 10000, 90000, 9);
	EXPECT_TRUE(drive_sees(self));
}

TEST_F(consistency, range_collapsed)
{
	put(self, 5000, 9 * BLOCK, 4);
	ASSERT_EQ(0, fallocate(self->fd, FALLOC_FL_COLLAPSE_RANGE, 8 * BLOCK,
			       16 * BLOCK));
	memmove(self->model + 8 * BLOCK, self->model + 24 * BLOCK,
		SIZE - 24 * BLOCK);
	self->size -= 16 * BLOCK;
	EXPECT_TRUE(drive_sees(self));
}

TEST_F(consistency, range_inserted)
{
	ASSERT_EQ(0, fallocate(self->fd, FALLOC_FL_INSERT_RANGE, 8 * BLOCK,
			       16 * BLOCK));
	memmove(self->model + 24 * BLOCK, self->model + 8 * BLOCK,
		SIZE - 8 * BLOCK);
	memset(self->model + 8 * BLOCK, 0, 16 * BLOCK);
	self->size += 16 * BLOCK;
	EXPECT_TRUE(drive_sees(self));
}

TEST_F(consistency, preallocated)
{
	self->size = 2 * SIZE;
	ASSERT_EQ(0, fallocate(self->fd, 0, 0, self->size));
	EXPECT_TRUE(drive_sees(self));
	put(self, 5000, SIZE + 70000, 8);
	EXPECT_TRUE(drive_sees(self));
}

/* The other file has the same bytes; they are moved here. */
static void fill_other(FIXTURE_DATA(consistency) *self)
{
	if (pwrite(self->other, self->model, SIZE, 0) != SIZE ||
	    fsync(self->other))
		mount_failed("another file");
}

static int swap_blocks(FIXTURE_DATA(consistency) *self, const char *dir)
{
	if (!strcmp(dir, EXT4))
		return ext4_move_extents(self->fd, self->other, 0,
					 SIZE / BLOCK);
	return xfs_exchange_range(self->fd, self->other, 0, SIZE);
}

TEST_F(consistency, blocks_swapped)
{
	fill_other(self);
	put(self, 5000, 12345, 3);
	/* Defragmentation moves data with blocks, an exchange does not. */
	if (!strcmp(variant->dir, XFS)) {
		fill(self->model, SIZE, 77);
		ASSERT_EQ(SIZE, pwrite(self->other, self->model, SIZE, 0));
	}
	ASSERT_EQ(0, swap_blocks(self, variant->dir));
	EXPECT_TRUE(drive_sees(self));
}

TEST_F(consistency, written_directly)
{
	int direct = open(self->path, O_RDWR | O_DIRECT);
	char *buf;
	int i;

	ASSERT_LE(0, direct);
	ASSERT_EQ(0, posix_memalign((void **)&buf, BLOCK, 8 * BLOCK));
	for (i = 0; i < 10; i++) {
		put(self, 9 * BLOCK, i * BLOCK, i);
		fill(buf, 8 * BLOCK, 50 + i);
		ASSERT_EQ(8 * BLOCK, pwrite(direct, buf, 8 * BLOCK, i * BLOCK));
		memcpy(self->model + i * BLOCK, buf, 8 * BLOCK);
		EXPECT_TRUE(drive_sees(self));
	}
}

/* While a request runs: what would be in its way waits */

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void run_slowly(FIXTURE_DATA(consistency) *self, bool write)
{
	struct shared *run = self->run;
	__u64 args = SLOW;

	run->io = io_for(SIZE, &args, sizeof(args));
	run->io.flags = FORCED;
	run->begin = now();
	if (write)
		run->ret = lambda_pwrite(self->fd, run->out, SIZE / 2,
					 SIZE / 4, self->lambda, &run->io);
	else
		run->ret = lambda_pread(self->fd, run->out, SIZE, 0,
					self->lambda, &run->io);
	run->end = now();
}

/* Starts a request that takes the drive 0.4 s, and lets it get there. */
static void start(FIXTURE_DATA(consistency) *self, bool write)
{
	memset(self->run, 0, offsetof(struct shared, out));
	self->pid = fork();
	if (!self->pid) {
		run_slowly(self, write);
		_exit(0);
	}
	usleep(100000);
}

/*
 * Waits for the request. Return: whether what was begun and ended at these
 * times had to wait for it; -1 when it was begun too late to tell.
 */
static int waited(FIXTURE_DATA(consistency) *self, double begin, double end)
{
	int status;

	waitpid(self->pid, &status, 0);
	self->pid = 0;
	if (self->run->io.side != LAMBDA_SIDE_DEVICE) {
		fprintf(stderr, "# %zd, side %u, reason %u\n", self->run->ret,
			self->run->io.side, self->run->io.reason);
		return 0;
	}
	if (begin > self->run->end - 0.2)
		return -1;
	if (end > self->run->end - 0.1)
		return 1;
	fprintf(stderr, "# ended %.3f s before the request did\n",
		self->run->end - end);
	return 0;
}

/* Runs a request, and @action while it runs, which has to wait. */
#define EXPECT_WAITS(write, action) do {				\
	int _waited, _tries = 5;					\
	double _begin, _end;						\
	do {								\
		start(self, write);					\
		_begin = now();						\
		EXPECT_EQ(0, action);					\
		_end = now();						\
		_waited = waited(self, _begin, _end);			\
	} while (_waited < 0 && --_tries);				\
	EXPECT_EQ(1, _waited);						\
} while (0)

/* The bytes that the request has read are those from before. */
#define EXPECT_READ_BEFORE() do {					\
	EXPECT_EQ(SIZE, self->run->ret);				\
	EXPECT_EQ(0, memcmp(self->run->out, before, SIZE));		\
} while (0)

static char before[SIZE];

/*
 * Each gives blocks away or moves them; a file that is cut is filled again, so
 * that it can be tried once more.
 */
static int truncate_and_fill(FIXTURE_DATA(consistency) *self)
{
	int ret = ftruncate(self->fd, 0);

	pwrite(self->fd, before, SIZE, 0);
	return ret;
}

static int punch_hole(FIXTURE_DATA(consistency) *self)
{
	int ret = fallocate(self->fd, FALLOC_FL_PUNCH_HOLE |
			    FALLOC_FL_KEEP_SIZE, 0, SIZE);

	pwrite(self->fd, before, SIZE, 0);
	return ret;
}

static int zero_range(FIXTURE_DATA(consistency) *self)
{
	int ret = fallocate(self->fd, FALLOC_FL_ZERO_RANGE, 0, SIZE);

	pwrite(self->fd, before, SIZE, 0);
	return ret;
}

static int collapse_range(FIXTURE_DATA(consistency) *self)
{
	int ret = fallocate(self->fd, FALLOC_FL_COLLAPSE_RANGE, 0, 64 * BLOCK);

	pwrite(self->fd, before, SIZE, 0);
	return ret;
}

static int insert_range(FIXTURE_DATA(consistency) *self)
{
	int ret = fallocate(self->fd, FALLOC_FL_INSERT_RANGE, 0, 64 * BLOCK);

	ftruncate(self->fd, SIZE);
	pwrite(self->fd, before, SIZE, 0);
	return ret;
}

#define WAITS(name)							\
TEST_F(consistency, name##_waits)					\
{									\
	memcpy(before, self->model, SIZE);				\
	EXPECT_WAITS(false, name(self));				\
	EXPECT_READ_BEFORE();						\
	EXPECT_TRUE(drive_sees(self));					\
}

WAITS(truncate_and_fill)
WAITS(punch_hole)
WAITS(zero_range)
WAITS(collapse_range)
WAITS(insert_range)

TEST_F(consistency, swapping_blocks_waits)
{
	memcpy(before, self->model, SIZE);
	fill_other(self);
	EXPECT_WAITS(false, swap_blocks(self, variant->dir));
	EXPECT_READ_BEFORE();
}

/* A clone of the file makes it one that shares blocks. */
TEST_F(consistency, cloning_waits)
{
	if (strcmp(variant->dir, XFS))
		return;
	memcpy(before, self->model, SIZE);
	EXPECT_WAITS(false, ioctl(self->other, FICLONE, self->fd));
	EXPECT_READ_BEFORE();
}

/* The last name and descriptor go; the request still has the file. */
TEST_F(consistency, unlinked)
{
	int i;

	memcpy(before, self->model, SIZE);
	start(self, false);
	EXPECT_EQ(0, unlink(self->path));
	close(self->fd);
	/* Its blocks would be taken for these. */
	for (i = 0; i < 8; i++) {
		fill(self->model, SIZE, i);
		EXPECT_EQ(SIZE, pwrite(self->other, self->model, SIZE,
				       i * SIZE));
	}
	EXPECT_EQ(0, fsync(self->other));
	waitpid(self->pid, NULL, 0);
	EXPECT_EQ(LAMBDA_SIDE_DEVICE, self->run->io.side);
	EXPECT_READ_BEFORE();
}

/* While a request writes: nobody reads or writes the range */

static int write_all(FIXTURE_DATA(consistency) *self)
{
	return pwrite(self->fd, before, SIZE, 0) == SIZE ? 0 : -1;
}

static int write_directly(FIXTURE_DATA(consistency) *self)
{
	int fd = open(self->path, O_RDWR | O_DIRECT), ret;
	void *buf;

	if (posix_memalign(&buf, BLOCK, SIZE))
		return -1;
	memcpy(buf, before, SIZE);
	ret = pwrite(fd, buf, SIZE, 0) == SIZE ? 0 : -1;
	free(buf);
	close(fd);
	return ret;
}

static int write_by_drive(FIXTURE_DATA(consistency) *self)
{
	__u64 args = 0;
	struct lambda_io io = io_for(SIZE, &args, sizeof(args));

	io.flags = FORCED;
	return lambda_pwrite(self->fd, before, SIZE, 0, self->lambda, &io) ==
	       SIZE ? 0 : -1;
}

/* What comes last is what stays. */
#define WRITE_WAITS(name)						\
TEST_F(consistency, name##_waits)					\
{									\
	fill(before, SIZE, 12);						\
	fill(self->run->out, SIZE, 13);					\
	EXPECT_WAITS(true, name(self));					\
	EXPECT_EQ(SIZE / 2, self->run->ret);				\
	memcpy(self->model, before, SIZE);				\
	EXPECT_TRUE(drive_sees(self));					\
	EXPECT_EQ(SIZE, pread(self->fd, self->model, SIZE, 0));		\
	EXPECT_EQ(0, memcmp(self->model, before, SIZE));		\
}

WRITE_WAITS(write_all)
WRITE_WAITS(write_directly)
WRITE_WAITS(write_by_drive)

/* A write waits for a request that still reads what it would overwrite. */
TEST_F(consistency, write_waits_for_read)
{
	memcpy(before, self->model, SIZE);
	EXPECT_WAITS(false, ({ fill(before, SIZE, 21);
			       write_by_drive(self); }));
	EXPECT_EQ(SIZE, self->run->ret);
	EXPECT_EQ(0, memcmp(self->run->out, self->model, SIZE));
}

/*
 * A store through a mapping while the drive writes around it: both are there
 * in the end. Without page faults being held off the page would be one from
 * before, with the store in it.
 */
TEST_F(consistency, fault_waits)
{
	const size_t at = SIZE / 2 + 5;
	char *map = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
			 self->fd, 0);

	ASSERT_NE(MAP_FAILED, map);
	fill(self->run->out, SIZE, 31);
	self->run->out[at - SIZE / 4] = 'a';
	EXPECT_WAITS(true, (map[at] = 'b', 0));
	memcpy(self->model + SIZE / 4, self->run->out, SIZE / 2);
	self->model[at] = 'b';
	EXPECT_EQ(0, memcmp(map, self->model, SIZE));
	EXPECT_TRUE(drive_sees(self));
}

/* The same of a read, and of readahead. */
TEST_F(consistency, cached_read_waits)
{
	char *got = malloc(SIZE);

	fill(self->run->out, SIZE, 41);
	EXPECT_WAITS(true, pread(self->fd, got, SIZE, 0) == SIZE ? 0 : -1);
	memcpy(self->model + SIZE / 4, self->run->out, SIZE / 2);
	EXPECT_EQ(0, memcmp(got, self->model, SIZE));
}

/* Frozen, read-only and shut down filesystems */

/* Freezing waits for a write under way. */
TEST_F(consistency, freezing_waits)
{
	int dir = open(variant->dir, O_RDONLY);

	EXPECT_WAITS(true, ({ int r = ioctl(dir, FIFREEZE, 0);
			      ioctl(dir, FITHAW, 0); r; }));
	EXPECT_EQ(SIZE / 2, self->run->ret);
}

/* And a write waits until a filesystem is thawed; a read does not. */
TEST_F(consistency, frozen)
{
	int dir = open(variant->dir, O_RDONLY);
	double thawed;

	ASSERT_EQ(0, ioctl(dir, FIFREEZE, 0));
	EXPECT_TRUE(drive_sees(self));
	start(self, true);
	usleep(1000000);
	thawed = now();
	EXPECT_EQ(0, ioctl(dir, FITHAW, 0));
	waitpid(self->pid, NULL, 0);
	EXPECT_LT(thawed, self->run->end);
	EXPECT_EQ(SIZE / 2, self->run->ret);
	EXPECT_EQ(LAMBDA_SIDE_DEVICE, self->run->io.side);
}

TEST_F(consistency, not_remounted)
{
	start(self, true);
	EXPECT_EQ(-1, mount(NULL, variant->dir, NULL, MS_REMOUNT | MS_RDONLY,
			    NULL));
	EXPECT_EQ(EBUSY, errno);
	waitpid(self->pid, NULL, 0);
	EXPECT_EQ(SIZE / 2, self->run->ret);
}

#define OWN	MOUNTS "/own"

/* ext4 makes itself read-only on an error, with files open for writing. */
TEST(read_only_after_an_error)
{
	struct lambda_io io = io_for(100, NULL, 0);
	int fd, trigger, lambda = HANDLE(copy_input);
	char path[128], data[100] = "x";

	DRIVE_MKFS(OWN, "ext4", drive_spare, "errors=remount-ro", "mkfs.ext4",
		   "-q", "-F", drive_spare);
	fd = open(OWN "/file", O_RDWR | O_CREAT, 0600);
	ASSERT_EQ(100, pwrite(fd, data, 100, 0));
	ASSERT_EQ(0, fsync(fd));
	io.flags = FORCED;
	EXPECT_EQ(100, lambda_pwrite(fd, data, 100, 0, lambda, &io));
	snprintf(path, sizeof(path), "/sys/fs/ext4/%s/trigger_fs_error",
		 drive_spare + strlen("/dev/"));
	trigger = open(path, O_WRONLY);
	ASSERT_EQ(1, write(trigger, "1", 1));
	EXPECT_EQ(-1, lambda_pwrite(fd, data, 100, 0, lambda, &io));
	EXPECT_EQ(EROFS, errno);
	EXPECT_EQ(LAMBDA_STATUS_NOT_RUN, io.status);
	EXPECT_EQ(100, lambda_pread(fd, data, 100, 0, lambda, &io));
	EXPECT_EQ(LAMBDA_SIDE_DEVICE, io.side);
	close(fd);
	umount(OWN);
}

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
	EXPECT_EQ(LAMBDA_STATUS_NOT_RUN, io.status);
	EXPECT_EQ(LAMBDA_SIDE_NONE, io.side);
	close(fd);
	umount(OWN);
}

static void __attribute__((constructor)) before_tests(void)
{
	drive_begin();
	xfs_allow_exchange(drive_xfs, XFS);
}

TEST_HARNESS_MAIN
