// SPDX-License-Identifier: GPL-2.0
/*
 * Drives that run λs: which controllers can, and the lives of their disks.
 *
 * A controller that tells of λs where it identifies itself is asked for an
 * Identify page of the vendor's range: when its namespaces are first looked
 * at, and then each time it comes up. Any other is an ordinary disk, and so is
 * one that has answered anything else.
 */
#include <linux/bits.h>
#include <linux/blkdev.h>
#include <linux/lambda.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "lambda_ctrl.h"

/* Above these a drive is not believed. */
#define NVME_LAMBDA_COUNT_MAX	4096	/* slots, programs, cores */
#define NVME_LAMBDA_RATE_MAX	BIT_ULL(50)	/* per second */
#define NVME_LAMBDA_DILATION_MAX 1000

/* Nothing waits longer, however slow the drive's clock. */
#define NVME_LAMBDA_TIMEOUT_MAX	(60 * HZ)

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
	       id->in_max && id->out_max;
}

/* What it says is final: what was derived from it is known to others. */
static bool nvme_lambda_usable(struct nvme_ctrl *ctrl,
			       const struct nvme_lambda *l,
			       const struct nvme_lambda_id *id)
{
	if (memcmp(id->magic, NVME_LAMBDA_MAGIC, sizeof(id->magic)))
		return false;
	if (le32_to_cpu(id->version) != NVME_LAMBDA_VERSION) {
		dev_warn(ctrl->device,
			 "lambda: not used: drive has version %u of the command set, kernel version %u\n",
			 le32_to_cpu(id->version), NVME_LAMBDA_VERSION);
		return false;
	}
	if (l && !memcmp(l->id, id, sizeof(*id)))
		return true;
	if (!l && nvme_lambda_sane(id))
		return true;
	dev_warn(ctrl->device, "lambda: not used: Identify page %#x %s\n",
		 NVME_LAMBDA_CNS, l ? "is not what it was before the reset" :
				      "has a field out of range");
	return false;
}

/*
 * Everything that is under way may be before a command on a core, and each may
 * take as long as a request may. The drive's clock may run slow.
 */
static unsigned long nvme_lambda_timeout(const struct nvme_lambda_id *id)
{
	u32 turns = 1 + DIV_ROUND_UP(le32_to_cpu(id->slots),
				     le32_to_cpu(id->cores));
	u64 us = (u64)turns * le32_to_cpu(id->dilation) *
		 NVME_LAMBDA_DEADLINE_US;

	us = min(us, jiffies_to_usecs(NVME_LAMBDA_TIMEOUT_MAX));
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
	l->queue = blk_lambda_queue_alloc(slots);
	if (!l->slots || !l->queue)
		goto free;
	l->ctrl = ctrl;
	l->id = id;
	l->key = get_random_u64() ?: 1;
	l->timeout = nvme_lambda_timeout(id);
	l->reopen = jiffies;
	spin_lock_init(&l->lock);
	xa_init(&l->images);
	INIT_LIST_HEAD(&l->loaded);
	INIT_LIST_HEAD(&l->forgotten);
	INIT_LIST_HEAD(&l->free);
	for (i = 0; i < slots; i++)
		list_add_tail(&l->slots[i].list, &l->free);
	mutex_init(&l->load_lock);
	INIT_WORK(&l->unload, nvme_lambda_prog_unload_work);
	return l;
free:
	blk_lambda_queue_free(l->queue);
	kfree(l->slots);
	kfree(l);
	return NULL;
}

static void nvme_lambda_free(struct nvme_lambda *l)
{
	nvme_lambda_programs_free(l);
	blk_lambda_queue_free(l->queue);
	kfree(l->slots);
	kfree(l->id);
	kfree(l);
}

/* Finding out */

/*
 * A controller is asked until it has answered, but not for ever: a reset may
 * cut the first question short, and a drive that hangs on it is reset for that.
 */
#define NVME_LAMBDA_ASKS	2

/* Whether it has said no, whatever it might say the next time. */
static bool nvme_lambda_answered(int ret)
{
	return ret >= 0 && (ret & NVME_SCT_MASK) != NVME_SCT_PATH;
}

/* Its page, to be freed; NULL: it has none, or that is not known. */
static struct nvme_lambda_id *nvme_lambda_ask(struct nvme_ctrl *ctrl)
{
	struct nvme_command c = {
		.identify.opcode = nvme_admin_identify,
		.identify.cns = NVME_LAMBDA_CNS,
	};
	struct nvme_lambda_id *id = kzalloc(sizeof(*id), GFP_KERNEL);
	int ret;

	if (!id)
		return NULL;
	ret = nvme_submit_sync_cmd(ctrl->admin_q, &c, id, sizeof(*id));
	if (nvme_lambda_answered(ret))
		ctrl->lambda_asks = NVME_LAMBDA_ASKS;
	if (!ret)
		return id;
	kfree(id);
	return NULL;
}

/**
 * nvme_lambda_identify - see whether a controller may be asked about λs
 * @ctrl: the controller
 * @id:   what it says of itself, now
 */
void nvme_lambda_identify(struct nvme_ctrl *ctrl, const struct nvme_id_ctrl *id)
{
	BUILD_BUG_ON(offsetof(struct nvme_id_ctrl, vs) !=
		     NVME_LAMBDA_CTRL_MAGIC);
	ctrl->lambda_told = !memcmp(id->vs, NVME_LAMBDA_MAGIC,
				    strlen(NVME_LAMBDA_MAGIC));
}

/**
 * nvme_lambda_init_ctrl - begin a new epoch with a controller that runs λs
 * @ctrl: a controller that has come up, for the first time or after a reset
 *
 * Whatever the drive held before is forgotten; what is under way is not waited
 * for, and refused by the drive. Whether it comes up does not depend on λs: what
 * fails here is no error, and a controller that is not known to run any is not
 * asked here, where the time-out of a command would cost the disk.
 *
 * Context: process context, while nothing but the controller's own
 * initialisation sends commands.
 */
void nvme_lambda_init_ctrl(struct nvme_ctrl *ctrl)
{
	/* The scan of namespaces may find out at the same time. */
	struct nvme_lambda *l = smp_load_acquire(&ctrl->lambda);
	struct nvme_lambda_id *id = NULL;
	bool present;
	u32 epoch;

	if (!l)
		return;
	if (ctrl->lambda_told)
		id = nvme_lambda_ask(ctrl);
	present = id && nvme_lambda_usable(ctrl, l, id);
	kfree(id);
	epoch = nvme_lambda_open_new_epoch(l, present);
	if (present)
		nvme_lambda_open(l, epoch);
}

/* False when it is certain that the drive has no session for this host. */
static bool nvme_lambda_first_open(struct nvme_ctrl *ctrl,
				   struct nvme_lambda *l)
{
	int ret = nvme_lambda_open(l, nvme_lambda_open_new_epoch(l, true));

	if (ret <= 0 || !nvme_lambda_answered(ret) ||
	    ret == NVME_LAMBDA_SC_RESOURCES)
		return true;
	dev_warn(ctrl->device,
		 "lambda: not used: drive refuses to open a session, status %#x\n",
		 ret);
	return false;
}

/**
 * nvme_lambda_probe - ask a controller that may run λs whether it does
 * @ctrl: a controller that is up; nothing happens when it is known
 *
 * Context: the scan of its namespaces, before they are looked at.
 */
void nvme_lambda_probe(struct nvme_ctrl *ctrl)
{
	struct nvme_lambda *l = NULL;
	struct nvme_lambda_id *id;

	if (ctrl->lambda || !ctrl->lambda_told ||
	    ctrl->lambda_asks >= NVME_LAMBDA_ASKS)
		return;
	ctrl->lambda_asks++;
	id = nvme_lambda_ask(ctrl);
	if (id && nvme_lambda_usable(ctrl, NULL, id))
		l = nvme_lambda_alloc(ctrl, id);
	if (!l) {
		kfree(id);
		return;
	}
	if (!nvme_lambda_first_open(ctrl, l)) {
		nvme_lambda_free(l);
		return;
	}
	/* A reset may look for it, which does not matter before the first use. */
	smp_store_release(&ctrl->lambda, l);
}

/**
 * nvme_lambda_free_ctrl - forget what is known of a controller
 * @ctrl: the controller, which is no longer in use
 */
void nvme_lambda_free_ctrl(struct nvme_ctrl *ctrl)
{
	if (ctrl->lambda)
		nvme_lambda_free(ctrl->lambda);
}

/* Disks */

static void nvme_lambda_forget_image(void *private, u64 image_id)
{
	struct nvme_ns *ns = private;

	nvme_lambda_prog_forget(ns->ctrl->lambda, image_id);
}

static void nvme_lambda_release_disk(void *private)
{
	nvme_put_ns(private);
}

static const struct blk_lambda_ops nvme_lambda_ops = {
	.prepare	= nvme_lambda_exec_prepare,
	.execute	= nvme_lambda_exec_request,
	.submit		= nvme_lambda_read_submit,
	.cancel		= nvme_lambda_read_cancel,
	.finish		= nvme_lambda_exec_finish,
	.forget		= nvme_lambda_forget_image,
	.release	= nvme_lambda_release_disk,
};

/*
 * A request has a slot from beginning to end. Rates are those of the host's
 * clock, not of a drive's that runs slow.
 */
static void nvme_lambda_limits(const struct nvme_lambda *l,
			       struct blk_lambda_limits *limits)
{
	const struct nvme_lambda_id *id = l->id;
	u32 slots = le32_to_cpu(READ_ONCE(l->grant.slots));
	u32 dilation = le32_to_cpu(id->dilation);
	u32 room = le32_to_cpu(id->request_max) -
		   sizeof(struct nvme_lambda_request);
	u32 extent = sizeof(struct nvme_lambda_extent);
	u32 runs = le32_to_cpu(id->runs_max);
	u32 run = sizeof(struct nvme_lambda_run);

	*limits = (struct blk_lambda_limits) {
		.in_max = min_t(u64, le64_to_cpu(id->in_max), SBPF_IN_MAX),
		.out_max = min_t(u64, le64_to_cpu(id->out_max), SBPF_OUT_MAX),
		.args_max = min3(le64_to_cpu(id->args_max), room - extent,
				 SBPF_ARGS_MAX),
		.extents_max = min(le32_to_cpu(id->extents_max),
				   room / extent),
		.spans_max = runs > 1 ? min(runs, room / (extent + run)) : 0,
		.depth = slots ?: le32_to_cpu(id->slots),
		.media_bps = div_u64(le64_to_cpu(id->media_read_bps), dilation),
		.media_write_bps = div_u64(le64_to_cpu(id->media_write_bps),
					   dilation),
		.link_bps = div_u64(le64_to_cpu(id->link_bps), dilation),
		.core_ips = div_u64(le64_to_cpu(id->core_ips), dilation),
		.cores = le32_to_cpu(id->cores),
		.contract = le32_to_cpu(id->contract),
	};
}

/**
 * nvme_lambda_remove_ns - a disk that is about to go runs no more λs
 * @ns: its namespace
 */
void nvme_lambda_remove_ns(struct nvme_ns *ns)
{
	blk_lambda_disk_unregister(ns->disk);
}

/**
 * nvme_lambda_exit - wait for the driver's code in workers that are not its own
 *
 * Context: the module goes; no request is left, but the work in which the last
 * one has ended may still be on its way out.
 */
void nvme_lambda_exit(void)
{
	flush_workqueue(blk_lambda_workers);
}

static void nvme_lambda_add_ns(struct nvme_ns *ns)
{
	struct blk_lambda_limits limits;

	if (!nvme_get_ns(ns))
		return;
	nvme_lambda_limits(ns->ctrl->lambda, &limits);
	if (blk_lambda_disk_register(ns->disk, &nvme_lambda_ops, &limits,
				     ns->ctrl->lambda->queue, ns))
		nvme_put_ns(ns);
}

/**
 * nvme_lambda_update_ns - make known whether a disk runs λs
 * @ns: its namespace, whose format may be another than the last time
 *
 * Context: the scan of namespaces, after the disk was added.
 */
void nvme_lambda_update_ns(struct nvme_ns *ns)
{
	bool runs = ns->ctrl->lambda && nvme_lambda_cmd_fits(ns);
	bool known = rcu_access_pointer(ns->disk->lambda);

	if (runs && !known)
		nvme_lambda_add_ns(ns);
	else if (!runs && known)
		nvme_lambda_remove_ns(ns);
}
