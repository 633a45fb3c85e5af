// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Admin commands: who handles what; queues made and removed; Abort. */
#include "ctrl.h"

#define FW_QUEUE_CONTIGUOUS	BIT(0)	/* cdw11 of both create commands */
#define FW_CQ_INTERRUPTS	BIT(1)	/* cdw11 of Create I/O CQ */
#define FW_ABORT_NOT_DONE	BIT(0)	/* dword 0 of Abort */

static u32 fw_admin_qid(const struct fw_cmd *cmd)
{
	return cmd->sqe.cdw10 & 0xffff;
}

static bool fw_admin_io_qid_ok(const struct fw_ctrl *c, u32 id)
{
	return id && id <= c->io_queues;
}

/* What both create commands have in common: id, size and place. */
static u16 fw_admin_check_queue(const struct fw_ctrl *c,
				const struct fw_cmd *cmd, bool exists,
				bool entry_size_ok)
{
	u32 entries = (cmd->sqe.cdw10 >> 16) + 1;

	if (!fw_admin_io_qid_ok(c, fw_admin_qid(cmd)) || exists)
		return FW_SC_INVALID_QID;
	if (entries < 2 || entries > FW_QUEUE_ENTRIES_MAX || !entry_size_ok)
		return FW_SC_QUEUE_SIZE;
	if (!(cmd->sqe.cdw11 & FW_QUEUE_CONTIGUOUS))
		return FW_SC_INVALID_FIELD;
	if (!fw_queue_base_ok(cmd->sqe.prp1))
		return FW_SC_INVALID_PRP_OFFSET;
	return FW_SC_SUCCESS;
}

static u16 fw_admin_create_cq(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	u32 id = fw_admin_qid(cmd), vector = cmd->sqe.cdw11 >> 16;
	bool exists = id < FW_QUEUES_MAX && c->cqs[id].live;
	u16 status = fw_admin_check_queue(c, cmd, exists,
					  FW_CC_IOCQES(c->cc) == FW_CQE_SHIFT);

	if (status)
		return status;
	if (vector > c->io_queues)
		return FW_SC_INVALID_VECTOR;
	c->cqs[id] = (struct fw_cq){
		.live = true,
		.phase = true,
		.irq = cmd->sqe.cdw11 & FW_CQ_INTERRUPTS,
		.vector = vector,
		.base = cmd->sqe.prp1,
		.entries = (cmd->sqe.cdw10 >> 16) + 1,
	};
	return FW_SC_SUCCESS;
}

static u16 fw_admin_create_sq(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	u32 id = fw_admin_qid(cmd), cq_id = cmd->sqe.cdw11 >> 16;
	bool exists = id < FW_QUEUES_MAX && c->sqs[id].live;
	u16 status = fw_admin_check_queue(c, cmd, exists,
					  FW_CC_IOSQES(c->cc) == FW_SQE_SHIFT);

	if (status)
		return status;
	if (!fw_admin_io_qid_ok(c, cq_id))
		return FW_SC_INVALID_QID;
	if (!c->cqs[cq_id].live)
		return FW_SC_CQ_INVALID;
	c->sqs[id] = (struct fw_sq){
		.live = true,
		.cq_id = cq_id,
		.base = cmd->sqe.prp1,
		.entries = (cmd->sqe.cdw10 >> 16) + 1,
	};
	c->cqs[cq_id].users++;
	return FW_SC_SUCCESS;
}

static u16 fw_admin_delete_cq(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	u32 id = fw_admin_qid(cmd);

	if (!fw_admin_io_qid_ok(c, id) || !c->cqs[id].live)
		return FW_SC_INVALID_QID;
	if (c->cqs[id].users)
		return FW_SC_QUEUE_DELETION;
	c->cqs[id].live = false;
	return FW_SC_SUCCESS;
}

/* All that was fetched from the queue is posted before its deletion is. */
static u16 fw_admin_delete_sq(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	u32 id = fw_admin_qid(cmd);

	if (!fw_admin_io_qid_ok(c, id) || !c->sqs[id].live)
		return FW_SC_INVALID_QID;
	for (u32 i = 0; i < FW_CMDS_MAX; i++) {
		struct fw_cmd *other = &c->cmds[i];

		if (other->sq_id == id && (other->state == FW_CMD_HELD ||
					   other->state == FW_CMD_TIMED))
			fw_complete_abort(c, other, FW_SC_ABORT_SQ_DELETED);
	}
	c->sqs[id].live = false;
	c->cqs[c->sqs[id].cq_id].users--;
	return FW_SC_SUCCESS;
}

/*
 * A command that has ended and only waits for room is past aborting, and so is
 * the Abort command itself. A λ's that has written, or begun to, is too, for an
 * abort tells that it has not; but nobody has to wait for the rest of its time.
 */
static u16 fw_admin_abort(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	u16 sq_id = cmd->sqe.cdw10, cid = cmd->sqe.cdw10 >> 16;

	cmd->result = FW_ABORT_NOT_DONE;
	for (u32 i = 0; i < FW_CMDS_MAX; i++) {
		struct fw_cmd *other = &c->cmds[i];

		if (other->sq_id != sq_id || other->sqe.cid != cid ||
		    other == cmd)
			continue;
		if (other->state != FW_CMD_HELD &&
		    other->state != FW_CMD_TIMED)
			continue;
		if (other->wrote) {
			if (other->state == FW_CMD_TIMED)
				fw_complete_hasten(c, other);
			break;
		}
		fw_complete_abort(c, other, FW_SC_ABORT_REQUESTED);
		cmd->result = 0;
		break;
	}
	return FW_SC_SUCCESS;
}

u16 fw_admin(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	switch (cmd->sqe.opcode) {
	case FW_ADMIN_DELETE_SQ:
		return fw_admin_delete_sq(c, cmd);
	case FW_ADMIN_CREATE_SQ:
		return fw_admin_create_sq(c, cmd);
	case FW_ADMIN_GET_LOG:
		return fw_log_get(c, cmd);
	case FW_ADMIN_DELETE_CQ:
		return fw_admin_delete_cq(c, cmd);
	case FW_ADMIN_CREATE_CQ:
		return fw_admin_create_cq(c, cmd);
	case FW_ADMIN_IDENTIFY:
		return fw_identify(c, cmd);
	case FW_ADMIN_ABORT:
		return fw_admin_abort(c, cmd);
	case FW_ADMIN_SET_FEATURES:
		return fw_feature_set(c, cmd);
	case FW_ADMIN_GET_FEATURES:
		return fw_feature_get(c, cmd);
	case FW_ADMIN_ASYNC_EVENT:
		return fw_event_request(c, cmd);
	}
	if (c->cmdset && cmd->sqe.opcode >= FW_ADMIN_VENDOR)
		return c->cmdset->admin(c, cmd);
	return FW_SC_INVALID_OPCODE;
}
