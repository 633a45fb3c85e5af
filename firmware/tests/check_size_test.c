// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The load-time check at its limits: sizes, nesting, weight, time, scratch. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "insn.h"
#include "test.h"

static struct sbpf_check ck;
static struct sbpf_insn insns[SBPF_INSNS_MAX + 1];

/* The scratch is of exact size so that a sanitizer sees the byte too many. */
static int check(__u32 len)
{
	__u32 size = len > SBPF_INSNS_MAX ? SBPF_INSNS_MAX : len;
	int ret;

	ck.insns = insns;
	ck.len = len;
	ck.why = "";
	ck.scratch = malloc(SBPF_CHECK_SCRATCH(size) + !size);
	if (!ck.scratch)
		abort();
	memset(ck.scratch, 0xff, SBPF_CHECK_SCRATCH(size));
	ret = sbpf_check(&ck);
	free(ck.scratch);
	return ret;
}

static bool refused(__u32 len, __u32 where, const char *why)
{
	if (check(len) == -1 && ck.where == where && !strcmp(ck.why, why))
		return true;
	printf("# at %u: %s\n", ck.where, ck.why);
	return false;
}

/* @len instructions that end in an exit, R0 written by the first. */
static void fill(__u32 from, __u32 len)
{
	__u32 i;

	for (i = from; i < from + len; i++)
		insns[i] = THE(MOV(0, 1));
	insns[from + len - 1] = THE(EXIT());
}

static void test_length(void)
{
	test_ok(refused(0, 0, "the program has no instructions"),
		"an empty program");
	fill(0, SBPF_INSNS_MAX);
	test_ok(!check(SBPF_INSNS_MAX), "131072 instructions");
	test_ok(ck.nr_funcs == 1 && ck.funcs[0].len == SBPF_INSNS_MAX &&
		ck.funcs[0].weight == SBPF_INSNS_MAX && ck.funcs[0].depth == 1,
		"what is learned about one function");
	fill(0, SBPF_INSNS_MAX + 1);
	test_ok(refused(SBPF_INSNS_MAX + 1, SBPF_INSNS_MAX,
			"the program has more than 131072 instructions"),
		"131073 instructions");
	test_ok(refused(~0u, SBPF_INSNS_MAX,
			"the program has more than 131072 instructions"),
		"4294967295 instructions");
}

/* The entry calls @nr functions of two instructions, the last one first. */
static __u32 many_funcs(__u32 nr)
{
	__u32 k;

	for (k = 0; k < nr; k++)
		insns[k] = THE(CALL_LOCAL(nr + 1 + 2 * (nr - 1 - k) - k - 1));
	insns[nr] = THE(EXIT());
	for (k = 0; k < nr; k++)
		fill(nr + 1 + 2 * k, 2);
	return 3 * nr + 1;
}

static void test_funcs(void)
{
	__u32 len = many_funcs(SBPF_FUNCS_MAX - 1);
	bool sorted = true;
	__u32 k;

	test_ok(!check(len) && ck.nr_funcs == SBPF_FUNCS_MAX, "256 functions");
	for (k = 1; k < ck.nr_funcs; k++)
		if (ck.funcs[k].start != SBPF_FUNCS_MAX + 2 * (k - 1) ||
		    ck.funcs[k].len != 2)
			sorted = false;
	test_ok(sorted, "they are reported in order of position");
	len = many_funcs(SBPF_FUNCS_MAX);
	test_ok(refused(len, SBPF_FUNCS_MAX - 1,
			"calls one function more than a lambda program may have (256)"),
		"257 functions");
}

/* Each function calls the next; the last returns. */
static __u32 chain(__u32 nr)
{
	__u32 k;

	for (k = 0; k + 1 < nr; k++) {
		insns[2 * k] = THE(CALL_LOCAL(1));
		insns[2 * k + 1] = THE(EXIT());
	}
	fill(2 * k, 2);
	return 2 * nr;
}

static void test_depth(void)
{
	const char *why =
		"calls nest deeper than 8 functions, the entry included";
	__u32 len = chain(SBPF_DEPTH_MAX);

	test_ok(!check(len) && ck.funcs[0].depth == 8 &&
		ck.funcs[7].depth == 1 && ck.funcs[6].depth == 2,
		"calls nested 8 deep");
	len = chain(SBPF_DEPTH_MAX + 1);
	test_ok(refused(len, 14, why), "calls nested 9 deep");
	/* The entry's second call reaches a chain that is known by then. */
	len = chain(SBPF_DEPTH_MAX);
	memmove(insns + 3, insns, len * sizeof(*insns));
	insns[0] = THE(CALL_LOCAL(4));
	insns[1] = THE(CALL_LOCAL(1));
	insns[2] = THE(EXIT());
	test_ok(refused(len + 3, 3, why), "9 deep by way of known functions");
}

/*
 * Level k of 7 calls level k + 1 @calls times; the last is @leaf instructions
 * long, all others as many as they have calls and an exit.
 */
static __u32 pyramid(__u32 calls, __u32 leaf)
{
	__u32 at = 0, level, k;

	for (level = 0; level < 7; level++) {
		__u32 end = at + calls + 1;

		for (k = 0; k < calls; k++, at++)
			insns[at] = THE(CALL_LOCAL(end - at - 1));
		insns[at++] = THE(EXIT());
	}
	fill(at, leaf);
	return at + leaf;
}

/* The entry calls one function of 69904 instructions 15 times. */
static __u32 heavy(__u32 entry)
{
	__u32 k;

	fill(0, entry);
	for (k = 0; k < 15; k++)
		insns[k] = THE(CALL_LOCAL(entry - k - 1));
	fill(entry, 69904);
	return entry + 69904;
}

static void test_weight(void)
{
	const char *why =
		"with all it calls, a function weighs over 1048576 instructions";
	__u32 len = pyramid(2, 2);

	/* 3 + 2 w at each of 7 levels above a leaf of 2: 5 * 2^7 - 3. */
	test_ok(!check(len) && ck.funcs[0].weight == 637, "weights add up");
	len = heavy(16);
	test_ok(!check(len) && ck.funcs[0].weight == SBPF_WEIGHT_MAX,
		"the greatest weight");
	len = heavy(17);
	test_ok(refused(len, 14, why), "one instruction heavier");
	len = pyramid(64, 2);
	test_ok(refused(len, 3 * 65 + 1, why), "64 calls at each level");
	len = pyramid(16000, 2);
	test_ok(refused(len, 5 * 16001 + 21, why), "16000 calls at each level");
}

enum chain { FORWARD, BACKWARD, WEB };

/*
 * The dataflow at its worst. A ladder of nine conditional jumps leads to a
 * chain of all other instructions, first with all registers written and then,
 * by way of a trampoline for each, with one less each time. The chain must
 * then be followed ten times to its end.
 */
static void ladder(__u32 chain)
{
	static const __u8 regs[] = { 0, 2, 3, 4, 5, 6, 7, 8, 9 };
	__u32 at, k;

	for (k = 0; k < 9; k++) {
		insns[2 * k] = THE(JMP(SBPF_JEQ, 1, 0, 19 + k - 2 * k - 1));
		insns[2 * k + 1] = THE(MOV(regs[k], 0));
	}
	for (at = 18; at < 28; at++)
		insns[at] = THE(GOTOL(chain - at - 1));
}

static void backward_chain(__u32 len)
{
	__u32 at;

	ladder(len - 1);
	insns[28] = THE(MOV(0, 0));
	insns[29] = THE(EXIT());
	insns[30] = THE(GOTOL(-3));
	for (at = 31; at < len; at++)
		insns[at] = THE(GOTOL(-2));
}

static void forward_chain(__u32 len, struct sbpf_insn link)
{
	__u32 at;

	ladder(28);
	for (at = 28; at < len - 2; at++)
		insns[at] = link;
	insns[at++] = THE(MOV(0, 0));
	insns[at] = THE(EXIT());
}

static void adversary(enum chain chain, __u32 len)
{
	if (chain == BACKWARD)
		backward_chain(len);
	else if (chain == FORWARD)
		forward_chain(len, THE(MOV(1, 0)));
	else
		forward_chain(len, THE(JMP(SBPF_JEQ, 1, 0, -2)));
}

/* 130,561 calls of 255 functions: each has to be found among all. */
static void many_calls(__u32 len)
{
	__u32 entry = len - 2 * 255;
	__u32 at;

	for (at = 0; at < entry - 1; at++)
		insns[at] = THE(CALL_LOCAL(entry + at % 255 * 2 - at - 1));
	insns[at] = THE(EXIT());
	for (at = entry; at < len; at += 2)
		fill(at, 2);
}

static double milliseconds(__u32 len, int *ret)
{
	double best = 1e9;
	int round;

	for (round = 0; round < 3; round++) {
		clock_t start = clock();
		double took;

		*ret = check(len);
		took = (double)(clock() - start) * 1000 / CLOCKS_PER_SEC;
		best = took < best ? took : best;
	}
	return best;
}

/* Quadratic time would take minutes; a sanitizer's factor is allowed for. */
static void test_time(const char *name)
{
	int ret;
	double took = milliseconds(SBPF_INSNS_MAX, &ret);

	printf("# %.1f ms\n", took);
	test_ok(!ret && took < 500, "131072 instructions in linear time: %s",
		name);
}

int main(void)
{
	test_length();
	test_funcs();
	test_depth();
	test_weight();
	adversary(FORWARD, SBPF_INSNS_MAX);
	test_time("a chain forwards");
	adversary(BACKWARD, SBPF_INSNS_MAX);
	test_time("a chain backwards");
	adversary(WEB, SBPF_INSNS_MAX);
	test_time("a web of jumps");
	many_calls(SBPF_INSNS_MAX);
	test_time("as many calls as fit");
	return test_done();
}
