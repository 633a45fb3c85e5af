/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The window of a λ as the code that runs λs sees it. See lambda_window.c.
 */
#ifndef _KERNEL_BPF_LAMBDA_WINDOW_H
#define _KERNEL_BPF_LAMBDA_WINDOW_H

#include <linux/bpf_lambda.h>
#include <linux/list.h>
#include <linux/pgtable.h>
#include <linux/sbpf.h>

struct bpf_lambda_pins;
struct vm_struct;

/* Segments of a window, by ascending address. */
enum bpf_lambda_segment_id {
	BPF_LAMBDA_SEG_CTX,
	BPF_LAMBDA_SEG_ARGS,
	BPF_LAMBDA_SEG_STACK,
	BPF_LAMBDA_SEG_RODATA,
	BPF_LAMBDA_SEG_DATA,
	BPF_LAMBDA_SEG_HEAP,
	BPF_LAMBDA_SEG_IN,
	BPF_LAMBDA_SEG_OUT,
	BPF_LAMBDA_SEGMENTS,
};

/**
 * struct bpf_lambda_segment - whole pages of a window with one permission
 * @start: window address of the first byte
 * @end:   window address past the last byte; @start for an empty segment
 * @write: a program may write to it
 *
 * The stack is one segment with holes: see bpf_lambda_window_range().
 */
struct bpf_lambda_segment {
	u32 start;
	u32 end;
	bool write;
};

/**
 * struct bpf_lambda_layout - the segments of one request
 * @segs:      by enum bpf_lambda_segment_id
 * @frame_len: bytes of stack per function, whole pages
 */
struct bpf_lambda_layout {
	struct bpf_lambda_segment segs[BPF_LAMBDA_SEGMENTS];
	u32 frame_len;
};

/**
 * struct bpf_lambda_table - a page table found by an earlier walk
 * @start: kernel address that @ptes begins to map, 0 for none
 * @ptes:  the table; valid for the life of the window
 */
struct bpf_lambda_table {
	unsigned long start;
	pte_t *ptes;
};

/* One remembered page table per 256 MiB: no segment evicts another's. */
#define BPF_LAMBDA_TABLE_SHIFT	28
#define BPF_LAMBDA_TABLES	(1 << (32 - BPF_LAMBDA_TABLE_SHIFT))

/**
 * struct bpf_lambda_window - one 4 GiB address space
 * @hdr:       its header page, at @area's start
 * @base:      kernel address of window address 0, what r12 holds
 * @ctx:       the context page through the kernel's own mapping
 * @image:     program and globals of the request at hand
 * @shape:     lengths of the request at hand
 * @layout:    segments of the request at hand
 * @top:       window address past the highest private page, by segment; 0
 *             where there is none
 * @ahead:     pages populated by the latest touch, by segment
 * @pages:     private pages, through page->lru; page_private() of each is
 *             its window address
 * @nr_pages:  number of @pages
 * @pins:      mapped page cache pages
 * @nr_pins:   number of them
 * @pin_start: lowest window address of one
 * @pin_end:   window address past the highest one
 * @image_id:  image whose bytes @pages hold
 * @list:      on one of the pool's lists while nobody has the window
 * @area:      its kernel address range
 * @tables:    page tables by window address >> BPF_LAMBDA_TABLE_SHIFT
 *
 * Belongs to one task from bpf_lambda_window_get() to _put(), and to the pool
 * (under its lock or off its lists) otherwise: no locking of its own.
 */
struct bpf_lambda_window {
	struct bpf_lambda_header *hdr;
	u8 *base;
	struct lambda_ctx *ctx;
	const struct bpf_lambda_image *image;
	struct bpf_lambda_shape shape;
	struct bpf_lambda_layout layout;
	u32 top[BPF_LAMBDA_SEGMENTS];
	u32 ahead[BPF_LAMBDA_SEGMENTS];
	struct list_head pages;
	u32 nr_pages;
	struct bpf_lambda_pins *pins;
	u32 nr_pins;
	u32 pin_start;
	u32 pin_end;
	u64 image_id;
	struct list_head list;
	struct vm_struct *area;
	struct bpf_lambda_table tables[BPF_LAMBDA_TABLES];
};

/* lambda_layout.c */

/* Lays out the segments of a request. */
void bpf_lambda_layout(struct bpf_lambda_layout *l,
		       const struct bpf_lambda_image *image,
		       const struct bpf_lambda_shape *shape);

/* The id of the segment that @addr lies in, or -1. */
int bpf_lambda_find_segment(const struct bpf_lambda_layout *l, u32 addr);

/* Where the stretch without holes ends that @addr in segment @id lies in. */
u32 bpf_lambda_stretch_end(const struct bpf_lambda_layout *l, int id, u32 addr);

/**
 * bpf_lambda_window_range - may the program access a range?
 * @w:     the window
 * @addr:  window address of its first byte
 * @len:   bytes; an empty range may always be accessed
 * @write: the access is a write
 * @bad:   set to the first forbidden byte when the answer is no
 *
 * Ranges do not wrap: one that runs past 4 GiB is forbidden from its first
 * byte outside the segments. The answer holds until the window is put.
 */
bool bpf_lambda_window_range(const struct bpf_lambda_window *w, u32 addr,
			     u64 len, bool write, s64 *bad);

/* lambda_window.c */

/**
 * bpf_lambda_window_touch - a program touched a page that is not mapped
 * @w:     the window
 * @addr:  window address of the page's first byte that was touched; may lie
 *         outside the window
 * @write: the access was a write
 *
 * Context: process context, may sleep.
 * Return: 0 when the page is now mapped and the access may be repeated; 1 when
 * it is forbidden (a fault); -ENOMEM, or -EDQUOT over the user's limit; -EIO
 * if the page was there, which only a bug can bring about.
 */
int bpf_lambda_window_touch(struct bpf_lambda_window *w, s64 addr, bool write);

/**
 * bpf_lambda_window_populate - map all pages of a range
 * @w:    the window
 * @addr: window address of its first byte
 * @len:  bytes; bpf_lambda_window_range() has allowed the range
 *
 * Context: process context, may sleep.
 * Return: 0; -ENOMEM, -EDQUOT; -EIO if input or arguments were not filled in.
 */
int bpf_lambda_window_populate(struct bpf_lambda_window *w, u32 addr, u64 len);

/* Between lambda_window.c and lambda_pool.c */

/* A window with only its header and context mapped, or NULL. */
struct bpf_lambda_window *bpf_lambda_window_create(void);

/*
 * Readies pages and context for the request that image, shape and layout are
 * set for. The layout has room for all pages that the window kept.
 */
void bpf_lambda_window_begin(struct bpf_lambda_window *w);

/* Clears the entries of all pages; these stay until the window is released. */
void bpf_lambda_window_unmap(struct bpf_lambda_window *w);

/* Lets go of the pages of a window whose unmapping every TLB has seen. */
void bpf_lambda_window_release(struct bpf_lambda_window *w);

/* lambda_helpers.c */

/*
 * The helpers, as thunks call them: with the running window's header and R1 to
 * R4. They return R0. The header's status is 0 at entry; a helper that ends
 * the run sets it, and with it fault_addr and fault_write, or error. Helpers
 * may sleep.
 */
u64 bpf_lambda_memcpy(struct bpf_lambda_header *hdr, u64 dst, u64 src, u64 len,
		      u64 unused);
u64 bpf_lambda_memmove(struct bpf_lambda_header *hdr, u64 dst, u64 src,
		       u64 len, u64 unused);
u64 bpf_lambda_memset(struct bpf_lambda_header *hdr, u64 dst, u64 byte,
		      u64 len, u64 unused);
u64 bpf_lambda_memcmp(struct bpf_lambda_header *hdr, u64 a, u64 b, u64 len,
		      u64 unused);
u64 bpf_lambda_memchr(struct bpf_lambda_header *hdr, u64 p, u64 byte, u64 len,
		      u64 unused);
u64 bpf_lambda_memmem(struct bpf_lambda_header *hdr, u64 hay, u64 hay_len,
		      u64 needle, u64 needle_len);
u64 bpf_lambda_crc32c(struct bpf_lambda_header *hdr, u64 crc, u64 p, u64 len,
		      u64 unused);

#endif /* _KERNEL_BPF_LAMBDA_WINDOW_H */
