// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What code does where a branch is predicted wrongly. A processor undoes it, so
 * that no test sees it; but a branch that is taken out goes the wrong way for
 * good.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "insn.h"
#include "sbpf/internal.h"
#include "sbpf/jit.h"
#include "test.h"

#define TEXT_BYTES	0x10000
#define JUMP_BYTES	6

static struct sbpf_program program;
static struct sbpf_window window;
static __u8 *text;

static void translate(const struct sbpf_insn *insns, __u32 len)
{
	static __u64 table[0x1000];
	__u32 scratch[64];

	if (sbpf_program_init(&program, insns, len, scratch) ||
	    sbpf_jit_run_table_size(len) > sizeof(table) ||
	    sbpf_jit_compile(&program, (void *)table, SBPF_JIT_COMPARE, text,
			     TEXT_BYTES, text) > TEXT_BYTES)
		abort();
}

/* The last jump forward "if not below" of the program. */
static __u8 *last_check(void)
{
	__u32 at = program.code[SBPF_JIT_COMPARE]->at[program.check.len];

	for (at &= JIT_OFFSET; at > 0; at--)
		if (text[at] == 0x0f && text[at + 1] == (0x80 | X86_JAE))
			return text + at;
	abort();
}

/* Runs what does not mind the last check, over the window; what it returns. */
static __s32 run_unchecked(const struct sbpf_insn *insns, __u32 len)
{
	struct sbpf_run run = {
		.program = &program, .window = &window,
		.max_insns = SBPF_INSNS_UNLIMITED,
		.max_helper_bytes = SBPF_BYTES_UNLIMITED,
	};

	translate(insns, len);
	memset(last_check(), 0x90, JUMP_BYTES);
	sbpf_jit_run(&run);
	return run.retval;
}

#define INSIDE		11
#define LAST		12
#define OUTSIDE		99

/* In globals of a page that is read-only and one that is not. */
static __s32 read_at(__s16 offset)
{
	const struct sbpf_insn insns[] = {
		ALU32(SBPF_MOV, 1, SBPF_DATA_BASE),
		LDX(SBPF_B, 2, 1, 0),	/* the stretch is known from here on */
		LDX(SBPF_B, 0, 1, offset),
		EXIT(),
	};

	return run_unchecked(insns, ARRAY_SIZE(insns));
}

static void write_at(__s16 offset)
{
	const struct sbpf_insn insns[] = {
		MOV(0, 0),
		ALU32(SBPF_MOV, 1, SBPF_DATA_BASE),
		ST(SBPF_B, 1, SBPF_PAGE_SIZE, INSIDE),
		ST(SBPF_B, 1, offset, OUTSIDE),
		EXIT(),
	};

	run_unchecked(insns, ARRAY_SIZE(insns));
}

static __u8 *make_window(void)
{
	struct sbpf_shape shape = { .rodata_len = 1, .data_len = 1,
				    .out_cap = 100, .nr_funcs = 1 };
	static __u8 memory[SBPF_SEGS][4 * SBPF_PAGE_SIZE];
	__u8 *mem = memory[SBPF_SEG_DATA] + SBPF_PAGE_SIZE;
	int id;

	sbpf_window_lay_out(&window, &shape);
	for (id = 0; id < SBPF_SEGS; id++)
		window.seg[id].mem = memory[id];
	window.seg[SBPF_SEG_DATA].mem = mem;
	memset(mem - SBPF_PAGE_SIZE, OUTSIDE, 4 * SBPF_PAGE_SIZE);
	memset(mem, INSIDE, 2 * SBPF_PAGE_SIZE);
	mem[2 * SBPF_PAGE_SIZE - 8] = LAST;
	sbpf_window_set_ctx(&window, &shape);
	return mem;
}

static void test_compare(void)
{
	__u8 *mem = make_window();

	test_ok(read_at(2 * SBPF_PAGE_SIZE - 8) == LAST,
		"compared: what may be read is read");
	test_ok(read_at(2 * SBPF_PAGE_SIZE) == INSIDE,
		"compared: beyond the end the beginning is read");
	write_at(SBPF_PAGE_SIZE + 9);
	test_ok(mem[SBPF_PAGE_SIZE + 9] == OUTSIDE,
		"compared: what may be written is written");
	write_at(9);
	test_ok(mem[9] == INSIDE && mem[SBPF_PAGE_SIZE] == OUTSIDE,
		"compared: what is read-only is not");
}

/* Calls behind each of which nothing is executed, as many as are remembered. */
static void test_returns(void)
{
	static const struct sbpf_insn insns[] = { MOV(0, 0), EXIT() };
	static const __u8 call[] = { 0xe8, 1, 0, 0, 0, X86_INT3 };
	const struct sbpf_code *code;
	__u32 at, n = 0;

	translate(insns, ARRAY_SIZE(insns));
	code = program.code[SBPF_JIT_COMPARE];
	for (at = code->cut; at + sizeof(call) <= code->leave; at++)
		n += !memcmp(text + at, call, sizeof(call));
	test_ok(n >= 32, "a run that is cut short leaves %u returns behind", n);
}

static void test_mask(void)
{
	static const __u64 sizes[] = { 0, 1, 2, 4096, 1ull << 32,
				       (1ull << 63) - 1 };
	static const __u64 indexes[] = { 0, 1, 4095, 4096, 1ull << 32,
					 (1ull << 63) - 2, (1ull << 63) - 1,
					 1ull << 63, ~0ull };
	size_t i, k;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		bool good = true;

		for (k = 0; k < ARRAY_SIZE(indexes); k++)
			good &= sbpf_mask(indexes[k], sizes[i]) ==
				(indexes[k] < sizes[i] ? ~0ull : 0);
		test_ok(good, "masks of indexes below %llu", sizes[i]);
	}
}

int main(void)
{
	text = mmap(NULL, TEXT_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (text == MAP_FAILED)
		abort();
	if (SBPF_TRANSLATES) {
		test_compare();
		test_returns();
	}
	test_mask();
	return test_done();
}
