/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pages of a window's segment while there is no window.
 *
 * A file and user memory may take for ever to answer, and windows are few. So a
 * window is taken when all that goes into it is there, and given back before
 * what came out of it is delivered: in between, pages are in a stage. It is on
 * the stack of the one task that makes the request.
 */
#ifndef _LINUX_BPF_LAMBDA_STAGE_H
#define _LINUX_BPF_LAMBDA_STAGE_H

#include <linux/bpf_lambda.h>
#include <linux/mm.h>
#include <linux/types.h>

#define BPF_LAMBDA_STAGE_FEW	17	/* pages of 64 KiB, askew */
#define BPF_LAMBDA_STAGE_CACHED	1ul	/* in an entry: it is of the page cache */

/**
 * struct bpf_lambda_stage - pages of a segment, from its first one on
 * @payer:   user and address space that pay for them
 * @pages:   the first @nr are there; those with BPF_LAMBDA_STAGE_CACHED are
 *           of the page cache, 0 is a page of zeros
 * @nr:      pages
 * @room:    entries of @pages
 * @private: pages that were allocated
 * @paid:    of them, what was paid for
 * @mapped:  pages of the page cache, all of them paid for
 * @few:     where @pages are as long as they fit
 */
struct bpf_lambda_stage {
	struct bpf_lambda_payer payer;
	unsigned long *pages;
	u32 nr;
	u32 room;
	u32 private;
	u32 paid;
	u32 mapped;
	unsigned long few[BPF_LAMBDA_STAGE_FEW];
};

/**
 * bpf_lambda_stage_init - begin with no page
 * @st: filled in; bpf_lambda_stage_drop() is owed
 *
 * The current task pays.
 */
void bpf_lambda_stage_init(struct bpf_lambda_stage *st);

/**
 * bpf_lambda_stage_drop - let go of all pages that are left
 * @st: the stage; it may be used again
 */
void bpf_lambda_stage_drop(struct bpf_lambda_stage *st);

/**
 * bpf_lambda_stage_fill - a page of its own, to be filled
 * @st: the stage
 * @i:  which; at most one behind the last
 *
 * A new one is zeroed, and charged to the user unless it is among the first
 * BPF_LAMBDA_KEEP_PAGES. One that is there is returned as it is.
 *
 * Return: its kernel address, or ERR_PTR: -ENOMEM, -EDQUOT, -EBUSY.
 */
void *bpf_lambda_stage_fill(struct bpf_lambda_stage *st, u32 i);

/**
 * bpf_lambda_stage_map - append pages of the page cache
 * @st:    the stage
 * @pages: the pages
 * @nr:    number of @pages
 *
 * Return: 0, and a reference of each page has passed to the stage; 1 where none
 * was appended, for the user has as many as it may have; -ENOMEM.
 */
int bpf_lambda_stage_map(struct bpf_lambda_stage *st, struct page **pages,
			 u32 nr);

/**
 * bpf_lambda_stage_cut - settle for fewer bytes
 * @st:  the stage
 * @len: bytes from the first page's start on
 *
 * What is behind them in their last page is zero then.
 *
 * Return: 0; -ENOMEM, -EDQUOT, -EBUSY.
 */
int bpf_lambda_stage_cut(struct bpf_lambda_stage *st, u32 len);

/**
 * bpf_lambda_stage_from_user - fill an empty stage with user memory
 * @st:   the stage
 * @from: the user's bytes
 * @len:  how many
 *
 * Return: 0; -EFAULT, or what bpf_lambda_stage_fill() and
 * bpf_lambda_signal_pause() return.
 */
int bpf_lambda_stage_from_user(struct bpf_lambda_stage *st,
			       const void __user *from, u32 len);

/**
 * bpf_lambda_stage_take - take output out of a window
 * @st:  the stage, empty
 * @w:   the window, its program run
 * @len: bytes of output
 *
 * The window is to be put next. Pages that it would keep are copied, all others
 * are taken away from it.
 *
 * Return: 0; -ENOMEM.
 */
int bpf_lambda_stage_take(struct bpf_lambda_stage *st,
			  struct bpf_lambda_window *w, u32 len);

/**
 * bpf_lambda_stage_page - look up a page
 * @st: the stage
 * @i:  which
 *
 * Return: the page, without a reference of its own.
 */
static inline struct page *
bpf_lambda_stage_page(const struct bpf_lambda_stage *st, u32 i)
{
	unsigned long page = st->pages[i];

	return page ? (struct page *)(page & ~BPF_LAMBDA_STAGE_CACHED) :
		      ZERO_PAGE(0);
}

/**
 * bpf_lambda_stage_window - take a window for what is there
 * @image: program and globals
 * @shape: lengths of the request; the caller has checked the limits
 * @args:  its arguments, all of them; the window takes the pages over
 * @in:    its input; likewise
 *
 * Return: the window, for bpf_lambda_pool_put(); or ERR_PTR: -ERESTARTSYS on a
 * signal, -ENOMEM, -EDQUOT, -EBUSY.
 */
struct bpf_lambda_window *
bpf_lambda_stage_window(const struct bpf_lambda_image *image,
			const struct bpf_lambda_shape *shape,
			struct bpf_lambda_stage *args,
			struct bpf_lambda_stage *in);

/**
 * bpf_lambda_stage_at_once - copy user memory into a segment, if it is there
 * @w:    the window
 * @addr: window address of the first byte, in args or input
 * @from: the user's bytes
 * @len:  how many
 *
 * Return: true; false if that would take waiting, or does not work at all.
 */
bool bpf_lambda_stage_at_once(struct bpf_lambda_window *w, u32 addr,
			      const void __user *from, u32 len);

/**
 * bpf_lambda_stage_deliver - put a window and copy its output to the user
 * @w:   the window, its program run
 * @to:  the user's buffer
 * @len: bytes
 *
 * Return: 0; -ENOMEM; -EFAULT, or -EINTR on a fatal signal, then a part may be
 * copied.
 */
int bpf_lambda_stage_deliver(struct bpf_lambda_window *w, void __user *to,
			     u32 len);

#endif /* _LINUX_BPF_LAMBDA_STAGE_H */
