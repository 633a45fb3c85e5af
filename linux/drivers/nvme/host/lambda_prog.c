// SPDX-License-Identifier: GPL-2.0
/*
 * Drives that run λs: programs in the drive.
 *
 * A program is loaded by the first request that needs it and stays until its
 * image is forgotten, its place is needed for another, or a new epoch begins.
 * One is loaded at a time: a request that needs it as well waits for that.
 */
#include <linux/bpf_lambda.h>
#include <linux/delay.h>
#include <linux/lambda.h>
#include <linux/slab.h>

#include "lambda_ctrl.h"

/* A run that was aborted holds its program for some ms more. */
#define NVME_LAMBDA_UNLOAD_TRIES	10
#define NVME_LAMBDA_UNLOAD_MS		10

/* What the drive is sent */

static u64 nvme_lambda_prog_image_size(const struct bpf_lambda_image *image)
{
	const struct bpf_lambda_prog *prog = image->prog->aux->lambda;
	u64 insns = (u64)prog->len * sizeof(*prog->insns);

	return round_up(sizeof(struct nvme_lambda_image) + insns +
			image->rodata_len + image->data_len, 4);
}

static void nvme_lambda_prog_fill_image(const struct blk_lambda_request *rq,
					void *buf)
{
	const struct bpf_lambda_image *image = rq->image;
	const struct bpf_lambda_prog *prog = image->prog->aux->lambda;
	u32 flags = rq->default_budget ? 0 : NVME_LAMBDA_IMAGE_BUDGET;
	u64 budget = rq->default_budget ? 0 : rq->budget;
	struct nvme_lambda_image *head = buf;
	size_t insns = (size_t)prog->len * sizeof(*prog->insns);
	void *to = head + 1;

	*head = (struct nvme_lambda_image) {
		.flags = cpu_to_le32(flags),
		.insns = cpu_to_le32(prog->len),
		.rodata_len = cpu_to_le32(image->rodata_len),
		.data_len = cpu_to_le32(image->data_len),
		.bss_len = cpu_to_le32(image->bss_len),
		.heap_len = cpu_to_le32(image->heap_len),
		.frame_len = cpu_to_le32(image->frame_len),
		.budget = cpu_to_le64(budget),
	};
	memcpy(to, prog->insns, insns);
	to += insns;
	memcpy(to, image->rodata, image->rodata_len);
	to += image->rodata_len;
	memcpy(to, image->data, image->data_len);
}

/* Unloading */

/* A place that is not given back is found again by RESOURCES. */
static void nvme_lambda_prog_unload(struct nvme_lambda *l, u32 epoch, u32 id)
{
	struct nvme_lambda_cmd cmd = {
		.c.common.opcode = NVME_LAMBDA_ADMIN_UNLOAD,
		.c.common.cdw10 = cpu_to_le32(id),
		.epoch = epoch,
		.deaf = true,
	};
	u32 i;
	int ret;

	for (i = 0; i < NVME_LAMBDA_UNLOAD_TRIES; i++) {
		ret = nvme_lambda_cmd_submit(l, NULL, &cmd);
		if (ret != NVME_LAMBDA_SC_PROGRAM_IN_USE)
			break;
		msleep(NVME_LAMBDA_UNLOAD_MS);
	}
}

static struct nvme_lambda_program *
nvme_lambda_prog_next_forgotten(struct nvme_lambda *l)
{
	struct nvme_lambda_program *p;

	guard(spinlock)(&l->lock);
	p = list_first_entry_or_null(&l->forgotten,
				     struct nvme_lambda_program, list);
	if (!p)
		return NULL;
	list_del_init(&p->list);
	if (p->id && p->epoch == l->epoch)
		l->nr_loaded--;
	return p;
}

/*
 * Unloads what no image needs any more. @l->load_lock is held; what was of
 * another epoch is gone with that.
 */
static void nvme_lambda_prog_drain(struct nvme_lambda *l, u32 epoch)
{
	struct nvme_lambda_program *p;

	while ((p = nvme_lambda_prog_next_forgotten(l))) {
		if (p->id && p->epoch == epoch)
			nvme_lambda_prog_unload(l, epoch, p->id);
		kfree(p);
	}
}

/* The drive has it no longer, or will not before long; @l->lock is held. */
static u32 nvme_lambda_prog_take_out(struct nvme_lambda *l,
				     struct nvme_lambda_program *p)
{
	u32 id = p->id;

	lockdep_assert_held(&l->lock);
	if (id) {
		list_del_init(&p->list);
		l->nr_loaded--;
		p->id = 0;
	}
	return id;
}

/* Makes a place; false when all programs are in use. */
static bool nvme_lambda_prog_evict(struct nvme_lambda *l, u32 epoch)
{
	struct nvme_lambda_program *p;
	u32 id = 0;

	scoped_guard(spinlock, &l->lock) {
		list_for_each_entry(p, &l->loaded, list) {
			if (p->users || p->epoch != epoch)
				continue;
			id = nvme_lambda_prog_take_out(l, p);
			break;
		}
	}
	if (id)
		nvme_lambda_prog_unload(l, epoch, id);
	return id;
}

/* Loading */

/* Sends the whole and has it checked. */
static int nvme_lambda_prog_send(struct nvme_lambda *l, u32 epoch, void *buf,
				 u32 size, u32 *id)
{
	u32 chunk = nvme_lambda_cmd_io_chunk(l, l->ctrl->admin_q);
	struct nvme_lambda_cmd cmd = {
		.c.common.opcode = NVME_LAMBDA_ADMIN_LOAD,
		.c.common.cdw13 = cpu_to_le32(size),
		.epoch = epoch,
	};
	u32 done;
	int ret;

	for (done = 0; done < size; done += cmd.len) {
		cmd.buf = buf + done;
		cmd.len = min(size - done, chunk);
		cmd.c.common.cdw11 = cpu_to_le32(done);
		cmd.c.common.cdw12 = cpu_to_le32(cmd.len);
		cmd.deaf = !done;	/* the first one makes a program */
		ret = nvme_lambda_cmd_submit(l, NULL, &cmd);
		if (ret)
			return ret;
		if (!done)
			*id = cmd.result;
		cmd.c.common.cdw10 = cpu_to_le32(*id);
		cmd.c.common.cdw13 = 0;
	}
	cmd = (struct nvme_lambda_cmd) {
		.c.common.opcode = NVME_LAMBDA_ADMIN_COMMIT,
		.c.common.cdw10 = cpu_to_le32(*id),
		.epoch = epoch,
	};
	return nvme_lambda_cmd_submit(l, NULL, &cmd);
}

/* What arrived of one that failed is not left behind. */
static int nvme_lambda_prog_send_into_place(struct nvme_lambda *l, u32 epoch,
					    void *buf, u32 size, u32 *id)
{
	u32 places = le32_to_cpu(READ_ONCE(l->grant.programs));
	u32 tries = 0;
	int ret;

	while (READ_ONCE(l->nr_loaded) >= places)
		if (!nvme_lambda_prog_evict(l, epoch))
			return NVME_LAMBDA_SC_RESOURCES;
	/* There may be fewer by now, others using it too. */
	do {
		*id = 0;
		ret = nvme_lambda_prog_send(l, epoch, buf, size, id);
	} while (ret == NVME_LAMBDA_SC_RESOURCES &&
		 (nvme_lambda_prog_evict(l, epoch) ||
		  nvme_lambda_cmd_io_again(ret, &tries, NULL)));
	if (ret && *id)
		nvme_lambda_prog_unload(l, epoch, *id);
	return ret;
}

static int nvme_lambda_prog_load(struct nvme_lambda *l, u32 epoch,
				 const struct blk_lambda_request *rq, u32 *id)
{
	u64 size = nvme_lambda_prog_image_size(rq->image);
	void *buf;
	int ret;

	if (size > le32_to_cpu(l->id->program_max))
		return NVME_LAMBDA_SC_PROGRAM_TOO_BIG;
	buf = kvzalloc(size, GFP_KERNEL_ACCOUNT);
	if (!buf)
		return -ENOMEM;
	nvme_lambda_prog_fill_image(rq, buf);
	ret = nvme_lambda_prog_send_into_place(l, epoch, buf, size, id);
	kvfree(buf);
	return ret;
}

/* Finds an image's entry, or makes one; @l->load_lock is held. */
static struct nvme_lambda_program *nvme_lambda_prog_entry(struct nvme_lambda *l,
							  u64 image)
{
	struct nvme_lambda_program *p = xa_load(&l->images, image);

	if (p)
		return p;
	p = kzalloc(sizeof(*p), GFP_KERNEL_ACCOUNT);
	if (!p)
		return NULL;
	p->image = image;
	INIT_LIST_HEAD(&p->list);
	if (xa_err(xa_store(&l->images, image, p, GFP_KERNEL_ACCOUNT))) {
		kfree(p);
		return NULL;
	}
	return p;
}

/* A new epoch while it was loading has freed it. */
static int nvme_lambda_prog_loaded(struct nvme_lambda *l, u32 epoch,
				   struct nvme_lambda_program *p, u32 id)
{
	guard(spinlock)(&l->lock);
	if (epoch != l->epoch)
		return -ENODEV;
	p->id = id;
	p->epoch = epoch;
	list_add_tail(&p->list, &l->loaded);
	l->nr_loaded++;
	return 0;
}

static bool nvme_lambda_prog_is_loaded(struct nvme_lambda *l, u32 epoch,
				       const struct nvme_lambda_program *p)
{
	guard(spinlock)(&l->lock);
	return p->id && p->epoch == epoch;
}

/**
 * nvme_lambda_program_bring - have a request's program in the drive
 * @l:     the controller's λ side, its load_lock held: so the program stays
 *         until the lock is given back, or the epoch ends
 * @epoch: the present epoch
 * @rq:    the request
 *
 * Context: process context.
 * Return: 0; an enum lambda_reason; -ERESTARTSYS on a signal; -ENOMEM.
 */
int nvme_lambda_program_bring(struct nvme_lambda *l, u32 epoch,
			      const struct blk_lambda_request *rq)
{
	struct nvme_lambda_program *p =
		nvme_lambda_prog_entry(l, rq->image->id);
	u32 id = 0;
	int err;

	if (!p)
		return -ENOMEM;
	if (p->refused)
		return LAMBDA_REASON_REFUSED;
	if (nvme_lambda_prog_is_loaded(l, epoch, p))
		return 0;
	nvme_lambda_prog_drain(l, epoch);
	err = nvme_lambda_prog_load(l, epoch, rq, &id);
	if (!err)
		err = id ? nvme_lambda_prog_loaded(l, epoch, p, id) : -EIO;
	if (err)
		err = nvme_lambda_cmd_reason(err, NULL);
	if (err == LAMBDA_REASON_REFUSED)
		WRITE_ONCE(p->refused, true);
	return err;
}

/* Ends */

/**
 * nvme_lambda_program_lost - the drive says that it has no such program
 * @l:     the controller's λ side
 * @p:     the program
 * @epoch: epoch of the request that was told so
 *
 * The next request loads it again.
 */
void nvme_lambda_program_lost(struct nvme_lambda *l,
			      struct nvme_lambda_program *p, u32 epoch)
{
	guard(spinlock)(&l->lock);
	if (epoch == l->epoch && p->epoch == epoch)
		nvme_lambda_prog_take_out(l, p);
}

/**
 * nvme_lambda_programs_drop - an epoch has ended, and all programs with it
 * @l: the controller's λ side, its lock held
 */
void nvme_lambda_programs_drop(struct nvme_lambda *l)
{
	struct nvme_lambda_program *p, *next;

	list_for_each_entry_safe(p, next, &l->loaded, list)
		nvme_lambda_prog_take_out(l, p);
	l->nr_loaded = 0;
}

/**
 * nvme_lambda_prog_forget - no request will use an image any more
 * @l:     the controller's λ side
 * @image: id of the image
 *
 * Does not wait for the drive.
 */
void nvme_lambda_prog_forget(struct nvme_lambda *l, u64 image)
{
	struct nvme_lambda_program *p;

	p = xa_erase(&l->images, image);
	if (!p)
		return;
	/* If it is loaded, its place counts until it has been unloaded. */
	scoped_guard(spinlock, &l->lock)
		list_move_tail(&p->list, &l->forgotten);
	nvme_get_ctrl(l->ctrl);
	if (!queue_work(nvme_wq, &l->unload))
		nvme_put_ctrl(l->ctrl);
}

/**
 * nvme_lambda_prog_unload_work - unload what no image needs any more
 * @work: &nvme_lambda.unload
 */
void nvme_lambda_prog_unload_work(struct work_struct *work)
{
	struct nvme_lambda *l = container_of(work, struct nvme_lambda, unload);
	u32 epoch;

	mutex_lock(&l->load_lock);
	epoch = READ_ONCE(l->epoch);
	if (!nvme_lambda_session_is_epoch(l, epoch))
		epoch = 0;
	nvme_lambda_prog_drain(l, epoch);
	mutex_unlock(&l->load_lock);
	nvme_put_ctrl(l->ctrl);
}

/**
 * nvme_lambda_programs_free - free what is known of programs
 * @l: the λ side of a controller that is no longer in use
 */
void nvme_lambda_programs_free(struct nvme_lambda *l)
{
	struct nvme_lambda_program *p;
	unsigned long image;

	xa_for_each(&l->images, image, p)
		kfree(p);
	xa_destroy(&l->images);
}
