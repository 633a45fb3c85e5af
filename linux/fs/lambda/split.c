// SPDX-License-Identifier: GPL-2.0-only
/*
 * Both sides: the host runs a record-wise λ over the beginning of a range while
 * the drive runs it over the rest, and the outputs become one.
 *
 * The caller's task is the host's; a worker tells the drive and waits for it.
 * What touches user memory, or belongs to the caller otherwise, is done before
 * and after. The caller never leaves before the worker has, which is on its
 * stack; when the caller gets a signal, the drive's command is aborted, and
 * the request begins anew.
 *
 * It must not show. The parts begin and end between records, and their budgets
 * are together what the whole would have. The caller's buffer changes only when
 * both have ended well, all that was to be read was there, and the outputs fit.
 * In all other cases the host runs the whole again, as if nothing had been: to
 * read has no effect. So an error or a fault is that of an undivided run.
 */
#include <linux/blk-lambda.h>
#include <linux/bpf_lambda.h>
#include <linux/completion.h>
#include <linux/dax.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/ktime.h>
#include <linux/lambda_sched.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/cputime.h>
#include <linux/sched/mm.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>

#include "copy.h"
#include "drive.h"
#include "handle.h"
#include "host.h"
#include "internal.h"
#include "residency.h"
#include "split.h"

/* Outputs that are merged are this long together at most. */
#define MERGE_MAX	SZ_1M

static struct workqueue_struct *split_workers;

/* One of the two parts. */
struct split_part {
	struct lambda_request req;
	ssize_t len;		/* of its output, or an error */
	u64 ns, cpu;		/* that it took */
};

/* A request on both sides; on the stack of its task. */
struct split_run {
	struct split_part host, drive;
	u64 cached;		/* of the host's part, beforehand */
	struct bpf_lambda_window *window;	/* has the host's output */
	struct lambda_attempt attempt;
	struct work_struct work;
	struct completion sent;			/* the drive is at work */
	struct mem_cgroup *memcg;
	u64 begun;
	int why;
};

/**
 * lambda_split_record - between which bytes a request may be divided
 * @req: a read of a file on a disk that runs λs
 *
 * Return: the length of a record; 0: it may not.
 */
u32 lambda_split_record(const struct lambda_request *req)
{
	const struct file *file = req->file;

	if (!split_workers || !lambda_handle_divides(req->handle))
		return 0;
	/* A file that wants aligned reads may not get one between records. */
	if (file->f_flags & O_DIRECT || IS_DAX(file->f_mapping->host))
		return 0;
	return req->handle->record_len;
}

/* The parts */

static void split_begin_part(struct split_part *part,
			     const struct lambda_request *req, u64 at, u64 len)
{
	part->req = *req;
	part->req.offset += at;
	part->req.count = len;
	part->req.timed = true;
}

/* In the worker: memory is charged to the caller all the same. */
static void split_run_drive(struct work_struct *work)
{
	struct split_run *s = container_of(work, struct split_run, work);
	u64 cpu = task_sched_runtime(current);
	struct mem_cgroup *old = set_active_memcg(s->memcg);

	s->why = lambda_attempt_run(&s->attempt);
	set_active_memcg(old);
	s->drive.cpu += task_sched_runtime(current) - cpu;
	s->drive.ns = ktime_get_ns() - s->begun - s->drive.req.ns_limited;
	complete(&s->sent);
}

/* On a CPU that they share, a worker with several things to do is late for all. */
static void split_start_drive(struct split_run *s)
{
	init_completion(&s->sent);
	s->attempt.rq.sent = &s->sent;
	INIT_WORK_ONSTACK(&s->work, split_run_drive);
	queue_work(split_workers, &s->work);
	wait_for_completion_io(&s->sent);
}

static void split_run_host(struct split_run *s)
{
	struct lambda_request *req = &s->host.req;
	u64 cpu = task_sched_runtime(current), begun = ktime_get_ns(), dirty;

	req->io.result.side = LAMBDA_SIDE_HOST;
	s->cached = lambda_residency(req->file->f_mapping, req->offset,
				     req->count, &dirty);
	s->host.len = lambda_host_run(req, &s->window);
	s->host.ns = ktime_get_ns() - begun;
	s->host.cpu = task_sched_runtime(current) - cpu;
}

static void split_run_parts(struct split_run *s)
{
	int token;

	s->memcg = get_mem_cgroup_from_mm(current->mm);
	split_start_drive(s);
	split_run_host(s);
	token = io_schedule_prepare();
	flush_work(&s->work);
	io_schedule_finish(token);
	destroy_work_on_stack(&s->work);
	mem_cgroup_put(s->memcg);
	file_accessed(s->drive.req.file);
	s->drive.len = s->why;
	if (!s->why)
		s->drive.len = lambda_attempt_result(&s->attempt);
}

static bool split_was_interrupted(const struct split_run *s)
{
	return s->host.len == -ERESTARTSYS || s->drive.len == -ERESTARTSYS;
}

static bool split_ended_well(const struct split_part *part)
{
	return part->len >= 0 &&
	       part->req.io.result.status == LAMBDA_STATUS_OK &&
	       part->req.io.result.in_len == part->req.count;
}

/* One output */

static struct bpf_lambda_window *split_take_window(struct split_run *s)
{
	struct bpf_lambda_window *w = s->window;

	s->window = NULL;
	return w;
}

static void split_put_window(struct split_run *s)
{
	if (s->window)
		lambda_host_put(split_take_window(s));
}

static ssize_t split_concatenate_parts(struct lambda_request *req,
				       struct split_run *s)
{
	size_t len = s->host.len + s->drive.len;

	if (len > req->io.out_cap)
		return -ENOSPC;
	if (s->window &&
	    lambda_host_deliver(split_take_window(s), req->buf, s->host.len))
		return -EFAULT;
	if (lambda_copy_out(req->buf + s->host.len, s->attempt.rq.output,
			    s->drive.len))
		return -EFAULT;
	req->io.result.out_len = len;
	req->io.result.retval = len;
	return len;
}

static void split_take_output(struct bpf_lambda_window *w, u8 *to, u32 len)
{
	u32 pos, n;

	for (pos = 0; pos < len; pos += n) {
		struct page *page = bpf_lambda_window_page(w, SBPF_OUT_BASE +
							   pos);

		n = min_t(u32, len - pos, PAGE_SIZE);
		if (page)
			memcpy(to + pos, page_address(page), n);
		else
			memset(to + pos, 0, n);
	}
}

/* A task that waits for a window must have none: the host's is given back. */
static ssize_t split_merge_parts(struct lambda_request *req,
				 struct split_run *s)
{
	size_t len = s->host.len + s->drive.len;
	ssize_t ret;
	u8 *in;

	if (!len || len > MERGE_MAX)
		return -EMSGSIZE;
	in = kvmalloc(len, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!in)
		return -ENOMEM;
	if (s->window)
		split_take_output(s->window, in, s->host.len);
	split_put_window(s);
	memcpy(in + s->host.len, s->attempt.rq.output, s->drive.len);
	ret = lambda_host_merge(req, in, len);
	kvfree(in);
	return ret;
}

/* Tells the caller of both; what a merge has told is added to. */
static void split_add_up(struct lambda_result *res, const struct split_run *s)
{
	const struct lambda_result *a = &s->host.req.io.result;
	const struct lambda_result *b = &s->drive.req.io.result;

	res->status = LAMBDA_STATUS_OK;
	res->side = LAMBDA_SIDE_BOTH;
	res->in_len = a->in_len + b->in_len;
	res->budget_used += a->budget_used + b->budget_used;
	res->helper_bytes += a->helper_bytes + b->helper_bytes;
	res->ns_media = a->ns_media + b->ns_media;
	res->ns_link = b->ns_link;
	res->ns_compute += a->ns_compute + b->ns_compute;
	res->bytes_media = a->bytes_media + b->bytes_media;
	res->bytes_link = b->bytes_link;
}

static ssize_t split_join_parts(struct lambda_request *req, struct split_run *s)
{
	const struct lambda_result before = req->io.result;
	ssize_t len = -ECANCELED;

	lambda_request_ended(req);
	if (split_ended_well(&s->host) && split_ended_well(&s->drive))
		len = req->handle->merge.prog ? split_merge_parts(req, s) :
						split_concatenate_parts(req, s);
	if (len >= 0)
		split_add_up(&req->io.result, s);
	else
		req->io.result = before;
	return len;
}

/* What was learnt */

static void split_learn_part(struct blk_lambda *bl,
			     const struct blk_lambda_query *query,
			     const struct blk_lambda_choice *choice,
			     const struct split_part *part, u64 cached)
{
	struct blk_lambda_sample sample = lambda_sample(&part->req);
	struct blk_lambda_query of_part = *query;

	sample.ns = part->ns;
	sample.cpu = part->cpu;
	of_part.bytes = sample.result->in_len;
	of_part.cached = cached;
	if (sample.result->side == LAMBDA_SIDE_HOST)
		of_part.dirty = 0;
	blk_lambda_sched_learn_part(bl, &of_part, choice, &sample);
}

static int run_split(struct split_run *s, struct lambda_request *req,
		     const struct blk_lambda_query *query,
		     const struct blk_lambda_choice *choice, ssize_t *ret)
{
	u64 cpu = task_sched_runtime(current);

	s->drive.cpu = cpu - s->drive.cpu;
	split_run_parts(s);
	cpu = task_sched_runtime(current);
	*ret = split_was_interrupted(s) ? -ERESTARTSYS :
					  split_join_parts(req, s);
	s->drive.cpu += task_sched_runtime(current) - cpu;
	if (*ret >= 0) {
		split_learn_part(s->attempt.bl, query, choice, &s->host,
				 s->cached);
		split_learn_part(s->attempt.bl, query, choice, &s->drive, 0);
		return 0;
	}
	if (*ret == -ERESTARTSYS) {
		req->io.result.status = LAMBDA_STATUS_KILLED;
		return 0;
	}
	if (s->why == -EAGAIN)
		return LAMBDA_REASON_BUSY;
	return s->why > 0 ? s->why : LAMBDA_REASON_DIVIDED;
}

/**
 * lambda_split_read - run a λ over a part of a file, on both sides
 * @req:    a checked request with a @count that is not 0
 * @bl:     the drive
 * @query:  what the choice was made by
 * @choice: both sides, and how many bytes are the host's
 * @ret:    bytes of output put in the caller's buffer, or -ERESTARTSYS, when 0
 *          is returned
 *
 * Return: 0, or an enum lambda_reason for the host to run all of it; then a
 * part of the buffer may have been written only if it cannot all be.
 */
int lambda_split_read(struct lambda_request *req, struct blk_lambda *bl,
		      const struct blk_lambda_query *query,
		      const struct blk_lambda_choice *choice, ssize_t *ret)
{
	struct split_run s = {
		.begun = ktime_get_ns(),
		.drive.cpu = task_sched_runtime(current),
	};
	int why;

	split_begin_part(&s.host, req, 0, choice->split);
	split_begin_part(&s.drive, req, choice->split,
			 query->bytes - choice->split);
	why = lambda_attempt_begin(&s.attempt, &s.drive.req, bl, false,
				   s.drive.req.count);
	req->ns_limited = s.drive.req.ns_limited;
	if (why == -ERESTARTSYS) {
		*ret = why;
		return 0;
	}
	if (why)
		return max(why, LAMBDA_REASON_DIVIDED);
	why = run_split(&s, req, query, choice, ret);
	split_put_window(&s);
	lambda_attempt_end(&s.attempt);
	return why;
}

static int __init lambda_split_init(void)
{
	split_workers = alloc_workqueue("lambda", WQ_UNBOUND | WQ_HIGHPRI, 0);
	return split_workers ? 0 : -ENOMEM;
}
fs_initcall(lambda_split_init);
