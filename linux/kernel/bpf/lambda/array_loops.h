/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the loops over arrays of integers and of floats have in common. */
#ifndef _KERNEL_BPF_LAMBDA_ARRAY_LOOPS_H
#define _KERNEL_BPF_LAMBDA_ARRAY_LOOPS_H

#include <linux/stddef.h>

#include "array.h"

/* The kernel has these; nobody else is sure to. */
#ifndef __always_inline
#define __always_inline inline __attribute__((__always_inline__))
#endif
#ifndef noinline
#define noinline __attribute__((__noinline__))
#endif
#ifndef __aligned
#define __aligned(n) __attribute__((__aligned__(n)))
#endif
#define __may_alias __attribute__((__may_alias__))

#ifdef __KERNEL__
/*
 * Labels in front of a file's code and behind it: arch/x86/net/bpf_lambda.c has to
 * know of a machine check that it was there.
 */
#define ARRAY_FILE "lambda_" KBUILD_BASENAME
asm(".globl " ARRAY_FILE "_begin, " ARRAY_FILE "_end\n\t"
	".pushsection .text, 0\n" ARRAY_FILE "_begin:\n\t.popsection\n\t"
	".pushsection .text, 1\n" ARRAY_FILE "_end:\n\t.popsection");
#endif

/* In memory, anywhere. */
typedef __u8 __may_alias array_u8;
typedef __u16 __aligned(1) __may_alias array_u16;
typedef __u32 __aligned(1) __may_alias array_u32;
typedef __u64 __aligned(1) __may_alias array_u64;

/* The functions that are compiled for more than one kind of processor. */
#ifdef ARRAY_AVX2
#define ARRAY_STEP sbpf_array_step_avx2
#define ARRAY_STEP_FLOAT sbpf_array_step_float_avx2
#else
#define ARRAY_STEP sbpf_array_step
#define ARRAY_STEP_FLOAT sbpf_array_step_float
#endif

/* As sbpf_array_step(), of @nr elements at @x and @y; the answers go to @to. */
void ARRAY_STEP_FLOAT(struct sbpf_array *a, const __u8 *x, const __u8 *y,
		      __u8 *to, __u64 nr);

/*
 * In a loop that is short, or would be, as it is what vectors leave over: the
 * compiler makes none of it.
 */
static __always_inline void array_loops_no_vectors(void)
{
	__asm__ volatile("");
}

/* Elements of which sums are narrow, so that vectors have more of them. */
#define ARRAY_BLOCK	4096u

static __always_inline __u64 array_loops_block_end(__u64 i, __u64 nr)
{
	return nr - i < ARRAY_BLOCK ? nr : i + ARRAY_BLOCK;
}

/* How elements compare; what else there is follows from these. */
enum array_how {
	ARRAY_LT,
	ARRAY_LE,
	ARRAY_EQ,
};

static __always_inline __u32 array_loops_popcount(__u64 x)
{
	x -= x >> 1 & 0x5555555555555555ull;
	x = (x & 0x3333333333333333ull) + (x >> 2 & 0x3333333333333333ull);
	x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0full;
	return x * 0x0101010101010101ull >> 56;
}

typedef char array_v16 __attribute__((__vector_size__(16), __aligned__(1)))
	__may_alias;
typedef char array_v32 __attribute__((__vector_size__(32), __aligned__(1)))
	__may_alias;

/* A bit for each of 64 bytes that are 0 or 0xff. */
static __always_inline __u64 array_loops_word(const __u8 *flags)
{
	__u64 word = 0;
	__u32 k;

#if defined(__AVX2__)
	for (k = 0; k < 64; k += 32) {
		array_v32 v = *(const array_v32 *)(flags + k);

		word |= (__u64)(__u32)__builtin_ia32_pmovmskb256(v) << k;
	}
#elif defined(__SSE2__)
	for (k = 0; k < 64; k += 16) {
		array_v16 v = *(const array_v16 *)(flags + k);

		word |= (__u64)(__u32)__builtin_ia32_pmovmskb128(v) << k;
	}
#else
	for (k = 0; k < 64; k += 8)
		word |= ((*(const array_u64 *)(flags + k) &
			  0x0101010101010101ull) *
			 0x0102040810204080ull >> 56) << k;
#endif
	return word;
}

/* Counts the answers for @n elements from @i on, and stores them, if anywhere. */
static __always_inline void array_loops_put_word(struct sbpf_array *a,
						 __u8 *bits,
						 __u64 i, __u32 n, __u64 word,
						 bool invert)
{
	if (invert)
		word ^= ~0ull >> (64 - n);
	a->found += array_loops_popcount(word);
	if (bits)
		*(array_u64 *)(bits + i / 64 * 8) = word;
}

#endif /* _KERNEL_BPF_LAMBDA_ARRAY_LOOPS_H */
