// SPDX-License-Identifier: GPL-2.0-only
/*
 * A λ runs over files and nowhere else: no hook takes it, no map, and no other
 * program may be put around it or in its place.
 */
#include <linux/btf.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>

#include "common.h"
#include "harness.h"

#ifndef SO_ATTACH_REUSEPORT_EBPF
#define SO_ATTACH_REUSEPORT_EBPF 52
#endif

static const struct bpf_insn trivial[] = { MOVI(R0, 0), EXIT() };

/* BTF of `int entry(void *ctx)`. */
static const char strings[] = "\0int\0ctx\0entry";

static const struct {
	struct btf_header header;
	__u32 types[15];
	char strings[sizeof(strings)];
} btf = {
	.header = {
		.magic = BTF_MAGIC, .version = BTF_VERSION,
		.hdr_len = sizeof(struct btf_header), .type_len = 15 * 4,
		.str_off = 15 * 4, .str_len = sizeof(strings),
	},
	.types = {
		/* 1: int */
		1, BTF_KIND_INT << 24, 4, BTF_INT_SIGNED << 24 | 32,
		/* 2: void * */
		0, BTF_KIND_PTR << 24, 0,
		/* 3: int (void *ctx) */
		0, BTF_KIND_FUNC_PROTO << 24 | 1, 1, 5, 2,
		/* 4: that, as a global function */
		9, BTF_KIND_FUNC << 24 | BTF_FUNC_GLOBAL, 3,
	},
	.strings = "\0int\0ctx\0entry",
};

static const struct bpf_func_info func_info = { .type_id = 4 };

static int load_btf(void)
{
	union bpf_attr attr = {
		.btf = (uintptr_t)&btf,
		.btf_size = offsetof(typeof(btf), strings) + sizeof(strings),
		.btf_log_buf = (uintptr_t)lambda_log,
		.btf_log_size = sizeof(lambda_log), .btf_log_level = 1,
	};

	return bpf_call(BPF_BTF_LOAD, &attr);
}

/* A program of @type with that BTF, so that it could be attached to. */
static int load_with_btf(int type)
{
	union bpf_attr attr;

	prog_attr(&attr, trivial, ARRAY_SIZE(trivial));
	attr.prog_type = type;
	attr.prog_btf_fd = load_btf();
	attr.func_info = (uintptr_t)&func_info;
	attr.func_info_rec_size = sizeof(func_info);
	attr.func_info_cnt = 1;
	return bpf_call(BPF_PROG_LOAD, &attr);
}

/* A program around, or in the place of, the function of @target. */
static int load_onto(int target, int type, int attach)
{
	union bpf_attr attr;

	prog_attr(&attr, trivial, ARRAY_SIZE(trivial));
	attr.prog_type = type;
	attr.expected_attach_type = attach;
	attr.attach_prog_fd = target;
	attr.attach_btf_id = 4;
	return bpf_call(BPF_PROG_LOAD, &attr);
}

FIXTURE(attach) {
	int lambda, other;
};

FIXTURE_SETUP(attach)
{
	self->lambda = load_with_btf(LAMBDA_PROG_TYPE);
	ASSERT_LE(0, self->lambda) {
		TH_LOG("%m: %s", lambda_log);
	}
	self->other = load_with_btf(BPF_PROG_TYPE_SOCKET_FILTER);
	ASSERT_LE(0, self->other) {
		TH_LOG("%s", lambda_log);
	}
}

FIXTURE_TEARDOWN(attach)
{
	close(self->lambda);
	close(self->other);
}

TEST_F(attach, fentry)
{
	/* Not refused for another reason: a socket filter may be traced. */
	EXPECT_LE(0, load_onto(self->other, BPF_PROG_TYPE_TRACING,
			       BPF_TRACE_FENTRY)) {
		TH_LOG("%s", lambda_log);
	}
	EXPECT_EQ(-1, load_onto(self->lambda, BPF_PROG_TYPE_TRACING,
				BPF_TRACE_FENTRY));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_LT(10, strlen(lambda_log));
}

TEST_F(attach, fexit)
{
	EXPECT_LE(0, load_onto(self->other, BPF_PROG_TYPE_TRACING,
			       BPF_TRACE_FEXIT));
	EXPECT_EQ(-1, load_onto(self->lambda, BPF_PROG_TYPE_TRACING,
				BPF_TRACE_FEXIT));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_LT(10, strlen(lambda_log));
}

TEST_F(attach, fmod_ret)
{
	EXPECT_EQ(-1, load_onto(self->lambda, BPF_PROG_TYPE_TRACING,
				BPF_MODIFY_RETURN));
	EXPECT_EQ(EINVAL, errno);
}

TEST_F(attach, freplace)
{
	EXPECT_EQ(-1, load_onto(self->lambda, BPF_PROG_TYPE_EXT, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_LT(10, strlen(lambda_log));
}

/* A λ that asks to be a tracer itself. */
TEST_F(attach, lambda_around_another)
{
	EXPECT_EQ(-1, load_onto(self->other, LAMBDA_PROG_TYPE,
				BPF_TRACE_FENTRY));
	EXPECT_EQ(EINVAL, errno);
}

static int map_create(int type)
{
	union bpf_attr attr = {
		.map_type = type, .key_size = 4, .value_size = 4,
		.max_entries = 4,
	};

	return bpf_call(BPF_MAP_CREATE, &attr);
}

static int map_put(int map, int value)
{
	__u32 key = 0;
	union bpf_attr attr = {
		.map_fd = map, .key = (uintptr_t)&key,
		.value = (uintptr_t)&value,
	};

	return bpf_call(BPF_MAP_UPDATE_ELEM, &attr);
}

/* Tail calls: neither first nor after another. */
TEST_F(attach, program_array)
{
	int map = map_create(BPF_MAP_TYPE_PROG_ARRAY);

	ASSERT_LE(0, map);
	EXPECT_EQ(-1, map_put(map, self->lambda));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(0, map_put(map, self->other));
	EXPECT_EQ(-1, map_put(map, self->lambda));
	EXPECT_EQ(EINVAL, errno);
}

TEST_F(attach, socket)
{
	int sock = socket(AF_INET, SOCK_DGRAM, 0);

	ASSERT_LE(0, sock);
	EXPECT_EQ(-1, setsockopt(sock, SOL_SOCKET, SO_ATTACH_BPF,
				 &self->lambda, sizeof(int)));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, setsockopt(sock, SOL_SOCKET, SO_ATTACH_REUSEPORT_EBPF,
				 &self->lambda, sizeof(int)));
	EXPECT_EQ(0, setsockopt(sock, SOL_SOCKET, SO_ATTACH_BPF, &self->other,
				sizeof(int)));
}

TEST_F(attach, raw_tracepoint)
{
	union bpf_attr attr = { .raw_tracepoint = {
		.name = (uintptr_t)"sched_switch", .prog_fd = self->lambda } };

	EXPECT_EQ(-1, bpf_call(BPF_RAW_TRACEPOINT_OPEN, &attr));
	EXPECT_EQ(EINVAL, errno);
	attr.raw_tracepoint.name = 0;
	EXPECT_EQ(-1, bpf_call(BPF_RAW_TRACEPOINT_OPEN, &attr));
	EXPECT_EQ(EINVAL, errno);
}

TEST_F(attach, perf_event)
{
	struct perf_event_attr event = {
		.size = sizeof(event), .type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_CPU_CLOCK, .sample_period = 1000000,
	};
	int fd = syscall(SYS_perf_event_open, &event, 0, -1, -1, 0);

	ASSERT_LE(0, fd);
	EXPECT_EQ(-1, ioctl(fd, PERF_EVENT_IOC_SET_BPF, self->lambda));
	EXPECT_EQ(EINVAL, errno);
}

/* Every hook there is, on a group of processes and by links. */
TEST_F(attach, every_attach_type)
{
	char dir[] = "/tmp/lambda-cgroup-XXXXXX";
	int cgroup, hook;

	ASSERT_NE(NULL, mkdtemp(dir));
	ASSERT_EQ(0, mount("none", dir, "cgroup2", 0, NULL));
	cgroup = open(dir, O_RDONLY | O_DIRECTORY);
	ASSERT_LE(0, cgroup);
	for (hook = 0; hook < 64; hook++) {
		union bpf_attr attr = {
			.target_fd = cgroup, .attach_bpf_fd = self->lambda,
			.attach_type = hook };

		EXPECT_EQ(-1, bpf_call(BPF_PROG_ATTACH, &attr)) {
			TH_LOG("attached to hook %d", hook);
		}
		attr = (union bpf_attr) { .link_create = {
			.prog_fd = self->lambda, .target_fd = cgroup,
			.attach_type = hook } };
		EXPECT_EQ(-1, bpf_call(BPF_LINK_CREATE, &attr)) {
			TH_LOG("linked to hook %d", hook);
		}
		attr.link_create.target_fd = 0;
		attr.link_create.target_ifindex = 1;
		EXPECT_EQ(-1, bpf_call(BPF_LINK_CREATE, &attr)) {
			TH_LOG("linked to hook %d of lo", hook);
		}
	}
	close(cgroup);
	umount(dir);
	rmdir(dir);
}

TEST_HARNESS_MAIN
