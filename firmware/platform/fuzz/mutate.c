// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Inputs that are mostly meant: records are added, repeated, removed and
 * exchanged as a whole, commands are replaced by such as drivers send, and
 * instructions by those of the generator of random programs or by ones that
 * differ in one field.
 */
#include "fuzz.h"
#include "tests/generate.h"

#define IMAGE_HEAP	16	/* byte 1 of an input of FUZZ_PROGRAM: 4 KiB */

static u64 state;

static u32 mutate_pick(u32 below)
{
	return (u32)(generate_random(&state) >> 33) % below;
}

static u32 mutate_count_records(size_t size)
{
	return size < fuzzer->head ? 0 : (size - fuzzer->head) / fuzzer->record;
}

static u8 *mutate_record(u8 *data, u32 n)
{
	return data + fuzzer->head + (size_t)n * fuzzer->record;
}

/* Numbers at which something changes. */
static u32 mutate_edge(void)
{
	static const u32 edges[] = {
		0, 1, 2, 8, 31, 32, 63, 64, 4095, 4096, 65535, 0x7fffffff,
		0x80000000, 0xffffffff, SBPF_CTX_BASE, SBPF_IN_BASE,
		SBPF_OUT_BASE, SBPF_HEAP_BASE, SBPF_STACK_BASE,
	};

	return edges[mutate_pick(FW_ARRAY_SIZE(edges))] + mutate_pick(3) - 1;
}

/* Programs: of the generator, then changed in one instruction. */

static size_t mutate_new_program(u8 *data, size_t room)
{
	static struct sbpf_case c;
	u32 n;

	generate_case(&c, generate_random(&state));
	n = fw_min(c.len, mutate_count_records(room));
	memset(data, 0, fuzzer->head);
	data[1] = IMAGE_HEAP;
	data[4] = 1;
	memcpy(mutate_record(data, 0), c.insns, n * sizeof(c.insns[0]));
	return fuzzer->head + n * sizeof(c.insns[0]);
}

static void mutate_change_insn(u8 *at)
{
	struct sbpf_insn insn;

	memcpy(&insn, at, sizeof(insn));
	switch (mutate_pick(5)) {
	case 0:		/* another operation of the same class */
		insn.code = (insn.code & 0x0f) | mutate_pick(16) << 4;
		break;
	case 1:
		insn.code ^= SBPF_X;
		break;
	case 2:
		insn.regs = mutate_pick(11) | mutate_pick(11) << 4;
		break;
	case 3:
		insn.off = (s32)mutate_pick(64) - 32;
		break;
	case 4:
		insn.imm = mutate_edge();
		break;
	}
	memcpy(at, &insn, sizeof(insn));
}

/* Commands. */

static void mutate_random_bytes(u8 *at, u32 len)
{
	for (u32 i = 0; i < len; i++)
		at[i] = generate_random(&state);
}

/* Some field of one is an edge often enough. */
static struct fw_sqe mutate_admin_command(void)
{
	static const u8 vendors[] = {
		NVME_LAMBDA_ADMIN_LOAD, NVME_LAMBDA_ADMIN_COMMIT,
		NVME_LAMBDA_ADMIN_UNLOAD, NVME_LAMBDA_ADMIN_OPEN,
		NVME_LAMBDA_ADMIN_RELEASE,
	};
	struct fw_sqe sqe = {
		.opcode = mutate_pick(4) ?
				  mutate_pick(13) :
				  vendors[mutate_pick(FW_ARRAY_SIZE(vendors))],
		.prp1 = GUEST_DATA,
		.prp2 = GUEST_DATA + 4096,
		.cdw10 = mutate_pick(4) ? mutate_pick(12) :
					  63 << 16 | mutate_pick(12),
		.cdw11 = mutate_pick(2) ? mutate_pick(4) << 16 | 3 : 0,
		.cdw12 = mutate_pick(4) ? 0 : 4 * mutate_pick(64),
	};

	return sqe;
}

static void mutate_new_record(u8 *at)
{
	struct fw_sqe sqe;

	mutate_random_bytes(at, fuzzer->record);
	if (fuzzer->sqe == fuzzer->record)
		return;
	sqe = fuzz_command_good(mutate_pick(1 << 20));
	if (fuzzer == &fuzzers[FUZZ_ADMIN])
		sqe = mutate_admin_command();
	sqe.mptr = 1;	/* the ids are ours */
	memcpy(at + fuzzer->sqe, &sqe, sizeof(sqe));
}

/* Each of the extents is a run, for which there is room behind them. */
static void mutate_make_runs(struct nvme_lambda_request *r,
			     struct nvme_lambda_run *run)
{
	r->nr_runs = r->nr_extents;
	for (u32 i = 0; i < r->nr_runs; i++)
		run[i] = (struct nvme_lambda_run){ mutate_pick(8) * 4096, 1 };
}

/* The request behind the command of FUZZ_LAMBDA: one extent or two. */
static void mutate_good_request(u8 *at)
{
	u32 part = 512 * (1 + mutate_pick(12)), n = 1 + mutate_pick(2);
	struct {
		struct nvme_lambda_request r;
		struct nvme_lambda_extent e[4];
	} q = {
		.r = { .nr_extents = n, .in_len = n * part,
		       .out_cap = n * part },
	};

	for (u32 i = 0; i < n; i++)
		q.e[i] = (struct nvme_lambda_extent){
			mutate_pick(8) ? (i + mutate_pick(9) * 2) * 8192 :
					 NVME_LAMBDA_HOLE,
			part
		};
	if (!mutate_pick(4))
		mutate_make_runs(&q.r, (void *)(q.e + n));
	memcpy(at + 1 + sizeof(struct fw_sqe), &q, sizeof(q));
}

static void mutate_fill_record(u8 *at)
{
	mutate_new_record(at);
	if (fuzzer == &fuzzers[FUZZ_LAMBDA])
		mutate_good_request(at);
}

static size_t mutate_new_input(u8 *data, size_t room)
{
	u32 n = 1 + mutate_pick(12);

	if (fuzzer == &fuzzers[FUZZ_PROGRAM])
		return mutate_new_program(data, room);
	n = fw_min(n, mutate_count_records(room));
	mutate_random_bytes(data, fuzzer->head);
	for (u32 i = 0; i < n; i++)
		mutate_fill_record(mutate_record(data, i));
	return fuzzer->head + n * fuzzer->record;
}

/* Opens a gap of one record; false when there is no room. */
static bool mutate_open_gap(u8 *data, size_t *size, size_t room, u32 n)
{
	if (*size + fuzzer->record > room)
		return false;
	memmove(mutate_record(data, n + 1), mutate_record(data, n),
		*size - (mutate_record(data, n) - data));
	*size += fuzzer->record;
	return true;
}

static void mutate_change_record(u8 *at)
{
	u32 field;

	if (fuzzer == &fuzzers[FUZZ_PROGRAM]) {
		mutate_change_insn(at);
	} else if (mutate_pick(2)) {
		at[mutate_pick(fuzzer->record)] ^= 1u << mutate_pick(8);
	} else {
		field = mutate_edge();
		memcpy(at + mutate_pick(fuzzer->record / 4) * 4, &field, 4);
	}
}

size_t fuzz_mutate(u8 *data, size_t size, size_t room, u32 seed)
{
	/* a program that is refused seldom gets better */
	u32 n = mutate_count_records(size), one;

	state = seed;
	if (!n || !mutate_pick(fuzzer == &fuzzers[FUZZ_PROGRAM] ? 4 : 16))
		return mutate_new_input(data, room);
	one = mutate_pick(n);
	switch (mutate_pick(6)) {
	case 0:
		if (mutate_open_gap(data, &size, room, one))
			mutate_fill_record(mutate_record(data, one));
		break;
	case 1:
		if (mutate_open_gap(data, &size, room, one))
			memcpy(mutate_record(data, one),
			       mutate_record(data, mutate_pick(n)),
			       fuzzer->record);
		break;
	case 2:
		memmove(mutate_record(data, one), mutate_record(data, one + 1),
			size - (mutate_record(data, one + 1) - data));
		size -= fuzzer->record;
		break;
	case 3:
		memcpy(mutate_record(data, one),
		       mutate_record(data, mutate_pick(n)), fuzzer->record);
		break;
	default:
		mutate_change_record(mutate_record(data, one));
		break;
	}
	return size;
}
