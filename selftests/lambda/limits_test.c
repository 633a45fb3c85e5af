// SPDX-License-Identifier: GPL-2.0-only
/* The largest requests there may be, one byte more, and who pays for them. */
#include <sys/resource.h>

#include "common.h"
#include "harness.h"
#include "mounts.h"
#include "pages.h"
#include "sysctl.h"

/* Pages that come with a window, and are not paid for. */
#define KEPT	16

/* Returns in_len, out_cap and args_len as it finds them. */
static const struct bpf_insn lengths[] = {
	CTX(R2, R1, out),
	CTX(R3, R1, in_len),
	STX(BPF_DW, R2, 0, R3),
	CTX(R3, R1, out_cap),
	STX(BPF_DW, R2, 8, R3),
	CTX(R3, R1, args_len),
	STX(BPF_DW, R2, 16, R3),
	MOVI(R0, 24),
	EXIT(),
};

/* A file of @bytes with nothing in it, that may be larger than memory. */
static int sparse_file(off_t bytes)
{
	int fd = open(MOUNTS "/xfs/sparse", O_RDWR | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || ftruncate(fd, bytes))
		mount_failed("a sparse file");
	return fd;
}

FIXTURE(limits) {
	long user_pages, mapped_pages;
};

FIXTURE_SETUP(limits)
{
	self->user_pages = sysctl_read(USER_PAGES);
	ASSERT_LT(0, self->user_pages);
	self->mapped_pages = sysctl_read(MAPPED_PAGES);
	ASSERT_LT(0, self->mapped_pages);
}

FIXTURE_TEARDOWN_PARENT(limits)
{
	sysctl_write(USER_PAGES, self->user_pages);
	sysctl_write(MAPPED_PAGES, self->mapped_pages);
}

/* What a user may have unless he is told otherwise, in pages. */
TEST_F(limits, defaults)
{
	long ram = sysconf(_SC_PHYS_PAGES), least = 64 * MIB / PAGE;
	long want = ram / 16 > least ? ram / 16 : least;

	/* Of what there was before the kernel had let go of all of its own. */
	EXPECT_GE(want, self->user_pages);
	EXPECT_LE(want / 10 * 9, self->user_pages);
	EXPECT_LE(least, self->user_pages);
	EXPECT_GE(ram / 4, self->mapped_pages);
	EXPECT_LE(ram / 4 / 10 * 9, self->mapped_pages);
}

TEST_F(limits, arguments)
{
	static char args[SBPF_ARGS_MAX + 1];
	struct lambda_io io = io_for(24, args, SBPF_ARGS_MAX);
	int lambda = HANDLE(lengths), fd = memory_file("x", 1);
	__u64 out[3];

	EXPECT_EQ(24, lambda_pread(fd, out, 1, 0, lambda, &io));
	EXPECT_EQ(SBPF_ARGS_MAX, out[2]);
	io.args_len++;
	EXPECT_EQ(-1, lambda_pread(fd, out, 1, 0, lambda, &io));
	EXPECT_EQ(EMSGSIZE, errno);
	EXPECT_EQ(-1, lambda_pwrite(fd, out, 1, 0, lambda, &io));
	EXPECT_EQ(EMSGSIZE, errno);
}

TEST_F(limits, output)
{
	struct lambda_io io = io_for(SBPF_OUT_MAX, NULL, 0);
	int lambda = HANDLE(lengths), fd = memory_file("x", 1);
	/* Not on the stack, where the address space may end before the room. */
	static __u64 out[3];

	EXPECT_EQ(24, lambda_pread(fd, out, 1, 0, lambda, &io));
	EXPECT_EQ(SBPF_OUT_MAX, out[1]);
	io.out_cap++;
	EXPECT_EQ(-1, lambda_pread(fd, out, 1, 0, lambda, &io));
	EXPECT_EQ(EMSGSIZE, errno);
	EXPECT_EQ(-1, lambda_pwrite(fd, out, 1, 0, lambda, &io));
	EXPECT_EQ(EMSGSIZE, errno);
	io.out_cap = -1ull;
	EXPECT_EQ(-1, lambda_pread(fd, out, 1, 0, lambda, &io));
	EXPECT_EQ(EMSGSIZE, errno);
}

/* Judged on what is asked for, not on what the file has. */
TEST_F(limits, input)
{
	struct lambda_io io = io_for(24, NULL, 0);
	int lambda = HANDLE(lengths), fd = memory_file("x", 1);
	static const off_t skews[] = { 0, 1, 4095 };
	__u64 out[3];
	size_t i;

	EXPECT_EQ(24, lambda_pread(fd, out, SBPF_IN_MAX, 0, lambda, &io));
	EXPECT_EQ(1, out[0]);
	for (i = 0; i < ARRAY_SIZE(skews); i++) {
		EXPECT_LE(0, lambda_pread(fd, out, SBPF_IN_MAX - skews[i],
					  PAGE + skews[i], lambda, &io));
		EXPECT_EQ(-1, lambda_pread(fd, out, SBPF_IN_MAX - skews[i] + 1,
					   PAGE + skews[i], lambda, &io));
		EXPECT_EQ(EMSGSIZE, errno);
	}
	EXPECT_EQ(-1, lambda_pread(fd, out, -1ul, 0, lambda, &io));
	EXPECT_EQ(EMSGSIZE, errno);
	/* The input of a write always starts at a page's start. */
	EXPECT_EQ(-1, lambda_pwrite(fd, out, SBPF_IN_MAX + 1ul, 1, lambda,
				    &io));
	EXPECT_EQ(EMSGSIZE, errno);
}

/* Adds up the first bytes of all pages, and the very last byte. */
static const struct bpf_insn touch_all[] = {
	CTX(R2, R1, in),
	CTX(R3, R1, in_len),
	ADD(R3, R2),
	MOVI(R5, 0),
	LDX(BPF_B, R4, R2, 0),
	ADD(R5, R4),
	ADDI(R2, PAGE),
	JMP(BPF_JLT, R2, R3, -4),
	LDX(BPF_B, R4, R3, -1),
	ADD(R5, R4),
	OUTPUT_U64(R5),
};

/* All of the segment, through the page cache, starting within a page. */
TEST_F(limits, whole_gibibyte)
{
	size_t skew = 77, len = SBPF_IN_MAX - skew;
	struct lambda_io io = io_for(8, NULL, 0);
	int fd = sparse_file(2 * GIB), lambda = HANDLE(touch_all);
	off_t at = 5 * PAGE + skew;
	__u64 sum = 0;

	ASSERT_LE(0, lambda);
	ASSERT_EQ(0, sysctl_write(MAPPED_PAGES, 1 << 20));
	ASSERT_EQ(1, pwrite(fd, "\1", 1, at));
	ASSERT_EQ(1, pwrite(fd, "\2", 1, at + 200000 * PAGE));
	ASSERT_EQ(1, pwrite(fd, "\4", 1, at + len - 1));
	/* The byte behind is not the λ's to see. */
	ASSERT_EQ(1, pwrite(fd, "\7", 1, at + len));
	EXPECT_EQ(8, lambda_pread(fd, &sum, len, at, lambda, &io)) {
		TH_LOG("%m, status %u", io.result.status);
	}
	EXPECT_EQ(len, io.result.in_len);
	EXPECT_EQ(7, sum);
	ftruncate(fd, 0);
}

/* Room that is not used costs nothing. */
TEST_F(limits, output_is_paid_when_touched)
{
	int lambda = dirty_handle();
	struct lambda_io io;

	ASSERT_EQ(0, sysctl_write(USER_PAGES, 64));
	EXPECT_EQ(1, dirty(lambda, 0, &io));
	EXPECT_EQ(1, dirty(lambda, 40 + KEPT, &io));
	EXPECT_EQ(-1, dirty(lambda, 64 + KEPT + 1, &io));
	EXPECT_EQ(EDQUOT, errno);
	EXPECT_EQ(LAMBDA_STATUS_NOT_RUN, io.result.status);
}

/* What was taken is given back, however a request ends: none leaks. */
TEST_F(limits, pages_are_given_back)
{
	int lambda = dirty_handle();
	struct lambda_io io;
	int i;

	ASSERT_EQ(0, sysctl_write(USER_PAGES, 2000));
	for (i = 0; i < 100; i++) {
		EXPECT_EQ(1, dirty(lambda, 1900, &io)) {
			TH_LOG("round %d: %m", i);
		}
		EXPECT_EQ(-1, dirty(lambda, 2001 + KEPT, &io));
		EXPECT_EQ(EDQUOT, errno);
	}
}

TEST_F(limits, input_counts)
{
	int lambda = HANDLE(touch_all), fd = sparse_file(64 * MIB);
	struct lambda_io io = io_for(8, NULL, 0);
	__u64 sum;
	int i;

	for (i = 0; i < 40; i++) {
		bool mapped = i % 4 == 0;

		/* Mapped; copied; copied because no more may be mapped. */
		io.flags = i % 2 ? LAMBDA_IO_SNAPSHOT : 0;
		ASSERT_EQ(0, sysctl_write(MAPPED_PAGES,
					  mapped ? 8 * MIB / PAGE : 0));
		ASSERT_EQ(0, sysctl_write(USER_PAGES,
					  100 + (mapped ? 0 : 8 * MIB / PAGE)));
		EXPECT_EQ(8, lambda_pread(fd, &sum, 8 * MIB, i * MIB, lambda,
					  &io)) {
			TH_LOG("round %d: %m", i);
		}
		EXPECT_EQ(-1, lambda_pread(fd, &sum, 9 * MIB, i * MIB, lambda,
					   &io));
		EXPECT_EQ(EDQUOT, errno);
	}
}

/* Each user has pages of his own. */
TEST_F(limits, users_apart)
{
	const struct lambda_load_attr attr = {
		.flags = LAMBDA_ATTR_BUDGET, .budget = SBPF_BUDGET_MAX };
	const struct bpf_insn hold[] = {
		MOVI(R1, SBPF_OUT_BASE), MOVI(R2, 1),
		MOVI(R3, (90 + KEPT) * PAGE),
		CALL(SBPF_HELPER_MEMSET), GOTO(-1) };
	int holder = handle_attr(hold, ARRAY_SIZE(hold), &attr);
	int lambda = dirty_handle();
	struct lambda_io io;
	pid_t pid;

	ASSERT_EQ(0, sysctl_write(USER_PAGES, 100));
	pid = fork();
	if (!pid) {
		int fd = memory_file("x", 1);

		if (setgid(65534) || setuid(65534))
			_exit(1);
		io = io_for(MIB, NULL, 0);
		lambda_pread(fd, NULL, 1, 0, holder, &io);
		_exit(1);
	}
	usleep(300000);
	EXPECT_EQ(0, waitpid(pid, NULL, WNOHANG));
	EXPECT_EQ(1, dirty(lambda, 80 + KEPT, &io));
	if (!fork()) {
		if (setgid(65534) || setuid(65534))
			_exit(1);
		/* Not now, but when the other one has ended. */
		_exit(dirty(lambda, 80 + KEPT, &io) == -1 && errno == EBUSY ?
		      0 : 1);
	} else {
		int status = 1;

		wait(&status);
		EXPECT_EQ(0, status);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* Pages that are mapped are not locked, nor are they the process's data. */
TEST_F(limits, not_of_the_process)
{
	static const int which[] = { RLIMIT_MEMLOCK, RLIMIT_DATA, RLIMIT_RSS };
	const struct rlimit none = { 0, 0 };
	struct lambda_io io = io_for(8, NULL, 0);
	int fd = sparse_file(64 * MIB), lambda = HANDLE(touch_all);
	int dirtying = dirty_handle();
	__u64 sum;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(which); i++)
		ASSERT_EQ(0, setrlimit(which[i], &none));
	ASSERT_EQ(0, setgid(65534));
	ASSERT_EQ(0, setuid(65534));
	EXPECT_EQ(8, lambda_pread(fd, &sum, 8 * MIB, 0, lambda, &io));
	EXPECT_EQ(1, dirty(dirtying, 8 * MIB / PAGE, &io));
}

/* A write pays as a read does, and fails before it writes. */
TEST_F(limits, writes_count)
{
	const __u64 args[] = { 100, 0 };
	int lambda = dirty_handle(), fd = memory_file("as it was", 9);
	struct lambda_io io = io_for(MIB, args, sizeof(args));
	static char input[200 * PAGE];
	char text[16] = {};

	ASSERT_EQ(0, sysctl_write(USER_PAGES, 64));
	EXPECT_EQ(-1, lambda_pwrite(fd, input, 1, 0, lambda, &io));
	EXPECT_EQ(EDQUOT, errno);
	EXPECT_EQ(LAMBDA_STATUS_NOT_RUN, io.result.status);
	EXPECT_EQ(-1, lambda_pwrite(fd, input, sizeof(input), 0, lambda, &io));
	EXPECT_EQ(EDQUOT, errno);
	EXPECT_EQ(9, pread(fd, text, sizeof(text), 0));
	EXPECT_STREQ("as it was", text);
}

TEST_F(limits, test_runs_count)
{
	const __u64 args[] = { 100, 0 };
	static char out[MIB];
	union bpf_attr attr = { .test = {
		.prog_fd = prog_load(dirty_pages, ARRAY_SIZE(dirty_pages)),
		.data_in = (uintptr_t)"x", .data_size_in = 1,
		.data_out = (uintptr_t)out, .data_size_out = sizeof(out),
		.ctx_in = (uintptr_t)args, .ctx_size_in = sizeof(args) } };

	ASSERT_EQ(0, sysctl_write(USER_PAGES, 64));
	EXPECT_EQ(-1, bpf_call(BPF_PROG_TEST_RUN, &attr));
	EXPECT_EQ(EDQUOT, errno);
	ASSERT_EQ(0, sysctl_write(USER_PAGES, 200));
	EXPECT_EQ(0, bpf_call(BPF_PROG_TEST_RUN, &attr));
}

static void __attribute__((constructor)) before_tests(void)
{
	mounts_begin();
	mount_image("xfs", 320 * MIB, MOUNTS "/xfs", NULL);
}

TEST_HARNESS_MAIN
