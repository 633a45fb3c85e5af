/* SPDX-License-Identifier: GPL-2.0-only */
/* What of a file is in the page cache. */
#ifndef _FS_LAMBDA_RESIDENCY_H
#define _FS_LAMBDA_RESIDENCY_H

#include <linux/types.h>

struct address_space;

#ifdef CONFIG_LAMBDA_DRIVE
u64 lambda_residency(struct address_space *mapping, loff_t pos, size_t len,
		     u64 *dirty);
#else
static inline u64 lambda_residency(struct address_space *mapping, loff_t pos,
				   size_t len, u64 *dirty)
{
	*dirty = 0;
	return 0;
}
#endif

#endif /* _FS_LAMBDA_RESIDENCY_H */
