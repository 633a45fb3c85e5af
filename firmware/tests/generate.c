// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Random λ programs: see generate.h. The generator keeps track of registers
 * that are written on every path, so that most programs pass the check.
 */
#include "generate.h"
#include "insn.h"

#define FUNCS		5
#define LEN_MAX		400
#define NEST_MAX	4
#define ARGS		0x03eu
#define SAVED		0x3c0u

struct call_site {
	__u32 at;
	int func;
};

struct generator {
	__u64 random;
	struct sbpf_case *c;
	__u32 live;		/* registers written on every path */
	int func, nr_funcs;
	int nest;
	__u32 start[FUNCS];
	struct call_site calls[LEN_MAX];
	__u32 nr_calls;
};

__u64 generate_random(__u64 *state)
{
	__u64 z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static __u32 pick(struct generator *g, __u32 below)
{
	return (__u32)(generate_random(&g->random) >> 33) % below;
}

static bool chance(struct generator *g, __u32 percent)
{
	return pick(g, 100) < percent;
}

static void emit(struct generator *g, struct sbpf_insn insn)
{
	g->c->insns[g->c->len++] = insn;
}

static __u8 pick_live(struct generator *g)
{
	__u8 reg;

	do
		reg = pick(g, 10);
	while (!(g->live & 1u << reg));
	return reg;
}

/* Now and then one that is not written. */
static __u8 pick_source(struct generator *g)
{
	if (!g->live || pick(g, 2000) == 0)
		return pick(g, 10);
	return pick_live(g);
}

static __u8 pick_target(struct generator *g)
{
	__u8 reg = pick(g, 10);

	g->live |= 1u << reg;
	return reg;
}

static __s32 pick_imm(struct generator *g)
{
	static const __s32 values[] = {
		0, 1, -1, 2, 7, 8, 15, 16, 31, 32, 33, 63, 64, 127, 128, 255,
		256, 4095, 4096, 65535, 0x7fffffff, -0x7fffffff - 1, -2, -8,
	};

	if (chance(g, 70))
		return values[pick(g, ARRAY_SIZE(values))];
	return (__s32)generate_random(&g->random);
}

/* A segment of the request that may be accessed so, or any other address. */
static __u32 pick_segment(struct generator *g, bool write)
{
	const struct sbpf_case *c = g->c;
	__u32 rodata = (c->rodata.len + SBPF_PAGE_SIZE - 1) &
		       -(__s32)SBPF_PAGE_SIZE;

	switch (pick(g, write ? 4 : 8)) {
	case 0:
		return c->heap_len ? SBPF_HEAP_BASE : SBPF_FRAME_TOP(0) - 80;
	case 1:
		return c->data.len + c->bss_len ? SBPF_DATA_BASE + rodata :
		       SBPF_FRAME_TOP(0) - 90;
	case 2:
	case 3:
		return c->out_cap ? SBPF_OUT_BASE : SBPF_FRAME_TOP(0) - 100;
	case 4:
		return c->args.len ? SBPF_ARGS_BASE : SBPF_CTX_BASE;
	case 5:
		return c->rodata.len ? SBPF_DATA_BASE : SBPF_CTX_BASE;
	default:
		return c->in.len ? SBPF_IN_BASE : SBPF_CTX_BASE;
	}
}

/* Most often one that exists; else near the ends of a segment. */
static __u32 pick_address(struct generator *g, bool write)
{
	if (!chance(g, 2))
		return pick_segment(g, write) + pick(g, 16);
	return pick_segment(g, chance(g, 50)) - 16 +
	       SBPF_PAGE_SIZE * pick(g, 3) + pick(g, 32);
}

static void emit_constant(struct generator *g, __u8 reg)
{
	__u64 value = generate_random(&g->random);

	g->live |= 1u << reg;
	if (chance(g, 40)) {
		emit(g, THE(MOV(reg, pick_imm(g))));
		return;
	}
	if (chance(g, 60)) {
		emit(g, THE(ALU32(SBPF_MOV, reg, (__s32)pick_address(g, true))));
		return;
	}
	if (chance(g, 50))
		value >>= pick(g, 64);
	emit(g, THE(LD_IMM64(reg, (__s32)value)));
	emit(g, THE(LD_HIGH((__s32)(value >> 32))));
}

static __u8 pick_class(struct generator *g)
{
	return chance(g, 60) ? SBPF_ALU64 : SBPF_ALU;
}

static void emit_unary(struct generator *g)
{
	static const __u8 bits[] = { 16, 32, 64 };
	static const __u8 swaps[] = { 0xd4, 0xdc, 0xd7 };
	__u8 reg = pick_live(g);

	if (chance(g, 30))
		emit(g, THE(INSN(pick_class(g) | SBPF_NEG, reg, 0, 0, 0)));
	else
		emit(g, THE(INSN(swaps[pick(g, 3)], reg, 0, 0,
				 bits[pick(g, 3)])));
}

static void emit_move(struct generator *g)
{
	__u8 src = pick_source(g), class = pick_class(g);
	__u32 kind = pick(g, 8);
	__s16 off = kind == 0 ? 8 : kind == 1 ? 16 : kind == 2 ? 32 : 0;

	if (off == 32)
		class = SBPF_ALU64;
	if (chance(g, 8)) {
		emit(g, THE(MOV_X(pick_target(g), SBPF_FP)));
		return;
	}
	emit(g, THE(INSN(class | SBPF_MOV | SBPF_X, pick_target(g), src, off,
			 0)));
}

/* A sum in another register, and perhaps a load from there. */
static void emit_sum(struct generator *g)
{
	__u8 src = pick_source(g), dst = pick_target(g), class = SBPF_ALU64;
	bool load = chance(g, 50);

	if (load)
		emit(g, THE(ALU32(SBPF_MOV, src,
				  (__s32)pick_address(g, false))));
	emit(g, THE(MOV_X(dst, src)));
	if (chance(g, 10))
		class = SBPF_ALU;
	if (chance(g, 30))
		emit(g, THE(INSN(class | SBPF_ADD | SBPF_X, dst,
				 pick_source(g), 0, 0)));
	else
		emit(g, THE(INSN(class | SBPF_ADD, dst, 0, 0,
				 load ? (__s32)pick(g, 40) : pick_imm(g))));
	if (load)
		emit(g, THE(LDX(SBPF_DW, chance(g, 80) ? dst : pick_target(g),
				dst, (__s16)pick(g, 20))));
}

static void emit_alu(struct generator *g)
{
	static const __u8 ops[] = {
		SBPF_ADD, SBPF_SUB, SBPF_MUL, SBPF_DIV, SBPF_OR, SBPF_AND,
		SBPF_LSH, SBPF_RSH, SBPF_MOD, SBPF_XOR, SBPF_ARSH,
	};
	__u8 op = ops[pick(g, sizeof(ops))], class = pick_class(g);
	__u8 dst = pick_live(g);
	__s16 off = 0;

	if (op == SBPF_DIV || op == SBPF_MOD)
		off = pick(g, 2);
	if (chance(g, 50))
		emit(g, THE(INSN(class | op | SBPF_X, dst, pick_source(g), off,
				 0)));
	else
		emit(g, THE(INSN(class | op, dst, 0, off, pick_imm(g))));
}

/* Sign and zero extension as clang writes it, and what only looks like it. */
static void emit_shift_pair(struct generator *g)
{
	static const __u8 ops[] = { SBPF_ARSH, SBPF_RSH, SBPF_LSH, SBPF_ADD };
	__u8 reg = pick_live(g);

	emit(g, THE(INSN(SBPF_ALU64 | (chance(g, 80) ? SBPF_LSH :
				       ops[pick(g, 4)]), reg, 0, 0,
			 chance(g, 90) ? 32 : 31)));
	if (chance(g, 10))
		reg = pick_live(g);
	emit(g, THE(INSN(SBPF_ALU64 | ops[pick(g, chance(g, 80) ? 2 : 4)], reg,
			 0, 0, chance(g, 90) ? 32 : 33)));
}

/* A base register and a displacement that are probably good. */
static __u8 pick_base(struct generator *g, bool write, __s16 *off)
{
	__u8 reg;

	*off = (__s16)pick(g, 64);
	if (chance(g, 30)) {
		*off = -8 - (__s16)pick(g, 56);
		if (chance(g, 2))
			*off = (__s16)(pick(g, 9000) - 8500);
		return SBPF_FP;
	}
	if (chance(g, 1)) {
		*off = (__s16)generate_random(&g->random);
		return pick_live(g);
	}
	reg = pick(g, 10);
	g->live |= 1u << reg;
	emit(g, THE(ALU32(SBPF_MOV, reg, (__s32)pick_address(g, write))));
	return reg;
}

static void emit_load(struct generator *g)
{
	static const __u8 codes[] = { 0x61, 0x69, 0x71, 0x79, 0x81, 0x89, 0x91 };
	__s16 off;
	__u8 base = pick_base(g, false, &off);

	emit(g, THE(INSN(codes[pick(g, 7)], pick_target(g), base, off, 0)));
	if (chance(g, 20))
		emit_shift_pair(g);
}

static void emit_store(struct generator *g)
{
	static const __u8 sizes[] = { SBPF_B, SBPF_H, SBPF_W, SBPF_DW };
	__u8 size = sizes[pick(g, 4)];
	__s16 off;
	__u8 base = pick_base(g, true, &off);

	if (chance(g, 50))
		emit(g, THE(ST(size, base, off, pick_imm(g))));
	else
		emit(g, THE(STX(size, base, off, pick_source(g))));
}

/* The length of those over arrays is R3 or R4; what is compared with is not. */
static void emit_array_lengths(struct generator *g, __s32 id)
{
	int reg = (id >= SBPF_HELPER_AND && id <= SBPF_HELPER_PACK64) ||
		  id >= SBPF_HELPER_OF(SBPF_OP_LT_EACH, 0) ? 4 : 3;

	if (chance(g, 98))
		emit(g, THE(MOV(reg, pick(g, 300))));
}

static void emit_helper(struct generator *g)
{
	__s32 id = SBPF_HELPER_MEMCPY +
		   (__s32)pick(g, chance(g, 50) ? 7 : SBPF_HELPER_END -
						      SBPF_HELPER_MEMCPY);
	int k;

	for (k = 1; k <= 4; k++) {
		if (chance(g, 98))
			emit(g, THE(ALU32(SBPF_MOV, k,
					  (__s32)pick_address(g, k == 1))));
		else
			emit(g, THE(MOV(k, pick(g, 200))));
	}
	if (id >= SBPF_HELPER_HISTOGRAM)
		emit_array_lengths(g, id);
	else if (id == SBPF_HELPER_MEMMEM)
		emit(g, THE(MOV(2, pick(g, 100))));
	else if (chance(g, 98))
		emit(g, THE(MOV(3, pick(g, 300))));
	if (id == SBPF_HELPER_CRC32C)
		emit(g, THE(ALU32(SBPF_MOV, 2,
				  (__s32)pick_address(g, false))));
	if (id < SBPF_HELPER_HISTOGRAM && chance(g, 98))
		emit(g, THE(MOV(4, pick(g, 5))));
	emit(g, THE(CALL(id)));
	g->live = (g->live & SAVED) | 1;
}

static void emit_local_call(struct generator *g)
{
	int callee;
	int k;

	if (g->func + 1 >= g->nr_funcs)
		return;
	callee = g->func + 1 + (int)pick(g, g->nr_funcs - g->func - 1);
	for (k = 1; k <= 3; k++)
		if (!(g->live & 1u << k))
			emit_constant(g, k);
	g->calls[g->nr_calls].at = g->c->len;
	g->calls[g->nr_calls++].func = callee;
	emit(g, THE(CALL_LOCAL(0)));
	g->live = (g->live & SAVED) | 1;
}

static struct sbpf_insn random_condition(struct generator *g)
{
	static const __u8 ops[] = {
		SBPF_JEQ, SBPF_JGT, SBPF_JGE, SBPF_JSET, SBPF_JNE, SBPF_JSGT,
		SBPF_JSGE, SBPF_JLT, SBPF_JLE, SBPF_JSLT, SBPF_JSLE,
	};
	__u8 code = ops[pick(g, sizeof(ops))];

	code |= chance(g, 50) ? SBPF_JMP : SBPF_JMP32;
	if (chance(g, 50))
		return THE(INSN(code | SBPF_X, pick_source(g), pick_source(g),
				0, 0));
	return THE(INSN(code, pick_source(g), 0, 0, pick_imm(g)));
}

/* A jump over one instruction that changes a register. */
static void emit_select(struct generator *g)
{
	struct sbpf_insn insn = random_condition(g);
	__u8 dst = pick_live(g), class = pick_class(g);

	insn.off = 1;
	emit(g, insn);
	if (chance(g, 10))
		class |= SBPF_ADD;
	else
		class |= SBPF_MOV;
	if (chance(g, 50))
		emit(g, THE(INSN(class | SBPF_X, dst, pick_source(g), 0, 0)));
	else
		emit(g, THE(INSN(class, dst, 0, 0, pick_imm(g))));
}

static void emit_block(struct generator *g);

/* Let the jump at @at go to the instruction that comes next. */
static void land(struct generator *g, __u32 at)
{
	__s32 delta = (__s32)(g->c->len - at - 1);

	if (g->c->insns[at].code == SBPF_INSN_GOTOL)
		g->c->insns[at].imm = delta;
	else
		g->c->insns[at].off = (__s16)delta;
}

static void emit_branch(struct generator *g)
{
	__u32 before, after, at = g->c->len, skip;

	emit(g, random_condition(g));
	before = g->live;
	emit_block(g);
	after = g->live;
	if (chance(g, 50)) {
		skip = g->c->len;
		emit(g, chance(g, 80) ? THE(JA(0)) : THE(GOTOL(0)));
		land(g, at);
		g->live = before;
		emit_block(g);
		land(g, skip);
		g->live &= after;
	} else {
		land(g, at);
		g->live = before & after;
	}
}

/* Counts a register down; what is in the loop may well disturb it. */
static void emit_counted_loop(struct generator *g)
{
	__u8 counter = 6 + pick(g, 4);
	__u32 start;

	emit(g, THE(MOV(counter, 1 + pick(g, 40))));
	/* A call in the loop may take the arguments away. */
	g->live = (g->live & ~ARGS) | 1u << counter;
	start = g->c->len;
	emit_block(g);
	emit(g, THE(ALU(SBPF_SUB, counter, 1)));
	emit(g, THE(JMP(SBPF_JNE, counter, 0,
			(__s32)start - (__s32)g->c->len - 1)));
}

static void emit_open_loop(struct generator *g)
{
	__u32 start = g->c->len, out, live;

	g->live &= ~ARGS;
	if (!g->live)
		return;
	out = start;
	emit(g, random_condition(g));
	live = g->live;
	emit_block(g);
	g->live = live;
	if (chance(g, 50))
		emit(g, THE(JA((__s32)start - (__s32)g->c->len - 1)));
	else
		emit(g, THE(GOTOL((__s32)start - (__s32)g->c->len - 1)));
	land(g, out);
}

static void emit_self_jump(struct generator *g)
{
	struct sbpf_insn insn = random_condition(g);

	insn.off = -1;
	emit(g, insn);
}

static void emit_compound(struct generator *g)
{
	__u32 kind = pick(g, 20);

	g->nest++;
	if (kind < 11)
		emit_branch(g);
	else if (kind < 17)
		emit_counted_loop(g);
	else if (kind < 19)
		emit_open_loop(g);
	else
		emit_self_jump(g);
	g->nest--;
}

static void emit_return(struct generator *g)
{
	if (!(g->live & 1) || chance(g, 90))
		emit(g, THE(MOV(0, chance(g, 95) ? (__s32)pick(g, 40) :
				pick_imm(g))));
	emit(g, THE(EXIT()));
}

static void emit_statement(struct generator *g)
{
	__u32 kind = pick(g, 100);

	if (g->c->len > LEN_MAX - 60)
		return;
	if (!g->live || kind < 10)
		emit_constant(g, pick(g, 10));
	else if (kind < 40)
		emit_alu(g);
	else if (kind < 44)
		emit_move(g);
	else if (kind < 46)
		emit_sum(g);
	else if (kind < 48)
		emit_select(g);
	else if (kind < 50)
		emit_unary(g);
	else if (kind < 52)
		emit_shift_pair(g);
	else if (kind < 66)
		emit_load(g);
	else if (kind < 80)
		emit_store(g);
	else if (kind < 83)
		emit_helper(g);
	else if (kind < 88)
		emit_local_call(g);
	else if (kind < 99 && g->nest < NEST_MAX)
		emit_compound(g);
	else if (g->nest && chance(g, 20))
		emit_return(g);
}

static void emit_block(struct generator *g)
{
	__u32 n = 1 + pick(g, 6);

	while (n--)
		emit_statement(g);
}

static void emit_function(struct generator *g, int func)
{
	__u32 n = 2 + pick(g, func ? 6 : 14);

	g->func = func;
	g->start[func] = g->c->len;
	g->live = func ? 0xe : 0x2;
	while (n--)
		emit_statement(g);
	emit_return(g);
}

static void resolve_calls(struct generator *g)
{
	__u32 k;

	for (k = 0; k < g->nr_calls; k++) {
		struct call_site *call = &g->calls[k];

		g->c->insns[call->at].imm = (__s32)g->start[call->func] -
					    (__s32)call->at - 1;
	}
}

/* Change a field so that jumps lead elsewhere, or the check has work. */
static void damage(struct generator *g)
{
	struct sbpf_insn *insn = &g->c->insns[pick(g, g->c->len)];

	switch (pick(g, 5)) {
	case 0:
		insn->code = (__u8)generate_random(&g->random);
		break;
	case 1:
		insn->regs = (__u8)generate_random(&g->random);
		break;
	case 2:
		insn->imm = pick_imm(g);
		break;
	default:
		insn->off += (__s16)(pick(g, 21) - 10);
		break;
	}
}

static void random_bytes(struct generator *g, struct case_bytes *bytes)
{
	__u32 k;

	bytes->len = chance(g, 20) ? 0 : pick(g, chance(g, 80) ? 100 : 5000);
	for (k = 0; k < bytes->len; k++)
		bytes->at[k] = chance(g, 50) ? pick(g, 4) : pick(g, 256);
}

static void random_request(struct generator *g)
{
	struct sbpf_case *c = g->c;

	random_bytes(g, &c->in);
	random_bytes(g, &c->args);
	random_bytes(g, &c->rodata);
	random_bytes(g, &c->data);
	c->bss_len = chance(g, 50) ? pick(g, 5000) : 0;
	c->heap_len = chance(g, 80) ? pick(g, 9000) : 0;
	c->out_cap = chance(g, 80) ? 64 : pick(g, 5000);
	c->offset = chance(g, 80) ? 0 : pick(g, 100000);
	c->frame_len = chance(g, 80) ? 0 : 1 + pick(g, SBPF_FRAME_MAX);
	c->budget = chance(g, 20) ? pick(g, 30) : pick(g, 4096);
	/* Enough for several quanta, but seldom: it takes its time. */
	if (pick(g, 500) == 0)
		c->budget = pick(g, 4 * 65536);
}

void generate_case(struct sbpf_case *c, __u64 seed)
{
	struct generator g = { .random = seed, .c = c };
	int func;

	memset(c, 0, sizeof(*c));
	snprintf(c->name, sizeof(c->name), "seed %#llx", seed);
	c->status = CASE_UNSET;
	random_request(&g);
	g.nr_funcs = 1 + (int)pick(&g, FUNCS);
	for (func = 0; func < g.nr_funcs; func++)
		emit_function(&g, func);
	resolve_calls(&g);
	if (chance(&g, 10))
		damage(&g);
}
