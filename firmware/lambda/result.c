// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What a run has come to: its time, its result, its place in the counters. */
#include "lambda.h"

#define FW_NS_PER_US	1000ull

/* Bytes of the answer as they cross the link. */
static u64 fw_result_answer_bytes(const struct fw_slot *s)
{
	u64 out = s->write ? 0 : s->out_len;

	if (s->cmd->sqe.opcode == NVME_LAMBDA_EXEC_FAST)
		out = s->req.out_cap;
	return fw_round_up(out, FW_PAGE) + sizeof(s->result) +
	       fw_runs_lengths(s);
}

static bool fw_result_fits(const struct fw_slot *s)
{
	return s->out_len <= (s->write ? fw_extents_total(s) : s->req.out_cap);
}

/* The stages of the command, in the order of its side. */
static void fw_result_job(struct fw_ctrl *c, struct fw_slot *s)
{
	struct fw_job *job = &s->cmd->job;

	job->pipeline = c->timing.profile.pipeline;
	if (!s->write)
		s->result.bytes_media = fw_extents_use(c, s, job,
						       s->req.in_len);
	fw_job_core(&c->timing, job, s->run.insns, s->run.helper_bytes);
	if (s->write && s->out_len && fw_result_fits(s)) {
		s->result.bytes_media = fw_extents_use(c, s, job, s->out_len);
		fw_job_delay(job, c->timing.profile.media_flush_ns);
	}
	if (s->cmd->sqe.opcode == NVME_LAMBDA_EXEC_FAST)
		fw_job_link(&c->timing, job, FW_RES_LINK_OUT,
			    fw_result_answer_bytes(s));
}

static void fw_result_times(struct fw_ctrl *c, struct fw_slot *s)
{
	const struct fw_job *job = &s->cmd->job;
	struct nvme_lambda_result *r = &s->result;

	r->bytes_link = fw_result_answer_bytes(s);
	r->ns_media = fw_job_ns(&c->timing, job, FW_RES_MEDIA);
	if (s->write && s->out_len)
		r->ns_media += c->timing.profile.media_flush_ns;
	r->ns_compute = fw_job_ns(&c->timing, job, FW_RES_CORES);
	r->ns_link =
		c->timing.profile.link_ns +
		fw_job_turn_ns(&c->timing, job, FW_RES_LINK_OUT, r->bytes_link);
}

static void fw_result_run(const struct fw_lambda *l, struct fw_slot *s)
{
	const struct fw_session *ss = s->session;
	const struct sbpf_run *run = &s->run;

	s->out_len = run->status == LAMBDA_STATUS_OK ? run->retval : 0;
	s->result = (struct nvme_lambda_result){
		.status = run->status,
		.fault_write = run->fault_write,
		.retval = run->retval,
		.fault_addr = run->fault_addr,
		.in_len = s->req.in_len,
		.out_len = s->out_len,
		.insns = run->insns,
		.budget_used = run->budget_used,
		.helper_bytes = run->helper_bytes,
		.boot = l->cfg.boot,
		.session = ss->number,
		.epoch = ss->epoch,
		.slots = fw_session_slots(l, ss),
		.programs = fw_session_programs(l, ss),
	};
}

static u64 fw_result_ns_max(const struct fw_lambda *l, const struct fw_slot *s)
{
	u64 deadline = s->req.deadline_us * FW_NS_PER_US;

	return deadline ? fw_min(deadline, l->cfg.ns_max) : l->cfg.ns_max;
}

u64 fw_result_helper_bytes(struct fw_ctrl *c, const struct fw_slot *s)
{
	return fw_job_helper_bytes(&c->timing,
				   fw_result_ns_max(fw_lambda(c), s));
}

/*
 * A host that waits longer than it said may have given up already. Media and
 * core count, as if nobody else were there: waiting is no property of the λ.
 * A request that is given up keeps the host waiting until its deadline.
 */
static u16 fw_result_late(struct fw_ctrl *c, struct fw_slot *s)
{
	u64 ns_max = fw_result_ns_max(fw_lambda(c), s);

	if (s->result.ns_media + s->result.ns_compute <= ns_max)
		return FW_SC_SUCCESS;
	fw_job_init(&s->cmd->job);
	fw_job_delay(&s->cmd->job, ns_max);
	return NVME_LAMBDA_SC_DECLINED_TIME;
}

u16 fw_result_settle(struct fw_ctrl *c, struct fw_slot *s)
{
	u16 status;

	fw_result_run(fw_lambda(c), s);
	fw_result_job(c, s);
	fw_result_times(c, s);
	status = fw_result_late(c, s);
	if (!status && !fw_result_fits(s)) {
		s->cmd->result = s->out_len;
		return NVME_LAMBDA_SC_NO_ROOM;
	}
	if (s->run.status != SBPF_STATUS_DECLINED)
		return status;
	return s->run.helper_bytes > s->run.max_helper_bytes ?
	       NVME_LAMBDA_SC_DECLINED_TIME : NVME_LAMBDA_SC_DECLINED_INSNS;
}

u64 fw_result_dwords(const struct nvme_lambda_result *r)
{
	u32 value = r->status == LAMBDA_STATUS_OK ? r->out_len : r->retval;

	return value | (u64)r->status << 32 | (u64)r->fault_write << 40;
}

u16 fw_result_count(struct fw_ctrl *c, u16 status)
{
	struct nvme_lambda_stats *st = &fw_lambda(c)->stats;

	if (status >= NVME_LAMBDA_SC_DECLINED_MEMORY &&
	    status <= NVME_LAMBDA_SC_DECLINED_TIME)
		st->declined[status - NVME_LAMBDA_SC_DECLINED_MEMORY]++;
	else if (status && fw_is_status(status))
		st->refused++;
	return status;
}

void fw_result_add(struct fw_lambda *l, const struct fw_slot *s)
{
	struct nvme_lambda_stats *st = &l->stats;

	st->runs[s->result.status]++;
	st->insns += s->result.insns;
	st->helper_bytes += s->result.helper_bytes;
	st->in_bytes += s->result.in_len;
	st->out_bytes += s->result.out_len;
}
