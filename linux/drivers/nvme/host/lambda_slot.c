// SPDX-License-Identifier: GPL-2.0
/*
 * Drives that run λs: slots.
 *
 * There are as many requests at a time as the drive has slots. A slot is
 * allocated in the drive when it is first needed and stays so for the next
 * request; what the last one left in it is overwritten or not looked at.
 */
#include <linux/lambda.h>

#include "lambda.h"

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

/**
 * nvme_lambda_take_slot - give a request a slot
 * @io: the request
 *
 * Those who have one may be waiting for locks that anybody can hold for ever,
 * so the wait has an end.
 *
 * Context: process context without locks; sleeps killably.
 * Return: 0, and nvme_lambda_put_slot() is owed; LAMBDA_REASON_GONE when the
 * session ended; LAMBDA_REASON_BUSY; -EINTR on a fatal signal.
 */
int nvme_lambda_take_slot(struct nvme_lambda_io *io)
{
	long left;

	left = wait_event_killable_timeout(io->l->wait,
					   nvme_lambda_try_slot(io),
					   io->l->patience);
	if (left < 0)
		return -EINTR;
	if (!left)
		return LAMBDA_REASON_BUSY;
	return io->slot ? 0 : LAMBDA_REASON_GONE;
}

/**
 * nvme_lambda_put_slot - take a request's slot back
 * @io: the request
 *
 * One that is known to be ready is the first to be taken again.
 */
void nvme_lambda_put_slot(struct nvme_lambda_io *io)
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

/**
 * nvme_lambda_lost_slot - the drive says that it has no such slot
 * @io: the request that was told so
 *
 * The next request allocates it again.
 */
void nvme_lambda_lost_slot(struct nvme_lambda_io *io)
{
	guard(spinlock)(&io->l->lock);
	if (io->session == io->l->session)
		WRITE_ONCE(io->slot->id, 0);
}

/* False when a reset came: the slot may be of the session after it. */
static bool nvme_lambda_set_slot(struct nvme_lambda_io *io, u32 id)
{
	guard(spinlock)(&io->l->lock);
	if (io->session != io->l->session)
		return false;
	WRITE_ONCE(io->slot->id, id);
	return true;
}

/* Entered until the end, so that nobody else has been given the same id. */
static int nvme_lambda_alloc_entered(struct nvme_lambda_io *io)
{
	struct nvme_lambda_cmd cmd = {
		.c.common.opcode = NVME_LAMBDA_ALLOC,
		.c.common.nsid = cpu_to_le32(io->ns->head->ns_id),
		.task = io->task,
	};
	int ret = nvme_lambda_submit(io->l, io->ns, &cmd);

	if (ret || nvme_lambda_set_slot(io, cmd.result))
		return ret;
	cmd.c.common.opcode = NVME_LAMBDA_FREE;
	cmd.c.common.cdw10 = cpu_to_le32(cmd.result);
	nvme_lambda_submit(io->l, io->ns, &cmd);
	return -ENODEV;
}

/**
 * nvme_lambda_alloc_slot - have a request's slot allocated in the drive
 * @io: the request
 *
 * Not after anything was sent to the slot: a new one is empty.
 *
 * Return: as nvme_lambda_io().
 */
int nvme_lambda_alloc_slot(struct nvme_lambda_io *io)
{
	u32 tries = 0;
	int ret;

	if (READ_ONCE(io->slot->id))
		return 0;
	do {
		if (!nvme_lambda_enter(io->l, io->session))
			return -ENODEV;
		ret = nvme_lambda_alloc_entered(io);
		nvme_lambda_leave(io->l, io->session);
	} while (nvme_lambda_again(ret, &tries, io->task));
	return ret;
}

/**
 * nvme_lambda_fill_slot - send bytes to a request's slot, which is allocated
 * @io:     the request
 * @area:   which part of the slot
 * @offset: where in it; a multiple of 4
 * @buf:    the bytes, in kernel memory
 * @len:    how many; a multiple of 4
 *
 * Return: as nvme_lambda_io().
 */
int nvme_lambda_fill_slot(struct nvme_lambda_io *io,
			  enum nvme_lambda_area area, u32 offset, void *buf,
			  u32 len)
{
	struct nvme_lambda_cmd cmd = {
		.c.common.opcode = NVME_LAMBDA_WRITE,
		.c.common.cdw10 = nvme_lambda_slot_id(io),
		.c.common.cdw11 = cpu_to_le32(area),
	};
	int ret = nvme_lambda_slot_io(io, &cmd, offset, buf, len);

	if (!ret)
		io->sent += len;
	return ret;
}
