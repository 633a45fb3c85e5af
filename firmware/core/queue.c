// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Submission and completion queues: doorbells, fetching, posting. */
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
	for (u32 i = 0; i < FW_CMDS_MAX; i++)
		if (c->cmds[i].state != FW_CMD_FREE)
			fw_cmd_drop(c, &c->cmds[i]);
	memset(c->sqs, 0, sizeof(c->sqs));
	memset(c->cqs, 0, sizeof(c->cqs));
	c->next_sq = 0;
}

/* Posting */

static u32 fw_cq_room(const struct fw_cq *cq)
{
	return (cq->head + cq->entries - cq->tail - 1) % cq->entries;
}

static void fw_cq_write(struct fw_ctrl *c, struct fw_cq *cq,
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

/* Posts the commands in line while there is room. */
static void fw_cq_drain(struct fw_ctrl *c, struct fw_cq *cq)
{
	struct fw_cmd *cmd;

	while (cq->first && fw_cq_room(cq) && !c->stop &&
	       !(c->csts & FW_CSTS_CFS)) {
		cmd = cq->first;
		cq->first = cmd->next;
		fw_cq_write(c, cq, cmd);
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
	fw_cq_drain(c, cq);
}

/* Doorbells */

static void fw_bad_value(struct fw_ctrl *c)
{
	fw_event_raise(c, FW_EVENT_ERROR, FW_EVENT_BAD_DOORBELL_VALUE,
		       FW_LOG_ERROR);
}

static void fw_sq_doorbell(struct fw_ctrl *c, struct fw_sq *sq, u32 value)
{
	if (value < sq->entries)
		sq->tail = value;
	else
		fw_bad_value(c);
}

/* The host may take what was posted, and nothing beyond. */
static void fw_cq_doorbell(struct fw_ctrl *c, struct fw_cq *cq, u32 value)
{
	u32 posted = (cq->tail + cq->entries - cq->head) % cq->entries;
	u32 taken = (value + cq->entries - cq->head) % cq->entries;

	if (value >= cq->entries || taken > posted) {
		fw_bad_value(c);
		return;
	}
	cq->head = value;
	fw_cq_drain(c, cq);
}

void fw_queue_doorbell(struct fw_ctrl *c, u32 index, u32 value)
{
	u32 id = index / 2;

	if (!(c->csts & FW_CSTS_RDY))
		return;
	if (id < FW_QUEUES_MAX && !(index & 1) && c->sqs[id].live)
		fw_sq_doorbell(c, &c->sqs[id], value & 0xffff);
	else if (id < FW_QUEUES_MAX && (index & 1) && c->cqs[id].live)
		fw_cq_doorbell(c, &c->cqs[id], value & 0xffff);
	else
		fw_event_raise(c, FW_EVENT_ERROR, FW_EVENT_BAD_DOORBELL_REG,
			       FW_LOG_ERROR);
}

/* Fetching */

/*
 * What is fetched will have a place for its completion, so no command of an
 * I/O queue waits for its host; and some commands are the admin queue's alone.
 * A host that looks at no completion stops nothing but its own queue.
 */
static bool fw_sq_ready(const struct fw_ctrl *c, const struct fw_sq *sq)
{
	const struct fw_cq *cq = &c->cqs[sq->cq_id];

	return sq->live && sq->head != sq->tail && cq->owed < fw_cq_room(cq) &&
	       (sq == c->sqs || c->nr_free > FW_CMDS_ADMIN);
}

static bool fw_may_fetch(const struct fw_ctrl *c)
{
	return c->free && !c->stop && (c->csts & FW_CSTS_RDY) &&
	       !(c->csts & (FW_CSTS_CFS | FW_CSTS_SHST_MASK));
}

/* Whose turn it is of those that may be fetched from; FW_QUEUES_MAX: nobody's. */
static u32 fw_next_sq(const struct fw_ctrl *c)
{
	u32 n = fw_may_fetch(c) ? 0 : FW_QUEUES_MAX;
	u32 id;

	for (; n < FW_QUEUES_MAX; n++) {
		id = (c->next_sq + n) % FW_QUEUES_MAX;
		if (fw_sq_ready(c, &c->sqs[id]))
			return id;
	}
	return FW_QUEUES_MAX;
}

bool fw_queue_left(const struct fw_ctrl *c)
{
	return fw_next_sq(c) != FW_QUEUES_MAX;
}

static struct fw_cmd *fw_cmd_take(struct fw_ctrl *c, const struct fw_sq *sq)
{
	struct fw_cmd *cmd = c->free;

	c->free = cmd->next;
	c->nr_free--;
	memset(cmd, 0, sizeof(*cmd));
	cmd->state = FW_CMD_HELD;
	cmd->sq_id = sq - c->sqs;
	cmd->cq_id = sq->cq_id;
	cmd->since = c->hal.now(c->hal.ctx);
	c->cqs[cmd->cq_id].owed++;
	return cmd;
}

/* False when there was none, or it could not be read. */
static bool fw_fetch_one(struct fw_ctrl *c)
{
	u32 id = fw_next_sq(c);
	struct fw_cmd *cmd;
	struct fw_sq *sq;
	u64 at;

	if (id == FW_QUEUES_MAX)
		return false;
	sq = &c->sqs[id];
	c->next_sq = id + 1;
	cmd = fw_cmd_take(c, sq);
	at = sq->base + ((u64)sq->head << FW_SQE_SHIFT);
	if (c->hal.dma_read(c->hal.ctx, at, &cmd->sqe, sizeof(cmd->sqe))) {
		fw_cmd_free(c, cmd);
		fw_ctrl_fatal(c);
		return false;
	}
	sq->head = (sq->head + 1) % sq->entries;
	c->spent += FW_PAGE;
	fw_cmd_run(c, cmd);
	return true;
}

void fw_queue_fetch(struct fw_ctrl *c)
{
	while (c->spent < FW_ENTRY_BYTES && fw_fetch_one(c))
		;
}
