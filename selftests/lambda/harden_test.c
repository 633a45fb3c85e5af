// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is to keep programs from being of use in an attack: the capabilities that
 * loading takes, and net.core.bpf_jit_harden=2, which hides constants from
 * whoever wrote them into a program: the JIT gets other instructions, and what
 * they do stays the same.
 */
#include <linux/capability.h>
#include <sys/wait.h>

#include "common.h"
#include "harness.h"
#include "sysctl.h"

#define HARDEN	"/proc/sys/net/core/bpf_jit_harden"
#define ENABLE	"/proc/sys/net/core/bpf_jit_enable"

FIXTURE(harden) {
	long before;
};

FIXTURE_VARIANT(harden) {
	int level;
};

#define VARIANT(name, _level)						\
	FIXTURE_VARIANT_ADD(harden, name) { .level = (_level) }

VARIANT(off, 0);
VARIANT(unprivileged, 1);
VARIANT(all, 2);

FIXTURE_SETUP(harden)
{
	self->before = sysctl_read(HARDEN);
	ASSERT_LE(0, self->before);
	ASSERT_EQ(0, sysctl_write(HARDEN, variant->level));
}

FIXTURE_TEARDOWN_PARENT(harden)
{
	sysctl_write(HARDEN, self->before);
}

/* Constants in every place where one can stand. */
static const struct bpf_insn constants[] = {
	MOVI(R6, 0x12345678),
	ALUI(BPF_XOR, R6, 0x0f0f0f0f),
	ALUI32(BPF_ADD, R6, 0x01010101),
	ALUI(BPF_MUL, R6, 1000003),
	ALUI(BPF_MOD, R6, 0x7ffffffd),
	ALUI(BPF_OR, R6, 0x100),
	LD64(R7, 0x1122334455667788),
	ADD(R6, R7),
	/* stores of constants, through a base with a dirty upper half */
	LD64(R8, 0xdead000000000000 | SBPF_OUT_BASE),
	ST(BPF_DW, R8, 8, 0x5a5a5a5a),
	ST(BPF_W, R8, 16, 0x6b6b6b6b),
	ST(BPF_H, R8, 20, 0x7c7c),
	ST(BPF_B, R8, 22, 0x7d),
	ST(BPF_W, R10, -16, 0x13572468),
	LDX(BPF_W, R9, R10, -16),
	ADD(R6, R9),
	LDSX(BPF_H, R9, R8, 20),
	ADD(R6, R9),
	/* jumps on constants, forth and back */
	MOVI(R9, 0),
	ADDI(R9, 0x111),
	JMPI(BPF_JLT, R9, 0x11100, -2),
	JMPI32(BPF_JNE, R9, 0x11100, 6),
	JMPI(BPF_JSET, R9, 0x100, 1),
	GOTO(4),
	STX(BPF_DW, R8, 0, R6),
	STX(BPF_DW, R8, 24, R9),
	MOVI(R0, 32),
	EXIT(),
	MOVI(R0, -1),
	EXIT(),
};

TEST_F(harden, constants)
{
	__u64 out[4], sum = 0x12345678;
	struct lambda_io io = io_for(sizeof(out), NULL, 0);
	int fd = memory_file("x", 1);
	/* 256 times JLT, once more than it is taken. */
	int lambda = handle_budget(constants, ARRAY_SIZE(constants), 256);

	ASSERT_LE(0, lambda);
	ASSERT_EQ(sizeof(out), lambda_pread(fd, out, 1, 0, lambda, &io)) {
		TH_LOG("status %u retval %d", io.result.status,
		       io.result.retval);
	}
	sum ^= 0x0f0f0f0f;
	sum = (__u32)(sum + 0x01010101);
	sum *= 1000003;
	sum %= 0x7ffffffd;
	sum |= 0x100;
	sum += 0x1122334455667788 + 0x13572468 + 0x7c7c;
	EXPECT_EQ(sum, out[0]);
	EXPECT_EQ(0x5a5a5a5a, out[1]);
	EXPECT_EQ(0x007d7c7c6b6b6b6b, out[2]);
	EXPECT_EQ(0x11100, out[3]);
	/* Budgets are counted in the program's own jumps. */
	lambda = handle_budget(constants, ARRAY_SIZE(constants), 255);
	EXPECT_EQ(-1, lambda_pread(fd, out, 1, 0, lambda, &io));
	EXPECT_EQ(LAMBDA_STATUS_OVER_BUDGET, io.result.status);
}

TEST_F(harden, jumps_to_itself)
{
	const struct bpf_insn p[] = {
		MOVI(R0, 7), JMPI(BPF_JEQ, R0, 7, -1), EXIT() };
	const struct bpf_insn q[] = {
		MOVI(R0, 7), JMPI32(BPF_JNE, R0, 7, -1), MOVI(R0, 0), EXIT() };
	struct lambda_io io;
	__u64 out;

	EXPECT_EQ(-1, run_plain(handle_budget(p, ARRAY_SIZE(p), 1000), &out,
				&io));
	EXPECT_EQ(LAMBDA_STATUS_OVER_BUDGET, io.result.status);
	EXPECT_EQ(0, run_plain(handle_budget(q, ARRAY_SIZE(q), 1), &out, &io));
	EXPECT_EQ(-1, run_plain(handle_budget(q, ARRAY_SIZE(q), 0), &out,
				&io));
	EXPECT_EQ(LAMBDA_STATUS_OVER_BUDGET, io.result.status);
}

/* A loop of @len constants; its last jump counts to three. */
static size_t long_loop(struct bpf_insn *p, int len)
{
	int i, n = 0;

	p[n++] = MOVI(R6, 0);
	p[n++] = MOVI(R7, 0);
	for (i = 0; i < len; i++)
		p[n++] = ADDI(R7, 1);
	p[n++] = ADDI(R6, 1);
	p[n++] = JMPI(BPF_JLT, R6, 3, -(len + 2));
	p[n++] = MOVI(R1, SBPF_OUT_BASE);
	p[n++] = STX(BPF_DW, R1, 0, R7);
	p[n++] = MOVI(R0, 8);
	p[n++] = EXIT();
	return n;
}

static ssize_t run_with(int prog, __u64 budget, __u64 *result,
			struct lambda_io *io)
{
	const struct lambda_load_attr attr = {
		.prog_fd = prog, .flags = LAMBDA_ATTR_BUDGET,
		.budget = budget };
	int lambda = lambda_load(&attr, sizeof(attr), 0);
	ssize_t ret = run_plain(lambda, result, io);

	close(lambda);
	return ret;
}

/*
 * Hiding a constant takes three instructions for one. A loop too long for a
 * jump of 16 bits then is refused, and the message names hardening; none may
 * wrap around into a forward jump.
 */
TEST_F(harden, loop_at_the_edge)
{
	struct bpf_insn *p = calloc(40000, sizeof(*p));
	bool accepted = false, refused = false;
	struct lambda_io io;
	__u64 sum;
	int len;

	ASSERT_NE(NULL, p);
	for (len = 10919; len <= 10922; len++) {
		int prog = prog_load(p, long_loop(p, len));

		if (prog < 0) {
			refused = true;
			EXPECT_EQ(2, variant->level);
			EXPECT_EQ(ERANGE, errno);
			EXPECT_NE(NULL, strstr(lambda_log, "harden"));
			continue;
		}
		accepted = true;
		EXPECT_EQ(8, run_with(prog, 3, &sum, &io));
		EXPECT_EQ(3 * len, sum);
		EXPECT_EQ(-1, run_with(prog, 2, &sum, &io));
		EXPECT_EQ(LAMBDA_STATUS_OVER_BUDGET, io.result.status);
		close(prog);
	}
	EXPECT_TRUE(accepted);
	EXPECT_EQ(variant->level == 2, refused);
}

/* The longest loop a 16-bit jump closes. */
TEST_F(harden, longest_loop)
{
	struct bpf_insn *p = calloc(40000, sizeof(*p));
	int fd;

	ASSERT_NE(NULL, p);
	fd = prog_load(p, long_loop(p, 32766));
	if (variant->level == 2) {
		EXPECT_EQ(-1, fd);
		EXPECT_EQ(ERANGE, errno);
		EXPECT_NE(NULL, strstr(lambda_log, "harden"));
	} else {
		EXPECT_LE(0, fd);
	}
}

/*
 * There is nothing but the JIT to run a λ: either it cannot be turned off, or
 * no λ loads while it is.
 */
TEST(jit_turned_off)
{
	const struct bpf_insn p[] = { MOVI(R0, 0), EXIT() };
	long before = sysctl_read(ENABLE);

	if (sysctl_write(ENABLE, 0)) {
		EXPECT_EQ(1, before);
		EXPECT_EQ(1, sysctl_read(ENABLE));
		return;
	}
	EXPECT_EQ(-1, prog_load(p, ARRAY_SIZE(p)));
	EXPECT_EQ(EOPNOTSUPP, errno);
	EXPECT_NE(NULL, strstr(lambda_log, "bpf_jit_enable"));
	sysctl_write(ENABLE, before);
}

/* Where the kernel's code of a program begins; 0 if it does not tell. */
static __u64 image_start(int prog)
{
	struct bpf_prog_info info = {};
	__u64 start = 0;
	union bpf_attr attr = {
		.info.bpf_fd = prog,
		.info.info_len = sizeof(info),
		.info.info = (uintptr_t)&info,
	};

	info.nr_jited_ksyms = 1;
	info.jited_ksyms = (uintptr_t)&start;
	return bpf_call(BPF_OBJ_GET_INFO_BY_FD, &attr) ? 0 : start;
}

#define IMAGES	64

static int by_value(const void *a, const void *b)
{
	const __u64 *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/*
 * Where code lies cannot be told from where the code before it does: as with
 * other programs there are several places, here whole cache lines apart.
 */
TEST(random_start)
{
	const struct bpf_insn p[] = { MOVI(R0, 0), EXIT() };
	int i, progs[IMAGES], same, most = 0;
	__u64 starts[IMAGES], gaps[IMAGES - 1];

	for (i = 0; i < IMAGES; i++) {
		progs[i] = prog_load(p, ARRAY_SIZE(p));
		ASSERT_LE(0, progs[i]);
		starts[i] = image_start(progs[i]);
		ASSERT_NE(0, starts[i]);
		/* Loops are aligned in what is aligned itself. */
		EXPECT_EQ(8, starts[i] % 64);
	}
	qsort(starts, IMAGES, sizeof(*starts), by_value);
	for (i = 0; i < IMAGES - 1; i++)
		gaps[i] = starts[i + 1] - starts[i];
	qsort(gaps, IMAGES - 1, sizeof(*gaps), by_value);
	for (i = same = 0; i < IMAGES - 1; i++) {
		same = i && gaps[i] == gaps[i - 1] ? same + 1 : 1;
		most = same > most ? same : most;
	}
	TH_LOG("%d of %d images follow the one before alike", most,
	       IMAGES - 1);
	EXPECT_GT(IMAGES / 2, most);
	for (i = 0; i < IMAGES; i++)
		close(progs[i]);
}

#define CAP(name)	(1ull << CAP_##name)

/* The status of a process that has these capabilities and loads a program. */
static int load_with(__u64 caps)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	const struct bpf_insn nothing[] = { MOVI(R0, 0), EXIT() };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	int status = -1, i;
	pid_t pid = fork();

	if (!pid) {
		for (i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
			data[i].permitted = caps >> 32 * i;
			data[i].effective = data[i].permitted;
			data[i].inheritable = 0;
		}
		if (syscall(SYS_capset, &head, data))
			_exit(255);
		_exit(prog_load(nothing, ARRAY_SIZE(nothing)) < 0 ? errno : 0);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* What a λ reads is confined, but not what speculation leaves behind. */
TEST(capabilities)
{
	EXPECT_EQ(EPERM, load_with(0));
	EXPECT_EQ(EPERM, load_with(CAP(BPF)));
	EXPECT_EQ(EPERM, load_with(CAP(PERFMON)));
	EXPECT_EQ(0, load_with(CAP(BPF) | CAP(PERFMON)));
	EXPECT_EQ(0, load_with(CAP(SYS_ADMIN)));
}

TEST_HARNESS_MAIN
