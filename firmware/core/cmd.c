// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* One command from its fetch to its completion. */
#include <linux/nvme-lambda.h>

#include "ctrl.h"

static void fw_cmd_put(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	cmd->state = FW_CMD_FREE;
	cmd->next = c->free;
	c->free = cmd;
	c->nr_free++;
}

void fw_cmd_init(struct fw_ctrl *c)
{
	for (u32 i = FW_CMDS_MAX; i; i--)
		fw_cmd_put(c, &c->cmds[i - 1]);
}

void fw_cmd_free(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	c->cqs[cmd->cq_id].owed--;
	fw_cmd_put(c, cmd);
}

#define FW_FLAGS_FUSE	0x03
#define FW_FLAGS_PSDT	0xc0

static u16 fw_cmd_execute(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	if (cmd->sqe.flags & (FW_FLAGS_FUSE | FW_FLAGS_PSDT))
		return FW_SC_INVALID_FIELD;
	return cmd->sq_id ? fw_io(c, cmd) : fw_admin(c, cmd);
}

void fw_cmd_go(struct fw_ctrl *c, struct fw_cmd *cmd, u16 status)
{
	while (status == FW_GO)
		status = cmd->step(c, cmd);
	if (fw_is_status(status))
		fw_cmd_complete(c, cmd, status);
}

u16 fw_cmd_strike(struct fw_ctrl *c, struct fw_cmd *cmd, u16 status)
{
	status = fw_inject_judge(cmd, status);
	if (status != FW_LOST)
		return status;
	if (cmd->inject.kind == NVME_LAMBDA_FAULT_FATAL)
		fw_ctrl_fatal(c);
	if (cmd->inject.kind == NVME_LAMBDA_FAULT_GONE)
		fw_ctrl_gone(c);
	fw_cmd_drop(c, cmd);
	return FW_PENDING;
}

void fw_cmd_run(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	u16 status = FW_SC_SUCCESS;

	fw_inject_choose(c, cmd);
	if (!cmd->inject.after)
		status = fw_cmd_strike(c, cmd, status);
	if (!status)
		status = fw_cmd_execute(c, cmd);
	fw_cmd_go(c, cmd, status);
}

/* Whether the same command could succeed another time. */
static bool fw_may_retry(u16 status)
{
	switch (status) {
	case FW_SC_SUCCESS:
	case FW_SC_DATA_TRANSFER:
	case FW_SC_ABORT_REQUESTED:
	case FW_SC_ABORT_SQ_DELETED:
	case FW_SC_CAPACITY:
	case FW_SC_WRITE_FAULT:
	case FW_SC_READ_ERROR:
	case NVME_LAMBDA_SC_RESOURCES:
	case NVME_LAMBDA_SC_BUSY:
		return true;
	}
	return false;
}

/*
 * Whether something is wrong with the command or the drive. The others are
 * how things go: the host asked for the end of the command, compared other
 * bytes, comes again, or does itself what the drive declined. Monitors count
 * errors, and the log has room for few.
 */
static bool fw_is_error(u16 status)
{
	switch (status) {
	case FW_SC_SUCCESS:
	case FW_SC_ABORT_REQUESTED:
	case FW_SC_ABORT_SQ_DELETED:
	case FW_SC_COMPARE_FAILED:
	case NVME_LAMBDA_SC_RESOURCES:
	case NVME_LAMBDA_SC_BUSY:
	case NVME_LAMBDA_SC_DECLINED_MEMORY:
	case NVME_LAMBDA_SC_DECLINED_INSNS:
	case NVME_LAMBDA_SC_DECLINED_TIME:
	case NVME_LAMBDA_SC_NO_ROOM:
	case NVME_LAMBDA_SC_NO_SESSION:
	case NVME_LAMBDA_SC_STALE_EPOCH:
		return false;
	}
	return true;
}

static void fw_cmd_status(struct fw_ctrl *c, struct fw_cmd *cmd, u16 status)
{
	if (fw_is_error(status))
		fw_log_failed(c, cmd, status);
	cmd->status = fw_may_retry(status) ? status : status | FW_SC_DNR;
}

/* What it took to execute a command is not waited for a second time. */
void fw_cmd_complete(struct fw_ctrl *c, struct fw_cmd *cmd, u16 status)
{
	u64 now = c->hal.now(c->hal.ctx);

	cmd->abandon = NULL;
	fw_line_leave(cmd);
	fw_transfer_end(c, cmd);
	if (!c->timing.profile.timing)
		fw_job_init(&cmd->job);
	fw_job_credit(&c->timing, &cmd->job, now - cmd->since);
	status = fw_cmd_strike(c, cmd, status);
	if (status == FW_PENDING)
		return;
	fw_cmd_status(c, cmd, status);
	if (!cmd->job.nr_stages) {
		fw_queue_post(c, cmd);
		return;
	}
	cmd->state = FW_CMD_TIMED;
	fw_timing_start(&c->timing, &cmd->job, now);
}

/* Takes a command out of whatever it waits in. */
static void fw_cmd_detach(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	if (cmd->state == FW_CMD_TIMED)
		fw_timing_cancel(&c->timing, &cmd->job,
				 c->hal.now(c->hal.ctx));
	if (cmd->state != FW_CMD_HELD)
		return;
	fw_line_leave(cmd);
	fw_transfer_end(c, cmd);
	if (cmd->abandon)
		cmd->abandon(c, cmd);
}

void fw_cmd_abort(struct fw_ctrl *c, struct fw_cmd *cmd, u16 status)
{
	fw_cmd_detach(c, cmd);
	cmd->result = 0;
	fw_cmd_status(c, cmd, status);
	fw_queue_post(c, cmd);
}

void fw_cmd_hasten(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	fw_cmd_detach(c, cmd);
	fw_queue_post(c, cmd);
}

void fw_cmd_drop(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	fw_cmd_detach(c, cmd);
	fw_cmd_free(c, cmd);
}
