// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What a command needs to move data: a buffer, a list of places in host memory
 * and an operation. There are few, and commands stand in line for them. One
 * whose command is taken away while its operation is under way stays as it is
 * until that has ended.
 */
#include "ctrl.h"

void fw_transfer_init(struct fw_ctrl *c, u8 *buffers)
{
	for (u32 i = FW_TRANSFERS_MAX; i; i--) {
		struct fw_transfer *x = &c->transfers[i - 1];

		x->buf = buffers + (i - 1) * FW_TRANSFER_BYTES;
		x->next = c->idle;
		c->idle = x;
		c->nr_idle++;
	}
}

bool fw_transfer_left(const struct fw_ctrl *c, const struct fw_cmd *cmd)
{
	return c->nr_idle > (cmd->sq_id ? FW_TRANSFERS_ADMIN : 0);
}

bool fw_transfer_take(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	struct fw_transfer *x = c->idle;

	if (!fw_transfer_left(c, cmd))
		return false;
	c->idle = x->next;
	c->nr_idle--;
	x->cmd = cmd;
	cmd->x = x;
	return true;
}

static void fw_transfer_put(struct fw_ctrl *c, struct fw_transfer *x)
{
	x->next = c->idle;
	c->idle = x;
	c->nr_idle++;
}

/* Goes on with the command; without one it has only been waited for. */
static void fw_transfer_op_ended(struct fw_ctrl *c, struct fw_op *op)
{
	struct fw_transfer *x = (struct fw_transfer *)op;

	if (x->cmd)
		fw_cmd_go(c, x->cmd, FW_GO);
	else
		fw_transfer_put(c, x);
}

void fw_transfer_end(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	struct fw_transfer *x = cmd->x;

	if (!x)
		return;
	cmd->x = NULL;
	x->cmd = NULL;
	if (fw_op_abandon(c, &x->op))
		fw_transfer_put(c, x);
}

u16 fw_transfer_begin(struct fw_ctrl *c, struct fw_cmd *cmd,
		      u16 (*step)(struct fw_ctrl *c, struct fw_cmd *cmd))
{
	cmd->step = step;
	if (fw_transfer_take(c, cmd))
		return FW_GO;
	fw_line_join(&c->line, cmd);
	return FW_PENDING;
}

/* The first in line whose turn it can be. */
static struct fw_cmd *fw_transfer_next(const struct fw_ctrl *c)
{
	struct fw_cmd *cmd = c->line;

	while (cmd && !fw_transfer_left(c, cmd))
		cmd = cmd->next;
	return cmd;
}

bool fw_transfer_due(const struct fw_ctrl *c)
{
	return fw_transfer_next(c);
}

void fw_transfer_serve(struct fw_ctrl *c)
{
	struct fw_cmd *cmd;

	while (c->spent < FW_ENTRY_BYTES && !c->stop &&
	       (cmd = fw_transfer_next(c))) {
		fw_line_leave(cmd);
		fw_transfer_take(c, cmd);
		fw_cmd_go(c, cmd, FW_GO);
	}
}

static u16 fw_transfer_do(struct fw_ctrl *c, struct fw_cmd *cmd,
			  u16 (*next)(struct fw_ctrl *c, struct fw_cmd *cmd))
{
	cmd->x->op.end = fw_transfer_op_ended;
	cmd->step = next;
	return fw_op_begin(c, &cmd->x->op) ? FW_GO : FW_PENDING;
}

u16 fw_transfer_dma(struct fw_ctrl *c, struct fw_cmd *cmd,
		    enum fw_op_kind kind,
		    u16 (*next)(struct fw_ctrl *c, struct fw_cmd *cmd))
{
	struct fw_transfer *x = cmd->x;

	x->op.kind = kind;
	x->op.segs = x->places.segs;
	x->op.nr_segs = x->places.nr;
	x->op.buf = x->buf;
	return fw_transfer_do(c, cmd, next);
}

u16 fw_transfer_media(struct fw_ctrl *c, struct fw_cmd *cmd,
		      enum fw_op_kind kind, struct fw_seg at, u8 *buf,
		      u16 (*next)(struct fw_ctrl *c, struct fw_cmd *cmd))
{
	struct fw_transfer *x = cmd->x;

	x->at = at;
	x->op.kind = kind;
	x->op.segs = &x->at;
	x->op.nr_segs = 1;
	x->op.buf = buf;
	return fw_transfer_do(c, cmd, next);
}

u16 fw_transfer_flush(struct fw_ctrl *c, struct fw_cmd *cmd,
		      u16 (*next)(struct fw_ctrl *c, struct fw_cmd *cmd))
{
	cmd->x->op.kind = FW_OP_FLUSH;
	cmd->x->op.nr_segs = 0;
	return fw_transfer_do(c, cmd, next);
}
