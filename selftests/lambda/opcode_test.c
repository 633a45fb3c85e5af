// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which instructions the load-time check lets in: every opcode there is, every
 * field of each that must be zero, every register number.
 *
 * form_of() says it a second time, from the contract and not from the checker.
 */
#include "common.h"
#include "harness.h"

/* What one opcode uses of the fields of its instruction. */
struct form {
	bool valid;
	bool dst;		/* a register */
	bool dst_written;	/* ... that it changes */
	bool src;		/* a register */
	bool off;		/* any displacement or jump offset */
	bool imm;		/* any constant */
};

static struct form form_of_alu(__u8 code)
{
	struct form f = { .dst = true, .dst_written = true };
	__u8 op = BPF_OP(code);

	f.valid = op <= BPF_END;
	f.src = BPF_SRC(code) == BPF_X;
	f.imm = BPF_SRC(code) == BPF_K;
	if (op == BPF_NEG) {
		f.valid = BPF_SRC(code) == BPF_K;
		f.imm = false;
	}
	if (op == BPF_END) {
		/* The source bit tells the byte order, the constant the width. */
		f.valid = BPF_CLASS(code) == BPF_ALU || !f.src;
		f.src = false;
		f.imm = true;
	}
	return f;
}

static struct form form_of_jump(__u8 code)
{
	struct form f = { .dst = true, .off = true, .valid = true };
	bool jmp32 = BPF_CLASS(code) == BPF_JMP32;
	bool x = BPF_SRC(code) == BPF_X;

	f.src = x;
	f.imm = !x;
	switch (BPF_OP(code)) {
	case BPF_JA:
		return (struct form) { .valid = !x, .off = !jmp32,
				       .imm = jmp32 };
	case BPF_CALL:
		/* Its source field is a kind, not a register. */
		return (struct form) { .valid = !x && !jmp32, .src = true,
				       .imm = true };
	case BPF_EXIT:
		return (struct form) { .valid = !x && !jmp32 };
	case BPF_JCOND:
	case 0xf0:
		f.valid = false;
	}
	return f;
}

static struct form form_of_memory(__u8 code)
{
	struct form f = { .dst = true, .off = true };
	bool mem = BPF_MODE(code) == BPF_MEM;

	switch (BPF_CLASS(code)) {
	case BPF_LD:
		return (struct form) {
			.valid = code == (BPF_LD | BPF_IMM | BPF_DW),
			.dst = true, .dst_written = true, .imm = true,
			/* A kind, as in calls; only 0 is let in. */
			.src = false };
	case BPF_LDX:
		f.src = true;
		f.dst_written = true;
		f.valid = mem || (BPF_MODE(code) == BPF_MEMSX &&
				  BPF_SIZE(code) != BPF_DW);
		break;
	case BPF_ST:
		f.imm = true;
		f.valid = mem;
		break;
	case BPF_STX:
		f.src = true;
		f.valid = mem;
	}
	return f;
}

static struct form form_of(__u8 code)
{
	switch (BPF_CLASS(code)) {
	case BPF_ALU:
	case BPF_ALU64:
		return form_of_alu(code);
	case BPF_JMP:
	case BPF_JMP32:
		return form_of_jump(code);
	default:
		return form_of_memory(code);
	}
}

/* A good instruction with this opcode, if the opcode is good. */
static struct bpf_insn sample(__u8 code)
{
	struct form f = form_of(code);
	struct bpf_insn insn = { .code = code };

	if (f.dst)
		insn.dst_reg = R2;
	if (f.src)
		insn.src_reg = R3;
	if (code == (BPF_JMP | BPF_CALL)) {
		insn.src_reg = 0;
		insn.imm = SBPF_HELPER_MEMSET;
	}
	if (BPF_OP(code) == BPF_END && BPF_CLASS(code) != BPF_JMP &&
	    (BPF_CLASS(code) == BPF_ALU || BPF_CLASS(code) == BPF_ALU64))
		insn.imm = 16;
	else if (f.imm && BPF_CLASS(code) != BPF_JMP32 && !insn.imm)
		insn.imm = 1;
	return insn;
}

/* Loads @insn where all registers are written; tells whether it got in. */
static bool let_in(struct bpf_insn insn)
{
	struct bpf_insn p[16] = {
		MOVI(R0, 0), MOVI(R2, 2), MOVI(R3, 3), MOVI(R4, 4), MOVI(R5, 5),
		MOVI(R6, 6), MOVI(R7, 7), MOVI(R8, 8), MOVI(R9, 9),
	};
	int n = 9, fd;

	p[n++] = insn;
	if (insn.code == (BPF_LD | BPF_IMM | BPF_DW))
		p[n++] = INSN(0, 0, 0, 0, 0);
	p[n++] = MOVI(R0, 0);
	p[n++] = EXIT();
	fd = prog_load(p, n);
	if (fd < 0)
		return false;
	close(fd);
	return true;
}

#define EXPECT_REFUSED(insn, what) do {					\
	errno = 0;							\
	EXPECT_FALSE(let_in(insn)) {					\
		TH_LOG("opcode %#x let in with %s", (insn).code, what);	\
	}								\
	EXPECT_EQ(EINVAL, errno);					\
	EXPECT_LT(10, strlen(lambda_log)) {				\
		TH_LOG("opcode %#x refused without a word", (insn).code); \
	}								\
} while (0)

#define EXPECT_LET_IN(want, insn) do {					\
	if (want) {							\
		EXPECT_TRUE(let_in(insn)) {				\
			TH_LOG("opcode %#x off %d refused: %s",		\
			       (insn).code, (insn).off, lambda_log);	\
		}							\
	} else {							\
		EXPECT_REFUSED(insn, "these fields");			\
	}								\
} while (0)

TEST(every_opcode)
{
	int code;

	for (code = 0; code < 256; code++) {
		struct form f = form_of(code);
		struct bpf_insn insn = sample(code);

		/* A plain EXIT makes what follows unreachable. */
		if (code == (BPF_JMP | BPF_EXIT))
			continue;
		EXPECT_LET_IN(f.valid, insn);
	}
}

TEST(reserved_fields)
{
	int code;

	for (code = 0; code < 256; code++) {
		struct form f = form_of(code);
		struct bpf_insn insn;

		if (!f.valid)
			continue;
		insn = sample(code);
		insn.dst_reg = R2;
		if (!f.dst)
			EXPECT_REFUSED(insn, "dst");
		insn = sample(code);
		insn.src_reg = R3;
		if (!f.src)
			EXPECT_REFUSED(insn, "src");
		insn = sample(code);
		insn.off = 2;
		if (!f.off)
			EXPECT_REFUSED(insn, "off 2");
		insn.off = -1;
		if (!f.off)
			EXPECT_REFUSED(insn, "off -1");
		insn = sample(code);
		insn.imm = 2;
		if (!f.imm)
			EXPECT_REFUSED(insn, "imm");
	}
}

TEST(registers_beyond_r10)
{
	int code, reg;

	for (code = 0; code < 256; code++) {
		struct form f = form_of(code);

		for (reg = R11; f.valid && reg < 16; reg++) {
			struct bpf_insn insn = sample(code);

			insn.dst_reg = reg;
			EXPECT_REFUSED(insn, "a dst beyond R10");
			insn = sample(code);
			insn.src_reg = reg;
			EXPECT_REFUSED(insn, "a src beyond R10");
		}
	}
}

/* R10 is a base or the source of a 64-bit move, and nothing else. */
static bool r10_dst_allowed(__u8 code)
{
	return BPF_CLASS(code) == BPF_ST || BPF_CLASS(code) == BPF_STX;
}

static bool r10_src_allowed(__u8 code)
{
	return BPF_CLASS(code) == BPF_LDX ||
	       code == (BPF_ALU64 | BPF_MOV | BPF_X);
}

TEST(frame_pointer)
{
	int code;

	for (code = 0; code < 256; code++) {
		struct form f = form_of(code);
		struct bpf_insn insn;

		if (!f.valid || code == (BPF_JMP | BPF_CALL))
			continue;
		insn = sample(code);
		insn.dst_reg = R10;
		if (f.dst)
			EXPECT_LET_IN(r10_dst_allowed(code), insn);
		insn = sample(code);
		insn.src_reg = R10;
		if (f.src)
			EXPECT_LET_IN(r10_src_allowed(code), insn);
	}
}

/* Moves that extend a sign are arithmetic; R10 is not for that. */
TEST(frame_pointer_sign_extended)
{
	static const __s16 widths[] = { 8, 16, 32 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(widths); i++) {
		struct bpf_insn insn = MOV(R2, R10);

		insn.off = widths[i];
		EXPECT_REFUSED(insn, "R10 sign-extended");
		insn.src_reg = R3;
		EXPECT_TRUE(let_in(insn));
	}
}

/* The offset of arithmetic says signed (DIV, MOD) or the width (MOV). */
static bool alu_off_allowed(__u8 code, int off)
{
	bool alu32 = BPF_CLASS(code) == BPF_ALU;

	switch (BPF_OP(code)) {
	case BPF_DIV:
	case BPF_MOD:
		return off == 0 || off == 1;
	case BPF_MOV:
		if (BPF_SRC(code) == BPF_K)
			return off == 0;
		return off == 0 || off == 8 || off == 16 ||
		       (off == 32 && !alu32);
	}
	return off == 0;
}

TEST(arithmetic_offsets)
{
	static const __s16 offs[] = { 0, 1, 2, 8, 16, 31, 32, 64, -1, -32768 };
	int code;
	size_t i;

	for (code = 0; code < 256; code++) {
		__u8 class = BPF_CLASS(code);

		if ((class != BPF_ALU && class != BPF_ALU64) ||
		    !form_of(code).valid)
			continue;
		for (i = 0; i < ARRAY_SIZE(offs); i++) {
			struct bpf_insn insn = sample(code);

			insn.off = offs[i];
			EXPECT_LET_IN(alu_off_allowed(code, offs[i]), insn);
		}
	}
}

TEST(byte_order_widths)
{
	static const __u8 codes[] = {
		BPF_ALU | BPF_END | BPF_TO_LE, BPF_ALU | BPF_END | BPF_TO_BE,
		BPF_ALU64 | BPF_END,
	};
	static const int widths[] = { 0, 1, 8, 15, 17, 24, 48, 63, 65, 128, -16 };
	size_t i, k;

	for (i = 0; i < ARRAY_SIZE(codes); i++) {
		EXPECT_TRUE(let_in(INSN(codes[i], R2, 0, 0, 16)));
		EXPECT_TRUE(let_in(INSN(codes[i], R2, 0, 0, 32)));
		EXPECT_TRUE(let_in(INSN(codes[i], R2, 0, 0, 64)));
		for (k = 0; k < ARRAY_SIZE(widths); k++)
			EXPECT_REFUSED(INSN(codes[i], R2, 0, 0, widths[k]),
				       "width");
	}
}

/* Kinds of 64-bit constants: maps, map values, BTF ids, functions. */
TEST(pseudo_loads)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY,
		.key_size = 4,
		.value_size = 64,
		.max_entries = 1,
	};
	int kind, map;

	map = bpf_call(BPF_MAP_CREATE, &attr);
	ASSERT_LE(0, map);
	for (kind = 1; kind < 16; kind++)
		EXPECT_REFUSED(INSN(BPF_LD | BPF_IMM | BPF_DW, R2, kind, 0, map),
			       "a kind");
	close(map);
}

TEST(wide_instruction_second_half)
{
	struct bpf_insn p[] = { LD64(R2, 1), MOVI(R0, 0), EXIT() };
	struct bpf_insn bad[] = {
		INSN(BPF_ALU | BPF_MOV, 0, 0, 0, 0), INSN(0, 1, 0, 0, 0),
		INSN(0, 0, 1, 0, 0), INSN(0, 0, 0, 1, 0), EXIT(),
	};
	size_t i;
	int fd;

	fd = prog_load(p, ARRAY_SIZE(p));
	EXPECT_LE(0, fd);
	close(fd);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		p[1] = bad[i];
		EXPECT_EQ(-1, prog_load(p, ARRAY_SIZE(p)));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_LT(10, strlen(lambda_log));
	}
}

TEST(atomics)
{
	static const int ops[] = {
		BPF_ADD, BPF_OR, BPF_AND, BPF_XOR, BPF_ADD | BPF_FETCH,
		BPF_XCHG, BPF_CMPXCHG,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		EXPECT_REFUSED(INSN(BPF_STX | BPF_ATOMIC | BPF_W, R2, R3, 0,
				    ops[i]), "an atomic");
		EXPECT_REFUSED(INSN(BPF_STX | BPF_ATOMIC | BPF_DW, R10, R3, -8,
				    ops[i]), "an atomic");
	}
}

TEST(helper_ids)
{
	static const int bad[] = {
		0, 1, 2, 3, 5, 6, 8, 12 /* tail call */, 14, 25, 113, 181, 211,
		0xffff, SBPF_HELPER_END, 0x20000, 0x7fffffff, -1, -0x10000,
	};
	size_t i;
	int id;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_REFUSED(INSN(BPF_JMP | BPF_CALL, 0, 0, 0, bad[i]),
			       "a helper that λs do not have");
	for (id = SBPF_HELPER_MEMCPY; id < SBPF_HELPER_END; id++)
		EXPECT_TRUE(let_in(CALL(id)));
}

/*
 * 2 is a kernel function, which bpf(2) looks up before it asks what the program
 * is; without BTF in the kernel the error is that. The rest is nothing yet.
 */
TEST(call_kinds)
{
	int kind;

	EXPECT_FALSE(let_in(INSN(BPF_JMP | BPF_CALL, 0, 2, 0, 1)));
	EXPECT_LT(10, strlen(lambda_log));
	for (kind = 3; kind < 16; kind++)
		EXPECT_REFUSED(INSN(BPF_JMP | BPF_CALL, 0, kind, 0, 1),
			       "a kind of call");
}

TEST_HARNESS_MAIN
