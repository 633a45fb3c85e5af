// SPDX-License-Identifier: GPL-2.0-only
/*
 * Searching, comparing and summing memory for λs on x86-64.
 *
 * Searching and comparing use SSE2, which every x86-64 has; wider vectors
 * would gain little over the price of kernel_fpu_begin(), which is paid every
 * 4 KiB so that preemption is never off for long. CRC-32C needs no vectors, it
 * has an instruction on integer registers.
 */
#include <linux/bitops.h>
#include <linux/cache.h>
#include <linux/compiler.h>
#include <linux/cpufeature.h>
#include <linux/crc32.h>
#include <linux/init.h>
#include <linux/minmax.h>
#include <linux/sizes.h>
#include <asm/byteorder.h>
#include <asm/fpu/api.h>

#include "bulk.h"

#define VECTORS_MIN	256	/* bytes below which vectors do not pay */
#define SECTION		SZ_4K	/* bytes in one vector section */

#define ONES		0x0101010101010101ULL

/* One load and no other, of memory that others may be changing. */
static u64 bulk_load_word(const u8 *p)
{
	return READ_ONCE(*(const u64 *)p);
}

static int bulk_order_of(u64 a, u64 b)
{
	return be64_to_cpu((__force __be64)a) <
	       be64_to_cpu((__force __be64)b) ? -1 : 1;
}

static size_t bulk_compare_words(const u8 *a, const u8 *b, size_t n, int *order)
{
	size_t i;

	for (i = 0; i + 8 <= n; i += 8) {
		u64 x = bulk_load_word(a + i), y = bulk_load_word(b + i);

		if (x != y) {
			*order = bulk_order_of(x, y);
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

/* How many leading 64-byte blocks are equal, in bytes; @n > 0 of them. */
static size_t bulk_skip_equal(const u8 *a, const u8 *b, size_t n)
{
	size_t i = 0;
	u32 same;

	asm volatile("1:\tmovdqu (%[a],%[i]), %%xmm0\n\t"
		     "movdqu 16(%[a],%[i]), %%xmm1\n\t"
		     "movdqu 32(%[a],%[i]), %%xmm2\n\t"
		     "movdqu 48(%[a],%[i]), %%xmm3\n\t"
		     "movdqu (%[b],%[i]), %%xmm4\n\t"
		     "movdqu 16(%[b],%[i]), %%xmm5\n\t"
		     "movdqu 32(%[b],%[i]), %%xmm6\n\t"
		     "movdqu 48(%[b],%[i]), %%xmm7\n\t"
		     "pcmpeqb %%xmm4, %%xmm0\n\t"
		     "pcmpeqb %%xmm5, %%xmm1\n\t"
		     "pcmpeqb %%xmm6, %%xmm2\n\t"
		     "pcmpeqb %%xmm7, %%xmm3\n\t"
		     "pand %%xmm1, %%xmm0\n\t"
		     "pand %%xmm3, %%xmm2\n\t"
		     "pand %%xmm2, %%xmm0\n\t"
		     "pmovmskb %%xmm0, %[same]\n\t"
		     "cmp $0xffff, %[same]\n\t"
		     "jne 2f\n\t"
		     "add $64, %[i]\n\t"
		     "cmp %[n], %[i]\n\t"
		     "jb 1b\n"
		     "2:"
		     : [i] "+r" (i), [same] "=&r" (same)
		     : [a] "r" (a), [b] "r" (b), [n] "r" (n)
		     : "memory", "cc");
	return i;
}

size_t bpf_lambda_bulk_compare(const u8 *a, const u8 *b, size_t n, int *order)
{
	size_t head = min_t(size_t, n, 64);
	size_t i = bulk_compare_words(a, b, head, order);

	if (i < head)
		return i;
	while (n - i >= VECTORS_MIN) {
		size_t len = round_down(min_t(size_t, n - i, SECTION), 64);
		size_t end = i + len;
		size_t same;

		kernel_fpu_begin();
		i += bulk_skip_equal(a + i, b + i, len);
		kernel_fpu_end();
		if (i == end)
			continue;
		same = bulk_compare_words(a + i, b + i, 64, order);
		i += same;
		if (same < 64)
			return i;
	}
	return i + bulk_compare_words(a + i, b + i, n - i, order);
}

/* The highest bit of each byte of @x that is zero; others above it may be. */
static u64 bulk_zero_bytes(u64 x)
{
	return (x - ONES) & ~x & (ONES << 7);
}

static size_t bulk_find_by_words(const u8 *p, size_t n, u8 byte)
{
	size_t i;
	u64 hits;

	for (i = 0; i + 8 <= n; i += 8) {
		hits = bulk_zero_bytes(bulk_load_word(p + i) ^ (ONES * byte));
		if (hits)
			return i + __ffs64(hits) / 8;
	}
	while (i < n && READ_ONCE(p[i]) != byte)
		i++;
	return i;
}

/* How many leading 64-byte blocks lack the byte, in bytes; @n > 0 of them. */
static size_t bulk_skip_blocks(const u8 *p, size_t n, u8 byte)
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

size_t bpf_lambda_bulk_find(const u8 *p, size_t n, u8 byte)
{
	size_t i = 0;

	while (n - i >= VECTORS_MIN) {
		size_t len = round_down(min_t(size_t, n - i, SECTION), 64);
		size_t end = i + len;
		size_t hit;

		kernel_fpu_begin();
		i += bulk_skip_blocks(p + i, len, byte);
		kernel_fpu_end();
		if (i == end)
			continue;
		hit = bulk_find_by_words(p + i, 64, byte);
		i += hit;
		if (hit < 64)
			return i;
	}
	return i + bulk_find_by_words(p + i, n - i, byte);
}

/* The first candidate among @n positions, a positive multiple of 16, or @n. */
static size_t bulk_skip_pairs(const u8 *p, size_t n, size_t gap, u8 first,
			      u8 last)
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

size_t bpf_lambda_bulk_find_pair(const u8 *p, size_t n, size_t gap, u8 first,
				 u8 last)
{
	size_t i = 0;

	while (n - i >= VECTORS_MIN) {
		size_t len = round_down(min_t(size_t, n - i, SECTION), 16);
		size_t skipped;

		kernel_fpu_begin();
		skipped = bulk_skip_pairs(p + i, len, gap, first, last);
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

/*
 * The crc32 instruction takes three cycles but a new one can start each cycle,
 * so three strips of this many bytes are summed side by side.
 */
#define STRIP		SZ_1K

/* What a CRC with only byte i set to v becomes after STRIP zero bytes. */
static u32 after_strip[4][256] __ro_after_init;

static u32 bulk_shift_strip(u32 crc)
{
	return after_strip[0][crc & 0xff] ^ after_strip[1][crc >> 8 & 0xff] ^
	       after_strip[2][crc >> 16 & 0xff] ^ after_strip[3][crc >> 24];
}

static u64 bulk_crc32c_word(u64 sum, const u8 *p)
{
	asm("crc32q %1, %0" : "+r" (sum) : "rm" (bulk_load_word(p)));
	return sum;
}

static u32 bulk_crc32c_three_strips(u32 crc, const u8 *p)
{
	u64 sum0 = crc, sum1 = 0, sum2 = 0;
	size_t i;

	for (i = 0; i < STRIP; i += 8) {
		sum0 = bulk_crc32c_word(sum0, p + i);
		sum1 = bulk_crc32c_word(sum1, p + i + STRIP);
		sum2 = bulk_crc32c_word(sum2, p + i + 2 * STRIP);
	}
	return bulk_shift_strip(bulk_shift_strip(sum0) ^ sum1) ^ sum2;
}

static u32 bulk_crc32c_by_instruction(u32 crc, const u8 *p, size_t n)
{
	u64 sum = crc;
	size_t i;

	for (i = 0; i + 3 * STRIP <= n; i += 3 * STRIP)
		sum = bulk_crc32c_three_strips(sum, p + i);
	for (; i + 8 <= n; i += 8)
		sum = bulk_crc32c_word(sum, p + i);
	for (; i < n; i++)
		asm("crc32b %1, %k0" : "+r" (sum) : "rm" (READ_ONCE(p[i])));
	return sum;
}

u32 bpf_lambda_bulk_crc32c(u32 crc, const u8 *p, size_t n)
{
	if (static_cpu_has(X86_FEATURE_XMM4_2))
		return bulk_crc32c_by_instruction(crc, p, n);
	return __crc32c_le(crc, p, n);
}

static int __init bulk_init(void)
{
	u32 i, v, low;

	for (i = 0; i < 4; i++) {
		for (v = 1; v < 256; v++) {
			low = v & -v;
			after_strip[i][v] = low == v ?
				__crc32c_le_shift(v << 8 * i, STRIP) :
				after_strip[i][low] ^ after_strip[i][v ^ low];
		}
	}
	return 0;
}
core_initcall(bulk_init);
