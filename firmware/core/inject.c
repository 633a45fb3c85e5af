// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Injected errors: a host that tests its driver orders what is to go wrong, and
 * with which command. The wire format, where they are faults, is in
 * linux/nvme-lambda.h.
 *
 * Every command that an order means counts for it. One that another order has
 * already chosen does too, and the order takes the next one instead.
 */
#include <linux/nvme-lambda.h>

#include "ctrl.h"

#define FW_INJECT_KIND(cdw11)	(((cdw11) >> 8) & 15)
#define FW_INJECT_RESERVED	0xc000u	/* cdw11 */
#define FW_STATUS_MAX		0x7ffu	/* type and code */
#define FW_NS_PER_MS		1000000ull

static bool fw_inject_ok(const struct fw_inject *e)
{
	switch (e->kind) {
	case NVME_LAMBDA_FAULT_FAIL:
		return e->value && e->value <= FW_STATUS_MAX;
	case NVME_LAMBDA_FAULT_DELAY:
		return e->value && e->after;
	case NVME_LAMBDA_FAULT_LOSE:
	case NVME_LAMBDA_FAULT_FATAL:
	case NVME_LAMBDA_FAULT_GONE:
		return !e->value;
	case NVME_LAMBDA_FAULT_GARBLE:
	case NVME_LAMBDA_FAULT_METADATA:
		return !e->value && !e->after;
	}
	return false;
}

static u16 fw_inject_add(struct fw_ctrl *c, const struct fw_inject *e)
{
	for (u32 i = 0; i < FW_INJECTS_MAX; i++) {
		if (c->injects[i].hits)
			continue;
		c->injects[i] = *e;
		return FW_SC_SUCCESS;
	}
	return NVME_LAMBDA_SC_RESOURCES;
}

u16 fw_inject_order(struct fw_ctrl *c, const struct fw_sqe *sqe)
{
	u32 how = sqe->cdw11;
	struct fw_inject e = {
		.kind = FW_INJECT_KIND(how),
		.opcode = how,
		.after = how & NVME_LAMBDA_FAULT_AFTER,
		.admin = how & NVME_LAMBDA_FAULT_ADMIN,
		.value = sqe->cdw12,
		.skip = how >> 16,
		.hits = 1 + (sqe->cdw12 >> 16),
	};

	if (sqe->nsid && sqe->nsid != FW_NSID_ALL)
		return FW_SC_FEATURE_NOT_NS;
	if (!how && !sqe->cdw12) {
		memset(c->injects, 0, sizeof(c->injects));
		return FW_SC_SUCCESS;
	}
	if (how & FW_INJECT_RESERVED || !fw_inject_ok(&e))
		return FW_SC_INVALID_FIELD;
	return fw_inject_add(c, &e);
}

u32 fw_inject_left(const struct fw_ctrl *c)
{
	u32 left = 0;

	for (u32 i = 0; i < FW_INJECTS_MAX; i++)
		left += c->injects[i].hits;
	return left;
}

static bool fw_inject_is_vendors(const struct fw_cmd *cmd)
{
	if (cmd->sq_id)
		return cmd->sqe.opcode >= FW_IO_VENDOR;
	if (cmd->sqe.opcode == FW_ADMIN_IDENTIFY)
		return (u8)cmd->sqe.cdw10 >= FW_CNS_VENDOR;
	return cmd->sqe.opcode >= FW_ADMIN_VENDOR;
}

static bool fw_inject_means(const struct fw_inject *e, const struct fw_cmd *cmd)
{
	if (!e->hits || e->admin != !cmd->sq_id)
		return false;
	return e->opcode == cmd->sqe.opcode ||
	       (e->opcode == NVME_LAMBDA_FAULT_ANY &&
		fw_inject_is_vendors(cmd));
}

void fw_inject_choose(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	for (u32 i = 0; i < FW_INJECTS_MAX; i++) {
		struct fw_inject *e = &c->injects[i];

		if (!fw_inject_means(e, cmd))
			continue;
		if (e->skip) {
			e->skip--;
		} else if (!cmd->inject.kind) {
			cmd->inject = *e;
			e->hits--;
		}
	}
}

u16 fw_inject_judge(struct fw_cmd *cmd, u16 status)
{
	switch (cmd->inject.kind) {
	case NVME_LAMBDA_FAULT_FAIL:
		cmd->result = 0;
		return cmd->inject.value;
	case NVME_LAMBDA_FAULT_DELAY:
		fw_job_init(&cmd->job);
		fw_job_delay(&cmd->job, cmd->inject.value * FW_NS_PER_MS);
		return status;
	case NVME_LAMBDA_FAULT_LOSE:
	case NVME_LAMBDA_FAULT_FATAL:
	case NVME_LAMBDA_FAULT_GONE:
		return FW_LOST;
	}
	return status;
}
