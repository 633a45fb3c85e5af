/* SPDX-License-Identifier: GPL-2.0-only */
/* What every λ test needs: the system calls, loading, one plain request. */
#ifndef LAMBDA_SELFTEST_COMMON_H
#define LAMBDA_SELFTEST_COMMON_H

#include <fcntl.h>
#include <linux/lambda.h>
#include <signal.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "insn.h"
#include "kselftest.h"

#define NR_LAMBDA_LOAD		548
#define NR_LAMBDA_PREAD		549
#define NR_LAMBDA_PWRITE	550

#define LAMBDA_PROG_TYPE	33

#define KIB	1024ul
#define MIB	(1024 * KIB)
#define GIB	(1024 * MIB)

/* What the kernel said about the last program. */
static char lambda_log[16 * 1024];

static inline int lambda_load(const struct lambda_load_attr *attr, size_t size,
			      unsigned int flags)
{
	return syscall(NR_LAMBDA_LOAD, attr, size, flags);
}

static inline ssize_t lambda_pread(int fd, void *buf, size_t count,
				   off_t offset, int lambda,
				   struct lambda_io *io)
{
	return syscall(NR_LAMBDA_PREAD, fd, buf, count, offset, lambda, io);
}

static inline ssize_t lambda_pwrite(int fd, const void *buf, size_t count,
				    off_t offset, int lambda,
				    struct lambda_io *io)
{
	return syscall(NR_LAMBDA_PWRITE, fd, buf, count, offset, lambda, io);
}

static inline int bpf_call(int cmd, union bpf_attr *attr)
{
	return syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

static inline void prog_attr(union bpf_attr *attr, const struct bpf_insn *insns,
			     size_t nr)
{
	memset(attr, 0, sizeof(*attr));
	attr->prog_type = LAMBDA_PROG_TYPE;
	attr->insns = (uintptr_t)insns;
	attr->insn_cnt = nr;
	attr->license = (uintptr_t)"GPL";
	attr->log_buf = (uintptr_t)lambda_log;
	attr->log_size = sizeof(lambda_log);
	attr->log_level = 1;
	lambda_log[0] = 0;
}

/*
 * Whether what is loaded is handed to lambda_load() as instructions: the test is
 * run by a user without capabilities (unprivileged_test).
 */
static inline bool loads_insns(void)
{
	return getenv("LAMBDA_TEST_INSNS");
}

/* Makes a handle of instructions. @attr has all the rest. */
static inline int insns_load(const struct bpf_insn *insns, size_t nr,
			     const struct lambda_load_attr *attr)
{
	struct lambda_load_attr copy = {};

	if (attr)
		copy = *attr;
	copy.flags |= LAMBDA_ATTR_INSNS;
	copy.insns = (uintptr_t)insns;
	copy.insn_cnt = nr;
	copy.log_buf = (uintptr_t)lambda_log;
	copy.log_size = sizeof(lambda_log);
	lambda_log[0] = 0;
	return lambda_load(&copy, sizeof(copy), 0);
}

/*
 * Loads a program; -1 with errno set, and lambda_log, where it is refused. The
 * descriptor is a handle's where loads_insns().
 */
static inline int prog_load(const struct bpf_insn *insns, size_t nr)
{
	union bpf_attr attr;

	if (loads_insns())
		return insns_load(insns, nr, NULL);
	prog_attr(&attr, insns, nr);
	return bpf_call(BPF_PROG_LOAD, &attr);
}

/*
 * Loads a program and makes a handle of it. @attr may be NULL; its prog_fd is
 * filled in.
 */
static inline int handle_attr(const struct bpf_insn *insns, size_t nr,
			      const struct lambda_load_attr *attr)
{
	struct lambda_load_attr copy = {};
	int fd, err;

	if (loads_insns())
		return insns_load(insns, nr, attr);
	if (attr)
		copy = *attr;
	copy.prog_fd = prog_load(insns, nr);
	if (copy.prog_fd < 0) {
		err = errno;
		fprintf(stderr, "# program refused: %s\n", lambda_log);
		errno = err;
		return -1;
	}
	fd = lambda_load(&copy, sizeof(copy), 0);
	err = errno;
	close(copy.prog_fd);
	errno = err;
	return fd;
}

static inline int handle(const struct bpf_insn *insns, size_t nr)
{
	return handle_attr(insns, nr, NULL);
}

static inline int handle_budget(const struct bpf_insn *insns, size_t nr,
				__u64 budget)
{
	const struct lambda_load_attr attr = {
		.flags = LAMBDA_ATTR_BUDGET,
		.budget = budget,
	};

	return handle_attr(insns, nr, &attr);
}

#define HANDLE(insns)	handle(insns, ARRAY_SIZE(insns))

/* A request's io: @cap bytes of output, @args_len bytes of arguments. */
static inline struct lambda_io io_for(size_t cap, const void *args,
				      size_t args_len)
{
	return (struct lambda_io) {
		.size = sizeof(struct lambda_io),
		.result_size = sizeof(struct lambda_result),
		.out_cap = cap,
		.args = (uintptr_t)args,
		.args_len = args_len,
		/* Something that the kernel must overwrite. */
		.result.status = 0xdead,
	};
}

/* Seconds of a clock. */
static inline double clock_of(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* For how long something takes. */
static inline double now(void)
{
	return clock_of(CLOCK_MONOTONIC);
}

static inline bool put_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) ==
			     (ssize_t)strlen(text);

	close(fd);
	return ok;
}

/*
 * For a process that somebody else ends, who may be ended himself; after its
 * last change of user.
 */
static inline void end_with_parent(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/* A file in memory with these bytes in it. */
static inline int memory_file(const void *data, size_t len)
{
	int fd = memfd_create("lambda", MFD_CLOEXEC);

	if (fd >= 0 && pwrite(fd, data, len, 0) != (ssize_t)len) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Runs a λ over 16 bytes of zero, for what it returns in 8 bytes. */
static inline ssize_t run_plain(int lambda, __u64 *result, struct lambda_io *io)
{
	static const char zeros[16];
	int err, fd = memory_file(zeros, sizeof(zeros));
	ssize_t ret;

	*io = io_for(sizeof(*result), NULL, 0);
	ret = lambda_pread(fd, result, sizeof(zeros), 0, lambda, io);
	err = errno;
	close(fd);
	errno = err;
	return ret;
}

/* Ends a program: writes @reg as 8 bytes of output. Uses R1 and R0. */
#define OUTPUT_U64(reg)							\
	LD64(R1, SBPF_OUT_BASE),					\
	STX(BPF_DW, R1, 0, reg),					\
	MOVI(R0, 8),							\
	EXIT()

/* Copies its input to its output. */
static const struct bpf_insn copy_input[] = {
	CTX(R2, R1, in),
	CTX(R3, R1, in_len),
	CTX(R1, R1, out),
	MOV(R6, R3),
	CALL(SBPF_HELPER_MEMCPY),
	MOV(R0, R6),
	EXIT(),
};

#endif /* LAMBDA_SELFTEST_COMMON_H */
