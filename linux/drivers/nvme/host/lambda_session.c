// SPDX-License-Identifier: GPL-2.0
/*
 * Drives that run λs: the host's session with the drive.
 *
 * It is opened when the drive is found out, kept by the commands of requests,
 * and released when the controller goes. After a reset, and when the drive says
 * that it has no such session, a new epoch of it is opened: the drive then holds
 * nothing of what was before, and refuses what of that is still on its way. A
 * host that has been idle for long renews its lease before the next request.
 */
#include <linux/jiffies.h>
#include <linux/lambda.h>
#include <linux/slab.h>

#include "lambda.h"

/* How often a drive that refuses a session is asked again. */
#define NVME_LAMBDA_OPEN_PAUSE	HZ

/**
 * nvme_lambda_name - have a command name its session
 * @l:     the controller's λ side
 * @c:     the command, about to be sent
 * @epoch: the epoch that it belongs to
 */
void nvme_lambda_name(struct nvme_lambda *l, struct nvme_command *c, u32 epoch)
{
	c->common.cdw2[0] = cpu_to_le32(lower_32_bits(l->key));
	c->common.cdw2[1] = cpu_to_le32(upper_32_bits(l->key));
	if (c->common.opcode != NVME_LAMBDA_EXEC_FAST)
		c->common.cdw14 = cpu_to_le32(epoch);
	WRITE_ONCE(l->used, jiffies);
}

/**
 * nvme_lambda_ended - see whether the drive still has the session
 * @l:     the controller's λ side
 * @epoch: the epoch that a command belonged to
 * @ret:   what it returned
 */
void nvme_lambda_ended(struct nvme_lambda *l, u32 epoch, int ret)
{
	if (!nvme_lambda_is(ret, NVME_LAMBDA_SC_NO_SESSION) &&
	    !nvme_lambda_is(ret, NVME_LAMBDA_SC_STALE_EPOCH))
		return;
	guard(spinlock)(&l->lock);
	if (epoch == l->epoch)
		l->opened = false;
}

/**
 * nvme_lambda_is_epoch - tell whether it is the present one
 * @l:     the controller's λ side
 * @epoch: the epoch
 *
 * Return: true when commands of it may be sent.
 */
bool nvme_lambda_is_epoch(struct nvme_lambda *l, u32 epoch)
{
	guard(spinlock)(&l->lock);
	return epoch == l->epoch && l->present;
}

/**
 * nvme_lambda_new_epoch - forget what the drive held, and begin anew
 * @l:       the controller's λ side
 * @present: the drive runs λs
 *
 * Requests that still work in the old epoch learn that it is over.
 *
 * Return: the new one, to be opened with the drive.
 */
u32 nvme_lambda_new_epoch(struct nvme_lambda *l, bool present)
{
	u32 i, slots = le32_to_cpu(l->id->slots);

	guard(spinlock)(&l->lock);
	l->present = present;
	l->opened = false;
	nvme_lambda_programs_drop(l);
	for (i = 0; i < slots; i++)
		WRITE_ONCE(l->slots[i].id, 0);
	return ++l->epoch;
}

/* What is granted */

static bool nvme_lambda_grant_ok(const struct nvme_lambda *l, __le32 slots,
				 __le32 programs)
{
	return slots && programs &&
	       le32_to_cpu(slots) <= le32_to_cpu(l->id->slots) &&
	       le32_to_cpu(programs) <= le32_to_cpu(l->id->programs);
}

/* A session of another number was opened just now: the old one is no more. */
static int nvme_lambda_accept(struct nvme_lambda *l, u32 epoch,
			      const struct nvme_lambda_grant *grant)
{
	if (le32_to_cpu(grant->epoch) != epoch || !grant->lease_ms ||
	    !nvme_lambda_grant_ok(l, grant->slots, grant->programs))
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
 * nvme_lambda_granted - take note of what the session may have by now
 * @io:       the request whose result told so, of the session
 * @slots:    how many slots
 * @programs: how many programs
 */
void nvme_lambda_granted(struct nvme_lambda_io *io, __le32 slots,
			 __le32 programs)
{
	struct nvme_lambda *l = io->l;

	if ((slots == READ_ONCE(l->grant.slots) &&
	     programs == READ_ONCE(l->grant.programs)) ||
	    !nvme_lambda_grant_ok(l, slots, programs))
		return;
	guard(spinlock)(&l->lock);
	if (io->epoch != l->epoch)
		return;
	WRITE_ONCE(l->grant.slots, slots);
	WRITE_ONCE(l->grant.programs, programs);
	blk_lambda_queue_resize(l->queue, le32_to_cpu(slots));
}

/* Opening */

static struct nvme_command nvme_lambda_open_cmd(const struct nvme_lambda *l)
{
	u32 want = NVME_LAMBDA_WANT(le32_to_cpu(l->id->slots),
				    le32_to_cpu(l->id->programs));

	return (struct nvme_command) {
		.common.opcode = NVME_LAMBDA_ADMIN_OPEN,
		.common.cdw11 = cpu_to_le32(want),
		.common.cdw12 = cpu_to_le32(NVME_LAMBDA_LEASE_MS),
		.common.cdw13 = cpu_to_le32(NVME_LAMBDA_DEADLINE_US),
	};
}

/**
 * nvme_lambda_open - open a new epoch as the controller comes up
 * @l:     the controller's λ side
 * @epoch: what nvme_lambda_new_epoch() returned
 *
 * When it fails, the next request tries again.
 *
 * Context: as nvme_lambda_init_ctrl() or nvme_lambda_probe().
 * Return: 0; a status without its flag bits; a negative errno.
 */
int nvme_lambda_open(struct nvme_lambda *l, u32 epoch)
{
	struct nvme_command c = nvme_lambda_open_cmd(l);
	struct nvme_lambda_grant *grant = kzalloc(sizeof(*grant), GFP_KERNEL);
	int ret;

	if (!grant)
		return -ENOMEM;
	nvme_lambda_name(l, &c, epoch);
	ret = nvme_submit_sync_cmd(l->ctrl->admin_q, &c, grant, sizeof(*grant));
	if (ret > 0)
		ret &= NVME_SCT_SC_MASK;
	if (!ret)
		ret = nvme_lambda_accept(l, epoch, grant);
	kfree(grant);
	return ret;
}

/* The same while requests come, which a reset may cut off. */
static int nvme_lambda_open_again(struct nvme_lambda *l, u32 epoch)
{
	struct nvme_lambda_cmd cmd = {
		.c = nvme_lambda_open_cmd(l),
		.epoch = epoch,
		.len = sizeof(struct nvme_lambda_grant),
		.deaf = true,
	};
	int ret;

	cmd.buf = kzalloc(cmd.len, GFP_KERNEL);
	if (!cmd.buf)
		return -ENOMEM;
	ret = nvme_lambda_submit(l, NULL, &cmd);
	if (!ret)
		ret = nvme_lambda_accept(l, epoch, cmd.buf);
	kfree(cmd.buf);
	return ret;
}

/* @l->load_lock is held. */
static void nvme_lambda_renew(struct nvme_lambda *l)
{
	bool present, opened;
	u32 epoch;

	scoped_guard(spinlock, &l->lock) {
		present = l->present;
		opened = l->opened;
		epoch = l->epoch;
	}
	if (!present || (opened && !nvme_lambda_open_again(l, epoch)))
		return;
	if (time_before(jiffies, l->reopen) ||
	    nvme_ctrl_state(l->ctrl) != NVME_CTRL_LIVE)
		return;
	l->reopen = jiffies;
	if (nvme_lambda_open_again(l, nvme_lambda_new_epoch(l, true)))
		l->reopen += NVME_LAMBDA_OPEN_PAUSE;
}

/* Renewed long before the lease ends, so that a request has time to be sent. */
static bool nvme_lambda_try_join(struct nvme_lambda_io *io)
{
	struct nvme_lambda *l = io->l;

	guard(spinlock)(&l->lock);
	if (!l->present || !l->opened ||
	    time_after(jiffies, READ_ONCE(l->used) + l->lease / 2))
		return false;
	io->epoch = l->epoch;
	io->boot = l->grant.boot;
	io->session = l->grant.session;
	return true;
}

/**
 * nvme_lambda_join - have a request begin in the present epoch
 * @io: the request
 *
 * Context: process context without locks.
 * Return: 0; LAMBDA_REASON_GONE when the drive cannot be used, or not yet;
 * -ERESTARTSYS on a signal.
 */
int nvme_lambda_join(struct nvme_lambda_io *io)
{
	struct nvme_lambda *l = io->l;

	if (nvme_lambda_try_join(io))
		return 0;
	if (nvme_lambda_lock_load(l))
		return -ERESTARTSYS;
	if (!nvme_lambda_try_join(io))
		nvme_lambda_renew(l);
	mutex_unlock(&l->load_lock);
	return nvme_lambda_try_join(io) ? 0 : LAMBDA_REASON_GONE;
}

/**
 * nvme_lambda_end_ctrl - give back all that the drive holds for this host
 * @ctrl: a controller whose namespaces have been removed
 *
 * A controller that is not going comes back, perhaps, and then begins anew.
 */
void nvme_lambda_end_ctrl(struct nvme_ctrl *ctrl)
{
	struct nvme_lambda *l = ctrl->lambda;
	struct nvme_command c = {
		.common.opcode = NVME_LAMBDA_ADMIN_RELEASE,
	};
	bool opened;
	u32 epoch;

	if (!l || nvme_ctrl_state(ctrl) != NVME_CTRL_DELETING_NOIO)
		return;
	scoped_guard(spinlock, &l->lock) {
		opened = l->opened;
		epoch = l->epoch;
		l->present = false;
		l->opened = false;
	}
	if (!opened)
		return;
	nvme_lambda_name(l, &c, epoch);
	nvme_submit_sync_cmd(ctrl->admin_q, &c, NULL, 0);
}
