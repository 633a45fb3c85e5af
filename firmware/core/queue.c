// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Submission and completion queues, and the posting of completions. */
#include "ctrl.h"

#define FW_AQA_SQ(aqa)	(((aqa) & 0xfff) + 1)
#define FW_AQA_CQ(aqa)	((((aqa) >> 16) & 0xfff) + 1)
#define FW_ENTRIES_MIN	2	/* a ring of one entry can never hold any */

bool fw_queue_base_ok(u64 base)
{
	return base && base % FW_PAGE == 0;
}

bool fw_queue_start(struct fw_ctrl *c)
{
	u32 sq_entries = FW_AQA_SQ(c->aqa), cq_entries = FW_AQA_CQ(c->aqa);

	if (!fw_queue_base_ok(c->asq) || !fw_queue_base_ok(c->acq) ||
	    sq_entries < FW_ENTRIES_MIN || cq_entries < FW_ENTRIES_MIN)
		return false;
	c->sqs[0] = (struct fw_sq){ .live = true, .base = c->asq,
				    .entries = sq_entries };
	c->cqs[0] = (struct fw_cq){ .live = true, .base = c->acq,
				    .entries = cq_entries, .phase = true,
				    .irq = true, .users = 1 };
	return true;
}

void fw_queue_stop(struct fw_ctrl *c)
{
	memset(c->sqs, 0, sizeof(c->sqs));
	memset(c->cqs, 0, sizeof(c->cqs));
	c->next_sq = 0;
}

/* Posting */

u32 fw_queue_room(const struct fw_cq *cq)
{
	return (cq->head + cq->entries - cq->tail - 1) % cq->entries;
}

static void fw_queue_write_cqe(struct fw_ctrl *c, struct fw_cq *cq,
			       const struct fw_cmd *cmd)
{
	struct fw_cqe cqe = {
		.result = cmd->result,
		.sq_head = c->sqs[cmd->sq_id].head,
		.sq_id = cmd->sq_id,
		.cid = cmd->sqe.cid,
		.status = cmd->status << 1 | cq->phase,
	};
	u64 at = cq->base + ((u64)cq->tail << FW_CQE_SHIFT);

	if (c->hal.dma_write(c->hal.ctx, at, &cqe, sizeof(cqe))) {
		fw_ctrl_fatal(c);
		return;
	}
	cq->tail = (cq->tail + 1) % cq->entries;
	if (!cq->tail)
		cq->phase = !cq->phase;
	if (cq->irq && !c->stop)
		c->hal.irq(c->hal.ctx, cq->vector);
}

void fw_queue_drain(struct fw_ctrl *c, struct fw_cq *cq)
{
	struct fw_cmd *cmd;

	while (cq->first && fw_queue_room(cq) && !c->stop &&
	       !(c->csts & FW_CSTS_CFS)) {
		cmd = cq->first;
		cq->first = cmd->next;
		fw_queue_write_cqe(c, cq, cmd);
		fw_cmd_free(c, cmd);
	}
}

void fw_queue_post(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	struct fw_cq *cq = &c->cqs[cmd->cq_id];

	cmd->state = FW_CMD_DONE;
	cmd->next = NULL;
	if (cq->first)
		cq->last->next = cmd;
	else
		cq->first = cmd;
	cq->last = cmd;
	fw_queue_drain(c, cq);
}
