// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Queues: made, filled, overrun, removed; commands in flight meanwhile. */
#include "guest.h"
#include "tap.h"

static u16 create(u8 opcode, u32 id, u32 entries, u32 cdw11, u64 prp1)
{
	struct fw_sqe sqe = { .opcode = opcode, .prp1 = prp1,
			      .cdw10 = (entries - 1) << 16 | id,
			      .cdw11 = cdw11 };

	return SC(guest_admin(sqe));
}

static u16 delete(u8 opcode, u32 id)
{
	struct fw_sqe sqe = { .opcode = opcode, .cdw10 = id };

	return SC(guest_admin(sqe));
}

TEST(create_completion_queue)
{
	const u8 op = FW_ADMIN_CREATE_CQ;
	const u64 at = GUEST_CQ(2);

	guest_begin(false);
	CHECK_EQ(create(op, 0, 8, 1, at), FW_SC_INVALID_QID);
	CHECK_EQ(create(op, 1, 8, 1, at), FW_SC_INVALID_QID);	/* exists */
	CHECK_EQ(create(op, 9, 8, 1, at), FW_SC_INVALID_QID);
	CHECK_EQ(create(op, 0xffff, 8, 1, at), FW_SC_INVALID_QID);
	CHECK_EQ(create(op, 2, 1, 1, at), FW_SC_QUEUE_SIZE);
	CHECK_EQ(create(op, 2, 1025, 1, at), FW_SC_QUEUE_SIZE);
	CHECK_EQ(create(op, 2, 8, 0, at), FW_SC_INVALID_FIELD);
	CHECK_EQ(create(op, 2, 8, 1, at + 4), FW_SC_INVALID_PRP_OFFSET);
	CHECK_EQ(create(op, 2, 8, 1, 0), FW_SC_INVALID_PRP_OFFSET);
	CHECK_EQ(create(op, 2, 8, 9 << 16 | 1, at), FW_SC_INVALID_VECTOR);
	CHECK_EQ(create(op, 2, 1024, 1, at), 0);
}

TEST(create_submission_queue)
{
	const u8 op = FW_ADMIN_CREATE_SQ;
	const u64 at = GUEST_SQ(2);

	guest_begin(false);
	CHECK_EQ(create(op, 0, 8, 1 << 16 | 1, at), FW_SC_INVALID_QID);
	CHECK_EQ(create(op, 1, 8, 1 << 16 | 1, at), FW_SC_INVALID_QID);
	CHECK_EQ(create(op, 9, 8, 1 << 16 | 1, at), FW_SC_INVALID_QID);
	CHECK_EQ(create(op, 2, 1, 1 << 16 | 1, at), FW_SC_QUEUE_SIZE);
	CHECK_EQ(create(op, 2, 8, 1 << 16, at), FW_SC_INVALID_FIELD);
	CHECK_EQ(create(op, 2, 8, 1 << 16 | 1, at + 8),
		 FW_SC_INVALID_PRP_OFFSET);
	CHECK_EQ(create(op, 2, 8, 0 << 16 | 1, at), FW_SC_INVALID_QID);
	CHECK_EQ(create(op, 2, 8, 2 << 16 | 1, at), FW_SC_CQ_INVALID);
	CHECK_EQ(create(op, 2, 8, 9 << 16 | 1, at), FW_SC_INVALID_QID);
	CHECK_EQ(create(op, 2, 8, 0xffffu << 16 | 1, at), FW_SC_INVALID_QID);
	CHECK_EQ(create(op, 2, 8, 1 << 16 | 1, at), 0);
}

TEST(entry_sizes_must_be_set)
{
	guest_begin(false);
	guest_set_reg(FW_REG_CC, FW_CC_EN | 6 << 16);
	CHECK_EQ(create(FW_ADMIN_CREATE_CQ, 2, 8, 1, GUEST_CQ(2)),
		 FW_SC_QUEUE_SIZE);
	guest_set_reg(FW_REG_CC, FW_CC_EN | 4 << 20);
	CHECK_EQ(create(FW_ADMIN_CREATE_CQ, 2, 8, 1, GUEST_CQ(2)), 0);
	CHECK_EQ(create(FW_ADMIN_CREATE_SQ, 2, 8, 2 << 16 | 1, GUEST_SQ(2)),
		 FW_SC_QUEUE_SIZE);
}

TEST(delete_queues)
{
	guest_begin(false);
	CHECK_EQ(delete(FW_ADMIN_DELETE_SQ, 0), FW_SC_INVALID_QID);
	CHECK_EQ(delete(FW_ADMIN_DELETE_SQ, 2), FW_SC_INVALID_QID);
	CHECK_EQ(delete(FW_ADMIN_DELETE_SQ, 99), FW_SC_INVALID_QID);
	CHECK_EQ(delete(FW_ADMIN_DELETE_CQ, 0), FW_SC_INVALID_QID);
	CHECK_EQ(delete(FW_ADMIN_DELETE_CQ, 2), FW_SC_INVALID_QID);
	CHECK_EQ(delete(FW_ADMIN_DELETE_CQ, 1), FW_SC_QUEUE_DELETION);
	CHECK_EQ(delete(FW_ADMIN_DELETE_SQ, 1), 0);
	CHECK_EQ(delete(FW_ADMIN_DELETE_CQ, 1), 0);
	CHECK_EQ(guest_create_queues(1, 16), 0);
	CHECK_EQ(guest_io(guest_rw(FW_IO_READ, 1, 0, 1)), 0);
}

TEST(rings_wrap)
{
	guest_begin(false);
	for (u32 i = 0; i < 5 * GUEST_ENTRIES; i++)
		CHECK_EQ(guest_io(guest_rw(FW_IO_READ, 1, i, 1)), 0);
}

TEST(interrupts)
{
	u32 before, admin;

	guest_begin(false);
	CHECK_EQ(guest_create_queues(3, 8), 0);
	before = guest.host.irqs[1];
	CHECK_EQ(guest_io(guest_rw(FW_IO_READ, 1, 0, 1)), 0);
	CHECK_EQ(guest.host.irqs[1], before + 1);
	CHECK_EQ(guest.host.irqs[3], 0);
	CHECK(guest.host.irqs[0] > 0);
	CHECK_EQ(create(FW_ADMIN_CREATE_CQ, 2, 8, 1, GUEST_CQ(2)), 0);
	CHECK_EQ(create(FW_ADMIN_CREATE_SQ, 2, 8, 2 << 16 | 1, GUEST_SQ(2)),
		 0);
	guest.sq[2].entries = 8;
	admin = guest.host.irqs[0];
	guest_send(2, guest_rw(FW_IO_READ, 1, 0, 1));
	CHECK_EQ(guest.host.irqs[2], 0);
	CHECK_EQ(guest.host.irqs[0], admin);
}

/* A completion tells how far the queue of its command has been read. */
TEST(completions_tell_the_head)
{
	const struct fw_cqe *cqe;
	u16 cid;

	guest_begin(false);
	cqe = guest_mem(GUEST_CQ(1));
	for (u32 i = 0; i < 5; i++) {
		CHECK_EQ(guest_send(1, guest_rw(FW_IO_READ, 1, 0, 1)),
			 cqe[i].cid);
		CHECK_EQ(cqe[i].sq_head, i + 1);
		CHECK_EQ(cqe[i].sq_id, 1);
	}
	while (!guest_poll(1, &cid))
		;
}

/* In turn: who has more to do than an entry does is not served again first. */
TEST(queues_are_served_in_turn)
{
	u16 cid;

	for (u16 first = 1; first <= 2; first++) {
		u16 other = 3 - first;

		guest_begin(false);
		CHECK_EQ(guest_create_queues(2, 64), 0);
		for (u32 i = 0; i < 40; i++)
			guest_put(first, guest_rw(FW_IO_READ, 1, 0, 2048));
		guest_ring(first);
		CHECK(guest.host.alarm <= guest.host.now);
		for (u32 i = 0; i < 3; i++) {
			guest_send(other, guest_rw(FW_IO_READ, 1, 0, 2048));
			CHECK_EQ(guest_poll(other, &cid), 0);
		}
		CHECK_EQ(guest_poll(first, &cid), 0);
		CHECK(guest.host.alarm <= guest.host.now);
	}
}

/* A queue pair @id that completes in fewer places than it submits from. */
static void create_uneven(u16 id, u32 sq_entries, u32 cq_entries)
{
	CHECK_EQ(create(FW_ADMIN_CREATE_CQ, id, cq_entries, 1, GUEST_CQ(id)),
		 0);
	CHECK_EQ(create(FW_ADMIN_CREATE_SQ, id, sq_entries, id << 16 | 1,
			GUEST_SQ(id)), 0);
	memset(guest_mem(GUEST_CQ(id)), 0, cq_entries * 16);
	guest.sq[id].entries = sq_entries;
	guest.sq[id].tail = 0;
	guest.cq[id].entries = cq_entries;
	guest.cq[id].head = 0;
	guest.cq[id].phase = true;
}

/* A full completion queue holds back completions, and loses none. */
TEST(full_completion_queue)
{
	u16 cid, want;

	guest_begin(false);
	create_uneven(2, 32, 4);
	want = guest.cid;
	for (u32 i = 0; i < 20; i++)
		guest_send(2, guest_rw(FW_IO_READ, 1, i, 1));
	for (u32 i = 0; i < 20; i++) {
		CHECK_EQ(guest_poll(2, &cid), 0);
		CHECK_EQ(cid, want++);
	}
	CHECK_EQ(guest_poll(2, &cid), GUEST_NOTHING);
	for (u32 i = 0; i < 20; i++)
		guest_send(2, guest_rw(FW_IO_READ, 1, i, 1));
	CHECK_EQ(delete(FW_ADMIN_DELETE_SQ, 2), 0);
	CHECK_EQ(delete(FW_ADMIN_DELETE_CQ, 2), 0);
	for (u32 i = 0; i < FW_CMDS_MAX; i++)
		CHECK_EQ(guest_io(guest_rw(FW_IO_READ, 1, 0, 1)), 0);
}

/* A queue whose completions are not looked at does not stop the others. */
TEST(full_completion_queues_starve_nobody)
{
	struct fw_sqe abort = { .opcode = FW_ADMIN_ABORT,
				.cdw10 = 0xffff0000 };
	u16 cid;

	guest_begin(false);
	for (u16 id = 2; id <= 4; id++) {
		create_uneven(id, 256, 2);
		for (u32 i = 0; i < 255; i++)
			guest_send(id, guest_rw(FW_IO_READ, 1, 0, 1));
	}
	CHECK_EQ(guest_io(guest_rw(FW_IO_READ, 1, 0, 1)), 0);
	CHECK_EQ(guest_admin(abort), 0);
	for (u16 id = 2; id <= 4; id++)
		for (u32 i = 0; i < 255; i++)
			CHECK_EQ(guest_poll(id, &cid), 0);
}

/* Commands whose time passes take no place of the admin queue's either. */
TEST(admin_queue_has_commands_of_its_own)
{
	struct fw_sqe aer = { .opcode = FW_ADMIN_ASYNC_EVENT };
	struct fw_sqe abort = { .opcode = FW_ADMIN_ABORT };
	u16 last = 0, cid;

	guest_begin(true);
	for (u16 id = 2; id <= 4; id++) {
		CHECK_EQ(guest_create_queues(id, 256), 0);
		for (u32 i = 0; i < 255; i++)
			last = guest_send(id, guest_rw(FW_IO_READ, 1, 0, 1));
	}
	for (u32 i = 0; i < FW_AER_MAX; i++)
		guest_send(0, aer);
	abort.cdw10 = (u32)(u16)(last - 300) << 16 | 3;
	guest_send(0, abort);
	CHECK_EQ(guest_poll(0, &cid), 0);
	CHECK_EQ(guest.result, 0);
	for (u16 id = 2; id <= 4; id++)
		for (u32 i = 0; i < 255; i++)
			CHECK_EQ(guest_reap(id, &cid) & ~7, 0);
}

/* Requests for events owe no completion yet: the queue of two goes on. */
TEST(events_take_no_room)
{
	struct fw_sqe aer = { .opcode = FW_ADMIN_ASYNC_EVENT };
	u16 cid;

	guest_begin(false);
	guest_disable();
	guest_set_reg(FW_REG_AQA, 1 << 16 | (GUEST_ENTRIES - 1));
	memset(guest_mem(GUEST_CQ(0)), 0, 32);
	guest.sq[0].tail = 0;
	guest.cq[0].head = 0;
	guest.cq[0].entries = 2;
	guest.cq[0].phase = true;
	guest_set_reg(FW_REG_CC, guest.cc | FW_CC_EN);
	for (u32 i = 0; i < FW_AER_MAX; i++)
		guest_send(0, aer);
	CHECK_EQ(guest_set_feature(FW_FEAT_TEMPERATURE, 300), 0);
	/* a command and two events, which wait for each other's place */
	guest_send(0, (struct fw_sqe){ .opcode = FW_ADMIN_SET_FEATURES,
				       .cdw10 = FW_FEAT_EVENTS,
				       .cdw11 = FW_SMART_WARN_TEMPERATURE });
	guest_set_reg(FW_REG_DOORBELL + 8 * 9, 1);
	CHECK_EQ(guest_poll(0, &cid), 0);
	CHECK_EQ(guest.result, 0);
	CHECK_EQ(guest_poll(0, &cid), 0);
	CHECK_EQ(guest.result, 0x020101);
	CHECK_EQ(guest_poll(0, &cid), 0);
	CHECK_EQ(guest.result, 0x010000);
	CHECK_EQ(guest_get_feature(FW_FEAT_EVENTS), 0);
}

/* Delete SQ completes last: nothing of the old queue is left for a new one. */
TEST(nothing_follows_a_deleted_queue)
{
	u16 cid;

	guest_begin(false);
	create_uneven(2, 16, 2);
	for (u32 i = 0; i < 5; i++)
		guest_send(2, guest_rw(FW_IO_READ, 1, 0, 1));
	CHECK_EQ(delete(FW_ADMIN_DELETE_SQ, 2), 0);
	CHECK_EQ(create(FW_ADMIN_CREATE_SQ, 2, 16, 2 << 16 | 1, GUEST_SQ(2)),
		 0);
	guest.sq[2].tail = 0;
	CHECK_EQ(guest_poll(2, &cid), 0);
	CHECK_EQ(guest_poll(2, &cid), GUEST_NOTHING);
	CHECK_EQ(guest_send(2, guest_rw(FW_IO_READ, 1, 0, 1)),
		 guest.cid - 1);
	CHECK_EQ(guest_poll(2, &cid), 0);
	CHECK_EQ(cid, guest.cid - 1);
}

/* More commands than there are contexts: the rest waits, none is lost. */
TEST(more_commands_than_contexts)
{
	struct fw_sqe sqe;
	u32 done = 0;
	u16 cid;

	guest_begin(true);
	CHECK_EQ(guest_create_queues(2, 1024), 0);
	sqe = guest_rw(FW_IO_READ, 1, 0, 1);
	for (u32 i = 0; i < 1000; i++) {
		sqe.cid = i;
		memcpy(guest_mem(0x400000 + i * 64), &sqe, 64);
	}
	memcpy(guest_mem(GUEST_DATA), guest_mem(0x400000), 64);
	CHECK_EQ(delete(FW_ADMIN_DELETE_SQ, 2), 0);
	CHECK_EQ(create(FW_ADMIN_CREATE_SQ, 2, 1024, 2 << 16 | 1, 0x400000),
		 0);
	guest_set_reg(FW_REG_DOORBELL + 16, 1000);
	while (done < 1000 && !guest_reap(2, &cid))
		done++;
	CHECK_EQ(done, 1000);
}

/* Time */

TEST(completion_comes_in_time)
{
	u16 cid;
	u64 begun;

	guest_begin(true);
	begun = guest.host.now;
	guest_send(1, guest_rw(FW_IO_READ, 2, 0, 1));
	CHECK_EQ(guest_poll(1, &cid), GUEST_NOTHING);
	CHECK_EQ(guest.host.alarm, begun + 500);
	CHECK_EQ(guest_reap(1, &cid), 0);
	CHECK_EQ(guest.host.now - begun, 500 + 50000 + 4 * 4096 + 1000 + 4096);
	begun = guest.host.now;
	CHECK_EQ(guest_io(guest_rw(FW_IO_WRITE, 2, 0, 1)), 0);
	CHECK_EQ(guest.host.now - begun, 500 + 1000 + 4096 + 20000 + 8 * 4096);
	begun = guest.host.now;
	CHECK_EQ(guest_io(guest_rw(FW_IO_FLUSH, 2, 0, 1)), 0);
	CHECK_EQ(guest.host.now - begun, 500 + 100000);
}

/* Reads one after the other, @depth in flight; ns for all of them. */
static u64 stream(u32 depth, u32 reads)
{
	u64 begun = guest.host.now;
	u32 sent = 0, done = 0;
	u16 cid;

	while (done < reads) {
		while (sent < reads && sent - done < depth)
			guest_send(1, guest_rw(FW_IO_READ, 1,
					       sent++ % 32 * 256, 256));
		if (guest_reap(1, &cid))
			return 0;
		done++;
	}
	return guest.host.now - begun;
}

/* 64 MiB over media and a link of 1 GB/s each: 67.1 ms, and again the same. */
TEST(deep_reads_reach_the_bandwidth)
{
	u64 ns, least = 64ull << 20;

	guest_begin(true);
	ns = stream(8, 512);
	CHECK(ns >= least);
	CHECK(ns <= least + least * 3 / 100);
	guest_begin(true);
	CHECK_EQ(stream(8, 512), ns);
	CHECK(stream(1, 16) > 16 * 128 * 1024 * 2);
}

/* A late alarm completes all that is due; a doorbell does as well. */
TEST(late_alarm)
{
	u16 cid;

	guest_begin(true);
	guest_send(1, guest_rw(FW_IO_READ, 1, 0, 1));
	guest_send(1, guest_rw(FW_IO_READ, 1, 0, 1));
	guest.host.now += 1000000;
	guest_send(1, guest_rw(FW_IO_READ, 1, 0, 1));
	CHECK_EQ(guest_poll(1, &cid), 0);
	CHECK_EQ(guest_poll(1, &cid), 0);
	CHECK_EQ(guest_poll(1, &cid), GUEST_NOTHING);
	CHECK_EQ(guest_reap(1, &cid), 0);
}

TEST(abort_itself)
{
	struct fw_sqe sqe = { .opcode = FW_ADMIN_ABORT };
	u16 cid;

	guest_begin(false);
	sqe.cdw10 = (u32)guest.cid << 16;
	CHECK_EQ(guest_admin(sqe), 0);
	CHECK_EQ(guest.result, 1);
	CHECK_EQ(guest_poll(0, &cid), GUEST_NOTHING);
}

/* A command is named by its queue as well. */
TEST(abort_in_another_queue)
{
	struct fw_sqe sqe = { .opcode = FW_ADMIN_ABORT };
	u16 sent, cid;

	guest_begin(true);
	CHECK_EQ(guest_create_queues(2, 16), 0);
	sent = guest_send(1, guest_rw(FW_IO_READ, 1, 0, 1));
	sqe.cdw10 = (u32)sent << 16 | 2;
	CHECK_EQ(guest_admin(sqe), 0);
	CHECK_EQ(guest.result, 1);
	guest.cid = sent;
	CHECK_EQ(guest_send(2, guest_rw(FW_IO_READ, 1, 0, 1)), sent);
	guest.cid = sent + 100;
	CHECK_EQ(guest_admin(sqe), 0);
	CHECK_EQ(guest.result, 0);
	CHECK_EQ(guest_poll(2, &cid), FW_SC_ABORT_REQUESTED);
	CHECK_EQ(guest_reap(1, &cid), 0);
	CHECK_EQ(cid, sent);
}

TEST(abort_in_flight)
{
	struct fw_sqe sqe = { .opcode = FW_ADMIN_ABORT };
	u16 sent, cid;

	guest_begin(true);
	sent = guest_send(1, guest_rw(FW_IO_READ, 1, 0, 1));
	sqe.cdw10 = (u32)sent << 16 | 1;
	CHECK_EQ(guest_admin(sqe), 0);
	CHECK_EQ(guest.result, 0);
	CHECK_EQ(guest_poll(1, &cid), FW_SC_ABORT_REQUESTED);
	CHECK_EQ(cid, sent);
	CHECK_EQ(guest.host.alarm, FW_NEVER);
	CHECK_EQ(guest_admin(sqe), 0);
	CHECK_EQ(guest.result, 1);
	sqe.cdw10 = 0xffffffff;
	CHECK_EQ(guest_admin(sqe), 0);
	CHECK_EQ(guest.result, 1);
}

TEST(delete_queue_in_flight)
{
	u16 cid;

	guest_begin(true);
	for (u32 i = 0; i < 10; i++)
		guest_send(1, guest_rw(FW_IO_READ, 1, i, 1));
	CHECK_EQ(delete(FW_ADMIN_DELETE_SQ, 1), 0);
	for (u32 i = 0; i < 10; i++)
		CHECK_EQ(guest_poll(1, &cid), FW_SC_ABORT_SQ_DELETED);
	CHECK_EQ(guest_poll(1, &cid), GUEST_NOTHING);
	CHECK_EQ(guest.host.alarm, FW_NEVER);
	CHECK_EQ(delete(FW_ADMIN_DELETE_CQ, 1), 0);
}

TEST(reset_in_flight)
{
	u64 dmas;

	guest_begin(true);
	for (u32 i = 0; i < 10; i++)
		guest_send(1, guest_rw(FW_IO_READ, 1, i, 1));
	guest_send(0, (struct fw_sqe){ .opcode = FW_ADMIN_ASYNC_EVENT });
	guest_disable();
	CHECK_EQ(guest.host.alarm, FW_NEVER);
	dmas = guest.host.dmas;
	guest.host.now += 1000000000;
	fw_ctrl_alarm(guest.host.ctrl);
	CHECK_EQ(guest.host.dmas, dmas);
	CHECK(guest_enable());
	CHECK_EQ(guest_create_queues(1, 16), 0);
	CHECK_EQ(guest_io(guest_rw(FW_IO_READ, 1, 0, 1)), 0);
	for (u32 i = 0; i < FW_AER_MAX; i++)
		guest_send(0, (struct fw_sqe){ .opcode =
					       FW_ADMIN_ASYNC_EVENT });
}

/* Host memory that fails */

TEST(unreadable_queue_is_fatal)
{
	u64 dmas;

	guest_begin(false);
	guest.host.dma_fail_in = 0;
	guest_send(1, guest_rw(FW_IO_READ, 1, 0, 1));
	CHECK(guest_reg(FW_REG_CSTS) & FW_CSTS_CFS);
	dmas = guest.host.dmas;
	guest_send(1, guest_rw(FW_IO_READ, 1, 0, 1));
	CHECK_EQ(guest.host.dmas, dmas);
	guest_disable();
	CHECK_EQ(guest_reg(FW_REG_CSTS), 0);
	CHECK(guest_enable());
}

TEST(unwritable_queue_is_fatal)
{
	guest_begin(false);
	guest.host.dma_fail_in = 2;	/* entry, data, completion */
	guest_send(1, guest_rw(FW_IO_READ, 1, 0, 1));
	CHECK(guest_reg(FW_REG_CSTS) & FW_CSTS_CFS);
}

/* A controller that has failed says so and no more. */
TEST(nothing_is_posted_after_a_failure)
{
	u64 dmas;
	u16 cid;

	guest_begin(true);
	guest_send(1, guest_rw(FW_IO_FLUSH, 1, 0, 1));
	guest_send(1, guest_rw(FW_IO_READ, 1, 0, 8));
	guest.host.dma_fail_in = 0;
	while (!(guest_reg(FW_REG_CSTS) & FW_CSTS_CFS))
		CHECK(fw_host_tick(&guest.host));
	dmas = guest.host.dmas;
	while (fw_host_tick(&guest.host))
		;
	CHECK_EQ(guest.host.dmas, dmas);
	CHECK_EQ(guest_poll(1, &cid), GUEST_NOTHING);
}

TEST(doorbells_before_enable)
{
	u16 cid;

	guest_default();
	guest_power_on();
	guest_set_reg(FW_REG_DOORBELL, 5);
	guest_set_reg(FW_REG_DOORBELL + 4, 5);
	CHECK_EQ(guest.host.dmas, 0);
	fw_ctrl_write(guest.host.ctrl, FW_REG_DOORBELL, 5, 8);
	CHECK_EQ(guest.host.dmas, 0);
	/* and they are no event for later either */
	CHECK(guest_enable());
	guest_send(0, (struct fw_sqe){ .opcode = FW_ADMIN_ASYNC_EVENT });
	CHECK_EQ(guest_poll(0, &cid), GUEST_NOTHING);
}

TAP_MAIN()
