// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs with their constants hidden (net.core.bpf_jit_harden=2) beside the
 * same programs without: what they make, what they return and what budget they
 * take is equal, lines of the source are where they were, a jump that does not fit
 * any more is refused, and loading takes time in proportion to the length.
 */
#include <linux/btf.h>
#include <string.h>

#include "common.h"
#include "harness.h"
#include "sysctl.h"

#define HARDEN	"/proc/sys/net/core/bpf_jit_harden"

/* What bpf_conformance's largest program has, one in seven with a constant. */
#define LARGE_LEN	98787
#define CONSTANT_EVERY	7

/*
 * Seconds that a program of the largest size may take to load. An emulated
 * processor on a busy machine needs ten at most; what is quadratic, minutes.
 */
#define LOAD_TIME	60

FIXTURE(blind) {
	long before;
	struct bpf_insn *p;
};

FIXTURE_SETUP(blind)
{
	self->before = sysctl_read(HARDEN);
	ASSERT_LE(0, self->before);
	self->p = calloc(SBPF_INSNS_MAX, sizeof(*self->p));
	ASSERT_NE(NULL, self->p);
}

FIXTURE_TEARDOWN_PARENT(blind)
{
	sysctl_write(HARDEN, self->before);
}

static int load_at(int level, const struct bpf_insn *p, size_t len)
{
	if (sysctl_write(HARDEN, level))
		return -1;
	return prog_load(p, len);
}

/* Runs @prog over 16 bytes with so much budget; closes it. */
static ssize_t run_once(int prog, __u64 budget, __u64 *out,
			struct lambda_io *io)
{
	const struct lambda_load_attr attr = {
		.prog_fd = prog, .flags = LAMBDA_ATTR_BUDGET,
		.budget = budget,
	};
	int lambda = lambda_load(&attr, sizeof(attr), 0);
	ssize_t ret = run_plain(lambda, out, io);

	close(lambda);
	close(prog);
	return ret;
}

/* Whether both ended alike, except for the time they took. */
static bool same_end(const struct lambda_io *a, const struct lambda_io *b)
{
	return a->result.status == b->result.status &&
	       a->result.retval == b->result.retval &&
	       a->result.fault_addr == b->result.fault_addr &&
	       a->result.fault_write == b->result.fault_write &&
	       a->result.out_len == b->result.out_len &&
	       a->result.budget_used == b->result.budget_used;
}

/* Three rounds of straight code with a constant here and there. */
static size_t large(struct bpf_insn *p)
{
	size_t n = 0, head;

	p[n++] = MOVI(R6, 0x1234567);
	p[n++] = MOVI(R7, 0);
	p[n++] = MOVI(R8, 0x7654321);
	head = n;
	for (; n < LARGE_LEN - 7; n++)
		p[n] = n % CONSTANT_EVERY ? ALU(BPF_XOR, R6, R8) :
					    ALUI(BPF_MUL, R6, 0x10001 + n);
	p[n++] = ADDI(R7, 1);
	p[n++] = JMPI(BPF_JSGE, R7, 3, 1);
	p[n] = GOTOL((int)head - (int)n - 1);
	n++;
	p[n++] = MOVI(R1, SBPF_OUT_BASE);
	p[n++] = STX(BPF_DW, R1, 0, R6);
	p[n++] = MOVI(R0, 8);
	p[n++] = EXIT();
	return n;
}

TEST_F(blind, large)
{
	struct lambda_io plain, hidden;
	__u64 a = 1, b = 2;
	double start;
	size_t len = large(self->p);
	int prog;

	EXPECT_EQ(LARGE_LEN, len);
	EXPECT_EQ(8, run_once(load_at(0, self->p, len), 2, &a, &plain));
	start = now();
	prog = load_at(2, self->p, len);
	TH_LOG("%zu instructions: %.1f s", len, now() - start);
	EXPECT_GT(LOAD_TIME, now() - start);
	ASSERT_LE(0, prog);
	EXPECT_EQ(8, run_once(prog, 2, &b, &hidden));
	EXPECT_EQ(a, b);
	EXPECT_TRUE(same_end(&plain, &hidden));
	EXPECT_EQ(2, hidden.result.budget_used);
	/* The budget is neither larger nor smaller than without. */
	EXPECT_EQ(-1, run_once(load_at(2, self->p, len), 1, &b, &hidden));
	EXPECT_EQ(LAMBDA_STATUS_OVER_BUDGET, hidden.result.status);
}

/* A constant in every instruction, and as many as there may be. */
TEST_F(blind, longest)
{
	double start = now();
	struct lambda_io io;
	__u64 out;
	size_t i;

	for (i = 0; i < SBPF_INSNS_MAX - 1; i++)
		self->p[i] = MOVI(R0, -(i + 1));
	self->p[i] = EXIT();
	EXPECT_EQ(-1, run_once(load_at(2, self->p, SBPF_INSNS_MAX), 0, &out,
			       &io));
	TH_LOG("%u constants: %.1f s", SBPF_INSNS_MAX - 1, now() - start);
	EXPECT_GT(LOAD_TIME, now() - start);
	EXPECT_EQ(LAMBDA_STATUS_ERROR, io.result.status);
	EXPECT_EQ(1 - (int)SBPF_INSNS_MAX, io.result.retval);
}

/* How a jump spans a row of constants, each of which becomes three. */
enum shape { FORTH, FORTH_CONST, FORTH_WIDE, BACK, BACK_CONST, BACK_WIDE };

static const struct bpf_insn jumps[] = {
	[FORTH] = JMP(BPF_JEQ, R6, R6, 0),
	[FORTH_CONST] = JMPI(BPF_JEQ, R6, 0, 0),
	[FORTH_WIDE] = GOTOL(0),
	[BACK] = JMP(BPF_JNE, R6, R6, 0),
	[BACK_CONST] = JMPI32(BPF_JNE, R6, 0, 0),
	[BACK_WIDE] = GOTOL(0),
};

/*
 * A program of one jump over @len constants: forward it is taken and skips
 * them; backward it is not, but for the wide one, which is for the budget.
 */
static size_t spanning(struct bpf_insn *p, enum shape shape, int len)
{
	bool back = shape >= BACK;
	int off = back ? -(len + 1) : len;
	struct bpf_insn jump = jumps[shape];
	size_t n = 0;
	int i;

	if (shape == FORTH_WIDE || shape == BACK_WIDE)
		jump.imm = off;
	else
		jump.off = off;
	p[n++] = MOVI(R6, 0);
	p[n++] = MOVI(R7, 0);
	if (!back)
		p[n++] = jump;
	for (i = 0; i < len; i++)
		p[n++] = ADDI(R7, 5);
	if (back)
		p[n++] = jump;
	p[n++] = MOVI(R1, SBPF_OUT_BASE);
	p[n++] = STX(BPF_DW, R1, 0, R7);
	p[n++] = MOVI(R0, 8);
	p[n++] = EXIT();
	return n;
}

/*
 * The longest that each shape may be, found by hand: 3 * len instructions lie
 * between a jump and its target, and backward the jump itself as well, which is
 * one, or three with a constant. They may be 32767 forward and 32768 back.
 */
static const int spans[] = {
	[FORTH] = 10922, [FORTH_CONST] = 10922, [FORTH_WIDE] = 0,
	[BACK] = 10922, [BACK_CONST] = 10921, [BACK_WIDE] = 0,
};

TEST_F(blind, jumps_at_the_border)
{
	struct lambda_io io;
	enum shape shape;
	__u64 out;
	int len, max;

	for (shape = FORTH; shape <= BACK_WIDE; shape++) {
		max = spans[shape] ?: 40000;
		for (len = max - 1; len <= max; len++) {
			int prog = load_at(2, self->p,
					   spanning(self->p, shape, len));

			ASSERT_LE(0, prog) {
				TH_LOG("shape %u, %d: %s", shape, len,
				       lambda_log);
			}
			if (shape == BACK_WIDE) {
				EXPECT_EQ(-1, run_once(prog, 2, &out, &io));
				EXPECT_EQ(LAMBDA_STATUS_OVER_BUDGET,
					  io.result.status);
				continue;
			}
			/* A jump back costs one, taken or not. */
			EXPECT_EQ(8, run_once(prog, shape >= BACK, &out, &io));
			EXPECT_EQ(shape < BACK ? 0 : 5 * len, out);
			EXPECT_EQ(shape >= BACK, io.result.budget_used);
		}
		if (!spans[shape])
			continue;
		EXPECT_EQ(-1, load_at(2, self->p,
				      spanning(self->p, shape, max + 1)));
		EXPECT_EQ(ERANGE, errno);
		EXPECT_NE(NULL, strstr(lambda_log, "harden"));
		EXPECT_LE(0, load_at(0, self->p,
				     spanning(self->p, shape, max + 1)));
	}
}

static __u64 random_state;

static unsigned int random_below(unsigned int n)
{
	random_state = random_state * 6364136223846793005ull +
		       1442695040888963407ull;
	return (random_state >> 33) % n;
}

/* Values that are at a border of something, and others. */
static __u32 random_constant(void)
{
	static const __u32 borders[] = {
		0, 1, 2, 0x7fffffff, 0x80000000, 0xffffffff, 0xffff8000, 31, 63,
	};

	if (random_below(2))
		return borders[random_below(ARRAY_SIZE(borders))];
	return random_below(1u << 31) * 2 + random_below(2);
}

static struct bpf_insn random_alu(void)
{
	static const __u8 ops[] = {
		BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_OR, BPF_AND, BPF_MOD,
		BPF_XOR, BPF_MOV, BPF_LSH, BPF_RSH, BPF_ARSH,
	};
	__u8 op = ops[random_below(ARRAY_SIZE(ops))];
	__u8 class = random_below(2) ? BPF_ALU : BPF_ALU64;
	bool shift = op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH;
	int dst = random_below(8), src = random_below(8);

	if (random_below(3) == 0)
		return INSN(class | BPF_X | op, dst, src, 0, 0);
	return INSN(class | BPF_K | op, dst, 0, 0,
		    shift ? random_below(32) : random_constant());
}

static struct bpf_insn random_jump(int at, int len)
{
	static const __u8 ops[] = {
		BPF_JEQ, BPF_JNE, BPF_JGT, BPF_JLT, BPF_JGE, BPF_JLE, BPF_JSGT,
		BPF_JSLT, BPF_JSGE, BPF_JSLE, BPF_JSET,
	};
	__u8 op = ops[random_below(ARRAY_SIZE(ops))];
	__u8 class = random_below(2) ? BPF_JMP : BPF_JMP32;
	int off = (int)random_below(len) - at - 1;

	if (random_below(8) == 0)
		return random_below(2) ? GOTO(off) : GOTOL(off);
	if (random_below(4) == 0)
		return INSN(class | BPF_X | op, random_below(8),
			    random_below(8), off, 0);
	return INSN(class | BPF_K | op, random_below(8), 0, off,
		    random_constant());
}

static struct bpf_insn random_access(void)
{
	static const __u8 sizes[] = { BPF_B, BPF_H, BPF_W, BPF_DW };
	__u8 size = sizes[random_below(4)];
	int off = -8 * (1 + (int)random_below(8));

	switch (random_below(3)) {
	case 0:
		return ST(size, R10, off, random_constant());
	case 1:
		return STX(size, R10, off, random_below(8));
	default:
		return LDX(size, random_below(8), R10, off);
	}
}

/*
 * A body that jumps anywhere in itself, between a head that sets all registers
 * and a tail that makes one number of a few things.
 */
static int random_function(struct bpf_insn *p, int body)
{
	int n = 0, k, head;

	for (k = R0; k <= R8; k++)
		p[n++] = MOVI(k, random_constant());
	for (k = 1; k <= 8; k++)
		p[n++] = STX(BPF_DW, R10, -8 * k, R0);
	for (head = n; n < head + body; n++) {
		switch (random_below(8)) {
		case 0 ... 1:
			p[n] = random_jump(n - head, body);
			break;
		case 2:
			p[n] = random_access();
			break;
		default:
			p[n] = random_alu();
		}
	}
	p[n++] = ADD(R0, R5);
	p[n++] = LDX(BPF_DW, R1, R10, -16);
	p[n++] = ADD(R0, R1);
	p[n++] = EXIT();
	return n;
}

/* What the function returns, changed, is the output. */
static size_t random_program(struct bpf_insn *p)
{
	size_t n = 0;

	p[n++] = CALL_LOCAL(7);
	p[n++] = INSN(BPF_LD | BPF_DW | BPF_IMM, R6, 0, 0, random_constant());
	p[n++] = INSN(0, 0, 0, 0, random_constant());
	p[n++] = ALU(BPF_XOR, R0, R6);
	p[n++] = MOVI(R1, SBPF_OUT_BASE);
	p[n++] = STX(BPF_DW, R1, 0, R0);
	p[n++] = MOVI(R0, 8);
	p[n++] = EXIT();
	return n + random_function(p + n, 8 + random_below(200));
}

TEST_F(blind, random_programs)
{
	const unsigned int rounds = 400;
	unsigned int i, ended = 0, skipped = 0;

	for (i = 0; i < rounds; i++) {
		struct lambda_io plain, hidden;
		__u64 a = 0, b = 0;
		size_t n;
		int prog;

		random_state = i + 1;
		n = random_program(self->p);
		prog = load_at(0, self->p, n);
		if (prog < 0) {
			skipped++;
			continue;
		}
		run_once(prog, 50, &a, &plain);
		prog = load_at(2, self->p, n);
		ASSERT_LE(0, prog) {
			TH_LOG("program %u: %s", i, lambda_log);
		}
		run_once(prog, 50, &b, &hidden);
		ASSERT_TRUE(same_end(&plain, &hidden)) {
			TH_LOG("program %u: %u %llu, hidden %u %llu", i,
			       plain.result.status, plain.result.budget_used,
			       hidden.result.status, hidden.result.budget_used);
		}
		ASSERT_EQ(a, b);
		ended += plain.result.status == LAMBDA_STATUS_OK;
	}
	/* The comparison is of programs that mostly do something. */
	TH_LOG("%u of %u ended, %u refused", ended, rounds, skipped);
	EXPECT_LT(rounds / 4, ended);
	EXPECT_GT(rounds / 4, skipped);
}

#define LINE_LEN	1000

/* BTF with two lines of a source, for which there has to be a type. */
static const struct {
	struct btf_header header;
	__u32 types[4];
	char strings[20];
} lines_btf = {
	.header = {
		.magic = BTF_MAGIC, .version = BTF_VERSION,
		.hdr_len = sizeof(struct btf_header), .type_len = 4 * 4,
		.str_off = 4 * 4, .str_len = 20,
	},
	.types = { 1, BTF_KIND_INT << 24, 4, BTF_INT_SIGNED << 24 | 32 },
	.strings = "\0int\0one\0two\0a.c",
};

static const struct bpf_line_info lines[] = {
	{ .insn_off = 0, .file_name_off = 13, .line_off = 5, 1 << 10 },
	{ .insn_off = LINE_LEN, .file_name_off = 13, .line_off = 9, 2 << 10 },
};

/* Loads a program of @len instructions that are of these lines. */
static int load_lines(const struct bpf_insn *p, size_t len)
{
	union bpf_attr btf = {
		.btf = (uintptr_t)&lines_btf, .btf_size = sizeof(lines_btf),
	};
	union bpf_attr attr;

	prog_attr(&attr, p, len);
	attr.prog_btf_fd = bpf_call(BPF_BTF_LOAD, &btf);
	attr.line_info = (uintptr_t)lines;
	attr.line_info_rec_size = sizeof(lines[0]);
	attr.line_info_cnt = ARRAY_SIZE(lines);
	return bpf_call(BPF_PROG_LOAD, &attr);
}

/*
 * Constants become more instructions, and the lines of the source stay with those
 * that they were of: here the second line begins where as good as all ends.
 */
TEST_F(blind, lines)
{
	__u64 at[2] = {};
	struct bpf_prog_info info = {
		.nr_jited_line_info = ARRAY_SIZE(at),
		.jited_line_info_rec_size = sizeof(at[0]),
		.jited_line_info = (uintptr_t)at,
	};
	union bpf_attr attr = { .info = {
		.info_len = sizeof(info), .info = (uintptr_t)&info } };
	size_t i;

	for (i = 0; i < LINE_LEN; i++)
		self->p[i] = (struct bpf_insn)MOVI(R0, 0x12345678);
	self->p[i++] = (struct bpf_insn)MOVI(R0, 0);
	self->p[i++] = (struct bpf_insn)EXIT();
	ASSERT_EQ(0, sysctl_write(HARDEN, 2));
	attr.info.bpf_fd = load_lines(self->p, i);
	ASSERT_LE(0, (int)attr.info.bpf_fd) {
		TH_LOG("errno %d: %s", errno, lambda_log);
	}
	ASSERT_EQ(0, bpf_call(BPF_OBJ_GET_INFO_BY_FD, &attr));
	ASSERT_EQ(ARRAY_SIZE(at), info.nr_jited_line_info);
	EXPECT_LT(at[0] + info.jited_prog_len / 10 * 9, at[1]);
	EXPECT_LT(at[1], at[0] + info.jited_prog_len);
}

TEST_HARNESS_MAIN
