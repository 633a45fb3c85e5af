// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rest of the kernel for the thunks and helpers of λs, which are compiled
 * from its own source beside this: a window whose pages are all there.
 */
#include <kernel/bpf/lambda/array.h>
#include <kernel/bpf/lambda/internal.h>

#include "kernel_code.h"

#define HDR(field, offset) \
	_Static_assert(offsetof(struct bpf_lambda_header, field) == (offset), \
		       #field)
HDR(sp, LAMBDA_HDR_SP);
HDR(ticks, LAMBDA_HDR_TICKS);
HDR(fault_ip, LAMBDA_HDR_FAULT_IP);
HDR(status, LAMBDA_HDR_STATUS);
_Static_assert(BPF_LAMBDA_GUARD == LAMBDA_GUARD, "guard");

/* As LAMBDA_QUANTUM_INSNS of the kernel. */
#define QUANTUM_INSNS	(1u << 16)

volatile unsigned long stub_flags;

static struct bpf_lambda_prog prog_info;
static struct bpf_prog_aux aux = { &prog_info };
static struct bpf_prog prog = { 0, &aux };
static struct bpf_lambda_image image = { .prog = &prog };
static struct bpf_lambda_window window = { .image = &image };
static pte_t present[512];

/* That no signal waits is found out as often as in the kernel. */
bool bpf_lambda_may_go_on(struct bpf_lambda_header *hdr)
{
	return !(stub_flags & 1);
}

s64 bpf_lambda_tick(struct bpf_lambda_header *hdr)
{
	u64 next = min(hdr->budget, (u64)prog_info.quantum);

	if (!next) {
		hdr->status = LAMBDA_STATUS_OVER_BUDGET;
		return -1;
	}
	hdr->budget -= next;
	return next - 1;
}

/* No page is missing, so this was an access out of bounds. */
int bpf_lambda_touch(struct bpf_lambda_header *hdr)
{
	hdr->status = LAMBDA_STATUS_FAULT;
	return 1;
}

pte_t *bpf_lambda_walk(unsigned long kaddr)
{
	return &present[pte_index(kaddr)];
}

/* Looks each page up where a page table has been found, and it is there. */
int bpf_lambda_window_populate(struct bpf_lambda_window *w, u32 addr, u64 len)
{
	u64 end = addr + len, pos;

	for (pos = addr & PAGE_MASK; pos < end; pos += PAGE_SIZE) {
		u32 slot = (u32)pos >> BPF_LAMBDA_TABLE_SHIFT;

		if (!READ_ONCE(w->tables[slot].ptes[pos / PAGE_SIZE % 512].pte))
			return -EIO;
	}
	return 0;
}

noinline void kernel_fpu_begin(void)
{
	const u32 mxcsr = 0x1f80;

	stub_flags |= 2;
	asm volatile("ldmxcsr %0" : : "m" (mxcsr));
}

noinline void kernel_fpu_end(void)
{
	stub_flags &= ~2ul;
}

/* No memory here is poisoned. */
int bpf_lambda_array_step(struct sbpf_array *a, u8 *const *mem, u64 pos, u64 n,
			  bool avx2)
{
	(avx2 ? sbpf_array_step_avx2 : sbpf_array_step)(a, mem, pos, n);
	return 0;
}

/* The kernel's, where stores of a string are not called fast: by words. */
void *kernel_memset(void *dst, int byte, size_t len)
{
	const u64 word = 0x0101010101010101ull * (u8)byte;
	u8 *p = dst;

	for (; len >= 64; p += 64, len -= 64)
		for (int k = 0; k < 8; k++)
			*(volatile u64 *)(p + 8 * k) = word;
	for (; len >= 8; p += 8, len -= 8)
		*(volatile u64 *)p = word;
	for (; len; p++, len--)
		*(volatile u8 *)p = byte;
	return dst;
}

u32 __crc32c_le_shift(u32 crc, size_t len)
{
	for (size_t bits = 8 * len; bits; bits--)
		crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	return crc;
}

u32 __crc32c_le(u32 crc, const u8 *p, size_t len)
{
	for (; len; len--)
		crc = __crc32c_le_shift(crc ^ *p++, 1);
	return crc;
}

void kernel_window_set(void *guard, const struct sbpf_window *w,
		       const struct sbpf_shape *shape, __u32 weight)
{
	struct bpf_lambda_shape s = {
		.in_skew = shape->offset % SBPF_PAGE_SIZE,
		.in_len = shape->in_len,
		.out_cap = shape->out_cap,
		.args_len = shape->args_len,
	};
	int k;

	prog_info.nr_funcs = shape->nr_funcs;
	prog_info.quantum = QUANTUM_INSNS / weight ?: 1;
	image.rodata_len = shape->rodata_len;
	image.data_len = shape->data_len;
	image.heap_len = shape->heap_len;
	image.frame_len = w->frame_len;
	bpf_lambda_layout(&window.layout, &image, &s);
	window.shape = s;
	window.base = w->base;
	window.hdr = guard;
	window.hdr->window = &window;
	for (k = 0; k < BPF_LAMBDA_TABLES; k++)
		window.tables[k].ptes = present;
	for (k = 0; k < 512; k++)
		present[k].pte = 1;
}

__u32 kernel_code_run(void *entry, __u64 budget, __s32 *retval)
{
	s32 (*func)(struct bpf_lambda_header *hdr, const void *insns) = entry;
	struct bpf_lambda_header *hdr = window.hdr;

	hdr->status = LAMBDA_STATUS_OK;
	hdr->error = 0;
	hdr->ticks = min(budget, (u64)prog_info.quantum);
	hdr->budget = budget - hdr->ticks;
	*retval = func(hdr, NULL);
	return hdr->status;
}
