// SPDX-License-Identifier: GPL-2.0-only
/*
 * The profiles of a disk: found by image and direction; the least recently used
 * one makes way for a new one.
 */
#include <linux/cleanup.h>
#include <linux/hash.h>
#include <linux/list.h>
#include <linux/log2.h>
#include <linux/string.h>

#include "sched.h"

static struct hlist_head *profile_bucket(struct blk_lambda_sched *s,
					 u64 image_id, bool write)
{
	return &s->buckets[hash_64(image_id * 2 + write,
				   ilog2(BLK_LAMBDA_BUCKETS))];
}

/**
 * blk_lambda_profile_find - look a profile up
 * @s:        the disk's scheduler; its lock is held
 * @image_id: id of the program with its globals
 * @write:    of lambda_pwrite()
 *
 * Return: it, or NULL.
 */
struct blk_lambda_profile *
blk_lambda_profile_find(struct blk_lambda_sched *s, u64 image_id, bool write)
{
	struct blk_lambda_profile *p;

	hlist_for_each_entry(p, profile_bucket(s, image_id, write), hash)
		if (p->image_id == image_id && p->write == write)
			return p;
	return NULL;
}

/* Makes a profile out of the least recently used one. */
static struct blk_lambda_profile *make_profile(struct blk_lambda_sched *s,
					       u64 image_id, bool write)
{
	struct blk_lambda_profile *p;

	p = list_last_entry(&s->lru, struct blk_lambda_profile, lru);
	list_del(&p->lru);
	hlist_del_init(&p->hash);
	memset(p, 0, sizeof(*p));
	p->image_id = image_id;
	p->write = write;
	blk_lambda_cost_init(&p->cost, &s->drive);
	hlist_add_head(&p->hash, profile_bucket(s, image_id, write));
	list_add(&p->lru, &s->lru);
	return p;
}

/**
 * blk_lambda_profile_use - the profile of a request
 * @s:   the disk's scheduler; its lock is held
 * @q:   the request
 * @now: ns; what is known of one that was not used for long gives way
 *
 * Return: it, new if there was none.
 */
struct blk_lambda_profile *
blk_lambda_profile_use(struct blk_lambda_sched *s,
		       const struct blk_lambda_query *q, u64 now)
{
	struct blk_lambda_profile *p;

	p = blk_lambda_profile_find(s, q->image_id, q->write);
	if (!p) {
		p = make_profile(s, q->image_id, q->write);
	} else {
		if (!list_is_first(&p->lru, &s->lru))
			list_move(&p->lru, &s->lru);
		if (now - p->used > BLK_LAMBDA_STALE_NS) {
			blk_lambda_cost_age(&p->cost);
			p->probe = (struct blk_lambda_probe) {
				.known = p->probe.known,
			};
			memset(&p->split, 0, sizeof(p->split));
		}
	}
	p->used = now;
	return p;
}

/**
 * blk_lambda_profile_forget - drop what is known of an image
 * @s:        the disk's scheduler
 * @image_id: id of an image that is gone
 */
void blk_lambda_profile_forget(struct blk_lambda_sched *s, u64 image_id)
{
	struct blk_lambda_profile *p;
	int write;

	guard(spinlock)(&s->lock);
	for (write = 0; write < 2; write++) {
		p = blk_lambda_profile_find(s, image_id, write);
		if (!p)
			continue;
		hlist_del_init(&p->hash);
		p->image_id = 0;
		list_move_tail(&p->lru, &s->lru);
	}
}
