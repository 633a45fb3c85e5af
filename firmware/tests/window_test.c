// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Windows: lengths and their limits, and faults that are somebody else's. */
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "insn.h"
#include "platform/posix/sbpf_posix.h"
#include "test.h"

static const struct sbpf_shape least = { .nr_funcs = 1 };
static struct sbpf_window window;

static __u32 segment_len(enum sbpf_segment_id id)
{
	return window.seg[id].len;
}

/* @field of a shape may be @max and no more. */
static void test_limit(const char *name, size_t field, __u64 max)
{
	struct sbpf_shape shape = least;
	__u64 *len = (__u64 *)((char *)&shape + field);

	*len = max;
	test_ok(!sbpf_window_lay_out(&window, &shape), "%s of %llu", name, max);
	*len = max + 1;
	test_ok(sbpf_window_lay_out(&window, &shape) == -1, "%s of one more",
		name);
	*len = ~0ull;
	test_ok(sbpf_window_lay_out(&window, &shape) == -1,
		"%s of 2^64 - 1", name);
}

static void test_limits(void)
{
	struct sbpf_shape shape = least;

	test_limit("input", offsetof(struct sbpf_shape, in_len), SBPF_IN_MAX);
	test_limit("output", offsetof(struct sbpf_shape, out_cap),
		   SBPF_OUT_MAX);
	test_limit("args", offsetof(struct sbpf_shape, args_len),
		   SBPF_ARGS_MAX);
	test_limit("heap", offsetof(struct sbpf_shape, heap_len),
		   SBPF_HEAP_MAX);
	test_limit(".rodata", offsetof(struct sbpf_shape, rodata_len),
		   SBPF_DATA_MAX);
	test_limit(".data", offsetof(struct sbpf_shape, data_len),
		   SBPF_DATA_MAX);
	shape.offset = SBPF_PAGE_SIZE + 1;
	shape.in_len = SBPF_IN_MAX;
	test_ok(sbpf_window_lay_out(&window, &shape) == -1,
		"the input's offset in its page counts");
	shape = least;
	shape.rodata_len = 1;
	shape.data_len = SBPF_DATA_MAX - SBPF_PAGE_SIZE + 1;
	test_ok(sbpf_window_lay_out(&window, &shape) == -1,
		".rodata and .data share one limit, by pages");
}

static void test_frames(void)
{
	struct sbpf_shape shape = { .nr_funcs = SBPF_FUNCS_MAX };

	test_ok(!sbpf_window_lay_out(&window, &shape) &&
		window.frame_len == SBPF_PAGE_SIZE &&
		segment_len(SBPF_SEG_STACK) == SBPF_FUNCS_MAX * SBPF_PAGE_SIZE,
		"256 frames of a page");
	shape.frame_len = SBPF_FRAME_MAX;
	test_ok(!sbpf_window_lay_out(&window, &shape) &&
		window.frame_len == SBPF_FRAME_MAX, "the largest frames");
	shape.frame_len++;
	test_ok(sbpf_window_lay_out(&window, &shape) == -1, "larger ones");
	shape.frame_len = 1;
	shape.nr_funcs++;
	test_ok(sbpf_window_lay_out(&window, &shape) == -1, "257 frames");
}

static void test_pages(void)
{
	struct sbpf_shape shape = {
		.offset = 4095, .in_len = 2, .out_cap = 1, .args_len = 4097,
		.rodata_len = 1, .data_len = 1, .nr_funcs = 1,
	};

	test_ok(!sbpf_window_lay_out(&window, &shape), "whole pages");
	test_ok(segment_len(SBPF_SEG_IN) == 8192 &&
		window.seg[SBPF_SEG_IN].ro == 8192, "input, read-only");
	test_ok(segment_len(SBPF_SEG_OUT) == 4096 &&
		!window.seg[SBPF_SEG_OUT].ro && window.out_cap == 1, "output");
	test_ok(segment_len(SBPF_SEG_ARGS) == 8192, "arguments");
	test_ok(segment_len(SBPF_SEG_DATA) == 8192 &&
		window.seg[SBPF_SEG_DATA].ro == 4096, "globals");
	test_ok(segment_len(SBPF_SEG_HEAP) == 0, "no heap");
}

/*
 * A guarded program that reads the first byte of the heap, in a process of its
 * own, with the heap's page taken away behind the runtime's back.
 */
static void run_without_heap(void)
{
	static const struct sbpf_insn insns[] = {
		ALU32(SBPF_MOV, 1, SBPF_HEAP_BASE), LDX(SBPF_B, 0, 1, 0),
		EXIT(),
	};
	static struct sbpf_program program;
	struct sbpf_shape shape = { .heap_len = 1, .nr_funcs = 1 };
	struct sbpf_run run = {
		.program = &program, .window = &window,
		.max_insns = SBPF_INSNS_UNLIMITED,
	};
	__u32 scratch[8];

	if (sbpf_program_init(&program, insns, 3, scratch) ||
	    sbpf_window_lay_out(&window, &shape) ||
	    sbpf_posix_map(sbpf_posix_reserve(), &window) ||
	    sbpf_posix_compile(&program, SBPF_JIT_GUARDED))
		_exit(1);
	sbpf_window_set_ctx(&window, &shape);
	mprotect(window.seg[SBPF_SEG_HEAP].mem, SBPF_PAGE_SIZE, PROT_NONE);
	sbpf_posix_run(&run);
	_exit(2);
}

static void our_handler(int sig)
{
	_exit(sig == SIGSEGV ? 42 : 3);
}

static int child(void (*handler)(int))
{
	int status;

	fflush(stdout);
	if (fork() == 0) {
		signal(SIGSEGV, handler);
		run_without_heap();
	}
	wait(&status);
	return status;
}

static void test_foreign_faults(void)
{
	int status = child(our_handler);

	test_ok(WIFEXITED(status) && WEXITSTATUS(status) == 42,
		"a fault that is not the program's goes to the old handler");
	status = child(SIG_DFL);
	test_ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV,
		"or ends the process as it would have");
}

int main(void)
{
	test_limits();
	test_frames();
	test_pages();
	test_foreign_faults();
	return test_done();
}
