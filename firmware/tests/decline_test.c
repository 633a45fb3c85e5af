// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Requests that the drive leaves to its host: when, how soon, at what cost. */
#include "csd.h"
#include "lambda/lambda.h"
#include "tap.h"

static const u8 exec_read = NVME_LAMBDA_EXEC_READ;
static const u8 exec_write = NVME_LAMBDA_EXEC_WRITE;

TEST(declined_for_memory)
{
	struct nvme_lambda_request r = { .out_cap = CSD_SLOT_BYTES };
	struct nvme_lambda_stats stats;

	csd_begin(false);
	r.program = csd.copy;
	CHECK_EQ(csd_run(r, exec_read), NVME_LAMBDA_SC_DECLINED_MEMORY);
	r.out_cap = CSD_SLOT_BYTES - 3 * 4096;
	CHECK_EQ(csd_run(r, exec_read), 0);
	r.out_cap++;
	CHECK_EQ(csd_run(r, exec_read), NVME_LAMBDA_SC_DECLINED_MEMORY);
	CHECK_EQ(csd_stats(&stats), 0);
	CHECK_EQ(stats.declined[0], 2);
}

/* Input kept for the host when memory does not suffice. */
TEST(declined_changes_nothing)
{
	struct nvme_lambda_request r = { .out_cap = CSD_SLOT_BYTES };
	u8 in[4096];

	csd_begin(false);
	r.program = csd.copy;
	guest_fill(in, 4096, 3);
	CHECK_EQ(csd_write(csd.slot, NVME_LAMBDA_AREA_INPUT, 0, in, 4096), 0);
	CHECK_EQ(csd_run(r, exec_write), NVME_LAMBDA_SC_DECLINED_MEMORY);
	r.out_cap = 4096;
	CHECK_EQ(csd_run(r, exec_write), 0);
	CHECK(guest_is_filled(csd.media, 4096, 3));
}

TEST(declined_for_instructions)
{
	struct nvme_lambda_image head = { .flags = 1,
					  .budget = SBPF_BUDGET_MAX };
	struct nvme_lambda_stats stats;
	u16 status;
	u32 id;

	csd_begin(false);
	id = csd_load(&head, csd_loop, CSD_LOOP, &status);
	CHECK_EQ(SC(guest_io(csd_fast(id, 0, 100, 4096))),
		 NVME_LAMBDA_SC_DECLINED_INSNS);
	CHECK_EQ(*(u32 *)guest_mem(GUEST_DATA), 0xeeeeeeee);
	CHECK_EQ(csd_stats(&stats), 0);
	CHECK_EQ(stats.declined[1], 1);
}

TEST(declined_for_time)
{
	struct nvme_lambda_request r = { .out_cap = 4096, .deadline_us = 60 };
	struct nvme_lambda_grant grant;
	struct fw_sqe sqe;
	u64 begun;

	csd_begin(true);
	r.program = csd.copy;
	CHECK_EQ(csd_run(r, exec_read), NVME_LAMBDA_SC_DECLINED_TIME);
	r.deadline_us = 70;
	CHECK_EQ(csd_run(r, exec_read), 0);
	r.deadline_us = 40;	/* less than the write takes */
	CHECK_EQ(csd_write(csd.slot, NVME_LAMBDA_AREA_INPUT, 0,
			   csd.media + 8192, 4096), 0);
	CHECK_EQ(csd_run(r, exec_write), NVME_LAMBDA_SC_DECLINED_TIME);
	CHECK(guest_is_filled(csd.media, 8192, 1));
	csd_default();
	guest.cfg.profile.timing = true;
	guest.cfg.lambda.ns_max = 60000;
	csd_power_on();
	csd.copy = csd_program(csd_copy, CSD_COPY);
	begun = guest.host.now;
	CHECK_EQ(SC(guest_io(csd_fast(csd.copy, 0, 4096, 4096))),
		 NVME_LAMBDA_SC_DECLINED_TIME);
	CHECK_EQ(guest.host.now - begun, 60000);
	/* and no deadline makes it longer */
	csd_name(csd.key, csd.epoch + 1);
	CHECK_EQ(csd_open_for(&grant, NVME_LAMBDA_WANT(1, 1), CSD_LEASE_MS,
			      1000000), 0);
	sqe = csd_fast(csd_program(csd_copy, CSD_COPY), 0, 4096, 4096);
	begun = guest.host.now;
	CHECK_EQ(SC(guest_io(sqe)), NVME_LAMBDA_SC_DECLINED_TIME);
	CHECK_EQ(guest.host.now - begun, 60000);
}

/* Zeroes half a MiB of heap again and again. */
static u32 load_zeroing(u64 times)
{
	static const struct sbpf_insn zeroing[] = {
		MOV(1, SBPF_HEAP_BASE), MOV(2, 0), MOV(3, 1 << 19),
		CALL(SBPF_HELPER_MEMSET), JA(-5), EXIT(),
	};
	struct nvme_lambda_image head = {
		.flags = 1, .heap_len = 1 << 19,
		.budget = times * ((1 << 19) / SBPF_HELPER_GRAIN + 2),
	};
	u16 status;

	return csd_load(&head, zeroing, FW_ARRAY_SIZE(zeroing), &status);
}

/* A run that helpers make late is given up soon, not when it ends. */
TEST(declined_for_time_of_helpers)
{
	struct nvme_lambda_stats stats;
	struct nvme_lambda_grant grant;
	const struct sbpf_run *run;
	struct fw_sqe sqe;
	u64 begun;

	csd_begin(true);
	csd_name(csd.key, csd.epoch + 1);
	CHECK_EQ(csd_open_for(&grant, NVME_LAMBDA_WANT(1, 2), CSD_LEASE_MS,
			      1000), 0);	/* us, at 10 GB/s */
	run = &fw_lambda(guest.host.ctrl)->slots[CSD_SLOTS].run;
	sqe = csd_fast(load_zeroing(1000), 0, 512, 4096);
	begun = guest.host.now;
	CHECK_EQ(SC(guest_io(sqe)), NVME_LAMBDA_SC_DECLINED_TIME);
	CHECK_EQ(guest.host.now - begun, 1000000);
	CHECK_EQ(run->status, SBPF_STATUS_DECLINED);
	CHECK_EQ(run->insns, 20 * 5 - 1);
	CHECK_EQ(run->budget_used, 19 * (8192 + 2));
	CHECK_EQ(csd_stats(&stats), 0);
	CHECK_EQ(stats.declined[2], 1);
	/* one that ends over budget before that is not */
	sqe.cdw10 = load_zeroing(15);
	CHECK_EQ(SC(guest_io(sqe)), 0);
	CHECK_EQ(guest.result >> 32 & 0xff, LAMBDA_STATUS_OVER_BUDGET);
}

/* What the host does itself, or again, is nobody's error. */
TEST(outcomes_are_no_errors)
{
	struct nvme_lambda_image head = { .flags = 1,
					  .budget = SBPF_BUDGET_MAX };
	struct nvme_lambda_request r = { .out_cap = CSD_SLOT_BYTES };
	struct fw_sqe abort = { .opcode = FW_ADMIN_ABORT };
	const u64 *errors;
	u32 loop, other;
	u16 status, cid;

	csd_begin(true);
	errors = &guest.host.ctrl->nr_errors;
	loop = csd_load(&head, csd_loop, CSD_LOOP, &status);
	r.program = csd.copy;
	CHECK_EQ(csd_run(r, exec_read), NVME_LAMBDA_SC_DECLINED_MEMORY);
	CHECK_EQ(SC(guest_io(csd_fast(loop, 0, 100, 4096))),
		 NVME_LAMBDA_SC_DECLINED_INSNS);
	r.out_cap = 4096;
	r.deadline_us = 1;
	CHECK_EQ(csd_run(r, exec_read), NVME_LAMBDA_SC_DECLINED_TIME);
	r.program = csd_program(csd_fill, CSD_FILL);
	r.in_len = 4;
	r.deadline_us = 0;
	CHECK_EQ(csd_request(csd.slot, r, &(struct nvme_lambda_extent){ 0, 4 },
			     1, NULL), 0);
	CHECK_EQ(SC(csd_exec(exec_write, csd.slot)), NVME_LAMBDA_SC_NO_ROOM);
	r.program = csd.copy;
	CHECK_EQ(csd_run(r, exec_read), 0);
	csd_send(exec_read, csd.slot);
	csd_send(exec_read, csd.slot);
	CHECK_EQ(guest_reap(1, &cid), NVME_LAMBDA_SC_BUSY);
	CHECK_EQ(guest_reap(1, &cid), 0);
	for (u32 i = 1; i < CSD_SLOTS; i++)
		CHECK_EQ(csd_alloc(&other), 0);
	CHECK_EQ(csd_alloc(&other), NVME_LAMBDA_SC_RESOURCES);
	memset(guest_mem(GUEST_DATA), 0xee, 512);
	CHECK_EQ(SC(guest_io(guest_rw(FW_IO_COMPARE, 1, 0, 1))),
		 FW_SC_COMPARE_FAILED);
	abort.cdw10 = (u32)guest_send(1, guest_rw(FW_IO_READ, 1, 0, 1)) << 16 |
		      1;
	CHECK_EQ(guest_admin(abort), 0);
	CHECK_EQ(guest_poll(1, &cid), FW_SC_ABORT_REQUESTED);
	CHECK_EQ(*errors, 0);
	CHECK_EQ(SC(csd_free(0)), NVME_LAMBDA_SC_NO_SLOT);
	CHECK_EQ(*errors, 1);
}

TAP_MAIN()
