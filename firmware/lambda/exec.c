// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Executions: prepared, run, finished. */
#include "lambda.h"

/* Preparing */

static u16 fw_exec_program(struct fw_lambda *l, struct fw_slot *s)
{
	s->program = fw_program_find(l, s->session, s->req.program);
	if (!s->program)
		return NVME_LAMBDA_SC_NO_PROGRAM;
	return s->program->committed ? FW_SC_SUCCESS :
				       NVME_LAMBDA_SC_NOT_COMMITTED;
}

static bool fw_exec_reserved_zero(const struct nvme_lambda_request *r)
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
		   (u64)sizeof(struct nvme_lambda_extent) +
		   r->nr_runs * (u64)sizeof(struct nvme_lambda_run);

	if (!fw_exec_reserved_zero(r) || !r->in_len || !r->nr_extents ||
	    r->nr_extents > FW_EXTENTS_MAX || r->nr_runs > FW_RUNS_MAX ||
	    r->args_len > SBPF_ARGS_MAX)
		return FW_SC_INVALID_FIELD;
	if (r->args_len && (r->args_off < head || r->args_off >
			    FW_REQUEST_BYTES - r->args_len))
		return FW_SC_INVALID_FIELD;
	if (!r->args_len && r->args_off)
		return FW_SC_INVALID_FIELD;
	return s->write && r->offset ? FW_SC_INVALID_FIELD : FW_SC_SUCCESS;
}

/*
 * The old answer ends here: what becomes of the window is not known yet. Else
 * the host can see no change before the media is read, which is next.
 */
static u16 fw_exec_prepare(struct fw_ctrl *c, struct fw_slot *s, u64 *result)
{
	struct fw_lambda *l = fw_lambda(c);
	u16 status = fw_exec_fields(s);

	s->answered = false;
	if (!status)
		status = fw_runs_check(s);
	if (!status)
		status = fw_exec_program(l, s);
	if (!status)
		status = fw_extents_check(c, s, result);
	if (status)
		return status;
	*result = 0;
	fw_runs_rewind(s);
	return fw_layout_check(l, s);
}

/* Running */

static u64 fw_exec_budget(const struct fw_slot *s)
{
	if (s->program->head.flags & NVME_LAMBDA_IMAGE_BUDGET)
		return s->program->head.budget;
	return sbpf_default_budget(s->part.len);
}

/* What the part begins with. */
static void fw_exec_begin_part(struct fw_ctrl *c, struct fw_slot *s)
{
	u64 insns = fw_lambda(c)->cfg.insns_max;
	u64 bytes = fw_result_helper_bytes(c, s);

	s->run = (struct sbpf_run){
		.program = &s->program->sbpf,
		.window = &s->window,
		.budget = fw_exec_budget(s),
		.max_insns = insns - fw_min(insns, s->sum.insns),
		.max_helper_bytes = bytes - fw_min(bytes, s->sum.helper_bytes),
		.stop = &s->stop,
	};
	fw_extents_rewind(s);
}

/* The window is that of the last part, as it was judged. */
static void fw_exec_begin(struct fw_ctrl *c, struct fw_slot *s)
{
	if (s->req.nr_runs) {
		fw_runs_rewind(s);
		fw_layout_make(fw_lambda(c), s);
	}
	s->stop = 0;
	s->running = true;
	s->program->runs++;
	fw_exec_begin_part(c, s);
}

static void fw_exec_end(struct fw_ctrl *c, struct fw_slot *s)
{
	s->running = false;
	s->filled = 0;
	s->program->runs--;
	fw_session_written(c);
}

/* One step after the other, for as long as the command is there. */
static u16 fw_exec_step(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	struct fw_slot *s = cmd->owner;
	u16 status = s->step(c, s);

	if (fw_is_status(status)) {
		fw_exec_end(c, s);
		fw_session_renew(c, cmd->session);
	}
	return fw_result_count(c, status);
}

static void fw_exec_go_on(struct fw_ctrl *c, struct fw_slot *s)
{
	if (s->cmd)
		fw_step_go(c, s->cmd, FW_GO);
	else
		fw_exec_end(c, s);
}

static void fw_exec_op_ended(struct fw_ctrl *c, struct fw_op *op)
{
	fw_exec_go_on(c, (struct fw_slot *)((u8 *)op -
					    offsetof(struct fw_slot, op)));
}

static u16 fw_exec_media(struct fw_ctrl *c, struct fw_slot *s,
			 enum fw_op_kind kind,
			 u16 (*next)(struct fw_ctrl *c, struct fw_slot *s))
{
	s->op.kind = kind;
	s->op.end = fw_exec_op_ended;
	s->step = next;
	return fw_op_begin(c, &s->op) ? FW_GO : FW_PENDING;
}

/* May be outside the lock: slot and program are all that is touched. */
static void fw_exec_run(struct fw_work *work)
{
	struct fw_slot *s = (struct fw_slot *)work;
	const struct fw_guard *guard = &s->c->hal.guard;

	if (!fw_layout_fill(s))
		return;
	if (guard->run)
		guard->run(guard->ctx, s - fw_lambda(s->c)->slots, &s->run);
	else
		sbpf_run_program(&s->run);
	fw_runs_keep(s);
}

static void fw_exec_work_done(struct fw_ctrl *c, struct fw_work *work)
{
	struct fw_slot *s = (struct fw_slot *)work;

	s->deferred = false;
	fw_exec_go_on(c, s);
}

static u16 fw_exec_finish(struct fw_ctrl *c, struct fw_slot *s);

static u16 fw_exec_launch(struct fw_ctrl *c, struct fw_slot *s)
{
	s->step = fw_exec_finish;
	s->work.run = fw_exec_run;
	s->work.done = fw_exec_work_done;
	if (c->hal.defer) {
		s->deferred = true;
		c->hal.defer(c->hal.ctx, &s->work);
		return FW_PENDING;
	}
	fw_exec_run(&s->work);
	c->spent += FW_ENTRY_BYTES;	/* one run is enough for an entry */
	return FW_GO;
}

static u16 fw_exec_input(struct fw_ctrl *c, struct fw_slot *s);

static u16 fw_exec_input_done(struct fw_ctrl *c, struct fw_slot *s)
{
	if (!s->op.err)
		return fw_exec_input(c, s);
	fw_extents_use(c, s, &s->cmd->job, s->req.in_len);
	return FW_SC_READ_ERROR;
}

/* Input that the media has; when all is there the run begins. */
static u16 fw_exec_input(struct fw_ctrl *c, struct fw_slot *s)
{
	if (!fw_extents_next(s, s->mem + s->part.offset % FW_PAGE, s->part.len))
		return fw_exec_launch(c, s);
	return fw_exec_media(c, s, FW_OP_READ, fw_exec_input_done);
}

/* Finishing */

static u16 fw_exec_close(struct fw_ctrl *c, struct fw_slot *s)
{
	s->cmd->result = fw_result_dwords(&s->result);
	s->answered = true;
	fw_result_add(fw_lambda(c), s);
	return FW_SC_SUCCESS;
}

static u16 fw_exec_answered(struct fw_ctrl *c, struct fw_slot *s)
{
	return s->cmd->x->op.err ? FW_SC_DATA_TRANSFER : fw_exec_close(c, s);
}

/* The fast path's data: padded output and result. */
static u16 fw_exec_answer(struct fw_ctrl *c, struct fw_slot *s)
{
	u32 padded = fw_round_up(s->req.out_cap, FW_PAGE);
	struct fw_transfer *x = s->cmd->x;
	u16 status = fw_dma_map(c, s->cmd, &x->places,
				padded + sizeof(s->result));

	if (status)
		return status;
	memset(x->buf, 0, padded);
	memcpy(x->buf, s->output, s->out_len);
	memcpy(x->buf + padded, &s->result, sizeof(s->result));
	s->step = fw_exec_answered;
	return fw_step_dma(c, s->cmd, FW_OP_TO_HOST, fw_exec_step);
}

/* What lies behind the output in its last page must not show. */
static void fw_exec_trim(struct fw_slot *s)
{
	u32 padded = fw_round_up(s->out_len, FW_PAGE);

	memset(s->output + s->out_len, 0, padded - s->out_len);
}

static u16 fw_exec_flushed(struct fw_ctrl *c, struct fw_slot *s)
{
	return s->op.err ? FW_SC_WRITE_FAULT : fw_exec_close(c, s);
}

static u16 fw_exec_output(struct fw_ctrl *c, struct fw_slot *s);

static u16 fw_exec_output_done(struct fw_ctrl *c, struct fw_slot *s)
{
	return s->op.err ? fw_io_media_status(s->op.err) : fw_exec_output(c, s);
}

/* Durable before the command completes: one that has is never half there. */
static u16 fw_exec_output(struct fw_ctrl *c, struct fw_slot *s)
{
	if (fw_extents_next(s, s->window.seg[SBPF_SEG_OUT].mem,
			    s->result.out_len))
		return fw_exec_media(c, s, FW_OP_WRITE, fw_exec_output_done);
	return fw_exec_media(c, s, FW_OP_FLUSH, fw_exec_flushed);
}

/* Return: whether there is a run that comes next. */
static bool fw_exec_next_part(struct fw_ctrl *c, struct fw_slot *s)
{
	if (s->run.status != LAMBDA_STATUS_OK ||
	    s->sum.out_len > s->req.out_cap || !fw_runs_next(s))
		return false;
	fw_layout_make(fw_lambda(c), s);
	fw_exec_begin_part(c, s);
	return true;
}

static u16 fw_exec_finish(struct fw_ctrl *c, struct fw_slot *s)
{
	u16 status;

	if (fw_exec_next_part(c, s))
		return fw_exec_input(c, s);
	status = fw_result_settle(c, s);
	if (status)
		return status;
	if (s->write) {
		s->out_len = 0;
		s->cmd->wrote = true;
		fw_extents_rewind(s);
		c->spent += s->result.out_len;
		return s->result.out_len ? fw_exec_output(c, s) :
					   fw_exec_close(c, s);
	}
	fw_exec_trim(s);
	if (s->cmd->sqe.opcode != NVME_LAMBDA_EXEC_FAST)
		return fw_exec_close(c, s);
	s->step = fw_exec_answer;
	return fw_step_begin(c, s->cmd, fw_exec_step);
}

/* What is under way then touches the slot until it has ended. */
static void fw_exec_abandon(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	struct fw_slot *s = cmd->owner;

	__atomic_store_n(&s->stop, 1, __ATOMIC_RELAXED);
	s->cmd = NULL;
	if (!s->deferred && fw_op_abandon(c, &s->op))
		fw_exec_end(c, s);
}

/* Prepares, reads and runs, as far as it goes at once. */
static u16 fw_exec(struct fw_ctrl *c, struct fw_cmd *cmd, struct fw_slot *s)
{
	u16 status;

	s->ns = fw_media_ns(&c->media, cmd->sqe.nsid);
	s->cmd = cmd;
	status = fw_exec_prepare(c, s, &cmd->result);
	if (status)
		return status;
	cmd->owner = s;
	cmd->abandon = fw_exec_abandon;
	cmd->step = fw_exec_step;
	fw_exec_begin(c, s);
	if (s->write) {
		s->step = fw_exec_launch;
		return FW_GO;
	}
	s->step = fw_exec_input;
	s->filled = 0;
	c->spent += s->req.in_len;
	return FW_GO;
}

u16 fw_exec_slot(struct fw_ctrl *c, struct fw_cmd *cmd, struct fw_session *ss,
		 bool write)
{
	struct fw_slot *s = fw_slot_find(fw_lambda(c), ss, cmd->sqe.cdw10);

	if (!s)
		return NVME_LAMBDA_SC_NO_SLOT;
	if (fw_slot_busy(s))
		return NVME_LAMBDA_SC_BUSY;
	memcpy(&s->req, s->request, sizeof(s->req));
	s->write = write;
	return fw_exec(c, cmd, s);
}

/* The fast path is a slot's request that the drive writes itself. */
u16 fw_exec_fast(struct fw_ctrl *c, struct fw_cmd *cmd, struct fw_session *ss)
{
	const struct fw_sqe *sqe = &cmd->sqe;
	struct nvme_lambda_extent extent = {
		.addr = (u64)(sqe->cdw13 & 0xffff) << 32 | sqe->cdw11,
		.len = sqe->cdw14,
	};
	u64 data = fw_round_up(sqe->cdw15, FW_PAGE) +
		   sizeof(struct nvme_lambda_result);
	struct fw_slot *s;
	u16 status;

	if (data > FW_TRANSFER_MAX)
		return FW_SC_INVALID_FIELD;
	status = fw_dma_map(c, cmd, &c->places, data);
	if (status)
		return status;
	s = fw_slot_take_fast(fw_lambda(c));
	if (!s)
		return NVME_LAMBDA_SC_RESOURCES;
	s->session = ss;
	s->write = false;
	s->req = (struct nvme_lambda_request){
		.program = sqe->cdw10,
		.deadline_us = ss->deadline_us,
		.nr_extents = 1,
		.in_len = sqe->cdw14,
		.out_cap = sqe->cdw15,
		.offset = (u64)(sqe->cdw13 >> 16) << 32 | sqe->cdw12,
	};
	memcpy(s->request + sizeof(s->req), &extent, sizeof(extent));
	return fw_exec(c, cmd, s);
}
