// SPDX-License-Identifier: GPL-2.0-only
/*
 * lambda_load(): each of its errors, the size of its struct, and what a handle
 * is as a descriptor.
 */
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "common.h"
#include "harness.h"
#include "pass.h"
#include "sysctl.h"

#define PAGE		4096
#define FILE_MAX	"/proc/sys/fs/file-max"

static const struct bpf_insn answer[] = {
	MOVI(R3, 42),
	OUTPUT_U64(R3),
};

static bool answers(int lambda)
{
	struct lambda_io io;
	__u64 result = 0;

	return run_plain(lambda, &result, &io) == 8 && result == 42;
}

FIXTURE(load) {
	struct lambda_load_attr attr;
};

FIXTURE_SETUP(load)
{
	self->attr = (struct lambda_load_attr) {
		.prog_fd = prog_load(answer, ARRAY_SIZE(answer)),
	};
	ASSERT_LE(0, self->attr.prog_fd) {
		TH_LOG("%s", lambda_log);
	}
}

FIXTURE_TEARDOWN(load)
{
	close(self->attr.prog_fd);
}

#define EXPECT_LOADS(attr) do {						\
	int _fd = lambda_load(&(attr), sizeof(attr), 0);		\
									\
	EXPECT_LE(0, _fd);						\
	close(_fd);							\
} while (0)

#define EXPECT_ERROR(err, attr, size, flags) do {			\
	EXPECT_EQ(-1, lambda_load(attr, size, flags));			\
	EXPECT_EQ(err, errno);						\
} while (0)

TEST(abi_version)
{
	struct lambda_load_attr attr = {};

	EXPECT_EQ(LAMBDA_ABI, lambda_load(NULL, 0, LAMBDA_LOAD_ABI));
	EXPECT_ERROR(EINVAL, &attr, 0, LAMBDA_LOAD_ABI);
	EXPECT_ERROR(EINVAL, NULL, sizeof(attr), LAMBDA_LOAD_ABI);
	EXPECT_ERROR(EINVAL, NULL, 0, LAMBDA_LOAD_ABI | 2);
}

TEST_F(load, good)
{
	int lambda = lambda_load(&self->attr, sizeof(self->attr), 0);

	ASSERT_LE(0, lambda);
	EXPECT_TRUE(answers(lambda));
}

TEST_F(load, unknown_flags)
{
	int bit;

	for (bit = 1; bit < 32; bit++)
		EXPECT_ERROR(EINVAL, &self->attr, sizeof(self->attr),
			     1u << bit);
	for (bit = 1; bit < 32; bit++) {
		self->attr.flags = 1u << bit;
		EXPECT_ERROR(EINVAL, &self->attr, sizeof(self->attr), 0);
	}
}

TEST_F(load, struct_sizes)
{
	struct lambda_load_attr *p;
	char *map;
	int fd;

	EXPECT_ERROR(EPROTONOSUPPORT, &self->attr, 0, 0);
	EXPECT_ERROR(EPROTONOSUPPORT, &self->attr,
		     LAMBDA_LOAD_ATTR_SIZE_VER0 - 1, 0);
	map = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, map);
	memcpy(map, &self->attr, sizeof(self->attr));
	p = (void *)map;
	/* A newer struct that asks for nothing new, up to a page. */
	fd = lambda_load(p, sizeof(*p) + 1, 0);
	EXPECT_LE(0, fd);
	close(fd);
	fd = lambda_load(p, PAGE, 0);
	EXPECT_LE(0, fd);
	close(fd);
	EXPECT_ERROR(E2BIG, p, PAGE + 1, 0);
	EXPECT_ERROR(E2BIG, p, -1ul, 0);
	/* One that does ask for something new. */
	map[sizeof(*p)] = 1;
	EXPECT_ERROR(E2BIG, p, sizeof(*p) + 1, 0);
	EXPECT_ERROR(E2BIG, p, PAGE, 0);
	map[sizeof(*p)] = 0;
	map[PAGE - 1] = 1;
	EXPECT_ERROR(E2BIG, p, PAGE, 0);
}

TEST_F(load, unreadable_struct)
{
	char *map = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *end = map + PAGE - sizeof(self->attr) + 8;

	EXPECT_ERROR(EFAULT, NULL, sizeof(self->attr), 0);
	EXPECT_ERROR(EFAULT, (void *)-4096ul, sizeof(self->attr), 0);
	munmap(map + PAGE, PAGE);
	EXPECT_ERROR(EFAULT, (void *)end, sizeof(self->attr), 0);
}

TEST_F(load, reserved_field)
{
	self->attr.reserved = 1;
	EXPECT_ERROR(EINVAL, &self->attr, sizeof(self->attr), 0);
}

TEST_F(load, record_length)
{
	self->attr.record_len = 1;
	EXPECT_LOADS(self->attr);
	self->attr.record_len = SBPF_IN_MAX;
	EXPECT_LOADS(self->attr);
	self->attr.record_len = SBPF_IN_MAX + 1;
	EXPECT_ERROR(EMSGSIZE, &self->attr, sizeof(self->attr), 0);
	self->attr.record_len = -1;
	EXPECT_ERROR(EMSGSIZE, &self->attr, sizeof(self->attr), 0);
}

TEST_F(load, merge_program)
{
	int other = prog_load(answer, ARRAY_SIZE(answer));
	int file = memory_file("", 0);

	self->attr.merge_fd = other;
	EXPECT_ERROR(EINVAL, &self->attr, sizeof(self->attr), 0);
	self->attr.flags = LAMBDA_ATTR_MERGE;
	EXPECT_ERROR(EINVAL, &self->attr, sizeof(self->attr), 0);
	self->attr.record_len = 8;
	EXPECT_LOADS(self->attr);
	self->attr.merge_fd = self->attr.prog_fd;
	EXPECT_LOADS(self->attr);
	self->attr.flags = 0;
	EXPECT_ERROR(EINVAL, &self->attr, sizeof(self->attr), 0);
	self->attr.flags = LAMBDA_ATTR_MERGE;
	self->attr.merge_fd = file;
	EXPECT_ERROR(EINVAL, &self->attr, sizeof(self->attr), 0);
	self->attr.merge_fd = -1;
	EXPECT_ERROR(EBADF, &self->attr, sizeof(self->attr), 0);
	self->attr.merge_fd = 12345;
	EXPECT_ERROR(EBADF, &self->attr, sizeof(self->attr), 0);
	close(file);
	close(other);
}

/* A program of another type does not merge. */
TEST_F(load, merge_of_another_type)
{
	const struct bpf_insn none[] = { MOVI(R0, 0), EXIT() };
	union bpf_attr attr;

	prog_attr(&attr, none, ARRAY_SIZE(none));
	attr.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	self->attr.flags = LAMBDA_ATTR_MERGE;
	self->attr.record_len = 8;
	self->attr.merge_fd = bpf_call(BPF_PROG_LOAD, &attr);
	ASSERT_LE(0, self->attr.merge_fd);
	EXPECT_ERROR(EINVAL, &self->attr, sizeof(self->attr), 0);
	close(self->attr.merge_fd);
}

TEST_F(load, budget)
{
	self->attr.budget = 1;
	EXPECT_ERROR(EINVAL, &self->attr, sizeof(self->attr), 0);
	self->attr.flags = LAMBDA_ATTR_BUDGET;
	EXPECT_LOADS(self->attr);
	self->attr.budget = 0;
	EXPECT_LOADS(self->attr);
	self->attr.budget = SBPF_BUDGET_MAX;
	EXPECT_LOADS(self->attr);
	self->attr.budget = SBPF_BUDGET_MAX + 1;
	EXPECT_ERROR(EINVAL, &self->attr, sizeof(self->attr), 0);
	self->attr.budget = -1ull;
	EXPECT_ERROR(EINVAL, &self->attr, sizeof(self->attr), 0);
}

TEST_F(load, frame_length)
{
	self->attr.frame_len = PAGE - 1;
	EXPECT_ERROR(EINVAL, &self->attr, sizeof(self->attr), 0);
	self->attr.frame_len = 1;
	EXPECT_ERROR(EINVAL, &self->attr, sizeof(self->attr), 0);
	self->attr.frame_len = SBPF_FRAME_MAX;
	EXPECT_LOADS(self->attr);
	self->attr.frame_len = SBPF_FRAME_MAX + PAGE;
	EXPECT_ERROR(EMSGSIZE, &self->attr, sizeof(self->attr), 0);
	self->attr.frame_len = -PAGE;
	EXPECT_ERROR(EMSGSIZE, &self->attr, sizeof(self->attr), 0);
}

TEST_F(load, heap_length)
{
	self->attr.heap_len = SBPF_HEAP_MAX;
	EXPECT_LOADS(self->attr);
	self->attr.heap_len = SBPF_HEAP_MAX + 1;
	EXPECT_ERROR(EMSGSIZE, &self->attr, sizeof(self->attr), 0);
	self->attr.heap_len = -1ull;
	EXPECT_ERROR(EMSGSIZE, &self->attr, sizeof(self->attr), 0);
}

/* .rodata by whole pages, .data and .bss: 16 MiB together. */
TEST_F(load, globals_length)
{
	static char globals[SBPF_DATA_MAX];

	self->attr.rodata = (uintptr_t)globals;
	self->attr.data = (uintptr_t)globals;
	self->attr.rodata_len = 1;
	self->attr.data_len = 1;
	self->attr.bss_len = SBPF_DATA_MAX - PAGE - 1;
	EXPECT_LOADS(self->attr);
	self->attr.bss_len++;
	EXPECT_ERROR(EMSGSIZE, &self->attr, sizeof(self->attr), 0);
	self->attr.bss_len = 0;
	self->attr.data_len = SBPF_DATA_MAX - PAGE + 1;
	EXPECT_ERROR(EMSGSIZE, &self->attr, sizeof(self->attr), 0);
	self->attr.data_len = 0;
	self->attr.rodata_len = SBPF_DATA_MAX;
	EXPECT_LOADS(self->attr);
	self->attr.rodata_len = SBPF_DATA_MAX + 1;
	EXPECT_ERROR(EMSGSIZE, &self->attr, sizeof(self->attr), 0);
	/* Sums that wrap. */
	self->attr.rodata_len = -1ull;
	EXPECT_ERROR(EMSGSIZE, &self->attr, sizeof(self->attr), 0);
	self->attr.rodata_len = 1;
	self->attr.data_len = -4096ull;
	EXPECT_ERROR(EMSGSIZE, &self->attr, sizeof(self->attr), 0);
	self->attr.data_len = 1;
	self->attr.bss_len = -4097ull;
	EXPECT_ERROR(EMSGSIZE, &self->attr, sizeof(self->attr), 0);
}

TEST_F(load, unreadable_globals)
{
	self->attr.rodata_len = 1;
	EXPECT_ERROR(EFAULT, &self->attr, sizeof(self->attr), 0);
	self->attr.rodata = -4096ull;
	EXPECT_ERROR(EFAULT, &self->attr, sizeof(self->attr), 0);
	self->attr.rodata_len = 0;
	EXPECT_LOADS(self->attr);
	self->attr.data_len = 3 * PAGE;
	self->attr.data = (uintptr_t)mmap(NULL, 3 * PAGE, PROT_READ,
					  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	EXPECT_LOADS(self->attr);
	munmap((void *)self->attr.data + 2 * PAGE, PAGE);
	EXPECT_ERROR(EFAULT, &self->attr, sizeof(self->attr), 0);
}

TEST_F(load, program_descriptor)
{
	const struct bpf_insn p[] = { MOVI(R0, 0), EXIT() };
	int good = self->attr.prog_fd;
	union bpf_attr attr;

	self->attr.prog_fd = -1;
	EXPECT_ERROR(EBADF, &self->attr, sizeof(self->attr), 0);
	self->attr.prog_fd = 999;
	EXPECT_ERROR(EBADF, &self->attr, sizeof(self->attr), 0);
	self->attr.prog_fd = memory_file("x", 1);
	EXPECT_ERROR(EINVAL, &self->attr, sizeof(self->attr), 0);
	/* A BPF program of another type. */
	prog_attr(&attr, p, ARRAY_SIZE(p));
	attr.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	self->attr.prog_fd = bpf_call(BPF_PROG_LOAD, &attr);
	ASSERT_LE(0, self->attr.prog_fd);
	EXPECT_ERROR(EINVAL, &self->attr, sizeof(self->attr), 0);
	/* A handle is not a program. */
	self->attr.prog_fd = good;
	self->attr.prog_fd = lambda_load(&self->attr, sizeof(self->attr), 0);
	EXPECT_ERROR(EINVAL, &self->attr, sizeof(self->attr), 0);
}

/* Neither loses a descriptor, nor the program. */
TEST_F(load, too_many_files)
{
	struct rlimit limit = { 64, 64 };
	int fd, last = -1, first = -1;

	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	while ((fd = lambda_load(&self->attr, sizeof(self->attr), 0)) >= 0) {
		first = first < 0 ? fd : first;
		last = fd;
	}
	EXPECT_EQ(EMFILE, errno);
	EXPECT_EQ(63, last);
	EXPECT_TRUE(last > first);
	close(last);
	fd = lambda_load(&self->attr, sizeof(self->attr), 0);
	EXPECT_EQ(last, fd);
}

FIXTURE(crowded) {
	long file_max;
};

FIXTURE_SETUP(crowded)
{
	self->file_max = sysctl_read(FILE_MAX);
	ASSERT_LT(0, self->file_max);
}

FIXTURE_TEARDOWN_PARENT(crowded)
{
	sysctl_write(FILE_MAX, self->file_max);
}

/* The system's limit, which holds for those without privilege. */
TEST_F(crowded, too_many_files)
{
	struct lambda_load_attr attr = {
		.prog_fd = prog_load(answer, ARRAY_SIZE(answer)),
	};

	ASSERT_LE(0, attr.prog_fd);
	ASSERT_EQ(0, sysctl_write(FILE_MAX, 1));
	EXPECT_LOADS(attr);
	ASSERT_EQ(0, setgid(65534));
	ASSERT_EQ(0, setuid(65534));
	EXPECT_ERROR(ENFILE, &attr, sizeof(attr), 0);
}

TEST_F(load, close_on_exec)
{
	int lambda = lambda_load(&self->attr, sizeof(self->attr), 0);

	ASSERT_LE(0, lambda);
	EXPECT_EQ(FD_CLOEXEC, fcntl(lambda, F_GETFD));
}

TEST_F(load, outlives_program_descriptor)
{
	int lambda = lambda_load(&self->attr, sizeof(self->attr), 0);
	int copy = dup(lambda);

	close(self->attr.prog_fd);
	EXPECT_TRUE(answers(lambda));
	close(lambda);
	EXPECT_TRUE(answers(copy));
	close(copy);
	EXPECT_FALSE(answers(copy));
	EXPECT_EQ(EBADF, errno);
}

TEST_F(load, fork)
{
	int status, lambda = lambda_load(&self->attr, sizeof(self->attr), 0);
	pid_t pid = fork();

	if (!pid)
		_exit(answers(lambda) ? 0 : 1);
	waitpid(pid, &status, 0);
	EXPECT_EQ(0, status);
	EXPECT_TRUE(answers(lambda));
}

/* The other side of exec: this program again, told which descriptor to use. */
static void use_inherited(void)
{
	const char *fd = getenv("LAMBDA_TEST_INHERITED");

	if (fd)
		_exit(answers(atoi(fd)) ? 0 : 1);
}

static int status_after_exec(int lambda)
{
	char env[64], *argv[] = { "load_test", NULL }, *envp[] = { env, NULL };
	int status;
	pid_t pid = fork();

	if (!pid) {
		snprintf(env, sizeof(env), "LAMBDA_TEST_INHERITED=%d", lambda);
		execve("/proc/self/exe", argv, envp);
		_exit(2);
	}
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

TEST_F(load, exec)
{
	int lambda = lambda_load(&self->attr, sizeof(self->attr), 0);
	int kept = dup(lambda);

	EXPECT_EQ(1, status_after_exec(lambda));
	EXPECT_EQ(0, status_after_exec(kept));
}

/* To a process without any privilege, which may use it all the same. */
TEST_F(load, passed_over_a_socket)
{
	int sv[2], status, lambda;
	pid_t pid;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	pid = fork();
	if (!pid) {
		if (setgid(65534) || setuid(65534))
			_exit(2);
		lambda = take_descriptor(sv[1], 0);
		_exit(answers(lambda) ? 0 : 1);
	}
	lambda = lambda_load(&self->attr, sizeof(self->attr), 0);
	ASSERT_EQ(0, pass_descriptor(sv[0], lambda, 0));
	close(lambda);
	waitpid(pid, &status, 0);
	EXPECT_EQ(0, status);
}

/* Loading a program is bpf(2)'s to allow; a user without rights may not. */
TEST(without_privilege)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (setgid(65534) || setuid(65534))
			_exit(2);
		_exit(prog_load(answer, ARRAY_SIZE(answer)) == -1 &&
		      errno == EPERM ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	EXPECT_EQ(0, status);
}

/* Pinned, forgotten, and found again. */
TEST_F(load, pinned_program)
{
	char dir[] = "/tmp/lambda-bpffs-XXXXXX", path[64];
	union bpf_attr attr = {};
	int lambda;

	ASSERT_EQ(0, unshare(CLONE_NEWNS));
	ASSERT_EQ(0, mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	ASSERT_NE(NULL, mkdtemp(dir));
	ASSERT_EQ(0, mount("bpf", dir, "bpf", 0, NULL));
	snprintf(path, sizeof(path), "%s/pin", dir);
	attr.pathname = (uintptr_t)path;
	attr.bpf_fd = self->attr.prog_fd;
	EXPECT_EQ(0, bpf_call(BPF_OBJ_PIN, &attr));
	close(self->attr.prog_fd);
	attr = (union bpf_attr) { .pathname = (uintptr_t)path };
	self->attr.prog_fd = bpf_call(BPF_OBJ_GET, &attr);
	EXPECT_LE(0, self->attr.prog_fd);
	lambda = lambda_load(&self->attr, sizeof(self->attr), 0);
	EXPECT_TRUE(answers(lambda));
	EXPECT_EQ(0, unlink(path));
	EXPECT_TRUE(answers(lambda));
	umount(dir);
	rmdir(dir);
}

/* What bpf(2) tells of a λ program: the instructions as they were loaded. */
TEST_F(load, program_info)
{
	struct bpf_insn xlated[16] = {};
	unsigned char jited[4096] = {}, no_tag[BPF_TAG_SIZE] = {};
	struct bpf_prog_info info = {
		.xlated_prog_len = sizeof(xlated),
		.xlated_prog_insns = (uintptr_t)xlated,
		.jited_prog_len = sizeof(jited),
		.jited_prog_insns = (uintptr_t)jited,
	};
	union bpf_attr attr = { .info = {
		.bpf_fd = self->attr.prog_fd, .info_len = sizeof(info),
		.info = (uintptr_t)&info } };

	ASSERT_EQ(0, bpf_call(BPF_OBJ_GET_INFO_BY_FD, &attr));
	EXPECT_EQ(LAMBDA_PROG_TYPE, info.type);
	EXPECT_LT(0, info.id);
	EXPECT_NE(0, memcmp(info.tag, no_tag, sizeof(no_tag)));
	EXPECT_EQ(sizeof(answer), info.xlated_prog_len);
	EXPECT_EQ(0, memcmp(xlated, answer, sizeof(answer)));
	EXPECT_LT(0, info.jited_prog_len);
	EXPECT_NE(0, jited[0] | jited[1] | jited[2]);
}

/* What /proc tells of a handle. */
TEST_F(load, handle_info)
{
	char path[64], text[4096] = {};
	int fd, lambda;

	self->attr.heap_len = 12345;
	self->attr.bss_len = 77;
	self->attr.budget = 99;
	self->attr.flags = LAMBDA_ATTR_BUDGET;
	lambda = lambda_load(&self->attr, sizeof(self->attr), 0);
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", lambda);
	fd = open(path, O_RDONLY);
	ASSERT_LE(0, fd);
	EXPECT_LT(0, read(fd, text, sizeof(text) - 1));
	EXPECT_NE(NULL, strstr(text, "image_id:\t"));
	EXPECT_NE(NULL, strstr(text, "prog_id:\t"));
	EXPECT_NE(NULL, strstr(text, "prog_sha256:\t"));
	EXPECT_NE(NULL, strstr(text, "insns:\t6\n"));
	EXPECT_NE(NULL, strstr(text, "funcs:\t1\n"));
	EXPECT_NE(NULL, strstr(text, "bss_len:\t77\n"));
	EXPECT_NE(NULL, strstr(text, "heap_len:\t12345\n"));
	EXPECT_NE(NULL, strstr(text, "frame_len:\t4096\n"));
	EXPECT_NE(NULL, strstr(text, "budget:\t99\n"));
}

/* The handle is no file to read, write, map or seek. */
TEST_F(load, handle_is_not_a_file)
{
	int lambda = lambda_load(&self->attr, sizeof(self->attr), 0);
	char c = 0;

	EXPECT_EQ(-1, read(lambda, &c, 1));
	EXPECT_EQ(-1, write(lambda, &c, 1));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, lambda,
				   0));
	EXPECT_EQ(-1, lambda_pread(lambda, &c, 1, 0, lambda, NULL));
}

static void __attribute__((constructor)) before_tests(void)
{
	use_inherited();
}

TEST_HARNESS_MAIN
