// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Where to divide a request
 *
 * So that host and drive end together, and only if that is worth it.
 *
 * The host takes the beginning, the drive the rest. Over its length, what a
 * part costs is as good as a straight line: a fixed time and a share of the
 * rest. With h the fixed and H the proportional time of the whole on the host,
 * d and D those of the drive, and t the host's share of the bytes::
 *
 *	h + tH = d + (1 - t)D		t = (d + D - h) / (H + D)
 *
 * after which both have ended. To that comes what the CPU does for the drive,
 * for it does not run the λ meanwhile. If both need the media, these serve the
 * drive's part first, which asks for all of its bytes at once; the host's time is
 * longer by that. And nothing ends before media and link have carried all.
 *
 * An example: 8 MiB on the host are 0.2 + 28 ms, in the drive 0.4 + 16 ms. The
 * host gets 16.2 of 44 parts, 2.95 MiB, and both are through after 10.5 ms.
 *
 * It has to end earlier by a tenth than the better side would alone. What it
 * really took, over what was expected, is remembered, and its next expectation
 * is longer by that. So a λ for which it does not work runs on one side again;
 * half of such a memory is dropped with every period, so that it gets another
 * chance.
 */
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "cost.h"
#include "split.h"

#define OVERHEAD_NS	30000	/* to get a worker going and to join the parts */
#define AHEAD		4	/* requests that a bias remembers */
#define FACTOR_MIN	(BLK_LAMBDA_ONE / 4)	/* of what was expected */
#define FACTOR_MAX	(BLK_LAMBDA_ONE * 8)

/**
 * struct time_span - time as a straight line over a request's share of bytes
 * @fixed: ns whatever the share
 * @whole: ns that come with all of the bytes
 */
struct time_span {
	u64 fixed;
	u64 whole;
};

static struct time_span blk_split_span_of(u64 half, u64 all)
{
	struct time_span s = {
		.whole = min(blk_lambda_less(all, half) * 2, all),
	};

	s.fixed = all - s.whole;
	return s;
}

/* Of a part's complement: less time the larger the part. */
static void blk_split_span_add_rest(struct time_span *s, u64 ns)
{
	s->fixed += ns;
	s->whole = blk_lambda_less(s->whole, ns);
}

/* @n times @part / @all. */
static u64 blk_split_portion_of(u64 n, u64 part, u64 all)
{
	return mul_u64_u64_div_u64(n, part, all);
}

static u64 blk_split_span_at(const struct time_span *s, u64 part, u64 all)
{
	return s->fixed + blk_split_portion_of(s->whole, part, all);
}

/* Of the device, the CPU's part is not done at the same time. */
static u64 blk_split_device_ns(const struct blk_lambda_estimate *e)
{
	return blk_lambda_less(min(e->cost, BLK_LAMBDA_NS_MAX), e->cpu);
}

static u64 blk_split_host_ns(const struct blk_lambda_estimate *e)
{
	return min(e->cost, BLK_LAMBDA_NS_MAX);
}

/* Bytes for the host, whole records; 0 when one part would be too small. */
static u64 blk_split_bytes(const struct time_span *host,
			   const struct time_span *device, u64 bytes,
			   u64 record)
{
	u64 least = DIV_ROUND_UP_ULL(BLK_LAMBDA_PART_MIN, record) * record;
	u64 most = div64_u64(blk_lambda_less(bytes, BLK_LAMBDA_PART_MIN),
			     record) * record;
	u64 sum = max(host->whole + device->whole, 1ULL);
	u64 ahead = blk_lambda_less(device->fixed + device->whole, host->fixed);
	u64 part = blk_split_portion_of(bytes, min(ahead, sum), sum);

	if (least > most)
		return 0;
	return clamp(div64_u64(part, record) * record, least, most);
}

/* What both parts keep busy; none of them is used by the host alone. */
static void blk_split_load_of(const struct blk_lambda_load *host,
			      const struct blk_lambda_load *device, u64 part,
			      u64 all, struct blk_lambda_load *load)
{
	u64 rest = all - part;

	*load = (struct blk_lambda_load) {
		.core = blk_split_portion_of(device->core, rest, all),
		.media = blk_split_portion_of(host->media, part, all) +
			 blk_split_portion_of(device->media, rest, all),
		.link = blk_split_portion_of(host->link, part, all) +
			blk_split_portion_of(device->link, rest, all),
		.slot = blk_split_portion_of(device->slot, rest, all),
	};
}

/**
 * blk_lambda_split_plan - divide a request
 * @c:      what is known of its kind; both sides have been measured
 * @d:      the drive
 * @w:      the request
 * @host:   what all of it would cost on the host
 * @device: and on the device
 * @record: bytes after a multiple of which it may be divided, not 0
 * @plan:   filled in
 */
void blk_lambda_split_plan(const struct blk_lambda_cost *c,
			   const struct blk_lambda_drive *d,
			   const struct blk_lambda_features *w,
			   const struct blk_lambda_estimate *host,
			   const struct blk_lambda_estimate *device,
			   u32 record, struct blk_lambda_plan *plan)
{
	u64 bytes = min(w->bytes, BLK_LAMBDA_BYTES_MAX);
	struct blk_lambda_features half = *w;
	struct blk_lambda_estimate e;
	struct time_span on_host, on_device;

	half.bytes = bytes / 2;
	half.missing /= 2;
	half.dirty /= 2;
	blk_lambda_cost_host(c, d, &half, &e);
	on_host = blk_split_span_of(blk_split_host_ns(&e),
				    blk_split_host_ns(host));
	if (half.missing)
		blk_split_span_add_rest(&on_host, device->load.media);
	blk_lambda_cost_device(c, d, &half, &e);
	on_device = blk_split_span_of(blk_split_device_ns(&e),
				      blk_split_device_ns(device));

	memset(plan, 0, sizeof(*plan));
	plan->host = blk_split_bytes(&on_host, &on_device, bytes, record);
	if (!plan->host)
		return;
	blk_split_load_of(&host->load, &device->load, plan->host, bytes,
			  &plan->load);
	plan->ns = max(blk_split_span_at(&on_host, plan->host, bytes),
		       blk_split_span_at(&on_device, bytes - plan->host,
					 bytes));
	plan->ns = max3(plan->ns, plan->load.media, plan->load.link) +
		   OVERHEAD_NS + min(device->cpu, BLK_LAMBDA_NS_MAX);
}

/**
 * blk_lambda_split_pays - whether a divided request is expected to end earlier
 * @s:      how others of its kind have fared
 * @period: requests after which half of a bad memory is dropped, at least 1
 * @plan:   the request in parts; @plan->ns is lengthened by what was learnt
 * @better: ns that it is expected to take on the better side
 *
 * Return: true if it is, clearly.
 */
bool blk_lambda_split_pays(struct blk_lambda_split *s, u32 period,
			   struct blk_lambda_plan *plan, u64 better)
{
	if (s->bias > 0 && ++s->seen >= period) {
		s->bias /= 2;
		s->seen = 0;
	}
	plan->ns += div_s64((s64)plan->ns * s->bias, BLK_LAMBDA_ONE);
	return plan->host && plan->ns < better &&
	       plan->ns <= better - better / BLK_LAMBDA_SPLIT_GAIN;
}

/**
 * blk_lambda_split_learn - a request that was divided has ended
 * @s:        how others of its kind have fared
 * @expected: ns that were expected
 * @ns:       ns that it took, with the whole run on one side if the parts
 *            were in vain
 */
void blk_lambda_split_learn(struct blk_lambda_split *s, u64 expected, u64 ns)
{
	u64 now;

	ns = min(ns, BLK_LAMBDA_NS_MAX);
	expected = clamp(expected, 1ULL, BLK_LAMBDA_NS_MAX);
	/* Expected was with the bias of then. */
	now = div64_u64(ns * (BLK_LAMBDA_ONE + s->bias), expected);
	now = clamp_t(u64, now, FACTOR_MIN, FACTOR_MAX);
	s->bias += blk_lambda_share((s64)now - BLK_LAMBDA_ONE - s->bias,
				    AHEAD);
	s->seen = 0;
}
