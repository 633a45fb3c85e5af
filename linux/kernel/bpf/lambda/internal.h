/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files that run λs share, by the file that has it.
 */
#ifndef _KERNEL_BPF_LAMBDA_INTERNAL_H
#define _KERNEL_BPF_LAMBDA_INTERNAL_H

#include <linux/bpf_lambda.h>
#include <linux/list.h>
#include <linux/pgtable.h>
#include <linux/sbpf.h>

struct bpf_lambda_pins;
struct bpf_lambda_stage;
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
 * The stack is one segment with holes: see bpf_lambda_layout_range().
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
 * @ptes:  the table; valid while the window is in use
 */
struct bpf_lambda_table {
	unsigned long start;
	pte_t *ptes;
};

/**
 * struct bpf_lambda_left - what a worker is to let go of
 * @list:  in the order that it was left
 * @payer: that pays for it, whose references it has
 * @put:   lets go of it
 */
struct bpf_lambda_left {
	struct list_head list;
	struct bpf_lambda_payer payer;
	void (*put)(struct bpf_lambda_left *left);
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
 * @nr_taken:  pages that were taken out of it, and may be in TLBs still
 * @pins:      mapped page cache pages
 * @nr_pins:   number of them
 * @pin_start: lowest window address of one
 * @pin_end:   window address past the highest one
 * @image_id:  image whose bytes @pages hold
 * @list:      on one of the pool's lists while no task has the window
 * @area:      its kernel address range
 * @tables:    page tables by window address >> BPF_LAMBDA_TABLE_SHIFT
 * @own:       page tables of the lowest level that map nothing else, through
 *             page->lru; page_private() of each is what it begins to map
 * @nr_own:    number of them
 * @paid:      private pages and tables that the request has paid for
 * @left:      as it is left to the worker
 *
 * Belongs to one task from bpf_lambda_pool_get() to _put(), and to the pool
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
	u32 nr_taken;
	struct bpf_lambda_pins *pins;
	u32 nr_pins;
	u32 pin_start;
	u32 pin_end;
	u64 image_id;
	struct list_head list;
	struct vm_struct *area;
	struct bpf_lambda_table tables[BPF_LAMBDA_TABLES];
	struct list_head own;
	u32 nr_own;
	u32 paid;
	struct bpf_lambda_left left;
};

/* Bytes of kernel addresses of a window with its guards. */
#define BPF_LAMBDA_AREA		(2 * BPF_LAMBDA_GUARD + BIT_ULL(32))

/**
 * struct bpf_lambda_rest - what waits for a flush before it is freed
 * @pages:  that were mapped, through page->lru
 * @tables: page tables of the lowest level
 * @pmds:   and of the one above
 */
struct bpf_lambda_rest {
	struct list_head pages;
	struct list_head tables;
	struct list_head pmds;
};

/* layout.c */

/* Lays out the segments of a request. */
void bpf_lambda_layout(struct bpf_lambda_layout *l,
		       const struct bpf_lambda_image *image,
		       const struct bpf_lambda_shape *shape);

/* The id of the segment that @addr lies in, or -1. */
int bpf_lambda_layout_segment(const struct bpf_lambda_layout *l, u32 addr);

/* Where the stretch without holes ends that @addr in segment @id lies in. */
u32 bpf_lambda_layout_stretch_end(const struct bpf_lambda_layout *l, int id,
				  u32 addr);

/**
 * bpf_lambda_layout_range - may the program access a range?
 * @w:     the window
 * @addr:  window address of its first byte
 * @len:   bytes; an empty range may always be accessed
 * @write: the access is a write
 * @bad:   set to the first forbidden byte when the answer is no
 *
 * Ranges do not wrap: one that runs past 4 GiB is forbidden from its first
 * byte outside the segments. The answer holds until the window is put.
 */
bool bpf_lambda_layout_range(const struct bpf_lambda_window *w, u32 addr,
			     u64 len, bool write, s64 *bad);

/* tables.c */

pte_t *bpf_lambda_walk(unsigned long kaddr);
int bpf_lambda_make_table(struct bpf_lambda_window *w, unsigned long kaddr);
u32 bpf_lambda_detach_tables(struct bpf_lambda_window *w, u32 keep,
			     struct list_head *list);
void bpf_lambda_detach_all_tables(struct bpf_lambda_window *w,
				  struct list_head *tables,
				  struct list_head *pmds);
void bpf_lambda_free_tables(struct list_head *list);
void bpf_lambda_free_pmd_tables(struct list_head *list);

/* The page table entry of @addr, or NULL where there is no table yet. */
static inline pte_t *bpf_lambda_find_pte(struct bpf_lambda_window *w, u32 addr)
{
	struct bpf_lambda_table *t = &w->tables[addr >> BPF_LAMBDA_TABLE_SHIFT];
	unsigned long kaddr = (unsigned long)w->base + addr;
	pte_t *pte;

	if (t->start == (kaddr & PMD_MASK))
		return t->ptes + pte_index(kaddr);
	pte = bpf_lambda_walk(kaddr);
	if (pte) {
		t->start = kaddr & PMD_MASK;
		t->ptes = pte - pte_index(kaddr);
	}
	return pte;
}

/* charge.c */

/* Windows that there may be; set as the system starts. */
extern u32 bpf_lambda_windows_max;

/**
 * bpf_lambda_charge_alloc_page - a zeroed page that a request pays for
 * @payer: the request's payer
 * @paid:  how many pages the request has paid for already, counted up; NULL: it
 *         pays nothing for this one
 * @gfp:   how to allocate
 *
 * Return: the page, or ERR_PTR: -ENOMEM, -EDQUOT, -EBUSY; see
 * bpf_lambda_charge_pay().
 */
struct page *bpf_lambda_charge_alloc_page(const struct bpf_lambda_payer *payer,
					  u32 *paid, gfp_t gfp);

/* window.c */

/**
 * bpf_lambda_window_touch - a program touched a page that is not mapped
 * @w:     the window
 * @addr:  window address of the page's first byte that was touched; may lie
 *         outside the window
 * @write: the access was a write
 *
 * Context: process context, may sleep.
 * Return: 0 when the page is now mapped and the access may be repeated; 1 when
 * it is forbidden (a fault); -ENOMEM, or -EDQUOT or -EBUSY over the user's
 * limit; -EIO if the page was there, which only a bug can bring about.
 */
int bpf_lambda_window_touch(struct bpf_lambda_window *w, s64 addr, bool write);

/**
 * bpf_lambda_window_populate - map all pages of a range
 * @w:    the window
 * @addr: window address of its first byte
 * @len:  bytes; bpf_lambda_layout_range() has allowed the range
 *
 * Context: process context, may sleep.
 * Return: 0; -ENOMEM, -EDQUOT, -EBUSY; -EIO if input or arguments were not filled in.
 */
int bpf_lambda_window_populate(struct bpf_lambda_window *w, u32 addr, u64 len);

/*
 * Takes over all pages of a stage, from the one of @addr on, in args or input.
 * Return: 0; -ENOMEM, -EDQUOT, -EBUSY, then the stage keeps what is left.
 */
int bpf_lambda_window_attach(struct bpf_lambda_window *w, u32 addr,
			     struct bpf_lambda_stage *st);

/*
 * Takes private pages out of a window that is to be put, and is not one to be
 * kept: from @addr on, of @nr pages those that are there, each to its place in
 * @pages. Return: how many.
 */
u32 bpf_lambda_window_detach(struct bpf_lambda_window *w, u32 addr, u32 nr,
			     unsigned long *pages);

/* Whether a window that is put keeps its pages, and needs no flush. */
static inline bool bpf_lambda_window_keeps(const struct bpf_lambda_window *w)
{
	return !w->nr_pins && !w->nr_taken &&
	       w->nr_pages <= BPF_LAMBDA_KEEP_PAGES &&
	       w->nr_own <= BPF_LAMBDA_KEEP_TABLES;
}

/* pins.c */

/* Whether a stage's @i-th page is cached, and none is there at @pte yet. */
bool bpf_lambda_may_pin(const struct bpf_lambda_stage *st, u32 i, pte_t *pte);

/**
 * bpf_lambda_pin_pages - map pages of the page cache
 * @w:    the window; takes them over, and what was paid for them
 * @addr: window address of the first one
 * @pte:  its entry
 * @st:   the stage that has them
 * @i:    which is the first one there: bpf_lambda_may_pin() says yes of it
 *
 * Return: how many, at least 1: those behind the first of which
 * bpf_lambda_may_pin() says yes as well, as far as one table reaches; -ENOMEM.
 */
int bpf_lambda_pin_pages(struct bpf_lambda_window *w, u32 addr, pte_t *pte,
			 struct bpf_lambda_stage *st, u32 i);

/* Clears the entries of all pages that are pinned. */
void bpf_lambda_unmap_pins(struct bpf_lambda_window *w);

/* Lets go of all of them, none of which is mapped any more. */
void bpf_lambda_put_pins(struct bpf_lambda_window *w);

static inline void bpf_lambda_init_pins(struct bpf_lambda_window *w)
{
	w->pins = NULL;
	w->nr_pins = 0;
	w->pin_start = U32_MAX;
	w->pin_end = 0;
}

/* Between window.c and pool.c */

/* A window with only its header and context mapped, or NULL. */
struct bpf_lambda_window *bpf_lambda_window_create(void);

/*
 * Readies pages and context for the request that image, shape and layout are
 * set for. The layout has room for all pages that the window kept.
 */
void bpf_lambda_window_begin(struct bpf_lambda_window *w);

/* Clears the entries of all pages, and lets go of these. */
void bpf_lambda_window_clear(struct bpf_lambda_window *w);

static inline void bpf_lambda_window_rest_init(struct bpf_lambda_rest *rest)
{
	INIT_LIST_HEAD(&rest->pages);
	INIT_LIST_HEAD(&rest->tables);
	INIT_LIST_HEAD(&rest->pmds);
}

/*
 * Takes a cleared window apart, down to its range of addresses. After a flush
 * bpf_lambda_window_free() frees this, and bpf_lambda_window_rest_free() the
 * rest.
 */
void bpf_lambda_window_dismantle(struct bpf_lambda_window *w,
				 struct bpf_lambda_rest *rest);
void bpf_lambda_window_free(struct bpf_lambda_window *w);
void bpf_lambda_window_rest_free(struct bpf_lambda_rest *rest);

/* left.c */

/**
 * bpf_lambda_leave - leave what takes long to let go of to a worker
 * @left:  of what is left; stays until @put, which may free it
 * @payer: that pays for it meanwhile
 * @pages: how many there are to let go of
 * @put:   lets go of them, and of what was paid; called by the worker
 *
 * Context: process context of @payer's task.
 * Return: false where the caller is to let go of it: there are few pages, or
 * no signal waits.
 */
bool bpf_lambda_leave(struct bpf_lambda_left *left,
		      const struct bpf_lambda_payer *payer, u32 pages,
		      void (*put)(struct bpf_lambda_left *left));

/* run.c */

/*
 * What ticks, touches and helpers do in common: the run gives way. False when
 * it is to end, which its status then says.
 */
bool bpf_lambda_may_go_on(struct bpf_lambda_header *hdr);

/* helpers.c */

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

/* array_call.c: those over arrays, which are one function. */
u64 bpf_lambda_array(struct bpf_lambda_header *hdr, u64 r1, u64 r2, u64 r3,
		     u64 r4, u32 id);

/* short.c */

/**
 * struct bpf_lambda_short - what the short way into a helper leads to
 * @ret:   R0
 * @ticks: backward jumps left before the next tick; negative: the run ends, as
 *         the header has it
 */
struct bpf_lambda_short {
	u64 ret;
	s64 ticks;
};

/* Helpers, as thunks call them that keep R1 to R4, and r9, where they are. */
struct bpf_lambda_short bpf_lambda_short_memcpy(u64 dst, u64 src, u64 len,
						u64 unused, u8 *base,
						s64 ticks);
struct bpf_lambda_short bpf_lambda_short_memset(u64 dst, u64 byte, u64 len,
						u64 unused, u8 *base,
						s64 ticks);
struct bpf_lambda_short bpf_lambda_short_memcmp(u64 a, u64 b, u64 len,
						u64 unused, u8 *base,
						s64 ticks);
struct bpf_lambda_short bpf_lambda_short_memchr(u64 p, u64 byte, u64 len,
						u64 unused, u8 *base,
						s64 ticks);
struct bpf_lambda_short bpf_lambda_short_crc32c(u64 crc, u64 p, u64 len,
						u64 unused, u8 *base,
						s64 ticks);

#endif /* _KERNEL_BPF_LAMBDA_INTERNAL_H */
