// SPDX-License-Identifier: GPL-2.0-only
/*
 * A kernel that speaks another version of the interface: the library says so,
 * and loads nothing. A filter of system calls stands for the kernel.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "linked.h"
#include "test.h"

#define NR_LAMBDA_LOAD	548

static int version, loads;

/* What the kernel would have answered. */
static void answer(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)sig;
	if (info->si_syscall == NR_LAMBDA_LOAD) {
		uc->uc_mcontext.gregs[REG_RAX] = version;
	} else {
		loads++;
		uc->uc_mcontext.gregs[REG_RAX] = -EPERM;
	}
}

static bool trap_calls(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NR_LAMBDA_LOAD, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_bpf, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {
		.len = sizeof(filter) / sizeof(*filter),
		.filter = filter,
	};
	struct sigaction act = {
		.sa_sigaction = answer,
		.sa_flags = SA_SIGINFO,
	};

	return !sigaction(SIGSYS, &act, NULL) &&
	       !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
	       !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
}

int main(void)
{
	struct lambda_object *obj;
	struct lambda_program *prog;
	char why[512];

	prog = open_linked("tests/whole", NULL, &obj);
	if (!test_ok(trap_calls(), "the kernel is stood for"))
		return test_done();
	for (version = 1; version <= 3; version += 2) {
		char says[64];

		snprintf(says, sizeof(says),
			 "speaks version %d of λ-IO's interface", version);
		test_ok(lambda_program__load(prog, NULL, why, sizeof(why)) ==
			-EPROTONOSUPPORT && strstr(why, says), "%s", why);
		test_ok(lambda_program__load(prog, NULL, NULL, 0) ==
			-EPROTONOSUPPORT, "the same without a log");
	}
	test_ok(!loads, "nothing was loaded");
	version = LAMBDA_ABI;
	test_ok(lambda_program__load(prog, NULL, why, sizeof(why)) == -EPERM &&
		loads, "its own version is tried: %s", why);
	lambda_object__close(obj);
	return test_done();
}
