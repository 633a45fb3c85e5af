// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What a command needs to move data: a buffer, a list of places in host memory
 * and an operation. There are few, and commands stand in line for them. One
 * whose command is taken away while its operation is under way stays as it is
 * until that has ended.
 */
#include "ctrl.h"

/* The host finds memory for the buffers now, and not within a command. */
void fw_transfer_init(struct fw_ctrl *c, u8 *buffers)
{
	memset(buffers, 0, FW_TRANSFERS_MAX * FW_TRANSFER_BYTES);
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

void fw_transfer_put(struct fw_ctrl *c, struct fw_transfer *x)
{
	x->next = c->idle;
	c->idle = x;
	c->nr_idle++;
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
