// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a person is told who may not use λ-IO. System call filters play all
 * parts: answering 0 to the question for the ABI is a kernel with λ-IO.
 */
#include <errno.h>
#include <lambda.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

#define NR_LOAD	548

enum rights { ALL, NONE, ONLY_BPF, NAMESPACE };

static void answer(int nr, unsigned int err)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | err),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog prog = {
		sizeof(filter) / sizeof(*filter), filter,
	};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog)) {
		perror("seccomp");
		_exit(1);
	}
}

static void take(enum rights rights)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct caps[2] = { 0 };

	if (rights == ONLY_BPF) {
		caps[CAP_TO_INDEX(CAP_BPF)].permitted = CAP_TO_MASK(CAP_BPF);
		caps[CAP_TO_INDEX(CAP_BPF)].effective = CAP_TO_MASK(CAP_BPF);
	}
	if ((rights == NAMESPACE &&
	     syscall(SYS_unshare, CLONE_NEWUSER)) ||
	    ((rights == NONE || rights == ONLY_BPF) &&
	     syscall(SYS_capset, &head, caps))) {
		perror("rights");
		_exit(1);
	}
}

/* Says @expected for @err in a process that is so, and not @never. */
static void test_why(const char *name, enum rights rights, unsigned int abi,
		     int err, const char *expected, const char *never)
{
	char why[512] = "";
	int fds[2], status;
	pid_t child;

	if (pipe(fds))
		exit(1);
	fflush(stdout);
	child = fork();
	if (child == 0) {
		take(rights);
		answer(NR_LOAD, abi);
		lambda_why_not(err, why, sizeof(why));
		_exit(write(fds[1], why, sizeof(why)) != sizeof(why));
	}
	close(fds[1]);
	if (waitpid(child, &status, 0) != child ||
	    read(fds[0], why, sizeof(why)) != sizeof(why))
		status = 1;
	close(fds[0]);
	test_ok(!status && strstr(why, expected) && !strstr(why, never),
		"%s: %s", name, why);
}

int main(void)
{
	char why[16];

	test_why("a filter that hides λ-IO", NONE, ENOSYS, -ENOSYS,
		 "no λ-IO, or the system call filter", "CAP_BPF");
	test_why("a filter that forbids it", NONE, EPERM, -EPERM,
		 "system call filter of this process", "CAP_BPF");
	test_why("a filter that forbids it, to what bpf(2) said", NONE, EPERM,
		 -EINVAL, "system call filter of this process", "CAP_BPF");
	test_why("no capability", NONE, 0, -EPERM,
		 "takes CAP_BPF and CAP_PERFMON, which this process does not",
		 "filter");
	test_why("another user namespace", NAMESPACE, 0, -EPERM,
		 "CAP_BPF and CAP_PERFMON in the initial user namespace",
		 "filter");
	test_why("a system call that is hidden", NONE, 0, -ENOSYS,
		 "system call filter of this process", "no λ-IO");
	test_why("a security module, which asks for no capability", NONE, 0,
		 -EACCES, "a security module, or the system call filter",
		 "CAP_BPF");
	test_why("another error", NONE, 0, -E2BIG, "Argument list too long",
		 ":");
	/* Only root has what a filter can be the reason in spite of. */
	if (!geteuid()) {
		test_why("a filter in spite of the capabilities", ALL, 0,
			 -EPERM, "has the capabilities; the system call filter",
			 "CAP_BPF");
		test_why("one of two capabilities", ONLY_BPF, 0, -EPERM,
			 "takes CAP_BPF and CAP_PERFMON, which", "filter");
	}
	lambda_why_not(-ENOSYS, why, sizeof(why));
	test_ok(strlen(why) < sizeof(why), "cut: '%s'", why);
	lambda_why_not(-ENOSYS, NULL, 0);
	return test_done();
}
