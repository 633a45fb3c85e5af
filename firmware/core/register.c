// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Registers: what a host sets up, resets and shuts down with them. */
#include "ctrl.h"

/* Half seconds in which CSTS.RDY follows CC.EN: far more than is needed. */
#define FW_TIMEOUT	20

static u64 fw_register_cap(void)
{
	return FW_CAP_MQES(FW_QUEUE_ENTRIES_MAX - 1) | FW_CAP_CQR |
	       FW_CAP_TO(FW_TIMEOUT) | FW_CAP_CSS_NVM;
}

static void fw_register_enable(struct fw_ctrl *c)
{
	if (FW_CC_CSS(c->cc) || FW_CC_MPS(c->cc) || FW_CC_AMS(c->cc) ||
	    !fw_queue_start(c)) {
		fw_ctrl_fatal(c);
		return;
	}
	c->csts |= FW_CSTS_RDY;
}

static void fw_register_flush_forgotten(struct fw_ctrl *c, struct fw_op *op)
{
	(void)c;
	(void)op;
}

/* Of the registers AQA, ASQ and ACQ stay, and what the host has written to CC. */
void fw_register_disable(struct fw_ctrl *c)
{
	for (u32 i = 0; i < FW_CMDS_MAX; i++)
		if (c->cmds[i].state != FW_CMD_FREE)
			fw_complete_drop(c, &c->cmds[i]);
	fw_queue_stop(c);
	c->flush.end = fw_register_flush_forgotten;
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
static void fw_register_shutdown(struct fw_ctrl *c)
{
	c->csts |= FW_CSTS_SHST_OCCURRING;
	for (u32 i = 0; i < FW_CMDS_MAX; i++) {
		struct fw_cmd *cmd = &c->cmds[i];

		if (cmd->state == FW_CMD_HELD && !fw_event_asks(cmd))
			fw_complete_drop(c, cmd);
	}
}

static bool fw_register_shutting_down(const struct fw_ctrl *c)
{
	return (c->csts & FW_CSTS_SHST_MASK) == FW_CSTS_SHST_OCCURRING;
}

bool fw_register_shutdown_due(const struct fw_ctrl *c)
{
	return fw_register_shutting_down(c) &&
	       !c->flush.flying && !c->media.writing;
}

/* A cache that cannot be written out at shutdown is a fatal state. */
static void fw_register_shutdown_end(struct fw_ctrl *c, struct fw_op *op)
{
	if (op->err)
		fw_ctrl_fatal(c);
	c->csts &= ~FW_CSTS_SHST_MASK;
	c->csts |= FW_CSTS_SHST_DONE;
}

void fw_register_shutdown_flush(struct fw_ctrl *c)
{
	c->flush.kind = FW_OP_FLUSH;
	c->flush.end = fw_register_shutdown_end;
	if (fw_op_begin(c, &c->flush))
		fw_register_shutdown_end(c, &c->flush);
}

static void fw_register_write_cc(struct fw_ctrl *c, u32 value)
{
	u32 old = c->cc;

	c->cc = value;
	if (value & ~old & FW_CC_EN)
		fw_register_enable(c);
	else if (old & ~value & FW_CC_EN)
		fw_register_disable(c);
	if (FW_CC_SHN(value) && !(c->csts & FW_CSTS_SHST_MASK))
		fw_register_shutdown(c);
}

static void fw_register_set_low(u64 *reg, u32 value)
{
	*reg = (*reg & ~0xffffffffull) | value;
}

static void fw_register_set_high(u64 *reg, u32 value)
{
	*reg = (*reg & 0xffffffff) | (u64)value << 32;
}

/* AQA, ASQ and ACQ are taken over when EN is set; later values wait for it. */
void fw_register_write(struct fw_ctrl *c, u32 addr, u32 value)
{
	switch (addr) {
	case FW_REG_INTMS:
		c->intm |= value;
		break;
	case FW_REG_INTMC:
		c->intm &= ~value;
		break;
	case FW_REG_CC:
		fw_register_write_cc(c, value);
		break;
	case FW_REG_AQA:
		c->aqa = value;
		break;
	case FW_REG_ASQ:
		fw_register_set_low(&c->asq, value);
		break;
	case FW_REG_ASQ_HIGH:
		fw_register_set_high(&c->asq, value);
		break;
	case FW_REG_ACQ:
		fw_register_set_low(&c->acq, value);
		break;
	case FW_REG_ACQ_HIGH:
		fw_register_set_high(&c->acq, value);
		break;
	}
}

u32 fw_register_read(const struct fw_ctrl *c, u32 addr)
{
	switch (addr) {
	case FW_REG_CAP:
		return fw_register_cap();
	case FW_REG_CAP_HIGH:
		return fw_register_cap() >> 32;
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

void fw_register_power_on(struct fw_ctrl *c)
{
	fw_register_disable(c);
	c->cc = 0;
	c->aqa = 0;
	c->asq = 0;
	c->acq = 0;
	c->gone = false;
	memset(c->injects, 0, sizeof(c->injects));
}
