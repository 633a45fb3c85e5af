// SPDX-License-Identifier: GPL-2.0-only
/*
 * A λ's input, on its way from the file.
 *
 * It gets there in one of two ways. A file that offers its folios has its page
 * cache mapped read-only, whole pages only; edge pages are copied, because the
 * bytes around the requested range must read as zero. Small inputs, snapshots
 * and all other files are copied by the file's own ->read_iter. Mapped pages
 * stay live: a writer is seen half-way, as through mmap().
 *
 * A file may take for ever to answer: its server is a user's, or its lock is. So
 * input is gathered in a stage, for a window that is taken afterwards. Only what
 * is small, and in the page cache for certain, goes into a window at once.
 */
#include <linux/bpf_lambda_stage.h>
#include <linux/bvec.h>
#include <linux/dax.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/lambda_fs.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uio.h>

#include "handle.h"
#include "input.h"
#include "internal.h"
#include "map.h"

/* Most that one call of ->read_iter copies. */
#define COPY_CHUNK	SZ_1M
/* Pages of one call that fit on the stack: those of a small input. */
#define BVECS_ON_STACK	(LAMBDA_INPUT_SMALL / PAGE_SIZE + 1)

/* Copying */

/* Describes @len bytes of the input's pages, from @pos on. */
static int input_fill_bvecs(const struct lambda_request *req,
			    struct bpf_lambda_stage *st, u32 pos, u32 len,
			    struct bio_vec *bv)
{
	u32 done, n, at;
	void *page;
	int nr = 0;

	for (done = 0; done < len; done += n) {
		at = offset_in_page(lambda_in_addr(req, pos + done));
		n = min_t(u32, len - done, PAGE_SIZE - at);
		page = bpf_lambda_stage_fill(st, lambda_in_page(req, pos +
								done));
		if (IS_ERR(page))
			return PTR_ERR(page);
		bvec_set_page(&bv[nr++], virt_to_page(page), n, at);
	}
	return nr;
}

/*
 * How much to read next of @left bytes; 0: nothing. With O_DIRECT the odd part
 * comes first, so that a bad length is refused at once, as it is for pread();
 * and behind a part that ended short at the end of the file there is nothing,
 * for the position is not one that O_DIRECT must take. Other files are read as
 * far as they say they reach and then, for that may be wrong or say nothing,
 * page by page: a page that was filled for nothing costs a window more.
 */
static u32 input_next_part(const struct file *file, loff_t pos, u32 left,
			   bool first)
{
	loff_t known = i_size_read(file->f_mapping->host) - pos;

	if (file->f_flags & O_DIRECT && !first && known <= 0)
		return 0;
	if (file->f_flags & O_DIRECT)
		return left % COPY_CHUNK ?: COPY_CHUNK;
	if (known <= 0)
		known = PAGE_SIZE - offset_in_page(pos);
	return min3((loff_t)left, known, (loff_t)COPY_CHUNK);
}

/* One call of ->read_iter, for @part bytes that are @done into the input. */
static ssize_t input_copy_part(const struct lambda_request *req, int flags,
			       u32 done, u32 part, const struct bio_vec *bv,
			       int nr)
{
	const struct cred *old;
	struct iov_iter iter;
	struct kiocb kiocb;
	ssize_t ret;

	init_sync_kiocb(&kiocb, req->file);
	kiocb.ki_flags |= flags;
	kiocb.ki_pos = req->offset + done;
	iov_iter_bvec(&iter, ITER_DEST, bv, nr, part);
	old = lambda_use_cred(req);
	ret = req->file->f_op->read_iter(&kiocb, &iter);
	lambda_revert_cred(old);
	return ret;
}

static ssize_t input_stage_part(const struct lambda_request *req,
				struct bpf_lambda_stage *st, u32 done, u32 part,
				struct bio_vec *bv)
{
	int nr = input_fill_bvecs(req, st, done, part, bv);

	return nr < 0 ? nr : input_copy_part(req, 0, done, part, bv, nr);
}

/*
 * A read that comes back short says nothing about what follows, which goes for
 * FUSE and network filesystems: only 0 is the end of the file.
 */
static u32 input_copy_parts(const struct lambda_request *req,
			    struct bpf_lambda_stage *st, u32 len,
			    struct bio_vec *bv, int *err)
{
	u32 done = 0;

	for (;;) {
		u32 part = input_next_part(req->file, req->offset + done,
					   len - done, !done);
		ssize_t ret = part ? input_stage_part(req, st, done, part, bv) :
				     0;

		if (ret <= 0) {
			*err = ret;
			return done;
		}
		done += ret;
		if (done == len)
			return done;
		*err = bpf_lambda_signal_pause();
		if (*err)
			return done;
	}
}

/* Return: bytes of input; before all of @len, *@err is why, 0 at the end. */
static u32 input_copy(const struct lambda_request *req,
		      struct bpf_lambda_stage *st, u32 len, int *err)
{
	struct bio_vec on_stack[BVECS_ON_STACK] __uninitialized;
	struct bio_vec *bv = on_stack;
	u32 done;

	if (len > LAMBDA_INPUT_SMALL) {
		bv = kmalloc_array(COPY_CHUNK / PAGE_SIZE + 1, sizeof(*bv),
				   GFP_KERNEL_ACCOUNT);
		if (!bv) {
			*err = -ENOMEM;
			return 0;
		}
	}
	done = input_copy_parts(req, st, len, bv, err);
	if (bv != on_stack)
		kfree(bv);
	return done;
}

/* Reading */

static bool input_offers_folios(const struct file *file)
{
	return file->f_op->lambda && file->f_op->lambda->folios;
}

static bool input_is_direct(const struct file *file)
{
	return file->f_flags & O_DIRECT || IS_DAX(file->f_mapping->host);
}

/**
 * lambda_input_plan - how much input to plan for
 * @req: a checked request that reads
 *
 * Only of a file that offers its page cache is the size known before it is read.
 * O_DIRECT looks at the length too, so that one is cut down to little more than
 * the file, by whole pages.
 *
 * Return: bytes; 0 at the end of the file.
 */
u32 lambda_input_plan(const struct lambda_request *req)
{
	const struct file *file = req->file;
	loff_t size, rest;

	if (!input_offers_folios(file))
		return req->count;
	size = i_size_read(file->f_mapping->host);
	rest = size > req->offset ? size - req->offset : 0;
	if (rest >= req->count)
		return req->count;
	if (!(file->f_flags & O_DIRECT))
		return rest;
	rest += (req->count - rest) % PAGE_SIZE;
	return rest ?: PAGE_SIZE;
}

/* Return: bytes of input; before all of @len, *@err is why, 0 at the end. */
static u32 get_input(const struct lambda_request *req,
		     struct bpf_lambda_stage *st, u32 len, int *err)
{
	if (len <= LAMBDA_INPUT_SMALL || !input_offers_folios(req->file) ||
	    req->io.flags & LAMBDA_IO_SNAPSHOT || input_is_direct(req->file))
		return input_copy(req, st, len, err);
	return lambda_map_input(req, st, len, err);
}

/*
 * What the λ is given of @len bytes before an error: them, as pread() would
 * return them, but of a record-wise λ whole records only, which the next
 * request goes on from. Return: bytes, or an errno.
 */
static ssize_t input_before_error(const struct lambda_request *req, u32 len,
				  int err)
{
	u32 record = req->handle->record_len;

	if (!len || err == -ENOMEM || err == -EDQUOT || err == -EBUSY ||
	    err == -ERESTARTSYS ||
	    fatal_signal_pending(current))
		return err;
	if (record)
		len -= len % record;
	if (!len)
		return -EIO;
	return len;
}

/* Tells the request how much input there is. */
static void got_input(struct lambda_request *req, u32 len)
{
	req->io.result.in_len = len;
	req->io.result.bytes_media = len;
}

/**
 * lambda_input_gather - read a λ's input
 * @req: a checked request that reads; its @io takes how much, and how long
 * @st:  takes the pages; empty
 * @len: bytes to read, of lambda_input_plan()
 *
 * Return: bytes of input, 0 at the end of the file; -ERESTARTSYS, -ENOMEM,
 * -EDQUOT, -EBUSY, or what the file says.
 */
ssize_t lambda_input_gather(struct lambda_request *req,
			    struct bpf_lambda_stage *st, u32 len)
{
	ssize_t ret;
	int err = 0;

	lambda_lap(req);
	ret = get_input(req, st, len, &err);
	if (err)
		ret = input_before_error(req, ret, err);
	req->io.result.ns_media = lambda_lap(req);
	if (ret <= 0)
		return ret;
	/*
	 * Of the last page the rest is anything: what a method wrote beyond
	 * what it says it read, or bytes that are not to be seen.
	 */
	err = bpf_lambda_stage_cut(st, offset_in_page(req->offset) + ret);
	if (err)
		return err;
	got_input(req, ret);
	return ret;
}

/* Describes the pages of a window that small input goes to. */
static int input_window_bvecs(const struct lambda_request *req,
			      struct bpf_lambda_window *w, u32 len,
			      struct bio_vec *bv)
{
	u32 done, n, addr;
	void *page;
	int nr = 0;

	for (done = 0; done < len; done += n) {
		addr = lambda_in_addr(req, done);
		n = min_t(u32, len - done, PAGE_SIZE - offset_in_page(addr));
		page = bpf_lambda_window_fill(w, addr);
		if (IS_ERR(page))
			return PTR_ERR(page);
		bvec_set_page(&bv[nr++], virt_to_page(page), n,
			      offset_in_page(addr));
	}
	return nr;
}

/**
 * lambda_input_small - whether to look for input in the page cache at once
 * @req: a checked request that reads
 * @len: bytes, of lambda_input_plan()
 *
 * Return: true if the file can be told not to wait for anything, a disk included,
 * so that lambda_input_at_once() is worth a window.
 */
bool lambda_input_small(const struct lambda_request *req, u32 len)
{
	const struct file *file = req->file;

	return len <= LAMBDA_INPUT_SMALL && input_offers_folios(file) &&
	       file->f_mode & FMODE_NOWAIT && !(file->f_flags & O_DIRECT);
}

/**
 * lambda_input_at_once - copy small input into a window, if it is there
 * @req: the request; its @io takes how long that took
 * @w:   its window
 * @len: bytes of input
 *
 * Return: true; false if not all of it was to be had at once.
 */
bool lambda_input_at_once(struct lambda_request *req,
			  struct bpf_lambda_window *w, u32 len)
{
	struct bio_vec bv[BVECS_ON_STACK] __uninitialized;
	int nr = input_window_bvecs(req, w, len, bv);

	lambda_lap(req);
	if (nr < 0 || input_copy_part(req, IOCB_NOWAIT | IOCB_NOIO, 0, len, bv,
				      nr) != len)
		return false;
	req->io.result.ns_media = lambda_lap(req);
	got_input(req, len);
	return true;
}
