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

#include "lambda_ctrl.h"

static enum rq_end_io_ret nvme_lambda_cmd_end_io(struct request *rq,
						 blk_status_t status)
{
	struct nvme_lambda_cmd *cmd = rq->end_io_data;
	struct delayed_work *work = cmd->work;

	cmd->status = status;
	cmd->issued = blk_mq_request_started(rq);
	cmd->ended = ktime_get_ns();
	if (work)
		queue_delayed_work(blk_lambda_workers, work, 0);
	else
		complete(&cmd->done);
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

/**
 * nvme_lambda_cmd_abort - have a command that was sent aborted
 * @l:      the controller's λ side
 * @victim: the command's request
 *
 * May come too late or not go out; the request's timeout stands behind it. One
 * at a time, for that takes from the same few.
 *
 * Return: whether it went out.
 */
bool nvme_lambda_cmd_abort(struct nvme_lambda *l, struct request *victim)
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
				  struct nvme_lambda_cmd *cmd)
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
	} while (!wait_for_completion_io_timeout(&cmd->done, pause));
}

static bool nvme_lambda_cmd_unwanted(const struct nvme_lambda_cmd *cmd)
{
	if (cmd->deaf)
		return false;
	if (cmd->cancelled)
		return READ_ONCE(*cmd->cancelled);
	return nvme_lambda_cmd_interrupted(cmd->task);
}

/* A queue that is frozen, as during a reset, is not waited for deafly. */
static struct request *nvme_lambda_cmd_request(struct nvme_lambda *l,
					       struct request_queue *q,
					       struct nvme_lambda_cmd *cmd,
					       bool wait)
{
	unsigned long end = jiffies + l->timeout;
	struct request *rq;

	for (;;) {
		rq = blk_mq_alloc_request(q, nvme_req_op(&cmd->c),
					  BLK_MQ_REQ_NOWAIT);
		if (!IS_ERR(rq) || PTR_ERR(rq) != -EAGAIN || !wait)
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
static bool nvme_lambda_cmd_wait_unwanted(struct nvme_lambda_cmd *cmd)
{
	bool own = !cmd->task || cmd->task == current;

	if (own && !cmd->deaf && !bpf_lambda_held())
		return wait_for_completion_interruptible(&cmd->done);
	while (!wait_for_completion_io_timeout(&cmd->done,
					       NVME_LAMBDA_LOOK))
		if (nvme_lambda_cmd_unwanted(cmd))
			return true;
	return false;
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
 * nvme_lambda_cmd_make - make a request of a command
 * @l:    the controller's λ side
 * @ns:   namespace of an I/O command; NULL for an admin command
 * @cmd:  the command
 * @wait: may it wait for a place in the queue?
 *
 * Return: for nvme_lambda_cmd_send(); else ERR_PTR as nvme_lambda_cmd_submit(),
 * -EAGAIN when it is not to wait.
 */
struct request *nvme_lambda_cmd_make(struct nvme_lambda *l, struct nvme_ns *ns,
				     struct nvme_lambda_cmd *cmd, bool wait)
{
	struct request_queue *q = ns ? ns->queue : l->ctrl->admin_q;
	struct request *rq = nvme_lambda_cmd_request(l, q, cmd, wait);
	int ret = 0;

	cmd->issued = false;
	if (IS_ERR(rq))
		return rq;
	if (ns && !nvme_lambda_cmd_fits(ns)) {
		blk_mq_free_request(rq);
		return ERR_PTR(-ENODEV);
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
		return rq;
	blk_mq_free_request(rq);
	return ERR_PTR(ret);
}

/**
 * nvme_lambda_cmd_send - send a command that was made
 * @rq:  its request
 * @cmd: the command, with a @work that goes on when it has ended, perhaps before
 *       this returns; or a @done to be waited for
 */
void nvme_lambda_cmd_send(struct request *rq, struct nvme_lambda_cmd *cmd)
{
	struct blk_plug plug;

	cmd->begun = ktime_get_ns();
	rq->end_io = nvme_lambda_cmd_end_io;
	rq->end_io_data = cmd;
	/* A plug's requests go straight to the driver, others by a list. */
	blk_start_plug(&plug);
	blk_execute_rq_nowait(rq, false);
	blk_finish_plug(&plug);
}

/* Negative when it ended without a status of the drive's. */
static int nvme_lambda_cmd_status(const struct nvme_lambda *l,
				  struct request *rq,
				  const struct nvme_lambda_cmd *cmd)
{
	if (nvme_req(rq)->status)
		return nvme_req(rq)->status & NVME_SCT_SC_MASK;
	if (!cmd->status)
		return 0;
	return nvme_ctrl_state(l->ctrl) == NVME_CTRL_LIVE ? -EIO : -ENODEV;
}

/**
 * nvme_lambda_cmd_take - say how a command has ended, and free its request
 * @l:   the controller's λ side
 * @rq:  the request
 * @cmd: the command
 *
 * Return: 0; a status without its flag bits; -ENODEV or -EIO.
 */
int nvme_lambda_cmd_take(struct nvme_lambda *l, struct request *rq,
			 struct nvme_lambda_cmd *cmd)
{
	int ret = nvme_lambda_cmd_status(l, rq, cmd);

	cmd->time = cmd->ended - cmd->begun;
	cmd->result = le64_to_cpu(nvme_req(rq)->result.u64);
	nvme_lambda_session_ended(l, cmd->epoch, ret);
	blk_mq_free_request(rq);
	return ret;
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
	struct request *rq = nvme_lambda_cmd_make(l, ns, cmd, true);

	if (IS_ERR(rq))
		return PTR_ERR(rq);
	init_completion(&cmd->done);
	nvme_lambda_cmd_send(rq, cmd);
	if (cmd->sent)
		complete(cmd->sent);
	if (nvme_lambda_cmd_wait_unwanted(cmd))
		nvme_lambda_cmd_hurry(l, rq, cmd);
	return nvme_lambda_cmd_take(l, rq, cmd);
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
