// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host side: input into the window, one run, output out of it.
 *
 * Input gets there in one of two ways. A file that offers its folios has
 * its page cache mapped read-only, whole pages only; edge pages are copied,
 * because the bytes around the requested range must read as zero. Small
 * inputs, snapshots and all other files are copied by the file's own
 * ->read_iter. Mapped pages stay live: a writer is seen half-way, as through
 * mmap().
 *
 * Nothing is locked between these steps, and user memory is only touched
 * where no lock is held. The caller's buffer and the file change after the λ
 * has ended well, never before.
 */
#include <linux/bpf_lambda.h>
#include <linux/bvec.h>
#include <linux/dax.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/ktime.h>
#include <linux/lambda_fs.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/user.h>
#include <linux/slab.h>
#include <linux/uio.h>

#include "handle.h"
#include "host.h"
#include "mapped.h"
#include "request.h"

/*
 * Up to here copying costs less than mapping, which needs a TLB flush on every
 * CPU sooner or later.
 */
#define COPY_MAX	SZ_64K
/* Most that one call of ->read_iter copies. */
#define COPY_CHUNK	SZ_1M
/* Pages of one call that fit on the stack: COPY_MAX, askew. */
#define BVECS_ON_STACK	(COPY_MAX / PAGE_SIZE + 1)

/* Ends a stage and begins the next. Return: ns since the last call. */
static u64 lap(struct lambda_request *req)
{
	u64 last = req->stamp;

	if (!req->timed)
		return 0;
	req->stamp = ktime_get_ns();
	return req->stamp - last;
}

static struct bpf_lambda_window *
get_window(const struct lambda_request *req,
	   const struct bpf_lambda_image *image, struct bpf_lambda_shape *shape)
{
	const struct lambda_io *io = &req->io;
	struct bpf_lambda_window *w;
	int err;

	shape->out_cap = io->out_cap;
	shape->args_len = io->args_len;
	shape->budget = lambda_handle_budget(req->handle, shape->in_len);
	shape->user = current_user();
	w = bpf_lambda_window_get(image, shape);
	if (IS_ERR(w) || !io->args_len)
		return w;
	err = bpf_lambda_fill_from_user(w, SBPF_ARGS_BASE,
					u64_to_user_ptr(io->args),
					io->args_len);
	if (!err)
		return w;
	bpf_lambda_window_put(w);
	return ERR_PTR(err);
}

/* Input that is copied */

/* Describes @len bytes of the input's window pages, from @pos on. */
static int fill_bvecs(const struct lambda_request *req,
		      struct bpf_lambda_window *w, u32 pos, u32 len,
		      struct bio_vec *bv)
{
	u32 done, n, addr;
	void *page;
	int nr = 0;

	for (done = 0; done < len; done += n) {
		addr = lambda_in_addr(req, pos + done);
		n = min_t(u32, len - done, PAGE_SIZE - offset_in_page(addr));
		page = bpf_lambda_window_fill(w, addr);
		if (IS_ERR(page))
			return PTR_ERR(page);
		bvec_set_page(&bv[nr++], virt_to_page(page), n,
			      offset_in_page(addr));
	}
	return nr;
}

/*
 * Of a page that was to be filled to its end the rest is anything: what a
 * method wrote beyond what it says it read, or an earlier request's input.
 */
static int zero_slack(const struct lambda_request *req,
		      struct bpf_lambda_window *w, u32 in_len)
{
	u32 end = offset_in_page(lambda_in_addr(req, in_len));
	void *page;

	if (!end)
		return 0;
	page = bpf_lambda_window_fill(w, lambda_in_addr(req, in_len));
	if (IS_ERR(page))
		return PTR_ERR(page);
	memset(page + end, 0, PAGE_SIZE - end);
	return 0;
}

/*
 * How much to read next of @left bytes. With O_DIRECT the odd part comes
 * first, so that a bad length is refused at once, as it is for pread(). Other
 * files are read as far as they say they reach and then, for that may be wrong
 * or say nothing, page by page: a page that was filled for nothing costs a TLB
 * flush.
 */
static u32 next_part(const struct file *file, loff_t pos, u32 left)
{
	loff_t known;

	if (file->f_flags & O_DIRECT)
		return left % COPY_CHUNK ?: COPY_CHUNK;
	known = i_size_read(file->f_mapping->host) - pos;
	if (known <= 0)
		known = PAGE_SIZE - offset_in_page(pos);
	return min3((loff_t)left, known, (loff_t)COPY_CHUNK);
}

static ssize_t copy_parts(const struct lambda_request *req,
			  struct bpf_lambda_window *w, u32 len,
			  struct bio_vec *bv)
{
	struct iov_iter iter;
	struct kiocb kiocb;
	ssize_t ret = 0;
	u32 done = 0;

	init_sync_kiocb(&kiocb, req->file);
	for (;;) {
		loff_t pos = req->offset + done;
		u32 part = next_part(req->file, pos, len - done);
		int nr = fill_bvecs(req, w, done, part, bv);

		if (nr < 0)
			return nr;
		kiocb.ki_pos = pos;
		iov_iter_bvec(&iter, ITER_DEST, bv, nr, part);
		ret = req->file->f_op->read_iter(&kiocb, &iter);
		if (ret <= 0)
			break;
		done += ret;
		if (ret < part || done == len)
			break;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return done ?: ret;
}

static ssize_t copy_input(const struct lambda_request *req,
			  struct bpf_lambda_window *w, u32 len)
{
	struct bio_vec on_stack[BVECS_ON_STACK] __uninitialized;
	struct bio_vec *bv = on_stack;
	ssize_t ret;

	if (len > COPY_MAX) {
		bv = kmalloc_array(COPY_CHUNK / PAGE_SIZE + 1, sizeof(*bv),
				   GFP_KERNEL_ACCOUNT);
		if (!bv)
			return -ENOMEM;
	}
	ret = copy_parts(req, w, len, bv);
	if (bv != on_stack)
		kfree(bv);
	return ret;
}

/* Reading */

static bool offers_folios(const struct file *file)
{
	return file->f_op->lambda && file->f_op->lambda->folios;
}

static bool file_is_direct(const struct file *file)
{
	return file->f_flags & O_DIRECT || IS_DAX(file->f_mapping->host);
}

/*
 * Bytes of input to plan for. Only of a file that offers its page cache is the
 * size known before it is read. O_DIRECT looks at the length too, so that one
 * is cut down to little more than the file, by whole pages.
 */
static u32 plan_input(const struct lambda_request *req)
{
	const struct file *file = req->file;
	loff_t size, rest;

	if (!offers_folios(file))
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

static ssize_t read_input(struct lambda_request *req,
			  struct bpf_lambda_window *w, u32 len)
{
	ssize_t ret;

	lap(req);
	if (len <= COPY_MAX || !offers_folios(req->file) ||
	    req->io.flags & LAMBDA_IO_SNAPSHOT || file_is_direct(req->file))
		ret = copy_input(req, w, len);
	else
		ret = lambda_map_input(req, w, len);
	req->io.ns_media = lap(req);
	if (ret <= 0)
		return ret;
	req->io.in_len = ret;
	req->io.bytes_media = ret;
	if (ret < len) {
		int err = zero_slack(req, w, ret);

		if (err)
			return err;
	}
	return ret;
}

/* Runs the λ. Return: the length of its output, or an error. */
static ssize_t run(struct lambda_request *req, struct bpf_lambda_window *w)
{
	struct lambda_io *io = &req->io;
	struct bpf_lambda_result res;
	int err = bpf_lambda_run(w, &res);

	io->ns_compute = lap(req);
	if (err) {
		if (err == -EINTR)
			io->status = LAMBDA_STATUS_KILLED;
		return err;
	}
	io->status = res.status;
	io->retval = res.retval;
	io->fault_addr = res.fault_addr;
	io->fault_write = res.fault_write;
	if (res.status != LAMBDA_STATUS_OK)
		return -ECANCELED;
	io->out_len = res.retval;
	return res.retval;
}

/**
 * lambda_host_run - run a λ over a part of a file, in the host kernel, and
 *                   leave the output where it is
 * @req: a checked request with a @count that is not 0
 * @ret: set to the window with the output, where there is any, for the caller
 *       to put; else to NULL
 *
 * Return: bytes of output, 0 at the end of the file; -ECANCELED for a λ that
 * ended badly; -EINTR, -EFAULT, -ENOMEM, -EDQUOT, or what the file's own read
 * method says.
 */
ssize_t lambda_host_run(struct lambda_request *req,
			struct bpf_lambda_window **ret)
{
	struct bpf_lambda_shape shape = {
		.offset = req->offset,
		.in_skew = offset_in_page(req->offset),
		.in_len = plan_input(req),
	};
	struct bpf_lambda_window *w;
	ssize_t len;

	*ret = NULL;
	if (!shape.in_len)
		return 0;
	w = get_window(req, &req->handle->image, &shape);
	if (IS_ERR(w))
		return PTR_ERR(w);

	len = read_input(req, w, shape.in_len);
	if (len > 0 && len < shape.in_len) {
		u64 budget = lambda_handle_budget(req->handle, len);

		bpf_lambda_window_shorten(w, len, budget);
	}
	if (len > 0)
		len = run(req, w);
	if (len > 0)
		*ret = w;
	else
		bpf_lambda_window_put(w);
	return len;
}

/* What a run has left in its window. Return: its length, or an error. */
static ssize_t deliver(const struct lambda_request *req,
		       struct bpf_lambda_window *w, ssize_t len)
{
	if (!w)
		return len;
	len = bpf_lambda_output_to_user(w, req->buf, len) ?: len;
	bpf_lambda_window_put(w);
	return len;
}

/**
 * lambda_host_read - run a λ over a part of a file, in the host kernel
 * @req: a checked request with a @count that is not 0
 *
 * Return: bytes of output put in the caller's buffer; else as
 * lambda_host_run().
 */
ssize_t lambda_host_read(struct lambda_request *req)
{
	struct bpf_lambda_window *w;
	ssize_t len = lambda_host_run(req, &w);

	return deliver(req, w, len);
}

/* Merging */

static int fill_from_kernel(struct bpf_lambda_window *w, const void *from,
			    u32 len)
{
	u32 pos, n;
	void *page;

	for (pos = 0; pos < len; pos += n) {
		n = min_t(u32, len - pos, PAGE_SIZE);
		page = bpf_lambda_window_fill(w, SBPF_IN_BASE + pos);
		if (IS_ERR(page))
			return PTR_ERR(page);
		memcpy(page, from + pos, n);
	}
	return 0;
}

/**
 * lambda_host_merge - make one output of those of a request's parts
 * @req: the request, of a handle with a merge program; its @io takes how this
 *       program has ended
 * @in:  the outputs, one after the other
 * @len: bytes of them, not 0
 *
 * Return: bytes of output put in the caller's buffer; -ECANCELED when the
 * program ended badly; -EINTR, -EFAULT, -ENOMEM, -EDQUOT.
 */
ssize_t lambda_host_merge(struct lambda_request *req, const void *in, u32 len)
{
	struct bpf_lambda_shape shape = {
		.offset = req->offset,
		.in_len = len,
	};
	struct bpf_lambda_window *w;
	ssize_t ret;

	w = get_window(req, &req->handle->merge, &shape);
	if (IS_ERR(w))
		return PTR_ERR(w);
	ret = fill_from_kernel(w, in, len);
	lap(req);
	if (!ret)
		ret = run(req, w);
	if (ret > 0)
		return deliver(req, w, ret);
	bpf_lambda_window_put(w);
	return ret;
}

/* Writing */

/* Writes @nr pages in one call, which is what keeps an append in one piece. */
static ssize_t write_bvecs(const struct lambda_request *req,
			   const struct bio_vec *bv, u32 nr, u32 len)
{
	struct file *file = req->file;
	struct iov_iter iter;
	struct kiocb kiocb;
	ssize_t ret;

	init_sync_kiocb(&kiocb, file);
	kiocb.ki_pos = req->offset;
	iov_iter_bvec(&iter, ITER_SOURCE, bv, nr, len);
	file_start_write(file);
	ret = file->f_op->write_iter(&kiocb, &iter);
	file_end_write(file);
	return ret;
}

static ssize_t write_output(struct lambda_request *req,
			    struct bpf_lambda_window *w, u32 len)
{
	struct bio_vec on_stack[BVECS_ON_STACK] __uninitialized;
	struct bio_vec *bv = on_stack;
	u32 nr = DIV_ROUND_UP(len, PAGE_SIZE);
	ssize_t ret;
	u32 i;

	if (nr > BVECS_ON_STACK) {
		bv = kvmalloc_array(nr, sizeof(*bv), GFP_KERNEL_ACCOUNT);
		if (!bv)
			return -ENOMEM;
	}
	for (i = 0; i < nr; i++) {
		u32 pos = i * PAGE_SIZE;
		struct page *page = bpf_lambda_window_page(w, SBPF_OUT_BASE +
							   pos);

		bvec_set_page(&bv[i], page ?: ZERO_PAGE(0),
			      min_t(u32, len - pos, PAGE_SIZE), 0);
	}
	ret = write_bvecs(req, bv, nr, len);
	if (bv != on_stack)
		kvfree(bv);
	req->io.ns_media = lap(req);
	if (ret > 0)
		req->io.bytes_media = ret;
	return ret;
}

/**
 * lambda_host_write - run a λ over a buffer and write its output, in the host
 *                     kernel
 * @req: a checked request with a @count that is not 0
 *
 * Return: bytes written to the file, which may be fewer than @req->io.out_len;
 * -ECANCELED for a λ that ended badly; -EINTR, -EFAULT, -ENOMEM, -EDQUOT, or
 * what the file's own write method says.
 */
ssize_t lambda_host_write(struct lambda_request *req)
{
	struct bpf_lambda_shape shape = { .in_len = req->count };
	struct bpf_lambda_window *w = get_window(req, &req->handle->image,
						 &shape);
	ssize_t ret;

	if (IS_ERR(w))
		return PTR_ERR(w);
	ret = bpf_lambda_fill_from_user(w, SBPF_IN_BASE, req->buf, req->count);
	if (!ret) {
		req->io.in_len = req->count;
		lap(req);
		ret = run(req, w);
	}
	if (ret > 0)
		ret = write_output(req, w, ret);
	bpf_lambda_window_put(w);
	return ret;
}
