// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random λs of what the JIT has rules for: see patterns.h. Beside the real thing
 * there is what only looks like it: another register, a result that is read
 * later, a jump into the midst.
 */
#include "generate.h"
#include "insn.h"
#include "patterns.h"

#define NEST_MAX	3
#define LEN_MAX		700

struct pattern {
	__u64 random;
	struct sbpf_case *c;
	int nest;
};

static __u32 pick(struct pattern *p, __u32 below)
{
	return (__u32)(generate_random(&p->random) >> 33) % below;
}

static void emit(struct pattern *p, struct sbpf_insn insn)
{
	p->c->insns[p->c->len++] = insn;
}

/* r0, r3, r4, r5 and r7 are numbers; r1, r2, r6 and r8 addresses; r9 counts. */
static __u8 number(struct pattern *p)
{
	static const __u8 regs[] = { 0, 3, 4, 5, 7 };

	return regs[pick(p, sizeof(regs))];
}

static __u8 address(struct pattern *p)
{
	static const __u8 regs[] = { 1, 2, 6, 8 };

	return regs[pick(p, sizeof(regs))];
}

static bool is_address(__u8 reg)
{
	return reg == 1 || reg == 2 || reg == 6 || reg == 8;
}

static __u8 any(struct pattern *p)
{
	return pick(p, 8) ? number(p) : address(p);
}

static __u8 size(struct pattern *p)
{
	static const __u8 sizes[] = { SBPF_B, SBPF_H, SBPF_W, SBPF_DW };

	return sizes[pick(p, 4)];
}

static __u8 class(struct pattern *p)
{
	return pick(p, 4) ? SBPF_ALU64 : SBPF_ALU;
}

static __s16 off(struct pattern *p)
{
	return (__s16)(pick(p, 400) ? pick(p, 48) : pick(p, 9000) - 4500);
}

static __s32 imm(struct pattern *p)
{
	static const __s32 values[] = {
		0, 1, -1, 2, 3, 32, 44, 127, 128, 255, -128, -129, 65535,
		0x12345678, 0x7fffffff, -0x7fffffff - 1,
	};

	return values[pick(p, ARRAY_SIZE(values))];
}

static __u8 simple(struct pattern *p)
{
	static const __u8 ops[] = {
		SBPF_ADD, SBPF_SUB, SBPF_OR, SBPF_AND, SBPF_XOR, SBPF_MUL,
	};

	return ops[pick(p, sizeof(ops))];
}

static struct sbpf_insn operation(struct pattern *p, __u8 dst)
{
	__u8 code = class(p) | simple(p);

	if (pick(p, 2))
		return THE(INSN(code, dst, 0, 0, imm(p)));
	return THE(INSN(code | SBPF_X, dst, any(p), 0, 0));
}

static void pattern_constant(struct pattern *p)
{
	__u64 value = generate_random(&p->random) >> pick(p, 40);
	__u8 reg = number(p);

	emit(p, THE(LD_IMM64(reg, (__s32)value)));
	emit(p, THE(LD_HIGH((__s32)(value >> 32))));
	emit(p, THE(INSN(class(p) | simple(p) | SBPF_X, number(p), reg, 0, 0)));
	if (pick(p, 2))
		emit(p, THE(MOV(reg, imm(p))));
}

static void pattern_access(struct pattern *p)
{
	static const __u8 loads[] = { 0x61, 0x69, 0x71, 0x79, 0x81, 0x89, 0x91 };
	__u8 base = pick(p, 9) ? address(p) : SBPF_FP;
	__s16 at = base == SBPF_FP ? -8 - (__s16)pick(p, 40) : off(p);

	if (pick(p, 2))
		emit(p, THE(INSN(loads[pick(p, 7)], number(p), base, at, 0)));
	else if (pick(p, 2))
		emit(p, THE(STX(size(p), base, at, any(p))));
	else
		emit(p, THE(ST(size(p), base, at, imm(p))));
}

static void pattern_step(struct pattern *p)
{
	__u8 op = pick(p, 2) ? SBPF_ADD : SBPF_SUB;

	emit(p, THE(INSN(SBPF_ALU64 | op, address(p), 0, 0,
			 (__s32)pick(p, 24) - 8)));
}

static void pattern_update(struct pattern *p)
{
	__u8 base = address(p), t = number(p), sz = size(p);
	__s16 at = off(p);

	emit(p, THE(LDX(sz, t, base, at)));
	emit(p, operation(p, pick(p, 8) ? t : number(p)));
	emit(p, THE(STX(pick(p, 8) ? sz : size(p), base,
			(__s16)(at + !pick(p, 8)), t)));
	if (pick(p, 3))
		emit(p, THE(MOV(t, imm(p))));
}

static void pattern_operand(struct pattern *p)
{
	__u8 t = number(p);

	emit(p, THE(LDX(size(p), t, address(p), off(p))));
	emit(p, THE(INSN(class(p) | simple(p) | SBPF_X, number(p), t, 0, 0)));
	if (pick(p, 3))
		emit(p, THE(MOV(t, imm(p))));
}

static struct sbpf_insn condition(struct pattern *p, __u8 dst, __s16 to)
{
	static const __u8 ops[] = {
		SBPF_JEQ, SBPF_JGT, SBPF_JGE, SBPF_JSET, SBPF_JNE, SBPF_JSGT,
		SBPF_JSGE, SBPF_JLT, SBPF_JLE, SBPF_JSLT, SBPF_JSLE,
	};
	__u8 code = ops[pick(p, sizeof(ops))];

	code |= pick(p, 3) ? SBPF_JMP : SBPF_JMP32;
	if (pick(p, 2))
		return THE(INSN(code, dst, 0, to, imm(p)));
	return THE(INSN(code | SBPF_X, dst, number(p), to, 0));
}

static void pattern_select(struct pattern *p)
{
	struct sbpf_insn jump = condition(p, any(p), 1);
	__u8 a = SBPF_DST(&jump), b = SBPF_SRC(&jump);

	emit(p, jump);
	if (!pick(p, 6))
		emit(p, operation(p, number(p)));
	else if (pick(p, 2) && !is_address(a))
		emit(p, THE(INSN(class(p) | SBPF_MOV | SBPF_X, a, b, 0, 0)));
	else
		emit(p, THE(INSN(class(p) | SBPF_MOV | SBPF_X,
				 jump.code & SBPF_X ? b : number(p), a, 0, 0)));
}

static void pattern_shifts(struct pattern *p)
{
	__u8 t = number(p);

	if (pick(p, 2))
		emit(p, THE(LDX(SBPF_W, t, address(p), off(p))));
	emit(p, THE(INSN(SBPF_ALU64 | SBPF_LSH, t, 0, 0, 32)));
	emit(p, THE(INSN(SBPF_ALU64 | (pick(p, 2) ? SBPF_ARSH : SBPF_RSH),
			 pick(p, 8) ? t : number(p), 0, 0,
			 pick(p, 8) ? 32 : 31)));
}

/* Of an address and a small number, and accesses by it; or of two numbers. */
static void pattern_sum(struct pattern *p)
{
	__u8 x = number(p), d = number(p), base = pick(p, 4) ? address(p) : any(p);
	int n;

	if (pick(p, 2)) {
		emit(p, THE(INSN(SBPF_ALU64 | SBPF_AND, x, 0, 0, 7)));
		emit(p, THE(INSN(SBPF_ALU64 | SBPF_LSH, x, 0, 0, 1 + pick(p, 3))));
	}
	emit(p, THE(MOV_X(d, base)));
	if (pick(p, 2))
		emit(p, THE(INSN(SBPF_ALU64 | SBPF_ADD | SBPF_X, d, x, 0, 0)));
	else
		emit(p, THE(INSN(SBPF_ALU64 | SBPF_ADD, d, 0, 0, pick(p, 32))));
	for (n = pick(p, 4); n && is_address(base) && x != d; n--) {
		if (pick(p, 2))
			emit(p, THE(ST(size(p), d, off(p), imm(p))));
		else
			emit(p, THE(LDX(size(p), pick(p, 3) ? x : d, d, off(p))));
		if (!pick(p, 3))
			pattern_access(p);
	}
	if (pick(p, 2))
		emit(p, THE(MOV(d, imm(p))));
}

/* What takes r11 of the JIT, or leaves nothing in it. */
static void pattern_taker(struct pattern *p)
{
	static const __u8 ops[] = { SBPF_DIV, SBPF_MOD, SBPF_LSH, SBPF_ARSH };

	if (pick(p, 4)) {
		emit(p, THE(INSN(class(p) | ops[pick(p, 4)] | SBPF_X, number(p),
				 number(p), 0, 0)));
		return;
	}
	emit(p, THE(MOV_X(7, 1)));
	emit(p, THE(MOV_X(1, 8)));
	emit(p, THE(MOV(2, imm(p))));
	emit(p, THE(MOV(3, pick(p, 16))));
	emit(p, THE(CALL(SBPF_HELPER_MEMSET)));
	emit(p, THE(MOV_X(1, 7)));
	emit(p, THE(ALU32(SBPF_MOV, 2, (__s32)SBPF_OUT_BASE)));
	emit(p, THE(MOV(3, imm(p))));
	emit(p, THE(MOV(4, imm(p))));
	emit(p, THE(MOV(5, imm(p))));
}

static void patterns(struct pattern *p, int n);

static void pattern_branch(struct pattern *p)
{
	__u32 at;

	if (pick(p, 2))
		emit(p, THE(LDX(size(p), 3, address(p), off(p))));
	at = p->c->len;
	emit(p, condition(p, 3, 0));
	patterns(p, 1 + pick(p, 3));
	p->c->insns[at].off = (__s16)(p->c->len - at - 1);
}

static void pattern_loop(struct pattern *p)
{
	int nest = p->nest;
	__u32 start;

	emit(p, THE(MOV(9, 1 + pick(p, 6))));
	start = p->c->len;
	p->nest = NEST_MAX;
	patterns(p, 1 + pick(p, 4));
	p->nest = nest;
	emit(p, THE(INSN(SBPF_ALU64 | SBPF_SUB, 9, 0, 0, 1)));
	emit(p, THE(INSN(SBPF_JMP | SBPF_JNE, 9, 0,
			 (__s16)((__s32)start - (__s32)p->c->len - 1), 0)));
}

static void patterns(struct pattern *p, int n)
{
	static void (*const make[])(struct pattern *p) = {
		pattern_constant, pattern_access, pattern_access, pattern_step,
		pattern_update, pattern_operand, pattern_select, pattern_shifts,
		pattern_sum, pattern_sum, pattern_taker,
	};

	for (; n && p->c->len < LEN_MAX; n--) {
		if (p->nest >= NEST_MAX || pick(p, 8)) {
			make[pick(p, ARRAY_SIZE(make))](p);
			continue;
		}
		p->nest++;
		if (pick(p, 2))
			pattern_branch(p);
		else
			pattern_loop(p);
		p->nest--;
	}
}

void pattern_case(struct sbpf_case *c, __u64 seed)
{
	struct pattern p = { .random = seed, .c = c };
	static const __u8 numbers[] = { 0, 3, 4, 5, 7 };
	__u32 k;

	memset(c, 0, sizeof(*c));
	snprintf(c->name, sizeof(c->name), "patterns %llx", seed);
	c->out_cap = 1 + pick(&p, 9000);
	c->heap_len = 4096;
	c->budget = pick(&p, 8) ? 1000 : pick(&p, 20);
	c->in.len = 1 + pick(&p, 200);
	for (k = 0; k < c->in.len; k++)
		c->in.at[k] = (__u8)pick(&p, 256);
	emit(&p, THE(ALU32(SBPF_MOV, 1, SBPF_IN_BASE)));
	if (pick(&p, 2))
		emit(&p, THE(ALU32(SBPF_MOV, 1, SBPF_HEAP_BASE)));
	emit(&p, THE(ALU32(SBPF_MOV, 2, (__s32)SBPF_OUT_BASE)));
	emit(&p, THE(ALU32(SBPF_MOV, 6, (__s32)SBPF_OUT_BASE + 64)));
	emit(&p, THE(ALU32(SBPF_MOV, 8, SBPF_HEAP_BASE + 2000)));
	emit(&p, THE(MOV(9, 1)));
	for (k = 0; k < sizeof(numbers); k++)
		emit(&p, THE(MOV(numbers[k], imm(&p))));
	patterns(&p, 4 + pick(&p, 30));
	emit(&p, THE(ALU32(SBPF_MOV, 2, (__s32)SBPF_OUT_BASE)));
	for (k = 0; k < 10; k++)
		emit(&p, THE(STX(SBPF_DW, 2, (__s16)(8 * k), k)));
	emit(&p, THE(MOV(0, pick(&p, 80))));
	emit(&p, THE(EXIT()));
}
