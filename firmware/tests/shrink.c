// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Makes a case smaller as long as it still fails: see shrink.h. */
#include "insn.h"
#include "shrink.h"

static bool is_jump(const struct sbpf_insn *insn)
{
	__u8 class = SBPF_CLASS(insn->code);

	return (class == SBPF_JMP || class == SBPF_JMP32) &&
	       insn->code != SBPF_INSN_CALL && insn->code != SBPF_INSN_EXIT;
}

static bool has_long_target(const struct sbpf_insn *insn)
{
	return insn->code == SBPF_INSN_GOTOL ||
	       (insn->code == SBPF_INSN_CALL &&
		SBPF_SRC(insn) == SBPF_CALL_LOCAL);
}

/* Bring a distance up to date after @nr instructions at @at went away. */
static __s64 closer(__s64 from, __s64 delta, __u32 at, __u32 nr)
{
	__s64 target = from + 1 + delta;
	__s64 new_from = from >= at ? from - nr : from;

	if (target > at)
		target = target >= at + nr ? target - nr : at;
	return target - new_from - 1;
}

static void cut(struct sbpf_case *c, __u32 at, __u32 nr)
{
	__u32 i;

	for (i = 0; i < c->len; i++) {
		struct sbpf_insn *insn = &c->insns[i];

		if (has_long_target(insn))
			insn->imm = (__s32)closer(i, insn->imm, at, nr);
		else if (is_jump(insn))
			insn->off = (__s16)closer(i, insn->off, at, nr);
	}
	memmove(c->insns + at, c->insns + at + nr,
		(c->len - at - nr) * sizeof(*c->insns));
	c->len -= nr;
}

/* Keep @trial when it fails. */
static bool better(struct sbpf_case *c, const struct sbpf_case *trial,
		   bool (*fails)(const struct sbpf_case *))
{
	if (!fails(trial))
		return false;
	*c = *trial;
	return true;
}

static bool shrink_insns(struct sbpf_case *c, __u32 nr,
			 bool (*fails)(const struct sbpf_case *))
{
	static struct sbpf_case trial;
	bool any = false;
	__u32 at;

	for (at = c->len; at-- > 0; ) {
		if (at + nr > c->len)
			continue;
		trial = *c;
		cut(&trial, at, nr);
		any |= better(c, &trial, fails);
	}
	return any;
}

static bool shrink_number(struct sbpf_case *c, size_t field,
			  bool (*fails)(const struct sbpf_case *))
{
	static struct sbpf_case trial;
	__u64 *n = (__u64 *)((char *)&trial + field);

	trial = *c;
	if (*n == 0)
		return false;
	*n = 0;
	if (better(c, &trial, fails))
		return true;
	trial = *c;
	*n /= 2;
	return *n && better(c, &trial, fails);
}

static bool shrink_bytes(struct sbpf_case *c, size_t field,
			 bool (*fails)(const struct sbpf_case *))
{
	static struct sbpf_case trial;
	struct case_bytes *bytes = (void *)((char *)&trial + field);

	trial = *c;
	if (bytes->len == 0)
		return false;
	bytes->len /= 2;
	return better(c, &trial, fails);
}

void shrink_case(struct sbpf_case *c, bool (*fails)(const struct sbpf_case *))
{
	static const size_t numbers[] = {
		offsetof(struct sbpf_case, bss_len),
		offsetof(struct sbpf_case, heap_len),
		offsetof(struct sbpf_case, frame_len),
		offsetof(struct sbpf_case, offset),
		offsetof(struct sbpf_case, budget),
	};
	static const size_t bytes[] = {
		offsetof(struct sbpf_case, in),
		offsetof(struct sbpf_case, args),
		offsetof(struct sbpf_case, rodata),
		offsetof(struct sbpf_case, data),
	};
	bool any = true;
	__u32 k;

	while (any) {
		any = false;
		for (k = 16; k; k /= 2)
			any |= shrink_insns(c, k, fails);
		for (k = 0; k < ARRAY_SIZE(numbers); k++)
			any |= shrink_number(c, numbers[k], fails);
		for (k = 0; k < ARRAY_SIZE(bytes); k++)
			any |= shrink_bytes(c, bytes[k], fails);
	}
}

static void write_bytes(FILE *file, const char *word, const __u8 *bytes,
			__u32 len)
{
	__u32 k;

	for (k = 0; k < len; k++) {
		if (k % 32 == 0)
			fprintf(file, "%s ", word);
		fprintf(file, "%02x%s", bytes[k],
			k % 32 == 31 || k + 1 == len ? "\n" : "");
	}
}

static void write_number(FILE *file, const char *word, __u64 n)
{
	if (n)
		fprintf(file, "%s %llu\n", word, n);
}

static void write_result(FILE *file, const struct sandbox_result *r)
{
	static const char * const words[] = {
		[LAMBDA_STATUS_OK] = "ok",
		[LAMBDA_STATUS_ERROR] = "error",
		[LAMBDA_STATUS_BAD_LENGTH] = "bad-length",
	};

	if (r->refused) {
		fprintf(file, "refused %u %s\n", r->where, r->why);
		return;
	}
	if (r->run.status == LAMBDA_STATUS_FAULT)
		fprintf(file, "fault %s %lld\n",
			r->run.fault_write ? "write" : "read",
			r->run.fault_addr);
	else if (r->run.status == LAMBDA_STATUS_OVER_BUDGET)
		fprintf(file, "over-budget\n");
	else
		fprintf(file, "%s %d\n", words[r->run.status], r->run.retval);
	fprintf(file, "insns %llu\nused %llu\nhelped %llu\n", r->run.insns,
		r->run.budget_used, r->run.helper_bytes);
	if (r->run.status == LAMBDA_STATUS_OK)
		write_bytes(file, "output", r->out, r->run.retval);
}

void write_case(FILE *file, const struct sbpf_case *c,
		const struct sandbox_result *result)
{
	__u32 i;

	fprintf(file, "case %s\n", c->name);
	for (i = 0; i < c->len; i++)
		fprintf(file, "insn %02x %d %d %d %d\n", c->insns[i].code,
			SBPF_DST(&c->insns[i]), SBPF_SRC(&c->insns[i]),
			c->insns[i].off, c->insns[i].imm);
	write_bytes(file, "in", c->in.at, c->in.len);
	write_bytes(file, "args", c->args.at, c->args.len);
	write_bytes(file, "rodata", c->rodata.at, c->rodata.len);
	write_bytes(file, "data", c->data.at, c->data.len);
	write_number(file, "bss", c->bss_len);
	write_number(file, "heap", c->heap_len);
	write_number(file, "frame", c->frame_len);
	write_number(file, "offset", c->offset);
	fprintf(file, "out %llu\nbudget %llu\n", c->out_cap, c->budget);
	write_result(file, result);
}
