// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The pool that all memory of a controller comes from, when it is made. */
#include "ctrl.h"

void *fw_pool_take(struct fw_pool *pool, u64 bytes)
{
	u64 at = pool->used;

	pool->used += fw_round_up(bytes, FW_PAGE);
	return pool->used <= pool->size ? pool->mem + at : NULL;
}
