// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * All that a guest and its keeper can do while operations end in any order, some
 * of them with errors. ROUNDS and SEED in the environment change how long, and
 * which, order is tried.
 */
#include "late.h"
#include "tap.h"

/* Blocks that are written, behind those that λs write. */
#define WALK_FIRST	20u
#define WALK_BLOCKS	44u

/* A block is of one kind all over, whoever wrote it. */
static void mark_block(u8 *block, u32 value)
{
	for (u32 i = 0; i < 512; i += 4)
		memcpy(block + i, &value, 4);
}

static bool is_marked(const u8 *block)
{
	return !memcmp(block, block + 4, 508);
}

static u64 any_data(void)
{
	return GUEST_DATA + (1 + guest_random() % 16) * 65536;
}

static void send_rw(u8 opcode)
{
	u32 blocks = 1 + guest_random() % 8;
	struct fw_sqe sqe = guest_rw(opcode, 1, WALK_FIRST + guest_random() %
				     (WALK_BLOCKS - 8), blocks);
	u64 addr = any_data();

	sqe.prp1 = addr;
	sqe.cdw12 |= guest_random() % 4 ? 0 : FW_RW_FUA;
	for (u32 i = 0; i < blocks && opcode == FW_IO_WRITE; i++)
		mark_block(guest_mem(addr + 512 * i), guest_random());
	guest_send(1, sqe);
}

static void send_any(void)
{
	struct fw_sqe sqe = { .nsid = 1 };

	switch (guest_random() % 12) {
	case 0:
		sqe.opcode = FW_IO_WRITE_ZEROES;
		sqe.cdw12 = WALK_FIRST + WALK_BLOCKS - 1;
		guest_send(1, sqe);
		break;
	case 1:
		sqe.opcode = FW_IO_FLUSH;
		guest_send(1, sqe);
		break;
	case 2:
		csd_send(guest_random() % 2 ? NVME_LAMBDA_EXEC_READ :
			 NVME_LAMBDA_EXEC_WRITE, csd.slot);
		break;
	case 3:
		late_abort(guest_random() % 2,
			   guest.cid - 1 - guest_random() % 8);
		break;
	case 4:
		if (guest_random() % 8 == 0)
			guest_send(0, (struct fw_sqe){
				.opcode = FW_ADMIN_DELETE_SQ, .cdw10 = 1 });
		else if (guest_random() % 8 == 0)
			late_open(csd.epoch + guest_random() % 2);
		break;
	case 5:
		late_commit(csd.copy + guest_random() % 2);
		break;
	case 6:
		guest_send(1, csd_fast(csd.copy, 0, 4096, 4096));
		break;
	case 7:
		guest_send(0, (struct fw_sqe){
			.opcode = FW_ADMIN_SET_FEATURES,
			.cdw10 = FW_FEAT_WRITE_CACHE,
			.cdw11 = guest_random() % 2 });
		break;
	case 8:
	case 9:
		send_rw(FW_IO_READ);
		break;
	default:
		send_rw(FW_IO_WRITE);
	}
}

/* After a reset all that ends touches host memory no more. */
static void reset_any(void)
{
	u64 dmas;

	if (guest_random() % 2)
		fw_ctrl_reset(guest.host.ctrl);
	else
		guest_disable();
	dmas = guest.host.dmas;
	for (u32 n = guest_random() % 8; n; n--)
		late_end(guest_random() % (late_flying() + 1));
	CHECK_EQ(guest.host.dmas, dmas);
}

static void step_any(void)
{
	switch (guest_random() % 12) {
	case 0:
		fw_host_work(&guest.host);
		break;
	case 1:
		fw_host_tick(&guest.host);
		break;
	case 2:
		late_take(0);
		break;
	case 3:
		late_take(1);
		break;
	case 4:
		guest.host.now += guest_random() % 100000;
		break;
	case 5:
		guest.host.late = guest_random() % 8;
		if (guest_random() % 64 == 0)
			guest.host.dma_fail_in = guest_random() % 16;
		if (guest_random() % 64 == 0)
			guest.host.media.fail_in = guest_random() % 16;
		if (guest_random() % 64 == 0)
			reset_any();
		else if (guest_random() % 64 == 0)
			guest_set_reg(FW_REG_CC, guest.cc | 1 << 14);
		break;
	case 6:
	case 7:
	case 8:
		late_end(guest_random() % (late_flying() + 1));
		break;
	default:
		send_any();
	}
}

static void settle(void)
{
	fw_ctrl_reset(guest.host.ctrl);
	while (late_flying() || guest.host.work)
		if (!guest.host.work ||
		    !late_end(guest_random() % (late_flying() + 1)))
			fw_host_work(&guest.host);
	guest.host.dma_fail_in = -1;
	guest.host.media.fail_in = -1;
	if (guest.host.ctrl->media.lost)	/* a flush was to fail */
		fw_host_power_on(&guest.host, &guest.cfg);
}

TEST(any_order)
{
	u32 rounds = guest_env("ROUNDS", 10000);

	guest_seed = guest_env("SEED", 20261130);
	printf("# seed %u, %u rounds\n", guest_seed, rounds);
	late_begin(true);
	for (u32 i = 0; i < WALK_BLOCKS; i++)
		mark_block(csd.media + 512 * (WALK_FIRST + i), i);
	for (u32 i = 0; i < rounds; i++) {
		for (u32 n = guest_random() % 64; n; n--)
			step_any();
		CHECK_OK();
		settle();
		CHECK(late_at_rest());
		for (u32 b = 0; b < WALK_BLOCKS; b++)
			CHECK(is_marked(csd.media + 512 * (WALK_FIRST + b)));
		CHECK(csd_enable());
		CHECK_EQ(guest_create_queues(1, GUEST_ENTRIES), 0);
		CHECK(late_prepare() && late_load());
		CHECK_EQ(guest_io(csd_fast(csd.copy, 0, 4096, 4096)), 0);
		CHECK(!memcmp(guest_mem(GUEST_DATA), csd.media, 4096));
		late_write();
	}
}

TAP_MAIN()
