// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The window: where segments lie, and which bytes a λ may touch. */
#include <string.h>

#include "internal.h"

static const struct {
	__u32 base;
	__u32 max;	/* bytes from there that the segment may take */
} places[SBPF_SEGS] = {
	[SBPF_SEG_CTX] = { SBPF_CTX_BASE, SBPF_CTX_MAX },
	[SBPF_SEG_ARGS] = { SBPF_ARGS_BASE, SBPF_ARGS_MAX },
	[SBPF_SEG_STACK] = { SBPF_STACK_BASE,
			     SBPF_FUNCS_MAX * SBPF_FRAME_STRIDE },
	[SBPF_SEG_DATA] = { SBPF_DATA_BASE, SBPF_DATA_MAX },
	[SBPF_SEG_HEAP] = { SBPF_HEAP_BASE, SBPF_HEAP_MAX },
	[SBPF_SEG_IN] = { SBPF_IN_BASE, SBPF_IN_MAX },
	[SBPF_SEG_OUT] = { SBPF_OUT_BASE, SBPF_OUT_MAX },
};

static __u64 sbpf_window_whole_pages(__u64 len)
{
	return (len + SBPF_PAGE_SIZE - 1) & ~(__u64)(SBPF_PAGE_SIZE - 1);
}

/* A segment of @len bytes of which @ro are read-only. */
static bool sbpf_window_lay_out_all(struct sbpf_window *window,
				    enum sbpf_segment_id id,
				    __u64 len, __u64 ro)
{
	if (len > places[id].max || ro > places[id].max)
		return false;
	window->seg[id].len = (__u32)sbpf_window_whole_pages(len);
	window->seg[id].ro = (__u32)sbpf_window_whole_pages(ro);
	return true;
}

static bool sbpf_window_lay_out_data(struct sbpf_window *window,
				     const struct sbpf_shape *shape)
{
	__u64 len;

	if (shape->rodata_len > SBPF_DATA_MAX ||
	    shape->data_len > SBPF_DATA_MAX)
		return false;
	len = sbpf_window_whole_pages(shape->rodata_len) + shape->data_len;
	return sbpf_window_lay_out_all(window, SBPF_SEG_DATA, len,
				       shape->rodata_len);
}

static bool sbpf_window_lay_out_stack(struct sbpf_window *window,
				      const struct sbpf_shape *shape)
{
	__u64 frame = shape->frame_len ?
		      sbpf_window_whole_pages(shape->frame_len) :
					 SBPF_FRAME_DEFAULT;

	if (frame > SBPF_FRAME_MAX || shape->nr_funcs > SBPF_FUNCS_MAX)
		return false;
	window->frame_len = (__u32)frame;
	window->frame_stride = (__u32)frame;
	return sbpf_window_lay_out_all(window, SBPF_SEG_STACK,
				       frame * shape->nr_funcs, 0);
}

static bool sbpf_window_lay_out_input(struct sbpf_window *window,
				      const struct sbpf_shape *shape)
{
	__u32 skew = shape->offset % SBPF_PAGE_SIZE;
	__u64 len = shape->in_len;

	if (len > SBPF_IN_MAX)
		return false;
	if (len)
		len += skew;
	return sbpf_window_lay_out_all(window, SBPF_SEG_IN, len, len);
}

int sbpf_window_lay_out(struct sbpf_window *window,
			const struct sbpf_shape *shape)
{
	memset(window, 0, sizeof(*window));
	if (!sbpf_window_lay_out_all(window, SBPF_SEG_CTX,
				     sizeof(struct lambda_ctx),
				     sizeof(struct lambda_ctx)) ||
	    !sbpf_window_lay_out_all(window, SBPF_SEG_ARGS, shape->args_len,
				     shape->args_len) ||
	    !sbpf_window_lay_out_all(window, SBPF_SEG_HEAP, shape->heap_len,
				     0) ||
	    !sbpf_window_lay_out_all(window, SBPF_SEG_OUT, shape->out_cap, 0))
		return -1;
	if (!sbpf_window_lay_out_data(window, shape) ||
	    !sbpf_window_lay_out_stack(window, shape) ||
	    !sbpf_window_lay_out_input(window, shape))
		return -1;
	window->out_cap = (__u32)shape->out_cap;
	return 0;
}

void sbpf_window_set_ctx(struct sbpf_window *window,
			 const struct sbpf_shape *shape)
{
	struct lambda_ctx ctx = {
		.in = SBPF_IN_BASE + shape->offset % SBPF_PAGE_SIZE,
		.in_len = shape->in_len,
		.out = SBPF_OUT_BASE,
		.out_cap = shape->out_cap,
		.args = SBPF_ARGS_BASE,
		.args_len = shape->args_len,
		.heap = SBPF_HEAP_BASE,
		.heap_len = shape->heap_len,
		.offset = shape->offset,
	};

	memcpy(window->seg[SBPF_SEG_CTX].mem, &ctx, sizeof(ctx));
}

#define NONE	SBPF_SEGS

/*
 * The segment whose place an address is in, if any. The place is told by the
 * address's upper four bits, but for the three that share the lowest ones.
 */
static int sbpf_window_segment_at(__s64 addr)
{
	static const __u8 segments[16] = {
		NONE, SBPF_SEG_DATA, SBPF_SEG_HEAP, NONE,
		SBPF_SEG_IN, SBPF_SEG_IN, SBPF_SEG_IN, SBPF_SEG_IN,
		SBPF_SEG_OUT, SBPF_SEG_OUT, SBPF_SEG_OUT, SBPF_SEG_OUT,
		NONE, NONE, NONE, NONE,
	};

	if (addr >> 32)
		return NONE;
	if (addr >> 28)
		return segments[addr >> 28 & 15];
	if (addr >= SBPF_STACK_BASE)
		return SBPF_SEG_STACK;
	return addr >= SBPF_ARGS_BASE ? SBPF_SEG_ARGS : SBPF_SEG_CTX;
}

static bool sbpf_window_frame_slot(const struct sbpf_window *window, __u32 at,
				   struct sbpf_slot *slot)
{
	__u32 frames = window->seg[SBPF_SEG_STACK].len / window->frame_len;
	__u32 k = at / SBPF_FRAME_STRIDE;
	__u32 bottom = SBPF_FRAME_STRIDE - window->frame_len;

	if (k >= frames || at % SBPF_FRAME_STRIDE < bottom)
		return false;
	k &= (__u32)sbpf_mask(k, frames);
	slot->start = SBPF_STACK_BASE + k * SBPF_FRAME_STRIDE + bottom;
	slot->len = window->frame_len;
	slot->mem = window->seg[SBPF_SEG_STACK].mem +
		    (size_t)k * window->frame_stride;
	return true;
}

static bool sbpf_window_segment_slot(const struct sbpf_window *window, int id,
				     __u64 at, bool write,
				     struct sbpf_slot *slot)
{
	const struct sbpf_segment *seg = &window->seg[id];
	__u32 from = write ? seg->ro : 0;

	if (at < from || at >= seg->len)
		return false;
	slot->start = (__u64)places[id].base + from;
	slot->len = seg->len - from;
	slot->mem = seg->mem + from;
	return true;
}

static inline bool sbpf_window_find_slot(const struct sbpf_window *window,
					 __s64 addr, bool write,
					 struct sbpf_slot *slot)
{
	int id = sbpf_window_segment_at(addr);
	__u64 at;

	if (id == NONE)
		return false;
	at = (__u64)addr - places[id].base;
	if (id == SBPF_SEG_STACK)
		return sbpf_window_frame_slot(window, (__u32)at, slot);
	return sbpf_window_segment_slot(window, id, at, write, slot);
}

bool sbpf_window_slot(const struct sbpf_window *window, __s64 addr, bool write,
		      struct sbpf_slot *slot)
{
	return sbpf_window_find_slot(window, addr, write, slot);
}

__u8 *sbpf_window_range(const struct sbpf_window *window, __s64 addr,
			__u64 *len, bool write, __s64 *bad)
{
	struct sbpf_slot slot;
	__u64 at, good;

	*bad = addr;
	if (!sbpf_window_find_slot(window, addr, write, &slot))
		return NULL;
	at = (__u64)addr - slot.start;
	*bad = (__s64)(slot.start + slot.len);
	if (*len > slot.len - at)
		return NULL;
	good = sbpf_mask(at, slot.len);
	good &= sbpf_mask(*len - 1, slot.len - at);
	*len &= good;
	return slot.mem + (at & good);
}

__u8 *sbpf_window_find(const struct sbpf_window *window, __s64 addr, __u64 len,
		       bool write, __s64 *bad)
{
	return sbpf_window_range(window, addr, &len, write, bad);
}
