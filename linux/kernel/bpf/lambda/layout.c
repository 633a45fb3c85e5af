// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a request may touch in its window: the segments of uapi/linux/sbpf.h,
 * with the lengths of its image and its shape.
 */
#include <linux/minmax.h>
#include <linux/mm.h>

#include "internal.h"

static void layout_set_segment(struct bpf_lambda_layout *l,
			       enum bpf_lambda_segment_id id, u32 start,
			       u32 skew, u32 len)
{
	l->segs[id].start = start;
	l->segs[id].end = start;
	l->segs[id].write = id != BPF_LAMBDA_SEG_CTX &&
			    id != BPF_LAMBDA_SEG_ARGS &&
			    id != BPF_LAMBDA_SEG_RODATA &&
			    id != BPF_LAMBDA_SEG_IN;
	if (len)
		l->segs[id].end += PAGE_ALIGN(skew + len);
}

void bpf_lambda_layout(struct bpf_lambda_layout *l,
		       const struct bpf_lambda_image *image,
		       const struct bpf_lambda_shape *shape)
{
	u32 stack = image->prog->aux->lambda->nr_funcs * SBPF_FRAME_STRIDE;

	layout_set_segment(l, BPF_LAMBDA_SEG_CTX, SBPF_CTX_BASE, 0,
			   SBPF_CTX_MAX);
	layout_set_segment(l, BPF_LAMBDA_SEG_ARGS, SBPF_ARGS_BASE, 0,
			   shape->args_len);
	layout_set_segment(l, BPF_LAMBDA_SEG_STACK, SBPF_STACK_BASE, 0, stack);
	layout_set_segment(l, BPF_LAMBDA_SEG_RODATA, SBPF_DATA_BASE, 0,
			   image->rodata_len);
	layout_set_segment(l, BPF_LAMBDA_SEG_DATA,
			   l->segs[BPF_LAMBDA_SEG_RODATA].end, 0,
			   image->data_len + image->bss_len);
	layout_set_segment(l, BPF_LAMBDA_SEG_HEAP, SBPF_HEAP_BASE, 0,
			   image->heap_len);
	layout_set_segment(l, BPF_LAMBDA_SEG_IN, SBPF_IN_BASE, shape->in_skew,
			   shape->in_len);
	layout_set_segment(l, BPF_LAMBDA_SEG_OUT, SBPF_OUT_BASE, 0,
			   shape->out_cap);
	l->frame_len = image->frame_len;
}

/* The highest segment that starts in each 256 MiB or before. */
static const s8 highest_segment[16] = {
	[0] = BPF_LAMBDA_SEG_STACK,
	[1] = BPF_LAMBDA_SEG_DATA,
	[2 ... 3] = BPF_LAMBDA_SEG_HEAP,
	[4 ... 7] = BPF_LAMBDA_SEG_IN,
	[8 ... 15] = BPF_LAMBDA_SEG_OUT,
};

static inline int layout_find_segment(const struct bpf_lambda_layout *l,
				      u32 addr)
{
	int id = highest_segment[addr >> 28];
	u32 below;

	while (id >= 0 && addr < l->segs[id].start)
		id--;
	if (id < 0 || addr >= l->segs[id].end)
		return -1;
	if (id != BPF_LAMBDA_SEG_STACK)
		return id;

	/* Only the pages right below a multiple of the stride are frames. */
	below = SBPF_FRAME_STRIDE - addr % SBPF_FRAME_STRIDE;
	return below <= l->frame_len ? id : -1;
}

static inline u32 layout_stretch_end(const struct bpf_lambda_layout *l, int id,
				     u32 addr)
{
	if (id == BPF_LAMBDA_SEG_STACK)
		return round_down(addr, SBPF_FRAME_STRIDE) + SBPF_FRAME_STRIDE;
	return l->segs[id].end;
}

int bpf_lambda_layout_segment(const struct bpf_lambda_layout *l, u32 addr)
{
	return layout_find_segment(l, addr);
}

u32 bpf_lambda_layout_stretch_end(const struct bpf_lambda_layout *l, int id,
				  u32 addr)
{
	return layout_stretch_end(l, id, addr);
}

bool bpf_lambda_layout_range(const struct bpf_lambda_window *w, u32 addr,
			     u64 len, bool write, s64 *bad)
{
	/* No segment reaches 4 GiB, so longer ranges need no telling apart. */
	u64 end = addr + min_t(u64, len, BIT_ULL(32));
	u64 pos = addr;

	while (pos < end) {
		int id = layout_find_segment(&w->layout, pos);

		if (id < 0 || (write && !w->layout.segs[id].write)) {
			*bad = pos;
			return false;
		}
		pos = layout_stretch_end(&w->layout, id, pos);
	}
	return true;
}
