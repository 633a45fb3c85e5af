// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program can be had by its id before the kernel knows where its code is, and
 * with that which faults are its. Until then it does not run.
 *
 * That is a moment. A probe makes it a long one: a BPF program that has much to
 * do where the kernel takes a program's code down.
 */
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>

#include "common.h"
#include "harness.h"
#include "sysctl.h"

#define PROBES	"/sys/bus/event_source/devices/kprobe/type"
#define NOTED	"bpf_prog_kallsyms_add"	/* the function that takes it down */
#define ROUNDS	20000	/* each looks at the stack */

static const struct bpf_insn none[] = { MOVI(R0, 0), EXIT() };

static int load_delay(void)
{
	const struct bpf_insn delay[] = {
		MOV(R6, R1),
		MOVI(R7, ROUNDS),
		MOV(R1, R6),
		MOV(R2, R10),
		ADDI(R2, -256),
		MOVI(R3, 256),
		MOVI(R4, 0),
		CALL(BPF_FUNC_get_stack),
		ADDI(R7, -1),
		JMPI(BPF_JNE, R7, 0, -8),
		MOVI(R0, 0),
		EXIT(),
	};
	union bpf_attr attr;

	prog_attr(&attr, delay, ARRAY_SIZE(delay));
	attr.prog_type = BPF_PROG_TYPE_KPROBE;
	/* Each of the rounds would be in it. */
	attr.log_level = 0;
	attr.log_buf = 0;
	attr.log_size = 0;
	return bpf_call(BPF_PROG_LOAD, &attr);
}

FIXTURE(loading) {
	int event;
};

FIXTURE_SETUP(loading)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr), .type = sysctl_read(PROBES),
		.kprobe_func = (uintptr_t)NOTED,
	};
	int delay = load_delay();

	ASSERT_LE(0, delay);
	self->event = syscall(SYS_perf_event_open, &attr, -1, 0, -1, 0);
	ASSERT_LE(0, self->event);
	ASSERT_EQ(0, ioctl(self->event, PERF_EVENT_IOC_SET_BPF, delay));
	ASSERT_EQ(0, ioctl(self->event, PERF_EVENT_IOC_ENABLE, 0));
	close(delay);
}

FIXTURE_TEARDOWN(loading)
{
	close(self->event);
}

/* The id of a program after @id, or 0. */
static __u32 next_id(__u32 id)
{
	union bpf_attr attr = { .start_id = id };

	return bpf_call(BPF_PROG_GET_NEXT_ID, &attr) ? 0 : attr.next_id;
}

/* A descriptor of the program that comes after @id, within 20 s; or -1. */
static int next_prog(__u32 id)
{
	union bpf_attr attr = {};
	time_t end = time(NULL) + 20;

	do {
		attr.prog_id = next_id(id);
	} while (!attr.prog_id && time(NULL) < end);
	return bpf_call(BPF_PROG_GET_FD_BY_ID, &attr);
}

static int make_handle(int prog)
{
	const struct lambda_load_attr attr = { .prog_fd = prog };

	return lambda_load(&attr, sizeof(attr), 0);
}

static int make_merge_handle(int prog, int merge)
{
	const struct lambda_load_attr attr = {
		.prog_fd = prog, .merge_fd = merge, .record_len = 8,
		.flags = LAMBDA_ATTR_MERGE };

	return lambda_load(&attr, sizeof(attr), 0);
}

static int run_once(int prog)
{
	union bpf_attr attr = { .test = { .prog_fd = prog } };

	return bpf_call(BPF_PROG_TEST_RUN, &attr);
}

TEST_F(loading, does_not_run)
{
	int other = prog_load(none, ARRAY_SIZE(none)), prog;
	struct lambda_io io;
	__u32 id, last = 0;
	__u64 result;
	pid_t pid;

	ASSERT_LE(0, other);
	while ((id = next_id(last)))
		last = id;
	pid = fork();
	if (!pid)
		_exit(prog_load(none, ARRAY_SIZE(none)) < 0);
	prog = next_prog(last);
	ASSERT_LE(0, prog);
	EXPECT_EQ(-1, make_handle(prog));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(-1, run_once(prog));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(-1, make_merge_handle(other, prog));
	EXPECT_EQ(EAGAIN, errno);

	/* And then it does. */
	EXPECT_EQ(pid, waitpid(pid, NULL, 0));
	EXPECT_EQ(0, run_once(prog));
	EXPECT_LE(0, make_merge_handle(other, prog));
	EXPECT_EQ(0, run_plain(make_handle(prog), &result, &io));
}

TEST_HARNESS_MAIN
