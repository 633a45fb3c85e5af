// SPDX-License-Identifier: GPL-2.0-only
/*
 * One run of a λ: enter, tick, touch, leave; and BPF_PROG_TEST_RUN.
 *
 * A run gives way wherever a program may spend time again and again: at ticks,
 * which backward jumps lead to, at touches of new pages, and in helpers. In
 * between are LAMBDA_QUANTUM_INSNS instructions, or SBPF_WEIGHT_MAX, at most.
 */
#include <linux/bpf_lambda_stage.h>
#include <linux/filter.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include "internal.h"

u64 bpf_lambda_new_image_id(void)
{
	static atomic64_t last;

	return atomic64_inc_return(&last);
}

static u64 run_next_quantum(struct bpf_lambda_header *hdr)
{
	u64 quantum = hdr->window->image->prog->aux->lambda->quantum;
	u64 next = min(hdr->budget, quantum);

	hdr->budget -= next;
	return next;
}

bool bpf_lambda_may_go_on(struct bpf_lambda_header *hdr)
{
	if (likely(!bpf_lambda_signal_pause()))
		return true;
	hdr->status = LAMBDA_STATUS_KILLED;
	return false;
}

/* One quantum more, of a run that keeps a thread from what else it has to do. */
static bool run_is_late(struct bpf_lambda_window *w)
{
	return w->shape.quanta && !--w->shape.quanta;
}

/**
 * bpf_lambda_tick - the quantum of backward jumps is used up
 * @hdr: header of the running window
 *
 * Called by JIT code for the backward jump that found none left, which is
 * charged to the next quantum.
 *
 * Context: process context, may sleep.
 * Return: jumps left of the next quantum, or -1 to end the run with
 * @hdr->status set.
 */
s64 bpf_lambda_tick(struct bpf_lambda_header *hdr)
{
	if (!bpf_lambda_may_go_on(hdr))
		return -1;
	if (!hdr->budget) {
		hdr->status = LAMBDA_STATUS_OVER_BUDGET;
		return -1;
	}
	if (run_is_late(hdr->window)) {
		hdr->status = LAMBDA_STATUS_KILLED;
		return -1;
	}
	return run_next_quantum(hdr) - 1;
}

/*
 * An operation on memory that may not write to where it begins has loaded before,
 * also from the next page: this may have been missing, and that comes first.
 */
static int run_touch_rest(struct bpf_lambda_header *hdr)
{
	s64 rest = (hdr->fault_addr + hdr->fault_loads - 1) & PAGE_MASK;
	int ret;

	if (!hdr->fault_loads || rest <= hdr->fault_addr ||
	    (rest <= U32_MAX && bpf_lambda_window_page(hdr->window, rest)))
		return bpf_lambda_window_touch(hdr->window, hdr->fault_addr,
					       true);
	ret = bpf_lambda_window_touch(hdr->window, rest, false);
	if (ret > 0) {
		hdr->fault_addr = rest;
		hdr->fault_write = 0;
	}
	return ret;
}

/**
 * bpf_lambda_touch - an access found no page, or may not write to it
 * @hdr: header of the running window, with the access noted
 *
 * Context: process context, may sleep.
 * Return: 0 to make the access again, else the run ends with @hdr->status set.
 */
int bpf_lambda_touch(struct bpf_lambda_header *hdr)
{
	int ret = hdr->fault_write ? run_touch_rest(hdr) :
		  bpf_lambda_window_touch(hdr->window, hdr->fault_addr, false);

	if (ret > 0) {
		hdr->status = LAMBDA_STATUS_FAULT;
	} else if (ret < 0) {
		hdr->error = ret;
		hdr->status = LAMBDA_STATUS_NOT_RUN;
	} else if (!bpf_lambda_may_go_on(hdr)) {
		ret = -ERESTARTSYS;
	}
	return ret;
}

static void run_judge(const struct bpf_lambda_window *w,
		      struct bpf_lambda_result *res)
{
	if (res->retval < 0)
		res->status = LAMBDA_STATUS_ERROR;
	else if (res->retval > w->shape.out_cap)
		res->status = LAMBDA_STATUS_BAD_LENGTH;
	else
		res->status = LAMBDA_STATUS_OK;
}

static u64 run_budget_used(const struct bpf_lambda_window *w)
{
	const struct bpf_lambda_header *hdr = w->hdr;
	s64 ticks = hdr->ticks;

	if (hdr->status == LAMBDA_STATUS_OVER_BUDGET)
		return w->shape.budget;
	return w->shape.budget - hdr->budget - max(ticks, 0);
}

bool bpf_lambda_is_listed(const struct bpf_prog *prog)
{
	u32 i;

	for (i = 0; i < prog->aux->real_func_cnt; i++)
		if (!is_bpf_text_address((long)prog->aux->func[i]->bpf_func))
			return false;
	return true;
}

int bpf_lambda_run(struct bpf_lambda_window *w, struct bpf_lambda_result *res)
{
	const struct bpf_prog *prog = w->image->prog;
	struct bpf_lambda_header *hdr = w->hdr;
	s32 retval;

	*res = (struct bpf_lambda_result) {};
	hdr->status = LAMBDA_STATUS_OK;
	hdr->error = 0;
	hdr->helper_bytes = 0;
	hdr->budget = w->shape.budget;
	hdr->ticks = run_next_quantum(hdr);
	might_sleep();

	/* The caller's handle pins the program, so its pages stay. */
	retval = prog->bpf_func(hdr, prog->insnsi);
	res->budget_used = run_budget_used(w);
	res->helper_bytes = hdr->helper_bytes;
	if (hdr->error)
		return hdr->error;
	if (hdr->status == LAMBDA_STATUS_KILLED)
		return -ERESTARTSYS;
	if (hdr->status == LAMBDA_STATUS_OK) {
		res->retval = retval;
		run_judge(w, res);
		return 0;
	}
	res->status = hdr->status;
	if (res->status == LAMBDA_STATUS_FAULT) {
		res->fault_addr = hdr->fault_addr;
		res->fault_write = hdr->fault_write;
	}
	return 0;
}

/* Puts the window. */
static int run_test_results(struct bpf_lambda_window *w,
			    const struct bpf_lambda_result *res, u64 ns,
			    const union bpf_attr *attr,
			    union bpf_attr __user *uattr)
{
	void __user *to = u64_to_user_ptr(attr->test.data_out);
	u64 mean = div_u64(ns, max(attr->test.repeat, 1U));
	u32 len = res->status == LAMBDA_STATUS_OK ? res->retval : 0;
	int err = bpf_lambda_stage_deliver(w, to, len);

	if (err)
		return err;
	if (put_user(res->retval, &uattr->test.retval) ||
	    put_user((u32)min_t(u64, mean, U32_MAX), &uattr->test.duration) ||
	    put_user(len, &uattr->test.data_size_out))
		return -EFAULT;
	return res->status == LAMBDA_STATUS_OK ? 0 : -ECANCELED;
}

/* One run in a window of its own, so that each starts from zeroed memory. */
static int run_test_staged(const struct bpf_lambda_image *image,
			   const struct bpf_lambda_shape *shape,
			   struct bpf_lambda_stage *args,
			   struct bpf_lambda_stage *in, bool last, u64 *ns,
			   const union bpf_attr *attr,
			   union bpf_attr __user *uattr)
{
	struct bpf_lambda_window *w =
		bpf_lambda_stage_window(image, shape, args, in);
	struct bpf_lambda_result res;
	u64 start;
	int ret;

	if (IS_ERR(w))
		return PTR_ERR(w);
	start = ktime_get_ns();
	ret = bpf_lambda_run(w, &res);
	*ns += ktime_get_ns() - start;
	if (!ret && last)
		return run_test_results(w, &res, *ns, attr, uattr);
	bpf_lambda_pool_put(w);
	return ret;
}

static int run_test_once(const struct bpf_lambda_image *image,
			 const struct bpf_lambda_shape *shape, bool last,
			 u64 *ns, const union bpf_attr *attr,
			 union bpf_attr __user *uattr)
{
	const void __user *from_in = u64_to_user_ptr(attr->test.data_in);
	const void __user *from_args = u64_to_user_ptr(attr->test.ctx_in);
	struct bpf_lambda_stage args, in;
	int ret = bpf_lambda_charge_claim_turn(shape->payer.ucounts);

	if (ret)
		return ret;
	bpf_lambda_stage_init(&args);
	bpf_lambda_stage_init(&in);
	ret = bpf_lambda_stage_from_user(&in, from_in, shape->in_len);
	if (!ret)
		ret = bpf_lambda_stage_from_user(&args, from_args,
						 shape->args_len);
	if (!ret)
		ret = run_test_staged(image, shape, &args, &in, last, ns, attr,
				      uattr);
	bpf_lambda_stage_drop(&in);
	bpf_lambda_stage_drop(&args);
	bpf_lambda_charge_give_turn(shape->payer.ucounts);
	return ret;
}

/**
 * bpf_lambda_test_run - BPF_PROG_TEST_RUN of a λ
 * @prog:  the program
 * @attr:  data_in is the input, ctx_in the arguments, data_size_out the output
 *         capacity; a program run this way has neither globals nor heap, for
 *         these belong to a handle
 * @uattr: takes the output's length, the program's return value and the mean
 *         nanoseconds of a run
 *
 * Return: 0; -EAGAIN of a program that is still being loaded; -EINVAL for fields
 * that mean nothing here; -EMSGSIZE over a segment's limit; -ECANCELED when the λ
 * ended badly; -EFAULT; -EINTR on a signal; or what bpf_lambda_pool_get() and
 * bpf_lambda_run() return.
 */
int bpf_lambda_test_run(struct bpf_prog *prog, const union bpf_attr *attr,
			union bpf_attr __user *uattr)
{
	struct bpf_lambda_image image = {
		.prog = prog,
		.frame_len = SBPF_FRAME_DEFAULT,
		.id = bpf_lambda_new_image_id(),
	};
	struct bpf_lambda_shape shape = {
		.in_len = attr->test.data_size_in,
		.out_cap = attr->test.data_size_out,
		.args_len = attr->test.ctx_size_in,
		.budget = sbpf_default_budget(attr->test.data_size_in),
		.payer = bpf_lambda_current_payer(),
	};
	u32 repeat = max(attr->test.repeat, 1U);
	u64 ns = 0;
	int ret;

	if (!bpf_lambda_is_listed(prog))
		return -EAGAIN;
	if (attr->test.ctx_out || attr->test.flags || attr->test.cpu ||
	    attr->test.batch_size)
		return -EINVAL;
	if (shape.in_len > SBPF_IN_MAX || shape.out_cap > SBPF_OUT_MAX ||
	    shape.args_len > SBPF_ARGS_MAX)
		return -EMSGSIZE;
	do {
		/* A run without a backward jump has no tick. */
		ret = bpf_lambda_signal_pause();
		if (!ret)
			ret = run_test_once(&image, &shape, repeat == 1, &ns,
					    attr, uattr);
	} while (!ret && --repeat);
	bpf_lambda_pool_forget(image.id);
	/* As of any program: repeated runs might never come to their end. */
	return ret == -ERESTARTSYS ? -EINTR : ret;
}
