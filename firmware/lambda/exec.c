// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Executions: prepared, run, finished. */
#include "lambda.h"

/* Preparing */

static u16 fw_exec_program(struct fw_lambda *l, struct fw_slot *s)
{
	s->program = fw_program_find(l, s->req.program);
	if (!s->program)
		return NVME_LAMBDA_SC_NO_PROGRAM;
	return s->program->committed ? FW_SC_SUCCESS :
				       NVME_LAMBDA_SC_NOT_COMMITTED;
}

static bool fw_reserved_zero(const struct nvme_lambda_request *r)
{
	u8 any = 0;

	for (u32 i = 0; i < sizeof(r->reserved); i++)
		any |= r->reserved[i];
	return !any && !r->flags;
}

static u16 fw_exec_fields(const struct fw_slot *s)
{
	const struct nvme_lambda_request *r = &s->req;
	u64 head = sizeof(*r) + r->nr_extents *
		   (u64)sizeof(struct nvme_lambda_extent);

	if (!fw_reserved_zero(r) || !r->in_len || !r->nr_extents ||
	    r->nr_extents > FW_EXTENTS_MAX || r->args_len > SBPF_ARGS_MAX)
		return FW_SC_INVALID_FIELD;
	if (r->args_len && (r->args_off < head || r->args_off >
			    FW_REQUEST_BYTES - r->args_len))
		return FW_SC_INVALID_FIELD;
	if (!r->args_len && r->args_off)
		return FW_SC_INVALID_FIELD;
	return s->write && r->offset ? FW_SC_INVALID_FIELD : FW_SC_SUCCESS;
}

/* Up to here the host can see no change; media is read last. */
static u16 fw_exec_prepare(struct fw_ctrl *c, struct fw_slot *s, u64 *result)
{
	struct fw_lambda *l = fw_lambda(c);
	u16 status = fw_exec_fields(s);

	if (!status)
		status = fw_exec_program(l, s);
	if (!status)
		status = fw_extents_check(c, s, result);
	if (status)
		return status;
	*result = 0;
	status = fw_lambda_lay_out(l, s);
	if (status)
		return status;
	s->filled = 0;
	s->answered = false;
	if (s->write)
		return FW_SC_SUCCESS;
	return fw_extents_read(c, s, s->mem + s->req.offset % FW_PAGE);
}

/* Running */

static u64 fw_exec_budget(const struct fw_slot *s)
{
	u64 budget = (u64)s->req.in_len * SBPF_BUDGET_PER_BYTE;

	if (s->program->head.flags & NVME_LAMBDA_IMAGE_BUDGET)
		return s->program->head.budget;
	return budget > SBPF_BUDGET_DEFAULT ? budget : SBPF_BUDGET_DEFAULT;
}

/* May be outside the lock: the run is all that is touched. */
static void fw_exec_run(struct fw_work *work)
{
	struct fw_slot *s = (struct fw_slot *)work;

	sbpf_run_program(&s->run);
}

static void fw_exec_begin(struct fw_lambda *l, struct fw_slot *s)
{
	s->stop = 0;
	s->run = (struct sbpf_run){
		.program = &s->program->sbpf,
		.window = &s->window,
		.budget = fw_exec_budget(s),
		.max_insns = l->cfg.insns_max,
		.stop = &s->stop,
	};
	s->running = true;
	s->program->runs++;
	s->work.run = fw_exec_run;
}

/* Finishing */

/* The fast path's data: padded output and result. */
static u16 fw_exec_answer(struct fw_ctrl *c, struct fw_slot *s)
{
	u32 padded = fw_round_up(s->req.out_cap, FW_PAGE);

	memset(c->buf, 0, padded);
	memcpy(c->buf, s->window.seg[SBPF_SEG_OUT].mem, s->out_len);
	memcpy(c->buf + padded, &s->result, sizeof(s->result));
	return fw_dma_out(c, s->cmd, c->buf, padded + sizeof(s->result));
}

/* What lies behind the output in its last page must not show. */
static void fw_exec_trim(struct fw_slot *s)
{
	struct sbpf_segment *out = &s->window.seg[SBPF_SEG_OUT];
	u32 padded = fw_round_up(s->out_len, FW_PAGE);

	memset(out->mem + s->out_len, 0, padded - s->out_len);
}

static u16 fw_exec_deliver(struct fw_ctrl *c, struct fw_slot *s)
{
	u32 len = s->out_len;

	if (s->write) {
		s->out_len = 0;
		return fw_extents_write(c, s, len);
	}
	fw_exec_trim(s);
	if (s->cmd->sqe.opcode == NVME_LAMBDA_EXEC_FAST)
		return fw_exec_answer(c, s);
	return FW_SC_SUCCESS;
}

static u16 fw_exec_finish(struct fw_ctrl *c, struct fw_slot *s)
{
	u16 status = fw_result_settle(c, s);

	if (!status)
		status = fw_exec_deliver(c, s);
	if (status)
		return status;
	s->cmd->result = fw_result_dwords(&s->result);
	s->answered = true;
	fw_result_add(fw_lambda(c), s);
	return FW_SC_SUCCESS;
}

static void fw_exec_end(struct fw_slot *s)
{
	s->running = false;
	s->program->runs--;
}

/* Prepares and runs; FW_KEPT when the run is left to a worker. */
static u16 fw_exec(struct fw_ctrl *c, struct fw_cmd *cmd, struct fw_slot *s)
{
	u16 status;

	s->ns = fw_media_ns(&c->media, cmd->sqe.nsid);
	status = fw_exec_prepare(c, s, &cmd->result);
	if (status)
		return status;
	s->cmd = cmd;
	cmd->keeper = s;
	fw_exec_begin(fw_lambda(c), s);
	if (c->hal.defer) {
		c->hal.defer(c->hal.ctx, &s->work);
		return FW_KEPT;
	}
	fw_exec_run(&s->work);
	fw_exec_end(s);
	return fw_exec_finish(c, s);
}

void fw_exec_work_done(struct fw_ctrl *c, struct fw_work *work)
{
	struct fw_slot *s = (struct fw_slot *)work;
	u16 status;

	fw_exec_end(s);
	if (!s->cmd)
		return;
	status = fw_exec_finish(c, s);
	fw_cmd_complete(c, s->cmd, fw_result_count(c, status));
}

void fw_exec_abandon(struct fw_cmd *cmd)
{
	struct fw_slot *s = cmd->keeper;

	__atomic_store_n(&s->stop, 1, __ATOMIC_RELAXED);
	s->cmd = NULL;
}

u16 fw_exec_slot(struct fw_ctrl *c, struct fw_cmd *cmd, bool write)
{
	struct fw_slot *s = fw_slot_find(fw_lambda(c), cmd->sqe.cdw10);

	if (!s)
		return NVME_LAMBDA_SC_NO_SLOT;
	if (fw_slot_busy(s))
		return NVME_LAMBDA_SC_BUSY;
	memcpy(&s->req, s->request, sizeof(s->req));
	s->write = write;
	return fw_exec(c, cmd, s);
}

/* The fast path is a slot's request that the drive writes itself. */
u16 fw_exec_fast(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	const struct fw_sqe *sqe = &cmd->sqe;
	struct nvme_lambda_extent extent = {
		.addr = (u64)sqe->cdw11 << 32 | sqe->cdw10,
		.len = sqe->cdw12,
	};
	u64 data = fw_round_up(sqe->cdw13, FW_PAGE) +
		   sizeof(struct nvme_lambda_result);
	struct fw_slot *s;
	u16 status;

	if (data > FW_TRANSFER_MAX || extent.addr == NVME_LAMBDA_HOLE)
		return FW_SC_INVALID_FIELD;
	status = fw_dma_map(c, cmd, data);
	if (status)
		return status;
	s = fw_slot_take_fast(fw_lambda(c));
	if (!s)
		return NVME_LAMBDA_SC_RESOURCES;
	s->write = false;
	s->req = (struct nvme_lambda_request){
		.program = sqe->cdw2,
		.deadline_us = sqe->cdw3,
		.nr_extents = 1,
		.in_len = sqe->cdw12,
		.out_cap = sqe->cdw13,
		.offset = (u64)sqe->cdw15 << 32 | sqe->cdw14,
	};
	memcpy(s->request + sizeof(s->req), &extent, sizeof(extent));
	return fw_exec(c, cmd, s);
}
