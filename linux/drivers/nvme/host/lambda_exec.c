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
#include <linux/slab.h>

#include "lambda_ctrl.h"

static int nvme_lambda_exec_send_request(struct nvme_lambda_io *io,
					 const struct blk_lambda_request *rq)
{
	size_t size = nvme_lambda_memory_request_size(rq);
	void *buf = nvme_lambda_memory_make_request(io, rq);
	int ret;

	if (!buf)
		return -ENOMEM;
	ret = nvme_lambda_fill_slot(io, NVME_LAMBDA_AREA_REQUEST, 0, buf, size);
	nvme_lambda_put_memory(io, buf, size);
	return ret;
}

/* There is no output; it has been done, and is told. */
static int nvme_lambda_exec_read_answer(struct nvme_lambda_io *io)
{
	struct nvme_lambda_cmd cmd = {
		.c.common.opcode = NVME_LAMBDA_READ,
		.c.common.cdw10 = nvme_lambda_slot_id(io),
		.deaf = true,
	};
	size_t size = nvme_lambda_memory_answer_size(0, 0);
	int ret = nvme_lambda_memory_make_room(io, size);

	if (ret)
		return ret;
	return nvme_lambda_cmd_io_slot(io, &cmd, 0, io->buf, size);
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
	int ret = nvme_lambda_exec_read_answer(io);

	if (ret) {
		int reason = nvme_lambda_read_note_failed(io, ret);

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
		return nvme_lambda_read_note_failed(io, ret);
	/* Whatever the drive says of it, this is not sent twice. */
	ret = nvme_lambda_cmd_io_once(io, &cmd);
	if (ret) {
		int reason = nvme_lambda_read_note_failed(io, ret);

		return nvme_lambda_exec_nothing_written(&cmd, ret) ? reason :
								     -EIO;
	}
	if (!nvme_lambda_result_take_end(rq, cmd.result) ||
	    rq->result.out_len > nvme_lambda_exec_extents_len(rq))
		return -EIO;
	return nvme_lambda_exec_write_result(io, rq);
}

/* The methods */

static void nvme_lambda_exec_free_io(struct nvme_lambda_io *io)
{
	nvme_lambda_reserve_release(io);
	nvme_lambda_put_memory(io, io->buf, io->room);
	kfree(io->flight);
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
	size_t size = nvme_lambda_memory_answer_size(rq->out_cap, 0);
	int ret;

	if (rq->write) {
		ret = nvme_lambda_exec_send_input(io, rq);
		return ret ? nvme_lambda_read_note_failed(io, ret) : 0;
	}
	if (io->fast && nvme_lambda_memory_make_room(io, size))
		nvme_lambda_reserve_leave_fast(io);
	return 0;
}

/**
 * nvme_lambda_exec_prepare - &blk_lambda_ops.prepare
 * @private: the namespace
 * @rq:      the request
 *
 * Return: 0; an enum lambda_reason; -ERESTARTSYS on a signal; -ENOMEM; -EAGAIN.
 */
int nvme_lambda_exec_prepare(void *private, struct blk_lambda_request *rq)
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
	ret = rq->ended ? nvme_lambda_read_new_flight(io, rq) : 0;
	if (!ret)
		ret = nvme_lambda_reserve(io, rq,
					  nvme_lambda_read_may_be_fast(io, rq));
	if (!ret)
		ret = nvme_lambda_exec_make_ready(io, rq);
	if (ret)
		nvme_lambda_exec_free_io(io);
	else
		rq->driver = io;
	return ret;
}

/**
 * nvme_lambda_exec_request - &blk_lambda_ops.execute
 * @private: the namespace
 * @rq:      the request, prepared
 *
 * Return: 0; an enum lambda_reason; -ERESTARTSYS on a signal; -ENOMEM; -EIO
 * when a write may have been done, and how far is not known.
 */
int nvme_lambda_exec_request(void *private, struct blk_lambda_request *rq)
{
	struct nvme_lambda_io *io = rq->driver;
	unsigned int nofs;
	int ret;

	if (nvme_lambda_memory_too_many(io, rq))
		return LAMBDA_REASON_EXTENTS;
	nofs = memalloc_nofs_save();
	ret = rq->write ? nvme_lambda_exec_write(io, rq) :
			  nvme_lambda_read(io, rq);
	memalloc_nofs_restore(nofs);
	rq->ns_drive = io->time;
	/* Until its finish, the caller may be kept by pages of a user's. */
	nvme_lambda_reserve_release(io);
	return ret;
}

/**
 * nvme_lambda_exec_finish - &blk_lambda_ops.finish
 * @private: the namespace
 * @rq:      the request, prepared
 */
void nvme_lambda_exec_finish(void *private, struct blk_lambda_request *rq)
{
	nvme_lambda_exec_free_io(rq->driver);
	rq->driver = NULL;
	rq->output = NULL;
}
