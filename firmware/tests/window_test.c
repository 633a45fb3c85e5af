// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Windows: lengths and their limits, and faults that are somebody else's. */
#define _GNU_SOURCE
#include <errno.h>
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
	shape.in_len = ~0ull;
	test_ok(sbpf_window_lay_out(&window, &shape) == -1,
		"and makes no input of 2^64 - 1 a short one");
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

/* Mappings of the process between two addresses, all if there is no bound. */
static __u32 mappings(const __u8 *from, const __u8 *to)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned long start, end;
	__u32 n = 0;
	char line[512];

	while (fgets(line, sizeof(line), maps))
		n += sscanf(line, "%lx-%lx", &start, &end) == 2 &&
		     start < (unsigned long)to && end > (unsigned long)from;
	fclose(maps);
	return n;
}

#define FILE_BYTES	0x200000

static struct sbpf_posix_file shared;

/* Memory for the window's segments in a file, one after the other. */
static void give_file(void)
{
	size_t used = 0;
	void *mem;
	int id;

	shared.fd = memfd_create("window", MFD_CLOEXEC);
	test_ok(!ftruncate(shared.fd, FILE_BYTES), "a file");
	mem = mmap(NULL, FILE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED,
		   shared.fd, 0);
	shared.start = mem;
	for (id = 0; id < SBPF_SEGS; id++) {
		window.seg[id].mem = (__u8 *)mem + used;
		used += window.seg[id].len;
	}
}

static void test_view(void)
{
	struct sbpf_shape shape = {
		.in_len = 1, .out_cap = 1, .rodata_len = 1, .data_len = 1,
		.args_len = 1, .heap_len = 1, .nr_funcs = SBPF_FUNCS_MAX,
	};
	__u8 *base = sbpf_posix_reserve();
	const __u8 *end = base + 0x100000000ull;
	struct sbpf_window view;
	int fd;

	sbpf_window_lay_out(&window, &shape);
	give_file();
	test_ok(!sbpf_posix_view(&view, base, &window, &shared) &&
		view.base == base && view.frame_stride == SBPF_FRAME_STRIDE,
		"a window is shown");
	view.seg[SBPF_SEG_OUT].mem[5] = 55;
	window.seg[SBPF_SEG_STACK].mem[3 * SBPF_PAGE_SIZE + 7] = 37;
	test_ok(window.seg[SBPF_SEG_OUT].mem[5] == 55 &&
		view.seg[SBPF_SEG_STACK].mem[3 * SBPF_FRAME_STRIDE + 7] == 37,
		"its memory is the same");
	test_ok(mappings(base, end) <= sbpf_posix_mappings(&window) &&
		mappings(base, end) > sbpf_posix_mappings(&window) - 8,
		"mappings are %u and said to be %u", mappings(base, end),
		sbpf_posix_mappings(&window));
	fd = shared.fd;
	shared.fd = -1;
	test_ok(sbpf_posix_view(&view, base, &window, &shared) == -1 &&
		errno == EBADF && mappings(base, end) == 1,
		"what cannot be shown leaves nothing behind");
	shared.fd = fd;
	sbpf_posix_release(base);
	close(fd);
	munmap((void *)shared.start, FILE_BYTES);
}

/* Three instructions in a window of that shape. Return: whether it can run. */
static bool prepare(struct sbpf_run *run, const struct sbpf_insn *insns,
		    const struct sbpf_shape *shape, bool guarded)
{
	static struct sbpf_program program;
	__u32 scratch[8];

	*run = (struct sbpf_run) {
		.program = &program, .window = &window,
		.max_insns = SBPF_INSNS_UNLIMITED,
		.max_helper_bytes = SBPF_BYTES_UNLIMITED,
	};
	if (sbpf_program_init(&program, insns, 3, scratch) ||
	    sbpf_window_lay_out(&window, shape) ||
	    sbpf_posix_map(sbpf_posix_reserve(), &window) ||
	    (guarded && sbpf_posix_compile(&program, SBPF_JIT_GUARDED)))
		return false;
	sbpf_window_set_ctx(&window, shape);
	return true;
}

/*
 * A program, guarded or interpreted, that reads the first byte of the heap, in
 * a process of its own, with the heap's page taken away behind the runtime's
 * back.
 */
static void run_without_heap(bool guarded)
{
	static const struct sbpf_insn insns[] = {
		ALU32(SBPF_MOV, 1, SBPF_HEAP_BASE), LDX(SBPF_B, 0, 1, 0),
		EXIT(),
	};
	static const struct sbpf_shape shape = { .heap_len = 1, .nr_funcs = 1 };
	struct sbpf_run run;

	if (!prepare(&run, insns, &shape, guarded))
		_exit(1);
	mprotect(window.seg[SBPF_SEG_HEAP].mem, SBPF_PAGE_SIZE, PROT_NONE);
	sbpf_posix_run(&run);
	_exit(2);
}

static void our_handler(int sig)
{
	_exit(sig == SIGSEGV ? 42 : 3);
}

static int child(void (*handler)(int), bool guarded)
{
	int status;

	fflush(stdout);
	if (fork() == 0) {
		signal(SIGSEGV, handler);
		run_without_heap(guarded);
	}
	wait(&status);
	return status;
}

static void test_foreign_faults(bool guarded)
{
	const char *how = guarded ? "guarded" : "interpreted";
	int status = child(our_handler, guarded);

	test_ok(WIFEXITED(status) && WEXITSTATUS(status) == 42,
		"%s: a fault that is not the program's goes to the old handler",
		how);
	status = child(SIG_DFL, guarded);
	test_ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV,
		"%s: or ends the process as it would have", how);
}

/* A program that reads what it may not, guarded. */
static bool faults(void)
{
	static const struct sbpf_insn insns[] = {
		ALU32(SBPF_MOV, 1, SBPF_HEAP_BASE), LDX(SBPF_B, 0, 1, 9),
		EXIT(),
	};
	struct sbpf_run run;

	if (!prepare(&run, insns, &least, true))
		return false;
	sbpf_posix_run(&run);
	return run.status == LAMBDA_STATUS_FAULT &&
	       run.fault_addr == SBPF_HEAP_BASE + 9 && !run.fault_write;
}

/* What becomes of a process that does it; its status. */
static int in_child(void (*what)(void))
{
	int status;

	fflush(stdout);
	if (fork() == 0) {
		what();
		_exit(0);
	}
	wait(&status);
	return status;
}

/* And leaves the mask as it was. */
static void fault_while_blocked(void)
{
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGSEGV);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	if (!faults())
		_exit(1);
	sigprocmask(SIG_BLOCK, NULL, &mask);
	_exit(sigismember(&mask, SIGSEGV) ? 42 : 1);
}

/* After the first run, so that there is the handler. */
static void be_sent_one(void)
{
	signal(SIGSEGV, SIG_DFL);
	if (faults())
		kill(getpid(), SIGSEGV);
}

static void be_sent_one_ignoring(void)
{
	signal(SIGSEGV, SIG_IGN);
	if (!faults())
		_exit(1);
	kill(getpid(), SIGSEGV);
	_exit(faults() ? 42 : 1);
}

static void handler_with_stack(int sig)
{
	char here;

	(void)sig;
	_exit(&here - (char *)shared.start < FILE_BYTES ? 42 : 1);
}

/* As of who wants to say something of an overflow of the stack. */
static void fault_with_other_stack(void)
{
	struct sigaction action = {
		.sa_handler = handler_with_stack, .sa_flags = SA_ONSTACK,
	};
	void *mem = mmap(NULL, FILE_BYTES, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	stack_t stack = { .ss_sp = mem, .ss_size = FILE_BYTES };

	shared.start = mem;
	sigaltstack(&stack, NULL);
	sigaction(SIGSEGV, &action, NULL);
	if (faults())
		__asm__ volatile("movb $0, 0");
}

static bool exits_well(int status)
{
	return WIFEXITED(status) && WEXITSTATUS(status) == 42;
}

static void test_signals(void)
{
	int status;

	test_ok(exits_well(in_child(fault_while_blocked)),
		"a fault where the signal is blocked");
	status = in_child(be_sent_one);
	test_ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV,
		"a signal that is sent ends the process");
	test_ok(exits_well(in_child(be_sent_one_ignoring)),
		"but for one that ignores it, which goes on faulting");
	test_ok(exits_well(in_child(fault_with_other_stack)),
		"the stack set aside for signals is used");
}

int main(void)
{
	test_limits();
	test_frames();
	test_pages();
	test_view();
	if (SBPF_TRANSLATES) {
		test_foreign_faults(true);
		test_signals();
	} else {
		puts("# interpreted only");
	}
	test_foreign_faults(false);
	return test_done();
}
