// SPDX-License-Identifier: GPL-2.0
/*
 * Drives that run λs: one command, from its request to the meaning of its end.
 *
 * The buffers of a command are the drive's until it has completed, whatever
 * happens to the task that waits for it.
 */
#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/bpf_lambda.h>
#include <linux/completion.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/lambda.h>
#include <linux/sched/signal.h>

#include "lambda.h"

/* A transient refusal is met with pauses of 1, 2, 4 … ms, so many of them. */
#define NVME_LAMBDA_RETRIES	7
/* How often to look for signals that wake no waiter: every 4 ms or so. */
#define NVME_LAMBDA_LOOK	DIV_ROUND_UP(HZ, 250)
/* How often a command is aborted at most; the pauses get longer. */
#define NVME_LAMBDA_ABORTS	3

/**
 * struct nvme_lambda_wait - a task that waits for a request
 * @done:   it has ended
 * @status: how, in the words of the block layer
 * @issued: the drive may have seen it
 * @ended:  when, in ns, however late the task gets to run
 */
struct nvme_lambda_wait {
	struct completion done;
	blk_status_t status;
	bool issued;
	u64 ended;
};

static enum rq_end_io_ret nvme_lambda_cmd_end_io(struct request *rq,
						 blk_status_t status)
{
	struct nvme_lambda_wait *wait = rq->end_io_data;

	wait->status = status;
	wait->issued = blk_mq_request_started(rq);
	wait->ended = ktime_get_ns();
	complete(&wait->done);
	return RQ_END_IO_NONE;
}

static enum rq_end_io_ret nvme_lambda_cmd_abort_end_io(struct request *rq,
						       blk_status_t status)
{
	struct nvme_lambda *l = rq->end_io_data;

	atomic_inc(&l->ctrl->abort_limit);
	atomic_set_release(&l->aborting, 0);
	blk_mq_free_request(rq);
	return RQ_END_IO_NONE;
}

/*
 * May come too late or not go out, then it is false; the request's timeout
 * stands behind it. One at a time, for that takes from the same few.
 */
static bool nvme_lambda_cmd_abort(struct nvme_lambda *l, struct request *victim)
{
	struct nvme_ctrl *ctrl = l->ctrl;
	struct nvme_command c = {
		.abort.opcode = nvme_admin_abort_cmd,
		.abort.sqid = cpu_to_le16(nvme_req_qid(victim)),
		.abort.cid = nvme_cid(victim),
	};
	struct request *rq;

	if (blk_mq_rq_state(victim) != MQ_RQ_IN_FLIGHT ||
	    atomic_cmpxchg_acquire(&l->aborting, 0, 1))
		return false;
	if (atomic_dec_return(&ctrl->abort_limit) < 0)
		goto none;
	rq = blk_mq_alloc_request(ctrl->admin_q, nvme_req_op(&c),
				  BLK_MQ_REQ_NOWAIT);
	if (IS_ERR(rq))
		goto none;
	nvme_init_request(rq, &c);
	rq->rq_flags |= RQF_QUIET;
	rq->end_io = nvme_lambda_cmd_abort_end_io;
	rq->end_io_data = l;
	blk_execute_rq_nowait(rq, false);
	return true;
none:
	atomic_inc(&ctrl->abort_limit);
	atomic_set_release(&l->aborting, 0);
	return false;
}

/*
 * Waits for the end of a command that is no longer wanted. While the abort of
 * another one is under way it looks often, for that takes no time.
 */
static void nvme_lambda_cmd_hurry(struct nvme_lambda *l, struct request *rq,
				  struct nvme_lambda_wait *wait)
{
	unsigned long pause;
	u32 aborts = 0;

	do {
		if (aborts == NVME_LAMBDA_ABORTS)
			pause = HZ;
		else if (nvme_lambda_cmd_abort(l, rq))
			pause = (HZ / 10) << ++aborts;
		else
			pause = NVME_LAMBDA_LOOK;
	} while (!wait_for_completion_io_timeout(&wait->done, pause));
}

/* Whether the command is wanted no more; a worker gets no signals. */
static bool nvme_lambda_cmd_interrupted(struct task_struct *task)
{
	return bpf_lambda_interrupted(task ?: current);
}

static bool nvme_lambda_cmd_unwanted(const struct nvme_lambda_cmd *cmd)
{
	return !cmd->deaf && nvme_lambda_cmd_interrupted(cmd->task);
}

/* A queue that is frozen, as during a reset, is not waited for deafly. */
static struct request *nvme_lambda_cmd_request(struct nvme_lambda *l,
					       struct request_queue *q,
					       struct nvme_lambda_cmd *cmd)
{
	unsigned long end = jiffies + l->timeout;
	struct request *rq;

	for (;;) {
		rq = blk_mq_alloc_request(q, nvme_req_op(&cmd->c),
					  BLK_MQ_REQ_NOWAIT);
		if (!IS_ERR(rq) || PTR_ERR(rq) != -EAGAIN)
			return rq;
		if (nvme_ctrl_state(l->ctrl) != NVME_CTRL_LIVE ||
		    blk_queue_dying(q))
			return ERR_PTR(-ENODEV);
		if (time_after(jiffies, end))
			return ERR_PTR(-EBUSY);
		schedule_timeout_killable(1);
		if (nvme_lambda_cmd_unwanted(cmd))
			return ERR_PTR(-ERESTARTSYS);
	}
}

/* For the end of a command, or until it is to be aborted; then it is true. */
static bool nvme_lambda_cmd_wait_unwanted(struct nvme_lambda_wait *wait,
					  const struct nvme_lambda_cmd *cmd)
{
	bool own = !cmd->task || cmd->task == current;

	if (own && !cmd->deaf && !bpf_lambda_held())
		return wait_for_completion_interruptible(&wait->done);
	while (!wait_for_completion_io_timeout(&wait->done,
					       NVME_LAMBDA_LOOK))
		if (nvme_lambda_cmd_unwanted(cmd))
			return true;
	return false;
}

/* Negative when it ended without a status of the drive's. */
static int nvme_lambda_cmd_run(struct nvme_lambda *l, struct request *rq,
			       struct nvme_lambda_cmd *cmd)
{
	struct nvme_lambda_wait wait = {
		.done = COMPLETION_INITIALIZER_ONSTACK(wait.done),
	};
	u64 begun = ktime_get_ns();
	struct blk_plug plug;

	rq->end_io = nvme_lambda_cmd_end_io;
	rq->end_io_data = &wait;
	/* A plug's requests go straight to the driver, others by a list. */
	blk_start_plug(&plug);
	blk_execute_rq_nowait(rq, false);
	blk_finish_plug(&plug);
	if (cmd->sent)
		complete(cmd->sent);
	if (nvme_lambda_cmd_wait_unwanted(&wait, cmd))
		nvme_lambda_cmd_hurry(l, rq, &wait);
	cmd->issued = wait.issued;
	cmd->time = wait.ended - begun;
	if (nvme_req(rq)->status)
		return nvme_req(rq)->status & NVME_SCT_SC_MASK;
	if (!wait.status)
		return 0;
	return nvme_ctrl_state(l->ctrl) == NVME_CTRL_LIVE ? -EIO : -ENODEV;
}

/**
 * nvme_lambda_cmd_fits - tell whether a namespace is one of those that run λs
 * @ns: the namespace
 *
 * A path of several is hidden, and its disk a stacked one. The drive counts
 * bytes of data, which are not where the host thinks with metadata among them.
 * The answer stays right as long as the caller has a request of its queue: a
 * queue is frozen while the driver takes over another format.
 *
 * Return: true when its disk runs λs, if its controller does.
 */
bool nvme_lambda_cmd_fits(const struct nvme_ns *ns)
{
	return !nvme_ns_head_multipath(ns->head) && !ns->head->ms &&
	       ns->head->ids.csi == NVME_CSI_NVM;
}

/**
 * nvme_lambda_cmd_submit - send a command and wait for its end
 * @l:   the controller's λ side
 * @ns:  namespace of an I/O command; NULL for an admin command
 * @cmd: the command
 *
 * A signal aborts the command, whose end is waited for still.
 *
 * Context: process context; allocates without I/O.
 * Return: 0; a status without its flag bits; -ERESTARTSYS on a signal, -ENODEV
 * when the drive is resetting or gone or the namespace no longer fits, -EBUSY
 * when its queue was frozen for long, -ENOMEM, -EIO. Whether the command was
 * sent tells its @issued.
 */
int nvme_lambda_cmd_submit(struct nvme_lambda *l, struct nvme_ns *ns,
			   struct nvme_lambda_cmd *cmd)
{
	struct request_queue *q = ns ? ns->queue : l->ctrl->admin_q;
	struct request *rq = nvme_lambda_cmd_request(l, q, cmd);
	int ret = 0;

	cmd->issued = false;
	if (IS_ERR(rq))
		return PTR_ERR(rq);
	if (ns && !nvme_lambda_cmd_fits(ns)) {
		blk_mq_free_request(rq);
		return -ENODEV;
	}
	nvme_lambda_session_name(l, &cmd->c, cmd->epoch);
	nvme_init_request(rq, &cmd->c);
	/* To decline is no error, and the log is not for λs to write to. */
	rq->rq_flags |= RQF_QUIET;
	if (ns)
		rq->timeout += l->timeout;
	else	/* not before the reset is over */
		nvme_req(rq)->flags |= NVME_REQ_USERCMD;
	if (cmd->len)
		ret = blk_rq_map_kern(q, rq, cmd->buf, cmd->len, GFP_NOIO);
	if (!ret)
		ret = nvme_lambda_cmd_run(l, rq, cmd);
	nvme_lambda_session_ended(l, cmd->epoch, ret);
	cmd->result = le64_to_cpu(nvme_req(rq)->result.u64);
	blk_mq_free_request(rq);
	return ret;
}

/**
 * nvme_lambda_cmd_io_once - send a request's I/O command
 * @io:  the request
 * @cmd: the command
 *
 * Return: as nvme_lambda_cmd_submit(); -ENODEV also when its epoch is over.
 */
int nvme_lambda_cmd_io_once(struct nvme_lambda_io *io,
			    struct nvme_lambda_cmd *cmd)
{
	int ret;

	cmd->c.common.nsid = cpu_to_le32(io->ns->head->ns_id);
	cmd->task = io->task;
	cmd->epoch = io->epoch;
	if (!nvme_lambda_session_is_epoch(io->l, io->epoch))
		return -ENODEV;
	cmd->time = 0;
	ret = nvme_lambda_cmd_submit(io->l, io->ns, cmd);
	io->time += cmd->time;
	return ret;
}

/* Return: the time has passed, and no signal came. */
static bool nvme_lambda_cmd_sleep(unsigned long left, struct task_struct *task)
{
	unsigned long now;

	for (; left; left -= now) {
		now = min(left, NVME_LAMBDA_LOOK);
		schedule_timeout_killable(now);
		if (nvme_lambda_cmd_interrupted(task))
			return false;
	}
	return true;
}

/**
 * nvme_lambda_cmd_again - pause before a command that may be sent again
 * @ret:   what it returned
 * @tries: how often this was asked, from 0 on; counted up
 * @task:  the task whose signals count; NULL: the caller
 *
 * Return: true to send it again; false when @ret is final, or a signal came.
 */
bool nvme_lambda_cmd_again(int ret, u32 *tries, struct task_struct *task)
{
	if (ret != NVME_LAMBDA_SC_RESOURCES && ret != NVME_LAMBDA_SC_BUSY)
		return false;
	if (*tries == NVME_LAMBDA_RETRIES)
		return false;
	return nvme_lambda_cmd_sleep(msecs_to_jiffies(1 << (*tries)++), task);
}

/**
 * nvme_lambda_cmd_io - send a request's I/O command, again if it may be
 * @io:  the request
 * @cmd: the command
 *
 * Not for one that changes the disk.
 *
 * Return: as nvme_lambda_cmd_io_once().
 */
int nvme_lambda_cmd_io(struct nvme_lambda_io *io, struct nvme_lambda_cmd *cmd)
{
	u32 tries = 0;
	int ret;

	do {
		ret = nvme_lambda_cmd_io_once(io, cmd);
	} while (nvme_lambda_cmd_again(ret, &tries, io->task));
	return ret;
}

/**
 * nvme_lambda_cmd_chunk - how much data goes with one command
 * @l: the controller's λ side
 * @q: the queue of the command
 *
 * Return: bytes, whole pages. Memory of that length can be scattered, and need
 * not begin with a page.
 */
u32 nvme_lambda_cmd_chunk(struct nvme_lambda *l, struct request_queue *q)
{
	u64 pages = max(queue_max_segments(q), 2) - 1;
	u64 most = min3((u64)le32_to_cpu(l->id->transfer_max),
			(u64)queue_max_hw_sectors(q) << SECTOR_SHIFT,
			pages << PAGE_SHIFT);

	return max_t(u64, round_down(most, PAGE_SIZE), PAGE_SIZE);
}

/**
 * nvme_lambda_cmd_slot_io - fill or read a part of a slot
 * @io:     the request that has the slot
 * @cmd:    WRITE or READ, but for offset, length and data
 * @offset: where; a multiple of 4
 * @buf:    the bytes
 * @len:    how many; a multiple of 4
 *
 * Return: as nvme_lambda_cmd_io(); then a part may have been transferred.
 */
int nvme_lambda_cmd_slot_io(struct nvme_lambda_io *io,
			    struct nvme_lambda_cmd *cmd, u32 offset, void *buf,
			    u32 len)
{
	u32 chunk = nvme_lambda_cmd_chunk(io->l, io->ns->queue);
	u32 done;
	int ret = 0;

	for (done = 0; done < len && !ret; done += cmd->len) {
		cmd->buf = buf + done;
		cmd->len = min(len - done, chunk);
		cmd->c.common.cdw12 = cpu_to_le32(offset + done);
		cmd->c.common.cdw13 = cpu_to_le32(cmd->len);
		ret = nvme_lambda_cmd_io(io, cmd);
	}
	return ret;
}

static int nvme_lambda_cmd_status_reason(int status)
{
	switch (status) {
	case NVME_LAMBDA_SC_DECLINED_MEMORY:
		return LAMBDA_REASON_MEMORY;
	case NVME_LAMBDA_SC_DECLINED_INSNS:
		return LAMBDA_REASON_INSNS;
	case NVME_LAMBDA_SC_DECLINED_TIME:
		return LAMBDA_REASON_TIME;
	case NVME_LAMBDA_SC_NO_ROOM:
		return LAMBDA_REASON_NO_ROOM;
	case NVME_LAMBDA_SC_RESOURCES:
	case NVME_LAMBDA_SC_BUSY:
	case NVME_LAMBDA_SC_PROGRAM_IN_USE:
		return LAMBDA_REASON_BUSY;
	case NVME_LAMBDA_SC_PROGRAM_INVALID:
	case NVME_LAMBDA_SC_PROGRAM_TOO_BIG:
		return LAMBDA_REASON_REFUSED;
	case NVME_LAMBDA_SC_NO_PROGRAM:
	case NVME_LAMBDA_SC_NO_SLOT:
	case NVME_LAMBDA_SC_NO_SESSION:
	case NVME_LAMBDA_SC_STALE_EPOCH:
	case NVME_SC_HOST_ABORTED_CMD:
	case NVME_SC_HOST_PATH_ERROR:
	case NVME_SC_ABORT_QUEUE:
		return LAMBDA_REASON_GONE;
	case NVME_SC_ABORT_REQ:
		return LAMBDA_REASON_ABORTED;
	default:
		return LAMBDA_REASON_ERROR;
	}
}

/**
 * nvme_lambda_cmd_reason - say what the end of a command means to a request
 * @ret:  what the command returned; not 0
 * @task: the task whose signals count
 *
 * Only right where nothing can have changed on the disk.
 *
 * Return: an enum lambda_reason, -ERESTARTSYS on a signal, or -ENOMEM.
 */
int nvme_lambda_cmd_reason(int ret, struct task_struct *task)
{
	if (ret == -ERESTARTSYS || ret == -ENOMEM)
		return ret;
	if (nvme_lambda_cmd_interrupted(task))
		return -ERESTARTSYS;
	if (ret == -ENODEV)
		return LAMBDA_REASON_GONE;
	if (ret == -EBUSY)
		return LAMBDA_REASON_BUSY;
	return ret < 0 ? LAMBDA_REASON_ERROR :
			 nvme_lambda_cmd_status_reason(ret);
}
