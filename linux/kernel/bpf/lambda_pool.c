// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pool of λ windows: who has which, and when their pages may go.
 *
 * A program's addresses are fixed, so unlike ordinary vmalloc space a window
 * cannot leave stale TLB entries behind and move on to fresh addresses. The
 * rule here instead: *between the clearing of a page table entry and the next
 * use of its window every TLB is flushed, and the page is let go only after
 * that*. Hence nothing can be reached through a stale entry: not by the next
 * program, for there is none before the flush, nor by speculation, for the
 * pages are still held.
 *
 * A flush interrupts every CPU, so it must serve many requests. A window that
 * nobody has is in one of three states:
 *
 *  idle     its few private pages stay mapped. The next request of the same
 *           image whose segments have room for them takes it: no page table
 *           is touched, nothing is flushed.
 *  retired  all entries are cleared, its pages held, stale TLB entries may
 *           exist. Nobody may take it.
 *  clean    nothing mapped but header and context, no stale entries.
 *
 * put() makes a window idle or retired; one flush makes all retired windows
 * clean; get() takes an idle or a clean one. Retired windows are flushed when
 * they or their pages become many, when get() finds nothing else, and after
 * a second, so that pages of files do not stay pinned while nothing happens.
 *
 * Requests pay for the pages they hold (fs.lambda.user_pages), and those of one
 * user have at most BPF_LAMBDA_WINDOWS_USER windows, the others wait for them:
 * input comes from files, and a file may never answer. What the pool
 * holds is nobody's: at most BPF_LAMBDA_KEEP_PAGES in each idle window and
 * BPF_LAMBDA_RETIRED_PAGES in all retired ones; a put() that brings more
 * flushes before it gives the charge back.
 *
 * One spinlock guards the lists and counters. A window on none of the lists
 * belongs to the task that took it off; entries are cleared and pages freed
 * without the lock. Windows are never freed.
 */
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/user.h>
#include <linux/sysctl.h>
#include <linux/wait.h>
#include <linux/wait_bit.h>
#include <linux/workqueue.h>
#include <asm/tlbflush.h>

#include "lambda_window.h"

#define RETIRED_TIME	HZ	/* a retired window waits no longer */

unsigned long bpf_lambda_user_pages __read_mostly;

/**
 * struct bpf_lambda_pool - windows that nobody has
 * @lock:          see the head of this file
 * @idle:          most recently used first
 * @clean:         ready for anything
 * @retired:       waiting for the flush
 * @nr_windows:    in existence, with those in use
 * @nr_retired:    windows on @retired
 * @retired_pages: pages they hold
 * @wait:          tasks in bpf_lambda_window_get()
 */
static struct bpf_lambda_pool {
	spinlock_t lock;		/* guards all but @wait */
	struct list_head idle;
	struct list_head clean;
	struct list_head retired;
	u32 nr_windows;
	u32 nr_retired;
	unsigned long retired_pages;
	wait_queue_head_t wait;
} pool = {
	.lock = __SPIN_LOCK_UNLOCKED(pool.lock),
	.idle = LIST_HEAD_INIT(pool.idle),
	.clean = LIST_HEAD_INIT(pool.clean),
	.retired = LIST_HEAD_INIT(pool.retired),
	.wait = __WAIT_QUEUE_HEAD_INITIALIZER(pool.wait),
};

static void flush_late(struct work_struct *work);
static DECLARE_DELAYED_WORK(late_work, flush_late);

int bpf_lambda_charge(struct user_struct *user, u32 pages)
{
	unsigned long sum;

	if (!pages)
		return 0;	/* even if the limit was lowered meanwhile */
	sum = atomic_long_add_return(pages, &user->lambda_pages);
	if (sum <= READ_ONCE(bpf_lambda_user_pages))
		return 0;
	atomic_long_sub(pages, &user->lambda_pages);
	return -EDQUOT;
}

void bpf_lambda_uncharge(struct user_struct *user, u32 pages)
{
	atomic_long_sub(pages, &user->lambda_pages);
}

/* Waits until the user may have one window more. */
static int claim(struct user_struct *user)
{
	if (wait_var_event_killable(&user->lambda_windows,
				    atomic_add_unless(&user->lambda_windows, 1,
						      BPF_LAMBDA_WINDOWS_USER)))
		return -EINTR;
	return 0;
}

/* Only those who saw no window left wait, so only the first one wakes them. */
static void unclaim(struct user_struct *user)
{
	if (atomic_dec_return(&user->lambda_windows) ==
	    BPF_LAMBDA_WINDOWS_USER - 1)
		wake_up_var(&user->lambda_windows);
}

/* Flushes TLBs and makes all retired windows clean. */
static void flush_retired(void)
{
	struct bpf_lambda_window *w;
	LIST_HEAD(list);
	u32 nr;

	spin_lock(&pool.lock);
	list_splice_init(&pool.retired, &list);
	nr = pool.nr_retired;
	pool.nr_retired = 0;
	pool.retired_pages = 0;
	spin_unlock(&pool.lock);
	if (!nr)
		return;

	flush_tlb_all();
	list_for_each_entry(w, &list, list)
		bpf_lambda_window_release(w);

	spin_lock(&pool.lock);
	list_splice(&list, &pool.clean);
	spin_unlock(&pool.lock);
	wake_up_nr(&pool.wait, nr);
}

static void flush_late(struct work_struct *work)
{
	flush_retired();
}

/* Retires a window that is on no list. */
static void retire(struct bpf_lambda_window *w)
{
	bool first, many;

	bpf_lambda_window_unmap(w);
	spin_lock(&pool.lock);
	list_add(&w->list, &pool.retired);
	first = !pool.nr_retired++;
	pool.retired_pages += w->nr_pages + w->nr_pins;
	many = pool.nr_retired > BPF_LAMBDA_RETIRED_MAX ||
	       pool.retired_pages > BPF_LAMBDA_RETIRED_PAGES;
	spin_unlock(&pool.lock);

	if (many)
		flush_retired();
	else if (first)
		queue_delayed_work(system_unbound_wq, &late_work,
				   RETIRED_TIME);
}

/* The segments of the last request are those of the next one as well. */
static bool is_same(const struct bpf_lambda_window *w, u64 image_id,
		    const struct bpf_lambda_shape *shape)
{
	return w->image_id == image_id && w->shape.in_skew == shape->in_skew &&
	       w->shape.in_len == shape->in_len &&
	       w->shape.out_cap == shape->out_cap &&
	       w->shape.args_len == shape->args_len;
}

/* Takes an idle window that is laid out as wanted, else returns NULL. */
static struct bpf_lambda_window *
take_same(u64 image_id, const struct bpf_lambda_shape *shape)
{
	struct bpf_lambda_window *w;

	spin_lock(&pool.lock);
	list_for_each_entry(w, &pool.idle, list)
		if (is_same(w, image_id, shape)) {
			list_del(&w->list);
			spin_unlock(&pool.lock);
			return w;
		}
	spin_unlock(&pool.lock);
	return NULL;
}

static bool fits(const struct bpf_lambda_window *w, u64 image_id,
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
static struct bpf_lambda_window *take(u64 image_id,
				      const struct bpf_lambda_layout *l)
{
	struct bpf_lambda_window *w;

	spin_lock(&pool.lock);
	list_for_each_entry(w, &pool.idle, list)
		if (fits(w, image_id, l))
			goto found;
	w = list_first_entry_or_null(&pool.clean, struct bpf_lambda_window,
				     list);
found:
	if (w)
		list_del(&w->list);
	spin_unlock(&pool.lock);
	return w;
}

/* A new window, NULL if there may be no more, or ERR_PTR(-ENOMEM). */
static struct bpf_lambda_window *create(void)
{
	struct bpf_lambda_window *w;

	spin_lock(&pool.lock);
	if (pool.nr_windows == BPF_LAMBDA_WINDOWS_MAX) {
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

static void retire_list(struct list_head *list)
{
	struct bpf_lambda_window *w, *next;

	list_for_each_entry_safe(w, next, list, list) {
		list_del(&w->list);
		retire(w);
	}
}

/* Makes clean windows of retired and idle ones. Return: there were some. */
static bool reclaim(void)
{
	LIST_HEAD(list);
	bool any;
	int i;

	spin_lock(&pool.lock);
	for (i = 0; i < BPF_LAMBDA_RETIRED_MAX && !list_empty(&pool.idle); i++)
		list_move(pool.idle.prev, &list);
	any = i || pool.nr_retired;
	spin_unlock(&pool.lock);

	retire_list(&list);
	flush_retired();
	return any;
}

static bool is_hopeful(void)
{
	bool hopeful;

	spin_lock(&pool.lock);
	hopeful = !list_empty(&pool.idle) || !list_empty(&pool.clean) ||
		  pool.nr_retired || pool.nr_windows < BPF_LAMBDA_WINDOWS_MAX;
	spin_unlock(&pool.lock);
	return hopeful;
}

/* Takes a window of whatever state, or makes or awaits one. */
static struct bpf_lambda_window *obtain(u64 image_id,
					const struct bpf_lambda_layout *l)
{
	struct bpf_lambda_window *w;

	for (;;) {
		w = take(image_id, l);
		if (w)
			return w;
		w = create();
		if (!IS_ERR_OR_NULL(w))
			return w;
		if (reclaim())
			continue;
		if (w)
			return w;
		if (wait_event_killable_exclusive(pool.wait, is_hopeful()))
			return ERR_PTR(-EINTR);
	}
}

/* A window laid out for the request; its pages are not paid for yet. */
static struct bpf_lambda_window *
obtain_for(const struct bpf_lambda_image *image,
	   const struct bpf_lambda_shape *shape)
{
	struct bpf_lambda_window *w = take_same(image->id, shape);
	struct bpf_lambda_layout layout;

	if (w)
		return w;
	bpf_lambda_layout(&layout, image, shape);
	w = obtain(image->id, &layout);
	if (!IS_ERR(w))
		w->layout = layout;
	return w;
}

struct bpf_lambda_window *
bpf_lambda_window_get(const struct bpf_lambda_image *image,
		      const struct bpf_lambda_shape *shape)
{
	struct bpf_lambda_window *w;

	if (claim(shape->user))
		return ERR_PTR(-EINTR);
	for (;;) {
		w = obtain_for(image, shape);
		if (IS_ERR(w)) {
			unclaim(shape->user);
			return w;
		}
		if (!bpf_lambda_charge(shape->user, w->nr_pages))
			break;
		/* The user may still afford a window without pages. */
		retire(w);
	}
	w->image = image;
	w->image_id = image->id;
	w->shape = *shape;
	bpf_lambda_window_begin(w);
	return w;
}

/* Puts a window that needs no flush where get() finds it. */
static void make_idle(struct bpf_lambda_window *w)
{
	spin_lock(&pool.lock);
	list_add(&w->list, w->nr_pages ? &pool.idle : &pool.clean);
	spin_unlock(&pool.lock);
}

void bpf_lambda_window_put(struct bpf_lambda_window *w)
{
	struct user_struct *user = w->shape.user;
	u32 pages = w->nr_pages + w->nr_pins;

	w->image = NULL;
	if (w->nr_pins || w->nr_pages > BPF_LAMBDA_KEEP_PAGES)
		retire(w);
	else
		make_idle(w);
	bpf_lambda_uncharge(user, pages);
	unclaim(user);
	if (wq_has_sleeper(&pool.wait))
		wake_up(&pool.wait);
}

void bpf_lambda_window_forget(u64 image_id)
{
	struct bpf_lambda_window *w, *next;
	LIST_HEAD(list);

	spin_lock(&pool.lock);
	list_for_each_entry_safe(w, next, &pool.idle, list)
		if (w->image_id == image_id)
			list_move(&w->list, &list);
	spin_unlock(&pool.lock);
	retire_list(&list);
}

static struct ctl_table lambda_table[] = {
	{
		.procname	= "user_pages",
		.data		= &bpf_lambda_user_pages,
		.maxlen		= sizeof(bpf_lambda_user_pages),
		.mode		= 0644,
		.proc_handler	= proc_doulongvec_minmax,
	},
};

static int __init bpf_lambda_pool_init(void)
{
	bpf_lambda_user_pages = totalram_pages() / 4;
	register_sysctl_init("fs/lambda", lambda_table);
	return 0;
}
fs_initcall(bpf_lambda_pool_init);
