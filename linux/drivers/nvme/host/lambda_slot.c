// SPDX-License-Identifier: GPL-2.0
/*
 * Drives that run λs: slots.
 *
 * There are as many requests at a time as the drive grants slots: so many places
 * has the controller's queue, in which the requests of all namespaces wait. A
 * slot is allocated in the drive when it is first needed and stays so for the
 * next request; what the last one left in it is overwritten or not looked at.
 */
#include <linux/lambda.h>

#include "lambda.h"

/**
 * nvme_lambda_take_slot - give a request a slot
 * @io: the request, which has a place in the controller's queue
 *
 * Return: 0, and nvme_lambda_put_slot() is owed; LAMBDA_REASON_GONE when the
 * epoch ended; LAMBDA_REASON_BUSY when there are more requests than places,
 * which is a bug.
 */
int nvme_lambda_take_slot(struct nvme_lambda_io *io)
{
	struct nvme_lambda *l = io->l;

	guard(spinlock)(&l->lock);
	if (io->epoch != l->epoch)
		return LAMBDA_REASON_GONE;
	if (WARN_ON_ONCE(list_empty(&l->free)))
		return LAMBDA_REASON_BUSY;
	io->slot = list_first_entry(&l->free, struct nvme_lambda_slot, list);
	list_del(&io->slot->list);
	return 0;
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

	guard(spinlock)(&l->lock);
	if (io->slot->id && !io->failed)
		list_add(&io->slot->list, &l->free);
	else
		list_add_tail(&io->slot->list, &l->free);
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
