// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which side is to run a request, by what earlier ones of its kind took. A kind
 * is a program with its globals, on a disk, reading or writing; its profile is
 * kept until the program goes, or until too many others were used since.
 *
 * What runs is learnt from, whatever chose its side. A request that the drive
 * or the file left to the host has cost what was tried in vain and the host's
 * run: that is what it takes to send it there, and the model learns just that
 * where the drive was the reason. What a file is like says nothing of the λ.
 */
#include <linux/blk-lambda.h>
#include <linux/cleanup.h>
#include <linux/lambda_sched.h>
#include <linux/list.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "sched.h"

/* A task that made a request in the last 33 ms will make another. */
#define TASK_SHIFT	20
#define TASK_AGE	32
/* Requests in a row that are counted. */
#define STREAK_MAX		1024
/* Requests of fewer bytes are small; one of so many is learnt from. */
#define SMALL		SZ_32K
#define SMALL_TAUGHT	4
/* From here on, reasons are the drive's. */
#define REASON_DRIVE	LAMBDA_REASON_TOO_LARGE

/* Requests under way */

/* Tasks that made a request of the kind lately. */
static u32 sched_count_tasks(const struct blk_lambda_profile *p, u32 tick)
{
	u32 n = 0, i;

	for (i = 0; i < BLK_LAMBDA_TASKS; i++)
		n += p->tasks[i].tick &&
		     tick - p->tasks[i].tick + 1 <= TASK_AGE;
	return n;
}

/*
 * How many of its kind are under way. A task that has just been through will be
 * back before it could be told apart from one that has never left. They are
 * counted anew when one of them comes back in another tick.
 */
static u32 sched_count_outstanding(struct blk_lambda_profile *p,
				   struct blk_lambda_task *mine, u64 now)
{
	u32 tick = now >> TASK_SHIFT;

	if (mine->tick != (tick | 1)) {
		mine->tick = tick | 1;
		p->active = sched_count_tasks(p, tick);
	}
	return max(p->active, p->busy[0] + p->busy[1] + p->busy[2] + 1);
}

static void sched_add_load(struct blk_lambda_load *sum,
			   const struct blk_lambda_load *load)
{
	sum->core += load->core;
	sum->media += load->media;
	sum->link += load->link;
	sum->slot += load->slot;
}

/* A profile that was made anew meanwhile has nothing to take away from. */
static void sched_sub_load(struct blk_lambda_load *sum,
			   const struct blk_lambda_load *load)
{
	sum->core = blk_lambda_less(sum->core, load->core);
	sum->media = blk_lambda_less(sum->media, load->media);
	sum->link = blk_lambda_less(sum->link, load->link);
	sum->slot = blk_lambda_less(sum->slot, load->slot);
}

/* Inline for speed: what is filled in later need not be cleared. */
static __always_inline void
sched_fill_features(const struct blk_lambda_query *q,
		    struct blk_lambda_features *w)
{
	*w = (struct blk_lambda_features) {
		.write = q->write,
		.bytes = q->bytes,
		.missing = blk_lambda_less(q->bytes, q->cached),
		.dirty = q->dirty,
		.room = q->write ? q->out_cap : 0,
		.drives = q->drives,
		.follows = q->follows && q->bytes < BLK_LAMBDA_AHEAD,
	};
}

/* Choosing */

/* What both sides would do of a request, and what it costs on each. */
struct side_costs {
	struct blk_lambda_features w;
	struct blk_lambda_estimate host;
	struct blk_lambda_estimate device;
	struct blk_lambda_arms arms;
};

/*
 * Whether both sides are to run it: one alone of its kind, whose both sides are
 * known, if that clearly pays; or wherever it is possible.
 */
static bool sched_choose_both(struct blk_lambda_sched *s,
			      struct blk_lambda_profile *p,
			      const struct blk_lambda_query *q,
			      const struct side_costs *x,
			      struct blk_lambda_choice *c)
{
	bool wanted = s->policy == BLK_LAMBDA_BOTH;
	struct blk_lambda_plan plan;
	bool pays;

	if (!q->record || q->bytes < 2 * BLK_LAMBDA_PART_MIN ||
	    q->bytes > BLK_LAMBDA_BYTES_MAX)
		return false;
	if (!wanted && (c->outstanding > 1 || !p->cost.host.count ||
			!p->cost.device.count))
		return false;
	blk_lambda_split_plan(&p->cost, &s->drive, &x->w, &x->host, &x->device,
			      q->record, &plan);
	pays = blk_lambda_split_pays(&p->split, s->period, &plan,
				     min(x->host.ns, x->device.ns));
	if (!plan.host || (!pays && !wanted))
		return false;
	c->side = LAMBDA_SIDE_BOTH;
	c->reason = wanted ? LAMBDA_REASON_POLICY : LAMBDA_REASON_MODEL;
	c->split = plan.host;
	blk_lambda_ticket(c)->load = plan.load;
	c->ns_both = max(plan.ns, 1ULL);
	return true;
}

/* Whether it is settled which side runs it, whatever that costs. */
static bool sched_settle_side(const struct blk_lambda_sched *s,
			      const struct blk_lambda_query *q,
			      struct blk_lambda_choice *c)
{
	c->reason = LAMBDA_REASON_POLICY;
	c->side = LAMBDA_SIDE_HOST;
	if (s->policy == BLK_LAMBDA_HOST && q->forced != LAMBDA_SIDE_HOST)
		return true;
	c->side = LAMBDA_SIDE_DEVICE;
	if (s->policy == BLK_LAMBDA_DEVICE && !q->forced)
		return true;
	c->reason = LAMBDA_REASON_FORCED;
	c->side = q->forced;
	return q->forced;
}

/*
 * What the sides would cost. The host is judged by what requests pay for missing
 * pages on average, if it runs them all and reads ahead.
 */
static void sched_fill_arms(const struct blk_lambda_sched *s,
			    struct blk_lambda_profile *p, struct side_costs *x,
			    u32 task)
{
	u64 missing = blk_lambda_cost_ahead(&p->cost, &x->w);
	u64 host = x->host.cost;

	if (missing < x->w.missing) {
		struct blk_lambda_features w = x->w;
		struct blk_lambda_estimate e;

		w.missing = 0;
		blk_lambda_cost_host(&p->cost, &s->drive, &w, &e);
		host = e.cost + mul_u64_u64_div_u64(blk_lambda_less(host,
								    e.cost),
						    missing, x->w.missing);
	}
	x->arms = (struct blk_lambda_arms) {
		.cost = { host, x->device.cost },
		.count = { p->cost.host.count, p->cost.device.count },
		.busy = { p->busy[0] + p->busy[2], p->busy[1] + p->busy[2] },
		.task = task,
		.streak = x->w.streak,
		.follows = x->w.follows,
	};
}

/* What it costs where it runs is all that there is to know. */
static void sched_estimate_one(const struct blk_lambda_sched *s,
			       const struct blk_lambda_profile *p,
			       struct side_costs *x,
			       struct blk_lambda_choice *c)
{
	if (c->side == LAMBDA_SIDE_HOST) {
		blk_lambda_cost_host(&p->cost, &s->drive, &x->w, &x->host);
		c->ns_host = x->host.ns;
	} else {
		blk_lambda_cost_device(&p->cost, &s->drive, &x->w, &x->device);
		c->ns_device = x->device.ns;
	}
}

/*
 * To learn from a request costs as much as some small ones take, and where many
 * were seen one more tells little: a fourth of those is enough.
 */
static bool sched_worth_learning(struct blk_lambda_profile *p,
				 const struct blk_lambda_query *q,
				 enum lambda_side side)
{
	u32 seen = side == LAMBDA_SIDE_HOST ? p->cost.host.count :
					      p->cost.device.count;

	return max(q->bytes, q->write ? q->out_cap : 0) >= SMALL ||
	       seen < BLK_LAMBDA_MEMORY || ++p->small % SMALL_TAUGHT == 0;
}

/* There are others to come for which something is read ahead. */
static bool sched_is_warmup(const struct blk_lambda_profile *p,
			    const struct blk_lambda_features *w,
			    enum lambda_side side)
{
	return side == LAMBDA_SIDE_HOST && w->follows &&
	       w->streak < BLK_LAMBDA_WARMUP &&
	       (p->cost.host.count || p->probe.trial_left);
}

/* One more in a row, or the first of another one. */
static void sched_count_streak(struct blk_lambda_task *mine,
			       enum lambda_side side)
{
	if (side == LAMBDA_SIDE_HOST)
		mine->streak = min(max(mine->streak, 0) + 1, STREAK_MAX);
	else if (side == LAMBDA_SIDE_DEVICE)
		mine->streak = max(min(mine->streak, 0) - 1, -STREAK_MAX);
	else
		mine->streak = 0;
}

static void sched_decide_side(struct blk_lambda_sched *s,
			      struct blk_lambda_profile *p,
			      const struct blk_lambda_query *q,
			      struct side_costs *x, u32 task,
			      struct blk_lambda_choice *c)
{
	blk_lambda_cost_host(&p->cost, &s->drive, &x->w, &x->host);
	blk_lambda_cost_device(&p->cost, &s->drive, &x->w, &x->device);
	c->ns_host = x->host.ns;
	c->ns_device = x->device.ns;
	sched_fill_arms(s, p, x, task);
	if (sched_choose_both(s, p, q, x, c))
		return;
	c->reason = blk_lambda_trial_probe(&p->probe, s->period, s->probes,
					   &x->arms, &c->side) ?
		    LAMBDA_REASON_PROFILE : LAMBDA_REASON_MODEL;
}

static void sched_begin_request(struct blk_lambda_sched *s,
				struct blk_lambda_profile *p,
				const struct blk_lambda_query *q,
				const struct side_costs *x,
				struct blk_lambda_task *mine,
				struct blk_lambda_choice *c)
{
	struct blk_lambda_ticket *t = blk_lambda_ticket(c);

	if (c->side != LAMBDA_SIDE_BOTH) {
		const struct blk_lambda_estimate *e =
			c->side == LAMBDA_SIDE_HOST ? &x->host : &x->device;

		t->cost = e->cost;
		t->load = e->load;
	}
	t->learn = sched_worth_learning(p, q, c->side);
	t->warmup = sched_is_warmup(p, &x->w, c->side);
	sched_count_streak(mine, c->side);
	p->last = c->side;
	p->busy[c->side - 1]++;
	sched_add_load(&p->load, &t->load);
	sched_add_load(&s->load, &t->load);
}

/**
 * blk_lambda_sched_choose - which side is to run a request
 * @s:   the disk's scheduler
 * @q:   the request
 * @now: where and when
 * @c:   filled in, its ticket but for begun and cpu; the request counts as under
 *       way until blk_lambda_sched_learn()
 */
void blk_lambda_sched_choose(struct blk_lambda_sched *s,
			     const struct blk_lambda_query *q,
			     const struct blk_lambda_ctx *now,
			     struct blk_lambda_choice *c)
{
	struct blk_lambda_ticket *t = blk_lambda_ticket(c);
	struct side_costs x __uninitialized;
	struct blk_lambda_task *mine;
	struct blk_lambda_profile *p;

	sched_fill_features(q, &x.w);
	guard(spinlock)(&s->lock);
	s->drive.cpus = now->cpus;
	p = blk_lambda_profile_use(s, q, now->ns);
	mine = &p->tasks[now->task % BLK_LAMBDA_TASKS];
	c->outstanding = sched_count_outstanding(p, mine, now->ns);
	t->runnable = now->runnable;
	/* A worker that was done before the last one was may run still. */
	if (p->last == LAMBDA_SIDE_BOTH && t->runnable > 1)
		t->runnable--;
	x.w.outstanding = c->outstanding;
	x.w.runnable = t->runnable;
	x.w.streak = mine->streak;
	x.w.serial = q->write && q->ino == p->ino && q->dev == p->dev;
	p->ino = q->ino;
	p->dev = q->dev;
	x.w.others = s->load;
	sched_sub_load(&x.w.others, &p->load);
	if (sched_settle_side(s, q, c))
		sched_estimate_one(s, p, &x, c);
	else
		sched_decide_side(s, p, q, &x, now->task, c);
	sched_begin_request(s, p, q, &x, mine, c);
}

/* Learning */

static void sched_end_request(struct blk_lambda_sched *s,
			      struct blk_lambda_profile *p,
			      struct blk_lambda_choice *c)
{
	struct blk_lambda_ticket *t = blk_lambda_ticket(c);

	if (t->ended)
		return;
	t->ended = true;
	sched_sub_load(&s->load, &t->load);
	if (!p)
		return;
	sched_sub_load(&p->load, &t->load);
	if (p->busy[c->side - 1])
		p->busy[c->side - 1]--;
}

static enum lambda_reason sched_reason_of(const struct blk_lambda_choice *c,
					  const struct lambda_result *res)
{
	return res->reason ?: c->reason;
}

static void sched_count_side(struct blk_lambda_stats *stats,
			     const struct blk_lambda_sample *sample)
{
	const struct lambda_result *res = sample->result;

	stats[res->side - 1].requests++;
	stats[res->side - 1].bytes += res->in_len - sample->elsewhere;
}

static void sched_count_request(struct blk_lambda_sched *s,
				struct blk_lambda_profile *p,
				const struct blk_lambda_choice *c,
				const struct blk_lambda_sample *sample)
{
	const struct lambda_result *res = sample->result;
	u32 reason = sched_reason_of(c, res);

	if (reason < ARRAY_SIZE(s->reasons))
		s->reasons[reason]++;
	if (res->status < ARRAY_SIZE(s->statuses))
		s->statuses[res->status]++;
	s->fallbacks += c->side != LAMBDA_SIDE_HOST &&
			res->side == LAMBDA_SIDE_HOST;
	if (res->side == LAMBDA_SIDE_NONE)
		return;
	sched_count_side(s->stats, sample);
	if (p)
		sched_count_side(p->stats, sample);
}

/* A run that was cut short took less than others will. */
static bool sched_can_teach(const struct blk_lambda_choice *c,
			    const struct lambda_result *res)
{
	if (res->status != LAMBDA_STATUS_OK || !res->in_len ||
	    res->side == LAMBDA_SIDE_NONE || c->side == LAMBDA_SIDE_BOTH)
		return false;
	return res->side == c->side || sched_reason_of(c, res) >= REASON_DRIVE;
}

static void sched_note_error(struct blk_lambda_profile *p, u64 expected, u64 ns)
{
	u64 miss = expected > ns ? expected - ns : ns - expected;
	u64 error;

	miss = min(miss, BLK_LAMBDA_NS_MAX);
	error = div64_u64(miss * BLK_LAMBDA_ONE, max(ns, 1ULL));
	p->error += ((s64)min(error, 64ULL * BLK_LAMBDA_ONE) - p->error) / 8;
}

/*
 * A part waits for the other one, as it would not as a request of its own: the
 * host's for the media, which serve the drive's first.
 */
static void sched_not_alone(const struct blk_lambda_sched *s,
			    const struct blk_lambda_choice *c,
			    struct blk_lambda_features *w,
			    struct blk_lambda_observation *o)
{
	const struct blk_lambda_load *load = &blk_lambda_ticket_of(c)->load;
	u64 own = blk_lambda_scale(w->missing, s->drive.media_read);

	if (o->side == LAMBDA_SIDE_DEVICE)
		w->outstanding = max(c->outstanding, 2U);
	else if (w->missing)
		o->ns = blk_lambda_less(o->ns,
					blk_lambda_less(load->media, own));
}

static void sched_teach_model(struct blk_lambda_sched *s,
			      struct blk_lambda_profile *p,
			      const struct blk_lambda_query *q,
			      const struct blk_lambda_choice *c,
			      const struct blk_lambda_sample *sample,
			      struct blk_lambda_observation *o)
{
	const struct lambda_result *res = sample->result;
	struct blk_lambda_features w;

	o->out = res->out_len;
	if (res->side == LAMBDA_SIDE_DEVICE) {
		o->drive = sample->ns_drive;
		o->core = res->ns_compute;
		/* The drive says so, and may say anything. */
		o->stages = min(res->ns_media, BLK_LAMBDA_NS_MAX) +
			    min(res->ns_link, BLK_LAMBDA_NS_MAX) +
			    min(res->ns_compute, BLK_LAMBDA_NS_MAX) + 1;
	}
	sched_fill_features(q, &w);
	w.bytes = res->in_len;
	w.outstanding = c->outstanding;
	w.runnable = blk_lambda_ticket_of(c)->runnable;
	if (res->side == LAMBDA_SIDE_DEVICE)
		blk_lambda_learn_share(&w, o);
	if (c->side == LAMBDA_SIDE_BOTH)
		sched_not_alone(s, c, &w, o);
	blk_lambda_learn_cost(&p->cost, &s->drive, &w, o);
}

/**
 * blk_lambda_sched_learn_part - a part of a request has ended, and ended well
 * @bl:     descriptor of the file's disk
 * @q:      the part, as if it was all of the request
 * @c:      the choice that was made for the whole, which was both sides
 * @sample: what came of the part
 *
 * Called before blk_lambda_learn(), for both parts or for none.
 *
 * Context: process context.
 */
void blk_lambda_sched_learn_part(struct blk_lambda *bl,
				 const struct blk_lambda_query *q,
				 const struct blk_lambda_choice *c,
				 const struct blk_lambda_sample *sample)
{
	struct blk_lambda_sched *s = bl->sched;
	struct blk_lambda_observation o = {
		.side = sample->result->side,
		.part = true,
		.ns = sample->ns,
		.cpu = sample->cpu,
	};
	struct blk_lambda_profile *p;

	guard(spinlock)(&s->lock);
	p = blk_lambda_profile_find(s, q->image_id, q->write);
	if (p && sample->result->in_len)
		sched_teach_model(s, p, q, c, sample, &o);
}

/*
 * Whether what it took says anything of its side. What one without readahead
 * has taught gives way to the first that had some.
 */
static bool sched_accept_sample(struct blk_lambda_profile *p,
				const struct blk_lambda_choice *c, u64 ns)
{
	if (blk_lambda_ticket_of(c)->warmup) {
		/* Readahead would not make up for that. */
		if (!c->ns_device || ns / 5 * 2 <= c->ns_device)
			return false;
		p->provisional |= !p->cost.host.count;
		p->probe.trial_left = 0;
	} else if (c->side == LAMBDA_SIDE_HOST && p->provisional) {
		p->provisional = false;
		blk_lambda_cost_age_host(&p->cost);
	}
	return true;
}

/**
 * blk_lambda_ended - a request that was chosen a side for has run
 * @bl: descriptor of the file's disk
 * @q:  the request, as it was
 * @c:  the choice
 *
 * Called where the caller may be kept by memory of a user's before it gets to
 * blk_lambda_learn(), which is still owed: others are no longer to be told that
 * the request keeps the drive busy. May be called more than once.
 *
 * Context: process context.
 */
void blk_lambda_ended(struct blk_lambda *bl, const struct blk_lambda_query *q,
		      struct blk_lambda_choice *c)
{
	struct blk_lambda_sched *s = bl->sched;

	guard(spinlock)(&s->lock);
	sched_end_request(s, blk_lambda_profile_find(s, q->image_id, q->write),
			  c);
}

/**
 * blk_lambda_sched_learn - a request has ended
 * @s:      the disk's scheduler
 * @q:      the request
 * @c:      the choice that was made for it
 * @sample: what came of it
 * @ns:     how long it took, if its ticket says to learn
 * @cpu:    ns of CPU time its task has used meanwhile, likewise
 */
void blk_lambda_sched_learn(struct blk_lambda_sched *s,
			    const struct blk_lambda_query *q,
			    struct blk_lambda_choice *c,
			    const struct blk_lambda_sample *sample,
			    u64 ns, u64 cpu)
{
	const struct blk_lambda_ticket *t = blk_lambda_ticket_of(c);
	struct blk_lambda_observation o = {
		.side = c->side,
		.cost = t->cost,
		.ns = ns,
		.cpu = cpu,
	};
	struct blk_lambda_profile *p;

	guard(spinlock)(&s->lock);
	p = blk_lambda_profile_find(s, q->image_id, q->write);
	sched_end_request(s, p, c);
	sched_count_request(s, p, c, sample);
	if (!p || !t->learn || !sched_accept_sample(p, c, ns))
		return;
	if (c->side == LAMBDA_SIDE_BOTH)
		blk_lambda_split_learn(&p->split, c->ns_both, ns);
	if (sched_can_teach(c, sample->result))
		sched_teach_model(s, p, q, c, sample, &o);
	if (sched_can_teach(c, sample->result) ||
	    sample->result->side == LAMBDA_SIDE_BOTH)
		sched_note_error(p, blk_lambda_expected(c), ns);
}

/* The disk's own */

/**
 * blk_lambda_sched_alloc - make a scheduler for a disk
 * @l: what its drive can do
 *
 * Return: it, or NULL without memory.
 */
struct blk_lambda_sched *
blk_lambda_sched_alloc(const struct blk_lambda_limits *l)
{
	struct blk_lambda_sched *s = kvzalloc(sizeof(*s), GFP_KERNEL);
	u32 i;

	if (!s)
		return NULL;
	spin_lock_init(&s->lock);
	blk_lambda_cost_init_drive(&s->drive, l, num_online_cpus());
	s->period = BLK_LAMBDA_PERIOD;
	s->probes = BLK_LAMBDA_PROBES;
	INIT_LIST_HEAD(&s->lru);
	for (i = 0; i < BLK_LAMBDA_PROFILES; i++)
		list_add(&s->profiles[i].lru, &s->lru);
	return s;
}

/**
 * blk_lambda_sched_free - free a scheduler
 * @s: the scheduler, no longer in use
 */
void blk_lambda_sched_free(struct blk_lambda_sched *s)
{
	kvfree(s);
}
