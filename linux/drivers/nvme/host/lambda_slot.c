// SPDX-License-Identifier: GPL-2.0
/*
 * Drives that run λs: slots.
 *
 * There are as many requests at a time as the drive grants slots: the queue of
 * the controller, in which requests of all its namespaces wait, has as many
 * places. A slot is allocated in the drive when it is first needed and stays so
 * for the next request; what the last one left in it is overwritten, or not
 * looked at.
 */
#include "lambda_ctrl.h"

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

/**
 * nvme_lambda_set_slot - take note that the drive has allocated a slot
 * @io: the request that has it
 * @id: what the drive calls it
 *
 * A slot that is of an epoch before has been freed with that.
 *
 * Return: 0, or -ENODEV.
 */
int nvme_lambda_set_slot(struct nvme_lambda_io *io, u32 id)
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
 * Return: as nvme_lambda_cmd_io().
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
	ret = nvme_lambda_cmd_io(io, &cmd);
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
 * Return: as nvme_lambda_cmd_io().
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
	int ret = nvme_lambda_cmd_io_slot(io, &cmd, offset, buf, len);

	if (!ret)
		io->sent += len;
	return ret;
}
