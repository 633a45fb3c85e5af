// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * Whether the kernel lets this process use λ-IO, and why not. It says no more than an
 * errno, and often another one than the reason would deserve; what else it
 * tells of the process and of itself is asked for here.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

/* The first bytes of a file of the kernel's. False: it cannot be read. */
static bool why_read_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, text, size - 1);

	text[got > 0 ? got : 0] = '\0';
	if (fd >= 0)
		close(fd);
	return got >= 0;
}

/* Whether a filter decides on the system calls of this process. */
static bool why_is_filtered(void)
{
	char text[4096];

	why_read_text("/proc/self/status", text, sizeof(text));
	return strstr(text, "\nSeccomp:\t2");
}

/* fs.lambda.unprivileged: '0' or '1'; '\0' of a kernel without it. */
static char why_open_to_all(void)
{
	char text[4];

	why_read_text("/proc/sys/fs/lambda/unprivileged", text, sizeof(text));
	return text[0];
}

/* Its capabilities are then worth nothing to the kernel as a whole. */
static bool why_in_user_namespace(void)
{
	unsigned int first = 0, at = 0, count = 0;
	char text[128];

	if (!why_read_text("/proc/self/uid_map", text, sizeof(text)))
		return false;
	return sscanf(text, "%u %u %u", &first, &at, &count) != 3 || first ||
	       at || count != 4294967295u;
}

/* CAP_SYS_ADMIN stands for both of the others. */
static bool why_is_capable(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };
	__u64 has;

	if (syscall(SYS_capget, &head, data))
		return true;
	has = (__u64)data[1].effective << 32 | data[0].effective;
	return has & 1ull << CAP_SYS_ADMIN ||
	       (has & 1ull << CAP_BPF && has & 1ull << CAP_PERFMON);
}

bool lambda_why_may_load_programs(void)
{
	return why_is_capable() && !why_in_user_namespace();
}

bool lambda_why_may_load_insns(void)
{
	return why_open_to_all() == '1';
}

#define THE_FILTER							\
	"the system call filter of this process (a container's, for one)"
#define A_MODULE "a security module (SELinux, for one)"

/* Other processors have no kernel that has it. */
#ifdef __x86_64__
#define NO_LAMBDA	"this kernel has no λ-IO"
#else
#define NO_LAMBDA	"this kernel has no λ-IO, which there is for x86-64 alone"
#endif

/* The kernel does not answer the question that needs no permission. */
static const char *why_no_answer(int abi)
{
	if (!why_is_filtered())
		return abi == -ENOSYS ? NO_LAMBDA : NULL;
	if (abi == -ENOSYS)
		return "this kernel has no λ-IO, or " THE_FILTER " hides it";
	return THE_FILTER " forbids λ-IO";
}

/* The kernel has λ-IO, and something is not permitted. */
static const char *why_forbidden(void)
{
	if (!lambda_why_may_load_programs() && lambda_why_may_load_insns())
		return why_is_filtered() ? THE_FILTER " forbids it" :
			"fs.lambda.unprivileged lets everybody; a security module may forbid it";
	if (why_in_user_namespace())
		return "it takes CAP_BPF and CAP_PERFMON in the initial user namespace";
	if (!why_is_capable())
		return "it takes CAP_BPF and CAP_PERFMON, which this process does not both have";
	if (why_is_filtered())
		return "this process has the capabilities; " THE_FILTER " forbids it";
	return "this process has the capabilities; " A_MODULE " may forbid it";
}

/* No capability that is missing gives this error, and a filter rarely does. */
static const char *why_denied(void)
{
	if (why_is_filtered())
		return "a security module, or " THE_FILTER ", may forbid it";
	return A_MODULE " may forbid it";
}

/* What else it would take than capabilities, if these are what is missing. */
static const char *why_or_what(void)
{
	if (lambda_why_may_load_programs() || why_open_to_all() != '0')
		return "";
	return ", or fs.lambda.unprivileged=1, which is the administrator's to set";
}

const char *lambda_why_no_request(int err)
{
	if ((err == -EPERM || err == -ENOSYS) && why_is_filtered())
		return ": " THE_FILTER " forbids it";
	if (err == -EDQUOT)
		return ": more pages than fs.lambda.user_pages, a smaller request may fit";
	if (err == -EBUSY)
		return ": other requests of this user hold the pages, it may fit later";
	return "";
}

LAMBDA_API void lambda_why_not(int err, char *buf, size_t size)
{
	LAMBDA_KEEP_ERRNO;
	const struct lambda_log log = { buf, size };
	int abi = lambda_load(NULL, 0, LAMBDA_LOAD_ABI);
	const char *why = NULL, *more = "";

	if (size)
		*buf = '\0';
	if (abi < 0)
		why = why_no_answer(abi);
	else if (err == -EPERM)
		why = why_forbidden();
	else if (err == -EACCES)
		why = why_denied();
	else if (err == -ENOSYS && why_is_filtered())
		why = THE_FILTER " hides a system call";
	if (!why || abi >= 0)
		lambda_log_add(&log, "%s%s", strerror(-err), why ? ": " : "");
	if (abi >= 0 && (err == -EPERM || err == -EACCES))
		more = why_or_what();
	lambda_log_add(&log, "%s%s", why ?: "", more);
}
