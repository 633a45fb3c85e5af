// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The helpers a λ program may call. Each checks its ranges in the order of its
 * arguments, then pays, then runs; a call that faults or cannot pay has done
 * nothing.
 */
#include <string.h>

#include "internal.h"

/* One memory argument of a call, and how it is going to be used. */
struct range {
	__u64 addr;
	__u64 len;
	bool write;
	__u8 *mem;	/* out; any when @len is 0 */
};

static __u8 nothing[1];

static bool find_range(struct sbpf_run *run, struct range *range)
{
	__s64 bad;

	range->mem = nothing;
	if (range->len == 0)
		return true;
	range->mem = sbpf_window_find(run->window, (__u32)range->addr,
				      range->len, range->write, &bad);
	return range->mem || sbpf_run_fault(run, bad, range->write);
}

/*
 * Pay for @bytes. Lengths that passed find_range() sum up without overflow,
 * and the length of memcmp and the like is one argument, so it counts once.
 */
static bool pay(struct sbpf_run *run, __u64 bytes)
{
	__u64 price = 1 + bytes / SBPF_HELPER_GRAIN;

	if (price > run->budget - run->budget_used) {
		run->budget_used = run->budget;
		run->status = LAMBDA_STATUS_OVER_BUDGET;
		return false;
	}
	run->budget_used += price;
	run->helper_bytes += bytes;
	return true;
}

static bool prepare(struct sbpf_run *run, struct range *a, struct range *b,
		    __u64 bytes)
{
	return find_range(run, a) && (!b || find_range(run, b)) &&
	       pay(run, bytes);
}

static bool help_copy(struct sbpf_run *run, const __u64 args[4], __u64 *r0)
{
	struct range dst = { .addr = args[0], .len = args[2], .write = true };
	struct range src = { .addr = args[1], .len = args[2] };

	if (!prepare(run, &dst, &src, args[2]))
		return false;
	memmove(dst.mem, src.mem, args[2]);
	*r0 = (__u32)args[0];
	return true;
}

static bool help_set(struct sbpf_run *run, const __u64 args[4], __u64 *r0)
{
	struct range dst = { .addr = args[0], .len = args[2], .write = true };

	if (!prepare(run, &dst, NULL, args[2]))
		return false;
	memset(dst.mem, (__u8)args[1], args[2]);
	*r0 = (__u32)args[0];
	return true;
}

static bool help_compare(struct sbpf_run *run, const __u64 args[4], __u64 *r0)
{
	struct range a = { .addr = args[0], .len = args[2] };
	struct range b = { .addr = args[1], .len = args[2] };
	int order;

	if (!prepare(run, &a, &b, args[2]))
		return false;
	order = memcmp(a.mem, b.mem, args[2]);
	*r0 = order < 0 ? ~0ull : order > 0;
	return true;
}

static bool help_find_byte(struct sbpf_run *run, const __u64 args[4],
			   __u64 *r0)
{
	struct range hay = { .addr = args[0], .len = args[2] };
	const __u8 *match;

	if (!prepare(run, &hay, NULL, args[2]))
		return false;
	match = memchr(hay.mem, (__u8)args[1], args[2]);
	*r0 = match ? (__u32)args[0] + (__u64)(match - hay.mem) : 0;
	return true;
}

static bool help_find(struct sbpf_run *run, const __u64 args[4], __u64 *r0)
{
	struct range hay = { .addr = args[0], .len = args[1] };
	struct range needle = { .addr = args[2], .len = args[3] };
	const __u8 *match;

	if (!prepare(run, &hay, &needle, args[1] + args[3]))
		return false;
	match = sbpf_memmem(hay.mem, args[1], needle.mem, args[3]);
	*r0 = match ? (__u32)args[0] + (__u64)(match - hay.mem) : 0;
	return true;
}

static bool help_crc32c(struct sbpf_run *run, const __u64 args[4], __u64 *r0)
{
	struct range data = { .addr = args[1], .len = args[2] };

	if (!prepare(run, &data, NULL, args[2]))
		return false;
	*r0 = sbpf_crc32c((__u32)args[0], data.mem, args[2]);
	return true;
}

bool sbpf_helper(struct sbpf_run *run, __s32 id, const __u64 args[4],
		 __u64 *r0)
{
	switch (id) {
	case SBPF_HELPER_MEMCPY:
	case SBPF_HELPER_MEMMOVE:
		return help_copy(run, args, r0);
	case SBPF_HELPER_MEMSET:
		return help_set(run, args, r0);
	case SBPF_HELPER_MEMCMP:
		return help_compare(run, args, r0);
	case SBPF_HELPER_MEMCHR:
		return help_find_byte(run, args, r0);
	case SBPF_HELPER_MEMMEM:
		return help_find(run, args, r0);
	default: /* SBPF_HELPER_CRC32C */
		return help_crc32c(run, args, r0);
	}
}
