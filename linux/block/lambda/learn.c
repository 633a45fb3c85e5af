// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the cost model learns of a request that has ended; cost.c tells what it
 * means.
 */
#include <linux/limits.h>
#include <linux/math64.h>
#include <linux/minmax.h>

#include "cost.h"

#define OVERHEAD_NS	50000	/* most a drive adds to its stages */
#define COST_MAX	BIT_ULL(52)	/* no cost is higher */
#define BIAS_MIN	(BLK_LAMBDA_BIAS_ONE / 64ULL)
#define BIAS_MAX	(BLK_LAMBDA_BIAS_ONE * 64ULL)

/* @n per MiB of @bytes; 0 bytes have none. */
static u64 learn_per_mib(u64 n, u64 bytes)
{
	n = min(n, BLK_LAMBDA_NS_MAX);
	if (!bytes)
		return 0;
	return min(div64_u64(n << BLK_LAMBDA_MIB_SHIFT, bytes),
		   BLK_LAMBDA_RATE_MAX);
}

/* Moves an average an @n-th of the way to a sample. */
static void learn_update_average(u64 *average, u64 sample, u32 n)
{
	*average += blk_lambda_share(sample - *average, n);
}

/*
 * Where a resource is in demand, a request waits for others, and what it would
 * wait alone does not show; unless it took longer than even that explains. A
 * part waits for the other one at least.
 */
static u64 learn_wait_alone(const struct blk_lambda_estimate *e,
			    const struct blk_lambda_observation *o, u64 wait)
{
	if (o->part)
		return min(wait, e->wait);
	if (e->bound <= e->cpu + e->wait)
		return wait;
	return min(wait, e->wait + blk_lambda_less(o->ns, e->bound));
}

/*
 * How much of the time without a CPU was a wait for the drive: the rest went
 * to other tasks, for which a request makes way as often as they do for it.
 */
static u64 learn_host_wait(const struct blk_lambda_drive *d,
			   const struct blk_lambda_features *w, u64 ns, u64 cpu)
{
	u32 runnable = max(blk_lambda_cost_count(w->runnable), d->cpus);

	return blk_lambda_less(ns, div_u64(cpu * runnable, d->cpus));
}

/* Where little is missing, all that is odd about the rest comes to lie on it. */
static u32 learn_missing_ratio(u64 bytes, u64 missing)
{
	return min(div64_u64(bytes, missing), BLK_LAMBDA_COUNT_MAX);
}

/* What of @cpu was not for the pages that are missing, having learnt of them. */
static u64 learn_missing(struct blk_lambda_cost *c,
			 const struct blk_lambda_drive *d,
			 const struct blk_lambda_features *w,
			 const struct blk_lambda_observation *o, u64 cpu)
{
	u64 missing = blk_lambda_cost_missing(w), rest;
	struct blk_lambda_side_model *m = &c->host;
	struct blk_lambda_estimate e;
	u64 wait;

	blk_lambda_cost_host(c, d, w, &e);
	wait = learn_wait_alone(&e, o, learn_host_wait(d, w, o->ns, cpu));
	rest = blk_lambda_less(cpu, blk_lambda_linreg_at(&m->cpu, w->bytes));
	blk_lambda_linreg_add(&m->wait, missing, wait, d->media_read + d->link);
	if (m->count)
		learn_update_average(&c->miss, learn_per_mib(rest, missing),
				     BLK_LAMBDA_MEMORY *
				     learn_missing_ratio(w->bytes, missing));
	return blk_lambda_less(cpu, blk_lambda_scale(missing, c->miss));
}

/* As good as all of a λ's time on a CPU comes with the bytes. */
static void learn_host(struct blk_lambda_cost *c,
		       const struct blk_lambda_drive *d,
		       const struct blk_lambda_features *w,
		       const struct blk_lambda_observation *o)
{
	u64 cpu = min(o->cpu, BLK_LAMBDA_NS_MAX);

	if (blk_lambda_cost_missing(w))
		cpu = learn_missing(c, d, w, o, cpu);
	blk_lambda_linreg_add(&c->host.cpu, w->bytes, cpu,
			      BLK_LAMBDA_RATE_MEAN);
}

/* What a host CPU is taken to need, where a core needs so much. */
static u64 learn_host_rate(u64 core, const struct blk_lambda_drive *d)
{
	u64 rate = mul_u64_u64_div_u64(core, BLK_LAMBDA_ONE, d->core);

	return min(rate, BLK_LAMBDA_RATE_MAX);
}

/* What the drive did, or what was spent on it in vain: then no stages are. */
static void learn_drive(struct blk_lambda_cost *c,
			const struct blk_lambda_drive *d,
			const struct blk_lambda_features *w,
			const struct blk_lambda_observation *o)
{
	u64 flush = blk_lambda_less(blk_lambda_less(o->ns, o->drive), o->cpu);
	u32 n = min(c->device.count + 1, BLK_LAMBDA_MEMORY);

	if (!o->stages)
		return;
	learn_update_average(&c->core, learn_per_mib(o->core, w->bytes), n);
	if (!c->host.count)
		c->host.cpu.rate = learn_host_rate(c->core, d);
	if (w->dirty && o->drive)
		learn_update_average(&c->flush, learn_per_mib(flush, w->dirty),
				     BLK_LAMBDA_MEMORY);
}

/*
 * Beside others, a request waits for them as well. No more is believed than was
 * measured before or what the drive says that its stages take.
 */
static u64 learn_device_wait(const struct blk_lambda_cost *c,
			     const struct blk_lambda_drive *d,
			     const struct blk_lambda_features *w,
			     const struct blk_lambda_observation *o)
{
	struct blk_lambda_estimate e;
	u64 flush = blk_lambda_scale(w->dirty, c->flush);
	u64 wait = o->drive ?: blk_lambda_less(blk_lambda_less(o->ns, o->cpu),
					       flush);
	u64 most = min(o->stages, BLK_LAMBDA_NS_MAX) + OVERHEAD_NS;

	if (!o->stages || w->outstanding < 2)
		return wait;
	if (w->write)
		most += blk_lambda_scale(w->bytes, d->link);
	if (c->device.count) {
		blk_lambda_cost_device(c, d, w, &e);
		most = max(most, blk_lambda_less(e.wait, flush));
	}
	return min(wait, most);
}

static void learn_device(struct blk_lambda_cost *c,
			 const struct blk_lambda_drive *d,
			 const struct blk_lambda_features *w,
			 const struct blk_lambda_observation *o)
{
	struct blk_lambda_side_model *m = &c->device;
	u64 wait = learn_device_wait(c, d, w, o);

	learn_drive(c, d, w, o);
	blk_lambda_linreg_add(&m->wait, w->bytes, wait, c->core);
	blk_lambda_linreg_add(&m->cpu, w->bytes, o->cpu, 0);
}

/* It is the same on either side. */
static void learn_output(struct blk_lambda_cost *c,
			 const struct blk_lambda_features *w,
			 const struct blk_lambda_observation *o)
{
	u64 count = (u64)c->host.count + c->device.count + 1;

	learn_update_average(&c->out, learn_per_mib(o->out, w->bytes),
			     min(count, BLK_LAMBDA_MEMORY));
}

static void learn_bias(struct blk_lambda_side_model *m, bool waited,
		       const struct blk_lambda_observation *o)
{
	u64 cost = clamp(o->cost, 1ULL, COST_MAX);
	u64 ns = min(o->ns, BLK_LAMBDA_NS_MAX);
	u64 *usual = &m->bias[waited];
	u64 now;

	/*
	 * The first one says what it is to begin, not what it is to wait; and
	 * what a part alone was to cost is not known.
	 */
	if (!m->count || o->part)
		return;
	now = div64_u64(ns * BLK_LAMBDA_BIAS_ONE, cost);
	now = clamp(now, BIAS_MIN, BIAS_MAX);
	/* It stays with most of them, however far off the others are. */
	if (*usual)
		now = clamp(now, *usual - *usual / 9, *usual + *usual / 8);
	*usual = now;
}

/**
 * blk_lambda_learn_share - what was spread over drives, as the share of one
 * @w: the request, which becomes that
 * @o: what came of it, likewise; the time was that of all
 */
void blk_lambda_learn_share(struct blk_lambda_features *w,
			    struct blk_lambda_observation *o)
{
	o->out = blk_lambda_cost_drive_share(w, o->out);
	o->cpu = blk_lambda_cost_drive_share(w, o->cpu);
	o->core = blk_lambda_cost_drive_share(w, o->core);
	o->stages = blk_lambda_cost_drive_share(w, o->stages);
	w->bytes = blk_lambda_cost_drive_share(w, w->bytes);
	w->drives = 1;
}

/**
 * blk_lambda_learn_cost - a request has ended
 * @c: what is known of its kind
 * @d: the drive
 * @w: the request
 * @o: what it cost
 */
void blk_lambda_learn_cost(struct blk_lambda_cost *c,
			   const struct blk_lambda_drive *d,
			   const struct blk_lambda_features *w,
			   const struct blk_lambda_observation *o)
{
	bool host = o->side == LAMBDA_SIDE_HOST;
	struct blk_lambda_side_model *m = host ? &c->host : &c->device;

	learn_output(c, w, o);
	if (host)
		learn_host(c, d, w, o);
	else
		learn_device(c, d, w, o);
	learn_bias(m, host ? blk_lambda_cost_missing(w) : w->dirty, o);
	m->count += m->count < U32_MAX;
}
