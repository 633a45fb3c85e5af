// SPDX-License-Identifier: GPL-2.0-only
/*
 * BPF_PROG_TEST_RUN of a λ program: data is its input and output, the context
 * its arguments; it has neither globals nor heap.
 */
#include <signal.h>
#include <sys/wait.h>

#include "common.h"
#include "harness.h"

/* Copies its input, and after it its arguments. */
static const struct bpf_insn copy[] = {
	MOV(R6, R1),
	CTX(R1, R6, out),
	CTX(R2, R6, in),
	CTX(R3, R6, in_len),
	CALL(SBPF_HELPER_MEMCPY),
	CTX(R3, R6, in_len),
	MOV(R1, R0),
	ADD(R1, R3),
	CTX(R2, R6, args),
	CTX(R3, R6, args_len),
	CALL(SBPF_HELPER_MEMCPY),
	CTX(R0, R6, in_len),
	CTX(R1, R6, args_len),
	ADD(R0, R1),
	EXIT(),
};

static char in[5000], args[300], out[8000];

static int test_run(int prog, union bpf_attr *attr)
{
	attr->test.prog_fd = prog;
	return bpf_call(BPF_PROG_TEST_RUN, attr);
}

static union bpf_attr good(void)
{
	return (union bpf_attr) { .test = {
		.data_in = (uintptr_t)in, .data_size_in = sizeof(in),
		.data_out = (uintptr_t)out, .data_size_out = sizeof(out),
		.ctx_in = (uintptr_t)args, .ctx_size_in = sizeof(args) } };
}

TEST(copies)
{
	int prog = prog_load(copy, ARRAY_SIZE(copy));
	union bpf_attr attr = good();
	size_t i;

	for (i = 0; i < sizeof(in); i++)
		in[i] = i * 3;
	memset(args, 'a', sizeof(args));
	EXPECT_EQ(0, test_run(prog, &attr));
	EXPECT_EQ(sizeof(in) + sizeof(args), attr.test.data_size_out);
	EXPECT_EQ(sizeof(in) + sizeof(args), attr.test.retval);
	EXPECT_EQ(0, memcmp(out, in, sizeof(in)));
	EXPECT_EQ(0, memcmp(out + sizeof(in), args, sizeof(args)));
	attr.test.data_size_out = sizeof(out);
	attr.test.repeat = 100;
	EXPECT_EQ(0, test_run(prog, &attr));
	EXPECT_EQ(sizeof(in) + sizeof(args), attr.test.data_size_out);
	EXPECT_LT(0, attr.test.duration);
}

TEST(empty)
{
	int prog = prog_load(copy, ARRAY_SIZE(copy));
	union bpf_attr attr = {};

	EXPECT_EQ(0, test_run(prog, &attr));
	EXPECT_EQ(0, attr.test.data_size_out);
}

/* Neither globals nor heap. */
TEST(no_image)
{
	struct bpf_insn p[] = {
		MOVI(R2, SBPF_DATA_BASE),
		LDX(BPF_B, R0, R2, 0),
		MOVI(R0, 0),
		EXIT(),
	};
	union bpf_attr attr = good();

	EXPECT_EQ(-1, test_run(prog_load(p, ARRAY_SIZE(p)), &attr));
	EXPECT_EQ(ECANCELED, errno);
	p[0] = MOVI(R2, SBPF_HEAP_BASE);
	EXPECT_EQ(-1, test_run(prog_load(p, ARRAY_SIZE(p)), &attr));
	EXPECT_EQ(ECANCELED, errno);
	p[0] = MOVI(R2, SBPF_IN_BASE);
	EXPECT_EQ(0, test_run(prog_load(p, ARRAY_SIZE(p)), &attr));
}

/* Writes as far below its frame's end as its argument says. */
static const struct bpf_insn deep[] = {
	CTX(R2, R1, args),
	LDX(BPF_DW, R3, R2, 0),
	MOV(R2, R10),
	ALU(BPF_SUB, R2, R3),
	ST(BPF_DW, R2, 0, 1),
	MOVI(R0, 0),
	EXIT(),
};

/*
 * What windows keep for handles with large frames is not there for a run with
 * the one page that its frame has.
 */
TEST(frames_of_others)
{
	const struct lambda_load_attr large = { .frame_len = SBPF_FRAME_MAX };
	int i, fd = memory_file("x", 1), prog = prog_load(deep, ARRAY_SIZE(deep));
	__u64 depth = SBPF_FRAME_MAX;

	for (i = 0; i < 40; i++) {
		struct lambda_io io = io_for(8, &depth, sizeof(depth));
		int lambda = handle_attr(deep, ARRAY_SIZE(deep), &large);

		ASSERT_LE(0, lambda);
		EXPECT_EQ(0, lambda_pread(fd, out, 1, 0, lambda, &io));
	}
	for (i = 0; i < 200; i++) {
		union bpf_attr attr = { .test = {
			.data_in = (uintptr_t)in, .data_size_in = 1,
			.ctx_in = (uintptr_t)&depth,
			.ctx_size_in = sizeof(depth) } };

		ASSERT_EQ(-1, test_run(prog, &attr));
		ASSERT_EQ(ECANCELED, errno);
	}
}

TEST(bad_ends)
{
	const struct bpf_insn error[] = { MOVI(R0, -5), EXIT() };
	const struct bpf_insn endless[] = { GOTO(-1) };
	union bpf_attr attr = good();

	memset(out, 'o', sizeof(out));
	EXPECT_EQ(-1, test_run(prog_load(error, ARRAY_SIZE(error)), &attr));
	EXPECT_EQ(ECANCELED, errno);
	EXPECT_EQ(-5, (int)attr.test.retval);
	EXPECT_EQ(0, attr.test.data_size_out);
	attr = good();
	EXPECT_EQ(-1, test_run(prog_load(endless, ARRAY_SIZE(endless)),
			       &attr));
	EXPECT_EQ(ECANCELED, errno);
	EXPECT_EQ('o', out[0]);
}

/* A program that never ticks, for an hour and more. */
TEST(killed)
{
	const struct bpf_insn nothing[] = { MOVI(R0, 0), EXIT() };
	union bpf_attr attr = { .test.repeat = UINT32_MAX };
	int prog = prog_load(nothing, ARRAY_SIZE(nothing));
	int status = 0;
	pid_t pid;

	ASSERT_LE(0, prog);
	pid = fork();
	if (!pid)
		_exit(test_run(prog, &attr) != 0);
	usleep(200000);
	EXPECT_EQ(0, waitpid(pid, &status, WNOHANG));
	kill(pid, SIGKILL);
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
}

TEST(errors)
{
	int prog = prog_load(copy, ARRAY_SIZE(copy));
	union bpf_attr attr;

	attr = good();
	attr.test.flags = 1;
	EXPECT_EQ(-1, test_run(prog, &attr));
	EXPECT_EQ(EINVAL, errno);
	attr = good();
	attr.test.cpu = 1;
	EXPECT_EQ(-1, test_run(prog, &attr));
	EXPECT_EQ(EINVAL, errno);
	attr = good();
	attr.test.batch_size = 1;
	EXPECT_EQ(-1, test_run(prog, &attr));
	EXPECT_EQ(EINVAL, errno);
	attr = good();
	attr.test.ctx_out = (uintptr_t)out;
	EXPECT_EQ(-1, test_run(prog, &attr));
	EXPECT_EQ(EINVAL, errno);
	attr = good();
	attr.test.ctx_size_in = SBPF_ARGS_MAX + 1;
	EXPECT_EQ(-1, test_run(prog, &attr));
	EXPECT_EQ(EMSGSIZE, errno);
	attr = good();
	attr.test.data_size_out = SBPF_OUT_MAX + 1;
	EXPECT_EQ(-1, test_run(prog, &attr));
	EXPECT_EQ(EMSGSIZE, errno);
	attr = good();
	attr.test.data_size_in = SBPF_IN_MAX + 1;
	EXPECT_EQ(-1, test_run(prog, &attr));
	EXPECT_EQ(EMSGSIZE, errno);
	attr = good();
	attr.test.data_in = -4096ull;
	EXPECT_EQ(-1, test_run(prog, &attr));
	EXPECT_EQ(EFAULT, errno);
	attr = good();
	attr.test.ctx_in = -4096ull;
	EXPECT_EQ(-1, test_run(prog, &attr));
	EXPECT_EQ(EFAULT, errno);
	attr = good();
	attr.test.data_out = 8;
	EXPECT_EQ(-1, test_run(prog, &attr));
	EXPECT_EQ(EFAULT, errno);
}

TEST_HARNESS_MAIN
