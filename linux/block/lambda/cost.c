// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: The cost model of disks that run λs
 *
 * The problem
 * ~~~~~~~~~~~
 *
 * A λ reads D bytes of a file and makes αD bytes of output. The host can run
 * it over the page cache, once what is missing there has come from the drive.
 * The drive can run it itself, on slower cores, and send the output only. Which
 * ends first depends on the λ, on the drive, on what is cached, and on other
 * requests; nothing of the drive's insides can be looked up, and a guess that
 * is wrong costs a multiple. So the parts of the answer that are known at once
 * (D, the bytes missing or dirty, the requests under way) are put into simple
 * formulas whose constants are measured on the requests themselves.
 *
 * The model
 * ~~~~~~~~~
 *
 * With c the cached share, Bs and Bd the bandwidths of media and link, Bh that
 * of the λ on a host CPU and βBh on a core of the drive, a request alone takes::
 *
 *   read   host    (1-c)D/Bs + (1-c)D/Bd + D/Bh
 *          device  D/Bs + D/(βBh) + αD/Bd
 *   write  host    D/Bh + αD/Bd + αD/Bs
 *          device  D/Bd + D/(βBh) + αD/Bs
 *
 * and a fixed time. Sums are the worst case. A drive may overlap its stages, the
 * host reads ahead while it computes: that is not assumed but learnt, for only
 * these are fitted, for each λ and each disk, reading and writing apart::
 *
 *   cpu(D)      ns on a host CPU; on the host side miss·(1-c)D is added for the
 *               page cache's work on pages that are not there
 *   wait((1-c)D)  of the host: ns in which it was not on a CPU
 *   wait(D)     of the device: ns from sending its commands to their end
 *   core, out   ns of a core of the drive, and bytes of output, per byte
 *
 * A write of the host ends in the page cache. What is written back later costs
 * it αD/Bd + αD/Bs all the same, for the drive is kept from other work.
 *
 * cpu() and wait() are straight lines, a fixed time and a slope, by least
 * squares over the last requests. Each is measured so that a busy machine does
 * not disturb it: CPU time is what the scheduler counted, the drive's time ends
 * when it interrupts and not when the task gets to run, its cores' time is what
 * it reports. Until a side has run, Bs, Bd and the cores' speed are what the
 * drive says of itself, and a host CPU is taken to run one instruction in a ns.
 *
 * alone = cpu + wait is right for a single request. With n of its kind under
 * way at a time, the busiest resource is the bound: if each keeps one busy for
 * s ns, one ends every s ns at best, and each takes n·s. The resources are the
 * host's CPUs, the drive's cores, its media, its link, and its slots, for it
 * takes so many requests at a time::
 *
 *   bound = max over resources of (n·s + what other kinds keep it busy)
 *   cost = max(alone, bound)
 *
 * where s counts the time of a CPU, a core or a slot divided by how many there
 * are, and n for the CPUs is the number of tasks that want one. Writes to one
 * file have one slot, since each holds the file. That is the time the request
 * takes if all of its kind go the same way. It is not always the time
 * it takes by itself: a small λ on the host ends before another task gets the
 * CPU, but seven others have waited for it. The side with the lower cost is the
 * one that serves all of them sooner; to let each request grab what ends first
 * for it alone would keep eight tasks waiting for one CPU beside an idle drive.
 * Ties go to the host.
 *
 * What a request then takes, over what it costs, is followed as well, for each
 * side: the bias. cost·bias is the prediction that is shown and traced. On one
 * CPU, a task that has its pages is through before another gets the CPU, and
 * one that waits for pages gets it back last: their biases are two.
 *
 * Readahead makes the host look worse than it is while the device runs the λ:
 * nothing is read ahead then, and all is missing. And a short request that
 * has to wait reads for many that will not. So the share that is missing is
 * averaged apart, of requests that read on where the last one has ended, for
 * those after some on the host (warm) and after some on the device (cold). Of
 * what the missing pages would cost it, the host is charged warm/cold: as much
 * as each request pays if all of them go there.
 *
 * A request that may be divided can also run on both sides at once; the head of
 * split.c tells how that is expected to go. Its parts are learnt from as requests
 * are, each beside the other.
 *
 * An example
 * ~~~~~~~~~~
 *
 * A drive with 4 cores, media of 3.5 and a link of 3.2 GB/s in a host of 4
 * CPUs; a λ that takes 1 ms of a CPU or 0.9 ms of a core per MiB; 1 MiB each::
 *
 *                         cpu    wait   alone    bound (n = 1)
 *   host, cold          1.25    0.63    1.88    0.33
 *   host, all cached    1.00    0       1.00    0.25
 *   device              0.03    1.22    1.25    0.30       ms
 *
 * Cold, the device wins; with everything cached, the host; 0.71 is the cached
 * share where they meet. With n = 8, bound is 2.66 cold and 2.00 cached on the
 * host, 2.40 on the device, whose media is the busiest. With n = 16 on a drive
 * that has 8 CPUs above it, the host wins cached by 2.00 to 4.80.
 *
 * All of it is plain arithmetic on integers, without locks and without looking
 * at anything but its arguments. Any argument is good: what is absurdly large
 * counts as BLK_LAMBDA_*_MAX.
 */
#include <linux/log2.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "cost.h"

#define MEMORY_AHEAD	4	/* what is cached changes faster */
#define FIXED_NS	20000	/* of a device request, before one was seen */
#define HOST_RATE	BIT_ULL(19)	/* ns per MiB of a λ, likewise: 2 GB/s */
#define MISS_RATE	BIT_ULL(18)	/* and of the page cache */
#define HOST_IPS	1000000000ULL	/* BPF instructions of a CPU a second */

/**
 * blk_lambda_cost_rate - turn a bandwidth into a rate of the model
 * @per_second: bytes per second; 0 when it is not known
 *
 * Return: ns per MiB, at most BLK_LAMBDA_RATE_MAX.
 */
u64 blk_lambda_cost_rate(u64 per_second)
{
	if (!per_second)
		return 0;
	return min(div64_u64(1000000000ULL << BLK_LAMBDA_MIB_SHIFT, per_second),
		   BLK_LAMBDA_RATE_MAX);
}

/**
 * blk_lambda_cost_bias - what requests take over what they cost
 * @m: what is known of a side
 *
 * Return: BLK_LAMBDA_BIAS_ONE times that, of requests that need not wait for
 * pages, as far as there are any.
 */
u64 blk_lambda_cost_bias(const struct blk_lambda_side_model *m)
{
	return m->bias[0] ?: m->bias[1] ?: BLK_LAMBDA_BIAS_ONE;
}

/* What is known before anything was measured */

/**
 * blk_lambda_cost_init_drive - take what a drive says of itself
 * @d:    filled in
 * @l:    what it says; 0 where it does not
 * @cpus: CPUs of the host
 */
void blk_lambda_cost_init_drive(struct blk_lambda_drive *d,
				const struct blk_lambda_limits *l, u32 cpus)
{
	u64 write_bps = l->media_write_bps ?: l->media_bps;
	u64 ips = l->core_ips ?: HOST_IPS;

	*d = (struct blk_lambda_drive) {
		.media_read = blk_lambda_cost_rate(l->media_bps),
		.media_write = blk_lambda_cost_rate(write_bps),
		.link = blk_lambda_cost_rate(l->link_bps),
		.core = max(div64_u64(HOST_IPS * BLK_LAMBDA_ONE, ips), 1ULL),
		.cores = blk_lambda_cost_count(l->cores),
		.depth = blk_lambda_cost_count(l->depth),
		.cpus = blk_lambda_cost_count(cpus),
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
	c->host.wait.rate = min(d->media_read + d->link, BLK_LAMBDA_RATE_MAX);
	c->miss = MISS_RATE;
	c->flush = min(d->media_write + d->link, BLK_LAMBDA_RATE_MAX);
}

static void cost_age_side(struct blk_lambda_side_model *m)
{
	m->cpu.count = 0;
	m->wait.count = 0;
	memset(m->bias, 0, sizeof(m->bias));
	m->count = min(m->count, 1U);
}

/**
 * blk_lambda_cost_age - what is known may no longer be so
 * @c: what is known; whatever is measured next takes its place
 */
void blk_lambda_cost_age(struct blk_lambda_cost *c)
{
	cost_age_side(&c->host);
	cost_age_side(&c->device);
	c->nr_warm = min(c->nr_warm, 1U);
	c->nr_cold = min(c->nr_cold, 1U);
}

/**
 * blk_lambda_cost_age_host - what is known of the host is a makeshift
 * @c: what is known
 */
void blk_lambda_cost_age_host(struct blk_lambda_cost *c)
{
	cost_age_side(&c->host);
}

/* Estimates */

static void cost_average_share(u32 *average, u32 *nr, u32 sample)
{
	if (sample == *average && *nr == MEMORY_AHEAD)
		return;
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
			  const struct blk_lambda_features *w)
{
	u64 missing = min(blk_lambda_cost_missing(w), BLK_LAMBDA_BYTES_MAX);
	u64 bytes = clamp(w->bytes, 1ULL, BLK_LAMBDA_BYTES_MAX);
	u32 part, cold;

	if (!w->follows)
		return missing;
	part = div64_u64(missing * BLK_LAMBDA_ONE, bytes);
	if (w->streak >= BLK_LAMBDA_WARMUP)
		cost_average_share(&c->warm, &c->nr_warm, part);
	if (w->streak < 0 && -(s64)w->streak * bytes >= BLK_LAMBDA_AHEAD)
		cost_average_share(&c->cold, &c->nr_cold, part);
	cold = c->nr_cold ? c->cold : part;
	if (!c->nr_warm || c->warm >= cold)
		return missing;
	return div64_u64(missing * c->warm, cold);
}

static bool cost_is_known(const struct blk_lambda_cost *c)
{
	return c->host.count || c->device.count;
}

/*
 * Bytes that the time on a CPU comes with. Of the first writes of a kind, these
 * may just as well be those they make.
 */
static u64 cost_worked_on(const struct blk_lambda_cost *c,
			  const struct blk_lambda_features *w)
{
	return w->write && !cost_is_known(c) ? max(w->bytes, w->room) :
					       w->bytes;
}

/* Bytes of output. */
static u64 cost_output_of(const struct blk_lambda_cost *c,
			  const struct blk_lambda_features *w)
{
	return cost_is_known(c) ? blk_lambda_scale(w->bytes, c->out) : w->room;
}

/* Time in which a resource serves all that are under way, if it is used. */
static u64 cost_backlog_of(u64 each, u64 others, u32 n)
{
	return each ? each * n + min(others, BLK_LAMBDA_NS_MAX) : 0;
}

/* Inline for speed: every request comes here twice. */
static __always_inline void cost_add_up(struct blk_lambda_estimate *e,
					const struct blk_lambda_side_model *m,
					const struct blk_lambda_drive *d,
					const struct blk_lambda_features *w,
					bool waits)
{
	u32 n = blk_lambda_cost_count(w->outstanding);
	u64 cpu = div_u64(e->cpu * max(n, blk_lambda_cost_count(w->runnable)),
			  d->cpus);
	u64 core = div_u64(cost_backlog_of(e->load.core, w->others.core, n),
			   d->cores);
	u64 slot = div_u64(cost_backlog_of(e->load.slot, w->others.slot, n),
			   w->serial ? 1 : d->depth);
	u64 media = cost_backlog_of(e->load.media, w->others.media, n);
	u64 link = cost_backlog_of(e->load.link, w->others.link, n);

	e->bound = max3(max(cpu, core), max(media, link), slot);
	e->cost = max3(e->cpu + e->wait, e->bound, 1ULL);
	e->ns = mul_u64_u64_shr(e->cost, m->bias[waits] ?:
				blk_lambda_cost_bias(m),
				ilog2(BLK_LAMBDA_BIAS_ONE));
}

static void cost_read_missing(const struct blk_lambda_cost *c,
			      const struct blk_lambda_drive *d,
			      const struct blk_lambda_features *w, u64 missing,
			      struct blk_lambda_estimate *e)
{
	u64 share = blk_lambda_cost_drive_share(w, missing);

	e->cpu += blk_lambda_scale(missing, c->miss);
	e->load.media = blk_lambda_scale(share, d->media_read);
	e->load.link = blk_lambda_scale(share, d->link);
	e->wait = blk_lambda_linreg_at(&c->host.wait, missing);
}

/* A later request will wait for the write-back, if not this one. */
static void cost_write_back(const struct blk_lambda_cost *c,
			    const struct blk_lambda_drive *d,
			    const struct blk_lambda_features *w,
			    struct blk_lambda_estimate *e)
{
	u64 out = cost_output_of(c, w);

	e->load.media = blk_lambda_scale(out, d->media_write);
	e->load.link = blk_lambda_scale(out, d->link);
	e->wait = e->load.media + e->load.link;
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
			  const struct blk_lambda_features *w,
			  struct blk_lambda_estimate *e)
{
	u64 missing = blk_lambda_cost_missing(w);

	*e = (struct blk_lambda_estimate) {
		.cpu = blk_lambda_linreg_at(&c->host.cpu, cost_worked_on(c, w)),
	};
	if (missing)
		cost_read_missing(c, d, w, missing, e);
	if (w->write)
		cost_write_back(c, d, w, e);
	cost_add_up(e, &c->host, d, w, missing);
}

/* What it keeps busy of the drive beside a core, with @out bytes of output. */
static __always_inline void
cost_transfer_load(const struct blk_lambda_drive *d,
		   const struct blk_lambda_features *w, u64 out,
		   struct blk_lambda_load *load)
{
	u64 in = blk_lambda_cost_drive_share(w, w->bytes);

	load->media = w->write ? blk_lambda_scale(out, d->media_write) :
				 blk_lambda_scale(in, d->media_read);
	load->link = blk_lambda_scale(w->write ? in : out, d->link);
}

static void cost_guess_device(const struct blk_lambda_cost *c,
			      const struct blk_lambda_drive *d,
			      const struct blk_lambda_features *w,
			      struct blk_lambda_estimate *e)
{
	u64 host = blk_lambda_linreg_at(&c->host.cpu, cost_worked_on(c, w));

	host = blk_lambda_cost_drive_share(w, host);
	memset(e, 0, sizeof(*e));
	e->cpu = FIXED_NS;
	e->load.core = min(mul_u64_u64_shr(host, d->core,
					   ilog2(BLK_LAMBDA_ONE)),
			   BLK_LAMBDA_NS_MAX);
	cost_transfer_load(d, w, w->write ? cost_output_of(c, w) : 0, &e->load);
	e->wait = FIXED_NS + e->load.core + e->load.link + e->load.media;
}

static void cost_measured_device(const struct blk_lambda_cost *c,
				 const struct blk_lambda_drive *d,
				 const struct blk_lambda_features *w,
				 struct blk_lambda_estimate *e)
{
	u64 share = blk_lambda_cost_drive_share(w, w->bytes);

	e->cpu = blk_lambda_linreg_at(&c->device.cpu, share) *
		 max(w->drives, 1U);
	e->wait = blk_lambda_linreg_at(&c->device.wait, share);
	e->load.core = blk_lambda_scale(share, c->core);
	cost_transfer_load(d, w, blk_lambda_scale(share, c->out), &e->load);
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
			    const struct blk_lambda_features *w,
			    struct blk_lambda_estimate *e)
{
	if (c->device.count)
		cost_measured_device(c, d, w, e);
	else
		cost_guess_device(c, d, w, e);
	e->load.slot = e->wait;
	if (w->dirty)
		e->wait += blk_lambda_scale(w->dirty, c->flush);
	cost_add_up(e, &c->device, d, w, w->dirty);
}
