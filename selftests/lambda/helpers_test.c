// SPDX-License-Identifier: GPL-2.0-only
/* The bulk helpers against the C library, and what they refuse to touch. */
#include <time.h>

#include "common.h"
#include "harness.h"

#define PAGE	SBPF_PAGE_SIZE
#define LEN	65536ul

/* What the helpers work on: a copy of the input in the output segment. */
static __u8 in[LEN], mem[LEN];
static __u8 out[LEN + 8];

/*
 * Copies LEN bytes of input to the output, calls the helper with the four
 * numbers of its arguments, and adds its result to the output.
 */
static int helper_handle(int id)
{
	const struct bpf_insn p[] = {
		CTX(R6, R1, args),
		CTX(R7, R1, out),
		CTX(R8, R1, in),
		MOVI(R2, 0),
		LDX(BPF_DW, R3, R8, 0),
		STX(BPF_DW, R7, 0, R3),
		ADDI(R8, 8),
		ADDI(R7, 8),
		ADDI(R2, 8),
		JMPI(BPF_JLT, R2, LEN, -6),
		LDX(BPF_DW, R1, R6, 0),
		LDX(BPF_DW, R2, R6, 8),
		LDX(BPF_DW, R3, R6, 16),
		LDX(BPF_DW, R4, R6, 24),
		CALL(id),
		STX(BPF_DW, R7, 0, R0),
		MOVI(R0, LEN + 8),
		EXIT(),
	};

	return HANDLE(p);
}

FIXTURE(helper) {
	int file;
	int lambda;
	unsigned int seed;
	struct lambda_io io;
};

FIXTURE_VARIANT(helper) {
	int id;
};

#define VARIANT(name, _id)						\
	FIXTURE_VARIANT_ADD(helper, name) { .id = SBPF_HELPER_##_id }

VARIANT(memcpy, MEMCPY);
VARIANT(memmove, MEMMOVE);
VARIANT(memset, MEMSET);
VARIANT(memcmp, MEMCMP);
VARIANT(memchr, MEMCHR);
VARIANT(memmem, MEMMEM);
VARIANT(crc32c, CRC32C);

FIXTURE_SETUP(helper)
{
	size_t i;

	self->seed = variant->id;
	/* Few different bytes, so that searches find and compares agree. */
	for (i = 0; i < LEN; i++)
		in[i] = rand_r(&self->seed) % 16 ? 'a' : rand_r(&self->seed);
	self->file = memory_file(in, LEN);
	ASSERT_LE(0, self->file);
	self->lambda = helper_handle(variant->id);
	ASSERT_LE(0, self->lambda);
}

FIXTURE_TEARDOWN(helper)
{
	close(self->file);
	close(self->lambda);
}

static __u64 to_window(const void *p)
{
	return p ? SBPF_OUT_BASE + ((const __u8 *)p - mem) : 0;
}

static __u8 *from_window(__u64 addr)
{
	__u32 low = addr;

	return low >= SBPF_OUT_BASE ? mem + (low - SBPF_OUT_BASE) :
				      in + (low - SBPF_IN_BASE);
}

/* One bit at a time, by the definition. */
static __u32 crc32c(__u32 crc, const __u8 *p, size_t len)
{
	int bit;

	while (len--) {
		crc ^= *p++;
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return crc;
}

/* What the helper should do to @mem, and what it should return. */
static __u64 expected(int id, const __u64 *a)
{
	int sign;

	switch (id) {
	case SBPF_HELPER_MEMCPY:
	case SBPF_HELPER_MEMMOVE:
		memmove(from_window(a[0]), from_window(a[1]), a[2]);
		return (__u32)a[0];
	case SBPF_HELPER_MEMSET:
		memset(from_window(a[0]), (__u8)a[1], a[2]);
		return (__u32)a[0];
	case SBPF_HELPER_MEMCMP:
		sign = memcmp(from_window(a[0]), from_window(a[1]), a[2]);
		return (__s64)(sign > 0) - (sign < 0);
	case SBPF_HELPER_MEMCHR:
		return to_window(memchr(from_window(a[0]), (__u8)a[1], a[2]));
	case SBPF_HELPER_MEMMEM:
		return to_window(memmem(from_window(a[0]), a[1],
					from_window(a[2]), a[3]));
	default:
		return crc32c(a[0], from_window(a[1]), a[2]);
	}
}

static ssize_t call(int file, int lambda, const __u64 *a, struct lambda_io *io)
{
	*io = io_for(sizeof(out), a, 32);
	return lambda_pread(file, out, LEN, 0, lambda, io);
}

static __u64 random_len(unsigned int *seed)
{
	switch (rand_r(seed) % 4) {
	case 0:
		return rand_r(seed) % 20;
	case 1:
		return rand_r(seed) % 300;
	case 2:
		return PAGE - 8 + rand_r(seed) % 16;
	default:
		return rand_r(seed) % (LEN / 2);
	}
}

/* A place for @len bytes: anywhere, or across a page's end. */
static __u64 random_place(unsigned int *seed, __u64 len)
{
	__u64 at = rand_r(seed) % (LEN - len);

	if (rand_r(seed) % 2 && len <= LEN / 2)
		at = (at & -PAGE) + PAGE - rand_r(seed) % 64 - 1;
	return at > LEN - len ? LEN - len : at;
}

static void random_arguments(int id, unsigned int *seed, __u64 *a)
{
	__u64 len = random_len(seed);
	__u64 x = SBPF_OUT_BASE + random_place(seed, len);
	__u64 y = SBPF_OUT_BASE + random_place(seed, len);
	__u64 high = (__u64)rand_r(seed) << 32;

	if (rand_r(seed) % 3 == 0)
		y = SBPF_IN_BASE + (y - SBPF_OUT_BASE);
	else if (rand_r(seed) % 3 == 0)
		y = x;
	memcpy(a, (__u64[]) { x, y, len, 0 }, 32);
	if (id == SBPF_HELPER_MEMSET || id == SBPF_HELPER_MEMCHR)
		a[1] = high | rand_r(seed);
	if (id == SBPF_HELPER_CRC32C)
		memcpy(a, (__u64[]) { high | rand_r(seed), x, len, 0 }, 32);
	if (id == SBPF_HELPER_MEMMEM) {
		a[3] = rand_r(seed) % 2 ? rand_r(seed) % 12 : len / 3;
		memcpy(a, (__u64[]) { x, len, SBPF_OUT_BASE +
		       random_place(seed, a[3]), a[3] }, 32);
	} else if (id != SBPF_HELPER_CRC32C) {
		a[0] |= high;
	}
}

TEST_F(helper, random_ranges)
{
	__u64 a[4], want, got;
	int i;

	for (i = 0; i < 300; i++) {
		random_arguments(variant->id, &self->seed, a);
		memcpy(mem, in, LEN);
		want = expected(variant->id, a);
		ASSERT_EQ(LEN + 8, call(self->file, self->lambda, a,
					&self->io));
		memcpy(&got, out + LEN, 8);
		EXPECT_EQ(want, got) {
			TH_LOG("%#llx %#llx %#llx %#llx", a[0], a[1], a[2],
			       a[3]);
		}
		ASSERT_EQ(0, memcmp(out, mem, LEN)) {
			TH_LOG("%#llx %#llx %#llx %#llx", a[0], a[1], a[2],
			       a[3]);
		}
	}
}

/* Which arguments are addresses of ranges, and which say how long they are. */
static const struct ranges {
	int id, nr;
	struct { int addr, len; bool write; } range[2];
} all_ranges[] = {
	{ SBPF_HELPER_MEMCPY, 2, { { 0, 2, true }, { 1, 2 } } },
	{ SBPF_HELPER_MEMMOVE, 2, { { 0, 2, true }, { 1, 2 } } },
	{ SBPF_HELPER_MEMSET, 1, { { 0, 2, true } } },
	{ SBPF_HELPER_MEMCMP, 2, { { 0, 2 }, { 1, 2 } } },
	{ SBPF_HELPER_MEMCHR, 1, { { 0, 2 } } },
	{ SBPF_HELPER_MEMMEM, 2, { { 0, 1 }, { 2, 3 } } },
	{ SBPF_HELPER_CRC32C, 1, { { 1, 2 } } },
};

static const struct ranges *ranges_of(int id)
{
	return &all_ranges[id - SBPF_HELPER_MEMCPY];
}

/* Good arguments: 16 bytes here and 16 there. */
static void good_arguments(const struct ranges *r, __u64 *a)
{
	int i;

	memset(a, 0, 32);
	for (i = 0; i < r->nr; i++) {
		a[r->range[i].addr] = SBPF_OUT_BASE + 64 * i;
		a[r->range[i].len] = 16;
	}
}

static const struct {
	__u64 addr, len;
	__s64 bad;
	bool read_only;		/* bad for writing only */
} bad_ranges[] = {
	{ 0, 1, 0 },
	{ 0xffff, 2, 0xffff },
	{ SBPF_CTX_BASE - 1, 16, SBPF_CTX_BASE - 1 },
	{ SBPF_HEAP_BASE, 1, SBPF_HEAP_BASE },
	{ SBPF_OUT_BASE - 1, 1, SBPF_OUT_BASE - 1 },
	{ SBPF_OUT_BASE - 1, 100, SBPF_OUT_BASE - 1 },
	{ SBPF_OUT_BASE + 17 * PAGE, 1, SBPF_OUT_BASE + 17 * PAGE },
	{ SBPF_OUT_BASE + 17 * PAGE - 1, 2, SBPF_OUT_BASE + 17 * PAGE },
	{ SBPF_OUT_BASE, 17 * PAGE + 1, SBPF_OUT_BASE + 17 * PAGE },
	{ SBPF_OUT_BASE, 1ull << 32, SBPF_OUT_BASE + 17 * PAGE },
	{ SBPF_OUT_BASE, 1ull << 63, SBPF_OUT_BASE + 17 * PAGE },
	{ SBPF_OUT_BASE + 5, -1ull, SBPF_OUT_BASE + 17 * PAGE },
	{ 0xabcd000000000000 | SBPF_OUT_BASE, 1ull << 40,
	  SBPF_OUT_BASE + 17 * PAGE },
	{ 0xfffffff0, 32, 0xfffffff0 },
	{ 0xffffffff, -1ull, 0xffffffff },
	{ -1ull, 1, 0xffffffff },
	{ SBPF_FRAME_TOP(0) - 8, 9, SBPF_FRAME_TOP(0) },
	{ SBPF_IN_BASE, LEN + 1, SBPF_IN_BASE + LEN },
	{ SBPF_IN_BASE + 10, 1, SBPF_IN_BASE + 10, true },
	{ SBPF_ARGS_BASE, 1, SBPF_ARGS_BASE, true },
	{ SBPF_CTX_BASE, 8, SBPF_CTX_BASE, true },
};

#define EXPECT_FAULT(a, at, write)                                           \
	do {                                                                 \
		EXPECT_EQ(-1, call(self->file, self->lambda, a, &self->io)); \
		EXPECT_EQ(LAMBDA_STATUS_FAULT, self->io.result.status);      \
		EXPECT_EQ(at, self->io.result.fault_addr)                    \
		{                                                            \
			TH_LOG("%#llx %#llx %#llx %#llx", (a)[0], (a)[1],    \
			       (a)[2], (a)[3]);                              \
		}                                                            \
		EXPECT_EQ(write, self->io.result.fault_write);               \
	} while (0)

TEST_F(helper, bad_ranges)
{
	const struct ranges *r = ranges_of(variant->id);
	__u64 a[4];
	size_t k;
	int i;

	for (i = 0; i < r->nr; i++) {
		for (k = 0; k < ARRAY_SIZE(bad_ranges); k++) {
			bool write = r->range[i].write;
			__u64 len = bad_ranges[k].len;

			if (bad_ranges[k].read_only && !write)
				continue;
			/* Lengths that are good for neither test nothing. */
			if (i && r->range[0].len == r->range[1].len &&
			    len > LEN)
				continue;
			good_arguments(r, a);
			a[r->range[i].addr] = bad_ranges[k].addr;
			a[r->range[i].len] = len;
			/* Writing finds input forbidden from its start. */
			EXPECT_FAULT(a, write && (__u32)a[0] == SBPF_IN_BASE ?
				     SBPF_IN_BASE : bad_ranges[k].bad, write);
		}
	}
}

/* Of two bad ranges the first argument's is the one told. */
TEST_F(helper, two_bad_ranges)
{
	const struct ranges *r = ranges_of(variant->id);
	__u64 a[4];

	if (r->nr < 2)
		return;
	good_arguments(r, a);
	a[r->range[0].addr] = 0x5000;
	a[r->range[1].addr] = 0x1000;
	EXPECT_FAULT(a, 0x5000, r->range[0].write);
}

TEST_F(helper, empty_ranges)
{
	static const __u64 addrs[] = { 0, 1, 0xffffffff, -1ull, SBPF_IN_BASE };
	const struct ranges *r = ranges_of(variant->id);
	__u64 a[4] = {}, got;
	size_t i;
	int k;

	for (i = 0; i < ARRAY_SIZE(addrs); i++) {
		for (k = 0; k < r->nr; k++)
			a[r->range[k].addr] = addrs[i];
		ASSERT_EQ(LEN + 8, call(self->file, self->lambda, a,
					&self->io));
		memcpy(&got, out + LEN, 8);
		switch (variant->id) {
		case SBPF_HELPER_MEMCMP:
		case SBPF_HELPER_MEMCHR:
			EXPECT_EQ(0, got);
			break;
		case SBPF_HELPER_CRC32C:
			EXPECT_EQ((__u32)a[0], got);
			break;
		default:
			EXPECT_EQ((__u32)addrs[i], got);
		}
	}
}

/* An empty range does not excuse the other one. */
TEST(memmem_one_range_empty)
{
	int lambda = helper_handle(SBPF_HELPER_MEMMEM);
	int file = memory_file(in, LEN);
	__u64 a[4] = { 0, 0, 0x2000, 8 };
	struct lambda_io io;

	EXPECT_EQ(-1, call(file, lambda, a, &io));
	EXPECT_EQ(LAMBDA_STATUS_FAULT, io.result.status);
	EXPECT_EQ(0x2000, io.result.fault_addr);
	memcpy(a, (__u64[]) { 0x3000, 8, 0, 0 }, 32);
	EXPECT_EQ(-1, call(file, lambda, a, &io));
	EXPECT_EQ(0x3000, io.result.fault_addr);
}

/* A call that would fault faults, however little budget there is. */
TEST(fault_before_budget)
{
	struct bpf_insn p[] = {
		MOVI(R1, 0),
		MOVI(R2, 0),
		MOVI(R3, 1 << 20),
		CALL(SBPF_HELPER_MEMSET),
		EXIT(),
	};
	struct lambda_io io;
	__u64 result;

	EXPECT_EQ(-1, run_plain(handle_budget(p, ARRAY_SIZE(p), 0), &result,
				&io));
	EXPECT_EQ(LAMBDA_STATUS_FAULT, io.result.status);
	p[0] = MOVI(R1, SBPF_OUT_BASE);
	p[2] = MOVI(R3, 8);
	EXPECT_EQ(-1, run_plain(handle_budget(p, ARRAY_SIZE(p), 0), &result,
				&io));
	EXPECT_EQ(LAMBDA_STATUS_OVER_BUDGET, io.result.status);
}

/* memmem over what makes naive search quadratic. */
TEST(memmem_adversarial)
{
	enum { HAY = 1 << 20, NEEDLE = 1 << 18 };
	const struct bpf_insn p[] = {
		CTX(R7, R1, args),
		CTX(R2, R1, in_len),
		CTX(R3, R1, in),
		CTX(R1, R1, in),
		LDX(BPF_DW, R4, R7, 0),
		/* the needle is the end of the input, the rest the hay */
		ALU(BPF_SUB, R2, R4),
		ADD(R3, R2),
		CALL(SBPF_HELPER_MEMMEM),
		MOV(R6, R0),
		OUTPUT_U64(R6),
	};
	static const char *const patterns[] = { "a", "ab", "aab", "abaab" };
	__u8 *text = malloc(HAY + NEEDLE);
	int lambda = HANDLE(p);
	__u64 needle = NEEDLE, seen;
	struct timespec from, to;
	size_t k, i;
	int mark;

	ASSERT_LE(0, lambda);
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (k = 0; k < ARRAY_SIZE(patterns); k++) {
		/* The byte that spoils it: first, last, in the middle. */
		for (mark = 0; mark < 3; mark++) {
			struct lambda_io io = io_for(8, &needle, 8);
			__u8 *found;
			int fd;

			for (i = 0; i < HAY + NEEDLE; i++)
				text[i] = patterns[k][i % strlen(patterns[k])];
			text[HAY + mark * (NEEDLE - 1) / 2] = 'x';
			if (k % 2)
				memcpy(text + HAY - NEEDLE, text + HAY, NEEDLE);
			found = memmem(text, HAY, text + HAY, NEEDLE);
			fd = memory_file(text, HAY + NEEDLE);
			EXPECT_EQ(8, lambda_pread(fd, &seen, HAY + NEEDLE, 0,
						  lambda, &io));
			EXPECT_EQ(found ? SBPF_IN_BASE + (found - text) : 0,
				  seen);
			close(fd);
		}
	}
	clock_gettime(CLOCK_MONOTONIC, &to);
	/* Quadratic would be 2^38 steps each. */
	EXPECT_GT(60, to.tv_sec - from.tv_sec);
}

TEST_HARNESS_MAIN
