// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Slots: taken, filled, read and given back. */
#include "lambda.h"

struct fw_slot *fw_slot_find(struct fw_lambda *l, const struct fw_session *ss,
			     u32 id)
{
	u32 place = FW_LAMBDA_PLACE(id);

	if (!id || place >= l->cfg.slots || l->slots[place].id != id ||
	    l->slots[place].session != ss)
		return NULL;
	return &l->slots[place];
}

/* The command's place may have gone to another one since. */
bool fw_slot_busy(const struct fw_slot *s)
{
	return s->running || s->filling || (s->cmd && s->cmd->owner == s &&
			      s->cmd->state != FW_CMD_FREE);
}

static void fw_slot_clear(struct fw_slot *s)
{
	s->cmd = NULL;
	s->program = NULL;
	s->answered = false;
	s->filled = 0;
	memset(s->request, 0, FW_REQUEST_BYTES);
}

static struct fw_slot *fw_slot_unused(struct fw_lambda *l, u32 from, u32 n)
{
	for (u32 i = from; i < from + n; i++) {
		struct fw_slot *s = &l->slots[i];

		if (!s->id && !s->running && s->gen < FW_GENS_MAX)
			return s;
	}
	return NULL;
}

struct fw_slot *fw_slot_take_fast(struct fw_lambda *l)
{
	return fw_slot_unused(l, l->cfg.slots, l->fast);
}

static u32 fw_slots_of(const struct fw_lambda *l, const struct fw_session *ss)
{
	u32 n = 0;

	for (u32 i = 0; i < l->cfg.slots; i++)
		n += l->slots[i].id && l->slots[i].session == ss;
	return n;
}

/* When all are taken: one at rest of who has the most, if more than @has. */
static void fw_slot_reclaim(struct fw_lambda *l, u32 has)
{
	struct fw_slot *found = NULL;

	for (u32 i = 0; i < l->cfg.slots; i++) {
		struct fw_slot *s = &l->slots[i];
		u32 n = fw_slots_of(l, s->session);

		if (!s->id || fw_slot_busy(s) || n <= has)
			continue;
		found = s;
		has = n;
	}
	if (found)
		found->id = 0;
}

static struct fw_slot *fw_slot_take(struct fw_lambda *l,
				    const struct fw_session *ss)
{
	u32 has = fw_slots_of(l, ss);
	struct fw_slot *s;

	if (has >= fw_session_slots(l, ss))
		return NULL;
	s = fw_slot_unused(l, 0, l->cfg.slots);
	if (s)
		return s;
	fw_slot_reclaim(l, has);
	return fw_slot_unused(l, 0, l->cfg.slots);
}

u16 fw_slot_alloc(struct fw_ctrl *c, struct fw_cmd *cmd, struct fw_session *ss)
{
	struct fw_lambda *l = fw_lambda(c);
	struct fw_slot *s = fw_slot_take(l, ss);

	if (!s)
		return NVME_LAMBDA_SC_RESOURCES;
	fw_slot_clear(s);
	c->spent += FW_REQUEST_BYTES;
	s->session = ss;
	s->id = fw_lambda_id(s - l->slots, &s->gen);
	cmd->result = s->id;
	return FW_SC_SUCCESS;
}

/* Finds the slot a command names, and that it is at rest. */
static u16 fw_slot_get(struct fw_ctrl *c, const struct fw_cmd *cmd,
		       const struct fw_session *ss, struct fw_slot **ret)
{
	*ret = fw_slot_find(fw_lambda(c), ss, cmd->sqe.cdw10);
	if (!*ret)
		return NVME_LAMBDA_SC_NO_SLOT;
	return fw_slot_busy(*ret) ? NVME_LAMBDA_SC_BUSY : FW_SC_SUCCESS;
}

u16 fw_slot_free(struct fw_ctrl *c, struct fw_cmd *cmd, struct fw_session *ss)
{
	struct fw_slot *s;
	u16 status = fw_slot_get(c, cmd, ss, &s);

	if (!status)
		s->id = 0;
	return status;
}

static bool fw_slot_part_ok(const struct fw_sqe *sqe, u64 size)
{
	u64 offset = sqe->cdw12, len = sqe->cdw13;

	return len && len % 4 == 0 && len <= FW_TRANSFER_MAX &&
	       offset % 4 == 0 && offset + len <= size;
}

static bool fw_slot_is_input(const struct fw_cmd *cmd)
{
	return cmd->sqe.cdw11 == NVME_LAMBDA_AREA_INPUT;
}

/* The slot is written by as many commands as the host likes at a time. */
static u16 fw_slot_get_written(struct fw_ctrl *c, const struct fw_cmd *cmd,
			       struct fw_slot **ret)
{
	const struct fw_sqe *sqe = &cmd->sqe;
	u64 size = fw_slot_is_input(cmd) ? fw_lambda(c)->cfg.slot_bytes :
					   FW_REQUEST_BYTES;
	u16 status = fw_slot_get(c, cmd, cmd->session, ret);

	if (status == NVME_LAMBDA_SC_BUSY && (*ret)->filling)
		status = FW_SC_SUCCESS;
	if (status)
		return status;
	return sqe->cdw11 > NVME_LAMBDA_AREA_INPUT ||
			       !fw_slot_part_ok(sqe, size) ?
		       FW_SC_INVALID_FIELD :
		       FW_SC_SUCCESS;
}

static void fw_slot_write_over(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	struct fw_slot *s = cmd->owner;

	(void)c;
	s->filling--;
	cmd->owner = NULL;
	cmd->abandon = NULL;
}

static u16 fw_slot_written(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	u32 offset = cmd->sqe.cdw12, len = cmd->sqe.cdw13;
	struct fw_slot *s = cmd->owner;
	bool input = fw_slot_is_input(cmd);

	fw_slot_write_over(c, cmd);
	fw_session_renew(c, cmd->session);
	if (cmd->x->op.err)
		return FW_SC_DATA_TRANSFER;
	s->answered = false;
	memcpy((input ? s->mem : s->request) + offset, cmd->x->buf, len);
	if (input)
		s->filled = fw_max(s->filled, offset + len);
	fw_job_link(&c->timing, &cmd->job, FW_RES_LINK_IN, len);
	return FW_SC_SUCCESS;
}

/* From here on the slot does not go, and is not executed. */
static u16 fw_slot_move(struct fw_ctrl *c, struct fw_cmd *cmd,
			struct fw_slot *s)
{
	u16 status = fw_dma_map(c, cmd, &cmd->x->places, cmd->sqe.cdw13);

	if (status)
		return status;
	s->filling++;
	cmd->owner = s;
	cmd->abandon = fw_slot_write_over;
	return fw_step_dma(c, cmd, FW_OP_FROM_HOST, fw_slot_written);
}

/*
 * Input bytes that are skipped over are set to zero first, piece by piece. They
 * read as zero either way, so no host sees how far it has come.
 */
static u16 fw_slot_write_piece(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	u32 offset = cmd->sqe.cdw12, part;
	struct fw_slot *s;
	u16 status = fw_slot_get_written(c, cmd, &s);

	if (status)
		return status;
	if (!fw_slot_is_input(cmd) || offset <= s->filled)
		return fw_slot_move(c, cmd, s);
	part = fw_min(offset - s->filled, FW_FILL_PIECE);
	memset(s->mem + s->filled, 0, part);
	s->filled += part;
	c->spent += FW_FILL_SPEND;
	return FW_MORE;
}

u16 fw_slot_write(struct fw_ctrl *c, struct fw_cmd *cmd, struct fw_session *ss)
{
	struct fw_slot *s;
	u16 status = fw_slot_get_written(c, cmd, &s);

	(void)ss;
	if (status)
		return status;
	if (fw_slot_is_input(cmd) && cmd->sqe.cdw12 > s->filled)
		return fw_piece_begin(c, cmd, fw_slot_write_piece);
	return fw_step_begin(c, cmd, fw_slot_write_piece);
}

/* A window that was not laid out has no output, whatever is said of it. */
static bool fw_slot_has_answer(const struct fw_slot *s)
{
	return s->answered && s->output;
}

/* A piece of the answer that is @len bytes at @from: moves on behind it. */
static void fw_slot_copy_piece(struct fw_sqe *at, u8 **to, const void *from,
			       u32 len)
{
	u32 part;

	if (at->cdw12 >= len) {
		at->cdw12 -= len;
		return;
	}
	part = fw_min(at->cdw13, len - at->cdw12);
	memcpy(*to, (const u8 *)from + at->cdw12, part);
	*to += part;
	at->cdw13 -= part;
	at->cdw12 = 0;
}

/* The answer is the padded output, then the result, then the runs' lengths. */
static void fw_slot_copy_answer(const struct fw_slot *s, u32 padded,
				struct fw_sqe at, u8 *to)
{
	fw_slot_copy_piece(&at, &to, s->output, padded);
	fw_slot_copy_piece(&at, &to, &s->result, sizeof(s->result));
	fw_slot_copy_piece(&at, &to, s->lengths, fw_runs_lengths(s));
}

static u16 fw_slot_moved(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	fw_session_renew(c, cmd->session);
	if (cmd->x->op.err)
		return FW_SC_DATA_TRANSFER;
	fw_job_link(&c->timing, &cmd->job, FW_RES_LINK_OUT, cmd->sqe.cdw13);
	return FW_SC_SUCCESS;
}

static u16 fw_slot_send(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	struct fw_slot *s;
	u16 status = fw_slot_get(c, cmd, cmd->session, &s);
	u64 padded;

	if (status)
		return status;
	padded = fw_round_up(s->out_len, FW_PAGE);
	if (!fw_slot_has_answer(s) ||
	    !fw_slot_part_ok(&cmd->sqe, padded + sizeof(s->result) +
					fw_runs_lengths(s)))
		return FW_SC_INVALID_FIELD;
	status = fw_dma_map(c, cmd, &cmd->x->places, cmd->sqe.cdw13);
	if (status)
		return status;
	fw_slot_copy_answer(s, padded, cmd->sqe, cmd->x->buf);
	return fw_step_dma(c, cmd, FW_OP_TO_HOST, fw_slot_moved);
}

u16 fw_slot_read(struct fw_ctrl *c, struct fw_cmd *cmd, struct fw_session *ss)
{
	(void)ss;
	return fw_step_begin(c, cmd, fw_slot_send);
}
