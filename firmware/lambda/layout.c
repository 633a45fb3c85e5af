// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The window of a request, laid out in its slot's memory: input first, where
 * the host has put it already if it is the host's, then the other segments.
 */
#include "lambda.h"

static void fw_layout_shape(const struct fw_slot *s, struct sbpf_shape *shape)
{
	const struct nvme_lambda_image *h = &s->program->head;

	*shape = (struct sbpf_shape){
		.offset = s->part.offset,
		.in_len = s->part.len,
		.out_cap = s->req.out_cap,
		.args_len = s->req.args_len,
		.heap_len = h->heap_len,
		.rodata_len = h->rodata_len,
		.data_len = (u64)h->data_len + h->bss_len,
		.frame_len = h->frame_len,
		.nr_funcs = s->program->sbpf.check.nr_funcs,
	};
}

/* Gives each segment its place; false when the slot is too small. */
static bool fw_layout_place(struct fw_slot *s, u64 room)
{
	struct sbpf_segment *seg = s->window.seg;
	u64 at = seg[SBPF_SEG_IN].len;

	seg[SBPF_SEG_IN].mem = s->mem;
	for (u32 i = 0; i < SBPF_SEGS && at <= room; i++) {
		if (i == SBPF_SEG_IN)
			continue;
		seg[i].mem = s->mem + at;
		at += seg[i].len;
	}
	return at <= room;
}

/* Zeroes in steps; false when the run was told to stop meanwhile. */
static bool fw_layout_zero(const struct fw_slot *s, u8 *mem, u64 len)
{
	u64 part;

	for (; len; len -= part, mem += part) {
		if (__atomic_load_n(&s->stop, __ATOMIC_RELAXED))
			return false;
		part = fw_min(len, FW_TRANSFER_MAX);
		memset(mem, 0, part);
	}
	return true;
}

/* Zeroes the holes of the input at @mem; false when told to stop. */
static bool fw_layout_zero_holes(const struct fw_slot *s, u8 *mem)
{
	const struct nvme_lambda_extent *e = fw_extents(s) + s->part.extent;

	for (u32 i = 0; i < s->part.extents; mem += e[i++].len)
		if (e[i].addr == NVME_LAMBDA_HOLE &&
		    !fw_layout_zero(s, mem, e[i].len))
			return false;
	return true;
}

/* Zeroes what lies in the input's pages around it, holes, and unset input. */
static bool fw_layout_trim_input(struct fw_slot *s)
{
	struct sbpf_segment *in = &s->window.seg[SBPF_SEG_IN];
	u32 skew = s->part.offset % FW_PAGE;
	u32 end = skew + s->part.len;

	memset(in->mem, 0, skew);
	if (s->write && s->filled < end)
		end = s->filled;
	if (!s->write && !fw_layout_zero_holes(s, in->mem + skew))
		return false;
	return fw_layout_zero(s, in->mem + end, in->len - end);
}

/* All that is not set by the host or the media starts as zero. */
bool fw_layout_fill(struct fw_slot *s)
{
	struct sbpf_segment *seg = s->window.seg;
	const struct fw_program *p = s->program;

	if (!fw_layout_trim_input(s))
		return false;
	for (u32 i = 0; i < SBPF_SEGS; i++)
		if (i != SBPF_SEG_IN &&
		    !fw_layout_zero(s, seg[i].mem, seg[i].len))
			return false;
	memcpy(seg[SBPF_SEG_ARGS].mem, s->request + s->req.args_off,
	       s->req.args_len);
	memcpy(seg[SBPF_SEG_DATA].mem, p->rodata, p->head.rodata_len);
	memcpy(seg[SBPF_SEG_DATA].mem + seg[SBPF_SEG_DATA].ro, p->data,
	       p->head.data_len);
	sbpf_window_set_ctx(&s->window, &s->shape);
	return true;
}

u16 fw_layout_make(struct fw_lambda *l, struct fw_slot *s)
{
	u64 room = l->cfg.slot_bytes, runs = fw_runs_bytes(s);

	fw_layout_shape(s, &s->shape);
	if (sbpf_window_lay_out(&s->window, &s->shape))
		return FW_SC_INVALID_FIELD;
	if (runs > room || !fw_layout_place(s, room - runs))
		return NVME_LAMBDA_SC_DECLINED_MEMORY;
	fw_runs_place(s, s->mem + room - runs);
	return FW_SC_SUCCESS;
}

u16 fw_layout_check(struct fw_lambda *l, struct fw_slot *s)
{
	u16 status = fw_layout_make(l, s);

	while (!status && fw_runs_next(s))
		status = fw_layout_make(l, s);
	return status;
}
