// SPDX-License-Identifier: GPL-2.0-only
/*
 * The window of a λ: page tables and pages of one 4 GiB range of kernel
 * addresses. lambda_layout.c says what a request may touch in it,
 * lambda_pool.c hands windows out and takes them back.
 *
 *	area->addr: [header page] [rest of 64 KiB guard] [window, 4 GiB] [guard]
 *	            ^ hdr                                ^ base, in r12
 *
 * A program reaches base - 32 KiB … base + 4 GiB + 32 KiB whatever it
 * computes. Of that only the pages of its request's segments are mapped, and
 * input, arguments, context and .rodata without write permission, so the MMU
 * enforces what bpf_lambda_window_range() says of a range.
 *
 * Context, arguments and input are mapped before the program starts. All
 * other pages appear when they are first touched, zeroed or with the image's
 * bytes, so that a large output costs nothing until it is written.
 *
 * From bpf_lambda_window_get() to bpf_lambda_window_put() page table entries
 * only ever go from none to present. No CPU remembers entries that are not
 * present, so nothing in here needs a TLB flush (but bpf_lambda_window_shorten,
 * which does its own); and while the program runs neither the layout nor a
 * mapping can change under a helper that has checked a range.
 *
 * Page tables are allocated on demand and stay with their window for ever: 4.6
 * MiB for one whose input, output and heap were all used to the limit. That
 * is why pointers to them may be remembered.
 */
#include <linux/mm.h>
#include <linux/sched/user.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <asm/tlbflush.h>

#include "lambda_window.h"

/* A touch that follows the one before populates twice as many, up to this. */
#define TOUCH_AHEAD_MAX	32	/* pages */
/* Nobody is to be killed for pages that may not be wanted. */
#define TOUCH_AHEAD_GFP	(GFP_KERNEL_ACCOUNT | __GFP_NORETRY | __GFP_NOWARN)

/**
 * struct bpf_lambda_pins - page cache pages to release after the flush
 * @next:  more of them
 * @nr:    number of @pages
 * @pages: one reference each
 *
 * Fills a page, so that the input's pages cost 0.2 % of their size.
 */
struct bpf_lambda_pins {
	struct bpf_lambda_pins *next;
	u32 nr;
	struct page *pages[];
};

#define PINS_MAX \
	((PAGE_SIZE - sizeof(struct bpf_lambda_pins)) / sizeof(struct page *))

/* Page tables */

/* The page table that maps @kaddr, or NULL. */
static pte_t *walk_tables(unsigned long kaddr)
{
	pgd_t *pgd = pgd_offset_k(kaddr);
	p4d_t *p4d;
	pud_t *pud;
	pmd_t *pmd;

	if (pgd_none(*pgd))
		return NULL;
	p4d = p4d_offset(pgd, kaddr);
	if (p4d_none(*p4d))
		return NULL;
	pud = pud_offset(p4d, kaddr);
	if (pud_none(*pud))
		return NULL;
	pmd = pmd_offset(pud, kaddr);
	if (pmd_none(*pmd))
		return NULL;
	return pte_offset_kernel(pmd, kaddr & PMD_MASK);
}

/* The page table entry of @addr, or NULL where there is no table yet. */
static pte_t *find_pte(struct bpf_lambda_window *w, u32 addr)
{
	struct bpf_lambda_table *t = &w->tables[addr >> BPF_LAMBDA_TABLE_SHIFT];
	unsigned long kaddr = (unsigned long)w->base + addr;
	pte_t *ptes;

	if (t->start != (kaddr & PMD_MASK)) {
		ptes = walk_tables(kaddr);
		if (!ptes)
			return NULL;
		t->start = kaddr & PMD_MASK;
		t->ptes = ptes;
	}
	return t->ptes + pte_index(kaddr);
}

static bool is_mapped(struct bpf_lambda_window *w, u32 addr)
{
	pte_t *pte = find_pte(w, addr);

	return pte && pte_present(ptep_get(pte));
}

static pte_t *make_pte(struct bpf_lambda_window *w, u32 addr)
{
	unsigned long kaddr = (unsigned long)w->base + addr;
	pte_t *pte = find_pte(w, addr);

	if (likely(pte))
		return pte;
	if (apply_to_page_range(&init_mm, kaddr & PAGE_MASK, PAGE_SIZE, NULL,
				NULL))
		return NULL;
	return find_pte(w, addr);
}

static void set_entry(struct bpf_lambda_window *w, u32 addr, pte_t *ptep,
		      pte_t pte)
{
	set_pte_at(&init_mm, (unsigned long)w->base + addr, ptep, pte);
}

static void clear_entry(struct bpf_lambda_window *w, u32 addr)
{
	pte_t *pte = find_pte(w, addr);

	if (pte)
		pte_clear(&init_mm, (unsigned long)w->base + addr, pte);
}

/* Private pages */

static void copy_part(struct page *page, u32 offset, const void *src, u32 len)
{
	if (offset < len)
		memcpy(page_address(page), src + offset,
		       min_t(u32, len - offset, PAGE_SIZE));
}

/* Gives a zeroed private page the bytes it has before its first use. */
static void copy_image(struct bpf_lambda_window *w, int id, u32 addr,
		       struct page *page)
{
	const struct bpf_lambda_image *image = w->image;
	u32 offset = addr - w->layout.segs[id].start;

	if (id == BPF_LAMBDA_SEG_RODATA)
		copy_part(page, offset, image->rodata, image->rodata_len);
	else if (id == BPF_LAMBDA_SEG_DATA)
		copy_part(page, offset, image->data, image->data_len);
}

static struct page *alloc_charged(struct user_struct *user, gfp_t gfp)
{
	struct page *page;
	int err;

	err = bpf_lambda_charge(user, 1);
	if (err)
		return ERR_PTR(err);
	page = alloc_page(gfp | __GFP_ZERO);
	if (!page) {
		bpf_lambda_uncharge(user, 1);
		return ERR_PTR(-ENOMEM);
	}
	return page;
}

/* Maps a new private page at @addr, the first byte of a page of segment @id. */
static struct page *add_page(struct bpf_lambda_window *w, int id, u32 addr,
			     gfp_t gfp)
{
	pgprot_t prot = w->layout.segs[id].write ? PAGE_KERNEL : PAGE_KERNEL_RO;
	pte_t *pte = make_pte(w, addr);
	struct page *page;

	if (!pte)
		return ERR_PTR(-ENOMEM);
	page = alloc_charged(w->shape.user, gfp);
	if (IS_ERR(page))
		return page;
	copy_image(w, id, addr, page);
	set_page_private(page, addr);
	list_add_tail(&page->lru, &w->pages);
	w->nr_pages++;
	w->top[id] = max_t(u32, w->top[id], addr + PAGE_SIZE);
	set_entry(w, addr, pte, mk_pte(page, prot));
	return page;
}

/*
 * Populates what an ascending run of touches will want next. Not before the
 * window holds more than an idle one may keep, so that pages nobody touches
 * do not prevent that. Best effort.
 */
static void populate_ahead(struct bpf_lambda_window *w, int id, u32 addr,
			   bool ascending)
{
	u32 end = bpf_lambda_stretch_end(&w->layout, id, addr);
	u32 i;

	if (!ascending || w->nr_pages <= BPF_LAMBDA_KEEP_PAGES) {
		w->ahead[id] = 1;
		return;
	}
	w->ahead[id] = min_t(u32, 2 * w->ahead[id], TOUCH_AHEAD_MAX);
	for (i = 1; i < w->ahead[id]; i++) {
		addr += PAGE_SIZE;
		if (addr >= end || IS_ERR(add_page(w, id, addr, TOUCH_AHEAD_GFP)))
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
	id = bpf_lambda_find_segment(&w->layout, addr);
	if (id < 0 || (write && !w->layout.segs[id].write))
		return 1;
	if (WARN_ON_ONCE(is_mapped(w, addr)))
		return -EIO;
	if (id <= BPF_LAMBDA_SEG_ARGS || id == BPF_LAMBDA_SEG_IN)
		return 1;

	addr &= PAGE_MASK;
	ascending = w->top[id] == addr;
	page = add_page(w, id, addr, GFP_KERNEL_ACCOUNT);
	if (IS_ERR(page))
		return PTR_ERR(page);
	populate_ahead(w, id, addr, ascending);
	return 0;
}

int bpf_lambda_window_populate(struct bpf_lambda_window *w, u32 addr, u64 len)
{
	u64 end = addr + len;
	u64 pos;
	int ret;

	for (pos = addr & PAGE_MASK; pos < end; pos += PAGE_SIZE) {
		if (likely(is_mapped(w, pos)))
			continue;
		ret = bpf_lambda_window_touch(w, pos, false);
		if (ret)
			return ret < 0 ? ret : -EIO;
	}
	return 0;
}

void *bpf_lambda_window_fill(struct bpf_lambda_window *w, u32 addr)
{
	pte_t *pte = find_pte(w, addr);
	struct page *page;
	int id;

	if (pte && pte_present(ptep_get(pte))) {
		if (WARN_ON_ONCE(pte_special(ptep_get(pte))))
			return ERR_PTR(-EINVAL);
		return page_address(pte_page(ptep_get(pte)));
	}
	id = bpf_lambda_find_segment(&w->layout, addr);
	if (WARN_ON_ONCE(id != BPF_LAMBDA_SEG_ARGS && id != BPF_LAMBDA_SEG_IN))
		return ERR_PTR(-EINVAL);
	page = add_page(w, id, addr & PAGE_MASK, GFP_KERNEL_ACCOUNT);
	return IS_ERR(page) ? ERR_CAST(page) : page_address(page);
}

struct page *bpf_lambda_window_page(struct bpf_lambda_window *w, u32 addr)
{
	pte_t *pte = find_pte(w, addr);

	if (!pte || !pte_present(ptep_get(pte)))
		return NULL;
	return pte_page(ptep_get(pte));
}

/* All bytes of the page at @addr are input, so each of them gets put in. */
static bool is_all_input(const struct bpf_lambda_window *w, u32 addr)
{
	const struct bpf_lambda_shape *shape = &w->shape;

	return addr >= SBPF_IN_BASE + shape->in_skew &&
	       addr + PAGE_SIZE <= SBPF_IN_BASE + shape->in_skew +
				   (u64)shape->in_len;
}

/* Brings kept pages back to what a first touch would find. */
static void reset_pages(struct bpf_lambda_window *w)
{
	struct page *page;

	list_for_each_entry(page, &w->pages, lru) {
		u32 addr = page_private(page);
		int id;

		if (is_all_input(w, addr))
			continue;
		id = bpf_lambda_find_segment(&w->layout, addr);
		if (id == BPF_LAMBDA_SEG_RODATA)
			continue;
		clear_page(page_address(page));
		copy_image(w, id, addr, page);
	}
}

static void fill_ctx(struct bpf_lambda_window *w)
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
	reset_pages(w);
	fill_ctx(w);
}

/* Pinned input */

static int add_pin(struct bpf_lambda_window *w, struct page *page)
{
	struct bpf_lambda_pins *pins = w->pins;

	if (!pins || pins->nr == PINS_MAX) {
		pins = (void *)__get_free_page(GFP_KERNEL_ACCOUNT);
		if (!pins)
			return -ENOMEM;
		pins->next = w->pins;
		pins->nr = 0;
		w->pins = pins;
	}
	pins->pages[pins->nr++] = page;
	w->nr_pins++;
	return 0;
}

/* Takes over one reference and one page's charge, unless it fails. */
static int map_page(struct bpf_lambda_window *w, u32 addr, struct page *page)
{
	pte_t *pte = make_pte(w, addr);
	int err;

	if (!pte)
		return -ENOMEM;
	if (pte_present(ptep_get(pte))) {
		/*
		 * A page kept from an earlier request. Replacing it would need
		 * a flush, so it takes the bytes instead.
		 */
		if (WARN_ON_ONCE(pte_special(ptep_get(pte))))
			return -EINVAL;
		copy_page(page_address(pte_page(ptep_get(pte))),
			  page_address(page));
		bpf_lambda_uncharge(w->shape.user, 1);
		put_page(page);
		return 0;
	}
	err = add_pin(w, page);
	if (err)
		return err;
	w->pin_start = min(w->pin_start, addr);
	w->pin_end = max_t(u32, w->pin_end, addr + PAGE_SIZE);
	set_entry(w, addr, pte, pte_mkspecial(mk_pte(page, PAGE_KERNEL_RO)));
	return 0;
}

int bpf_lambda_window_map_input(struct bpf_lambda_window *w, u32 first,
				struct page **pages, u32 nr)
{
	const struct bpf_lambda_segment *in;
	u32 i = 0;
	int err;

	in = &w->layout.segs[BPF_LAMBDA_SEG_IN];
	if (WARN_ON_ONCE((u64)first + nr > (in->end - in->start) >> PAGE_SHIFT))
		err = -EINVAL;
	else
		err = bpf_lambda_charge(w->shape.user, nr);
	if (err)
		goto release;

	for (; i < nr; i++) {
		err = map_page(w, in->start + ((first + i) << PAGE_SHIFT),
			       pages[i]);
		if (err)
			break;
	}
	bpf_lambda_uncharge(w->shape.user, nr - i);
release:
	release_pages(pages + i, nr - i);
	return err;
}

/* Lets go of private input pages that are in no TLB any more. */
static void drop_input(struct bpf_lambda_window *w, u32 from, u32 to)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, &w->pages, lru) {
		if (page_private(page) < from || page_private(page) >= to)
			continue;
		list_del(&page->lru);
		__free_page(page);
		w->nr_pages--;
		bpf_lambda_uncharge(w->shape.user, 1);
		cond_resched();
	}
	w->top[BPF_LAMBDA_SEG_IN] = min(w->top[BPF_LAMBDA_SEG_IN], from);
}

void bpf_lambda_window_shorten(struct bpf_lambda_window *w, u32 in_len,
			       u64 budget)
{
	struct bpf_lambda_segment *in = &w->layout.segs[BPF_LAMBDA_SEG_IN];
	u32 mapped = max(w->top[BPF_LAMBDA_SEG_IN], w->pin_end);
	u32 addr;

	w->shape.in_len = in_len;
	w->shape.budget = budget;
	w->ctx->in_len = in_len;
	in->end = in->start + PAGE_ALIGN(w->shape.in_skew + in_len);
	if (mapped <= in->end)
		return;

	/* The file shrank in between, which is rare enough to flush at once. */
	for (addr = in->end; addr < mapped; addr += PAGE_SIZE) {
		clear_entry(w, addr);
		cond_resched();
	}
	flush_tlb_all();
	drop_input(w, in->end, mapped);
}

/* For the pool */

void bpf_lambda_window_unmap(struct bpf_lambda_window *w)
{
	struct page *page;
	u32 addr;

	list_for_each_entry(page, &w->pages, lru) {
		clear_entry(w, page_private(page));
		cond_resched();
	}
	for (addr = w->pin_start; addr < w->pin_end; addr += PAGE_SIZE) {
		clear_entry(w, addr);
		cond_resched();
	}
}

static void forget_pages(struct bpf_lambda_window *w)
{
	int id;

	INIT_LIST_HEAD(&w->pages);
	w->nr_pages = 0;
	w->nr_pins = 0;
	w->pin_start = U32_MAX;
	w->pin_end = 0;
	for (id = 0; id < BPF_LAMBDA_SEGMENTS; id++) {
		w->top[id] = 0;
		w->ahead[id] = 1;
	}
}

void bpf_lambda_window_release(struct bpf_lambda_window *w)
{
	struct bpf_lambda_pins *pins;
	struct page *page, *next;

	list_for_each_entry_safe(page, next, &w->pages, lru) {
		__free_page(page);
		cond_resched();
	}
	while ((pins = w->pins)) {
		w->pins = pins->next;
		release_pages(pins->pages, pins->nr);
		free_page((unsigned long)pins);
		cond_resched();
	}
	forget_pages(w);
}

static int set_fixed(pte_t *ptep, unsigned long kaddr, void *pte)
{
	set_pte_at(&init_mm, kaddr, ptep, *(pte_t *)pte);
	return 0;
}

/* Maps a zeroed page at @kaddr for the life of the window. */
static struct page *map_fixed(void *kaddr, pgprot_t prot)
{
	struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	pte_t pte;

	if (!page)
		return NULL;
	pte = mk_pte(page, prot);
	if (apply_to_page_range(&init_mm, (unsigned long)kaddr, PAGE_SIZE,
				set_fixed, &pte)) {
		__free_page(page);
		return NULL;
	}
	return page;
}

static bool map_header_and_ctx(struct bpf_lambda_window *w)
{
	struct page *hdr, *ctx;

	hdr = map_fixed(w->area->addr, PAGE_KERNEL);
	if (!hdr)
		return false;
	w->hdr = w->area->addr;
	w->base = w->area->addr + BPF_LAMBDA_GUARD;
	ctx = map_fixed(w->base + SBPF_CTX_BASE, PAGE_KERNEL_RO);
	if (!ctx) {
		__free_page(hdr);
		return false;
	}
	w->ctx = page_address(ctx);
	w->hdr->window = w;
	return true;
}

struct bpf_lambda_window *bpf_lambda_window_create(void)
{
	struct bpf_lambda_window *w = kzalloc(sizeof(*w), GFP_KERNEL);

	if (!w)
		return NULL;
	forget_pages(w);
	w->area = get_vm_area(2 * BPF_LAMBDA_GUARD + BIT_ULL(32), VM_SPARSE);
	if (!w->area)
		goto free;
	if (map_header_and_ctx(w))
		return w;
	free_vm_area(w->area);
free:
	kfree(w);
	return NULL;
}
