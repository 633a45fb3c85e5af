/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Columns of a row as PostgreSQL 15 has them in a page: where they are, and
 * what they say. What is not known for sure is a reason to leave the page.
 */
#ifndef PGL_TUPLE_H
#define PGL_TUPLE_H

#include "lambda_bpf.h"
#include "state.h"

/* A λ may access any address, and byte by byte takes eight times as long. */
typedef __u16 __attribute__((may_alias)) pgl_u16;
typedef __u32 __attribute__((may_alias)) pgl_u32;
typedef __u64 __attribute__((may_alias)) pgl_u64;
#define pgl_load16(p) (*(const pgl_u16 *)(p))
#define pgl_load32(p) (*(const pgl_u32 *)(p))
#define pgl_load64(p) (*(const pgl_u64 *)(p))

#define HEAP_HASNULL		0x0001u
#define HEAP_XMAX_LOCK_ONLY	0x0080u
#define HEAP_XMIN_COMMITTED	0x0100u
#define HEAP_XMAX_INVALID	0x0800u
#define HEAP_MOVED		0xc000u
#define HEAP_NATTS_MASK		0x07ffu
#define HEAP_HEADER		23u

/*
 * Whether @len bytes are the same. What is compared is short, so that to call for it
 * takes longer; the last words of both may have been looked at before.
 */
static inline int pgl_tuple_same(const __u8 *a, const __u8 *b, __u32 len)
{
	const __u8 *last = a + len - 8;

	if (len >= 8) {
		for (; a < last; a += 8, b += 8)
			if (pgl_load64(a) != pgl_load64(b))
				return 0;
		return pgl_load64(last) == pgl_load64(b - (a - last));
	}
	if (len >= 4)
		return pgl_load32(a) == pgl_load32(b) &&
		       pgl_load32(a + len - 4) == pgl_load32(b + len - 4);
	if (len >= 2)
		return pgl_load16(a) == pgl_load16(b) &&
		       a[len - 1] == b[len - 1];
	return !len || *a == *b;
}

static inline void pgl_tuple_leave(struct pgl_tuple *t, __u32 why)
{
	t->why = why;
}

/* Bytes of a value that says so itself; 0: not inside the row. */
static inline __u32 pgl_tuple_varlena_size(const struct pgl_tuple *t, __u32 off)
{
	__u8 first = t->data[off];

	if (first == 1)
		return 18; /* a pointer to where it is stored */
	if (first & 1)
		return first >> 1;
	return pgl_load32(t->data + off) >> 2;
}

static inline int pgl_tuple_att_is_null(const struct pgl_tuple *t, __u32 att)
{
	return t->bits && !(t->bits[att >> 3] >> (att & 7) & 1);
}

/*
 * What code that is made for a query calls is global, so that the compiler keeps
 * to the arguments that are written here.
 */
#define PGL_CALLED __attribute__((noinline, visibility("hidden")))

/* Learns where the columns up to @att are. */
static __attribute__((noinline)) int
pgl_walk(struct pgl_tuple *t, const struct pgl_att *atts, __u32 att)
{
	__u32 i = t->known, off = t->next, size;

	for (; i <= att; i++) {
		const struct pgl_att *a = &atts[i];
		__u32 slack = a->align - 1;

		if (pgl_tuple_att_is_null(t, i)) {
			t->off[i] = PGL_NULL_OFF;
			continue;
		}
		if (a->len > 0) {
			off = (off + slack) & ~slack;
			size = a->len;
		} else {
			if (lambda_rarely(off >= t->len))
				return pgl_tuple_leave(t, PGL_LAYOUT), -1;
			if (t->data[off] == 0)
				off = (off + slack) & ~slack;
			size = pgl_tuple_varlena_size(t, off);
		}
		if (lambda_rarely(size == 0 || size > t->len ||
				  off > t->len - size))
			return pgl_tuple_leave(t, PGL_LAYOUT), -1;
		t->off[i] = off;
		off += size;
	}
	t->known = i;
	t->next = off;
	return 0;
}

/*
 * Offset of column @att, PGL_NULL_OFF if it is null, or -1 if the page is to be
 * left.
 */
static inline int pgl_tuple_find(struct pgl_tuple *t,
				 const struct pgl_args *args, __u32 att)
{
	__u32 off;

	if (lambda_rarely(att >= t->natts))
		return pgl_tuple_leave(t, PGL_ADDED), -1;
	if (att < t->known)
		return t->off[att];
	if (!t->bits && att < args->fixed) {
		off = args->att[att].off;
		if (lambda_rarely(off + args->att[att].len > t->len))
			return pgl_tuple_leave(t, PGL_LAYOUT), -1;
		return off;
	}
	if (pgl_walk(t, args->att, att))
		return -1;
	return t->off[att];
}

static inline __s64 pgl_tuple_int_at(const __u8 *p, __u32 size)
{
	switch (size) {
	case 1:
		return *p;
	case 2:
		return (__s16)pgl_load16(p);
	case 4:
		return (__s32)pgl_load32(p);
	default:
		return pgl_load64(p);
	}
}

/* The bytes of a value at @p; NULL if they are not there as they are. */
static inline const __u8 *pgl_tuple_bytes_at(struct pgl_tuple *t, const __u8 *p,
					     __u32 *len)
{
	__u32 head;

	if (*p & 1) {
		if (lambda_rarely(*p == 1))
			return pgl_tuple_leave(t, PGL_TOAST), NULL;
		*len = (*p >> 1) - 1;
		return p + 1;
	}
	head = pgl_load32(p);
	if (lambda_rarely(head & 2))
		return pgl_tuple_leave(t, PGL_TOAST), NULL;
	if (lambda_rarely(head >> 2 < 4))
		return pgl_tuple_leave(t, PGL_LAYOUT), NULL;
	*len = (head >> 2) - 4;
	return p + 4;
}

static inline __s64 pgl_tuple_ten_thousands(__u32 power)
{
	switch (power) {
	case 0:
		return 1;
	case 1:
		return 10000;
	case 2:
		return 100000000;
	case 3:
		return 1000000000000;
	default:
		return 10000000000000000;
	}
}

/*
 * A numeric in its short form, times 10000 to the power of @groups, if that is
 * an integer of 64 bits.
 */
PGL_CALLED __s64 pgl_tuple_numeric_at(struct pgl_tuple *t, const __u8 *p,
				      __u32 groups, __u32 dscale)
{
	__u32 len = 0, head, n, i;
	__s32 weight, power;
	__s64 value = 0;
	const __u8 *d;

	d = pgl_tuple_bytes_at(t, p, &len);
	if (!d)
		return 0;
	head = pgl_load16(d);
	if (lambda_rarely(len < 2))
		return pgl_tuple_leave(t, PGL_NUMBER), 0;
	if (lambda_rarely((head & 0xc000) != 0x8000))
		return pgl_tuple_leave(t, PGL_NUMBER), 0;
	if (lambda_rarely((head >> 7 & 0x3f) != dscale &&
			  dscale != PGL_ANY_DSCALE))
		return pgl_tuple_leave(t, PGL_NUMBER), 0;
	n = (len - 2) / 2;
	if (n == 0)
		return 0;
	/* The weight has six bits and a sign. */
	weight = (__s32)(head << 25) >> 25;
	power = weight - (__s32)n + 1 + (__s32)groups;
	if (lambda_rarely(power < 0))
		return pgl_tuple_leave(t, PGL_NUMBER), 0;
	if (lambda_rarely(n + power >= 5)) {
		if (n + power > 5 || pgl_load16(d + 2) > 921)
			return pgl_tuple_leave(t, PGL_NUMBER), 0;
	}
	for (i = 1; i <= n; i++)
		value = value * 10000 + pgl_load16(d + 2 * i);
	if (power)
		value *= pgl_tuple_ten_thousands(power);
	return head & 0x2000 ? -value : value;
}

/* Floats as integers that are in the same order: NaN last, both zeros equal. */
static inline __s64 pgl_tuple_order_float8(__u64 bits)
{
	__u64 size = bits & ~0ULL >> 1;

	if (size > 0x7ff0000000000000)
		return 0x7fffffffffffffff;
	return bits >> 63 ? -(__s64)size : (__s64)size;
}

static inline __s64 pgl_tuple_order_float4(struct pgl_tuple *t, __u32 bits)
{
	__u64 sign = (__u64)(bits >> 31) << 63, exp = bits >> 23 & 0xff;
	__u64 mantissa = bits & 0x7fffff;

	if (exp == 0) {
		if (lambda_rarely(mantissa))
			return pgl_tuple_leave(t, PGL_NUMBER), 0;
		return 0;
	}
	exp = exp == 0xff ? 0x7ff : exp + 896;
	return pgl_tuple_order_float8(sign | exp << 52 | mantissa << 29);
}

#endif /* PGL_TUPLE_H */
