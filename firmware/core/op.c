// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Operations on media and host memory: begun, ended, given up. */
#include "ctrl.h"

void fw_op_work_note(struct fw_ctrl *c, struct fw_work *work)
{
	struct fw_work **end = &c->late;

	while (*end)
		end = &(*end)->next;
	work->next = NULL;
	*end = work;
}

static bool fw_op_is_dma(const struct fw_op *op)
{
	return op->kind == FW_OP_FROM_HOST || op->kind == FW_OP_TO_HOST;
}

static void fw_op_tell(struct fw_ctrl *c, struct fw_work *work)
{
	struct fw_op *op = (struct fw_op *)work;

	op->flying = false;
	op->end(c, op);
}

static void fw_op_done(struct fw_ctrl *c, struct fw_work *work)
{
	struct fw_op *op = (struct fw_op *)work;

	if (!fw_op_is_dma(op))
		fw_media_end(&c->media, op);
	fw_op_tell(c, work);
}

/* One that is to end later may have, as far as the platform is concerned. */
bool fw_op_begin(struct fw_ctrl *c, struct fw_op *op)
{
	int err;

	op->work.done = fw_op_done;
	err = fw_op_is_dma(op) ? fw_dma_do(c, op) :
				 fw_media_begin(&c->media, op);
	op->flying = err == FW_LATER;
	if (!op->flying)
		op->err = err;
	return !op->flying;
}

/* Those that are at their end at once have it told before the entry is over. */
void fw_op_begin_waiting(struct fw_ctrl *c)
{
	struct fw_op *op;
	int err;

	while ((op = fw_media_next(&c->media, &err))) {
		if (err == FW_LATER)
			continue;
		op->err = err;
		op->work.done = fw_op_tell;
		fw_op_work_note(c, &op->work);
	}
}

bool fw_op_abandon(struct fw_ctrl *c, struct fw_op *op)
{
	if (op->flying && fw_op_is_dma(op))
		c->hal.dma_cancel(c->hal.ctx, op);
	else if (op->flying && fw_media_withdraw(&c->media, op))
		op->flying = false;
	return !op->flying;
}
