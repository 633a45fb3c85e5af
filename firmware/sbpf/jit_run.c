// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Running translated code: what it calls, and how its counters are read. */
#include "jit.h"

size_t sbpf_jit_run_table_size(__u32 len)
{
	return sizeof(struct sbpf_code) + ((size_t)len + 1) * sizeof(__u32);
}

static void jit_run_stop(struct sbpf_jit_state *state, __u32 status)
{
	state->run->status = status;
	state->stopped = 1;
}

static __s64 jit_run_ticks_left(const struct sbpf_jit_state *state)
{
	return state->count >> JIT_TICK_SHIFT;
}

/* Take the instructions out of the counter. */
static void jit_run_settle(struct sbpf_jit_state *state)
{
	__s64 executed = state->count & (JIT_TICK - 1);

	state->insns -= executed;
	state->count -= executed;
}

/*
 * Give out ticks: backward jumps for which neither the budget nor the number
 * of instructions has to be looked at. Between two of them no more are
 * executed than the program weighs; nor do those overflow their part of the
 * counter, the ones that are counted in advance included.
 */
static void jit_run_grant_ticks(struct sbpf_jit_state *state)
{
	__u32 weight = state->run->program->check.funcs[0].weight;
	__u64 ticks = (__u64)state->insns / weight;

	if (ticks > state->reserve)
		ticks = state->reserve;
	if (ticks > SBPF_QUANTUM)
		ticks = SBPF_QUANTUM;
	if (ticks > JIT_TICK / weight - 3)
		ticks = JIT_TICK / weight - 3;
	state->count = (__s64)ticks << JIT_TICK_SHIFT;
	state->reserve -= ticks;
}

/* A backward jump without ticks: as sbpf_run_back(). */
__u64 sbpf_jit_run_tick(struct sbpf_jit_state *state)
{
	struct sbpf_run *run = state->run;

	jit_run_settle(state);
	state->count = 0;
	if (state->reserve == 0)
		jit_run_stop(state, LAMBDA_STATUS_OVER_BUDGET);
	else if (state->reserve--, state->insns < 0)
		jit_run_stop(state, SBPF_STATUS_DECLINED);
	else if (sbpf_run_stopped(run))
		state->stopped = 1;
	else
		jit_run_grant_ticks(state);
	return 0;
}

__u64 sbpf_jit_run_slot(struct sbpf_jit_state *state, __s64 addr, __u32 access)
{
	bool write = access & JIT_WRITE;
	__u32 size = access & (JIT_WRITE - 1);
	struct sbpf_slot *slot;
	__s64 bad;
	__u8 *mem;

	mem = sbpf_window_find(state->run->window, addr, size, write, &bad);
	if (!mem) {
		sbpf_run_fault(state->run, bad, write);
		state->stopped = 1;
		return 0;
	}
	slot = &state->slots[write][(__u32)addr >> JIT_SLOT_SHIFT];
	sbpf_window_slot(state->run->window, addr, write, slot);
	slot->len -= 7;
	return (__u64)(uintptr_t)mem;
}

static __u64 jit_run_budget_left(const struct sbpf_jit_state *state)
{
	return (__u64)jit_run_ticks_left(state) + state->reserve;
}

static void jit_run_charge(struct sbpf_jit_state *state, __u64 cost)
{
	__u64 ticks = (__u64)jit_run_ticks_left(state);

	if (ticks > cost)
		ticks = cost;
	state->count -= (__s64)ticks << JIT_TICK_SHIFT;
	state->reserve -= cost - ticks;
}

__u64 sbpf_jit_run_helper(__u64 r1, __u64 r2, __u64 r3, __u64 r4,
			  struct sbpf_jit_state *state, __s32 id)
{
	const __u64 args[4] = { r1, r2, r3, r4 };
	struct sbpf_run *run = state->run;
	__u64 used = run->budget - jit_run_budget_left(state);
	__u64 r0 = 0;

	run->budget_used = used;
	if (!sbpf_helper(run, id, args, &r0))
		state->stopped = 1;
	jit_run_charge(state, run->budget_used - used);
	return r0;
}

/* Farther than an access reaches. */
#define NOWHERE	0x10000000000ull

static void jit_run_prepare(struct sbpf_jit_state *state, struct sbpf_run *run)
{
	const struct sbpf_window *window = run->window;
	int k;

	state->run = run;
	state->reserve = run->budget;
	state->insns = (__s64)run->max_insns;
	jit_run_grant_ticks(state);
	state->base = window->base;
	state->frame_top = window->seg[SBPF_SEG_STACK].mem + window->frame_len;
	state->stride = window->frame_stride;
	state->stopped = 0;
	state->where = 0;
	/* The first access by each slot misses. */
	for (k = 0; k < JIT_SLOTS; k++) {
		state->slots[0][k].start = NOWHERE;
		state->slots[0][k].len = 0;
		state->slots[0][k].mem = NULL;
		state->slots[1][k] = state->slots[0][k];
	}
}

/* What another core has translated may not have been fetched before. */
static void jit_run_fetch_anew(void)
{
#ifdef __aarch64__
	__asm__ volatile("isb" ::: "memory");
#endif
}

const struct sbpf_code *sbpf_jit_run_code(const struct sbpf_program *program,
					  const struct sbpf_window *window)
{
#ifdef SBPF_BENCH
	if (program->code[SBPF_JIT_UNCHECKED])
		return program->code[SBPF_JIT_UNCHECKED];
#endif
	if (window->base && program->code[SBPF_JIT_GUARDED])
		return program->code[SBPF_JIT_GUARDED];
	return program->code[SBPF_JIT_COMPARE];
}

void sbpf_jit_run(struct sbpf_run *run)
{
	const struct sbpf_code *code = sbpf_jit_run_code(run->program,
							 run->window);
	struct sbpf_jit_state state;
	void (*enter)(struct sbpf_jit_state *state);

	sbpf_run_begin(run);
	jit_run_prepare(&state, run);
	enter = (void (*)(struct sbpf_jit_state *))(uintptr_t)
		(code->text + code->enter);
	jit_run_fetch_anew();
	enter(&state);
	run->where = state.where;
	jit_run_settle(&state);
	run->insns = run->max_insns - (__u64)state.insns +
		     (__u64)sbpf_jit_blocks_uncounted(run->program, code,
						      run->where);
	run->budget_used = run->budget - jit_run_budget_left(&state);
	if (!state.stopped)
		sbpf_run_return(run, state.r0);
}

void sbpf_run_program(struct sbpf_run *run)
{
	if (sbpf_jit_run_code(run->program, run->window))
		sbpf_jit_run(run);
	else
		sbpf_interpret(run);
}

/* Of @len instructions, the last that begins at @offset or before it. */
static __u32 jit_run_insn_at(const __u32 *at, __u32 len, __u32 offset)
{
	__u32 low = 0, high = len - 1;

	while (low < high) {
		__u32 mid = (low + high + 1) / 2;

		if ((at[mid] & JIT_OFFSET) <= offset)
			low = mid;
		else
			high = mid - 1;
	}
	return low;
}

bool sbpf_jit_run_fault(struct sbpf_run *run, struct sbpf_jit_regs *regs)
{
	const struct sbpf_program *program = run->program;
	const struct sbpf_code *code = sbpf_jit_run_code(program, run->window);
	struct sbpf_jit_state *state = (void *)(uintptr_t)regs->state;
	const struct sbpf_insn *insn;
	__s64 addr, bad;
	__u64 offset;
	bool write;
	__u32 i;

	if (!code)	/* interpreted: each access has been looked at */
		return false;
	offset = regs->pc - (__u64)(uintptr_t)code->text;
	if (offset >= code->size || code->mode != SBPF_JIT_GUARDED)
		return false;
	i = jit_run_insn_at(code->at, program->check.len, (__u32)offset);
	insn = &program->check.insns[i];
	write = SBPF_CLASS(insn->code) != SBPF_LDX;
	addr = (__u32)regs->scratch;
	if ((write ? SBPF_DST(insn) : SBPF_SRC(insn)) == SBPF_FP)
		addr = SBPF_FRAME_TOP(sbpf_program_func_at(program, i));
	if (sbpf_window_find(run->window, addr + insn->off,
			     sbpf_program_access_size(insn->code), write, &bad))
		return false;
	sbpf_run_fault(run, bad, write);
	state->where = i;
	state->stopped = 1;
	regs->pc = (__u64)(uintptr_t)code->text + code->cut;
	return true;
}
