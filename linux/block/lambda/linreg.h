/* SPDX-License-Identifier: GPL-2.0-only */
/* Time as a straight line over bytes, learnt from samples. */
#ifndef BLK_LAMBDA_LINREG_H
#define BLK_LAMBDA_LINREG_H

#include <linux/bits.h>
#include <linux/limits.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/types.h>

/* What is larger counts as this much. */
#define BLK_LAMBDA_BYTES_MAX	BIT_ULL(30)	/* bytes of a request */
#define BLK_LAMBDA_NS_MAX	BIT_ULL(38)	/* ns, 4.6 minutes */
#define BLK_LAMBDA_RATE_MAX	BIT_ULL(36)	/* ns per MiB */

#define BLK_LAMBDA_MIB_SHIFT	20
#define BLK_LAMBDA_GRAIN_SHIFT	6	/* lines count bytes by 64 */
/* An expected slope: that of a line through nothing and the means. */
#define BLK_LAMBDA_RATE_MEAN	U64_MAX
/* Samples that an average remembers. */
#define BLK_LAMBDA_MEMORY	8

/**
 * struct blk_lambda_linreg - time as a straight line over bytes, as seen lately
 * @x:       mean of the bytes, in units of 64
 * @y:       mean of the ns
 * @var:     variance of the bytes
 * @cov:     covariance of bytes and ns
 * @rate:    slope, in ns per MiB; without samples, that of a line through
 *           nothing
 * @count:   samples, up to the number that is remembered
 * @outliers: samples in a row far above (positive) or below the line
 */
struct blk_lambda_linreg {
	u64 x;
	u64 y;
	u64 var;
	s64 cov;
	u64 rate;
	u32 count;
	s32 outliers;
};

/**
 * blk_lambda_less - take away, but not more than there is
 * @a: from this
 * @b: so much
 *
 * Return: the rest, or 0.
 */
static inline u64 blk_lambda_less(u64 a, u64 b)
{
	return a > b ? a - b : 0;
}

/**
 * blk_lambda_scale - apply a rate
 * @bytes: to so many; any number
 * @rate:  ns, or whatever it is, per MiB; at most BLK_LAMBDA_RATE_MAX
 *
 * Return: at most BLK_LAMBDA_NS_MAX.
 */
static inline u64 blk_lambda_scale(u64 bytes, u64 rate)
{
	u64 ns = mul_u64_u64_shr(min(bytes, BLK_LAMBDA_BYTES_MAX), rate,
				 BLK_LAMBDA_MIB_SHIFT);

	return min(ns, BLK_LAMBDA_NS_MAX);
}

/**
 * blk_lambda_share - divide, rounding to the nearest
 * @d: what; far from the ends of its range
 * @n: into how many parts, at least 1
 *
 * Return: one of them.
 */
static inline s64 blk_lambda_share(s64 d, u32 n)
{
	s32 half = n / 2;

	return div_s64(d < 0 ? d - half : d + half, n);
}

/**
 * blk_lambda_linreg_grains - count bytes as lines do
 * @bytes: any number of them
 *
 * Return: units of 64, the last one may be part of one.
 */
static inline u64 blk_lambda_linreg_grains(u64 bytes)
{
	bytes = min(bytes, BLK_LAMBDA_BYTES_MAX);
	return (bytes + (1 << BLK_LAMBDA_GRAIN_SHIFT) - 1) >>
	       BLK_LAMBDA_GRAIN_SHIFT;
}

/**
 * blk_lambda_linreg_at - value of a line
 * @l:     the line
 * @bytes: where
 *
 * Return: ns, not negative.
 */
static inline u64 blk_lambda_linreg_at(const struct blk_lambda_linreg *l,
				       u64 bytes)
{
	u64 x = blk_lambda_linreg_grains(bytes);

	if (x < l->x)
		return blk_lambda_less(l->y, blk_lambda_scale((l->x - x) << BLK_LAMBDA_GRAIN_SHIFT,
							      l->rate));
	return min(l->y + blk_lambda_scale((x - l->x) << BLK_LAMBDA_GRAIN_SHIFT,
					   l->rate), BLK_LAMBDA_NS_MAX);
}

void blk_lambda_linreg_add(struct blk_lambda_linreg *l, u64 bytes, u64 ns,
			   u64 expected);

#endif /* BLK_LAMBDA_LINREG_H */
