// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which side a request is sent to by what both would cost, and when it is sent
 * to the other one to see whether that is still so.
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
 * A request runs once, a probe as well: there is nothing to do twice.
 *
 * Only one probe is under way at a time, for others would not know more. As
 * long as a side is only guessed at, others follow the guess.
 */
#include <linux/math64.h>
#include <linux/minmax.h>

#include "blk-lambda-cost.h"
#include "blk-lambda-probe.h"

#define HOST	(LAMBDA_SIDE_HOST - 1)
#define DEVICE	(LAMBDA_SIDE_DEVICE - 1)

/* What a probe costs beyond what the winner would, in requests of the latter. */
static s64 excess(const struct blk_lambda_bet *bet, u32 win)
{
	u64 lost = min(bet->cost[!win], BLK_LAMBDA_NS_MAX);
	u64 won = clamp(bet->cost[win], 1ULL, BLK_LAMBDA_NS_MAX);

	if (lost <= won)
		return 0;
	return div64_u64((lost - won) * BLK_LAMBDA_ONE, won);
}

static void new_period(struct blk_lambda_probe *p, u32 period, s64 price)
{
	s64 grant = (s64)period * BLK_LAMBDA_ONE / BLK_LAMBDA_PROBE_SHARE;

	p->seen = 0;
	p->used = 0;
	p->budget = min(p->budget + grant, max(grant, price));
}

/*
 * Sides that were never measured: the host first, then the device, unless even
 * what is guessed of it is too much. Return: the one chosen is such a side.
 */
static bool explore(const struct blk_lambda_bet *bet, bool affordable, u32 *win)
{
	if (!bet->count[HOST] && !bet->busy[HOST])
		*win = HOST;
	else if (!bet->count[DEVICE] && !bet->busy[DEVICE] && affordable)
		*win = DEVICE;
	return !bet->count[*win];
}

/**
 * blk_lambda_probe - which side a request is sent to
 * @p:      where in its period its kind is
 * @period: requests of a period, at least 1
 * @most:   probes in a period
 * @bet:    what the sides would cost
 * @side:   set to a side
 *
 * Return: true if that is to measure the side.
 */
bool blk_lambda_probe(struct blk_lambda_probe *p, u32 period, u32 most,
		      const struct blk_lambda_bet *bet, enum lambda_side *side)
{
	u32 win = bet->cost[DEVICE] < bet->cost[HOST] ? DEVICE : HOST;
	bool measured = bet->count[HOST] && bet->count[DEVICE];
	s64 price = excess(bet, win);
	bool probe;

	if (!p->seen || p->seen >= period)
		new_period(p, period, price);
	p->seen++;
	probe = explore(bet, p->budget >= price, &win);
	if (measured && !p->known) {
		p->known = true;
		p->budget -= price;
	}
	if (measured && p->used < most && !bet->busy[!win] &&
	    p->budget >= price) {
		p->used++;
		p->budget -= price;
		win = !win;
		probe = true;
	}
	*side = win + 1;
	return probe;
}
