// SPDX-License-Identifier: GPL-2.0
/*
 * Drives that run λs: commands of a request, sent again where the drive says that
 * they may be.
 */
#include <linux/blkdev.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/sched.h>

#include "lambda_ctrl.h"

/* A transient refusal is met with pauses of 1, 2, 4 … ms, so many of them. */
#define NVME_LAMBDA_RETRIES	7

/* Return: false when the epoch of the request is over. */
static bool nvme_lambda_cmd_io_of(const struct nvme_lambda_io *io,
				  struct nvme_lambda_cmd *cmd)
{
	cmd->c.common.nsid = cpu_to_le32(io->ns->head->ns_id);
	cmd->task = io->task;
	cmd->epoch = io->epoch;
	cmd->time = 0;
	return nvme_lambda_session_is_epoch(io->l, io->epoch);
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

	if (!nvme_lambda_cmd_io_of(io, cmd))
		return -ENODEV;
	ret = nvme_lambda_cmd_submit(io->l, io->ns, cmd);
	io->time += cmd->time;
	return ret;
}

/**
 * nvme_lambda_cmd_io_begin - make ready a request's I/O command
 * @io:   the request
 * @cmd:  the command, with a @work
 * @wait: may it wait for a place in the queue?
 *
 * Return: for nvme_lambda_cmd_send(); else ERR_PTR as nvme_lambda_cmd_io_once(),
 * -EAGAIN when it is not to wait.
 */
struct request *nvme_lambda_cmd_io_begin(struct nvme_lambda_io *io,
					 struct nvme_lambda_cmd *cmd, bool wait)
{
	if (!nvme_lambda_cmd_io_of(io, cmd))
		return ERR_PTR(-ENODEV);
	return nvme_lambda_cmd_make(io->l, io->ns, cmd, wait);
}

/**
 * nvme_lambda_cmd_io_end - say how a request's I/O command has ended
 * @io:  the request
 * @cmd: the command, whose @work has been queued
 * @rq:  what nvme_lambda_cmd_io_begin() returned
 *
 * Return: 0; a status without its flag bits; -ENODEV or -EIO.
 */
int nvme_lambda_cmd_io_end(struct nvme_lambda_io *io,
			   struct nvme_lambda_cmd *cmd, struct request *rq)
{
	int ret = nvme_lambda_cmd_take(io->l, rq, cmd);

	io->time += cmd->time;
	return ret;
}

/* Return: the time has passed, and no signal came. */
static bool nvme_lambda_cmd_io_sleep(unsigned long left,
				     struct task_struct *task)
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
 * nvme_lambda_cmd_io_pause - how long before a command may be sent again
 * @ret:   what it returned
 * @tries: how often this was asked, from 0 on; counted up
 *
 * Return: jiffies; 0 when @ret is final.
 */
unsigned long nvme_lambda_cmd_io_pause(int ret, u32 *tries)
{
	if (ret != NVME_LAMBDA_SC_RESOURCES && ret != NVME_LAMBDA_SC_BUSY)
		return 0;
	if (*tries == NVME_LAMBDA_RETRIES)
		return 0;
	return msecs_to_jiffies(1 << (*tries)++);
}

/**
 * nvme_lambda_cmd_io_again - pause before a command that may be sent again
 * @ret:   what it returned
 * @tries: how often this was asked, from 0 on; counted up
 * @task:  the task whose signals count; NULL: the caller
 *
 * Return: true to send it again; false when @ret is final, or a signal came.
 */
bool nvme_lambda_cmd_io_again(int ret, u32 *tries, struct task_struct *task)
{
	unsigned long pause = nvme_lambda_cmd_io_pause(ret, tries);

	return pause && nvme_lambda_cmd_io_sleep(pause, task);
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
	} while (nvme_lambda_cmd_io_again(ret, &tries, io->task));
	return ret;
}

/**
 * nvme_lambda_cmd_io_chunk - how much data goes with one command
 * @l: the controller's λ side
 * @q: the queue of the command
 *
 * Return: bytes, whole pages. Memory of that length can be scattered, and need
 * not begin with a page.
 */
u32 nvme_lambda_cmd_io_chunk(struct nvme_lambda *l, struct request_queue *q)
{
	u64 pages = max(queue_max_segments(q), 2) - 1;
	u64 most = min3((u64)le32_to_cpu(l->id->transfer_max),
			(u64)queue_max_hw_sectors(q) << SECTOR_SHIFT,
			pages << PAGE_SHIFT);

	return max_t(u64, round_down(most, PAGE_SIZE), PAGE_SIZE);
}

/**
 * nvme_lambda_cmd_io_slot - fill or read a part of a slot
 * @io:     the request that has the slot
 * @cmd:    WRITE or READ, but for offset, length and data
 * @offset: where; a multiple of 4
 * @buf:    the bytes
 * @len:    how many; a multiple of 4
 *
 * Return: as nvme_lambda_cmd_io(); then a part may have been transferred.
 */
int nvme_lambda_cmd_io_slot(struct nvme_lambda_io *io,
			    struct nvme_lambda_cmd *cmd, u32 offset, void *buf,
			    u32 len)
{
	u32 chunk = nvme_lambda_cmd_io_chunk(io->l, io->ns->queue);
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
