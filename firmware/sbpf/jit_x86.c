// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * λ programs in x86-64 instructions: control, memory, counting.
 *
 * Instructions are counted block by block, see jit_blocks.c. A backward jump
 * takes a tick, and leaves for the slow path when there are none left; the
 * slow path lies behind the program so that the fast one is a jump that is
 * not taken.
 */
#include "jit.h"

struct jit {
	const struct sbpf_program *program;
	const struct sbpf_insn *insns;
	struct sbpf_check *ck;
	struct sbpf_code *code;
	struct x86_code c;	/* the program */
	struct x86_code far;	/* what is rarely executed, behind it */
	__u32 tick;		/* offsets of the ways into C */
	__u32 slot;
	__u32 func;		/* being translated */
	__u32 mask;		/* what it saves: a bit for each of R6 to R9 */
	__u32 late;		/* instructions that the next tick counts */
	bool addressed;		/* r11 is the base of the next access */
	__u8 held;		/* register of which r11 is the low half */
};

/* Only benchmarks can ask for code that checks and counts nothing. */
static bool jit_x86_unchecked(const struct jit *j)
{
#ifdef SBPF_BENCH
	return j->code->mode == SBPF_JIT_UNCHECKED;
#else
	(void)j;
	return false;
#endif
}

static __u32 jit_x86_label(const struct jit *j, __s64 insn)
{
	return j->code->at[insn] & JIT_OFFSET;
}

/* Callee-saved registers: R6 to R9. */
static const __u8 saved[] = { RBX, R13, R14, R15 };

static __u32 jit_x86_regs_to_save(const struct jit *j)
{
	const struct sbpf_func *func = &j->ck->funcs[j->func];
	__u32 i, mask = 0;

	for (i = func->start; i < func->start + func->len; i++) {
		const struct sbpf_insn *insn = &j->insns[i];
		__u8 class = SBPF_CLASS(insn->code);

		if ((class == SBPF_ALU || class == SBPF_ALU64 ||
		     class == SBPF_LDX || class == SBPF_LD) &&
		    SBPF_DST(insn) >= 6)
			mask |= 1u << (SBPF_DST(insn) - 6);
	}
	return mask;
}

/* A call misaligns the stack by 8; C wants it to be a multiple of 16. */
static bool jit_x86_needs_padding(__u32 mask)
{
	return __builtin_popcount(mask) % 2 == 0;
}

static void jit_x86_prologue(struct jit *j)
{
	int k;

	for (k = 0; k < 4; k++)
		if (j->mask & 1u << k)
			x86_push(&j->c, saved[k]);
	if (jit_x86_needs_padding(j->mask))
		x86_alu_imm(&j->c, true, X86_SUB, RSP, 8);
}

static void jit_x86_epilogue(struct jit *j)
{
	int k;

	if (jit_x86_needs_padding(j->mask))
		x86_alu_imm(&j->c, true, X86_ADD, RSP, 8);
	for (k = 3; k >= 0; k--)
		if (j->mask & 1u << k)
			x86_pop(&j->c, saved[k]);
	x86_ret(&j->c);
}

static void jit_x86_where(struct x86_code *c, __u32 i)
{
	x86_store_imm(c, 4, JIT_FIELD(where), (__s32)i);
}

/* From C, or leave if the run has ended there. */
static void jit_x86_come_back(struct jit *j, struct x86_code *c)
{
	x86_load(c, 8, false, JIT_COUNT, JIT_FIELD(count));
	x86_cmp_mem_imm(c, JIT_FIELD(stopped), 0);
	x86_jcc(c, X86_JNE, j->code->cut);
}

static const __u8 c_saved[] = { RBP, RBX, R12, R13, R14, R15 };

/* void enter(struct sbpf_jit_state *) */
static void jit_x86_enter(struct jit *j)
{
	struct x86_code *c = &j->c;
	int k;

	j->code->enter = c->at;
	for (k = 0; k < 6; k++)
		x86_push(c, c_saved[k]);
	x86_alu_imm(c, true, X86_SUB, RSP, 8);
	x86_alu(c, true, X86_MOV, JIT_STATE, RDI);
	x86_store(c, 8, JIT_FIELD(sp), RSP);
	x86_load(c, 8, false, JIT_COUNT, JIT_FIELD(count));
	x86_load(c, 8, false, JIT_BASE, JIT_FIELD(base));
	x86_mov_imm(c, sbpf_jit_reg[1], SBPF_CTX_BASE);
	x86_jmp(c, jit_x86_label(j, 0));
}

/* Returns that a processor predicts by calls it saw; so many Linux takes. */
#define RETURNS	32

/*
 * Calls that did not return are still in the processor's return stack, and the
 * returns from here on would be predicted to go behind them: translated code
 * with registers of C's. So it is filled with others, which lead nowhere.
 */
static void jit_x86_cut(struct jit *j)
{
	struct x86_code *c = &j->c;
	int k;

	j->code->cut = c->at;
	x86_load(c, 8, false, RSP, JIT_FIELD(sp));
	for (k = 0; k < RETURNS; k++) {
		x86_call(c, c->at + X86_CALL_BYTES + 1);
		x86_byte(c, X86_INT3);
	}
}

/* Comes after that, or from the entry's return. */
static void jit_x86_leave(struct jit *j)
{
	struct x86_code *c = &j->c;
	int k;

	j->code->leave = c->at;
	x86_store(c, 8, JIT_FIELD(count), JIT_COUNT);
	x86_load(c, 8, false, RSP, JIT_FIELD(sp));
	x86_alu_imm(c, true, X86_ADD, RSP, 8);
	for (k = 5; k >= 0; k--)
		x86_pop(c, c_saved[k]);
	x86_ret(c);
}

/*
 * A way into C that keeps the program's registers: passes the state, r11 and
 * r12, comes back with the result in r11 or not at all.
 */
static __u32 jit_x86_slow(struct jit *j, __u64 function)
{
	static const __u8 live[] = { RAX, RDI, RSI, RDX, RCX, R8 };
	struct x86_code *c = &j->c;
	__u32 start = c->at;
	int k;

	for (k = 0; k < 6; k++)
		x86_push(c, live[k]);
	x86_alu_imm(c, true, X86_SUB, RSP, 8);
	x86_store(c, 8, JIT_FIELD(count), JIT_COUNT);
	x86_alu(c, true, X86_MOV, RDI, JIT_STATE);
	x86_alu(c, true, X86_MOV, RSI, JIT_SCRATCH);
	x86_alu(c, true, X86_MOV, RDX, R12);
	x86_mov_imm(c, RAX, function);
	x86_call_reg(c, RAX);
	x86_alu(c, true, X86_MOV, JIT_SCRATCH, RAX);
	x86_alu_imm(c, true, X86_ADD, RSP, 8);
	for (k = 5; k >= 0; k--)
		x86_pop(c, live[k]);
	jit_x86_come_back(j, c);
	x86_ret(c);
	return start;
}

/*
 * Memory.
 */

static bool jit_x86_is_store(const struct sbpf_insn *insn)
{
	return SBPF_CLASS(insn->code) != SBPF_LDX;
}

static __u8 jit_x86_base_of(const struct sbpf_insn *insn)
{
	return jit_x86_is_store(insn) ? SBPF_DST(insn) : SBPF_SRC(insn);
}

/* The access itself, once its operand is known to be good. */
static void jit_x86_access(struct jit *j, const struct sbpf_insn *insn,
			   struct x86_mem mem)
{
	__u32 size = sbpf_program_access_size(insn->code);

	if (SBPF_CLASS(insn->code) == SBPF_LDX)
		x86_load(&j->c, size, SBPF_MODE(insn->code) == SBPF_MEMSX,
			 sbpf_jit_reg[SBPF_DST(insn)], mem);
	else if (SBPF_CLASS(insn->code) == SBPF_STX)
		x86_store(&j->c, size, mem, sbpf_jit_reg[SBPF_SRC(insn)]);
	else
		x86_store_imm(&j->c, size, mem, insn->imm);
}

#define NOTHING	0xff	/* held in r11 that is of use */

/* The base in r11, cut to 32 bits. */
static void jit_x86_base(struct jit *j, const struct sbpf_insn *insn)
{
	if (!j->addressed && j->held != jit_x86_base_of(insn))
		x86_alu(&j->c, false, X86_MOV, JIT_SCRATCH,
			sbpf_jit_reg[jit_x86_base_of(insn)]);
}

static void jit_x86_guarded(struct jit *j, const struct sbpf_insn *insn)
{
	struct x86_mem mem = x86_at(JIT_BASE, insn->off);

	if (jit_x86_base_of(insn) == SBPF_FP) {
		mem.disp += SBPF_FRAME_TOP(j->func);
	} else {
		jit_x86_base(j, insn);
		j->held = j->addressed ? NOTHING : jit_x86_base_of(insn);
		mem.index = JIT_SCRATCH;
	}
	jit_x86_access(j, insn, mem);
}

/* In the part of a frame that every frame has. */
static bool jit_x86_in_frame(const struct sbpf_insn *insn)
{
	__s32 size = (__s32)sbpf_program_access_size(insn->code);

	return jit_x86_base_of(insn) == SBPF_FP && insn->off + size <= 0 &&
	       insn->off >= -(__s32)SBPF_PAGE_SIZE;
}

static void jit_x86_frame_access(struct jit *j, const struct sbpf_insn *insn)
{
	x86_mul_mem(&j->c, JIT_SCRATCH, JIT_FIELD(stride), (__s32)j->func);
	x86_alu_mem(&j->c, X86_ADD, JIT_SCRATCH, JIT_FIELD(frame_top));
	jit_x86_access(j, insn, x86_at(JIT_SCRATCH, insn->off));
}

/* Field of the slot that r12, three times its number, stands for. */
static struct x86_mem jit_x86_slot_field(bool write, size_t field)
{
	struct x86_mem mem = {
		.base = JIT_STATE, .index = R12, .scale = 3,
	};

	mem.disp = (__s32)(offsetof(struct sbpf_jit_state, slots) + field +
			   (write ? JIT_SLOTS * sizeof(struct sbpf_slot) : 0));
	return mem;
}

/* Not in the stretch last used: let C find memory, or the fault. */
static void jit_x86_slot_miss(struct jit *j, const struct sbpf_insn *insn,
			      __u32 i, __u32 resume)
{
	struct x86_code *c = &j->far;
	bool write = jit_x86_is_store(insn);

	x86_alu_mem(c, X86_ADD, JIT_SCRATCH,
		    jit_x86_slot_field(write,
				       offsetof(struct sbpf_slot, start)));
	jit_x86_where(c, i);
	x86_mov_imm(c, R12, sbpf_program_access_size(insn->code) |
			    (write ? JIT_WRITE : 0));
	x86_call(c, j->slot);
	x86_jmp(c, resume);
}

/*
 * The jump may be predicted wrongly. What is added to the stretch's memory is
 * 0 then: processors predict jumps, not moves. A mask made by subtraction with
 * borrow would have each access wait for the one before on many of them, for
 * they do not see that what it replaces does not matter.
 */
static void jit_x86_compare(struct jit *j, const struct sbpf_insn *insn,
			    __u32 i)
{
	struct x86_code *c = &j->c;
	bool write = jit_x86_is_store(insn);
	struct x86_mem triple = { R12, R12, 1, 0 };

	if (jit_x86_base_of(insn) == SBPF_FP)
		x86_mov_imm(c, JIT_SCRATCH, SBPF_FRAME_TOP(j->func));
	else
		jit_x86_base(j, insn);
	if (insn->off)
		x86_alu_imm(c, true, X86_ADD, JIT_SCRATCH, insn->off);
	x86_alu(c, false, X86_MOV, R12, JIT_SCRATCH);
	x86_shift_imm(c, false, X86_SHR, R12, JIT_SLOT_SHIFT);
	x86_lea(c, true, R12, triple);
	x86_alu_mem(c, X86_SUB, JIT_SCRATCH,
		    jit_x86_slot_field(write,
				       offsetof(struct sbpf_slot, start)));
	x86_mov_imm(c, JIT_SPARE, 0);
	x86_alu_mem(c, X86_CMP, JIT_SCRATCH,
		    jit_x86_slot_field(write, offsetof(struct sbpf_slot, len)));
	x86_jcc(c, X86_JAE, j->far.at);
	x86_cmov(c, X86_JAE, JIT_SCRATCH, JIT_SPARE);
	x86_alu_mem(c, X86_ADD, JIT_SCRATCH,
		    jit_x86_slot_field(write, offsetof(struct sbpf_slot, mem)));
	jit_x86_slot_miss(j, insn, i, c->at);
	jit_x86_access(j, insn, x86_at(JIT_SCRATCH, 0));
}

static void jit_x86_memory(struct jit *j, const struct sbpf_insn *insn,
			   __u32 i)
{
	if (jit_x86_unchecked(j) && jit_x86_base_of(insn) != SBPF_FP)
		jit_x86_access(j, insn,
			       x86_at(j->addressed ?
				      JIT_SCRATCH :
				      sbpf_jit_reg[jit_x86_base_of(insn)],
				      insn->off));
	else if (jit_x86_unchecked(j) || j->code->mode == SBPF_JIT_GUARDED)
		jit_x86_guarded(j, insn);
	else if (jit_x86_in_frame(insn))
		jit_x86_frame_access(j, insn);
	else
		jit_x86_compare(j, insn, i);
	j->addressed = false;
}

/*
 * Jumps and calls.
 */

static void jit_x86_tick(struct jit *j, __u32 i)
{
	struct x86_code *c = &j->c;
	__u32 slow = j->far.at;

	x86_alu_imm(c, true, X86_SUB, JIT_COUNT, JIT_TICK - (__s32)j->late);
	x86_jcc(c, X86_JS, slow);
	jit_x86_where(&j->far, i);
	x86_call(&j->far, j->tick);
	x86_jmp(&j->far, c->at);
}

static void jit_x86_jump(struct jit *j, const struct sbpf_insn *insn, __u32 i)
{
	struct x86_code *c = &j->c;
	__s64 target = sbpf_check_jump_target(j->ck, i);

	if (target <= i && !jit_x86_unchecked(j))
		jit_x86_tick(j, i);
	if (SBPF_OP(insn->code) == SBPF_JA) {
		x86_jmp(c, jit_x86_label(j, target));
		return;
	}
	x86_jcc(c, sbpf_jit_fuse_test(c, insn), jit_x86_label(j, target));
}

static void jit_x86_helper(struct jit *j, const struct sbpf_insn *insn,
			   __u32 i)
{
	struct x86_code *c = &j->c;

	jit_x86_where(c, i);
	x86_store(c, 8, JIT_FIELD(count), JIT_COUNT);
	x86_alu(c, true, X86_MOV, R8, JIT_STATE);
	x86_mov_imm(c, R9, (__u32)insn->imm);
	x86_mov_imm(c, RAX, (__u64)(uintptr_t)sbpf_jit_run_helper);
	x86_call_reg(c, RAX);
	jit_x86_come_back(j, c);
}

static void jit_x86_exit(struct jit *j, __u32 i)
{
	if (j->func) {
		jit_x86_epilogue(j);
		return;
	}
	x86_store(&j->c, 8, JIT_FIELD(r0), RAX);
	jit_x86_where(&j->c, i);
	x86_jmp(&j->c, j->code->leave);
}

static void jit_x86_control(struct jit *j, const struct sbpf_insn *insn,
			    __u32 i)
{
	if (insn->code == SBPF_INSN_EXIT)
		jit_x86_exit(j, i);
	else if (insn->code != SBPF_INSN_CALL)
		jit_x86_jump(j, insn, i);
	else if (SBPF_SRC(insn) == SBPF_CALL_HELPER)
		jit_x86_helper(j, insn, i);
	else
		x86_call(&j->c, j->code->entry[sbpf_check_callee(j->ck, i) -
					       j->ck->funcs]);
}

static void jit_x86_insn(struct jit *j, const struct sbpf_insn *insn, __u32 i)
{
	switch (SBPF_CLASS(insn->code)) {
	case SBPF_ALU:
	case SBPF_ALU64:
		if (SBPF_OP(insn->code) == SBPF_MOV &&
		    (insn->code & SBPF_X) && SBPF_SRC(insn) == SBPF_FP)
			x86_mov_imm(&j->c, sbpf_jit_reg[SBPF_DST(insn)],
				    SBPF_FRAME_TOP(j->func));
		else
			sbpf_jit_alu(&j->c, insn);
		break;
	case SBPF_LD:
		x86_mov_imm(&j->c, sbpf_jit_reg[SBPF_DST(insn)],
			    (__u32)insn->imm |
			    (__u64)(__u32)j->insns[i + 1].imm << 32);
		break;
	case SBPF_JMP:
	case SBPF_JMP32:
		jit_x86_control(j, insn, i);
		break;
	default:
		jit_x86_memory(j, insn, i);
		break;
	}
}

/*
 * The whole.
 */

/* At the head of a chain: count it, or leave that to its end. */
static void jit_x86_count(struct jit *j, __u32 i)
{
	struct sbpf_jit_chain chain;

	sbpf_jit_blocks_chain(j->program, j->code, i, i, &chain);
	if (chain.late)
		j->late = chain.total;
	else
		x86_alu_imm(&j->c, true, X86_ADD, JIT_COUNT,
			    (__s32)chain.total);
}

static void jit_x86_begin_insn(struct jit *j, __u32 i)
{
	__u32 *at = &j->code->at[i];

	if (*at & JIT_LOOP)
		x86_align(&j->c, 32);
	*at = (*at & ~JIT_OFFSET) | j->c.at;
	if (*at & JIT_LEADER)
		j->held = NOTHING;
	if ((*at & JIT_LEADER) && !(*at & JIT_PAID) && !jit_x86_unchecked(j))
		jit_x86_count(j, i);
}

/* Whether r11 is still the low half of the same register. */
static bool jit_x86_keeps_held(const struct jit *j,
			       const struct sbpf_insn *insn)
{
	switch (SBPF_CLASS(insn->code)) {
	case SBPF_ALU:
	case SBPF_ALU64:
		return SBPF_DST(insn) != j->held &&
		       !sbpf_jit_alu_uses_r11(insn);
	case SBPF_LD:
	case SBPF_LDX:
		return SBPF_DST(insn) != j->held;
	case SBPF_ST:
	case SBPF_STX:
		return true;
	default:
		return false;
	}
}

/* One instruction, or several that make less together; how many. */
static __u32 jit_x86_insns(struct jit *j, __u32 i)
{
	struct sbpf_insn insn = j->insns[i];
	__u32 nr;

	if (sbpf_jit_fuse_is_select(j->program, j->code, i)) {
		sbpf_jit_fuse_select(&j->c, &j->insns[i],
				     !jit_x86_unchecked(j));
		return 2;
	}
	nr = sbpf_jit_fuse_sum(&j->c, j->program, j->code, i, &j->addressed);
	if (nr) {
		if (j->addressed || SBPF_DST(&insn) == j->held)
			j->held = NOTHING;
		return nr;
	}
	nr = sbpf_jit_fuse_alu(j->program, j->code, i, &insn);
	jit_x86_insn(j, &insn, i);
	if (!jit_x86_keeps_held(j, &insn))
		j->held = NOTHING;
	return insn.code == SBPF_INSN_LD_IMM64 ? 2 : nr;
}

static void jit_x86_function(struct jit *j)
{
	const struct sbpf_func *func = &j->ck->funcs[j->func];
	__u32 i;

	j->code->entry[j->func] = j->c.at;
	if (j->func) {
		j->mask = jit_x86_regs_to_save(j);
		jit_x86_prologue(j);
	}
	for (i = func->start; i < func->start + func->len; ) {
		__u32 next;

		jit_x86_begin_insn(j, i);
		next = i + jit_x86_insns(j, i);
		for (i++; i < next; i++)
			j->code->at[i] = (j->code->at[i] & ~JIT_OFFSET) |
					 j->c.at;
	}
}

static void jit_x86_program(struct jit *j)
{
	jit_x86_enter(j);
	jit_x86_cut(j);
	jit_x86_leave(j);
	j->tick = jit_x86_slow(j, (__u64)(uintptr_t)sbpf_jit_run_tick);
	j->slot = jit_x86_slow(j, (__u64)(uintptr_t)sbpf_jit_run_slot);
	for (j->func = 0; j->func < j->ck->nr_funcs; j->func++)
		jit_x86_function(j);
	j->code->at[j->ck->len] = j->c.at;
}

size_t sbpf_jit_compile(struct sbpf_program *program, struct sbpf_code *table,
			enum sbpf_jit_mode mode, __u8 *text, size_t size,
			const __u8 *runs_at)
{
	struct jit j = {
		.program = program,
		.insns = program->check.insns,
		.ck = &program->check,
		.code = table,
	};
	__u32 near, all;

	if (!SBPF_TRANSLATES)
		return 0;
	table->mode = mode;
	table->text = runs_at;
	sbpf_jit_blocks_find(program, table);
	jit_x86_program(&j);
	near = j.c.at;
	all = near + j.far.at;
	table->size = all;
	if (size < all)
		return all;
	j.c.bytes = text;
	j.c.at = 0;
	j.far.bytes = text;
	j.far.at = near;
	jit_x86_program(&j);
	program->code[mode] = table;
	return all;
}
