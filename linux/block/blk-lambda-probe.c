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
 * The host is not at its best in a single request: readahead begins with the
 * second one of a task that reads on where it has read, and the third is the
 * first to find its pages there. So a probe of the host is three requests of one
 * task, of which two only lead up to the one that is measured.
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

#define LEADS	2	/* requests that lead up to a probe of the host */

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
	p->leads = 0;
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

/* What a probe of the side that is not to win costs. */
static s64 price_of(const struct blk_lambda_bet *bet, u32 win)
{
	return excess(bet, win) * (win == DEVICE ? LEADS + 1 : 1);
}

/* One of the side that is not to win is due, and can be paid for. */
static bool due(const struct blk_lambda_probe *p, u32 most,
		const struct blk_lambda_bet *bet, u32 win, s64 price)
{
	return bet->count[HOST] && bet->count[DEVICE] && !p->leads &&
	       p->used < most && !bet->busy[!win] && p->budget >= price;
}

static void start(struct blk_lambda_probe *p, const struct blk_lambda_bet *bet,
		  u32 win, s64 price)
{
	p->used++;
	p->budget -= price;
	if (win != DEVICE)
		return;
	p->leads = LEADS + 1;
	p->client = bet->client;
}

/**
 * blk_lambda_probe - which side a request is sent to
 * @p:      where in its period its kind is
 * @period: requests of a period, at least 1
 * @most:   probes in a period
 * @bet:    what the sides would cost
 * @side:   set to a side
 *
 * Return: why.
 */
enum blk_lambda_try blk_lambda_probe(struct blk_lambda_probe *p, u32 period,
				     u32 most, const struct blk_lambda_bet *bet,
				     enum lambda_side *side)
{
	u32 win = bet->cost[DEVICE] < bet->cost[HOST] ? DEVICE : HOST;
	s64 price = price_of(bet, win);
	bool probe;

	if (!p->seen || p->seen >= period)
		new_period(p, period, price);
	p->seen++;
	probe = explore(bet, p->budget >= excess(bet, win), &win);
	if (bet->count[HOST] && bet->count[DEVICE] && !p->known) {
		p->known = true;
		p->budget -= excess(bet, win);
	}
	if (due(p, most, bet, win, price)) {
		start(p, bet, win, price);
		win = !win;
		probe = true;
	}
	if (p->leads && p->client == bet->client) {
		*side = LAMBDA_SIDE_HOST;
		return --p->leads ? BLK_LAMBDA_LEAD : BLK_LAMBDA_PROBE;
	}
	*side = win + 1;
	return probe ? BLK_LAMBDA_PROBE : BLK_LAMBDA_BEST;
}
