// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Where a command's data lies in host memory.
 *
 * PRP entries are followed and checked whole before a byte moves, so that a
 * bad one leaves everything as it was.
 */
#include "ctrl.h"

#define FW_PRP_BYTES	8u
#define FW_PRPS_READ	32u	/* entries fetched at a time */

static void fw_dma_add_seg(struct fw_places *p, u64 addr, u32 len)
{
	struct fw_seg *next = &p->segs[p->nr];

	if (p->nr && next[-1].addr + next[-1].len == addr) {
		next[-1].len += len;
		return;
	}
	*next = (struct fw_seg){ addr, len };
	p->nr++;
}

static u16 fw_dma_prp_fetch(struct fw_ctrl *c, u64 list, u64 *prps, u32 n)
{
	return c->hal.dma_read(c->hal.ctx, list, prps, n * FW_PRP_BYTES) ?
	       FW_SC_DATA_TRANSFER : FW_SC_SUCCESS;
}

/* Adds the pages of @n entries; @len is what is left to place. */
static u16 fw_dma_prp_add(struct fw_places *p, const u64 *prps, u32 n, u32 *len)
{
	for (u32 i = 0; i < n; i++) {
		u32 part = fw_min(*len, FW_PAGE);

		if (prps[i] % FW_PAGE)
			return FW_SC_INVALID_PRP_OFFSET;
		fw_dma_add_seg(p, prps[i], part);
		*len -= part;
	}
	return FW_SC_SUCCESS;
}

/*
 * One page of a PRP list: its entries are pages of data, save the last one
 * when more pages are left than fit, which is where the list goes on. Returns
 * a status; @list is where to go on.
 */
static u16 fw_dma_prp_page(struct fw_ctrl *c, struct fw_places *p, u64 *list,
			   u32 *len)
{
	u32 room = (FW_PAGE - *list % FW_PAGE) / FW_PRP_BYTES;
	u32 need = fw_round_up(*len, FW_PAGE) / FW_PAGE;
	bool more = need > room;
	u32 left = more ? room - 1 : need;
	u64 prps[FW_PRPS_READ];
	u16 status;

	while (left) {
		u32 n = fw_min(left, FW_PRPS_READ);

		status = fw_dma_prp_fetch(c, *list, prps, n);
		if (!status)
			status = fw_dma_prp_add(p, prps, n, len);
		if (status)
			return status;
		*list += n * FW_PRP_BYTES;
		left -= n;
	}
	if (!more)
		return FW_SC_SUCCESS;
	return fw_dma_prp_fetch(c, *list, list, 1);
}

/*
 * A list that consists of nothing but a pointer to the next list would never
 * end; FW_PRP_SEGS_MAX pages of list are more than any transfer needs.
 */
static u16 fw_dma_prp_list(struct fw_ctrl *c, struct fw_places *p, u64 list,
			   u32 len)
{
	u16 status = FW_SC_SUCCESS;

	for (u32 pages = 0; len && !status; pages++) {
		if (list % FW_PRP_BYTES || pages == FW_PRP_SEGS_MAX)
			return FW_SC_INVALID_PRP_OFFSET;
		status = fw_dma_prp_page(c, p, &list, &len);
	}
	return status;
}

u16 fw_dma_map(struct fw_ctrl *c, const struct fw_cmd *cmd,
	       struct fw_places *p, u32 len)
{
	u64 prp1 = cmd->sqe.prp1, prp2 = cmd->sqe.prp2;
	u32 first = fw_min(len, FW_PAGE - prp1 % FW_PAGE);

	p->nr = 0;
	if (!len || len > FW_TRANSFER_MAX)
		return FW_SC_INVALID_FIELD;
	c->spent += len;
	if (prp1 % 4)
		return FW_SC_INVALID_PRP_OFFSET;
	fw_dma_add_seg(p, prp1, first);
	len -= first;
	if (!len)
		return FW_SC_SUCCESS;
	if (len <= FW_PAGE)
		return fw_dma_prp_add(p, &prp2, 1, &len);
	return fw_dma_prp_list(c, p, prp2, len);
}

/* By the hooks that every platform has, place by place. */
static int fw_dma_do_now(struct fw_ctrl *c, struct fw_op *op)
{
	const struct fw_hal *hal = &c->hal;
	u8 *at = op->buf;
	int err = 0;

	for (u32 i = 0; i < op->nr_segs && !err; i++) {
		const struct fw_seg *s = &op->segs[i];

		err = op->kind == FW_OP_TO_HOST ?
		      hal->dma_write(hal->ctx, s->addr, at, s->len) :
		      hal->dma_read(hal->ctx, s->addr, at, s->len);
		at += s->len;
	}
	return err;
}

int fw_dma_do(struct fw_ctrl *c, struct fw_op *op)
{
	return c->hal.dma ? c->hal.dma(c->hal.ctx, op) : fw_dma_do_now(c, op);
}

static u16 fw_dma_all(struct fw_ctrl *c, const struct fw_cmd *cmd,
		      enum fw_op_kind kind, void *buf, u32 len)
{
	struct fw_op op = { .kind = kind, .segs = c->places.segs, .buf = buf };
	u16 status = fw_dma_map(c, cmd, &c->places, len);

	if (status)
		return status;
	op.nr_segs = c->places.nr;
	return fw_dma_do_now(c, &op) ? FW_SC_DATA_TRANSFER : FW_SC_SUCCESS;
}

u16 fw_dma_in(struct fw_ctrl *c, const struct fw_cmd *cmd, void *buf, u32 len)
{
	return fw_dma_all(c, cmd, FW_OP_FROM_HOST, buf, len);
}

u16 fw_dma_out(struct fw_ctrl *c, const struct fw_cmd *cmd, void *buf, u32 len)
{
	return fw_dma_all(c, cmd, FW_OP_TO_HOST, buf, len);
}
