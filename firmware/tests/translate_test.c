// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A drive checks and translates a program while its host waits, so both take
 * time linear in the program's length, whatever it is made of. Programs of
 * each shape are tried from short to as long as can be: one that takes
 * quadratic time fails soon.
 */
#include <stdlib.h>
#include <time.h>

#include "insn.h"
#include "sbpf/sbpf.h"
#include "test.h"

#define SHORTEST	4096u

/* CPU time: a tenth of it is much, a sanitizer's factor included. */
#define NS_PER_INSN	20000.0

static struct sbpf_insn insns[SBPF_INSNS_MAX];

/* Repeats @pattern from @from on; what is left over at the end are exits. */
static void repeat(__u32 from, __u32 len, const struct sbpf_insn *pattern,
		   __u32 n)
{
	__u32 at, k;

	for (at = from; at + n < len; at += n)
		for (k = 0; k < n; k++)
			insns[at + k] = pattern[k];
	for (; at < len; at++)
		insns[at] = THE(EXIT());
}

/* R0 to R4 are written first. */
#define PROLOGUE	5u

static void entry(__u32 len, const struct sbpf_insn *pattern, __u32 n)
{
	__u32 k;

	for (k = 0; k < PROLOGUE; k++)
		insns[k] = THE(MOV(k, 0));
	repeat(PROLOGUE, len, pattern, n);
}

/* The same in a function, which has registers to save and restore. */
static void callee(__u32 len, const struct sbpf_insn *pattern, __u32 n)
{
	insns[0] = THE(CALL_LOCAL(1));
	insns[1] = THE(EXIT());
	insns[2] = THE(MOV(0, 0));
	insns[3] = THE(MOV(2, 0));
	insns[4] = THE(MOV(6, 0));
	repeat(5, len, pattern, n);
}

static void exits(__u32 len)
{
	entry(len, &THE(EXIT()), 1);
}

static void callee_exits(__u32 len)
{
	callee(len, &THE(EXIT()), 1);
}

static void callee_branches(__u32 len)
{
	static const struct sbpf_insn pattern[] = {
		JMP(SBPF_JEQ, 2, 0, 1), EXIT(), ALU(SBPF_ADD, 6, 1),
	};

	callee(len, pattern, ARRAY_SIZE(pattern));
}

static void sums(__u32 len)
{
	static const struct sbpf_insn pattern[] = {
		MOV_X(6, 2), ALU(SBPF_ADD, 6, 8), LDX(SBPF_W, 7, 6, 0),
		STX(SBPF_W, 10, -8, 7),
	};

	entry(len, pattern, ARRAY_SIZE(pattern));
}

static void jumps(__u32 len)
{
	entry(len, &THE(JMP(SBPF_JNE, 2, 0, 0)), 1);
}

static void jumps_back(__u32 len)
{
	entry(len, &THE(JMP(SBPF_JNE, 2, 0, -2)), 1);
}

/* All to one place, the end. */
static void jumps_away(__u32 len)
{
	__u32 k;

	exits(len);
	for (k = PROLOGUE; k + 1 < len; k++)
		insns[k] = THE(GOTOL(len - k - 2));
}

/* Blocks that are counted with those before them; see jit_blocks.c. */
static void chains(__u32 len)
{
	static const struct sbpf_insn pattern[] = {
		JMP(SBPF_JEQ, 2, 0, 2), ALU(SBPF_ADD, 0, 1),
		ALU(SBPF_ADD, 0, 1), ALU(SBPF_XOR, 0, 3),
	};

	entry(len, pattern, ARRAY_SIZE(pattern));
}

static void selects(__u32 len)
{
	static const struct sbpf_insn pattern[] = {
		JMP(SBPF_JGT, 2, 9, 1), MOV_X(0, 3),
	};

	entry(len, pattern, ARRAY_SIZE(pattern));
}

static void long_loads(__u32 len)
{
	static const struct sbpf_insn pattern[] = {
		LD_IMM64(6, 1), LD_HIGH(1),
	};

	entry(len, pattern, ARRAY_SIZE(pattern));
}

static void helper_calls(__u32 len)
{
	static const struct sbpf_insn pattern[] = {
		MOV(1, 0), MOV(2, 0), MOV(3, 0), CALL(SBPF_HELPER_MEMSET),
	};

	entry(len, pattern, ARRAY_SIZE(pattern));
}

/* As many calls as fit, of as many functions as there can be. */
static void calls(__u32 len)
{
	const __u32 first = len - 2 * (SBPF_FUNCS_MAX - 1);
	__u32 k;

	for (k = 0; k + 1 < first; k++)
		insns[k] = THE(CALL_LOCAL(first + k % (SBPF_FUNCS_MAX - 1) * 2 -
					  k - 1));
	insns[k] = THE(EXIT());
	for (k = first; k < len; k += 2) {
		insns[k] = THE(MOV(0, 1));
		insns[k + 1] = THE(EXIT());
	}
}

static double seconds(void)
{
	return (double)clock() / CLOCKS_PER_SEC;
}

static void *memory(size_t size)
{
	void *mem = malloc(size);

	if (!mem)
		abort();
	return mem;
}

/* Checked and translated; false when the check has something against it. */
static bool translate(__u32 len, enum sbpf_jit_mode mode)
{
	struct sbpf_code *table = memory(sbpf_jit_run_table_size(len));
	void *scratch = memory(SBPF_CHECK_SCRATCH(len));
	struct sbpf_program program;
	__u8 *text = NULL;
	size_t size;
	bool ok = !sbpf_program_init(&program, insns, len, scratch);

	if (ok) {
		size = sbpf_jit_compile(&program, table, mode, NULL, 0, NULL);
		text = memory(size + 1);
		sbpf_jit_compile(&program, table, mode, text, size, text);
	} else {
		printf("# at %u: %s\n", program.check.where,
		       program.check.why);
	}
	free(text);
	free(scratch);
	free(table);
	return ok;
}

static void test_shape(const char *name, void (*make)(__u32 len))
{
	double took = 0;
	bool ok = true;
	__u32 len;

	for (len = SHORTEST; ok && len <= SBPF_INSNS_MAX; len *= 2) {
		double begun;

		make(len);
		begun = seconds();
		ok = translate(len, SBPF_JIT_COMPARE) &&
		     translate(len, SBPF_JIT_GUARDED);
		took = (seconds() - begun) * 1e9 / len;
		ok = ok && took < NS_PER_INSN;
	}
	if (!test_ok(ok, "time for each instruction is bounded: %s", name))
		printf("# %u instructions, %.0f ns for each\n", len / 2, took);
}

int main(void)
{
	test_shape("exits", exits);
	test_shape("exits of a function", callee_exits);
	test_shape("branches and exits of a function", callee_branches);
	test_shape("sums and accesses", sums);
	test_shape("jumps", jumps);
	test_shape("jumps backwards", jumps_back);
	test_shape("jumps to one place", jumps_away);
	test_shape("chains of blocks", chains);
	test_shape("moves skipped", selects);
	test_shape("64-bit loads", long_loads);
	test_shape("calls of helpers", helper_calls);
	test_shape("calls of functions", calls);
	return test_done();
}
