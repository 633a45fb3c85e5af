// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: When the side that loses is tried
 *
 * A request is sent to the side that costs less, and at times to the other one,
 * to see whether that is still so.
 *
 * The side that wins is measured by every request. The one that loses would
 * not be, and a drive that has become faster, or a file that has left the page
 * cache, would go unnoticed. So up to k of every n requests are probes. A probe
 * of a side that takes r times as long costs r - 1 requests' time; what all of
 * them may cost is a fiftieth of the n requests of a period. A probe waits until
 * it can be paid for, and what is not spent is kept for one that costs more. So
 * a side that is hardly worse is tried k times in every period, one that takes
 * five times as long once, and one that takes forty times as long in every
 * tenth period. What has never been measured is tried as soon as what is guessed
 * of it can be paid for, which is at once as a rule, and paid for afterwards.
 *
 * Where a task reads on and on, the host is not at its best in a single request:
 * the third is sure to find its pages there, but for those that all wait for.
 * Then a probe of the host is a run of eight requests of the task, of which the
 * first two are no measure of anything. Each is paid for, and it is broken off
 * where the host turns out to be clearly worse. A task that changes over to the
 * host because that is better now stays as long.
 *
 * A request runs once, a probe as well: there is nothing to do twice.
 *
 * Only one probe is under way at a time, for others would not know more. Until
 * it has ended they go to the side that is known; if none is, they follow the
 * guess.
 */
#include <linux/math64.h>
#include <linux/minmax.h>

#include "cost.h"
#include "trial.h"

#define TRIAL	8	/* requests that a probe of the host is made of */
#define BAD	(3LL * BLK_LAMBDA_ONE)	/* one request is enough of that */
#define GONE	16	/* a task that lets so many others go first is gone */

#define HOST	(LAMBDA_SIDE_HOST - 1)
#define DEVICE	(LAMBDA_SIDE_DEVICE - 1)

/* What a probe costs beyond what the winner would, in requests of the latter. */
static s64 trial_excess_cost(const struct blk_lambda_arms *arms, u32 win)
{
	u64 lost = min(arms->cost[!win], BLK_LAMBDA_NS_MAX);
	u64 won = clamp(arms->cost[win], 1ULL, BLK_LAMBDA_NS_MAX);

	if (lost <= won)
		return 0;
	return div64_u64((lost - won) * BLK_LAMBDA_ONE, won);
}

static void trial_new_period(struct blk_lambda_probe *p, u32 period, s64 price)
{
	s64 grant = (s64)period * BLK_LAMBDA_ONE / BLK_LAMBDA_PROBE_SHARE;

	p->seen = 0;
	p->used = 0;
	p->trial_left = 0;
	p->since = 0;
	p->budget = min(p->budget + grant, max(grant, price));
}

/*
 * What a probe of the side that is not to win costs at least. One of the device
 * interrupts what is read ahead, and the next requests have to wait.
 */
static s64 trial_price(const struct blk_lambda_arms *arms, u32 win)
{
	s64 price = trial_excess_cost(arms, win);

	if (!arms->follows)
		return price;
	if (win == HOST)
		return price + BLK_LAMBDA_WARMUP * BLK_LAMBDA_ONE;
	return price > BAD ? price : price * (BLK_LAMBDA_WARMUP + 1);
}

/*
 * One of the side that is not to win is due, and can be paid for. They are
 * spread over the period: what two find out one after the other is the same.
 */
static bool trial_probe_is_due(const struct blk_lambda_probe *p, u32 period,
			       u32 most, const struct blk_lambda_arms *arms,
			       u32 win, s64 price)
{
	return arms->count[HOST] && arms->count[DEVICE] && !p->trial_left &&
	       p->used < most && p->seen > p->used * (period / most) &&
	       !arms->busy[!win] && p->budget >= price;
}

static void begin_trial(struct blk_lambda_probe *p,
			const struct blk_lambda_arms *arms)
{
	p->trial_left = TRIAL;
	p->task = arms->task;
	p->since = p->seen;
}

/* The request is one of those that a probe of the host is made of. */
static bool goes_on_trial(struct blk_lambda_probe *p,
			  const struct blk_lambda_arms *arms)
{
	s64 price = trial_excess_cost(arms, DEVICE);

	if (!p->trial_left || p->task != arms->task || !arms->follows)
		return false;
	if ((arms->streak > BLK_LAMBDA_WARMUP && price > BLK_LAMBDA_ONE / 2) ||
	    (arms->streak > 0 && price > BAD)) {
		p->trial_left = 0;
		return false;
	}
	p->trial_left--;
	p->budget -= price;
	p->since = p->seen;
	return true;
}

/* It was never measured, and what is guessed of it can be paid for. */
static bool trial_is_unknown(const struct blk_lambda_probe *p,
			     const struct blk_lambda_arms *arms, u32 side)
{
	return !arms->count[side] && !arms->busy[side] &&
	       p->budget >= trial_excess_cost(arms, !side);
}

/*
 * Sides that were never measured: the device first, for the host can be guessed
 * by what that needs. Return: the one chosen is such a side.
 */
static bool trial_explore_side(struct blk_lambda_probe *p,
			       const struct blk_lambda_arms *arms, u32 *win)
{
	bool soon = !arms->count[DEVICE] && arms->busy[DEVICE];

	if (trial_is_unknown(p, arms, DEVICE)) {
		*win = DEVICE;
	} else if (!soon && trial_is_unknown(p, arms, HOST) && !p->trial_left) {
		*win = HOST;
		if (arms->follows && trial_excess_cost(arms, DEVICE) <= BAD)
			begin_trial(p, arms);
	} else if (!arms->count[*win] && arms->count[!*win]) {
		*win = !*win;
	}
	return !arms->count[*win];
}

/* Both sides were measured once, which is to be paid for as any probe is. */
static void trial_pay_first(struct blk_lambda_probe *p,
			    const struct blk_lambda_arms *arms, u32 win)
{
	if (p->known || !arms->count[HOST] || !arms->count[DEVICE])
		return;
	p->known = true;
	p->used++;
	p->budget -= trial_excess_cost(arms, win);
}

/* A probe of the side that is not to win. */
static void trial_begin_probe(struct blk_lambda_probe *p,
			      const struct blk_lambda_arms *arms, u32 *win)
{
	if (*win == DEVICE && arms->follows) {
		p->used += TRIAL;
		begin_trial(p, arms);
	} else {
		p->used++;
		p->budget -= trial_price(arms, *win);
	}
	*win = !*win;
}

/**
 * blk_lambda_probe - which side a request is sent to
 * @p:      where in its period its kind is
 * @period: requests of a period, at least 1
 * @most:   probes in a period
 * @arms:   what the sides would cost
 * @side:   set to a side
 *
 * Return: true if that is to measure the side.
 */
bool blk_lambda_trial_probe(struct blk_lambda_probe *p, u32 period, u32 most,
			    const struct blk_lambda_arms *arms,
			    enum lambda_side *side)
{
	u32 win = arms->cost[DEVICE] < arms->cost[HOST] ? DEVICE : HOST;
	s64 price = trial_price(arms, win);
	bool probe = true;

	if (!p->seen || p->seen >= period)
		trial_new_period(p, period, price);
	p->seen++;
	if (p->seen - p->since > GONE)
		p->trial_left = 0;
	trial_pay_first(p, arms, win);
	if (trial_probe_is_due(p, period, most, arms, win, price))
		trial_begin_probe(p, arms, &win);
	else
		probe = trial_explore_side(p, arms, &win);
	if (win == HOST && arms->streak < 0 && arms->follows && !p->trial_left)
		begin_trial(p, arms);
	if (goes_on_trial(p, arms)) {
		probe = probe || win != HOST;
		win = HOST;
	}
	*side = win + 1;
	return probe;
}
