// SPDX-License-Identifier: GPL-2.0-only
/*
 * The helpers that λ programs call; uapi/linux/sbpf.h says what each does.
 *
 * A helper first checks its ranges, then pays, and only then maps the pages
 * that its ranges were not yet using and does its work. So whether a run ends
 * in a fault or over budget never depends on memory that happens to be there.
 * A range once checked stays valid: see window.c.
 *
 * memchr and memmem pay for the bytes up to the end of what they found. They
 * pay last, but look at no more than they will be able to pay for, and map
 * pages little by little: never many more than they look at.
 *
 * Long work is done in sections. Between them, and once in each call however
 * short, a helper gives way as a tick does. The file's pages among the input
 * may change meanwhile: nothing here trusts a value it read from the window to
 * bound an access.
 *
 * A poisoned page of a file ends a copy with -EIO, and a helper over arrays; other
 * helpers meeting one are as unlucky as the rest of the kernel.
 */
#include <linux/minmax.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "bulk.h"
#include "helpers.h"
#include "internal.h"

#define SECTION		SZ_64K	/* bytes between two looks at signals */

static void *helper_host_addr(const struct bpf_lambda_header *hdr, u32 addr)
{
	return hdr->window->base + addr;
}

/* Before the work */

bool bpf_lambda_helper_check(struct bpf_lambda_header *hdr, u32 addr, u64 len,
			     bool write)
{
	if (bpf_lambda_layout_range(hdr->window, addr, len, write,
				    &hdr->fault_addr))
		return true;
	hdr->fault_write = write;
	hdr->status = LAMBDA_STATUS_FAULT;
	return false;
}

/* How many of @len bytes the rest of the budget pays for; 0 without any. */
static u64 helper_affordable_bytes(const struct bpf_lambda_header *hdr, u64 len)
{
	u64 left = hdr->ticks + hdr->budget;

	return left ? min(len, left * SBPF_HELPER_GRAIN - 1) : 0;
}

/* Once a call, so that calls in a row are no way around the ticks. */
bool bpf_lambda_helper_pay(struct bpf_lambda_header *hdr, u64 len)
{
	u64 units = 1 + len / SBPF_HELPER_GRAIN;
	u64 ticks = min(units, hdr->ticks);

	if (units - ticks > hdr->budget) {
		hdr->status = LAMBDA_STATUS_OVER_BUDGET;
		return false;
	}
	hdr->ticks -= ticks;
	hdr->budget -= units - ticks;
	hdr->helper_bytes += len;
	return bpf_lambda_may_go_on(hdr);
}

/* During the work */

bool bpf_lambda_helper_fail(struct bpf_lambda_header *hdr, int err)
{
	hdr->error = err;
	hdr->status = LAMBDA_STATUS_NOT_RUN;
	return false;
}

bool bpf_lambda_helper_populate(struct bpf_lambda_header *hdr, u32 addr,
				u32 len)
{
	int err = bpf_lambda_window_populate(hdr->window, addr, len);

	return !err || bpf_lambda_helper_fail(hdr, err);
}

/*
 * How far a search that has come to @pos goes on at once: about as far as it
 * has come, so that it has not done much in vain where it ends.
 */
static u64 helper_next_stride(u64 pos)
{
	return clamp(pos, SZ_4K, SECTION);
}

static bool helper_populate_all(struct bpf_lambda_header *hdr, u32 addr,
				u64 len)
{
	u64 pos;

	for (pos = 0; pos < len; pos += SECTION)
		if (!bpf_lambda_helper_populate(hdr, addr + pos,
						min(len - pos, SECTION)) ||
		    !bpf_lambda_may_go_on(hdr))
			return false;
	return true;
}

/* memcpy, memmove, memset */

/* One section; ranges that overlap are private pages and cannot be poisoned. */
static bool helper_copy_section(struct bpf_lambda_header *hdr, u32 dst, u32 src,
				u32 len)
{
	if (!bpf_lambda_helper_populate(hdr, dst, len) ||
	    !bpf_lambda_helper_populate(hdr, src, len))
		return false;
	if (dst < src + len && src < dst + len)
		memmove(helper_host_addr(hdr, dst), helper_host_addr(hdr, src),
			len);
	else if (copy_mc_to_kernel(helper_host_addr(hdr, dst),
				   helper_host_addr(hdr, src), len))
		return bpf_lambda_helper_fail(hdr, -EIO);
	return true;
}

static void helper_copy_up(struct bpf_lambda_header *hdr, u32 dst, u32 src,
			   u64 len)
{
	u64 pos, n;

	for (pos = 0; pos < len; pos += n) {
		n = min(len - pos, SECTION);
		if ((pos && !bpf_lambda_may_go_on(hdr)) ||
		    !helper_copy_section(hdr, dst + pos, src + pos, n))
			return;
	}
}

static void helper_copy_down(struct bpf_lambda_header *hdr, u32 dst, u32 src,
			     u64 len)
{
	u64 end, n;

	for (end = len; end; end -= n) {
		n = min(end, SECTION);
		if ((end < len && !bpf_lambda_may_go_on(hdr)) ||
		    !helper_copy_section(hdr, dst + end - n, src + end - n, n))
			return;
	}
}

u64 bpf_lambda_memmove(struct bpf_lambda_header *hdr, u64 dst, u64 src, u64 len,
		       u64 unused)
{
	if (!bpf_lambda_helper_check(hdr, dst, len, true) ||
	    !bpf_lambda_helper_check(hdr, src, len, false) ||
	    !bpf_lambda_helper_pay(hdr, len))
		return 0;
	if ((u32)dst > (u32)src)
		helper_copy_down(hdr, dst, src, len);
	else
		helper_copy_up(hdr, dst, src, len);
	return (u32)dst;
}

u64 bpf_lambda_memcpy(struct bpf_lambda_header *hdr, u64 dst, u64 src, u64 len,
		      u64 unused)
{
	return bpf_lambda_memmove(hdr, dst, src, len, unused);
}

u64 bpf_lambda_memset(struct bpf_lambda_header *hdr, u64 dst, u64 byte, u64 len,
		      u64 unused)
{
	u64 pos, n;

	if (!bpf_lambda_helper_check(hdr, dst, len, true) ||
	    !bpf_lambda_helper_pay(hdr, len))
		return 0;
	for (pos = 0; pos < len; pos += n) {
		n = min(len - pos, SECTION);
		if ((pos && !bpf_lambda_may_go_on(hdr)) ||
		    !bpf_lambda_helper_populate(hdr, dst + pos, n))
			return 0;
		memset(helper_host_addr(hdr, dst + pos), byte, n);
	}
	return (u32)dst;
}

/* memcmp, crc32c */

u64 bpf_lambda_memcmp(struct bpf_lambda_header *hdr, u64 a, u64 b, u64 len,
		      u64 unused)
{
	int order = 0;
	u64 pos, n;

	if (!bpf_lambda_helper_check(hdr, a, len, false) ||
	    !bpf_lambda_helper_check(hdr, b, len, false) ||
	    !bpf_lambda_helper_pay(hdr, len))
		return 0;
	for (pos = 0; pos < len && !order; pos += n) {
		n = min(len - pos, SECTION);
		if ((pos && !bpf_lambda_may_go_on(hdr)) ||
		    !bpf_lambda_helper_populate(hdr, a + pos, n) ||
		    !bpf_lambda_helper_populate(hdr, b + pos, n))
			return 0;
		bpf_lambda_bulk_compare(helper_host_addr(hdr, a + pos),
					helper_host_addr(hdr, b + pos), n,
					&order);
	}
	return (s64)order;
}

u64 bpf_lambda_crc32c(struct bpf_lambda_header *hdr, u64 crc, u64 p, u64 len,
		      u64 unused)
{
	u32 sum = crc;
	u64 pos, n;

	if (!bpf_lambda_helper_check(hdr, p, len, false) ||
	    !bpf_lambda_helper_pay(hdr, len))
		return 0;
	for (pos = 0; pos < len; pos += n) {
		n = min(len - pos, SECTION);
		if ((pos && !bpf_lambda_may_go_on(hdr)) ||
		    !bpf_lambda_helper_populate(hdr, p + pos, n))
			return 0;
		sum = bpf_lambda_bulk_crc32c(sum,
					     helper_host_addr(hdr, p + pos), n);
	}
	return sum;
}

/* memchr */

#define NOT_FOUND	U64_MAX

/* Index of the first @byte, or NOT_FOUND; the range is checked. */
static u64 helper_find_byte(struct bpf_lambda_header *hdr, u32 p, u8 byte,
			    u64 len)
{
	u64 pos, n, hit;

	for (pos = 0; pos < len; pos += n) {
		n = min(len - pos, helper_next_stride(pos));
		if ((pos && !bpf_lambda_may_go_on(hdr)) ||
		    !bpf_lambda_helper_populate(hdr, p + pos, n))
			return NOT_FOUND;
		hit = bpf_lambda_bulk_find(helper_host_addr(hdr, p + pos), n,
					   byte);
		if (hit < n)
			return pos + hit;
	}
	return NOT_FOUND;
}

/*
 * Pays for a search in @len bytes at @p that found @m bytes at index @hit, or
 * did not. Return: what the helper returns.
 */
static u64 helper_pay_search(struct bpf_lambda_header *hdr, u32 p, u64 len,
			     u64 hit, u64 m)
{
	bool found = hit != NOT_FOUND;

	if (hdr->status || !bpf_lambda_helper_pay(hdr, found ? hit + m : len))
		return 0;
	return found ? (u32)(p + hit) : 0;
}

u64 bpf_lambda_memchr(struct bpf_lambda_header *hdr, u64 p, u64 byte, u64 len,
		      u64 unused)
{
	u64 hit;

	if (!bpf_lambda_helper_check(hdr, p, len, false))
		return 0;
	hit = helper_find_byte(hdr, p, byte, helper_affordable_bytes(hdr, len));
	return helper_pay_search(hdr, p, len, hit, 1);
}

/* memmem */

/**
 * struct needle_search - a search for @x in @y, 2 <= @m <= @n
 * @hdr:   of the run
 * @x:     the needle
 * @m:     its length
 * @y:     the haystack
 * @n:     bytes of it that may be looked at
 * @hay:   window address of the haystack
 * @ready: bytes of it whose pages are mapped
 * @work:  bytes looked at since the run last gave way
 */
struct needle_search {
	struct bpf_lambda_header *hdr;
	const u8 *x;
	u64 m;
	const u8 *y;
	u64 n;
	u32 hay;
	u64 ready;
	u64 work;
};

/* Maps the haystack up to @end at least. Return: the search may go on. */
static bool helper_reach_end(struct needle_search *s, u64 end)
{
	u64 from = s->ready;

	if (likely(end <= from))
		return true;
	s->ready = min(s->n, max(end, from + helper_next_stride(from)));
	return helper_populate_all(s->hdr, s->hay + from, s->ready - from);
}

/* Accounts for work. Return: the search may go on. */
static bool helper_account_work(struct needle_search *s, u64 work)
{
	s->work += work;
	if (likely(s->work < SECTION))
		return true;
	s->work = 0;
	return bpf_lambda_may_go_on(s->hdr);
}

static u64 helper_common_prefix(struct needle_search *s, const u8 *a,
				const u8 *b, u64 len)
{
	u64 pos, n, same;
	int order;

	for (pos = 0; pos < len; pos += n) {
		n = min(len - pos, SECTION);
		same = bpf_lambda_bulk_compare(a + pos, b + pos, n, &order);
		if (same < n || !helper_account_work(s, n))
			return pos + same;
	}
	return len;
}

/*
 * Where the needle's greatest suffix begins, by the order of bytes or by its
 * reverse, and the period of that suffix. However the bytes change meanwhile,
 * period <= j - start + 1 and k <= period; so 2 * start + j + k grows with
 * each turn, and start + period <= m at the end.
 */
static u64 helper_greatest_suffix(struct needle_search *s, bool reverse,
				  u64 *period)
{
	u64 start = 0, j = 0, k = 1;

	*period = 1;
	while (j + k < s->m && helper_account_work(s, 1)) {
		u8 a = READ_ONCE(s->x[j + k]);
		u8 b = READ_ONCE(s->x[start + k - 1]);

		if (a == b && k != *period) {
			k++;
		} else if (a == b) {
			j += k;
			k = 1;
		} else if (reverse ? a > b : a < b) {
			j += k;
			k = 1;
			*period = j - start + 1;
		} else {
			start = j + 1;
			j = start;
			k = 1;
			*period = 1;
		}
	}
	return start;
}

/* A critical factorization: the needle is cut in two where this says. */
static u64 helper_cut_needle(struct needle_search *s, u64 *period)
{
	u64 period1, period2;
	u64 cut1 = helper_greatest_suffix(s, false, &period1);
	u64 cut2 = helper_greatest_suffix(s, true, &period2);

	*period = cut1 > cut2 ? period1 : period2;
	return max(cut1, cut2);
}

/* Where the needle's right part first differs from the haystack at @pos. */
static u64 helper_match_right(struct needle_search *s, u64 pos, u64 i)
{
	while (i < s->m && READ_ONCE(s->x[i]) == READ_ONCE(s->y[pos + i]) &&
	       helper_account_work(s, 1))
		i++;
	return i;
}

static u64 helper_match_left(struct needle_search *s, u64 pos, u64 i, u64 known)
{
	while (i > known &&
	       READ_ONCE(s->x[i - 1]) == READ_ONCE(s->y[pos + i - 1]) &&
	       helper_account_work(s, 1))
		i--;
	return i;
}

/*
 * The two-way algorithm of Crochemore and Perrin: linear time whatever the
 * bytes. @known counts the needle's first bytes known to match at @pos.
 */
static u64 helper_search_two_way(struct needle_search *s, u64 pos)
{
	u64 period, i, known = 0;
	u64 cut = helper_cut_needle(s, &period);
	bool periodic = cut <= period &&
		helper_common_prefix(s, s->x, s->x + period, cut) == cut;

	if (!periodic)
		period = max(cut, s->m - cut) + 1;
	while (pos <= s->n - s->m && !s->hdr->status &&
	       helper_reach_end(s, pos + s->m)) {
		i = helper_match_right(s, pos, max(cut, known));
		if (i < s->m) {
			pos += i - cut + 1;
			known = 0;
			continue;
		}
		if (helper_match_left(s, pos, cut, known) <= known)
			return pos;
		pos += period;
		known = periodic ? s->m - period : 0;
	}
	return NOT_FOUND;
}

/*
 * Compares the needle where its first and last byte fit. When that turns out
 * to be often in vain, the rest is left to the two-way algorithm, which is
 * slower on ordinary bytes.
 */
static u64 helper_search_needle(struct needle_search *s)
{
	u64 end = s->n - s->m + 1;
	u8 first = READ_ONCE(s->x[0]), last = READ_ONCE(s->x[s->m - 1]);
	u64 pos = 0, vain = 0;
	u64 n, hit;

	while (pos < end && vain <= 2 * pos + SECTION) {
		n = min(end - pos, helper_next_stride(pos));
		if (!helper_reach_end(s, pos + n + s->m - 1))
			return NOT_FOUND;
		hit = bpf_lambda_bulk_find_pair(s->y + pos, n, s->m - 1, first,
						last);
		pos += hit;
		if (!helper_account_work(s, hit))
			return NOT_FOUND;
		if (hit == n)
			continue;
		n = helper_common_prefix(s, s->x, s->y + pos, s->m);
		if (n == s->m)
			return pos;
		if (s->hdr->status)
			return NOT_FOUND;
		vain += 64 + n;
		pos++;
	}
	return pos < end ? helper_search_two_way(s, pos) : NOT_FOUND;
}

/* Index of the first match, or NOT_FOUND; the ranges are checked. */
static u64 helper_find_bytes(struct bpf_lambda_header *hdr, u32 hay,
			     u64 hay_len, u32 needle, u64 needle_len)
{
	struct needle_search s = {
		.hdr = hdr,
		.x = helper_host_addr(hdr, needle),
		.m = needle_len,
		.y = helper_host_addr(hdr, hay),
		.n = hay_len,
		.hay = hay,
	};

	if (!needle_len)
		return 0;
	if (needle_len > hay_len ||
	    !helper_populate_all(hdr, needle, needle_len))
		return NOT_FOUND;
	if (needle_len == 1)
		return helper_find_byte(hdr, hay, READ_ONCE(*s.x), hay_len);
	return helper_search_needle(&s);
}

u64 bpf_lambda_memmem(struct bpf_lambda_header *hdr, u64 hay, u64 hay_len,
		      u64 needle, u64 needle_len)
{
	u64 hit;

	if (!bpf_lambda_helper_check(hdr, hay, hay_len, false) ||
	    !bpf_lambda_helper_check(hdr, needle, needle_len, false))
		return 0;
	hit = helper_find_bytes(hdr, hay, helper_affordable_bytes(hdr, hay_len),
				needle, needle_len);
	return helper_pay_search(hdr, hay, hay_len, hit, needle_len);
}
