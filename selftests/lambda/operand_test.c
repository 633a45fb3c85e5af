// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instructions with every pair of registers, with operands and constants around
 * every power of two, and jumps of every length either way: what a translator
 * may treat apart.
 */
#include "common.h"
#include "harness.h"
#include "reference.h"

struct pair {
	__u64 a, b;
};

/* Around all powers of two, and their negatives; both ends of what there is. */
#define AROUND		6	/* of each power */
#define MAGNITUDES	(64 * AROUND)

static __u64 magnitude(int i)
{
	const __u64 power = 1ull << i / AROUND;
	const __u64 around[AROUND] = {
		power - 1, power, power + 1, -power - 1, -power, 1 - power,
	};

	return around[i % AROUND];
}

/* Instructions */

#define OPS_MAX	1000

struct ops {
	struct bpf_insn list[OPS_MAX];
	int nr;
};

static void add(struct ops *ops, struct bpf_insn insn)
{
	if (ops->nr == OPS_MAX)
		exit(1);
	ops->list[ops->nr++] = insn;
}

/* Either width; @x is BPF_X, or BPF_K with a constant. */
static void add_alu(struct ops *ops, __u8 op, __u8 x, int off, __s32 imm)
{
	add(ops, INSN(BPF_ALU64 | op | x, 0, 0, off, imm));
	add(ops, INSN(BPF_ALU | op | x, 0, 0, off, imm));
}

static void add_jump(struct ops *ops, __u8 op, __u8 x, __s32 imm)
{
	add(ops, INSN(BPF_JMP | op | x, 0, 0, 0, imm));
	add(ops, INSN(BPF_JMP32 | op | x, 0, 0, 0, imm));
}

/* Everything that takes two registers, or a register and a constant. */
static void add_all(struct ops *ops, __u8 x, __s32 imm)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(alu_ops); i++)
		add_alu(ops, alu_ops[i], x, 0, imm);
	add_alu(ops, BPF_DIV, x, 1, imm);
	add_alu(ops, BPF_MOD, x, 1, imm);
	for (i = 0; i < ARRAY_SIZE(jump_ops); i++)
		add_jump(ops, jump_ops[i], x, imm);
}

static bool is_jump(const struct bpf_insn *insn)
{
	__u8 class = BPF_CLASS(insn->code);

	return class == BPF_JMP || class == BPF_JMP32;
}

/* A register that is none of @used, and is one of them then. */
static int another(unsigned int *used)
{
	int r;

	for (r = R2; *used & 1 << r; r++)
		;
	*used |= 1 << r;
	return r;
}

/*
 * A λ that tries each of @ops on each pair of its input, and puts out what comes
 * of the first operand, or whether it jumped: for each pair one after the other.
 */
static int handle_of(const struct ops *ops, int dst, int src, int pairs)
{
	struct bpf_insn *p = calloc(8 * ops->nr + 16, sizeof(*p)), insn;
	unsigned int used = 1 << dst | 1 << src;
	int at = another(&used), left = another(&used), to = another(&used);
	int n = 0, loop, i, lambda;

	p[n++] = CTX(at, R1, in);
	p[n++] = CTX(to, R1, out);
	p[n++] = MOVI(left, pairs);
	loop = n;
	for (i = 0; i < ops->nr; i++) {
		insn = ops->list[i];
		insn.dst_reg = dst;
		if (BPF_SRC(insn.code) == BPF_X) {
			insn.src_reg = src;
			p[n++] = LDX(BPF_DW, src, at, 8);
		}
		p[n++] = LDX(BPF_DW, dst, at, 0);
		if (is_jump(&insn))
			insn.off = 2;
		p[n++] = insn;
		if (is_jump(&insn)) {
			p[n++] = MOVI(dst, 0);
			p[n++] = GOTO(1);
			p[n++] = MOVI(dst, 1);
		}
		p[n++] = STX(BPF_DW, to, 8 * i, dst);
	}
	p[n++] = ADDI(at, sizeof(struct pair));
	p[n++] = ADDI(to, 8 * ops->nr);
	p[n++] = ADDI(left, -1);
	p[n] = JMPI(BPF_JNE, left, 0, loop - (n + 1));
	n++;
	p[n++] = MOVI(R0, 8 * ops->nr * pairs);
	p[n++] = EXIT();
	lambda = handle_budget(p, n, pairs);
	free(p);
	return lambda;
}

static void try(struct __test_metadata *_metadata, const struct ops *ops,
		int dst, int src, const struct pair *pairs, int nr)
{
	size_t len = 8ul * ops->nr * nr;
	struct lambda_io io = io_for(len, NULL, 0);
	int fd = memory_file(pairs, nr * sizeof(*pairs));
	int lambda = handle_of(ops, dst, src, nr), i, k;
	__u64 *results = malloc(len);

	ASSERT_LE(0, lambda);
	ASSERT_EQ((ssize_t)len, lambda_pread(fd, results, nr * sizeof(*pairs),
					     0, lambda, &io));
	for (i = 0; i < nr; i++) {
		__u64 a = pairs[i].a, b = src == dst ? a : pairs[i].b;

		for (k = 0; k < ops->nr; k++) {
			const struct bpf_insn *insn = &ops->list[k];

			ASSERT_EQ(reference(insn, a, b),
				  results[i * ops->nr + k]) {
				TH_LOG("opcode %#x off %d imm %d, r%d r%d: %#llx %#llx",
				       insn->code, insn->off, insn->imm, dst,
				       src, a, b);
			}
		}
	}
	free(results);
	close(lambda);
	close(fd);
}

TEST(every_pair_of_registers)
{
	static const __u64 values[] = {
		0, 1, 3, 31, 64, 0x80000000, 0xffffffff, 0x100000001,
		0x8000000000000000, -3ull, -1ull, 0x123456789abcdef0,
	};
	enum { NR = ARRAY_SIZE(values) };
	struct pair pairs[NR * NR];
	static struct ops ops;
	int i, dst, src;

	add_all(&ops, BPF_X, 0);
	for (i = 0; i < NR * NR; i++)
		pairs[i] = (struct pair) { values[i / NR], values[i % NR] };
	for (dst = R0; dst <= R9; dst++)
		for (src = R0; src <= R9; src++)
			try(_metadata, &ops, dst, src, pairs, NR * NR);
}

TEST(operands_of_every_magnitude)
{
	struct pair *pairs = calloc(MAGNITUDES * MAGNITUDES, sizeof(*pairs));
	static struct ops all, one;
	int i;

	ASSERT_NE(NULL, pairs);
	for (i = 0; i < MAGNITUDES * MAGNITUDES; i++)
		pairs[i] = (struct pair) { magnitude(i / MAGNITUDES),
					   magnitude(i % MAGNITUDES) };
	add_all(&all, BPF_X, 0);
	one.nr = 1;
	for (i = 0; i < all.nr; i++) {
		one.list[0] = all.list[i];
		try(_metadata, &one, R2, R3, pairs, MAGNITUDES * MAGNITUDES);
	}
	free(pairs);
}

/* Of constants 32 bits make all there is; each register may have them. */
TEST(constants_of_every_magnitude)
{
	static struct pair pairs[MAGNITUDES];
	static struct ops ops;
	int i;

	for (i = 0; i < MAGNITUDES; i++)
		pairs[i].a = magnitude(i);
	for (i = 0; i < 32 * AROUND; i++) {
		ops.nr = 0;
		add_all(&ops, BPF_K, magnitude(i));
		try(_metadata, &ops, i % 10, (i + 1) % 10, pairs, MAGNITUDES);
	}
}

TEST(wide_constants_of_every_magnitude)
{
	enum { STEP = 4 };
	struct bpf_insn *p = calloc(STEP * MAGNITUDES + 4, sizeof(*p));
	static __u64 out[MAGNITUDES];
	struct lambda_io io = io_for(sizeof(out), NULL, 0);
	int fd = memory_file("x", 1), n = 0, i, lambda;

	p[n++] = MOVI(R9, SBPF_OUT_BASE);
	for (i = 0; i < MAGNITUDES; i++) {
		const struct bpf_insn one[] = {
			LD64(i % 9, magnitude(i)),
			STX(BPF_DW, R9, 8 * i, i % 9),
		};

		memcpy(p + n, one, sizeof(one));
		n += ARRAY_SIZE(one);
	}
	p[n++] = MOVI(R0, sizeof(out));
	p[n++] = EXIT();
	lambda = handle(p, n);
	ASSERT_LE(0, lambda);
	EXPECT_EQ((ssize_t)sizeof(out), lambda_pread(fd, out, 1, 0, lambda,
						     &io));
	for (i = 0; i < MAGNITUDES; i++)
		EXPECT_EQ(magnitude(i), out[i]);
	free(p);
}

/*
 * Jumps that become shorter with each: from the first station to the last, back
 * to the second, and so on to the middle. Each station adds its number.
 */

#define STATION	2	/* instructions of one */

static const struct {
	__u8 op;
	__s32 imm;		/* for which 5 jumps */
} taken_by_5[] = {
	{ BPF_JEQ, 5 }, { BPF_JGT, 4 }, { BPF_JGE, 5 }, { BPF_JSET, 4 },
	{ BPF_JNE, 4 }, { BPF_JSGT, -5 }, { BPF_JSGE, 5 }, { BPF_JLT, 6 },
	{ BPF_JLE, 5 }, { BPF_JSLT, 6 }, { BPF_JSLE, 5 },
};

/* Where station @i of the way lies. */
static int place(int i, int stations)
{
	return i % 2 ? stations - 1 - i / 2 : i / 2;
}

static void stagger(struct __test_metadata *_metadata, struct bpf_insn jump,
		    int stations)
{
	const int begin = 3;
	struct bpf_insn *p = calloc(STATION * stations + 8, sizeof(*p));
	int end = begin + STATION * stations, i, at, to, lambda;
	const struct bpf_insn last[] = { OUTPUT_U64(R8) };
	struct lambda_io io;
	__u64 result = 0;

	p[0] = MOVI(R6, 5);
	p[1] = MOVI(R7, jump.imm);
	p[2] = MOVI(R8, 0);
	if (BPF_SRC(jump.code) == BPF_X)
		jump.imm = 0;
	for (i = 0; i < stations; i++) {
		at = begin + STATION * place(i, stations);
		to = i + 1 < stations ?
		     begin + STATION * place(i + 1, stations) : end;
		p[at] = ADDI(R8, i + 1);
		p[at + 1] = jump;
		if (jump.code == (BPF_JMP32 | BPF_JA))
			p[at + 1].imm = to - (at + 2);
		else
			p[at + 1].off = to - (at + 2);
	}
	memcpy(p + end, last, sizeof(last));
	lambda = handle(p, end + ARRAY_SIZE(last));
	ASSERT_LE(0, lambda);
	EXPECT_EQ(8, run_plain(lambda, &result, &io)) {
		TH_LOG("opcode %#x", jump.code);
	}
	EXPECT_EQ(stations * (stations + 1ull) / 2, result);
	EXPECT_EQ((stations - 1ull) / 2, io.result.budget_used);
	close(lambda);
	free(p);
}

TEST(jumps_of_every_length)
{
	const int longest = (0x7fff - 1) / STATION;	/* of 16 bits */
	const int some = 300;
	size_t i;

	stagger(_metadata, GOTO(0), longest);
	stagger(_metadata, JMPI(BPF_JEQ, R6, 5, 0), longest);
	stagger(_metadata, GOTOL(0), 3 * longest);
	for (i = 0; i < ARRAY_SIZE(taken_by_5); i++) {
		const __u8 op = taken_by_5[i].op;
		const __s32 imm = taken_by_5[i].imm;

		stagger(_metadata, JMPI(op, R6, imm, 0), some);
		stagger(_metadata, JMPI32(op, R6, imm, 0), some);
		stagger(_metadata, INSN(BPF_JMP | BPF_X | op, R6, R7, 0, imm),
			some);
		stagger(_metadata, INSN(BPF_JMP32 | BPF_X | op, R6, R7, 0, imm),
			some);
	}
}

TEST_HARNESS_MAIN
