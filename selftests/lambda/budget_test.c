// SPDX-License-Identifier: GPL-2.0-only
/*
 * Budgets are exact: a program that takes N backward jumps ends well with a
 * budget of N and over budget with N - 1, whatever kind of jumps they are.
 */
#include "common.h"
#include "harness.h"

/* Runs a λ with @n as its argument; returns the status. */
static __u32 status_with(const struct bpf_insn *insns, size_t nr,
			 const struct lambda_load_attr *attr, __u64 n)
{
	int lambda = handle_attr(insns, nr, attr);
	struct lambda_io io = io_for(8, &n, sizeof(n));
	int fd = memory_file("x", 1);
	__u64 out;

	if (lambda < 0 || fd < 0)
		return 0xbad;
	lambda_pread(fd, &out, 1, 0, lambda, &io);
	close(fd);
	close(lambda);
	return io.result.status;
}

static __u32 status_of(const struct bpf_insn *insns, size_t nr, __u64 budget,
		       __u64 n)
{
	const struct lambda_load_attr attr = {
		.flags = LAMBDA_ATTR_BUDGET, .budget = budget };

	return status_with(insns, nr, &attr, n);
}

/* With argument @n the program costs @cost, no more and no less. */
#define EXPECT_COST(cost, p, n) do {					\
	const __u64 _cost = (cost);					\
									\
	EXPECT_EQ(LAMBDA_STATUS_OK,					\
		  status_of(p, ARRAY_SIZE(p), _cost, n));		\
	EXPECT_EQ(LAMBDA_STATUS_OK,					\
		  status_of(p, ARRAY_SIZE(p), _cost + 1, n));		\
	if (_cost) {							\
		EXPECT_EQ(LAMBDA_STATUS_OVER_BUDGET,			\
			  status_of(p, ARRAY_SIZE(p), _cost - 1, n));	\
		EXPECT_EQ(LAMBDA_STATUS_OVER_BUDGET,			\
			  status_of(p, ARRAY_SIZE(p), 0, n));		\
	}								\
} while (0)

/* R6 = the argument. */
#define ARGUMENT()							\
	CTX(R6, R1, args),						\
	LDX(BPF_DW, R6, R6, 0)

/* Takes as many jumps back as its argument says. */
static const struct bpf_insn countdown[] = {
	ARGUMENT(),
	ADDI(R6, -1),
	JMPI(BPF_JNE, R6, 0, -2),
	MOVI(R0, 0),
	EXIT(),
};

static const __u64 counts[] = { 1, 2, 3, 10, 255, 4096, 100000 };

#define EXPECT_COST_IS_COUNT(p) do {					\
	size_t _i;							\
									\
	for (_i = 0; _i < ARRAY_SIZE(counts); _i++)			\
		EXPECT_COST(counts[_i], p, counts[_i]);			\
} while (0)

TEST(straight_line)
{
	const struct bpf_insn p[] = { MOVI(R0, 0), EXIT() };

	EXPECT_COST(0, p, 0);
}

TEST(forward_jumps_are_free)
{
	const struct bpf_insn p[] = {
		MOVI(R0, 0),
		GOTO(0),
		JMPI(BPF_JEQ, R0, 0, 0),
		JMPI32(BPF_JEQ, R0, 0, 1),
		EXIT(),
		GOTOL(0),
		EXIT(),
	};

	EXPECT_COST(0, p, 0);
}

/* Each jump counts, also the last one, which is not taken. */
TEST(conditional_loop)
{
	EXPECT_COST_IS_COUNT(countdown);
}

TEST(conditional_loop_with_registers)
{
	const struct bpf_insn p[] = {
		ARGUMENT(),
		MOVI(R7, 0),
		ADDI(R7, 1),
		JMP(BPF_JLT, R7, R6, -2),
		MOVI(R0, 0),
		EXIT(),
	};

	EXPECT_COST_IS_COUNT(p);
}

TEST(conditional_loop_32)
{
	const struct bpf_insn p[] = {
		ARGUMENT(),
		MOVI(R7, 0),
		ADDI(R7, 1),
		JMP32(BPF_JSLT, R7, R6, -2),
		MOVI(R0, 0),
		EXIT(),
	};

	EXPECT_COST_IS_COUNT(p);
}

TEST(goto_back)
{
	const struct bpf_insn p[] = {
		ARGUMENT(),
		MOVI(R0, 0),
		JMPI(BPF_JEQ, R6, 0, 2),
		ADDI(R6, -1),
		GOTO(-3),
		EXIT(),
	};

	EXPECT_COST_IS_COUNT(p);
}

TEST(long_goto_back)
{
	const struct bpf_insn p[] = {
		ARGUMENT(),
		MOVI(R0, 0),
		JMPI(BPF_JEQ, R6, 0, 2),
		ADDI(R6, -1),
		GOTOL(-3),
		EXIT(),
	};

	EXPECT_COST_IS_COUNT(p);
}

/* A jump to itself that is never taken costs one all the same. */
TEST(jump_to_itself_not_taken)
{
	const struct bpf_insn p[] = {
		MOVI(R0, 0),
		JMPI(BPF_JNE, R0, 0, -1),
		JMPI32(BPF_JNE, R0, 0, -1),
		JMP(BPF_JNE, R0, R0, -3),
		EXIT(),
	};

	EXPECT_COST(3, p, 0);
}

TEST(nested_loops)
{
	const struct bpf_insn p[] = {
		ARGUMENT(),
		MOVI(R7, 20),
		MOV(R8, R6),
		ADDI(R8, -1),
		JMPI(BPF_JNE, R8, 0, -2),
		ADDI(R7, -1),
		JMPI(BPF_JNE, R7, 0, -5),
		MOVI(R0, 0),
		EXIT(),
	};

	EXPECT_COST(20 * 1 + 20, p, 1);
	EXPECT_COST(20 * 777 + 20, p, 777);
}

/* Two pieces of code that take turns: forth is free, back is not. */
TEST(mutual_loops)
{
	const struct bpf_insn p[] = {
		ARGUMENT(),
		MOVI(R0, 0),
		/* ping */
		ADDI(R6, -1),
		JMPI(BPF_JEQ, R6, 0, 3),
		GOTO(1),
		EXIT(),
		/* pong */
		JMPI(BPF_JNE, R6, 0, -5),
		GOTO(-3),
	};

	/* n - 1 times from pong to ping, and once back to EXIT. */
	EXPECT_COST(1, p, 1);
	EXPECT_COST(100, p, 100);
}

/* Calls and returns cost nothing; what a callee loops counts. */
TEST(calls)
{
	const struct bpf_insn p[] = {
		ARGUMENT(),
		MOV(R1, R6),
		CALL_LOCAL(5),
		MOV(R1, R6),
		CALL_LOCAL(3),
		MOVI(R0, 0),
		CALL_LOCAL(5),
		EXIT(),
		/* loops R1 times */
		MOVI(R0, 0),
		ADDI(R1, -1),
		JMPI(BPF_JNE, R1, 0, -2),
		EXIT(),
		/* does nothing */
		MOVI(R0, 0),
		EXIT(),
	};

	EXPECT_COST(2, p, 1);
	EXPECT_COST(2000, p, 1000);
}

/* 1 + length / 64; of searches see search_test.c. */
TEST(helpers)
{
	const struct bpf_insn p[] = {
		ARGUMENT(),
		LD64(R1, SBPF_HEAP_BASE),
		MOVI(R2, 0),
		MOV(R3, R6),
		CALL(SBPF_HELPER_MEMSET),
		MOVI(R0, 0),
		EXIT(),
	};
	static const __u64 lens[] = { 0, 1, 63, 64, 65, 127, 128, 4096, 65535 };
	struct lambda_load_attr attr = {
		.flags = LAMBDA_ATTR_BUDGET, .heap_len = 65536 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		attr.budget = lens[i] / SBPF_HELPER_GRAIN;
		EXPECT_EQ(LAMBDA_STATUS_OVER_BUDGET,
			  status_with(p, ARRAY_SIZE(p), &attr, lens[i]));
		attr.budget++;
		EXPECT_EQ(LAMBDA_STATUS_OK,
			  status_with(p, ARRAY_SIZE(p), &attr, lens[i]));
		attr.budget++;
		EXPECT_EQ(LAMBDA_STATUS_OK,
			  status_with(p, ARRAY_SIZE(p), &attr, lens[i]));
	}
}

/* A loop with a helper in it: both charges come out of one purse. */
TEST(helpers_in_a_loop)
{
	const struct bpf_insn p[] = {
		ARGUMENT(),
		LD64(R1, SBPF_OUT_BASE),
		MOVI(R2, 7),
		MOVI(R3, 640),
		CALL(SBPF_HELPER_MEMSET),
		ADDI(R6, -1),
		JMPI(BPF_JNE, R6, 0, -7),
		MOVI(R0, 0),
		EXIT(),
	};

	EXPECT_COST(12, p, 1);
	EXPECT_COST(12 * 5000, p, 5000);
}

/* while (1), in every form there is, with budgets that run out. */
TEST(endless)
{
	const struct bpf_insn self[] = { GOTO(-1) };
	const struct bpf_insn self_long[] = { GOTOL(-1) };
	const struct bpf_insn self_if[] = {
		MOVI(R0, 0), JMPI(BPF_JEQ, R0, 0, -1), EXIT() };
	const struct bpf_insn self_if32[] = {
		MOVI(R0, 0), JMPI32(BPF_JEQ, R0, 0, -1), EXIT() };
	const struct bpf_insn pair[] = { GOTO(0), GOTO(-2) };
	const struct bpf_insn called[] = {
		CALL_LOCAL(1), EXIT(), MOVI(R0, 0), GOTOL(-1) };
	const struct { const struct bpf_insn *p; size_t nr; } all[] = {
		{ self, ARRAY_SIZE(self) }, { self_long, ARRAY_SIZE(self_long) },
		{ self_if, ARRAY_SIZE(self_if) },
		{ self_if32, ARRAY_SIZE(self_if32) },
		{ pair, ARRAY_SIZE(pair) }, { called, ARRAY_SIZE(called) },
	};
	static const __u64 budgets[] = { 0, 1, 2, 1000, 1 << 20, 3 << 20 };
	size_t i, k;

	for (i = 0; i < ARRAY_SIZE(all); i++)
		for (k = 0; k < ARRAY_SIZE(budgets); k++)
			EXPECT_EQ(LAMBDA_STATUS_OVER_BUDGET,
				  status_of(all[i].p, all[i].nr, budgets[k],
					    0));
}

/* Around the quantum after which a run looks up, whatever its size. */
TEST(across_quanta)
{
	__u64 n;

	for (n = (1 << 18) - 2; n <= (1 << 18) + 2; n++)
		EXPECT_COST(n, countdown, n);
	EXPECT_COST((1 << 20) / 6, countdown, (1 << 20) / 6);
	EXPECT_COST((1 << 20) / 6 * 3 + 1, countdown, (1 << 20) / 6 * 3 + 1);
}

/* Without a budget of its own: 2^24, or 64 for each byte of input. */
TEST(default_budget)
{
	static const struct { size_t count; __u64 budget; } cases[] = {
		{ 1, 1 << 24 }, { 1 << 18, 1 << 24 },
		{ (1 << 18) + 1, (1 << 24) + 64 },
	};
	size_t max = (1 << 18) + 1, i;
	char *out = calloc(1, max);
	int fd = memory_file(out, max), lambda = HANDLE(countdown);

	ASSERT_LE(0, lambda);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		__u64 n = cases[i].budget;
		struct lambda_io io = io_for(8, &n, 8);

		EXPECT_EQ(0, lambda_pread(fd, out, cases[i].count, 0, lambda,
					  &io));
		n++;
		EXPECT_EQ(-1, lambda_pread(fd, out, cases[i].count, 0, lambda,
					   &io));
		EXPECT_EQ(LAMBDA_STATUS_OVER_BUDGET, io.result.status);
	}
}

TEST(largest_budget)
{
	const struct bpf_insn p[] = { MOVI(R0, 0), EXIT() };
	struct lambda_io io;
	__u64 out;
	int lambda;

	lambda = handle_budget(p, ARRAY_SIZE(p), SBPF_BUDGET_MAX);
	ASSERT_LE(0, lambda);
	EXPECT_EQ(0, run_plain(lambda, &out, &io));
	EXPECT_EQ(-1, handle_budget(p, ARRAY_SIZE(p), SBPF_BUDGET_MAX + 1));
	EXPECT_EQ(EINVAL, errno);
}

TEST_HARNESS_MAIN
