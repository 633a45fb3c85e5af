// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Get Log Page; what goes into the error log stands in complete.c. */
#include "ctrl.h"

#define FW_DATA_UNIT		512000u		/* bytes: 1,000 of 512 */
#define FW_NS_PER_HOUR		3600000000000ull
#define FW_RETAIN_EVENT		BIT(15)		/* cdw10 */

/* Newest first. */
static u32 fw_log_errors(const struct fw_ctrl *c, void *page)
{
	struct fw_log_error *to = page;
	u32 n = fw_min(c->nr_errors, FW_ERRORS_MAX);

	for (u32 i = 0; i < n; i++)
		to[i] = c->errors[(c->nr_errors - 1 - i) % FW_ERRORS_MAX];
	return sizeof(c->errors);
}

static u64 fw_log_data_units(u64 bytes)
{
	return (bytes + FW_DATA_UNIT - 1) / FW_DATA_UNIT;
}

static u32 fw_log_smart(const struct fw_ctrl *c, void *page)
{
	struct fw_log_smart *log = page;

	log->critical_warning = fw_event_warnings(c);
	log->temperature[0] = FW_KELVIN & 0xff;
	log->temperature[1] = FW_KELVIN >> 8;
	log->avail_spare = 100;
	log->spare_thresh = 10;
	log->data_units_read[0] = fw_log_data_units(c->media.read);
	log->data_units_written[0] = fw_log_data_units(c->media.written);
	log->host_reads[0] = c->reads;
	log->host_writes[0] = c->writes;
	log->power_cycles[0] = 1;
	log->power_on_hours[0] = c->hal.now(c->hal.ctx) / FW_NS_PER_HOUR;
	log->media_errors[0] = c->media.errors;
	log->error_entries[0] = c->nr_errors;
	return sizeof(*log);
}

static u32 fw_log_firmware(void *page)
{
	struct fw_log_firmware *log = page;

	log->active = 1;
	memcpy(log->revision[0], FW_REVISION, sizeof(log->revision[0]));
	return sizeof(*log);
}

static u32 fw_log_effects(const struct fw_ctrl *c, void *page)
{
	static const u8 admin[] = {
		FW_ADMIN_DELETE_SQ, FW_ADMIN_CREATE_SQ, FW_ADMIN_GET_LOG,
		FW_ADMIN_DELETE_CQ, FW_ADMIN_CREATE_CQ, FW_ADMIN_IDENTIFY,
		FW_ADMIN_ABORT, FW_ADMIN_SET_FEATURES, FW_ADMIN_GET_FEATURES,
		FW_ADMIN_ASYNC_EVENT,
	};
	struct fw_log_effects *log = page;

	for (u32 i = 0; i < FW_ARRAY_SIZE(admin); i++)
		log->admin[admin[i]] = FW_EFFECT_SUPPORTED;
	log->io[FW_IO_FLUSH] = FW_EFFECT_SUPPORTED;
	log->io[FW_IO_READ] = FW_EFFECT_SUPPORTED;
	log->io[FW_IO_COMPARE] = FW_EFFECT_SUPPORTED;
	log->io[FW_IO_WRITE] = FW_EFFECT_SUPPORTED | FW_EFFECT_CONTENT;
	log->io[FW_IO_WRITE_ZEROES] = FW_EFFECT_SUPPORTED | FW_EFFECT_CONTENT;
	log->io[FW_IO_DSM] = FW_EFFECT_SUPPORTED | FW_EFFECT_CONTENT;
	if (c->cmdset)
		c->cmdset->effects(log);
	return sizeof(*log);
}

/* Fills the page; returns the log's length, 0 if there is no such log. */
static u32 fw_log_page(struct fw_ctrl *c, u8 id)
{
	memset(c->page, 0, sizeof(c->page));
	switch (id) {
	case FW_LOG_ERROR:
		return fw_log_errors(c, c->page);
	case FW_LOG_SMART:
		return fw_log_smart(c, c->page);
	case FW_LOG_FIRMWARE:
		return fw_log_firmware(c->page);
	case FW_LOG_EFFECTS:
		return fw_log_effects(c, c->page);
	}
	if (id >= FW_LOG_VENDOR && c->cmdset)
		return c->cmdset->log(c, id, c->page);
	return 0;
}

/* What lies past a log's end reads as zero. */
u16 fw_log_get(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	const struct fw_sqe *sqe = &cmd->sqe;
	u64 dwords = ((u64)(sqe->cdw11 & 0xffff) << 16 | sqe->cdw10 >> 16) + 1;
	u64 offset = (u64)sqe->cdw13 << 32 | sqe->cdw12;
	u8 id = sqe->cdw10;
	u32 size = fw_log_page(c, id);
	u16 status;

	if (!size)
		return FW_SC_INVALID_LOG_PAGE;
	if (offset % 4 || offset > size || dwords > FW_TRANSFER_MAX / 4 ||
	    (sqe->nsid && sqe->nsid != FW_NSID_ALL))
		return FW_SC_INVALID_FIELD;
	memset(c->buf, 0, dwords * 4);
	memcpy(c->buf, c->page + offset, fw_min(dwords * 4, size - offset));
	status = fw_dma_out(c, cmd, c->buf, dwords * 4);
	if (!status && !(sqe->cdw10 & FW_RETAIN_EVENT))
		fw_event_log_read(c, id);
	return status;
}
