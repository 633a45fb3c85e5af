// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The end of a command: it completes, is aborted, or gets lost. Those that
 * failed go to the error log, which log.c shows.
 */
#include <linux/nvme-lambda.h>

#include "ctrl.h"

#define FW_NO_LOCATION		0xffff

/* Whether the same command could succeed another time. */
static bool fw_complete_may_retry(u16 status)
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
static bool fw_complete_is_error(u16 status)
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

static void fw_complete_note_error(struct fw_ctrl *c, const struct fw_cmd *cmd,
				   u16 status)
{
	struct fw_log_error *e;

	e = &c->errors[c->nr_errors++ % FW_ERRORS_MAX];
	*e = (struct fw_log_error){
		.count = c->nr_errors,
		.sq_id = cmd->sq_id,
		.cid = cmd->sqe.cid,
		.status = status << 1,
		.location = FW_NO_LOCATION,
		.nsid = cmd->sqe.nsid,
	};
	if (cmd->sq_id)
		e->lba = (u64)cmd->sqe.cdw11 << 32 | cmd->sqe.cdw10;
}

static void fw_complete_status(struct fw_ctrl *c, struct fw_cmd *cmd,
			       u16 status)
{
	if (fw_complete_is_error(status))
		fw_complete_note_error(c, cmd, status);
	cmd->status = fw_complete_may_retry(status) ? status :
						      status | FW_SC_DNR;
}

u16 fw_complete_strike(struct fw_ctrl *c, struct fw_cmd *cmd, u16 status)
{
	status = fw_inject_judge(cmd, status);
	if (status != FW_LOST)
		return status;
	if (cmd->inject.kind == NVME_LAMBDA_FAULT_FATAL)
		fw_ctrl_fatal(c);
	if (cmd->inject.kind == NVME_LAMBDA_FAULT_GONE)
		fw_ctrl_gone(c);
	fw_complete_drop(c, cmd);
	return FW_PENDING;
}

/* What it took to execute a command is not waited for a second time. */
void fw_complete(struct fw_ctrl *c, struct fw_cmd *cmd, u16 status)
{
	u64 now = c->hal.now(c->hal.ctx);

	cmd->abandon = NULL;
	fw_cmd_line_leave(cmd);
	fw_transfer_end(c, cmd);
	if (!c->timing.profile.timing)
		fw_job_init(&cmd->job);
	fw_job_credit(&c->timing, &cmd->job, now - cmd->since);
	status = fw_complete_strike(c, cmd, status);
	if (status == FW_PENDING)
		return;
	fw_complete_status(c, cmd, status);
	if (!cmd->job.nr_stages) {
		fw_queue_post(c, cmd);
		return;
	}
	cmd->state = FW_CMD_TIMED;
	fw_timing_start(&c->timing, &cmd->job, now);
}

/* Takes a command out of whatever it waits in. */
static void fw_complete_detach(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	if (cmd->state == FW_CMD_TIMED)
		fw_timing_cancel(&c->timing, &cmd->job,
				 c->hal.now(c->hal.ctx));
	if (cmd->state != FW_CMD_HELD)
		return;
	fw_cmd_line_leave(cmd);
	fw_transfer_end(c, cmd);
	if (cmd->abandon)
		cmd->abandon(c, cmd);
}

void fw_complete_abort(struct fw_ctrl *c, struct fw_cmd *cmd, u16 status)
{
	fw_complete_detach(c, cmd);
	cmd->result = 0;
	fw_complete_status(c, cmd, status);
	fw_queue_post(c, cmd);
}

void fw_complete_hasten(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	fw_complete_detach(c, cmd);
	fw_queue_post(c, cmd);
}

void fw_complete_drop(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	fw_complete_detach(c, cmd);
	fw_cmd_free(c, cmd);
}
