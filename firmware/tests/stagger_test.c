// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Jumps that become shorter with each: from the first station to the last, back
 * to the second, and so on to the middle. Each adds its number. What is far
 * takes other instructions than what is near, and where both are mixed the
 * translator has to know which is which.
 */
#include <string.h>

#include "insn.h"
#include "sandbox.h"
#include "test.h"

#define STATION		2u	/* instructions of one */
#define BEGIN		4u	/* before the first */
#define END		4u	/* behind the last */
#define STATIONS	((CASE_INSNS - BEGIN - END) / STATION)
#define BITS16		((0x7fffu - 1) / STATION)	/* as far as most go */
#define LONGEST		(STATIONS < BITS16 ? STATIONS : BITS16)
#define SOME		300u

static const struct {
	const char *name;
	__u8 op;
	__s32 imm;		/* for which 5 jumps */
} taken[] = {
	{ "jeq", SBPF_JEQ, 5 }, { "jgt", SBPF_JGT, 4 },
	{ "jge", SBPF_JGE, 5 }, { "jset", SBPF_JSET, 4 },
	{ "jne", SBPF_JNE, 4 }, { "jsgt", SBPF_JSGT, -5 },
	{ "jsge", SBPF_JSGE, 5 }, { "jlt", SBPF_JLT, 6 },
	{ "jle", SBPF_JLE, 5 }, { "jslt", SBPF_JSLT, 6 },
	{ "jsle", SBPF_JSLE, 5 },
};

static struct sbpf_case c;

/* Where station @i of the way lies. */
static __u32 place(__u32 i, __u32 stations)
{
	return BEGIN + STATION * (i % 2 ? stations - 1 - i / 2 : i / 2);
}

static void stagger(struct sbpf_insn jump, __s32 reg, __u32 stations)
{
	__u32 end = BEGIN + STATION * stations, i, at, to;

	memset(&c, 0, sizeof(c));
	c.len = end + END;
	c.out_cap = 8;
	c.frame_len = SBPF_FRAME_DEFAULT;
	c.budget = stations;
	c.insns[0] = THE(MOV(6, 5));
	c.insns[1] = THE(MOV(7, reg));
	c.insns[2] = THE(MOV(8, 0));
	c.insns[3] = THE(MOV(0, 8));
	for (i = 0; i < stations; i++) {
		at = place(i, stations);
		to = i + 1 < stations ? place(i + 1, stations) : end;
		c.insns[at] = THE(ALU(SBPF_ADD, 8, (__s32)i + 1));
		c.insns[at + 1] = jump;
		if (jump.code == SBPF_INSN_GOTOL)
			c.insns[at + 1].imm = (__s32)(to - (at + 2));
		else
			c.insns[at + 1].off = (__s16)(to - (at + 2));
	}
	c.insns[end] = THE(LD_IMM64(1, (__s32)SBPF_OUT_BASE));
	c.insns[end + 1] = THE(LD_HIGH(0));
	c.insns[end + 2] = THE(STX(SBPF_DW, 1, 0, 8));
	c.insns[end + 3] = THE(EXIT());
}

static void run(const char *name, struct sbpf_insn jump, __s32 reg,
		__u32 stations)
{
	static const struct sandbox_limits none = {
		.max_insns = SBPF_INSNS_UNLIMITED,
		.max_helper_bytes = SBPF_BYTES_UNLIMITED,
	};
	static struct sandbox_result r;
	__u64 sum, want = stations * (stations + 1ull) / 2;
	int engine;

	stagger(jump, reg, stations);
	for (engine = 0; engine < SANDBOX_ENGINES; engine++) {
		sandbox_run(&c, engine, &none, &r);
		memcpy(&sum, r.out, sizeof(sum));
		test_ok(!r.refused && r.run.status == LAMBDA_STATUS_OK &&
			sum == want &&
			r.run.budget_used == (stations - 1) / 2,
			"%u stations of %s, %s", stations, name,
			sandbox_names[engine]);
	}
}

int main(void)
{
	size_t i;

	run("ja", THE(JA(0)), 0, LONGEST);
	run("gotol", THE(GOTOL(0)), 0, STATIONS);
	run("jeq", THE(JMP(SBPF_JEQ, 6, 5, 0)), 0, LONGEST);
	for (i = 0; i < ARRAY_SIZE(taken); i++) {
		__u8 op = taken[i].op;
		__s32 imm = taken[i].imm;

		run(taken[i].name, THE(JMP(op, 6, imm, 0)), 0, SOME);
		run(taken[i].name, THE(JMP32(op, 6, imm, 0)), 0, SOME);
		run(taken[i].name, THE(JMP_X(op, 6, 7, 0)), imm, SOME);
		run(taken[i].name,
		    THE(INSN(SBPF_JMP32 | op | SBPF_X, 6, 7, 0, 0)), imm, SOME);
	}
	return test_done();
}
