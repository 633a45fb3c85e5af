// SPDX-License-Identifier: GPL-2.0-only
/*
 * The short way into helpers of λs, for the calls that most are: over a few bytes
 * that are there, with enough left of the quantum.
 *
 * Such a call is a range compared, a few words read or written, and the price
 * taken from what backward jumps are left. All else is left to helpers.c, which
 * these begin to do nothing of: a range that is not checked here may still be a
 * good one, and its pages may still appear. What a call does, costs and returns is
 * the same on either way.
 *
 * With the quantum used up a call takes the other way, which looks at signals; so
 * calls in a row are no way around the ticks.
 */
#include <linux/minmax.h>
#include <linux/uaccess.h>
#include <asm/asm.h>

#include "bulk.h"
#include "internal.h"

/* Most bytes that are done here: of what words are fast for. */
#define SHORT_COPY	256
#define SHORT_SET	1024
#define SHORT_LOOK	128
#define SHORT_SUM	512

#define ONES		0x0101010101010101ull

/* A call, as the thunks hand it over: see bpf_lambda_thunk.S. */
struct short_call {
	struct bpf_lambda_header *hdr;
	u64 len;
	s64 ticks;	/* left when it is paid; negative: not here */
};

static struct short_call short_begin(const u8 *base, u64 len, s64 ticks)
{
	return (struct short_call) {
		.hdr = (void *)(base - BPF_LAMBDA_GUARD),
		.len = len,
		.ticks = ticks - (s64)(1 + len / SBPF_HELPER_GRAIN),
	};
}

static u8 *short_addr(const struct short_call *call, u64 addr)
{
	return call->hdr->window->base + (u32)addr;
}

static struct bpf_lambda_short short_end(const struct short_call *call, u64 ret)
{
	call->hdr->helper_bytes += call->len;
	return (struct bpf_lambda_short) { ret, call->ticks };
}

/* What helpers.c says, as the thunks take it: negative ends the run. */
static noinline struct bpf_lambda_short
short_slow(u64 (*helper)(struct bpf_lambda_header *hdr, u64 a, u64 b, u64 c,
			 u64 d),
	   struct bpf_lambda_header *hdr, u64 a, u64 b, u64 c, s64 ticks)
{
	u64 ret;

	hdr->ticks = ticks;
	ret = helper(hdr, a, b, c, 0);
	return (struct bpf_lambda_short) { ret, hdr->status ? -1 :
						(s64)hdr->ticks };
}

static bool short_is_within(const struct bpf_lambda_segment *seg, u32 addr,
			    u32 len)
{
	return addr >= seg->start && addr <= seg->end && len <= seg->end - addr;
}

static bool short_is_mapped(struct bpf_lambda_window *w, u32 addr)
{
	pte_t *pte = bpf_lambda_find_pte(w, addr);

	return pte && pte_present(ptep_get(pte));
}

/* Output may be written where its pages have appeared. */
static bool short_may_write(struct bpf_lambda_window *w, u32 addr, u32 len)
{
	return short_is_within(&w->layout.segs[BPF_LAMBDA_SEG_OUT], addr, len) &&
	       (!len || (short_is_mapped(w, addr) &&
			 short_is_mapped(w, addr + len - 1)));
}

/* All of the input is there before a run begins, and the arguments are. */
static bool short_may_read(struct bpf_lambda_window *w, u32 addr, u32 len)
{
	return short_is_within(&w->layout.segs[BPF_LAMBDA_SEG_IN], addr, len) ||
	       short_is_within(&w->layout.segs[BPF_LAMBDA_SEG_ARGS], addr, len) ||
	       short_may_write(w, addr, len);
}

static u64 short_load(const u8 *p)
{
	return READ_ONCE(*(const u64 *)p);
}

/* The 0x80 bits of bytes that are @pattern's, right up to the first. */
static u64 short_hits(const u8 *p, u64 pattern)
{
	u64 x = short_load(p) ^ pattern;

	return (x - ONES) & ~x & (ONES << 7);
}

/* Index of the first byte of @pattern among @n, or @n. */
static u32 short_find(const u8 *p, u32 n, u64 pattern)
{
	u32 i;
	u64 hits;

	for (i = 0; i + 8 <= n; i += 8) {
		hits = short_hits(p + i, pattern);
		if (hits)
			return i + __ffs64(hits) / 8;
	}
	if (i < n && n >= 8) {
		hits = short_hits(p + n - 8, pattern);
		return hits ? n - 8 + __ffs64(hits) / 8 : n;
	}
	while (i < n && READ_ONCE(p[i]) != (u8)pattern)
		i++;
	return i;
}

/* It pays for what it looks at, which is seldom all that it is told to. */
struct bpf_lambda_short bpf_lambda_short_memchr(u64 p, u64 byte, u64 len,
						u64 unused, u8 *base, s64 ticks)
{
	u32 n = min_t(u64, len, SHORT_LOOK), hit;
	struct short_call call = short_begin(base, n, ticks);

	if (call.ticks < 0 || len > U32_MAX ||
	    !short_may_read(call.hdr->window, p, len))
		goto slow;
	hit = short_find(short_addr(&call, p), n, ONES * (u8)byte);
	if (hit < n) {
		call = short_begin(base, hit + 1, ticks);
		return short_end(&call, (u32)(p + hit));
	}
	if (n == len)
		return short_end(&call, 0);
slow:
	return short_slow(bpf_lambda_memchr, call.hdr, p, byte, len, ticks);
}

static void short_set(u8 *p, u32 len, u64 word)
{
	u32 i;

	if (len < 8) {
		while (len--)
			*p++ = word;
		return;
	}
	for (i = 0; i + 8 < len; i += 8)
		*(u64 *)(p + i) = word;
	*(u64 *)(p + len - 8) = word;
}

struct bpf_lambda_short bpf_lambda_short_memset(u64 dst, u64 byte, u64 len,
						u64 unused, u8 *base, s64 ticks)
{
	struct short_call call = short_begin(base, len, ticks);

	if (call.ticks < 0 || len > SHORT_SET ||
	    !short_may_write(call.hdr->window, dst, len))
		return short_slow(bpf_lambda_memset, call.hdr, dst, byte, len,
				  ticks);
	short_set(short_addr(&call, dst), len, ONES * (u8)byte);
	return short_end(&call, (u32)dst);
}

/* One load of what may be poisoned, as copy_mc_to_kernel() makes them. */
#define short_load_mc(to, insn, p, poisoned)				\
	asm goto("1: " insn " %[from], %[value]\n"			\
		 _ASM_EXTABLE_TYPE(1b, %l[poisoned],			\
				   EX_TYPE_DEFAULT_MCE_SAFE)		\
		 : [value] "=r" (to)					\
		 : [from] "m" (*(p))					\
		 : : poisoned)

/* 8 bytes or more. Return: none of them is poisoned. */
static bool short_copy_words(u8 *to, const u8 *from, u32 len)
{
	u64 word, last;
	u32 i;

	short_load_mc(last, "movq", (const u64 *)(from + len - 8), poisoned);
	for (i = 0; i + 8 < len; i += 8) {
		short_load_mc(word, "movq", (const u64 *)(from + i), poisoned);
		*(u64 *)(to + i) = word;
	}
	*(u64 *)(to + len - 8) = last;
	return true;
poisoned:
	return false;
}

static bool short_copy(u8 *to, const u8 *from, u32 len)
{
	u32 byte;

	if (len >= 8)
		return short_copy_words(to, from, len);
	while (len--) {
		short_load_mc(byte, "movzbl", from++, poisoned);
		*to++ = byte;
	}
	return true;
poisoned:
	return false;
}

/* To output from what lies elsewhere; the rest may overlap. */
struct bpf_lambda_short bpf_lambda_short_memcpy(u64 dst, u64 src, u64 len,
						u64 unused, u8 *base, s64 ticks)
{
	struct short_call call = short_begin(base, len, ticks);

	if (call.ticks < 0 || len > SHORT_COPY ||
	    !short_may_write(call.hdr->window, dst, len) ||
	    short_is_within(&call.hdr->window->layout.segs[BPF_LAMBDA_SEG_OUT],
			    src, len) ||
	    !short_may_read(call.hdr->window, src, len))
		return short_slow(bpf_lambda_memcpy, call.hdr, dst, src, len,
				  ticks);
	if (short_copy(short_addr(&call, dst), short_addr(&call, src), len))
		return short_end(&call, (u32)dst);
	call.hdr->ticks = ticks;
	call.hdr->error = -EIO;
	call.hdr->status = LAMBDA_STATUS_NOT_RUN;
	return (struct bpf_lambda_short) { 0, -1 };
}

/* -1, 0 or 1, by the first bytes that differ, of at most SHORT_LOOK. */
static s64 short_compare(const u8 *a, const u8 *b, u32 len)
{
	u32 i;
	u64 x, y;

	for (i = 0; i + 8 <= len; i += 8) {
		x = be64_to_cpu((__force __be64)short_load(a + i));
		y = be64_to_cpu((__force __be64)short_load(b + i));
		if (x != y)
			return x < y ? -1 : 1;
	}
	for (; i < len; i++) {
		x = READ_ONCE(a[i]);
		y = READ_ONCE(b[i]);
		if (x != y)
			return x < y ? -1 : 1;
	}
	return 0;
}

struct bpf_lambda_short bpf_lambda_short_memcmp(u64 a, u64 b, u64 len,
						u64 unused, u8 *base, s64 ticks)
{
	struct short_call call = short_begin(base, len, ticks);

	if (call.ticks < 0 || len > SHORT_LOOK ||
	    !short_may_read(call.hdr->window, a, len) ||
	    !short_may_read(call.hdr->window, b, len))
		return short_slow(bpf_lambda_memcmp, call.hdr, a, b, len,
				  ticks);
	return short_end(&call, short_compare(short_addr(&call, a),
					      short_addr(&call, b), len));
}

struct bpf_lambda_short bpf_lambda_short_crc32c(u64 crc, u64 p, u64 len,
						u64 unused, u8 *base, s64 ticks)
{
	struct short_call call = short_begin(base, len, ticks);

	if (call.ticks < 0 || len > SHORT_SUM ||
	    !short_may_read(call.hdr->window, p, len))
		return short_slow(bpf_lambda_crc32c, call.hdr, crc, p, len,
				  ticks);
	return short_end(&call,
			 bpf_lambda_bulk_crc32c(crc, short_addr(&call, p),
						len));
}
