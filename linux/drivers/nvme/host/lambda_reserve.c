// SPDX-License-Identifier: GPL-2.0
/*
 * Drives that run λs: what a request holds of its drive.
 *
 * That is a part in the session, a program, a slot and, for a small read, a
 * turn on the fast path. All of it is taken in one section of the controller's
 * lock, and given back in another. A session or a program that is missing is
 * brought first, by one request at a time: others that need it wait for that.
 */
#include <linux/bpf_lambda.h>
#include <linux/lambda.h>

#include "lambda_ctrl.h"

/* Slots that are known to be ready come first. */
static void nvme_lambda_reserve_hold(struct nvme_lambda_io *io,
				     struct nvme_lambda_program *p, bool fast)
{
	struct nvme_lambda *l = io->l;

	lockdep_assert_held(&l->lock);
	io->epoch = l->epoch;
	io->boot = l->grant.boot;
	io->session = l->grant.session;
	io->program = p;
	p->users++;
	list_move_tail(&p->list, &l->loaded);
	io->slot = list_first_entry(&l->free, struct nvme_lambda_slot, list);
	list_del(&io->slot->list);
	io->fast = fast && l->fast < le32_to_cpu(l->id->cores);
	l->fast += io->fast;
}

/*
 * A request has a place in the controller's queue, which has as many as there
 * are slots.
 *
 * Return: as nvme_lambda_reserve(); -EAGAIN when session or program is missing.
 */
static int nvme_lambda_try_reserve(struct nvme_lambda_io *io, u64 image,
				   bool fast)
{
	struct nvme_lambda *l = io->l;
	struct nvme_lambda_program *p;

	guard(spinlock)(&l->lock);
	if (!nvme_lambda_session_is_live(l))
		return -EAGAIN;
	p = xa_load(&l->images, image);
	if (p && p->refused)
		return LAMBDA_REASON_REFUSED;
	if (!p || !p->id || p->epoch != l->epoch)
		return -EAGAIN;
	if (WARN_ON_ONCE(list_empty(&l->free)))
		return LAMBDA_REASON_BUSY;
	nvme_lambda_reserve_hold(io, p, fast);
	return 0;
}

/* What another request has brought meanwhile is there. */
static int nvme_lambda_reserve_bring(struct nvme_lambda_io *io,
				     const struct blk_lambda_request *rq,
				     bool fast)
{
	struct nvme_lambda *l = io->l;
	u32 epoch = nvme_lambda_open_renew(l);
	int ret;

	if (!epoch)
		return LAMBDA_REASON_GONE;
	ret = nvme_lambda_program_bring(l, epoch, rq);
	if (ret)
		return ret;
	ret = nvme_lambda_try_reserve(io, rq->image->id, fast);
	/* The epoch was a short one. */
	return ret == -EAGAIN ? LAMBDA_REASON_GONE : ret;
}

/* The lock's owner waits for the drive. */
static int nvme_lambda_reserve_lock_load(struct nvme_lambda *l)
{
	return bpf_lambda_held() ? mutex_lock_killable(&l->load_lock) :
				   mutex_lock_interruptible(&l->load_lock);
}

/**
 * nvme_lambda_reserve - give a request what it needs of its drive
 * @io:   the request, which has a place in the controller's queue
 * @rq:   the same
 * @fast: it may take the fast path; whether it does, @io->fast tells then
 *
 * There are as many on the fast path as the drive has cores: others take the
 * way over their slot.
 *
 * Context: process context without locks; sleeps interruptibly, or killably
 * while bpf_lambda_held(), where session or program is missing.
 * Return: 0, and nvme_lambda_reserve_release() is owed; an enum lambda_reason;
 * -ERESTARTSYS on a signal; -ENOMEM; -EAGAIN where one that does not wait would
 * have to.
 */
int nvme_lambda_reserve(struct nvme_lambda_io *io,
			const struct blk_lambda_request *rq, bool fast)
{
	struct nvme_lambda *l = io->l;
	int ret = nvme_lambda_try_reserve(io, rq->image->id, fast);

	if (ret != -EAGAIN || rq->nowait)
		return ret;
	if (nvme_lambda_reserve_lock_load(l))
		return -ERESTARTSYS;
	ret = nvme_lambda_reserve_bring(io, rq, fast);
	mutex_unlock(&l->load_lock);
	return ret;
}

/**
 * nvme_lambda_reserve_leave_fast - a request goes over its slot after all
 * @io: the request
 */
void nvme_lambda_reserve_leave_fast(struct nvme_lambda_io *io)
{
	guard(spinlock)(&io->l->lock);
	io->l->fast -= io->fast;
	io->fast = false;
}

/**
 * nvme_lambda_reserve_release - let others have what a request holds of a drive
 * @io: the request; nothing happens when it holds nothing
 */
void nvme_lambda_reserve_release(struct nvme_lambda_io *io)
{
	struct nvme_lambda *l = io->l;

	if (!io->slot)
		return;
	scoped_guard(spinlock, &l->lock) {
		l->fast -= io->fast;
		io->program->users--;
		if (io->slot->id && !io->failed)
			list_add(&io->slot->list, &l->free);
		else
			list_add_tail(&io->slot->list, &l->free);
	}
	io->fast = false;
	io->program = NULL;
	io->slot = NULL;
}
