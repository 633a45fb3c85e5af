// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Faults on order: a host that tests its driver says what is to go wrong, and
 * with which command. The wire format is in linux/nvme-lambda.h.
 *
 * Every command that a fault means counts for it. One that another fault has
 * already chosen does too, and the fault takes the next one instead.
 */
#include <linux/nvme-lambda.h>

#include "ctrl.h"

#define FW_FAULT_KIND(cdw11)	(((cdw11) >> 8) & 15)
#define FW_FAULT_RESERVED	0xc000u	/* cdw11 */
#define FW_STATUS_MAX		0x7ffu	/* type and code */
#define FW_NS_PER_MS		1000000ull

static bool fw_fault_ok(const struct fw_fault *f)
{
	switch (f->kind) {
	case NVME_LAMBDA_FAULT_FAIL:
		return f->value && f->value <= FW_STATUS_MAX;
	case NVME_LAMBDA_FAULT_DELAY:
		return f->value && f->after;
	case NVME_LAMBDA_FAULT_LOSE:
	case NVME_LAMBDA_FAULT_FATAL:
	case NVME_LAMBDA_FAULT_GONE:
		return !f->value;
	case NVME_LAMBDA_FAULT_GARBLE:
	case NVME_LAMBDA_FAULT_METADATA:
		return !f->value && !f->after;
	}
	return false;
}

static u16 fw_fault_add(struct fw_ctrl *c, const struct fw_fault *f)
{
	for (u32 i = 0; i < FW_FAULTS_MAX; i++) {
		if (c->faults[i].hits)
			continue;
		c->faults[i] = *f;
		return FW_SC_SUCCESS;
	}
	return NVME_LAMBDA_SC_RESOURCES;
}

u16 fw_fault_set(struct fw_ctrl *c, const struct fw_sqe *sqe)
{
	u32 how = sqe->cdw11;
	struct fw_fault f = {
		.kind = FW_FAULT_KIND(how),
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
		memset(c->faults, 0, sizeof(c->faults));
		return FW_SC_SUCCESS;
	}
	if (how & FW_FAULT_RESERVED || !fw_fault_ok(&f))
		return FW_SC_INVALID_FIELD;
	return fw_fault_add(c, &f);
}

u32 fw_fault_left(const struct fw_ctrl *c)
{
	u32 left = 0;

	for (u32 i = 0; i < FW_FAULTS_MAX; i++)
		left += c->faults[i].hits;
	return left;
}

static bool fw_is_vendors(const struct fw_cmd *cmd)
{
	if (cmd->sq_id)
		return cmd->sqe.opcode >= FW_IO_VENDOR;
	if (cmd->sqe.opcode == FW_ADMIN_IDENTIFY)
		return (u8)cmd->sqe.cdw10 >= FW_CNS_VENDOR;
	return cmd->sqe.opcode >= FW_ADMIN_VENDOR;
}

static bool fw_fault_means(const struct fw_fault *f, const struct fw_cmd *cmd)
{
	if (!f->hits || f->admin != !cmd->sq_id)
		return false;
	return f->opcode == cmd->sqe.opcode ||
	       (f->opcode == NVME_LAMBDA_FAULT_ANY && fw_is_vendors(cmd));
}

void fw_fault_choose(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	for (u32 i = 0; i < FW_FAULTS_MAX; i++) {
		struct fw_fault *f = &c->faults[i];

		if (!fw_fault_means(f, cmd))
			continue;
		if (f->skip) {
			f->skip--;
		} else if (!cmd->fault.kind) {
			cmd->fault = *f;
			f->hits--;
		}
	}
}

u16 fw_fault_strike(struct fw_ctrl *c, struct fw_cmd *cmd, u16 status)
{
	const struct fw_fault *f = &cmd->fault;

	switch (f->kind) {
	case NVME_LAMBDA_FAULT_FAIL:
		cmd->result = 0;
		return f->value;
	case NVME_LAMBDA_FAULT_DELAY:
		fw_job_init(&cmd->job);
		fw_job_delay(&cmd->job, f->value * FW_NS_PER_MS);
		return status;
	case NVME_LAMBDA_FAULT_LOSE:
		fw_cmd_drop(c, cmd);
		return FW_PENDING;
	case NVME_LAMBDA_FAULT_FATAL:
		fw_ctrl_fatal(c);
		fw_cmd_drop(c, cmd);
		return FW_PENDING;
	case NVME_LAMBDA_FAULT_GONE:
		fw_ctrl_gone(c);
		return FW_PENDING;
	}
	return status;
}
