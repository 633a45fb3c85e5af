// SPDX-License-Identifier: GPL-2.0-only
/*
 * Input that is not copied: the page cache of a file that offers its folios,
 * mapped into the window.
 */
#include <linux/bpf_lambda.h>
#include <linux/fs.h>
#include <linux/highmem.h>
#include <linux/lambda_fs.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/pagevec.h>
#include <linux/swap.h>

#include "mapped.h"
#include "request.h"

/* Page cache pages handed to the window at a time. */
#define MAP_BATCH	32

/* Copies a part of a page: the rest of it is not the λ's to see. */
static int copy_edge(const struct lambda_request *req,
		     struct bpf_lambda_window *w, struct folio *folio,
		     loff_t pos, u32 len)
{
	void *page = bpf_lambda_window_fill(w, lambda_in_addr(req, pos - req->offset));

	if (IS_ERR(page))
		return PTR_ERR(page);
	memcpy_from_folio(page + offset_in_page(pos), folio,
			  offset_in_folio(folio, pos), len);
	return 0;
}

/* Maps whole pages of a folio from @pos on, which is a page's start. */
static int map_whole(const struct lambda_request *req,
		     struct bpf_lambda_window *w, struct folio *folio,
		     loff_t pos, u32 nr)
{
	size_t at = offset_in_folio(folio, pos) >> PAGE_SHIFT;
	u32 first = (pos >> PAGE_SHIFT) - (req->offset >> PAGE_SHIFT);
	struct page *pages[MAP_BATCH];
	u32 done, n, i;
	int err;

	for (done = 0; done < nr; done += n) {
		n = min_t(u32, nr - done, MAP_BATCH);
		for (i = 0; i < n; i++)
			pages[i] = folio_page(folio, at + done + i);
		folio_ref_add(folio, n);
		err = bpf_lambda_window_map_input(w, first + done, pages, n);
		if (err)
			return err;
	}
	return 0;
}

/* Gives the λ the bytes of a folio from @pos to before @end. */
static int map_folio(const struct lambda_request *req,
		     struct bpf_lambda_window *w, struct folio *folio,
		     loff_t pos, loff_t end)
{
	u32 n;
	int err;

	/* Reading it, in a helper above all, could bring down the machine. */
	if (folio_contain_hwpoisoned_page(folio))
		return -EIO;
	if (offset_in_page(pos)) {
		n = min_t(loff_t, end - pos, PAGE_SIZE - offset_in_page(pos));
		err = copy_edge(req, w, folio, pos, n);
		if (err)
			return err;
		pos += n;
	}
	n = (end - pos) >> PAGE_SHIFT;
	if (n) {
		err = map_whole(req, w, folio, pos, n);
		if (err)
			return err;
		pos += (loff_t)n << PAGE_SHIFT;
	}
	return pos < end ? copy_edge(req, w, folio, pos, end - pos) : 0;
}

static int map_batch(const struct lambda_request *req,
		     struct bpf_lambda_window *w, struct folio_batch *fbatch,
		     loff_t *pos, loff_t end)
{
	unsigned int i;

	for (i = 0; i < folio_batch_count(fbatch) && *pos < end; i++) {
		struct folio *folio = fbatch->folios[i];
		loff_t to = min_t(loff_t, end,
				  folio_pos(folio) + folio_size(folio));
		int err = map_folio(req, w, folio, *pos, to);

		if (err)
			return err;
		folio_mark_accessed(folio);
		*pos = to;
	}
	return 0;
}

/**
 * lambda_map_input - give a λ a part of a file as it is in the page cache
 * @req: the request, of a file whose methods offer folios
 * @w:   its window
 * @len: bytes of input, from @req's offset on
 *
 * Does what filemap_read() does, mapping instead of copying. The file's size
 * counts only once the pages are uptodate: the part of a page beyond it is
 * zero then, or not part of the file yet.
 *
 * Return: bytes of input, fewer at the end of the file; 0 at it or beyond;
 * -EIO for a page that the hardware calls broken; -EINTR, -ENOMEM, -EDQUOT, or
 * what the file says.
 */
ssize_t lambda_map_input(const struct lambda_request *req,
			 struct bpf_lambda_window *w, u32 len)
{
	struct file *file = req->file;
	loff_t end = req->offset + len;
	struct folio_batch fbatch;
	struct kiocb kiocb;
	int file_err = 0;
	int err = 0;

	init_sync_kiocb(&kiocb, file);
	kiocb.ki_pos = req->offset;
	folio_batch_init(&fbatch);
	while (!err && kiocb.ki_pos < end) {
		file_err = file->f_op->lambda->folios(&kiocb,
						      end - kiocb.ki_pos,
						      &fbatch);
		if (file_err < 0)
			break;
		end = min(end, i_size_read(file->f_mapping->host));
		err = map_batch(req, w, &fbatch, &kiocb.ki_pos, end);
		folio_batch_release(&fbatch);
		cond_resched();
	}
	file_accessed(file);
	if (err || file_err == -EINTR)
		return err ?: file_err;
	return kiocb.ki_pos - req->offset ?: file_err;
}
