// SPDX-License-Identifier: GPL-2.0-only
/*
 * Several at a time: a record-wise λ runs over the beginning of a range on the
 * host and over the rest in the drive, or over pieces of it in all drives that
 * have them, and the outputs become one.
 *
 * The caller's task is the host's; workers tell the drives and wait for them.
 * What touches user memory, or belongs to the caller otherwise, is done before
 * and after. The caller never leaves before the workers have, which are in its
 * memory; when the caller gets a signal, the drives' commands are aborted, and
 * the request begins anew. While it waits for a place in a drive, those that it
 * has are given back by workers, which wait for nothing of it.
 *
 * It must not show. The parts begin and end between records, and their budgets
 * are together what the whole would have. The caller's buffer changes only when
 * all have ended well, all that was to be read was there, and the outputs fit.
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

#include "drive.h"
#include "handle.h"
#include "host.h"
#include "parts.h"
#include "residency.h"
#include "split.h"

static struct workqueue_struct *split_workers;

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

static void split_begin_part(struct lambda_part *part,
			     const struct lambda_request *req, u64 at, u64 len)
{
	part->req = *req;
	part->req.offset += at;
	part->req.count = len;
	part->req.timed = true;
}

/* In a worker: memory is charged to the caller all the same. */
static void split_run_drive(struct work_struct *work)
{
	struct lambda_piece_run *p = container_of(work, struct lambda_piece_run, work);
	u64 cpu = task_sched_runtime(current);
	struct mem_cgroup *old = set_active_memcg(p->parts->memcg);

	p->why = lambda_attempt_run(&p->attempt);
	set_active_memcg(old);
	p->part.cpu = task_sched_runtime(current) - cpu;
	p->part.ns = ktime_get_ns() - p->parts->ns - p->part.req.ns_limited;
	complete(&p->sent);
}

/* On a CPU that they share, a worker with several things to do is late for all. */
static void split_start_drive(struct lambda_piece_run *p)
{
	init_completion(&p->sent);
	p->attempt.rq.sent = &p->sent;
	queue_work(split_workers, &p->work);
	wait_for_completion_io(&p->sent);
}

static int split_begin_piece(struct lambda_parts *s, u32 i)
{
	const struct lambda_piece *where = &s->where.list[i];
	struct lambda_piece_run *p = &s->pieces[i];
	int why;

	p->parts = s;
	if (!where->bl)
		return 0;
	p->part.req.copy = where->copy;
	p->part.req.spans = where->spans;
	p->part.req.nr_spans = where->nr_spans;
	p->part.req.reach = where->reach;
	why = lambda_attempt_begin(&p->attempt, &p->part.req, where->bl, false,
				   where->len);
	s->drive.req.ns_limited += p->part.req.ns_limited;
	if (why)
		return why;
	INIT_WORK(&p->work, split_run_drive);
	split_start_drive(p);
	return 0;
}

/* Has the drives begin, one after the other. */
static int split_begin_pieces(struct lambda_parts *s,
			      const struct lambda_request *req)
{
	int why = 0;

	for (u32 i = 0; i < s->where.nr && !why; i++) {
		split_begin_part(&s->pieces[i].part, req, s->where.list[i].at,
				 s->where.list[i].len);
		why = split_begin_piece(s, i);
		s->begun += !why;
	}
	return why;
}

/* Waits for the drives. Return: what was the matter with the first that failed. */
static int split_end_pieces(struct lambda_parts *s)
{
	int token = io_schedule_prepare(), why = 0;

	for (u32 i = 0; i < s->begun; i++) {
		struct lambda_piece_run *p = &s->pieces[i];

		if (!s->where.list[i].bl)
			continue;
		flush_work(&p->work);
		p->part.len = p->why ?: lambda_attempt_result(&p->attempt);
		if (why != -ERESTARTSYS)
			why = p->why == -ERESTARTSYS ? p->why : why ?: p->why;
	}
	io_schedule_finish(token);
	return why;
}

static void split_keep_window(struct lambda_parts *s)
{
	if (!s->window)
		return;
	s->out = lambda_join_keep(lambda_parts_window(s), s->host.len);
	if (!s->out)
		s->host.len = -ENOMEM;
}

/* The host's share. */
static void split_run_host(struct lambda_parts *s)
{
	struct lambda_request *req = &s->host.req;
	u64 cpu = task_sched_runtime(current), begun = ktime_get_ns(), dirty;

	if (!req->count)
		return;
	req->io.result.side = LAMBDA_SIDE_HOST;
	s->cached = lambda_residency(req->file->f_mapping, req->offset,
				     req->count, &dirty);
	s->host.len = lambda_host_run(req, &s->window);
	s->host.ns = ktime_get_ns() - begun;
	s->host.cpu = task_sched_runtime(current) - cpu;
}

/* A record that no drive has all of. */
static void split_run_piece(struct lambda_parts *s, struct lambda_piece_run *p)
{
	struct bpf_lambda_window *w;

	split_keep_window(s);
	p->part.req.io.result.side = LAMBDA_SIDE_HOST;
	p->part.len = lambda_host_run(&p->part.req, &w);
	if (!w)
		return;
	p->out = lambda_join_keep(w, p->part.len);
	if (!p->out)
		p->part.len = -ENOMEM;
}

/* Return: 0, and all have run; or why one has not. */
static int split_run_parts(struct lambda_parts *s,
			   const struct lambda_request *req)
{
	u64 cpu = task_sched_runtime(current);
	int why, ended;

	s->memcg = get_mem_cgroup_from_mm(current->mm);
	why = split_begin_pieces(s, req);
	s->drive.cpu = task_sched_runtime(current) - cpu;
	if (!why)
		split_run_host(s);
	for (u32 i = 0; i < s->begun && !why; i++)
		if (!s->where.list[i].bl)
			split_run_piece(s, &s->pieces[i]);
	ended = split_end_pieces(s);
	mem_cgroup_put(s->memcg);
	if (s->begun)
		file_accessed(req->file);
	return ended == -ERESTARTSYS ? ended : why ?: ended;
}

/* What was learnt */

static void split_learn_part(struct blk_lambda *bl,
			     const struct blk_lambda_query *query,
			     const struct blk_lambda_choice *choice,
			     const struct lambda_part *part, u64 cached)
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

/* Where the sides had a part each, what these took says how fast they are. */
static void split_learn_parts(struct lambda_parts *s, struct blk_lambda *bl,
			      const struct blk_lambda_query *query,
			      const struct blk_lambda_choice *choice)
{
	if (!s->host.req.count)
		return;
	split_learn_part(bl, query, choice, &s->host, s->cached);
	split_learn_part(bl, query, choice, &s->drive, 0);
}

/* What other drives than the one asked did is counted there. */
static void split_count_pieces(struct lambda_parts *s,
			       struct lambda_request *req,
			       struct blk_lambda *asked)
{
	for (u32 i = 0; i < s->where.nr; i++) {
		struct blk_lambda *bl = s->where.list[i].bl;
		u64 bytes = s->pieces[i].part.req.count;

		if (!bl || bl == asked)
			continue;
		blk_lambda_choose_count(bl, bytes);
		req->elsewhere += bytes;
	}
}

/* With the pieces at hand. Return: as lambda_split_read(), or -EAGAIN. */
static int split_run(struct lambda_parts *s, struct lambda_request *req,
		     struct blk_lambda *bl,
		     const struct blk_lambda_query *query,
		     const struct blk_lambda_choice *choice, ssize_t *ret)
{
	int why = split_run_parts(s, req);
	u64 cpu = task_sched_runtime(current);

	req->ns_limited = s->drive.req.ns_limited;
	if (why == -ERESTARTSYS || s->host.len == -ERESTARTSYS) {
		req->io.result.status = LAMBDA_STATUS_KILLED;
		*ret = -ERESTARTSYS;
		return 0;
	}
	if (why)
		return why;
	*ret = lambda_join(req, s);
	s->drive.cpu += task_sched_runtime(current) - cpu;
	if (*ret == -ERESTARTSYS)
		req->io.result.status = LAMBDA_STATUS_KILLED;
	if (*ret < 0)
		return *ret == -ERESTARTSYS ? 0 : LAMBDA_REASON_DIVIDED;
	split_count_pieces(s, req, bl);
	split_learn_parts(s, bl, query, choice);
	return 0;
}

static int split_make_pieces(struct lambda_parts *s)
{
	s->pieces = kvcalloc(s->where.nr, sizeof(*s->pieces),
			     GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	return s->pieces ? 0 : LAMBDA_REASON_BUSY;
}

static void split_put_window(struct lambda_parts *s)
{
	if (s->window)
		lambda_host_put(lambda_parts_window(s));
}

static void split_free_pieces(struct lambda_parts *s)
{
	for (u32 i = 0; i < s->begun; i++) {
		kvfree(s->pieces[i].out);
		if (s->where.list[i].bl)
			lambda_attempt_end(&s->pieces[i].attempt);
	}
	kvfree(s->pieces);
	kvfree(s->out);
	split_put_window(s);
	lambda_pieces_free(&s->where);
}

/* Finds the pieces, and runs them. Return: likewise. */
static int split_try(struct lambda_parts *s, struct lambda_request *req,
		     struct blk_lambda *bl,
		     const struct blk_lambda_query *query,
		     const struct blk_lambda_choice *choice, ssize_t *ret)
{
	int why = 0;

	if (choice->split && query->drives < 2)
		lambda_pieces_of_one(&s->where, bl, choice->split,
				     query->bytes - choice->split);
	else
		why = lambda_pieces_find(&s->where, req, bl, query,
					 choice->split);
	if (why)
		return why;
	if (s->where.nr == 1 && !s->where.list->bl)
		return LAMBDA_REASON_OTHER_DISK;
	if (!choice->split && s->where.nr == 1) {
		req->copy = s->where.list->copy;
		return lambda_drive_read(req, s->where.list->bl, ret);
	}
	return split_make_pieces(s) ?:
	       split_run(s, req, bl, query, choice, ret);
}

/* From the beginning, as often as it is called. */
static int split_attempt(struct lambda_request *req, struct blk_lambda *bl,
			 const struct blk_lambda_query *query,
			 const struct blk_lambda_choice *choice, ssize_t *ret)
{
	struct lambda_parts s = { .ns = ktime_get_ns() };
	int why;

	split_begin_part(&s.host, req, 0, choice->split);
	split_begin_part(&s.drive, req, choice->split,
			 query->bytes - choice->split);
	why = split_try(&s, req, bl, query, choice, ret);
	split_free_pieces(&s);
	return why;
}

/**
 * lambda_split_read - run a λ over a part of a file, on both sides or in all
 *                     drives that have it
 * @req:    a checked request with a @count that is not 0
 * @bl:     the drive that was asked
 * @query:  what the choice was made by
 * @choice: how many bytes are the host's, which may be none
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
	unsigned long end = jiffies + LAMBDA_LOCK_TIMEOUT;
	int why;

	while ((why = split_attempt(req, bl, query, choice, ret)) == -EAGAIN) {
		/* The host does not wait for what it reads. */
		if (choice->split)
			return LAMBDA_REASON_BUSY;
		why = lambda_drive_wait(req->file, false, end);
		if (why)
			break;
	}
	if (why == -ERESTARTSYS) {
		*ret = why;
		return 0;
	}
	return why < 0 ? LAMBDA_REASON_DIVIDED : why;
}

static int __init lambda_split_init(void)
{
	split_workers = alloc_workqueue("lambda", WQ_UNBOUND | WQ_HIGHPRI, 0);
	return split_workers ? 0 : -ENOMEM;
}
fs_initcall(lambda_split_init);
