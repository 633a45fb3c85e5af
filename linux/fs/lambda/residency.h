/* SPDX-License-Identifier: GPL-2.0-only */
/* What of a file is in the page cache. */
#ifndef _FS_LAMBDA_RESIDENCY_H
#define _FS_LAMBDA_RESIDENCY_H

#include <linux/types.h>

struct address_space;

u64 lambda_residency(struct address_space *mapping, loff_t pos, size_t len,
		     u64 *dirty);

#endif /* _FS_LAMBDA_RESIDENCY_H */
