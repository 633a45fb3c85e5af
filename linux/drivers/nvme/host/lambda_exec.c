// SPDX-License-Identifier: GPL-2.0
/*
 * Drives that run λs: requests.
 *
 * A request has a slot from prepare to finish. Slots stay allocated in the
 * drive for the next request; what the last one left in them is overwritten or
 * not looked at. A small read of one extent goes by the fast path, one command
 * that leaves its slot alone.
 *
 * Whatever goes wrong with a read, the host can run the λ. A write was begun
 * when its command was sent: only statuses that promise that nothing has
 * changed let the host run it, everything else is an error, so that no write
 * is ever done twice.
 */
#include <linux/bpf_lambda.h>
#include <linux/lambda.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "lambda.h"

/* Drive's time that a request may take: inode locks may be held meanwhile. */
#define NVME_LAMBDA_DEADLINE_US	USEC_PER_SEC

/* Above this a drive's counter of ns, bytes or instructions is not believed. */
#define NVME_LAMBDA_COUNTER_MAX	(1ULL << 48)

/**
 * struct nvme_lambda_io - what the driver keeps of a request
 * @l:       the controller's λ side
 * @ns:      namespace of the extents
 * @session: session that it belongs to
 * @program: its program, loaded
 * @slot:    its slot
 * @failed:  a command failed; the slot may be busy for a while
 * @buf:     output and result as they come from the drive
 * @room:    bytes of @buf
 * @sent:    bytes that were sent to the slot
 */
struct nvme_lambda_io {
	struct nvme_lambda *l;
	struct nvme_ns *ns;
	u32 session;
	struct nvme_lambda_program *program;
	struct nvme_lambda_slot *slot;
	bool failed;
	void *buf;
	size_t room;
	u64 sent;
};

/* Slots */

/* True with a slot, or without when there will be none: the session is over. */
static bool nvme_lambda_try_slot(struct nvme_lambda_io *io)
{
	struct nvme_lambda *l = io->l;

	guard(spinlock)(&l->lock);
	if (io->session != l->session)
		return true;
	io->slot = list_first_entry_or_null(&l->free, struct nvme_lambda_slot,
					    list);
	if (!io->slot)
		return false;
	list_del(&io->slot->list);
	return true;
}

static int nvme_lambda_take_slot(struct nvme_lambda_io *io)
{
	if (wait_event_killable_exclusive(io->l->wait,
					  nvme_lambda_try_slot(io)))
		return -EINTR;
	return io->slot ? 0 : LAMBDA_REASON_GONE;
}

/* One that is known to be ready is the first to be taken again. */
static void nvme_lambda_put_slot(struct nvme_lambda_io *io)
{
	struct nvme_lambda *l = io->l;

	scoped_guard(spinlock, &l->lock) {
		if (io->slot->id && !io->failed)
			list_add(&io->slot->list, &l->free);
		else
			list_add_tail(&io->slot->list, &l->free);
	}
	if (wq_has_sleeper(&l->wait))
		wake_up(&l->wait);
}

static void nvme_lambda_free_slot(struct nvme_lambda_io *io, u32 id)
{
	struct nvme_command c = {
		.common.opcode = NVME_LAMBDA_FREE,
		.common.nsid = cpu_to_le32(io->ns->head->ns_id),
		.common.cdw10 = cpu_to_le32(id),
	};

	nvme_lambda_command(io->l, io->ns, &c, NULL, 0, NULL);
}

/* The drive's id of the slot goes to the command. */
static int nvme_lambda_name_slot(struct nvme_lambda_io *io,
				 struct nvme_command *to)
{
	struct nvme_command c = {
		.common.opcode = NVME_LAMBDA_ALLOC,
		.common.nsid = cpu_to_le32(io->ns->head->ns_id),
	};
	struct nvme_lambda *l = io->l;
	u32 id = READ_ONCE(io->slot->id);
	u64 result;
	int ret;

	to->common.nsid = c.common.nsid;
	to->common.cdw10 = cpu_to_le32(id);
	if (id)
		return 0;
	ret = nvme_lambda_command(l, io->ns, &c, NULL, 0, &result);
	if (ret)
		return ret;
	id = result;
	to->common.cdw10 = cpu_to_le32(id);
	scoped_guard(spinlock, &l->lock) {
		if (io->session == l->session) {
			WRITE_ONCE(io->slot->id, id);
			return 0;
		}
	}
	nvme_lambda_free_slot(io, id);
	return NVME_LAMBDA_SC_NO_SLOT;
}

static int nvme_lambda_fill_slot(struct nvme_lambda_io *io,
				 enum nvme_lambda_area area, u32 offset,
				 void *buf, u32 len)
{
	struct nvme_command c = {
		.common.opcode = NVME_LAMBDA_WRITE,
		.common.cdw11 = cpu_to_le32(area),
	};
	int ret = nvme_lambda_name_slot(io, &c);

	if (!ret)
		ret = nvme_lambda_slot_io(io->l, io->ns, &c, offset, buf, len);
	if (!ret)
		io->sent += len;
	return ret;
}

/* Results */

/* An end that a λ can come to, and a value that goes with it. */
static bool nvme_lambda_end_ok(const struct blk_lambda_request *rq, u32 status,
			       u32 value)
{
	switch (status) {
	case LAMBDA_STATUS_OK:
		return value <= rq->out_cap;
	case LAMBDA_STATUS_ERROR:
		return (s32)value < 0;
	case LAMBDA_STATUS_BAD_LENGTH:
		return (s32)value > (s64)rq->out_cap;
	case LAMBDA_STATUS_FAULT:
	case LAMBDA_STATUS_OVER_BUDGET:
		return true;
	default:
		return false;
	}
}

/* Takes the outcome that the completion told; false when it makes no sense. */
static bool nvme_lambda_take_end(struct blk_lambda_request *rq, u64 dwords)
{
	u32 status = NVME_LAMBDA_RESULT_STATUS(dwords);
	u32 value = NVME_LAMBDA_RESULT_VALUE(dwords);

	if (!nvme_lambda_end_ok(rq, status, value))
		return false;
	rq->status = status;
	rq->retval = 0;
	rq->out_len = 0;
	if (status <= LAMBDA_STATUS_BAD_LENGTH)
		rq->retval = value;
	if (status == LAMBDA_STATUS_OK)
		rq->out_len = value;
	rq->fault_addr = 0;
	rq->fault_write = status == LAMBDA_STATUS_FAULT &&
			  NVME_LAMBDA_RESULT_WRITE(dwords);
	rq->insns = 0;
	rq->ns_media = 0;
	rq->ns_link = 0;
	rq->ns_compute = 0;
	rq->bytes_media = 0;
	rq->bytes_link = 0;
	return true;
}

static bool nvme_lambda_counters_ok(const struct nvme_lambda_result *r)
{
	u64 any = le64_to_cpu(r->insns) | le64_to_cpu(r->ns_media) |
		  le64_to_cpu(r->ns_link) | le64_to_cpu(r->ns_compute) |
		  le64_to_cpu(r->bytes_media) | le64_to_cpu(r->bytes_link);

	return any < NVME_LAMBDA_COUNTER_MAX;
}

/* Takes the rest from the result, which must tell the same. */
static bool nvme_lambda_take_result(struct nvme_lambda_io *io,
				    struct blk_lambda_request *rq,
				    const struct nvme_lambda_result *r)
{
	if (r->status != rq->status || r->fault_write != rq->fault_write ||
	    le64_to_cpu(r->in_len) != rq->in_len ||
	    le64_to_cpu(r->out_len) != rq->out_len ||
	    !nvme_lambda_counters_ok(r))
		return false;
	if (rq->status <= LAMBDA_STATUS_BAD_LENGTH &&
	    (s32)le32_to_cpu(r->retval) != rq->retval)
		return false;
	if (rq->status == LAMBDA_STATUS_FAULT)
		rq->fault_addr = le64_to_cpu(r->fault_addr);
	rq->insns = le64_to_cpu(r->insns);
	rq->ns_media = le64_to_cpu(r->ns_media);
	rq->ns_link = le64_to_cpu(r->ns_link);
	rq->ns_compute = le64_to_cpu(r->ns_compute);
	rq->bytes_media = le64_to_cpu(r->bytes_media);
	rq->bytes_link = le64_to_cpu(r->bytes_link) + io->sent;
	return true;
}

/* The answer of a run: output in whole pages, then the result. */
static size_t nvme_lambda_answer_size(u32 out_len)
{
	return PAGE_ALIGN((u64)out_len) + sizeof(struct nvme_lambda_result);
}

static int nvme_lambda_make_room(struct nvme_lambda_io *io, size_t size)
{
	if (io->room >= size)
		return 0;
	kvfree(io->buf);
	io->buf = kvmalloc(size, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	io->room = io->buf ? size : 0;
	return io->buf ? 0 : -ENOMEM;
}

/* What a failure says of program and slot is noted for the next request. */
static int nvme_lambda_failed(struct nvme_lambda_io *io, int ret)
{
	struct nvme_lambda *l = io->l;

	io->failed = true;
	if (nvme_lambda_is(ret, NVME_LAMBDA_SC_NO_PROGRAM))
		nvme_lambda_program_lost(l, io->program, io->session);
	if (nvme_lambda_is(ret, NVME_LAMBDA_SC_NO_SLOT)) {
		guard(spinlock)(&l->lock);
		if (io->session == l->session)
			io->slot->id = 0;
	}
	return nvme_lambda_reason(ret);
}

/* The fast path */

static bool nvme_lambda_may_be_fast(const struct nvme_lambda_io *io,
				    const struct blk_lambda_request *rq)
{
	return !rq->write && !rq->args_len &&
	       nvme_lambda_answer_size(rq->out_cap) <=
			nvme_lambda_chunk(io->l, io->ns->queue);
}

/* As many as the drive has cores; the others take the way over their slot. */
static bool nvme_lambda_begin_fast(struct nvme_lambda_io *io,
				   const struct blk_lambda_request *rq)
{
	struct nvme_lambda *l = io->l;

	if (rq->nr_extents != 1 || rq->extents[0].addr == BLK_LAMBDA_HOLE ||
	    !nvme_lambda_may_be_fast(io, rq))
		return false;
	guard(spinlock)(&l->lock);
	if (l->fast >= le32_to_cpu(l->id->cores))
		return false;
	l->fast++;
	return true;
}

static void nvme_lambda_end_fast(struct nvme_lambda *l)
{
	guard(spinlock)(&l->lock);
	l->fast--;
}

static int nvme_lambda_fast(struct nvme_lambda_io *io,
			    const struct blk_lambda_request *rq, u64 *result)
{
	u64 addr = rq->extents[0].addr;
	struct nvme_command c = {
		.common.opcode = NVME_LAMBDA_EXEC_FAST,
		.common.nsid = cpu_to_le32(io->ns->head->ns_id),
		.common.cdw2[0] = cpu_to_le32(READ_ONCE(io->program->id)),
		.common.cdw2[1] = cpu_to_le32(NVME_LAMBDA_DEADLINE_US),
		.common.cdw10 = cpu_to_le32(lower_32_bits(addr)),
		.common.cdw11 = cpu_to_le32(upper_32_bits(addr)),
		.common.cdw12 = cpu_to_le32(rq->in_len),
		.common.cdw13 = cpu_to_le32(rq->out_cap),
		.common.cdw14 = cpu_to_le32(lower_32_bits(rq->offset)),
		.common.cdw15 = cpu_to_le32(upper_32_bits(rq->offset)),
	};

	return nvme_lambda_command(io->l, io->ns, &c, io->buf,
				   nvme_lambda_answer_size(rq->out_cap),
				   result);
}

static int nvme_lambda_read_fast(struct nvme_lambda_io *io,
				 struct blk_lambda_request *rq)
{
	int ret = nvme_lambda_make_room(io,
				nvme_lambda_answer_size(rq->out_cap));
	u64 end;

	if (!ret)
		ret = nvme_lambda_fast(io, rq, &end);
	if (ret)
		return nvme_lambda_failed(io, ret);
	if (!nvme_lambda_take_end(rq, end) ||
	    !nvme_lambda_take_result(io, rq, io->buf +
				     PAGE_ALIGN((u64)rq->out_cap)))
		return LAMBDA_REASON_ERROR;
	return 0;
}

/* The way over a slot */

static size_t nvme_lambda_request_size(const struct blk_lambda_request *rq)
{
	return round_up(sizeof(struct nvme_lambda_request) + rq->args_len +
			(size_t)rq->nr_extents *
			sizeof(struct nvme_lambda_extent), 4);
}

/* Arguments come last. */
static void nvme_lambda_fill_request(const struct nvme_lambda_io *io,
				     const struct blk_lambda_request *rq,
				     struct nvme_lambda_request *r)
{
	struct nvme_lambda_extent *e = (void *)(r + 1);
	void *args = e + rq->nr_extents;
	u32 args_off = rq->args_len ? args - (void *)r : 0;
	u32 i;

	*r = (struct nvme_lambda_request) {
		.program = cpu_to_le32(READ_ONCE(io->program->id)),
		.deadline_us = cpu_to_le32(NVME_LAMBDA_DEADLINE_US),
		.nr_extents = cpu_to_le32(rq->nr_extents),
		.in_len = cpu_to_le32(rq->in_len),
		.out_cap = cpu_to_le32(rq->out_cap),
		.args_off = cpu_to_le32(args_off),
		.args_len = cpu_to_le32(rq->args_len),
		.offset = cpu_to_le64(rq->offset),
	};
	for (i = 0; i < rq->nr_extents; i++)
		e[i] = (struct nvme_lambda_extent) {
			.addr = cpu_to_le64(rq->extents[i].addr),
			.len = cpu_to_le64(rq->extents[i].len),
		};
	memcpy(args, rq->args, rq->args_len);
}

static int nvme_lambda_send_request(struct nvme_lambda_io *io,
				    const struct blk_lambda_request *rq)
{
	size_t size = nvme_lambda_request_size(rq);
	void *buf = kvzalloc(size, GFP_KERNEL | __GFP_NOWARN);
	int ret;

	if (!buf)
		return -ENOMEM;
	nvme_lambda_fill_request(io, rq, buf);
	ret = nvme_lambda_fill_slot(io, NVME_LAMBDA_AREA_REQUEST, 0, buf, size);
	kvfree(buf);
	return ret;
}

static int nvme_lambda_exec(struct nvme_lambda_io *io, u8 opcode, u64 *result)
{
	struct nvme_command c = { .common.opcode = opcode };
	int ret = nvme_lambda_name_slot(io, &c);

	if (ret)
		return ret;
	return nvme_lambda_command(io->l, io->ns, &c, NULL, 0, result);
}

static int nvme_lambda_read_answer(struct nvme_lambda_io *io,
				   const struct blk_lambda_request *rq)
{
	struct nvme_command c = { .common.opcode = NVME_LAMBDA_READ };
	size_t size = nvme_lambda_answer_size(rq->write ? 0 : rq->out_len);
	int ret = nvme_lambda_make_room(io, size);

	if (!ret)
		ret = nvme_lambda_name_slot(io, &c);
	if (ret)
		return ret;
	return nvme_lambda_slot_io(io->l, io->ns, &c, 0, io->buf, size);
}

static int nvme_lambda_read_slot(struct nvme_lambda_io *io,
				 struct blk_lambda_request *rq)
{
	int ret = nvme_lambda_send_request(io, rq);
	u64 end;

	if (!ret)
		ret = nvme_lambda_exec(io, NVME_LAMBDA_EXEC_READ, &end);
	if (ret)
		return nvme_lambda_failed(io, ret);
	if (!nvme_lambda_take_end(rq, end))
		return LAMBDA_REASON_ERROR;
	ret = nvme_lambda_read_answer(io, rq);
	if (ret)
		return nvme_lambda_failed(io, ret);
	if (!nvme_lambda_take_result(io, rq, io->buf +
				     PAGE_ALIGN((u64)rq->out_len)))
		return LAMBDA_REASON_ERROR;
	return 0;
}

static int nvme_lambda_read(struct nvme_lambda_io *io,
			    struct blk_lambda_request *rq)
{
	int ret;

	if (nvme_lambda_begin_fast(io, rq)) {
		ret = nvme_lambda_read_fast(io, rq);
		nvme_lambda_end_fast(io->l);
	} else {
		ret = nvme_lambda_read_slot(io, rq);
	}
	rq->output = io->buf;
	return ret;
}

/* Writes */

/* True for the statuses that promise that the command has changed nothing. */
static bool nvme_lambda_nothing_written(int ret)
{
	if (ret < 0)
		return true;
	switch (ret) {
	case NVME_LAMBDA_SC_RESOURCES:
	case NVME_LAMBDA_SC_NO_PROGRAM:
	case NVME_LAMBDA_SC_NOT_COMMITTED:
	case NVME_LAMBDA_SC_DECLINED_MEMORY:
	case NVME_LAMBDA_SC_DECLINED_INSNS:
	case NVME_LAMBDA_SC_DECLINED_TIME:
	case NVME_LAMBDA_SC_NO_SLOT:
	case NVME_LAMBDA_SC_BUSY:
	case NVME_LAMBDA_SC_BAD_EXTENT:
	case NVME_LAMBDA_SC_NO_ROOM:
		return true;
	default:
		return false;
	}
}

static u64 nvme_lambda_extents_len(const struct blk_lambda_request *rq)
{
	u64 len = 0;
	u32 i;

	for (i = 0; i < rq->nr_extents; i++)
		len += rq->extents[i].len;
	return len;
}

/*
 * The completion has told what became of the extents. A result that cannot be
 * fetched any more costs the counters, and the address of a fault; without the
 * latter the host finds it out, for that run has changed nothing.
 */
static int nvme_lambda_write_result(struct nvme_lambda_io *io,
				    struct blk_lambda_request *rq)
{
	int ret = nvme_lambda_read_answer(io, rq);

	if (ret) {
		int reason = nvme_lambda_failed(io, ret);

		return rq->status == LAMBDA_STATUS_FAULT ? reason : 0;
	}
	return nvme_lambda_take_result(io, rq, io->buf) ? 0 : -EIO;
}

static int nvme_lambda_write(struct nvme_lambda_io *io,
			     struct blk_lambda_request *rq)
{
	int ret = nvme_lambda_send_request(io, rq);
	u64 end;

	if (ret)
		return nvme_lambda_failed(io, ret);
	ret = nvme_lambda_exec(io, NVME_LAMBDA_EXEC_WRITE, &end);
	if (ret) {
		int reason = nvme_lambda_failed(io, ret);

		return nvme_lambda_nothing_written(ret) ? reason : -EIO;
	}
	if (!nvme_lambda_take_end(rq, end) ||
	    rq->out_len > nvme_lambda_extents_len(rq))
		return -EIO;
	return nvme_lambda_write_result(io, rq);
}

/* The methods */

static void nvme_lambda_release_io(struct nvme_lambda_io *io)
{
	if (io->slot)
		nvme_lambda_put_slot(io);
	if (io->program)
		nvme_lambda_program_put(io->l, io->program);
	nvme_lambda_leave(io->l, io->session);
	kvfree(io->buf);
	kfree(io);
}

/* Lengths are multiples of 4: the last bytes are filled up. */
static int nvme_lambda_send_input(struct nvme_lambda_io *io,
				  const struct blk_lambda_request *rq)
{
	u32 len = round_down(rq->in_len, 4);
	u8 tail[4] = {};
	int ret = 0;

	if (len)
		ret = nvme_lambda_fill_slot(io, NVME_LAMBDA_AREA_INPUT, 0,
					    (void *)rq->in, len);
	if (ret || len == rq->in_len)
		return ret;
	memcpy(tail, rq->in + len, rq->in_len - len);
	return nvme_lambda_fill_slot(io, NVME_LAMBDA_AREA_INPUT, len, tail,
				     sizeof(tail));
}

static int nvme_lambda_reserve(struct nvme_lambda_io *io,
			       const struct blk_lambda_request *rq)
{
	struct nvme_lambda_program *p;
	int ret = nvme_lambda_program_get(io->l, io->session, rq, &p);

	if (ret)
		return ret;
	io->program = p;
	ret = nvme_lambda_take_slot(io);
	if (ret)
		return ret;
	if (rq->write) {
		ret = nvme_lambda_send_input(io, rq);
		return ret ? nvme_lambda_failed(io, ret) : 0;
	}
	/* Without it the request is not fast. */
	if (nvme_lambda_may_be_fast(io, rq))
		nvme_lambda_make_room(io, nvme_lambda_answer_size(rq->out_cap));
	return 0;
}

/**
 * nvme_lambda_prepare - &blk_lambda_ops.prepare
 * @private: the namespace
 * @rq:      the request
 *
 * Return: 0; an enum lambda_reason; -EINTR on a fatal signal; -ENOMEM.
 */
int nvme_lambda_prepare(void *private, struct blk_lambda_request *rq)
{
	struct nvme_ns *ns = private;
	struct nvme_lambda_io *io = kzalloc(sizeof(*io), GFP_KERNEL);
	int ret;

	if (!io)
		return -ENOMEM;
	io->l = ns->ctrl->lambda;
	io->ns = ns;
	if (!nvme_lambda_enter(io->l, &io->session)) {
		kfree(io);
		return LAMBDA_REASON_GONE;
	}
	ret = nvme_lambda_reserve(io, rq);
	if (ret)
		nvme_lambda_release_io(io);
	else
		rq->driver = io;
	return ret;
}

/**
 * nvme_lambda_execute - &blk_lambda_ops.execute
 * @private: the namespace
 * @rq:      the request, prepared
 *
 * Return: 0; an enum lambda_reason; -EINTR on a fatal signal; -ENOMEM; -EIO
 * when a write may have been done, nobody knows how far.
 */
int nvme_lambda_execute(void *private, struct blk_lambda_request *rq)
{
	struct nvme_lambda_io *io = rq->driver;
	const struct nvme_lambda_id *id = io->l->id;
	unsigned int nofs;
	int ret;

	if (rq->nr_extents > le32_to_cpu(id->extents_max) ||
	    nvme_lambda_request_size(rq) > le32_to_cpu(id->request_max))
		return LAMBDA_REASON_EXTENTS;
	nofs = memalloc_nofs_save();
	ret = rq->write ? nvme_lambda_write(io, rq) : nvme_lambda_read(io, rq);
	memalloc_nofs_restore(nofs);
	return ret;
}

/**
 * nvme_lambda_finish - &blk_lambda_ops.finish
 * @private: the namespace
 * @rq:      the request, prepared
 */
void nvme_lambda_finish(void *private, struct blk_lambda_request *rq)
{
	nvme_lambda_release_io(rq->driver);
	rq->driver = NULL;
	rq->output = NULL;
}
