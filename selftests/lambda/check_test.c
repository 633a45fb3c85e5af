// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the load-time check says about the flow of a program: registers that
 * may be unwritten, jumps and calls that lead nowhere good, and its limits.
 */
#include <time.h>

#include "common.h"
#include "harness.h"

static bool refused(const struct bpf_insn *insns, size_t nr)
{
	int fd = prog_load(insns, nr);

	if (fd < 0)
		return errno == EINVAL && strlen(lambda_log) > 10;
	close(fd);
	return false;
}

static bool accepted(const struct bpf_insn *insns, size_t nr)
{
	int fd = prog_load(insns, nr);

	if (fd < 0) {
		fprintf(stderr, "# refused: %s\n", lambda_log);
		return false;
	}
	close(fd);
	return true;
}

/* Each is one program; a refusal means EINVAL and a sentence in the log. */
#define EXPECT_REFUSED(...)						\
	EXPECT_TRUE(refused((struct bpf_insn[]) { __VA_ARGS__ },	\
		    sizeof((struct bpf_insn[]) { __VA_ARGS__ }) / 8))
#define EXPECT_ACCEPTED(...)						\
	EXPECT_TRUE(accepted((struct bpf_insn[]) { __VA_ARGS__ },	\
		    sizeof((struct bpf_insn[]) { __VA_ARGS__ }) / 8))

/* Registers */

TEST(unwritten_at_entry)
{
	int reg;

	EXPECT_ACCEPTED(MOV(R0, R1), EXIT());
	EXPECT_ACCEPTED(MOV(R0, R10), EXIT());
	for (reg = R0; reg <= R9; reg++)
		if (reg != R1)
			EXPECT_REFUSED(MOV(R6, reg), MOVI(R0, 0), EXIT());
	EXPECT_REFUSED(EXIT());
}

/* Every way in which an instruction can read a register. */
TEST(every_kind_of_read)
{
	EXPECT_REFUSED(MOVI(R0, 0), ADDI(R2, 1), EXIT());
	EXPECT_REFUSED(MOVI(R0, 0), ADD(R0, R2), EXIT());
	EXPECT_REFUSED(MOVI(R0, 0), ALUI(BPF_NEG, R2, 0), EXIT());
	EXPECT_REFUSED(MOVI(R0, 0), INSN(BPF_ALU64 | BPF_END, R2, 0, 0, 16),
		       EXIT());
	EXPECT_REFUSED(MOVI(R0, 0), ALU32(BPF_MOV, R3, R2), EXIT());
	EXPECT_REFUSED(MOVI(R0, 0), LDX(BPF_B, R3, R2, 0), EXIT());
	EXPECT_REFUSED(MOVI(R0, 0), LDSX(BPF_B, R3, R2, 0), EXIT());
	EXPECT_REFUSED(MOVI(R0, 0), ST(BPF_B, R2, 0, 0), EXIT());
	EXPECT_REFUSED(MOVI(R0, 0), STX(BPF_B, R2, 0, R1), EXIT());
	EXPECT_REFUSED(MOVI(R0, 0), STX(BPF_B, R10, -8, R2), EXIT());
	EXPECT_REFUSED(MOVI(R0, 0), JMPI(BPF_JEQ, R2, 0, 0), EXIT());
	EXPECT_REFUSED(MOVI(R0, 0), JMP(BPF_JEQ, R1, R2, 0), EXIT());
	EXPECT_REFUSED(MOVI(R0, 0), JMP32(BPF_JSET, R2, R1, 0), EXIT());
	EXPECT_REFUSED(MOVI(R0, 0), JMPI32(BPF_JSLE, R2, 0, 0), EXIT());
}

TEST(written_on_one_path_only)
{
	/* Written where the jump is not taken. */
	EXPECT_REFUSED(JMPI(BPF_JEQ, R1, 0, 1), MOVI(R0, 1), EXIT());
	EXPECT_ACCEPTED(JMPI(BPF_JEQ, R1, 0, 2), MOVI(R0, 1), GOTO(1),
			MOVI(R0, 2), EXIT());
	/* Written in the body of a loop that is left before it. */
	EXPECT_REFUSED(JMPI(BPF_JEQ, R1, 0, 3), MOVI(R2, 1), ADDI(R1, -1),
		       GOTO(-4), MOV(R0, R2), EXIT());
	/* Known at a loop's head only by the way in, not by the way back. */
	EXPECT_REFUSED(MOVI(R2, 1), MOV(R6, R1), MOV(R0, R2), MOV(R1, R6),
		       MOVI(R2, 0), MOVI(R3, 8), CALL(SBPF_HELPER_MEMSET),
		       GOTO(-6));
}

TEST(arguments_after_helper_call)
{
	int reg;

	for (reg = R1; reg <= R5; reg++)
		EXPECT_REFUSED(LD64(R1, SBPF_OUT_BASE), MOVI(R2, 0),
			       MOVI(R3, 0), MOVI(R4, 0), MOVI(R5, 0),
			       CALL(SBPF_HELPER_MEMSET), MOV(R0, reg), EXIT());
	for (reg = R6; reg <= R9; reg++)
		EXPECT_ACCEPTED(MOVI(reg, 0), MOVI(R2, 0), MOVI(R3, 0),
				CALL(SBPF_HELPER_MEMSET), MOV(R0, reg), EXIT());
	EXPECT_ACCEPTED(MOVI(R2, 0), MOVI(R3, 0), CALL(SBPF_HELPER_MEMSET),
			EXIT());
}

/* A helper reads its arguments, memmem four of them. */
TEST(arguments_of_helper_call)
{
	EXPECT_REFUSED(MOVI(R2, 0), CALL(SBPF_HELPER_MEMSET), EXIT());
	EXPECT_REFUSED(MOVI(R3, 0), CALL(SBPF_HELPER_MEMSET), EXIT());
	EXPECT_REFUSED(MOVI(R2, 0), MOVI(R3, 0), CALL(SBPF_HELPER_MEMMEM),
		       EXIT());
	EXPECT_ACCEPTED(MOVI(R2, 0), MOVI(R3, 0), MOVI(R4, 0),
			CALL(SBPF_HELPER_MEMMEM), EXIT());
}

TEST(arguments_after_local_call)
{
	int reg;

	for (reg = R1; reg <= R5; reg++)
		EXPECT_REFUSED(MOVI(R1, 1), MOVI(R2, 1), MOVI(R3, 1),
			       MOVI(R4, 1), MOVI(R5, 1), CALL_LOCAL(2),
			       MOV(R0, reg), EXIT(),
			       MOVI(R0, 0), EXIT());
	for (reg = R6; reg <= R9; reg++)
		EXPECT_ACCEPTED(MOVI(reg, 0), CALL_LOCAL(2), MOV(R0, reg),
				EXIT(), MOVI(R0, 0), EXIT());
}

TEST(result_of_void_function)
{
	EXPECT_REFUSED(MOVI(R0, 0), CALL_LOCAL(1), EXIT(),
		       MOVI(R2, 1), EXIT());
	EXPECT_ACCEPTED(CALL_LOCAL(2), MOVI(R0, 0), EXIT(),
			MOVI(R2, 1), EXIT());
	/* Written on one of the callee's paths. */
	EXPECT_REFUSED(CALL_LOCAL(1), EXIT(),
		       JMPI(BPF_JEQ, R1, 0, 1), MOVI(R0, 1), EXIT());
	EXPECT_REFUSED(CALL_LOCAL(1), EXIT(),
		       JMPI(BPF_JEQ, R1, 0, 2), MOVI(R0, 1), EXIT(), EXIT());
	EXPECT_ACCEPTED(CALL_LOCAL(1), EXIT(),
			JMPI(BPF_JEQ, R1, 0, 2), MOVI(R0, 1), EXIT(),
			MOVI(R0, 2), EXIT());
	/* By way of the callee's callee. */
	EXPECT_ACCEPTED(CALL_LOCAL(1), EXIT(), CALL_LOCAL(1), EXIT(),
			MOVI(R0, 0), EXIT());
	EXPECT_REFUSED(CALL_LOCAL(1), EXIT(), CALL_LOCAL(1), EXIT(),
		       MOVI(R2, 0), EXIT());
}

/* A callee starts with what every one of its call sites has written. */
TEST(arguments_at_function_entry)
{
	EXPECT_ACCEPTED(MOVI(R2, 5), CALL_LOCAL(1), EXIT(),
			MOV(R0, R2), EXIT());
	EXPECT_REFUSED(CALL_LOCAL(1), EXIT(), MOV(R0, R2), EXIT());
	EXPECT_REFUSED(MOVI(R2, 5), CALL_LOCAL(3), MOVI(R1, 0),
		       CALL_LOCAL(1), EXIT(), MOV(R0, R2), EXIT());
	EXPECT_ACCEPTED(MOVI(R2, 5), CALL_LOCAL(4), MOVI(R1, 0), MOVI(R2, 6),
			CALL_LOCAL(1), EXIT(), MOV(R0, R2), EXIT());
}

/* The caller's R0 and R6-R9 are not the callee's to see. */
TEST(callee_saved_at_function_entry)
{
	int reg;

	EXPECT_REFUSED(MOVI(R0, 1), CALL_LOCAL(1), EXIT(), EXIT());
	for (reg = R6; reg <= R9; reg++)
		EXPECT_REFUSED(MOVI(reg, 1), CALL_LOCAL(1), EXIT(),
			       MOV(R0, reg), EXIT());
}

/* Jumps */

TEST(jumps_out_of_the_program)
{
	static const int offs[] = { 2, 3, 100, 32767, -3, -100, -32768 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(offs); i++) {
		EXPECT_REFUSED(MOVI(R0, 0), GOTO(offs[i]), EXIT());
		EXPECT_REFUSED(MOVI(R0, 0), GOTOL(offs[i]), EXIT());
		EXPECT_REFUSED(MOVI(R0, 0), JMPI(BPF_JEQ, R0, 0, offs[i]),
			       EXIT());
		EXPECT_REFUSED(MOVI(R0, 0), JMPI32(BPF_JEQ, R0, 0, offs[i]),
			       EXIT());
	}
	EXPECT_REFUSED(MOVI(R0, 0), GOTOL(0x7fffffff), EXIT());
	EXPECT_REFUSED(MOVI(R0, 0), GOTOL(0x80000000), EXIT());
	EXPECT_REFUSED(MOVI(R0, 0), GOTOL(0xffffffff - 5), EXIT());
	EXPECT_ACCEPTED(MOVI(R0, 0), GOTO(-2), EXIT());
}

TEST(jumps_into_wide_instruction)
{
	EXPECT_REFUSED(MOVI(R0, 0), GOTO(1), LD64(R2, 0), EXIT());
	EXPECT_REFUSED(MOVI(R0, 0), GOTOL(1), LD64(R2, 0), EXIT());
	EXPECT_REFUSED(MOVI(R0, 0), JMPI(BPF_JEQ, R0, 0, 1), LD64(R2, 0),
		       EXIT());
	EXPECT_REFUSED(LD64(R2, 0), MOVI(R0, 0), GOTO(-3), EXIT());
	EXPECT_ACCEPTED(MOVI(R0, 0), JMPI(BPF_JEQ, R0, 0, 2), LD64(R2, 0),
			EXIT());
	EXPECT_ACCEPTED(LD64(R2, 0), MOVI(R0, 0), JMPI(BPF_JEQ, R0, 1, -4),
			EXIT());
}

TEST(jumps_into_another_function)
{
	EXPECT_REFUSED(MOVI(R0, 0), CALL_LOCAL(3), JMPI(BPF_JEQ, R0, 0, 2),
		       MOVI(R0, 0), EXIT(),
		       MOVI(R0, 1), EXIT());
	EXPECT_REFUSED(MOVI(R0, 0), CALL_LOCAL(1), EXIT(),
		       MOVI(R0, 1), JMPI(BPF_JEQ, R0, 0, -3), EXIT());
}

TEST(falling_off_the_end)
{
	EXPECT_REFUSED(MOVI(R0, 0));
	EXPECT_REFUSED(MOVI(R0, 0), JMPI(BPF_JEQ, R0, 0, -2));
	EXPECT_REFUSED(MOVI(R0, 0), LD64(R2, 1));
	EXPECT_REFUSED(MOVI(R0, 0), EXIT(), INSN(BPF_LD | BPF_DW | BPF_IMM,
						 R2, 0, 0, 0));
	EXPECT_REFUSED(MOVI(R2, 0), MOVI(R3, 0), CALL(SBPF_HELPER_MEMSET));
	EXPECT_ACCEPTED(MOVI(R0, 0), GOTO(-2));
	EXPECT_ACCEPTED(MOVI(R0, 0), GOTO(1), EXIT(), GOTO(-2));
}

/* From one function's end into the next one's start. */
TEST(falling_into_the_next_function)
{
	EXPECT_REFUSED(CALL_LOCAL(2), MOVI(R0, 0), MOVI(R0, 0),
		       MOVI(R0, 0), EXIT());
	EXPECT_REFUSED(CALL_LOCAL(3), CALL_LOCAL(1), EXIT(),
		       MOVI(R0, 0), MOVI(R0, 0), EXIT());
}

/* Calls */

TEST(calls_to_nowhere)
{
	EXPECT_REFUSED(CALL_LOCAL(1), EXIT());
	EXPECT_REFUSED(CALL_LOCAL(100), EXIT());
	EXPECT_REFUSED(CALL_LOCAL(-3), MOVI(R0, 0), EXIT());
	EXPECT_REFUSED(CALL_LOCAL(0x7fffffff), EXIT());
	EXPECT_REFUSED(CALL_LOCAL(0x80000000), EXIT());
	EXPECT_REFUSED(CALL_LOCAL(2), EXIT(), LD64(R0, 0), EXIT());
}

TEST(recursion)
{
	EXPECT_REFUSED(CALL_LOCAL(-1), EXIT());
	EXPECT_REFUSED(CALL_LOCAL(1), EXIT(), CALL_LOCAL(-1), EXIT());
	EXPECT_REFUSED(CALL_LOCAL(1), EXIT(), CALL_LOCAL(-3), EXIT());
	/* Two that call each other; three in a ring. */
	EXPECT_REFUSED(CALL_LOCAL(1), EXIT(), CALL_LOCAL(1), EXIT(),
		       CALL_LOCAL(-3), EXIT());
	EXPECT_REFUSED(CALL_LOCAL(1), EXIT(), CALL_LOCAL(1), EXIT(),
		       CALL_LOCAL(1), EXIT(), CALL_LOCAL(-5), EXIT());
}

/* Code that nothing reaches may stand there, functions may not. */
TEST(unreachable_functions)
{
	EXPECT_ACCEPTED(MOVI(R0, 0), EXIT(), MOVI(R0, 1), EXIT());
	EXPECT_REFUSED(MOVI(R0, 0), EXIT(), CALL_LOCAL(-1), EXIT());
	EXPECT_REFUSED(MOVI(R0, 0), EXIT(), CALL_LOCAL(1), EXIT(),
		       CALL_LOCAL(-3), EXIT());
	/* A call makes a function reached, whether or not it is itself. */
	EXPECT_ACCEPTED(MOVI(R0, 0), EXIT(), CALL_LOCAL(1), EXIT(),
			MOVI(R0, 0), EXIT());
}

/* Through a register: callx, as clang writes a call of a function pointer. */
TEST(indirect_calls)
{
	EXPECT_REFUSED(MOVI(R2, 0),
		       INSN(BPF_JMP | BPF_CALL | BPF_X, 0, 0, 0, R2), EXIT());
	EXPECT_REFUSED(MOVI(R2, 0),
		       INSN(BPF_JMP | BPF_CALL | BPF_X, R2, 0, 0, 0), EXIT());
	EXPECT_REFUSED(MOVI(R2, 0), INSN(BPF_JMP | BPF_JA | BPF_X, R2, 0, 0, 0),
		       EXIT());
}

/* Limits */

/* A chain of @depth functions, each calling the next. */
static size_t call_chain(struct bpf_insn *p, int depth)
{
	size_t n = 0;

	while (--depth) {
		p[n++] = CALL_LOCAL(1);
		p[n++] = EXIT();
	}
	p[n++] = MOVI(R0, 0);
	p[n++] = EXIT();
	return n;
}

TEST(call_depth)
{
	struct bpf_insn p[32];

	EXPECT_TRUE(accepted(p, call_chain(p, SBPF_DEPTH_MAX)));
	EXPECT_TRUE(refused(p, call_chain(p, SBPF_DEPTH_MAX + 1)));
}

/* Depth is the longest way, whatever the order of functions. */
TEST(call_depth_by_the_longer_way)
{
	struct bpf_insn p[40] = { CALL_LOCAL(2), CALL_LOCAL(1), EXIT() };

	p[0] = CALL_LOCAL(2 + 2 * (SBPF_DEPTH_MAX - 2));
	EXPECT_TRUE(accepted(p, 3 + call_chain(p + 3, SBPF_DEPTH_MAX - 1)));
	p[0] = CALL_LOCAL(2 + 2 * (SBPF_DEPTH_MAX - 1));
	EXPECT_TRUE(refused(p, 3 + call_chain(p + 3, SBPF_DEPTH_MAX)));
}

TEST(number_of_functions)
{
	struct bpf_insn *p = calloc(4096, sizeof(*p));
	unsigned int funcs, i;

	ASSERT_NE(NULL, p);
	for (funcs = SBPF_FUNCS_MAX; funcs <= SBPF_FUNCS_MAX + 1; funcs++) {
		unsigned int calls = funcs - 1;

		for (i = 0; i < calls; i++)
			p[i] = CALL_LOCAL(calls + 2 * i - i);
		p[calls] = EXIT();
		for (i = 0; i < calls; i++) {
			p[calls + 1 + 2 * i] = MOVI(R0, 0);
			p[calls + 2 + 2 * i] = EXIT();
		}
		if (funcs == SBPF_FUNCS_MAX) {
			EXPECT_TRUE(accepted(p, 3 * calls + 1));
			continue;
		}
		/* bpf(2) itself has the same limit, and looks at it first. */
		EXPECT_EQ(-1, prog_load(p, 3 * calls + 1));
		EXPECT_EQ(E2BIG, errno);
		EXPECT_LT(10, strlen(lambda_log));
	}
}

TEST(number_of_instructions)
{
	struct bpf_insn *p = calloc(SBPF_INSNS_MAX + 1, sizeof(*p));
	size_t i;

	ASSERT_NE(NULL, p);
	for (i = 0; i < SBPF_INSNS_MAX; i++)
		p[i] = MOVI(R0, 0);
	p[SBPF_INSNS_MAX - 1] = EXIT();
	EXPECT_TRUE(accepted(p, SBPF_INSNS_MAX));
	p[SBPF_INSNS_MAX - 1] = MOVI(R0, 0);
	p[SBPF_INSNS_MAX] = EXIT();
	EXPECT_TRUE(refused(p, SBPF_INSNS_MAX + 1));
	EXPECT_EQ(-1, prog_load(p, 0));
}

/* A body of @len instructions ending in EXIT, with @calls to what follows it */
static void heavy_function(struct bpf_insn *p, int len, int calls)
{
	int i;

	for (i = 0; i < len; i++)
		p[i] = i < calls ? CALL_LOCAL(len - 1 - i) : MOVI(R0, 0);
	p[len - 1] = EXIT();
}

/*
 * The leaf weighs 1024, the middle 1024 + 31 leaves = 32768, the entry its own
 * length + 31 middles: with 32768 instructions just the limit, 2^20.
 */
TEST(weight)
{
	struct bpf_insn *p = calloc(65536, sizeof(*p));
	int own = SBPF_WEIGHT_MAX - 31 * 32768;

	ASSERT_NE(NULL, p);
	heavy_function(p, own, 31);
	heavy_function(p + own, 1024, 31);
	heavy_function(p + own + 1024, 1024, 0);
	EXPECT_TRUE(accepted(p, own + 2048));
	own++;
	heavy_function(p, own, 31);
	heavy_function(p + own, 1024, 31);
	heavy_function(p + own + 1024, 1024, 0);
	EXPECT_TRUE(refused(p, own + 2048));
}

/* Eight levels of 200 calls would weigh 10^18: nothing may overflow. */
TEST(weight_overflow)
{
	struct bpf_insn *p = calloc(8 * 1024, sizeof(*p));
	int level;

	ASSERT_NE(NULL, p);
	for (level = 0; level < 8; level++)
		heavy_function(p + level * 1024, 1024, level < 7 ? 1000 : 0);
	EXPECT_TRUE(refused(p, 8 * 1024));
}

/* Thousands of loops and as many jumps to one place stay linear. */
TEST(many_loops_load_quickly)
{
	struct bpf_insn *p = calloc(SBPF_INSNS_MAX, sizeof(*p));
	struct timespec from, to;
	size_t i;

	ASSERT_NE(NULL, p);
	p[0] = MOVI(R0, 0);
	for (i = 1; i < 100000; i++)
		p[i] = i % 3 ? ADDI(R0, 1) : JMPI(BPF_JGT, R0, 7, -3);
	p[i++] = EXIT();
	clock_gettime(CLOCK_MONOTONIC, &from);
	EXPECT_TRUE(accepted(p, i));
	clock_gettime(CLOCK_MONOTONIC, &to);
	/* Linear takes a second at most, emulated; quadratic takes an hour. */
	EXPECT_GT(30, to.tv_sec - from.tv_sec);
}

/* Attributes of the load itself */

TEST(prog_flags)
{
	const struct bpf_insn p[] = { MOVI(R0, 0), EXIT() };
	union bpf_attr attr;
	int bit;

	for (bit = 0; bit < 32; bit++) {
		prog_attr(&attr, p, ARRAY_SIZE(p));
		attr.prog_flags = 1u << bit;
		EXPECT_EQ(-1, bpf_call(BPF_PROG_LOAD, &attr)) {
			TH_LOG("flag %#x was let in", 1u << bit);
		}
	}
}

TEST(attach_attributes)
{
	const struct bpf_insn p[] = { MOVI(R0, 0), EXIT() };
	union bpf_attr attr;

	prog_attr(&attr, p, ARRAY_SIZE(p));
	attr.expected_attach_type = 1;
	EXPECT_EQ(-1, bpf_call(BPF_PROG_LOAD, &attr));
	EXPECT_EQ(EINVAL, errno);
	prog_attr(&attr, p, ARRAY_SIZE(p));
	attr.attach_btf_id = 1;
	EXPECT_EQ(-1, bpf_call(BPF_PROG_LOAD, &attr));
	EXPECT_EQ(EINVAL, errno);
	prog_attr(&attr, p, ARRAY_SIZE(p));
	attr.prog_ifindex = 1;
	EXPECT_EQ(-1, bpf_call(BPF_PROG_LOAD, &attr));
	EXPECT_EQ(EINVAL, errno);
}

TEST_HARNESS_MAIN
