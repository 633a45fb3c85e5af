// SPDX-License-Identifier: GPL-2.0-only
/*
 * Input that is not copied: the page cache of a file that offers its folios, to
 * be mapped into a window. It is copied after all where the user may map no more,
 * and where the memory is kept for what can be moved: CMA, ZONE_MOVABLE.
 */
#include <linux/bpf_lambda_stage.h>
#include <linux/fs.h>
#include <linux/highmem.h>
#include <linux/lambda_fs.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/pagevec.h>
#include <linux/swap.h>

#include "internal.h"
#include "map.h"

/* Pages of a large folio that are handed on at a time. */
#define MAP_BATCH	32

/**
 * struct map_run - whole pages that follow each other, each a folio of its own
 * @pos:   of the first, in the file
 * @nr:    number of @pages
 * @pages: one reference each
 */
struct map_run {
	loff_t pos;
	u32 nr;
	struct page *pages[PAGEVEC_SIZE];
};

/* Copies a part of a page: the rest of it is not the λ's to see. */
static int map_copy_edge(const struct lambda_request *req,
			 struct bpf_lambda_stage *st, struct folio *folio,
			 loff_t pos, u32 len)
{
	void *page = bpf_lambda_stage_fill(st, lambda_in_page(req, pos -
							      req->offset));

	if (IS_ERR(page))
		return PTR_ERR(page);
	memcpy_from_folio(page + offset_in_page(pos), folio,
			  offset_in_folio(folio, pos), len);
	return 0;
}

/* Copies whole pages that are not to be mapped. */
static int map_copy_whole(const struct lambda_request *req,
			  struct bpf_lambda_stage *st, struct folio *folio,
			  loff_t pos, u32 nr)
{
	int err = 0;

	for (; nr-- && !err; pos += PAGE_SIZE)
		err = map_copy_edge(req, st, folio, pos, PAGE_SIZE);
	return err;
}

/* Maps whole pages of a folio from @pos on, which is a page's start. */
static int map_whole(const struct lambda_request *req,
		     struct bpf_lambda_stage *st, struct folio *folio,
		     loff_t pos, u32 nr)
{
	size_t at = offset_in_folio(folio, pos) >> PAGE_SHIFT;
	struct page *pages[MAP_BATCH];
	u32 done, n, i;
	int err;

	/*
	 * Where memory is to be moved, or taken out, no page may stay put for
	 * as long as a λ likes.
	 */
	if (!folio_is_longterm_pinnable(folio))
		return map_copy_whole(req, st, folio, pos, nr);
	for (done = 0; done < nr; done += n) {
		n = min_t(u32, nr - done, MAP_BATCH);
		for (i = 0; i < n; i++)
			pages[i] = folio_page(folio, at + done + i);
		folio_ref_add(folio, n);
		err = bpf_lambda_stage_map(st, pages, n);
		if (err)
			folio_put_refs(folio, n);
		if (err > 0)
			err = map_copy_whole(req, st, folio,
					     pos + ((loff_t)done << PAGE_SHIFT),
					     n);
		if (err)
			return err;
	}
	return 0;
}

/* Gives the λ the bytes of a folio from @pos to before @end. */
static int map_folio(const struct lambda_request *req,
		     struct bpf_lambda_stage *st, struct folio *folio,
		     loff_t pos, loff_t end)
{
	u32 n;
	int err;

	/* Reading it, in a helper above all, could bring down the machine. */
	if (folio_contain_hwpoisoned_page(folio))
		return -EIO;
	if (offset_in_page(pos)) {
		n = min_t(loff_t, end - pos, PAGE_SIZE - offset_in_page(pos));
		err = map_copy_edge(req, st, folio, pos, n);
		if (err)
			return err;
		pos += n;
	}
	n = (end - pos) >> PAGE_SHIFT;
	if (n) {
		err = map_whole(req, st, folio, pos, n);
		if (err)
			return err;
		pos += (loff_t)n << PAGE_SHIFT;
	}
	return pos < end ? map_copy_edge(req, st, folio, pos, end - pos) : 0;
}

/* Most folios are one page, all of which is mapped. */
static bool map_is_plain(struct folio *folio, loff_t pos, loff_t end)
{
	return end - pos == PAGE_SIZE && !folio_test_large(folio) &&
	       !folio_test_hwpoison(folio) && folio_is_longterm_pinnable(folio);
}

/* Maps a run, or copies it where the user may map no more. */
static int map_flush(const struct lambda_request *req,
		     struct bpf_lambda_stage *st, struct map_run *run)
{
	int err = bpf_lambda_stage_map(st, run->pages, run->nr);
	u32 i;

	if (!err)
		run->nr = 0;
	if (err > 0)
		err = 0;
	for (i = 0; i < run->nr && !err; i++)
		err = map_copy_whole(req, st, page_folio(run->pages[i]),
				     run->pos + ((loff_t)i << PAGE_SHIFT), 1);
	release_pages(run->pages, run->nr);
	run->nr = 0;
	return err;
}

/* Gives the λ the folio from @pos to before @end: later, if it joins the run. */
static int map_next(const struct lambda_request *req,
		    struct bpf_lambda_stage *st, struct map_run *run,
		    struct folio *folio, loff_t pos, loff_t end)
{
	int err;

	folio_mark_accessed(folio);
	if (likely(map_is_plain(folio, pos, end))) {
		if (!run->nr)
			run->pos = pos;
		run->pages[run->nr++] = folio_page(folio, 0);
		return 1;
	}
	err = map_flush(req, st, run);
	return err ?: map_folio(req, st, folio, pos, end);
}

/* What goes into a run takes the batch's reference along. */
static int map_batch(const struct lambda_request *req,
		     struct bpf_lambda_stage *st, struct folio_batch *fbatch,
		     loff_t *pos, loff_t end)
{
	struct map_run run = { .nr = 0 };
	unsigned int i, left = 0;
	int err, ret = 0;

	for (i = 0; i < folio_batch_count(fbatch); i++) {
		struct folio *folio = fbatch->folios[i];
		loff_t to = min_t(loff_t, end,
				  folio_pos(folio) + folio_size(folio));

		if (ret >= 0 && *pos < end) {
			ret = map_next(req, st, &run, folio, *pos, to);
			*pos = to;
			if (ret > 0)
				continue;
		}
		fbatch->folios[left++] = folio;
	}
	fbatch->nr = left;
	err = map_flush(req, st, &run);
	return min(ret, 0) ?: err;
}

static int map_get_folios(const struct lambda_request *req, struct kiocb *iocb,
			  size_t count, struct folio_batch *fbatch)
{
	const struct cred *old = lambda_use_cred(req);
	int err = req->file->f_op->lambda->folios(iocb, count, fbatch);

	lambda_revert_cred(old);
	return err;
}

/**
 * lambda_map_input - give a λ a part of a file as it is in the page cache
 * @req: the request, of a file whose methods offer folios
 * @st:  takes the pages; empty
 * @len: bytes of input, from @req's offset on
 * @err: set where there is an error
 *
 * Does what filemap_read() does, mapping instead of copying. The file's size
 * counts only once the pages are uptodate: the part of a page beyond it is
 * zero then, or not part of the file yet.
 *
 * Return: bytes of input; of fewer than @len, @err tells why: 0 at the end of
 * the file; -ERESTARTSYS, -ENOMEM, -EDQUOT, -EBUSY, or what the file says. A page that the
 * hardware calls broken leaves no input at all, and -EIO.
 */
u32 lambda_map_input(const struct lambda_request *req,
		     struct bpf_lambda_stage *st, u32 len, int *err)
{
	struct file *file = req->file;
	loff_t end = req->offset + len;
	struct folio_batch fbatch;
	struct kiocb kiocb;
	int ret = 0;

	init_sync_kiocb(&kiocb, file);
	kiocb.ki_pos = req->offset;
	folio_batch_init(&fbatch);
	while (!ret && kiocb.ki_pos < end) {
		*err = map_get_folios(req, &kiocb, end - kiocb.ki_pos, &fbatch);
		if (*err < 0)
			break;
		*err = 0;
		end = min(end, i_size_read(file->f_mapping->host));
		ret = map_batch(req, st, &fbatch, &kiocb.ki_pos, end);
		folio_batch_release(&fbatch);
		if (!ret)
			ret = bpf_lambda_signal_pause();
	}
	file_accessed(file);
	if (ret) {
		*err = ret;
		return 0;
	}
	return kiocb.ki_pos - req->offset;
}
