// SPDX-License-Identifier: GPL-2.0
/*
 * Drives that run λs: the session with the drive that commands belong to.
 *
 * Here is what is known of it, and what each command says to it and learns of
 * it. No command is sent from here.
 */
#include <linux/jiffies.h>

#include "lambda_ctrl.h"

/**
 * nvme_lambda_session_name - have a command name its session
 * @l:     the controller's λ side
 * @c:     the command, about to be sent
 * @epoch: the epoch that it belongs to
 */
void nvme_lambda_session_name(struct nvme_lambda *l, struct nvme_command *c,
			      u32 epoch)
{
	c->common.cdw2[0] = cpu_to_le32(lower_32_bits(l->key));
	c->common.cdw2[1] = cpu_to_le32(upper_32_bits(l->key));
	if (c->common.opcode != NVME_LAMBDA_EXEC_FAST)
		c->common.cdw14 = cpu_to_le32(epoch);
	WRITE_ONCE(l->used, jiffies);
}

/**
 * nvme_lambda_session_ended - see whether the drive still has the session
 * @l:     the controller's λ side
 * @epoch: the epoch that a command belonged to
 * @ret:   what it returned
 */
void nvme_lambda_session_ended(struct nvme_lambda *l, u32 epoch, int ret)
{
	if (ret != NVME_LAMBDA_SC_NO_SESSION &&
	    ret != NVME_LAMBDA_SC_STALE_EPOCH)
		return;
	guard(spinlock)(&l->lock);
	if (epoch == l->epoch)
		l->opened = false;
}

/**
 * nvme_lambda_session_is_epoch - tell whether it is the present one
 * @l:     the controller's λ side
 * @epoch: the epoch
 *
 * It may end at any time, lock or not: this only spares commands that the drive
 * would refuse.
 *
 * Return: true when commands of it may be sent.
 */
bool nvme_lambda_session_is_epoch(const struct nvme_lambda *l, u32 epoch)
{
	return epoch == READ_ONCE(l->epoch) && READ_ONCE(l->present);
}

/**
 * nvme_lambda_session_is_live - tell whether requests can begin in this epoch
 * @l: the controller's λ side, its lock held
 *
 * The lease is renewed long before it ends, so that a request has time to be
 * sent.
 *
 * Return: true when they can; else the session is to be opened or renewed.
 */
bool nvme_lambda_session_is_live(const struct nvme_lambda *l)
{
	lockdep_assert_held(&l->lock);
	return l->present && l->opened &&
	       !time_after(jiffies, READ_ONCE(l->used) + l->lease / 2);
}

/* What is granted */

static bool nvme_lambda_session_grant_ok(const struct nvme_lambda *l,
					 __le32 slots, __le32 programs)
{
	return slots && programs &&
	       le32_to_cpu(slots) <= le32_to_cpu(l->id->slots) &&
	       le32_to_cpu(programs) <= le32_to_cpu(l->id->programs);
}

/**
 * nvme_lambda_session_accept - take note of a session, opened or renewed
 * @l:     the controller's λ side
 * @epoch: the epoch that the command belonged to
 * @grant: what the drive told
 *
 * A session of another number was opened just now: the old one is no more.
 *
 * Return: 0; -EIO when it makes no sense; -ENODEV when the epoch is over.
 */
int nvme_lambda_session_accept(struct nvme_lambda *l, u32 epoch,
			       const struct nvme_lambda_grant *grant)
{
	if (le32_to_cpu(grant->epoch) != epoch || !grant->lease_ms ||
	    !nvme_lambda_session_grant_ok(l, grant->slots, grant->programs))
		return -EIO;
	guard(spinlock)(&l->lock);
	if (epoch != l->epoch)
		return -ENODEV;
	if (l->opened && (grant->session != l->grant.session ||
			  grant->boot != l->grant.boot))
		return -ENODEV;
	l->grant = *grant;
	blk_lambda_queue_resize(l->queue, le32_to_cpu(grant->slots));
	l->lease = msecs_to_jiffies(le32_to_cpu(grant->lease_ms));
	l->opened = true;
	return 0;
}

/**
 * nvme_lambda_session_granted - take note of what the session may have by now
 * @io:       the request whose result told so, of the session
 * @slots:    how many slots
 * @programs: how many programs
 */
void nvme_lambda_session_granted(struct nvme_lambda_io *io, __le32 slots,
				 __le32 programs)
{
	struct nvme_lambda *l = io->l;

	if ((slots == READ_ONCE(l->grant.slots) &&
	     programs == READ_ONCE(l->grant.programs)) ||
	    !nvme_lambda_session_grant_ok(l, slots, programs))
		return;
	guard(spinlock)(&l->lock);
	if (io->epoch != l->epoch)
		return;
	WRITE_ONCE(l->grant.slots, slots);
	WRITE_ONCE(l->grant.programs, programs);
	blk_lambda_queue_resize(l->queue, le32_to_cpu(slots));
}
