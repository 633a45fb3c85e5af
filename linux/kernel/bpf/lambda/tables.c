// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page tables of windows: where they come from and how they go.
 *
 * A table of the lowest level that maps nothing but one window is the
 * window's own: it is allocated here, linked to the window and counted among
 * the page tables of the system. The first BPF_LAMBDA_KEEP_TABLES of them, all
 * that most requests need, stay with the window; the others are paid for by
 * the request that needs them and go when it ends. The few that a window
 * shares with its neighbours in vmalloc space, at its ends, are the kernel's
 * for good.
 *
 * To take a table out of a window is not to free it: CPUs may remember the
 * entry that led to it, so that it waits for the flush of all TLBs.
 */
#include <linux/mm.h>
#include <linux/pgalloc.h>
#include <linux/vmalloc.h>
#include <linux/vmstat.h>

#include "internal.h"

/* The entry that points to the table of @kaddr, or NULL. */
static pmd_t *table_walk_to_pmd(unsigned long kaddr)
{
	pgd_t *pgd = pgd_offset_k(kaddr);
	p4d_t *p4d;
	pud_t *pud;

	if (pgd_none(*pgd))
		return NULL;
	p4d = p4d_offset(pgd, kaddr);
	if (p4d_none(*p4d))
		return NULL;
	pud = pud_offset(p4d, kaddr);
	return pud_none(*pud) ? NULL : pmd_offset(pud, kaddr);
}

/**
 * bpf_lambda_walk - look up a page table entry
 * @kaddr: kernel address of a window
 *
 * Return: the entry, or NULL where there is no table.
 */
pte_t *bpf_lambda_walk(unsigned long kaddr)
{
	pmd_t *pmd = table_walk_to_pmd(kaddr);

	if (!pmd || pmd_none(*pmd))
		return NULL;
	return pte_offset_kernel(pmd, kaddr & PMD_MASK) + pte_index(kaddr);
}

static unsigned long table_end_of(const struct bpf_lambda_window *w)
{
	return (unsigned long)w->area->addr + BPF_LAMBDA_AREA;
}

/* Whether all of @size bytes around @kaddr, aligned so, are the window's. */
static bool table_is_own(const struct bpf_lambda_window *w, unsigned long kaddr,
			 unsigned long size)
{
	unsigned long start = round_down(kaddr, size);

	return start >= (unsigned long)w->area->addr &&
	       start + size <= table_end_of(w);
}

static struct page *alloc_table(struct bpf_lambda_window *w)
{
	bool spare = w->nr_own < BPF_LAMBDA_KEEP_TABLES;
	struct page *page;

	page = bpf_lambda_charge_alloc_page(&w->shape.payer, spare ? NULL :
					    &w->paid,
					    spare ? GFP_KERNEL :
					    GFP_KERNEL_ACCOUNT);
	if (!IS_ERR(page))
		mod_lruvec_page_state(page, NR_PAGETABLE, 1);
	return page;
}

static pmd_t *table_make_pmd(unsigned long kaddr)
{
	p4d_t *p4d = p4d_alloc(&init_mm, pgd_offset_k(kaddr), kaddr);
	pud_t *pud = p4d ? pud_alloc(&init_mm, p4d, kaddr) : NULL;

	return pud ? pmd_alloc(&init_mm, pud, kaddr) : NULL;
}

/* No other task looks at an entry that is the window's alone. */
static int table_make_own(struct bpf_lambda_window *w, unsigned long kaddr)
{
	pmd_t *pmd = table_make_pmd(kaddr);
	struct page *page;

	if (!pmd)
		return -ENOMEM;
	if (!pmd_none(*pmd))
		return 0;	/* from times before vmalloc gave us the area */
	page = alloc_table(w);
	if (IS_ERR(page))
		return PTR_ERR(page);
	set_page_private(page, kaddr & PMD_MASK);
	list_add_tail(&page->lru, &w->own);
	w->nr_own++;
	smp_wmb();	/* a walk that finds the table finds it zeroed */
	pmd_populate_kernel(&init_mm, pmd, page_address(page));
	return 0;
}

/**
 * bpf_lambda_make_table - have a table for an address
 * @w:     the window
 * @kaddr: kernel address within its area
 *
 * Context: process context, may sleep.
 * Return: 0; -ENOMEM, -EDQUOT, -EBUSY.
 */
int bpf_lambda_make_table(struct bpf_lambda_window *w, unsigned long kaddr)
{
	if (table_is_own(w, kaddr, PMD_SIZE))
		return table_make_own(w, kaddr);
	return apply_to_page_range(&init_mm, kaddr & PAGE_MASK, PAGE_SIZE, NULL,
				   NULL);
}

/**
 * bpf_lambda_detach_tables - take tables out of a window
 * @w:    the window; in those that go nothing is mapped
 * @keep: so many of its own stay
 * @list: takes the others, for bpf_lambda_free_tables() after a flush
 *
 * Return: how many were taken out.
 */
u32 bpf_lambda_detach_tables(struct bpf_lambda_window *w, u32 keep,
			     struct list_head *list)
{
	struct page *page, *next;
	u32 i = 0;

	if (w->nr_own <= keep)
		return 0;
	list_for_each_entry_safe(page, next, &w->own, lru) {
		if (i++ < keep)
			continue;
		pmd_clear(pmd_off_k(page_private(page)));
		list_move_tail(&page->lru, list);
	}
	memset(w->tables, 0, sizeof(w->tables));
	i -= keep;
	w->nr_own = keep;
	return i;
}

static bool table_is_empty(const pmd_t *pmds)
{
	u32 i;

	for (i = 0; i < PTRS_PER_PMD; i++)
		if (!pmd_none(pmds[i]))
			return false;
	return true;
}

static void table_detach(pud_t *pud, struct list_head *list)
{
	pmd_t *pmds;

	if (pud_none(*pud))
		return;
	pmds = pud_pgtable(*pud);
	if (!table_is_empty(pmds))
		return;
	pud_clear(pud);
	list_add_tail(&virt_to_page(pmds)->lru, list);
}

/**
 * bpf_lambda_detach_all_tables - take all tables out of a window
 * @w:      a window that maps nothing any more
 * @tables: takes those of the lowest level
 * @pmds:   takes those of the level above, for bpf_lambda_free_pmd_tables()
 */
void bpf_lambda_detach_all_tables(struct bpf_lambda_window *w,
				  struct list_head *tables,
				  struct list_head *pmds)
{
	unsigned long kaddr = (unsigned long)w->area->addr;

	bpf_lambda_detach_tables(w, 0, tables);
	for (; kaddr < table_end_of(w); kaddr += PUD_SIZE)
		if (table_is_own(w, kaddr, PUD_SIZE))
			table_detach(pud_offset(p4d_offset(pgd_offset_k(kaddr),
							   kaddr), kaddr),
				     pmds);
}

/**
 * bpf_lambda_free_tables - free tables that no TLB knows any more
 * @list: the tables
 */
void bpf_lambda_free_tables(struct list_head *list)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, list, lru) {
		mod_lruvec_page_state(page, NR_PAGETABLE, -1);
		__free_page(page);
		cond_resched();
	}
	INIT_LIST_HEAD(list);
}

/**
 * bpf_lambda_free_pmd_tables - likewise for those of the level above
 * @list: the tables
 */
void bpf_lambda_free_pmd_tables(struct list_head *list)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, list, lru) {
		/* where the list lay; freed tables have no deposit there */
		page_ptdesc(page)->pmd_huge_pte = NULL;
		mm_dec_nr_pmds(&init_mm);
		pmd_free(&init_mm, page_address(page));
	}
	INIT_LIST_HEAD(list);
}
