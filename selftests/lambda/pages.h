/* SPDX-License-Identifier: GPL-2.0-only */
/* A λ that takes as many pages as it is told, to run into limits with. */
#ifndef LAMBDA_SELFTEST_PAGES_H
#define LAMBDA_SELFTEST_PAGES_H

#include "common.h"

#define PAGE	4096ul

/*
 * Touches as many pages of output as its argument says; with a second argument
 * that is not 0 it holds them until it is killed.
 */
static const struct bpf_insn dirty_pages[] = {
	CTX(R2, R1, args),
	LDX(BPF_DW, R3, R2, 0),
	LDX(BPF_DW, R4, R2, 8),
	CTX(R2, R1, out),
	JMPI(BPF_JEQ, R3, 0, 4),
	ST(BPF_B, R2, 0, 1),
	ADDI(R2, PAGE),
	ADDI(R3, -1),
	JMPI(BPF_JNE, R3, 0, -4),
	JMPI(BPF_JNE, R4, 0, -1),
	MOVI(R0, 1),
	EXIT(),
};

static inline int dirty_handle(void)
{
	return handle_budget(dirty_pages, ARRAY_SIZE(dirty_pages),
			     SBPF_BUDGET_MAX);
}

/* What dirty() gets of the output. */
static char dirtied;

static inline ssize_t dirty_args(int lambda, const __u64 *args,
				 struct lambda_io *io)
{
	int err, fd = memory_file("x", 1);
	ssize_t ret;

	*io = io_for(1 << 28, args, 2 * sizeof(*args));
	ret = lambda_pread(fd, &dirtied, 1, 0, lambda, io);
	err = errno;
	close(fd);
	errno = err;
	return ret;
}

/* One request that needs @pages of output. */
static inline ssize_t dirty(int lambda, __u64 pages, struct lambda_io *io)
{
	return dirty_args(lambda, (__u64 []) { pages, 0 }, io);
}

/* A process that has @pages of output, or soon will, until it is killed. */
static inline pid_t hold_pages(int lambda, __u64 pages)
{
	struct lambda_io io;
	pid_t pid = fork();

	if (pid)
		return pid;
	dirty_args(lambda, (__u64 []) { pages, 1 }, &io);
	_exit(1);
}

#endif /* LAMBDA_SELFTEST_PAGES_H */
