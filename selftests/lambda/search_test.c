// SPDX-License-Identifier: GPL-2.0-only
/*
 * Searches are charged for the bytes up to the end of what they found, and
 * look no further than the rest of the budget pays for.
 */
#include "common.h"
#include "harness.h"
#include "sysctl.h"

#define PAGES		200	/* that a user may have */
#define HEAP		(64u << 20)

/* Counts the lines of its input as everybody does. */
static const struct bpf_insn count_lines[] = {
	CTX(R6, R1, in),
	CTX(R7, R1, in_len),
	ADD(R7, R6),
	MOVI(R8, 0),
	MOV(R1, R6),
	MOVI(R2, '\n'),
	MOV(R3, R7),
	ALU(BPF_SUB, R3, R6),
	CALL(SBPF_HELPER_MEMCHR),
	JMPI(BPF_JEQ, R0, 0, 4),
	ADDI(R8, 1),
	MOV(R6, R0),
	ADDI(R6, 1),
	GOTO(-10),
	OUTPUT_U64(R8),
};

/* Lines of 0 to @longest bytes. Returns how many, and what they cost. */
static __u64 fill_lines(char *text, size_t len, unsigned int longest,
			__u64 *cost)
{
	size_t at, line, count = 0;
	unsigned int seed = 1;

	*cost = 0;
	memset(text, 'x', len);
	for (at = 0; ; at += line + 1, count++) {
		line = rand_r(&seed) % (longest + 1);
		if (at + line >= len)
			break;
		text[at + line] = '\n';
		*cost += 1 + 1 + (line + 1) / SBPF_HELPER_GRAIN;
	}
	*cost += 1 + (len - at) / SBPF_HELPER_GRAIN;
	return count;
}

/* A file of lines, in one request with the budget that each request has. */
TEST(lines_are_linear)
{
	size_t len = 4 << 20;
	char *text = malloc(len);
	__u64 want, cost, got = 0;
	struct lambda_io io;
	int fd;

	want = fill_lines(text, len, 100, &cost);
	fd = memory_file(text, len);
	ASSERT_LE(0, fd);
	/* Every byte once, and little more than a unit or two for each line. */
	ASSERT_GT(len / SBPF_HELPER_GRAIN + 3 * want, cost);

	io = io_for(8, NULL, 0);
	EXPECT_EQ(8, lambda_pread(fd, &got, len, 0, HANDLE(count_lines), &io));
	EXPECT_EQ(LAMBDA_STATUS_OK, io.result.status);
	EXPECT_EQ(want, got);

	io = io_for(8, NULL, 0);
	EXPECT_EQ(8, lambda_pread(fd, &got, len, 0,
				  handle_budget(count_lines,
						ARRAY_SIZE(count_lines), cost),
				  &io));
	EXPECT_EQ(-1, lambda_pread(fd, &got, len, 0,
				   handle_budget(count_lines,
						 ARRAY_SIZE(count_lines),
						 cost - 1), &io));
	EXPECT_EQ(LAMBDA_STATUS_OVER_BUDGET, io.result.status);
	close(fd);
	free(text);
}

/* Looks for what the arguments say in the input: one byte, or all of them. */
static const struct bpf_insn find_byte[] = {
	CTX(R2, R1, args),
	LDX(BPF_B, R2, R2, 0),
	CTX(R3, R1, in_len),
	CTX(R1, R1, in),
	CALL(SBPF_HELPER_MEMCHR),
	MOV(R6, R0),
	OUTPUT_U64(R6),
};

static const struct bpf_insn find_bytes[] = {
	CTX(R3, R1, args),
	CTX(R4, R1, args_len),
	CTX(R2, R1, in_len),
	CTX(R1, R1, in),
	CALL(SBPF_HELPER_MEMMEM),
	MOV(R6, R0),
	OUTPUT_U64(R6),
};

/* The status of a search, and where it was found from the input's start. */
static __u32 find(const struct bpf_insn *p, size_t nr, __u64 budget, int fd,
		  size_t len, const char *what, __s64 *at)
{
	struct lambda_io io = io_for(8, what, strlen(what));
	int lambda = handle_budget(p, nr, budget);
	__u64 found = 0;

	lambda_pread(fd, &found, len, 0, lambda, &io);
	close(lambda);
	*at = found ? (__s64)(found - SBPF_IN_BASE) : -1;
	return io.result.status;
}

/*
 * @what lies so that it ends where a search with @budget units can just look,
 * or @late by one byte.
 */
static void expect_limit(struct __test_metadata *_metadata,
			 const struct bpf_insn *p, size_t nr,
			 unsigned int budget, const char *what, int late)
{
	size_t n = SBPF_HELPER_GRAIN * budget - 1, m = strlen(what);
	char *text = malloc(n + 4096);
	__s64 at;
	int fd;

	memset(text, 'a', n + 4096);
	memcpy(text + n - m + late, what, m);
	fd = memory_file(text, n + 4096);
	EXPECT_EQ(late ? LAMBDA_STATUS_OVER_BUDGET : LAMBDA_STATUS_OK,
		  find(p, nr, budget, fd, n + 4096, what, &at));
	EXPECT_EQ(late ? -1 : (__s64)(n - m), at) {
		TH_LOG("budget %u, %zu bytes", budget, m);
	}
	/* Not there, but there is enough to know that. */
	EXPECT_EQ(LAMBDA_STATUS_OK,
		  find(p, nr, budget, fd, n - !late, what, &at));
	EXPECT_EQ(-1, at);
	close(fd);
	free(text);
}

#define EXPECT_LIMIT(p, budget, what) do {				\
	if (SBPF_HELPER_GRAIN * (budget) > strlen(what)) {		\
		expect_limit(_metadata, p, ARRAY_SIZE(p), budget, what, 0);\
		expect_limit(_metadata, p, ARRAY_SIZE(p), budget, what, 1);\
	}								\
} while (0)

/* Below, at and beyond the pieces in which a kernel works. */
static const unsigned int budgets[] = { 1, 2, 3, 63, 64, 65, 128, 1023, 1024,
					1025, 1088, 4097 };

TEST(limit_of_memchr)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(budgets); i++)
		EXPECT_LIMIT(find_byte, budgets[i], "x");
}

TEST(limit_of_memmem)
{
	char needle[301];
	size_t i;

	/* Near matches are everywhere, so that no way to search is left out. */
	memset(needle, 'a', 300);
	needle[299] = 'x';
	needle[300] = '\0';
	for (i = 0; i < ARRAY_SIZE(budgets); i++) {
		EXPECT_LIMIT(find_bytes, budgets[i], "x");
		EXPECT_LIMIT(find_bytes, budgets[i], "ax");
		EXPECT_LIMIT(find_bytes, budgets[i], "axyzzy");
		EXPECT_LIMIT(find_bytes, budgets[i], needle);
	}
}

/* What is longer than what may be looked at is not looked at. */
TEST(needle_beyond_the_budget)
{
	char text[8192], needle[1001];
	__s64 at;
	int fd;

	memset(text, 'a', sizeof(text));
	memset(needle, 'a', 1000);
	needle[1000] = '\0';
	fd = memory_file(text, sizeof(text));
	EXPECT_EQ(LAMBDA_STATUS_OVER_BUDGET,
		  find(find_bytes, ARRAY_SIZE(find_bytes), 15, fd, 8192,
		       needle, &at));
	EXPECT_EQ(LAMBDA_STATUS_OK,
		  find(find_bytes, ARRAY_SIZE(find_bytes), 16, fd, 8192,
		       needle, &at));
	EXPECT_EQ(0, at);
	/* One that is longer than the haystack costs the haystack. */
	EXPECT_EQ(LAMBDA_STATUS_OK,
		  find(find_bytes, ARRAY_SIZE(find_bytes), 2, fd, 127, needle,
		       &at));
	EXPECT_EQ(-1, at);
	EXPECT_EQ(LAMBDA_STATUS_OVER_BUDGET,
		  find(find_bytes, ARRAY_SIZE(find_bytes), 2, fd, 128, needle,
		       &at));
	close(fd);
}

FIXTURE(pages) {
	long user_pages;
	struct lambda_load_attr attr;
	struct lambda_io io;
	__u64 found;
};

FIXTURE_SETUP(pages)
{
	self->user_pages = sysctl_read(USER_PAGES);
	ASSERT_LT(0, self->user_pages);
	ASSERT_EQ(0, sysctl_write(USER_PAGES, PAGES));
	self->attr = (struct lambda_load_attr) {
		.flags = LAMBDA_ATTR_BUDGET,
		.heap_len = HEAP,
	};
}

FIXTURE_TEARDOWN_PARENT(pages)
{
	sysctl_write(USER_PAGES, self->user_pages);
}

#define HEAP_STATUS(p, _budget) ({					\
	int _lambda;							\
									\
	self->attr.budget = _budget;					\
	_lambda = handle_attr(p, ARRAY_SIZE(p), &self->attr);		\
	self->found = 0;						\
	run_plain(_lambda, &self->found, &self->io);			\
	close(_lambda);							\
	self->io.result.status;						\
})

/* A heap of zeros that is larger than what its user may have of pages. */
TEST_F(pages, memchr)
{
	struct bpf_insn p[] = {
		LD64(R1, SBPF_HEAP_BASE),
		MOVI(R2, 0),
		MOVI(R3, HEAP),
		CALL(SBPF_HELPER_MEMCHR),
		MOV(R6, R0),
		OUTPUT_U64(R6),
	};

	EXPECT_EQ(LAMBDA_STATUS_OK, HEAP_STATUS(p, 1));
	EXPECT_EQ(SBPF_HEAP_BASE, self->found);
	/* Not there, and too dear to know. */
	p[2] = MOVI(R2, 1);
	EXPECT_EQ(LAMBDA_STATUS_OVER_BUDGET, HEAP_STATUS(p, 1));
	EXPECT_EQ(LAMBDA_STATUS_OVER_BUDGET, HEAP_STATUS(p, 2000));
	/* The limit does hold. */
	EXPECT_EQ(LAMBDA_STATUS_NOT_RUN, HEAP_STATUS(p, 1 << 20));
}

TEST_F(pages, memmem)
{
	struct bpf_insn p[] = {
		LD64(R1, SBPF_HEAP_BASE),
		MOVI(R2, HEAP),
		LD64(R3, SBPF_IN_BASE),
		MOVI(R4, 16),
		CALL(SBPF_HELPER_MEMMEM),
		MOV(R6, R0),
		OUTPUT_U64(R6),
	};

	EXPECT_EQ(LAMBDA_STATUS_OK, HEAP_STATUS(p, 1));
	EXPECT_EQ(SBPF_HEAP_BASE, self->found);
	/* The context begins with an address. */
	p[3] = MOVI(R3, SBPF_CTX_BASE);
	p[4] = MOVI(R4, 8);
	p[5] = MOVI(R4, 8);
	EXPECT_EQ(LAMBDA_STATUS_OVER_BUDGET, HEAP_STATUS(p, 1));
	EXPECT_EQ(LAMBDA_STATUS_OVER_BUDGET, HEAP_STATUS(p, 2000));
	EXPECT_EQ(LAMBDA_STATUS_NOT_RUN, HEAP_STATUS(p, 1 << 20));
	/* A needle too long to be found. */
	p[3] = MOVI(R3, SBPF_HEAP_BASE);
	p[4] = MOVI(R4, HEAP);
	p[5] = MOVI(R4, HEAP);
	EXPECT_EQ(LAMBDA_STATUS_OVER_BUDGET, HEAP_STATUS(p, 2000));
}

TEST_HARNESS_MAIN
