// SPDX-License-Identifier: GPL-2.0-only
/*
 * A λ that does not end is still a process like any other: it can be killed,
 * stopped and continued, and lets others run, without kernel preemption too.
 */
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>

#include "common.h"
#include "harness.h"

#define FOREVER	SBPF_BUDGET_MAX
/* Milliseconds, but for machines that are emulated and busy. */
#define SOON	5.0

static void on_one_cpu(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

/* Runs a λ in a child, which says over a pipe that it is about to. */
static pid_t spawn(int lambda)
{
	int ready[2];
	pid_t pid;
	char c;

	if (pipe(ready))
		return -1;
	pid = fork();
	if (!pid) {
		struct lambda_io io;
		__u64 result = 0;

		write(ready[1], "", 1);
		/* Only a λ that ends gets here; 42 is what it has to say. */
		_exit(run_plain(lambda, &result, &io) == 8 && result == 42 ?
		      0 : 1);
	}
	read(ready[0], &c, 1);
	close(ready[0]);
	close(ready[1]);
	/* Long enough to be in it. */
	usleep(200000);
	return pid;
}

/* How long a child in @lambda lives on after @sig. */
static double survives(int lambda, int sig)
{
	pid_t pid = spawn(lambda);
	double from = now();
	int status;

	if (pid < 0 || waitpid(pid, &status, WNOHANG))
		return 1e9;
	kill(pid, sig);
	if (waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status) ||
	    WTERMSIG(status) != sig)
		return 1e9;
	return now() - from;
}

#define EXPECT_KILLABLE(p, sig) do {					\
	int _lambda = handle_budget(p, ARRAY_SIZE(p), FOREVER);		\
									\
	ASSERT_LE(0, _lambda);						\
	EXPECT_GT(SOON, survives(_lambda, sig));				\
	close(_lambda);							\
} while (0)

TEST(jump_to_itself)
{
	const struct bpf_insn p[] = { GOTO(-1) };

	EXPECT_KILLABLE(p, SIGKILL);
	EXPECT_KILLABLE(p, SIGTERM);
	/* These dump core, which takes another way through the kernel. */
	EXPECT_KILLABLE(p, SIGQUIT);
	EXPECT_KILLABLE(p, SIGABRT);
}

TEST(long_jump_to_itself)
{
	const struct bpf_insn p[] = { GOTOL(-1) };

	EXPECT_KILLABLE(p, SIGKILL);
}

TEST(conditional_jump_to_itself)
{
	const struct bpf_insn p[] = {
		MOVI(R0, 0), JMPI(BPF_JEQ, R0, 0, -1), EXIT() };

	EXPECT_KILLABLE(p, SIGKILL);
}

TEST(busy_loop_in_a_callee)
{
	const struct bpf_insn p[] = {
		CALL_LOCAL(1),
		EXIT(),
		MOVI(R0, 0),
		ADDI(R0, 1),
		STX(BPF_DW, R10, -8, R0),
		GOTO(-3),
	};

	EXPECT_KILLABLE(p, SIGKILL);
}

/* The longest body a loop can have: few jumps, each a long time apart. */
TEST(largest_loop)
{
	struct bpf_insn *p = calloc(SBPF_INSNS_MAX, sizeof(*p));
	int lambda;
	size_t i;

	ASSERT_NE(NULL, p);
	p[0] = MOVI(R0, 1);
	for (i = 1; i < SBPF_INSNS_MAX - 1; i++)
		p[i] = ADDI(R0, 3);
	p[i] = GOTOL(-(int)SBPF_INSNS_MAX);
	lambda = handle_budget(p, SBPF_INSNS_MAX, FOREVER);
	ASSERT_LE(0, lambda);
	EXPECT_GT(SOON, survives(lambda, SIGKILL));
}

/* Calls cost nothing, so weight must bound what is between two jumps. */
TEST(heaviest_loop)
{
	enum { OWN = 1024, CALLS = 31, LEAF = 1024 };
	struct bpf_insn *p = calloc(3 * OWN, sizeof(*p));
	int lambda;
	size_t i;

	ASSERT_NE(NULL, p);
	/* 31 calls on each of two levels: 31 * 31 leaves of 1024. */
	for (i = 0; i < OWN; i++) {
		p[i] = i < CALLS ? CALL_LOCAL(OWN - 1 - i) : MOVI(R0, 0);
		p[OWN + i] = p[i];
		p[2 * OWN + i] = ALUI(BPF_MOV, R0, i);
	}
	p[OWN - 1] = GOTO(-OWN);
	p[2 * OWN - 1] = EXIT();
	p[3 * OWN - 1] = EXIT();
	lambda = handle_budget(p, 3 * OWN, FOREVER);
	ASSERT_LE(0, lambda);
	EXPECT_GT(SOON, survives(lambda, SIGKILL));
}

/* A helper that works for long by itself. */
TEST(long_helpers)
{
	const struct lambda_load_attr attr = {
		.heap_len = 64 * MIB, .budget = FOREVER,
		.flags = LAMBDA_ATTR_BUDGET };
	const struct bpf_insn p[] = {
		LD64(R1, SBPF_HEAP_BASE),
		MOVI(R2, 0),
		MOVI(R3, 64 * MIB),
		CALL(SBPF_HELPER_MEMSET),
		GOTO(-6),
	};
	int lambda = handle_attr(p, ARRAY_SIZE(p), &attr);

	ASSERT_LE(0, lambda);
	EXPECT_GT(SOON, survives(lambda, SIGKILL));
}

/* The result of a request that was killed, for those who share its memory. */
TEST(status_of_the_killed)
{
	const struct bpf_insn p[] = { GOTO(-1) };
	int lambda = handle_budget(p, ARRAY_SIZE(p), FOREVER);
	struct lambda_io *io = mmap(NULL, sizeof(*io), PROT_READ | PROT_WRITE,
				    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int fd = memory_file("as it was", 9);
	char text[16] = {};
	pid_t pid;

	ASSERT_LE(0, lambda);
	ASSERT_NE(MAP_FAILED, io);
	*io = io_for(100, NULL, 0);
	pid = fork();
	if (!pid) {
		lambda_pwrite(fd, "x", 1, 0, lambda, io);
		_exit(1);
	}
	/* The first thing that a request does is to say so. */
	while (__atomic_load_n(&io->result.status, __ATOMIC_RELAXED) !=
	       LAMBDA_STATUS_NOT_RUN)
		usleep(1000);
	usleep(200000);
	EXPECT_EQ(LAMBDA_STATUS_NOT_RUN, io->result.status);
	kill(pid, SIGKILL);
	EXPECT_EQ(pid, waitpid(pid, NULL, 0));
	EXPECT_EQ(LAMBDA_STATUS_KILLED, io->result.status);
	EXPECT_EQ(1, io->result.in_len);
	EXPECT_EQ(0, io->result.out_len);
	EXPECT_EQ(9, pread(fd, text, sizeof(text), 0));
	EXPECT_STREQ("as it was", text);
}

/* The time that a λ takes is its caller's, and ends with it. */
TEST(processor_time_limit)
{
	const struct bpf_insn p[] = { GOTO(-1) };
	int status, lambda = handle_budget(p, ARRAY_SIZE(p), FOREVER);
	const struct rlimit limit = { 1, 2 };
	double from = now();
	pid_t pid = fork();

	ASSERT_LE(0, lambda);
	if (!pid) {
		struct lambda_io io;
		__u64 result;

		setrlimit(RLIMIT_CPU, &limit);
		run_plain(lambda, &result, &io);
		_exit(1);
	}
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	/* At the soft limit or, at the latest, at the hard one. */
	EXPECT_TRUE(WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL);
	EXPECT_LT(0.9, now() - from);
}

/* On the one CPU that both have, the parent gets its turn. */
TEST(others_run)
{
	const struct bpf_insn p[] = { GOTO(-1) };
	int lambda = handle_budget(p, ARRAY_SIZE(p), FOREVER);
	double from;
	pid_t pid;
	int i;

	ASSERT_LE(0, lambda);
	on_one_cpu();
	pid = spawn(lambda);
	ASSERT_LT(0, pid);
	from = now();
	for (i = 0; i < 20; i++)
		usleep(1000);
	EXPECT_GT(4.0, now() - from);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* Some seconds of counting, even emulated, then 42. */
static const struct bpf_insn countdown[] = {
	LD64(R2, 300000000),
	ADDI(R2, -1),
	JMPI(BPF_JNE, R2, 0, -2),
	MOVI(R3, 42),
	OUTPUT_U64(R3),
};

TEST(stopped_and_continued)
{
	int lambda = handle_budget(countdown, ARRAY_SIZE(countdown), FOREVER);
	pid_t pid = spawn(lambda);
	int status;

	ASSERT_LT(0, pid);
	kill(pid, SIGSTOP);
	EXPECT_EQ(pid, waitpid(pid, &status, WUNTRACED));
	EXPECT_TRUE(WIFSTOPPED(status));
	usleep(100000);
	EXPECT_EQ(0, waitpid(pid, &status, WNOHANG));
	kill(pid, SIGCONT);
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFEXITED(status));
	EXPECT_EQ(0, WEXITSTATUS(status));
}

static sig_atomic_t alarms;

static void on_alarm(int sig)
{
	alarms++;
}

/* A signal with a handler does not end a request. */
TEST(handled_signals)
{
	const struct itimerval every_10_ms = { { 0, 10000 }, { 0, 10000 } };
	int lambda = handle_budget(countdown, ARRAY_SIZE(countdown), FOREVER);
	struct lambda_io io;
	__u64 result = 0;

	ASSERT_LE(0, lambda);
	signal(SIGALRM, on_alarm);
	setitimer(ITIMER_REAL, &every_10_ms, NULL);
	EXPECT_EQ(8, run_plain(lambda, &result, &io));
	EXPECT_EQ(42, result);
	EXPECT_LT(0, alarms);
}

/* More of them than CPUs. */
TEST(many_at_a_time)
{
	const struct bpf_insn p[] = { GOTO(-1) };
	int lambda = handle_budget(p, ARRAY_SIZE(p), FOREVER);
	pid_t pids[16];
	double from;
	int i;

	ASSERT_LE(0, lambda);
	for (i = 0; i < 16; i++)
		pids[i] = spawn(lambda);
	from = now();
	for (i = 0; i < 16; i++)
		kill(pids[i], SIGKILL);
	for (i = 0; i < 16; i++)
		EXPECT_EQ(pids[i], waitpid(pids[i], NULL, 0));
	EXPECT_GT(5.0, now() - from);
}

TEST_HARNESS_MAIN
