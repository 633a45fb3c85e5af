// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Commands that may take long are executed piece by piece, first come, first
 * served. An entry does some pieces and leaves the others to the alarm, so that
 * the platform gets its lock back in between.
 */
#include "ctrl.h"

bool fw_piece_due(const struct fw_ctrl *c)
{
	const struct fw_cmd *cmd = c->pieces;

	if (!cmd)
		return false;
	return cmd->x ? !cmd->x->op.flying : fw_transfer_left(c, cmd);
}

void fw_piece_next(struct fw_ctrl *c)
{
	struct fw_cmd *cmd = c->pieces;

	if (!fw_piece_due(c))
		return;
	if (!cmd->x)
		fw_transfer_take(c, cmd);
	fw_step_go(c, cmd, FW_GO);
}

void fw_piece_go_on(struct fw_ctrl *c)
{
	while (fw_piece_due(c) && !c->stop && c->spent < FW_ENTRY_BYTES)
		fw_piece_next(c);
}

/* The last in line; where it is the only one it may be over on return. */
u16 fw_piece_begin(struct fw_ctrl *c, struct fw_cmd *cmd,
		   u16 (*step)(struct fw_ctrl *c, struct fw_cmd *cmd))
{
	cmd->step = step;
	fw_cmd_line_join(&c->pieces, cmd);
	fw_piece_go_on(c);
	return FW_PENDING;
}
