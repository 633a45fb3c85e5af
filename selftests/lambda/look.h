/* SPDX-License-Identifier: GPL-2.0-only */
/* A process whose λ holds what it is given of a file, until it is killed. */
#ifndef LAMBDA_SELFTEST_LOOK_H
#define LAMBDA_SELFTEST_LOOK_H

#include <time.h>

#include "common.h"

/* The processor time that @pid has used, in milliseconds, or -1. */
static inline long used_ms(pid_t pid)
{
	struct timespec t;
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &t))
		return -1;
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/*
 * A process whose λ looks at the 51st page of @len bytes from @at on until it is
 * killed, or a negative number. It has all of them: it has computed for longer
 * than it takes to get them.
 */
static inline pid_t look_at(int fd, size_t len, off_t at)
{
	static const struct bpf_insn look[] = {
		CTX(R2, R1, in),
		ADDI(R2, 50 * 4096),
		LDX(BPF_DW, R3, R2, 0),
		GOTO(-2),
	};
	int lambda = handle_budget(look, ARRAY_SIZE(look), SBPF_BUDGET_MAX);
	pid_t pid = lambda < 0 ? lambda : fork();

	if (!pid) {
		lambda_pread(fd, NULL, len, at, lambda, NULL);
		_exit(1);
	}
	while (pid > 0 && used_ms(pid) >= 0 && used_ms(pid) < 100)
		usleep(10000);
	return pid;
}

#endif /* LAMBDA_SELFTEST_LOOK_H */
