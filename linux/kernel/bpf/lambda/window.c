// SPDX-License-Identifier: GPL-2.0-only
/*
 * The window of a λ: page tables and pages of one 4 GiB range of kernel
 * addresses. layout.c says what a request may touch in it, pool.c hands windows
 * out and takes them back.
 *
 *	area->addr: [header page] [rest of 64 KiB guard] [window, 4 GiB] [guard]
 *	            ^ hdr                                ^ base, in r12
 *
 * A program reaches base - 32 KiB … base + 4 GiB + 32 KiB whatever it
 * computes. Of that only the pages of its request's segments are mapped, and
 * input, arguments, context and .rodata without write permission, so the MMU
 * enforces what bpf_lambda_layout_range() says of a range.
 *
 * Context, arguments and input are mapped before the program starts. All
 * other pages appear when they are first touched, zeroed or with the image's
 * bytes, so that a large output costs nothing until it is written.
 *
 * From bpf_lambda_pool_get() to bpf_lambda_pool_put() page table entries
 * only ever go from none to present. No CPU remembers entries that are not
 * present, so nothing in here needs a TLB flush; and while the program runs
 * neither the layout nor a mapping can change under a helper that has checked a
 * range.
 *
 * Page tables are allocated on demand; see tables.c. None goes while
 * the window is in use, so that pointers to them may be remembered.
 */
#include <linux/bpf_lambda_stage.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <asm/tlbflush.h>

#include "internal.h"

/* A touch that follows the one before populates twice as many, up to this. */
#define TOUCH_AHEAD_MAX	32	/* pages */
/* No task is to be killed for pages that may not be wanted. */
#define TOUCH_AHEAD_GFP	(GFP_KERNEL_ACCOUNT | __GFP_NORETRY | __GFP_NOWARN)

/* Page tables */

static bool window_is_mapped(struct bpf_lambda_window *w, u32 addr)
{
	pte_t *pte = bpf_lambda_find_pte(w, addr);

	return pte && pte_present(ptep_get(pte));
}

static pte_t *window_make_pte(struct bpf_lambda_window *w, u32 addr)
{
	pte_t *pte = bpf_lambda_find_pte(w, addr);
	int err;

	if (likely(pte))
		return pte;
	err = bpf_lambda_make_table(w, (unsigned long)w->base + addr);
	return err ? ERR_PTR(err) : bpf_lambda_find_pte(w, addr);
}

static void window_set_entry(struct bpf_lambda_window *w, u32 addr, pte_t *ptep,
			     pte_t pte)
{
	set_pte_at(&init_mm, (unsigned long)w->base + addr, ptep, pte);
}

static void window_clear_entry(struct bpf_lambda_window *w, u32 addr)
{
	pte_t *pte = bpf_lambda_find_pte(w, addr);

	if (pte)
		pte_clear(&init_mm, (unsigned long)w->base + addr, pte);
}

/* Private pages */

static void window_copy_part(struct page *page, u32 offset, const void *src,
			     u32 len)
{
	if (offset < len)
		memcpy(page_address(page), src + offset,
		       min_t(u32, len - offset, PAGE_SIZE));
}

/* Gives a zeroed private page the bytes it has before its first use. */
static void window_copy_image(struct bpf_lambda_window *w, int id, u32 addr,
			      struct page *page)
{
	const struct bpf_lambda_image *image = w->image;
	u32 offset = addr - w->layout.segs[id].start;

	if (id == BPF_LAMBDA_SEG_RODATA)
		window_copy_part(page, offset, image->rodata,
				 image->rodata_len);
	else if (id == BPF_LAMBDA_SEG_DATA)
		window_copy_part(page, offset, image->data, image->data_len);
}

/* The first pages, as many as a window may keep, come with it. */
static u32 *window_account_of(struct bpf_lambda_window *w)
{
	return w->nr_pages < BPF_LAMBDA_KEEP_PAGES ? NULL : &w->paid;
}

/* Maps a private page at @addr, the first byte of a page of segment @id. */
static void window_insert_page(struct bpf_lambda_window *w, int id, u32 addr,
			       pte_t *pte, struct page *page)
{
	pgprot_t prot = w->layout.segs[id].write ? PAGE_KERNEL : PAGE_KERNEL_RO;

	set_page_private(page, addr);
	list_add_tail(&page->lru, &w->pages);
	w->nr_pages++;
	w->top[id] = max_t(u32, w->top[id], addr + PAGE_SIZE);
	window_set_entry(w, addr, pte, mk_pte(page, prot));
}

/* Maps a new private page at @addr, the first byte of a page of segment @id. */
static struct page *window_add_page(struct bpf_lambda_window *w, int id,
				    u32 addr, gfp_t gfp)
{
	pte_t *pte = window_make_pte(w, addr);
	struct page *page;

	if (IS_ERR(pte))
		return ERR_CAST(pte);
	page = bpf_lambda_charge_alloc_page(&w->shape.payer,
					    window_account_of(w), gfp);
	if (IS_ERR(page))
		return page;
	window_copy_image(w, id, addr, page);
	window_insert_page(w, id, addr, pte, page);
	return page;
}

/*
 * Populates what an ascending run of touches will want next. Not before the
 * window holds more than an idle one may keep, so that pages no λ touches
 * do not prevent that. Best effort.
 */
static void window_populate_ahead(struct bpf_lambda_window *w, int id, u32 addr,
				  bool ascending)
{
	u32 end = bpf_lambda_layout_stretch_end(&w->layout, id, addr);
	u32 i;

	if (!ascending || w->nr_pages <= BPF_LAMBDA_KEEP_PAGES) {
		w->ahead[id] = 1;
		return;
	}
	w->ahead[id] = min_t(u32, 2 * w->ahead[id], TOUCH_AHEAD_MAX);
	for (i = 1; i < w->ahead[id]; i++) {
		addr += PAGE_SIZE;
		if (addr >= end ||
		    IS_ERR(window_add_page(w, id, addr, TOUCH_AHEAD_GFP)))
			break;
	}
}

int bpf_lambda_window_touch(struct bpf_lambda_window *w, s64 addr, bool write)
{
	bool ascending;
	struct page *page;
	int id;

	if (addr < 0 || addr > U32_MAX)
		return 1;
	id = bpf_lambda_layout_segment(&w->layout, addr);
	if (id < 0 || (write && !w->layout.segs[id].write))
		return 1;
	if (WARN_ON_ONCE(window_is_mapped(w, addr)))
		return -EIO;
	if (id <= BPF_LAMBDA_SEG_ARGS || id == BPF_LAMBDA_SEG_IN)
		return 1;

	addr &= PAGE_MASK;
	ascending = w->top[id] == addr;
	page = window_add_page(w, id, addr, GFP_KERNEL_ACCOUNT);
	if (IS_ERR(page))
		return PTR_ERR(page);
	window_populate_ahead(w, id, addr, ascending);
	return 0;
}

int bpf_lambda_window_populate(struct bpf_lambda_window *w, u32 addr, u64 len)
{
	u64 end = addr + len;
	u64 pos;
	int ret;

	for (pos = addr & PAGE_MASK; pos < end; pos += PAGE_SIZE) {
		if (likely(window_is_mapped(w, pos)))
			continue;
		ret = bpf_lambda_window_touch(w, pos, false);
		if (ret)
			return ret < 0 ? ret : -EIO;
	}
	return 0;
}

void *bpf_lambda_window_fill(struct bpf_lambda_window *w, u32 addr)
{
	pte_t *pte = bpf_lambda_find_pte(w, addr);
	struct page *page;
	int id;

	if (pte && pte_present(ptep_get(pte))) {
		if (WARN_ON_ONCE(pte_special(ptep_get(pte))))
			return ERR_PTR(-EINVAL);
		return page_address(pte_page(ptep_get(pte)));
	}
	id = bpf_lambda_layout_segment(&w->layout, addr);
	if (WARN_ON_ONCE(id != BPF_LAMBDA_SEG_ARGS && id != BPF_LAMBDA_SEG_IN))
		return ERR_PTR(-EINVAL);
	page = window_add_page(w, id, addr & PAGE_MASK, GFP_KERNEL_ACCOUNT);
	return IS_ERR(page) ? ERR_CAST(page) : page_address(page);
}

struct page *bpf_lambda_window_page(struct bpf_lambda_window *w, u32 addr)
{
	pte_t *pte = bpf_lambda_find_pte(w, addr);

	if (!pte || !pte_present(ptep_get(pte)))
		return NULL;
	return pte_page(ptep_get(pte));
}

/* All bytes of the page at @addr are input, so each of them gets put in. */
static bool window_is_all_input(const struct bpf_lambda_window *w, u32 addr)
{
	const struct bpf_lambda_shape *shape = &w->shape;

	return addr >= SBPF_IN_BASE + shape->in_skew &&
	       addr + PAGE_SIZE <= SBPF_IN_BASE + shape->in_skew +
				   (u64)shape->in_len;
}

/* Brings kept pages back to what a first touch would find. */
static void window_reset_pages(struct bpf_lambda_window *w)
{
	struct page *page;

	list_for_each_entry(page, &w->pages, lru) {
		u32 addr = page_private(page);
		int id;

		if (window_is_all_input(w, addr))
			continue;
		id = bpf_lambda_layout_segment(&w->layout, addr);
		if (id == BPF_LAMBDA_SEG_RODATA)
			continue;
		clear_page(page_address(page));
		window_copy_image(w, id, addr, page);
	}
}

static void window_fill_ctx(struct bpf_lambda_window *w)
{
	*w->ctx = (struct lambda_ctx) {
		.in = SBPF_IN_BASE + w->shape.in_skew,
		.in_len = w->shape.in_len,
		.out = SBPF_OUT_BASE,
		.out_cap = w->shape.out_cap,
		.args = SBPF_ARGS_BASE,
		.args_len = w->shape.args_len,
		.heap = SBPF_HEAP_BASE,
		.heap_len = w->image->heap_len,
		.offset = w->shape.offset,
	};
}

void bpf_lambda_window_begin(struct bpf_lambda_window *w)
{
	window_reset_pages(w);
	window_fill_ctx(w);
}

/* Pages from a stage, and back into one */

static int window_attach_private(struct bpf_lambda_window *w, u32 addr,
				 pte_t *pte, struct page *page,
				 struct bpf_lambda_stage *st)
{
	u32 *account = window_account_of(w);
	int err = 0;

	if (account && !st->paid)
		err = bpf_lambda_charge_pay(&w->shape.payer, BPF_LAMBDA_PRIVATE,
					    w->paid, 1);
	else if (account)
		st->paid--;
	if (err)
		return err;
	if (account)
		++*account;
	window_insert_page(w, bpf_lambda_layout_segment(&w->layout, addr), addr,
			   pte, page);
	return 0;
}

/*
 * A page kept from an earlier request takes the bytes: to replace it would need
 * a flush.
 */
static int window_attach_copy(struct bpf_lambda_window *w, pte_t *pte,
			      struct page *page, bool cached)
{
	if (WARN_ON_ONCE(pte_special(ptep_get(pte))))
		return -EINVAL;
	copy_page(page_address(pte_page(ptep_get(pte))), page_address(page));
	if (cached)
		bpf_lambda_charge_unpay(&w->shape.payer, BPF_LAMBDA_MAPPED, 1);
	put_page(page);
	return 0;
}

static int window_attach_page(struct bpf_lambda_window *w, u32 addr,
			      pte_t *pte, struct bpf_lambda_stage *st, u32 i)
{
	bool cached = st->pages[i] & BPF_LAMBDA_STAGE_CACHED;
	struct page *page = bpf_lambda_stage_page(st, i);
	int err;

	if (pte_present(ptep_get(pte)))
		err = window_attach_copy(w, pte, page, cached);
	else
		err = window_attach_private(w, addr, pte, page, st);
	if (err)
		return err;
	st->pages[i] = 0;
	st->mapped -= cached;
	return 1;
}

/* Return: how many pages it took from the stage's @i-th on, or an error. */
static int window_attach_some(struct bpf_lambda_window *w, u32 addr,
			      struct bpf_lambda_stage *st, u32 i)
{
	pte_t *pte = window_make_pte(w, addr);

	if (IS_ERR(pte))
		return PTR_ERR(pte);
	if (bpf_lambda_may_pin(st, i, pte))
		return bpf_lambda_pin_pages(w, addr, pte, st, i);
	return window_attach_page(w, addr, pte, st, i);
}

int bpf_lambda_window_attach(struct bpf_lambda_window *w, u32 addr,
			     struct bpf_lambda_stage *st)
{
	u32 i = 0;
	int n;

	addr &= PAGE_MASK;
	while (i < st->nr) {
		n = window_attach_some(w, addr, st, i);
		if (n < 0)
			return n;
		i += n;
		addr += n << PAGE_SHIFT;
		cond_resched();
	}
	return 0;
}

u32 bpf_lambda_window_detach(struct bpf_lambda_window *w, u32 addr, u32 nr,
			     unsigned long *pages)
{
	struct page *page, *next;
	u32 taken = 0;

	list_for_each_entry_safe(page, next, &w->pages, lru) {
		u32 i = (u32)(page_private(page) - addr) >> PAGE_SHIFT;

		cond_resched();
		if (i >= nr)
			continue;
		list_del(&page->lru);
		window_clear_entry(w, page_private(page));
		pages[i] = (unsigned long)page;
		taken++;
	}
	w->nr_pages -= taken;
	w->nr_taken += taken;
	return taken;
}

/* For the pool */

static void window_forget_pages(struct bpf_lambda_window *w)
{
	int id;

	INIT_LIST_HEAD(&w->pages);
	w->nr_pages = 0;
	w->nr_taken = 0;
	for (id = 0; id < BPF_LAMBDA_SEGMENTS; id++) {
		w->top[id] = 0;
		w->ahead[id] = 1;
	}
}

static void window_unmap_pages(struct bpf_lambda_window *w)
{
	struct page *page;

	list_for_each_entry(page, &w->pages, lru) {
		window_clear_entry(w, page_private(page));
		cond_resched();
	}
	bpf_lambda_unmap_pins(w);
}

void bpf_lambda_window_clear(struct bpf_lambda_window *w)
{
	struct page *page, *next;

	window_unmap_pages(w);
	list_for_each_entry_safe(page, next, &w->pages, lru) {
		__free_page(page);
		cond_resched();
	}
	bpf_lambda_put_pins(w);
	window_forget_pages(w);
}

/* Maps a zeroed page at @kaddr for the life of the window. */
static struct page *window_map_fixed(struct bpf_lambda_window *w, void *at,
				     pgprot_t prot)
{
	unsigned long kaddr = (unsigned long)at;
	struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);

	if (!page)
		return NULL;
	if (bpf_lambda_make_table(w, kaddr)) {
		__free_page(page);
		return NULL;
	}
	set_pte_at(&init_mm, kaddr, bpf_lambda_walk(kaddr),
		   mk_pte(page, prot));
	return page;
}

static bool window_map_header_and_ctx(struct bpf_lambda_window *w)
{
	struct page *hdr, *ctx;

	hdr = window_map_fixed(w, w->area->addr, PAGE_KERNEL);
	if (!hdr)
		return false;
	w->hdr = w->area->addr;
	w->base = w->area->addr + BPF_LAMBDA_GUARD;
	w->hdr->window = w;
	ctx = window_map_fixed(w, w->base + SBPF_CTX_BASE, PAGE_KERNEL_RO);
	if (!ctx)
		return false;
	w->ctx = page_address(ctx);
	return true;
}

static void window_unmap_fixed(unsigned long kaddr, struct list_head *pages)
{
	pte_t *pte = bpf_lambda_walk(kaddr);

	list_add(&pte_page(ptep_get(pte))->lru, pages);
	pte_clear(&init_mm, kaddr, pte);
}

void bpf_lambda_window_dismantle(struct bpf_lambda_window *w,
				 struct bpf_lambda_rest *rest)
{
	if (w->hdr)
		window_unmap_fixed((unsigned long)w->hdr, &rest->pages);
	if (w->ctx)
		window_unmap_fixed((unsigned long)w->base + SBPF_CTX_BASE,
				   &rest->pages);
	bpf_lambda_detach_all_tables(w, &rest->tables, &rest->pmds);
}

void bpf_lambda_window_free(struct bpf_lambda_window *w)
{
	free_vm_area(w->area);
	kfree(w);
}

void bpf_lambda_window_rest_free(struct bpf_lambda_rest *rest)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, &rest->pages, lru)
		__free_page(page);
	INIT_LIST_HEAD(&rest->pages);
	bpf_lambda_free_tables(&rest->tables);
	bpf_lambda_free_pmd_tables(&rest->pmds);
}

/* What came of a window whose making failed; no task has ever used it. */
static void window_undo_create(struct bpf_lambda_window *w)
{
	struct bpf_lambda_rest rest;

	bpf_lambda_window_rest_init(&rest);
	bpf_lambda_window_dismantle(w, &rest);
	flush_tlb_all();
	bpf_lambda_window_rest_free(&rest);
	bpf_lambda_window_free(w);
}

struct bpf_lambda_window *bpf_lambda_window_create(void)
{
	struct bpf_lambda_window *w = kzalloc(sizeof(*w), GFP_KERNEL);

	if (!w)
		return NULL;
	window_forget_pages(w);
	bpf_lambda_init_pins(w);
	INIT_LIST_HEAD(&w->own);
	w->area = get_vm_area(BPF_LAMBDA_AREA, VM_SPARSE);
	if (!w->area) {
		kfree(w);
		return NULL;
	}
	if (window_map_header_and_ctx(w))
		return w;
	window_undo_create(w);
	return NULL;
}
