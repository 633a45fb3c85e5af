// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The dataflow of the load-time check against an oracle that follows every
 * path of small random programs by itself: all pairs of an instruction and a
 * set of written registers that some path leads to.
 *
 * Usage: check_flow_test [seed]
 */
#include <stdlib.h>
#include <string.h>

#include "insn.h"
#include "test.h"

#define ROUNDS		50000
#define LEN_MAX		24
#define FUNCS		4
#define SETS		1024	/* of R0 to R9 */
#define R(n)		(1u << (n))
#define ARGS		0x3eu

struct sample {
	struct sbpf_insn insns[LEN_MAX];
	__u32 len;
	__u32 start[FUNCS + 1];
};

struct oracle {
	const struct sample *sample;
	bool leaves_r0[FUNCS];
	bool called[FUNCS];
	__u32 args[FUNCS];
	bool reached[LEN_MAX];
	__u32 written[LEN_MAX];	/* on every path */
};

static __u64 random_state;

static __u32 pick(__u32 below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (__u32)(random_state >> 33) % below;
}

/* An instruction at @at of function @f, any but the function's last. */
static struct sbpf_insn random_insn(const struct sample *s, int f, __u32 at)
{
	__u32 size = s->start[f + 1] - s->start[f];
	__s32 target = (__s32)(s->start[f] + pick(size) - at - 1);
	__u32 a = pick(10), b = pick(10);

	switch (pick(9)) {
	case 0:
		return THE(MOV_X(a, b));
	case 1:
		return THE(JA(target));
	case 2:
	case 3:
		return THE(JMP(SBPF_JEQ, a, 0, target));
	case 4:
		return THE(EXIT());
	case 5:
		if (f + 1 < FUNCS) {
			b = f + 1 + pick(FUNCS - f - 1);
			return THE(CALL_LOCAL(s->start[b] - at - 1));
		}
		return THE(CALL(SBPF_HELPER_MEMCPY));
	default:
		return THE(MOV(a, 0));
	}
}

static void random_program(struct sample *s)
{
	__u32 at, end;
	int f;

	s->start[0] = 0;
	for (f = 0; f < FUNCS; f++)
		s->start[f + 1] = s->start[f] + 1 + pick(LEN_MAX / FUNCS);
	s->len = s->start[FUNCS];
	for (f = 0; f < FUNCS; f++) {
		end = s->start[f + 1] - 1;
		for (at = s->start[f]; at < end; at++)
			s->insns[at] = random_insn(s, f, at);
		s->insns[end] = THE(EXIT());
	}
}

static int callee(const struct sample *s, __u32 at)
{
	__u32 start = at + 1 + s->insns[at].imm;
	int f = 0;

	while (s->start[f] != start)
		f++;
	return f;
}

static __u32 read_by(const struct sample *s, __u32 at)
{
	const struct sbpf_insn *insn = &s->insns[at];

	switch (insn->code) {
	case SBPF_INSN_EXIT:
		return at < s->start[1] ? R(0) : 0;
	case SBPF_INSN_CALL:
		return SBPF_SRC(insn) == SBPF_CALL_LOCAL ? 0 : 0xe;
	case SBPF_ALU64 | SBPF_MOV | SBPF_X:
		return R(SBPF_SRC(insn));
	case SBPF_JMP | SBPF_JEQ:
		return R(SBPF_DST(insn));
	default:
		return 0;
	}
}

static __u32 written_by(const struct oracle *o, __u32 at, __u32 set)
{
	const struct sbpf_insn *insn = &o->sample->insns[at];

	switch (insn->code) {
	case SBPF_INSN_CALL:
		set &= ~(ARGS | R(0));
		if (SBPF_SRC(insn) == SBPF_CALL_LOCAL &&
		    !o->leaves_r0[callee(o->sample, at)])
			return set;
		return set | R(0);
	case SBPF_ALU64 | SBPF_MOV | SBPF_X:
	case SBPF_ALU64 | SBPF_MOV:
		return set | R(SBPF_DST(insn));
	default:
		return set;
	}
}

static void visit(struct oracle *o, int f, __u32 at, __u32 set)
{
	const struct sbpf_insn *insn = &o->sample->insns[at];

	o->reached[at] = true;
	o->written[at] &= set;
	if (insn->code == SBPF_INSN_EXIT && !(set & R(0)))
		o->leaves_r0[f] = false;
	if (insn->code == SBPF_INSN_CALL && SBPF_SRC(insn)) {
		int g = callee(o->sample, at);

		o->called[g] = true;
		o->args[g] &= set;
	}
}

/* Follow all paths of function @f that starts with registers @set written. */
static void follow(struct oracle *o, int f, __u32 set)
{
	static struct { __u32 at, set; } todo[2 * LEN_MAX * SETS + 1];
	static bool seen[LEN_MAX][SETS];
	__u32 n = 1;

	memset(seen, 0, sizeof(seen));
	todo[0].at = o->sample->start[f];
	todo[0].set = set;
	while (n) {
		__u32 at = todo[--n].at, next;
		const struct sbpf_insn *insn = &o->sample->insns[at];

		set = todo[n].set;
		if (seen[at][set])
			continue;
		seen[at][set] = true;
		visit(o, f, at, set);
		next = written_by(o, at, set);
		if (insn->code == SBPF_INSN_EXIT)
			continue;
		if (insn->code == SBPF_INSN_JA ||
		    insn->code == (SBPF_JMP | SBPF_JEQ)) {
			todo[n].at = at + 1 + insn->off;
			todo[n++].set = next;
		}
		if (insn->code == SBPF_INSN_JA)
			continue;
		todo[n].at = at + 1;
		todo[n++].set = next;
	}
}

/* First instruction that some path reaches with a register unwritten, or -1. */
static int expected(const struct sample *s)
{
	static struct oracle o;
	__u32 at;
	int f;

	memset(&o, 0, sizeof(o));
	o.sample = s;
	for (f = FUNCS - 1; f >= 0; f--) {
		o.leaves_r0[f] = true;
		follow(&o, f, 0);
	}
	memset(o.called, 0, sizeof(o.called));
	memset(o.reached, 0, sizeof(o.reached));
	memset(o.args, 0xff, sizeof(o.args));
	memset(o.written, 0xff, sizeof(o.written));
	follow(&o, 0, R(1));
	for (f = 1; f < FUNCS; f++)
		if (o.called[f])
			follow(&o, f, o.args[f] & ARGS);
	for (at = 0; at < s->len; at++)
		if (o.reached[at] && (read_by(s, at) & ~o.written[at]))
			return (int)at;
	return -1;
}

static bool agree(const struct sample *s, unsigned int *accepted)
{
	static __u32 scratch[LEN_MAX * 2];
	static struct sbpf_check ck;
	int where = expected(s);
	int found;

	ck.insns = s->insns;
	ck.len = s->len;
	ck.scratch = scratch;
	ck.why = "";
	found = sbpf_check(&ck) ? (int)ck.where : -1;
	*accepted += found == -1;
	if (found == where && (found == -1 || strstr(ck.why, " is read ")))
		return true;
	printf("# should be %d, is %d %s\n", where, found, ck.why);
	return false;
}

int main(int argc, char **argv)
{
	__u64 seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
	unsigned int accepted = 0;
	struct sample s;
	int round;

	random_state = seed * 0x9e3779b97f4a7c15ull | 1;
	for (round = 0; round < ROUNDS; round++) {
		random_program(&s);
		if (!agree(&s, &accepted))
			break;
	}
	test_ok(round == ROUNDS, "seed %llu: %d random programs", seed, round);
	printf("# %u accepted\n", accepted);
	test_ok(accepted > ROUNDS / 50 && accepted < ROUNDS,
		"neither all nor none of them are accepted");
	return test_done();
}
