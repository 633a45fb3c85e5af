// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What a host submits: its doorbells, and its commands, fetched and handed to
 * those who execute them.
 */
#include "ctrl.h"

/* Doorbells */

static void fw_dispatch_bad_value(struct fw_ctrl *c)
{
	fw_event_raise(c, FW_EVENT_ERROR, FW_EVENT_BAD_DOORBELL_VALUE,
		       FW_LOG_ERROR);
}

static void fw_dispatch_sq_doorbell(struct fw_ctrl *c, struct fw_sq *sq,
				    u32 value)
{
	if (value < sq->entries)
		sq->tail = value;
	else
		fw_dispatch_bad_value(c);
}

/* The host may take what was posted, and nothing beyond. */
static void fw_dispatch_cq_doorbell(struct fw_ctrl *c, struct fw_cq *cq,
				    u32 value)
{
	u32 posted = (cq->tail + cq->entries - cq->head) % cq->entries;
	u32 taken = (value + cq->entries - cq->head) % cq->entries;

	if (value >= cq->entries || taken > posted) {
		fw_dispatch_bad_value(c);
		return;
	}
	cq->head = value;
	fw_queue_drain(c, cq);
}

void fw_dispatch_doorbell(struct fw_ctrl *c, u32 index, u32 value)
{
	u32 id = index / 2;

	if (!(c->csts & FW_CSTS_RDY))
		return;
	if (id < FW_QUEUES_MAX && !(index & 1) && c->sqs[id].live)
		fw_dispatch_sq_doorbell(c, &c->sqs[id], value & 0xffff);
	else if (id < FW_QUEUES_MAX && (index & 1) && c->cqs[id].live)
		fw_dispatch_cq_doorbell(c, &c->cqs[id], value & 0xffff);
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
static bool fw_dispatch_sq_ready(const struct fw_ctrl *c,
				 const struct fw_sq *sq)
{
	const struct fw_cq *cq = &c->cqs[sq->cq_id];

	return sq->live && sq->head != sq->tail &&
	       cq->owed < fw_queue_room(cq) &&
	       (sq == c->sqs || c->nr_free > FW_CMDS_ADMIN);
}

static bool fw_dispatch_may_fetch(const struct fw_ctrl *c)
{
	return c->free && !c->stop && (c->csts & FW_CSTS_RDY) &&
	       !(c->csts & (FW_CSTS_CFS | FW_CSTS_SHST_MASK));
}

/* Whose turn it is of those that may be fetched from; FW_QUEUES_MAX: none's. */
static u32 fw_dispatch_next_sq(const struct fw_ctrl *c)
{
	u32 n = fw_dispatch_may_fetch(c) ? 0 : FW_QUEUES_MAX;
	u32 id;

	for (; n < FW_QUEUES_MAX; n++) {
		id = (c->next_sq + n) % FW_QUEUES_MAX;
		if (fw_dispatch_sq_ready(c, &c->sqs[id]))
			return id;
	}
	return FW_QUEUES_MAX;
}

bool fw_dispatch_left(const struct fw_ctrl *c)
{
	return fw_dispatch_next_sq(c) != FW_QUEUES_MAX;
}

/* Executing */

#define FW_FLAGS_FUSE	0x03
#define FW_FLAGS_PSDT	0xc0

static u16 fw_dispatch_execute(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	if (cmd->sqe.flags & (FW_FLAGS_FUSE | FW_FLAGS_PSDT))
		return FW_SC_INVALID_FIELD;
	return cmd->sq_id ? fw_io(c, cmd) : fw_admin(c, cmd);
}

static void fw_dispatch_run(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	u16 status = FW_SC_SUCCESS;

	fw_inject_choose(c, cmd);
	if (!cmd->inject.after)
		status = fw_complete_strike(c, cmd, status);
	if (!status)
		status = fw_dispatch_execute(c, cmd);
	fw_step_go(c, cmd, status);
}

/* False when there was none, or it could not be read. */
static bool fw_dispatch_fetch(struct fw_ctrl *c)
{
	u32 id = fw_dispatch_next_sq(c);
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
	fw_dispatch_run(c, cmd);
	return true;
}

void fw_dispatch(struct fw_ctrl *c)
{
	while (c->spent < FW_ENTRY_BYTES && fw_dispatch_fetch(c))
		;
}
