// SPDX-License-Identifier: GPL-2.0-only
/*
 * A λ over a file of an overlay reads the real file below, in the drive and from
 * its page cache: what read() reads before, during and after a copy-up.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <time.h>

#include "both.h"
#include "common.h"
#include "drive.h"
#include "harness.h"
#include "model.h"
#include "overlay.h"

/* Rounds of slow_copy that take the drive 0.9 s. */
#define SLOW	440000000ull

FIXTURE(overlay) {
	struct overlay o;
	int fd, lambda;
	char *before, *after;		/* what the file holds */
};

FIXTURE_VARIANT(overlay) {
	const char *lower, *upper;
};

/* From one XFS to itself files are copied up by cloning them: see cloned_up. */
FIXTURE_VARIANT_ADD(overlay, ext4) { .lower = EXT4, .upper = EXT4 };
FIXTURE_VARIANT_ADD(overlay, xfs) { .lower = XFS, .upper = XFS_4K };

/* A file of the lower layer, which the overlay has open for reading. */
static void set_up(FIXTURE_DATA(overlay) *self, const char *lower,
		   const char *upper)
{
	int fd;

	self->before = malloc(SIZE);
	self->after = malloc(SIZE);
	fill(self->before, SIZE, 1);
	fill(self->after, SIZE, 2);
	overlay_layers(&self->o, lower, upper);
	fd = open(overlay_lower(&self->o, "file"), O_RDWR | O_CREAT, 0644);
	if (fd < 0 || pwrite(fd, self->before, SIZE, 0) != SIZE || fsync(fd))
		mount_failed("a lower file");
	close(fd);
	overlay_mount(&self->o, MOUNTS "/overlay", "");
	self->fd = open(MOUNTS "/overlay/file", O_RDONLY);
	self->lambda = HANDLE(copy_input);
	if (self->fd < 0 || self->lambda < 0)
		mount_failed("a file and a handle");
}

FIXTURE_SETUP(overlay)
{
	set_up(self, variant->lower, variant->upper);
}

FIXTURE_TEARDOWN(overlay)
{
	close(self->fd);
	overlay_end(&self->o);
}

#define EXPECT_SAME(...)						\
	EXPECT_TRUE(same_on_both(QUESTION(__VA_ARGS__), NULL))

/* Either side reads from @fd what pread() does, which is @data. */
static bool both_read(FIXTURE_DATA(overlay) *self, int fd, const char *data)
{
	const struct question q = {
		.fd = fd, .lambda = self->lambda, .count = SIZE, .cap = SIZE,
	};
	char *plain = malloc(SIZE);
	struct answer drive;
	bool ok;

	ok = same_on_both(&q, &drive) && drive.ret == SIZE &&
	     !memcmp(drive.out, data, SIZE) &&
	     pread(fd, plain, SIZE, 0) == SIZE && !memcmp(plain, data, SIZE);
	free(drive.out);
	free(plain);
	return ok;
}

/* Copies the file up, and changes all of it. Return: it, open for writing. */
static int change(FIXTURE_DATA(overlay) *self)
{
	int fd = open(MOUNTS "/overlay/file", O_RDWR);

	if (fd < 0 || pwrite(fd, self->after, SIZE, 0) != SIZE)
		return -1;
	return fd;
}

static bool copied_up(const FIXTURE_DATA(overlay) *self)
{
	return !access(overlay_upper(&self->o, "file"), F_OK);
}

TEST_F(overlay, lower_file)
{
	int direct = open(MOUNTS "/overlay/file", O_RDONLY | O_DIRECT);

	EXPECT_TRUE(both_read(self, self->fd, self->before));
	EXPECT_SAME(.count = 77777, .offset = 4095, .cap = 77777);
	EXPECT_SAME(.count = SIZE, .offset = SIZE - 100, .cap = SIZE);
	EXPECT_SAME(.count = 100, .offset = SIZE, .cap = 100);
	ASSERT_LE(0, direct);
	self->fd = direct;
	EXPECT_SAME(.count = SIZE, .cap = SIZE);
	EXPECT_FALSE(copied_up(self));
}

/* Also by a descriptor that was opened before. */
TEST_F(overlay, after_copy_up)
{
	int fd;

	EXPECT_TRUE(both_read(self, self->fd, self->before));
	fd = change(self);
	ASSERT_LE(0, fd);
	EXPECT_TRUE(copied_up(self));
	EXPECT_TRUE(both_read(self, self->fd, self->after));
	EXPECT_TRUE(both_read(self, fd, self->after));
	close(fd);
	unlink(MOUNTS "/overlay/file");
	EXPECT_TRUE(both_read(self, self->fd, self->after));
}

/* A request that was begun before goes on with the lower file. */
TEST_F(overlay, copy_up_meanwhile)
{
	int lambda = handle_budget(slow_copy, ARRAY_SIZE(slow_copy),
				   SBPF_BUDGET_MAX);
	const struct question slow = {
		.fd = self->fd, .lambda = lambda, .count = SIZE, .cap = SIZE,
		.args = (__u64 []) { SLOW }, .args_len = 8,
	};
	struct answer a;
	pid_t pid = fork();
	int status;

	if (!pid) {
		ask(&slow, FORCED, &a);
		if (a.ret != SIZE || memcmp(a.out, self->before, SIZE))
			show("drive", &a);
		_exit(a.ret != SIZE || memcmp(a.out, self->before, SIZE));
	}
	usleep(100000);
	ASSERT_LE(0, change(self));
	/* It is still at work. */
	EXPECT_EQ(0, waitpid(pid, &status, WNOHANG));
	EXPECT_TRUE(both_read(self, self->fd, self->after));
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

/* Blocks that are shared are left to the host, until all are the file's own. */
TEST(cloned_up)
{
	FIXTURE_DATA(overlay) self = {};
	struct lambda_io io;
	char *data = malloc(SIZE);

	set_up(&self, XFS, XFS);
	EXPECT_TRUE(both_read(&self, self.fd, self.before));
	close(open(MOUNTS "/overlay/file", O_RDWR));
	EXPECT_TRUE(copied_up(&self));
	io = io_for(SIZE, NULL, 0);
	io.flags = LAMBDA_IO_DEVICE;
	EXPECT_EQ(SIZE, lambda_pread(self.fd, data, SIZE, 0, self.lambda, &io));
	EXPECT_EQ(LAMBDA_SIDE_HOST, io.result.side);
	EXPECT_EQ(LAMBDA_REASON_SHARED, io.result.reason);
	EXPECT_EQ(0, memcmp(data, self.before, SIZE));
	close(self.fd);
	overlay_end(&self.o);
}

struct reader {
	FIXTURE_DATA(overlay) *self;
	atomic_bool end;
	int old, new, bad;
};

/* Each request sees the file of one moment, and never an older one again. */
static void *read_on(void *arg)
{
	struct reader *r = arg;
	const struct question q = {
		.fd = r->self->fd, .lambda = r->self->lambda, .count = SIZE,
		.cap = SIZE,
	};
	struct answer a;
	bool last;

	do {
		last = r->end;
		ask(&q, FORCED, &a);
		if (a.ret == SIZE && !memcmp(a.out, r->self->after, SIZE))
			r->new++;
		else if (a.ret == SIZE && !r->new &&
			 !memcmp(a.out, r->self->before, SIZE))
			r->old++;
		else if (!r->bad++)
			show("drive", &a);
		free(a.out);
	} while (!last);
	return NULL;
}

TEST_F(overlay, during_copy_up)
{
	struct reader r = { .self = self };
	pthread_t thread;

	ASSERT_EQ(0, pthread_create(&thread, NULL, read_on, &r));
	usleep(100000);
	ASSERT_LE(0, change(self));
	r.end = true;
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_LT(0, r.old);
	EXPECT_LT(0, r.new);
	EXPECT_EQ(0, r.bad);
}

/* Only the metadata is copied up: the bytes stay where they are. */
TEST_F(overlay, metadata_copied_up)
{
	struct stat st;

	close(self->fd);
	overlay_mount(&self->o, MOUNTS "/overlay", ",metacopy=on");
	self->fd = open(MOUNTS "/overlay/file", O_RDONLY);
	ASSERT_EQ(0, fchmod(self->fd, 0640));
	EXPECT_TRUE(copied_up(self));
	ASSERT_EQ(0, stat(overlay_upper(&self->o, "file"), &st));
	EXPECT_GT(SIZE, st.st_blocks * 512);
	EXPECT_TRUE(both_read(self, self->fd, self->before));
	ASSERT_LE(0, change(self));
	EXPECT_TRUE(both_read(self, self->fd, self->after));
}

/* An overlay that is the lower layer of another one. */
TEST_F(overlay, overlay_of_overlay)
{
	struct overlay outer;
	int fd;

	close(self->fd);
	overlay_layers(&outer, MOUNTS, MOUNTS);
	snprintf(outer.lower, sizeof(outer.lower), "%s", MOUNTS "/overlay");
	overlay_mount(&outer, MOUNTS "/outer", "");
	self->fd = open(MOUNTS "/outer/file", O_RDONLY);
	ASSERT_LE(0, self->fd);
	EXPECT_TRUE(both_read(self, self->fd, self->before));
	/* Its upper layer is in memory. */
	fd = open(MOUNTS "/outer/file", O_RDWR);
	ASSERT_EQ(1, pwrite(fd, "x", 1, 0));
	self->before[0] = 'x';
	EXPECT_EQ(SIZE, lambda_pread(self->fd, self->after, SIZE, 0,
				     self->lambda, NULL));
	EXPECT_EQ(0, memcmp(self->before, self->after, SIZE));
	close(fd);
	close(self->fd);
	umount(outer.dir);
}

/* Waits until the byte at 5000 is no longer 0. */
static const struct bpf_insn wait_for_byte[] = {
	CTX(R2, R1, in),
	LDX(BPF_B, R3, R2, 5000),
	JMPI(BPF_JEQ, R3, 0, -2),
	MOVI(R0, 0),
	EXIT(),
};

static void *store_later(void *byte)
{
	usleep(200000);
	*(char *)byte = 1;
	return NULL;
}

/* The window shows the page cache of the real file, not a copy of it. */
TEST_F(overlay, is_mapped)
{
	int lambda = handle_budget(wait_for_byte, ARRAY_SIZE(wait_for_byte),
				   500000000);
	struct lambda_io io = io_for(SIZE, NULL, 0);
	pthread_t thread;
	char *pages;
	int fd;

	fd = change(self);
	ASSERT_LE(0, fd);
	pages = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, pages);
	pages[5000] = 0;
	ASSERT_EQ(0, pthread_create(&thread, NULL, store_later, pages + 5000));
	io.flags = LAMBDA_IO_HOST;
	EXPECT_EQ(0, lambda_pread(self->fd, self->before, SIZE, 0, lambda,
				  &io));
	EXPECT_EQ(LAMBDA_STATUS_OK, io.result.status);
	pthread_join(thread, NULL);
}

#define LONG_AGO	1000

static long set_atime(const char *path)
{
	const struct timespec times[] = {
		{ .tv_sec = LONG_AGO }, { .tv_nsec = UTIME_OMIT },
	};

	return utimensat(AT_FDCWD, path, times, 0);
}

static bool atime_changed(const char *path)
{
	struct stat st;

	return !stat(path, &st) && st.st_atime != LONG_AGO;
}

/* A read in the tick of the one before is not noted by any filesystem. */
static void await_tick(void)
{
	struct timespec now, begun;

	clock_gettime(CLOCK_REALTIME_COARSE, &begun);
	do {
		clock_gettime(CLOCK_REALTIME_COARSE, &now);
	} while (now.tv_sec == begun.tv_sec && now.tv_nsec == begun.tv_nsec);
}

/* Whether a read changes when the file, which is at @below, was read last. */
static bool read_is_noted(int fd, int lambda, __u32 side, const char *below)
{
	struct lambda_io io = io_for(SIZE, NULL, 0);
	char *data = malloc(SIZE);
	bool ok;

	await_tick();
	if (set_atime(below))
		mount_failed(below);
	/* The overlay's inode gets its times from there when it is opened. */
	close(open(MOUNTS "/overlay/file", O_RDONLY));
	io.flags = side;
	ok = side ? lambda_pread(fd, data, SIZE, 0, lambda, &io) == SIZE :
		    pread(fd, data, SIZE, 0) == SIZE;
	free(data);
	if (!ok)
		mount_failed("a read");
	return atime_changed(below);
}

/* That a file was read is noted on it where it is copied up, as by pread(). */
TEST_F(overlay, accessed)
{
	static const __u32 sides[] = { 0, LAMBDA_IO_HOST, FORCED };
	const char *below;
	int quiet;
	size_t i;

	below = strdup(overlay_lower(&self->o, "file"));
	for (i = 0; i < ARRAY_SIZE(sides); i++)
		EXPECT_FALSE(read_is_noted(self->fd, self->lambda, sides[i],
					   below));
	ASSERT_LE(0, change(self));
	below = strdup(overlay_upper(&self->o, "file"));
	quiet = open(MOUNTS "/overlay/file", O_RDONLY | O_NOATIME);
	for (i = 0; i < ARRAY_SIZE(sides); i++) {
		EXPECT_TRUE(read_is_noted(self->fd, self->lambda, sides[i],
					  below));
		EXPECT_FALSE(read_is_noted(quiet, self->lambda, sides[i],
					   below));
	}
}

/* The host writes, by the overlay's own method; what it wrote the drive reads. */
TEST_F(overlay, write)
{
	struct lambda_io io = io_for(SIZE, NULL, 0);
	int fd = open(MOUNTS "/overlay/file", O_RDWR);

	ASSERT_LE(0, fd);
	io.flags = FORCED;
	EXPECT_EQ(-1, lambda_pwrite(fd, self->after, SIZE, 0, self->lambda,
				    &io));
	EXPECT_EQ(EOPNOTSUPP, errno);
	EXPECT_EQ(LAMBDA_REASON_NO_DISK, io.result.reason);
	EXPECT_TRUE(both_read(self, fd, self->before));
	io = io_for(SIZE, NULL, 0);
	io.flags = LAMBDA_IO_DEVICE;
	EXPECT_EQ(SIZE, lambda_pwrite(fd, self->after, SIZE, 0, self->lambda,
				      &io));
	EXPECT_EQ(LAMBDA_SIDE_HOST, io.result.side);
	EXPECT_EQ(LAMBDA_REASON_NO_DISK, io.result.reason);
	EXPECT_TRUE(both_read(self, fd, self->after));
	EXPECT_TRUE(both_read(self, self->fd, self->after));
}

static void __attribute__((constructor)) before_tests(void)
{
	drive_begin();
}

TEST_HARNESS_MAIN
