// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The helpers a λ program may call. Each checks its ranges in the order of its
 * arguments, then pays, then runs; a call that faults or cannot pay has done
 * nothing. A search pays for the bytes up to the end of what it found, so it
 * pays last, and looks at no more than it will be able to pay for.
 *
 * What is done goes by the lengths that a range was found to have, never by
 * those that were asked for; see sbpf_window_range().
 *
 * Jumps cannot see how long helpers take, so these keep to the maximum of bytes
 * and look at the stop flag themselves: when they pay, and between pieces.
 */
#include <kernel/bpf/lambda/array.h>
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

static bool sbpf_helper_range(struct sbpf_run *run, struct range *range)
{
	__s64 bad;

	range->mem = nothing;
	if (range->len == 0) {
		range->len &= sbpf_mask(range->len, 1);
		return true;
	}
	range->mem = sbpf_window_range(run->window, (__u32)range->addr,
				       &range->len, range->write, &bad);
	return range->mem || sbpf_run_fault(run, bad, range->write);
}

static __u64 sbpf_helper_min(__u64 a, __u64 b)
{
	return a < b ? a : b;
}

/* How many of @len bytes the rest of the budget pays for; 0 without any. */
static __u64 sbpf_helper_affordable(const struct sbpf_run *run, __u64 len)
{
	__u64 left = run->budget - run->budget_used;

	return sbpf_helper_min(len, left ? left * SBPF_HELPER_GRAIN - 1 : 0);
}

/* How many more bytes there may be before the run is given up. */
static __u64 sbpf_helper_bytes_left(const struct sbpf_run *run)
{
	return run->max_helper_bytes - run->helper_bytes;
}

/* Give the run up over @bytes, which are more than are left; always false. */
static bool sbpf_helper_decline(struct sbpf_run *run, __u64 bytes)
{
	run->helper_bytes += bytes;
	run->status = SBPF_STATUS_DECLINED;
	return false;
}

/*
 * Pay for @bytes. The length of memcmp and the like is one argument, so it
 * counts once.
 */
static bool sbpf_helper_pay(struct sbpf_run *run, __u64 bytes)
{
	__u64 price = 1 + bytes / SBPF_HELPER_GRAIN;

	if (sbpf_run_stopped(run))
		return false;
	if (price > run->budget - run->budget_used) {
		run->budget_used = run->budget;
		run->status = LAMBDA_STATUS_OVER_BUDGET;
		return false;
	}
	if (bytes > sbpf_helper_bytes_left(run))
		return sbpf_helper_decline(run, bytes);
	run->budget_used += price;
	run->helper_bytes += bytes;
	return true;
}

static bool sbpf_helper_prepare(struct sbpf_run *run, struct range *a,
				struct range *b, __u64 bytes)
{
	return sbpf_helper_range(run, a) && (!b || sbpf_helper_range(run, b)) &&
	       sbpf_helper_pay(run, bytes);
}

/* What is done between two looks at the stop flag; starts as zeros. */
struct piece {
	__u64 at;
	__u64 len;
};

/* Go on to the next piece of @all bytes; false behind the last, or killed. */
static bool sbpf_helper_next_piece(struct sbpf_run *run, struct piece *piece,
				   __u64 all)
{
	piece->at += piece->len;
	if (piece->at == all || (piece->at && sbpf_run_stopped(run)))
		return false;
	piece->len = sbpf_helper_min(all - piece->at, SBPF_PIECE);
	return true;
}

static bool sbpf_helper_give(const struct sbpf_run *run, __u64 *r0, __u64 value)
{
	*r0 = value;
	return run->status == LAMBDA_STATUS_OK;
}

/* Last piece first where a piece could overwrite what is still to be read. */
static bool sbpf_helper_copy(struct sbpf_run *run, const __u64 args[4],
			     __u64 *r0)
{
	struct range dst = { .addr = args[0], .len = args[2], .write = true };
	struct range src = { .addr = args[1], .len = args[2] };
	bool down = (__u32)args[0] > (__u32)args[1];
	struct piece piece = { 0 };
	__u64 len;

	if (!sbpf_helper_prepare(run, &dst, &src, args[2]))
		return false;
	len = dst.len & src.len;	/* they are the same */
	while (sbpf_helper_next_piece(run, &piece, len)) {
		__u64 at = down ? len - piece.at - piece.len : piece.at;

		memmove(dst.mem + at, src.mem + at, piece.len);
	}
	return sbpf_helper_give(run, r0, (__u32)args[0]);
}

static bool sbpf_helper_set(struct sbpf_run *run, const __u64 args[4],
			    __u64 *r0)
{
	struct range dst = { .addr = args[0], .len = args[2], .write = true };
	struct piece piece = { 0 };

	if (!sbpf_helper_prepare(run, &dst, NULL, args[2]))
		return false;
	while (sbpf_helper_next_piece(run, &piece, dst.len))
		memset(dst.mem + piece.at, (__u8)args[1], piece.len);
	return sbpf_helper_give(run, r0, (__u32)args[0]);
}

/* Apart, so that what is below it is known: in a drive, nothing. */
static void sbpf_helper_print(const struct sbpf_run *run,
			      const struct range *text)
	__attribute__((noinline));
static void sbpf_helper_print(const struct sbpf_run *run,
			      const struct range *text)
{
	run->print(run->print_data, text->mem, text->len);
}

static bool sbpf_helper_compare(struct sbpf_run *run, const __u64 args[4],
				__u64 *r0)
{
	struct range a = { .addr = args[0], .len = args[2] };
	struct range b = { .addr = args[1], .len = args[2] };
	struct piece piece = { 0 };
	int order = 0;

	if (!sbpf_helper_prepare(run, &a, &b, args[2]))
		return false;
	if (run->print && args[3] == SBPF_PRINT && a.mem == b.mem)
		sbpf_helper_print(run, &a);
	while (!order && sbpf_helper_next_piece(run, &piece, a.len & b.len))
		order = memcmp(a.mem + piece.at, b.mem + piece.at, piece.len);
	return sbpf_helper_give(run, r0, order < 0 ? ~0ull : order > 0);
}

/*
 * Pay for a search that looked at the first @looked of @len bytes and found
 * @match, the bytes up to its end being @found. Without one, and with bytes
 * left that only the maximum forbids to look at, how it ends is not known.
 */
static bool helper_pay_search(struct sbpf_run *run, const __u8 *match,
			      __u64 found, __u64 looked, __u64 len)
{
	if (run->status != LAMBDA_STATUS_OK)
		return false;
	if (!match && looked < sbpf_helper_affordable(run, len))
		return sbpf_helper_decline(run, len);
	return sbpf_helper_pay(run, match ? found : len);
}

static bool helper_find_byte(struct sbpf_run *run, const __u64 args[4],
			     __u64 *r0)
{
	struct range hay = { .addr = args[0], .len = args[2] };
	__u64 most = sbpf_helper_min(sbpf_helper_affordable(run, args[2]),
				     sbpf_helper_bytes_left(run));
	struct piece piece = { 0 };
	const __u8 *match = NULL;
	__u64 at;

	if (!sbpf_helper_range(run, &hay))
		return false;
	most &= sbpf_mask(most - 1, hay.len);
	while (!match && sbpf_helper_next_piece(run, &piece, most))
		match = memchr(hay.mem + piece.at, (__u8)args[1], piece.len);
	at = match ? (__u64)(match - hay.mem) : 0;
	if (!helper_pay_search(run, match, at + 1, most, args[2]))
		return false;
	return sbpf_helper_give(run, r0, match ? (__u32)args[0] + at : 0);
}

/* A needle that is longer than a piece makes pieces longer, not more. */
static const __u8 *sbpf_helper_search(struct sbpf_run *run, const __u8 *hay,
				      __u64 len, const struct range *needle)
{
	__u64 step = needle->len > SBPF_PIECE ? needle->len : SBPF_PIECE;
	const __u8 *match = NULL;
	__u64 at, part;

	for (at = 0; !match && at + needle->len <= len; at += step) {
		if (at && sbpf_run_stopped(run))
			break;
		part = sbpf_helper_min(len - at, step + needle->len - 1);
		match = sbpf_memmem(hay + at, part, needle->mem, needle->len);
	}
	return match;
}

static bool sbpf_helper_find(struct sbpf_run *run, const __u64 args[4],
			     __u64 *r0)
{
	struct range hay = { .addr = args[0], .len = args[1] };
	struct range needle = { .addr = args[2], .len = args[3] };
	__u64 most = sbpf_helper_min(sbpf_helper_affordable(run, args[1]),
				     sbpf_helper_bytes_left(run));
	const __u8 *match;
	__u64 at;

	if (!sbpf_helper_range(run, &hay) || !sbpf_helper_range(run, &needle))
		return false;
	most &= sbpf_mask(most - 1, hay.len);
	match = sbpf_helper_search(run, hay.mem, most, &needle);
	at = match ? (__u64)(match - hay.mem) : 0;
	if (!helper_pay_search(run, match, at + args[3], most, args[1]))
		return false;
	return sbpf_helper_give(run, r0, match ? (__u32)args[0] + at : 0);
}

static bool sbpf_helper_crc32c(struct sbpf_run *run, const __u64 args[4],
			       __u64 *r0)
{
	struct range data = { .addr = args[1], .len = args[2] };
	struct piece piece = { 0 };
	__u32 crc = (__u32)args[0];

	if (!sbpf_helper_prepare(run, &data, NULL, args[2]))
		return false;
	while (sbpf_helper_next_piece(run, &piece, data.len))
		crc = sbpf_crc32c(crc, data.mem + piece.at, piece.len);
	return sbpf_helper_give(run, r0, crc);
}

/*
 * Check the ranges of a call over arrays. What is done goes by @all bytes, which
 * become 0 where a refused range is taken for a good one. Apart, so that its stack
 * is not below what is done then.
 */
static bool sbpf_helper_array_ranges(struct sbpf_run *run,
				     const struct sbpf_array *a,
				     __u8 **mem, __u64 *all)
	__attribute__((noinline));
static bool sbpf_helper_array_ranges(struct sbpf_run *run,
				     const struct sbpf_array *a,
				     __u8 **mem, __u64 *all)
{
	__s64 bad;
	__u32 k;

	*all = a->len;
	for (k = 0; k < a->nr; k++) {
		struct range range = {
			.addr = a->range[k].addr,
			.len = a->range[k].len,
			.write = a->range[k].write,
		};

		if (!sbpf_helper_range(run, &range))
			return false;
		mem[k] = range.mem;
		if (a->range[k].len)
			*all &= sbpf_mask(a->range[k].len - 1, range.len);
	}
	return !sbpf_array_overlaps(a, &bad) || sbpf_run_fault(run, bad, true);
}

static void sbpf_helper_array_step(struct sbpf_array *array, __u8 *const *mem,
				   const struct piece *piece)
{
#ifdef __x86_64__
	if (__builtin_cpu_supports("avx2")) {
		sbpf_array_step_avx2(array, mem, piece->at, piece->len);
		return;
	}
#endif
	sbpf_array_step(array, mem, piece->at, piece->len);
}

static bool sbpf_helper_array(struct sbpf_run *run, __s32 id,
			      const __u64 args[4],
			      __u64 *r0) __attribute__((noinline));
static bool sbpf_helper_array(struct sbpf_run *run, __s32 id,
			      const __u64 args[4], __u64 *r0)
{
	struct sbpf_array array;
	__u8 *mem[SBPF_ARRAY_RANGES];
	struct piece piece = { 0 };
	__u64 all;

	sbpf_array_begin(&array, (__u32)id, args);
	if (!sbpf_helper_array_ranges(run, &array, mem, &all) ||
	    !sbpf_helper_pay(run, array.len))
		return false;
	while (sbpf_helper_next_piece(run, &piece, all))
		sbpf_helper_array_step(&array, mem, &piece);
	return sbpf_helper_give(run, r0, sbpf_array_end(&array, mem[0]));
}

/* Apart, so that its stack is not below those over arrays, which need more. */
static bool sbpf_helper_bytes(struct sbpf_run *run, __s32 id,
			      const __u64 args[4],
			      __u64 *r0) __attribute__((noinline));
static bool sbpf_helper_bytes(struct sbpf_run *run, __s32 id,
			      const __u64 args[4], __u64 *r0)
{
	switch (id) {
	case SBPF_HELPER_MEMCPY:
	case SBPF_HELPER_MEMMOVE:
		return sbpf_helper_copy(run, args, r0);
	case SBPF_HELPER_MEMSET:
		return sbpf_helper_set(run, args, r0);
	case SBPF_HELPER_MEMCMP:
		return sbpf_helper_compare(run, args, r0);
	case SBPF_HELPER_MEMCHR:
		return helper_find_byte(run, args, r0);
	case SBPF_HELPER_MEMMEM:
		return sbpf_helper_find(run, args, r0);
	default: /* SBPF_HELPER_CRC32C */
		return sbpf_helper_crc32c(run, args, r0);
	}
}

bool sbpf_helper(struct sbpf_run *run, __s32 id, const __u64 args[4],
		 __u64 *r0)
{
	return id < SBPF_HELPER_HISTOGRAM ?
	       sbpf_helper_bytes(run, id, args, r0) :
	       sbpf_helper_array(run, id, args, r0);
}
