// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The load-time check of λ programs.
 *
 * Every register of a λ is a plain number and every access is confined to its
 * window when it is made, so nothing has to be known about values. What is
 * left to check is the shape of the program, and that no register is read
 * before it is written: a runtime need not clear registers, and nothing
 * left in them from elsewhere ever shows.
 *
 * The kernel, the firmware and the userspace runtime compile this one file, so
 * it is plain C: no calls, no allocation, no recursion, and time linear in the
 * number of instructions whatever they are. Five passes, each of which relies
 * on those before it, each of which reports the first instruction it objects
 * to:
 *
 *   instructions  opcodes, fields, registers, helpers
 *   functions     where they start
 *   jumps         targets; no function falls off its end
 *   calls         no recursion, bounded depth and weight; callees first order
 *   dataflow      in flow.c; with it, what the program needs
 */
#include <linux/build_bug.h>
#include <linux/lambda_check.h>
#include <linux/sbpf_isa.h>
#include <linux/stddef.h>

#include "flow.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "lambda programs are little-endian, and so must be who runs them"
#endif
static_assert(sizeof(struct sbpf_insn) == 8, "an instruction is 8 bytes");
static_assert(SBPF_INSNS_MAX == 131072 && SBPF_FUNCS_MAX == 256 &&
	      SBPF_DEPTH_MAX == 8 && SBPF_WEIGHT_MAX == 1048576,
	      "the messages below name these limits");

static int check_refuse(struct sbpf_check *ck, __u32 where, const char *why)
{
	ck->where = where;
	ck->why = why;
	return -1;
}

/*
 * What an instruction does with its fields: the one place that knows opcodes.
 */

static __u32 check_alu_operands(const struct sbpf_insn *insn)
{
	__u32 source = insn->code & SBPF_X ? SBPF_SRC_READ : SBPF_USES_IMM;
	__u8 wide = SBPF_CLASS(insn->code) == SBPF_ALU64;

	switch (SBPF_OP(insn->code)) {
	case SBPF_MOV:
		if (source == SBPF_USES_IMM)
			return SBPF_DST_WRITE | source;
		if (wide && insn->off == 0)
			source |= SBPF_SRC_FRAME;
		return SBPF_DST_WRITE | source | SBPF_USES_OFF;
	case SBPF_NEG:
		return insn->code & SBPF_X ? 0 : SBPF_DST_READ | SBPF_DST_WRITE;
	case SBPF_END:
		if (wide && (insn->code & SBPF_X))
			return 0;
		return SBPF_DST_READ | SBPF_DST_WRITE | SBPF_USES_IMM;
	case SBPF_DIV:
	case SBPF_MOD:
		return SBPF_DST_READ | SBPF_DST_WRITE | SBPF_USES_OFF | source;
	default:
		if (SBPF_OP(insn->code) > SBPF_END)
			return 0;
		return SBPF_DST_READ | SBPF_DST_WRITE | source;
	}
}

static __u32 check_jump_operands(const struct sbpf_insn *insn)
{
	__u32 source = insn->code & SBPF_X ? SBPF_SRC_READ : SBPF_USES_IMM;

	switch (SBPF_OP(insn->code)) {
	case SBPF_JA:
		if (insn->code == SBPF_INSN_JA)
			return SBPF_USES_OFF;
		return insn->code == SBPF_INSN_GOTOL ? SBPF_USES_IMM : 0;
	case SBPF_CALL:
		if (insn->code != SBPF_INSN_CALL)
			return 0;
		return SBPF_SRC_SELECTS | SBPF_USES_IMM;
	case SBPF_EXIT:
		return insn->code == SBPF_INSN_EXIT ? SBPF_USES_NOTHING : 0;
	default:
		if (SBPF_OP(insn->code) > SBPF_JSLE)
			return 0;
		return SBPF_DST_READ | SBPF_USES_OFF | source;
	}
}

static __u32 check_memory_operands(const struct sbpf_insn *insn)
{
	__u8 mode = SBPF_MODE(insn->code);

	switch (SBPF_CLASS(insn->code)) {
	case SBPF_LD:
		if (insn->code != SBPF_INSN_LD_IMM64)
			return 0;
		return SBPF_DST_WRITE | SBPF_SRC_SELECTS | SBPF_USES_IMM;
	case SBPF_LDX:
		if (mode == SBPF_MEMSX && SBPF_SIZE(insn->code) == SBPF_DW)
			return 0;
		if (mode != SBPF_MEM && mode != SBPF_MEMSX)
			return 0;
		return SBPF_DST_WRITE | SBPF_SRC_BASE | SBPF_USES_OFF;
	case SBPF_ST:
		if (mode != SBPF_MEM)
			return 0;
		return SBPF_DST_BASE | SBPF_USES_OFF | SBPF_USES_IMM;
	default: /* SBPF_STX */
		if (mode != SBPF_MEM)
			return 0;
		return SBPF_DST_BASE | SBPF_SRC_READ | SBPF_USES_OFF;
	}
}

__u32 sbpf_check_operands(const struct sbpf_insn *insn)
{
	switch (SBPF_CLASS(insn->code)) {
	case SBPF_ALU:
	case SBPF_ALU64:
		return check_alu_operands(insn);
	case SBPF_JMP:
	case SBPF_JMP32:
		return check_jump_operands(insn);
	default:
		return check_memory_operands(insn);
	}
}

/*
 * Pass 1: instructions. These return what is wrong, or NULL.
 */

static const char *check_refused_opcode(const struct sbpf_insn *insn)
{
	__u8 code = insn->code;
	__u8 mode = SBPF_MODE(code);

	switch (SBPF_CLASS(code)) {
	case SBPF_STX:
		if (mode == SBPF_ATOMIC)
			return "atomic operations are not part of sBPF";
		break;
	case SBPF_LD:
		if (mode == SBPF_ABS || mode == SBPF_IND)
			return "legacy packet loads are not part of sBPF";
		break;
	case SBPF_JMP:
		if (SBPF_OP(code) == SBPF_JCOND)
			return "may_goto is not part of sBPF: loops need no bound";
		if (code == (SBPF_INSN_CALL | SBPF_X))
			return "calls through a register are not part of sBPF";
		if (code == (SBPF_INSN_JA | SBPF_X))
			return "jumps through a register are not part of sBPF";
		break;
	}
	return "unknown opcode";
}

static const char *check_load_kind(const struct sbpf_insn *insn)
{
	switch (SBPF_SRC(insn)) {
	case SBPF_LD_VALUE:
		return NULL;
	case SBPF_LD_MAP_FD:
	case SBPF_LD_MAP_VALUE:
	case SBPF_LD_MAP_IDX:
	case SBPF_LD_MAP_IDX_VALUE:
		return "loads the address of a map: lambda programs keep globals instead";
	case SBPF_LD_BTF_ID:
		return "loads the address of a kernel variable, out of a lambda's reach";
	case SBPF_LD_FUNC:
		return "loads the address of a function, which a lambda cannot call";
	default:
		return "unknown kind of 64-bit immediate load";
	}
}

static const char *check_call_kind(const struct sbpf_insn *insn)
{
	switch (SBPF_SRC(insn)) {
	case SBPF_CALL_LOCAL:
		return NULL;
	case SBPF_CALL_KFUNC:
		return "calls a kernel function: a lambda can call only helpers";
	case SBPF_CALL_HELPER:
		if (insn->imm < SBPF_HELPER_MEMCPY ||
		    insn->imm >= SBPF_HELPER_END)
			return "calls a helper that sBPF does not have";
		return NULL;
	default:
		return "unknown kind of call";
	}
}

static const char *check_move(const struct sbpf_insn *insn)
{
	__u8 wide = SBPF_CLASS(insn->code) == SBPF_ALU64;

	if (insn->off == 0 || insn->off == 8 || insn->off == 16)
		return NULL;
	if (wide && insn->off == 32)
		return NULL;
	if (wide && insn->off == SBPF_ADDR_SPACE_CAST)
		return "address space casts are not part of sBPF";
	if (wide && insn->off == SBPF_ADDR_PERCPU)
		return "per-CPU addresses are not part of sBPF";
	return "a sign-extending move takes 8, 16 or, to 64 bits, 32";
}

static const char *check_alu_values(const struct sbpf_insn *insn)
{
	switch (SBPF_OP(insn->code)) {
	case SBPF_MOV:
		return insn->code & SBPF_X ? check_move(insn) : NULL;
	case SBPF_DIV:
	case SBPF_MOD:
		if (insn->off == 0 || insn->off == SBPF_SIGNED)
			return NULL;
		return "the offset of a division is 0, or 1 for a signed one";
	case SBPF_END:
		if (insn->imm == 16 || insn->imm == 32 || insn->imm == 64)
			return NULL;
		return "a byte swap takes 16, 32 or 64 bits";
	default:
		return NULL;
	}
}

static const char *check_values(const struct sbpf_insn *insn)
{
	switch (SBPF_CLASS(insn->code)) {
	case SBPF_ALU:
	case SBPF_ALU64:
		return check_alu_values(insn);
	case SBPF_LD:
		return check_load_kind(insn);
	case SBPF_JMP:
		return insn->code == SBPF_INSN_CALL ? check_call_kind(insn) :
						      NULL;
	default:
		return NULL;
	}
}

static const char *check_unused(const struct sbpf_insn *insn, __u32 uses)
{
	const char *why = "a field that this instruction does not use must be 0";

	if (!(uses & SBPF_USES_DST) && SBPF_DST(insn) != 0)
		return why;
	if (!(uses & SBPF_USES_SRC) && SBPF_SRC(insn) != 0)
		return why;
	if (!(uses & SBPF_USES_OFF) && insn->off != 0)
		return why;
	if (!(uses & SBPF_USES_IMM) && insn->imm != 0)
		return why;
	return NULL;
}

static const char *check_registers(const struct sbpf_insn *insn, __u32 uses)
{
	if (SBPF_DST(insn) >= SBPF_REGS)
		return "the registers are R0 to R10";
	if (!(uses & SBPF_SRC_SELECTS) && SBPF_SRC(insn) >= SBPF_REGS)
		return "the registers are R0 to R10";
	if (SBPF_DST(insn) == SBPF_FP && (uses & SBPF_DST_WRITE))
		return "R10 is read-only";
	if (SBPF_DST(insn) == SBPF_FP && (uses & SBPF_DST_READ))
		return "R10 can only be a base or be copied by a 64-bit move";
	if (SBPF_SRC(insn) == SBPF_FP && (uses & SBPF_SRC_READ) &&
	    !(uses & SBPF_SRC_FRAME))
		return "R10 can only be a base or be copied by a 64-bit move";
	return NULL;
}

static const char *check_insn(const struct sbpf_insn *insn)
{
	__u32 uses = sbpf_check_operands(insn);
	const char *why = uses ? check_values(insn) :
				 check_refused_opcode(insn);

	if (!why)
		why = check_unused(insn, uses);
	if (!why)
		why = check_registers(insn, uses);
	return why;
}

static const char *check_second_half(const struct sbpf_check *ck, __u32 i)
{
	const struct sbpf_insn *half = &ck->insns[i];

	if (i == ck->len)
		return "the second half of a 64-bit immediate load is missing";
	if (half->code != 0 || half->regs != 0 || half->off != 0)
		return "the second half of a 64-bit load holds more than a number";
	return NULL;
}

static int check_insns(struct sbpf_check *ck, __u16 *state)
{
	const char *why;
	__u32 i;

	for (i = 0; i < ck->len; i++) {
		state[i] = 0;
		why = check_insn(&ck->insns[i]);
		if (why)
			return check_refuse(ck, i, why);
		if (ck->insns[i].code != SBPF_INSN_LD_IMM64)
			continue;
		i++;
		why = check_second_half(ck, i);
		if (why)
			return check_refuse(ck, i - 1, why);
		state[i] = SBPF_STATE_HALF;
	}
	return 0;
}

/*
 * Pass 2: functions.
 */

/* Index of the first function that starts at @start or after it. */
static __u32 check_lower_bound(const struct sbpf_check *ck, __u32 start)
{
	__u32 low = 0, high = ck->nr_funcs;

	while (low < high) {
		__u32 mid = (low + high) / 2;

		if (ck->funcs[mid].start < start)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static __s64 check_call_target(const struct sbpf_check *ck, __u32 i)
{
	return (__s64)i + 1 + ck->insns[i].imm;
}

static int check_is_local_call(const struct sbpf_insn *insn)
{
	return insn->code == SBPF_INSN_CALL &&
	       SBPF_SRC(insn) == SBPF_CALL_LOCAL;
}

struct sbpf_func *sbpf_check_callee(struct sbpf_check *ck, __u32 i)
{
	return &ck->funcs[check_lower_bound(ck,
					    (__u32)check_call_target(ck, i))];
}

static int check_add_func(struct sbpf_check *ck, __u32 start)
{
	__u32 at = check_lower_bound(ck, start);
	__u32 k;

	if (at < ck->nr_funcs && ck->funcs[at].start == start)
		return 0;
	if (ck->nr_funcs == SBPF_FUNCS_MAX)
		return -1;
	for (k = ck->nr_funcs++; k > at; k--)
		ck->funcs[k].start = ck->funcs[k - 1].start;
	ck->funcs[at].start = start;
	return 0;
}

static const char *check_callee(struct sbpf_check *ck, const __u16 *state,
				__u32 i)
{
	__s64 target = check_call_target(ck, i);

	if (target < 0 || target >= ck->len)
		return "calls outside the program";
	if (target == 0)
		return "calls the entry function";
	if (state[target] & SBPF_STATE_HALF)
		return "calls into the middle of a 64-bit immediate load";
	if (check_add_func(ck, (__u32)target))
		return "calls one function more than a lambda program may have (256)";
	return NULL;
}

static int check_find_funcs(struct sbpf_check *ck, const __u16 *state)
{
	__u32 i, k;

	ck->nr_funcs = 1;
	ck->funcs[0].start = 0;
	for (i = 0; i < ck->len; i++) {
		const char *why;

		if (!check_is_local_call(&ck->insns[i]))
			continue;
		why = check_callee(ck, state, i);
		if (why)
			return check_refuse(ck, i, why);
	}
	for (k = 0; k < ck->nr_funcs; k++) {
		__u32 end = k + 1 < ck->nr_funcs ? ck->funcs[k + 1].start :
			    ck->len;

		ck->funcs[k].len = end - ck->funcs[k].start;
	}
	return 0;
}

/*
 * Pass 3: jumps.
 */

__s64 sbpf_check_jump_target(const struct sbpf_check *ck, __u32 i)
{
	const struct sbpf_insn *insn = &ck->insns[i];

	if (insn->code == SBPF_INSN_GOTOL)
		return (__s64)i + 1 + insn->imm;
	return (__s64)i + 1 + insn->off;
}

int sbpf_check_is_jump(const struct sbpf_insn *insn)
{
	__u8 class = SBPF_CLASS(insn->code);

	if (class != SBPF_JMP && class != SBPF_JMP32)
		return 0;
	return insn->code != SBPF_INSN_CALL && insn->code != SBPF_INSN_EXIT;
}

static const char *check_jump(const struct sbpf_check *ck, const __u16 *state,
			      const struct sbpf_func *func, __u32 i)
{
	__s64 target = sbpf_check_jump_target(ck, i);

	if (target < func->start || target >= func->start + func->len)
		return "jumps out of its function";
	if (state[target] & SBPF_STATE_HALF)
		return "jumps into the middle of a 64-bit immediate load";
	return NULL;
}

static int check_ends_function(const struct sbpf_insn *insn)
{
	return insn->code == SBPF_INSN_EXIT || insn->code == SBPF_INSN_JA ||
	       insn->code == SBPF_INSN_GOTOL;
}

static int check_jumps(struct sbpf_check *ck, const __u16 *state)
{
	const struct sbpf_func *func = ck->funcs;
	const char *why = NULL;
	__u32 i;

	for (i = 0; i < ck->len; i++) {
		if (i == func->start + func->len)
			func++;
		if (sbpf_check_is_jump(&ck->insns[i]))
			why = check_jump(ck, state, func, i);
		if (!why && i == func->start + func->len - 1 &&
		    !check_ends_function(&ck->insns[i]))
			why = "a function must end in exit or an unconditional jump";
		if (why)
			return check_refuse(ck, i, why);
	}
	return 0;
}

/*
 * Pass 4: calls. A walk of the call graph in depth first order. Its stack can
 * be as short as calls may nest, because a deeper one is refused.
 */

/* What sbpf_func.depth holds before the walk has finished a function. */
#define UNSEEN		0
#define OPEN		(SBPF_DEPTH_MAX + 1)

struct call_walk {
	struct {
		struct sbpf_func *func;
		__u32 at;	/* next instruction to look at */
		__u32 depth;	/* of the function, so far */
	} stack[SBPF_DEPTH_MAX];
	__u32 level;		/* entries of the stack in use */
	__u32 done;		/* functions finished */
};

static void check_walk_enter(struct call_walk *walk, struct sbpf_func *func)
{
	func->depth = OPEN;
	func->weight = func->len;
	walk->stack[walk->level].func = func;
	walk->stack[walk->level].at = func->start;
	walk->stack[walk->level].depth = 1;
	walk->level++;
}

static const char *check_walk_call(struct call_walk *walk,
				   struct sbpf_func *callee)
{
	__u32 top = walk->level - 1;
	struct sbpf_func *func = walk->stack[top].func;

	if (callee->depth == OPEN)
		return "calls a function that has not returned: lambdas do not recurse";
	if (walk->level + (callee->depth ? callee->depth : 1) > SBPF_DEPTH_MAX)
		return "calls nest deeper than 8 functions, the entry included";
	if (callee->depth == UNSEEN) {
		/* The caller looks at this call again when that is finished. */
		check_walk_enter(walk, callee);
		return NULL;
	}
	func->weight += callee->weight;
	if (func->weight > SBPF_WEIGHT_MAX)
		return "with all it calls, a function weighs over 1048576 instructions";
	if (walk->stack[top].depth <= callee->depth)
		walk->stack[top].depth = callee->depth + 1;
	walk->stack[top].at++;
	return NULL;
}

static void check_walk_leave(struct sbpf_check *ck, struct call_walk *walk,
			     __u8 *order)
{
	__u32 top = --walk->level;
	struct sbpf_func *func = walk->stack[top].func;

	func->depth = walk->stack[top].depth;
	order[walk->done++] = (__u8)(func - ck->funcs);
}

static int check_calls(struct sbpf_check *ck, __u8 *order)
{
	struct call_walk walk;
	__u32 k;

	for (k = 0; k < ck->nr_funcs; k++)
		ck->funcs[k].depth = UNSEEN;
	walk.level = 0;
	walk.done = 0;
	check_walk_enter(&walk, ck->funcs);
	while (walk.level) {
		const struct sbpf_func *func = walk.stack[walk.level - 1].func;
		__u32 *at = &walk.stack[walk.level - 1].at;
		const char *why;

		if (*at == func->start + func->len) {
			check_walk_leave(ck, &walk, order);
		} else if (!check_is_local_call(&ck->insns[*at])) {
			(*at)++;
		} else {
			why = check_walk_call(&walk,
					      sbpf_check_callee(ck, *at));
			if (why)
				return check_refuse(ck, *at, why);
		}
	}
	for (k = 0; k < ck->nr_funcs; k++)
		if (ck->funcs[k].depth == UNSEEN)
			return check_refuse(ck, ck->funcs[k].start,
				"a function that no call from the entry reaches");
	return 0;
}

int sbpf_check(struct sbpf_check *ck)
{
	__u32 *list = ck->scratch;
	__u16 *state = (__u16 *)(list + ck->len);
	__u8 *order = (__u8 *)(state + ck->len);

	ck->nr_funcs = 0;
	ck->contract = 0;
	if (ck->len == 0)
		return check_refuse(ck, 0, "the program has no instructions");
	if (ck->len > SBPF_INSNS_MAX)
		return check_refuse(ck, SBPF_INSNS_MAX,
				    "the program has more than 131072 instructions");
	if (check_insns(ck, state) || check_find_funcs(ck, state) ||
	    check_jumps(ck, state) || check_calls(ck, order))
		return -1;
	return sbpf_flow_check(ck, list, state, order);
}
