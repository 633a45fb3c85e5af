// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Sessions: opened, renewed, ended; what each owns; epochs; shares. */
#include "core/ctrl.h"
#include "csd.h"
#include "lambda/lambda.h"
#include "tap.h"

#define OTHER		0x0123456789abcdefull
#define ALL		NVME_LAMBDA_WANT(0xffff, 0xffff)
#define NS_PER_MS	1000000ull

static struct nvme_lambda_grant grant;

static u16 open_as(u64 key, u32 epoch, u32 want, u32 lease_ms)
{
	csd_name(key, epoch);
	return SC(csd_open_for(&grant, want, lease_ms, 0));
}

/* Whether somebody has a session; costs the drive nothing. */
static u16 ask_as(u64 key, u32 epoch)
{
	csd_name(key, epoch);
	return SC(csd_free(0));
}

static void mine(void)
{
	csd_name(CSD_KEY, 1);
}

/* A drive whose λs run when they are told to; with timing as asked. */
static void begin_deferred(bool timing)
{
	guest_power_on();
	guest.host.defer = true;
	csd_default();
	guest.cfg.profile.timing = timing;
	fw_host_power_on(&guest.host, &guest.cfg);
	csd_enable();
	guest_create_queues(1, GUEST_ENTRIES);
	csd.copy = csd_program(csd_copy, CSD_COPY);
	csd_alloc(&csd.slot);
	csd.media = guest.host.media.now;
	guest_fill(csd.media, 1 << 20, 1);
}

/* Fills the slot with a write of 4 KiB of seed 2 over the first extent. */
static u16 prepare_write(void)
{
	static u8 input[4096];
	struct nvme_lambda_extent e = { 0, 4096 };
	struct nvme_lambda_request r = { .program = csd.copy, .in_len = 4096,
					 .out_cap = 4096 };
	u16 status;

	guest_fill(input, sizeof(input), 2);
	status = csd_write(csd.slot, NVME_LAMBDA_AREA_INPUT, 0, input, 4096);
	return status ? status : csd_request(csd.slot, r, &e, 1, NULL);
}

/* What runs goes on, while others end. */
static void leave_running(void)
{
	guest.host.work = NULL;
}

/* Opening */

TEST(grants)
{
	csd_start(false);
	CHECK_EQ(open_as(OTHER, 7, ALL, 5000), 0);
	CHECK_EQ(grant.boot, CSD_BOOT);
	CHECK_EQ(grant.session, 2);
	CHECK_EQ(grant.epoch, 7);
	CHECK_EQ(grant.slots, CSD_SLOTS / 2);
	CHECK_EQ(grant.programs, CSD_PROGRAMS / 2);
	CHECK_EQ(grant.lease_ms, 5000);
	CHECK_EQ(open_as(OTHER, 8, NVME_LAMBDA_WANT(1, 1), 0xffffffff), 0);
	CHECK_EQ(grant.session, 2);
	CHECK(grant.slots == 1 && grant.programs == 1);
	CHECK_EQ(grant.lease_ms, FW_LEASE_MAX_MS);
	CHECK_EQ(csd_release(), 0);
	mine();
	CHECK_EQ(csd_open_for(&grant, ALL, 1, 0), 0);
	CHECK(grant.slots == CSD_SLOTS && grant.programs == CSD_PROGRAMS);
}

TEST(open_fields)
{
	struct fw_sqe sqe;

	csd_start(false);
	CHECK_EQ(open_as(0, 1, ALL, 1), FW_SC_INVALID_FIELD);
	CHECK_EQ(open_as(OTHER, 1, ALL, 0), FW_SC_INVALID_FIELD);
	CHECK_EQ(open_as(OTHER, 1, NVME_LAMBDA_WANT(0, 1), 1),
		 FW_SC_INVALID_FIELD);
	CHECK_EQ(open_as(OTHER, 1, NVME_LAMBDA_WANT(1, 0), 1),
		 FW_SC_INVALID_FIELD);
	sqe = csd_named((struct fw_sqe){ .opcode = NVME_LAMBDA_ADMIN_OPEN,
					 .cdw11 = ALL, .cdw12 = 1,
					 .prp1 = 1 });
	CHECK_EQ(SC(guest_admin(sqe)), FW_SC_INVALID_PRP_OFFSET);
	CHECK_EQ(ask_as(OTHER, 1), NVME_LAMBDA_SC_NO_SESSION);
	/* an answer that gets lost has opened it; to ask again does no harm */
	guest.host.dma_fail_in = 1;
	CHECK_EQ(open_as(OTHER, 0, ALL, 1000), FW_SC_DATA_TRANSFER);
	CHECK_EQ(open_as(OTHER, 0, ALL, 1000), 0);
	CHECK_EQ(grant.session, 2);
}

TEST(as_many_as_there_are_places)
{
	struct nvme_lambda_stats stats;

	csd_start(false);
	for (u32 i = 1; i < FW_SESSIONS_MAX; i++)
		CHECK_EQ(open_as(OTHER + i, 1, ALL, 1000), 0);
	CHECK(grant.slots == 1 && grant.programs == 1);
	CHECK_EQ(open_as(OTHER, 1, ALL, 1000), NVME_LAMBDA_SC_RESOURCES);
	CHECK_EQ(csd_stats(&stats), 0);
	CHECK_EQ(stats.sessions, FW_SESSIONS_MAX);
	mine();
	CHECK_EQ(csd_release(), 0);
	CHECK_EQ(open_as(OTHER, 1, ALL, 1000), 0);
}

/* Owning */

TEST(without_a_session)
{
	struct fw_sqe sqe;

	csd_begin(false);
	sqe = csd_fast(csd.copy, 0, 4096, 4096);
	sqe.cdw2++;
	CHECK_EQ(SC(guest_io(sqe)), NVME_LAMBDA_SC_NO_SESSION);
	CHECK_EQ(ask_as(CSD_KEY + (1ull << 32), 1), NVME_LAMBDA_SC_NO_SESSION);
	CHECK_EQ(ask_as(0, 1), FW_SC_INVALID_FIELD);
	CHECK_EQ(SC(csd_release()), FW_SC_INVALID_FIELD);
	/* no session is no error, of the drive's or the command's */
	CHECK_EQ(guest.host.ctrl->nr_errors, 2);
	mine();
	CHECK_EQ(guest_io(csd_fast(csd.copy, 0, 4096, 4096)), 0);
}

TEST(slots_of_others)
{
	struct nvme_lambda_request r = { .out_cap = 4096 };
	u32 slot;

	csd_begin(false);
	r.program = csd.copy;
	CHECK_EQ(csd_run(r, NVME_LAMBDA_EXEC_READ), 0);
	CHECK_EQ(open_as(OTHER, 1, ALL, 1000), 0);
	CHECK_EQ(SC(csd_free(csd.slot)), NVME_LAMBDA_SC_NO_SLOT);
	CHECK_EQ(SC(csd_read(csd.slot, 0, 4096)), NVME_LAMBDA_SC_NO_SLOT);
	CHECK_EQ(SC(csd_write(csd.slot, NVME_LAMBDA_AREA_INPUT, 0, "123", 4)),
		 NVME_LAMBDA_SC_NO_SLOT);
	CHECK_EQ(SC(csd_exec(NVME_LAMBDA_EXEC_READ, csd.slot)),
		 NVME_LAMBDA_SC_NO_SLOT);
	CHECK_EQ(SC(csd_exec(NVME_LAMBDA_EXEC_WRITE, csd.slot)),
		 NVME_LAMBDA_SC_NO_SLOT);
	CHECK_EQ(csd_alloc(&slot), 0);
	mine();
	CHECK_EQ(csd_read(csd.slot, 0, 4096), 0);
	CHECK(guest_is_filled(guest_mem(GUEST_DATA), 4096, 1));
}

TEST(programs_of_others)
{
	struct nvme_lambda_request r = { .out_cap = 4096 };

	csd_begin(false);
	r.program = csd.copy;
	CHECK_EQ(open_as(OTHER, 1, ALL, 1000), 0);
	CHECK_EQ(SC(guest_io(csd_fast(csd.copy, 0, 4096, 4096))),
		 NVME_LAMBDA_SC_NO_PROGRAM);
	CHECK_EQ(SC(csd_unload(csd.copy)), NVME_LAMBDA_SC_NO_PROGRAM);
	CHECK_EQ(SC(csd_commit(csd.copy)), NVME_LAMBDA_SC_NO_PROGRAM);
	CHECK_EQ(SC(csd_piece(csd.copy, 64, "123", 4, 0)),
		 NVME_LAMBDA_SC_NO_PROGRAM);
	CHECK_EQ(csd_alloc(&csd.slot), 0);
	CHECK_EQ(csd_run(r, NVME_LAMBDA_EXEC_READ), NVME_LAMBDA_SC_NO_PROGRAM);
	mine();
	CHECK_EQ(guest_io(csd_fast(csd.copy, 0, 4096, 4096)), 0);
}

/* Ending */

TEST(release_frees_everything)
{
	struct nvme_lambda_stats stats;
	u32 slot;

	csd_begin(false);
	CHECK_EQ(open_as(OTHER, 1, ALL, 1000), 0);
	CHECK_EQ(csd_alloc(&slot), 0);
	mine();
	CHECK_EQ(csd_release(), 0);
	CHECK_EQ(SC(csd_release()), NVME_LAMBDA_SC_NO_SESSION);
	CHECK_EQ(csd_stats(&stats), 0);
	CHECK(stats.sessions == 1 && stats.slots == 1 && !stats.programs);
	csd_name(OTHER, 1);
	for (u32 i = 1; i < CSD_SLOTS; i++)
		CHECK_EQ(csd_alloc(&slot), 0);
	for (u32 i = 0; i < CSD_PROGRAMS; i++)
		CHECK(csd_program(csd_copy, CSD_COPY));
}

TEST(release_ends_a_run)
{
	struct nvme_lambda_stats stats;
	u16 cid;

	begin_deferred(false);
	guest_send(1, csd_fast(csd.copy, 0, 4096, 4096));
	CHECK_EQ(csd_release(), 0);
	CHECK_EQ(SC(guest_poll(1, &cid)), NVME_LAMBDA_SC_NO_SESSION);
	CHECK(fw_host_work(&guest.host));
	CHECK_EQ(guest_poll(1, &cid), GUEST_NOTHING);
	CHECK_EQ(csd_stats(&stats), 0);
	CHECK(!stats.sessions && !stats.runs[0]);
}

/* To the nanosecond, and each command begins it anew. */
TEST(leases_run_out)
{
	struct nvme_lambda_stats stats;

	csd_start(false);
	CHECK_EQ(open_as(OTHER, 1, ALL, 10), 0);
	for (u32 i = 0; i < 3; i++) {
		guest.host.now += 10 * NS_PER_MS - 1;
		CHECK_EQ(ask_as(OTHER, 1), NVME_LAMBDA_SC_NO_SLOT);
	}
	CHECK_EQ(csd_program(csd_copy, CSD_COPY) != 0, true);
	guest.host.now += 10 * NS_PER_MS - 1;
	CHECK_EQ(csd_stats(&stats), 0);
	CHECK(stats.sessions == 2 && stats.programs == 1);
	guest.host.now += 1;
	CHECK_EQ(csd_stats(&stats), 0);
	CHECK(stats.sessions == 1 && stats.programs == 0);
	CHECK_EQ(ask_as(OTHER, 1), NVME_LAMBDA_SC_NO_SESSION);
	CHECK_EQ(ask_as(CSD_KEY, 1), NVME_LAMBDA_SC_NO_SLOT);
	/* a command that is refused comes too late to renew it */
	CHECK_EQ(open_as(OTHER, 1, ALL, 10), 0);
	CHECK_EQ(grant.session, 3);
	guest.host.now += 9 * NS_PER_MS;
	CHECK_EQ(ask_as(OTHER, 2), NVME_LAMBDA_SC_STALE_EPOCH);
	guest.host.now += NS_PER_MS;
	CHECK_EQ(ask_as(OTHER, 1), NVME_LAMBDA_SC_NO_SESSION);
}

TEST(open_renews_a_lease)
{
	csd_start(false);
	CHECK_EQ(open_as(OTHER, 1, ALL, 10), 0);
	CHECK(csd_program(csd_copy, CSD_COPY) != 0);
	guest.host.now += 9 * NS_PER_MS;
	CHECK_EQ(open_as(OTHER, 1, NVME_LAMBDA_WANT(1, 1), 1), 0);
	CHECK(grant.session == 2 && grant.slots == CSD_SLOTS / 2);
	CHECK_EQ(grant.lease_ms, 10);
	guest.host.now += 9 * NS_PER_MS;
	CHECK_EQ(ask_as(OTHER, 1), NVME_LAMBDA_SC_NO_SLOT);
	/* what comes too late opens another one */
	guest.host.now += 10 * NS_PER_MS;
	CHECK_EQ(open_as(OTHER, 1, ALL, 10), 0);
	CHECK_EQ(grant.session, 3);
}

/* However long it takes, and the lease begins when it has ended. */
TEST(a_run_keeps_its_session)
{
	struct nvme_lambda_stats stats;
	u16 cid;

	begin_deferred(false);
	CHECK_EQ(open_as(CSD_KEY, 2, ALL, 10), 0);
	csd.copy = csd_program(csd_copy, CSD_COPY);
	guest_send(1, csd_fast(csd.copy, 0, 4096, 4096));
	guest.host.now += 100 * NS_PER_MS;
	CHECK_EQ(csd_stats(&stats), 0);
	CHECK_EQ(stats.sessions, 1);
	CHECK(fw_host_work(&guest.host));
	CHECK_EQ(guest_poll(1, &cid), 0);
	guest.host.now += 10 * NS_PER_MS - 1;
	CHECK_EQ(csd_stats(&stats), 0);
	CHECK_EQ(stats.sessions, 1);
	guest.host.now += 1;
	CHECK_EQ(csd_stats(&stats), 0);
	CHECK_EQ(stats.sessions, 0);
}

/* A reset ends all of them, and an id is not given out again. */
TEST(resets_are_noticed)
{
	u32 slot;

	csd_begin(false);
	CHECK_EQ(open_as(OTHER, 1, ALL, 1000), 0);
	guest_disable();
	CHECK(guest_enable());
	CHECK_EQ(guest_create_queues(1, GUEST_ENTRIES), 0);
	CHECK_EQ(ask_as(OTHER, 1), NVME_LAMBDA_SC_NO_SESSION);
	CHECK_EQ(ask_as(CSD_KEY, 1), NVME_LAMBDA_SC_NO_SESSION);
	CHECK_EQ(open_as(CSD_KEY, 1, ALL, 1000), 0);
	CHECK(grant.boot == CSD_BOOT && grant.session == 3);
	CHECK_EQ(SC(guest_io(csd_fast(csd.copy, 0, 4096, 4096))),
		 NVME_LAMBDA_SC_NO_PROGRAM);
	CHECK_EQ(csd_alloc(&slot), 0);
	CHECK(slot != csd.slot);
}

TEST(results_tell_of_it)
{
	const struct nvme_lambda_result *r;

	csd_begin(false);
	guest.cfg.lambda.boot = 42;
	CHECK(!fw_host_power_on(&guest.host, &guest.cfg));
	CHECK(guest_enable() && !guest_create_queues(1, GUEST_ENTRIES));
	CHECK_EQ(open_as(OTHER, 1, ALL, 1000), 0);
	CHECK_EQ(open_as(CSD_KEY, 9, ALL, 1000), 0);
	CHECK_EQ(grant.boot, 42);
	csd.copy = csd_program(csd_copy, CSD_COPY);
	CHECK_EQ(guest_io(csd_fast(csd.copy, 0, 4096, 4096)), 0);
	r = csd_result(4096);
	CHECK(r->boot == 42 && r->session == 2 && r->epoch == 9);
	CHECK(r->slots == CSD_SLOTS / 2 && r->programs == CSD_PROGRAMS / 2);
}

/* Epochs */

TEST(older_epochs_are_refused)
{
	static const u32 other[] = { 0, 1, 3, 0xffffffff };
	u32 slot;

	csd_begin(false);
	CHECK_EQ(prepare_write(), 0);
	csd_open(CSD_KEY, 2);
	for (u32 i = 0; i < FW_ARRAY_SIZE(other); i++) {
		csd_name(CSD_KEY, other[i]);
		CHECK_EQ(SC(csd_alloc(&slot)), NVME_LAMBDA_SC_STALE_EPOCH);
		CHECK_EQ(SC(csd_exec(NVME_LAMBDA_EXEC_WRITE, csd.slot)),
			 NVME_LAMBDA_SC_STALE_EPOCH);
		CHECK_EQ(SC(csd_piece(0, 0, "123", 4, 64)),
			 NVME_LAMBDA_SC_STALE_EPOCH);
		CHECK_EQ(SC(csd_release()), NVME_LAMBDA_SC_STALE_EPOCH);
	}
	CHECK_EQ(open_as(CSD_KEY, 1, ALL, 1000), NVME_LAMBDA_SC_STALE_EPOCH);
	/* what is without one names what is of one */
	CHECK_EQ(SC(guest_io(csd_fast(csd.copy, 0, 4096, 4096))),
		 NVME_LAMBDA_SC_NO_PROGRAM);
	csd_name(CSD_KEY, 2);
	CHECK_EQ(SC(csd_exec(NVME_LAMBDA_EXEC_WRITE, csd.slot)),
		 NVME_LAMBDA_SC_NO_SLOT);
	CHECK_EQ(guest.host.ctrl->nr_errors, 2);
	CHECK(guest_is_filled(csd.media, 4096, 1));
}

/* A write that has begun does not change the media after the new epoch. */
TEST(a_write_of_an_older_epoch)
{
	u16 cid;

	begin_deferred(false);
	CHECK_EQ(prepare_write(), 0);
	csd_send(NVME_LAMBDA_EXEC_WRITE, csd.slot);
	CHECK_EQ(open_as(CSD_KEY, 2, ALL, 1000), 0);
	CHECK_EQ(SC(guest_poll(1, &cid)), NVME_LAMBDA_SC_STALE_EPOCH);
	CHECK(fw_host_work(&guest.host));
	CHECK_EQ(guest_poll(1, &cid), GUEST_NOTHING);
	CHECK(guest_is_filled(csd.media, 4096, 1));
}

/* One that has been done says so, in its time, whoever has the slot by then. */
TEST(a_write_before_the_epoch)
{
	u32 slot;
	u16 cid;

	begin_deferred(true);
	CHECK_EQ(prepare_write(), 0);
	csd_send(NVME_LAMBDA_EXEC_WRITE, csd.slot);
	CHECK(fw_host_work(&guest.host));
	CHECK(guest_is_filled(csd.media, 4096, 2));
	guest_send(0, csd_named((struct fw_sqe){
		.opcode = NVME_LAMBDA_ADMIN_RELEASE }));
	CHECK_EQ(guest_poll(1, &cid), GUEST_NOTHING);
	CHECK_EQ(guest_reap(0, &cid), 0);
	csd_open(CSD_KEY, 2);
	CHECK_EQ(guest_reap(1, &cid), 0);
	CHECK_EQ(guest.result, 4096);
	CHECK_EQ(csd_alloc(&slot), 0);
	CHECK_EQ(csd_free(slot), 0);
}

/* Shares */

TEST(slots_are_shared)
{
	u32 slots[CSD_SLOTS], slot, other;

	begin_deferred(false);
	CHECK_EQ(csd_free(csd.slot), 0);
	for (u32 i = 0; i < CSD_SLOTS; i++)
		CHECK_EQ(csd_alloc(&slots[i]), 0);
	CHECK_EQ(SC(csd_alloc(&slot)), NVME_LAMBDA_SC_RESOURCES);
	/* the first is at work, so it is not taken */
	csd.slot = slots[0];
	CHECK_EQ(prepare_write(), 0);
	csd_send(NVME_LAMBDA_EXEC_WRITE, csd.slot);
	CHECK_EQ(open_as(OTHER, 1, ALL, 1000), 0);
	CHECK_EQ(csd_alloc(&slot), 0);
	CHECK_EQ(csd_alloc(&slot), 0);
	CHECK_EQ(SC(csd_alloc(&other)), NVME_LAMBDA_SC_RESOURCES);
	CHECK_EQ(csd_free(slot), 0);
	/* more than its share nobody gets, though there is one */
	mine();
	CHECK_EQ(SC(csd_alloc(&slot)), NVME_LAMBDA_SC_RESOURCES);
	CHECK_EQ(csd_free(slots[3]), 0);
	CHECK_EQ(SC(csd_free(slots[2])), NVME_LAMBDA_SC_NO_SLOT);
	CHECK_EQ(SC(csd_free(slots[1])), NVME_LAMBDA_SC_NO_SLOT);
	CHECK_EQ(csd_free(slots[0]), NVME_LAMBDA_SC_BUSY);
}

/* With all of them at work there is none to be had. */
TEST(slots_at_work_stay)
{
	u32 slot;

	begin_deferred(false);
	for (u32 i = 0; i < CSD_SLOTS; i++) {
		CHECK(!i || !csd_alloc(&csd.slot));
		CHECK_EQ(prepare_write(), 0);
		csd_send(NVME_LAMBDA_EXEC_WRITE, csd.slot);
	}
	CHECK_EQ(open_as(OTHER, 1, ALL, 1000), 0);
	CHECK_EQ(csd_alloc(&slot), NVME_LAMBDA_SC_RESOURCES);
}

TEST(programs_are_shared)
{
	u32 ids[CSD_PROGRAMS], id;

	begin_deferred(false);
	ids[0] = csd.copy;
	for (u32 i = 1; i < CSD_PROGRAMS; i++)
		ids[i] = csd_program(csd_copy, CSD_COPY);
	CHECK_EQ(csd_program(csd_copy, CSD_COPY), 0);
	guest_send(1, csd_fast(ids[0], 0, 4096, 4096));
	leave_running();
	CHECK_EQ(open_as(OTHER, 1, ALL, 1000), 0);
	id = csd_program(csd_copy, CSD_COPY);
	CHECK(id != 0);
	CHECK_EQ(csd_program(csd_copy, CSD_COPY), 0);
	guest_send(1, csd_fast(id, 0, 4096, 4096));
	mine();
	CHECK_EQ(SC(csd_unload(ids[0])), NVME_LAMBDA_SC_PROGRAM_IN_USE);
	CHECK_EQ(csd_unload(ids[2]), 0);
	CHECK_EQ(SC(csd_unload(ids[1])), NVME_LAMBDA_SC_NO_PROGRAM);
}

TEST(programs_at_work_stay)
{
	begin_deferred(false);
	for (u32 i = 0; i < CSD_PROGRAMS; i++) {
		u32 id = i ? csd_program(csd_copy, CSD_COPY) : csd.copy;
		u32 slot;

		CHECK_EQ(csd_alloc(&slot), 0);
		csd.copy = id;
		csd.slot = slot;
		CHECK_EQ(prepare_write(), 0);
		csd_send(NVME_LAMBDA_EXEC_WRITE, csd.slot);
		leave_running();
	}
	CHECK_EQ(open_as(OTHER, 1, ALL, 1000), 0);
	CHECK_EQ(csd_program(csd_copy, CSD_COPY), 0);
}

TAP_MAIN()
