// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Asynchronous events. Of each type at most one is pending, and after one was
 * reported none of its type follows until the host has read the log. Who raises
 * one only notes it: it is delivered when the entry has done all else.
 */
#include "ctrl.h"

/* Takes an event that may be reported; FW_EVENT_TYPES: there is none. */
static u32 fw_event_take(struct fw_ctrl *c)
{
	for (u32 type = 0; type < FW_EVENT_TYPES; type++) {
		if (!c->event_set[type] || c->event_mask[type])
			continue;
		c->event_set[type] = false;
		c->event_mask[type] = true;
		return type;
	}
	return FW_EVENT_TYPES;
}

void fw_event_deliver(struct fw_ctrl *c)
{
	struct fw_cmd *cmd;
	u32 type;

	while (c->nr_aer && (type = fw_event_take(c)) < FW_EVENT_TYPES) {
		cmd = c->aer[--c->nr_aer];
		c->cqs[cmd->cq_id].owed++;
		cmd->result = c->event[type];
		fw_complete(c, cmd, FW_SC_SUCCESS);
	}
}

void fw_event_raise(struct fw_ctrl *c, enum fw_event_type type, u8 info,
		    u8 log)
{
	c->event[type] = type | (u32)info << 8 | (u32)log << 16;
	c->event_set[type] = true;
}

void fw_event_log_read(struct fw_ctrl *c, u8 log)
{
	u32 type = log == FW_LOG_ERROR ? FW_EVENT_ERROR : FW_EVENT_SMART;

	if (log != FW_LOG_ERROR && log != FW_LOG_SMART)
		return;
	c->event_set[type] = false;
	c->event_mask[type] = false;
}

u8 fw_event_warnings(const struct fw_ctrl *c)
{
	return (fw_feature_too_hot(c) ? FW_SMART_WARN_TEMPERATURE : 0) |
	       (c->media.lost ? FW_SMART_WARN_RELIABILITY |
				FW_SMART_WARN_READ_ONLY : 0);
}

/* Once as long as the warning holds: a host that reads the log sees it still. */
void fw_event_warn(struct fw_ctrl *c)
{
	u8 now = fw_event_warnings(c) & fw_feature(c, FW_FEAT_EVENTS);
	u8 fresh = now & ~c->warned;

	c->warned = now;
	if (fresh)
		fw_event_raise(c, FW_EVENT_SMART,
			       fresh == FW_SMART_WARN_TEMPERATURE ?
			       FW_EVENT_TEMPERATURE : FW_EVENT_RELIABILITY,
			       FW_LOG_SMART);
}

void fw_event_reset(struct fw_ctrl *c)
{
	memset(c->event_set, 0, sizeof(c->event_set));
	memset(c->event_mask, 0, sizeof(c->event_mask));
	c->warned = 0;
}

static void fw_event_abandon(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	u32 n = 0;

	for (u32 i = 0; i < c->nr_aer; i++)
		if (c->aer[i] != cmd)
			c->aer[n++] = c->aer[i];
	c->nr_aer = n;
	c->cqs[cmd->cq_id].owed++;
}

bool fw_event_asks(const struct fw_cmd *cmd)
{
	return !cmd->sq_id && cmd->sqe.opcode == FW_ADMIN_ASYNC_EVENT;
}

u16 fw_event_request(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	u32 type = fw_event_take(c);

	if (type < FW_EVENT_TYPES) {
		cmd->result = c->event[type];
		return FW_SC_SUCCESS;
	}
	if (c->nr_aer == FW_AER_MAX)
		return FW_SC_AER_LIMIT;
	cmd->abandon = fw_event_abandon;
	c->cqs[cmd->cq_id].owed--;
	c->aer[c->nr_aer++] = cmd;
	return FW_PENDING;
}
