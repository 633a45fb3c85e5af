// SPDX-License-Identifier: GPL-2.0
/*
 * Drives that run λs: sessions are opened, renewed and released.
 *
 * A session is opened when the drive is found out, kept by the commands of
 * requests, and released when the controller goes. After a reset, and when the
 * drive says that it has no such session, a new epoch of it is opened: then the
 * drive holds nothing of what was before, and refuses what of that is still on
 * its way. A host that has been idle for long renews its lease before the next
 * request.
 */
#include <linux/jiffies.h>
#include <linux/slab.h>

#include "lambda_ctrl.h"

/* How often a drive that refuses a session is asked again. */
#define NVME_LAMBDA_OPEN_PAUSE	HZ

/**
 * nvme_lambda_open_new_epoch - forget what the drive held, and begin anew
 * @l:       the controller's λ side
 * @present: the drive runs λs
 *
 * Requests that still work in the old epoch learn that it is over.
 *
 * Return: the new one, to be opened with the drive.
 */
u32 nvme_lambda_open_new_epoch(struct nvme_lambda *l, bool present)
{
	u32 i, slots = le32_to_cpu(l->id->slots);

	guard(spinlock)(&l->lock);
	WRITE_ONCE(l->present, present);
	l->opened = false;
	WRITE_ONCE(l->epoch, l->epoch + 1);
	nvme_lambda_programs_drop(l);
	for (i = 0; i < slots; i++)
		WRITE_ONCE(l->slots[i].id, 0);
	return l->epoch;
}

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
 * @epoch: what nvme_lambda_open_new_epoch() returned
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
	nvme_lambda_session_name(l, &c, epoch);
	ret = nvme_submit_sync_cmd(l->ctrl->admin_q, &c, grant, sizeof(*grant));
	if (ret > 0)
		ret &= NVME_SCT_SC_MASK;
	if (!ret)
		ret = nvme_lambda_session_accept(l, epoch, grant);
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
	ret = nvme_lambda_cmd_submit(l, NULL, &cmd);
	if (!ret)
		ret = nvme_lambda_session_accept(l, epoch, cmd.buf);
	kfree(cmd.buf);
	return ret;
}

/* Return: the present epoch, if requests can begin in it; or 0. */
static u32 nvme_lambda_open_epoch(struct nvme_lambda *l)
{
	guard(spinlock)(&l->lock);
	return nvme_lambda_session_is_live(l) ? l->epoch : 0;
}

/**
 * nvme_lambda_open_renew - have requests begin in this epoch, or in a new one
 * @l: the controller's λ side, its load_lock held
 *
 * Return: the epoch; 0 when the drive cannot be used, or not yet.
 */
u32 nvme_lambda_open_renew(struct nvme_lambda *l)
{
	bool present, opened;
	u32 epoch = nvme_lambda_open_epoch(l);

	if (epoch)
		return epoch;
	scoped_guard(spinlock, &l->lock) {
		present = l->present;
		opened = l->opened;
		epoch = l->epoch;
	}
	if (!present)
		return 0;
	if (opened && !nvme_lambda_open_again(l, epoch))
		return nvme_lambda_open_epoch(l);
	if (time_before(jiffies, l->reopen) ||
	    nvme_ctrl_state(l->ctrl) != NVME_CTRL_LIVE)
		return 0;
	l->reopen = jiffies;
	if (nvme_lambda_open_again(l, nvme_lambda_open_new_epoch(l, true)))
		l->reopen += NVME_LAMBDA_OPEN_PAUSE;
	return nvme_lambda_open_epoch(l);
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
		WRITE_ONCE(l->present, false);
		l->opened = false;
	}
	if (!opened)
		return;
	nvme_lambda_session_name(l, &c, epoch);
	nvme_submit_sync_cmd(ctrl->admin_q, &c, NULL, 0);
}
