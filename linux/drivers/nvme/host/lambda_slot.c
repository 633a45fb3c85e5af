// SPDX-License-Identifier: GPL-2.0
/*
 * Drives that run λs: slots.
 *
 * There are as many requests at a time as the drive grants slots. A slot is
 * allocated in the drive when it is first needed and stays so for the next
 * request; what the last one left in it is overwritten or not looked at.
 *
 * All namespaces share them, each of which has as many places. So no user has
 * them all: with more than one, the last is left to others, as among places.
 */
#include <linux/bpf_lambda.h>
#include <linux/lambda.h>

#include "lambda.h"

/* Whether a user may have one more, who is NULL if he may have them all. */
static bool nvme_lambda_may_take(const struct nvme_lambda *l, const void *user)
{
	const struct nvme_lambda_slot *slot;
	u32 own = 0;

	if (!user)
		return true;
	list_for_each_entry(slot, &l->taken, list)
		own += slot->user == user;
	return own < max(le32_to_cpu(l->grant.slots) - 1, 1U);
}

/* True with a slot, or without when there will be none: the epoch is over. */
static bool nvme_lambda_try_slot(struct nvme_lambda_io *io)
{
	struct nvme_lambda *l = io->l;

	guard(spinlock)(&l->lock);
	if (io->epoch != l->epoch)
		return true;
	if (l->in_use >= le32_to_cpu(l->grant.slots) ||
	    !nvme_lambda_may_take(l, io->user))
		return false;
	io->slot = list_first_entry(&l->free, struct nvme_lambda_slot, list);
	io->slot->user = io->user;
	list_move(&io->slot->list, &l->taken);
	l->in_use++;
	return true;
}

/**
 * nvme_lambda_take_slot - give a request a slot
 * @io: the request
 *
 * A drive that does not answer keeps those who have one, so the wait has an
 * end.
 *
 * Context: process context without locks; sleeps interruptibly, or killably
 * while bpf_lambda_held().
 * Return: 0, and nvme_lambda_put_slot() is owed; LAMBDA_REASON_GONE when the
 * epoch ended; LAMBDA_REASON_BUSY; -ERESTARTSYS on a signal.
 */
int nvme_lambda_take_slot(struct nvme_lambda_io *io)
{
	struct nvme_lambda *l = io->l;
	long left;

	if (bpf_lambda_held())
		left = wait_event_killable_timeout(l->wait,
						   nvme_lambda_try_slot(io),
						   l->patience);
	else
		left = wait_event_interruptible_timeout(l->wait,
							nvme_lambda_try_slot(io),
							l->patience);
	if (left < 0)
		return left;
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
		l->in_use--;
		if (io->slot->id && !io->failed)
			list_move(&io->slot->list, &l->free);
		else
			list_move_tail(&io->slot->list, &l->free);
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
	if (io->epoch == io->l->epoch)
		WRITE_ONCE(io->slot->id, 0);
}

/* A slot that is of an epoch before has been freed with that. */
static int nvme_lambda_set_slot(struct nvme_lambda_io *io, u32 id)
{
	guard(spinlock)(&io->l->lock);
	if (io->epoch != io->l->epoch)
		return -ENODEV;
	WRITE_ONCE(io->slot->id, id);
	return 0;
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
	struct nvme_lambda_cmd cmd = {
		.c.common.opcode = NVME_LAMBDA_ALLOC,
		.deaf = true,
	};
	int ret;

	if (READ_ONCE(io->slot->id))
		return 0;
	ret = nvme_lambda_io(io, &cmd);
	return ret ?: nvme_lambda_set_slot(io, cmd.result);
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
