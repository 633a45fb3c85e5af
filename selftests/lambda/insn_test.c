// SPDX-License-Identifier: GPL-2.0-only
/*
 * What instructions compute, against C written from the BPF standard: each
 * opcode over all pairs of values that are special to some of them.
 *
 * A λ of one instruction in a loop goes over pairs of input and puts a result
 * for each into its output.
 */
#include "common.h"
#include "harness.h"
#include "reference.h"

static const __u64 values[] = {
	0, 1, 2, 3, 7, 8, 15, 16, 31, 32, 33, 63, 64, 65, 127, 128, 255, 256,
	0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0x80000001,
	0xfffffffe, 0xffffffff, 0x100000000, 0x100000001, 0x123456789abcdef0,
	0x7fffffffffffffff, 0x8000000000000000, 0x8000000000000001,
	0xffffffff80000000, 0xffffffffffffff80, 0xffffffffffff8000,
	0xfffffffffffffffe, 0xffffffffffffffff, 0xdeadbeefcafebabe,
};

#define NR	ARRAY_SIZE(values)

struct pair {
	__u64 a, b;
};

static struct pair pairs[NR * NR];
static __u64 results[NR * NR];

/* Running them */

/*
 * @dst and @src are the registers the instruction works on: which one it is
 * decides about prefixes, and division and shifts have favourites on x86.
 */
static int one_insn_handle(struct bpf_insn insn, int dst, int src)
{
	struct bpf_insn p[32];
	bool jump = BPF_CLASS(insn.code) == BPF_JMP ||
		    BPF_CLASS(insn.code) == BPF_JMP32;
	int n = 0, loop, r, at, left, to;

	/* Three registers that are neither: from, to, how many more. */
	for (r = R1, at = left = to = 0; !to; r++) {
		if (r == dst || r == src || r == R1)
			continue;
		if (!at)
			at = r;
		else if (!left)
			left = r;
		else
			to = r;
	}
	p[n++] = CTX(at, R1, in);
	p[n++] = CTX(to, R1, out);
	p[n++] = MOVI(left, NR * NR);
	loop = n;
	if (src != dst)
		p[n++] = LDX(BPF_DW, src, at, 8);
	p[n++] = LDX(BPF_DW, dst, at, 0);
	insn.dst_reg = dst;
	if (BPF_SRC(insn.code) == BPF_X && !(BPF_OP(insn.code) == BPF_END &&
					     !jump))
		insn.src_reg = src;
	if (jump) {
		insn.off = 2;
		p[n++] = insn;
		p[n++] = MOVI(dst, 0);
		p[n++] = GOTO(1);
		p[n++] = MOVI(dst, 1);
	} else {
		p[n++] = insn;
	}
	p[n++] = STX(BPF_DW, to, 0, dst);
	p[n++] = ADDI(at, 16);
	p[n++] = ADDI(to, 8);
	p[n++] = ADDI(left, -1);
	p[n] = JMPI(BPF_JNE, left, 0, loop - (n + 1));
	n++;
	p[n++] = MOVI(R0, sizeof(results));
	p[n++] = EXIT();
	return handle(p, n);
}

FIXTURE(insn) {
	int file;
	int dst, src;
};

FIXTURE_VARIANT(insn) {
	int dst, src;
};

#define VARIANT(name, ...)						\
	FIXTURE_VARIANT_ADD(insn, name) { __VA_ARGS__ }

/* R0, R3, R4 and R5 are rax, rdx, rcx and r8 on x86; R5-R9 need prefixes. */
VARIANT(r0_r3, R0, R3);
VARIANT(r3_r4, R3, R4);
VARIANT(r4_r3, R4, R3);
VARIANT(r4_r4, R4, R4);
VARIANT(r2_r0, R2, R0);
VARIANT(r5_r4, R5, R4);
VARIANT(r6_r9, R6, R9);
VARIANT(r9_r9, R9, R9);

FIXTURE_SETUP(insn)
{
	size_t i;

	for (i = 0; i < NR * NR; i++)
		pairs[i] = (struct pair) { values[i / NR], values[i % NR] };
	self->file = memory_file(pairs, sizeof(pairs));
	self->dst = variant->dst;
	self->src = variant->src;
}

FIXTURE_TEARDOWN(insn)
{
	close(self->file);
}

static void try_insn(struct __test_metadata *_metadata, int file, int dst,
		     int src, struct bpf_insn insn)
{
	struct lambda_io io = io_for(sizeof(results), NULL, 0);
	int lambda = one_insn_handle(insn, dst, src);
	size_t i;

	ASSERT_LE(0, lambda) {
		TH_LOG("opcode %#x off %d imm %d", insn.code, insn.off,
		       insn.imm);
	}
	ASSERT_EQ(sizeof(results), lambda_pread(file, results, sizeof(pairs),
						0, lambda, &io));
	for (i = 0; i < NR * NR; i++) {
		__u64 a = pairs[i].a, b = src == dst ? a : pairs[i].b;

		EXPECT_EQ(reference(&insn, a, b), results[i]) {
			TH_LOG("opcode %#x off %d imm %d: %#llx %#llx",
			       insn.code, insn.off, insn.imm, a, b);
		}
	}
	close(lambda);
}

TEST_F(insn, alu_registers)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(alu_ops); i++) {
		try_insn(_metadata, self->file, self->dst, self->src,
			 ALU(alu_ops[i], 0, 0));
		try_insn(_metadata, self->file, self->dst, self->src,
			 ALU32(alu_ops[i], 0, 0));
	}
}

static const __s32 constants[] = {
	0, 1, -1, 2, 3, 5, 7, 8, 31, 32, 63, 64, 127, 128, -128, -129, 255,
	1 << 16, 0x7fffffff, -0x7fffffff - 1,
};

TEST_F(insn, alu_constants)
{
	size_t i, k;

	for (i = 0; i < ARRAY_SIZE(alu_ops); i++) {
		for (k = 0; k < ARRAY_SIZE(constants); k++) {
			try_insn(_metadata, self->file, self->dst, self->src,
				 ALUI(alu_ops[i], 0, constants[k]));
			try_insn(_metadata, self->file, self->dst, self->src,
				 ALUI32(alu_ops[i], 0, constants[k]));
		}
	}
}

TEST_F(insn, negation)
{
	try_insn(_metadata, self->file, self->dst, self->src,
		 ALUI(BPF_NEG, 0, 0));
	try_insn(_metadata, self->file, self->dst, self->src,
		 ALUI32(BPF_NEG, 0, 0));
}

TEST_F(insn, signed_division)
{
	static const __u8 ops[] = { BPF_DIV, BPF_MOD };
	struct bpf_insn insn;
	size_t i, k;

	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		insn = ALU(ops[i], 0, 0);
		insn.off = 1;
		try_insn(_metadata, self->file, self->dst, self->src, insn);
		insn = ALU32(ops[i], 0, 0);
		insn.off = 1;
		try_insn(_metadata, self->file, self->dst, self->src, insn);
		for (k = 0; k < ARRAY_SIZE(constants); k++) {
			insn = ALUI(ops[i], 0, constants[k]);
			insn.off = 1;
			try_insn(_metadata, self->file, self->dst, self->src,
				 insn);
			insn = ALUI32(ops[i], 0, constants[k]);
			insn.off = 1;
			try_insn(_metadata, self->file, self->dst, self->src,
				 insn);
		}
	}
}

TEST_F(insn, sign_extending_moves)
{
	static const int widths[] = { 8, 16, 32 };
	struct bpf_insn insn;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(widths); i++) {
		insn = MOV(0, 0);
		insn.off = widths[i];
		try_insn(_metadata, self->file, self->dst, self->src, insn);
		insn = ALU32(BPF_MOV, 0, 0);
		insn.off = widths[i];
		if (widths[i] < 32)
			try_insn(_metadata, self->file, self->dst, self->src,
				 insn);
	}
}

TEST_F(insn, byte_order)
{
	static const int widths[] = { 16, 32, 64 };
	static const __u8 codes[] = {
		BPF_ALU | BPF_END | BPF_TO_LE, BPF_ALU | BPF_END | BPF_TO_BE,
		BPF_ALU64 | BPF_END,
	};
	size_t i, k;

	for (i = 0; i < ARRAY_SIZE(codes); i++)
		for (k = 0; k < ARRAY_SIZE(widths); k++)
			try_insn(_metadata, self->file, self->dst, self->src,
				 INSN(codes[i], 0, 0, 0, widths[k]));
}

TEST_F(insn, jumps)
{
	size_t i, k;

	for (i = 0; i < ARRAY_SIZE(jump_ops); i++) {
		try_insn(_metadata, self->file, self->dst, self->src,
			 JMP(jump_ops[i], 0, 0, 0));
		try_insn(_metadata, self->file, self->dst, self->src,
			 JMP32(jump_ops[i], 0, 0, 0));
		for (k = 0; k < ARRAY_SIZE(constants); k++) {
			try_insn(_metadata, self->file, self->dst, self->src,
				 JMPI(jump_ops[i], 0, constants[k], 0));
			try_insn(_metadata, self->file, self->dst, self->src,
				 JMPI32(jump_ops[i], 0, constants[k], 0));
		}
	}
}

/* 64-bit constants, all of their bits. */
TEST(wide_constants)
{
	struct lambda_io io;
	__u64 result;
	size_t i;

	for (i = 0; i < NR; i++) {
		const struct bpf_insn p[] = {
			LD64(R7, values[i]),
			OUTPUT_U64(R7),
		};
		int lambda = HANDLE(p);

		EXPECT_EQ(8, run_plain(lambda, &result, &io));
		EXPECT_EQ(values[i], result);
		close(lambda);
	}
}

/* A long way forth and back with gotol. */
TEST(long_jumps)
{
	enum { FAR = 100000 };
	struct bpf_insn *p = calloc(FAR + 16, sizeof(*p));
	struct lambda_io io;
	__u64 result = 0;
	size_t i;
	int n = 0;

	ASSERT_NE(NULL, p);
	p[n++] = MOVI(R7, 1);
	p[n++] = GOTOL(FAR);
	for (i = 0; i < FAR - 5; i++)
		p[n++] = ADDI(R7, 3);
	p[n++] = MOVI(R1, SBPF_OUT_BASE);
	p[n++] = STX(BPF_DW, R1, 0, R7);
	p[n++] = MOVI(R0, 8);
	p[n++] = EXIT();
	p[n++] = EXIT();
	ASSERT_EQ(FAR + 2, n);
	p[n++] = ADDI(R7, 41);
	p[n] = GOTOL(-(n - 1));
	n++;
	EXPECT_EQ(8, run_plain(handle(p, n), &result, &io));
	EXPECT_EQ(42 + 3 * (__u64)(FAR - 5), result);
}

TEST_HARNESS_MAIN
