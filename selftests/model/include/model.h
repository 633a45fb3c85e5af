/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the model and its tests use of the kernel, for a process. The headers of
 * the same names beside this one lead here.
 */
#ifndef MODEL_H
#define MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/types.h>

typedef __UINT8_TYPE__ u8, __u8;
typedef __INT8_TYPE__ __s8;
typedef __UINT16_TYPE__ u16, __u16;
typedef __INT16_TYPE__ __s16;
typedef __UINT32_TYPE__ u32, __u32;
typedef __INT32_TYPE__ s32, __s32;
typedef unsigned long long u64, __u64;
typedef long long s64, __s64;
typedef u64 __aligned_u64;
typedef __u16 __le16;
typedef __u32 __le32;
typedef __u64 __le64;

#define U32_MAX			(~0U)
#define S32_MAX			0x7fffffff
#define U64_MAX			(~0ULL)
#define S64_MAX			((s64)(U64_MAX >> 1))
#define NSEC_PER_SEC		1000000000L
#define BIT_ULL(n)		(1ULL << (n))
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))

#define model_pick(a, op, b) ({						\
	__auto_type a_ = (a);						\
	__auto_type b_ = (b);						\
	a_ op b_ ? a_ : b_;						\
})
#define min(a, b)		model_pick(a, <, b)
#define max(a, b)		model_pick(a, >, b)
#define max3(a, b, c)		max(max(a, b), c)
#define clamp(v, low, high)	min(max(v, low), high)
#define clamp_t(type, v, low, high)	\
	clamp((type)(v), (type)(low), (type)(high))
#define DIV_ROUND_UP_ULL(n, d)	(((n) + (d) - 1) / (d))
#define ilog2(n)		(63 - __builtin_clzll(n))

struct list_head {
	struct list_head *next, *prev;
};

typedef struct {
	int refs;
} refcount_t;

struct completion {
	unsigned int done;
};

static inline u64 div_u64(u64 a, u32 b)
{
	return a / b;
}

static inline u64 div64_u64(u64 a, u64 b)
{
	return a / b;
}

static inline s64 div_s64(s64 a, s32 b)
{
	return a / b;
}

static inline u64 mul_u64_u64_shr(u64 a, u64 b, unsigned int shift)
{
	return ((unsigned __int128)a * b) >> shift;
}

/* On x86 a quotient that does not fit is an exception, so it is one here. */
static inline u64 mul_u64_u64_div_u64(u64 a, u64 b, u64 c)
{
	unsigned __int128 quotient = (unsigned __int128)a * b / c;

	if (quotient >> 64)
		__builtin_trap();
	return quotient;
}

#endif /* MODEL_H */
