// SPDX-License-Identifier: GPL-2.0
/*
 * Drives that run λs: requests.
 *
 * A request has a program and a slot from prepare to finish. A small read of
 * one extent goes by the fast path, one command, and leaves its slot alone.
 *
 * Whatever goes wrong with a read, the host can run the λ. A write was begun
 * when its command was sent: only statuses that promise that nothing has
 * changed let the host run it, everything else is an error, so that no write
 * is ever done twice.
 */
#include <linux/bpf_lambda.h>
#include <linux/lambda.h>
#include <linux/sched/mm.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "lambda.h"

/* The answer of a run: output in whole pages, then the result. */
static size_t nvme_lambda_exec_answer_size(u32 out_len)
{
	return PAGE_ALIGN((u64)out_len) + sizeof(struct nvme_lambda_result);
}

/*
 * Memory that the request's user pays for, as for all other pages of its
 * requests; NULL where there is none, or the user may have no more.
 */
static void *nvme_lambda_exec_alloc(struct nvme_lambda_io *io, size_t size)
{
	u32 pages = DIV_ROUND_UP(size, PAGE_SIZE);
	void *buf;

	if (bpf_lambda_pay(&io->payer, BPF_LAMBDA_PRIVATE, 0, pages))
		return NULL;
	buf = kvmalloc(size, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!buf)
		bpf_lambda_unpay(&io->payer, BPF_LAMBDA_PRIVATE, pages);
	return buf;
}

static void nvme_lambda_exec_free(struct nvme_lambda_io *io, void *buf,
				  size_t size)
{
	if (!buf)
		return;
	kvfree(buf);
	bpf_lambda_unpay(&io->payer, BPF_LAMBDA_PRIVATE,
			 DIV_ROUND_UP(size, PAGE_SIZE));
}

static int nvme_lambda_exec_make_room(struct nvme_lambda_io *io, size_t size)
{
	if (io->room >= size)
		return 0;
	nvme_lambda_exec_free(io, io->buf, io->room);
	io->buf = nvme_lambda_exec_alloc(io, size);
	io->room = io->buf ? size : 0;
	return io->buf ? 0 : -ENOMEM;
}

/* What a failure says of program and slot is noted for the next request. */
static int nvme_lambda_exec_failed(struct nvme_lambda_io *io, int ret)
{
	io->failed = true;
	if (ret == NVME_LAMBDA_SC_NO_PROGRAM)
		nvme_lambda_program_lost(io->l, io->program, io->epoch);
	if (ret == NVME_LAMBDA_SC_NO_SLOT)
		nvme_lambda_lost_slot(io);
	return nvme_lambda_cmd_reason(ret, io->task);
}

/* The fast path */

/*
 * It carries all that the output may be over the link, where the other way
 * carries what it is and two commands more.
 */
#define NVME_LAMBDA_FAST_MAX	SZ_64K

static bool nvme_lambda_exec_may_be_fast(const struct nvme_lambda_io *io,
					 const struct blk_lambda_request *rq)
{
	return !rq->write && !rq->args_len &&
	       rq->offset < NVME_LAMBDA_FAST_END &&
	       rq->out_cap <= NVME_LAMBDA_FAST_MAX &&
	       nvme_lambda_exec_answer_size(rq->out_cap) <=
		       nvme_lambda_cmd_chunk(io->l, io->ns->queue);
}

/* As far as extents go. What is too far away includes holes. */
static bool nvme_lambda_exec_is_fast(const struct blk_lambda_request *rq)
{
	return rq->nr_extents == 1 &&
	       rq->extents[0].addr < NVME_LAMBDA_FAST_END &&
	       rq->extents[0].len == rq->in_len;
}

static int nvme_lambda_exec_fast(struct nvme_lambda_io *io,
				 const struct blk_lambda_request *rq,
				 u64 *result)
{
	u64 addr = rq->extents[0].addr;
	u32 program = READ_ONCE(io->program->id);
	struct nvme_lambda_cmd cmd = {
		.c.common.opcode = NVME_LAMBDA_EXEC_FAST,
		.c.common.cdw10 = cpu_to_le32(program),
		.c.common.cdw11 = cpu_to_le32(lower_32_bits(addr)),
		.c.common.cdw12 = cpu_to_le32(lower_32_bits(rq->offset)),
		.c.common.cdw13 = cpu_to_le32(NVME_LAMBDA_FAST_HIGH(addr,
								rq->offset)),
		.c.common.cdw14 = cpu_to_le32(rq->in_len),
		.c.common.cdw15 = cpu_to_le32(rq->out_cap),
		.buf = io->buf,
		.len = nvme_lambda_exec_answer_size(rq->out_cap),
		.sent = rq->sent,
	};
	int ret = nvme_lambda_cmd_io(io, &cmd);

	*result = cmd.result;
	return ret;
}

static int nvme_lambda_exec_read_fast(struct nvme_lambda_io *io,
				      struct blk_lambda_request *rq)
{
	u64 end;
	int ret = nvme_lambda_exec_fast(io, rq, &end);

	if (ret)
		return nvme_lambda_exec_failed(io, ret);
	if (!nvme_lambda_take_end(rq, end) ||
	    !nvme_lambda_take_result(io, rq, io->buf +
				     PAGE_ALIGN((u64)rq->out_cap)))
		return LAMBDA_REASON_ERROR;
	return 0;
}

/* The way over a slot */

static size_t nvme_lambda_exec_request_size(const struct blk_lambda_request *rq)
{
	return round_up(sizeof(struct nvme_lambda_request) + rq->args_len +
			(size_t)rq->nr_extents *
			sizeof(struct nvme_lambda_extent), 4);
}

/* Arguments come last. */
static void nvme_lambda_exec_fill_request(const struct nvme_lambda_io *io,
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

static int nvme_lambda_exec_send_request(struct nvme_lambda_io *io,
					 const struct blk_lambda_request *rq)
{
	size_t size = nvme_lambda_exec_request_size(rq);
	void *buf = nvme_lambda_exec_alloc(io, size);
	int ret;

	if (!buf)
		return -ENOMEM;
	memset(buf, 0, size);
	nvme_lambda_exec_fill_request(io, rq, buf);
	ret = nvme_lambda_fill_slot(io, NVME_LAMBDA_AREA_REQUEST, 0, buf, size);
	nvme_lambda_exec_free(io, buf, size);
	return ret;
}

static int nvme_lambda_exec_read_answer(struct nvme_lambda_io *io,
					const struct blk_lambda_request *rq)
{
	struct nvme_lambda_cmd cmd = {
		.c.common.opcode = NVME_LAMBDA_READ,
		.c.common.cdw10 = nvme_lambda_slot_id(io),
		.deaf = rq->write,	/* which has been done, and is told */
	};
	u32 len = rq->write ? 0 : rq->result.out_len;
	size_t size = nvme_lambda_exec_answer_size(len);
	int ret = nvme_lambda_exec_make_room(io, size);

	if (ret)
		return ret;
	return nvme_lambda_cmd_slot_io(io, &cmd, 0, io->buf, size);
}

static int nvme_lambda_exec_read_slot(struct nvme_lambda_io *io,
				      struct blk_lambda_request *rq)
{
	struct nvme_lambda_cmd cmd = {
		.c.common.opcode = NVME_LAMBDA_EXEC_READ,
		.sent = rq->sent,
	};
	int ret = nvme_lambda_alloc_slot(io);

	if (!ret)
		ret = nvme_lambda_exec_send_request(io, rq);
	if (!ret) {
		cmd.c.common.cdw10 = nvme_lambda_slot_id(io);
		ret = nvme_lambda_cmd_io(io, &cmd);
	}
	if (ret)
		return nvme_lambda_exec_failed(io, ret);
	if (!nvme_lambda_take_end(rq, cmd.result))
		return LAMBDA_REASON_ERROR;
	ret = nvme_lambda_exec_read_answer(io, rq);
	if (ret)
		return nvme_lambda_exec_failed(io, ret);
	if (!nvme_lambda_take_result(io, rq, io->buf +
				     PAGE_ALIGN(rq->result.out_len)))
		return LAMBDA_REASON_ERROR;
	return 0;
}

static int nvme_lambda_exec_read(struct nvme_lambda_io *io,
				 struct blk_lambda_request *rq)
{
	int ret;

	if (io->fast && !nvme_lambda_exec_is_fast(rq))
		nvme_lambda_leave_fast(io);
	ret = io->fast ? nvme_lambda_exec_read_fast(io, rq) :
			 nvme_lambda_exec_read_slot(io, rq);
	rq->output = io->buf;
	return ret;
}

/* Writes */

/* True if not sent, and for statuses that promise that nothing has changed. */
static bool nvme_lambda_exec_nothing_written(const struct nvme_lambda_cmd *cmd,
					     int ret)
{
	if (!cmd->issued)
		return true;
	switch (ret) {
	case NVME_SC_ABORT_REQ:
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
	case NVME_LAMBDA_SC_NO_SESSION:
	case NVME_LAMBDA_SC_STALE_EPOCH:
		return true;
	default:
		return false;
	}
}

static u64 nvme_lambda_exec_extents_len(const struct blk_lambda_request *rq)
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
static int nvme_lambda_exec_write_result(struct nvme_lambda_io *io,
					 struct blk_lambda_request *rq)
{
	int ret = nvme_lambda_exec_read_answer(io, rq);

	if (ret) {
		int reason = nvme_lambda_exec_failed(io, ret);

		return rq->result.status == LAMBDA_STATUS_FAULT ? reason : 0;
	}
	return nvme_lambda_take_result(io, rq, io->buf) ? 0 : -EIO;
}

static int nvme_lambda_exec_write(struct nvme_lambda_io *io,
				  struct blk_lambda_request *rq)
{
	struct nvme_lambda_cmd cmd = {
		.c.common.opcode = NVME_LAMBDA_EXEC_WRITE,
		.c.common.cdw10 = nvme_lambda_slot_id(io),
	};
	int ret = nvme_lambda_exec_send_request(io, rq);

	if (ret)
		return nvme_lambda_exec_failed(io, ret);
	/* Whatever the drive says of it, this is not sent twice. */
	ret = nvme_lambda_cmd_io_once(io, &cmd);
	if (ret) {
		int reason = nvme_lambda_exec_failed(io, ret);

		return nvme_lambda_exec_nothing_written(&cmd, ret) ? reason :
								     -EIO;
	}
	if (!nvme_lambda_take_end(rq, cmd.result) ||
	    rq->result.out_len > nvme_lambda_exec_extents_len(rq))
		return -EIO;
	return nvme_lambda_exec_write_result(io, rq);
}

/* The methods */

static void nvme_lambda_exec_free_io(struct nvme_lambda_io *io)
{
	nvme_lambda_release(io);
	nvme_lambda_exec_free(io, io->buf, io->room);
	kfree(io);
}

/* Lengths are multiples of 4: the last bytes are filled up. */
static int nvme_lambda_exec_send_input(struct nvme_lambda_io *io,
				       const struct blk_lambda_request *rq)
{
	u32 len = round_down(rq->in_len, 4);
	u8 tail[4] = {};
	int ret = nvme_lambda_alloc_slot(io);

	if (!ret && len)
		ret = nvme_lambda_fill_slot(io, NVME_LAMBDA_AREA_INPUT, 0,
					    (void *)rq->in, len);
	if (ret || len == rq->in_len)
		return ret;
	memcpy(tail, rq->in + len, rq->in_len - len);
	return nvme_lambda_fill_slot(io, NVME_LAMBDA_AREA_INPUT, len, tail,
				     sizeof(tail));
}

/* What takes time or memory is done before the file is asked for extents. */
static int nvme_lambda_exec_make_ready(struct nvme_lambda_io *io,
				       const struct blk_lambda_request *rq)
{
	size_t size = nvme_lambda_exec_answer_size(rq->out_cap);
	int ret;

	if (rq->write) {
		ret = nvme_lambda_exec_send_input(io, rq);
		return ret ? nvme_lambda_exec_failed(io, ret) : 0;
	}
	if (io->fast && nvme_lambda_exec_make_room(io, size))
		nvme_lambda_leave_fast(io);
	return 0;
}

/**
 * nvme_lambda_prepare - &blk_lambda_ops.prepare
 * @private: the namespace
 * @rq:      the request
 *
 * Return: 0; an enum lambda_reason; -ERESTARTSYS on a signal; -ENOMEM.
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
	io->task = rq->task;
	io->payer = rq->payer;
	ret = nvme_lambda_reserve(io, rq, nvme_lambda_exec_may_be_fast(io, rq));
	if (!ret)
		ret = nvme_lambda_exec_make_ready(io, rq);
	if (ret)
		nvme_lambda_exec_free_io(io);
	else
		rq->driver = io;
	return ret;
}

/**
 * nvme_lambda_execute - &blk_lambda_ops.execute
 * @private: the namespace
 * @rq:      the request, prepared
 *
 * Return: 0; an enum lambda_reason; -ERESTARTSYS on a signal; -ENOMEM; -EIO
 * when a write may have been done, and how far is not known.
 */
int nvme_lambda_execute(void *private, struct blk_lambda_request *rq)
{
	struct nvme_lambda_io *io = rq->driver;
	const struct nvme_lambda_id *id = io->l->id;
	unsigned int nofs;
	int ret;

	if (rq->nr_extents > le32_to_cpu(id->extents_max) ||
	    nvme_lambda_exec_request_size(rq) > le32_to_cpu(id->request_max))
		return LAMBDA_REASON_EXTENTS;
	nofs = memalloc_nofs_save();
	ret = rq->write ? nvme_lambda_exec_write(io, rq) :
			  nvme_lambda_exec_read(io, rq);
	memalloc_nofs_restore(nofs);
	rq->ns_drive = io->time;
	/* Until its finish, the caller may be kept by pages of a user's. */
	nvme_lambda_release(io);
	return ret;
}

/**
 * nvme_lambda_finish - &blk_lambda_ops.finish
 * @private: the namespace
 * @rq:      the request, prepared
 */
void nvme_lambda_finish(void *private, struct blk_lambda_request *rq)
{
	nvme_lambda_exec_free_io(rq->driver);
	rq->driver = NULL;
	rq->output = NULL;
}
