// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The load-time check: each rule, accepted and refused, message included. */
#include <stdlib.h>
#include <string.h>

#include "insn.h"
#include "test.h"

struct check_case {
	const char *name;
	const struct sbpf_insn *insns;
	__u32 len;
	__u32 where;
	const char *why;
};

#define REFUSED(name, where, why, ...)					\
	{ name, (const struct sbpf_insn[]) { __VA_ARGS__ },		\
	  sizeof((const struct sbpf_insn[]) { __VA_ARGS__ }) / 8, where, why }
#define ACCEPTED(name, ...)	REFUSED(name, 0, NULL, __VA_ARGS__)

#define UNUSED	"a field that this instruction does not use must be 0"
#define FRAME	"R10 can only be a base or be copied by a 64-bit move"
#define RANGE	"the registers are R0 to R10"
#define READS(n)	"R" #n " is read but not written on every path to here"
#define CAST	"address space casts are not part of sBPF"
#define MAP	"loads the address of a map: lambda programs keep globals instead"
#define MIDDLE(verb)	verb " into the middle of a 64-bit immediate load"
#define OUTSIDE	"jumps out of its function"
#define ENDS	"a function must end in exit or an unconditional jump"
#define SXMOV	"a sign-extending move takes 8, 16 or, to 64 bits, 32"

static const struct check_case instructions[] = {
	ACCEPTED("the least program", MOV(0, 0), EXIT()),
	REFUSED("atomic add", 1, "atomic operations are not part of sBPF",
		MOV(0, 0), INSN(0xdb, 10, 0, -8, 0), EXIT()),
	REFUSED("packet load by constant", 1,
		"legacy packet loads are not part of sBPF",
		MOV(0, 0), INSN(0x20, 0, 0, 0, 0), EXIT()),
	REFUSED("packet load by register", 1,
		"legacy packet loads are not part of sBPF",
		MOV(0, 0), INSN(0x50, 0, 0, 0, 0), EXIT()),
	REFUSED("may_goto", 1,
		"may_goto is not part of sBPF: loops need no bound",
		MOV(0, 0), INSN(0xe5, 0, 0, 0, 0), EXIT()),
	REFUSED("callx", 1, "calls through a register are not part of sBPF",
		MOV(0, 0), INSN(0x8d, 0, 1, 0, 0), EXIT()),
	REFUSED("gotox", 1, "jumps through a register are not part of sBPF",
		MOV(0, 0), INSN(0x0d, 1, 0, 0, 0), EXIT()),
	REFUSED("opcode without meaning", 1, "unknown opcode",
		MOV(0, 0), INSN(0xff, 0, 0, 0, 0), EXIT()),
	REFUSED("map by file descriptor", 0, MAP,
		INSN(0x18, 0, 1, 0, 3), INSN(0, 0, 0, 0, 0), EXIT()),
	REFUSED("map value", 0, MAP,
		INSN(0x18, 0, 2, 0, 3), INSN(0, 0, 0, 0, 0), EXIT()),
	REFUSED("map by index", 0, MAP,
		INSN(0x18, 0, 5, 0, 3), INSN(0, 0, 0, 0, 0), EXIT()),
	REFUSED("map value by index", 0, MAP,
		INSN(0x18, 0, 6, 0, 3), INSN(0, 0, 0, 0, 0), EXIT()),
	REFUSED("kernel variable", 0,
		"loads the address of a kernel variable, out of a lambda's reach",
		INSN(0x18, 0, 3, 0, 3), INSN(0, 0, 0, 0, 0), EXIT()),
	REFUSED("function pointer", 0,
		"loads the address of a function, which a lambda cannot call",
		INSN(0x18, 0, 4, 0, 1), INSN(0, 0, 0, 0, 0), EXIT()),
	REFUSED("unknown load", 0, "unknown kind of 64-bit immediate load",
		INSN(0x18, 0, 7, 0, 1), INSN(0, 0, 0, 0, 0), EXIT()),
	ACCEPTED("64-bit load", LD_IMM64(0, 0x12345678), LD_HIGH(0x1abcdef0), EXIT()),
	REFUSED("half a 64-bit load at the end", 1,
		"the second half of a 64-bit immediate load is missing",
		MOV(0, 0), INSN(0x18, 0, 0, 0, 1)),
	REFUSED("second half with opcode", 0,
		"the second half of a 64-bit load holds more than a number",
		INSN(0x18, 0, 0, 0, 1), EXIT(), EXIT()),
	REFUSED("second half with register", 0,
		"the second half of a 64-bit load holds more than a number",
		INSN(0x18, 0, 0, 0, 1), INSN(0, 1, 0, 0, 0), EXIT()),
	REFUSED("second half with offset", 0,
		"the second half of a 64-bit load holds more than a number",
		INSN(0x18, 0, 0, 0, 1), INSN(0, 0, 0, 1, 0), EXIT()),
	REFUSED("kernel function", 1,
		"calls a kernel function: a lambda can call only helpers",
		MOV(0, 0), INSN(0x85, 0, 2, 0, 1), EXIT()),
	REFUSED("call of another kind", 1, "unknown kind of call",
		MOV(0, 0), INSN(0x85, 0, 3, 0, 1), EXIT()),
	REFUSED("helper of ordinary BPF", 1,
		"calls a helper that sBPF does not have",
		MOV(0, 0), CALL(5), EXIT()),
	REFUSED("tail call", 1, "calls a helper that sBPF does not have",
		MOV(0, 0), CALL(12), EXIT()),
	REFUSED("helper below the first", 1,
		"calls a helper that sBPF does not have",
		MOV(0, 0), CALL(SBPF_HELPER_MEMCPY - 1), EXIT()),
	REFUSED("helper past the last", 1,
		"calls a helper that sBPF does not have",
		MOV(0, 0), CALL(SBPF_HELPER_END), EXIT()),
	REFUSED("negative helper", 1, "calls a helper that sBPF does not have",
		MOV(0, 0), CALL(-1), EXIT()),
};

static const struct check_case values[] = {
	ACCEPTED("sign-extending moves", MOV(0, 0), MOVSX(0, 0, 8),
		 MOVSX(0, 0, 16), MOVSX(0, 0, 32), INSN(0xbc, 0, 0, 8, 0),
		 INSN(0xbc, 0, 0, 16, 0), EXIT()),
	REFUSED("address space cast", 1, CAST, MOV(0, 0), MOVSX(0, 0, 1),
		EXIT()),
	REFUSED("per-CPU move", 1, "per-CPU addresses are not part of sBPF",
		MOV(0, 0), MOVSX(0, 0, -1), EXIT()),
	REFUSED("move from 24 bits", 1, SXMOV,
		MOV(0, 0), MOVSX(0, 0, 24), EXIT()),
	REFUSED("32-bit move from 32 bits", 1, SXMOV,
		MOV(0, 0), INSN(0xbc, 0, 0, 32, 0), EXIT()),
	REFUSED("32-bit move with offset 1", 1, SXMOV,
		MOV(0, 0), INSN(0xbc, 0, 0, 1, 0), EXIT()),
	ACCEPTED("signed division, all forms", MOV(0, 1),
		 INSN(0x37, 0, 0, 1, 3), INSN(0x34, 0, 0, 1, 3),
		 INSN(0x97, 0, 0, 1, 3), INSN(0x94, 0, 0, 1, 3),
		 INSN(0x3f, 0, 0, 1, 0), INSN(0x3c, 0, 0, 1, 0),
		 INSN(0x9f, 0, 0, 1, 0), INSN(0x9c, 0, 0, 1, 0), EXIT()),
	REFUSED("division of a third kind", 1,
		"the offset of a division is 0, or 1 for a signed one",
		MOV(0, 1), INSN(0x37, 0, 0, 2, 3), EXIT()),
	ACCEPTED("division by the constant 0", MOV(0, 1), ALU(SBPF_DIV, 0, 0),
		 ALU32(SBPF_MOD, 0, 0), EXIT()),
	ACCEPTED("shifts beyond the width", MOV(0, 1), ALU(SBPF_LSH, 0, 64),
		 ALU32(SBPF_ARSH, 0, 32), ALU(SBPF_RSH, 0, -1), EXIT()),
	ACCEPTED("byte swaps", MOV(0, 1), SWAP(0x04, 0, 16), SWAP(0x04, 0, 32),
		 SWAP(0x04, 0, 64), SWAP(0x0c, 0, 16), SWAP(0x0c, 0, 32),
		 SWAP(0x0c, 0, 64), SWAP(0x07, 0, 16), SWAP(0x07, 0, 32),
		 SWAP(0x07, 0, 64), EXIT()),
	REFUSED("byte swap of 8 bits", 1, "a byte swap takes 16, 32 or 64 bits",
		MOV(0, 1), SWAP(0x04, 0, 8), EXIT()),
	REFUSED("unconditional byte swap of 24 bits", 1,
		"a byte swap takes 16, 32 or 64 bits",
		MOV(0, 1), SWAP(0x07, 0, 24), EXIT()),
};

static const struct check_case registers[] = {
	REFUSED("destination R11", 0, RANGE, MOV(11, 0), EXIT()),
	REFUSED("source R11", 0, RANGE, MOV_X(0, 11), EXIT()),
	REFUSED("base R15", 0, RANGE, LDX(SBPF_W, 0, 15, 0), EXIT()),
	REFUSED("compare R11", 1, RANGE, MOV(0, 0),
		JMP_X(SBPF_JEQ, 0, 11, 0), EXIT()),
	REFUSED("write R10", 0, "R10 is read-only", MOV(10, 0), EXIT()),
	REFUSED("add to R10", 0, "R10 is read-only",
		ALU(SBPF_ADD, 10, -8), EXIT()),
	REFUSED("load to R10", 0, "R10 is read-only",
		LDX(SBPF_DW, 10, 1, 0), EXIT()),
	REFUSED("64-bit load to R10", 0, "R10 is read-only",
		LD_IMM64(10, 0), LD_HIGH(0), EXIT()),
	ACCEPTED("R10 copied", MOV_X(0, 10), EXIT()),
	ACCEPTED("R10 as base", ST(SBPF_W, 10, -4, 0), STX(SBPF_W, 10, -8, 1),
		 LDX(SBPF_W, 0, 10, -4), EXIT()),
	REFUSED("R10 copied by a 32-bit move", 0, FRAME,
		ALU32_X(SBPF_MOV, 0, 10), EXIT()),
	REFUSED("R10 copied with sign", 0, FRAME, MOVSX(0, 10, 32), EXIT()),
	REFUSED("R10 added", 1, FRAME, MOV(0, 0), ALU_X(SBPF_ADD, 0, 10),
		EXIT()),
	REFUSED("R10 stored", 0, FRAME, STX(SBPF_DW, 1, 0, 10), EXIT()),
	REFUSED("R10 compared", 1, FRAME, MOV(0, 0), JMP(SBPF_JEQ, 10, 0, 0),
		EXIT()),
	REFUSED("compared with R10", 1, FRAME, MOV(0, 0),
		JMP_X(SBPF_JEQ, 0, 10, 0), EXIT()),
};

static const struct check_case jumps[] = {
	ACCEPTED("jump forward and back", MOV(0, 0), JMP(SBPF_JEQ, 0, 0, 1),
		 JA(-2), EXIT()),
	ACCEPTED("jumps to themselves", MOV(0, 0), JA(-1), GOTOL(-1),
		 JMP(SBPF_JEQ, 0, 0, -1), EXIT()),
	ACCEPTED("long jump", MOV(0, 0), GOTOL(1), EXIT(), GOTOL(-2)),
	ACCEPTED("ends in a jump back", MOV(0, 0), EXIT(), JA(-3)),
	REFUSED("jump before the start", 1, OUTSIDE, MOV(0, 0), JA(-3), EXIT()),
	REFUSED("jump to the end", 1, OUTSIDE, MOV(0, 0),
		JMP(SBPF_JEQ, 0, 0, 1), EXIT()),
	REFUSED("long jump past any index", 1, OUTSIDE, MOV(0, 0),
		GOTOL(0x7fffffff), EXIT()),
	REFUSED("long jump before any index", 1, OUTSIDE, MOV(0, 0),
		GOTOL(-0x7fffffff - 1), EXIT()),
	REFUSED("jump into another function", 1, OUTSIDE, CALL_LOCAL(2), JA(1),
		EXIT(), MOV(0, 0), EXIT()),
	REFUSED("jump back into another function", 3, OUTSIDE, CALL_LOCAL(1),
		EXIT(), MOV(0, 0), JA(-3)),
	REFUSED("jump into a 64-bit load", 1, MIDDLE("jumps"), MOV(0, 0),
		JMP(SBPF_JEQ, 0, 0, 1), LD_IMM64(0, 0), LD_HIGH(0), EXIT()),
	REFUSED("entry falls off the end", 0, ENDS, MOV(0, 0)),
	REFUSED("ends in a conditional jump", 1, ENDS, MOV(0, 0),
		JMP(SBPF_JEQ, 0, 0, -1)),
	REFUSED("ends in a 64-bit load", 1, ENDS, LD_IMM64(0, 0), LD_HIGH(0)),
	REFUSED("ends in a call", 2, ENDS, MOV(0, 0), EXIT(), CALL_LOCAL(-1)),
	REFUSED("function falls into the next", 1, ENDS, CALL_LOCAL(1),
		MOV(0, 0), MOV(0, 0), EXIT()),
};

static const struct check_case calls[] = {
	ACCEPTED("call forward", CALL_LOCAL(1), EXIT(), MOV(0, 0), EXIT()),
	ACCEPTED("call backward", CALL_LOCAL(3), EXIT(), MOV(0, 0), EXIT(),
		 CALL_LOCAL(-3), EXIT()),
	REFUSED("call before the start", 0, "calls outside the program",
		CALL_LOCAL(-2), EXIT()),
	REFUSED("call to the end", 0, "calls outside the program",
		CALL_LOCAL(1), EXIT()),
	REFUSED("call past any index", 0, "calls outside the program",
		CALL_LOCAL(0x7fffffff), EXIT()),
	REFUSED("call of the entry", 0, "calls the entry function",
		CALL_LOCAL(-1), EXIT()),
	REFUSED("call into a 64-bit load", 0, MIDDLE("calls"), CALL_LOCAL(2),
		EXIT(), LD_IMM64(0, 0), LD_HIGH(0), EXIT()),
	REFUSED("function calls itself", 2,
		"calls a function that has not returned: lambdas do not recurse",
		CALL_LOCAL(1), EXIT(), CALL_LOCAL(-1), EXIT()),
	REFUSED("two functions call each other", 4,
		"calls a function that has not returned: lambdas do not recurse",
		CALL_LOCAL(1), EXIT(), CALL_LOCAL(1), EXIT(), CALL_LOCAL(-3),
		EXIT()),
	REFUSED("recursion in unreachable code", 5,
		"calls a function that has not returned: lambdas do not recurse",
		MOV(0, 0), EXIT(), CALL_LOCAL(1), EXIT(), MOV(0, 0),
		CALL_LOCAL(-2), EXIT()),
	REFUSED("two functions that call only each other", 2,
		"a function that no call from the entry reaches",
		MOV(0, 0), EXIT(), CALL_LOCAL(1), EXIT(), CALL_LOCAL(-3),
		EXIT()),
};

static const struct check_case dataflow[] = {
	ACCEPTED("R1 is written at entry", MOV_X(0, 1), EXIT()),
	REFUSED("R0 is not", 0, READS(0), EXIT()),
	REFUSED("R2 is not", 0, READS(2), MOV_X(0, 2), EXIT()),
	REFUSED("R9 is not", 0, READS(9), MOV_X(0, 9), EXIT()),
	REFUSED("xor with itself reads", 0, READS(0), ALU_X(SBPF_XOR, 0, 0),
		EXIT()),
	REFUSED("negation reads", 0, READS(3), ALU(SBPF_NEG, 3, 0), EXIT()),
	REFUSED("byte swap reads", 0, READS(3), SWAP(0x04, 3, 16), EXIT()),
	REFUSED("sum reads its destination", 0, READS(4), ALU(SBPF_ADD, 4, 1),
		EXIT()),
	REFUSED("sum reads its source", 1, READS(5), MOV(0, 0),
		ALU_X(SBPF_ADD, 0, 5), EXIT()),
	REFUSED("load reads its base", 0, READS(6), LDX(SBPF_B, 0, 6, 0),
		EXIT()),
	REFUSED("store reads its base", 0, READS(7), ST(SBPF_B, 7, 0, 1),
		EXIT()),
	REFUSED("store reads its value", 0, READS(8), STX(SBPF_B, 1, 0, 8),
		EXIT()),
	REFUSED("comparison reads", 1, READS(2), MOV(0, 0),
		JMP(SBPF_JNE, 2, 0, 0), EXIT()),
	REFUSED("comparison reads both", 1, READS(2), MOV(0, 0),
		JMP_X(SBPF_JNE, 0, 2, 0), EXIT()),
	REFUSED("lowest of two registers is named", 0, READS(2),
		ALU_X(SBPF_ADD, 3, 2), EXIT()),
	REFUSED("written on one of two paths", 2, READS(0),
		JMP(SBPF_JEQ, 1, 0, 1), MOV(0, 0), EXIT()),
	ACCEPTED("written on both paths", JMP(SBPF_JEQ, 1, 0, 2), MOV(0, 0),
		 JA(1), MOV(0, 1), EXIT()),
	ACCEPTED("written before a loop that reads", MOV(0, 0),
		 ALU(SBPF_ADD, 0, 1), JMP(SBPF_JLT, 0, 9, -2), EXIT()),
	REFUSED("written only on the way back", 1, READS(2), MOV(0, 0),
		ALU_X(SBPF_ADD, 0, 2), MOV(2, 0), JMP(SBPF_JLT, 0, 9, -3),
		EXIT()),
	ACCEPTED("unreachable code may read anything", MOV(0, 0), EXIT(),
		 MOV_X(0, 7), EXIT()),
	ACCEPTED("code behind an endless loop", MOV(0, 0), JA(-1), MOV_X(0, 7),
		 EXIT()),
	ACCEPTED("unreachable function may read anything", MOV(0, 0), EXIT(),
		 CALL_LOCAL(1), EXIT(), MOV_X(0, 7), EXIT()),
};

static const struct check_case call_dataflow[] = {
	REFUSED("a helper unwrites R1", 3, READS(1), MOV(2, 0), MOV(3, 0),
		CALL(SBPF_HELPER_MEMSET), MOV_X(0, 1), EXIT()),
	REFUSED("a helper unwrites R5", 4, READS(5), MOV(2, 0), MOV(3, 0),
		MOV(5, 0), CALL(SBPF_HELPER_MEMSET), MOV_X(0, 5), EXIT()),
	ACCEPTED("a helper keeps R6 to R9", MOV(2, 0), MOV(3, 0), MOV(6, 0),
		 MOV(9, 0), CALL(SBPF_HELPER_MEMSET), MOV_X(0, 6),
		 ALU_X(SBPF_ADD, 0, 9), EXIT()),
	REFUSED("a local call unwrites R1", 1, READS(1), CALL_LOCAL(2),
		MOV_X(0, 1), EXIT(), MOV(0, 0), EXIT()),
	ACCEPTED("a local call keeps R6 to R9", MOV(6, 0), CALL_LOCAL(2),
		 MOV_X(0, 6), EXIT(), EXIT()),
	REFUSED("a callee does not see R6", 3, READS(6), MOV(6, 0),
		CALL_LOCAL(1), EXIT(), MOV_X(0, 6), EXIT()),
	REFUSED("a callee does not see R0", 3, READS(0), MOV(0, 0),
		CALL_LOCAL(1), EXIT(), MOV_X(2, 0), MOV(0, 0), EXIT()),
	ACCEPTED("a callee sees R10", CALL_LOCAL(1), EXIT(), MOV_X(0, 10),
		 EXIT()),
	ACCEPTED("a callee sees R1 to R5", MOV(2, 0), MOV(3, 0), MOV(4, 0),
		 MOV(5, 0), CALL_LOCAL(1), EXIT(), MOV_X(0, 1), MOV_X(0, 2),
		 MOV_X(0, 3), MOV_X(0, 4), MOV_X(0, 5), EXIT()),
	REFUSED("one of two calls does not write R2", 4, READS(2), MOV(2, 0),
		CALL_LOCAL(2), CALL_LOCAL(1), EXIT(), MOV_X(0, 2), EXIT()),
	ACCEPTED("an unreachable call does not count", MOV(2, 0),
		 CALL_LOCAL(3), EXIT(), CALL_LOCAL(1), EXIT(), MOV_X(0, 2),
		 EXIT()),
	REFUSED("a callee writes R0 on one path", 1, READS(0), CALL_LOCAL(1),
		EXIT(), JMP(SBPF_JEQ, 1, 0, 1), MOV(0, 0), EXIT()),
	REFUSED("a callee that leaves R0 alone unwrites it", 2, READS(0),
		MOV(0, 0), CALL_LOCAL(1), EXIT(), EXIT()),
	ACCEPTED("a callee's callee writes R0", CALL_LOCAL(1), EXIT(),
		 CALL_LOCAL(1), EXIT(), MOV(0, 0), EXIT()),
	REFUSED("a callee's callee leaves R0 alone", 1, READS(0),
		CALL_LOCAL(1), EXIT(), CALL_LOCAL(1), EXIT(), EXIT()),
	ACCEPTED("only the entry's exit reads R0", CALL_LOCAL(2), MOV(0, 0),
		 EXIT(), EXIT()),
	ACCEPTED("a callee that never returns", CALL_LOCAL(1), EXIT(), JA(-1)),
	REFUSED("the first of two bad reads", 2, READS(8), CALL_LOCAL(3),
		MOV(0, 0), MOV_X(0, 8), EXIT(), MOV_X(0, 9), EXIT()),
};

static int check(struct sbpf_check *ck, const struct sbpf_insn *insns,
		 __u32 len)
{
	size_t size = SBPF_CHECK_SCRATCH(len);
	int ret;

	memset(ck, 0xa5, sizeof(*ck));
	ck->insns = insns;
	ck->len = len;
	ck->why = NULL;
	ck->scratch = malloc(size ? size : 1);
	if (!ck->scratch)
		abort();
	memset(ck->scratch, 0xa5, size);
	ret = sbpf_check(ck);
	free(ck->scratch);
	return ret;
}

static bool verdict_is(const struct sbpf_check *ck, int ret, __u32 where,
		       const char *why)
{
	bool right = why ? ret == -1 && ck->where == where && ck->why &&
			   !strcmp(ck->why, why) : ret == 0;

	if (right)
		return true;
	if (ret)
		printf("# refused at %u: %s\n", ck->where, ck->why);
	if (why)
		printf("# should be refused at %u: %s\n", where, why);
	else
		printf("# should be accepted\n");
	return false;
}

static void run_cases(const struct check_case *cases, size_t nr)
{
	static struct sbpf_check ck;

	for (; nr--; cases++) {
		int ret = check(&ck, cases->insns, cases->len);

		test_ok(verdict_is(&ck, ret, cases->where, cases->why), "%s",
			cases->name);
	}
}

/*
 * Every opcode, against a list written from RFC 9669 and not from the check.
 * A field that is 'U' may hold anything of its kind, one that is '0' must be
 * zero: destination, source, offset, immediate.
 */
static const struct {
	const char *codes;
	const char *fields;
} opcodes[] = {
	/* 64-bit and 32-bit arithmetic with an immediate, with a register */
	{ "07 17 27 47 57 67 77 a7 c7 04 14 24 44 54 64 74 a4 c4", "U00U" },
	{ "0f 1f 2f 4f 5f 6f 7f af cf 0c 1c 2c 4c 5c 6c 7c ac cc", "UU00" },
	{ "37 97 34 94", "U01U" },		/* division, modulo */
	{ "3f 9f 3c 9c", "UU10" },
	{ "87 84", "U000" },			/* negation */
	{ "b7 b4", "U00U" }, { "bf bc", "UU80" },	/* moves */
	{ "d4 dc d7", "U00S" },			/* byte swaps */
	{ "61 69 71 79 81 89 91", "UUU0" },	/* loads */
	{ "62 6a 72 7a", "U0UU" }, { "63 6b 73 7b", "UUU0" },	/* stores */
	{ "15 25 35 45 55 65 75 a5 b5 c5 d5", "U01U" },	/* jumps */
	{ "1d 2d 3d 4d 5d 6d 7d ad bd cd dd", "UU10" },
	{ "16 26 36 46 56 66 76 a6 b6 c6 d6", "U01U" },
	{ "1e 2e 3e 4e 5e 6e 7e ae be ce de", "UU10" },
	{ "05", "0010" }, { "06", "0001" },	/* unconditional jumps */
	{ "95", "0000" },			/* exit */
	{ "85", "00H0" },			/* call, on its own below */
	{ "18", "U00U" },			/* 64-bit load */
};

static const char *fields_of(__u8 code)
{
	char hex[3];
	size_t k;

	snprintf(hex, sizeof(hex), "%02x", code);
	for (k = 0; k < ARRAY_SIZE(opcodes); k++)
		if (strstr(opcodes[k].codes, hex))
			return opcodes[k].fields;
	return NULL;
}

static __s32 sample(char field)
{
	switch (field) {
	case 'U':
		return 3;
	case '0':
	case 'H':
		return 0;
	case 'S':
		return 16;
	default:
		return field - '0';
	}
}

/* All registers written, the instruction, a landing for its jumps, exit. */
static int check_one(struct sbpf_check *ck, struct sbpf_insn insn)
{
	struct sbpf_insn insns[14];
	int n;

	for (n = 0; n < 10; n++)
		insns[n] = THE(MOV(n, 1));
	insns[n++] = insn;
	insns[n++] = insn.code == 0x18 ? THE(INSN(0, 0, 0, 0, 0)) :
		     THE(MOV(0, 1));
	insns[n++] = THE(MOV(0, 1));
	insns[n++] = THE(EXIT());
	return check(ck, insns, n);
}

static void test_fields(struct sbpf_check *ck, __u8 code, const char *fields)
{
	struct sbpf_insn good = INSN(code, sample(fields[0]), sample(fields[1]),
				     sample(fields[2]), sample(fields[3]));
	struct sbpf_insn bad[4] = { good, good, good, good };
	unsigned int k;

	test_ok(!check_one(ck, good), "opcode %02x is accepted", code);
	bad[0].regs |= 1;
	bad[1].regs |= 0x10;
	bad[2].off = 0x4000;
	bad[3].imm = 0x4000;
	for (k = 0; k < 4; k++) {
		if (fields[k] != '0')
			continue;
		if (code == 0x18 && k == 1)
			continue; /* selects a kind; has cases of its own */
		test_ok(check_one(ck, bad[k]) && ck->where == 10 &&
			!strcmp(ck->why, UNUSED),
			"opcode %02x: field %u must be 0", code, k);
	}
}

static void test_opcodes(void)
{
	static struct sbpf_check ck;
	unsigned int code;

	for (code = 0; code < 256; code++) {
		const char *fields = fields_of(code);

		if (code == 0x85)
			continue;
		if (fields) {
			test_fields(&ck, code, fields);
			continue;
		}
		test_ok(check_one(&ck, THE(INSN(code, 0, 0, 0, 0))) &&
			ck.where == 10, "opcode %02x is refused", code);
	}
	test_ok(check_one(&ck, THE(INSN(0x85, 1, 0, 0, SBPF_HELPER_MEMSET))) &&
		!strcmp(ck.why, UNUSED), "call: field 0 must be 0");
	test_ok(check_one(&ck, THE(INSN(0x85, 0, 0, 1, SBPF_HELPER_MEMSET))) &&
		!strcmp(ck.why, UNUSED), "call: field 2 must be 0");
}

/* The helpers that read R4, the last arguments of any. */
static bool reads_four(__s32 id)
{
	return id == SBPF_HELPER_MEMMEM || id == SBPF_HELPER_INDEX ||
	       (id >= SBPF_HELPER_AND && id <= SBPF_HELPER_PACK64) ||
	       id >= SBPF_HELPER_OF(SBPF_OP_LT, 0);
}

/* Each helper reads exactly R1 to R3, or R1 to R4. */
static void test_helpers(void)
{
	static struct sbpf_check ck;
	struct sbpf_insn insns[5];
	__s32 id;

	for (id = SBPF_HELPER_MEMCPY; id < SBPF_HELPER_END; id++) {
		int nr = reads_four(id) ? 4 : 3;
		int n;

		for (n = 2; n <= nr; n++)
			insns[n - 2] = THE(MOV(n, 0));
		insns[nr - 1] = THE(CALL(id));
		insns[nr] = THE(EXIT());
		test_ok(!check(&ck, insns, nr + 1),
			"helper %x reads no more than R%d", id, nr);
		insns[nr - 2] = THE(CALL(id));
		insns[nr - 1] = THE(EXIT());
		test_ok(check(&ck, insns, nr) && (int)ck.where == nr - 2 &&
			ck.why[1] == '0' + nr, "helper %x reads R%d", id, nr);
	}
}

/* What a program needs of who runs it. */
static void test_contract(void)
{
	static struct sbpf_check ck;
	__s32 id;

	for (id = SBPF_HELPER_MEMCPY; id < SBPF_HELPER_END; id++) {
		const struct sbpf_insn insns[] = {
			MOV(1, 0), MOV(2, 0), MOV(3, 0), MOV(4, 0), CALL(id),
			EXIT(),
		};
		__u32 needs = id == SBPF_HELPER_MEMCHR ||
			      id == SBPF_HELPER_MEMMEM ?
			      SBPF_CONTRACT_CHARGING :
			      id > SBPF_HELPER_CRC32C ? SBPF_CONTRACT_BULK : 0;

		test_ok(!check(&ck, insns, ARRAY_SIZE(insns)) &&
			ck.contract == needs,
			"helper %x needs contract %x", id, needs);
	}
}

int main(void)
{
	run_cases(instructions, ARRAY_SIZE(instructions));
	run_cases(values, ARRAY_SIZE(values));
	run_cases(registers, ARRAY_SIZE(registers));
	run_cases(jumps, ARRAY_SIZE(jumps));
	run_cases(calls, ARRAY_SIZE(calls));
	run_cases(dataflow, ARRAY_SIZE(dataflow));
	run_cases(call_dataflow, ARRAY_SIZE(call_dataflow));
	test_opcodes();
	test_helpers();
	test_contract();
	return test_done();
}
