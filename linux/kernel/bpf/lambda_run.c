// SPDX-License-Identifier: GPL-2.0-only
/*
 * One run of a λ: user memory in, enter, tick, touch, leave, user memory out;
 * and BPF_PROG_TEST_RUN.
 */
#include <linux/bpf_lambda.h>
#include <linux/filter.h>
#include <linux/freezer.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sched/cputime.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include "lambda_window.h"

u64 bpf_lambda_new_image_id(void)
{
	static atomic64_t last;

	return atomic64_inc_return(&last);
}

static u64 lambda_next_quantum(struct bpf_lambda_header *hdr)
{
	u64 quantum = hdr->window->image->prog->aux->lambda->quantum;
	u64 next = min(hdr->budget, quantum);

	hdr->budget -= next;
	return next;
}

/* A signal that dumps core does not become SIGKILL by itself as others do. */
static bool lambda_core_dump_pending(void)
{
	struct sighand_struct *sighand = current->sighand;
	bool found = false;
	sigset_t pending;
	int sig;

	spin_lock_irq(&sighand->siglock);
	sigorsets(&pending, &current->pending.signal,
		  &current->signal->shared_pending.signal);
	sigandnsets(&pending, &pending, &current->blocked);
	for (sig = 1; sig < SIGRTMIN; sig++)
		if (sigismember(&pending, sig) && sig_kernel_coredump(sig) &&
		    sighand->action[sig - 1].sa.sa_handler == SIG_DFL)
			found = true;
	spin_unlock_irq(&sighand->siglock);
	return found;
}

/* RLIMIT_CPU is enforced on the way back to user mode. */
static bool lambda_cpu_time_is_up(void)
{
	unsigned long limit = rlimit_max(RLIMIT_CPU);
	struct task_cputime used;

	if (limit == RLIM_INFINITY)
		return false;
	thread_group_cputime(current, &used);
	return div_u64(used.utime + used.stime, NSEC_PER_SEC) >= limit;
}

/* The process will end before it sees a result. */
static bool lambda_is_doomed(void)
{
	if (fatal_signal_pending(current))
		return true;
	if (signal_pending(current) && lambda_core_dump_pending())
		return true;
	return lambda_cpu_time_is_up();
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
	if (lambda_is_doomed()) {
		hdr->status = LAMBDA_STATUS_KILLED;
		return -1;
	}
	if (!hdr->budget) {
		hdr->status = LAMBDA_STATUS_OVER_BUDGET;
		return -1;
	}
	try_to_freeze();
	cond_resched_tasks_rcu_qs();
	return lambda_next_quantum(hdr) - 1;
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
	int ret = bpf_lambda_window_touch(hdr->window, hdr->fault_addr,
					  hdr->fault_write);

	if (ret > 0) {
		hdr->status = LAMBDA_STATUS_FAULT;
	} else if (ret < 0) {
		hdr->error = ret;
		hdr->status = LAMBDA_STATUS_NOT_RUN;
	}
	return ret;
}

static void lambda_judge(const struct bpf_lambda_window *w,
			 struct bpf_lambda_result *res)
{
	if (res->retval < 0)
		res->status = LAMBDA_STATUS_ERROR;
	else if (res->retval > w->shape.out_cap)
		res->status = LAMBDA_STATUS_BAD_LENGTH;
	else
		res->status = LAMBDA_STATUS_OK;
}

int bpf_lambda_run(struct bpf_lambda_window *w, struct bpf_lambda_result *res)
{
	const struct bpf_prog *prog = w->image->prog;
	struct bpf_lambda_header *hdr = w->hdr;
	s32 retval;

	*res = (struct bpf_lambda_result) {};
	hdr->status = LAMBDA_STATUS_OK;
	hdr->error = 0;
	hdr->budget = w->shape.budget;
	hdr->ticks = lambda_next_quantum(hdr);
	might_sleep();

	/* The caller's handle pins the program, whose pages nobody frees. */
	retval = prog->bpf_func(hdr, prog->insnsi);
	if (hdr->error)
		return hdr->error;
	if (hdr->status == LAMBDA_STATUS_KILLED)
		return -EINTR;
	if (hdr->status == LAMBDA_STATUS_OK) {
		res->retval = retval;
		lambda_judge(w, res);
		return 0;
	}
	res->status = hdr->status;
	if (res->status == LAMBDA_STATUS_FAULT) {
		res->fault_addr = hdr->fault_addr;
		res->fault_write = hdr->fault_write;
	}
	return 0;
}

int bpf_lambda_fill_from_user(struct bpf_lambda_window *w, u32 addr,
			      const void __user *from, u32 len)
{
	u32 done, n;
	void *page;

	for (done = 0; done < len; done += n) {
		u32 at = offset_in_page(addr + done);

		n = min_t(u32, len - done, PAGE_SIZE - at);
		page = bpf_lambda_window_fill(w, addr + done);
		if (IS_ERR(page))
			return PTR_ERR(page);
		if (copy_from_user(page + at, from + done, n))
			return -EFAULT;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

/* Pages of output that the λ never touched do not exist; they are zeros. */
int bpf_lambda_output_to_user(struct bpf_lambda_window *w, void __user *to,
			      u32 len)
{
	u32 done, n;

	for (done = 0; done < len; done += n) {
		struct page *page = bpf_lambda_window_page(w, SBPF_OUT_BASE +
							   done);

		n = min_t(u32, len - done, PAGE_SIZE);
		if (page ? copy_to_user(to + done, page_address(page), n) :
			   clear_user(to + done, n))
			return -EFAULT;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

static int lambda_test_results(struct bpf_lambda_window *w,
			       const struct bpf_lambda_result *res, u64 ns,
			       const union bpf_attr *attr,
			       union bpf_attr __user *uattr)
{
	void __user *to = u64_to_user_ptr(attr->test.data_out);
	u64 mean = div_u64(ns, max(attr->test.repeat, 1U));
	u32 len = 0;
	int err;

	if (res->status == LAMBDA_STATUS_OK) {
		len = res->retval;
		err = bpf_lambda_output_to_user(w, to, len);
		if (err)
			return err;
	}
	if (put_user(res->retval, &uattr->test.retval) ||
	    put_user((u32)min_t(u64, mean, U32_MAX), &uattr->test.duration) ||
	    put_user(len, &uattr->test.data_size_out))
		return -EFAULT;
	return res->status == LAMBDA_STATUS_OK ? 0 : -ECANCELED;
}

/* One run in a window of its own, so that each starts from zeroed memory. */
static int lambda_test_once(const struct bpf_lambda_image *image,
			    const struct bpf_lambda_shape *shape, bool last,
			    u64 *ns, const union bpf_attr *attr,
			    union bpf_attr __user *uattr)
{
	struct bpf_lambda_window *w = bpf_lambda_window_get(image, shape);
	const void __user *in = u64_to_user_ptr(attr->test.data_in);
	const void __user *args = u64_to_user_ptr(attr->test.ctx_in);
	struct bpf_lambda_result res;
	u64 start;
	int ret;

	if (IS_ERR(w))
		return PTR_ERR(w);
	ret = bpf_lambda_fill_from_user(w, SBPF_IN_BASE, in, shape->in_len);
	if (!ret)
		ret = bpf_lambda_fill_from_user(w, SBPF_ARGS_BASE, args,
						shape->args_len);
	start = ktime_get_ns();
	if (!ret)
		ret = bpf_lambda_run(w, &res);
	*ns += ktime_get_ns() - start;
	if (!ret && last)
		ret = lambda_test_results(w, &res, *ns, attr, uattr);
	bpf_lambda_window_put(w);
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
 * Return: 0; -EINVAL for fields that mean nothing here; -EMSGSIZE over a
 * segment's limit; -ECANCELED when the λ ended badly; -EFAULT; -EINTR; or what
 * bpf_lambda_window_get() and bpf_lambda_run() return.
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
		.budget = max(SBPF_BUDGET_DEFAULT, (u64)SBPF_BUDGET_PER_BYTE *
			      attr->test.data_size_in),
		.user = current_user(),
	};
	u32 repeat = max(attr->test.repeat, 1U);
	u64 ns = 0;
	int ret;

	if (attr->test.ctx_out || attr->test.flags || attr->test.cpu ||
	    attr->test.batch_size)
		return -EINVAL;
	if (shape.in_len > SBPF_IN_MAX || shape.out_cap > SBPF_OUT_MAX ||
	    shape.args_len > SBPF_ARGS_MAX)
		return -EMSGSIZE;
	do {
		/* A run without a backward jump has no tick. */
		cond_resched();
		if (fatal_signal_pending(current)) {
			ret = -EINTR;
			break;
		}
		ret = lambda_test_once(&image, &shape, repeat == 1, &ns, attr,
				       uattr);
	} while (!ret && --repeat);
	bpf_lambda_window_forget(image.id);
	return ret;
}
