// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Programs: loaded in pieces, checked, kept until unloaded. */
#include "lambda.h"

struct fw_program *fw_program_find(struct fw_lambda *l, u32 id)
{
	u32 place = FW_LAMBDA_PLACE(id);

	if (!id || place >= l->cfg.programs || l->programs[place].id != id)
		return NULL;
	return &l->programs[place];
}

void fw_program_reset(struct fw_lambda *l)
{
	for (u32 i = 0; i < l->cfg.programs; i++)
		l->programs[i].id = 0;
}

/* A place whose program a run cut off by a reset still uses is not free. */
static struct fw_program *fw_program_place(struct fw_lambda *l)
{
	for (u32 i = 0; i < l->cfg.programs; i++)
		if (!l->programs[i].id && !l->programs[i].runs)
			return &l->programs[i];
	return NULL;
}

static bool fw_piece_ok(u32 offset, u32 len, u32 size)
{
	return len && len % 4 == 0 && len <= FW_TRANSFER_MAX &&
	       offset <= size && len <= size - offset;
}

static u16 fw_load_first(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	const struct fw_sqe *sqe = &cmd->sqe;
	struct fw_lambda *l = fw_lambda(c);
	struct fw_program *p;
	u16 status;

	if (sqe->cdw13 > l->cfg.program_max)
		return NVME_LAMBDA_SC_PROGRAM_TOO_BIG;
	if (sqe->cdw11 || sqe->cdw13 % 4 || sqe->cdw13 < sizeof(p->head) ||
	    !fw_piece_ok(0, sqe->cdw12, sqe->cdw13))
		return FW_SC_INVALID_FIELD;
	p = fw_program_place(l);
	if (!p)
		return NVME_LAMBDA_SC_RESOURCES;
	status = fw_dma_in(c, cmd, p->image, sqe->cdw12);
	if (status)
		return status;
	p->id = fw_lambda_id(p - l->programs, &p->gen);
	p->committed = false;
	p->size = sqe->cdw13;
	p->got = sqe->cdw12;
	cmd->result = p->id;
	return FW_SC_SUCCESS;
}

/* Nothing can follow the last piece, so a committed program is safe too. */
static u16 fw_load_next(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	const struct fw_sqe *sqe = &cmd->sqe;
	struct fw_program *p = fw_program_find(fw_lambda(c), sqe->cdw10);
	u16 status;

	if (!p)
		return NVME_LAMBDA_SC_NO_PROGRAM;
	if (sqe->cdw13 || sqe->cdw11 != p->got ||
	    !fw_piece_ok(p->got, sqe->cdw12, p->size))
		return FW_SC_INVALID_FIELD;
	status = fw_dma_in(c, cmd, p->image + p->got, sqe->cdw12);
	if (status)
		return status;
	p->got += sqe->cdw12;
	cmd->result = p->id;
	return FW_SC_SUCCESS;
}

u16 fw_program_load(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	return cmd->sqe.cdw10 ? fw_load_next(c, cmd) : fw_load_first(c, cmd);
}

/* What the head says has to fit together, and into a window. */

static bool fw_is_zero(const u8 *p, u32 len)
{
	while (len && !*p) {
		p++;
		len--;
	}
	return !len;
}

static bool fw_head_fields_ok(const struct nvme_lambda_image *h)
{
	bool budget = h->flags & NVME_LAMBDA_IMAGE_BUDGET;

	return !(h->flags & ~NVME_LAMBDA_IMAGE_BUDGET) && !h->reserved &&
	       fw_is_zero(h->reserved2, sizeof(h->reserved2)) &&
	       (budget || !h->budget) && h->budget <= SBPF_BUDGET_MAX &&
	       h->insns && h->insns <= SBPF_INSNS_MAX &&
	       h->frame_len % SBPF_PAGE_SIZE == 0;
}

/* Parts and padding make up the whole. */
static bool fw_head_size_ok(const struct fw_program *p)
{
	const struct nvme_lambda_image *h = &p->head;
	u64 parts = sizeof(*h) + (u64)h->insns * sizeof(struct sbpf_insn) +
		    h->rodata_len + h->data_len;

	return fw_round_up(parts, 4) == p->size &&
	       fw_is_zero(p->image + parts, p->size - parts);
}

static bool fw_head_fits_window(const struct nvme_lambda_image *h)
{
	struct sbpf_shape shape = {
		.in_len = 1,
		.heap_len = h->heap_len,
		.rodata_len = h->rodata_len,
		.data_len = (u64)h->data_len + h->bss_len,
		.frame_len = h->frame_len,
		.nr_funcs = 1,
	};
	struct sbpf_window window;

	return !sbpf_window_lay_out(&window, &shape);
}

static bool fw_program_parse(struct fw_program *p)
{
	const struct nvme_lambda_image *h = &p->head;

	memcpy(&p->head, p->image, sizeof(p->head));
	if (!fw_head_fields_ok(h) || !fw_head_size_ok(p) ||
	    !fw_head_fits_window(h))
		return false;
	p->rodata = p->image + sizeof(*h) +
		    (u64)h->insns * sizeof(struct sbpf_insn);
	p->data = p->rodata + h->rodata_len;
	return true;
}

/*
 * Slot memory is not guarded, so the code compares each address. What it says
 * it needs decides whether it fits; without code the program is interpreted.
 */
static void fw_program_translate(struct fw_program *p)
{
	if (p->table)
		sbpf_jit_compile(&p->sbpf, p->table, SBPF_JIT_COMPARE,
				 p->text.rw, p->text.bytes, p->text.rx);
}

u16 fw_program_commit(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	struct fw_lambda *l = fw_lambda(c);
	struct fw_program *p = fw_program_find(l, cmd->sqe.cdw10);

	if (!p)
		return NVME_LAMBDA_SC_NO_PROGRAM;
	if (p->committed || p->got != p->size)
		return FW_SC_INVALID_FIELD;
	if (!fw_program_parse(p)) {
		cmd->result = NVME_LAMBDA_HEADER;
		p->id = 0;
		return NVME_LAMBDA_SC_PROGRAM_INVALID;
	}
	if (sbpf_program_init(&p->sbpf, (const struct sbpf_insn *)
			      (p->image + sizeof(p->head)), p->head.insns,
			      l->scratch)) {
		cmd->result = p->sbpf.check.where;
		p->id = 0;
		return NVME_LAMBDA_SC_PROGRAM_INVALID;
	}
	fw_program_translate(p);
	p->committed = true;
	return FW_SC_SUCCESS;
}

/* A fast execution whose time has not passed yet counts as well. */
static bool fw_program_in_use(struct fw_ctrl *c, const struct fw_program *p)
{
	struct fw_lambda *l = fw_lambda(c);

	for (u32 i = 0; i < l->cfg.slots + l->fast; i++)
		if (l->slots[i].program == p && fw_slot_busy(&l->slots[i]))
			return true;
	for (u32 i = 0; i < FW_CMDS_MAX; i++) {
		const struct fw_cmd *cmd = &c->cmds[i];

		if (cmd->state != FW_CMD_FREE && cmd->sq_id &&
		    cmd->sqe.opcode == NVME_LAMBDA_EXEC_FAST &&
		    cmd->sqe.cdw2 == p->id)
			return true;
	}
	return false;
}

u16 fw_program_unload(struct fw_ctrl *c, struct fw_cmd *cmd)
{
	struct fw_program *p = fw_program_find(fw_lambda(c), cmd->sqe.cdw10);

	if (!p)
		return NVME_LAMBDA_SC_NO_PROGRAM;
	if (fw_program_in_use(c, p))
		return NVME_LAMBDA_SC_PROGRAM_IN_USE;
	p->id = 0;
	return FW_SC_SUCCESS;
}
