// SPDX-License-Identifier: GPL-2.0-only
/*
 * λs of users without capabilities: who may load them and when, how
 * lambda_load() takes instructions, what it says of those it refuses, and that
 * the attacks of the other tests fail for such a user as they do for root.
 */
#include <dirent.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "user.h"

#define HARDEN	"/proc/sys/net/core/bpf_jit_harden"
#define BUGS	"/sys/devices/system/cpu/vulnerabilities/"

FIXTURE(unprivileged) {
};

FIXTURE_SETUP(unprivileged)
{
	ASSERT_EQ(0, sysctl_write(UNPRIVILEGED, 1));
}

FIXTURE_TEARDOWN_PARENT(unprivileged)
{
	/* As it is by default, also after a test that was cut short. */
	sysctl_write(UNPRIVILEGED, 0);
}

/* The text of a file of the kernel's on a bug of processors. */
static const char *bug_state(const char *name)
{
	static char text[512];
	char path[128];
	int fd;

	snprintf(path, sizeof(path), BUGS "%s", name);
	memset(text, 0, sizeof(text));
	fd = open(path, O_RDONLY);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		snprintf(text, sizeof(text), "unknown");
	close(fd);
	return text;
}

static bool starts(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

/* Whether a λ could use a bug of this processor; what prog_lambda.rst says. */
static bool processor_leaks(void)
{
	static const char *const stale[] = {
		"mds", "tsx_async_abort", "reg_file_data_sampling", "tsa",
	};
	static const char *const trained[] = {
		"l1tf", "spectre_v2", "retbleed", "spec_rstack_overflow",
		"indirect_target_selection",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(stale); i++) {
		const char *state = bug_state(stale[i]);

		if (!starts(state, "Not affected") &&
		    !starts(state, "Mitigation: TSX disabled"))
			return true;
	}
	for (i = 0; i < ARRAY_SIZE(trained); i++) {
		const char *state = bug_state(trained[i]);

		if (!starts(state, "Not affected") &&
		    !starts(state, "Vulnerable: Safe RET, no microcode") &&
		    (!starts(state, "Mitigation:") ||
		     strstr(state, "Vulnerable")))
			return true;
	}
	return false;
}

static int load_nothing(void *arg)
{
	const struct bpf_insn p[] = { MOVI(R0, 0), EXIT() };
	int fd = insns_load(p, ARRAY_SIZE(p), NULL);

	if (fd >= 0)
		return 0;
	if (arg && !strstr(lambda_log, arg))
		fprintf(stderr, "# no \"%s\" in: %s\n", (char *)arg,
			lambda_log);
	return arg && !strstr(lambda_log, arg) ? 255 : errno;
}

/* Users may not unless the administrator says so, and only he can. */
TEST(closed_by_default)
{
	EXPECT_EQ(0, sysctl_read(UNPRIVILEGED));
	EXPECT_EQ(EPERM, run_as(A_USER, load_nothing, "fs.lambda.unprivileged"));
	/* Root needs no permission, and has none of the limits. */
	EXPECT_EQ(0, run_as(0, load_nothing, NULL));
	EXPECT_NE(0, sysctl_write(UNPRIVILEGED, 2));
	EXPECT_EQ(0, sysctl_read(UNPRIVILEGED));
}

static int write_sysctl(void *arg)
{
	NEED(sysctl_write(UNPRIVILEGED, 1));
	return 0;
}

TEST(closed_to_writers)
{
	EXPECT_EQ(0, run_as(A_USER, write_sysctl, NULL));
}

/* Where the processor has a bug that a λ can use, it is named. */
TEST_F(unprivileged, processor)
{
	bool leaks = processor_leaks();

	TH_LOG("this processor %s", leaks ? "leaks" : "does not leak");
	EXPECT_EQ(leaks ? EOPNOTSUPP : 0,
		  run_as(A_USER, load_nothing,
			 leaks ? "this processor has" : NULL));
	EXPECT_EQ(0, run_as(0, load_nothing, NULL));
}

/* All tests from here on are of processors on which it is allowed. */

static int run_two_functions(void *arg)
{
	int lambda = insns_load(two_functions, ARRAY_SIZE(two_functions), NULL);
	struct lambda_io io;
	__u64 out = 0;

	NEED(lambda >= 0);
	NEED(run_plain(lambda, &out, &io) == 8);
	NEED(out == 8);
	close(lambda);
	return 0;
}

/* Each function touches pages that are not there yet: its faults are known. */
TEST_F(unprivileged, runs)
{
	if (processor_leaks())
		SKIP(return, "the processor leaks, see the first test");
	EXPECT_EQ(0, run_as(A_USER, run_two_functions, NULL));
	/* What is loaded stays, whatever the sysctl says later. */
}

#define CAP(name)	(1ull << CAP_##name)

static int load_with_caps(void *arg)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	__u64 caps = *(__u64 *)arg;
	int i;

	for (i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		data[i].permitted = caps >> 32 * i;
		data[i].effective = data[i].permitted;
		data[i].inheritable = 0;
	}
	if (syscall(SYS_capset, &head, data))
		return 255;
	return load_nothing(NULL);
}

/* One of the two capabilities is as good as none. */
TEST(capabilities)
{
	static const struct {
		__u64 caps;
		int err;
	} cases[] = {
		{ 0, EPERM },
		{ CAP(BPF), EPERM },
		{ CAP(PERFMON), EPERM },
		{ CAP(BPF) | CAP(PERFMON), 0 },
		{ CAP(SYS_ADMIN), 0 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		EXPECT_EQ(cases[i].err,
			  run_as(0, load_with_caps, (void *)&cases[i].caps));
}

/*
 * A jump over so many constants does not fit with them hidden, which they are
 * whatever net.core.bpf_jit_harden says, and are not for root.
 */
static int load_long_jump(void *arg)
{
	const int len = 10923;
	struct bpf_insn *p = calloc(len + 4, sizeof(*p));
	int i, n = 0;

	p[n++] = MOVI(R0, 0);
	p[n++] = JMP(BPF_JEQ, R0, R0, len);
	for (i = 0; i < len; i++)
		p[n++] = ADDI(R0, 5);
	p[n++] = EXIT();
	if (insns_load(p, n, NULL) >= 0)
		return 0;
	NEED(strstr(lambda_log, "harden"));
	return errno;
}

TEST_F(unprivileged, constants_are_blinded)
{
	long before = sysctl_read(HARDEN);

	if (processor_leaks())
		SKIP(return, "the processor leaks, see the first test");
	sysctl_write(HARDEN, 0);
	EXPECT_EQ(ERANGE, run_as(A_USER, load_long_jump, NULL));
	EXPECT_EQ(0, run_as(0, load_long_jump, NULL));
	sysctl_write(HARDEN, before);
}

static const struct bpf_insn nothing[] = { MOVI(R0, 0), EXIT() };

static struct lambda_load_attr good_attr(void)
{
	return (struct lambda_load_attr) {
		.flags = LAMBDA_ATTR_INSNS,
		.insns = (uintptr_t)nothing,
		.insn_cnt = ARRAY_SIZE(nothing),
	};
}

static int fails(const struct lambda_load_attr *attr)
{
	int fd = lambda_load(attr, sizeof(*attr), 0);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

#define EXPECT_FAILS(error, change)					\
	do {								\
		struct lambda_load_attr attr = good_attr();		\
									\
		change;							\
		EXPECT_EQ(error, fails(&attr)) {			\
			TH_LOG("%s", #change);				\
		}							\
	} while (0)

/* One rule, whoever asks. */
TEST(attributes)
{
	EXPECT_FAILS(0, (void)0);
	EXPECT_FAILS(EINVAL, attr.prog_fd = -1);
	EXPECT_FAILS(EINVAL, attr.merge_fd = 1);
	EXPECT_FAILS(EINVAL, attr.reserved2 = 1);
	EXPECT_FAILS(EINVAL, attr.log_size = 100);
	EXPECT_FAILS(EINVAL, attr.log_buf = (uintptr_t)lambda_log);
	EXPECT_FAILS(EINVAL, attr.merge_insns = (uintptr_t)nothing);
	EXPECT_FAILS(EINVAL, attr.merge_insn_cnt = 2);
	EXPECT_FAILS(EINVAL, attr.flags |= LAMBDA_ATTR_INSNS << 1);
	/* A merge program without a record, and without instructions. */
	EXPECT_FAILS(EINVAL, attr.flags |= LAMBDA_ATTR_MERGE);
	EXPECT_FAILS(E2BIG, attr.flags |= LAMBDA_ATTR_MERGE;
		     attr.record_len = 8);
	EXPECT_FAILS(EFAULT, attr.flags |= LAMBDA_ATTR_MERGE;
		     attr.record_len = 8; attr.merge_insn_cnt = 2);
	EXPECT_FAILS(0, attr.flags |= LAMBDA_ATTR_MERGE; attr.record_len = 8;
		     attr.merge_insns = (uintptr_t)nothing;
		     attr.merge_insn_cnt = 2);
	/* Instructions that are not asked for. */
	EXPECT_FAILS(EINVAL, attr.flags = 0);
	EXPECT_FAILS(E2BIG, attr.insn_cnt = 0);
	EXPECT_FAILS(E2BIG, attr.insn_cnt = SBPF_INSNS_MAX + 1);
	EXPECT_FAILS(E2BIG, attr.insn_cnt = -1);
	EXPECT_FAILS(EFAULT, attr.insns = 0);
	EXPECT_FAILS(EFAULT, attr.insns = 0xffffffff81000000);
	EXPECT_FAILS(EINVAL, attr.insn_cnt = 1);
}

static int read_log(void *arg)
{
	const struct bpf_insn bad[] = { MOVI(R1, 1), MOV(R0, R5), EXIT() };
	char small[8] = "xxxxxxx";
	struct lambda_load_attr attr = good_attr();

	NEED(insns_load(bad, ARRAY_SIZE(bad), NULL) == -1);
	NEED(errno == EINVAL);
	NEED(strstr(lambda_log, "insn 1:"));
	attr.insns = (uintptr_t)bad;
	attr.insn_cnt = ARRAY_SIZE(bad);
	NEED(fails(&attr) == EINVAL);
	/* A log that is too small is filled, and ended. */
	attr.log_buf = (uintptr_t)small;
	attr.log_size = sizeof(small);
	NEED(fails(&attr) == ENOSPC);
	NEED(memchr(small, 0, sizeof(small)) && small[0] != 'x');
	attr.log_buf = 8;
	attr.log_size = 100;
	NEED(fails(&attr) == EFAULT);
	return 0;
}

TEST_F(unprivileged, refusals_say_why)
{
	if (processor_leaks())
		SKIP(return, "the processor leaks, see the first test");
	EXPECT_EQ(0, run_as(A_USER, read_log, NULL));
}

#define JIT_LIMIT	"/proc/sys/net/core/bpf_jit_limit"

/* Code of all users' programs together may be no more. */
TEST_F(unprivileged, no_memory_for_code)
{
	long before = sysctl_read(JIT_LIMIT);

	if (processor_leaks())
		SKIP(return, "the processor leaks, see the first test");
	ASSERT_LT(0, before);
	ASSERT_EQ(0, sysctl_write(JIT_LIMIT, 1));
	EXPECT_EQ(EOPNOTSUPP, run_as(A_USER, load_nothing, "bpf_jit_limit"));
	EXPECT_EQ(0, run_as(0, load_nothing, NULL));
	ASSERT_EQ(0, sysctl_write(JIT_LIMIT, before));
	EXPECT_EQ(0, run_as(A_USER, load_nothing, NULL));
}

/* Whether 8 bytes anywhere look like an address of the kernel's. */
static bool has_kernel_address(const void *bytes, size_t len)
{
	size_t i;
	__u64 v;

	for (i = 0; i + sizeof(v) <= len; i++) {
		memcpy(&v, (const char *)bytes + i, sizeof(v));
		if (v >> 47 == 0x1ffff && v < -0x10000ull)
			return true;
	}
	return false;
}

static bool names_kernel_address(const char *text)
{
	return strstr(text, "ffff8") || strstr(text, "ffffffff") ||
	       strstr(text, "ffffc9") || strstr(text, "ffffa");
}

/* Copies a page of memory to a page of the output, which R6 is. */
#define TELL(page, from)						\
	MOV(R1, R6), ADDI(R1, (page) * 4096), MOVI(R2, from),		\
	MOVI(R3, 4096), CALL(SBPF_HELPER_MEMCPY)

/* Puts out its context, both its frames, its heap and its data. */
static const struct bpf_insn tell_all[] = {
	CTX(R6, R1, out),
	ST(BPF_B, R10, -1, 0),
	CALL_LOCAL(27),
	TELL(0, SBPF_CTX_BASE),
	TELL(1, SBPF_FRAME_TOP(0) - 4096),
	TELL(2, SBPF_FRAME_TOP(1) - 4096),
	TELL(3, SBPF_HEAP_BASE),
	TELL(4, SBPF_DATA_BASE),
	MOVI(R0, 5 * 4096),
	EXIT(),
	ST(BPF_B, R10, -1, 0),
	MOVI(R0, 0),
	EXIT(),
};

static int look_for_addresses(void *arg)
{
	struct lambda_load_attr attr = {
		.heap_len = 4096, .bss_len = 4096,
	};
	static char out[5 * 4096], text[4096];
	struct lambda_io io = io_for(sizeof(out), NULL, 0);
	int lambda, fd = memory_file("x", 1);
	char path[64];

	lambda = insns_load(tell_all, ARRAY_SIZE(tell_all), &attr);
	NEED(lambda >= 0);
	NEED(lambda_pread(fd, out, 1, 0, lambda, &io) == sizeof(out));
	NEED(!has_kernel_address(out, sizeof(out)));
	NEED(!has_kernel_address(&io, sizeof(io)));
	NEED(!names_kernel_address(lambda_log));

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", lambda);
	fd = open(path, O_RDONLY);
	NEED(fd >= 0 && read(fd, text, sizeof(text) - 1) > 100);
	NEED(!names_kernel_address(text));
	close(fd);
	/* Its code is in the list of symbols, without the place. */
	fd = open("/proc/kallsyms", O_RDONLY);
	NEED(fd < 0 || (read(fd, text, 20) == 20 &&
			!strncmp(text, "0000000000000000", 16)));
	return 0;
}

TEST_F(unprivileged, no_kernel_address)
{
	if (processor_leaks())
		SKIP(return, "the processor leaks, see the first test");
	EXPECT_EQ(0, run_as(A_USER, look_for_addresses, NULL));
}

/*
 * The attacks on the check and on the window that other tests make as root,
 * made by a user: the same programs, loaded as instructions. Left out of them
 * are tests of bpf(2) itself, and those that set sysctls.
 */
FIXTURE(attack) {
	int program;
};

FIXTURE_VARIANT(attack) {
	const char *program;
	const char *args[7];
};

#define ATTACK(name, ...)						\
	FIXTURE_VARIANT_ADD(attack, name) {				\
		.program = #name "_test", .args = { __VA_ARGS__ } }

ATTACK(budget);
FIXTURE_VARIANT_ADD(attack, check) {
	.program = "check_test",
	.args = { "-T", "prog_flags", "-T", "attach_attributes",
		  "-T", "number_of_instructions" },
};

ATTACK(frame);
ATTACK(helpers);
ATTACK(insn);
ATTACK(opcode, "-T", "pseudo_loads");
ATTACK(search, "-F", "pages");
ATTACK(segment);
ATTACK(slack);
ATTACK(window);

FIXTURE_SETUP(attack)
{
	char path[4096] = {};

	ASSERT_EQ(0, sysctl_write(UNPRIVILEGED, 1));
	/* They lie in the same place, which a user need not get to. */
	ASSERT_LT(0, readlink("/proc/self/exe", path, sizeof(path) - 100));
	snprintf(strrchr(path, '/') + 1, 100, "%s", variant->program);
	self->program = open(path, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, self->program) {
		TH_LOG("%s", path);
	}
}

FIXTURE_TEARDOWN_PARENT(attack)
{
	/* As it is by default, also after a test that was cut short. */
	sysctl_write(UNPRIVILEGED, 0);
}

struct attack {
	int program, output;
	const char *const *args;
};

static int run_program(void *arg)
{
	const struct attack *attack = arg;
	char *argv[9] = { "attack" };
	int i;

	for (i = 0; i < 7 && attack->args[i]; i++)
		argv[1 + i] = (char *)attack->args[i];
	dup2(attack->output, STDOUT_FILENO);
	dup2(attack->output, STDERR_FILENO);
	setenv("LAMBDA_TEST_INSNS", "1", 1);
	if (chdir("/tmp"))
		return 98;
	fexecve(attack->program, argv, environ);
	return 97;
}

/* The lines of a program's output that tell of a failure. */
static void show_failures(int output)
{
	FILE *f = fdopen(output, "r");
	char line[512];

	if (!f)
		return;
	rewind(f);
	while (fgets(line, sizeof(line), f))
		if (!strstr(line, "OK ") && !strstr(line, "RUN "))
			fprintf(stderr, "#   %s", line + (*line == '#'));
	fclose(f);
}

/* Each is a program of many tests. */
TEST_F_TIMEOUT(attack, fails, 10 * TEST_TIMEOUT_DEFAULT)
{
	struct attack attack = {
		.program = self->program,
		.output = memfd_create("output", 0),
		.args = variant->args,
	};
	int status;

	if (processor_leaks())
		SKIP(return, "the processor leaks, see the first test");
	status = run_as(A_USER, run_program, &attack);
	EXPECT_EQ(0, status);
	if (status)
		show_failures(attack.output);
}

TEST_HARNESS_MAIN
