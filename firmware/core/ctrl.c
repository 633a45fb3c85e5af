// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Registers, enable, reset and shutdown; the entries of the platform. */
#include "ctrl.h"

/* Half seconds in which CSTS.RDY follows CC.EN: far more than is needed. */
#define FW_TIMEOUT	20

static u64 fw_cap(void)
{
	return FW_CAP_MQES(FW_QUEUE_ENTRIES_MAX - 1) | FW_CAP_CQR |
	       FW_CAP_TO(FW_TIMEOUT) | FW_CAP_CSS_NVM;
}

static void fw_enable(struct fw_ctrl *c)
{
	if (FW_CC_CSS(c->cc) || FW_CC_MPS(c->cc) || FW_CC_AMS(c->cc) ||
	    !fw_queue_start(c)) {
		fw_ctrl_fatal(c);
		return;
	}
	c->csts |= FW_CSTS_RDY;
}

static void fw_flush_forgotten(struct fw_ctrl *c, struct fw_op *op)
{
	(void)c;
	(void)op;
}

/* Of the registers AQA, ASQ and ACQ stay, and what the host has written to CC. */
static void fw_disable(struct fw_ctrl *c)
{
	for (u32 i = 0; i < FW_CMDS_MAX; i++)
		if (c->cmds[i].state != FW_CMD_FREE)
			fw_cmd_drop(c, &c->cmds[i]);
	fw_queue_stop(c);
	c->flush.end = fw_flush_forgotten;
	if (c->cmdset)
		c->cmdset->reset(c);
	fw_event_reset(c);
	fw_feature_reset(c);
	c->intm = 0;
	c->csts = 0;
}

/*
 * Nothing else comes to change the media from here on: λs still running and
 * what is left of other commands are abandoned. The flush is for the next entry
 * at which no operation is under way that writes.
 */
static void fw_shutdown(struct fw_ctrl *c)
{
	c->csts |= FW_CSTS_SHST_OCCURRING;
	for (u32 i = 0; i < FW_CMDS_MAX; i++) {
		struct fw_cmd *cmd = &c->cmds[i];

		if (cmd->state == FW_CMD_HELD && !fw_event_asks(cmd))
			fw_cmd_drop(c, cmd);
	}
}

static bool fw_shutting_down(const struct fw_ctrl *c)
{
	return (c->csts & FW_CSTS_SHST_MASK) == FW_CSTS_SHST_OCCURRING;
}

static bool fw_shutdown_due(const struct fw_ctrl *c)
{
	return fw_shutting_down(c) && !c->flush.flying && !c->media.writing;
}

/* A cache that cannot be written out at shutdown is a fatal state. */
static void fw_shutdown_end(struct fw_ctrl *c, struct fw_op *op)
{
	if (op->err)
		fw_ctrl_fatal(c);
	c->csts &= ~FW_CSTS_SHST_MASK;
	c->csts |= FW_CSTS_SHST_DONE;
}

static void fw_shutdown_flush(struct fw_ctrl *c)
{
	c->flush.kind = FW_OP_FLUSH;
	c->flush.end = fw_shutdown_end;
	if (fw_op_begin(c, &c->flush))
		fw_shutdown_end(c, &c->flush);
}

static void fw_write_cc(struct fw_ctrl *c, u32 value)
{
	u32 old = c->cc;

	c->cc = value;
	if (value & ~old & FW_CC_EN)
		fw_enable(c);
	else if (old & ~value & FW_CC_EN)
		fw_disable(c);
	if (FW_CC_SHN(value) && !(c->csts & FW_CSTS_SHST_MASK))
		fw_shutdown(c);
}

static void fw_set_low(u64 *reg, u32 value)
{
	*reg = (*reg & ~0xffffffffull) | value;
}

static void fw_set_high(u64 *reg, u32 value)
{
	*reg = (*reg & 0xffffffff) | (u64)value << 32;
}

/* AQA, ASQ and ACQ are taken over when EN is set; later values wait for it. */
static void fw_write_reg(struct fw_ctrl *c, u32 addr, u32 value)
{
	switch (addr) {
	case FW_REG_INTMS:
		c->intm |= value;
		break;
	case FW_REG_INTMC:
		c->intm &= ~value;
		break;
	case FW_REG_CC:
		fw_write_cc(c, value);
		break;
	case FW_REG_AQA:
		c->aqa = value;
		break;
	case FW_REG_ASQ:
		fw_set_low(&c->asq, value);
		break;
	case FW_REG_ASQ_HIGH:
		fw_set_high(&c->asq, value);
		break;
	case FW_REG_ACQ:
		fw_set_low(&c->acq, value);
		break;
	case FW_REG_ACQ_HIGH:
		fw_set_high(&c->acq, value);
		break;
	}
}

static u32 fw_read_reg(const struct fw_ctrl *c, u32 addr)
{
	switch (addr) {
	case FW_REG_CAP:
		return fw_cap();
	case FW_REG_CAP_HIGH:
		return fw_cap() >> 32;
	case FW_REG_VS:
		return FW_NVME_VERSION;
	case FW_REG_INTMS:
	case FW_REG_INTMC:
		return c->intm;
	case FW_REG_CC:
		return c->cc;
	case FW_REG_CSTS:
		return c->csts;
	case FW_REG_AQA:
		return c->aqa;
	case FW_REG_ASQ:
		return c->asq;
	case FW_REG_ASQ_HIGH:
		return c->asq >> 32;
	case FW_REG_ACQ:
		return c->acq;
	case FW_REG_ACQ_HIGH:
		return c->acq >> 32;
	}
	return 0;
}

/* The entries of the platform */

/* Completes the commands whose time has passed. */
static void fw_pass_time(struct fw_ctrl *c)
{
	struct fw_job *job, *next;

	job = fw_timing_advance(&c->timing, c->hal.now(c->hal.ctx));
	for (; job; job = next) {
		next = job->next;
		fw_queue_post(c, (struct fw_cmd *)job);
	}
}

static bool fw_enter(struct fw_ctrl *c)
{
	if (c->entered)
		return false;
	c->entered = true;
	fw_pass_time(c);
	return true;
}

/* When to be called again: at once if this entry has left something to do. */
static u64 fw_next(const struct fw_ctrl *c)
{
	if (fw_piece_due(c) || fw_step_due(c) || fw_shutdown_due(c) ||
	    fw_dispatch_left(c))
		return c->hal.now(c->hal.ctx);
	return fw_timing_next(&c->timing);
}

static void fw_power_on(struct fw_ctrl *c)
{
	c->cc = 0;
	c->aqa = 0;
	c->asq = 0;
	c->acq = 0;
	c->gone = false;
	memset(c->injects, 0, sizeof(c->injects));
}

/* A reset that comes from within is a part of this one, or the next thing. */
static void fw_stop(struct fw_ctrl *c)
{
	bool reset = c->stop == FW_STOP_RESET;

	if (!reset)
		c->stop = FW_STOP_NONE;
	fw_disable(c);
	if (!reset)
		return;
	fw_power_on(c);
	c->stop = FW_STOP_NONE;
}

static void fw_finish_late(struct fw_ctrl *c)
{
	struct fw_work *work = c->late;

	c->late = work->next;
	work->done(c, work);
}

/* One piece comes first, lest commands that keep coming take all the time. */
static void fw_go_on(struct fw_ctrl *c)
{
	fw_piece_next(c);
	fw_step_serve(c);
	fw_dispatch(c);
	fw_piece_go_on(c);
	if (c->stop)
		return;
	fw_op_begin_waiting(c);
	fw_event_warn(c);
	fw_event_deliver(c);
}

/* What came meanwhile is done now, and so is what comes meanwhile. */
static void fw_leave(struct fw_ctrl *c)
{
	do {
		if (c->stop)
			fw_stop(c);
		else if (c->late)
			fw_finish_late(c);
		if (!c->stop)
			fw_go_on(c);
	} while (c->stop || c->late);
	c->hal.alarm(c->hal.ctx, fw_next(c));
	c->spent = 0;
	c->entered = false;
}

static bool fw_access_ok(u32 addr, u32 size)
{
	return (size == 4 || size == 8) && addr % size == 0 &&
	       addr <= FW_BAR_BYTES - size;
}

u64 fw_ctrl_read(struct fw_ctrl *c, u32 addr, u32 size)
{
	u64 value;

	if (!fw_access_ok(addr, size))
		return 0;
	if (c->gone)
		return size == 8 ? ~0ull : 0xffffffff;
	value = fw_read_reg(c, addr);
	if (size == 8)
		value |= (u64)fw_read_reg(c, addr + 4) << 32;
	return value;
}

static void fw_write(struct fw_ctrl *c, u32 addr, u32 value)
{
	if (addr >= FW_REG_DOORBELL)
		fw_dispatch_doorbell(c, (addr - FW_REG_DOORBELL) / 4, value);
	else
		fw_write_reg(c, addr, value);
}

void fw_ctrl_write(struct fw_ctrl *c, u32 addr, u64 value, u32 size)
{
	if (!fw_access_ok(addr, size) || c->gone || !fw_enter(c))
		return;
	fw_write(c, addr, value);
	if (size == 8 && addr < FW_REG_DOORBELL)
		fw_write(c, addr + 4, value >> 32);
	fw_leave(c);
}

void fw_ctrl_alarm(struct fw_ctrl *c)
{
	if (!fw_enter(c))
		return;
	if (fw_shutdown_due(c))
		fw_shutdown_flush(c);
	fw_leave(c);
}

void fw_ctrl_work_done(struct fw_ctrl *c, struct fw_work *work)
{
	fw_work_note(c, work);
	if (fw_enter(c))
		fw_leave(c);
}

/* Enters without letting time pass: a reset has no completions posted. */
void fw_ctrl_reset(struct fw_ctrl *c)
{
	c->stop = FW_STOP_RESET;
	if (c->entered)
		return;
	c->entered = true;
	fw_leave(c);
}
