// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What takes longer than random programs are given: budgets of many quanta,
 * maxima of instructions, heavy programs, being stopped. On every engine.
 */
#include "insn.h"
#include "sandbox.h"
#include "test.h"

static struct sbpf_case c;
static struct sandbox_limits limits;

static void begin(__u64 budget)
{
	memset(&c, 0, sizeof(c));
	c.budget = budget;
	c.out_cap = 4096;
	limits.max_insns = SBPF_INSNS_UNLIMITED;
	limits.max_helper_bytes = SBPF_BYTES_UNLIMITED;
	limits.stop = NULL;
}

static void add(struct sbpf_insn insn)
{
	c.insns[c.len++] = insn;
}

/* Does all engines say the same, and is it this? */
static void expect(const char *name, __u32 status, __u64 insns, __u64 used)
{
	struct sandbox_result r;
	int engine;

	for (engine = 0; engine < SANDBOX_ENGINES; engine++) {
		sandbox_run(&c, engine, &limits, &r);
		if (!test_ok(!r.refused && r.run.status == status &&
			     r.run.insns == insns && r.run.budget_used == used,
			     "%s: %s", name, sandbox_names[engine]))
			printf("# status %u, %llu insns, %llu used\n",
			       r.run.status, r.run.insns, r.run.budget_used);
	}
}

/* 2 + 2 n + 1 instructions, n backward jumps. */
static void count_to(__s32 n, __u64 budget)
{
	begin(budget);
	add(THE(MOV(0, 0)));
	add(THE(MOV(2, n)));
	add(THE(ALU(SBPF_SUB, 2, 1)));
	add(THE(JMP(SBPF_JNE, 2, 0, -2)));
	add(THE(EXIT()));
}

static void test_budget(void)
{
	count_to(300000, 300000);
	expect("exactly the budget of many quanta", LAMBDA_STATUS_OK, 600003,
	       300000);
	count_to(300000, 299999);
	expect("one less", LAMBDA_STATUS_OVER_BUDGET, 600002, 299999);
	count_to(65536, 65536);
	expect("exactly one quantum", LAMBDA_STATUS_OK, 131075, 65536);
	count_to(65537, 65536);
	expect("a quantum and one", LAMBDA_STATUS_OVER_BUDGET, 131076, 65536);
	count_to(1000, SBPF_BUDGET_MAX);
	expect("the greatest budget", LAMBDA_STATUS_OK, 2003, 1000);
}

/* A loop that pays 17 for a helper and 1 for its jump, 20000 times. */
static void call_often(__u64 budget)
{
	begin(budget);
	add(THE(MOV(6, 20000)));
	add(THE(ALU32(SBPF_MOV, 1, (__s32)SBPF_OUT_BASE)));
	add(THE(MOV(2, 0)));
	add(THE(MOV(3, 1024)));
	add(THE(CALL(SBPF_HELPER_MEMSET)));
	add(THE(ALU(SBPF_SUB, 6, 1)));
	add(THE(JMP(SBPF_JNE, 6, 0, -6)));
	add(THE(MOV(0, 0)));
	add(THE(EXIT()));
}

static void test_helper_budget(void)
{
	call_often(18 * 20000 - 1);
	expect("helpers and jumps pay from one purse",
	       LAMBDA_STATUS_OVER_BUDGET, 120001, 18 * 20000 - 1);
	c.budget++;
	expect("and it may be just enough", LAMBDA_STATUS_OK, 120003,
	       18 * 20000);
}

static void test_max_insns(void)
{
	count_to(300000, 1000000);
	limits.max_insns = 600002;
	expect("a maximum that the last jump just keeps", LAMBDA_STATUS_OK,
	       600003, 300000);
	limits.max_insns = 600001;
	expect("one instruction less", SBPF_STATUS_DECLINED, 600002, 300000);
	limits.max_insns = 0;
	expect("no instructions", SBPF_STATUS_DECLINED, 4, 1);
	count_to(300000, 1000);
	limits.max_insns = 2002;
	expect("budget and maximum at once", LAMBDA_STATUS_OVER_BUDGET, 2004,
	       1000);
}

/* Few ticks at a time: 7 levels of 5 calls, a loop of 3 at the bottom. */
static void test_weight(void)
{
	__u64 calls = 1, insns = 0;
	__u32 level, k;

	begin(1u << 20);
	for (level = 0; level < 7; level++) {
		for (k = 0; k < 5; k++)
			add(THE(CALL_LOCAL(5 - (__s32)k)));
		add(THE(EXIT()));
		insns += calls * 6;
		calls *= 5;
	}
	add(THE(MOV(0, 3)));
	add(THE(ALU(SBPF_SUB, 0, 1)));
	add(THE(JMP(SBPF_JNE, 0, 0, -2)));
	add(THE(EXIT()));
	insns += calls * 8;
	expect("a heavy program", LAMBDA_STATUS_OK, insns,
	       calls * 3);
	c.budget = calls * 3 - 1;
	expect("and one jump short", LAMBDA_STATUS_OVER_BUDGET,
	       insns - 8, calls * 3 - 1);
}

/*
 * As heavy as a program may be, over many ticks: between two of them nearly as
 * many instructions are executed as the counter of translated code can hold.
 */
static void test_greatest_weight(void)
{
	const __u32 rounds = 18, calls = 8, levels = 4, straight = 250;
	__u64 insns = straight + 1;
	__u32 level, k;

	begin(1u << 20);
	add(THE(MOV(6, rounds)));
	add(THE(CALL_LOCAL(4)));
	add(THE(ALU(SBPF_SUB, 6, 1)));
	add(THE(JMP(SBPF_JNE, 6, 0, -3)));
	add(THE(MOV(0, 0)));
	add(THE(EXIT()));
	for (level = 0; level < levels; level++) {
		for (k = 0; k < calls; k++)
			add(THE(CALL_LOCAL(calls - (__s32)k)));
		add(THE(EXIT()));
		insns = calls * (insns + 1) + 1;
	}
	for (k = 0; k < straight; k++)
		add(THE(MOV(0, 1)));
	add(THE(EXIT()));
	test_ok(insns > SBPF_WEIGHT_MAX * 95ull / 100, "nearly the limit");
	insns = rounds * (insns + 3) + 3;
	expect("the heaviest program", LAMBDA_STATUS_OK, insns, rounds);
	limits.max_insns = insns / 2;
	expect("and stopped half-way", SBPF_STATUS_DECLINED,
	       (insns - 3) / rounds * (rounds / 2 + 1) + 1, rounds / 2 + 1);
}

static void test_max_helper_bytes(void)
{
	call_often(18 * 20000);
	limits.max_helper_bytes = 1024 * 20000;
	expect("a maximum of bytes that helpers just keep", LAMBDA_STATUS_OK,
	       120003, 18 * 20000);
	limits.max_helper_bytes = 1024 * 1000 - 1;
	expect("one byte less than 1000 calls handle", SBPF_STATUS_DECLINED,
	       5 + 999 * 6, 999 * 18);
	limits.max_helper_bytes = 0;
	expect("no bytes", SBPF_STATUS_DECLINED, 5, 0);
	c.budget = 16;
	expect("a budget that ends the run anyway", LAMBDA_STATUS_OVER_BUDGET,
	       5, 16);
}

/* A search in 4096 bytes of zeros, for one or two others or zeros. */
static void search_output(bool one, __s32 byte, __u64 budget)
{
	begin(budget);
	add(THE(ALU32(SBPF_MOV, 1, (__s32)SBPF_OUT_BASE)));
	if (one) {
		add(THE(MOV(2, byte)));
		add(THE(MOV(3, 4096)));
		add(THE(CALL(SBPF_HELPER_MEMCHR)));
	} else {
		add(THE(ST(SBPF_H, 10, -2, byte)));
		add(THE(MOV(2, 4096)));
		add(THE(MOV_X(3, 10)));
		add(THE(ALU(SBPF_ADD, 3, -2)));
		add(THE(MOV(4, 2)));
		add(THE(CALL(SBPF_HELPER_MEMMEM)));
	}
	add(THE(MOV(0, 0)));
	add(THE(EXIT()));
}

static void test_search_bytes(bool one, __u64 call)
{
	search_output(one, 1, 65);
	limits.max_helper_bytes = 4096;
	expect("a search of as many bytes as may be", LAMBDA_STATUS_OK,
	       call + 2, 65);
	limits.max_helper_bytes = 4095;
	expect("a search of one more", SBPF_STATUS_DECLINED, call, 0);
	c.budget = 64;
	expect("the budget pays for no more bytes", LAMBDA_STATUS_OVER_BUDGET,
	       call, 64);
	c.budget = 60;
	limits.max_helper_bytes = 100;
	expect("what is beyond both is not known", SBPF_STATUS_DECLINED, call,
	       0);
	search_output(one, 0, 65);
	limits.max_helper_bytes = 2;
	expect("found before the maximum", LAMBDA_STATUS_OK, call + 2, 1);
}

/* Of the endless kinds, one in which no jump meets a multiple of a quantum. */
static void test_stop(void)
{
	static const int stop = 1;
	struct sandbox_result r;
	int engine, k;

	begin(SBPF_BUDGET_MAX);
	for (k = 0; k < 2; k++) {
		add(THE(ALU32(SBPF_MOV, 1, (__s32)SBPF_OUT_BASE)));
		add(THE(MOV(2, 0)));
		add(THE(MOV(3, 0)));
		add(THE(CALL(SBPF_HELPER_MEMSET)));
	}
	add(THE(JA(-5)));
	limits.stop = &stop;
	limits.max_insns = 10000000;
	expect("helpers in a loop are stopped", LAMBDA_STATUS_KILLED, 4, 0);
	c.insns[8] = THE(MOV(0, 0));
	c.insns[9] = THE(EXIT());
	c.len = 10;
	expect("helpers in a line are stopped", LAMBDA_STATUS_KILLED, 4, 0);
	begin(SBPF_BUDGET_MAX);
	add(THE(JA(-1)));
	limits.stop = &stop;
	for (engine = 0; engine < SANDBOX_ENGINES; engine++) {
		sandbox_run(&c, engine, &limits, &r);
		test_ok(r.run.status == LAMBDA_STATUS_KILLED &&
			r.run.budget_used <= 2 * SBPF_QUANTUM,
			"an endless loop is stopped: %s",
			sandbox_names[engine]);
	}
}

int main(void)
{
	if (!SBPF_TRANSLATES)
		puts("# interpreted only");
	test_budget();
	test_helper_budget();
	test_max_insns();
	test_weight();
	test_greatest_weight();
	test_max_helper_bytes();
	test_search_bytes(true, 4);
	test_search_bytes(false, 7);
	test_stop();
	return test_done();
}
