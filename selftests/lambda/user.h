/* SPDX-License-Identifier: GPL-2.0-only */
/* Parts of a test that another user runs, and what they found. */
#ifndef LAMBDA_SELFTEST_USER_H
#define LAMBDA_SELFTEST_USER_H

#include <grp.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common.h"
#include "sysctl.h"

#define UNPRIVILEGED	"/proc/sys/fs/lambda/unprivileged"

/* A user with no capability, and another one. */
#define A_USER		1000
#define B_USER		1001

/* In a function of type user_fn: ends it, and says where. */
#define NEED(condition)							\
	do {								\
		if (!(condition)) {					\
			fprintf(stderr, "# %s:%d: %s: errno %d, log: %s\n", \
				__func__, __LINE__, #condition, errno,	\
				lambda_log);				\
			return 1;					\
		}							\
	} while (0)

/* Returns 0 if all is as it should be. */
typedef int (*user_fn)(void *arg);

static inline int become(uid_t uid)
{
	if (setgroups(0, NULL) || setresgid(uid, uid, uid) ||
	    setresuid(uid, uid, uid))
		return -1;
	/* Or /proc/self is root's. */
	return prctl(PR_SET_DUMPABLE, 1);
}

/* Starts @what as a user in a process of its own. */
static inline pid_t start_as(uid_t uid, user_fn what, void *arg)
{
	pid_t pid = fork();

	if (!pid)
		_exit(become(uid) ? 99 : what(arg));
	return pid;
}

/* What it returned; -1 if it did not. */
static inline int status_of(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

static inline int run_as(uid_t uid, user_fn what, void *arg)
{
	return status_of(start_as(uid, what, arg));
}

/* Puts out the number 8, and both functions touch pages of stack for it. */
static const struct bpf_insn two_functions[] = {
	MOVI(R1, 3),
	CALL_LOCAL(6),
	ADDI(R0, 2),
	ST(BPF_DW, R10, -8, 1),
	MOVI(R1, SBPF_OUT_BASE),
	STX(BPF_DW, R1, 0, R0),
	MOVI(R0, 8),
	EXIT(),
	STX(BPF_DW, R10, -16, R1),
	LDX(BPF_DW, R0, R10, -16),
	ADD(R0, R1),
	EXIT(),
};

#endif /* LAMBDA_SELFTEST_USER_H */
