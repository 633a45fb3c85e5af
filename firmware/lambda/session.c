// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Sessions: whose programs and slots are, and for how long. What has run out is
 * found when a λ command comes, for only they could see that it is still there.
 */
#include "lambda.h"

#define FW_NS_PER_MS	1000000ull

static u64 fw_session_key(const struct fw_sqe *sqe)
{
	return (u64)sqe->cdw3 << 32 | sqe->cdw2;
}

static struct fw_session *fw_session_find(struct fw_lambda *l, u64 key)
{
	for (u32 i = 0; i < FW_SESSIONS_MAX; i++)
		if (l->sessions[i].key == key)
			return &l->sessions[i];
	return NULL;
}

u32 fw_sessions_open(const struct fw_lambda *l)
{
	u32 n = 0;

	for (u32 i = 0; i < FW_SESSIONS_MAX; i++)
		n += l->sessions[i].key != 0;
	return n;
}

static u32 fw_session_share(const struct fw_lambda *l, u32 all, u32 want)
{
	u32 share = fw_min(all / fw_sessions_open(l), want);

	return share ? share : 1;
}

u32 fw_session_slots(const struct fw_lambda *l, const struct fw_session *ss)
{
	return fw_session_share(l, l->cfg.slots, ss->want_slots);
}

u32 fw_session_programs(const struct fw_lambda *l, const struct fw_session *ss)
{
	return fw_session_share(l, l->cfg.programs, ss->want_programs);
}

void fw_session_renew(struct fw_ctrl *c, struct fw_session *ss)
{
	if (ss)
		ss->used = c->hal.now(c->hal.ctx);
}

/* Ends */

static bool fw_session_executes(const struct fw_session *ss,
				const struct fw_cmd *cmd)
{
	return cmd->state == FW_CMD_HELD && cmd->session == ss;
}

/*
 * Ends its commands, wherever they wait and whatever for. One that has begun to
 * write goes on by itself, for its end tells that it has not.
 */
static void fw_session_abort(struct fw_ctrl *c, const struct fw_session *ss,
			     u16 status)
{
	for (u32 i = 0; i < FW_CMDS_MAX; i++) {
		struct fw_cmd *cmd = &c->cmds[i];

		if (!fw_session_executes(ss, cmd))
			continue;
		cmd->session = NULL;
		if (!cmd->wrote)
			fw_complete_abort(c, cmd, status);
	}
}

/*
 * Frees what a session holds. A run or a commit that is under way keeps its
 * place until it has noticed; a command that has ended completes in time.
 */
static void fw_session_empty(struct fw_ctrl *c, struct fw_session *ss,
			     u16 status)
{
	struct fw_lambda *l = fw_lambda(c);

	fw_session_abort(c, ss, status);
	for (u32 i = 0; i < l->cfg.slots + l->fast; i++) {
		struct fw_slot *s = &l->slots[i];

		if (s->session != ss)
			continue;
		s->id = 0;
		s->session = NULL;
	}
	for (u32 i = 0; i < l->cfg.programs; i++)
		if (l->programs[i].session == ss)
			l->programs[i].id = 0;
}

static void fw_session_end(struct fw_ctrl *c, struct fw_session *ss)
{
	fw_session_empty(c, ss, NVME_LAMBDA_SC_NO_SESSION);
	ss->key = 0;
}

void fw_session_reset(struct fw_ctrl *c)
{
	struct fw_lambda *l = fw_lambda(c);

	for (u32 i = 0; i < FW_SESSIONS_MAX; i++)
		fw_session_end(c, &l->sessions[i]);
}

static bool fw_session_runs(const struct fw_ctrl *c,
			    const struct fw_session *ss)
{
	for (u32 i = 0; i < FW_CMDS_MAX; i++)
		if (fw_session_executes(ss, &c->cmds[i]))
			return true;
	return false;
}

void fw_session_expire(struct fw_ctrl *c)
{
	struct fw_lambda *l = fw_lambda(c);
	u64 now = c->hal.now(c->hal.ctx);

	for (u32 i = 0; i < FW_SESSIONS_MAX; i++) {
		struct fw_session *ss = &l->sessions[i];

		if (ss->key && now - ss->used >= ss->lease_ms * FW_NS_PER_MS &&
		    !fw_session_runs(c, ss))
			fw_session_end(c, ss);
	}
}

/* Commands */

u16 fw_session_enter(struct fw_ctrl *c, const struct fw_sqe *sqe,
		     struct fw_session **ret)
{
	struct fw_session *ss;

	if (!fw_session_key(sqe))
		return FW_SC_INVALID_FIELD;
	fw_session_expire(c);
	ss = fw_session_find(fw_lambda(c), fw_session_key(sqe));
	if (!ss)
		return NVME_LAMBDA_SC_NO_SESSION;
	if (sqe->opcode != NVME_LAMBDA_EXEC_FAST && sqe->cdw14 != ss->epoch)
		return NVME_LAMBDA_SC_STALE_EPOCH;
	fw_session_renew(c, ss);
	*ret = ss;
	return FW_SC_SUCCESS;
}

static void fw_session_grant(const struct fw_lambda *l,
			     const struct fw_session *ss,
			     struct nvme_lambda_grant *grant)
{
	*grant = (struct nvme_lambda_grant){
		.boot = l->cfg.boot,
		.session = ss->number,
		.epoch = ss->epoch,
		.slots = fw_session_slots(l, ss),
		.programs = fw_session_programs(l, ss),
		.lease_ms = ss->lease_ms,
	};
}

/* The session of a key, or a new one; NULL when there are too many. */
static struct fw_session *fw_session_take(struct fw_lambda *l, u64 key)
{
	struct fw_session *ss = fw_session_find(l, key);

	if (ss)
		return ss;
	ss = fw_session_find(l, 0);
	if (ss)
		*ss = (struct fw_session){
			.key = key,
			.number = ++l->opened,
		};
	return ss;
}

static void fw_session_begin(struct fw_ctrl *c, struct fw_session *ss,
			     const struct fw_sqe *sqe)
{
	fw_session_empty(c, ss, NVME_LAMBDA_SC_STALE_EPOCH);
	ss->epoch = sqe->cdw14;
	ss->want_slots = sqe->cdw11 & 0xffff;
	ss->want_programs = sqe->cdw11 >> 16;
	ss->lease_ms = fw_min(sqe->cdw12, FW_LEASE_MAX_MS);
	ss->deadline_us = sqe->cdw13;
}

/*
 * Whether an execution of a session or an epoch that is over, its command's end
 * perhaps too, still changes the media. One whose run is not over never does.
 */
static bool fw_session_writes_on(const struct fw_lambda *l)
{
	for (u32 i = 0; i < l->cfg.slots; i++) {
		const struct fw_slot *s = &l->slots[i];

		if (!s->session && s->running && s->write && !s->deferred)
			return true;
	}
	return false;
}

static void fw_session_tell(struct fw_ctrl *c, struct fw_work *work)
{
	struct fw_lambda *l = fw_lambda(c);
	struct fw_cmd *cmd;

	(void)work;
	l->telling = false;
	while ((cmd = l->opens) && !fw_session_writes_on(l)) {
		fw_cmd_line_leave(cmd);
		fw_step_go(c, cmd, FW_GO);
	}
}

void fw_session_written(struct fw_ctrl *c)
{
	struct fw_lambda *l = fw_lambda(c);

	if (!l->opens || l->telling)
		return;
	l->telling = true;
	l->written.done = fw_session_tell;
	fw_op_work_note(c, &l->written);
}

/*
 * The one command that needs no session. It ends when nothing of what is over
 * changes the media any more; what came meanwhile it then finds.
 */
u16 fw_session_open(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	const struct fw_sqe *sqe = &cmd->sqe;
	struct nvme_lambda_grant grant;
	struct fw_session *ss;
	u16 status;

	if (!fw_session_key(sqe) || !sqe->cdw12 || !(sqe->cdw11 & 0xffff) ||
	    !(sqe->cdw11 >> 16))
		return FW_SC_INVALID_FIELD;
	status = fw_dma_map(c, cmd, &c->places, sizeof(grant));
	if (status)
		return status;
	fw_session_expire(c);
	ss = fw_session_take(fw_lambda(c), fw_session_key(sqe));
	if (!ss)
		return NVME_LAMBDA_SC_RESOURCES;
	if (sqe->cdw14 < ss->epoch)
		return NVME_LAMBDA_SC_STALE_EPOCH;
	if (sqe->cdw14 > ss->epoch || !ss->lease_ms)
		fw_session_begin(c, ss, sqe);
	fw_session_renew(c, ss);
	if (fw_session_writes_on(fw_lambda(c))) {
		cmd->step = fw_session_open;
		fw_cmd_line_join(&fw_lambda(c)->opens, cmd);
		return FW_PENDING;
	}
	fw_session_grant(fw_lambda(c), ss, &grant);
	return fw_dma_out(c, cmd, &grant, sizeof(grant));
}

u16 fw_session_release(struct fw_ctrl *c, struct fw_cmd *cmd,
		       struct fw_session *ss)
{
	cmd->session = NULL;
	fw_session_end(c, ss);
	return FW_SC_SUCCESS;
}
