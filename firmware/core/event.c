// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Asynchronous events. Of each type at most one is pending, and after one was
 * reported none of its type follows until the host has read the log.
 */
#include "ctrl.h"

static void fw_event_deliver(struct fw_ctrl *c)
{
	struct fw_cmd *cmd;

	for (u32 type = 0; type < FW_EVENT_TYPES && c->nr_aer; type++) {
		if (!c->event_set[type] || c->event_mask[type])
			continue;
		c->event_set[type] = false;
		c->event_mask[type] = true;
		cmd = c->aer[--c->nr_aer];
		cmd->keeper = NULL;
		cmd->result = c->event[type];
		fw_cmd_complete(c, cmd, FW_SC_SUCCESS);
	}
}

void fw_event_raise(struct fw_ctrl *c, enum fw_event_type type, u8 info,
		    u8 log)
{
	if (c->event_mask[type])
		return;
	c->event[type] = type | (u32)info << 8 | (u32)log << 16;
	c->event_set[type] = true;
	fw_event_deliver(c);
}

void fw_event_log_read(struct fw_ctrl *c, u8 log)
{
	if (log == FW_LOG_ERROR)
		c->event_mask[FW_EVENT_ERROR] = false;
	if (log == FW_LOG_SMART)
		c->event_mask[FW_EVENT_SMART] = false;
}

void fw_event_reset(struct fw_ctrl *c)
{
	memset(c->event_set, 0, sizeof(c->event_set));
	memset(c->event_mask, 0, sizeof(c->event_mask));
}

u16 fw_async_event(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	if (c->nr_aer == FW_AER_MAX)
		return FW_SC_AER_LIMIT;
	cmd->keeper = c->aer;
	c->aer[c->nr_aer++] = cmd;
	fw_event_deliver(c);
	return FW_KEPT;
}
