// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages of the page cache in a window: input that is not copied.
 *
 * They are many, and nothing is done with most of them but to map and unmap them,
 * so that both are done by runs of pages whose entries lie in one page table.
 */
#include <linux/bpf_lambda_stage.h>
#include <linux/gfp.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched.h>

#include "internal.h"

/**
 * struct bpf_lambda_pins - page cache pages that are mapped
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

/* Return: how many pages may be pinned before the next call, or -ENOMEM. */
static int pins_make_room(struct bpf_lambda_window *w)
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
	return PINS_MAX - pins->nr;
}

static u32 pins_entries_from(const struct bpf_lambda_window *w, u32 addr)
{
	return PTRS_PER_PTE - pte_index((unsigned long)w->base + addr);
}

/* Pins and maps a page, for which there is room. */
static void pins_add(struct bpf_lambda_window *w, u32 addr, pte_t *pte,
		     struct page *page)
{
	w->pins->pages[w->pins->nr++] = page;
	set_pte_at(&init_mm, (unsigned long)w->base + addr, pte,
		   pte_mkspecial(mk_pte(page, PAGE_KERNEL_RO)));
}

bool bpf_lambda_may_pin(const struct bpf_lambda_stage *st, u32 i, pte_t *pte)
{
	return st->pages[i] & BPF_LAMBDA_STAGE_CACHED &&
	       !pte_present(ptep_get(pte));
}

int bpf_lambda_pin_pages(struct bpf_lambda_window *w, u32 addr, pte_t *pte,
			 struct bpf_lambda_stage *st, u32 i)
{
	int room = pins_make_room(w);
	u32 n = 0, max;

	if (room < 0)
		return room;
	max = min3(st->nr - i, (u32)room, pins_entries_from(w, addr));
	w->pin_start = min(w->pin_start, addr);
	do {
		pins_add(w, addr, pte++, bpf_lambda_stage_page(st, i));
		st->pages[i++] = 0;
		addr += PAGE_SIZE;
	} while (++n < max && bpf_lambda_may_pin(st, i, pte));
	w->pin_end = max(w->pin_end, addr);
	w->nr_pins += n;
	st->mapped -= n;
	return n;
}

/* Clears what one table has of a range. Return: where that ends. */
static u64 pins_unmap_some(struct bpf_lambda_window *w, u32 addr, u64 end)
{
	u64 to = min(end, addr + (u64)pins_entries_from(w, addr) * PAGE_SIZE);
	pte_t *pte = bpf_lambda_find_pte(w, addr);

	for (; pte && addr < to; addr += PAGE_SIZE)
		pte_clear(&init_mm, (unsigned long)w->base + addr, pte++);
	return to;
}

void bpf_lambda_unmap_pins(struct bpf_lambda_window *w)
{
	u64 addr = w->pin_start;

	for (; addr < w->pin_end; cond_resched())
		addr = pins_unmap_some(w, addr, w->pin_end);
}

void bpf_lambda_put_pins(struct bpf_lambda_window *w)
{
	struct bpf_lambda_pins *pins;
	u32 i;

	while ((pins = w->pins)) {
		w->pins = pins->next;
		/* The page cache has them still, but for a few. */
		for (i = 0; i < pins->nr; i++)
			put_page(pins->pages[i]);
		free_page((unsigned long)pins);
		cond_resched();
	}
	bpf_lambda_init_pins(w);
}
