// SPDX-License-Identifier: GPL-2.0-only
/*
 * A thread in a λ answers to signals, tracers and freezers as one in user mode
 * does: soon, whatever the λ is at. Its request begins anew afterwards, or ends
 * with EINTR, and nothing has come of it until then.
 */
#include "harness.h"
#include "signals.h"
#include "sysctl.h"

/* What a λ can be at for long */

static int at_jumps(void)
{
	const struct bpf_insn p[] = { MOVI(R0, 0), GOTO(-1), EXIT() };

	return handle_budget(p, ARRAY_SIZE(p), FOREVER);
}

/* The greatest weight: 31 calls on each of two levels, leaves of 1024. */
static int at_heaviest(void)
{
	enum { OWN = 1024, CALLS = 31 };
	struct bpf_insn *p = calloc(3 * OWN, sizeof(*p));
	int i, lambda;

	for (i = 0; i < OWN; i++) {
		p[i] = i < CALLS ? CALL_LOCAL(OWN - 1 - i) : MOVI(R0, 0);
		p[OWN + i] = p[i];
		p[2 * OWN + i] = MOVI(R0, i);
	}
	p[OWN - 1] = GOTO(-OWN);
	p[2 * OWN - 1] = EXIT();
	p[3 * OWN - 1] = EXIT();
	lambda = handle_budget(p, 3 * OWN, FOREVER);
	free(p);
	return lambda;
}

/* As many calls of @helper with these arguments as a program has room for. */
static int at_calls(int helper, __u64 r2, __u32 r3)
{
	enum { CALL_INSNS = 6, CALLS = (SBPF_INSNS_MAX - 1) / CALL_INSNS };
	struct bpf_insn *p = calloc(SBPF_INSNS_MAX, sizeof(*p)), *to = p;
	const struct lambda_load_attr attr = {
		.heap_len = 256 * MIB, .budget = FOREVER,
		.flags = LAMBDA_ATTR_BUDGET };
	int i, lambda;

	for (i = 0; i < CALLS; i++, to += CALL_INSNS) {
		const struct bpf_insn one[CALL_INSNS] = {
			LD64(R1, SBPF_HEAP_BASE), LD64(R2, r2), MOVI(R3, r3),
			CALL(helper) };

		memcpy(to, one, sizeof(one));
	}
	*to = GOTOL(p - to - 1);
	lambda = handle_attr(p, to + 1 - p, &attr);
	free(p);
	return lambda;
}

static int at_long_helpers(void)
{
	return at_calls(SBPF_HELPER_MEMSET, 1, 256 * MIB);
}

static int at_short_helpers(void)
{
	return at_calls(SBPF_HELPER_MEMCMP, SBPF_HEAP_BASE + 64 * KIB,
			60 * KIB);
}

/* The bytes of most of the heap, counted where it begins. */
static int at_long_arrays(void)
{
	return at_calls(SBPF_HELPER_HISTOGRAM, SBPF_HEAP_BASE + 64 * KIB,
			128 * MIB);
}

/*
 * New pages of the output, so many between two backward jumps that they take
 * longer than anything may, while there is room; then for ever in the last.
 */
static int at_touches(void)
{
	enum { TOUCHES = 16384, TURN = 4096 * TOUCHES };
	struct bpf_insn *p = calloc(2 * TOUCHES + 6, sizeof(*p)), *to = p;
	int i, lambda;

	*to++ = CTX(R3, R1, out_cap);
	*to++ = CTX(R4, R1, out);
	for (i = 0; i < TOUCHES; i++) {
		*to++ = ST(BPF_B, R4, 0, 1);
		*to++ = ADDI(R4, 4096);
	}
	*to++ = ADDI(R3, -TURN);
	*to++ = JMPI(BPF_JSLE, R3, TURN, 1);
	*to++ = GOTOL(-2 * TOUCHES - 3);
	*to++ = GOTO(-1);
	lambda = handle_budget(p, to - p, FOREVER);
	free(p);
	return lambda;
}

FIXTURE(busy) {
	struct job job;
};

FIXTURE_VARIANT(busy) {
	int (*load)(void);
	size_t cap;
	useconds_t lead;
};

FIXTURE_VARIANT_ADD(busy, jumps) { .load = at_jumps };
FIXTURE_VARIANT_ADD(busy, heaviest) { .load = at_heaviest };
FIXTURE_VARIANT_ADD(busy, long_helpers) { .load = at_long_helpers };
FIXTURE_VARIANT_ADD(busy, short_helpers) { .load = at_short_helpers };
FIXTURE_VARIANT_ADD(busy, long_arrays) { .load = at_long_arrays };
/* Pages are given back before anything is answered: 100 MiB, not all there are. */
FIXTURE_VARIANT_ADD(busy, touches) {
	.load = at_touches, .cap = 700 * MIB, .lead = 25000 };

FIXTURE_SETUP(busy)
{
	self->job = (struct job) {
		.fd = memory_file("x", 1),
		.lambda = variant->load(),
		.count = 1,
		.cap = variant->cap ?: 8,
		.lead = variant->lead,
	};
	ASSERT_LE(0, self->job.fd);
	ASSERT_LE(0, self->job.lambda);
}

FIXTURE_TEARDOWN(busy)
{
	close(self->job.fd);
	close(self->job.lambda);
}

#define EXPECT_SOON(way) do {						\
	pid_t _pid = job_begin(&self->job);				\
	pid_t _gone = waitpid(_pid, NULL, WNOHANG);			\
	double _late = _gone ? NEVER : way;				\
									\
	TH_LOG("after %.1f ms", _late * 1e3);				\
	EXPECT_GT(soon(), _late);					\
	thaw_group();								\
	job_kill(_pid);							\
} while (0)

TEST_F(busy, stops)
{
	EXPECT_SOON(stop(_pid));
}

TEST_F(busy, is_interrupted_by_a_tracer)
{
	EXPECT_SOON(interrupt(_pid));
}

TEST_F(busy, is_attached_to)
{
	EXPECT_SOON(attach(_pid));
}

TEST_F(busy, freezes_with_its_group)
{
	EXPECT_SOON(freeze_group(_pid));
}

TEST_F(busy, runs_a_handler)
{
	self->job.prepare = alarm_restart;
	EXPECT_SOON(handled());
}

TEST_F(busy, is_told_of_its_time)
{
	self->job.prepare = cpu_alarm;
	EXPECT_SOON(handled());
}

TEST_F(busy, does_task_work)
{
	ASSERT_TRUE(ring_begin());
	self->job.prepare = poll_by_ring;
	EXPECT_SOON(completion());
	ring_end();
}

TEST_F(busy, lets_others_run)
{
	EXPECT_SOON(turn());
}

TEST(is_held_to_its_time)
{
	const struct job job = {
		.fd = memory_file("x", 1), .lambda = at_long_helpers(),
		.count = 1, .cap = 8, .prepare = cpu_limit };
	pid_t pid;

	ASSERT_LE(0, job.lambda);
	pid = job_begin(&job);
	EXPECT_GT(soon(), handled());
	job_kill(pid);
	close(job.fd);
	close(job.lambda);
}

/* What comes of a request */

FIXTURE(request) {
	struct job job;
};

FIXTURE_VARIANT(request) {
	bool write;
};

FIXTURE_VARIANT_ADD(request, read) { .write = false };
FIXTURE_VARIANT_ADD(request, write) { .write = true };

#define HALF_A_SECOND	150000000	/* of counting, more or less */

/* Counts, then gives 42. */
static int countdown(__u64 turns)
{
	const struct bpf_insn p[] = {
		LD64(R2, turns),
		ADDI(R2, -1),
		JMPI(BPF_JNE, R2, 0, -2),
		MOVI(R3, 42),
		OUTPUT_U64(R3),
	};

	return handle_budget(p, ARRAY_SIZE(p), FOREVER);
}

FIXTURE_SETUP(request)
{
	self->job = (struct job) {
		.fd = memory_file("........", 8),
		.lambda = countdown(HALF_A_SECOND),
		.count = 1,
		.cap = 8,
		.write = variant->write,
	};
	ASSERT_LE(0, self->job.fd);
	ASSERT_LE(0, self->job.lambda);
}

FIXTURE_TEARDOWN(request)
{
	close(self->job.fd);
	close(self->job.lambda);
}

/* Where the output goes. */
static bool output_is(const struct job *j, const char *text)
{
	char got[9] = "";

	if (j->write && pread(j->fd, got, 8, 0) != 8)
		return false;
	return !memcmp(j->write ? got : told->buf, text, 8);
}

#define EXPECT_UNCHANGED()						\
	EXPECT_TRUE(output_is(&self->job, "........"))

#define EXPECT_DONE(pid) do {						\
	EXPECT_TRUE(job_ends(pid));					\
	EXPECT_EQ(8, told->ret);					\
	EXPECT_EQ(LAMBDA_STATUS_OK, told->io.result.status);		\
	EXPECT_EQ(8, told->io.result.out_len);				\
	EXPECT_LT(HALF_A_SECOND - 2, told->io.result.budget_used);		\
	EXPECT_TRUE(output_is(&self->job, "*\0\0\0\0\0\0"));		\
} while (0)

TEST_F(request, begins_anew_when_continued)
{
	pid_t pid = job_begin(&self->job);

	EXPECT_GT(NEVER, stop(pid));
	EXPECT_UNCHANGED();
	EXPECT_EQ(LAMBDA_STATUS_KILLED, told->io.result.status);
	kill(pid, SIGCONT);
	EXPECT_DONE(pid);
}

TEST_F(request, begins_anew_without_its_tracer)
{
	pid_t pid = job_begin(&self->job);

	EXPECT_GT(NEVER, attach(pid));
	EXPECT_UNCHANGED();
	ptrace(PTRACE_DETACH, pid, 0, 0);
	EXPECT_DONE(pid);
}

/* A group takes longer to make than a signal, on a busy machine. */
TEST_F(request, begins_anew_when_thawed)
{
	pid_t pid;

	close(self->job.lambda);
	self->job.lambda = countdown(4 * HALF_A_SECOND);
	ASSERT_LE(0, self->job.lambda);
	pid = job_begin(&self->job);
	EXPECT_GT(NEVER, freeze_group(pid));
	EXPECT_UNCHANGED();
	thaw_group();
	EXPECT_DONE(pid);
}

TEST_F(request, begins_anew_after_a_handler)
{
	pid_t pid;

	self->job.prepare = alarm_restart;
	pid = job_begin(&self->job);
	EXPECT_DONE(pid);
	EXPECT_EQ(1, told->handlers);
}

/* Which is no signal: nobody hears of it. */
TEST_F(request, begins_anew_after_task_work)
{
	pid_t pid;

	ASSERT_TRUE(ring_begin());
	self->job.prepare = poll_by_ring;
	pid = job_begin(&self->job);
	EXPECT_GT(NEVER, completion());
	EXPECT_UNCHANGED();
	EXPECT_DONE(pid);
	ring_end();
}

TEST_F(request, ends_after_a_handler_that_says_so)
{
	pid_t pid;

	self->job.prepare = alarm_eintr;
	pid = job_begin(&self->job);
	EXPECT_TRUE(job_ends(pid));
	EXPECT_EQ(1, told->handlers);
	EXPECT_EQ(-1, told->ret);
	EXPECT_EQ(EINTR, told->err);
	EXPECT_EQ(LAMBDA_STATUS_KILLED, told->io.result.status);
	EXPECT_EQ(0, told->io.result.out_len);
	EXPECT_UNCHANGED();
}

/* Each of the signals would be the end of it. */
TEST_F(request, has_an_end_in_a_storm_of_signals)
{
	pid_t pid;

	self->job.prepare = alarm_storm;
	pid = job_begin(&self->job);
	EXPECT_DONE(pid);
	EXPECT_LT(3, told->handlers);
}

TEST_F(request, has_an_end_in_a_storm_of_stops)
{
	pid_t pid = job_begin(&self->job);
	int status;

	while (!waitpid(pid, &status, WNOHANG)) {
		kill(pid, SIGSTOP);
		usleep(1000);
		kill(pid, SIGCONT);
		usleep(10000);
	}
	EXPECT_TRUE(WIFEXITED(status));
	EXPECT_EQ(8, told->ret);
	EXPECT_TRUE(output_is(&self->job, "*\0\0\0\0\0\0"));
}

/*
 * All that freezes for a suspend has to, or there is none: the kernel gives up
 * after 20 s (/sys/power/pm_freeze_timeout). How long it takes is not asked,
 * for it writes all filesystems back before.
 */
TEST(freezes_with_the_system)
{
	const struct job job = {
		.fd = memory_file("x", 1), .lambda = at_long_helpers(),
		.count = 1, .cap = 8 };
	pid_t pid;

	if (access("/sys/power/pm_test", W_OK))
		SKIP(return, "the kernel was built without PM_DEBUG");
	ASSERT_LE(0, job.lambda);
	pid = job_begin(&job);
	ASSERT_TRUE(put_text("/sys/power/pm_test", "freezer"));
	put_text("/sys/module/suspend/parameters/pm_test_delay", "1");
	EXPECT_TRUE(put_text("/sys/power/state", "freeze"));
	EXPECT_EQ(0, waitpid(pid, NULL, WNOHANG));
	put_text("/sys/power/pm_test", "none");
	job_kill(pid);
	close(job.fd);
	close(job.lambda);
}

/*
 * Some of the λs here have more pages than a user may, on a machine of the size
 * that tests have.
 */
static long pages_before;
static pid_t main_pid;

static void __attribute__((constructor)) before_tests(void)
{
	main_pid = getpid();
	pages_before = sysctl_read(USER_PAGES);
	sysctl_write(USER_PAGES, 1024 * MIB / 4096);
}

static void __attribute__((destructor)) after_tests(void)
{
	if (getpid() == main_pid)
		sysctl_write(USER_PAGES, pages_before);
}

TEST_HARNESS_MAIN
