// SPDX-License-Identifier: GPL-2.0-only
/*
 * What segments hold when a request starts and ends: private, fresh, zero;
 * empty ones; and pointers that a λ keeps in them and follows.
 */
#include "common.h"
#include "harness.h"

#define PAGE	SBPF_PAGE_SIZE

static ssize_t run(int lambda, const void *in, size_t len, void *out,
		   struct lambda_io *io)
{
	int err, fd = memory_file(in, len);
	ssize_t ret;

	ret = lambda_pread(fd, out, len, 0, lambda, io);
	err = errno;
	close(fd);
	errno = err;
	return ret;
}

/* The context as the λ finds it, copied to its output. */
TEST(context)
{
	const struct lambda_load_attr attr = { .heap_len = 12345 };
	const struct bpf_insn p[] = {
		MOV(R2, R1),
		MOVI(R1, SBPF_OUT_BASE),
		MOVI(R3, sizeof(struct lambda_ctx)),
		CALL(SBPF_HELPER_MEMCPY),
		MOVI(R0, sizeof(struct lambda_ctx)),
		EXIT(),
	};
	int lambda = handle_attr(p, ARRAY_SIZE(p), &attr);
	char in[8192] = {}, args[77] = {};
	struct lambda_io io = io_for(1000, args, sizeof(args));
	int fd = memory_file(in, sizeof(in));
	struct lambda_ctx ctx;

	ASSERT_LE(0, lambda);
	ASSERT_EQ(sizeof(ctx), lambda_pread(fd, &ctx, 100, 5000, lambda, &io));
	EXPECT_EQ(SBPF_IN_BASE + 5000 % PAGE, ctx.in);
	EXPECT_EQ(100, ctx.in_len);
	EXPECT_EQ(SBPF_OUT_BASE, ctx.out);
	EXPECT_EQ(1000, ctx.out_cap);
	EXPECT_EQ(SBPF_ARGS_BASE, ctx.args);
	EXPECT_EQ(sizeof(args), ctx.args_len);
	EXPECT_EQ(SBPF_HEAP_BASE, ctx.heap);
	EXPECT_EQ(12345, ctx.heap_len);
	EXPECT_EQ(5000, ctx.offset);
	/* Short at the end of the file. */
	ASSERT_EQ(sizeof(ctx), lambda_pread(fd, &ctx, 100, 8190, lambda, &io));
	EXPECT_EQ(2, ctx.in_len);
	EXPECT_EQ(2, io.result.in_len);
	/* Nothing but the range and the output: no arguments. */
	ASSERT_EQ(sizeof(ctx), lambda_pread(fd, &ctx, 100, 0, lambda, NULL));
	EXPECT_EQ(100, ctx.out_cap);
	EXPECT_EQ(0, ctx.args_len);
	EXPECT_EQ(SBPF_ARGS_BASE, ctx.args);
}

/* Reads the 8 bytes at args[0], then overwrites them. */
static const struct bpf_insn read_and_mark[] = {
	CTX(R2, R1, args),
	LDX(BPF_DW, R2, R2, 0),
	LDX(BPF_DW, R3, R2, 0),
	ST(BPF_DW, R2, 0, -1),
	OUTPUT_U64(R3),
};

/* A request sees nothing of what an earlier one wrote. */
TEST(fresh_for_each_request)
{
	static const __u64 initial = 0x1122334455667788;
	const struct lambda_load_attr attr = {
		.data = (uintptr_t)&initial, .data_len = sizeof(initial),
		.bss_len = PAGE, .heap_len = PAGE,
	};
	const struct { __u64 addr, value; } cases[] = {
		{ SBPF_DATA_BASE, initial },
		{ SBPF_DATA_BASE + 8, 0 },
		{ SBPF_DATA_BASE + PAGE, 0 },
		{ SBPF_HEAP_BASE, 0 },
		{ SBPF_HEAP_BASE + PAGE - 8, 0 },
		{ SBPF_FRAME_TOP(0) - 8, 0 },
		{ SBPF_FRAME_TOP(0) - PAGE, 0 },
		{ SBPF_OUT_BASE + 16, 0 },
		{ SBPF_OUT_BASE + PAGE - 8, 0 },	/* slack */
	};
	int lambda = handle_attr(read_and_mark, ARRAY_SIZE(read_and_mark),
				 &attr);
	__u64 seen, out[4];
	int round;

	ASSERT_LE(0, lambda);
	for (round = 0; round < 300; round++) {
		int i = round % ARRAY_SIZE(cases);
		struct lambda_io io = io_for(sizeof(out), &cases[i].addr, 8);

		ASSERT_EQ(8, run(lambda, &seen, 8, out, &io)) {
			TH_LOG("%#llx: status %u", cases[i].addr,
			       io.result.status);
		}
		EXPECT_EQ(cases[i].value, out[0]) {
			TH_LOG("%#llx in round %d", cases[i].addr, round);
		}
	}
}

/* A store half into forbidden memory stores nothing, also not in the half. */
TEST(nothing_of_a_faulting_store_happens)
{
	const struct bpf_insn p[] = {
		CTX(R2, R1, args),
		LDX(BPF_DW, R3, R2, 8),
		LDX(BPF_DW, R2, R2, 0),
		LDX(BPF_W, R6, R2, 0),
		JMPI(BPF_JEQ, R3, 0, 1),
		ST(BPF_DW, R2, 0, -1),
		OUTPUT_U64(R6),
	};
	const struct lambda_load_attr attr = { .heap_len = PAGE };
	int lambda = handle_attr(p, ARRAY_SIZE(p), &attr);
	static const __u64 ends[] = {
		SBPF_HEAP_BASE + PAGE - 4, SBPF_FRAME_TOP(0) - 4,
		SBPF_OUT_BASE + PAGE - 4,
	};
	__u64 args[2], out[1];
	int i, round;

	ASSERT_LE(0, lambda);
	for (i = 0; i < ARRAY_SIZE(ends); i++) {
		for (round = 0; round < 20; round++) {
			struct lambda_io io = io_for(8, args, sizeof(args));

			args[0] = ends[i];
			args[1] = 1;
			EXPECT_EQ(-1, run(lambda, out, 8, out, &io));
			EXPECT_EQ(LAMBDA_STATUS_FAULT, io.result.status);
			EXPECT_EQ(ends[i] + 4, io.result.fault_addr);
			EXPECT_EQ(1, io.result.fault_write);
			args[1] = 0;
			EXPECT_EQ(8, run(lambda, out, 8, out, &io));
			EXPECT_EQ(0, out[0]);
		}
	}
}

/* Empty segments have no page, not one of them. */
TEST(empty_segments)
{
	static const __u64 bases[] = {
		SBPF_ARGS_BASE, SBPF_DATA_BASE, SBPF_HEAP_BASE, SBPF_OUT_BASE,
	};
	struct bpf_insn p[] = {
		MOVI(R2, 0),
		LDX(BPF_B, R0, R2, 0),
		MOVI(R0, 0),
		EXIT(),
	};
	char c = 'x';
	size_t i;
	int write;

	for (i = 0; i < ARRAY_SIZE(bases); i++) {
		for (write = 0; write < 2; write++) {
			struct lambda_io io = io_for(0, NULL, 0);
			int lambda;

			p[0].imm = bases[i];
			p[1] = write ? ST(BPF_B, R2, 0, 1) :
				       LDX(BPF_B, R0, R2, 0);
			lambda = HANDLE(p);
			ASSERT_LE(0, lambda);
			EXPECT_EQ(-1, run(lambda, &c, 1, NULL, &io));
			EXPECT_EQ(ECANCELED, errno);
			EXPECT_EQ(LAMBDA_STATUS_FAULT, io.result.status);
			EXPECT_EQ(bases[i], io.result.fault_addr);
			EXPECT_EQ(write, io.result.fault_write);
			close(lambda);
		}
	}
}

TEST(no_output)
{
	const struct bpf_insn ok[] = { MOVI(R0, 0), EXIT() };
	const struct bpf_insn one[] = { MOVI(R0, 1), EXIT() };
	struct lambda_io io = io_for(0, NULL, 0);
	char c = 'x';

	EXPECT_EQ(0, run(HANDLE(ok), &c, 1, NULL, &io));
	EXPECT_EQ(LAMBDA_STATUS_OK, io.result.status);
	EXPECT_EQ(0, io.result.out_len);
	EXPECT_EQ(-1, run(HANDLE(one), &c, 1, NULL, &io));
	EXPECT_EQ(ECANCELED, errno);
	EXPECT_EQ(LAMBDA_STATUS_BAD_LENGTH, io.result.status);
	EXPECT_EQ(1, io.result.retval);
	EXPECT_EQ('x', c);
}

/* Written beyond out_cap, but inside the last page: dropped. */
TEST(output_past_its_capacity)
{
	const struct bpf_insn p[] = {
		CTX(R2, R1, out),
		LD64(R3, 0x4141414141414141),
		STX(BPF_DW, R2, 0, R3),
		STX(BPF_DW, R2, 4088, R3),
		MOVI(R0, 3),
		EXIT(),
	};
	struct lambda_io io = io_for(3, NULL, 0);
	char out[16] = "0123456789abcde";
	char c = 'x';

	EXPECT_EQ(3, run(HANDLE(p), &c, 1, out, &io));
	EXPECT_STREQ("AAA3456789abcde", out);
}

/* What is made beyond the length returned stays in the window, too. */
TEST(output_past_its_length)
{
	const struct bpf_insn p[] = {
		CTX(R2, R1, out),
		LD64(R3, 0x4141414141414141),
		STX(BPF_DW, R2, 0, R3),
		MOVI(R0, 3),
		EXIT(),
	};
	struct lambda_io io = io_for(16, NULL, 0);
	char out[16] = "0123456789abcde";
	char c = 'x';

	EXPECT_EQ(3, run(HANDLE(p), &c, 1, out, &io));
	EXPECT_EQ(3, io.result.out_len);
	EXPECT_STREQ("AAA3456789abcde", out);
}

/* The low half of R0 counts, as a signed number. */
TEST(return_value)
{
	static const struct {
		__u64 r0;
		ssize_t ret;
		__u32 status;
		__s32 retval;
	} cases[] = {
		{ 0, 0, LAMBDA_STATUS_OK, 0 },
		{ 5, 5, LAMBDA_STATUS_OK, 5 },
		{ 0xffffffff00000005, 5, LAMBDA_STATUS_OK, 5 },
		{ 16, 16, LAMBDA_STATUS_OK, 16 },
		{ 17, -1, LAMBDA_STATUS_BAD_LENGTH, 17 },
		{ 0x7fffffff, -1, LAMBDA_STATUS_BAD_LENGTH, 0x7fffffff },
		{ -1ull, -1, LAMBDA_STATUS_ERROR, -1 },
		{ 0xffffffff, -1, LAMBDA_STATUS_ERROR, -1 },
		{ 0x80000000, -1, LAMBDA_STATUS_ERROR, -0x7fffffff - 1 },
		{ -512ull, -1, LAMBDA_STATUS_ERROR, -512 },
		{ 0x00000001fffffff3, -1, LAMBDA_STATUS_ERROR, -13 },
	};
	struct lambda_io io;
	char out[16], c = 'x';
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct bpf_insn p[] = { LD64(R0, cases[i].r0), EXIT() };
		int lambda = HANDLE(p);

		io = io_for(sizeof(out), NULL, 0);
		errno = 0;
		EXPECT_EQ(cases[i].ret, run(lambda, &c, 1, out, &io));
		EXPECT_EQ(cases[i].ret < 0 ? ECANCELED : 0, errno);
		EXPECT_EQ(cases[i].status, io.result.status);
		EXPECT_EQ(cases[i].retval, io.result.retval);
		close(lambda);
	}
}

/* A list in the heap, each node holding the address of the one before. */
TEST(list_in_the_heap)
{
	const struct lambda_load_attr attr = { .heap_len = 1 << 20 };
	const struct bpf_insn p[] = {
		/* 1000 nodes of 1040 bytes: next, value */
		CTX(R2, R1, heap),
		MOVI(R3, 0),
		MOVI(R4, 1000),
		STX(BPF_DW, R2, 0, R3),
		STX(BPF_DW, R2, 8, R4),
		MOV(R3, R2),
		ADDI(R2, 1040),
		ADDI(R4, -1),
		JMPI(BPF_JNE, R4, 0, -6),
		/* sum of the values, by the pointers */
		MOVI(R5, 0),
		LDX(BPF_DW, R2, R3, 8),
		ADD(R5, R2),
		LDX(BPF_DW, R3, R3, 0),
		JMPI(BPF_JNE, R3, 0, -4),
		OUTPUT_U64(R5),
	};
	int lambda = handle_attr(p, ARRAY_SIZE(p), &attr);
	struct lambda_io io;
	__u64 sum = 0;

	ASSERT_LE(0, lambda);
	EXPECT_EQ(8, run_plain(lambda, &sum, &io));
	EXPECT_EQ(1000 * 1001 / 2, sum);
}

/*
 * A B+-tree of 4 KiB pages in a file: an inner page of 255 keys and children
 * (byte offsets in the file), and leaves of 255 keys and values.
 */
struct tree_page {
	__u64 leaf;
	struct { __u64 key, val; } slot[255];
	__u64 unused;
};

TEST(tree_in_the_input)
{
	const struct bpf_insn p[] = {
		/* R6 input, R7 key sought, R8 page */
		CTX(R6, R1, in),
		CTX(R2, R1, args),
		LDX(BPF_DW, R7, R2, 0),
		MOV(R8, R6),
		/* page: the last slot whose key is not beyond the one sought */
		MOV(R2, R8),
		MOVI(R3, 254),
		LDX(BPF_DW, R4, R2, 24),
		JMP(BPF_JGT, R4, R7, 3),
		ADDI(R2, 16),
		ADDI(R3, -1),
		JMPI(BPF_JNE, R3, 0, -5),
		LDX(BPF_DW, R5, R2, 16),
		LDX(BPF_DW, R4, R8, 0),
		MOV(R8, R6),
		ADD(R8, R5),
		JMPI(BPF_JEQ, R4, 0, -12),
		OUTPUT_U64(R5),
	};
	struct tree_page *tree = calloc(256, sizeof(*tree));
	int i, k, fd, lambda = HANDLE(p);
	__u64 key, seen;

	ASSERT_EQ(PAGE, sizeof(*tree));
	for (i = 0; i < 255; i++) {
		tree[0].slot[i].key = i * 2550;
		tree[0].slot[i].val = (i + 1) * PAGE;
		tree[i + 1].leaf = 1;
		for (k = 0; k < 255; k++) {
			tree[i + 1].slot[k].key = i * 2550 + k * 10;
			tree[i + 1].slot[k].val = (i * 255 + k) * 3;
		}
	}
	fd = memory_file(tree, 256 * sizeof(*tree));
	ASSERT_LE(0, lambda);
	for (key = 0; key < 255 * 2550; key += 9173) {
		struct lambda_io io = io_for(8, &key, 8);

		EXPECT_EQ(8, lambda_pread(fd, &seen, 256 * PAGE, 0, lambda,
					  &io));
		EXPECT_EQ(key / 10 * 3, seen);
	}
}

TEST_HARNESS_MAIN
