// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pool of λ windows: which are in use, and when one may be used again.
 *
 * A program's addresses are fixed, so unlike ordinary vmalloc space a window
 * cannot leave stale TLB entries behind and move on to fresh addresses. The
 * rule here instead: *between the clearing of a page table entry and the next
 * use of its window every TLB is flushed*. The pages are let go at once, as
 * vfree() lets go of its own: whatever a λ computes, and whatever a processor
 * runs ahead of it, lies within the window that its task has, so that no CPU
 * uses the addresses of one that no task has, before the flush or after it.
 * Page tables are not let go: processors look at these by themselves.
 *
 * A flush interrupts every CPU, so it must serve many requests. A window that
 * no task has is in one of three states:
 *
 *  idle     its few private pages stay mapped. The next request of the same
 *           image whose segments have room for them takes it: no page table
 *           is touched, nothing is flushed.
 *  retired  all entries are cleared, stale TLB entries may exist. No request
 *           may take it.
 *  clean    nothing mapped but header and context, no stale entries.
 *
 * pool_put_window() makes a window idle or retired; one flush makes all retired
 * windows clean; get() takes an idle or a clean one, or makes one more. A flush
 * comes when as many entries were cleared as vmalloc clears between two of its
 * own, when half of all windows are retired, when their page tables become
 * many, or when get() finds nothing else. So no user brings about more flushes
 * than by vmalloc's means, as long as the user's requests map 64 KiB each.
 *
 * No user pays for the pool: at most BPF_LAMBDA_KEEP_PAGES in each of
 * BPF_LAMBDA_IDLE_MAX idle windows, BPF_LAMBDA_KEEP_TABLES page tables in each
 * window and BPF_LAMBDA_TABLES_HELD that wait for a flush. There are as many
 * windows as the memory is worth, and when it is short a shrinker takes those
 * that no task has apart. A task with one waits for no user. How many requests
 * a user has, and what it pays for, is told in charge.c.
 *
 * One spinlock guards the lists and counters. A window on none of the lists
 * belongs to the task that took it off; entries are cleared and pages freed
 * without the lock.
 */
#include <linux/cpumask.h>
#include <linux/init.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/shrinker.h>
#include <linux/sizes.h>
#include <linux/user_namespace.h>
#include <linux/wait.h>
#include <asm/tlbflush.h>

#include "internal.h"

/* A window that was used once has about this much of page tables and pages. */
#define WINDOW_COST	(16 * PAGE_SIZE)

/* Idle windows that get() reclaims at a time. */
#define RECLAIM		16

/**
 * struct bpf_lambda_pool - windows that no task has
 * @lock:       see the head of this file
 * @idle:       most recently used first
 * @clean:      ready for anything
 * @retired:    waiting for the flush
 * @tables:     page tables of theirs that do as well
 * @nr_windows: in existence, with those in use
 * @nr_idle:    windows on @idle
 * @nr_clean:   windows on @clean
 * @nr_retired: windows on @retired
 * @cleared:    entries cleared since the flush before
 * @nr_tables:  page tables on @tables
 * @wait:       tasks in bpf_lambda_pool_get()
 */
static struct bpf_lambda_pool {
	spinlock_t lock;		/* guards all but the wait queue */
	struct list_head idle;
	struct list_head clean;
	struct list_head retired;
	struct list_head tables;
	u32 nr_windows;
	u32 nr_idle;
	u32 nr_clean;
	u32 nr_retired;
	unsigned long cleared;
	u32 nr_tables;
	wait_queue_head_t wait;
} pool = {
	.lock = __SPIN_LOCK_UNLOCKED(pool.lock),
	.idle = LIST_HEAD_INIT(pool.idle),
	.clean = LIST_HEAD_INIT(pool.clean),
	.retired = LIST_HEAD_INIT(pool.retired),
	.tables = LIST_HEAD_INIT(pool.tables),
	.wait = __WAIT_QUEUE_HEAD_INITIALIZER(pool.wait),
};

/* Flushes TLBs and makes all retired windows clean. */
static void pool_flush_retired(void)
{
	LIST_HEAD(windows);
	LIST_HEAD(tables);
	u32 nr;

	spin_lock(&pool.lock);
	list_splice_init(&pool.retired, &windows);
	list_splice_init(&pool.tables, &tables);
	nr = pool.nr_retired;
	pool.nr_retired = 0;
	pool.nr_tables = 0;
	pool.cleared = 0;
	spin_unlock(&pool.lock);
	if (!nr)
		return;

	flush_tlb_all();
	bpf_lambda_free_tables(&tables);

	spin_lock(&pool.lock);
	list_splice(&windows, &pool.clean);
	pool.nr_clean += nr;
	spin_unlock(&pool.lock);
	wake_up_nr(&pool.wait, nr);
}

/* Entries that vmalloc clears before it flushes: see lazy_max_pages(). */
static unsigned long pool_cleared_max(void)
{
	return fls(num_online_cpus()) * (SZ_32M / PAGE_SIZE);
}

/* Retires a window that is on no list. */
static void pool_retire_window(struct bpf_lambda_window *w)
{
	u32 cleared = w->nr_pages + w->nr_taken + w->nr_pins;
	LIST_HEAD(tables);
	u32 nr_tables;
	bool many;

	bpf_lambda_window_clear(w);
	nr_tables = bpf_lambda_detach_tables(w, BPF_LAMBDA_KEEP_TABLES,
					     &tables);
	spin_lock(&pool.lock);
	list_add(&w->list, &pool.retired);
	list_splice(&tables, &pool.tables);
	pool.nr_retired++;
	pool.nr_tables += nr_tables;
	pool.cleared += cleared;
	many = pool.nr_retired >= bpf_lambda_windows_max / 2 ||
	       pool.nr_tables > BPF_LAMBDA_TABLES_HELD ||
	       pool.cleared > pool_cleared_max();
	spin_unlock(&pool.lock);

	if (many)
		pool_flush_retired();
}

/* The segments of the last request are those of the next one as well. */
static bool pool_is_same(const struct bpf_lambda_window *w, u64 image_id,
			 const struct bpf_lambda_shape *shape)
{
	return w->image_id == image_id && w->shape.in_skew == shape->in_skew &&
	       w->shape.in_len == shape->in_len &&
	       w->shape.out_cap == shape->out_cap &&
	       w->shape.args_len == shape->args_len;
}

/* Takes an idle window that is laid out as wanted, else returns NULL. */
static struct bpf_lambda_window *
pool_take_same(u64 image_id, const struct bpf_lambda_shape *shape)
{
	struct bpf_lambda_window *w;

	spin_lock(&pool.lock);
	list_for_each_entry(w, &pool.idle, list)
		if (pool_is_same(w, image_id, shape)) {
			list_del(&w->list);
			pool.nr_idle--;
			spin_unlock(&pool.lock);
			return w;
		}
	spin_unlock(&pool.lock);
	return NULL;
}

static bool pool_window_fits(const struct bpf_lambda_window *w, u64 image_id,
			     const struct bpf_lambda_layout *l)
{
	int id;

	if (w->image_id != image_id)
		return false;
	for (id = 0; id < BPF_LAMBDA_SEGMENTS; id++)
		if (w->top[id] > l->segs[id].end)
			return false;
	return true;
}

/* Takes an idle window that fits, else a clean one, else returns NULL. */
static struct bpf_lambda_window *
pool_take_window(u64 image_id, const struct bpf_lambda_layout *l)
{
	struct bpf_lambda_window *w;

	spin_lock(&pool.lock);
	list_for_each_entry(w, &pool.idle, list)
		if (pool_window_fits(w, image_id, l)) {
			pool.nr_idle--;
			goto found;
		}
	w = list_first_entry_or_null(&pool.clean, struct bpf_lambda_window,
				     list);
	if (w)
		pool.nr_clean--;
found:
	if (w)
		list_del(&w->list);
	spin_unlock(&pool.lock);
	return w;
}

/* A new window, NULL if there may be no more, or ERR_PTR(-ENOMEM). */
static struct bpf_lambda_window *pool_create_window(void)
{
	struct bpf_lambda_window *w;

	spin_lock(&pool.lock);
	if (pool.nr_windows == bpf_lambda_windows_max) {
		spin_unlock(&pool.lock);
		return NULL;
	}
	pool.nr_windows++;
	spin_unlock(&pool.lock);

	w = bpf_lambda_window_create();
	if (w)
		return w;
	spin_lock(&pool.lock);
	pool.nr_windows--;
	spin_unlock(&pool.lock);
	wake_up(&pool.wait);
	return ERR_PTR(-ENOMEM);
}

static void pool_retire_list(struct list_head *list)
{
	struct bpf_lambda_window *w, *next;

	list_for_each_entry_safe(w, next, list, list) {
		list_del(&w->list);
		pool_retire_window(w);
	}
}

/* Makes clean windows of retired and idle ones. Return: there were some. */
static bool pool_reclaim_windows(void)
{
	LIST_HEAD(list);
	bool any;
	int i;

	spin_lock(&pool.lock);
	for (i = 0; i < RECLAIM && !list_empty(&pool.idle); i++)
		list_move(pool.idle.prev, &list);
	pool.nr_idle -= i;
	any = i || pool.nr_retired;
	spin_unlock(&pool.lock);

	pool_retire_list(&list);
	pool_flush_retired();
	return any;
}

static bool pool_is_hopeful(void)
{
	bool hopeful;

	spin_lock(&pool.lock);
	hopeful = !list_empty(&pool.idle) || !list_empty(&pool.clean) ||
		  pool.nr_retired || pool.nr_windows < bpf_lambda_windows_max;
	spin_unlock(&pool.lock);
	return hopeful;
}

/*
 * Takes a window of whatever state, or makes or awaits one: as many as may be
 * in use there are, but another task may be about to flush or to free it.
 */
static struct bpf_lambda_window *
pool_obtain_window(u64 image_id, const struct bpf_lambda_layout *l)
{
	struct bpf_lambda_window *w;

	for (;;) {
		w = pool_take_window(image_id, l);
		if (w)
			return w;
		w = pool_create_window();
		if (!IS_ERR_OR_NULL(w))
			return w;
		if (pool_reclaim_windows())
			continue;
		if (w)
			return w;
		if (wait_event_interruptible_exclusive(pool.wait,
						       pool_is_hopeful()))
			return ERR_PTR(-ERESTARTSYS);
	}
}

struct bpf_lambda_window *
bpf_lambda_pool_get(const struct bpf_lambda_image *image,
		    const struct bpf_lambda_shape *shape)
{
	struct bpf_lambda_layout layout;
	struct bpf_lambda_window *w;
	int err = bpf_lambda_charge_claim_window(!shape->quanta);

	if (err)
		return ERR_PTR(err);
	w = pool_take_same(image->id, shape);
	if (!w) {
		bpf_lambda_layout(&layout, image, shape);
		w = pool_obtain_window(image->id, &layout);
		if (IS_ERR(w)) {
			bpf_lambda_charge_unclaim_window();
			return w;
		}
		w->layout = layout;
	}
	w->image = image;
	w->image_id = image->id;
	w->shape = *shape;
	bpf_lambda_window_begin(w);
	return w;
}

/* Puts a window that needs no flush where get() finds it. */
static void pool_make_idle(struct bpf_lambda_window *w)
{
	struct bpf_lambda_window *oldest = NULL;

	spin_lock(&pool.lock);
	if (!w->nr_pages) {
		list_add(&w->list, &pool.clean);
		pool.nr_clean++;
	} else {
		list_add(&w->list, &pool.idle);
		if (pool.nr_idle < BPF_LAMBDA_IDLE_MAX) {
			pool.nr_idle++;
		} else {
			oldest = list_last_entry(&pool.idle,
						 struct bpf_lambda_window,
						 list);
			list_del(&oldest->list);
		}
	}
	spin_unlock(&pool.lock);
	if (oldest)
		pool_retire_window(oldest);
}

static void pool_put_window(struct bpf_lambda_window *w)
{
	struct bpf_lambda_payer payer = w->shape.payer;
	u32 paid = w->paid, mapped = w->nr_pins;

	w->paid = 0;
	if (bpf_lambda_window_keeps(w))
		pool_make_idle(w);
	else
		pool_retire_window(w);
	bpf_lambda_charge_unpay(&payer, BPF_LAMBDA_PRIVATE, paid);
	bpf_lambda_charge_unpay(&payer, BPF_LAMBDA_MAPPED, mapped);
	bpf_lambda_charge_unclaim_window();
	if (wq_has_sleeper(&pool.wait))
		wake_up(&pool.wait);
}

static void pool_put_left(struct bpf_lambda_left *left)
{
	pool_put_window(container_of(left, struct bpf_lambda_window, left));
}

void bpf_lambda_pool_put(struct bpf_lambda_window *w)
{
	w->image = NULL;
	if (!bpf_lambda_leave(&w->left, &w->shape.payer,
			      w->nr_pages + w->nr_pins, pool_put_left))
		pool_put_window(w);
}

void bpf_lambda_pool_forget(u64 image_id)
{
	struct bpf_lambda_window *w, *next;
	LIST_HEAD(list);

	spin_lock(&pool.lock);
	list_for_each_entry_safe(w, next, &pool.idle, list)
		if (w->image_id == image_id) {
			list_move(&w->list, &list);
			pool.nr_idle--;
		}
	spin_unlock(&pool.lock);
	pool_retire_list(&list);
}

/* Giving windows up */

/* Takes windows away that no task has, clean ones first. Return: how many. */
static unsigned long pool_take_unused(struct list_head *list, unsigned long max)
{
	unsigned long nr = 0;

	spin_lock(&pool.lock);
	for (; nr < max && pool.nr_clean; nr++, pool.nr_clean--)
		list_move(pool.clean.prev, list);
	for (; nr < max && pool.nr_idle; nr++, pool.nr_idle--)
		list_move(pool.idle.prev, list);
	spin_unlock(&pool.lock);
	return nr;
}

static void pool_destroy_windows(struct list_head *list)
{
	struct bpf_lambda_window *w, *next;
	struct bpf_lambda_rest rest;

	bpf_lambda_window_rest_init(&rest);
	list_for_each_entry(w, list, list) {
		bpf_lambda_window_clear(w);
		bpf_lambda_window_dismantle(w, &rest);
	}
	flush_tlb_all();
	bpf_lambda_window_rest_free(&rest);
	list_for_each_entry_safe(w, next, list, list)
		bpf_lambda_window_free(w);
}

static unsigned long pool_count_unused(struct shrinker *shrinker,
				       struct shrink_control *sc)
{
	return (READ_ONCE(pool.nr_clean) + READ_ONCE(pool.nr_idle) +
		READ_ONCE(pool.nr_retired)) ?: SHRINK_EMPTY;
}

static unsigned long pool_free_unused(struct shrinker *shrinker,
				      struct shrink_control *sc)
{
	LIST_HEAD(list);
	unsigned long nr;

	pool_flush_retired();
	nr = pool_take_unused(&list, sc->nr_to_scan);
	if (!nr)
		return SHRINK_STOP;
	pool_destroy_windows(&list);
	spin_lock(&pool.lock);
	pool.nr_windows -= nr;
	spin_unlock(&pool.lock);
	wake_up_nr(&pool.wait, nr);
	return nr;
}

static int __init bpf_lambda_pool_init(void)
{
	struct shrinker *shrinker = shrinker_alloc(0, "lambda-windows");

	/* At most a 32nd of the memory, while all have been used. */
	bpf_lambda_windows_max = clamp(totalram_pages() * PAGE_SIZE / 32 /
				       WINDOW_COST, BPF_LAMBDA_WINDOWS_MIN,
				       BPF_LAMBDA_WINDOWS_MAX);
	if (!shrinker)
		return -ENOMEM;
	shrinker->count_objects = pool_count_unused;
	shrinker->scan_objects = pool_free_unused;
	/* One flush for each call, so not for a few of them. */
	shrinker->batch = 256;
	shrinker_register(shrinker);
	return 0;
}
fs_initcall(bpf_lambda_pool_init);
