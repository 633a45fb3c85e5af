// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * λs whose input, output and answer end later, commits beside the lock, and what
 * comes to their commands meanwhile.
 */
#include "late.h"
#include "tap.h"

static const u8 exec_read = NVME_LAMBDA_EXEC_READ;

/* A request over extents of which every second is a hole. */
static u32 scatter(struct nvme_lambda_extent *e, u32 n)
{
	for (u32 i = 0; i < n; i++)
		e[i] = (struct nvme_lambda_extent){
			i % 2 ? NVME_LAMBDA_HOLE : 8192 * (n - i), 100,
		};
	return n * 100;
}

static bool is_scattered(const u8 *out, u32 n)
{
	static const u8 zeros[100];

	for (u32 i = 0; i < n; i++)
		if (memcmp(out + 100 * i, i % 2 ? zeros : csd.media +
			   8192 * (n - i), 100))
			return false;
	return true;
}

TEST(input_of_many_extents)
{
	struct nvme_lambda_extent e[300];
	struct nvme_lambda_request r = { .out_cap = 30000 };

	late_begin(true);
	r.program = csd.copy;
	r.in_len = scatter(e, 300);
	CHECK_EQ(csd_request(csd.slot, r, e, 300, NULL), 0);
	csd_send(exec_read, csd.slot);
	for (u32 i = 0; i < 150; i++) {	/* holes part them */
		CHECK(late_only(FW_OP_READ));
		CHECK(!guest.host.work);
		late_end(0);
	}
	CHECK(guest.host.work && !late_flying());
	fw_host_work(&guest.host);
	CHECK_EQ(late_take(1), 0);
	CHECK_EQ(csd_read(csd.slot, 0, 30000), 0);
	CHECK(is_scattered(guest_mem(GUEST_DATA), 300));
	CHECK(late_at_rest());
}

/* Neighbours in memory are read by one operation, up to a limit of places. */
TEST(places_of_an_operation)
{
	struct nvme_lambda_extent e[100];
	struct nvme_lambda_request r = { .out_cap = 100 * 512,
					 .in_len = 100 * 512 };

	late_begin(true);
	r.program = csd.copy;
	for (u32 i = 0; i < 100; i++)
		e[i] = (struct nvme_lambda_extent){ (99 - i) * 1024, 512 };
	CHECK_EQ(csd_request(csd.slot, r, e, 100, NULL), 0);
	csd_send(exec_read, csd.slot);
	CHECK(late_flying() == 1 && late_op(0)->nr_segs == FW_SLOT_SEGS_MAX);
	late_end(0);
	CHECK(late_flying() == 1 && late_op(0)->nr_segs == 100 - FW_SLOT_SEGS_MAX);
	guest.host.media.fail_in = 3;
	late_end(0);
	CHECK_EQ(late_take(1), FW_SC_READ_ERROR);
	CHECK(late_at_rest());
}

TEST(output_ends_later)
{
	late_begin(true);
	late_write();
	CHECK(fw_host_work(&guest.host));
	CHECK(late_flying() == 1 && late_op(0)->kind == FW_OP_WRITE &&
	      late_op(0)->nr_segs == 2);
	late_end(0);
	CHECK(late_only(FW_OP_FLUSH));
	CHECK_EQ(late_take(1), GUEST_NOTHING);
	late_end(0);
	CHECK_EQ(late_take(1), 0);
	CHECK(guest_is_filled(csd.media + 8192, 2048, 9));
	for (u32 failing = 0; failing < 2; failing++) {
		late_write();
		fw_host_work(&guest.host);
		if (failing)
			late_end(0);
		guest.host.media.fail_in = 0;
		late_end(0);
		CHECK_EQ(late_take(1), FW_SC_WRITE_FAULT);
	}
	CHECK(late_at_rest());
}

/* One that has begun to write is past aborting, and says so at its end. */
TEST(abort_while_output_is_written)
{
	u16 sent;

	late_begin(true);
	sent = late_write();
	fw_host_work(&guest.host);
	late_abort(1, sent);
	CHECK_EQ(late_take(0), 0);
	CHECK_EQ(guest.result, 1);		/* not done */
	CHECK_EQ(late_take(1), GUEST_NOTHING);
	while (late_end(0))
		;
	CHECK_EQ(late_take(1), 0);
	CHECK(late_at_rest());
}

static u16 send_read(void)
{
	static const struct nvme_lambda_extent e = { 0, 4096 };
	struct nvme_lambda_request r = { .program = csd.copy, .in_len = 4096,
					 .out_cap = 4096 };

	csd_request(csd.slot, r, &e, 1, NULL);
	return csd_send(exec_read, csd.slot);
}

/* Its slot and program stay as long as anything happens to them. */
TEST(abort_while_input_is_read)
{
	u16 sent;

	late_begin(true);
	sent = send_read();
	CHECK_EQ(late_flying(), 1);
	late_abort(1, sent);
	CHECK(!late_take(0) && !guest.result);
	CHECK_EQ(late_take(1), FW_SC_ABORT_REQUESTED);
	csd_send(NVME_LAMBDA_FREE, csd.slot);
	CHECK_EQ(late_take(1), NVME_LAMBDA_SC_BUSY);
	late_unload(csd.copy);
	CHECK_EQ(SC(late_take(0)), NVME_LAMBDA_SC_PROGRAM_IN_USE);
	late_end(0);
	CHECK(!guest.host.work && late_at_rest());
	CHECK_EQ(csd_free(csd.slot), 0);
	CHECK_EQ(csd_unload(csd.copy), 0);
}

/* Input that waits for a write is not waited for. */
TEST(abort_while_input_waits)
{
	u16 sent;

	late_begin(true);
	guest.host.late = false;
	send_read();
	fw_host_work(&guest.host);
	CHECK_EQ(late_take(1), 0);
	guest.host.late = true;
	guest_send(1, guest_rw(FW_IO_WRITE, 1, 0, 1));
	late_end(0);
	sent = csd_send(exec_read, csd.slot);
	CHECK_EQ(late_flying(), 1);
	late_abort(1, sent);
	CHECK_EQ(late_take(1), FW_SC_ABORT_REQUESTED);
	CHECK_EQ(csd_free(csd.slot), 0);
	late_end(0);
	CHECK(!late_take(0) && late_at_rest());
}

TEST(answer_ends_later)
{
	u64 dmas;
	u16 cid;

	late_begin(true);
	CHECK_EQ(guest_io(csd_fast(csd.copy, 0, 4096, 4096)), 0);
	CHECK(guest_is_filled(guest_mem(GUEST_DATA), 4096, 1));
	cid = guest_send(1, csd_fast(csd.copy, 0, 4096, 4096));
	late_end(0);
	fw_host_work(&guest.host);
	CHECK(late_only(FW_OP_TO_HOST));
	late_abort(1, cid);
	CHECK_EQ(late_take(1), FW_SC_ABORT_REQUESTED);
	dmas = guest.host.dmas;
	late_end(0);
	CHECK_EQ(guest.host.dmas - dmas, 0);
	CHECK(!late_take(0) && late_at_rest());
	guest_send(1, csd_fast(csd.copy, 0, 4096, 4096));
	late_end(0);
	fw_host_work(&guest.host);
	guest.host.dma_fail_in = 0;
	late_end(0);
	CHECK_EQ(late_take(1), FW_SC_DATA_TRANSFER);
	CHECK(late_at_rest());
}

/* Many write to a slot at a time; nobody executes or frees it then. */
TEST(slot_is_written)
{
	struct fw_sqe sqe = { .opcode = NVME_LAMBDA_WRITE, .nsid = 1,
			      .cdw11 = NVME_LAMBDA_AREA_INPUT, .cdw13 = 4096 };
	u16 cid;

	late_begin(true);
	sqe = csd_named(sqe);
	sqe.cdw10 = csd.slot;
	guest_data(&sqe, GUEST_DATA, 4096);
	guest_send(1, sqe);
	sqe.cdw12 = 4096;
	cid = guest_send(1, sqe);		/* first zeroes what it skips */
	CHECK_EQ(late_flying(), 2);
	csd_send(NVME_LAMBDA_FREE, csd.slot);
	CHECK_EQ(late_take(1), NVME_LAMBDA_SC_BUSY);
	late_abort(1, cid);
	CHECK(!late_take(0) && late_take(1) == FW_SC_ABORT_REQUESTED);
	late_end(0);
	CHECK_EQ(late_take(1), 0);
	while (late_end(0))
		;
	CHECK_EQ(csd_free(csd.slot), 0);
	CHECK(late_at_rest());
}

/* What an input skips is zeroed in pieces, whatever comes in between. */
TEST(gaps_are_zeroed_in_pieces)
{
	struct fw_sqe sqe = { .opcode = NVME_LAMBDA_WRITE, .nsid = 1,
			      .cdw11 = NVME_LAMBDA_AREA_INPUT,
			      .cdw12 = 12u << 20, .cdw13 = 4096 };
	struct fw_slot *s;
	u32 before;
	u16 cid;

	csd_default();
	guest.cfg.lambda.slot_bytes = 16 << 20;
	csd_power_on();
	csd_alloc(&csd.slot);
	s = &fw_lambda(guest.host.ctrl)->slots[0];
	memset(s->mem, 0xa5, 16 << 20);
	sqe = csd_named(sqe);
	sqe.cdw10 = csd.slot;
	guest_data(&sqe, GUEST_DATA, 4096);
	guest_send(1, sqe);
	CHECK(s->filled && s->filled <= 2 * FW_FILL_PIECE);
	for (u32 i = 0; i < 4 && s->filled < 12u << 20; i++) {
		before = s->filled;
		fw_host_tick(&guest.host);
		CHECK(s->filled - before <= 2 * FW_FILL_PIECE);
	}
	CHECK_EQ(guest_reap(1, &cid), 0);
	for (u32 i = 0; i < 12u << 20; i++)
		CHECK_EQ(s->mem[i], 0);
	sqe.cdw12 = 16u << 20;
	CHECK_EQ(SC(guest_io(sqe)), FW_SC_INVALID_FIELD);
	CHECK_EQ(csd_free(csd.slot), 0);
	CHECK_EQ(csd_alloc(&csd.slot), 0);
	sqe.cdw10 = csd.slot;
	sqe.cdw12 = 12u << 20;
	guest_send(1, sqe);
	csd_send(NVME_LAMBDA_FREE, csd.slot);
	CHECK_EQ(late_take(1), 0);
	while (fw_host_tick(&guest.host))
		;
	CHECK_EQ(SC(late_take(1)), NVME_LAMBDA_SC_NO_SLOT);
	CHECK(late_at_rest());
}

/* Commits */

TEST(commits_wait_for_each_other)
{
	u32 a, b;
	u16 cid, first, second;

	late_begin(true);
	a = late_load();
	b = late_load();
	CHECK(a && b);
	first = late_commit(a);
	second = late_commit(b);
	CHECK(guest.host.work && !guest.host.work->next);
	CHECK_EQ(late_take(0), GUEST_NOTHING);
	late_commit(a);
	CHECK_EQ(SC(late_take(0)), FW_SC_INVALID_FIELD);
	late_unload(a);
	CHECK_EQ(SC(late_take(0)), NVME_LAMBDA_SC_PROGRAM_IN_USE);
	guest_send(1, csd_fast(a, 0, 4096, 4096));
	CHECK_EQ(SC(late_take(1)), NVME_LAMBDA_SC_NOT_COMMITTED);
	CHECK(fw_host_work(&guest.host));
	CHECK(!guest_poll(0, &cid) && cid == first);
	CHECK(fw_host_work(&guest.host));
	CHECK(!guest_poll(0, &cid) && cid == second);
	CHECK_EQ(guest_io(csd_fast(a, 0, 4096, 4096)), 0);
	CHECK_EQ(guest_io(csd_fast(b, 0, 4096, 4096)), 0);
	CHECK(late_at_rest());
}

/* Aborted, it may be sent again: the program is as it was. */
TEST(abort_a_commit)
{
	u32 a, b;
	u16 first, second;

	late_begin(true);
	a = late_load();
	b = late_load();
	first = late_commit(a);
	second = late_commit(b);
	late_abort(0, second);
	CHECK(late_take(0) == FW_SC_ABORT_REQUESTED && !late_take(0));
	late_abort(0, first);
	CHECK(late_take(0) == FW_SC_ABORT_REQUESTED && !late_take(0));
	late_commit(b);			/* waits for what nobody else does */
	CHECK(guest.host.work && !guest.host.work->next);
	CHECK(fw_host_work(&guest.host) && late_take(0) == GUEST_NOTHING);
	CHECK(fw_host_work(&guest.host) && !late_take(0));
	CHECK_EQ(csd_commit(a), 0);
	CHECK(late_at_rest());
}

TEST(reset_in_a_commit)
{
	u32 id;

	late_begin(true);
	id = late_load();
	late_commit(id);
	guest_disable();
	csd_enable();
	CHECK_EQ(guest_create_queues(1, 16), 0);
	for (u32 i = 0; i < CSD_PROGRAMS - 1; i++)
		CHECK(late_load());
	CHECK(!late_load());			/* its place is not free yet */
	CHECK(fw_host_work(&guest.host) && late_take(0) == GUEST_NOTHING);
	id = late_load();
	CHECK(id && !csd_commit(id));
	CHECK(late_at_rest());
}

/* Sessions */

/* Sends a part of the slot's input, or fetches what it answered. */
static u16 send_part(u8 opcode, u32 offset)
{
	struct fw_sqe sqe = { .opcode = opcode, .nsid = 1, .cdw10 = csd.slot,
			      .cdw12 = offset, .cdw13 = 4096 };

	if (opcode == NVME_LAMBDA_WRITE)
		sqe.cdw11 = NVME_LAMBDA_AREA_INPUT;
	guest_data(&sqe, GUEST_DATA, 4096);
	return guest_send(1, csd_named(sqe));
}

/* Ends the session; the status of its commands from then on. */
static u16 end_session(bool epoch)
{
	if (epoch)
		late_open(2);
	else
		late_release();
	return epoch ? NVME_LAMBDA_SC_STALE_EPOCH : NVME_LAMBDA_SC_NO_SESSION;
}

/* A slot that is written to is at once another's, and untouched. */
TEST(session_ends_in_a_write_to_a_slot)
{
	struct fw_slot *s;

	for (u32 epoch = 0; epoch < 2; epoch++) {
		u16 status;

		late_begin(true);
		s = &fw_lambda(guest.host.ctrl)->slots[0];
		for (u32 i = 0; i < FW_TRANSFERS_MAX; i++)
			send_part(NVME_LAMBDA_WRITE, 0);	/* some wait */
		CHECK(late_flying() && late_flying() < FW_TRANSFERS_MAX);
		status = end_session(epoch);
		CHECK(!s->filling && !late_take(0));
		for (u32 i = 0; i < FW_TRANSFERS_MAX; i++)
			CHECK_EQ(SC(late_take(1)), status);
		csd_open(CSD_KEY, 3);
		CHECK(!csd_alloc(&csd.slot) && s->id == csd.slot);
		while (late_end(0))
			;
		CHECK_EQ(late_take(1), GUEST_NOTHING);
		CHECK_EQ(s->filled, 0);
		CHECK(late_at_rest());
	}
}

TEST(session_ends_in_a_read_of_an_answer)
{
	u64 dmas;

	for (u32 epoch = 0; epoch < 2; epoch++) {
		u16 status;

		late_begin(true);
		send_read();
		late_end(0);
		fw_host_work(&guest.host);
		CHECK_EQ(late_take(1), 0);
		send_part(NVME_LAMBDA_READ, 0);
		CHECK(late_only(FW_OP_TO_HOST));
		status = end_session(epoch);
		CHECK(!late_take(0) && SC(late_take(1)) == status);
		dmas = guest.host.dmas;
		late_end(0);
		CHECK_EQ(guest.host.dmas, dmas);
		CHECK(late_take(1) == GUEST_NOTHING && late_at_rest());
	}
}

/* One that is checked keeps its place until that is over; one in line does not. */
TEST(session_ends_in_commits)
{
	for (u32 epoch = 0; epoch < 2; epoch++) {
		u16 status, cid;

		late_begin(true);
		late_commit(late_load());
		late_commit(late_load());
		status = end_session(epoch);
		CHECK(SC(guest_poll(0, &cid)) == status &&
		      SC(guest_poll(0, &cid)) == status && !late_take(0));
		csd_open(CSD_KEY, 3);
		for (u32 i = 0; i < CSD_PROGRAMS - 1; i++)
			CHECK(late_load());
		CHECK(!late_load());
		CHECK(fw_host_work(&guest.host) && !guest.host.work);
		CHECK(late_load() && late_at_rest());
	}
}

/* None of these ends a session whose lease has run out, and all renew it. */
TEST(what_is_under_way_keeps_its_session)
{
	const u64 lease = CSD_LEASE_MS * 1000000ull;
	struct nvme_lambda_stats stats;

	for (u32 kind = 0; kind < 3; kind++) {
		late_begin(true);
		send_read();
		late_end(0);
		fw_host_work(&guest.host);
		CHECK_EQ(late_take(1), 0);
		if (kind)
			send_part(kind == 1 ? NVME_LAMBDA_WRITE :
				  NVME_LAMBDA_READ, 0);
		else
			late_commit(late_load());
		guest.host.now += 2 * lease;
		CHECK(!csd_stats(&stats) && stats.sessions == 1);
		if (kind)
			late_end(0);
		else
			fw_host_work(&guest.host);
		CHECK_EQ(late_take(kind != 0), 0);
		guest.host.now += lease - 1;
		CHECK(!csd_stats(&stats) && stats.sessions == 1);
		guest.host.now++;
		CHECK(!csd_stats(&stats) && stats.sessions == 0);
		CHECK(late_at_rest());
	}
}

/* Nothing of it is cut off: at its end, which comes first, the epoch opens. */
TEST(epoch_waits_for_output)
{
	for (u32 released = 0; released < 2; released++) {
		late_begin(true);
		late_write();
		fw_host_work(&guest.host);
		CHECK(late_only(FW_OP_WRITE));
		if (released) {
			late_release();
			CHECK_EQ(late_take(0), 0);
		}
		late_open(2);
		late_end(0);
		CHECK(late_only(FW_OP_FLUSH));
		CHECK(late_take(0) == GUEST_NOTHING &&
		      late_take(1) == GUEST_NOTHING);
		late_end(0);
		CHECK(!late_take(1) && !late_take(0));
		CHECK(guest_is_filled(csd.media + 8192, 2048, 9));
		CHECK_EQ(csd_alloc(&csd.slot), 0);
		CHECK(late_at_rest());
	}
}

/* The command is no more, but what it has begun is still under way. */
TEST(session_waits_for_output_over_a_reset)
{
	late_begin(true);
	late_write();
	fw_host_work(&guest.host);
	guest_disable();
	CHECK(guest_enable() && late_only(FW_OP_WRITE));
	late_open(1);
	CHECK_EQ(late_take(0), GUEST_NOTHING);
	late_end(0);
	CHECK(!late_take(0) && late_at_rest());
}

/* Those that wait see what came meanwhile, and may be aborted. */
TEST(epochs_wait_for_output)
{
	u16 cid;

	late_begin(true);
	late_write();
	fw_host_work(&guest.host);
	late_open(2);
	cid = late_open(3);
	late_open(4);
	late_abort(0, cid);
	CHECK(late_take(0) == FW_SC_ABORT_REQUESTED && !late_take(0));
	late_end(0);
	CHECK_EQ(late_take(0), GUEST_NOTHING);
	late_end(0);
	CHECK_EQ(SC(late_take(0)), NVME_LAMBDA_SC_STALE_EPOCH);
	CHECK(!late_take(0) && !late_take(1));
	CHECK(late_at_rest());
}

/* The lease runs meanwhile; the session that has it by then is another one. */
TEST(epoch_waits_longer_than_its_lease)
{
	const struct nvme_lambda_grant *grant;
	struct nvme_lambda_stats stats;

	late_begin(true);
	late_write();
	fw_host_work(&guest.host);
	late_open(2);
	guest.host.now += CSD_LEASE_MS * 1000000ull;
	CHECK(!csd_stats(&stats) && !stats.sessions);
	late_end(0);
	CHECK_EQ(late_take(0), GUEST_NOTHING);
	late_end(0);
	CHECK(!late_take(0) && !late_take(1));
	grant = guest_mem(LATE_GRANT);
	CHECK(grant->session == 2 && grant->epoch == 2);
	CHECK(late_at_rest());
}

/* What was executed with it changes nothing more, and is not waited for. */
TEST(epoch_waits_for_no_run)
{
	late_begin(true);
	late_write();
	late_open(2);
	CHECK(!late_take(0) && SC(late_take(1)) == NVME_LAMBDA_SC_STALE_EPOCH);
	CHECK(fw_host_work(&guest.host) && !late_flying());
	CHECK(guest_is_filled(csd.media, GUEST_MEDIA, 1));
	CHECK(late_at_rest());
}

TAP_MAIN()
