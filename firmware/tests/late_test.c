// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Media and DMA that end later, in any order and with errors, and what comes to
 * their commands meanwhile. The fake host carries an operation out when it ends:
 * what it touches then must still be there, and nobody else's.
 */
#include "late.h"
#include "tap.h"

#define BLOCKS	(FW_TRANSFER_MAX / 512)		/* of the largest transfer */
#define ALL	(FW_TRANSFERS_MAX - FW_TRANSFERS_ADMIN)

/* The status of an abort of a command of queue 1. */
static u16 abort_of(u16 cid)
{
	u16 mine = late_abort(1, cid), status, got;

	status = guest_poll(0, &got);
	return got == mine ? status : GUEST_NOTHING;
}

static u16 send_cache_off(void)
{
	return guest_send(0, (struct fw_sqe){
		.opcode = FW_ADMIN_SET_FEATURES,
		.cdw10 = FW_FEAT_WRITE_CACHE });
}

static struct fw_sqe flush(void)
{
	return (struct fw_sqe){ .opcode = FW_IO_FLUSH, .nsid = 1 };
}

TEST(flush_ends_later)
{
	late_begin(false);
	guest_send(1, flush());
	CHECK(late_only(FW_OP_FLUSH));
	CHECK_EQ(late_take(1), GUEST_NOTHING);
	CHECK_EQ(guest_identify(1, 0), 0);	/* others go on */
	CHECK(late_end(0));
	CHECK_EQ(late_take(1), 0);
	CHECK(late_at_rest());
}

TEST(flush_fails_later)
{
	late_begin(false);
	guest_send(1, flush());
	guest_send(1, flush());
	guest.host.media.fail_in = 0;
	late_end(0);
	CHECK_EQ(late_take(1), FW_SC_WRITE_FAULT);
	late_end(0);		/* well, but who would believe it */
	CHECK_EQ(late_take(1), FW_SC_WRITE_FAULT);
	CHECK_EQ(SC(guest_io(guest_rw(FW_IO_WRITE, 1, 0, 1))),
		 FW_SC_WRITE_PROTECTED);
	CHECK(late_at_rest());
}

/* In all of its steps a command has a place to fail. */
TEST(read_and_write)
{
	late_begin(true);
	CHECK_EQ(guest_io(guest_rw(FW_IO_READ, 1, 8, BLOCKS)), 0);
	CHECK(!memcmp(guest_mem(GUEST_DATA), csd.media + 8 * 512,
		      BLOCKS * 512));
	guest_fill(guest_mem(GUEST_DATA), BLOCKS * 512, 2);
	CHECK_EQ(guest_io(guest_rw(FW_IO_WRITE, 1, 8, BLOCKS)), 0);
	CHECK(guest_is_filled(csd.media + 8 * 512, BLOCKS * 512, 2));
	CHECK_EQ(guest_io(guest_rw(FW_IO_COMPARE, 1, 8, BLOCKS)), 0);
	csd.media[8 * 512 + 70000] ^= 1;
	CHECK_EQ(SC(guest_io(guest_rw(FW_IO_COMPARE, 1, 8, BLOCKS))),
		 FW_SC_COMPARE_FAILED);
	CHECK(late_at_rest());
}

TEST(steps_fail)
{
	static const struct {
		u8 opcode;
		bool dma;
		u16 status;
	} steps[] = {
		{ FW_IO_READ, false, FW_SC_READ_ERROR },
		{ FW_IO_READ, true, FW_SC_DATA_TRANSFER },
		{ FW_IO_WRITE, true, FW_SC_DATA_TRANSFER },
		{ FW_IO_WRITE, false, FW_SC_WRITE_FAULT },
		{ FW_IO_COMPARE, true, FW_SC_DATA_TRANSFER },
		{ FW_IO_COMPARE, false, FW_SC_READ_ERROR },
	};
	u16 cid;

	late_begin(true);
	for (u32 i = 0; i < FW_ARRAY_SIZE(steps); i++) {
		guest_send(1, guest_rw(steps[i].opcode, 1, 0, 8));
		while (late_flying() && (late_op(0)->kind >= FW_OP_FROM_HOST) !=
		       steps[i].dma)
			late_end(0);
		CHECK_EQ(late_flying(), 1);
		if (steps[i].dma)
			guest.host.dma_fail_in = 0;
		else
			guest.host.media.fail_in = 0;
		CHECK_EQ(guest_reap(1, &cid), steps[i].status);
	}
	CHECK(late_at_rest());
}

TEST(reads_end_in_any_order)
{
	u16 sent[3], cid;

	late_begin(true);
	for (u32 i = 0; i < 3; i++)
		sent[i] = guest_send(1, guest_rw(FW_IO_READ, 1, 8 * i, 8));
	CHECK_EQ(late_flying(), 3);
	for (u32 i = 3; i; i--) {
		CHECK(late_end(i - 1));
		CHECK(late_end(late_flying() - 1));	/* its DMA */
		CHECK_EQ(guest_poll(1, &cid), 0);
		CHECK_EQ(cid, sent[i - 1]);
	}
	CHECK(late_at_rest());
}

/* Operations that overlap are done one after the other, others meanwhile. */
TEST(writes_exclude_each_other)
{
	u16 cid, second;

	late_begin(false);
	guest_fill(guest_mem(GUEST_DATA), 4096, 2);
	guest_send(1, guest_rw(FW_IO_WRITE, 1, 0, 8));
	guest_fill(guest_mem(GUEST_DATA), 4096, 3);
	second = guest_send(1, guest_rw(FW_IO_WRITE, 1, 7, 8));
	guest_send(1, guest_rw(FW_IO_READ, 1, 14, 8));
	guest_send(1, guest_rw(FW_IO_READ, 1, 7, 1));
	guest_send(1, guest_rw(FW_IO_READ, 1, 15, 8));
	CHECK(late_flying() == 2 && late_op(1)->segs->addr == 15 * 512);
	late_end(1);
	CHECK_EQ(late_flying(), 1);
	late_end(0);
	CHECK(late_flying() == 1 && late_op(0)->segs->addr == 7 * 512);
	CHECK_EQ(late_take(1), 0);
	CHECK_EQ(late_take(1), 0);
	late_end(0);
	CHECK_EQ(late_flying(), 2);
	CHECK_EQ(guest_poll(1, &cid), 0);
	CHECK_EQ(cid, second);
	while (late_end(0))
		CHECK_EQ(late_take(1), 0);
	CHECK(guest_is_filled(csd.media + 7 * 512, 4096, 3));
	CHECK(late_at_rest());
}

/* Commands stand in line for what moves data; the admin queue has its own. */
TEST(more_commands_than_transfers)
{
	u32 done = 0;
	u16 cid;

	late_begin(true);
	for (u32 i = 0; i < 40; i++)
		guest_put(1, guest_rw(FW_IO_READ, 1, i, 1));
	guest_ring(1);
	CHECK_EQ(late_flying(), ALL);
	send_cache_off();
	CHECK_EQ(late_flying(), ALL + 1);
	late_end(ALL);
	CHECK_EQ(late_take(0), 0);
	while (!guest_reap(1, &cid))
		done++;
	CHECK_EQ(done, 40);
	CHECK(late_at_rest());
}

static struct fw_sqe trim_all(void)
{
	struct fw_sqe sqe = { .opcode = FW_IO_DSM, .nsid = 1,
			      .cdw11 = FW_DSM_AD };
	struct fw_dsm_range *r = guest_mem(GUEST_DATA + 65536);

	guest_data(&sqe, GUEST_DATA + 65536, 4096);
	r[0] = (struct fw_dsm_range){ .blocks = GUEST_MEDIA / 2 / 512 };
	return sqe;
}

/* One piece at a time, and without asking for the alarm meanwhile. */
TEST(pieces_end_later)
{
	struct fw_sqe zero = { .opcode = FW_IO_WRITE_ZEROES, .nsid = 1,
			       .cdw12 = 3 * BLOCKS - 1 };
	u32 pieces = 0;

	late_begin(true);
	guest_send(1, zero);
	for (; late_flying(); pieces++) {
		CHECK(late_only(FW_OP_ZERO));
		CHECK_EQ(guest.host.alarm, FW_NEVER);
		late_end(0);
	}
	CHECK_EQ(pieces, 3);
	CHECK_EQ(late_take(1), 0);
	guest_send(1, zero);
	guest.host.media.fail_in = 0;
	late_end(0);
	CHECK_EQ(late_take(1), FW_SC_WRITE_FAULT);
	guest_send(1, trim_all());
	CHECK(late_only(FW_OP_TRIM));
	late_end(0);
	CHECK_EQ(late_take(1), 0);
	CHECK(late_at_rest());
}

/* The first piece waits for a transfer as everyone does. */
TEST(pieces_wait_for_a_transfer)
{
	u16 cid;

	late_begin(false);
	for (u32 i = 0; i < ALL; i++)
		guest_send(1, guest_rw(FW_IO_READ, 2, i, 1));
	guest_send(1, trim_all());
	CHECK_EQ(late_flying(), ALL);
	CHECK_EQ(guest.host.alarm, FW_NEVER);
	for (u32 i = 0; i <= ALL; i++)
		CHECK_EQ(guest_reap(1, &cid), 0);
	CHECK(late_at_rest());
}

/* Durability */

/* A flush vouches for what was written when it began, and for nothing else. */
TEST(flush_beside_a_write)
{
	struct fw_sqe read = guest_rw(FW_IO_READ, 1, 0, 8);

	late_begin(false);
	read.cdw12 |= FW_RW_FUA;
	guest_send(1, guest_rw(FW_IO_WRITE, 1, 0, 8));
	guest_send(1, flush());
	late_end(1);
	late_end(0);
	CHECK(!late_take(1) && !late_take(1));
	guest_send(1, read);
	CHECK(late_only(FW_OP_FLUSH));
	late_end(0);
	CHECK(late_only(FW_OP_READ));
	late_end(0);
	CHECK_EQ(late_take(1), 0);
	guest_send(1, read);
	CHECK(late_only(FW_OP_READ));
	/* and so it is when another one writes between flush and read */
	late_end(0);
	CHECK_EQ(late_take(1), 0);
	guest_io(guest_rw(FW_IO_WRITE, 1, 100, 8));
	guest_send(1, read);
	guest_send(1, guest_rw(FW_IO_WRITE, 1, 0, 8));
	late_end(1);
	late_end(0);
	CHECK(late_only(FW_OP_READ));
	late_end(0);
	CHECK(late_only(FW_OP_FLUSH));
	late_end(0);
	CHECK(!late_take(1) && !late_take(1));
	CHECK(late_at_rest());
}

/* A write that ends before the flush does or after it has one of its own. */
TEST(cache_off)
{
	u16 cid;

	late_begin(false);
	for (u32 before = 0; before < 2; before++) {
		guest_send(1, guest_rw(FW_IO_WRITE, 1, 0, 8));
		send_cache_off();
		CHECK(late_flying() == 2 && late_op(1)->kind == FW_OP_FLUSH);
		if (!before) {
			late_end(1);
			CHECK_EQ(late_take(0), 0);
		}
		late_end(0);
		CHECK_EQ(late_take(1), GUEST_NOTHING);
		CHECK(late_flying() == 1u + before &&
		      late_op(before)->kind == FW_OP_FLUSH);
		CHECK_EQ(guest_reap(1, &cid), 0);
		CHECK(!before || !guest_reap(0, &cid));
		CHECK_EQ(guest_set_feature(FW_FEAT_WRITE_CACHE, 1), 0);
	}
	send_cache_off();
	guest.host.media.fail_in = 0;
	late_end(0);
	CHECK_EQ(late_take(0), FW_SC_WRITE_FAULT);
	CHECK(!guest.host.ctrl->media.write_through);
}

/* Commands that are taken away */

/* Aborted, it has no DMA any more; its buffer is kept until its end. */
TEST(abort_in_flight)
{
	struct fw_ctrl *c;
	u16 cid;
	u64 dmas;

	for (u32 dma = 0; dma < 2; dma++) {
		late_begin(true);
		c = guest.host.ctrl;
		cid = guest_send(1, guest_rw(FW_IO_READ, 1, 0, 8));
		if (dma)
			late_end(0);
		CHECK_EQ(abort_of(cid), 0);
		CHECK_EQ(guest.result, 0);
		CHECK_EQ(late_take(1), FW_SC_ABORT_REQUESTED);
		CHECK_EQ(c->nr_idle, FW_TRANSFERS_MAX - 1);
		dmas = guest.host.dmas;
		CHECK(late_end(0));
		CHECK(!late_flying() && guest.host.dmas == dmas);
		CHECK_EQ(late_take(1), GUEST_NOTHING);
		CHECK(late_at_rest());
	}
}

/* What has not begun leaves nothing behind, and others need not wait for it. */
TEST(abort_in_line)
{
	u16 waits, cids[ALL + 1];

	late_begin(false);
	guest_send(1, guest_rw(FW_IO_WRITE, 1, 0, 8));
	waits = guest_send(1, guest_rw(FW_IO_WRITE, 1, 4, 8));
	guest_send(1, guest_rw(FW_IO_READ, 1, 8, 8));
	CHECK_EQ(late_flying(), 1);
	CHECK_EQ(abort_of(waits), 0);
	CHECK_EQ(late_take(1), FW_SC_ABORT_REQUESTED);
	CHECK_EQ(late_flying(), 2);
	while (late_end(0))
		CHECK_EQ(late_take(1), 0);
	for (u32 i = 0; i <= ALL; i++)
		cids[i] = guest_send(1, guest_rw(FW_IO_READ, 1, i, 1));
	CHECK_EQ(abort_of(cids[ALL]), 0);
	CHECK_EQ(late_take(1), FW_SC_ABORT_REQUESTED);
	CHECK_EQ(late_flying(), ALL);
	while (late_end(0))
		CHECK_EQ(late_take(1), 0);
	CHECK(late_at_rest());
}

TEST(queue_deleted_in_flight)
{
	struct fw_sqe delete = { .opcode = FW_ADMIN_DELETE_SQ, .cdw10 = 1 };
	u64 dmas;

	late_begin(true);
	for (u32 i = 0; i < ALL + 4; i++)
		guest_send(1, guest_rw(FW_IO_READ, 1, i, 1));
	late_end(0);
	guest_send(0, delete);
	CHECK_EQ(late_take(0), 0);
	for (u32 i = 0; i < ALL + 4; i++)
		CHECK_EQ(late_take(1), FW_SC_ABORT_SQ_DELETED);
	dmas = guest.host.dmas;
	while (late_end(late_flying() - 1))
		;
	CHECK_EQ(guest.host.dmas, dmas);
	CHECK(late_at_rest());
}

static void reset(u32 kind)
{
	if (kind)
		fw_ctrl_reset(guest.host.ctrl);
	else
		guest_disable();
}

/*
 * Nothing is transferred after a reset, and the next session's commands get
 * what is theirs, whenever the last one's operations end.
 */
TEST(reset_in_flight)
{
	u64 dmas;
	u16 cid;

	for (u32 kind = 0; kind < 2; kind++) {
		late_begin(true);
		guest_fill(guest_mem(GUEST_DATA), 512, 7);
		for (u32 i = 0; i < 3; i++)
			guest_send(1, guest_rw(FW_IO_WRITE, 1, i, 1));
		late_end(0);
		guest_send(1, guest_rw(FW_IO_READ, 1, 9, 1));
		guest_send(1, guest_rw(FW_IO_READ, 1, 9, 1));
		late_end(late_flying() - 1);
		CHECK_EQ(late_flying(), 5);
		reset(kind);
		CHECK_EQ(guest.host.alarm, FW_NEVER);
		dmas = guest.host.dmas;
		late_end(1);
		late_end(3);
		CHECK_EQ(guest.host.dmas, dmas);
		CHECK(guest_enable());
		CHECK_EQ(guest_create_queues(1, 16), 0);
		/* the write that is under way still, and one over it */
		guest_fill(guest_mem(GUEST_DATA), 512, 8);
		guest_send(1, guest_rw(FW_IO_WRITE, 1, 0, 1));
		while (late_end(late_flying() - 1))
			;
		CHECK_EQ(guest_reap(1, &cid), 0);
		CHECK(guest_is_filled(csd.media, 512, 8));
		CHECK(late_at_rest());
	}
}

static void reset_once(struct fw_host *h)
{
	h->in_dma = NULL;
	fw_ctrl_reset(h->ctrl);
	h->dmas = 0;
}

/* One that comes from within: who is in line, or next, does not begin. */
TEST(reset_within)
{
	for (u32 pieces = 0; pieces < 2; pieces++) {
		late_begin(false);
		if (pieces) {
			guest_send(1, trim_all());
			guest_send(1, trim_all());
		}
		for (u32 i = 0; i < ALL + 4; i++)
			guest_send(1, guest_rw(FW_IO_READ, 2, i, 1));
		CHECK_EQ(late_flying(), ALL);
		guest.host.in_dma = reset_once;
		late_end(pieces);
		CHECK(!guest.host.in_dma);
		CHECK_EQ(late_flying(), ALL - 1);
		while (late_end(0))
			;
		CHECK_EQ(guest.host.dmas, 0);
		CHECK(late_at_rest());
	}
}

/* Nor the second of two in line that have their turn in the same entry. */
TEST(reset_within_the_line)
{
	struct fw_sqe delete = { .opcode = FW_ADMIN_DELETE_SQ, .cdw10 = 2 };

	late_begin(false);
	CHECK_EQ(guest_create_queues(2, 16), 0);
	for (u32 i = 0; i < ALL; i++)	/* all but one wait for it */
		guest_send(2, guest_rw(FW_IO_WRITE, 1, 0, 1));
	for (u32 i = 1; i < 4; i++)
		guest_send(1, guest_rw(FW_IO_WRITE, 1, i, 1));
	CHECK_EQ(late_flying(), 1);
	guest_send(0, delete);
	guest.host.in_dma = reset_once;
	fw_host_tick(&guest.host);
	CHECK(!guest.host.in_dma);
	CHECK_EQ(late_flying(), 2);
	CHECK_EQ(guest.host.dmas, 0);
	while (late_end(0))
		;
	CHECK(late_at_rest());
}

static u32 shut_down(void)
{
	guest_set_reg(FW_REG_CC, guest.cc | 1 << 14);
	while (guest.host.alarm <= guest.host.now)
		fw_host_tick(&guest.host);
	return guest_reg(FW_REG_CSTS) & FW_CSTS_SHST_MASK;
}

static u32 shutdown_state(void)
{
	while (guest.host.alarm <= guest.host.now)
		fw_host_tick(&guest.host);
	return guest_reg(FW_REG_CSTS) & FW_CSTS_SHST_MASK;
}

/* It is complete once what was under way is, and is durable. */
TEST(shutdown_in_flight)
{
	late_begin(true);
	guest.host.late_dma = false;
	guest_send(1, guest_rw(FW_IO_WRITE, 1, 0, 8));
	late_end(0);
	guest_send(1, guest_rw(FW_IO_READ, 1, 8, 8));
	CHECK_EQ(shut_down(), FW_CSTS_SHST_OCCURRING);
	CHECK_EQ(late_flying(), 2);
	late_end(0);
	CHECK_EQ(shutdown_state(), FW_CSTS_SHST_OCCURRING);
	CHECK(late_flying() == 2 && late_op(1)->kind == FW_OP_FLUSH);
	late_end(1);
	CHECK_EQ(shutdown_state(), FW_CSTS_SHST_DONE);
	CHECK_EQ(guest.host.media.nr, 0);
	late_end(0);
	CHECK_EQ(late_take(1), GUEST_NOTHING);
	CHECK(late_at_rest());
}

/* A flush that a reset has overtaken is not taken for the next one. */
TEST(reset_in_shutdown)
{
	late_begin(true);
	CHECK_EQ(shut_down(), FW_CSTS_SHST_OCCURRING);
	CHECK_EQ(late_flying(), 1);
	guest_disable();
	CHECK_EQ(guest_reg(FW_REG_CSTS), 0);
	CHECK(guest_enable());
	CHECK_EQ(shut_down(), FW_CSTS_SHST_OCCURRING);
	CHECK_EQ(late_flying(), 1);
	late_end(0);
	CHECK_EQ(shutdown_state(), FW_CSTS_SHST_OCCURRING);
	CHECK_EQ(late_flying(), 1);
	guest.host.media.fail_in = 0;
	late_end(0);
	CHECK_EQ(shutdown_state(), FW_CSTS_SHST_DONE);
	CHECK(guest_reg(FW_REG_CSTS) & FW_CSTS_CFS);
	CHECK(late_at_rest());
}

TAP_MAIN()
