// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Random numbers: each row has a stream, so that it is the same in any order. */
#include "tpch.h"

static uint64_t random_next(struct random *random)
{
	uint64_t mixed = random->state += 0x9e3779b97f4a7c15;

	mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
	mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
	return mixed ^ (mixed >> 31);
}

struct random random_of(unsigned int table, uint64_t row)
{
	struct random random = { ((uint64_t)table << 48) + row };

	random.state = random_next(&random);
	return random;
}

/* Each of them as likely as another. */
int64_t random_in(struct random *random, int64_t least, int64_t most)
{
	uint64_t count = most - least + 1;

	return least + ((__uint128_t)random_next(random) * count >> 64);
}
