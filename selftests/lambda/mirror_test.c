// SPDX-License-Identifier: GPL-2.0-only
/*
 * λs over arrays that have each byte on two drives: only copies that are as good
 * as any answer, all of them are written, and what changes an array waits.
 */
#include <pthread.h>

#include "arrays.h"
#include "both.h"
#include "drives.h"
#include "harness.h"

#define NAME	"mirror"
#define PATH	"/dev/md_" NAME
#define MD(x)	"/sys/block/md_" NAME "/md/" x
#define LIMIT(x) "/proc/sys/dev/raid/speed_limit_" x
#define DELAY	800		/* ms */

FIXTURE(mirror) {
	struct array array;
	char *data, *out;
	int fd, lambda;
};

FIXTURE_VARIANT(mirror) {
	int level, layout, nr;
	size_t chunk;
};

FIXTURE_VARIANT_ADD(mirror, raid1) {
	.level = 1, .nr = 2 };
FIXTURE_VARIANT_ADD(mirror, raid10) {
	.level = 10, .layout = 0x102, .nr = 4, .chunk = 64 * KIB };
FIXTURE_VARIANT_ADD(mirror, raid10_far) {
	.level = 10, .layout = 0x201, .nr = 4, .chunk = 64 * KIB };

/* Every second disk, of which a copy may be, has other bytes. */
static void differ(const FIXTURE_VARIANT(mirror) *v, char *data)
{
	int i, fd;

	for (i = 0; i < v->nr; i++) {
		fill(data, EACH, i + 1);
		fd = open(disks[i], O_WRONLY | O_CLOEXEC);
		if (pwrite(fd, data, EACH, 0) != (ssize_t)EACH || fsync(fd))
			ksft_exit_fail_msg("%s cannot be written\n", disks[i]);
		close(fd);
	}
}

FIXTURE_SETUP(mirror)
{
	const struct lambda_load_attr attr = { .record_len = 64 };
	char path[32];

	array_stop(PATH);
	self->data = malloc(EACH);
	self->out = malloc(EACH);
	differ(variant, self->data);
	/* Nothing is copied until a test wants it. */
	ASSERT_TRUE(put_text(LIMIT("min"), "1") && put_text(LIMIT("max"), "1"));
	self->array = (struct array) {
		.level = variant->level, .layout = variant->layout,
		.chunk = variant->chunk, .nr = variant->nr, .disks = disks,
		.size = EACH, .dirty = true };
	ASSERT_EQ(0, array_make(NAME, &self->array, path, sizeof(path)));
	self->fd = open(PATH, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	self->lambda = handle_attr(copy_input, ARRAY_SIZE(copy_input), &attr);
	ASSERT_LE(0, self->lambda);
}

FIXTURE_TEARDOWN(mirror)
{
	close(self->fd);
	close(self->lambda);
	/* What is copied slowly is not stopped soon. */
	put_text(LIMIT("max"), "200000");
	put_text(LIMIT("min"), "1000");
	array_stop(PATH);
	free(self->data);
	free(self->out);
}

/* Has all copies made alike, and puts what is there then in @data. */
static bool make_alike(FIXTURE_DATA(mirror) *self)
{
	char text[32] = "";
	int i;

	if (!put_text(LIMIT("max"), "200000") ||
	    !put_text(LIMIT("min"), "200000"))
		return false;
	for (i = 0; i < 600 && strncmp(text, "idle", 4); i++) {
		drive_attribute("md_" NAME, "md/sync_action", text,
				sizeof(text));
		usleep(100000);
	}
	return !strncmp(text, "idle", 4) &&
	       pread(self->fd, self->data, EACH, 0) == (ssize_t)EACH;
}

static ssize_t ask_drives(FIXTURE_DATA(mirror) *self, size_t count,
			  off_t offset, __u32 *reason)
{
	struct lambda_io io = io_for(count, NULL, 0);
	ssize_t ret;

	io.flags = FORCED;
	ret = lambda_pread(self->fd, self->out, count, offset, self->lambda,
			   &io);
	*reason = io.result.reason;
	return ret;
}

/* An array is busy for a while with the loss of a member. */
static ssize_t ask_degraded(FIXTURE_DATA(mirror) *self, size_t count)
{
	ssize_t ret = -1;
	__u32 reason;
	int i;

	for (i = 0; i < 50 && ret < 0; i++) {
		usleep(100000);
		ret = ask_drives(self, count, 0, &reason);
	}
	return ret;
}

/* While copies differ the host answers, as read() does. */
TEST_F(mirror, resync)
{
	unsigned int seed = 1, i;
	struct lambda_io io;
	size_t at;
	__u32 reason;

	ASSERT_EQ(EACH, pread(self->fd, self->data, EACH, 0));
	for (i = 0; i < 20; i++) {
		at = rand_r(&seed) % (EACH - 2 * MIB) + MIB;
		EXPECT_EQ(-1, ask_drives(self, MIB, at, &reason));
		/* Or suspended, as it is for a moment when a resync begins. */
		EXPECT_TRUE(reason == LAMBDA_REASON_BUSY ||
			    reason == LAMBDA_REASON_NO_DISK);
		io = io_for(MIB, NULL, 0);
		ASSERT_EQ(MIB, lambda_pread(self->fd, self->out, MIB, at,
					    self->lambda, &io));
		ASSERT_EQ(0, memcmp(self->out, self->data + at, MIB));
	}
	ASSERT_TRUE(make_alike(self));
	ASSERT_EQ(8 * MIB, ask_drives(self, 8 * MIB, 0, &reason));
	EXPECT_EQ(0, memcmp(self->out, self->data, 8 * MIB));
}

/* Takes a member out that broke, and has it made like the others slowly. */
static bool rebuild_slowly(const char *disk)
{
	int i, ret = -1;

	for (i = 0; i < 50 && ret; i++) {
		ret = array_call(PATH, HOT_REMOVE_DISK, array_disk(disk));
		usleep(100000);
	}
	return !ret && put_text(LIMIT("min"), "1") &&
	       put_text(LIMIT("max"), "1") &&
	       !array_call(PATH, HOT_ADD_DISK, array_disk(disk));
}

/* What was written since a member broke is not on it, until it is rebuilt. */
TEST_F(mirror, member_is_stale)
{
	unsigned long long before;

	ASSERT_TRUE(make_alike(self));
	ASSERT_EQ(0, array_fail(PATH, disks[1]));
	before = drives_bytes_of(disks[1]);
	fill(self->data, EACH, 99);
	ASSERT_EQ(EACH, pwrite(self->fd, self->data, EACH, 0));
	ASSERT_EQ(0, fsync(self->fd));
	ASSERT_EQ(8 * MIB, ask_degraded(self, 8 * MIB));
	EXPECT_EQ(0, memcmp(self->out, self->data, 8 * MIB));
	EXPECT_EQ(before, drives_bytes_of(disks[1]));
	ASSERT_TRUE(rebuild_slowly(disks[1]));
	ASSERT_EQ(8 * MIB, ask_degraded(self, 8 * MIB));
	EXPECT_EQ(0, memcmp(self->out, self->data, 8 * MIB));
	EXPECT_EQ(before, drives_bytes_of(disks[1]));
}

/* No drive can write what two of them are to have. */
TEST_F(mirror, write)
{
	struct lambda_io io = io_for(MIB, NULL, 0);
	__u32 reason;

	ASSERT_TRUE(make_alike(self));
	fill(self->data + MIB, MIB, 5);
	io.flags = FORCED;
	EXPECT_EQ(-1, lambda_pwrite(self->fd, self->data + MIB, MIB, MIB,
				    self->lambda, &io));
	EXPECT_EQ(LAMBDA_REASON_OTHER_DISK, io.result.reason);
	io.flags = 0;
	EXPECT_EQ(MIB, lambda_pwrite(self->fd, self->data + MIB, MIB, MIB,
				     self->lambda, &io));
	ASSERT_EQ(0, fsync(self->fd));
	ASSERT_EQ(4 * MIB, ask_drives(self, 4 * MIB, 0, &reason));
	EXPECT_EQ(0, memcmp(self->out, self->data, 4 * MIB));
	/* The other copies have it as well. */
	ASSERT_EQ(0, array_fail(PATH, disks[0]));
	ASSERT_EQ(4 * MIB, ask_degraded(self, 4 * MIB));
	EXPECT_EQ(0, memcmp(self->out, self->data, 4 * MIB));
}

struct reader {
	FIXTURE_DATA(mirror) *self;
	ssize_t ret;
	char out[4096];
};

static void *read_late(void *data)
{
	struct lambda_io io = io_for(4096, "12345678", 8);
	struct reader *r = data;

	io.flags = FORCED;
	r->ret = lambda_pread(r->self->fd, r->out, 4096, 0, r->self->lambda,
			      &io);
	return NULL;
}

/* What suspends an array, as all that changes one does, waits for the drives. */
TEST_F(mirror, suspension)
{
	struct reader r = { .self = self };
	pthread_t thread;
	double begun;
	__u32 reason;
	int i;

	ASSERT_TRUE(make_alike(self));
	/* From now on the drives have the program. */
	ASSERT_EQ(8 * MIB, ask_drives(self, 8 * MIB, 0, &reason));
	for (i = 0; i < variant->nr; i++)
		ASSERT_EQ(0, drive_order_of(disks[i], DRIVE_DELAY |
					    DRIVE_AFTER | DRIVE_EXEC_READ,
					    DELAY | DRIVE_MORE(1)));
	pthread_create(&thread, NULL, read_late, &r);
	usleep(DELAY * 1000 / 4);
	begun = now();
	EXPECT_TRUE(put_text(MD("suspend_lo"), "0"));
	EXPECT_LT(DELAY / 1e3 / 4, now() - begun);
	pthread_join(thread, NULL);
	for (i = 0; i < variant->nr; i++)
		drive_order_of(disks[i], 0, 0);
	EXPECT_EQ(4096, r.ret);
	EXPECT_EQ(0, memcmp(r.out, self->data, 4096));
	EXPECT_EQ(8 * MIB, ask_drives(self, 8 * MIB, 0, &reason));
}

static void __attribute__((constructor)) before_tests(void)
{
	drives_find();
}

TEST_HARNESS_MAIN
