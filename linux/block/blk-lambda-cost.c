// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cost model of disks that run λs.
 *
 * 1. The problem
 *
 * A λ reads D bytes of a file and makes αD bytes of output. The host can run
 * it over the page cache, once what is missing there has come from the drive.
 * The drive can run it itself, on slower cores, and send the output only. Which
 * ends first depends on the λ, on the drive, on what is cached, and on who else
 * is at work; nothing of the drive's insides can be looked up, and a guess that
 * is wrong costs a multiple. So the parts of the answer that are known at once
 * (D, the bytes that are missing or dirty, who is waiting) are put into simple
 * formulas whose constants are measured on the requests themselves.
 *
 * 2. The model
 *
 * With c the cached share, Bs and Bd the bandwidths of media and link, Bh that
 * of the λ on a host CPU and βBh on a core of the drive, a request alone takes
 *
 *   read   host    (1-c)D/Bs + (1-c)D/Bd + D/Bh
 *          device  D/Bs + D/(βBh) + αD/Bd
 *   write  host    D/Bh + αD/Bd + αD/Bs
 *          device  D/Bd + D/(βBh) + αD/Bs
 *
 * and a fixed time. Sums are the worst case. A drive may overlap its stages, the
 * host reads ahead while it computes, a write ends in the page cache: all that
 * is not assumed but learnt, for only these are fitted, for each λ and each
 * disk, reading and writing apart:
 *
 *   cpu(D)      ns on a host CPU; on the host side miss·(1-c)D is added for the
 *               page cache's work on pages that are not there
 *   wait((1-c)D)  of the host: ns in which it was not on a CPU
 *   wait(D)     of the device: ns from sending its commands to their end
 *   core, out   ns of a core of the drive, and bytes of output, per byte
 *
 * cpu() and wait() are straight lines, a fixed time and a slope, by least
 * squares over the last requests. Each is measured so that a busy machine does
 * not disturb it: CPU time is what the scheduler counted, the drive's time ends
 * when it interrupts and not when the task gets to run, its cores' time is what
 * it reports. Until a side has run, Bs, Bd and the cores' speed are what the
 * drive says of itself, and a host CPU is taken to run one instruction in a ns.
 *
 * alone = cpu + wait is right for a single request. With n of its kind under
 * way at a time, the busiest resource sets the pace: if each keeps one busy for
 * s ns, one ends every s ns at best, and each takes n·s. The resources are the
 * host's CPUs, the drive's cores, its media, its link, and its places, for it
 * takes so many requests at a time:
 *
 *   full = max over resources of (n·s + what other kinds keep it busy)
 *   cost = max(alone, full)
 *
 * where s counts the time of a CPU, a core or a place divided by how many there
 * are, and n for the CPUs is the number of tasks that want one. Writes to one
 * file have one place, since each holds the file. That is the time the request
 * takes if all of its kind go the same way. It is not always the time
 * it takes by itself: a small λ on the host ends before another task gets the
 * CPU, but seven others have waited for it. The side with the lower cost is the
 * one that serves all of them sooner; to let each request grab what ends first
 * for it alone would keep eight tasks waiting for one CPU beside an idle drive.
 * Ties go to the host.
 *
 * What a request then takes, over what it costs, is averaged as well, for each
 * side: the delay. cost·delay is the prediction that is shown and traced.
 *
 * Readahead makes the host look worse than it is while the device runs the λ:
 * nobody reads ahead then, and everything is missing. And a short request that
 * has to wait reads for many that will not. So the share that is missing is
 * averaged apart, of requests that read on where the last one has ended, for
 * those after some on the host (warm) and after some on the device (cold). Of
 * what the missing pages would cost it, the host is charged warm/cold: as much
 * as each request pays if all of them go there.
 *
 * A request that may be divided can also run on both sides at once; the head of
 * blk-lambda-split.c tells how that is expected to go. Its parts are learnt from
 * as requests are, each beside the other.
 *
 * 3. An example
 *
 * A drive with 4 cores, media of 3.5 and a link of 3.2 GB/s in a host of 4
 * CPUs; a λ that takes 1 ms of a CPU or 0.9 ms of a core per MiB; 1 MiB each:
 *
 *                         cpu    wait   alone    full (n = 1)
 *   host, cold          1.25    0.63    1.88    0.33
 *   host, all cached    1.00    0       1.00    0.25
 *   device              0.03    1.22    1.25    0.30       ms
 *
 * Cold, the device wins; with everything cached, the host; 0.71 is the cached
 * share where they meet. With n = 8, full is 2.66 cold and 2.00 cached on the
 * host, 2.40 on the device, whose media is the busiest. With n = 16 on a drive
 * that has 8 CPUs above it, the host wins cached by 2.00 to 4.80.
 *
 * 4. How to read the numbers
 *
 * /sys/block/DISK/lambda/profiles shows them as lines, `fixed ns + ns per MiB`.
 * A slope of 1,000,000 is close to 1 GB/s. The prediction error is what the
 * tracepoint lambda_request gives as expected over what passed. A delay far
 * from 1 says that requests wait for something the model does not know, or, on
 * the host, that they rarely wait for the CPU they make others wait for.
 *
 * All of it is plain arithmetic on integers, without locks and without looking
 * at anything but its arguments. Any argument is good: what is absurdly large
 * counts as BLK_LAMBDA_*_MAX.
 */
#include <linux/limits.h>
#include <linux/log2.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "blk-lambda-cost.h"

#define MEMORY_AHEAD	4	/* what is cached changes faster */
#define FIXED_NS	20000	/* of a device request, before one was seen */
#define OVERHEAD_NS	50000	/* most a drive adds to its stages */
#define HOST_RATE	BIT_ULL(19)	/* ns per MiB of a λ, likewise: 2 GB/s */
#define MISS_RATE	BIT_ULL(18)	/* and of the page cache */
#define COST_MAX	BIT_ULL(52)	/* no cost is higher */
#define DELAY_MIN	(BLK_LAMBDA_DELAY_ONE / 64ULL)
#define DELAY_MAX	(BLK_LAMBDA_DELAY_ONE * 64ULL)
#define HOST_IPS	1000000000ULL	/* BPF instructions of a CPU a second */

/* Numbers */

/* @n per MiB of @bytes; 0 bytes have none. */
static u64 per_mib(u64 n, u64 bytes)
{
	n = min(n, BLK_LAMBDA_NS_MAX);
	if (!bytes)
		return 0;
	return min(div64_u64(n << BLK_LAMBDA_MIB_SHIFT, bytes), BLK_LAMBDA_RATE_MAX);
}

/* Moves an average an @n-th of the way to a sample. */
static void follow(u64 *average, u64 sample, u32 n)
{
	*average += blk_lambda_share(sample - *average, n);
}

static u32 crowd(u32 n)
{
	return clamp(n, 1U, BLK_LAMBDA_CROWD_MAX);
}

/**
 * blk_lambda_rate - turn a bandwidth into a rate of the model
 * @per_second: bytes per second; 0 when it is not known
 *
 * Return: ns per MiB.
 */
u64 blk_lambda_rate(u64 per_second)
{
	return per_second ? div64_u64(1000000000ULL << BLK_LAMBDA_MIB_SHIFT, per_second) :
			    0;
}

/**
 * blk_lambda_delay - what requests take over what they cost
 * @h: what is known of a side
 *
 * Return: BLK_LAMBDA_DELAY_ONE times that.
 */
u64 blk_lambda_delay(const struct blk_lambda_half *h)
{
	return h->delay.count ? h->delay.y : BLK_LAMBDA_DELAY_ONE;
}

/* What is known before anything was measured */

/**
 * blk_lambda_drive_init - take what a drive says of itself
 * @d:    filled in
 * @l:    what it says; 0 where it does not
 * @cpus: CPUs of the host
 */
void blk_lambda_drive_init(struct blk_lambda_drive *d,
			   const struct blk_lambda_limits *l, u32 cpus)
{
	u64 write_bps = l->media_write_bps ?: l->media_bps;
	u64 ips = l->core_ips ?: HOST_IPS;

	*d = (struct blk_lambda_drive) {
		.media_read = blk_lambda_rate(l->media_bps),
		.media_write = blk_lambda_rate(write_bps),
		.link = blk_lambda_rate(l->link_bps),
		.core = max(div64_u64(HOST_IPS * BLK_LAMBDA_ONE, ips), 1ULL),
		.cores = crowd(l->cores),
		.depth = crowd(l->depth),
		.cpus = crowd(cpus),
	};
}

/**
 * blk_lambda_cost_init - know nothing of a λ yet
 * @c: filled in
 * @d: the drive
 */
void blk_lambda_cost_init(struct blk_lambda_cost *c,
			  const struct blk_lambda_drive *d)
{
	memset(c, 0, sizeof(*c));
	c->host.cpu.rate = HOST_RATE;
	c->host.wait.rate = d->media_read + d->link;
	c->miss = MISS_RATE;
	c->flush = d->media_write + d->link;
}

static void age(struct blk_lambda_half *h)
{
	h->cpu.count = 0;
	h->wait.count = 0;
	h->delay.count = 0;
	h->count = min(h->count, 1U);
}

/**
 * blk_lambda_cost_age - what is known may no longer be so
 * @c: what is known; whatever is measured next takes its place
 */
void blk_lambda_cost_age(struct blk_lambda_cost *c)
{
	age(&c->host);
	age(&c->device);
	c->nr_warm = min(c->nr_warm, 1U);
	c->nr_cold = min(c->nr_cold, 1U);
}

/**
 * blk_lambda_cost_age_host - what is known of the host is a makeshift
 * @c: what is known
 */
void blk_lambda_cost_age_host(struct blk_lambda_cost *c)
{
	age(&c->host);
}

/* Estimates */

static u64 missing_of(const struct blk_lambda_work *w)
{
	return w->write ? 0 : min(w->missing, w->bytes);
}

static void average_share(u32 *average, u32 *nr, u32 sample)
{
	*nr = min(*nr + 1, MEMORY_AHEAD);
	*average += blk_lambda_share((s64)sample - *average, *nr);
}

/**
 * blk_lambda_cost_ahead - how much would be missing if the host ran them all
 * @c: what is known; takes note of the request
 * @w: a request that is about to be sent to a side
 *
 * Return: bytes, at most @w->missing.
 */
u64 blk_lambda_cost_ahead(struct blk_lambda_cost *c,
			  const struct blk_lambda_work *w)
{
	u64 missing = min(missing_of(w), BLK_LAMBDA_BYTES_MAX);
	u64 bytes = clamp(w->bytes, 1ULL, BLK_LAMBDA_BYTES_MAX);
	u32 part = div64_u64(missing * BLK_LAMBDA_ONE, bytes), cold;

	if (!w->follows)
		return missing;
	if (w->row >= BLK_LAMBDA_ROW)
		average_share(&c->warm, &c->nr_warm, part);
	if (w->row < 0 && -(s64)w->row * bytes >= BLK_LAMBDA_AHEAD)
		average_share(&c->cold, &c->nr_cold, part);
	cold = c->nr_cold ? c->cold : part;
	if (!c->nr_warm || c->warm >= cold)
		return missing;
	return div64_u64(missing * c->warm, cold);
}

/* Time in which a resource serves all that are under way, if it is used. */
static u64 pace(u64 each, u64 others, u32 n)
{
	return each ? each * n + min(others, BLK_LAMBDA_NS_MAX) : 0;
}

/* Inline for speed: every request comes here twice. */
static __always_inline void add_up(struct blk_lambda_estimate *e,
				   const struct blk_lambda_half *h,
				   const struct blk_lambda_drive *d,
				   const struct blk_lambda_work *w)
{
	u32 n = crowd(w->outstanding);
	u64 cpu = div_u64(e->cpu * max(n, crowd(w->runnable)), d->cpus);
	u64 core = div_u64(pace(e->load.core, w->others.core, n), d->cores);
	u64 place = div_u64(pace(e->load.place, w->others.place, n),
			    w->serial ? 1 : d->depth);
	u64 media = pace(e->load.media, w->others.media, n);
	u64 link = pace(e->load.link, w->others.link, n);

	e->full = max3(max(cpu, core), max(media, link), place);
	e->cost = max3(e->cpu + e->wait, e->full, 1ULL);
	e->ns = mul_u64_u64_shr(e->cost, blk_lambda_delay(h),
				ilog2(BLK_LAMBDA_DELAY_ONE));
}

/**
 * blk_lambda_cost_host - what a request would cost on the host
 * @c: what is known of its kind
 * @d: the drive
 * @w: the request
 * @e: filled in
 */
void blk_lambda_cost_host(const struct blk_lambda_cost *c,
			  const struct blk_lambda_drive *d,
			  const struct blk_lambda_work *w,
			  struct blk_lambda_estimate *e)
{
	u64 missing = missing_of(w);

	*e = (struct blk_lambda_estimate) {
		.cpu = blk_lambda_line_at(&c->host.cpu, w->bytes) +
		       blk_lambda_scale(missing, c->miss),
		.load.media = blk_lambda_scale(missing, d->media_read),
		.load.link = blk_lambda_scale(missing, d->link),
	};
	if (missing)
		e->wait = blk_lambda_line_at(&c->host.wait, missing);
	add_up(e, &c->host, d, w);
}

static void guess_device(const struct blk_lambda_cost *c,
			 const struct blk_lambda_drive *d,
			 const struct blk_lambda_work *w,
			 struct blk_lambda_estimate *e)
{
	u64 host = blk_lambda_line_at(&c->host.cpu, w->bytes);

	memset(e, 0, sizeof(*e));
	e->cpu = FIXED_NS;
	e->load.core = min(mul_u64_u64_shr(host, d->core,
					   ilog2(BLK_LAMBDA_ONE)),
			   BLK_LAMBDA_NS_MAX);
	if (w->write)
		e->load.link = blk_lambda_scale(w->bytes, d->link);
	else
		e->load.media = blk_lambda_scale(w->bytes, d->media_read);
	e->wait = FIXED_NS + e->load.core + e->load.link + e->load.media;
}

static void measured_device(const struct blk_lambda_cost *c,
			    const struct blk_lambda_drive *d,
			    const struct blk_lambda_work *w,
			    struct blk_lambda_estimate *e)
{
	u64 out = blk_lambda_scale(w->bytes, c->out);

	e->cpu = blk_lambda_line_at(&c->device.cpu, w->bytes);
	e->wait = blk_lambda_line_at(&c->device.wait, w->bytes);
	e->load.core = blk_lambda_scale(w->bytes, c->core);
	e->load.media = w->write ? blk_lambda_scale(out, d->media_write) :
				   blk_lambda_scale(w->bytes, d->media_read);
	e->load.link = blk_lambda_scale(w->write ? w->bytes : out, d->link);
}

/**
 * blk_lambda_cost_device - what a request would cost on the device
 * @c: what is known of its kind
 * @d: the drive
 * @w: the request
 * @e: filled in
 */
void blk_lambda_cost_device(const struct blk_lambda_cost *c,
			    const struct blk_lambda_drive *d,
			    const struct blk_lambda_work *w,
			    struct blk_lambda_estimate *e)
{
	if (c->device.count)
		measured_device(c, d, w, e);
	else
		guess_device(c, d, w, e);
	e->load.place = e->wait;
	e->wait += blk_lambda_scale(w->dirty, c->flush);
	add_up(e, &c->device, d, w);
}

/* Learning */

/*
 * Where a resource is in demand, a request waits for others, and what it would
 * wait alone does not show; unless it took longer than even that explains. A
 * part waits for the other one at least.
 */
static u64 alone(const struct blk_lambda_estimate *e,
		 const struct blk_lambda_outcome *o, u64 wait)
{
	if (o->part)
		return min(wait, e->wait);
	if (e->full <= e->cpu + e->wait)
		return wait;
	return min(wait, e->wait + blk_lambda_less(o->ns, e->full));
}

/*
 * How much of the time without a CPU was a wait for the drive: the rest went
 * to other tasks, for which a request makes way as often as they do for it.
 */
static u64 host_wait(const struct blk_lambda_drive *d,
		     const struct blk_lambda_work *w, u64 ns, u64 cpu)
{
	u32 runnable = max(crowd(w->runnable), d->cpus);

	return blk_lambda_less(ns, div_u64(cpu * runnable, d->cpus));
}

/* What of @cpu was not for the pages that are missing, having learnt of them. */
static u64 learn_missing(struct blk_lambda_cost *c,
			 const struct blk_lambda_drive *d,
			 const struct blk_lambda_work *w,
			 const struct blk_lambda_outcome *o, u64 cpu)
{
	u64 missing = missing_of(w), rest;
	struct blk_lambda_half *h = &c->host;
	struct blk_lambda_estimate e;
	u64 wait;

	blk_lambda_cost_host(c, d, w, &e);
	wait = alone(&e, o, host_wait(d, w, o->ns, cpu));
	rest = blk_lambda_less(cpu, blk_lambda_line_at(&h->cpu, w->bytes));
	blk_lambda_line_add(&h->wait, missing, wait, d->media_read + d->link);
	if (h->count)
		follow(&c->miss, per_mib(rest, missing), BLK_LAMBDA_MEMORY);
	return blk_lambda_less(cpu, blk_lambda_scale(missing, c->miss));
}

/* As good as all of a λ's time on a CPU comes with the bytes. */
static void learn_host(struct blk_lambda_cost *c,
		       const struct blk_lambda_drive *d,
		       const struct blk_lambda_work *w,
		       const struct blk_lambda_outcome *o)
{
	u64 cpu = min(o->cpu, BLK_LAMBDA_NS_MAX);

	if (missing_of(w))
		cpu = learn_missing(c, d, w, o, cpu);
	blk_lambda_line_add(&c->host.cpu, w->bytes, cpu, BLK_LAMBDA_RATE_MEAN);
}

/* What the drive did, or what was spent on it in vain: then no stages are. */
static void learn_drive(struct blk_lambda_cost *c,
			const struct blk_lambda_work *w,
			const struct blk_lambda_outcome *o)
{
	u32 n = min(c->device.count + 1, BLK_LAMBDA_MEMORY);

	if (!o->stages)
		return;
	follow(&c->core, per_mib(o->core, w->bytes), n);
	follow(&c->out, per_mib(o->out, w->bytes), n);
	if (w->dirty && o->drive)
		follow(&c->flush, per_mib(blk_lambda_less(blk_lambda_less(o->ns, o->drive), o->cpu),
					  w->dirty), BLK_LAMBDA_MEMORY);
}

/*
 * Beside others, a request waits for them as well. No more is believed than was
 * measured before or what the drive says that its stages take.
 */
static u64 device_wait(const struct blk_lambda_cost *c,
		       const struct blk_lambda_drive *d,
		       const struct blk_lambda_work *w,
		       const struct blk_lambda_outcome *o)
{
	struct blk_lambda_estimate e;
	u64 flush = blk_lambda_scale(w->dirty, c->flush);
	u64 wait = o->drive ?: blk_lambda_less(blk_lambda_less(o->ns, o->cpu), flush);
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
			 const struct blk_lambda_work *w,
			 const struct blk_lambda_outcome *o)
{
	struct blk_lambda_half *h = &c->device;
	u64 wait = device_wait(c, d, w, o);

	learn_drive(c, w, o);
	blk_lambda_line_add(&h->wait, w->bytes, wait, c->core);
	blk_lambda_line_add(&h->cpu, w->bytes, o->cpu, 0);
}

static void learn_delay(struct blk_lambda_half *h,
			const struct blk_lambda_outcome *o)
{
	u64 cost = clamp(o->cost, 1ULL, COST_MAX);
	u64 ns = min(o->ns, BLK_LAMBDA_NS_MAX);
	u64 now = div64_u64(ns * BLK_LAMBDA_DELAY_ONE, cost);

	/*
	 * The first one says what it is to begin, not what it is to wait; and
	 * of a part nobody knows what it alone was to cost.
	 */
	if (h->count && !o->part)
		blk_lambda_line_add(&h->delay, 0, clamp(now, DELAY_MIN,
							DELAY_MAX), 0);
}

/**
 * blk_lambda_cost_learn - a request has ended
 * @c: what is known of its kind
 * @d: the drive
 * @w: the request
 * @o: what it cost
 */
void blk_lambda_cost_learn(struct blk_lambda_cost *c,
			   const struct blk_lambda_drive *d,
			   const struct blk_lambda_work *w,
			   const struct blk_lambda_outcome *o)
{
	bool host = o->side == LAMBDA_SIDE_HOST;
	struct blk_lambda_half *h = host ? &c->host : &c->device;

	if (host)
		learn_host(c, d, w, o);
	else
		learn_device(c, d, w, o);
	learn_delay(h, o);
	h->count += h->count < U32_MAX;
}
