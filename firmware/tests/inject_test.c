// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Injected errors: which command they strike, and what becomes of it. */
#include "csd.h"
#include "tap.h"

#define FEAT	NVME_LAMBDA_FEAT_FAULT
#define KIND(k)	NVME_LAMBDA_FAULT_KIND(NVME_LAMBDA_FAULT_##k)
#define AFTER	NVME_LAMBDA_FAULT_AFTER
#define ADMIN	NVME_LAMBDA_FAULT_ADMIN
#define SKIP(n)	NVME_LAMBDA_FAULT_SKIP(n)
#define MORE(n)	NVME_LAMBDA_FAULT_MORE(n)

static u16 order(u32 cdw11, u32 cdw12)
{
	struct fw_sqe sqe = { .opcode = FW_ADMIN_SET_FEATURES, .cdw10 = FEAT,
			      .cdw11 = cdw11, .cdw12 = cdw12 };

	return SC(guest_admin(sqe));
}

/* How many commands are still to go wrong. */
static u64 left(void)
{
	return guest_get_feature(FEAT) ? ~0ull : guest.result;
}

static void begin(bool timing)
{
	csd_default();
	guest.cfg.faults = true;
	guest.cfg.profile.timing = timing;
	csd_power_on();
	csd.copy = csd_program(csd_copy, CSD_COPY);
	csd_alloc(&csd.slot);
	csd.media = guest.host.media.now;
	guest_fill(csd.media, 1 << 20, 1);
}

/* Reads or writes the block; writes have data of seed 2. */
static u16 io_now(u8 opcode)
{
	struct fw_sqe sqe = guest_rw(opcode, 1, 0, 1);

	guest_fill(guest_mem(GUEST_DATA), 512, 2);
	return guest_io(sqe);
}

static bool is_back(void)
{
	guest_disable();
	return csd_enable() && !guest_create_queues(1, GUEST_ENTRIES) &&
	       !guest_io(guest_rw(FW_IO_READ, 1, 0, 8));
}

TEST(only_where_they_are_asked_for)
{
	csd_begin(false);
	CHECK_EQ(order(KIND(LOSE) | FW_IO_READ, 0), FW_SC_INVALID_FIELD);
	CHECK_EQ(SC(guest_get_feature(FEAT)), FW_SC_INVALID_FIELD);
	begin(false);
	CHECK_EQ(order(KIND(LOSE) | FW_IO_READ, 0), 0);
	CHECK_EQ(left(), 1);
}

TEST(bad_orders)
{
	struct fw_sqe sqe = { .opcode = FW_ADMIN_SET_FEATURES, .cdw10 = FEAT,
			      .cdw11 = KIND(LOSE), .nsid = 1 };

	begin(false);
	CHECK_EQ(order(1, 0), FW_SC_INVALID_FIELD);
	CHECK_EQ(order(8 << 8, 0), FW_SC_INVALID_FIELD);
	CHECK_EQ(order(KIND(LOSE) | 0x4000, 0), FW_SC_INVALID_FIELD);
	CHECK_EQ(order(KIND(LOSE) | 0x8000, 0), FW_SC_INVALID_FIELD);
	CHECK_EQ(order(KIND(FAIL), 0), FW_SC_INVALID_FIELD);
	CHECK_EQ(order(KIND(FAIL), 0x800), FW_SC_INVALID_FIELD);
	CHECK_EQ(order(KIND(DELAY), 5), FW_SC_INVALID_FIELD);
	CHECK_EQ(order(KIND(DELAY) | AFTER, 0), FW_SC_INVALID_FIELD);
	CHECK_EQ(order(KIND(LOSE), 1), FW_SC_INVALID_FIELD);
	CHECK_EQ(order(KIND(FATAL), 1), FW_SC_INVALID_FIELD);
	CHECK_EQ(order(KIND(GONE), 1), FW_SC_INVALID_FIELD);
	CHECK_EQ(order(KIND(GARBLE), 1), FW_SC_INVALID_FIELD);
	CHECK_EQ(order(KIND(GARBLE) | AFTER, 0), FW_SC_INVALID_FIELD);
	CHECK_EQ(order(KIND(METADATA), 1), FW_SC_INVALID_FIELD);
	CHECK_EQ(SC(guest_admin(sqe)), FW_SC_FEATURE_NOT_NS);
	sqe.nsid = 0;
	sqe.cdw10 |= BIT(31);
	CHECK_EQ(SC(guest_admin(sqe)), FW_SC_FEATURE_NOT_SAVEABLE);
	CHECK_EQ(SC(guest_feature(FW_ADMIN_GET_FEATURES, FEAT | 1 << 8, 0)),
		 FW_SC_INVALID_FIELD);
	CHECK_EQ(left(), 0);
}

TEST(as_many_as_can_be_kept)
{
	begin(false);
	for (u32 i = 0; i < FW_INJECTS_MAX; i++)
		CHECK_EQ(order(KIND(LOSE) | FW_IO_FLUSH, MORE(2)), 0);
	CHECK_EQ(order(KIND(LOSE), 0), NVME_LAMBDA_SC_RESOURCES);
	CHECK_EQ(left(), 3 * FW_INJECTS_MAX);
	CHECK_EQ(order(0, 0), 0);
	CHECK_EQ(left(), 0);
	CHECK_EQ(order(KIND(LOSE), 0), 0);
}

TEST(fails_unexecuted)
{
	begin(false);
	CHECK_EQ(order(KIND(FAIL) | FW_IO_WRITE, FW_SC_WRITE_FAULT), 0);
	CHECK_EQ(io_now(FW_IO_READ), 0);
	CHECK_EQ(io_now(FW_IO_WRITE), FW_SC_WRITE_FAULT);
	CHECK(guest_is_filled(csd.media, 512, 1));
	CHECK_EQ(left(), 0);
	CHECK_EQ(io_now(FW_IO_WRITE), 0);
	CHECK(guest_is_filled(csd.media, 512, 2));
}

TEST(fails_executed)
{
	begin(false);
	CHECK_EQ(order(KIND(FAIL) | AFTER | FW_IO_WRITE, 0x7ff), 0);
	CHECK_EQ(io_now(FW_IO_WRITE), 0x7ff | FW_SC_DNR);
	CHECK(guest_is_filled(csd.media, 512, 2));
	CHECK_EQ(order(KIND(FAIL) | AFTER | NVME_LAMBDA_ALLOC,
		       FW_SC_DATA_TRANSFER), 0);
	CHECK_EQ(csd_alloc(&csd.slot), FW_SC_DATA_TRANSFER);
	CHECK_EQ(guest.result, 0);
}

TEST(the_nth_and_more)
{
	begin(false);
	CHECK_EQ(order(KIND(FAIL) | SKIP(2) | FW_IO_READ,
		       FW_SC_READ_ERROR | MORE(1)), 0);
	CHECK_EQ(io_now(FW_IO_READ), 0);
	CHECK_EQ(io_now(FW_IO_WRITE), 0);
	CHECK_EQ(io_now(FW_IO_READ), 0);
	CHECK_EQ(io_now(FW_IO_READ), FW_SC_READ_ERROR);
	CHECK_EQ(left(), 1);
	CHECK_EQ(io_now(FW_IO_READ), FW_SC_READ_ERROR);
	CHECK_EQ(io_now(FW_IO_READ), 0);
}

/* Each counts on its own; one that comes second takes the next command. */
TEST(two_of_a_kind)
{
	begin(false);
	CHECK_EQ(order(KIND(FAIL) | FW_IO_READ, FW_SC_READ_ERROR), 0);
	CHECK_EQ(order(KIND(FAIL) | FW_IO_READ, FW_SC_DATA_TRANSFER), 0);
	CHECK_EQ(order(KIND(FAIL) | SKIP(2) | FW_IO_READ,
		       FW_SC_WRITE_FAULT), 0);
	CHECK_EQ(io_now(FW_IO_READ), FW_SC_READ_ERROR);
	CHECK_EQ(io_now(FW_IO_READ), FW_SC_DATA_TRANSFER);
	CHECK_EQ(io_now(FW_IO_READ), FW_SC_WRITE_FAULT);
	CHECK_EQ(io_now(FW_IO_READ), 0);
}

TEST(every_lambda_command)
{
	begin(false);
	CHECK_EQ(order(KIND(FAIL) | SKIP(1) | NVME_LAMBDA_FAULT_ANY,
		       FW_SC_DATA_TRANSFER), 0);
	CHECK_EQ(csd_free(csd.slot), 0);
	CHECK_EQ(io_now(FW_IO_READ), 0);
	CHECK(csd_program(csd_copy, CSD_COPY));
	CHECK_EQ(guest_io(csd_fast(csd.copy, 0, 512, 512)),
		 FW_SC_DATA_TRANSFER);
}

TEST(admin_commands)
{
	begin(false);
	CHECK_EQ(order(KIND(FAIL) | ADMIN | SKIP(1) | NVME_LAMBDA_FAULT_ANY,
		       NVME_LAMBDA_SC_RESOURCES), 0);
	CHECK_EQ(order(KIND(FAIL) | ADMIN | FW_ADMIN_IDENTIFY,
		       FW_SC_DATA_TRANSFER), 0);
	CHECK_EQ(guest_io(csd_fast(csd.copy, 0, 512, 512)), 0);
	CHECK_EQ(guest_identify(FW_CNS_CTRL, 0), FW_SC_DATA_TRANSFER);
	CHECK_EQ(csd_unload(csd.copy), 0);
	CHECK_EQ(csd_unload(csd.copy), NVME_LAMBDA_SC_RESOURCES);
}

/* Of all Identify pages, only the vendor's is a λ command. */
TEST(a_garbled_page)
{
	const struct nvme_lambda_id *id;

	begin(false);
	id = guest_mem(GUEST_DATA);
	CHECK_EQ(order(KIND(GARBLE) | ADMIN | NVME_LAMBDA_FAULT_ANY, 0), 0);
	CHECK_EQ(guest_identify(FW_CNS_CTRL, 0), 0);
	CHECK_EQ(guest_identify(FW_CNS_NS, 1), 0);
	CHECK_EQ(left(), 1);
	CHECK_EQ(guest_identify(NVME_LAMBDA_CNS, 0), 0);
	CHECK_EQ((u8)id->magic[0], (u8)~'N');
	CHECK_EQ(id->reserved[sizeof(id->reserved) - 1], 0xff);
	CHECK_EQ(guest_identify(NVME_LAMBDA_CNS, 0), 0);
	CHECK(!memcmp(id->magic, NVME_LAMBDA_MAGIC, 8));
}

TEST(metadata_that_is_only_told_of)
{
	const struct fw_id_ns *id;

	begin(false);
	id = guest_mem(GUEST_DATA);
	CHECK_EQ(order(KIND(METADATA) | ADMIN | FW_ADMIN_IDENTIFY, MORE(1)), 0);
	CHECK_EQ(guest_identify(FW_CNS_CTRL, 0), 0);
	CHECK_EQ(((struct fw_id_ctrl *)id)->mdts, 8);
	CHECK_EQ(guest_identify(FW_CNS_NS, 1), 0);
	CHECK_EQ(id->lbaf[0].ms, 8);
	CHECK_EQ(id->dps, 1);
	CHECK_EQ(io_now(FW_IO_READ), 0);
	CHECK(guest_is_filled(guest_mem(GUEST_DATA), 512, 1));
	CHECK_EQ(guest_identify(FW_CNS_NS, 1), 0);
	CHECK_EQ(id->lbaf[0].ms, 0);
}

/* 7 ms take the place of what the profile says, or of nothing. */
TEST(late)
{
	struct fw_sqe abort = { .opcode = FW_ADMIN_ABORT };
	u64 begun;
	u16 cid;

	for (u32 timing = 0; timing < 2; timing++) {
		begin(timing);
		CHECK_EQ(order(KIND(DELAY) | AFTER | NVME_LAMBDA_EXEC_FAST,
			       7 | MORE(1)), 0);
		begun = guest.host.now;
		CHECK_EQ(guest_io(csd_fast(csd.copy, 0, 4096, 4096)), 0);
		CHECK_EQ(guest.host.now - begun, 7000000);
		CHECK_EQ(csd_result(4096)->in_len, 4096);
		cid = guest_send(1, csd_fast(csd.copy, 0, 4096, 4096));
		abort.cdw10 = (u32)cid << 16 | 1;
		CHECK_EQ(guest_admin(abort), 0);
		CHECK_EQ(guest.result, 0);
		CHECK_EQ(guest_reap(1, &cid), FW_SC_ABORT_REQUESTED);
	}
}

TEST(lost)
{
	struct fw_sqe abort = { .opcode = FW_ADMIN_ABORT };
	u16 cid;

	begin(false);
	CHECK_EQ(order(KIND(LOSE) | AFTER | FW_IO_WRITE, 0), 0);
	CHECK_EQ(order(KIND(LOSE) | FW_IO_READ, 0), 0);
	CHECK_EQ(io_now(FW_IO_WRITE), GUEST_NOTHING);
	CHECK(guest_is_filled(csd.media, 512, 2));
	CHECK_EQ(io_now(FW_IO_READ), GUEST_NOTHING);
	CHECK(guest_is_filled(guest_mem(GUEST_DATA), 512, 2));
	cid = guest.cid - 1;
	abort.cdw10 = (u32)cid << 16 | 1;
	CHECK_EQ(guest_admin(abort), 0);
	CHECK_EQ(guest.result, 1);
	CHECK_EQ(io_now(FW_IO_READ), 0);
}

/* The slot of an execution that got lost is at rest again. */
TEST(lost_executions)
{
	struct nvme_lambda_request r = { .out_cap = 4096 };

	begin(false);
	r.program = csd.copy;
	for (u32 after = 0; after < 2; after++) {
		CHECK_EQ(order(KIND(LOSE) | (after ? AFTER : 0) |
			       NVME_LAMBDA_EXEC_READ, 0), 0);
		CHECK_EQ(csd_run(r, NVME_LAMBDA_EXEC_READ),
			 SC(GUEST_NOTHING));
		CHECK_EQ(csd_run(r, NVME_LAMBDA_EXEC_READ), 0);
	}
	CHECK_EQ(csd_free(csd.slot), 0);
	CHECK_EQ(csd_unload(csd.copy), 0);
}

TEST(fatal)
{
	begin(false);
	CHECK_EQ(order(KIND(FATAL) | FW_IO_READ, 0), 0);
	CHECK_EQ(order(KIND(LOSE) | FW_IO_WRITE, 0), 0);
	CHECK_EQ(io_now(FW_IO_READ), GUEST_NOTHING);
	CHECK_EQ(guest_reg(FW_REG_CSTS), FW_CSTS_RDY | FW_CSTS_CFS);
	CHECK_EQ(io_now(FW_IO_FLUSH), GUEST_NOTHING);
	CHECK(is_back());
	CHECK_EQ(left(), 1);	/* orders outlive a controller reset */
	fw_ctrl_reset(guest.host.ctrl);
	CHECK(is_back());
	CHECK_EQ(left(), 0);
}

static u64 read_all(u32 addr)
{
	return fw_ctrl_read(guest.host.ctrl, addr, 8);
}

TEST(gone)
{
	struct fw_sqe identify = guest_to_data(FW_ADMIN_IDENTIFY, 0,
					       FW_CNS_CTRL, 4096);
	u64 dmas;

	begin(true);
	guest_send(0, (struct fw_sqe){ .opcode = FW_ADMIN_ASYNC_EVENT });
	CHECK_EQ(order(KIND(GONE) | SKIP(2) | FW_IO_READ, 0), 0);
	for (u32 i = 0; i < 3; i++)
		guest_send(1, guest_rw(FW_IO_READ, 1, 0, 8));
	CHECK_EQ(guest_reg(FW_REG_CSTS), 0xffffffff);
	CHECK_EQ(read_all(FW_REG_CAP), ~0ull);
	CHECK_EQ(guest.host.alarm, FW_NEVER);
	CHECK_EQ(io_now(FW_IO_READ), GUEST_NOTHING);
	dmas = guest.host.dmas;
	CHECK(!is_back());
	CHECK_EQ(guest_admin(identify), GUEST_NOTHING);
	CHECK_EQ(guest.host.dmas, dmas);
	fw_ctrl_reset(guest.host.ctrl);
	CHECK_EQ(guest_reg(FW_REG_CC), 0);
	CHECK(is_back());
}

/* Whatever a λ still running comes to, memory of the host stays as it is. */
TEST(gone_under_a_running_lambda)
{
	u64 dmas;

	begin(false);
	guest.host.defer = true;
	fw_host_power_on(&guest.host, &guest.cfg);
	CHECK(is_back());
	csd.copy = csd_program(csd_copy, CSD_COPY);
	CHECK_EQ(order(KIND(GONE) | FW_IO_FLUSH, 0), 0);
	guest_send(1, csd_fast(csd.copy, 0, 4096, 4096));
	guest_send(1, guest_rw(FW_IO_FLUSH, 1, 0, 1));
	CHECK_EQ(guest_reg(FW_REG_CSTS), 0xffffffff);
	dmas = guest.host.dmas;
	CHECK(fw_host_work(&guest.host));
	CHECK_EQ(guest.host.dmas, dmas);
	fw_ctrl_reset(guest.host.ctrl);
	CHECK(is_back());
}

/* What strikes at the end of a λ finds it done by its worker. */
TEST(after_a_worker)
{
	static const u32 kinds[] = { KIND(FAIL), KIND(LOSE), KIND(FATAL),
				     KIND(GONE) };
	u16 cid;

	for (u32 i = 0; i < FW_ARRAY_SIZE(kinds); i++) {
		begin(false);
		guest.host.defer = true;
		fw_host_power_on(&guest.host, &guest.cfg);
		CHECK(is_back());
		csd.copy = csd_program(csd_copy, CSD_COPY);
		CHECK_EQ(order(kinds[i] | AFTER | NVME_LAMBDA_EXEC_FAST,
			       i ? 0 : FW_SC_DATA_TRANSFER), 0);
		guest_fill(csd.media, 4096, 3);
		guest_send(1, csd_fast(csd.copy, 0, 4096, 4096));
		CHECK_EQ(guest_reap(1, &cid), i ? GUEST_NOTHING :
						  FW_SC_DATA_TRANSFER);
		CHECK(guest_is_filled(guest_mem(GUEST_DATA), 4096, 3));
		fw_ctrl_reset(guest.host.ctrl);
		CHECK(is_back());
		CHECK(csd_program(csd_copy, CSD_COPY));
		CHECK_EQ(SC(csd_unload(csd.copy)),
			 NVME_LAMBDA_SC_NO_PROGRAM);
	}
}

TAP_MAIN()
