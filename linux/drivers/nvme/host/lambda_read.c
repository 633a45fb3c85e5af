// SPDX-License-Identifier: GPL-2.0
/*
 * Drives that run λs: a read, as the commands that it takes, one after the other.
 *
 * On the fast path that is one. Else a slot that is not there yet is allocated,
 * is told what to do, runs the λ, and its answer is fetched. How one command has
 * ended decides which comes next. It is sent by the task that has waited for the
 * last one, or, where no task waits, by work that the end of the last one queues.
 *
 * Whatever goes wrong, the host can run the λ.
 */
#include <linux/bpf_lambda.h>
#include <linux/delay.h>
#include <linux/lambda.h>
#include <linux/memcontrol.h>
#include <linux/sched/mm.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "lambda_ctrl.h"

/*
 * The fast path carries all that the output may be over the link, where the
 * other way carries what it is and two commands more.
 */
#define NVME_LAMBDA_FAST_MAX	SZ_64K

/* How often, and how long apart, an abort is tried before a pause. */
#define NVME_LAMBDA_TRIES	100
#define NVME_LAMBDA_TRY_US	30

/**
 * nvme_lambda_read_note_failed - note what a failure says of program and slot
 * @io:  the request
 * @ret: what a command of it returned; not 0
 *
 * Return: as nvme_lambda_cmd_reason().
 */
int nvme_lambda_read_note_failed(struct nvme_lambda_io *io, int ret)
{
	io->failed = true;
	if (ret == NVME_LAMBDA_SC_NO_PROGRAM)
		nvme_lambda_program_lost(io->l, io->program, io->epoch);
	if (ret == NVME_LAMBDA_SC_NO_SLOT)
		nvme_lambda_lost_slot(io);
	return nvme_lambda_cmd_reason(ret, io->task);
}

/**
 * nvme_lambda_read_may_be_fast - whether a read may go by the fast path
 * @io: the request
 * @rq: the same, before its extents are known
 *
 * Return: whether it may.
 */
bool nvme_lambda_read_may_be_fast(const struct nvme_lambda_io *io,
				  const struct blk_lambda_request *rq)
{
	return !rq->write && !rq->args_len && !rq->nr_spans &&
	       rq->offset < NVME_LAMBDA_FAST_END &&
	       rq->out_cap <= NVME_LAMBDA_FAST_MAX &&
	       nvme_lambda_memory_answer_size(rq->out_cap, 0) <=
		       nvme_lambda_cmd_io_chunk(io->l, io->ns->queue);
}

/* As far as extents go. What is too far away includes holes. */
static bool nvme_lambda_read_is_fast(const struct blk_lambda_request *rq)
{
	return rq->nr_extents == 1 &&
	       rq->extents[0].addr < NVME_LAMBDA_FAST_END &&
	       rq->extents[0].len == rq->in_len;
}

/* Commands */

static void nvme_lambda_read_make_fast(struct nvme_lambda_read *r)
{
	const struct blk_lambda_request *rq = r->rq;
	u64 addr = rq->extents[0].addr;
	u32 program = READ_ONCE(r->io->program->id);

	r->cmd = (struct nvme_lambda_cmd) {
		.c.common.opcode = NVME_LAMBDA_EXEC_FAST,
		.c.common.cdw10 = cpu_to_le32(program),
		.c.common.cdw11 = cpu_to_le32(lower_32_bits(addr)),
		.c.common.cdw12 = cpu_to_le32(lower_32_bits(rq->offset)),
		.c.common.cdw13 = cpu_to_le32(NVME_LAMBDA_FAST_HIGH(addr,
								rq->offset)),
		.c.common.cdw14 = cpu_to_le32(rq->in_len),
		.c.common.cdw15 = cpu_to_le32(rq->out_cap),
		.buf = r->io->buf,
		.len = nvme_lambda_memory_answer_size(rq->out_cap, 0),
		.sent = rq->sent,
	};
}

static void nvme_lambda_read_make_run(struct nvme_lambda_read *r)
{
	r->cmd = (struct nvme_lambda_cmd) {
		.c.common.opcode = NVME_LAMBDA_EXEC_READ,
		.c.common.cdw10 = nvme_lambda_slot_id(r->io),
		.sent = r->rq->sent,
	};
}

/* The next part of what goes to the slot, or comes from there. */
static void nvme_lambda_read_make_part(struct nvme_lambda_read *r, void *buf)
{
	bool send = r->step == NVME_LAMBDA_SEND;
	u32 chunk = nvme_lambda_cmd_io_chunk(r->io->l, r->io->ns->queue);
	u32 len = min_t(size_t, r->size - r->done, chunk);

	r->cmd = (struct nvme_lambda_cmd) {
		.c.common.opcode = send ? NVME_LAMBDA_WRITE : NVME_LAMBDA_READ,
		.c.common.cdw10 = nvme_lambda_slot_id(r->io),
		.c.common.cdw11 =
			cpu_to_le32(send ? NVME_LAMBDA_AREA_REQUEST : 0),
		.c.common.cdw12 = cpu_to_le32(r->done),
		.c.common.cdw13 = cpu_to_le32(len),
		.buf = buf + r->done,
		.len = len,
	};
}

static void nvme_lambda_read_make(struct nvme_lambda_read *r)
{
	switch (r->step) {
	case NVME_LAMBDA_SLOT:
		r->cmd = (struct nvme_lambda_cmd) {
			.c.common.opcode = NVME_LAMBDA_ALLOC,
			.deaf = true,
		};
		break;
	case NVME_LAMBDA_SEND:
		nvme_lambda_read_make_part(r, r->request);
		break;
	case NVME_LAMBDA_RUN:
		if (r->io->fast)
			nvme_lambda_read_make_fast(r);
		else
			nvme_lambda_read_make_run(r);
		break;
	case NVME_LAMBDA_FETCH:
		nvme_lambda_read_make_part(r, r->io->buf);
		break;
	}
}

/* Steps: each tells whether there is another command; else @r->ret is set. */

static bool nvme_lambda_read_over(struct nvme_lambda_read *r, int ret)
{
	nvme_lambda_put_memory(r->io, r->request,
			       nvme_lambda_memory_request_size(r->rq));
	r->request = NULL;
	r->ret = ret;
	return false;
}

static bool nvme_lambda_read_failed(struct nvme_lambda_read *r, int ret)
{
	return nvme_lambda_read_over(r,
				     nvme_lambda_read_note_failed(r->io, ret));
}

static bool nvme_lambda_read_begin_send(struct nvme_lambda_read *r)
{
	r->size = nvme_lambda_memory_request_size(r->rq);
	r->done = 0;
	r->request = nvme_lambda_memory_make_request(r->io, r->rq);
	r->step = NVME_LAMBDA_SEND;
	return r->request || nvme_lambda_read_failed(r, -ENOMEM);
}

static bool nvme_lambda_read_begin(struct nvme_lambda_read *r)
{
	struct nvme_lambda_io *io = r->io;

	if (io->fast && !nvme_lambda_read_is_fast(r->rq))
		nvme_lambda_reserve_leave_fast(io);
	r->step = io->fast ? NVME_LAMBDA_RUN : NVME_LAMBDA_SLOT;
	if (io->fast || !READ_ONCE(io->slot->id))
		return true;
	return nvme_lambda_read_begin_send(r);
}

/* The drive has the slot. */
static bool nvme_lambda_read_got_slot(struct nvme_lambda_read *r)
{
	int ret = nvme_lambda_set_slot(r->io, r->cmd.result);

	return ret ? nvme_lambda_read_failed(r, ret) :
		     nvme_lambda_read_begin_send(r);
}

static bool nvme_lambda_read_sent(struct nvme_lambda_read *r)
{
	r->io->sent += r->cmd.len;
	r->done += r->cmd.len;
	if (r->done == r->size)
		r->step = NVME_LAMBDA_RUN;
	return true;
}

/* All of the answer is there; the result is behind @out_len bytes. */
static bool nvme_lambda_read_answered(struct nvme_lambda_read *r, u32 out_len)
{
	const struct nvme_lambda_result *result =
		r->io->buf + PAGE_ALIGN((u64)out_len);
	bool ok = nvme_lambda_take_result(r->io, r->rq, result) &&
		  nvme_lambda_take_lengths(r->rq, (const void *)(result + 1));

	return nvme_lambda_read_over(r, ok ? 0 : LAMBDA_REASON_ERROR);
}

/* The λ has run. */
static bool nvme_lambda_read_has_run(struct nvme_lambda_read *r)
{
	const struct lambda_result *res = &r->rq->result;

	if (!nvme_lambda_result_take_end(r->rq, r->cmd.result))
		return nvme_lambda_read_over(r, LAMBDA_REASON_ERROR);
	if (r->io->fast)
		return nvme_lambda_read_answered(r, r->rq->out_cap);
	r->size = nvme_lambda_memory_answer_size(res->out_len, res->status ? 0 :
						 r->rq->nr_spans);
	r->done = 0;
	r->step = NVME_LAMBDA_FETCH;
	return !nvme_lambda_memory_make_room(r->io, r->size) ||
	       nvme_lambda_read_failed(r, -ENOMEM);
}

static bool nvme_lambda_read_fetched(struct nvme_lambda_read *r)
{
	r->done += r->cmd.len;
	if (r->done < r->size)
		return true;
	return nvme_lambda_read_answered(r, r->rq->result.out_len);
}

/* A command has ended. */
static bool nvme_lambda_read_next(struct nvme_lambda_read *r, int ret)
{
	if (ret)
		return nvme_lambda_read_failed(r, ret);
	switch (r->step) {
	case NVME_LAMBDA_SLOT:
		return nvme_lambda_read_got_slot(r);
	case NVME_LAMBDA_SEND:
		return nvme_lambda_read_sent(r);
	case NVME_LAMBDA_RUN:
		return nvme_lambda_read_has_run(r);
	case NVME_LAMBDA_FETCH:
		return nvme_lambda_read_fetched(r);
	}
	return nvme_lambda_read_over(r, LAMBDA_REASON_ERROR);
}

/* By a task that waits */

/**
 * nvme_lambda_read - have the drive run a read
 * @io: the request
 * @rq: the same, with its extents
 *
 * Return: as &blk_lambda_ops.execute.
 */
int nvme_lambda_read(struct nvme_lambda_io *io, struct blk_lambda_request *rq)
{
	struct nvme_lambda_read r = { .io = io, .rq = rq };
	bool more = nvme_lambda_read_begin(&r);
	int ret;

	while (more) {
		nvme_lambda_read_make(&r);
		ret = nvme_lambda_cmd_io(io, &r.cmd);
		more = nvme_lambda_read_next(&r, ret);
	}
	rq->output = io->buf;
	return r.ret;
}

/* Without one */

/**
 * struct nvme_lambda_flight - a read for which no task waits
 * @read:      the read
 * @may_wait:  for the driver's queue: it is in a worker now
 * @work:      goes on
 * @hurry:     has a command aborted
 * @lock:      of all below
 * @under_way: the drive has this, the read's command
 * @cancelled: it is not wanted any more
 * @over:      it is the caller's again
 * @tries:     how often the command was sent before
 * @aborts:    how often one was aborted
 */
struct nvme_lambda_flight {
	struct nvme_lambda_read read;
	bool may_wait;
	struct delayed_work work;
	struct delayed_work hurry;
	struct mutex lock;	/* between what goes on and who cancels */
	struct request *under_way;
	bool cancelled;
	bool over;
	u32 tries;
	u32 aborts;
};

static bool nvme_lambda_read_is_cancelled(const struct nvme_lambda_flight *f)
{
	return READ_ONCE(f->cancelled) && !f->read.cmd.deaf;
}

/* Return: 0, and it may be over already. */
static int nvme_lambda_read_send(struct nvme_lambda_flight *f)
{
	struct nvme_lambda_read *r = &f->read;
	struct request *req;

	nvme_lambda_read_make(r);
	r->cmd.cancelled = &f->cancelled;
	r->cmd.work = &f->work;
	if (nvme_lambda_read_is_cancelled(f))
		return -ERESTARTSYS;
	req = nvme_lambda_cmd_io_begin(r->io, &r->cmd, f->may_wait);
	if (IS_ERR(req))
		return PTR_ERR(req);
	scoped_guard(mutex, &f->lock)
		f->under_way = req;
	nvme_lambda_cmd_send(req, &r->cmd);
	return 0;
}

/* Nothing of the drive's is under way any more. */
static void nvme_lambda_read_end(struct nvme_lambda_flight *f)
{
	struct blk_lambda_request *rq = f->read.rq;
	struct nvme_lambda_io *io = f->read.io;

	scoped_guard(mutex, &f->lock)
		f->over = true;
	cancel_delayed_work_sync(&f->hurry);
	rq->output = io->buf;
	rq->ns_drive = io->time;
	nvme_lambda_reserve_release(io);
	rq->ended(rq, f->read.ret);
}

static void nvme_lambda_read_pause(struct nvme_lambda_flight *f,
				   unsigned long pause)
{
	guard(mutex)(&f->lock);
	if (READ_ONCE(f->cancelled))
		pause = 0;
	queue_delayed_work(blk_lambda_workers, &f->work, pause);
}

/* Until a command is under way. Afterwards @f may be no more. */
static void nvme_lambda_read_go_on(struct nvme_lambda_flight *f, bool more)
{
	int ret;

	while (more) {
		ret = nvme_lambda_read_send(f);
		if (!ret)
			return;
		if (ret == -EAGAIN) {
			nvme_lambda_read_pause(f, 0);
			return;
		}
		more = nvme_lambda_read_next(&f->read, ret);
	}
	nvme_lambda_read_end(f);
}

/* A drive that is busy is asked again, as it is by a task. */
static void nvme_lambda_read_landed(struct nvme_lambda_flight *f, int ret)
{
	unsigned long pause = nvme_lambda_cmd_io_pause(ret, &f->tries);

	if (pause && !nvme_lambda_read_is_cancelled(f)) {
		nvme_lambda_read_pause(f, pause);
		return;
	}
	f->tries = ret ? f->tries : 0;
	nvme_lambda_read_go_on(f, nvme_lambda_read_next(&f->read, ret));
}

/* Return: the command that has ended; NULL: one is to be sent. */
static struct request *nvme_lambda_read_land(struct nvme_lambda_flight *f)
{
	struct request *req;

	guard(mutex)(&f->lock);
	req = f->under_way;
	f->under_way = NULL;
	return req;
}

static void nvme_lambda_read_work(struct work_struct *work)
{
	struct nvme_lambda_flight *f =
		container_of(to_delayed_work(work), struct nvme_lambda_flight,
			     work);
	struct mem_cgroup *old = set_active_memcg(f->read.rq->memcg);
	unsigned int nofs = memalloc_nofs_save();
	struct request *req = nvme_lambda_read_land(f);

	f->may_wait = true;
	if (req)
		nvme_lambda_read_landed(f,
					nvme_lambda_cmd_io_end(f->read.io,
							       &f->read.cmd,
							       req));
	else
		nvme_lambda_read_go_on(f, true);
	memalloc_nofs_restore(nofs);
	set_active_memcg(old);
}

/* Return: it needs no more. */
static bool nvme_lambda_read_try_abort(struct nvme_lambda_flight *f)
{
	guard(mutex)(&f->lock);
	if (f->over || f->aborts == NVME_LAMBDA_ABORTS)
		return true;
	if (!f->under_way || f->read.cmd.deaf ||
	    !nvme_lambda_cmd_abort(f->read.io->l, f->under_way))
		return false;
	/* Should it have come too late for this command, there may be another. */
	queue_delayed_work(blk_lambda_workers, &f->hurry,
			   (HZ / 10) << ++f->aborts);
	return true;
}

/* One that has to wait for the abort of another looks often, for a while. */
static void nvme_lambda_read_hurry(struct work_struct *work)
{
	struct nvme_lambda_flight *f =
		container_of(to_delayed_work(work), struct nvme_lambda_flight,
			     hurry);
	u32 i;

	for (i = 0; i < NVME_LAMBDA_TRIES; i++) {
		if (nvme_lambda_read_try_abort(f))
			return;
		usleep_range(NVME_LAMBDA_TRY_US, 2 * NVME_LAMBDA_TRY_US);
	}
	guard(mutex)(&f->lock);
	if (!f->over)
		queue_delayed_work(blk_lambda_workers, &f->hurry, 1);
}

/**
 * nvme_lambda_read_new_flight - make what a read needs for which no task waits
 * @io: the request
 * @rq: the same
 *
 * Return: 0, or -ENOMEM.
 */
int nvme_lambda_read_new_flight(struct nvme_lambda_io *io,
				struct blk_lambda_request *rq)
{
	struct nvme_lambda_flight *f = kzalloc(sizeof(*f), GFP_KERNEL);

	if (!f)
		return -ENOMEM;
	f->read.io = io;
	f->read.rq = rq;
	INIT_DELAYED_WORK(&f->work, nvme_lambda_read_work);
	INIT_DELAYED_WORK(&f->hurry, nvme_lambda_read_hurry);
	mutex_init(&f->lock);
	io->flight = f;
	return 0;
}

/**
 * nvme_lambda_read_submit - &blk_lambda_ops.submit
 * @private: the namespace
 * @rq:      the request, prepared
 */
void nvme_lambda_read_submit(void *private, struct blk_lambda_request *rq)
{
	struct nvme_lambda_io *io = rq->driver;
	struct nvme_lambda_flight *f = io->flight;
	unsigned int nofs = memalloc_nofs_save();
	bool more;

	f->may_wait = !rq->nowait;
	if (nvme_lambda_memory_too_many(io, rq))
		more = nvme_lambda_read_over(&f->read, LAMBDA_REASON_EXTENTS);
	else
		more = nvme_lambda_read_begin(&f->read);
	nvme_lambda_read_go_on(f, more);
	memalloc_nofs_restore(nofs);
}

/**
 * nvme_lambda_read_cancel - &blk_lambda_ops.cancel
 * @private: the namespace
 * @rq:      the request, prepared
 */
void nvme_lambda_read_cancel(void *private, struct blk_lambda_request *rq)
{
	struct nvme_lambda_io *io = rq->driver;
	struct nvme_lambda_flight *f = io->flight;

	guard(mutex)(&f->lock);
	WRITE_ONCE(f->cancelled, true);
	if (!f->over)
		queue_delayed_work(blk_lambda_workers, &f->hurry, 0);
	/* What waits for its next try has its end now. */
	if (cancel_delayed_work(&f->work))
		queue_delayed_work(blk_lambda_workers, &f->work, 0);
}
