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

static int posix_map_at(__u8 *mem, size_t len, int prot)
{
	if (len && mmap(mem, len, prot, MAP_PRIVATE | MAP_ANONYMOUS |
			MAP_FIXED | MAP_NORESERVE, -1, 0) == MAP_FAILED)
		return -1;
	return 0;
}

static __u32 posix_nr_frames(const struct sbpf_window *window)
{
	return window->seg[SBPF_SEG_STACK].len / window->frame_len;
}

static int posix_map_frames(struct sbpf_window *window, int prot)
{
	struct sbpf_segment *stack = &window->seg[SBPF_SEG_STACK];
	__u32 k;

	for (k = 0; k < posix_nr_frames(window); k++)
		if (posix_map_at(stack->mem + (size_t)k * window->frame_stride,
				 window->frame_len, prot))
			return -1;
	return 0;
}

/* Where everything is in a window at @base. */
static void posix_place(struct sbpf_window *window, __u8 *base)
{
	int id;

	window->base = base;
	window->frame_stride = SBPF_FRAME_STRIDE;
	for (id = 0; id < SBPF_SEGS; id++)
		window->seg[id].mem = base + bases[id];
	window->seg[SBPF_SEG_STACK].mem += SBPF_FRAME_STRIDE -
					   window->frame_len;
}

int sbpf_posix_map(__u8 *base, struct sbpf_window *window)
{
	int id;

	posix_place(window, base);
	for (id = 0; id < SBPF_SEGS; id++) {
		struct sbpf_segment *seg = &window->seg[id];

		if (id != SBPF_SEG_STACK &&
		    posix_map_at(seg->mem, seg->len, PROT_READ | PROT_WRITE))
			return -1;
	}
	return posix_map_frames(window, PROT_READ | PROT_WRITE);
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
	posix_map_at(window->base, WINDOW, PROT_NONE);
}

/* Map once more what lies at @mem in a shared mapping. */
static int posix_show_at(__u8 *at, const __u8 *mem, size_t len, int prot,
			 const struct sbpf_posix_file *file)
{
	if (len && mmap(at, len, prot, MAP_SHARED | MAP_FIXED | MAP_NORESERVE,
			file->fd, mem - file->start) == MAP_FAILED)
		return -1;
	return 0;
}

static int posix_show_frames(const struct sbpf_window *view,
			     const struct sbpf_window *window,
			     const struct sbpf_posix_file *file)
{
	const __u8 *mem = window->seg[SBPF_SEG_STACK].mem;
	__u8 *at = view->seg[SBPF_SEG_STACK].mem;
	__u32 k;

	for (k = 0; k < posix_nr_frames(window); k++) {
		if (posix_show_at(at, mem, view->frame_len,
				  PROT_READ | PROT_WRITE, file))
			return -1;
		at += view->frame_stride;
		mem += window->frame_stride;
	}
	return 0;
}

static int posix_show_all(const struct sbpf_window *view,
			  const struct sbpf_window *window,
			  const struct sbpf_posix_file *file)
{
	int id;

	for (id = 0; id < SBPF_SEGS; id++) {
		const struct sbpf_segment *seg = &window->seg[id];
		__u8 *at = view->seg[id].mem;

		if (id == SBPF_SEG_STACK)
			continue;
		if (posix_show_at(at, seg->mem, seg->ro, PROT_READ, file) ||
		    posix_show_at(at + seg->ro, seg->mem + seg->ro,
				  seg->len - seg->ro, PROT_READ | PROT_WRITE,
				  file))
			return -1;
	}
	return posix_show_frames(view, window, file);
}

int sbpf_posix_view(struct sbpf_window *view, __u8 *base,
		    const struct sbpf_window *window,
		    const struct sbpf_posix_file *file)
{
	*view = *window;
	posix_place(view, base);
	if (posix_map_at(base, WINDOW, PROT_NONE))
		return -1;
	if (posix_show_all(view, window, file)) {
		int error = errno;

		sbpf_posix_unmap(view);
		errno = error;
		return -1;
	}
	return 0;
}

/* Each stretch of memory is a mapping, and so is what lies behind it. */
__u32 sbpf_posix_mappings(const struct sbpf_window *window)
{
	__u32 stretches = posix_nr_frames(window);
	int id;

	for (id = 0; id < SBPF_SEGS; id++)
		if (id != SBPF_SEG_STACK)
			stretches += (window->seg[id].ro > 0) +
				     (window->seg[id].len > window->seg[id].ro);
	return 1 + 2 * stretches;
}

/* Behind the table: what else there is to free. */
struct code_memory {
	__u8 *text;
	size_t size;
	max_align_t table[];
};

static struct code_memory *posix_memory_of(const struct sbpf_code *table)
{
	return (struct code_memory *)((char *)(uintptr_t)table -
				      offsetof(struct code_memory, table));
}

static void posix_discard(struct sbpf_program *program, enum sbpf_jit_mode mode)
{
	struct code_memory *mem;

	if (!program->code[mode])
		return;
	mem = posix_memory_of(program->code[mode]);
	program->code[mode] = NULL;
	munmap(mem->text, mem->size);
	free(mem);
}

int sbpf_posix_compile(struct sbpf_program *program, enum sbpf_jit_mode mode)
{
	struct code_memory *mem;
	struct sbpf_code *table;

	posix_discard(program, mode);
	mem = malloc(sizeof(*mem) +
		     sbpf_jit_run_table_size(program->check.len));
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
	__builtin___clear_cache((char *)mem->text,
				(char *)mem->text + mem->size);
	if (mprotect(mem->text, mem->size, PROT_READ | PROT_EXEC)) {
		posix_discard(program, mode);
		return -1;
	}
	return 0;
}

void sbpf_posix_discard(struct sbpf_program *program)
{
	int mode;

	for (mode = 0; mode < SBPF_JIT_MODES; mode++)
		posix_discard(program, mode);
}

/* Where the registers of struct sbpf_jit_regs are in the context of a signal. */
#if defined(__x86_64__)
#define PC(context)		((context)->uc_mcontext.gregs[REG_RIP])
#define SCRATCH(context)	((context)->uc_mcontext.gregs[REG_R11])
#define STATE(context)		((context)->uc_mcontext.gregs[REG_RBP])
#elif defined(__aarch64__)
#define PC(context)		((context)->uc_mcontext.pc)
#define SCRATCH(context)	((context)->uc_mcontext.regs[16])
#define STATE(context)		((context)->uc_mcontext.regs[24])
#endif

#ifdef PC

static __thread struct sbpf_run *current_run;
static struct sigaction other;	/* the handler there was before */

/*
 * As if this handler were not installed. An access that nobody handles happens
 * again; what a process has sent does not.
 */
static void posix_by_default(int sig, const siginfo_t *info)
{
	bool sent = info->si_code <= 0;

	if (sent && other.sa_handler == SIG_IGN)
		return;
	signal(sig, SIG_DFL);
	if (sent)
		raise(sig);
}

/* A fault of other code goes to the handler that code had before. */
static void posix_pass_on(int sig, siginfo_t *info, void *context)
{
	if (other.sa_flags & SA_SIGINFO)
		other.sa_sigaction(sig, info, context);
	else if (other.sa_handler == SIG_DFL || other.sa_handler == SIG_IGN)
		posix_by_default(sig, info);
	else
		other.sa_handler(sig);
}

static void posix_on_fault(int sig, siginfo_t *info, void *data)
{
	ucontext_t *context = data;
	struct sbpf_jit_regs regs = {
		.pc = (__u64)PC(context),
		.scratch = (__u64)SCRATCH(context),
		.state = (__u64)STATE(context),
	};

	if (!current_run || !sbpf_jit_run_fault(current_run, &regs)) {
		posix_pass_on(sig, info, data);
		return;
	}
	PC(context) = (__typeof__(PC(context)))regs.pc;
}

/* On the stack that others may have set aside: they handle its overflow. */
static void posix_install(void)
{
	struct sigaction action = {
		.sa_sigaction = posix_on_fault,
		.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK,
	};

	/* It has no errors but bad arguments, and guarded code needs it. */
	if (sigaction(SIGSEGV, &action, &other))
		abort();
}

/* A fault while the signal is blocked would be the end of the process. */
void sbpf_posix_run(struct sbpf_run *run)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct sbpf_run *outer = current_run;
	sigset_t fault, mask;

	pthread_once(&once, posix_install);
	sigemptyset(&fault);
	sigaddset(&fault, SIGSEGV);
	pthread_sigmask(SIG_UNBLOCK, &fault, &mask);
	current_run = run;
	sbpf_run_program(run);
	current_run = outer;
	if (sigismember(&mask, SIGSEGV))
		pthread_sigmask(SIG_BLOCK, &fault, NULL);
}

#else	/* no translator, so there is no guarded code */

void sbpf_posix_run(struct sbpf_run *run)
{
	sbpf_run_program(run);
}

#endif
