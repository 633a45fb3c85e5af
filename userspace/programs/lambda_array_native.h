/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * The helpers of lambda_array.h for native versions: plain loops, for each type its
 * own, of which compilers make vectors. Sums of floats are the helpers' bit by bit
 * where products and sums are not made one, with -ffp-contract=off.
 */
#ifndef LAMBDA_ARRAY_NATIVE_H
#define LAMBDA_ARRAY_NATIVE_H

/* Of a type in memory, at any address. */
#define lambda_array_memory __attribute__((aligned(1), may_alias))

#ifdef __SSE2__
typedef char __attribute__((vector_size(16))) lambda_array_vector;
#endif

/* A bit for each of 64 bytes that are 0 or 0xff. */
lambda_array_inline __u64 lambda_array_gather(const __u8 *flag)
{
	__u64 word = 0, k;
#ifdef __SSE2__
	lambda_array_vector v;

	for (k = 0; k < 64; k += sizeof(v)) {
		memcpy(&v, flag + k, sizeof(v));
		word |= (__u64)(__u32)__builtin_ia32_pmovmskb128(v) << k;
	}
#else
	for (k = 0; k < 64; k += 8)
		word |= ((lambda_load64(flag + k) & 0x0101010101010101ull) *
			 0x0102040810204080ull >> 56) << k;
#endif
	return word;
}

/* Comparisons of integers or floats. */
#define LAMBDA_ARRAY_COMPARE(name, value)				\
typedef value lambda_array_memory lambda_array_##name;			\
									\
lambda_array_inline int lambda_array_is_##name(enum sbpf_op op, value x, \
					       value y)			\
{									\
	switch (op) {							\
	case SBPF_OP_LT:						\
	case SBPF_OP_LT_EACH:						\
		return x < y;						\
	case SBPF_OP_LE:						\
	case SBPF_OP_LE_EACH:						\
		return x <= y;						\
	case SBPF_OP_NE:						\
	case SBPF_OP_NE_EACH:						\
		return x != y;						\
	case SBPF_OP_GE:						\
		return x >= y;						\
	case SBPF_OP_GT:						\
		return x > y;						\
	default:							\
		return x == y;						\
	}								\
}									\
									\
/* With the elements of @b, or where there is none with @bits_of. */	\
lambda_array_inline __u64						\
lambda_array_bits_##name(enum sbpf_op op, __u64 *bits, const void *a,	\
			 const void *b, __u64 bits_of, __u64 len)	\
{									\
	const lambda_array_##name *x = (const lambda_array_##name *)a;	\
	const lambda_array_##name *y = (const lambda_array_##name *)b;	\
	__u64 n = len / sizeof(value), count = 0, i, k;			\
	__u8 flag[64];							\
	value than;							\
									\
	memcpy(&than, &bits_of, sizeof(than));				\
	for (i = 0; i + 64 <= n; i += 64) {				\
		for (k = 0; k < 64; k++)				\
			flag[k] = (__u8)-lambda_array_is_##name(op,	\
					x[i + k], y ? y[i + k] : than);	\
		bits[i / 64] = lambda_array_gather(flag);		\
		count += (__u64)__builtin_popcountll(bits[i / 64]);	\
	}								\
	if (i == n)							\
		return count;						\
	memset(flag, 0, sizeof(flag));					\
	for (k = 0; i + k < n; k++)					\
		flag[k] = (__u8)-lambda_array_is_##name(op, x[i + k],	\
						y ? y[i + k] : than);	\
	bits[i / 64] = lambda_array_gather(flag);			\
	return count + (__u64)__builtin_popcountll(bits[i / 64]);	\
}									\
									\
lambda_array_inline __u64 lambda_array_equal_##name(const void *a,	\
						    const void *b,	\
						    __u64 len)		\
{									\
	const lambda_array_##name *x = (const lambda_array_##name *)a;	\
	const lambda_array_##name *y = (const lambda_array_##name *)b;	\
	__u64 n = len / sizeof(value), count = 0, i;			\
									\
	for (i = 0; i < n; i++)						\
		count += x[i] == y[i];					\
	return count;							\
}

/* Sums and extremes of integers. */
#define LAMBDA_ARRAY_INTEGERS(name, value, least, greatest)		\
LAMBDA_ARRAY_COMPARE(name, value)					\
									\
lambda_array_inline __u64 lambda_array_fold_##name(struct sbpf_fold *out, \
						   const void *p,	\
						   __u64 len)		\
{									\
	const lambda_array_##name *x = (const lambda_array_##name *)p;	\
	__u64 n = len / sizeof(value), sum = 0, i;			\
	value min = (value)(greatest), max = (value)(least);		\
									\
	for (i = 0; i < n; i++) {					\
		value v = x[i];						\
									\
		sum += (__u64)v;					\
		min = v < min ? v : min;				\
		max = v > max ? v : max;				\
	}								\
	out->min = (__u64)min;						\
	out->max = (__u64)max;						\
	out->sum = sum;							\
	out->count = n;							\
	return n;							\
}									\
									\
lambda_array_inline __u64 lambda_array_zip_##name(enum sbpf_op op,	\
						  const void *a,	\
						  const void *b,	\
						  __u64 len)		\
{									\
	const lambda_array_##name *x = (const lambda_array_##name *)a;	\
	const lambda_array_##name *y = (const lambda_array_##name *)b;	\
	__u64 n = len / sizeof(value), sum = 0, i;			\
									\
	for (i = 0; i < n; i++) {					\
		__u64 l = (__u64)x[i], r = (__u64)y[i], d = l - r;	\
									\
		sum += op == SBPF_OP_DOT ? l * r :			\
		       op == SBPF_OP_SQDIFF ? d * d :			\
		       x[i] > y[i] ? d : -d;				\
	}								\
	return sum;							\
}

LAMBDA_ARRAY_INTEGERS(u8, __u8, 0, ~0u)
LAMBDA_ARRAY_INTEGERS(s8, __s8, -0x80, 0x7f)
LAMBDA_ARRAY_INTEGERS(u16, __u16, 0, ~0u)
LAMBDA_ARRAY_INTEGERS(s16, __s16, -0x8000, 0x7fff)
LAMBDA_ARRAY_INTEGERS(u32, __u32, 0, ~0u)
LAMBDA_ARRAY_INTEGERS(s32, __s32, ~0u / 2 + 1, ~0u / 2)
LAMBDA_ARRAY_INTEGERS(u64, __u64, 0, ~0ull)
LAMBDA_ARRAY_INTEGERS(s64, __s64, ~0ull / 2 + 1, ~0ull / 2)

lambda_array_inline __u64 lambda_array_bits_of(double x)
{
	__u64 bits;

	memcpy(&bits, &x, sizeof(bits));
	return bits;
}

/* What orders floats: all but the sign inverted where that is set. Its own inverse. */
lambda_array_inline __s64 lambda_array_order(__u64 bits)
{
	return (__s64)(bits ^ (__u64)((__s64)bits >> 63) >> 1);
}

lambda_array_inline double lambda_array_term(enum sbpf_op op, double x,
					     double y)
{
	double d = x - y;

	return op == SBPF_OP_FOLD ? x : op == SBPF_OP_DOT ? x * y :
	       op == SBPF_OP_SQDIFF ? d * d : __builtin_fabs(d);
}

lambda_array_inline __u64 lambda_array_total(const double *lane)
{
	double sum = ((lane[0] + lane[4]) + (lane[2] + lane[6])) +
		     ((lane[1] + lane[5]) + (lane[3] + lane[7]));

	return sum == sum ? lambda_array_bits_of(sum) : 0x7ff8000000000000ull;
}

/* The same of floats, in eight sums. */
#define LAMBDA_ARRAY_FLOATS(name, value)				\
LAMBDA_ARRAY_COMPARE(name, value)					\
									\
lambda_array_inline __u64 lambda_array_zip_##name(enum sbpf_op op,	\
						  const void *a,	\
						  const void *b,	\
						  __u64 len)		\
{									\
	const lambda_array_##name *x = (const lambda_array_##name *)a;	\
	const lambda_array_##name *y = (const lambda_array_##name *)b;	\
	__u64 n = len / sizeof(value), i, k;				\
	double lane[8] = { 0 };						\
									\
	for (i = 0; i + 8 <= n; i += 8)					\
		for (k = 0; k < 8; k++)					\
			lane[k] += lambda_array_term(op, x[i + k],	\
						     y[i + k]);		\
	for (k = 0; i + k < n; k++)					\
		lane[k] += lambda_array_term(op, x[i + k], y[i + k]);	\
	return lambda_array_total(lane);				\
}									\
									\
lambda_array_inline __u64 lambda_array_fold_##name(struct sbpf_fold *out, \
						   const void *p,	\
						   __u64 len)		\
{									\
	const lambda_array_##name *x = (const lambda_array_##name *)p;	\
	__s64 min = 0x7ff0000000000000ll, max = ~min;			\
	__u64 n = len / sizeof(value), count = 0, i;			\
									\
	for (i = 0; i < n; i++) {					\
		__s64 order = lambda_array_order(			\
				lambda_array_bits_of((double)x[i]));	\
		__u64 is = x[i] == x[i];				\
									\
		min = is && order < min ? order : min;			\
		max = is && order > max ? order : max;			\
		count += is;						\
	}								\
	out->min = (__u64)lambda_array_order((__u64)min);		\
	out->max = (__u64)lambda_array_order((__u64)max);		\
	out->sum = lambda_array_zip_##name(SBPF_OP_FOLD, p, p, len);	\
	out->count = count;						\
	return count;							\
}

LAMBDA_ARRAY_FLOATS(f32, float)
LAMBDA_ARRAY_FLOATS(f64, double)

/* Returns what the loop of a type does. */
#define LAMBDA_ARRAY_BY_TYPE(type, loop, ...)				\
	switch (type) {							\
	case SBPF_TYPE_U8:						\
		return lambda_array_##loop##_u8(__VA_ARGS__);		\
	case SBPF_TYPE_S8:						\
		return lambda_array_##loop##_s8(__VA_ARGS__);		\
	case SBPF_TYPE_U16:						\
		return lambda_array_##loop##_u16(__VA_ARGS__);		\
	case SBPF_TYPE_S16:						\
		return lambda_array_##loop##_s16(__VA_ARGS__);		\
	case SBPF_TYPE_U32:						\
		return lambda_array_##loop##_u32(__VA_ARGS__);		\
	case SBPF_TYPE_S32:						\
		return lambda_array_##loop##_s32(__VA_ARGS__);		\
	case SBPF_TYPE_U64:						\
		return lambda_array_##loop##_u64(__VA_ARGS__);		\
	case SBPF_TYPE_S64:						\
		return lambda_array_##loop##_s64(__VA_ARGS__);		\
	case SBPF_TYPE_F32:						\
		return lambda_array_##loop##_f32(__VA_ARGS__);		\
	default:							\
		return lambda_array_##loop##_f64(__VA_ARGS__);		\
	}

lambda_array_inline __u64 lambda_fold(enum sbpf_type type,
				      struct sbpf_fold *out, const void *p,
				      __u64 len)
{
	LAMBDA_ARRAY_BY_TYPE(type, fold, out, p, len)
}

lambda_array_inline __u64 lambda_zip(enum sbpf_op op, enum sbpf_type type,
				     const void *a, const void *b, __u64 len)
{
	if (op == SBPF_OP_EQUAL)
		LAMBDA_ARRAY_BY_TYPE(type, equal, a, b, len)
	LAMBDA_ARRAY_BY_TYPE(type, zip, op, a, b, len)
}

lambda_array_inline __u64 lambda_compare(enum sbpf_op op, enum sbpf_type type,
					 __u64 *bits, const void *p, __u64 len,
					 __u64 value)
{
	LAMBDA_ARRAY_BY_TYPE(type, bits, op, bits, p, (void *)0, value, len)
}

lambda_array_inline __u64 lambda_compare_each(enum sbpf_op op,
					      enum sbpf_type type, __u64 *bits,
					      const void *a, const void *b,
					      __u64 len)
{
	LAMBDA_ARRAY_BY_TYPE(type, bits, op, bits, a, b, 0, len)
}

lambda_array_inline void lambda_histogram(__u64 table[256], const void *p,
					  __u64 len)
{
	const __u8 *byte = (const __u8 *)p;

	for (; len; len--)
		table[*byte++]++;
}

/* 0xff for a byte that is one of the eight of @set, or 0. */
lambda_array_inline __u8 lambda_array_among(__u8 byte, __u64 set)
{
	__u8 is = 0, i;

	for (i = 0; i < 8; i++)
		is |= (__u8)-(byte == (__u8)(set >> 8 * i));
	return is;
}

lambda_array_inline __u64 lambda_index(__u32 *at, const void *p, __u64 len,
				       __u64 set)
{
	const __u8 *byte = (const __u8 *)p;
	__u64 i, k, word, n = 0;
	__u8 flag[64];

	for (i = 0; i + 64 <= len; i += 64) {
		for (k = 0; k < 64; k++)
			flag[k] = lambda_array_among(byte[i + k], set);
		for (word = lambda_array_gather(flag); word; word &= word - 1)
			at[n++] = (__u32)(i + (__u64)__builtin_ctzll(word));
	}
	for (; i < len; i++)
		if (lambda_array_among(byte[i], set))
			at[n++] = (__u32)i;
	return n;
}

lambda_array_inline __u64 lambda_array_both(int how, __u64 x, __u64 y)
{
	return how == 0 ? x & y : how == 1 ? x | y :
	       how == 2 ? x & ~y : x ^ y;
}

/* 0: a & b, 1: a | b, 2: a & ~b, 3: a ^ b, which goes nowhere. */
lambda_array_inline __u64 lambda_array_combine(int how, void *dst,
					       const void *a, const void *b,
					       __u64 len)
{
	const __u8 *x = (const __u8 *)a, *y = (const __u8 *)b;
	__u64 i, word, count = 0;

	for (i = 0; i + 8 <= len; i += 8) {
		word = lambda_array_both(how, lambda_load64(x + i),
					 lambda_load64(y + i));
		count += (__u64)__builtin_popcountll(word);
		if (how != 3)
			lambda_store64((__u8 *)dst + i, word);
	}
	for (; i < len; i++) {
		word = (__u8)lambda_array_both(how, x[i], y[i]);
		count += (__u64)__builtin_popcountll(word);
		if (how != 3)
			((__u8 *)dst)[i] = (__u8)word;
	}
	return count;
}

lambda_array_inline __u64 lambda_hamming(const void *a, const void *b,
					 __u64 len)
{
	return lambda_array_combine(3, (void *)0, a, b, len);
}

lambda_array_inline __u64 lambda_and(void *dst, const void *a, const void *b,
				     __u64 len)
{
	return lambda_array_combine(0, dst, a, b, len);
}

lambda_array_inline __u64 lambda_or(void *dst, const void *a, const void *b,
				    __u64 len)
{
	return lambda_array_combine(1, dst, a, b, len);
}

lambda_array_inline __u64 lambda_andnot(void *dst, const void *a,
					const void *b, __u64 len)
{
	return lambda_array_combine(2, dst, a, b, len);
}

lambda_array_inline __u64 lambda_pack(__u64 size, void *dst, const void *src,
				      const __u64 *bits, __u64 len)
{
	__u64 i, n = 0;

	for (i = 0; i < len / size; i++) {
		if (bits[i / 64] >> i % 64 & 1)
			memmove((char *)dst + n++ * size,
				(const char *)src + i * size, size);
	}
	return n;
}

#endif /* LAMBDA_ARRAY_NATIVE_H */
