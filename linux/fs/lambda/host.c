// SPDX-License-Identifier: GPL-2.0-only
/*
 * HOST: input into a window, one run, output out of it.
 *
 * Nothing is locked between these steps, and user memory is only touched
 * where no lock is held. The caller's buffer and the file change after the λ
 * has ended well, never before.
 *
 * Files and memory may be ones that never answer. All that a request has
 * while it waits for them is one of its user's turns, and pages it pays for:
 * the window is taken when all that goes into it is there, and given back before
 * output is delivered. What is small is tried at once, without waiting, with the
 * window; see input.c and kernel/bpf/lambda/stage.c.
 */
#include <linux/bpf_lambda_stage.h>
#include <linux/bvec.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/lambda_fs.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uio.h>

#include "handle.h"
#include "host.h"
#include "input.h"
#include "internal.h"

/* Pages of output that are described on the stack. */
#define BVECS_ON_STACK	(SZ_64K / PAGE_SIZE)

static void host_fill_shape(struct bpf_lambda_shape *shape,
			    const struct lambda_request *req, u32 in_len)
{
	shape->in_len = in_len;
	shape->out_cap = req->io.out_cap;
	shape->args_len = req->io.args_len;
	shape->budget = lambda_handle_budget(req->handle, in_len);
	shape->payer = bpf_lambda_current_payer();
	shape->quanta = req->nowait ? LAMBDA_NOWAIT_QUANTA : 0;
}

static void __user *host_args_of(const struct lambda_request *req)
{
	return u64_to_user_ptr(req->io.args);
}

static bool host_args_at_once(const struct lambda_request *req,
			      struct bpf_lambda_window *w)
{
	return bpf_lambda_stage_at_once(w, SBPF_ARGS_BASE, host_args_of(req),
					req->io.args_len);
}

/* What a request is made from. */
struct host_input {
	struct bpf_lambda_stage args, in;
};

/* Arguments come first. host_drop_stages() is owed in any case. */
static int host_begin_to_gather(struct host_input *g,
				const struct lambda_request *req)
{
	bpf_lambda_stage_init(&g->args);
	bpf_lambda_stage_init(&g->in);
	return bpf_lambda_stage_from_user(&g->args, host_args_of(req),
					  req->io.args_len);
}

static void host_drop_stages(struct host_input *g)
{
	bpf_lambda_stage_drop(&g->in);
	bpf_lambda_stage_drop(&g->args);
}

/* Runs the λ. Return: the length of its output, or an error. */
static ssize_t host_run_window(struct lambda_request *req,
			       struct bpf_lambda_window *w)
{
	struct lambda_result *res = &req->io.result;
	struct bpf_lambda_result end;
	int err = bpf_lambda_run(w, &end);

	res->ns_compute = lambda_lap(req);
	if (err) {
		if (err == -ERESTARTSYS)
			res->status = LAMBDA_STATUS_KILLED;
		return err;
	}
	res->status = end.status;
	res->retval = end.retval;
	res->fault_addr = end.fault_addr;
	res->fault_write = end.fault_write;
	res->budget_used = end.budget_used;
	res->helper_bytes = end.helper_bytes;
	if (end.status != LAMBDA_STATUS_OK)
		return -ECANCELED;
	res->out_len = end.retval;
	return end.retval;
}

/* Reading */

/* A window with input and arguments that are there; NULL if they may not be. */
static struct bpf_lambda_window *
host_read_at_once(struct lambda_request *req,
		  const struct bpf_lambda_shape *shape)
{
	struct bpf_lambda_window *w;

	if (!lambda_input_small(req, shape->in_len))
		return NULL;
	w = bpf_lambda_pool_get(&req->handle->image, shape);
	if (IS_ERR(w) || (host_args_at_once(req, w) &&
			  lambda_input_at_once(req, w, shape->in_len)))
		return w;
	bpf_lambda_pool_put(w);
	return NULL;
}

/*
 * As host_read_at_once(), but waits.
 * Return: the window, NULL: no input; ERR_PTR.
 */
static struct bpf_lambda_window *
host_read_in_turn(struct lambda_request *req, struct bpf_lambda_shape *shape)
{
	struct bpf_lambda_window *w = NULL;
	struct host_input g;
	ssize_t len;

	len = host_begin_to_gather(&g, req);
	if (!len)
		len = lambda_input_gather(req, &g.in, shape->in_len);
	if (len < 0)
		w = ERR_PTR(len);
	if (len > 0) {
		host_fill_shape(shape, req, len);
		w = bpf_lambda_stage_window(&req->handle->image, shape, &g.args,
					    &g.in);
	}
	host_drop_stages(&g);
	return w;
}

/* What takes its time may wait for its turn; 0: the user's turn is claimed. */
static int host_claim_turn(const struct lambda_request *req,
			   struct ucounts *ucounts)
{
	if (!req->nowait)
		return bpf_lambda_charge_claim_turn(ucounts);
	if (READ_ONCE(req->handle->late) ||
	    !bpf_lambda_charge_try_turn(ucounts))
		return -EAGAIN;
	return 0;
}

/* The result of a request that is as if it had not begun. */
static ssize_t host_put_off(struct lambda_request *req, ssize_t len)
{
	if (len == -ERESTARTSYS && !bpf_lambda_interrupted(current))
		WRITE_ONCE(req->handle->late, true);
	req->io.result = (struct lambda_result) {
		.status = LAMBDA_STATUS_NOT_RUN,
	};
	return -EAGAIN;
}

static struct bpf_lambda_window *
host_read_window(struct lambda_request *req, struct bpf_lambda_shape *shape)
{
	struct bpf_lambda_window *w = host_read_at_once(req, shape);

	if (w)
		return w;
	return req->nowait ? ERR_PTR(-EAGAIN) : host_read_in_turn(req, shape);
}

/**
 * lambda_host_run - run a λ over a part of a file, in the host kernel, and
 *                   leave the output where it is
 * @req: a checked request with a @count that is not 0
 * @ret: set to the window with the output, where there is any, for
 *       lambda_host_deliver() or lambda_host_put(); else to NULL
 *
 * Context: process context with nothing held that others wait for.
 * Return: bytes of output, 0 at the end of the file; -ECANCELED for a λ that
 * ended badly; -ERESTARTSYS, -EFAULT, -ENOMEM, -EDQUOT, -EBUSY, or what the
 * file's own read method says; -EAGAIN as &lambda_call.nowait has it.
 */
ssize_t lambda_host_run(struct lambda_request *req,
			struct bpf_lambda_window **ret)
{
	struct bpf_lambda_shape shape = {
		.offset = req->offset,
		.in_skew = offset_in_page(req->offset),
	};
	u32 plan = lambda_input_plan(req);
	struct bpf_lambda_window *w;
	ssize_t len;

	*ret = NULL;
	if (!plan)
		return 0;
	host_fill_shape(&shape, req, plan);
	len = host_claim_turn(req, shape.payer.ucounts);
	if (len)
		return len;
	w = host_read_window(req, &shape);
	len = IS_ERR_OR_NULL(w) ? PTR_ERR_OR_ZERO(w) : host_run_window(req, w);
	if (len > 0)
		*ret = w;
	else
		lambda_host_put(w);
	if (req->nowait && (len == -EAGAIN || len == -ERESTARTSYS))
		return host_put_off(req, len);
	return len;
}

/**
 * lambda_host_put - be done with what lambda_host_run() has left
 * @w: the window; NULL or an error where there is none
 */
void lambda_host_put(struct bpf_lambda_window *w)
{
	if (!IS_ERR_OR_NULL(w))
		bpf_lambda_pool_put(w);
	bpf_lambda_charge_give_turn(current_ucounts());
}

/**
 * lambda_host_deliver - copy what lambda_host_run() has left to the caller
 * @w:   the window, which is put
 * @buf: the caller's memory
 * @len: bytes of output
 *
 * Return: 0; -EFAULT, -ENOMEM, -EINTR.
 */
int lambda_host_deliver(struct bpf_lambda_window *w, void __user *buf, u32 len)
{
	int err = bpf_lambda_stage_deliver(w, buf, len);

	bpf_lambda_charge_give_turn(current_ucounts());
	return err;
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

	if (!w)
		return len;
	lambda_request_ended(req);
	return lambda_host_deliver(w, req->buf, len) ?: len;
}

/* Merging */

static int host_stage_from_kernel(struct bpf_lambda_stage *st, const void *from,
				  u32 len)
{
	u32 pos, n;
	void *page;

	for (pos = 0; pos < len; pos += n) {
		n = min_t(u32, len - pos, PAGE_SIZE);
		page = bpf_lambda_stage_fill(st, pos >> PAGE_SHIFT);
		if (IS_ERR(page))
			return PTR_ERR(page);
		memcpy(page, from + pos, n);
	}
	return 0;
}

static struct bpf_lambda_window *host_merge_in_turn(struct lambda_request *req,
						    const void *in, u32 len)
{
	struct bpf_lambda_shape shape = { .offset = req->offset };
	struct bpf_lambda_window *w;
	struct host_input g;
	int err;

	host_fill_shape(&shape, req, len);
	err = host_begin_to_gather(&g, req);
	if (!err)
		err = host_stage_from_kernel(&g.in, in, len);
	w = err ? ERR_PTR(err) :
	    bpf_lambda_stage_window(&req->handle->merge, &shape, &g.args,
				    &g.in);
	host_drop_stages(&g);
	return w;
}

/**
 * lambda_host_merge - make one output of those of a request's parts
 * @req: the request, of a handle with a merge program; its @io takes how this
 *       program has ended
 * @in:  the outputs, one after the other
 * @len: bytes of them, not 0
 *
 * Return: bytes of output put in the caller's buffer; -ECANCELED when the
 * program ended badly; -ERESTARTSYS, -EFAULT, -ENOMEM, -EDQUOT, -EBUSY.
 */
ssize_t lambda_host_merge(struct lambda_request *req, const void *in, u32 len)
{
	struct bpf_lambda_window *w;
	ssize_t ret = bpf_lambda_charge_claim_turn(current_ucounts());

	if (ret)
		return ret;
	w = host_merge_in_turn(req, in, len);
	lambda_lap(req);
	ret = IS_ERR(w) ? PTR_ERR(w) : host_run_window(req, w);
	if (ret > 0)
		return lambda_host_deliver(w, req->buf, ret) ?: ret;
	lambda_host_put(w);
	return ret;
}

/* Writing */

/* A window with input and arguments that are there; NULL if they may not be. */
static struct bpf_lambda_window *
host_take_at_once(const struct lambda_request *req,
		  const struct bpf_lambda_shape *shape)
{
	struct bpf_lambda_window *w;

	if (shape->in_len > LAMBDA_INPUT_SMALL)
		return NULL;
	w = bpf_lambda_pool_get(&req->handle->image, shape);
	if (IS_ERR(w) ||
	    (host_args_at_once(req, w) &&
	     bpf_lambda_stage_at_once(w, SBPF_IN_BASE, req->buf,
				      shape->in_len)))
		return w;
	bpf_lambda_pool_put(w);
	return NULL;
}

static struct bpf_lambda_window *
host_take_in_turn(const struct lambda_request *req,
		  const struct bpf_lambda_shape *shape)
{
	struct bpf_lambda_window *w;
	struct host_input g;
	int err;

	err = host_begin_to_gather(&g, req);
	if (!err)
		err = bpf_lambda_stage_from_user(&g.in, req->buf, req->count);
	w = err ? ERR_PTR(err) :
	    bpf_lambda_stage_window(&req->handle->image, shape, &g.args,
				    &g.in);
	host_drop_stages(&g);
	return w;
}

/* Writes @nr pages in one call, which is what keeps an append in one piece. */
static ssize_t host_write_bvecs(const struct lambda_request *req,
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

/* Writes @len bytes of output that are out of their window. */
static ssize_t host_write_staged(struct lambda_request *req,
				 const struct bpf_lambda_stage *st, u32 len)
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
	for (i = 0; i < nr; i++)
		bvec_set_page(&bv[i], bpf_lambda_stage_page(st, i),
			      min_t(u32, len - i * PAGE_SIZE, PAGE_SIZE), 0);
	ret = host_write_bvecs(req, bv, nr, len);
	if (bv != on_stack)
		kvfree(bv);
	return ret;
}

/* Puts the window first. */
static ssize_t host_write_output(struct lambda_request *req,
				 struct bpf_lambda_window *w, u32 len)
{
	struct bpf_lambda_stage st;
	ssize_t ret;

	bpf_lambda_stage_init(&st);
	ret = bpf_lambda_stage_take(&st, w, len);
	bpf_lambda_pool_put(w);
	if (!ret)
		ret = host_write_staged(req, &st, len);
	bpf_lambda_stage_drop(&st);
	req->io.result.ns_media = lambda_lap(req);
	if (ret > 0)
		req->io.result.bytes_media = ret;
	return ret;
}

/**
 * lambda_host_write - run a λ over a buffer and write its output, in the host
 *                     kernel
 * @req: a checked request with a @count that is not 0
 *
 * Return: bytes written to the file, which may be fewer than the output has;
 * -ECANCELED for a λ that ended badly; -ERESTARTSYS, -EFAULT, -ENOMEM, -EDQUOT,
 * -EBUSY, or what the file's own write method says.
 */
ssize_t lambda_host_write(struct lambda_request *req)
{
	struct bpf_lambda_shape shape = {};
	struct bpf_lambda_window *w;
	ssize_t ret;

	host_fill_shape(&shape, req, req->count);
	ret = bpf_lambda_charge_claim_turn(shape.payer.ucounts);
	if (ret)
		return ret;
	w = host_take_at_once(req, &shape) ?: host_take_in_turn(req, &shape);
	if (IS_ERR(w)) {
		ret = PTR_ERR(w);
	} else {
		req->io.result.in_len = req->count;
		lambda_lap(req);
		ret = host_run_window(req, w);
	}
	if (ret <= 0) {
		lambda_host_put(w);
		return ret;
	}
	ret = host_write_output(req, w, ret);
	bpf_lambda_charge_give_turn(shape.payer.ucounts);
	return ret;
}
