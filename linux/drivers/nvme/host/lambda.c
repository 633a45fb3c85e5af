// SPDX-License-Identifier: GPL-2.0
/*
 * Drives that run λs: which controllers can, and the lives of their disks.
 *
 * A controller is asked each time it comes up, by an Identify page of the
 * vendor's range. One that has no such page is an ordinary disk.
 */
#include <linux/bits.h>
#include <linux/blkdev.h>
#include <linux/lambda.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "lambda.h"

/* Above these a drive is not believed. */
#define NVME_LAMBDA_COUNT_MAX	4096	/* slots, programs, cores */
#define NVME_LAMBDA_RATE_MAX	BIT_ULL(50)	/* per second */
#define NVME_LAMBDA_DILATION_MAX 1000

/* Nothing waits longer, however slow the drive's clock. */
#define NVME_LAMBDA_PATIENCE_MAX (60 * HZ)

/* The session */

/**
 * nvme_lambda_session - tell which session it is
 * @l:       the controller's λ side
 * @session: set to it
 *
 * Return: true; false when the drive cannot be used, or not yet.
 */
bool nvme_lambda_session(struct nvme_lambda *l, u32 *session)
{
	guard(spinlock)(&l->lock);
	*session = l->session;
	return l->present && !l->stale;
}

/**
 * nvme_lambda_enter - be about to send commands
 * @l:       the controller's λ side
 * @session: the session that they belong to
 *
 * Return: true, and nvme_lambda_leave() is owed; false when that session is
 * over, or the drive cannot be used yet.
 */
bool nvme_lambda_enter(struct nvme_lambda *l, u32 session)
{
	guard(spinlock)(&l->lock);
	if (session != l->session || !l->present || l->stale)
		return false;
	l->users++;
	return true;
}

/**
 * nvme_lambda_leave - end what nvme_lambda_enter() began
 * @l:       the controller's λ side
 * @session: the session that it belonged to
 */
void nvme_lambda_leave(struct nvme_lambda *l, u32 session)
{
	guard(spinlock)(&l->lock);
	if (session == l->session)
		l->users--;
	else
		l->stale--;
}

/* Whoever still works in the old session learns that it is over. */
static void nvme_lambda_new_session(struct nvme_lambda *l, bool present)
{
	u32 i, slots = le32_to_cpu(l->id->slots);

	scoped_guard(spinlock, &l->lock) {
		l->present = present;
		l->session++;
		l->stale += l->users;
		l->users = 0;
		nvme_lambda_programs_drop(l);
		for (i = 0; i < slots; i++)
			WRITE_ONCE(l->slots[i].id, 0);
	}
	wake_up_all(&l->wait);
}

/* What the drive says of itself */

static bool nvme_lambda_within(u64 value, u64 least, u64 most)
{
	return value >= least && value <= most;
}

static bool nvme_lambda_counts_ok(const struct nvme_lambda_id *id)
{
	u32 request = sizeof(struct nvme_lambda_request) +
		      sizeof(struct nvme_lambda_extent);

	return nvme_lambda_within(le32_to_cpu(id->cores), 1,
				  NVME_LAMBDA_COUNT_MAX) &&
	       nvme_lambda_within(le32_to_cpu(id->slots), 1,
				  NVME_LAMBDA_COUNT_MAX) &&
	       nvme_lambda_within(le32_to_cpu(id->programs), 1,
				  NVME_LAMBDA_COUNT_MAX) &&
	       le32_to_cpu(id->program_max) >=
			sizeof(struct nvme_lambda_image) &&
	       nvme_lambda_within(le32_to_cpu(id->request_max), request,
				  S32_MAX) &&
	       nvme_lambda_within(le32_to_cpu(id->extents_max), 1, S32_MAX) &&
	       nvme_lambda_within(le32_to_cpu(id->transfer_max), PAGE_SIZE,
				  S32_MAX);
}

static bool nvme_lambda_rates_ok(const struct nvme_lambda_id *id)
{
	return nvme_lambda_within(le64_to_cpu(id->core_ips), 1,
				  NVME_LAMBDA_RATE_MAX) &&
	       nvme_lambda_within(le64_to_cpu(id->media_read_bps), 1,
				  NVME_LAMBDA_RATE_MAX) &&
	       nvme_lambda_within(le64_to_cpu(id->link_bps), 1,
				  NVME_LAMBDA_RATE_MAX) &&
	       nvme_lambda_within(le32_to_cpu(id->dilation), 1,
				  NVME_LAMBDA_DILATION_MAX);
}

static bool nvme_lambda_sane(const struct nvme_lambda_id *id)
{
	return nvme_lambda_counts_ok(id) && nvme_lambda_rates_ok(id) &&
	       id->in_max && id->out_max &&
	       !memchr_inv(id->reserved, 0, sizeof(id->reserved));
}

/* What it says is final: what was derived from it is known to others. */
static bool nvme_lambda_usable(struct nvme_ctrl *ctrl,
			       const struct nvme_lambda *l,
			       const struct nvme_lambda_id *id)
{
	if (memcmp(id->magic, NVME_LAMBDA_MAGIC, sizeof(id->magic)) ||
	    le32_to_cpu(id->version) != NVME_LAMBDA_VERSION)
		return false;
	if (l && !memcmp(l->id, id, sizeof(*id)))
		return true;
	if (!l && nvme_lambda_sane(id))
		return true;
	dev_warn(ctrl->device, "runs no λs: %s\n",
		 l ? "it is not what it was" : "what it can do makes no sense");
	return false;
}

/*
 * Everything that is under way may be before a command on a core, and each may
 * take as long as a request may. The drive's clock may run slow.
 */
static unsigned long nvme_lambda_patience(const struct nvme_lambda_id *id)
{
	u32 turns = 1 + DIV_ROUND_UP(le32_to_cpu(id->slots),
				     le32_to_cpu(id->cores));
	u64 us = (u64)turns * le32_to_cpu(id->dilation) *
		 NVME_LAMBDA_DEADLINE_US;

	us = min(us, jiffies_to_usecs(NVME_LAMBDA_PATIENCE_MAX));
	return usecs_to_jiffies(us);
}

static struct nvme_lambda *nvme_lambda_alloc(struct nvme_ctrl *ctrl,
					     struct nvme_lambda_id *id)
{
	u32 i, slots = le32_to_cpu(id->slots);
	struct nvme_lambda *l = kzalloc(sizeof(*l), GFP_KERNEL);

	if (!l)
		return NULL;
	l->slots = kcalloc(slots, sizeof(*l->slots), GFP_KERNEL);
	if (!l->slots) {
		kfree(l);
		return NULL;
	}
	l->ctrl = ctrl;
	l->id = id;
	l->patience = nvme_lambda_patience(id);
	spin_lock_init(&l->lock);
	xa_init(&l->images);
	INIT_LIST_HEAD(&l->loaded);
	INIT_LIST_HEAD(&l->forgotten);
	INIT_LIST_HEAD(&l->free);
	for (i = 0; i < slots; i++)
		list_add_tail(&l->slots[i].list, &l->free);
	mutex_init(&l->load_lock);
	init_waitqueue_head(&l->wait);
	INIT_WORK(&l->unload, nvme_lambda_unload_work);
	return l;
}

/* Takes over @id, which may be NULL: the drive has no such page. */
static int nvme_lambda_found(struct nvme_ctrl *ctrl, struct nvme_lambda_id *id)
{
	struct nvme_lambda *l = ctrl->lambda;
	bool usable = id && nvme_lambda_usable(ctrl, l, id);

	if (l || !usable) {
		kfree(id);
	} else {
		l = nvme_lambda_alloc(ctrl, id);
		if (!l) {
			kfree(id);
			return -ENOMEM;
		}
	}
	if (l)
		nvme_lambda_new_session(l, usable);
	/* The scan of namespaces may run; see nvme_lambda_add_ns(). */
	smp_store_release(&ctrl->lambda, l);
	return 0;
}

/**
 * nvme_lambda_init_ctrl - ask a controller whether it runs λs
 * @ctrl: a controller that has come up, for the first time or after a reset
 *
 * Begins a session. Whatever the drive held before is forgotten; what is under
 * way is not waited for.
 *
 * Context: process context, while nothing but the controller's own
 * initialisation sends commands.
 * Return: 0, whether or not it does; an errno when it did not answer.
 */
int nvme_lambda_init_ctrl(struct nvme_ctrl *ctrl)
{
	struct nvme_command c = {
		.identify.opcode = nvme_admin_identify,
		.identify.cns = NVME_LAMBDA_CNS,
	};
	struct nvme_lambda_id *id;
	int ret;

	/* Older ones take a part of the field and answer something else. */
	if (ctrl->vs < NVME_VS(1, 2, 0) || ctrl->cntrltype > NVME_CTRL_IO)
		return 0;
	id = kzalloc(sizeof(*id), GFP_KERNEL);
	if (!id)
		return -ENOMEM;
	ret = nvme_submit_sync_cmd(ctrl->admin_q, &c, id, sizeof(*id));
	if (ret) {
		kfree(id);
		id = NULL;
	}
	return nvme_lambda_found(ctrl, id) ?: min(ret, 0);
}

/**
 * nvme_lambda_free_ctrl - forget what is known of a controller
 * @ctrl: the controller, which nobody uses any more
 */
void nvme_lambda_free_ctrl(struct nvme_ctrl *ctrl)
{
	struct nvme_lambda *l = ctrl->lambda;

	if (!l)
		return;
	nvme_lambda_programs_free(l);
	kfree(l->slots);
	kfree(l->id);
	kfree(l);
}

/* Disks */

static void nvme_lambda_forget_image(void *private, u64 image_id)
{
	struct nvme_ns *ns = private;

	nvme_lambda_forget(ns->ctrl->lambda, image_id);
}

static void nvme_lambda_release(void *private)
{
	nvme_put_ns(private);
}

static const struct blk_lambda_ops nvme_lambda_ops = {
	.prepare	= nvme_lambda_prepare,
	.execute	= nvme_lambda_execute,
	.finish		= nvme_lambda_finish,
	.forget		= nvme_lambda_forget_image,
	.release	= nvme_lambda_release,
};

/*
 * A request has a slot from beginning to end. Rates are those of the host's
 * clock, not of a drive's that runs slow.
 */
static void nvme_lambda_limits(const struct nvme_lambda_id *id,
			       struct blk_lambda_limits *limits)
{
	u32 dilation = le32_to_cpu(id->dilation);
	u32 room = le32_to_cpu(id->request_max) -
		   sizeof(struct nvme_lambda_request);
	u32 extent = sizeof(struct nvme_lambda_extent);

	*limits = (struct blk_lambda_limits) {
		.in_max = min_t(u64, le64_to_cpu(id->in_max), SBPF_IN_MAX),
		.out_max = min_t(u64, le64_to_cpu(id->out_max), SBPF_OUT_MAX),
		.args_max = min3(le64_to_cpu(id->args_max), room - extent,
				 SBPF_ARGS_MAX),
		.extents_max = min(le32_to_cpu(id->extents_max),
				   room / extent),
		.depth = le32_to_cpu(id->slots),
		.media_bps = div_u64(le64_to_cpu(id->media_read_bps), dilation),
		.media_write_bps = div_u64(le64_to_cpu(id->media_write_bps),
					   dilation),
		.link_bps = div_u64(le64_to_cpu(id->link_bps), dilation),
		.core_ips = div_u64(le64_to_cpu(id->core_ips), dilation),
		.cores = le32_to_cpu(id->cores),
	};
}

/*
 * A path of several is hidden, and its disk a stacked one. The drive counts
 * bytes of data, which are not where the host thinks with metadata among them.
 */
static bool nvme_lambda_fits(const struct nvme_ns *ns)
{
	return !nvme_ns_head_multipath(ns->head) && !ns->head->ms &&
	       ns->head->ids.csi == NVME_CSI_NVM;
}

/**
 * nvme_lambda_add_ns - make known that a disk runs λs, if it does
 * @ns: its namespace
 *
 * Context: process context, after the disk was added.
 */
void nvme_lambda_add_ns(struct nvme_ns *ns)
{
	struct blk_lambda_limits limits;
	struct nvme_lambda *l;

	/* A reset may find it at the same time; see nvme_lambda_found(). */
	l = smp_load_acquire(&ns->ctrl->lambda);
	if (!l || !nvme_lambda_fits(ns) || !nvme_get_ns(ns))
		return;
	nvme_lambda_limits(l->id, &limits);
	if (blk_lambda_register(ns->disk, &nvme_lambda_ops, &limits, ns))
		nvme_put_ns(ns);
}

/**
 * nvme_lambda_remove_ns - a disk that is about to go runs no more λs
 * @ns: its namespace
 */
void nvme_lambda_remove_ns(struct nvme_ns *ns)
{
	blk_lambda_unregister(ns->disk);
}
