// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * How commands go on, step by step. A step begins at most one operation, with
 * the command's transfer, and says which step follows its end.
 */
#include "ctrl.h"

void fw_step_go(struct fw_ctrl *c, struct fw_cmd *cmd, u16 status)
{
	while (status == FW_GO)
		status = cmd->step(c, cmd);
	if (fw_is_status(status))
		fw_complete(c, cmd, status);
}

u16 fw_step_begin(struct fw_ctrl *c, struct fw_cmd *cmd,
		  u16 (*step)(struct fw_ctrl *c, struct fw_cmd *cmd))
{
	cmd->step = step;
	if (fw_transfer_take(c, cmd))
		return FW_GO;
	fw_cmd_line_join(&c->line, cmd);
	return FW_PENDING;
}

/* The first in line whose turn it can be. */
static struct fw_cmd *fw_step_next(const struct fw_ctrl *c)
{
	struct fw_cmd *cmd = c->line;

	while (cmd && !fw_transfer_left(c, cmd))
		cmd = cmd->next;
	return cmd;
}

bool fw_step_due(const struct fw_ctrl *c)
{
	return fw_step_next(c);
}

void fw_step_serve(struct fw_ctrl *c)
{
	struct fw_cmd *cmd;

	while (c->spent < FW_ENTRY_BYTES && !c->stop &&
	       (cmd = fw_step_next(c))) {
		fw_cmd_line_leave(cmd);
		fw_transfer_take(c, cmd);
		fw_step_go(c, cmd, FW_GO);
	}
}

/* Goes on with the command; without one it has only been waited for. */
static void fw_step_op_ended(struct fw_ctrl *c, struct fw_op *op)
{
	struct fw_transfer *x = (struct fw_transfer *)op;

	if (x->cmd)
		fw_step_go(c, x->cmd, FW_GO);
	else
		fw_transfer_put(c, x);
}

static u16 fw_step_do(struct fw_ctrl *c, struct fw_cmd *cmd,
		      u16 (*next)(struct fw_ctrl *c, struct fw_cmd *cmd))
{
	cmd->x->op.end = fw_step_op_ended;
	cmd->step = next;
	return fw_op_begin(c, &cmd->x->op) ? FW_GO : FW_PENDING;
}

u16 fw_step_dma(struct fw_ctrl *c, struct fw_cmd *cmd, enum fw_op_kind kind,
		u16 (*next)(struct fw_ctrl *c, struct fw_cmd *cmd))
{
	struct fw_transfer *x = cmd->x;

	x->op.kind = kind;
	x->op.segs = x->places.segs;
	x->op.nr_segs = x->places.nr;
	x->op.buf = x->buf;
	return fw_step_do(c, cmd, next);
}

u16 fw_step_media(struct fw_ctrl *c, struct fw_cmd *cmd, enum fw_op_kind kind,
		  struct fw_seg at, u8 *buf,
		  u16 (*next)(struct fw_ctrl *c, struct fw_cmd *cmd))
{
	struct fw_transfer *x = cmd->x;

	x->at = at;
	x->op.kind = kind;
	x->op.segs = &x->at;
	x->op.nr_segs = 1;
	x->op.buf = buf;
	return fw_step_do(c, cmd, next);
}

u16 fw_step_flush(struct fw_ctrl *c, struct fw_cmd *cmd,
		  u16 (*next)(struct fw_ctrl *c, struct fw_cmd *cmd))
{
	cmd->x->op.kind = FW_OP_FLUSH;
	cmd->x->op.nr_segs = 0;
	return fw_step_do(c, cmd, next);
}
