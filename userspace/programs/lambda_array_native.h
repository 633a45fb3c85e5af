/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* The helpers of lambda_array.h for native versions: plain loops. */
#ifndef LAMBDA_ARRAY_NATIVE_H
#define LAMBDA_ARRAY_NATIVE_H

union lambda_element {
	__u64 u;
	__s64 s;
	double d;
};

lambda_array_inline __u64 lambda_array_size(enum sbpf_type type)
{
	return type == SBPF_TYPE_F32 ? 4 : type == SBPF_TYPE_F64 ? 8 :
	       1ull << type / 2;
}

/* Element @i, extended. */
lambda_array_inline union lambda_element
lambda_array_get(enum sbpf_type type, const void *p, __u64 i)
{
	const __u64 size = lambda_array_size(type);
	union lambda_element x = { 0 };
	float f;

	memcpy(&x, (const char *)p + i * size, size);
	if (type == SBPF_TYPE_F32) {
		memcpy(&f, &x, sizeof(f));
		x.d = (double)f;
	} else if (type < SBPF_TYPE_F32 && type % 2) {
		x.u <<= 64 - 8 * size;
		x.s >>= 64 - 8 * size;
	}
	return x;
}

lambda_array_inline int lambda_array_less(enum sbpf_type type,
					  union lambda_element x,
					  union lambda_element y)
{
	return type >= SBPF_TYPE_F32 ? x.d < y.d :
	       type % 2 ? x.s < y.s : x.u < y.u;
}

lambda_array_inline int lambda_array_equal(enum sbpf_type type,
					   union lambda_element x,
					   union lambda_element y)
{
	return type >= SBPF_TYPE_F32 ? x.d == y.d : x.u == y.u;
}

lambda_array_inline __u64 lambda_array_total(const double *lane)
{
	union lambda_element sum;

	sum.d = ((lane[0] + lane[4]) + (lane[2] + lane[6])) +
		((lane[1] + lane[5]) + (lane[3] + lane[7]));
	return sum.d == sum.d ? sum.u : 0x7ff8000000000000ull;
}

/* What orders floats: all but the sign inverted where that is set. */
lambda_array_inline __s64 lambda_array_order(enum sbpf_type type,
					     union lambda_element x)
{
	if (type >= SBPF_TYPE_F32)
		x.u ^= (__u64)(x.s >> 63) >> 1;
	return x.s;
}

lambda_array_inline __u64 lambda_fold(enum sbpf_type type,
				      struct sbpf_fold *out, const void *p,
				      __u64 len)
{
	const __u64 n = len / lambda_array_size(type), all = ~0ull;
	const __u64 bits = 8 * lambda_array_size(type);
	const __u64 flip = type < SBPF_TYPE_F32 && !(type % 2) ? 1ull << 63 : 0;
	__s64 min = (__s64)(type >= SBPF_TYPE_F32 ? 0x7ff0000000000000ull :
			    type % 2 ? all >> (65 - bits) :
			    flip ^ all >> (64 - bits));
	__s64 max = type < SBPF_TYPE_F32 && !(type % 2) ? (__s64)flip :
		    type < SBPF_TYPE_F32 ? ~min :
		    (__s64)0x800fffffffffffffull;
	double lane[8] = { 0 };
	__u64 i, sum = 0, count = 0;
	union lambda_element x;
	__s64 order;

	for (i = 0; i < n; i++) {
		x = lambda_array_get(type, p, i);
		if (type < SBPF_TYPE_F32)
			sum += x.u;
		else
			lane[i % 8] += x.d;
		if (type >= SBPF_TYPE_F32 && x.d != x.d)
			continue;
		order = lambda_array_order(type, x) ^ (__s64)flip;
		min = order < min ? order : min;
		max = order > max ? order : max;
		count++;
	}
	x.s = min ^ (__s64)flip;
	out->min = (__u64)lambda_array_order(type, x);
	x.s = max ^ (__s64)flip;
	out->max = (__u64)lambda_array_order(type, x);
	out->sum = type < SBPF_TYPE_F32 ? sum : lambda_array_total(lane);
	out->count = count;
	return count;
}

lambda_array_inline __u64 lambda_zip(enum sbpf_op op, enum sbpf_type type,
				     const void *a, const void *b, __u64 len)
{
	const __u64 n = len / lambda_array_size(type);
	double lane[8] = { 0 };
	__u64 i, sum = 0;

	for (i = 0; i < n; i++) {
		union lambda_element x = lambda_array_get(type, a, i);
		union lambda_element y = lambda_array_get(type, b, i);
		__u64 u = lambda_array_less(type, x, y) ? y.u - x.u : x.u - y.u;
		double d = x.d - y.d;

		if (op == SBPF_OP_EQUAL)
			sum += (__u64)lambda_array_equal(type, x, y);
		else if (type < SBPF_TYPE_F32)
			sum += op == SBPF_OP_DOT ? x.u * y.u :
			       op == SBPF_OP_SQDIFF ? u * u : u;
		else
			lane[i % 8] += op == SBPF_OP_DOT ? x.d * y.d :
				       op == SBPF_OP_SQDIFF ? d * d :
				       __builtin_fabs(d);
	}
	return type < SBPF_TYPE_F32 || op == SBPF_OP_EQUAL ? sum :
	       lambda_array_total(lane);
}

lambda_array_inline int lambda_array_answer(enum sbpf_op op,
					    enum sbpf_type type,
					    union lambda_element x,
					    union lambda_element y)
{
	switch (op) {
	case SBPF_OP_LT:
	case SBPF_OP_LT_EACH:
		return lambda_array_less(type, x, y);
	case SBPF_OP_LE:
	case SBPF_OP_LE_EACH:
		return lambda_array_less(type, x, y) ||
		       lambda_array_equal(type, x, y);
	case SBPF_OP_NE:
	case SBPF_OP_NE_EACH:
		return !lambda_array_equal(type, x, y);
	case SBPF_OP_GE:
		return lambda_array_less(type, y, x) ||
		       lambda_array_equal(type, x, y);
	case SBPF_OP_GT:
		return lambda_array_less(type, y, x);
	default:
		return lambda_array_equal(type, x, y);
	}
}

/* With the elements of @b, or the one of them at @b for all of @a. */
lambda_array_inline __u64 lambda_array_bits(enum sbpf_op op,
					    enum sbpf_type type, __u64 *bits,
					    const void *a, const void *b,
					    __u64 len, int each)
{
	const __u64 n = len / lambda_array_size(type);
	__u64 i, count = 0, answer;

	for (i = 0; i < n; i++) {
		answer = (__u64)lambda_array_answer(op, type,
					lambda_array_get(type, a, i),
					lambda_array_get(type, b, each ? i : 0));
		bits[i / 64] = (i % 64 ? bits[i / 64] : 0) | answer << i % 64;
		count += answer;
	}
	return count;
}

lambda_array_inline __u64 lambda_compare(enum sbpf_op op, enum sbpf_type type,
					 __u64 *bits, const void *p, __u64 len,
					 __u64 value)
{
	return lambda_array_bits(op, type, bits, p, &value, len, 0);
}

lambda_array_inline __u64 lambda_compare_each(enum sbpf_op op,
					      enum sbpf_type type, __u64 *bits,
					      const void *a, const void *b,
					      __u64 len)
{
	return lambda_array_bits(op, type, bits, a, b, len, 1);
}

lambda_array_inline void lambda_histogram(__u64 table[256], const void *p,
					  __u64 len)
{
	const __u8 *byte = (const __u8 *)p;

	for (; len; len--)
		table[*byte++]++;
}

lambda_array_inline __u64 lambda_index(__u32 *at, const void *p, __u64 len,
				       __u64 set)
{
	const __u8 *byte = (const __u8 *)p;
	__u64 i, n = 0;

	for (i = 0; i < len; i++) {
		if (memchr(&set, byte[i], sizeof(set)))
			at[n++] = (__u32)i;
	}
	return n;
}

/* 0: a & b, 1: a | b, 2: a & ~b, 3: a ^ b, which goes nowhere. */
lambda_array_inline __u64 lambda_array_combine(int how, void *dst,
					       const void *a, const void *b,
					       __u64 len)
{
	const __u8 *x = (const __u8 *)a, *y = (const __u8 *)b;
	__u64 i, count = 0;

	for (i = 0; i < len; i++) {
		__u8 v = (__u8)(how == 0 ? x[i] & y[i] : how == 1 ? x[i] | y[i] :
				how == 2 ? x[i] & ~y[i] : x[i] ^ y[i]);

		count += (__u64)__builtin_popcount(v);
		if (how != 3)
			((__u8 *)dst)[i] = v;
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
