// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Requests in runs: each as a request of its own, and one answer. */
#include <stdlib.h>

#include "csd.h"
#include "lambda/lambda.h"
#include "tap.h"

#define HOLE	NVME_LAMBDA_HOLE
#define RUNS	3u
#define EXTENTS	6u
#define IN_LEN	(1000u + 2000 + 5 + 3000 + 4096 + 1)

static const u8 exec_read = NVME_LAMBDA_EXEC_READ;

static const struct nvme_lambda_extent extents[EXTENTS] = {
	{ 5, 1000 }, { HOLE, 2000 }, { 70000, 5 },
	{ 20000, 3000 },
	{ HOLE, 4096 }, { 90001, 1 },
};
static const struct nvme_lambda_run runs[RUNS] = {
	{ .offset = 0x1200000345, .nr_extents = 3 },
	{ .offset = 4096, .nr_extents = 1 },
	{ .offset = 7, .nr_extents = 2 },
};

/*
 * As @r has it, which has how many extents and runs there are, too. Arguments come
 * last, unless it says where.
 */
static u16 send(struct nvme_lambda_request r,
		const struct nvme_lambda_extent *e,
		const struct nvme_lambda_run *run, const void *args)
{
	u32 of_runs = sizeof(r) + r.nr_extents * sizeof(*e);
	u32 len = of_runs + r.nr_runs * sizeof(*run);
	u8 area[4096] = { 0 };
	u16 status;

	if (!r.args_off && r.args_len)
		r.args_off = len;
	memcpy(area, &r, sizeof(r));
	memcpy(area + sizeof(r), e, r.nr_extents * sizeof(*e));
	memcpy(area + of_runs, run, r.nr_runs * sizeof(*run));
	if (r.args_len)
		memcpy(area + len, args, r.args_len);
	status = csd_write(csd.slot, NVME_LAMBDA_AREA_REQUEST, 0, area,
			   fw_round_up(len + r.args_len, 4));
	return status ? status : SC(csd_exec(exec_read, csd.slot));
}

/* With the extents and runs above. */
static u16 run(u32 program, u32 out_cap)
{
	return send((struct nvme_lambda_request){
			    .program = program,
			    .nr_extents = EXTENTS,
			    .nr_runs = RUNS,
			    .in_len = IN_LEN,
			    .out_cap = out_cap,
		    }, extents, runs, NULL);
}

static struct nvme_lambda_result result(u32 out_len)
{
	struct nvme_lambda_result r;

	if (csd_read(csd.slot, fw_round_up(out_len, 4096), sizeof(r)))
		abort();
	memcpy(&r, guest_mem(GUEST_DATA), sizeof(r));
	return r;
}

/* Of run @i: bytes of output, as the answer tells. */
static u32 length(u32 out_len, u32 i)
{
	u32 at = fw_round_up(out_len, 4096) + sizeof(struct nvme_lambda_result);

	if (csd_read(csd.slot, at + 4 * i, 4))
		abort();
	return *(u32 *)guest_mem(GUEST_DATA);
}

TEST(output_is_that_of_all_in_order)
{
	u32 at = 0;

	csd_begin(false);
	CHECK_EQ(run(csd.copy, IN_LEN), 0);
	CHECK_EQ(guest.result, IN_LEN);
	CHECK_EQ(csd_read(csd.slot, 0, fw_round_up(IN_LEN, 4096)), 0);
	for (u32 i = 0; i < EXTENTS; at += extents[i++].len) {
		const u8 *out = guest_mem(GUEST_DATA + at);

		if (extents[i].addr != HOLE)
			CHECK(!memcmp(out, csd.media + extents[i].addr,
				      extents[i].len));
		for (u32 j = 0; j < extents[i].len; j++)
			CHECK(extents[i].addr != HOLE || !out[j]);
	}
	for (; at < fw_round_up(IN_LEN, 4096); at++)
		CHECK_EQ(*(u8 *)guest_mem(GUEST_DATA + at), 0);
	CHECK_EQ(length(IN_LEN, 0), 3005);
	CHECK_EQ(length(IN_LEN, 1), 3000);
	CHECK_EQ(length(IN_LEN, 2), 4097);
}

TEST(result_is_a_sum)
{
	struct nvme_lambda_result r;
	u32 answer = fw_round_up(IN_LEN, 4096) + sizeof(r) + 4 * RUNS;

	csd_begin(false);
	CHECK_EQ(run(csd.copy, IN_LEN), 0);
	r = result(IN_LEN);
	CHECK(!r.status && r.in_len == IN_LEN && r.out_len == IN_LEN);
	CHECK_EQ(r.retval, IN_LEN);
	CHECK_EQ(r.insns, RUNS * CSD_COPY);
	CHECK_EQ(r.budget_used, RUNS + 3005 / 64 + 3000 / 64 + 4097 / 64);
	CHECK_EQ(r.helper_bytes, IN_LEN);
	CHECK_EQ(r.bytes_media, IN_LEN - 2000 - 4096);
	CHECK_EQ(r.bytes_link, answer);
	CHECK_EQ(csd_read(csd.slot, 0, answer), 0);
	CHECK_EQ(SC(csd_read(csd.slot, 0, answer + 4)), FW_SC_INVALID_FIELD);
	CHECK_EQ(SC(csd_read(csd.slot, answer, 4)), FW_SC_INVALID_FIELD);
	CHECK_EQ(csd_read(csd.slot, answer - 8, 8), 0);
	CHECK_EQ(((u32 *)guest_mem(GUEST_DATA))[0], 3000);
	CHECK_EQ(((u32 *)guest_mem(GUEST_DATA))[1], 4097);
}

/* Each has the offset, length and room of its own, and the arguments. */
TEST(each_is_told_its_own)
{
	static const struct sbpf_insn ctx[] = {
		MOV_X(6, 1),
		LDX(SBPF_DW, 1, 6, CTX(out)),
		MOV_X(2, 6),
		MOV(3, sizeof(struct lambda_ctx)),
		CALL(SBPF_HELPER_MEMCPY),
		MOV(0, sizeof(struct lambda_ctx)),
		EXIT(),
	};
	struct nvme_lambda_request r = {
		.nr_extents = EXTENTS, .nr_runs = RUNS, .in_len = IN_LEN,
		.out_cap = 4096, .args_len = 12,
	};
	const struct lambda_ctx *got;

	csd_begin(false);
	r.program = csd_program(ctx, 7);
	CHECK_EQ(send(r, extents, runs, "twelve bytes"), 0);
	CHECK_EQ(guest.result, RUNS * sizeof(*got));
	CHECK_EQ(csd_read(csd.slot, 0, 4096), 0);
	got = guest_mem(GUEST_DATA);
	for (u32 i = 0; i < RUNS; i++) {
		CHECK_EQ(got[i].offset, runs[i].offset);
		CHECK_EQ(got[i].in, SBPF_IN_BASE + runs[i].offset % 4096);
		CHECK(got[i].out_cap == 4096 && got[i].args_len == 12);
	}
	CHECK_EQ(got[0].in_len, 3005);
	CHECK_EQ(got[1].in_len, 3000);
	CHECK_EQ(got[2].in_len, 4097);
	r.program = csd_program(csd_args, CSD_ARGS);
	CHECK_EQ(send(r, extents, runs, "twelve bytes"), 0);
	CHECK_EQ(csd_read(csd.slot, 0, 36), 0);
	CHECK(!memcmp(guest_mem(GUEST_DATA),
		      "twelve bytestwelve bytestwelve bytes", 36));
}

/* What one leaves in globals, heap and around its input the next does not see. */
TEST(each_begins_anew)
{
	static const struct sbpf_insn count[] = {
		LDX(SBPF_DW, 6, 1, CTX(out)),
		LD_IMM64(2, SBPF_DATA_BASE), LD_HIGH(0),
		LDX(SBPF_DW, 3, 2, 0),
		ALU(SBPF_ADD, 3, 1),
		STX(SBPF_DW, 2, 0, 3),
		STX(SBPF_DW, 6, 0, 3),
		LD_IMM64(2, SBPF_IN_BASE), LD_HIGH(0),
		LDX(SBPF_DW, 3, 2, 4088),
		STX(SBPF_DW, 6, 8, 3),
		MOV(0, 16),
		EXIT(),
	};
	static const struct nvme_lambda_extent e[] = { { 0, 4096 }, { 0x2000, 8 } };
	static const struct nvme_lambda_run run[] = { { 0, 1 }, { 0, 1 } };
	struct nvme_lambda_image head = { .bss_len = 8 };
	struct nvme_lambda_request r = {
		.nr_extents = 2, .nr_runs = 2, .in_len = 4104, .out_cap = 16,
	};
	const u64 *out;
	u16 status;

	csd_begin(false);
	r.program = csd_load(&head, count, sizeof(count) / sizeof(*count),
			     &status);
	CHECK_EQ(status, 0);
	r.out_cap = 32;
	CHECK_EQ(send(r, e, run, NULL), 0);
	CHECK_EQ(csd_read(csd.slot, 0, 32), 0);
	out = guest_mem(GUEST_DATA);
	CHECK(out[0] == 1 && out[2] == 1);
	CHECK(!memcmp(&out[1], csd.media + 4088, 8) && !out[3]);
}

/* The first run that ends badly ends the request. */
TEST(bad_end)
{
	static const struct sbpf_insn picky[] = {
		LDX(SBPF_DW, 2, 1, CTX(in_len)),
		MOV(0, 8),
		JMP(SBPF_JEQ, 2, 3005, 1),
		MOV(0, -7),
		EXIT(),
	};
	struct nvme_lambda_stats stats;
	struct nvme_lambda_result r;

	csd_begin(false);
	CHECK_EQ(run(csd_program(picky, 5), 4096), 0);
	CHECK_EQ(guest.result, (u32)-7 | (u64)LAMBDA_STATUS_ERROR << 32);
	r = result(0);
	CHECK(r.status == LAMBDA_STATUS_ERROR && (s32)r.retval == -7);
	CHECK(!r.out_len && r.in_len == IN_LEN);
	CHECK_EQ(r.insns, 4 + 5);
	CHECK_EQ(SC(csd_read(csd.slot, sizeof(r), 4)), FW_SC_INVALID_FIELD);
	CHECK_EQ(csd_stats(&stats), 0);
	CHECK_EQ(stats.runs[LAMBDA_STATUS_ERROR], 1);
}

/* Each has all of the room, all together have no more. */
TEST(no_room)
{
	csd_begin(false);
	CHECK_EQ(run(csd.copy, IN_LEN - 1), NVME_LAMBDA_SC_NO_ROOM);
	CHECK_EQ(guest.result, IN_LEN);
	CHECK_EQ(run(csd.copy, 4097), NVME_LAMBDA_SC_NO_ROOM);
	CHECK_EQ(guest.result, 3005 + 3000);
	CHECK_EQ(run(csd.copy, 4096), NVME_LAMBDA_SC_NO_ROOM);
	CHECK_EQ(run(csd.copy, 3004), 0);
	CHECK_EQ((u8)(guest.result >> 32), LAMBDA_STATUS_BAD_LENGTH);
	CHECK_EQ(run(csd.copy, IN_LEN), 0);
}

/* What does not fit is not put behind the room: there the request itself is. */
TEST(no_room_is_left_alone)
{
	static const struct nvme_lambda_extent e[] = {
		{ 0, 16384 }, { 16384, 16384 }
	};
	static const struct nvme_lambda_run run[] = { { 0, 1 }, { 0, 1 } };

	csd_begin(false);
	CHECK_EQ(send((struct nvme_lambda_request){
			      .program = csd.copy,
			      .nr_extents = 2,
			      .nr_runs = 2,
			      .in_len = 32768,
			      .out_cap = 16384,
		      }, e, run, NULL), NVME_LAMBDA_SC_NO_ROOM);
	CHECK_EQ(SC(csd_exec(exec_read, csd.slot)), NVME_LAMBDA_SC_NO_ROOM);
	CHECK_EQ(guest.result, 32768);
}

/* The drive's limits are the request's, a budget is a run's. */
TEST(limits)
{
	/* as many turns as bytes; the last jump, not taken, counts as well */
	static const struct sbpf_insn turns[] = {
		LDX(SBPF_DW, 2, 1, CTX(in_len)),
		ALU(SBPF_ADD, 2, -1),
		JMP(SBPF_JNE, 2, 0, -2),
		MOV(0, 0),
		EXIT(),
	};
	struct nvme_lambda_image head = { .flags = NVME_LAMBDA_IMAGE_BUDGET };
	u64 most = 3 * RUNS + 2 * IN_LEN;
	u16 status;
	u32 id;

	csd_begin(false);
	head.budget = 4097;
	id = csd_load(&head, turns, 5, &status);
	CHECK_EQ(run(id, 4096), 0);
	CHECK_EQ(guest.result, 0);
	CHECK_EQ(result(0).insns, most);
	CHECK_EQ(result(0).budget_used, IN_LEN);
	head.budget = 4096;
	id = csd_load(&head, turns, 5, &status);
	CHECK_EQ(run(id, 4096), 0);
	CHECK_EQ((u8)(guest.result >> 32), LAMBDA_STATUS_OVER_BUDGET);
	csd_default();
	guest.cfg.lambda.insns_max = 2 * (IN_LEN - 100);
	csd_power_on();
	CHECK_EQ(csd_alloc(&csd.slot), 0);
	head.budget = 4097;
	id = csd_load(&head, turns, 5, &status);
	CHECK_EQ(run(id, 4096), NVME_LAMBDA_SC_DECLINED_INSNS);
}

/* A late request is given up in the run that makes it late. */
TEST(limit_of_helpers)
{
	static const struct sbpf_insn sets[] = {
		LDX(SBPF_DW, 6, 1, CTX(out)),
		MOV(7, 24),
		MOV_X(1, 6),
		MOV(2, 0),
		MOV(3, 0x40000),
		CALL(SBPF_HELPER_MEMSET),
		ALU(SBPF_ADD, 7, -1),
		JMP(SBPF_JNE, 7, 0, -6),
		MOV(0, 0),
		EXIT(),
	};
	struct nvme_lambda_image head = { .flags = NVME_LAMBDA_IMAGE_BUDGET,
					  .budget = SBPF_BUDGET_MAX };
	struct nvme_lambda_request r = {
		.nr_extents = EXTENTS, .nr_runs = RUNS, .in_len = IN_LEN,
		.out_cap = 0x40000, .deadline_us = 1000,	/* at 10 GB/s */
	};
	struct fw_slot *slot;
	u16 status;

	csd_begin(true);
	for (slot = fw_lambda(guest.host.ctrl)->slots; slot->id != csd.slot;)
		slot++;
	r.program = csd_load(&head, sets, FW_ARRAY_SIZE(sets), &status);
	CHECK_EQ(send(r, extents, runs, NULL), NVME_LAMBDA_SC_DECLINED_TIME);
	CHECK(slot->run.helper_bytes > 24 * 0x40000);
	CHECK(slot->run.helper_bytes <= 10000000 + 0x40000);
}

/* What is kept of runs takes a slot's memory as well. */
TEST(memory)
{
	u32 most = (CSD_SLOT_BYTES - 4 * 4096) / 2;

	csd_begin(false);
	CHECK_EQ(run(csd.copy, CSD_SLOT_BYTES), NVME_LAMBDA_SC_DECLINED_MEMORY);
	most -= most % 4096;
	CHECK_EQ(run(csd.copy, most + 1), NVME_LAMBDA_SC_DECLINED_MEMORY);
	CHECK_EQ(run(csd.copy, most - 4096), 0);
}

TEST(bad_runs)
{
	const u16 bad = FW_SC_INVALID_FIELD;
	struct nvme_lambda_run r[RUNS];
	struct nvme_lambda_request req = {
		.nr_extents = EXTENTS, .nr_runs = RUNS, .in_len = IN_LEN,
		.out_cap = IN_LEN,
	};

#define SEND(i, field, value) do {				\
	memcpy(r, runs, sizeof(r));				\
	r[i].field = (value);					\
	CHECK_EQ(send(req, extents, r, NULL), bad);		\
} while (0)
	csd_begin(false);
	req.program = csd.copy;
	CHECK_EQ(send(req, extents, runs, NULL), 0);
	SEND(0, nr_extents, 2);
	SEND(0, nr_extents, 4);
	SEND(1, nr_extents, 0);
	SEND(2, nr_extents, 3);
	r[0].nr_extents = 3;
	r[1].nr_extents = 0;
	CHECK_EQ(send(req, extents, r, NULL), bad);
	SEND(1, nr_extents, 0xffffffff);
	SEND(2, nr_extents, 2 | 1ull << 32);
#undef SEND
	req.nr_runs = 2;
	CHECK_EQ(send(req, extents, runs, NULL), bad);
	req.nr_runs = RUNS;
	req.offset = 1;
	CHECK_EQ(send(req, extents, runs, NULL), bad);
	req.offset = 0;
	CHECK_EQ(send(req, extents, runs, NULL), 0);
	CHECK_EQ(SC(csd_exec(NVME_LAMBDA_EXEC_WRITE, csd.slot)), bad);
	req.args_len = 12;
	req.args_off = sizeof(req) + sizeof(extents) + sizeof(runs) - 1;
	CHECK_EQ(send(req, extents, runs, "twelve bytes"), bad);
	req.args_off = 0;
	CHECK_EQ(send(req, extents, runs, "twelve bytes"), 0);
	req.args_len = 0;
	req.nr_runs = 0;
	CHECK_EQ(send(req, extents, runs, NULL), 0);
}

TEST(too_many_runs)
{
	static struct {
		struct nvme_lambda_request r;
		struct nvme_lambda_extent e[1025];
		struct nvme_lambda_run run[1025];
	} a;

	csd_begin(false);
	for (u32 i = 0; i < 1025; i++) {
		a.e[i] = (struct nvme_lambda_extent){ i, 1 };
		a.run[i] = (struct nvme_lambda_run){ i, 1 };
	}
	a.r = (struct nvme_lambda_request){
		.program = csd.copy, .nr_extents = 1025, .nr_runs = 1025,
		.in_len = 1025, .out_cap = 1025,
	};
	CHECK_EQ(csd_write(csd.slot, NVME_LAMBDA_AREA_REQUEST, 0, &a,
			   sizeof(a)), 0);
	CHECK_EQ(SC(csd_exec(exec_read, csd.slot)), FW_SC_INVALID_FIELD);
	a.r.nr_runs = 1024;
	a.run[1023].nr_extents = 2;
	CHECK_EQ(csd_write(csd.slot, NVME_LAMBDA_AREA_REQUEST, 0, &a,
			   sizeof(a)), 0);
	CHECK_EQ(csd_exec(exec_read, csd.slot), 0);
	CHECK_EQ(length(1025, 1022), 1);
	CHECK_EQ(length(1025, 1023), 2);
	CHECK_EQ(csd_read(csd.slot, 0, 1024), 0);
	CHECK(!memcmp(guest_mem(GUEST_DATA), csd.media, 1024));
}

TAP_MAIN()
