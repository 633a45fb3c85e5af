// SPDX-License-Identifier: GPL-2.0-only
/*
 * λs over disks that are spread over several drives: all of them are at work on
 * one request, and what comes of it is what one drive would have made.
 */
#include <signal.h>
#include <sys/time.h>

#include "arrays.h"
#include "both.h"
#include "divided.h"
#include "drives.h"
#include "harness.h"
#include "stacks.h"

#define NAME	"spread"

/* What is written to what is made of them. */
static char *pattern;

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Of extents, each of which begins where the last one ends, one; else -3. */
static const struct bpf_insn join_extents[] = {
	CTX(R2, R1, in),
	CTX(R3, R1, in_len),
	CTX(R4, R1, out),
	MOVI(R0, -3),
	LDX(BPF_DW, R5, R2, 0),
	STX(BPF_DW, R4, 0, R5),
	MOVI(R7, 0),
	LDX(BPF_DW, R6, R2, 0),
	JMP(BPF_JNE, R5, R6, 8),
	LDX(BPF_DW, R6, R2, 8),
	ADD(R5, R6),
	ADD(R7, R6),
	ADDI(R2, 16),
	ADDI(R3, -16),
	JMPI(BPF_JNE, R3, 0, -8),
	STX(BPF_DW, R4, 8, R7),
	MOVI(R0, 16),
	EXIT(),
};

FIXTURE(spread) {
	char path[32], *data, *out;
	size_t size;
	int fd, lambda;
};

FIXTURE_VARIANT(spread) {
	const char *target;	/* of the device mapper, or */
	int level;		/* of md */
	int layout;
	size_t chunk;
	int nr;
	int copies;
};

#define STRIPED(name, bytes, disks)					\
	FIXTURE_VARIANT_ADD(spread, name) {				\
		.target = "striped", .chunk = bytes, .nr = disks, .copies = 1 }
#define ARRAY(name, ...)						\
	FIXTURE_VARIANT_ADD(spread, name) { __VA_ARGS__ }

STRIPED(striped_4k, 4 * KIB, 4);
STRIPED(striped_3_by_12k, 12 * KIB, 3);
STRIPED(striped_64k, 64 * KIB, 4);
STRIPED(striped_1m, MIB, 2);
FIXTURE_VARIANT_ADD(spread, linear) {
	.target = "linear", .chunk = EACH, .nr = 3, .copies = 1 };
ARRAY(raid0, .level = 0, .layout = 1, .chunk = 64 * KIB, .nr = 4, .copies = 1);
ARRAY(raid1, .level = 1, .chunk = MIB, .nr = 2, .copies = 2);
FIXTURE_VARIANT_ADD(spread, raid10_near) {
	.level = 10, .layout = 0x102, .chunk = 64 * KIB, .nr = 4, .copies = 2 };
FIXTURE_VARIANT_ADD(spread, raid10_far) {
	.level = 10, .layout = 0x201, .chunk = 64 * KIB, .nr = 4, .copies = 2 };
FIXTURE_VARIANT_ADD(spread, raid10_3) {
	.level = 10, .layout = 0x102, .chunk = 64 * KIB, .nr = 3, .copies = 2 };

static int make_mapped(const FIXTURE_VARIANT(spread) *v, char *path, size_t len)
{
	struct target t = { .length = v->nr * EACH, .kind = "striped" };
	struct target each[DRIVES];
	int i, n;

	if (!strcmp(v->target, "linear")) {
		for (i = 0; i < v->nr; i++)
			each[i] = linear(i * EACH, EACH, disks[i], 0);
		return stack_make(NAME, each, v->nr, path, len);
	}
	t.length -= t.length % (v->chunk * v->nr);
	n = snprintf(t.params, sizeof(t.params), "%d %zu", v->nr,
		     v->chunk / (size_t)SECTOR);
	for (i = 0; i < v->nr; i++)
		n += snprintf(t.params + n, sizeof(t.params) - n, " %s 0",
			      disks[i]);
	return stack_make(NAME, &t, 1, path, len);
}

static int make_array(const FIXTURE_VARIANT(spread) *v, char *path, size_t len)
{
	const struct array a = {
		.level = v->level,
		.layout = v->layout,
		.chunk = v->level == 1 ? 0 : v->chunk,
		.nr = v->nr,
		.disks = disks,
		.size = EACH,
	};

	return array_make(NAME, &a, path, len);
}

FIXTURE_SETUP(spread)
{
	int ret;

	/* What a test that failed has left. */
	stack_remove(NAME);
	array_stop("/dev/md_" NAME);
	ret = variant->target ?
	      make_mapped(variant, self->path, sizeof(self->path)) :
	      make_array(variant, self->path, sizeof(self->path));

	ASSERT_EQ(0, ret);
	self->fd = open(self->path, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	self->size = least(lseek(self->fd, 0, SEEK_END), DRIVES * EACH);
	ASSERT_LE(10 * MIB, self->size);
	self->data = malloc(self->size);
	self->out = malloc(self->size);
	memcpy(self->data, pattern, self->size);
	ASSERT_EQ(self->size, pwrite(self->fd, self->data, self->size, 0));
	ASSERT_EQ(0, fsync(self->fd));
	self->lambda = -1;
}

FIXTURE_TEARDOWN(spread)
{
	close(self->fd);
	close(self->lambda);
	if (variant->target)
		stack_remove(NAME);
	else
		array_stop(self->path);
	free(self->data);
	free(self->out);
}

static int record_wise(const struct bpf_insn *insns, size_t nr, __u32 record)
{
	const struct lambda_load_attr attr = { .record_len = record };

	return handle_attr(insns, nr, &attr);
}

/* A forced request; what came of it is put in @io. */
static ssize_t force(FIXTURE_DATA(spread) *self, size_t count, off_t offset,
		     struct lambda_io *io)
{
	*io = io_for(count, NULL, 0);
	io->flags = FORCED;
	memset(self->out, 'o', count);
	return lambda_pread(self->fd, self->out, count, offset, self->lambda,
			    io);
}

/* Of records as long as this it may be that no drive has a whole one. */
static bool may_lie_on_several(const FIXTURE_VARIANT(spread) *v, size_t record,
			       size_t count)
{
	return 2 * record > v->chunk || count <= record;
}

/* Any record, anywhere: the drives' answer is what lies there. */
TEST_F(spread, random_questions)
{
	static const __u32 records[] = { 1, 7, 64, 100, 4096, 70000, MIB };
	struct lambda_io io;
	unsigned int seed = 1, i, k;
	size_t count, offset;
	ssize_t ret;

	for (k = 0; k < ARRAY_SIZE(records); k++) {
		self->lambda = record_wise(copy_input, ARRAY_SIZE(copy_input),
					   records[k]);
		ASSERT_LE(0, self->lambda);
		for (i = 0; i < 12; i++) {
			count = rand_r(&seed) % (variant->chunk * 7) + 1;
			count = least(count, 3 * MIB);
			offset = rand_r(&seed) % (self->size - count);
			ret = force(self, count, offset, &io);
			if (ret < 0 &&
			    io.result.reason == LAMBDA_REASON_OTHER_DISK &&
			    may_lie_on_several(variant, records[k], count))
				continue;
			if (ret != (ssize_t)count)
				TH_LOG("%zu at %zu: reason %u", count, offset,
				       io.result.reason);
			ASSERT_EQ(count, ret);
			ASSERT_EQ(0, memcmp(self->out, self->data + offset,
					    count));
			ASSERT_EQ(LAMBDA_REASON_FORCED, io.result.reason);
			ASSERT_EQ(count, io.result.in_len);
		}
		close(self->lambda);
	}
	self->lambda = -1;
}

/* One request has all drives at work, each on its share. */
TEST_F(spread, all_at_work)
{
	unsigned long long before[DRIVES], did;
	struct lambda_io io;
	int i;

	self->lambda = record_wise(copy_input, ARRAY_SIZE(copy_input), 4096);
	ASSERT_LE(0, self->lambda);
	for (i = 0; i < variant->nr; i++)
		before[i] = drives_bytes_of(disks[i]);
	ASSERT_EQ(8 * MIB, force(self, 8 * MIB, 0, &io));
	EXPECT_EQ(LAMBDA_SIDE_DEVICE, io.result.side);
	EXPECT_EQ(0, memcmp(self->out, self->data, 8 * MIB));
	for (i = 0; i < variant->nr; i++) {
		did = drives_bytes_of(disks[i]) - before[i];
		if (variant->chunk >= EACH) {
			EXPECT_EQ(i ? 0 : 8 * MIB, did);
		} else {
			EXPECT_LE(8 * MIB / variant->nr / 2, did);
			EXPECT_GE(8 * MIB / variant->nr * 2, did);
		}
	}
}

/* However many stripes of it a drive has, it is asked once. */
TEST_F(spread, one_request_a_drive)
{
	unsigned long long before[DRIVES];
	struct lambda_io io;
	int i;

	self->lambda = record_wise(copy_input, ARRAY_SIZE(copy_input), 512);
	ASSERT_LE(0, self->lambda);
	for (i = 0; i < variant->nr; i++)
		before[i] = drives_requests_of(disks[i]);
	ASSERT_EQ(6 * MIB, force(self, 6 * MIB, 0, &io));
	EXPECT_EQ(0, memcmp(self->out, self->data, 6 * MIB));
	for (i = 0; i < variant->nr; i++)
		EXPECT_EQ(before[i] + (variant->chunk < EACH || !i),
			  drives_requests_of(disks[i]));
}

/* Parts are merged in order, and each is told where it is in the file. */
TEST_F(spread, merge)
{
	struct lambda_load_attr attr = {
		.flags = LAMBDA_ATTR_MERGE,
		.record_len = 1000,
		.merge_fd = prog_load(join_extents, ARRAY_SIZE(join_extents)),
	};
	struct lambda_io io;
	__u64 got[2];

	self->lambda = handle_attr(extent, ARRAY_SIZE(extent), &attr);
	ASSERT_LE(0, self->lambda);
	close(attr.merge_fd);
	ASSERT_EQ(16, force(self, 5 * MIB + 1, 4321, &io));
	memcpy(got, self->out, sizeof(got));
	EXPECT_EQ(4321, got[0]);
	EXPECT_EQ(5 * MIB + 1, got[1]);
}

/* What may not be divided runs where all of it is on one drive. */
TEST_F(spread, undivided)
{
	size_t part = least(variant->chunk, MIB);
	struct lambda_io io;
	int i;

	self->lambda = HANDLE(copy_input);
	ASSERT_LE(0, self->lambda);
	for (i = 0; i < 4; i++) {
		EXPECT_EQ(part, force(self, part, i * variant->chunk % EACH,
				      &io));
		EXPECT_EQ(0, memcmp(self->out, self->data +
				    i * variant->chunk % EACH, part));
	}
	if (variant->copies == variant->nr)
		return;
	EXPECT_EQ(-1, force(self, 2 * part, variant->chunk - part, &io));
	EXPECT_EQ(EOPNOTSUPP, errno);
	EXPECT_EQ(LAMBDA_REASON_OTHER_DISK, io.result.reason);
}

/* A part that ends badly: the host runs the whole, and tells what it would. */
TEST_F(spread, faults)
{
	struct lambda_io host, both;

	self->data[3 * MIB + 5] = MARK;
	ASSERT_EQ(self->size, pwrite(self->fd, self->data, self->size, 0));
	self->lambda = record_wise(fault_at_mark, ARRAY_SIZE(fault_at_mark),
				   64);
	ASSERT_LE(0, self->lambda);
	both = io_for(6 * MIB, NULL, 0);
	both.flags = LAMBDA_IO_DEVICE;
	host = both;
	host.flags = LAMBDA_IO_HOST;
	EXPECT_EQ(-1, lambda_pread(self->fd, self->out, 6 * MIB, 0,
				   self->lambda, &both));
	EXPECT_EQ(ECANCELED, errno);
	EXPECT_EQ(-1, lambda_pread(self->fd, self->out, 6 * MIB, 0,
				   self->lambda, &host));
	EXPECT_EQ(LAMBDA_STATUS_FAULT, both.result.status);
	EXPECT_EQ(host.result.fault_addr, both.result.fault_addr);
	EXPECT_EQ(host.result.budget_used, both.result.budget_used);
}

static void nothing(int sig)
{
}

/* A signal ends what all drives do; some come too late for the budget. */
TEST_F(spread, interrupted)
{
	const struct lambda_load_attr attr = { .record_len = 64 };
	const struct itimerval soon = { .it_value.tv_usec = 20000 };
	struct sigaction action = { .sa_handler = nothing };
	struct lambda_io io;
	int i, ended = 0;

	self->lambda = handle_attr(forever, ARRAY_SIZE(forever), &attr);
	ASSERT_LE(0, self->lambda);
	sigaction(SIGALRM, &action, NULL);
	for (i = 0; i < 20 && !ended; i++) {
		setitimer(ITIMER_REAL, &soon, NULL);
		EXPECT_EQ(-1, force(self, 8 * MIB, 0, &io));
		ended = errno == EINTR;
	}
	EXPECT_EQ(1, ended);
	/* Nothing is left of it. */
	close(self->lambda);
	self->lambda = record_wise(copy_input, ARRAY_SIZE(copy_input), 64);
	EXPECT_EQ(8 * MIB, force(self, 8 * MIB, 0, &io));
	EXPECT_EQ(0, memcmp(self->out, self->data, 8 * MIB));
}

/* What is written goes to all that it has to go to. */
TEST_F(spread, write)
{
	struct lambda_io io = io_for(MIB, NULL, 0);

	self->lambda = record_wise(copy_input, ARRAY_SIZE(copy_input), 64);
	memset(self->data + 12345, 'w', MIB);
	EXPECT_EQ(MIB, lambda_pwrite(self->fd, self->data + 12345, MIB, 12345,
				     self->lambda, &io));
	ASSERT_EQ(0, fsync(self->fd));
	ASSERT_EQ(2 * MIB, force(self, 2 * MIB, 0, &io));
	EXPECT_EQ(0, memcmp(self->out, self->data, 2 * MIB));
}

/* A file of a filesystem, with a hole. */
TEST_F(spread, filesystem)
{
	char *copy = malloc(8 * MIB);
	struct lambda_io io;

	/* What is open for writing is not mounted. */
	close(self->fd);
	DRIVE_MKFS(MOUNTS "/spread", "ext4", self->path, NULL, "mkfs.ext4",
		   "-q", "-F", self->path);
	self->fd = open(MOUNTS "/spread/file", O_RDWR | O_CREAT, 0600);
	ASSERT_EQ(0, ftruncate(self->fd, 8 * MIB));
	memset(copy, 0, 8 * MIB);
	memcpy(copy + MIB, self->data, 5 * MIB);
	ASSERT_EQ(5 * MIB, pwrite(self->fd, self->data, 5 * MIB, MIB));
	ASSERT_EQ(0, fsync(self->fd));
	self->lambda = record_wise(copy_input, ARRAY_SIZE(copy_input), 100);
	EXPECT_EQ(8 * MIB, force(self, 8 * MIB, 0, &io));
	EXPECT_EQ(0, memcmp(self->out, copy, 8 * MIB));
	EXPECT_EQ(2 * MIB, force(self, 2 * MIB, 6 * MIB, &io));
	close(self->fd);
	self->fd = -1;
	EXPECT_EQ(0, umount(MOUNTS "/spread"));
	free(copy);
}

/*
 * A copy that is gone is not missed: meanwhile the host answers, and then the
 * drives that are left.
 */
TEST_F(spread, member_fails)
{
	struct lambda_io io = io_for(8 * MIB, NULL, 0);
	ssize_t ret = -1;
	int i;

	if (variant->copies < 2)
		return;
	self->lambda = record_wise(copy_input, ARRAY_SIZE(copy_input), 64);
	io.flags = LAMBDA_IO_DEVICE;
	for (i = 0; i < 20; i++) {
		if (i == 10)
			ASSERT_EQ(0, array_fail(self->path, disks[1]));
		ASSERT_EQ(8 * MIB, lambda_pread(self->fd, self->out, 8 * MIB,
						i * 4096, self->lambda, &io));
		ASSERT_EQ(0, memcmp(self->out, self->data + i * 4096,
				    8 * MIB));
	}
	for (i = 0; i < 50 && ret < 0; i++) {
		usleep(100000);
		ret = force(self, 8 * MIB, 0, &io);
	}
	EXPECT_EQ(8 * MIB, ret)
		TH_LOG("reason %u", io.result.reason);
	EXPECT_EQ(0, memcmp(self->out, self->data, 8 * MIB));
}

static void __attribute__((constructor)) before_tests(void)
{
	drives_find();
	mounts_begin();
	pattern = malloc(DRIVES * EACH);
	fill(pattern, DRIVES * EACH, 77);
}

TEST_HARNESS_MAIN
