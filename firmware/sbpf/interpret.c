// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The reference interpreter of λ programs: written to be read. It relies on
 * the load-time check for the shape of a program and checks nothing but what
 * only a run can tell: memory and budget.
 */
#include <string.h>

#include "internal.h"

struct machine {
	struct sbpf_run *run;
	const struct sbpf_insn *insns;
	__u32 pc;		/* of the instruction to execute next */
	__u32 level;		/* calls in progress */
	bool running;
	__u64 r[SBPF_REGS];
	struct {
		__u32 pc;
		__u64 r[4];	/* R6 to R9 */
		__u64 fp;
	} calls[SBPF_DEPTH_MAX];
};

/*
 * Arithmetic. Of a 32-bit operation the low halves go in and the low half
 * comes out, zero-extended.
 */

static __u64 interpret_divide(__u64 a, __u64 b, bool wide)
{
	if (wide)
		return b ? a / b : 0;
	return (__u32)b ? (__u32)a / (__u32)b : 0;
}

static __u64 interpret_modulo(__u64 a, __u64 b, bool wide)
{
	if (wide)
		return b ? a % b : a;
	return (__u32)b ? (__u32)a % (__u32)b : a;
}

/* The quotient of the least number and -1 wraps to that number again. */
static __u64 interpret_divide_signed(__u64 a, __u64 b, bool wide)
{
	__s64 x = wide ? (__s64)a : (__s32)a;
	__s64 y = wide ? (__s64)b : (__s32)b;

	if (y == 0)
		return 0;
	return y == -1 ? 0 - (__u64)x : (__u64)(x / y);
}

static __u64 interpret_modulo_signed(__u64 a, __u64 b, bool wide)
{
	__s64 x = wide ? (__s64)a : (__s32)a;
	__s64 y = wide ? (__s64)b : (__s32)b;

	if (y == 0)
		return a;
	return y == -1 ? 0 : (__u64)(x % y);
}

static __u64 interpret_shift_signed(__u64 a, __u64 by, bool wide)
{
	if (wide)
		return (__u64)((__s64)a >> (by & 63));
	return (__u64)((__s32)a >> (by & 31));
}

static __u64 interpret_move(__u64 from, __s16 bits)
{
	switch (bits) {
	case 8:
		return (__u64)(__s8)from;
	case 16:
		return (__u64)(__s16)from;
	case 32:
		return (__u64)(__s32)from;
	default:
		return from;
	}
}

/* Little-endian is ours, so that only the truncation remains of "to le". */
static __u64 interpret_byte_order(const struct sbpf_insn *insn, __u64 a)
{
	bool swap = SBPF_CLASS(insn->code) == SBPF_ALU64 ||
		    (insn->code & SBPF_X);

	switch (insn->imm) {
	case 16:
		return swap ? __builtin_bswap16((__u16)a) : (__u16)a;
	case 32:
		return swap ? __builtin_bswap32((__u32)a) : (__u32)a;
	default:
		return swap ? __builtin_bswap64(a) : a;
	}
}

static __u64 interpret_arithmetic(const struct sbpf_insn *insn, __u64 a,
				  __u64 b)
{
	bool wide = SBPF_CLASS(insn->code) == SBPF_ALU64;

	switch (SBPF_OP(insn->code)) {
	case SBPF_ADD:
		return a + b;
	case SBPF_SUB:
		return a - b;
	case SBPF_MUL:
		return a * b;
	case SBPF_DIV:
		return insn->off == SBPF_SIGNED ?
			       interpret_divide_signed(a, b, wide) :
			       interpret_divide(a, b, wide);
	case SBPF_MOD:
		return insn->off == SBPF_SIGNED ?
			       interpret_modulo_signed(a, b, wide) :
			       interpret_modulo(a, b, wide);
	case SBPF_OR:
		return a | b;
	case SBPF_AND:
		return a & b;
	case SBPF_XOR:
		return a ^ b;
	case SBPF_LSH:
		return a << (b & (wide ? 63 : 31));
	case SBPF_RSH:
		return wide ? a >> (b & 63) : (__u32)a >> (b & 31);
	case SBPF_ARSH:
		return interpret_shift_signed(a, b, wide);
	case SBPF_NEG:
		return 0 - a;
	default: /* SBPF_MOV */
		return interpret_move(b, insn->off);
	}
}

/* The second operand: a register, or the sign-extended immediate. */
static __u64 interpret_operand(const struct machine *m,
			       const struct sbpf_insn *insn)
{
	if (insn->code & SBPF_X)
		return m->r[SBPF_SRC(insn)];
	return (__u64)insn->imm;
}

static void interpret_alu(struct machine *m, const struct sbpf_insn *insn)
{
	__u64 *dst = &m->r[SBPF_DST(insn)];

	if (SBPF_OP(insn->code) == SBPF_END) {
		*dst = interpret_byte_order(insn, *dst);
		return;
	}
	*dst = interpret_arithmetic(insn, *dst, interpret_operand(m, insn));
	if (SBPF_CLASS(insn->code) == SBPF_ALU)
		*dst = (__u32)*dst;
}

/*
 * Memory.
 */

/* Memory of an access, or NULL when it ended the run. */
static __u8 *interpret_touch(struct machine *m, const struct sbpf_insn *insn,
			     __u64 base, bool write)
{
	__s64 addr = (__s64)(__u32)base + insn->off;
	__s64 bad;
	__u8 *mem;

	mem = sbpf_window_find(m->run->window, addr,
			       sbpf_program_access_size(insn->code),
			       write, &bad);
	if (!mem)
		m->running = sbpf_run_fault(m->run, bad, write);
	return mem;
}

static void interpret_load(struct machine *m, const struct sbpf_insn *insn)
{
	__u32 size = sbpf_program_access_size(insn->code);
	__u64 value = 0;
	__u8 *mem = interpret_touch(m, insn, m->r[SBPF_SRC(insn)], false);

	if (!mem)
		return;
	memcpy(&value, mem, size);
	if (SBPF_MODE(insn->code) == SBPF_MEMSX)
		value = interpret_move(value, 8 * size);
	m->r[SBPF_DST(insn)] = value;
}

static void interpret_store(struct machine *m, const struct sbpf_insn *insn)
{
	__u64 value = (__u64)insn->imm;
	__u8 *mem = interpret_touch(m, insn, m->r[SBPF_DST(insn)], true);

	if (SBPF_CLASS(insn->code) == SBPF_STX)
		value = m->r[SBPF_SRC(insn)];
	if (mem)
		memcpy(mem, &value, sbpf_program_access_size(insn->code));
}

/*
 * Jumps and calls.
 */

static bool interpret_condition(const struct sbpf_insn *insn, __u64 a, __u64 b)
{
	__s64 x = (__s64)a, y = (__s64)b;

	if (SBPF_CLASS(insn->code) == SBPF_JMP32) {
		a = (__u32)a;
		b = (__u32)b;
		x = (__s32)a;
		y = (__s32)b;
	}
	switch (SBPF_OP(insn->code)) {
	case SBPF_JEQ:
		return a == b;
	case SBPF_JNE:
		return a != b;
	case SBPF_JGT:
		return a > b;
	case SBPF_JGE:
		return a >= b;
	case SBPF_JLT:
		return a < b;
	case SBPF_JLE:
		return a <= b;
	case SBPF_JSGT:
		return x > y;
	case SBPF_JSGE:
		return x >= y;
	case SBPF_JSLT:
		return x < y;
	case SBPF_JSLE:
		return x <= y;
	default: /* SBPF_JSET */
		return a & b;
	}
}

static void interpret_jump(struct machine *m, const struct sbpf_insn *insn)
{
	__s32 delta = insn->code == SBPF_INSN_GOTOL ? insn->imm : insn->off;

	if (delta < 0 && !sbpf_run_back(m->run)) {
		m->running = false;
		return;
	}
	if (SBPF_OP(insn->code) == SBPF_JA ||
	    interpret_condition(insn, m->r[SBPF_DST(insn)],
				interpret_operand(m, insn)))
		m->pc += delta;
}

static void interpret_call(struct machine *m, const struct sbpf_insn *insn)
{
	__u32 k;

	m->calls[m->level].pc = m->pc;
	m->calls[m->level].fp = m->r[SBPF_FP];
	memcpy(m->calls[m->level].r, &m->r[6], sizeof(m->calls[0].r));
	m->level++;
	m->pc += insn->imm;
	k = sbpf_program_func_at(m->run->program, m->pc);
	m->r[SBPF_FP] = SBPF_FRAME_TOP(k);
}

static void interpret_exit(struct machine *m)
{
	if (m->level == 0) {
		sbpf_run_return(m->run, m->r[0]);
		m->running = false;
		return;
	}
	m->level--;
	m->pc = m->calls[m->level].pc;
	m->r[SBPF_FP] = m->calls[m->level].fp;
	memcpy(&m->r[6], m->calls[m->level].r, sizeof(m->calls[0].r));
}

static void interpret_control(struct machine *m, const struct sbpf_insn *insn)
{
	if (insn->code == SBPF_INSN_EXIT)
		interpret_exit(m);
	else if (insn->code != SBPF_INSN_CALL)
		interpret_jump(m, insn);
	else if (SBPF_SRC(insn) == SBPF_CALL_LOCAL)
		interpret_call(m, insn);
	else
		m->running = sbpf_helper(m->run, insn->imm, &m->r[1], &m->r[0]);
}

static void interpret_insn(struct machine *m)
{
	const struct sbpf_insn *insn = &m->insns[m->pc];

	m->run->where = m->pc++;
	m->run->insns++;
	switch (SBPF_CLASS(insn->code)) {
	case SBPF_ALU:
	case SBPF_ALU64:
		interpret_alu(m, insn);
		break;
	case SBPF_JMP:
	case SBPF_JMP32:
		interpret_control(m, insn);
		break;
	case SBPF_LD:
		m->r[SBPF_DST(insn)] = (__u32)insn->imm |
				       (__u64)(__u32)insn[1].imm << 32;
		m->pc++;
		break;
	case SBPF_LDX:
		interpret_load(m, insn);
		break;
	default: /* SBPF_ST, SBPF_STX */
		interpret_store(m, insn);
		break;
	}
}

void sbpf_interpret(struct sbpf_run *run)
{
	struct machine m;

	memset(&m, 0, sizeof(m));
	m.run = run;
	m.insns = run->program->check.insns;
	m.running = true;
	m.r[1] = SBPF_CTX_BASE;
	m.r[SBPF_FP] = SBPF_FRAME_TOP(0);
	sbpf_run_begin(run);
	while (m.running)
		interpret_insn(&m);
}
