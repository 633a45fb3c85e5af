/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of the model share. */
#ifndef BLK_LAMBDA_TEST_H
#define BLK_LAMBDA_TEST_H

#include <linux/bits.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/types.h>

#include "../cost.h"

#define MIB	BIT_ULL(20)
#define US	1000ULL
#define MS	1000000ULL

/* Nearly: within @percent of @b. */
#define EXPECT_NEAR(test, a, b, percent) do {				\
	u64 __a = (a), __b = (b), __d = __b * (percent) / 100;		\
	KUNIT_EXPECT_GE(test, __a, __b - __d);				\
	KUNIT_EXPECT_LE(test, __a, __b + __d);				\
} while (0)

/* Numbers that have always been trouble, and others. */
static inline u64 odd_number(u32 i)
{
	static const u64 odd[] = {
		0, 1, 2, 63, 64, 65, 4095, 4096, MIB, BIT_ULL(30),
		BIT_ULL(30) + 1, BIT_ULL(31), U32_MAX, BIT_ULL(32), BIT_ULL(36),
		BIT_ULL(38), BIT_ULL(53), S64_MAX, BIT_ULL(63), U64_MAX - 1,
		U64_MAX,
	};

	return odd[i % ARRAY_SIZE(odd)];
}

static inline u64 any_number(u64 *state)
{
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return *state >> 58 < 24 ? odd_number(*state >> 40) :
				   *state >> (*state >> 58);
}

/* The drive of the example in cost.c. */
static const struct blk_lambda_limits example_limits = {
	.media_bps = 3500000000ULL,
	.link_bps = 3200000000ULL,
	.core_ips = 1000000000ULL,
	.cores = 4,
	.depth = 8,
};

static inline void fill_example(struct blk_lambda_drive *d,
				struct blk_lambda_cost *c)
{
	blk_lambda_cost_init_drive(d, &example_limits, 4);
	blk_lambda_cost_init(c, d);
}

/* What the example's λ takes; nothing is in the way. */
static inline void run_host(struct blk_lambda_cost *c,
			    const struct blk_lambda_drive *d,
			    const struct blk_lambda_features *w)
{
	u64 cpu = w->bytes * MS / MIB + w->missing * MS / 4 / MIB;
	struct blk_lambda_observation o = {
		.side = LAMBDA_SIDE_HOST,
		.cost = cpu,
		.ns = cpu + w->missing * (d->media_read + d->link) / MIB,
		.cpu = cpu,
	};

	blk_lambda_learn_cost(c, d, w, &o);
}

static inline void run_device(struct blk_lambda_cost *c,
			      const struct blk_lambda_drive *d,
			      const struct blk_lambda_features *w)
{
	u64 core = w->bytes * 900 * US / MIB;
	u64 wait = 20 * US + core + w->bytes * d->media_read / MIB;
	struct blk_lambda_observation o = {
		.side = LAMBDA_SIDE_DEVICE,
		.cost = wait,
		.out = 24,
		.ns = wait + 30 * US,
		.cpu = 30 * US,
		.drive = wait,
		.core = core,
		.stages = wait,
	};

	blk_lambda_learn_cost(c, d, w, &o);
}

static inline void learn_example(struct blk_lambda_drive *d,
				 struct blk_lambda_cost *c)
{
	struct blk_lambda_features w = { .bytes = MIB };
	u32 i;

	fill_example(d, c);
	for (i = 0; i < 24; i++) {
		w.missing = i % 2 * MIB;
		run_host(c, d, &w);
		run_device(c, d, &w);
	}
}

#endif /* BLK_LAMBDA_TEST_H */
