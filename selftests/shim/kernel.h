/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As much of the kernel as those of its files need that are also compiled into a
 * process: included before all else there. The kernel's own headers are empty
 * then, as selftests/shim/headers makes them, but for those of the change.
 */
#ifndef SHIM_KERNEL_H
#define SHIM_KERNEL_H

#include <errno.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/types.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s8 s8;
typedef __s32 s32;
typedef __s64 s64;
typedef unsigned int gfp_t;

#define U32_MAX			(~0U)
#define S32_MAX			0x7fffffff
#define U64_MAX			(~0ULL)
#define S64_MAX			((s64)(U64_MAX >> 1))
#define NSEC_PER_SEC		1000000000L
#define SZ_1K			0x400
#define SZ_4K			0x1000
#define SZ_8K			0x2000
#define SZ_16K			0x4000
#define SZ_64K			0x10000
#define PAGE_SIZE		4096UL
#define PAGE_MASK		(~(PAGE_SIZE - 1))
#define PAGE_ALIGN(x)		(((x) + PAGE_SIZE - 1) & PAGE_MASK)

#define __user
#define __init
#define __force
#define __ro_after_init
#define likely(x)		__builtin_expect(!!(x), 1)
#define READ_ONCE(x)		(*(const volatile __typeof__(x) *)&(x))
#define BIT_ULL(n)		(1ULL << (n))
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))

#define shim_pick(a, op, b) ({						\
	__auto_type a_ = (a);						\
	__auto_type b_ = (b);						\
	a_ op b_ ? a_ : b_;						\
})
#define min(a, b)		shim_pick(a, <, b)
#define max(a, b)		shim_pick(a, >, b)
#define max3(a, b, c)		max(max(a, b), c)
#define clamp(v, low, high)	min(max(v, low), high)
#define min_t(type, a, b)	min((type)(a), (type)(b))
#define clamp_t(type, v, low, high)	\
	clamp((type)(v), (type)(low), (type)(high))
#define round_down(x, y)	((x) & ~((__typeof__(x))(y) - 1))
#define DIV_ROUND_UP_ULL(n, d)	(((n) + (d) - 1) / (d))
#define ilog2(n)		(63 - __builtin_clzll(n))

/* What headers of the change name, and nothing here comes to. */
typedef struct {
	int refs;
} refcount_t;

struct completion {
	unsigned int done;
};

struct list_head {
	struct list_head *next, *prev;
};

#define INIT_LIST_HEAD(list)	((list)->next = (list)->prev = (list))

enum rlimit_type { RLIMIT_TYPES };
struct bpf_insn;
struct bpf_lambda_prog;
struct mm_struct;
struct ucounts;
union bpf_attr;

struct ucounts *current_ucounts(void);

struct bpf_prog_aux {
	struct bpf_lambda_prog *lambda;
};

struct bpf_prog {
	int type;
	struct bpf_prog_aux *aux;
};

struct task_struct {
	struct mm_struct *mm;
};

#define current			((struct task_struct *)NULL)

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

#endif /* SHIM_KERNEL_H */
