// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Events and logs, each with every status it can end in. */
#include "guest.h"
#include "tap.h"

static u16 get_log(u8 id, u32 bytes)
{
	return guest_admin(guest_to_data(FW_ADMIN_GET_LOG, 0,
				   (bytes / 4 - 1) << 16 | id, bytes));
}

/* Events */

TEST(temperature_event)
{
	struct fw_sqe aer = { .opcode = FW_ADMIN_ASYNC_EVENT };
	struct fw_sqe hot = { .opcode = FW_ADMIN_SET_FEATURES,
			      .cdw10 = FW_FEAT_TEMPERATURE };
	const struct fw_log_smart *log;
	u16 cid, sent;

	guest_begin(false);
	CHECK_EQ(guest_get_feature(FW_FEAT_TEMPERATURE), 0);
	CHECK_EQ(guest.result, 0x157);
	CHECK_EQ(guest_set_feature(FW_FEAT_EVENTS, FW_SMART_WARN_TEMPERATURE),
		 0);
	sent = guest_send(0, aer);
	CHECK_EQ(guest_set_feature(FW_FEAT_TEMPERATURE, 0x157), 0);
	CHECK_EQ(guest_poll(0, &cid), GUEST_NOTHING);
	hot.cdw11 = 300;
	CHECK_EQ(guest_admin(hot), 0);
	CHECK_EQ(guest_poll(0, &cid), 0);
	CHECK_EQ(cid, sent);
	CHECK_EQ(guest.result, 0x020101);
	CHECK_EQ(get_log(FW_LOG_SMART, 512), 0);
	log = guest_mem(GUEST_DATA);
	CHECK_EQ(log->critical_warning, FW_SMART_WARN_TEMPERATURE);
	CHECK_EQ(log->temperature[0] | log->temperature[1] << 8, 310);
	CHECK_EQ(guest_set_feature(FW_FEAT_TEMPERATURE, 350), 0);
	CHECK_EQ(guest_set_feature(FW_FEAT_TEMPERATURE, 1 << 20 | 320), 0);
	CHECK_EQ(guest_feature(FW_ADMIN_GET_FEATURES, FW_FEAT_TEMPERATURE,
			       1 << 20), 0);
	CHECK_EQ(guest.result, 320);
	CHECK_EQ(get_log(FW_LOG_SMART, 512), 0);
	CHECK_EQ(log->critical_warning, FW_SMART_WARN_TEMPERATURE);
	CHECK_EQ(SC(guest_set_feature(FW_FEAT_TEMPERATURE, 2 << 20)),
		 FW_SC_INVALID_FIELD);
	CHECK_EQ(SC(guest_set_feature(FW_FEAT_TEMPERATURE, 1 << 16)),
		 FW_SC_INVALID_FIELD);
	CHECK_EQ(SC(guest_feature(FW_ADMIN_GET_FEATURES, FW_FEAT_TEMPERATURE,
				  1 << 16)), FW_SC_INVALID_FIELD);
}

/* A host that asks for warnings is told of what is so already, once. */
TEST(warning_before_it_is_wanted)
{
	struct fw_sqe aer = { .opcode = FW_ADMIN_ASYNC_EVENT };
	u16 cid;

	guest_begin(false);
	CHECK_EQ(guest_set_feature(FW_FEAT_TEMPERATURE, 300), 0);
	guest_send(0, aer);
	CHECK_EQ(guest_poll(0, &cid), GUEST_NOTHING);
	CHECK_EQ(guest_set_feature(FW_FEAT_EVENTS, FW_SMART_WARN_TEMPERATURE),
		 0);
	CHECK_EQ(guest_poll(0, &cid), 0);
	CHECK_EQ(guest.result, 0x020101);
	CHECK_EQ(get_log(FW_LOG_SMART, 512), 0);
	guest_send(0, aer);
	CHECK_EQ(guest_set_feature(FW_FEAT_TEMPERATURE, 299), 0);
	CHECK_EQ(guest_poll(0, &cid), GUEST_NOTHING);
	/* it passes and comes again */
	CHECK_EQ(guest_set_feature(FW_FEAT_TEMPERATURE, 350), 0);
	CHECK_EQ(guest_set_feature(FW_FEAT_TEMPERATURE, 300), 0);
	CHECK_EQ(guest_poll(0, &cid), 0);
	CHECK_EQ(guest.result, 0x020101);
}

/* A host that has read the log knows what the event would tell. */
TEST(log_read_clears_a_pending_event)
{
	struct fw_sqe aer = { .opcode = FW_ADMIN_ASYNC_EVENT };
	u16 cid;

	guest_begin(false);
	guest_set_reg(FW_REG_DOORBELL + 8 * 5, 1);
	CHECK_EQ(get_log(FW_LOG_ERROR, 64), 0);
	guest_send(0, aer);
	CHECK_EQ(guest_poll(0, &cid), GUEST_NOTHING);
	guest_set_reg(FW_REG_DOORBELL + 8 * 5, 1);
	CHECK_EQ(guest_poll(0, &cid), 0);
	CHECK_EQ(guest.result, 0x010000);
}

TEST(doorbell_events_once_until_log_read)
{
	struct fw_sqe aer = { .opcode = FW_ADMIN_ASYNC_EVENT };
	u16 cid;

	guest_begin(false);
	guest_send(0, aer);
	guest_send(0, aer);
	guest_set_reg(FW_REG_DOORBELL + 8 * 5, 1);	/* no such queue */
	CHECK_EQ(guest_poll(0, &cid), 0);
	CHECK_EQ(guest.result, 0x010000);
	guest_set_reg(FW_REG_DOORBELL + 8 * 1, 64);	/* beyond its end */
	CHECK_EQ(guest_poll(0, &cid), GUEST_NOTHING);
	/* RAE keeps the event masked */
	CHECK_EQ(guest_admin(guest_to_data(FW_ADMIN_GET_LOG, 0, 15 << 16 |
					   1 << 15 | FW_LOG_ERROR, 64)), 0);
	guest_set_reg(FW_REG_DOORBELL + 8 * 1, 64);
	CHECK_EQ(guest_poll(0, &cid), GUEST_NOTHING);
	CHECK_EQ(get_log(FW_LOG_ERROR, 64), 0);
	guest_set_reg(FW_REG_DOORBELL + 8 * 1, 64);
	CHECK_EQ(guest_poll(0, &cid), 0);
	CHECK_EQ(guest.result, 0x010100);
}

TEST(event_before_request)
{
	struct fw_sqe aer = { .opcode = FW_ADMIN_ASYNC_EVENT };
	u16 cid;

	guest_begin(false);
	guest_set_reg(FW_REG_DOORBELL + 8 * 1 + 4, 63);	/* nothing posted */
	guest_send(0, aer);
	CHECK_EQ(guest_poll(0, &cid), 0);
	CHECK_EQ(guest.result, 0x010100);
}

/* What happens between an event and the reading of its log is in the log. */
TEST(masked_events_are_forgotten)
{
	struct fw_sqe aer = { .opcode = FW_ADMIN_ASYNC_EVENT };
	u16 cid;

	guest_begin(false);
	guest_send(0, aer);
	guest_set_reg(FW_REG_DOORBELL + 8 * 5, 1);
	CHECK_EQ(guest_poll(0, &cid), 0);
	guest_set_reg(FW_REG_DOORBELL + 8 * 5, 1);
	CHECK_EQ(get_log(FW_LOG_ERROR, 64), 0);
	guest_send(0, aer);
	CHECK_EQ(guest_poll(0, &cid), GUEST_NOTHING);
}

TEST(reset_forgets_events)
{
	struct fw_sqe aer = { .opcode = FW_ADMIN_ASYNC_EVENT };
	u16 cid;

	guest_begin(false);
	guest_set_reg(FW_REG_DOORBELL + 8 * 5, 1);
	guest_disable();
	CHECK(guest_enable());
	guest_send(0, aer);
	CHECK_EQ(guest_poll(0, &cid), GUEST_NOTHING);
}

/* A doorbell has 32 bits; the next one is not rung by a wider write. */
TEST(wide_doorbell_write)
{
	struct fw_sqe aer = { .opcode = FW_ADMIN_ASYNC_EVENT };
	u16 cid;

	guest_begin(false);
	guest_send(0, aer);
	fw_ctrl_write(guest.host.ctrl, FW_REG_DOORBELL + 8, 99ull << 32, 8);
	CHECK_EQ(guest_poll(0, &cid), GUEST_NOTHING);
}

TEST(async_event_limit)
{
	struct fw_sqe aer = { .opcode = FW_ADMIN_ASYNC_EVENT };

	guest_begin(false);
	for (u32 i = 0; i < FW_AER_MAX; i++)
		guest_send(0, aer);
	CHECK_EQ(SC(guest_admin(aer)), FW_SC_AER_LIMIT);
}

TEST(abort_async_event)
{
	struct fw_sqe sqe = { .opcode = FW_ADMIN_ASYNC_EVENT };
	u16 sent, cid;

	guest_begin(false);
	sent = guest_send(0, sqe);
	guest_send(0, sqe);
	sqe.opcode = FW_ADMIN_ABORT;
	sqe.cdw10 = (u32)sent << 16;
	guest_send(0, sqe);
	CHECK_EQ(guest_poll(0, &cid), FW_SC_ABORT_REQUESTED);
	CHECK_EQ(cid, sent);
	CHECK_EQ(guest_poll(0, &cid), 0);
	CHECK_EQ(guest.result, 0);
	CHECK_EQ(guest_admin(sqe), 0);
	CHECK_EQ(guest.result, 1);
	guest_set_reg(FW_REG_DOORBELL + 8 * 5, 1);
	CHECK_EQ(guest_poll(0, &cid), 0);
	CHECK_EQ(guest.result, 0x010000);
	/* and none is left, the aborted one least of all */
	CHECK_EQ(get_log(FW_LOG_ERROR, 64), 0);
	guest_set_reg(FW_REG_DOORBELL + 8 * 5, 1);
	CHECK_EQ(guest_poll(0, &cid), GUEST_NOTHING);
}

/* A host that could not read the log does not know, and is told only once. */
TEST(failed_log_read_keeps_the_event)
{
	struct fw_sqe aer = { .opcode = FW_ADMIN_ASYNC_EVENT };
	u16 cid;

	guest_begin(false);
	guest_send(0, aer);
	guest_send(0, aer);
	guest_set_reg(FW_REG_DOORBELL + 8 * 5, 1);
	CHECK_EQ(guest_poll(0, &cid), 0);
	guest.host.dma_fail_in = 1;
	CHECK_EQ(get_log(FW_LOG_ERROR, 64), FW_SC_DATA_TRANSFER);
	guest_set_reg(FW_REG_DOORBELL + 8 * 5, 1);
	CHECK_EQ(guest_poll(0, &cid), GUEST_NOTHING);
	CHECK_EQ(get_log(FW_LOG_ERROR, 64), 0);
	guest_set_reg(FW_REG_DOORBELL + 8 * 5, 1);
	CHECK_EQ(guest_poll(0, &cid), 0);
}

/* A shutdown ends what may change the media; events may still come. */
TEST(events_outlive_a_shutdown)
{
	struct fw_sqe aer = { .opcode = FW_ADMIN_ASYNC_EVENT };
	u16 cid;

	guest_begin(false);
	guest_send(0, aer);
	guest_set_reg(FW_REG_CC, guest.cc | 1 << 14);
	CHECK(fw_host_tick(&guest.host));
	guest_set_reg(FW_REG_DOORBELL + 8 * 5, 1);
	CHECK_EQ(guest_poll(0, &cid), 0);
	CHECK_EQ(guest.result, 0x010000);
}

/* Logs */

TEST(error_log)
{
	const struct fw_log_error *e;

	guest_begin(false);
	e = guest_mem(GUEST_DATA);
	CHECK_EQ(get_log(FW_LOG_ERROR, 128), 0);
	CHECK_EQ(e->count, 0);
	guest_identify(0x10, 7);
	guest_io(guest_rw(FW_IO_READ, 1, 1ull << 40, 1));
	CHECK_EQ(get_log(FW_LOG_ERROR, 192), 0);
	CHECK_EQ(e[0].count, 2);
	CHECK_EQ(e[0].status >> 1, FW_SC_LBA_RANGE);
	CHECK(e[0].sq_id == 1 && e[0].nsid == 1 && e[0].lba == 1ull << 40);
	CHECK_EQ(e[1].count, 1);
	CHECK(e[1].status >> 1 == FW_SC_INVALID_FIELD && e[1].nsid == 7);
	CHECK_EQ(e[2].count, 0);
	for (u32 i = 0; i < 70; i++)
		guest_identify(0x10, 7);
	CHECK_EQ(get_log(FW_LOG_ERROR, 4096), 0);
	CHECK_EQ(e[0].count, 72);
	CHECK_EQ(e[63].count, 9);
}

TEST(smart_log)
{
	const struct fw_log_smart *log;

	guest_begin(false);
	log = guest_mem(GUEST_DATA);
	CHECK_EQ(guest_io(guest_rw(FW_IO_WRITE, 1, 0, 2000)), 0);
	CHECK_EQ(guest_io(guest_rw(FW_IO_READ, 1, 0, 1)), 0);
	guest.host.media.fail_in = 0;
	CHECK_EQ(SC(guest_io(guest_rw(FW_IO_READ, 1, 0, 1))),
		 FW_SC_READ_ERROR);
	guest.host.now += 2 * 3600000000000ull;
	CHECK_EQ(get_log(FW_LOG_SMART, 512), 0);
	CHECK_EQ(log->critical_warning, 0);
	CHECK_EQ(log->avail_spare, 100);
	CHECK_EQ(log->data_units_written[0], 2);
	CHECK_EQ(log->data_units_read[0], 1);
	CHECK_EQ(log->host_writes[0], 1);
	CHECK_EQ(log->host_reads[0], 1);
	CHECK_EQ(log->media_errors[0], 1);
	CHECK_EQ(log->error_entries[0], 1);
	CHECK_EQ(log->power_on_hours[0], 2);
}

TEST(firmware_and_effects_logs)
{
	const struct fw_log_firmware *fw;
	const struct fw_log_effects *log;

	guest_begin(false);
	fw = guest_mem(GUEST_DATA);
	log = guest_mem(GUEST_DATA);
	CHECK_EQ(get_log(FW_LOG_FIRMWARE, 512), 0);
	CHECK(fw->active == 1 && !memcmp(fw->revision[0], "1.0     ", 8));
	CHECK_EQ(get_log(FW_LOG_EFFECTS, 4096), 0);
	CHECK_EQ(log->io[FW_IO_WRITE], 3);
	CHECK_EQ(log->io[FW_IO_READ], 1);
	CHECK_EQ(log->admin[FW_ADMIN_ABORT], 1);
	for (u32 i = 0x80; i < 256; i++)
		CHECK_EQ(log->io[i] | log->admin[i], 0);
}

TEST(log_offsets)
{
	struct fw_sqe sqe;

	guest_begin(false);
	sqe = guest_to_data(FW_ADMIN_GET_LOG, 0, 0 << 16 | FW_LOG_EFFECTS, 4);
	sqe.cdw12 = 1024 + 4;
	CHECK_EQ(guest_admin(sqe), 0);
	CHECK_EQ(*(u32 *)guest_mem(GUEST_DATA), 3);
	CHECK_EQ(*(u32 *)guest_mem(GUEST_DATA + 4), 0);
	sqe.cdw12 = 4096;
	CHECK_EQ(guest_admin(sqe), 0);
	CHECK_EQ(*(u32 *)guest_mem(GUEST_DATA), 0);
	sqe.cdw12 = 4100;
	CHECK_EQ(SC(guest_admin(sqe)), FW_SC_INVALID_FIELD);
	sqe.cdw12 = 2;
	CHECK_EQ(SC(guest_admin(sqe)), FW_SC_INVALID_FIELD);
	sqe.cdw12 = 0;
	sqe.cdw13 = 1;
	CHECK_EQ(SC(guest_admin(sqe)), FW_SC_INVALID_FIELD);
}

TEST(log_errors)
{
	struct fw_sqe sqe;

	guest_begin(false);
	CHECK_EQ(SC(get_log(0x7f, 512)), FW_SC_INVALID_LOG_PAGE);
	CHECK_EQ(SC(get_log(0xc1, 512)), FW_SC_INVALID_LOG_PAGE);
	sqe = guest_to_data(FW_ADMIN_GET_LOG, 1, 127 << 16 | FW_LOG_SMART, 512);
	CHECK_EQ(SC(guest_admin(sqe)), FW_SC_INVALID_FIELD);
	sqe.nsid = FW_NSID_ALL;
	CHECK_EQ(guest_admin(sqe), 0);
	sqe.cdw11 = 0xffff;
	CHECK_EQ(SC(guest_admin(sqe)), FW_SC_INVALID_FIELD);
}

TAP_MAIN()
