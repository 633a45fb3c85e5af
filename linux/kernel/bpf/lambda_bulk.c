// SPDX-License-Identifier: GPL-2.0-only
/*
 * Searching, comparing and summing memory for λs on x86-64.
 *
 * Searches use SSE2, which every x86-64 has; wider vectors would gain little
 * over the price of kernel_fpu_begin(), which is paid every 4 KiB so that
 * preemption is never off for long. Comparing needs no vectors: 64-bit loads
 * keep up with memory. Nor does CRC-32C, which has an instruction on integer
 * registers.
 */
#include <linux/bitops.h>
#include <linux/compiler.h>
#include <linux/crc32.h>
#include <linux/minmax.h>
#include <linux/sizes.h>
#include <asm/byteorder.h>
#include <asm/cpufeature.h>
#include <asm/fpu/api.h>

#include "lambda_bulk.h"

#define VECTORS_MIN	256	/* bytes below which vectors do not pay */
#define SECTION		SZ_4K	/* bytes in one vector section */

#define ONES		0x0101010101010101ULL

/* One load and no other, of memory that others may be changing. */
static u64 load(const u8 *p)
{
	return READ_ONCE(*(const u64 *)p);
}

static int order_of(u64 a, u64 b)
{
	return be64_to_cpu((__force __be64)a) <
	       be64_to_cpu((__force __be64)b) ? -1 : 1;
}

/* The first of four words that differs, or 32 bytes that are all equal. */
static size_t equal_blocks(const u8 *a, const u8 *b, size_t n)
{
	size_t i;

	for (i = 0; i + 32 <= n; i += 32)
		if ((load(a + i) ^ load(b + i)) |
		    (load(a + i + 8) ^ load(b + i + 8)) |
		    (load(a + i + 16) ^ load(b + i + 16)) |
		    (load(a + i + 24) ^ load(b + i + 24)))
			break;
	return i;
}

size_t lambda_bulk_compare(const u8 *a, const u8 *b, size_t n, int *order)
{
	size_t i = equal_blocks(a, b, n);

	for (; i + 8 <= n; i += 8) {
		u64 x = load(a + i), y = load(b + i);

		if (x != y) {
			*order = order_of(x, y);
			return i + __ffs64(x ^ y) / 8;
		}
	}
	for (; i < n; i++) {
		u8 x = READ_ONCE(a[i]), y = READ_ONCE(b[i]);

		if (x != y) {
			*order = x < y ? -1 : 1;
			return i;
		}
	}
	return n;
}

/* The highest bit of each byte of @x that is zero; others above it may be. */
static u64 zero_bytes(u64 x)
{
	return (x - ONES) & ~x & (ONES << 7);
}

static size_t find_by_words(const u8 *p, size_t n, u8 byte)
{
	size_t i;
	u64 hits;

	for (i = 0; i + 8 <= n; i += 8) {
		hits = zero_bytes(load(p + i) ^ (ONES * byte));
		if (hits)
			return i + __ffs64(hits) / 8;
	}
	while (i < n && READ_ONCE(p[i]) != byte)
		i++;
	return i;
}

/* How many leading 64-byte blocks lack the byte, in bytes; @n > 0 of them. */
static size_t skip_blocks(const u8 *p, size_t n, u8 byte)
{
	size_t i = 0;
	u32 hits;

	asm volatile("movq %[pattern], %%xmm0\n\t"
		     "punpcklqdq %%xmm0, %%xmm0\n"
		     "1:\tmovdqu (%[p],%[i]), %%xmm1\n\t"
		     "movdqu 16(%[p],%[i]), %%xmm2\n\t"
		     "movdqu 32(%[p],%[i]), %%xmm3\n\t"
		     "movdqu 48(%[p],%[i]), %%xmm4\n\t"
		     "pcmpeqb %%xmm0, %%xmm1\n\t"
		     "pcmpeqb %%xmm0, %%xmm2\n\t"
		     "pcmpeqb %%xmm0, %%xmm3\n\t"
		     "pcmpeqb %%xmm0, %%xmm4\n\t"
		     "por %%xmm2, %%xmm1\n\t"
		     "por %%xmm4, %%xmm3\n\t"
		     "por %%xmm3, %%xmm1\n\t"
		     "pmovmskb %%xmm1, %[hits]\n\t"
		     "test %[hits], %[hits]\n\t"
		     "jnz 2f\n\t"
		     "add $64, %[i]\n\t"
		     "cmp %[n], %[i]\n\t"
		     "jb 1b\n"
		     "2:"
		     : [i] "+r" (i), [hits] "=&r" (hits)
		     : [p] "r" (p), [n] "r" (n), [pattern] "r" (ONES * byte)
		     : "memory", "cc");
	return i;
}

size_t lambda_bulk_find(const u8 *p, size_t n, u8 byte)
{
	size_t i = 0;

	while (n - i >= VECTORS_MIN) {
		size_t len = round_down(min_t(size_t, n - i, SECTION), 64);
		size_t end = i + len;
		size_t skipped, hit;

		kernel_fpu_begin();
		skipped = skip_blocks(p + i, len, byte);
		kernel_fpu_end();
		i += skipped;
		if (i == end)
			continue;
		hit = find_by_words(p + i, 64, byte);
		i += hit;
		if (hit < 64)
			return i;
	}
	return i + find_by_words(p + i, n - i, byte);
}

/* The first candidate among @n positions, a positive multiple of 16, or @n. */
static size_t skip_pairs(const u8 *p, size_t n, size_t gap, u8 first, u8 last)
{
	size_t i = 0;
	u32 hits;

	asm volatile("movq %[first], %%xmm0\n\t"
		     "movq %[last], %%xmm1\n\t"
		     "punpcklqdq %%xmm0, %%xmm0\n\t"
		     "punpcklqdq %%xmm1, %%xmm1\n"
		     "1:\tmovdqu (%[p],%[i]), %%xmm2\n\t"
		     "movdqu (%[q],%[i]), %%xmm3\n\t"
		     "pcmpeqb %%xmm0, %%xmm2\n\t"
		     "pcmpeqb %%xmm1, %%xmm3\n\t"
		     "pand %%xmm3, %%xmm2\n\t"
		     "pmovmskb %%xmm2, %[hits]\n\t"
		     "test %[hits], %[hits]\n\t"
		     "jnz 2f\n\t"
		     "add $16, %[i]\n\t"
		     "cmp %[n], %[i]\n\t"
		     "jb 1b\n"
		     "2:"
		     : [i] "+r" (i), [hits] "=&r" (hits)
		     : [p] "r" (p), [q] "r" (p + gap), [n] "r" (n),
		       [first] "r" (ONES * first), [last] "r" (ONES * last)
		     : "memory", "cc");
	return hits ? i + __ffs(hits) : n;
}

size_t lambda_bulk_find_pair(const u8 *p, size_t n, size_t gap, u8 first,
			     u8 last)
{
	size_t i = 0;

	while (n - i >= VECTORS_MIN) {
		size_t len = round_down(min_t(size_t, n - i, SECTION), 16);
		size_t skipped;

		kernel_fpu_begin();
		skipped = skip_pairs(p + i, len, gap, first, last);
		kernel_fpu_end();
		i += skipped;
		if (skipped < len)
			return i;
	}
	while (i < n && (READ_ONCE(p[i]) != first ||
			 READ_ONCE(p[i + gap]) != last))
		i++;
	return i;
}

static u32 crc32c_by_instruction(u32 crc, const u8 *p, size_t n)
{
	u64 sum = crc;
	size_t i;

	for (i = 0; i + 8 <= n; i += 8)
		asm("crc32q %1, %0" : "+r" (sum) : "rm" (load(p + i)));
	for (; i < n; i++)
		asm("crc32b %1, %k0" : "+r" (sum) : "rm" (p[i]));
	return sum;
}

u32 lambda_bulk_crc32c(u32 crc, const u8 *p, size_t n)
{
	if (static_cpu_has(X86_FEATURE_XMM4_2))
		return crc32c_by_instruction(crc, p, n);
	return __crc32c_le(crc, p, n);
}
