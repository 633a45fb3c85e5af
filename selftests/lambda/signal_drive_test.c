// SPDX-License-Identifier: GPL-2.0-only
/*
 * A thread whose λ is in the drive, or on both sides, answers to signals,
 * tracers and freezers soon, and nothing has come of its request until then.
 */
#include "both.h"
#include "drive.h"
#include "harness.h"
#include "signals.h"

#define SIZE	(8 * MIB)

static bool set_policy(const char *policy)
{
	char path[80];

	snprintf(path, sizeof(path), "/sys/block/%s/lambda/policy",
		 strrchr(drive_disk[0], '/') + 1);
	return put_text(path, policy);
}

/* Jumps backward 60 times for each byte of its input, then copies that. */
static const struct bpf_insn slow_copy[] = {
	MOV(R7, R1),
	CTX(R2, R7, in_len),
	ALUI(BPF_MUL, R2, 60),
	ADDI(R2, -1),
	JMPI(BPF_JNE, R2, 0, -2),
	CTX(R2, R7, in),
	CTX(R3, R7, in_len),
	CTX(R1, R7, out),
	MOV(R6, R3),
	CALL(SBPF_HELPER_MEMCPY),
	MOV(R0, R6),
	EXIT(),
};

/* Some tenths of a second of a drive's core, then 42. */
static const struct bpf_insn countdown[] = {
	LD64(R2, 200000000),
	ADDI(R2, -1),
	JMPI(BPF_JNE, R2, 0, -2),
	MOVI(R3, 42),
	OUTPUT_U64(R3),
};

FIXTURE(drive) {
	struct job job;
	char path[64];
	__u64 sum;
};

FIXTURE_VARIANT(drive) {
	bool write, both;
};

FIXTURE_VARIANT_ADD(drive, read) { .write = false };
FIXTURE_VARIANT_ADD(drive, write) { .write = true };
FIXTURE_VARIANT_ADD(drive, both) { .both = true };

static int load(bool both)
{
	const struct lambda_load_attr record_wise = { .record_len = 1 };

	if (both)
		return handle_attr(slow_copy, ARRAY_SIZE(slow_copy),
				   &record_wise);
	return handle_budget(countdown, ARRAY_SIZE(countdown), FOREVER);
}

FIXTURE_SETUP(drive)
{
	char *data = malloc(SIZE);

	fill(data, SIZE, 1);
	memset(data, '.', 8);
	snprintf(self->path, sizeof(self->path), EXT4 "/signals");
	self->job = (struct job) {
		.fd = open(self->path, O_RDWR | O_CREAT | O_TRUNC, 0644),
		.lambda = load(variant->both),
		.write = variant->write,
		.flags = variant->both ? 0 : FORCED,
		.count = variant->both ? SIZE : 1,
		.cap = variant->both ? SIZE : 8,
	};
	ASSERT_LE(0, self->job.fd);
	ASSERT_LE(0, self->job.lambda);
	ASSERT_EQ(SIZE, pwrite(self->job.fd, data, SIZE, 0));
	ASSERT_EQ(0, fsync(self->job.fd));
	self->sum = sum_of((unsigned char *)data, SIZE);
	free(data);
	ASSERT_TRUE(set_policy(variant->both ? "both" : "auto"));
}

FIXTURE_TEARDOWN(drive)
{
	set_policy("auto");
	close(self->job.fd);
	close(self->job.lambda);
	unlink(self->path);
}

static bool file_is(const struct job *j, const char *text)
{
	char got[8];

	return pread(j->fd, got, 8, 0) == 8 && !memcmp(got, text, 8);
}

#define OUTPUT	"*\0\0\0\0\0\0"

/* A drive that had written has ended its command, and soon. */
#define HAS_WRITTEN()	(variant->write && file_is(&self->job, OUTPUT))

#define EXPECT_UNCHANGED() do {						\
	EXPECT_TRUE(file_is(&self->job, "........") || HAS_WRITTEN());	\
	EXPECT_EQ('.', told->buf[0]);					\
} while (0)

/* In the caller's buffer or in the file. */
static bool output_is(const struct job *j, __u64 sum)
{
	if (j->write)
		return file_is(j, OUTPUT);
	if (!file_is(j, "........"))
		return false;
	return j->cap > 8 ? told->sum == sum : !memcmp(told->buf, OUTPUT, 8);
}

#define EXPECT_DONE(pid) do {						\
	EXPECT_TRUE(job_ends(pid));					\
	EXPECT_EQ((ssize_t)self->job.cap, told->ret);			\
	EXPECT_EQ(LAMBDA_STATUS_OK, told->io.result.status);		\
	EXPECT_EQ(self->job.cap, told->io.result.out_len);		\
	EXPECT_LT(199999990, told->io.result.budget_used);		\
	EXPECT_EQ(variant->both ? LAMBDA_SIDE_BOTH : LAMBDA_SIDE_DEVICE, \
		  told->io.result.side);				\
	EXPECT_TRUE(output_is(&self->job, self->sum));			\
} while (0)

#define EXPECT_SOON(late) do {						\
	double _late = late;						\
									\
	TH_LOG("after %.1f ms", _late * 1e3);				\
	EXPECT_GT(soon(), _late);					\
} while (0)

TEST_F(drive, stops)
{
	pid_t pid = job_begin(&self->job);

	EXPECT_SOON(stop(pid));
	EXPECT_UNCHANGED();
	kill(pid, SIGCONT);
	EXPECT_DONE(pid);
}

TEST_F(drive, is_interrupted_by_a_tracer)
{
	pid_t pid = job_begin(&self->job);

	EXPECT_SOON(interrupt(pid));
	EXPECT_UNCHANGED();
	ptrace(PTRACE_DETACH, pid, 0, 0);
	EXPECT_DONE(pid);
}

TEST_F(drive, freezes_with_its_group)
{
	pid_t pid = job_begin(&self->job);

	EXPECT_SOON(freeze_group(pid));
	EXPECT_UNCHANGED();
	thaw_group();
	EXPECT_DONE(pid);
}

TEST_F(drive, runs_a_handler)
{
	pid_t pid;

	self->job.prepare = alarm_restart;
	pid = job_begin(&self->job);
	EXPECT_SOON(handled());
	EXPECT_DONE(pid);
	EXPECT_EQ(1, told->handlers);
}

TEST_F(drive, does_task_work)
{
	pid_t pid;

	ASSERT_TRUE(ring_begin());
	self->job.prepare = poll_by_ring;
	pid = job_begin(&self->job);
	EXPECT_SOON(completion());
	EXPECT_UNCHANGED();
	EXPECT_DONE(pid);
	ring_end();
}

TEST_F(drive, ends_after_a_handler_that_says_so)
{
	pid_t pid;

	self->job.prepare = alarm_eintr;
	pid = job_begin(&self->job);
	EXPECT_SOON(handled());
	EXPECT_TRUE(job_ends(pid));
	EXPECT_EQ(1, told->handlers);
	if (HAS_WRITTEN()) {
		EXPECT_EQ(8, told->ret);
		return;
	}
	EXPECT_EQ(-1, told->ret);
	EXPECT_EQ(EINTR, told->err);
	EXPECT_EQ(LAMBDA_STATUS_KILLED, told->io.result.status);
	EXPECT_EQ(0, told->io.result.out_len);
	EXPECT_UNCHANGED();
}

/* Each of the signals would be the end of it; a write has but one. */
TEST_F(drive, has_an_end_in_a_storm_of_signals)
{
	pid_t pid;

	self->job.prepare = alarm_storm;
	pid = job_begin(&self->job);
	EXPECT_DONE(pid);
	EXPECT_LT(variant->write ? 0 : 3, told->handlers);
}

static void __attribute__((constructor)) before_tests(void)
{
	drive_begin();
}

TEST_HARNESS_MAIN
