/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The types of the firmware. Nothing here or below needs a libc: stdbool and
 * stddef come with any freestanding compiler, the four mem functions and
 * strlen() are all that string.h is asked for.
 */
#ifndef FW_TYPES_H
#define FW_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <linux/types.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;
typedef __s64 s64;

#define FW_ASSERT(cond, why)	_Static_assert(cond, why)

FW_ASSERT(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
	  "NVMe and sBPF are little-endian; the firmware does not swap");

#define FW_ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define FW_PAGE			4096u	/* bytes of a host memory page */
#define FW_NEVER		(~0ull)	/* a time that never comes */

static inline u64 fw_min(u64 a, u64 b)
{
	return a < b ? a : b;
}

static inline u64 fw_max(u64 a, u64 b)
{
	return a > b ? a : b;
}

static inline u64 fw_round_up(u64 n, u64 to)
{
	return (n + to - 1) / to * to;
}

#endif /* FW_TYPES_H */
