// SPDX-License-Identifier: GPL-2.0-only
/*
 * λs in a drive beyond a network that is cut in the middle: no call waits for
 * longer than the network may be gone, what a read answers was written, what a
 * write says is true, and what was flushed stays.
 */
#include <pthread.h>

#include "both.h"
#include "drive.h"
#include "fabric.h"
#include "harness.h"

#define FS	MOUNTS "/beyond"
#define FIXED	(1 * MIB)	/* bytes of the file that is read */
#define BLOCK	(64 * KIB)	/* that are written at a time */
#define BLOCKS	4
#define RECORD	4096ul

/* Seconds that an emulated machine may need besides. */
#define SLACK	20

static unsigned int losses(void)
{
	const char *text = getenv("FABRIC_LOSSES");

	return text && *text ? atoi(text) : 5;
}

/* What each block may hold: of its last write that was flushed, and of later. */
struct block {
	unsigned int first, last;
};

struct world {
	int fixed, blocks, lambda;
	char *want;
	struct block block[BLOCKS];
	bool stop, may_be_lost;
	/* What came of it. */
	unsigned long reads, refused, by_drive, writes, failed;
	double longest;
	char wrong[128];
};

static struct world world;

#define say_wrong(...)							\
do {									\
	snprintf(world.wrong, sizeof(world.wrong), __VA_ARGS__);	\
	world.stop = true;						\
} while (0)

static void took(double since)
{
	if (now() - since > world.longest)
		world.longest = now() - since;
}

/* Each record tells its block and its write, and is full of both. */
static void record_fill(char *record, int block, unsigned int write)
{
	fill(record, RECORD, write * BLOCKS + block);
	memcpy(record, &write, sizeof(write));
}

static bool record_holds(const char *record, int block, unsigned int *write)
{
	char want[RECORD];

	memcpy(write, record, sizeof(*write));
	record_fill(want, block, *write);
	return !memcmp(want, record, RECORD);
}

/* What a call may answer that did not succeed. */
static void failed(const char *call, const struct lambda_io *io, int err)
{
	if (err != EIO && err != EOPNOTSUPP)
		say_wrong("%s: %s, reason %u", call, strerror(err),
			  io->result.reason);
}

static void read_some(char *out, off_t at, __u32 flags)
{
	struct lambda_io io = io_for(FIXED, NULL, 0);
	double begun = now();
	ssize_t ret;

	io.flags = flags;
	/* The host is to ask the drive, too. */
	posix_fadvise(world.fixed, 0, 0, POSIX_FADV_DONTNEED);
	ret = lambda_pread(world.fixed, out, FIXED, at, world.lambda, &io);
	took(begun);
	world.reads++;
	world.by_drive += ret > 0 && io.result.side == LAMBDA_SIDE_DEVICE;
	/* What came before the loss is an answer, as of any read. */
	if (ret >= 0 && ((ret != (ssize_t)(FIXED - at) && !world.may_be_lost) ||
			 memcmp(out, world.want + at, ret)))
		say_wrong("a read answers %zd bytes at %lld, or others", ret,
			  (long long)at);
	if (ret >= 0)
		return;
	world.refused++;
	failed("a read", &io, errno);
	/* Where the drive is not asked for, the host waits for it. */
	if (!flags && !world.may_be_lost)
		say_wrong("a read that may be done anywhere fails: %s, reason %u",
			  strerror(errno), io.result.reason);
	usleep(10000);
}

/* By turns where the host sees fit, and in the drive alone. */
static void *reads(void *unused)
{
	char *out = malloc(FIXED);
	unsigned int seed = 3;

	while (!world.stop)
		read_some(out, rand_r(&seed) % (FIXED / RECORD) * RECORD,
			  rand_r(&seed) % 4 ? FORCED : 0);
	free(out);
	return NULL;
}

/* Any of what was written since a flush, in each record. */
static void look_at_block(int n)
{
	const struct block *b = &world.block[n];
	char *data = NULL;
	unsigned int found;
	size_t at;

	if (posix_memalign((void **)&data, RECORD, BLOCK) ||
	    pread(world.blocks, data, BLOCK, n * BLOCK) != (ssize_t)BLOCK) {
		free(data);
		return;
	}
	for (at = 0; at < BLOCK; at += RECORD)
		if (!record_holds(data + at, n, &found) || found < b->first ||
		    found > b->last)
			say_wrong("block %d holds write %u, not %u to %u", n,
				  found, b->first, b->last);
	free(data);
}

/* Returns whether it was said to be written, and flushed. */
static bool write_block(int n, __u32 flags)
{
	struct block *b = &world.block[n];
	char *data = malloc(BLOCK);
	struct lambda_io io = io_for(BLOCK, NULL, 0);
	double begun = now();
	ssize_t ret;
	size_t at;

	b->last++;
	for (at = 0; at < BLOCK; at += RECORD)
		record_fill(data + at, n, b->last);
	io.flags = flags;
	ret = lambda_pwrite(world.blocks, data, BLOCK, n * BLOCK, world.lambda,
			    &io);
	took(begun);
	if (ret < 0)
		failed("a write", &io, errno);
	else if (ret != (ssize_t)BLOCK)
		say_wrong("a write of %lu bytes writes %zd", BLOCK, ret);
	free(data);
	begun = now();
	if (ret < 0 || fdatasync(world.blocks))
		ret = -1;
	took(begun);
	if (ret > 0)
		b->first = b->last;
	return ret > 0;
}

static void *writes(void *unused)
{
	unsigned int seed = 5;
	int n;

	while (!world.stop) {
		n = rand_r(&seed) % BLOCKS;
		world.writes++;
		if (!write_block(n, rand_r(&seed) % 4 ? FORCED : 0))
			world.failed++;
		look_at_block(rand_r(&seed) % BLOCKS);
	}
	return NULL;
}

/* Both files, one of which has its bytes for good. */
static bool files_open(int flags)
{
	world.fixed = open(FS "/fixed", O_RDWR | O_CLOEXEC | flags, 0600);
	world.blocks = open(FS "/blocks",
			    O_RDWR | O_DIRECT | O_CLOEXEC | flags, 0600);
	return world.fixed >= 0 && world.blocks >= 0;
}

static bool files_write(void)
{
	int n;

	if (pwrite(world.fixed, world.want, FIXED, 0) != (ssize_t)FIXED ||
	    fsync(world.fixed))
		return false;
	for (n = 0; n < BLOCKS; n++) {
		world.block[n] = (struct block) {};
		if (!write_block(n, LAMBDA_IO_HOST))
			return false;
	}
	return !fsync(world.blocks);
}

static bool connect_and_mount(void)
{
	return fabric_connect() &&
	       !mount(fabric_disk, FS, "ext4", 0, "errors=continue");
}

/* With a filesystem that is new. */
static void begin(void)
{
	if (!fabric_connect())
		mount_failed("a disk of the target");
	DRIVE_MKFS(FS, "ext4", fabric_disk, NULL, "mkfs.ext4", "-q", "-F",
		   fabric_disk, "256M");
	if (!files_open(O_CREAT) || !files_write())
		mount_failed("files beyond the network");
}

static void end(void)
{
	close(world.fixed);
	close(world.blocks);
	umount2(FS, MNT_DETACH);
	fabric_disconnect();
}

FIXTURE(fabric) {
	pthread_t reader, writer;
	unsigned int seed;
};

FIXTURE_SETUP(fabric)
{
	const struct lambda_load_attr attr = { .record_len = RECORD };

	world = (struct world) { .want = malloc(FIXED) };
	fill(world.want, FIXED, 77);
	world.lambda = handle_attr(copy_input, ARRAY_SIZE(copy_input), &attr);
	ASSERT_LE(0, world.lambda);
	begin();
	self->seed = 9;
	pthread_create(&self->reader, NULL, reads, NULL);
	pthread_create(&self->writer, NULL, writes, NULL);
}

FIXTURE_TEARDOWN(fabric)
{
	end();
	close(world.lambda);
	free(world.want);
}

/* At most @ms, at random. */
static void wait_up_to(unsigned int *seed, unsigned int ms)
{
	usleep(rand_r(seed) % ms * 1000);
}

static void stop(const FIXTURE_DATA(fabric) *self)
{
	world.stop = true;
	pthread_join(self->reader, NULL);
	pthread_join(self->writer, NULL);
	fprintf(stderr,
		"# %lu reads, %lu refused, %lu by the drive; %lu writes, %lu failed; %.1f s at most\n",
		world.reads, world.refused, world.by_drive, world.writes,
		world.failed, world.longest);
}

/* It is back before anything is given up. */
TEST_F_TIMEOUT(fabric, link_is_back, 3600)
{
	unsigned long before;
	unsigned int i;
	int n;

	for (i = 0; i < losses() && !world.stop; i++) {
		before = world.by_drive;
		wait_up_to(&self->seed, 300);
		fabric_link(false);
		wait_up_to(&self->seed, 1500);
		fabric_link(true);
		ASSERT_TRUE(fabric_becomes("live", FABRIC_LOSS + SLACK));
		/* And is used again. */
		for (n = 0; n < SLACK * 100 && world.by_drive == before; n++)
			usleep(10000);
		EXPECT_LT(before, world.by_drive);
	}
	stop(self);
	EXPECT_STREQ("", world.wrong);
	EXPECT_GT(FABRIC_LOSS + SLACK, world.longest);
	for (n = 0; n < BLOCKS; n++) {
		EXPECT_TRUE(write_block(n, FORCED));
		look_at_block(n);
	}
	EXPECT_STREQ("", world.wrong);
}

/* It is not: everything ends, and what was flushed is there when it returns. */
TEST_F_TIMEOUT(fabric, link_is_lost, 3600)
{
	double begun;
	int n;

	world.may_be_lost = true;
	wait_up_to(&self->seed, 300);
	fabric_link(false);
	begun = now();
	ASSERT_TRUE(fabric_becomes("", FABRIC_LOSS + SLACK));
	EXPECT_LT(FABRIC_LOSS / 2, now() - begun);
	stop(self);
	EXPECT_STREQ("", world.wrong);
	EXPECT_GT(FABRIC_LOSS + SLACK, world.longest);
	close(world.fixed);
	close(world.blocks);
	ASSERT_EQ(0, umount2(FS, 0));
	fabric_link(true);
	ASSERT_TRUE(connect_and_mount());
	ASSERT_TRUE(files_open(0));
	for (n = 0; n < BLOCKS; n++) {
		look_at_block(n);
		EXPECT_TRUE(write_block(n, FORCED));
		look_at_block(n);
	}
	EXPECT_STREQ("", world.wrong);
}

static void __attribute__((constructor)) before_tests(void)
{
	/*
	 * The driver of NVMe over TCP sends in the name of who asks, whom TCP
	 * signals a connection that is gone, as if the socket were his.
	 */
	signal(SIGPIPE, SIG_IGN);
	drive_find();
	mounts_begin();
	fabric_export();
}

TEST_HARNESS_MAIN
