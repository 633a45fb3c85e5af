// SPDX-License-Identifier: GPL-2.0-only
/*
 * A λ whose access meets memory that the hardware calls broken, with the
 * machine check that hardware raises. scripts/check-mce has the emulated
 * processor raise one, when this says that it is running.
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

int main(void)
{
	struct lambda_io io = io_for(1, NULL, 0);
	int lambda, fd = memory_file("as it was", 9);
	char text[16] = {};
	ssize_t ret;

	ksft_print_header();
	ksft_set_plan(3);
	lambda = running_handle();
	if (lambda < 0 || fd < 0)
		ksft_exit_fail_msg("no λ to run\n");
	say("mce_test: running\n");
	ret = lambda_pwrite(fd, "x", 1, 0, lambda, &io);
	ksft_test_result(ret == -1 && errno == EIO &&
			 io.result.status == LAMBDA_STATUS_NOT_RUN,
			 "the request ends with EIO\n");
	ret = pread(fd, text, sizeof(text), 0);
	ksft_test_result(ret == 9 && !strcmp(text, "as it was"),
			 "the file is as it was\n");
	ksft_test_result(still_runs(), "others run as before\n");
	ksft_finished();
}
