// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files whose reads come back short, or fail in the middle, or that are longer
 * than they say: a λ is given what pread() would find by asking again and
 * again, and of a record-wise one whole records only.
 */
#include "common.h"
#include "fuse.h"
#include "harness.h"

#define SIZE	300000
#define RECORD	1000

static char data[SIZE], got[SIZE + 1], want[SIZE + 1];

FIXTURE(short_read) {
	struct fuse_plan plan;
	int fd, lambda, by_records;
	pid_t server;
};

FIXTURE_VARIANT(short_read) {
	bool direct;
};

FIXTURE_VARIANT_ADD(short_read, direct) { .direct = true };
FIXTURE_VARIANT_ADD(short_read, cached) { .direct = false };

FIXTURE_SETUP(short_read)
{
	const struct lambda_load_attr attr = { .record_len = RECORD };

	self->plan = (struct fuse_plan) {
		.data = data,
		.size = SIZE,
		.told = SIZE,
		.chunk = SIZE,
		.broken = SIZE,
		.direct = variant->direct,
	};
	self->fd = -1;
	self->lambda = HANDLE(copy_input);
	self->by_records = handle_attr(copy_input, ARRAY_SIZE(copy_input),
				       &attr);
	ASSERT_LE(0, self->lambda);
	ASSERT_LE(0, self->by_records);
}

FIXTURE_TEARDOWN(short_read)
{
	close(self->fd);
	umount2(MOUNTS "/fuse", MNT_DETACH);
	kill(self->server, SIGKILL);
	waitpid(self->server, NULL, 0);
}

static void serve(FIXTURE_DATA(short_read) *self)
{
	self->server = mount_fuse(MOUNTS "/fuse", &self->plan);
	self->fd = open(MOUNTS "/fuse/file", O_RDONLY | O_CLOEXEC);
	if (self->fd < 0)
		mount_failed("the file");
}

/* As cat does: to the end, or to an error. */
static ssize_t read_all(int fd, size_t count, off_t offset)
{
	size_t have = 0;
	ssize_t ret = 1;

	while (have < count && ret > 0) {
		ret = pread(fd, want + have, count - have, offset + have);
		if (ret > 0)
			have += ret;
	}
	return have ? (ssize_t)have : ret;
}

static bool reads_alike(FIXTURE_DATA(short_read) *self, size_t count,
			off_t offset)
{
	struct lambda_io io = io_for(SIZE, NULL, 0);
	ssize_t len = read_all(self->fd, count, offset);
	ssize_t ret = lambda_pread(self->fd, got, count, offset, self->lambda,
				   &io);

	if (ret == len && (ret < 0 || io.result.in_len == (__u64)len) &&
	    (ret <= 0 || !memcmp(got, want, len)))
		return true;
	fprintf(stderr, "# %zu at %lld: %zd in %llu, not %zd\n", count,
		(long long)offset, ret, io.result.in_len, len);
	return false;
}

TEST_F(short_read, any_chunk)
{
	static const size_t chunks[] = { 4096, 5000, 65536, 100000 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(chunks); i++) {
		self->plan.chunk = chunks[i];
		serve(self);
		EXPECT_TRUE(reads_alike(self, SIZE, 0));
		EXPECT_TRUE(reads_alike(self, SIZE, 4095));
		EXPECT_TRUE(reads_alike(self, 50000, 12345));
		EXPECT_TRUE(reads_alike(self, 100, SIZE - 50));
		EXPECT_TRUE(reads_alike(self, 100, SIZE));
		close(self->fd);
		umount2(MOUNTS "/fuse", MNT_DETACH);
	}
}

/* The server knows more than it told when the file was looked up. */
TEST_F(short_read, longer_than_it_says)
{
	self->plan.told = SIZE / 3;
	self->plan.chunk = 40000;
	serve(self);
	EXPECT_TRUE(reads_alike(self, SIZE, 0));
	EXPECT_TRUE(reads_alike(self, SIZE, SIZE / 2));
}

/* What comes before an error, and the error to whoever goes on. */
TEST_F(short_read, error_behind_bytes)
{
	struct lambda_io io = io_for(SIZE, NULL, 0);
	ssize_t len;

	self->plan.broken = 2 * 131072;
	serve(self);
	len = lambda_pread(self->fd, got, SIZE, 100, self->lambda, &io);
	EXPECT_EQ(2 * 131072 - 100, len);
	EXPECT_EQ((__u64)len, io.result.in_len);
	EXPECT_EQ(0, memcmp(got, data + 100, len));
	memset(got, 'o', sizeof(got));
	EXPECT_EQ(-1, lambda_pread(self->fd, got, 10, 100 + len, self->lambda,
				   &io));
	EXPECT_EQ(EIO, errno);
	EXPECT_EQ(LAMBDA_STATUS_NOT_RUN, io.result.status);
	EXPECT_EQ('o', got[0]);
}

TEST_F(short_read, whole_records_before_an_error)
{
	const size_t sound = 2 * 131072;
	struct lambda_io io = io_for(SIZE, NULL, 0);
	ssize_t len;

	self->plan.broken = sound;
	serve(self);
	len = lambda_pread(self->fd, got, SIZE, 77, self->by_records, &io);
	EXPECT_EQ((sound - 77) / RECORD * RECORD, len);
	EXPECT_EQ((__u64)len, io.result.in_len);
	/* Less than a record. */
	EXPECT_EQ(-1, lambda_pread(self->fd, got, SIZE, 77 + len,
				   self->by_records, &io));
	EXPECT_EQ(EIO, errno);
	EXPECT_EQ(LAMBDA_STATUS_NOT_RUN, io.result.status);
	/* What was behind is out of reach: a λ that looks there faults. */
	EXPECT_EQ(RECORD, lambda_pread(self->fd, got, RECORD, 0,
				       self->by_records, &io));
	/* The end of the file is no error: its last record may be cut. */
	len = lambda_pread(self->fd, got, 1500, 0, self->by_records, &io);
	EXPECT_EQ(1500, len);
}

static void __attribute__((constructor)) before_tests(void)
{
	unsigned int seed = 5;
	size_t i;

	for (i = 0; i < SIZE; i++)
		data[i] = rand_r(&seed) % 255 + 1;
	mounts_begin();
}

TEST_HARNESS_MAIN
