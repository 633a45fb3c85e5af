// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The commands there can be: taken when they are fetched, free again when they
 * have completed; in between they may stand in line.
 */
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

struct fw_cmd *fw_cmd_take(struct fw_ctrl *c, const struct fw_sq *sq)
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

void fw_cmd_free(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	c->cqs[cmd->cq_id].owed--;
	fw_cmd_put(c, cmd);
}

void fw_cmd_line_join(struct fw_cmd **line, struct fw_cmd *cmd)
{
	struct fw_cmd **end = line;

	while (*end)
		end = &(*end)->next;
	*end = cmd;
	cmd->next = NULL;
	cmd->line = line;
}

void fw_cmd_line_leave(struct fw_cmd *cmd)
{
	struct fw_cmd **at = cmd->line;

	if (!at)
		return;
	while (*at != cmd)
		at = &(*at)->next;
	*at = cmd->next;
	cmd->line = NULL;
}
