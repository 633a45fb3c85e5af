// SPDX-License-Identifier: GPL-2.0-only
/* Which side is to run a request, by what earlier ones took. */
#include <linux/blk-lambda.h>
#include <linux/hash.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "blk-lambda-sched.h"

/**
 * blk_lambda_choose - which side is to run a request
 * @bl: descriptor of the file's disk, or NULL: it has none
 * @q:  the request
 * @c:  the choice; blk_lambda_learn() is owed
 *
 * Context: process context.
 */
void blk_lambda_choose(struct blk_lambda *bl, const struct blk_lambda_query *q,
		       struct blk_lambda_choice *c)
{
	memset(c, 0, sizeof(*c));
	c->side = LAMBDA_SIDE_HOST;
	c->reason = LAMBDA_REASON_NO_DISK;
	if (!bl) {
		if (q->forced == LAMBDA_SIDE_HOST)
			c->reason = LAMBDA_REASON_FORCED;
		return;
	}
	c->begun = ktime_get_ns();
	if (q->forced) {
		c->side = q->forced;
		c->reason = LAMBDA_REASON_FORCED;
		return;
	}
	c->reason = LAMBDA_REASON_MODEL;
	blk_lambda_sched_choose(bl->sched, q, c);
}

/**
 * blk_lambda_learn - a request that was chosen a side for has ended
 * @bl: descriptor of the file's disk, or NULL
 * @q:  the request, as it was
 * @c:  the choice
 * @s:  what came of it
 */
void blk_lambda_learn(struct blk_lambda *bl, const struct blk_lambda_query *q,
		      const struct blk_lambda_choice *c,
		      const struct blk_lambda_sample *s)
{
	if (bl)
		blk_lambda_sched_learn(bl->sched, q, c, s,
				       ktime_get_ns() - c->begun);
}

struct profile {
	u64 image_id;
	bool write;
	u64 seen;
	u64 used;
	u64 rate[3];
};

struct blk_lambda_sched {
	spinlock_t lock;	/* of all below */
	u64 clock;
	struct profile profiles[16];
};

struct blk_lambda_sched *blk_lambda_sched_alloc(void)
{
	struct blk_lambda_sched *s = kzalloc(sizeof(*s), GFP_KERNEL);

	if (s)
		spin_lock_init(&s->lock);
	return s;
}

void blk_lambda_sched_free(struct blk_lambda_sched *s)
{
	kfree(s);
}

static struct profile *find(struct blk_lambda_sched *s,
			    const struct blk_lambda_query *q)
{
	struct profile *p, *old = s->profiles;

	for (p = s->profiles; p < s->profiles + 16; p++) {
		if (p->image_id == q->image_id && p->write == q->write)
			goto found;
		if (p->used < old->used)
			old = p;
	}
	p = old;
	memset(p, 0, sizeof(*p));
	p->image_id = q->image_id;
	p->write = q->write;
found:
	p->used = ++s->clock;
	return p;
}

void blk_lambda_sched_choose(struct blk_lambda_sched *s,
			     const struct blk_lambda_query *q,
			     struct blk_lambda_choice *c)
{
	struct profile *p;
	u64 at;

	spin_lock(&s->lock);
	p = find(s, q);
	c->ns_host = mul_u64_u64_shr(q->bytes, p->rate[LAMBDA_SIDE_HOST], 20);
	c->ns_device = mul_u64_u64_shr(q->bytes, p->rate[LAMBDA_SIDE_DEVICE],
				       20);
	at = p->seen++ % 200;
	if (at < 10) {
		c->side = at & 1 ? LAMBDA_SIDE_DEVICE : LAMBDA_SIDE_HOST;
		c->reason = LAMBDA_REASON_PROFILE;
	} else if (c->ns_device < c->ns_host) {
		c->side = LAMBDA_SIDE_DEVICE;
	}
	spin_unlock(&s->lock);
}

void blk_lambda_sched_learn(struct blk_lambda_sched *s,
			    const struct blk_lambda_query *q,
			    const struct blk_lambda_choice *c,
			    const struct blk_lambda_sample *sample, u64 ns)
{
	struct profile *p;
	u64 rate;

	if (!q->bytes || ns >> 40 || sample->side == LAMBDA_SIDE_NONE)
		return;
	rate = div64_u64(ns << 20, q->bytes);
	spin_lock(&s->lock);
	p = find(s, q);
	if (p->rate[c->side])
		rate = (p->rate[c->side] * 3 + rate) / 4;
	p->rate[c->side] = rate;
	spin_unlock(&s->lock);
}
