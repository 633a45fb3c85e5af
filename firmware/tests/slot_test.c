// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Slots: taken and given back, filled and read, with every status. */
#include "csd.h"
#include "lambda/lambda.h"
#include "tap.h"

/* Copies the slot's input through a λ; the output goes to GUEST_DATA. */
static u16 run_input(u32 len)
{
	struct nvme_lambda_extent e = { 0, 65536 };
	struct nvme_lambda_request r = { .program = csd.copy, .in_len = len,
					 .out_cap = len };
	u16 status = csd_request(csd.slot, r, &e, 1, NULL);

	return status ? status : csd_exec(NVME_LAMBDA_EXEC_WRITE, csd.slot);
}

/* Copies @len bytes of the namespace from @addr. */
static u16 run_read(u64 addr, u32 len)
{
	struct nvme_lambda_extent e = { addr, len };
	struct nvme_lambda_request r = { .program = csd.copy, .in_len = len,
					 .out_cap = len, .offset = addr };
	u16 status = csd_request(csd.slot, r, &e, 1, NULL);

	return status ? status : csd_exec(NVME_LAMBDA_EXEC_READ, csd.slot);
}

TEST(alloc_and_free)
{
	u32 ids[CSD_SLOTS], again;

	csd_start(false);
	for (u32 i = 0; i < CSD_SLOTS; i++)
		CHECK_EQ(csd_alloc(&ids[i]), 0);
	CHECK_EQ(csd_alloc(&again), NVME_LAMBDA_SC_RESOURCES);
	CHECK_EQ(csd_free(ids[2]), 0);
	CHECK_EQ(SC(csd_free(ids[2])), NVME_LAMBDA_SC_NO_SLOT);
	CHECK_EQ(csd_alloc(&again), 0);
	CHECK(again != ids[2]);
	CHECK_EQ(SC(csd_free(0)), NVME_LAMBDA_SC_NO_SLOT);
	CHECK_EQ(SC(csd_free(ids[2])), NVME_LAMBDA_SC_NO_SLOT);
	CHECK_EQ(SC(csd_free(0xffffffff)), NVME_LAMBDA_SC_NO_SLOT);
}

TEST(ids_are_not_reused)
{
	struct fw_lambda *l;
	u32 id;

	csd_start(false);
	l = fw_lambda(guest.host.ctrl);
	for (u32 i = 0; i < CSD_SLOTS; i++)
		l->slots[i].gen = FW_GENS_MAX - 1;
	for (u32 i = 0; i < CSD_SLOTS; i++) {
		CHECK_EQ(csd_alloc(&id), 0);
		CHECK_EQ(id, 0xffffff00 | i);
		CHECK_EQ(csd_free(id), 0);
	}
	CHECK_EQ(csd_alloc(&id), NVME_LAMBDA_SC_RESOURCES);
}

TEST(reset_forgets_slots)
{
	struct nvme_lambda_stats stats;

	csd_begin(false);
	CHECK_EQ(csd_stats(&stats), 0);
	CHECK(stats.slots == 1 && stats.programs == 1);
	guest_disable();
	csd_enable();
	guest_create_queues(1, 16);
	CHECK_EQ(csd_stats(&stats), 0);
	CHECK(stats.slots == 0 && stats.programs == 0);
	CHECK_EQ(SC(csd_free(csd.slot)), NVME_LAMBDA_SC_NO_SLOT);
}

TEST(bad_writes)
{
	static const u8 zero[64];
	const u32 request = NVME_LAMBDA_AREA_REQUEST;
	const u32 input = NVME_LAMBDA_AREA_INPUT;
	const u32 end = 64 + 16 * 4096 + 16 * 1024 + 65536;

	csd_begin(false);
	CHECK_EQ(SC(csd_write(csd.slot + 1, request, 0, zero, 4)),
		 NVME_LAMBDA_SC_NO_SLOT);
	CHECK_EQ(SC(csd_write(csd.slot, 2, 0, zero, 4)), FW_SC_INVALID_FIELD);
	CHECK_EQ(SC(csd_write(csd.slot, request, 2, zero, 4)),
		 FW_SC_INVALID_FIELD);
	CHECK_EQ(SC(csd_write(csd.slot, request, 0, zero, 6)),
		 FW_SC_INVALID_FIELD);
	CHECK_EQ(SC(csd_write(csd.slot, request, 0, zero, 0)),
		 FW_SC_INVALID_FIELD);
	CHECK_EQ(SC(csd_write(csd.slot, request, end, zero, 4)),
		 FW_SC_INVALID_FIELD);
	CHECK_EQ(SC(csd_write(csd.slot, request, 0xfffffffc, zero, 8)),
		 FW_SC_INVALID_FIELD);
	CHECK_EQ(csd_write(csd.slot, request, end - 4, zero, 4), 0);
	CHECK_EQ(SC(csd_write(csd.slot, input, CSD_SLOT_BYTES, zero, 4)),
		 FW_SC_INVALID_FIELD);
	CHECK_EQ(csd_write(csd.slot, input, CSD_SLOT_BYTES - 4, zero, 4), 0);
	guest.host.dma_fail_in = 1;
	CHECK_EQ(csd_write(csd.slot, request, 0, zero, 4), FW_SC_DATA_TRANSFER);
}

TEST(bad_reads)
{
	csd_begin(false);
	CHECK_EQ(SC(csd_read(csd.slot, 0, 128)), FW_SC_INVALID_FIELD);
	CHECK_EQ(SC(csd_read(csd.slot + 1, 0, 128)), NVME_LAMBDA_SC_NO_SLOT);
	CHECK_EQ(run_read(0, 5000), 0);
	CHECK_EQ(csd_read(csd.slot, 0, 8192 + 128), 0);
	CHECK_EQ(SC(csd_read(csd.slot, 0, 8192 + 132)), FW_SC_INVALID_FIELD);
	CHECK_EQ(SC(csd_read(csd.slot, 2, 4)), FW_SC_INVALID_FIELD);
	CHECK_EQ(SC(csd_read(csd.slot, 0, 2)), FW_SC_INVALID_FIELD);
	CHECK_EQ(SC(csd_read(csd.slot, 8320, 4)), FW_SC_INVALID_FIELD);
	CHECK_EQ(SC(csd_read(csd.slot, 0xfffffffc, 8)), FW_SC_INVALID_FIELD);
	guest.host.dma_fail_in = 1;
	CHECK_EQ(csd_read(csd.slot, 0, 4), FW_SC_DATA_TRANSFER);
	CHECK_EQ(csd_read(csd.slot, 0, 4), 0);
}

TEST(answer_in_parts)
{
	const struct nvme_lambda_result *r;
	u8 whole[8192 + 128];

	csd_begin(false);
	guest_fill(guest.host.media.now, 8192, 5);
	CHECK_EQ(run_read(100, 5000), 0);
	CHECK_EQ(csd_read(csd.slot, 0, sizeof(whole)), 0);
	memcpy(whole, guest_mem(GUEST_DATA), sizeof(whole));
	CHECK(!memcmp(whole, guest.host.media.now + 100, 5000));
	for (u32 i = 5000; i < 8192; i++)
		CHECK_EQ(whole[i], 0);
	for (u32 at = 0; at < sizeof(whole); at += 260) {
		u32 len = fw_min(260, sizeof(whole) - at);

		CHECK_EQ(csd_read(csd.slot, at, len), 0);
		CHECK(!memcmp(guest_mem(GUEST_DATA), whole + at, len));
	}
	CHECK_EQ(csd_read(csd.slot, 8192, 128), 0);
	r = guest_mem(GUEST_DATA);
	CHECK(r->out_len == 5000 && r->in_len == 5000 && !r->status);
}

/* The next execution may be refused before, while or after it is laid out. */
TEST(execution_ends_the_answer)
{
	struct nvme_lambda_image head = { .heap_len = 16 << 20 };
	u16 status;

	csd_begin(false);
	CHECK_EQ(run_read(0, 4096), 0);
	CHECK_EQ(csd_unload(csd.copy), 0);
	CHECK_EQ(SC(csd_exec(NVME_LAMBDA_EXEC_READ, csd.slot)),
		 NVME_LAMBDA_SC_NO_PROGRAM);
	CHECK_EQ(SC(csd_read(csd.slot, 0, 128)), FW_SC_INVALID_FIELD);
	csd.copy = csd_program(csd_copy, CSD_COPY);
	CHECK_EQ(run_read(0, 4096), 0);
	CHECK_EQ(csd_unload(csd.copy), 0);
	/* the unchanged request now names a program too large for the slot */
	fw_lambda(guest.host.ctrl)->programs[0].gen--;
	CHECK_EQ(csd_load(&head, csd_copy, CSD_COPY, &status), csd.copy);
	CHECK_EQ(SC(csd_exec(NVME_LAMBDA_EXEC_READ, csd.slot)),
		 NVME_LAMBDA_SC_DECLINED_MEMORY);
	CHECK_EQ(SC(csd_read(csd.slot, 4096, 128)), FW_SC_INVALID_FIELD);
	CHECK_EQ(SC(csd_read(csd.slot, 0, 4096)), FW_SC_INVALID_FIELD);
}

TEST(write_ends_the_answer)
{
	static const u8 four[4];

	csd_begin(false);
	CHECK_EQ(run_read(0, 512), 0);
	CHECK_EQ(csd_read(csd.slot, 0, 128), 0);
	CHECK_EQ(csd_write(csd.slot, NVME_LAMBDA_AREA_INPUT, 0, four, 4), 0);
	CHECK_EQ(SC(csd_read(csd.slot, 0, 128)), FW_SC_INVALID_FIELD);
}

/* Bytes that the host has not set are zero, whoever had the memory before. */
TEST(unset_input_is_zero)
{
	u8 block[512];
	u8 *media;

	csd_begin(false);
	media = guest.host.media.now;
	memset(media, 0xff, 300000);
	CHECK_EQ(run_read(0, 300000), 0);
	memset(block, 0x11, 512);
	CHECK_EQ(csd_write(csd.slot, NVME_LAMBDA_AREA_INPUT, 4096, block, 512),
		 0);
	CHECK_EQ(run_input(20000), 0);
	for (u32 i = 0; i < 20000; i++)
		CHECK_EQ(media[i], i >= 4096 && i < 4608 ? 0x11 : 0);
	CHECK_EQ(media[20000], 0xff);
	/* an execution uses its input up */
	memset(media, 0xff, 20000);
	CHECK_EQ(run_input(20000), 0);
	for (u32 i = 0; i < 20000; i++)
		CHECK_EQ(media[i], 0);
}

TEST(next_owner_sees_nothing)
{
	struct nvme_lambda_extent e = { 0, 4096 };
	struct nvme_lambda_request r = { .program = csd.copy, .in_len = 4096,
					 .out_cap = 4096, .args_len = 64 };
	u8 secret[64];

	csd_begin(false);
	memset(secret, 0x5a, sizeof(secret));
	r.program = csd.copy;
	CHECK_EQ(csd_request(csd.slot, r, &e, 1, secret), 0);
	CHECK_EQ(csd_exec(NVME_LAMBDA_EXEC_READ, csd.slot), 0);
	CHECK_EQ(csd_free(csd.slot), 0);
	CHECK_EQ(csd_alloc(&csd.slot), 0);
	CHECK_EQ(SC(csd_read(csd.slot, 0, 128)), FW_SC_INVALID_FIELD);
	CHECK_EQ(SC(csd_exec(NVME_LAMBDA_EXEC_READ, csd.slot)),
		 FW_SC_INVALID_FIELD);
}

TEST(busy_until_completed)
{
	u16 cid;

	csd_start(true);
	csd.copy = csd_program(csd_copy, CSD_COPY);
	csd_alloc(&csd.slot);
	CHECK_EQ(run_read(0, 4096), 0);
	csd_send(NVME_LAMBDA_EXEC_READ, csd.slot);
	csd_send(NVME_LAMBDA_READ, csd.slot);
	csd_send(NVME_LAMBDA_FREE, csd.slot);
	csd_send(NVME_LAMBDA_EXEC_READ, csd.slot);
	CHECK_EQ(SC(csd_unload(csd.copy)), NVME_LAMBDA_SC_PROGRAM_IN_USE);
	for (u32 i = 0; i < 3; i++)
		CHECK_EQ(guest_reap(1, &cid), NVME_LAMBDA_SC_BUSY);
	CHECK_EQ(guest_reap(1, &cid), 0);
	CHECK_EQ(csd_read(csd.slot, 0, 4), 0);
	CHECK_EQ(csd_unload(csd.copy), 0);
}

TEST(fast_keeps_its_program)
{
	u32 other;
	u16 cid;

	csd_start(true);
	csd.copy = csd_program(csd_copy, CSD_COPY);
	other = csd_program(csd_copy, CSD_COPY);
	guest_send(1, csd_fast(csd.copy, 0, 4096, 4096));
	guest_send(1, csd_fast(other, 0, 4096, 4096));
	CHECK_EQ(SC(csd_unload(csd.copy)), NVME_LAMBDA_SC_PROGRAM_IN_USE);
	CHECK_EQ(SC(csd_unload(other)), NVME_LAMBDA_SC_PROGRAM_IN_USE);
	CHECK_EQ(guest_reap(1, &cid), 0);
	CHECK_EQ(guest_reap(1, &cid), 0);
	CHECK_EQ(csd_unload(csd.copy), 0);
}

TAP_MAIN()
