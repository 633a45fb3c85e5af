/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Helpers over arrays: one call for what a loop would do to each element, at the
 * speed of vectors. Documentation/bpf/prog_lambda.rst of the kernel has the table
 * of them, and what each bit of a result is.
 *
 *	#include "lambda_array.h"
 *
 *	struct sbpf_fold all;
 *
 *	lambda_fold(SBPF_TYPE_S32, &all, lambda_in(ctx), ctx->in_len);
 *
 * Operation and type are constants, for they are a part of which helper it is.
 * Lengths are bytes. Results of floats are the bits of a double.
 */
#ifndef LAMBDA_ARRAY_H
#define LAMBDA_ARRAY_H

#include "lambda_bpf.h"

#define lambda_array_inline static inline __attribute__((always_inline))

#ifdef __bpf__

typedef __u64 lambda_array_3(const void *a, const void *b, __u64 c);
typedef __u64 lambda_array_4(const void *a, const void *b, __u64 c, __u64 d);

#define lambda_array_call_3(id, a, b, c) \
	(((lambda_array_3 *)(__u64)(id))(a, b, c))
#define lambda_array_call_4(id, a, b, c, d) \
	(((lambda_array_4 *)(__u64)(id))(a, b, c, d))

/* Least, greatest, sum and number of the elements at @p. */
lambda_array_inline __u64 lambda_fold(enum sbpf_type type,
				      struct sbpf_fold *out, const void *p,
				      __u64 len)
{
	return lambda_array_call_3(SBPF_HELPER_OF(SBPF_OP_FOLD, type), out, p,
				   len);
}

/* SBPF_OP_DOT, SQDIFF, ABSDIFF or EQUAL. */
lambda_array_inline __u64 lambda_zip(enum sbpf_op op, enum sbpf_type type,
				     const void *a, const void *b, __u64 len)
{
	return lambda_array_call_3(SBPF_HELPER_OF(op, type), a, b, len);
}

/* SBPF_OP_LT, LE, EQ, NE, GE or GT: a bit for each element. */
lambda_array_inline __u64 lambda_compare(enum sbpf_op op, enum sbpf_type type,
					 __u64 *bits, const void *p, __u64 len,
					 __u64 value)
{
	return lambda_array_call_4(SBPF_HELPER_OF(op, type), bits, p, len,
				   value);
}

/* SBPF_OP_LT_EACH, LE_EACH, EQ_EACH or NE_EACH: a bit for each pair. */
lambda_array_inline __u64 lambda_compare_each(enum sbpf_op op,
					      enum sbpf_type type, __u64 *bits,
					      const void *a, const void *b,
					      __u64 len)
{
	return lambda_array_call_4(SBPF_HELPER_OF(op, type), bits, a, (__u64)b,
				   len);
}

/* Adds to @table how often each byte occurs. */
lambda_array_inline void lambda_histogram(__u64 table[256], const void *p,
					  __u64 len)
{
	lambda_array_call_3(SBPF_HELPER_HISTOGRAM, table, p, len);
}

/* Where the bytes of @set are; @at has room for @len. */
lambda_array_inline __u64 lambda_index(__u32 *at, const void *p, __u64 len,
				       __u64 set)
{
	return lambda_array_call_4(SBPF_HELPER_INDEX, at, p, len, set);
}

/* How many bits differ. */
lambda_array_inline __u64 lambda_hamming(const void *a, const void *b,
					 __u64 len)
{
	return lambda_array_call_3(SBPF_HELPER_HAMMING, a, b, len);
}

/* How many bits are left; @dst may be @a or @b. */
lambda_array_inline __u64 lambda_and(void *dst, const void *a, const void *b,
				     __u64 len)
{
	return lambda_array_call_4(SBPF_HELPER_AND, dst, a, (__u64)b, len);
}

lambda_array_inline __u64 lambda_or(void *dst, const void *a, const void *b,
				    __u64 len)
{
	return lambda_array_call_4(SBPF_HELPER_OR, dst, a, (__u64)b, len);
}

lambda_array_inline __u64 lambda_andnot(void *dst, const void *a,
					const void *b, __u64 len)
{
	return lambda_array_call_4(SBPF_HELPER_ANDNOT, dst, a, (__u64)b, len);
}

/* Elements of @size bytes, 1, 2, 4 or 8, whose bit is set; @dst may be @src. */
lambda_array_inline __u64 lambda_pack(__u64 size, void *dst, const void *src,
				      const __u64 *bits, __u64 len)
{
	return lambda_array_call_4(size == 1 ? SBPF_HELPER_PACK8 :
				   size == 2 ? SBPF_HELPER_PACK16 :
				   size == 4 ? SBPF_HELPER_PACK32 :
				   SBPF_HELPER_PACK64, dst, src, (__u64)bits,
				   len);
}

#else
#include "lambda_array_native.h"
#endif /* __bpf__ */

#endif /* LAMBDA_ARRAY_H */
