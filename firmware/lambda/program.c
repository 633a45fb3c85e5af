// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Programs: loaded in pieces, found by their id, kept until unloaded. */
#include "lambda.h"

struct fw_program *fw_program_find(struct fw_lambda *l,
				   const struct fw_session *ss, u32 id)
{
	u32 place = FW_LAMBDA_PLACE(id);

	if (!id || place >= l->cfg.programs || l->programs[place].id != id ||
	    l->programs[place].session != ss)
		return NULL;
	return &l->programs[place];
}

/* Whose host seems to have given up: what is not committed has no users. */
static bool fw_program_left(const struct fw_program *p, u64 now)
{
	return p->id && !p->committed && now - p->since >= FW_LOADING_NS;
}

/*
 * A place that is free, or else one that was left. One whose program a run that
 * was cut off still uses is not free.
 */
static struct fw_program *fw_program_unused(struct fw_lambda *l, u64 now)
{
	struct fw_program *left = NULL;

	for (u32 i = 0; i < l->cfg.programs; i++) {
		struct fw_program *p = &l->programs[i];

		if (p->runs || p->gen == FW_GENS_MAX)
			continue;
		if (!p->id)
			return p;
		if (fw_program_left(p, now))
			left = p;
	}
	return left;
}

/* A fast execution whose time has not passed yet counts as well. */
static bool fw_program_in_use(struct fw_ctrl *c, const struct fw_program *p)
{
	struct fw_lambda *l = fw_lambda(c);

	if (p->committing)
		return true;
	for (u32 i = 0; i < l->cfg.slots + l->fast; i++)
		if (l->slots[i].program == p && fw_slot_busy(&l->slots[i]))
			return true;
	for (u32 i = 0; i < FW_CMDS_MAX; i++) {
		const struct fw_cmd *cmd = &c->cmds[i];

		if (cmd->state != FW_CMD_FREE && cmd->sq_id && cmd->owner &&
		    cmd->sqe.opcode == NVME_LAMBDA_EXEC_FAST &&
		    cmd->sqe.cdw10 == p->id)
			return true;
	}
	return false;
}

static u32 fw_programs_of(const struct fw_lambda *l,
			  const struct fw_session *ss, u64 now)
{
	u32 n = 0;

	for (u32 i = 0; i < l->cfg.programs; i++) {
		const struct fw_program *p = &l->programs[i];

		n += p->id && p->session == ss && !fw_program_left(p, now);
	}
	return n;
}

/* When all are taken: an idle one of who has the most, if more than @has. */
static void fw_program_reclaim(struct fw_ctrl *c, u32 has, u64 now)
{
	struct fw_lambda *l = fw_lambda(c);
	struct fw_program *found = NULL;

	for (u32 i = 0; i < l->cfg.programs; i++) {
		struct fw_program *p = &l->programs[i];
		u32 n = fw_programs_of(l, p->session, now);

		if (!p->id || n <= has || fw_program_in_use(c, p))
			continue;
		found = p;
		has = n;
	}
	if (found)
		found->id = 0;
}

static struct fw_program *fw_program_take(struct fw_ctrl *c,
					  const struct fw_session *ss)
{
	struct fw_lambda *l = fw_lambda(c);
	u64 now = c->hal.now(c->hal.ctx);
	u32 has = fw_programs_of(l, ss, now);
	struct fw_program *p;

	if (has >= fw_session_programs(l, ss))
		return NULL;
	p = fw_program_unused(l, now);
	if (p)
		return p;
	fw_program_reclaim(c, has, now);
	return fw_program_unused(l, now);
}

static bool fw_program_piece_ok(u32 offset, u32 len, u32 size)
{
	return len && len % 4 == 0 && len <= FW_TRANSFER_MAX &&
	       offset <= size && len <= size - offset;
}

static u16 fw_program_load_first(struct fw_ctrl *c, struct fw_cmd *cmd,
				 struct fw_session *ss)
{
	const struct fw_sqe *sqe = &cmd->sqe;
	struct fw_lambda *l = fw_lambda(c);
	struct fw_program *p;
	u16 status;

	if (sqe->cdw13 > l->cfg.program_max)
		return NVME_LAMBDA_SC_PROGRAM_TOO_BIG;
	if (sqe->cdw11 || sqe->cdw13 % 4 || sqe->cdw13 < sizeof(p->head) ||
	    !fw_program_piece_ok(0, sqe->cdw12, sqe->cdw13))
		return FW_SC_INVALID_FIELD;
	p = fw_program_take(c, ss);
	if (!p)
		return NVME_LAMBDA_SC_RESOURCES;
	status = fw_dma_in(c, cmd, p->image, sqe->cdw12);
	if (status)
		return status;
	p->session = ss;
	p->id = fw_lambda_id(p - l->programs, &p->gen);
	p->committed = false;
	p->size = sqe->cdw13;
	p->got = sqe->cdw12;
	p->since = c->hal.now(c->hal.ctx);
	cmd->result = p->id;
	fw_job_link(&c->timing, &cmd->job, FW_RES_LINK_IN, sqe->cdw12);
	return FW_SC_SUCCESS;
}

/* Nothing can follow the last piece, so a committed program is safe too. */
static u16 fw_program_load_next(struct fw_ctrl *c, struct fw_cmd *cmd,
				const struct fw_session *ss)
{
	const struct fw_sqe *sqe = &cmd->sqe;
	struct fw_program *p = fw_program_find(fw_lambda(c), ss, sqe->cdw10);
	u16 status;

	if (!p)
		return NVME_LAMBDA_SC_NO_PROGRAM;
	if (sqe->cdw13 || sqe->cdw11 != p->got ||
	    !fw_program_piece_ok(p->got, sqe->cdw12, p->size))
		return FW_SC_INVALID_FIELD;
	status = fw_dma_in(c, cmd, p->image + p->got, sqe->cdw12);
	if (status)
		return status;
	p->got += sqe->cdw12;
	p->since = c->hal.now(c->hal.ctx);
	cmd->result = p->id;
	fw_job_link(&c->timing, &cmd->job, FW_RES_LINK_IN, sqe->cdw12);
	return FW_SC_SUCCESS;
}

u16 fw_program_load(struct fw_ctrl *c, struct fw_cmd *cmd,
		    struct fw_session *ss)
{
	return cmd->sqe.cdw10 ? fw_program_load_next(c, cmd, ss) :
				fw_program_load_first(c, cmd, ss);
}

u16 fw_program_unload(struct fw_ctrl *c, struct fw_cmd *cmd,
		      struct fw_session *ss)
{
	struct fw_program *p = fw_program_find(fw_lambda(c), ss,
					       cmd->sqe.cdw10);

	if (!p)
		return NVME_LAMBDA_SC_NO_PROGRAM;
	if (fw_program_in_use(c, p))
		return NVME_LAMBDA_SC_PROGRAM_IN_USE;
	p->id = 0;
	return FW_SC_SUCCESS;
}
