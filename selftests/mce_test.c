// SPDX-License-Identifier: GPL-2.0-only
/*
 * A λ whose access meets memory that the hardware calls broken, with the
 * machine check that hardware raises: its own, and of a helper over arrays that it
 * calls. scripts/check-mce has the emulated processor raise one, each time this says
 * that such a λ is running.
 */
#include <stdbool.h>

#include "lambda/common.h"

/*
 * Emulation looks for interrupts between blocks of instructions. Nearly all of
 * these begin with a load, as nearly all of the λ is loads.
 */
#define LOADS	120000

static int running_handle(void)
{
	struct bpf_insn *p = calloc(LOADS + 3, sizeof(*p));
	size_t n = 0;

	if (!p)
		ksft_exit_fail_msg("no memory\n");
	p[n++] = MOVI(R0, 0);
	p[n++] = STX(BPF_DW, R10, -8, R0);
	while (n < LOADS + 2)
		p[n++] = LDX(BPF_DW, R3, R10, -8);
	p[n] = GOTOL(-(LOADS + 1));
	return handle_budget(p, n + 1, SBPF_BUDGET_MAX);
}

/* Nearly all that it does is to count the bytes of its input. */
static int counting_handle(void)
{
	static const struct bpf_insn p[] = {
		MOV(R6, R1),
		LDX(BPF_DW, R1, R6, offsetof(struct lambda_ctx, out)),
		LDX(BPF_DW, R2, R6, offsetof(struct lambda_ctx, in)),
		LDX(BPF_DW, R3, R6, offsetof(struct lambda_ctx, in_len)),
		CALL(SBPF_HELPER_HISTOGRAM),
		GOTO(-5),
	};

	return handle_budget(p, ARRAY_SIZE(p), SBPF_BUDGET_MAX);
}

/* Into the kernel's log, which gets out of the guest at once. */
static void say(const char *text)
{
	int fd = open("/dev/kmsg", O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		ksft_exit_fail_msg("/dev/kmsg: %m\n");
	close(fd);
}

static bool still_runs(void)
{
	static const struct bpf_insn answer[] = {
		MOVI(R3, 42),
		OUTPUT_U64(R3),
	};
	struct lambda_io io;
	__u64 result = 0;

	return run_plain(HANDLE(answer), &result, &io) == 8 && result == 42;
}

static void test_own_access(void)
{
	struct lambda_io io = io_for(1, NULL, 0);
	int lambda = running_handle(), fd = memory_file("as it was", 9);
	char text[16] = {};
	ssize_t ret;

	if (lambda < 0 || fd < 0)
		ksft_exit_fail_msg("no λ to run\n");
	say("mce_test: running 1\n");
	ret = lambda_pwrite(fd, "x", 1, 0, lambda, &io);
	ksft_test_result(ret == -1 && errno == EIO &&
			 io.result.status == LAMBDA_STATUS_NOT_RUN,
			 "the request ends with EIO\n");
	ret = pread(fd, text, sizeof(text), 0);
	ksft_test_result(ret == 9 && !strcmp(text, "as it was"),
			 "the file is as it was\n");
	ksft_test_result(still_runs(), "others run as before\n");
}

static void test_helper_over_arrays(void)
{
	static char bytes[MIB], out[256 * 8];
	struct lambda_io io = io_for(sizeof(out), NULL, 0);
	int lambda = counting_handle(), fd = memory_file(bytes, sizeof(bytes));
	ssize_t ret;

	if (lambda < 0 || fd < 0)
		ksft_exit_fail_msg("no λ to run\n");
	say("mce_test: running 2\n");
	ret = lambda_pread(fd, out, sizeof(bytes), 0, lambda, &io);
	ksft_test_result(ret == -1 && errno == EIO &&
			 io.result.status == LAMBDA_STATUS_NOT_RUN,
			 "the request of a helper over arrays ends with EIO\n");
	ksft_test_result(still_runs(), "others run as before\n");
}

int main(void)
{
	ksft_print_header();
	ksft_set_plan(5);
	test_own_access();
	test_helper_over_arrays();
	ksft_finished();
}
