// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Slots: taken, filled, read and given back. */
#include "lambda.h"

struct fw_slot *fw_slot_find(struct fw_lambda *l, u32 id)
{
	u32 place = FW_LAMBDA_PLACE(id);

	if (!id || place >= l->cfg.slots || l->slots[place].id != id)
		return NULL;
	return &l->slots[place];
}

/* The command's place may have gone to another one since. */
bool fw_slot_busy(const struct fw_slot *s)
{
	return s->running || (s->cmd && s->cmd->keeper == s &&
			      s->cmd->state != FW_CMD_FREE);
}

void fw_slot_clear(struct fw_slot *s)
{
	s->cmd = NULL;
	s->program = NULL;
	s->answered = false;
	s->filled = 0;
	memset(s->request, 0, FW_REQUEST_BYTES);
}

static struct fw_slot *fw_slot_unused(struct fw_lambda *l, u32 from, u32 n)
{
	for (u32 i = from; i < from + n; i++)
		if (!l->slots[i].id && !l->slots[i].running)
			return &l->slots[i];
	return NULL;
}

struct fw_slot *fw_slot_take_fast(struct fw_lambda *l)
{
	return fw_slot_unused(l, l->cfg.slots, l->fast);
}

void fw_slot_reset(struct fw_lambda *l)
{
	for (u32 i = 0; i < l->cfg.slots; i++)
		l->slots[i].id = 0;
}

u16 fw_slot_alloc(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	struct fw_lambda *l = fw_lambda(c);
	struct fw_slot *s = fw_slot_unused(l, 0, l->cfg.slots);

	if (!s)
		return NVME_LAMBDA_SC_RESOURCES;
	fw_slot_clear(s);
	s->id = fw_lambda_id(s - l->slots, &s->gen);
	cmd->result = s->id;
	return FW_SC_SUCCESS;
}

/* Finds the slot a command names, and that it is at rest. */
static u16 fw_slot_get(struct fw_ctrl *c, const struct fw_cmd *cmd,
		       struct fw_slot **ret)
{
	*ret = fw_slot_find(fw_lambda(c), cmd->sqe.cdw10);
	if (!*ret)
		return NVME_LAMBDA_SC_NO_SLOT;
	return fw_slot_busy(*ret) ? NVME_LAMBDA_SC_BUSY : FW_SC_SUCCESS;
}

u16 fw_slot_free(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	struct fw_slot *s;
	u16 status = fw_slot_get(c, cmd, &s);

	if (!status)
		s->id = 0;
	return status;
}

static bool fw_part_ok(const struct fw_sqe *sqe, u64 size)
{
	u64 offset = sqe->cdw12, len = sqe->cdw13;

	return len && len % 4 == 0 && len <= FW_TRANSFER_MAX &&
	       offset % 4 == 0 && offset + len <= size;
}

/* Input bytes that are skipped over are set to zero on the way. */
static u8 *fw_input_at(struct fw_slot *s, u32 offset)
{
	if (offset > s->filled)
		memset(s->mem + s->filled, 0, offset - s->filled);
	return s->mem + offset;
}

u16 fw_slot_write(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	const struct fw_sqe *sqe = &cmd->sqe;
	bool input = sqe->cdw11 == NVME_LAMBDA_AREA_INPUT;
	u32 offset = sqe->cdw12, len = sqe->cdw13;
	struct fw_slot *s;
	u16 status = fw_slot_get(c, cmd, &s);
	u64 size = input ? fw_lambda(c)->cfg.slot_bytes : FW_REQUEST_BYTES;

	if (status)
		return status;
	if (sqe->cdw11 > NVME_LAMBDA_AREA_INPUT || !fw_part_ok(sqe, size))
		return FW_SC_INVALID_FIELD;
	status = fw_dma_in(c, cmd, c->buf, len);
	if (status)
		return status;
	s->answered = false;
	memcpy(input ? fw_input_at(s, offset) : s->request + offset, c->buf,
	       len);
	if (input && offset + len > s->filled)
		s->filled = offset + len;
	fw_job_link(&c->timing, &cmd->job, FW_RES_LINK_IN, len);
	return FW_SC_SUCCESS;
}

/* The answer is the padded output, then the result. */
static void fw_answer_copy(const struct fw_slot *s, u32 padded, u32 offset,
			   u32 len, u8 *to)
{
	u32 part = offset < padded ? fw_min(len, padded - offset) : 0;

	memcpy(to, s->window.seg[SBPF_SEG_OUT].mem + offset, part);
	if (part < len)
		memcpy(to + part, (const u8 *)&s->result + offset + part -
				  padded, len - part);
}

u16 fw_slot_read(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	u32 offset = cmd->sqe.cdw12, len = cmd->sqe.cdw13;
	struct fw_slot *s;
	u16 status = fw_slot_get(c, cmd, &s);
	u64 padded;

	if (status)
		return status;
	padded = fw_round_up(s->out_len, FW_PAGE);
	if (!s->answered || !fw_part_ok(&cmd->sqe, padded + sizeof(s->result)))
		return FW_SC_INVALID_FIELD;
	fw_answer_copy(s, padded, offset, len, c->buf);
	status = fw_dma_out(c, cmd, c->buf, len);
	if (status)
		return status;
	fw_job_link(&c->timing, &cmd->job, FW_RES_LINK_OUT, len);
	return FW_SC_SUCCESS;
}
