// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Straight lines by least squares
 *
 * A fixed time and a slope, from samples of how long so many bytes took. The
 * last ones count, older ones less and less.
 *
 * Kept are the means of both, the variance of the bytes and their covariance
 * with the time, from which the slope follows. The line always goes through the
 * means, so that requests of one length are met exactly whatever the slope is.
 * Numbers are bounded such that no product leaves 63 bits: bytes, counted by
 * 64, stay below 2^24 and ns below 2^38.
 */
#include <linux/math64.h>
#include <linux/minmax.h>

#include "linreg.h"

#define GRAINS_OF_MIB	(BLK_LAMBDA_MIB_SHIFT - BLK_LAMBDA_GRAIN_SHIFT)
#define CHANGE_POINT	3	/* outliers in a row that are no accident */
#define SLACK_NS	2000	/* by which a sample is no outlier yet */

/* Slope of a line through nothing and the means. */
static u64 linreg_mean_rate(const struct blk_lambda_linreg *l)
{
	if (!l->x)
		return 0;
	return div64_u64(l->y << GRAINS_OF_MIB, l->x);
}

/*
 * Slope of a line with samples, never negative. What it is expected to be is
 * worth a scatter of lengths by a twentieth, so that noise of requests that are
 * nearly alike does not tilt the line.
 */
static u64 linreg_fit_slope(const struct blk_lambda_linreg *l, u64 expected)
{
	u64 weight = (l->x * l->x >> 9) + 1, spread = l->var + weight;
	s64 slope;

	if (expected == BLK_LAMBDA_RATE_MEAN)
		expected = linreg_mean_rate(l);
	expected = min(expected, BLK_LAMBDA_RATE_MAX);
	slope = l->cov + mul_u64_u64_shr(weight, expected, GRAINS_OF_MIB);
	if (slope <= 0)
		return 0;
	/* The quotient below has to fit. */
	if (slope >> 22 >= spread)
		return BLK_LAMBDA_RATE_MAX;
	return mul_u64_u64_div_u64(slope, 1 << GRAINS_OF_MIB, spread);
}

/*
 * One sample far off is an accident, such as an interrupt, and only counts as
 * much as is still usual. Several in a row are a change: the past is forgotten.
 */
static u64 linreg_clamp_outlier(struct blk_lambda_linreg *l, u64 ns, u64 usual)
{
	u64 low = usual - usual / 3, high = usual + usual / 2 + SLACK_NS;
	s32 dir = (ns > high) - (ns < low);

	if (l->count < 2)
		return ns;
	l->outliers = l->outliers * dir > 0 ? l->outliers + dir : dir;
	if (l->outliers == CHANGE_POINT || l->outliers == -CHANGE_POINT) {
		l->outliers = 0;
		l->count = 0;
		return ns;
	}
	return clamp(ns, low, high);
}

/**
 * blk_lambda_linreg_add - let a line learn
 * @l:        the line
 * @bytes:    what was done
 * @ns:       how long it took
 * @expected: slope that it has as long as all samples are of one length, or
 *            BLK_LAMBDA_RATE_MEAN
 */
void blk_lambda_linreg_add(struct blk_lambda_linreg *l, u64 bytes, u64 ns,
			   u64 expected)
{
	s64 dx, dy, var, cov;
	u32 n;

	ns = linreg_clamp_outlier(l, min(ns, BLK_LAMBDA_NS_MAX),
				  blk_lambda_linreg_at(l, bytes));
	n = min(l->count + 1, BLK_LAMBDA_MEMORY);
	dx = blk_lambda_linreg_grains(bytes) - l->x;
	dy = ns - l->y;
	l->count = n;
	l->x += blk_lambda_share(dx, n);
	l->y += blk_lambda_share(dy, n);
	/* The first sample has nothing to differ from. */
	var = n > 1 ? l->var + blk_lambda_share(dx * dx, n) : 0;
	cov = n > 1 ? l->cov + blk_lambda_share(dx * dy, n) : 0;
	l->var = var - blk_lambda_share(var, n);
	l->cov = cov - blk_lambda_share(cov, n);
	l->rate = linreg_fit_slope(l, expected);
}
