// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* One command from its fetch to its completion. */
#include <linux/nvme-lambda.h>

#include "ctrl.h"

void fw_cmd_init(struct fw_ctrl *c)
{
	for (u32 i = FW_CMDS_MAX; i; i--)
		fw_cmd_free(c, &c->cmds[i - 1]);
}

void fw_cmd_free(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	cmd->state = FW_CMD_FREE;
	cmd->next = c->free;
	c->free = cmd;
}

#define FW_FLAGS_FUSE	0x03
#define FW_FLAGS_PSDT	0xc0

static u16 fw_cmd_execute(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	if (cmd->sqe.flags & (FW_FLAGS_FUSE | FW_FLAGS_PSDT))
		return FW_SC_INVALID_FIELD;
	return cmd->sq_id ? fw_io(c, cmd) : fw_admin(c, cmd);
}

void fw_cmd_run(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	u16 status = FW_SC_SUCCESS;

	fw_fault_choose(c, cmd);
	if (!cmd->fault.after)
		status = fw_fault_strike(c, cmd, status);
	if (!status)
		status = fw_cmd_execute(c, cmd);
	if (status != FW_KEPT)
		fw_cmd_complete(c, cmd, status);
}

/* Whether the same command could succeed another time. */
static bool fw_may_retry(u16 status)
{
	switch (status) {
	case FW_SC_SUCCESS:
	case FW_SC_DATA_TRANSFER:
	case FW_SC_ABORT_REQUESTED:
	case FW_SC_ABORT_SQ_DELETED:
	case FW_SC_WRITE_FAULT:
	case FW_SC_READ_ERROR:
	case NVME_LAMBDA_SC_RESOURCES:
	case NVME_LAMBDA_SC_BUSY:
		return true;
	}
	return false;
}

static void fw_cmd_status(struct fw_ctrl *c, struct fw_cmd *cmd, u16 status)
{
	if (status)
		fw_log_failed(c, cmd, status);
	cmd->status = fw_may_retry(status) ? status : status | FW_SC_DNR;
}

void fw_cmd_complete(struct fw_ctrl *c, struct fw_cmd *cmd, u16 status)
{
	if (!c->timing.profile.timing)
		fw_job_init(&cmd->job);
	status = fw_fault_strike(c, cmd, status);
	if (status == FW_KEPT)
		return;
	fw_cmd_status(c, cmd, status);
	if (!cmd->job.nr_stages) {
		fw_queue_post(c, cmd);
		return;
	}
	cmd->state = FW_CMD_TIMED;
	fw_timing_start(&c->timing, &cmd->job, c->hal.now(c->hal.ctx));
}

/* Async Event Requests are kept in the array they point to. */
static void fw_cmd_unkeep(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	u32 n = 0;

	if (cmd->keeper != c->aer) {
		c->set->abandon(cmd);
		return;
	}
	for (u32 i = 0; i < c->nr_aer; i++)
		if (c->aer[i] != cmd)
			c->aer[n++] = c->aer[i];
	c->nr_aer = n;
}

/* Takes a command out of whatever it waits in. */
static void fw_cmd_detach(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	if (cmd->state == FW_CMD_TIMED)
		fw_timing_cancel(&c->timing, &cmd->job,
				 c->hal.now(c->hal.ctx));
	else if (cmd->state == FW_CMD_HELD && cmd->keeper)
		fw_cmd_unkeep(c, cmd);
}

void fw_cmd_abort(struct fw_ctrl *c, struct fw_cmd *cmd, u16 status)
{
	fw_cmd_detach(c, cmd);
	cmd->result = 0;
	fw_cmd_status(c, cmd, status);
	fw_queue_post(c, cmd);
}

void fw_cmd_drop(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	fw_cmd_detach(c, cmd);
	fw_cmd_free(c, cmd);
}
