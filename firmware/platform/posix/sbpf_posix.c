// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Guarded windows and executable memory on a POSIX system. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "sbpf_posix.h"

/* A base register reaches 32 KiB below address 0 and beyond 4 GiB. */
#define GUARD		0x10000ull
#define WINDOW		0x100000000ull

__u8 *sbpf_posix_reserve(void)
{
	__u8 *mem = mmap(NULL, GUARD + WINDOW + GUARD, PROT_NONE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return mem == MAP_FAILED ? NULL : mem + GUARD;
}

void sbpf_posix_release(__u8 *base)
{
	munmap(base - GUARD, GUARD + WINDOW + GUARD);
}

static const __u32 bases[SBPF_SEGS] = {
	[SBPF_SEG_CTX] = SBPF_CTX_BASE,
	[SBPF_SEG_ARGS] = SBPF_ARGS_BASE,
	[SBPF_SEG_STACK] = SBPF_STACK_BASE,
	[SBPF_SEG_DATA] = SBPF_DATA_BASE,
	[SBPF_SEG_HEAP] = SBPF_HEAP_BASE,
	[SBPF_SEG_IN] = SBPF_IN_BASE,
	[SBPF_SEG_OUT] = SBPF_OUT_BASE,
};

static int map_at(__u8 *mem, size_t len, int prot)
{
	if (len && mmap(mem, len, prot, MAP_PRIVATE | MAP_ANONYMOUS |
			MAP_FIXED | MAP_NORESERVE, -1, 0) == MAP_FAILED)
		return -1;
	return 0;
}

static int map_frames(struct sbpf_window *window, int prot)
{
	struct sbpf_segment *stack = &window->seg[SBPF_SEG_STACK];
	__u32 k;

	for (k = 0; k < stack->len / window->frame_len; k++)
		if (map_at(stack->mem + (size_t)k * window->frame_stride,
			   window->frame_len, prot))
			return -1;
	return 0;
}

int sbpf_posix_map(__u8 *base, struct sbpf_window *window)
{
	int id;

	window->base = base;
	window->frame_stride = SBPF_FRAME_STRIDE;
	/* All of them first: what fails half-way is to be unmapped as well. */
	for (id = 0; id < SBPF_SEGS; id++)
		window->seg[id].mem = base + bases[id];
	window->seg[SBPF_SEG_STACK].mem += SBPF_FRAME_STRIDE -
					   window->frame_len;
	for (id = 0; id < SBPF_SEGS; id++) {
		struct sbpf_segment *seg = &window->seg[id];

		if (id != SBPF_SEG_STACK &&
		    map_at(seg->mem, seg->len, PROT_READ | PROT_WRITE))
			return -1;
	}
	return map_frames(window, PROT_READ | PROT_WRITE);
}

int sbpf_posix_protect(const struct sbpf_window *window)
{
	int id;

	for (id = 0; id < SBPF_SEGS; id++)
		if (window->seg[id].ro &&
		    mprotect(window->seg[id].mem, window->seg[id].ro,
			     PROT_READ))
			return -1;
	return 0;
}

void sbpf_posix_unmap(const struct sbpf_window *window)
{
	struct sbpf_window w = *window;
	int id;

	for (id = 0; id < SBPF_SEGS; id++)
		if (id != SBPF_SEG_STACK)
			map_at(w.seg[id].mem, w.seg[id].len, PROT_NONE);
	map_frames(&w, PROT_NONE);
}

/* Behind the table: what else there is to free. */
struct code_memory {
	__u8 *text;
	size_t size;
	max_align_t table[];
};

static struct code_memory *memory_of(const struct sbpf_code *table)
{
	return (struct code_memory *)((char *)(uintptr_t)table -
				      offsetof(struct code_memory, table));
}

int sbpf_posix_compile(struct sbpf_program *program, enum sbpf_jit_mode mode)
{
	struct code_memory *mem;
	struct sbpf_code *table;

	sbpf_posix_discard(program);
	mem = malloc(sizeof(*mem) + sbpf_jit_table_size(program->check.len));
	if (!mem)
		return -1;
	table = (void *)mem->table;
	mem->size = sbpf_jit_compile(program, table, mode, NULL, 0, NULL);
	if (!mem->size) {
		free(mem);
		errno = ENOTSUP;
		return -1;
	}
	mem->text = mmap(NULL, mem->size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mem->text == MAP_FAILED) {
		free(mem);
		return -1;
	}
	sbpf_jit_compile(program, table, mode, mem->text, mem->size,
			 mem->text);
	if (mprotect(mem->text, mem->size, PROT_READ | PROT_EXEC)) {
		sbpf_posix_discard(program);
		return -1;
	}
	return 0;
}

void sbpf_posix_discard(struct sbpf_program *program)
{
	struct code_memory *mem;

	if (!program->code)
		return;
	mem = memory_of(program->code);
	program->code = NULL;
	munmap(mem->text, mem->size);
	free(mem);
}

#ifdef __x86_64__

static __thread struct sbpf_run *current_run;
static struct sigaction others[2];	/* handlers of SIGSEGV and SIGBUS */

/* Nobody else's: as if no handler were installed, when it happens again. */
static void pass_on(int sig, siginfo_t *info, void *context)
{
	struct sigaction *other = &others[sig == SIGBUS];

	if (other->sa_flags & SA_SIGINFO)
		other->sa_sigaction(sig, info, context);
	else if (other->sa_handler == SIG_DFL || other->sa_handler == SIG_IGN)
		signal(sig, SIG_DFL);
	else
		other->sa_handler(sig);
}

static void on_fault(int sig, siginfo_t *info, void *context)
{
	greg_t *gregs = ((ucontext_t *)context)->uc_mcontext.gregs;
	struct sbpf_jit_regs regs = {
		.pc = (__u64)gregs[REG_RIP],
		.scratch = (__u64)gregs[REG_R11],
		.state = (__u64)gregs[REG_RBP],
	};

	if (!current_run || !sbpf_jit_fault(current_run, &regs)) {
		pass_on(sig, info, context);
		return;
	}
	gregs[REG_RIP] = (greg_t)regs.pc;
}

static void install(void)
{
	struct sigaction action = {
		.sa_sigaction = on_fault,
		.sa_flags = SA_SIGINFO | SA_NODEFER,
	};

	sigaction(SIGSEGV, &action, &others[0]);
	sigaction(SIGBUS, &action, &others[1]);
}

void sbpf_posix_run(struct sbpf_run *run)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct sbpf_run *outer = current_run;

	pthread_once(&once, install);
	current_run = run;
	sbpf_run_program(run);
	current_run = outer;
}

#else

void sbpf_posix_run(struct sbpf_run *run)
{
	sbpf_run_program(run);
}

#endif
