// SPDX-License-Identifier: GPL-2.0-only
/*
 * On the way into a window and out of it: see <linux/bpf_lambda_stage.h>.
 *
 * Most requests are small, and what they need is there. These take their window
 * first and copy once, with page faults off; when that does not work they give
 * it back, and begin again by way of a stage.
 */
#include <linux/bpf_lambda_stage.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "internal.h"

/* Room grows by this factor: it is copied seldom, and little is left over. */
#define GROWTH	4

void bpf_lambda_stage_init(struct bpf_lambda_stage *st)
{
	st->payer = bpf_lambda_current_payer();
	st->pages = st->few;
	st->nr = 0;
	st->room = ARRAY_SIZE(st->few);
	st->private = 0;
	st->paid = 0;
	st->mapped = 0;
}

static void stage_free_room(struct bpf_lambda_stage *st)
{
	if (st->pages != st->few)
		kvfree(st->pages);
}

static void stage_put_pages(struct bpf_lambda_stage *st)
{
	u32 i;

	for (i = 0; i < st->nr; i++) {
		if (!st->pages[i])
			continue;
		put_page(bpf_lambda_stage_page(st, i));
		cond_resched();
	}
	bpf_lambda_charge_unpay(&st->payer, BPF_LAMBDA_PRIVATE, st->paid);
	bpf_lambda_charge_unpay(&st->payer, BPF_LAMBDA_MAPPED, st->mapped);
	stage_free_room(st);
}

/* A stage that outlives the request that it was of. */
struct stage_left {
	struct bpf_lambda_left left;
	struct bpf_lambda_stage st;
};

static void stage_put_left(struct bpf_lambda_left *left)
{
	struct stage_left *old = container_of(left, struct stage_left, left);

	stage_put_pages(&old->st);
	kfree(old);
}

/* Return: true if the pages are a worker's now. */
static bool stage_leave_pages(struct bpf_lambda_stage *st)
{
	struct stage_left *old;

	if (st->pages == st->few || !bpf_lambda_interrupted(current))
		return false;
	old = kmalloc(sizeof(*old), GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!old)
		return false;
	old->st = *st;
	if (bpf_lambda_leave(&old->left, &st->payer, st->nr, stage_put_left))
		return true;
	kfree(old);
	return false;
}

void bpf_lambda_stage_drop(struct bpf_lambda_stage *st)
{
	if (!stage_leave_pages(st))
		stage_put_pages(st);
	bpf_lambda_stage_init(st);
}

static int stage_make_room(struct bpf_lambda_stage *st, u32 nr)
{
	u32 room = max(nr, GROWTH * st->room);
	unsigned long *pages;

	if (likely(nr <= st->room))
		return 0;
	pages = kvmalloc_array(room, sizeof(*pages),
			       GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!pages)
		return -ENOMEM;
	memcpy(pages, st->pages, st->nr * sizeof(*pages));
	stage_free_room(st);
	st->pages = pages;
	st->room = room;
	return 0;
}

/* Gathering */

void *bpf_lambda_stage_fill(struct bpf_lambda_stage *st, u32 i)
{
	bool spare = st->private < BPF_LAMBDA_KEEP_PAGES;
	struct page *page;
	int err;

	if (WARN_ON_ONCE(i > st->nr))
		return ERR_PTR(-EINVAL);
	if (i < st->nr)
		return page_address(bpf_lambda_stage_page(st, i));
	err = stage_make_room(st, i + 1);
	if (err)
		return ERR_PTR(err);
	page = bpf_lambda_charge_alloc_page(&st->payer, spare ? NULL :
					    &st->paid, GFP_KERNEL_ACCOUNT);
	if (IS_ERR(page))
		return ERR_CAST(page);
	st->private++;
	st->pages[st->nr++] = (unsigned long)page;
	return page_address(page);
}

int bpf_lambda_stage_map(struct bpf_lambda_stage *st, struct page **pages,
			 u32 nr)
{
	int err = stage_make_room(st, st->nr + nr);
	u32 i;

	if (!err &&
	    bpf_lambda_charge_pay(&st->payer, BPF_LAMBDA_MAPPED, st->mapped,
				  nr))
		err = 1;
	if (err)
		return err;
	for (i = 0; i < nr; i++)
		st->pages[st->nr++] = (unsigned long)pages[i] |
				      BPF_LAMBDA_STAGE_CACHED;
	st->mapped += nr;
	return 0;
}

/* Takes the last page off. Return: it, for the caller to put. */
static struct page *stage_pop_page(struct bpf_lambda_stage *st)
{
	struct page *page = bpf_lambda_stage_page(st, --st->nr);

	if (st->pages[st->nr] & BPF_LAMBDA_STAGE_CACHED) {
		bpf_lambda_charge_unpay(&st->payer, BPF_LAMBDA_MAPPED, 1);
		st->mapped--;
	}
	return page;
}

int bpf_lambda_stage_cut(struct bpf_lambda_stage *st, u32 len)
{
	u32 nr = PFN_UP(len), end = offset_in_page(len);
	struct page *page;
	void *copy;

	for (; st->nr > nr; cond_resched())
		put_page(stage_pop_page(st));
	if (!end || st->nr < nr)
		return 0;
	if (st->pages[nr - 1] & BPF_LAMBDA_STAGE_CACHED) {
		page = stage_pop_page(st);
		copy = bpf_lambda_stage_fill(st, nr - 1);
		if (!IS_ERR(copy))
			copy_page(copy, page_address(page));
		put_page(page);
	} else {
		copy = page_address(bpf_lambda_stage_page(st, nr - 1));
	}
	if (IS_ERR(copy))
		return PTR_ERR(copy);
	memset(copy + end, 0, PAGE_SIZE - end);
	return 0;
}

int bpf_lambda_stage_from_user(struct bpf_lambda_stage *st,
			       const void __user *from, u32 len)
{
	u32 done, n;
	void *page;
	int err;

	for (done = 0; done < len; done += n) {
		n = min_t(u32, len - done, PAGE_SIZE);
		page = bpf_lambda_stage_fill(st, done >> PAGE_SHIFT);
		if (IS_ERR(page))
			return PTR_ERR(page);
		if (copy_from_user(page, from + done, n))
			return -EFAULT;
		err = bpf_lambda_signal_pause();
		if (err)
			return err;
	}
	return 0;
}

bool bpf_lambda_stage_at_once(struct bpf_lambda_window *w, u32 addr,
			      const void __user *from, u32 len)
{
	u32 done, n;
	void *page;

	for (done = 0; done < len; done += n) {
		u32 at = offset_in_page(addr + done);

		n = min_t(u32, len - done, PAGE_SIZE - at);
		page = bpf_lambda_window_fill(w, addr + done);
		if (IS_ERR(page) ||
		    copy_from_user_nofault(page + at, from + done, n))
			return false;
	}
	return true;
}

struct bpf_lambda_window *
bpf_lambda_stage_window(const struct bpf_lambda_image *image,
			const struct bpf_lambda_shape *shape,
			struct bpf_lambda_stage *args,
			struct bpf_lambda_stage *in)
{
	struct bpf_lambda_window *w = bpf_lambda_pool_get(image, shape);
	int err;

	if (IS_ERR(w))
		return w;
	err = bpf_lambda_window_attach(w, SBPF_ARGS_BASE, args);
	if (!err)
		err = bpf_lambda_window_attach(w, SBPF_IN_BASE, in);
	if (!err)
		return w;
	bpf_lambda_pool_put(w);
	return ERR_PTR(err);
}

/* Delivering */

/* What a window keeps it may keep: at most BPF_LAMBDA_KEEP_PAGES are copied. */
static int stage_copy_output(struct bpf_lambda_stage *st,
			     struct bpf_lambda_window *w, u32 len)
{
	struct page *page;
	u32 done, n;
	void *copy;

	for (done = 0; done < len; done += n) {
		n = min_t(u32, len - done, PAGE_SIZE);
		page = bpf_lambda_window_page(w, SBPF_OUT_BASE + done);
		if (!page) {
			st->pages[st->nr++] = 0;
			continue;
		}
		copy = bpf_lambda_stage_fill(st, st->nr);
		if (IS_ERR(copy))
			return PTR_ERR(copy);
		memcpy(copy, page_address(page), n);
	}
	return 0;
}

int bpf_lambda_stage_take(struct bpf_lambda_stage *st,
			  struct bpf_lambda_window *w, u32 len)
{
	u32 nr = PFN_UP(len), paid;
	int err = stage_make_room(st, nr);

	if (err)
		return err;
	if (bpf_lambda_window_keeps(w))
		return stage_copy_output(st, w, len);
	memset(st->pages, 0, nr * sizeof(*st->pages));
	st->nr = nr;
	st->private = bpf_lambda_window_detach(w, SBPF_OUT_BASE, nr, st->pages);
	/* What is not paid for came with the window. */
	paid = min(st->private, w->paid);
	w->paid -= paid;
	st->paid = paid;
	return 0;
}

static int stage_to_user(const struct bpf_lambda_stage *st, void __user *to,
			 u32 len)
{
	u32 done, n;

	for (done = 0; done < len; done += n) {
		struct page *page = bpf_lambda_stage_page(st,
							  done >> PAGE_SHIFT);

		n = min_t(u32, len - done, PAGE_SIZE);
		if (copy_to_user(to + done, page_address(page), n))
			return -EFAULT;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

/* Pages of output that the λ never touched do not exist; they are zeros. */
static bool stage_deliver_at_once(struct bpf_lambda_window *w, void __user *to,
				  u32 len)
{
	u32 done, n;

	for (done = 0; done < len; done += n) {
		struct page *page = bpf_lambda_window_page(w, SBPF_OUT_BASE +
							   done);

		n = min_t(u32, len - done, PAGE_SIZE);
		if (copy_to_user_nofault(to + done,
					 page_address(page ?: ZERO_PAGE(0)), n))
			return false;
		if (fatal_signal_pending(current))
			return false;
		cond_resched();
	}
	return true;
}

int bpf_lambda_stage_deliver(struct bpf_lambda_window *w, void __user *to,
			     u32 len)
{
	struct bpf_lambda_stage st;
	int err;

	if (likely(stage_deliver_at_once(w, to, len))) {
		bpf_lambda_pool_put(w);
		return 0;
	}
	bpf_lambda_stage_init(&st);
	err = bpf_lambda_stage_take(&st, w, len);
	bpf_lambda_pool_put(w);
	if (!err)
		err = stage_to_user(&st, to, len);
	bpf_lambda_stage_drop(&st);
	return err;
}
