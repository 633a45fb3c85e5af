// SPDX-License-Identifier: GPL-2.0-only
/*
 * lambda_pread(): each error, in the order in which errors are looked for, the
 * result it reports, and what it leaves alone.
 */
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "common.h"
#include "harness.h"

#define PAGE	4096
#define LEN	1000

FIXTURE(pread) {
	int file, lambda;
	char data[LEN], out[LEN];
	struct lambda_io io;
};

FIXTURE_SETUP(pread)
{
	size_t i;

	for (i = 0; i < LEN; i++)
		self->data[i] = i * 7;
	memset(self->out, 'o', LEN);
	self->file = memory_file(self->data, LEN);
	self->lambda = HANDLE(copy_input);
	ASSERT_LE(0, self->file);
	ASSERT_LE(0, self->lambda);
	self->io = io_for(LEN, NULL, 0);
}

FIXTURE_TEARDOWN(pread)
{
	close(self->file);
	close(self->lambda);
}

#define EXPECT_ERROR(err, ...) do {					\
	EXPECT_EQ(-1, lambda_pread(__VA_ARGS__));			\
	EXPECT_EQ(err, errno);						\
} while (0)

/* As FIXTURE_SETUP filled it. */
static bool untouched(const char *p, size_t len)
{
	while (len--)
		if (*p++ != 'o')
			return false;
	return true;
}

TEST_F(pread, result)
{
	ASSERT_EQ(500, lambda_pread(self->file, self->out, 500, 100,
				    self->lambda, &self->io));
	EXPECT_EQ(0, memcmp(self->data + 100, self->out, 500));
	EXPECT_TRUE(untouched(self->out + 500, LEN - 500));
	EXPECT_EQ(LAMBDA_STATUS_OK, self->io.result.status);
	EXPECT_EQ(LAMBDA_SIDE_HOST, self->io.result.side);
	EXPECT_EQ(LAMBDA_REASON_NO_DISK, self->io.result.reason);
	EXPECT_EQ(500, self->io.result.retval);
	EXPECT_EQ(0, self->io.result.fault_addr);
	EXPECT_EQ(0, self->io.result.fault_write);
	EXPECT_EQ(500, self->io.result.in_len);
	EXPECT_EQ(500, self->io.result.out_len);
	EXPECT_LT(0, self->io.result.ns_media);
	EXPECT_LT(0, self->io.result.ns_compute);
	EXPECT_EQ(0, self->io.result.ns_link);
	EXPECT_EQ(500, self->io.result.bytes_media);
	EXPECT_EQ(0, self->io.result.bytes_link);
	/* What was asked is as it was. */
	EXPECT_EQ(sizeof(self->io), self->io.size);
	EXPECT_EQ(LEN, self->io.out_cap);
}

TEST_F(pread, without_io)
{
	EXPECT_EQ(LEN, lambda_pread(self->file, self->out, LEN + 5, 0,
				    self->lambda, NULL));
	EXPECT_EQ(0, memcmp(self->data, self->out, LEN));
}

TEST_F(pread, nothing_to_run_on)
{
	EXPECT_EQ(0, lambda_pread(self->file, self->out, 0, 0, self->lambda,
				  &self->io));
	EXPECT_EQ(LAMBDA_STATUS_NOT_RUN, self->io.result.status);
	EXPECT_EQ(LAMBDA_SIDE_NONE, self->io.result.side);
	EXPECT_EQ(LAMBDA_REASON_NONE, self->io.result.reason);
	self->io.result.status = 0xdead;
	EXPECT_EQ(0, lambda_pread(self->file, self->out, 10, LEN, self->lambda,
				  &self->io));
	EXPECT_EQ(LAMBDA_STATUS_NOT_RUN, self->io.result.status);
	EXPECT_EQ(0, self->io.result.in_len);
	EXPECT_TRUE(untouched(self->out, LEN));
}

TEST_F(pread, sides)
{
	self->io.flags = LAMBDA_IO_HOST;
	EXPECT_EQ(LEN, lambda_pread(self->file, self->out, LEN, 0,
				    self->lambda, &self->io));
	EXPECT_EQ(LAMBDA_SIDE_HOST, self->io.result.side);
	EXPECT_EQ(LAMBDA_REASON_FORCED, self->io.result.reason);
	self->io.flags = LAMBDA_IO_DEVICE;
	EXPECT_EQ(LEN, lambda_pread(self->file, self->out, LEN, 0,
				    self->lambda, &self->io));
	EXPECT_EQ(LAMBDA_SIDE_HOST, self->io.result.side);
	EXPECT_EQ(LAMBDA_REASON_NO_DISK, self->io.result.reason);
	self->io.flags = LAMBDA_IO_DEVICE | LAMBDA_IO_NO_FALLBACK;
	EXPECT_ERROR(EOPNOTSUPP, self->file, self->out, LEN, 0, self->lambda,
		     &self->io);
	EXPECT_EQ(LAMBDA_STATUS_NOT_RUN, self->io.result.status);
	EXPECT_EQ(LAMBDA_SIDE_NONE, self->io.result.side);
}

TEST_F(pread, flags)
{
	__u32 bad[] = {
		LAMBDA_IO_NO_FALLBACK, LAMBDA_IO_NO_FALLBACK | LAMBDA_IO_HOST,
		LAMBDA_IO_HOST | LAMBDA_IO_DEVICE,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		self->io.flags = bad[i];
		EXPECT_ERROR(EINVAL, self->file, self->out, LEN, 0,
			     self->lambda, &self->io);
	}
	for (i = 4; i < 32; i++) {
		self->io.flags = 1u << i;
		EXPECT_ERROR(EINVAL, self->file, self->out, LEN, 0,
			     self->lambda, &self->io);
	}
}

#define INPUTS	LAMBDA_IO_INPUT_SIZE_VER0
#define RESULT	LAMBDA_RESULT_SIZE_VER0

/* The same request with more inputs and more results than the kernel knows. */
TEST_F(pread, io_of_a_newer_caller)
{
	static const __u32 more[][2] = {
		{ 0, 0 }, { 8, 0 }, { 0, 8 }, { 256, 40 },
		{ 0, PAGE - INPUTS - RESULT }, { PAGE - INPUTS - RESULT, 0 },
	};
	char *map = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct lambda_io *io = (void *)map;
	struct lambda_result *result;
	size_t i, k, inputs, size;

	for (i = 0; i < ARRAY_SIZE(more); i++) {
		inputs = INPUTS + more[i][0];
		size = inputs + RESULT + more[i][1];
		memset(map, 0, inputs);
		memset(map + inputs, 'r', 2 * PAGE - inputs);
		memcpy(map, &self->io, INPUTS);
		io->size = size;
		io->result_size = size - inputs;
		EXPECT_EQ(LEN, lambda_pread(self->file, self->out, LEN, 0,
					    self->lambda, io));
		EXPECT_EQ(size, io->size);
		result = (void *)(map + inputs);
		EXPECT_EQ(LAMBDA_STATUS_OK, result->status);
		EXPECT_EQ(LEN, result->in_len);
		EXPECT_EQ(LEN, result->out_len);
		/* What the kernel cannot tell is 0; what is not its is left. */
		for (k = inputs + RESULT; k < size; k++)
			ASSERT_EQ(0, map[k]);
		EXPECT_EQ('r', map[size]);
	}
}

TEST_F(pread, io_sizes)
{
	static const __u32 old[][2] = {
		{ 0, 0 }, { 1, 0 }, { INPUTS - 1, RESULT },
		{ INPUTS + RESULT, RESULT - 8 }, { INPUTS + RESULT, 0 },
	};
	static const __u32 bad[][2] = {
		{ INPUTS + RESULT, RESULT + 8 }, { INPUTS, RESULT },
		{ INPUTS + RESULT + 4, RESULT },
		{ INPUTS + RESULT + 8, RESULT + 1 }, { PAGE, -8u },
	};
	char *map = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct lambda_io *io = (void *)map;
	size_t i;

	*io = self->io;
	for (i = 0; i < ARRAY_SIZE(old); i++) {
		io->size = old[i][0];
		io->result_size = old[i][1];
		EXPECT_ERROR(EPROTONOSUPPORT, self->file, self->out, LEN, 0,
			     self->lambda, io);
	}
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		io->size = bad[i][0];
		io->result_size = bad[i][1];
		EXPECT_ERROR(EINVAL, self->file, self->out, LEN, 0,
			     self->lambda, io);
	}
	io->result_size = RESULT;
	io->size = PAGE + 8;
	EXPECT_ERROR(E2BIG, self->file, self->out, LEN, 0, self->lambda, io);
	io->size = -8u;
	EXPECT_ERROR(E2BIG, self->file, self->out, LEN, 0, self->lambda, io);
	/* An input that the kernel does not know, and that is not 0. */
	memset(map, 0, PAGE);
	memcpy(map, &self->io, INPUTS);
	io->size = INPUTS + 8 + RESULT;
	map[INPUTS + 7] = 1;
	EXPECT_ERROR(E2BIG, self->file, self->out, LEN, 0, self->lambda, io);
	EXPECT_EQ(1, map[INPUTS + 7]);
	EXPECT_TRUE(untouched(self->out, LEN));
}

/* struct lambda_io of ABI 1, as programs of that time have it. */
struct lambda_io_abi1 {
	__u32 size, flags;
	__u64 out_cap, args;
	__u32 args_len, reserved, status, side, reason;
	__s32 retval;
	__s64 fault_addr;
	__u32 fault_write, reserved2;
	__u64 in_len, out_len, ns_media, ns_link, ns_compute;
	__u64 bytes_media, bytes_link;
};

TEST_F(pread, io_of_abi_1)
{
	struct lambda_io_abi1 old, before;
	__u32 flags;

	for (flags = 0; flags < 16; flags++) {
		old = (struct lambda_io_abi1) {
			.size = sizeof(old), .flags = flags, .out_cap = LEN,
		};
		before = old;
		EXPECT_ERROR(EPROTONOSUPPORT, self->file, self->out, LEN, 0,
			     self->lambda, (void *)&old);
		EXPECT_EQ(0, memcmp(&old, &before, sizeof(old)));
	}
	EXPECT_TRUE(untouched(self->out, LEN));
}

/* A result with nowhere to go is found out before anything is done. */
TEST_F(pread, unusable_io)
{
	struct lambda_io *io = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	*io = self->io;
	mprotect(io, PAGE, PROT_READ);
	EXPECT_ERROR(EFAULT, self->file, self->out, LEN, 0, self->lambda, io);
	munmap(io, PAGE);
	EXPECT_ERROR(EFAULT, self->file, self->out, LEN, 0, self->lambda, io);
	EXPECT_ERROR(EFAULT, self->file, self->out, LEN, 0, self->lambda,
		     (void *)-4096ul);
	EXPECT_TRUE(untouched(self->out, LEN));
}

/* All wrong at once; what is told first is put right first. */
TEST_F(pread, order_of_errors)
{
	int ends[2], write_only = open("/dev/null", O_WRONLY);
	int dir = open("/", O_RDONLY);
	struct lambda_io *io = &self->io;

	ASSERT_EQ(0, pipe(ends));
	io->size = 8;
	io->result_size = 4;
	io->flags = 1u << 30;
	io->args_len = SBPF_ARGS_MAX + 1;
	io->args = -4096ull;
	EXPECT_ERROR(EFAULT, -1, NULL, 1ul << 40, -1, -1, (void *)8);
	EXPECT_ERROR(EPROTONOSUPPORT, -1, NULL, 1ul << 40, -1, -1, io);
	io->size = 1 << 20;
	EXPECT_ERROR(E2BIG, -1, NULL, 1ul << 40, -1, -1, io);
	io->size = sizeof(*io);
	EXPECT_ERROR(EPROTONOSUPPORT, -1, NULL, 1ul << 40, -1, -1, io);
	io->result_size = sizeof(*io);
	EXPECT_ERROR(EINVAL, -1, NULL, 1ul << 40, -1, -1, io);
	io->result_size = sizeof(io->result);
	EXPECT_ERROR(EINVAL, -1, NULL, 1ul << 40, -1, -1, io);
	io->flags = 0;
	EXPECT_ERROR(EINVAL, -1, NULL, 1ul << 40, -1, -1, io);
	EXPECT_ERROR(EMSGSIZE, -1, NULL, 1ul << 40, 0, -1, io);
	io->args_len = 8;
	EXPECT_ERROR(EMSGSIZE, -1, NULL, 1ul << 40, 0, -1, io);
	EXPECT_ERROR(EBADF, -1, NULL, 8, 0, -1, io);
	EXPECT_ERROR(EBADF, ends[0], NULL, 8, 0, -1, io);
	EXPECT_ERROR(EINVAL, ends[0], NULL, 8, 0, self->file, io);
	EXPECT_ERROR(ESPIPE, ends[0], NULL, 8, 0, self->lambda, io);
	EXPECT_ERROR(EBADF, write_only, NULL, 8, 0, self->lambda, io);
	EXPECT_ERROR(EFAULT, self->file, (void *)-4096ul, 8, 0, self->lambda,
		     io);
	EXPECT_ERROR(EINVAL, dir, NULL, 8, 0x7ffffffffffffff9, self->lambda,
		     io);
	EXPECT_ERROR(EISDIR, dir, NULL, 8, 0, self->lambda, io);
	/* A count of 0 is no request. */
	EXPECT_EQ(0, lambda_pread(self->file, NULL, 0, 0, self->lambda, io));
	io->flags = LAMBDA_IO_DEVICE | LAMBDA_IO_NO_FALLBACK;
	EXPECT_ERROR(EOPNOTSUPP, self->file, NULL, 8, 0, self->lambda, io);
	io->flags = 0;
	EXPECT_ERROR(EFAULT, self->file, NULL, 8, 0, self->lambda, io);
	io->args_len = 0;
	EXPECT_ERROR(EFAULT, self->file, NULL, 8, 0, self->lambda, io);
	EXPECT_EQ(LAMBDA_STATUS_OK, io->result.status);
	EXPECT_EQ(8, lambda_pread(self->file, self->out, 8, 0, self->lambda,
				  io));
}

TEST_F(pread, kinds_of_files)
{
	int path = open("/proc/version", O_PATH), sv[2], fd;
	char want[LEN];
	ssize_t len;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	EXPECT_ERROR(ESPIPE, sv[0], self->out, 8, 0, self->lambda, NULL);
	EXPECT_ERROR(EBADF, path, self->out, 8, 0, self->lambda, NULL);
	EXPECT_ERROR(EBADF, self->file, self->out, 8, 0, path, NULL);
	/* Files that are written as they are read. */
	fd = open("/proc/version", O_RDONLY);
	len = pread(fd, want, LEN, 0);
	ASSERT_LT(0, len);
	EXPECT_EQ(len, lambda_pread(fd, self->out, LEN, 0, self->lambda, NULL));
	EXPECT_EQ(0, memcmp(want, self->out, len));
	EXPECT_EQ(len - 5, lambda_pread(fd, self->out, LEN, 5, self->lambda,
					NULL));
	EXPECT_EQ(0, memcmp(want + 5, self->out, len - 5));
	/* Those that can only be read into user memory. */
	fd = open("/proc/self/mem", O_RDONLY);
	EXPECT_ERROR(EINVAL, fd, self->out, 8, 0x400000, self->lambda, NULL);
	fd = open("/dev/zero", O_RDONLY);
	EXPECT_ERROR(EINVAL, fd, self->out, 8, 0, self->lambda, NULL);
	/* Endless ones. */
	fd = open("/dev/full", O_RDONLY);
	memset(want, 0, LEN);
	EXPECT_EQ(LEN, lambda_pread(fd, self->out, LEN, 12345, self->lambda,
				    NULL));
	EXPECT_EQ(0, memcmp(want, self->out, LEN));
}

TEST_F(pread, unwritable_buffer)
{
	char *map = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	EXPECT_ERROR(EFAULT, self->file, NULL, LEN, 0, self->lambda, NULL);
	mprotect(map + PAGE, PAGE, PROT_READ);
	EXPECT_ERROR(EFAULT, self->file, map + PAGE, LEN, 0, self->lambda,
		     NULL);
	EXPECT_ERROR(EFAULT, self->file, map + PAGE - 10, LEN, 0, self->lambda,
		     NULL);
	/* Not needed, not looked at. */
	self->io.out_cap = 5000;
	EXPECT_EQ(5, lambda_pread(self->file, map + PAGE - 5, 5, 0,
				  self->lambda, &self->io));
	/* A buffer cannot end beyond the user's addresses. */
	self->io.out_cap = 1 << 20;
	EXPECT_ERROR(EFAULT, self->file, (void *)0x7fffffffe000, 5, 0,
		     self->lambda, &self->io);
}

TEST_F(pread, unreadable_arguments)
{
	char *map = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	munmap(map + PAGE, PAGE);
	self->io.args_len = 11;
	self->io.args = (uintptr_t)map + PAGE - 10;
	EXPECT_ERROR(EFAULT, self->file, self->out, LEN, 0, self->lambda,
		     &self->io);
	self->io.args--;
	EXPECT_EQ(LEN, lambda_pread(self->file, self->out, LEN, 0,
				    self->lambda, &self->io));
}

/* However a λ ends badly: the status says how, the buffer is as it was. */
TEST_F(pread, bad_ends)
{
	const struct bpf_insn error[] = {
		CTX(R2, R1, out), ST(BPF_DW, R2, 0, -1), MOVI(R0, -7), EXIT() };
	const struct bpf_insn length[] = {
		CTX(R2, R1, out), ST(BPF_DW, R2, 0, -1), MOVI(R0, LEN + 1),
		EXIT() };
	const struct bpf_insn fault[] = {
		CTX(R2, R1, out), ST(BPF_DW, R2, 0, -1), MOVI(R2, 64),
		ST(BPF_H, R2, 2, 0), MOVI(R0, 0), EXIT() };
	const struct bpf_insn budget[] = {
		CTX(R2, R1, out), ST(BPF_DW, R2, 0, -1), GOTO(-1) };
	const struct { int lambda; __u32 status; __s32 retval; } ends[] = {
		{ HANDLE(error), LAMBDA_STATUS_ERROR, -7 },
		{ HANDLE(length), LAMBDA_STATUS_BAD_LENGTH, LEN + 1 },
		{ HANDLE(fault), LAMBDA_STATUS_FAULT, 0 },
		{ HANDLE(budget), LAMBDA_STATUS_OVER_BUDGET, 0 },
	};
	struct lambda_io *io = &self->io;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ends); i++) {
		EXPECT_ERROR(ECANCELED, self->file, self->out, LEN, 0,
			     ends[i].lambda, io);
		EXPECT_EQ(ends[i].status, io->result.status);
		EXPECT_EQ(ends[i].retval, io->result.retval);
		EXPECT_EQ(LEN, io->result.in_len);
		EXPECT_EQ(0, io->result.out_len);
		EXPECT_EQ(LAMBDA_SIDE_HOST, io->result.side);
		EXPECT_EQ(i == 2 ? 66 : 0, io->result.fault_addr);
		EXPECT_EQ(i == 2, io->result.fault_write);
		EXPECT_TRUE(untouched(self->out, LEN));
	}
}

/* A counter of this process, out of the text of /proc/self/io. */
static long counter(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	return at ? strtol(at + strlen(name), NULL, 10) : -1;
}

/* The process's own accounting, as pread() keeps it. */
TEST_F(pread, accounting)
{
	char before[1024] = {}, after[1024] = {};
	int fd = open("/proc/self/io", O_RDONLY);

	ASSERT_LE(0, fd);
	ASSERT_LT(0, pread(fd, before, sizeof(before) - 1, 0));
	EXPECT_EQ(LEN, lambda_pread(self->file, self->out, LEN, 0,
				    self->lambda, NULL));
	ASSERT_LT(0, pread(fd, after, sizeof(after) - 1, 0));
	/* The first look at the counters counts as well. */
	EXPECT_EQ(counter(before, "rchar: ") + strlen(before) + LEN,
		  counter(after, "rchar: "));
	EXPECT_EQ(counter(before, "syscr: ") + 2, counter(after, "syscr: "));
}

TEST_HARNESS_MAIN
